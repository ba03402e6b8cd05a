//! How a call ends: somebody hangs up, a voice message is left, or the desk finds that its end was lost.

use deskbell_domain::call::{CALL_SECONDS_MAX, Call, CallEvent, CallOutcome, Direction, Ending};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::conversation::{Conversation, Reopening, Status, Step, Turn};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ConversationId};
use deskbell_domain::message::{Actor, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

use super::{Hand, close_leg, of_others, own_leg, ringing, told_left, write};
use crate::context::Context;
use crate::error::AppError;
use crate::messages::{self, Into, NewMessage};
use crate::timers::Chore;
use crate::{conversations, customers, events, files};

/// Who hung up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HungUp {
    /// The one outside.
    Customer,
    /// The agent who acts; the desk, if none does.
    Desk,
}

/// A voice message that the caller left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voicemail {
    /// What was said, if somebody or something wrote it down.
    pub text: String,
    /// A file that agents or keys of the API have put there and nobody has sent.
    pub file: Option<String>,
}

/// An agent leaves. The last one to leave lets the other side wait again; of two agents none can leave the other alone.
pub(super) fn leave(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call) -> Result<(), AppError> {
    let leg = own_leg(tx, hand, call)?;
    if call.ends_when_left() {
        return end(tx, cx, call, Ending::HungUp(Actor::Agent(leg.agent)));
    }
    close_leg(tx, cx, call, leg)
}

/// Somebody hangs up. Agents tell of calls that they are in, that they made, and that ring at them.
pub(super) fn hang_up(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call, hung_up: HungUp) -> Result<(), AppError> {
    let own = call.caller.is_some_and(|caller| hand.is(caller))
        || tables::call_legs::open(tx, call.id)?.iter().any(|leg| hand.is(leg.agent))
        || tables::call_rings::ringing(tx, call.id)?.iter().any(|ring| hand.is(ring.agent));
    if !own && !hand.whole {
        return Err(of_others());
    }
    let by = match hung_up {
        HungUp::Customer if call.direction == Direction::Internal => {
            return Err(AppError::invalid("no customer is in a call from agent to agent"));
        }
        HungUp::Customer => Actor::Customer(call.customer),
        HungUp::Desk => hand.actor(),
    };
    end(tx, cx, call, Ending::HungUp(by))
}

/// The caller leaves a voice message, which ends the call.
pub(super) fn voicemail(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call, left: &Voicemail) -> Result<(), AppError> {
    if !hand.is_of_department(tx, call)? {
        return Err(of_others());
    }
    messages::check_text(&left.text)?;
    let attachment = left.file.as_deref().map(|file| files::usable_by_agent(tx, file)).transpose()?;
    let text = if left.text.trim().is_empty() { "Voice message" } else { &left.text };
    let name = customers::get(tx, call.customer)?.display_name();
    let mut conversation = conversations::get(tx, call.conversation)?;
    let author = Actor::Customer(call.customer);
    let message = NewMessage { attachment, ..NewMessage::text(MessageKind::Voice, author, &name, text) };
    messages::add(tx, cx, &mut conversation, None, Into::Group(call.group, call.direction.group()), message)?;
    end(tx, cx, call, Ending::Voicemail)
}

/// Ends a call: closes what is open, and settles the status of its conversation.
pub(super) fn end(tx: &mut Tx<'_>, cx: &Context, call: &mut Call, ending: Ending) -> Result<(), AppError> {
    let by = match ending {
        Ending::HungUp(by) => by,
        Ending::Voicemail => Actor::Customer(call.customer),
    };
    let turn = call.end(ending, cx.now);
    for ring in tables::call_rings::ringing(tx, call.id)? {
        ringing::close_ring(tx, cx, call, &ring, OfferOutcome::Withdrawn)?;
    }
    for mut leg in tables::call_legs::open(tx, call.id)? {
        leg.end(cx.now);
        tables::call_legs::update(tx, &leg)?;
        told_left(tx, cx, call, &leg)?;
    }
    let mut conversation = conversations::get(tx, call.conversation)?;
    let text = told(call);
    let message = NewMessage { author: by, ..NewMessage::system(MessageKind::End, &text) };
    messages::add(tx, cx, &mut conversation, None, Into::Group(call.group, call.direction.group()), message)?;
    write(tx, call)?;
    let (direction, department) = (call.direction, call.department);
    let outcome = call.outcome.unwrap_or(CallOutcome::Missed);
    events::append(
        tx,
        cx,
        Event::Call(CallEvent::Ended { call: call.id, conversation: call.conversation, department, direction, outcome, by }),
    )?;
    if conversation.status == Status::Calling
        && let Ok(Step::To(status)) = conversation.status.step(turn, Reopening::On)
    {
        conversations::set_status(tx, cx, &mut conversation, status, by)?;
    }
    Ok(())
}

