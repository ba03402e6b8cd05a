//! Routing as a use case: asks the domain who is next and writes the offers; what happens when an offer ends.

use std::collections::HashMap;

use deskbell_domain::chat::{Chat, ChatState, EndReason, Offer, OfferOutcome};
use deskbell_domain::department::OFFER_SECONDS_DEFAULT;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId, OfferId, SkillId};
use deskbell_domain::message::Actor;
use deskbell_domain::routing::{self, Candidate, QueuedChat};
use deskbell_domain::routing_rules::RoutingRules;
use deskbell_store::tables::chats::Waiting;
use deskbell_store::{StoreError, Tx, tables};

use crate::accounts;
use crate::chats;
use crate::context::{Context, Routing as Hold};
use crate::error::AppError;

/// Waiting chats looked at in one go.
const QUEUE_BITE_CHATS: i64 = 64;
/// For how long an offer rings that is never passed on: longer than any visitor waits.
const UNTIL_TAKEN_SECONDS: i64 = 30 * 86_400;
/// Goes at one queue. Chats far behind so many that wait for somebody else are looked at when some of these are gone.
const QUEUE_BITES_MAX: usize = 100;

/// The skills that are switched on of each agent of a department.
type Staff = HashMap<AgentId, Vec<SkillId>>;

/// Offers the waiting chats of a department to whoever is free. With nobody there at all the chats overflow: they end, and the visitor can
/// leave a message.
pub fn route(tx: &mut Tx<'_>, cx: &mut Context, department: DepartmentId) -> Result<(), AppError> {
    if cx.routing == Hold::Held || tables::chats::count_waiting(tx, department)? == 0 {
        return Ok(());
    }
    let Some(settings) = tables::departments::get(tx, department)? else { return Ok(()) };
    let rules = cx.settings.routing;
    let mut candidates = if settings.enabled { candidates(tx, &rules, department)? } else { Vec::new() };
    if candidates.is_empty() {
        for waiting in tables::chats::queued(tx, department, QUEUE_BITE_CHATS)? {
            if let Some(chat) = tables::chats::get(tx, waiting.chat)? {
                chats::end(tx, cx, chat, EndReason::Overflow, Actor::System)?;
            }
        }
        return Ok(());
    }
    let (mut behind, mut staff): (Option<Waiting>, Option<Staff>) = (None, None);
    for _ in 0..QUEUE_BITES_MAX {
        if !candidates.iter().any(Candidate::has_room) {
            return Ok(());
        }
        let bite = tables::chats::waiting(tx, department, behind.as_ref(), QUEUE_BITE_CHATS)?;
        let queue = look_at(tx, cx, department, &bite, &mut candidates, &mut staff)?;
        for ring in routing::route_each(&queue, &candidates, |chat| rules.strategy(settings.strategy, chat), |end| cx.below(end)) {
            let Some(mut chat) = tables::chats::get(tx, ring.chat)? else { continue };
            for agent in &ring.agents {
                offer(tx, cx, &mut chat, *agent, settings.offer_seconds)?;
                candidates.iter_mut().filter(|candidate| candidate.agent == *agent).for_each(|candidate| candidate.load += 1);
            }
            if let (true, Some(agent)) = (rules.auto_accept, ring.agents.first()) {
                chats::accept(tx, cx, *agent, chat.id)?;
            }
        }
        // Those who wait for somebody else let all behind them pass, however many they are.
        behind = bite.into_iter().nth(QUEUE_BITE_CHATS as usize - 1);
        if behind.is_none() {
            return Ok(());
        }
    }
    Ok(())
}

/// The agents of a department that take chats now, each with the slots that count.
pub fn candidates(tx: &mut Tx<'_>, rules: &RoutingRules, department: DepartmentId) -> Result<Vec<routing::Candidate>, StoreError> {
    let mut candidates = tables::agents::candidates(tx, department)?;
    for candidate in &mut candidates {
        candidate.slots = rules.limit.slots(candidate.slots);
    }
    Ok(candidates)
}

/// E-mail addresses of agents with more chats, joined and ringing, than slots: there should be none, but for those whose limit was
/// lowered meanwhile.
pub fn over_capacity(tx: &mut Tx<'_>, rules: &RoutingRules) -> Result<Vec<String>, StoreError> {
    let over = |(_, slots, load): &(String, u16, u32)| *load > u32::from(rules.limit.slots(*slots));
    Ok(tables::agents::loads(tx)?.into_iter().filter(over).map(|(email, _, _)| email).collect())
}

