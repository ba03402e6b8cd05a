//! A call rings at agents, and one of them answers; or none does.

use deskbell_domain::call::{Call, CallEvent, CallState, Direction, Ending, Leg, RING_SECONDS, RING_SECONDS_DEFAULT, Ring};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CallLegId, RingId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

use super::{Hand, check_free, ending, of_others, own_leg, reachable, restand, write};
use crate::context::Context;
use crate::conversations;
use crate::error::AppError;
use crate::events;
use crate::timers::Chore;

/// Lets a call ring at an agent. Those do who are in it, and those of its department.
pub(super) fn ring(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call, agent: &str, seconds: Option<u16>) -> Result<(), AppError> {
    if !hand.is_of_department(tx, call)? && own_leg(tx, hand, call).is_err() {
        return Err(of_others());
    }
    let agent = reachable(tx, agent)?;
    let_ring(tx, cx, call, agent.id, seconds)
}

/// Rings at an agent who is free.
pub(super) fn let_ring(tx: &mut Tx<'_>, cx: &Context, call: &mut Call, agent: AgentId, seconds: Option<u16>) -> Result<(), AppError> {
    let seconds = seconds.unwrap_or(RING_SECONDS_DEFAULT);
    if !RING_SECONDS.contains(&seconds) {
        return Err(AppError::invalid(format!("a call rings for {} to {} seconds", RING_SECONDS.start(), RING_SECONDS.end())));
    }
    let ring = Ring {
        id: RingId::from_i64(tx.next_id()?),
        call: call.id,
        agent,
        rang: cx.now,
        expires: cx.now.plus_seconds(i64::from(seconds)),
        outcome: None,
    };
    tables::call_rings::insert(tx, &ring)?;
    restand(tx, call)?;
    let told =
        CallEvent::Rang { call: call.id, conversation: call.conversation, ring: ring.id, agent, expires: ring.expires, state: call.state };
    tx.append(cx.now, Event::Call(told))?;
    Ok(())
}

/// Writes that a ring is over, with the state that the call is in then.
pub(super) fn close_ring(tx: &mut Tx<'_>, cx: &Context, call: &Call, ring: &Ring, outcome: OfferOutcome) -> Result<(), AppError> {
    tables::call_rings::close(tx, ring.id, outcome, cx.now)?;
    let told = CallEvent::RingClosed {
        call: call.id,
        conversation: call.conversation,
        ring: ring.id,
        agent: ring.agent,
        outcome,
        state: call.state,
    };
    tx.append(cx.now, Event::Call(told))?;
    Ok(())
}

/// A ring was in vain. A call that rings nowhere any more waits again; one from agent to agent is over.
fn rang_in_vain(tx: &mut Tx<'_>, cx: &Context, call: &mut Call, ring: &Ring, outcome: OfferOutcome, by: Actor) -> Result<(), AppError> {
    let (rings, legs) = (tables::call_rings::ringing(tx, call.id)?.len(), tables::call_legs::open(tx, call.id)?.len());
    call.state = call.standing(rings.saturating_sub(1), legs);
    write(tx, call)?;
    close_ring(tx, cx, call, ring, outcome)?;
    if call.ends_with_its_ring() {
        ending::end(tx, cx, call, Ending::HungUp(by))?;
    }
    Ok(())
}

/// An agent passes a ring on.
pub(super) fn decline(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call) -> Result<(), AppError> {
    let agent = hand.agent()?.id;
    let ring = tables::call_rings::ringing(tx, call.id)?.into_iter().find(|ring| ring.agent == agent);
    let ring = ring.ok_or_else(|| AppError::conflict("the call does not ring at the agent"))?;
    rang_in_vain(tx, cx, call, &ring, OfferOutcome::Declined, Actor::Agent(agent))
}

pub(crate) static RINGS: Chore<Ring> = Chore {
    name: "rings",
    due: |tx, cx, limit| Ok(tables::call_rings::expired(tx, cx.now, limit)?),
    id: |ring| ring.id.get(),
    deal: expire_ring,
};

/// Rings whose time is up: each is one missed ring for its agent.
pub fn expire_rings(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    RINGS.bite(tx, cx)
}

fn expire_ring(tx: &mut Tx<'_>, cx: &mut Context, ring: &Ring) -> Result<(), AppError> {
    match still_rings(tx, ring)? {
        Some(mut call) => rang_in_vain(tx, cx, &mut call, ring, OfferOutcome::Expired, Actor::System),
        None => Ok(()),
    }
}

