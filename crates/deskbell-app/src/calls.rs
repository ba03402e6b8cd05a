//! Calls as data: a telephone exchange or an agent tells the desk what happens on the phone, and the desk keeps calls, legs and rings, and
//! what follows for the conversation. Beginning one is in [`starting`], ringing and answering in [`ringing`], handing on in [`handing`],
//! ending in [`ending`]. Sound and lines are no business of it.

mod ending;
mod handing;
mod ringing;
pub mod starting;
#[cfg(test)]
mod tests;

use deskbell_domain::agent::Agent;
use deskbell_domain::call::{Call, CallEvent, CallRefused, CallState, CallStep, Leg};
use deskbell_domain::conversation::Conversation;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CallId, CredentialId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

pub(crate) use ending::LOST_CALLS;
#[cfg(test)]
pub(crate) use ending::end_forgotten;
pub use ending::{HungUp, Voicemail, agent_gone, end_of_conversation, has_forgotten, written_beside};
pub use handing::Target;
pub(crate) use ringing::RINGS;
pub use ringing::{expire_rings, withdraw_from};
pub use starting::{NewCall, start};

use crate::accounts::enabled_agent;
use crate::chats::transfer::department_of;
use crate::commands::{Done, once};
use crate::context::Context;
use crate::error::AppError;
use crate::{conversations, views};

/// Calls that go on at once, at most.
pub const LIVE_CALLS_MAX: i64 = 10_000;

/// Who tells the desk of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// A signed-in agent.
    Agent(AgentId),
    /// The holder of a key of the API: a telephone exchange, with the whole desk's authority.
    Key(CredentialId),
    /// The desk itself, as its command line is: with its whole authority.
    Desk,
}

/// Who tells the desk of a step, and in whose name.
#[derive(Debug, Clone)]
pub struct Telling {
    pub teller: Teller,
    /// E-mail address or id of the agent who acts. A signed-in agent acts himself; administrators may name another one.
    pub agent: Option<String>,
    /// The step is carried out once per teller and key.
    pub key: Option<String>,
}

/// The one who acts, once he is known.
struct Hand {
    agent: Option<Agent>,
    /// He may do what is not his own: an administrator, or the holder of a key.
    whole: bool,
}

impl Telling {
    fn scope(&self) -> String {
        match self.teller {
            Teller::Agent(agent) => format!("a{agent}"),
            Teller::Key(key) => format!("c{key}"),
            Teller::Desk => "c".to_owned(),
        }
    }

    fn hand(&self, tx: &mut Tx<'_>) -> Result<Hand, AppError> {
        let named = match &self.agent {
            Some(identifier) => Some(agent_named(tx, identifier)?),
            None => None,
        };
        match self.teller {
            Teller::Key(_) | Teller::Desk => Ok(Hand { agent: named, whole: true }),
            Teller::Agent(own) => {
                let own = enabled_agent(tx, own)?;
                let whole = own.role.administers();
                match named {
                    Some(other) if other.id != own.id && !whole => Err(AppError::forbidden("you act for yourself only")),
                    Some(agent) => Ok(Hand { agent: Some(agent), whole }),
                    None => Ok(Hand { agent: Some(own), whole }),
                }
            }
        }
    }
}

impl Hand {
    fn agent(&self) -> Result<&Agent, AppError> {
        self.agent.as_ref().ok_or_else(|| AppError::missing("agent is missing"))
    }

    fn actor(&self) -> Actor {
        self.agent.as_ref().map_or(Actor::System, |agent| Actor::Agent(agent.id))
    }

    fn is(&self, agent: AgentId) -> bool {
        self.agent.as_ref().is_some_and(|own| own.id == agent)
    }

    /// Whether he may do with a call what all of its department may.
    fn is_of_department(&self, tx: &mut Tx<'_>, call: &Call) -> Result<bool, AppError> {
        match &self.agent {
            _ if self.whole => Ok(true),
            Some(agent) => Ok(tables::departments::is_member(tx, call.department, agent.id)?),
            None => Ok(false),
        }
    }
}