/// Of these waiting chats the ones that somebody is free for, with all that routing looks at. `staff` is read when it is first needed.
fn look_at(
    tx: &mut Tx<'_>,
    cx: &Context,
    department: DepartmentId,
    bite: &[Waiting],
    candidates: &mut [Candidate],
    staff: &mut Option<Staff>,
) -> Result<Vec<QueuedChat>, StoreError> {
    let rule = cx.settings.skill_rule();
    let ids: Vec<ChatId> = bite.iter().map(|waiting| waiting.chat).collect();
    let mut asked = if rule.is_some() { tables::skills::asked(tx, &ids)? } else { HashMap::new() };
    if !asked.is_empty() && staff.is_none() {
        let known = tables::skills::of_department(tx, department)?;
        for candidate in candidates.iter_mut() {
            candidate.skills = known.get(&candidate.agent).cloned().unwrap_or_default();
        }
        *staff = Some(known);
    }
    let mut queue = Vec::new();
    for waiting in bite {
        let mut seen = waiting.clone();
        // Whom it was meant for takes no chats any more: it is everybody's.
        seen.pinned = waiting.pinned.filter(|agent| candidates.iter().any(|candidate| candidate.agent == *agent));
        let mut skills = asked.remove(&waiting.chat).unwrap_or_default();
        let everyone = staff.iter().flat_map(HashMap::values).map(Vec::as_slice);
        if !rule.is_some_and(|rule| rule.holds(&skills, everyone, waiting.since, cx.now)) {
            skills.clear();
        }
        let known = QueuedChat { chat: seen.chat, pinned: seen.pinned, earlier: None, asked: Vec::new(), skills };
        if candidates.iter().any(|candidate| candidate.has_room() && known.is_for(candidate)) {
            queue.push(QueuedChat { skills: known.skills, ..tables::chats::queued_chat(tx, &seen)? });
        }
    }
    Ok(queue)
}

/// The skills that a chat is kept for by the desk's rule now; none: it is anybody's.
pub(crate) fn asks_for(tx: &mut Tx<'_>, cx: &Context, chat: &Chat) -> Result<Vec<SkillId>, StoreError> {
    let Some(rule) = cx.settings.skill_rule() else { return Ok(Vec::new()) };
    let asked = tables::skills::asked(tx, &[chat.id])?.remove(&chat.id).unwrap_or_default();
    let staff = tables::skills::of_department(tx, chat.department)?;
    let holds = rule.holds(&asked, staff.values().map(Vec::as_slice), chat.waiting_since, cx.now);
    Ok(if holds { asked } else { Vec::new() })
}

/// Routes every department.
pub fn route_all(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    tables::departments::all(tx)?.into_iter().try_for_each(|department| route(tx, cx, department.id))
}

/// Routes every department of an agent: he may have become free.
pub fn route_for(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId) -> Result<(), AppError> {
    for membership in tables::departments::memberships(tx)? {
        if membership.agent == agent {
            route(tx, cx, membership.department)?;
        }
    }
    Ok(())
}

/// Lets a chat ring at an agent.
pub fn offer(tx: &mut Tx<'_>, cx: &Context, chat: &mut Chat, agent: AgentId, seconds: u16) -> Result<(), StoreError> {
    let seconds = if seconds == 0 { OFFER_SECONDS_DEFAULT } else { seconds };
    let seconds = cx.settings.routing.ring_seconds(seconds).map_or(UNTIL_TAKEN_SECONDS, i64::from);
    let offer = Offer {
        id: OfferId::from_i64(tx.next_id()?),
        chat: chat.id,
        conversation: chat.conversation,
        agent,
        offered: cx.now,
        expires: cx.now.plus_seconds(seconds),
        outcome: None,
    };
    tables::offers::insert(tx, &offer)?;
    chat.offered_ever = true;
    if chat.state == ChatState::Queued {
        chat.state = ChatState::Offered;
    }
    tables::chats::update(tx, chat)?;
    tx.append(
        cx.now,
        Event::ChatOffered {
            chat: chat.id,
            conversation: chat.conversation,
            offer: offer.id,
            agent,
            expires: offer.expires,
            state: chat.state,
        },
    )?;
    Ok(())
}

/// Ends an offer. A chat that rings nowhere any more and has nobody in it waits again.
pub fn close_offer(tx: &mut Tx<'_>, cx: &Context, chat: &mut Chat, offer: &Offer, outcome: OfferOutcome) -> Result<(), StoreError> {
    tables::offers::close(tx, offer.id, outcome, cx.now)?;
    if outcome != OfferOutcome::Accepted {
        if chat.pinned == Some(offer.agent) {
            chat.pinned = None;
        }
        if chat.state == ChatState::Offered && tables::offers::ringing(tx, chat.id)?.is_empty() {
            chat.state = ChatState::Queued;
        }
        tables::chats::update(tx, chat)?;
    }
    tx.append(
        cx.now,
        Event::OfferClosed {
            chat: chat.id,
            conversation: chat.conversation,
            offer: offer.id,
            agent: offer.agent,
            outcome,
            state: chat.state,
        },
    )?;
    Ok(())
}

/// Ends an offer for good and looks for the next agent.
pub fn pass_on(tx: &mut Tx<'_>, cx: &mut Context, offer: &Offer, outcome: OfferOutcome) -> Result<(), AppError> {
    let Some(mut chat) = tables::chats::get(tx, offer.chat)? else { return Ok(()) };
    close_offer(tx, cx, &mut chat, offer, outcome)?;
    if outcome == OfferOutcome::Expired {
        missed_ring(tx, cx, offer.agent)?;
    }
    // The chat waits again, and the agent has a free slot for others.
    route(tx, cx, chat.department)?;
    route_for(tx, cx, offer.agent)
}

/// An agent let a chat ring in vain. Who does so too often in a row is idle.
fn missed_ring(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId) -> Result<(), AppError> {
    let idle = cx.settings.routing.idle;
    if !idle.enabled || tables::agents::note_missed_ring(tx, agent)? < i64::from(idle.after) {
        return Ok(());
    }
    accounts::go_idle(tx, cx, agent, idle.status)
}
