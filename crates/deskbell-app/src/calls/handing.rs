//! Handing a call on: to a department, where it waits, or to an agent, at whom it rings.

use deskbell_domain::agent::Agent;
use deskbell_domain::call::{Call, CallEvent};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::event::Event;
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::message::{GroupKind, MessageKind};
use deskbell_store::{Tx, tables};

use super::{Hand, close_leg, in_charge_before, of_others, own_leg, reachable, restand, ringing};
use crate::chats::transfer::department_of;
use crate::context::Context;
use crate::conversations;
use crate::error::AppError;
use crate::messages::{self, Into, NewMessage};

/// Where a call is handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a department: all agents leave, and it waits there.
    Department(DepartmentId),
    /// To an agent, by e-mail address or id: it rings at him for so long. Who hands it on leaves; if he is not in it, all do.
    Agent { agent: String, seconds: Option<u16> },
}

/// Hands a call on. Those do who are in it.
pub(super) fn transfer(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call, target: &Target) -> Result<(), AppError> {
    let legs = tables::call_legs::open(tx, call.id)?;
    let present = legs.iter().any(|leg| hand.is(leg.agent));
    if !present && !hand.whole {
        return Err(own_leg(tx, hand, call).err().unwrap_or_else(of_others));
    }
    let from = call.department;
    let (to, seconds, name) = match target {
        Target::Department(department) => {
            let found = tables::departments::get(tx, *department)?.filter(|department| department.enabled);
            let found = found.ok_or_else(|| AppError::not_found("no such department"))?;
            call.department = found.id;
            (None, None, found.name)
        }
        Target::Agent { agent, seconds } => {
            let agent = reachable(tx, agent)?;
            call.department = department_of(tx, call.department, agent.id)?.unwrap_or(call.department);
            let name = agent.display_name();
            (Some(agent), *seconds, name)
        }
    };
    let by = hand.actor();
    let mut conversation = conversations::get(tx, call.conversation)?;
    let (author, text) = (conversations::actor_name(tx, by)?, format!("Transferred to {name}"));
    let message = NewMessage::text(MessageKind::Transfer, by, &author, &text);
    messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Transfer), message)?;
    withdraw(tx, cx, call)?;
    for leg in legs.into_iter().filter(|leg| to.is_none() || !present || hand.is(leg.agent)) {
        close_leg(tx, cx, call, leg)?;
    }
    call.waiting_since = cx.now;
    restand(tx, call)?;
    let told = CallEvent::Transferred {
        call: call.id,
        conversation: call.conversation,
        from,
        department: call.department,
        agent: to.as_ref().map(|agent: &Agent| agent.id),
        by,
        state: call.state,
    };
    let number = tx.append(cx.now, Event::Call(told))?;
    tables::calls::transferred(tx, call.id, (number, cx.now), from, call.department)?;
    let mut conversation = conversations::get(tx, call.conversation)?;
    if conversation.department != call.department {
        let assigned = conversation.assigned;
        let talks = tables::call_legs::open(tx, call.id)?.iter().any(|leg| Some(leg.agent) == assigned);
        let waits = assigned == call.assigned_before && !talks;
        let assigned = if waits { in_charge_before(tx, call, &conversation)? } else { assigned };
        conversations::assign(tx, cx, &mut conversation, call.department, assigned, by)?;
    }
    match to {
        Some(agent) => ringing::let_ring(tx, cx, call, agent.id, seconds),
        None => Ok(()),
    }
}

/// Ends all its rings: what comes next rings elsewhere.
fn withdraw(tx: &mut Tx<'_>, cx: &Context, call: &mut Call) -> Result<(), AppError> {
    let rings = tables::call_rings::ringing(tx, call.id)?;
    let legs = tables::call_legs::open(tx, call.id)?.len();
    for (place, ring) in rings.iter().enumerate() {
        call.state = call.standing(rings.len() - place - 1, legs);
        ringing::close_ring(tx, cx, call, ring, OfferOutcome::Withdrawn)?;
    }
    Ok(())
}