/// The call of a ring, if an earlier step of the same job has not ended it.
fn still_rings(tx: &mut Tx<'_>, ring: &Ring) -> Result<Option<Call>, AppError> {
    let call = tables::calls::get(tx, ring.call)?;
    Ok(call.filter(|call| call.state != CallState::Ended))
}

/// An agent takes no calls any more: what rings at him does no longer.
pub fn withdraw_from(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId) -> Result<(), AppError> {
    let Some(ring) = tables::call_rings::ringing_at(tx, agent)? else { return Ok(()) };
    match still_rings(tx, &ring)? {
        Some(mut call) => rang_in_vain(tx, cx, &mut call, &ring, OfferOutcome::Withdrawn, Actor::System),
        None => Ok(()),
    }
}

/// An agent answers, or whom he called does.
pub(super) fn answer(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call) -> Result<(), AppError> {
    match (call.direction, call.caller) {
        (Direction::Outgoing, Some(caller)) if call.answered.is_none() => {
            // The line is the caller's: whoever tells of it need not name him.
            let named = hand.agent.as_ref().is_none_or(|agent| agent.id == caller);
            if !named && !hand.whole {
                return Err(of_others());
            }
            if !named {
                return Err(AppError::conflict("somebody else made this call"));
            }
            talks(tx, cx, call, &[caller])
        }
        (Direction::Incoming | Direction::Outgoing | Direction::Internal, _) => pick_up(tx, cx, hand, call),
    }
}

fn pick_up(tx: &mut Tx<'_>, cx: &Context, hand: &Hand, call: &mut Call) -> Result<(), AppError> {
    let agent = hand.agent()?.id;
    let rings = tables::call_rings::ringing(tx, call.id)?;
    let own = rings.iter().find(|ring| ring.agent == agent);
    if own.is_none() {
        if call.direction == Direction::Internal || !hand.is_of_department(tx, call)? {
            return Err(AppError::forbidden("the call does not ring at the agent"));
        }
        // It may ring at him for another call.
        if tables::call_rings::ringing_at(tx, agent)?.is_some() {
            return Err(AppError::conflict("the agent's phone rings already"));
        }
    }
    if tables::call_legs::open(tx, call.id)?.iter().any(|leg| leg.agent == agent) {
        return Err(AppError::conflict("the agent is in this call already"));
    }
    // Whoever comes too late is not put into it; who is to join a call that is talked in is rung at.
    if own.is_none() && call.state == CallState::Talking {
        return Err(AppError::conflict("somebody has answered this call already"));
    }
    check_free(tx, agent)?;
    let waited = call.state != CallState::Talking;
    call.is_answered(cx.now);
    for ring in &rings {
        match (ring.agent == agent, waited) {
            (true, _) => close_ring(tx, cx, call, ring, OfferOutcome::Accepted)?,
            // Whoever else it rang at need not run any more; colleagues who are asked to join a call that is talked in may still.
            (false, true) => close_ring(tx, cx, call, ring, OfferOutcome::Withdrawn)?,
            (false, false) => {}
        }
    }
    match call.caller {
        Some(caller) if call.direction == Direction::Internal => return talks(tx, cx, call, &[caller, agent]),
        Some(_) | None => talks(tx, cx, call, &[agent])?,
    }
    if waited {
        let mut conversation = conversations::get(tx, call.conversation)?;
        conversations::assign(tx, cx, &mut conversation, call.department, Some(agent), Actor::Agent(agent))?;
    }
    Ok(())
}

/// These agents talk from now on.
fn talks(tx: &mut Tx<'_>, cx: &Context, call: &mut Call, agents: &[AgentId]) -> Result<(), AppError> {
    call.is_answered(cx.now);
    write(tx, call)?;
    for agent in agents {
        let leg = Leg {
            id: CallLegId::from_i64(tx.next_id()?),
            call: call.id,
            agent: *agent,
            department: call.department,
            began: cx.now,
            ended: None,
            held_since: None,
            held_micros: 0,
        };
        tables::call_legs::insert(tx, &leg)?;
        let told = CallEvent::Answered { call: call.id, conversation: call.conversation, leg: leg.id, agent: *agent, state: call.state };
        events::append(tx, cx, Event::Call(told))?;
    }
    Ok(())
}