/// An enabled agent by e-mail address or id.
fn agent_named(tx: &mut Tx<'_>, identifier: &str) -> Result<Agent, AppError> {
    let known = views::agent(tx, identifier)?.ok_or_else(|| AppError::not_found("no such agent"))?;
    enabled_agent(tx, known.id)
}

fn not_in_it() -> AppError {
    AppError::conflict("the agent is not in this call")
}

fn of_others() -> AppError {
    AppError::forbidden("the call belongs to others")
}

/// What is told of a call that goes on.
#[derive(Debug, Clone)]
pub enum Step {
    /// It rings at an agent, named by e-mail address or id.
    Ring {
        agent: String,
        seconds: Option<u16>,
    },
    /// An agent talks; in an outgoing call the customer has answered.
    Answer,
    Decline,
    Hold,
    Resume,
    Transfer(Target),
    Leave,
    End(HungUp),
    Voicemail(Voicemail),
}

impl Step {
    fn kind(&self) -> CallStep {
        match self {
            Step::Ring { .. } => CallStep::Ring,
            Step::Answer => CallStep::Answer,
            Step::Decline => CallStep::Decline,
            Step::Hold => CallStep::Hold,
            Step::Resume => CallStep::Resume,
            Step::Transfer(_) => CallStep::Transfer,
            Step::Leave => CallStep::Leave,
            Step::End(_) => CallStep::End,
            Step::Voicemail(_) => CallStep::Voicemail,
        }
    }
}

/// Takes a step of a call, once per teller and key.
pub fn take(tx: &mut Tx<'_>, cx: &mut Context, telling: &Telling, call: CallId, step: &Step) -> Result<Done, AppError> {
    once(tx, cx, &telling.scope(), telling.key.as_deref(), |tx, cx| {
        let hand = telling.hand(tx)?;
        let mut call = tables::calls::get(tx, call)?.ok_or_else(|| AppError::not_found("no such call"))?;
        call.allows(step.kind()).map_err(refused)?;
        match step {
            Step::Ring { agent, seconds } => ringing::ring(tx, cx, &hand, &mut call, agent, *seconds)?,
            Step::Answer => ringing::answer(tx, cx, &hand, &mut call)?,
            Step::Decline => ringing::decline(tx, cx, &hand, &mut call)?,
            Step::Hold => hold(tx, cx, &hand, &call, true)?,
            Step::Resume => hold(tx, cx, &hand, &call, false)?,
            Step::Transfer(target) => handing::transfer(tx, cx, &hand, &mut call, target)?,
            Step::Leave => ending::leave(tx, cx, &hand, &mut call)?,
            Step::End(hung_up) => ending::hang_up(tx, cx, &hand, &mut call, *hung_up)?,
            Step::Voicemail(voicemail) => ending::voicemail(tx, cx, &hand, &mut call, voicemail)?,
        }
        Ok(Done::call(&call, tx.head()?))
    })
}

fn refused(refused: CallRefused) -> AppError {
    AppError::conflict(refused.text())
}

/// An agent's own part in a call.
fn own_leg(tx: &mut Tx<'_>, hand: &Hand, call: &Call) -> Result<Leg, AppError> {
    let agent = hand.agent()?.id;
    tables::call_legs::open(tx, call.id)?.into_iter().find(|leg| leg.agent == agent).ok_or_else(not_in_it)
}

/// The other side is held, or no longer. What is so already stays.
fn hold(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &Call, held: bool) -> Result<(), AppError> {
    let mut leg = own_leg(tx, hand, call)?;
    if leg.held_since.is_some() == held {
        return Ok(());
    }
    if held {
        leg.hold(cx.now)
    } else {
        leg.resume(cx.now)
    }
    tables::call_legs::update(tx, &leg)?;
    let told = CallEvent::Held { call: call.id, conversation: call.conversation, leg: leg.id, agent: leg.agent, held };
    tx.append(cx.now, Event::Call(told))?;
    Ok(())
}

