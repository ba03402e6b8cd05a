//! How a call begins: who calls whom, and the conversation that it belongs to.

use deskbell_domain::call::{Call, CallEvent, Direction};
use deskbell_domain::conversation::{Channel, Conversation, Status, Turn};
use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CallId, ConversationId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

use super::{Hand, LIVE_CALLS_MAX, Telling, check_free, reachable, ringing};
use crate::chats::transfer::department_of;
use crate::commands::{Done, once};
use crate::context::Context;
use crate::conversations::{self, Beginning, SUBJECT_CHARS_MAX, Start};
use crate::customers::{self, Changes, check_field};
use crate::error::AppError;
use crate::events;
use crate::messages;

/// A call that begins.
#[derive(Debug, Clone)]
pub struct NewCall {
    pub direction: Direction,
    /// The number outside: who calls, or whom the agent calls. A customer is found by it, or made.
    pub number: Option<String>,
    /// E-mail address or id of the customer; then the number finds nobody.
    pub customer: Option<String>,
    /// E-mail address or id of the agent whom an internal call is for.
    pub to: Option<String>,
    /// Unless given the conversation's, else one of the caller's own, else the default one.
    pub department: Option<DepartmentId>,
    /// The conversation that the call belongs to; a new one unless given.
    pub conversation: Option<ConversationId>,
    /// Of a new conversation.
    pub subject: Option<String>,
    /// For how long an internal call rings.
    pub seconds: Option<u16>,
}

impl NewCall {
    pub fn new(direction: Direction) -> NewCall {
        NewCall { direction, number: None, customer: None, to: None, department: None, conversation: None, subject: None, seconds: None }
    }
}

/// Begins a call, once per teller and key.
pub fn start(tx: &mut Tx<'_>, cx: &mut Context, telling: &Telling, new: &NewCall) -> Result<Done, AppError> {
    once(tx, cx, &telling.scope(), telling.key.as_deref(), |tx, cx| {
        let hand = telling.hand(tx)?;
        let call = begin(tx, cx, &hand, new)?;
        Ok(Done::call(&call, tx.head()?))
    })
}

fn begin(tx: &mut Tx<'_>, cx: &mut Context, hand: &Hand, new: &NewCall) -> Result<Call, AppError> {
    let counts = tables::calls::counts(tx, None)?;
    if counts.talking + counts.ringing + counts.queued >= LIVE_CALLS_MAX {
        return Err(AppError::conflict(format!("more than {LIVE_CALLS_MAX} calls cannot go on at once")));
    }
    let number = new.number.as_deref().unwrap_or_default().trim().to_owned();
    check_field("number", &number)?;
    let caller = match new.direction {
        Direction::Incoming => None,
        Direction::Outgoing | Direction::Internal => Some(hand.agent()?.clone()),
    };
    if let Some(caller) = &caller {
        check_free(tx, caller.id)?;
        if tables::call_rings::ringing_at(tx, caller.id)?.is_some() {
            return Err(AppError::conflict("the agent's phone rings already"));
        }
    }
    let callee = match (new.direction, &new.to) {
        (Direction::Internal, Some(to)) => Some(reachable(tx, to)?),
        (Direction::Internal, None) => return Err(AppError::missing("to is missing")),
        (Direction::Incoming | Direction::Outgoing, None) => None,
        (Direction::Incoming | Direction::Outgoing, Some(_)) => return Err(AppError::invalid("only an internal call has a to")),
    };
    if let (Some(caller), Some(callee)) = (&caller, &callee)
        && caller.id == callee.id
    {
        return Err(AppError::invalid("nobody calls himself"));
    }
    let existing = new.conversation.map(|conversation| takes_calls(tx, conversation)).transpose()?;
    let department = department(tx, hand, new, existing.as_ref(), caller.as_ref().map(|agent| agent.id))?;
    let customer = match (&caller, new.direction) {
        (Some(caller), Direction::Internal) => customers::get(tx, caller.contact)?,
        (_, Direction::Incoming | Direction::Outgoing | Direction::Internal) => customer(tx, cx, new, &number, existing.as_ref())?,
    };
    if new.direction == Direction::Incoming && tables::bans::has_customer(tx, customer.id)? {
        return Err(AppError::forbidden("this customer is banned"));
    }
    let by = caller.as_ref().map_or(Actor::Customer(customer.id), |caller| Actor::Agent(caller.id));
    let before = existing.as_ref().map(|conversation| conversation.status);
    let mut conversation = match existing {
        Some(mut conversation) => {
            conversations::turn(tx, cx, &mut conversation, Turn::CallStarts, by)?;
            conversation
        }
        None => new_conversation(tx, cx, new, &customer, department, caller.as_ref().map(|caller| caller.id))?,
    };
    let assigned = match new.direction {
        Direction::Outgoing => conversation.assigned.or(caller.as_ref().map(|caller| caller.id)),
        Direction::Incoming | Direction::Internal => conversation.assigned,
    };
    conversations::assign(tx, cx, &mut conversation, department, assigned, by)?;
    let group = messages::open_group(tx, cx, &conversation, None, new.direction.group(), by)?;
    let mut call = Call {
        id: CallId::from_i64(tx.next_id()?),
        conversation: conversation.id,
        group,
        direction: new.direction,
        customer: if new.direction == Direction::Internal { conversation.customer } else { customer.id },
        caller: caller.map(|caller| caller.id),
        department,
        number: if new.direction == Direction::Internal { String::new() } else { number },
        state: new.direction.first_state(),
        started: cx.now,
        waiting_since: cx.now,
        answered: None,
        ended: None,
        outcome: None,
        before,
    };
    tables::calls::insert(tx, &call)?;
    tables::messages::set_group_status(tx, group, call.state.group())?;
    let told = CallEvent::Started {
        call: call.id,
        conversation: call.conversation,
        group,
        direction: call.direction,
        customer: call.customer,
        caller: call.caller,
        department,
    };
    events::append(tx, cx, Event::Call(told))?;
    if let Some(callee) = callee {
        ringing::let_ring(tx, cx, &mut call, callee.id, new.seconds)?;
    }
    Ok(call)
}