/// What the conversation says of a call that has ended.
fn told(call: &Call) -> String {
    match (call.outcome, call.answered, call.ended) {
        (Some(CallOutcome::Finished), Some(answered), Some(ended)) => {
            let seconds = ended.seconds_since(answered);
            format!("The call ended after {}:{:02}.", seconds / 60, seconds % 60)
        }
        (Some(CallOutcome::Abandoned), _, _) => "The caller hung up before anybody answered.".to_owned(),
        (Some(CallOutcome::Voicemail), _, _) => "The caller left a voice message.".to_owned(),
        (Some(CallOutcome::Finished | CallOutcome::Missed) | None, _, _) => "Nobody answered the call.".to_owned(),
    }
}

/// Somebody writes in a conversation, which changes its status only after the call that goes on in it, if one does.
pub fn written_beside(tx: &mut Tx<'_>, conversation: &Conversation, turn: Turn) -> Result<(), AppError> {
    if conversation.status != Status::Calling {
        return Ok(());
    }
    let Some(mut call) = tables::calls::live_of_conversation(tx, conversation.id)? else { return Ok(()) };
    call.is_written_beside(turn);
    Ok(tables::calls::update(tx, &call)?)
}

/// The call that goes on in a conversation ends, since the conversation itself comes to an end.
pub fn end_of_conversation(tx: &mut Tx<'_>, cx: &Context, conversation: ConversationId, by: Actor) -> Result<(), AppError> {
    match tables::calls::live_of_conversation(tx, conversation)? {
        Some(mut call) => end(tx, cx, &mut call, Ending::HungUp(by)),
        None => Ok(()),
    }
}

/// An agent works here no longer: he is in no call any more, and what he dialled is over.
pub fn agent_gone(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId) -> Result<(), AppError> {
    ringing::withdraw_from(tx, cx, agent)?;
    if let Some(mut call) = tables::calls::calling_of(tx, agent)? {
        end(tx, cx, &mut call, Ending::HungUp(Actor::System))?;
    }
    let Some(leg) = tables::call_legs::open_of(tx, agent)? else { return Ok(()) };
    let call = tables::calls::get(tx, leg.call)?;
    let mut call = call.ok_or_else(|| AppError::internal("a leg of no call"))?;
    if call.ends_when_left() {
        return end(tx, cx, &mut call, Ending::HungUp(Actor::System));
    }
    close_leg(tx, cx, &mut call, leg)
}

/// Whether there are calls whose end was lost.
pub fn has_forgotten(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, AppError> {
    Ok(!tables::calls::begun_before(tx, now.plus_seconds(-CALL_SECONDS_MAX), 1)?.is_empty())
}

pub(crate) static LOST_CALLS: Chore<Call> = Chore {
    name: "calls whose end was lost",
    due: |tx, cx, limit| Ok(tables::calls::begun_before(tx, cx.now.plus_seconds(-CALL_SECONDS_MAX), limit)?),
    id: |call| call.id.get(),
    deal: |tx, cx, call| end(tx, cx, &mut call.clone(), Ending::HungUp(Actor::System)),
};

/// Calls that began so long ago that nobody can still be talking end: whoever told of them has lost their end.
#[cfg(test)]
pub(crate) fn end_forgotten(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    LOST_CALLS.bite(tx, cx)
}