/// Writes how a call stands, on its row and on its message group.
fn write(tx: &mut Tx<'_>, call: &Call) -> Result<(), AppError> {
    tables::calls::update(tx, call)?;
    Ok(tables::messages::set_group_status(tx, call.group, call.state.group())?)
}

/// Finds out how a call stands that goes on, and writes it.
fn restand(tx: &mut Tx<'_>, call: &mut Call) -> Result<(), AppError> {
    let (rings, legs) = (tables::call_rings::ringing(tx, call.id)?.len(), tables::call_legs::open(tx, call.id)?.len());
    call.state = call.standing(rings, legs);
    write(tx, call)
}

/// Ends an agent's part in a call that goes on; the last one to leave lets the other side wait again.
fn close_leg(tx: &mut Tx<'_>, cx: &Context, call: &mut Call, mut leg: Leg) -> Result<(), AppError> {
    leg.end(cx.now);
    tables::call_legs::update(tx, &leg)?;
    restand(tx, call)?;
    if call.state != CallState::Talking {
        call.waiting_since = cx.now;
        tables::calls::update(tx, call)?;
    }
    told_left(tx, cx, call, &leg)?;
    let mut conversation = conversations::get(tx, call.conversation)?;
    if conversation.assigned == Some(leg.agent) {
        let next = match tables::call_legs::open(tx, call.id)?.first() {
            Some(other) => Some(other.agent),
            None => in_charge_before(tx, call, &conversation)?,
        };
        conversations::assign(tx, cx, &mut conversation, call.department, next, Actor::Agent(leg.agent))?;
    }
    Ok(())
}

/// Who was in charge before the call gets the conversation back when all have left, if he still works here. Where the call was handed on to
/// another department, he must be one of it, or of none: else it would wait there for somebody who never looks.
fn in_charge_before(tx: &mut Tx<'_>, call: &Call, conversation: &Conversation) -> Result<Option<AgentId>, AppError> {
    let Some(agent) = call.assigned_before else { return Ok(None) };
    if !tables::agents::get(tx, agent)?.is_some_and(|agent| agent.enabled) {
        return Ok(None);
    }
    let moved = conversation.department != call.department || tables::calls::changed_department(tx, call.id)?;
    let stays = !moved || department_of(tx, call.department, agent)?.is_none_or(|own| own == call.department);
    Ok(Some(agent).filter(|_| stays))
}

fn told_left(tx: &mut Tx<'_>, cx: &Context, call: &Call, leg: &Leg) -> Result<(), AppError> {
    let told = CallEvent::Left { call: call.id, conversation: call.conversation, leg: leg.id, agent: leg.agent, state: call.state };
    tx.append(cx.now, Event::Call(told))?;
    Ok(())
}

/// Whether an agent's phone is free for another call.
fn check_free(tx: &mut Tx<'_>, agent: AgentId) -> Result<(), AppError> {
    let talks = tables::call_legs::open_of(tx, agent)?.is_some() || tables::calls::calling_of(tx, agent)?.is_some();
    if talks { Err(AppError::conflict("the agent is in a call")) } else { Ok(()) }
}

/// An agent who is available for calls, by e-mail address or id: his phone is on, he does not hide, he is in no call, and his phone does not
/// ring. Else a refusal that says why not.
fn reachable(tx: &mut Tx<'_>, identifier: &str) -> Result<Agent, AppError> {
    let agent = agent_named(tx, identifier)?;
    if !agent.online.takes_calls() {
        return Err(AppError::conflict("the agent takes no calls now"));
    }
    check_free(tx, agent.id)?;
    if tables::call_rings::ringing_at(tx, agent.id)?.is_some() {
        return Err(AppError::conflict("the agent's phone rings already"));
    }
    Ok(agent)
}