/// A conversation that a call can begin in, or a refusal.
fn takes_calls(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Conversation, AppError> {
    let conversation = conversations::get(tx, conversation)?;
    if matches!(conversation.channel, Channel::Forum | Channel::Suggestion) {
        return Err(AppError::conflict("the conversation behind a topic or a suggestion takes no calls"));
    }
    match conversation.status {
        Status::Calling => Err(AppError::conflict("a call goes on in this conversation")),
        Status::Chatting => Err(AppError::conflict("the conversation is in a live chat: end the chat first")),
        Status::Deleted | Status::Spam => Err(AppError::conflict("the conversation is closed")),
        Status::Init | Status::New | Status::Open | Status::Answered | Status::Resolved | Status::Postponed => Ok(conversation),
    }
}

/// The department of a call. An agent begins calls in departments of his own.
fn department(
    tx: &mut Tx<'_>,
    hand: &Hand,
    new: &NewCall,
    existing: Option<&Conversation>,
    caller: Option<AgentId>,
) -> Result<DepartmentId, AppError> {
    let wanted = match (new.department, existing, caller) {
        (Some(department), _, _) => department,
        (None, Some(conversation), _) => conversation.department,
        (None, None, Some(caller)) => department_of(tx, DepartmentId::DEFAULT, caller)?.unwrap_or(DepartmentId::DEFAULT),
        (None, None, None) => DepartmentId::DEFAULT,
    };
    let open = tables::departments::get(tx, wanted)?.filter(|department| department.enabled);
    open.ok_or_else(|| AppError::not_found("no such department"))?;
    let own = match &hand.agent {
        _ if hand.whole => true,
        Some(agent) => tables::departments::is_member(tx, wanted, agent.id)?,
        None => false,
    };
    // Who calls within a conversation of others, or a colleague, only asks.
    let asks = new.direction == Direction::Internal || (new.direction == Direction::Outgoing && existing.is_some());
    if own || asks { Ok(wanted) } else { Err(AppError::forbidden("that department is one of others")) }
}

/// The one outside: as he is named, the conversation's, or the one who has the number.
fn customer(tx: &mut Tx<'_>, cx: &Context, new: &NewCall, number: &str, existing: Option<&Conversation>) -> Result<Customer, AppError> {
    match (&new.customer, existing) {
        (Some(_), Some(_)) => Err(AppError::invalid("a conversation has its customer: give one of the two")),
        (Some(identifier), None) => customers::by_identifier(tx, identifier)?.ok_or_else(|| AppError::not_found("no such customer")),
        (None, Some(conversation)) => customers::get(tx, conversation.customer),
        (None, None) if number.is_empty() && new.direction == Direction::Outgoing => {
            Err(AppError::missing("number, customer or conversation is missing"))
        }
        (None, None) => match tables::customers::by_number(tx, number, &cx.settings.phone_country)? {
            Some(known) => Ok(known),
            None => {
                let made = customers::anonymous(tx, cx)?;
                let changes = Changes { phone: Some(number.to_owned()).filter(|number| !number.is_empty()), ..Changes::default() };
                customers::change(tx, cx, made.id, &changes)
            }
        },
    }
}

fn new_conversation(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    new: &NewCall,
    customer: &Customer,
    department: DepartmentId,
    caller: Option<AgentId>,
) -> Result<Conversation, AppError> {
    let subject = new.subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty());
    let subject = subject.unwrap_or(match new.direction {
        Direction::Incoming => "Incoming call",
        Direction::Outgoing => "Outgoing call",
        Direction::Internal => "Internal call",
    });
    if subject.chars().count() > SUBJECT_CHARS_MAX || subject.chars().any(char::is_control) {
        return Err(AppError::invalid(format!("a subject has at most {SUBJECT_CHARS_MAX} characters and no control characters")));
    }
    let start = Start {
        customer,
        shown_name: &customer.display_name(),
        visit: None,
        widget: None,
        department,
        channel: Channel::Call,
        status: Status::Calling,
        subject,
    };
    // Who calls is in charge of what he begins.
    let assigned = caller.filter(|_| new.direction == Direction::Outgoing);
    let by = caller.map(Actor::Agent);
    conversations::start_with(tx, cx, start, Beginning { by, assigned, ..Beginning::default() })
}
