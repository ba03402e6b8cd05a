//! A second opinion on levels: how everything stood at a moment is looked up anew for each, in rows where they say it, else in the journal's
//! last word on each thing until then. Nothing is carried from one moment to the next.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::call::{CallEvent, CallState, Direction};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::conversation::Status;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, CallId, ConversationId, DepartmentId};
use deskbell_domain::level::Tally;
use deskbell_store::recount::levels as rows;

use super::super::super::*;
use crate::desk::Desk;

/// Queue, slots, service, and whether somebody was there.
type Counted = (i64, i64, i64, bool);

pub(super) struct Recount<'d> {
    desk: &'d Desk,
    events: Vec<Recorded>,
    moments: Vec<Timestamp>,
}

impl<'d> Recount<'d> {
    pub(super) fn new(desk: &'d Desk, events: Vec<Recorded>) -> Recount<'d> {
        let moments: BTreeSet<Timestamp> = events.iter().map(|recorded| recorded.at).collect();
        Recount { desk, events, moments: moments.into_iter().collect() }
    }

    /// Load and availability between edges, from how it stood in each stretch in which nothing happened.
    pub(super) fn courses(&self, medium: Medium, scope: Scope, edges: &[Timestamp], now: Timestamp) -> Vec<(Load, i64)> {
        let counted: Vec<Counted> = self.moments.iter().map(|moment| self.count(medium, scope, *moment)).collect();
        edges
            .windows(2)
            .map(|hour| {
                let (from, until) = (hour[0], hour[1].min(now));
                let mut tallies = [Tally::default(); 3];
                let mut available = 0;
                let first = self.moments.first().copied().unwrap_or(until);
                let mut hold = |(queue, slots, service, there): Counted, begun: Timestamp, ended: Timestamp| {
                    let micros = ended.min(until).micros_since(begun.max(from));
                    if micros > 0 {
                        tallies.iter_mut().zip([queue, slots, service]).for_each(|(tally, value)| tally.add(value, micros));
                        available += if there { micros } else { 0 };
                    }
                };
                hold((0, 0, 0, false), from, first);
                for (place, counted) in counted.iter().enumerate() {
                    hold(*counted, self.moments[place], self.moments.get(place + 1).copied().unwrap_or(until));
                }
                let [queue, slots, service] = tallies.map(Level::from);
                (Load { queue, slots, service }, available)
            })
            .collect()
    }

    /// When agents were there, as their departments and letters say at each moment.
    pub(super) fn presences(&self, medium: Medium, scope: Scope) -> Vec<Presence> {
        let mut all = Vec::new();
        let (mut agents, mut departments) = (BTreeSet::new(), BTreeSet::new());
        for recorded in &self.events {
            match &recorded.event {
                Event::AgentChanged { agent, .. } => drop(agents.insert(*agent)),
                Event::DepartmentChanged { department, .. } => drop(departments.insert(*department)),
                _ => {}
            }
        }
        for agent in agents.into_iter().filter(|agent| scope.agent.is_none_or(|wanted| wanted == *agent)) {
            for department in departments.iter().copied().filter(|department| scope.department.is_none_or(|wanted| wanted == *department)) {
                let mut since = None;
                for moment in &self.moments {
                    let there = self.slots(medium, agent, *moment).is_some() && self.works_in(agent, department, *moment);
                    match (there, since) {
                        (true, None) => since = Some(*moment),
                        (false, Some(from)) => {
                            all.push(Presence { agent, department, from, until: Some(*moment) });
                            since = None;
                        }
                        _ => {}
                    }
                }
                all.extend(since.map(|from| Presence { agent, department, from, until: None }));
            }
        }
        all.sort_by_key(|presence| (presence.from, presence.agent, presence.department));
        all
    }

    fn count(&self, medium: Medium, scope: Scope, moment: Timestamp) -> Counted {
        let (slots, there) = self.staff(medium, scope, moment);
        let (queue, service) = match medium {
            Medium::Tickets => self.tickets(scope, moment),
            Medium::Chats => self.chats(scope, moment),
            Medium::Calls => self.calls(scope, moment),
        };
        (queue, slots, service, there)
    }

    /// The last word of the journal on something, until a moment.
    fn last<T>(&self, moment: Timestamp, says: impl Fn(&Event) -> Option<T>) -> Option<T> {
        self.events.iter().filter(|recorded| recorded.at <= moment).rev().find_map(|recorded| says(&recorded.event))
    }

    /// What one who is there for a medium adds to the slots.
    fn slots(&self, medium: Medium, agent: AgentId, moment: Timestamp) -> Option<i64> {
        let (slots, enabled) = self.last(moment, |event| match event {
            Event::AgentChanged { agent: of, slots, enabled, .. } if *of == agent => Some((i64::from(*slots), *enabled)),
            _ => None,
        })?;
        let online = self.last(moment, |event| match event {
            Event::AgentStatusChanged { agent: of, online, .. } if *of == agent => Some(*online),
            _ => None,
        })?;
        let for_all = self.last(moment, |event| match event {
            Event::SettingsChanged { slots_for_all } => Some(slots_for_all.map(i64::from)),
            _ => None,
        });
        let slots = for_all.flatten().unwrap_or(slots);
        let letters = if online.word() == "invisible" { online.shown().letters().replace(['T', 'P'], "") } else { online.letters() };
        let (letter, slots) = match medium {
            Medium::Tickets => ('M', 1),
            Medium::Chats => ('T', slots),
            Medium::Calls => ('P', 1),
        };
        (enabled && letters.contains(letter)).then_some(slots)
    }

    fn works_in(&self, agent: AgentId, department: DepartmentId, moment: Timestamp) -> bool {
        let member = self.last(moment, |event| match event {
            Event::MembershipChanged { department: of, agent: who, member } if (*of, *who) == (department, agent) => Some(*member),
            _ => None,
        });
        let open = self.last(moment, |event| match event {
            Event::DepartmentChanged { department: of, enabled, .. } if *of == department => Some(*enabled),
            _ => None,
        });
        member == Some(true) && open == Some(true)
    }

    fn staff(&self, medium: Medium, scope: Scope, moment: Timestamp) -> (i64, bool) {
        let known: BTreeSet<AgentId> = self
            .events
            .iter()
            .filter_map(|recorded| match &recorded.event {
                Event::AgentChanged { agent, .. } => Some(*agent),
                _ => None,
            })
            .collect();
        let mine = known.into_iter().filter(|agent| scope.agent.is_none_or(|wanted| wanted == *agent));
        let here = mine.filter(|agent| scope.department.is_none_or(|department| self.works_in(*agent, department, moment)));
        let slots: Vec<i64> = here.filter_map(|agent| self.slots(medium, agent, moment)).collect();
        (slots.iter().sum(), !slots.is_empty())
    }

    fn tickets(&self, scope: Scope, moment: Timestamp) -> (i64, i64) {
        let mut all: BTreeSet<ConversationId> = BTreeSet::new();
        for recorded in self.events.iter().filter(|recorded| recorded.at <= moment) {
            match &recorded.event {
                Event::ConversationStarted { conversation, .. } => drop(all.insert(*conversation)),
                Event::ConversationMerged { conversation, .. } => drop(all.remove(conversation)),
                _ => {}
            }
        }
        let (mut queue, mut service) = (0, 0);
        for ticket in all {
            let status = self.last(moment, |event| match event {
                Event::ConversationStarted { conversation, status, .. } if *conversation == ticket => Some(*status),
                Event::StatusChanged { conversation, to, .. } if *conversation == ticket => Some(*to),
                _ => None,
            });
            let charge = self.last(moment, |event| match event {
                Event::ConversationStarted { conversation, department, .. } if *conversation == ticket => Some((*department, None)),
                Event::Assigned { conversation, department, agent, .. } if *conversation == ticket => Some((*department, *agent)),
                _ => None,
            });
            let (department, agent) = charge.expect("it was started");
            let here = scope.department.is_none_or(|wanted| wanted == department) && scope.agent.is_none_or(|wanted| Some(wanted) == agent);
            if here && matches!(status, Some(Status::New | Status::Open)) {
                queue += 1;
                service += i64::from(agent.is_some());
            }
        }
        (queue, service)
    }

    /// From rows; whom a waiting chat was handed to is in the journal alone.
    fn chats(&self, scope: Scope, moment: Timestamp) -> (i64, i64) {
        let (department, agent) = (scope.department.map(DepartmentId::get), scope.agent.map(AgentId::get));
        let counted = self.desk.snapshot_blocking(move |tx| Ok(rows::chats(tx, department, agent, moment.micros())?)).unwrap();
        let Some(agent) = scope.agent else { return (counted.queue, counted.service) };
        let mut handed = BTreeMap::new();
        for recorded in self.events.iter().filter(|recorded| recorded.at <= moment) {
            match &recorded.event {
                Event::ChatTransferred { chat, agent, department, state, .. } => {
                    handed.insert(*chat, (agent.filter(|_| state.text() != "served"), *department, state.text() == "queued"));
                }
                Event::ChatOffered { chat, state, .. } | Event::ChatLeft { chat, state, .. } => {
                    handed.entry(*chat).and_modify(|known| known.2 = state.text() == "queued");
                }
                Event::OfferClosed { chat, agent, outcome, state, .. } => {
                    handed.entry(*chat).and_modify(|known| {
                        known.2 = state.text() == "queued";
                        known.0 = known.0.filter(|whom| whom != agent || *outcome == OfferOutcome::Accepted);
                    });
                }
                Event::ChatJoined { chat, .. } | Event::ChatEnded { chat, .. } => drop(handed.remove(chat)),
                _ => {}
            }
        }
        let waits = |(whom, department, queued): &&(Option<AgentId>, DepartmentId, bool)| {
            *queued && *whom == Some(agent) && scope.department.is_none_or(|wanted| wanted == *department)
        };
        (handed.values().filter(waits).count() as i64, counted.service)
    }

    fn calls(&self, scope: Scope, moment: Timestamp) -> (i64, i64) {
        let words = |call: CallId| {
            self.events.iter().filter(move |recorded| recorded.at <= moment).filter_map(move |recorded| match &recorded.event {
                Event::Call(event) if event.call() == call => Some(event),
                _ => None,
            })
        };
        let all: BTreeSet<CallId> = self
            .events
            .iter()
            .filter_map(|recorded| match &recorded.event {
                Event::Call(event) => Some(event.call()),
                _ => None,
            })
            .collect();
        let (mut queue, mut service) = (0, 0);
        for call in all {
            let Some(last) = words(call).next_back() else { continue };
            if matches!(last, CallEvent::Ended { .. }) {
                continue;
            }
            let state = words(call).filter_map(state_of).next_back().expect("it was started");
            let department = words(call)
                .filter_map(|event| match event {
                    CallEvent::Started { department, .. } | CallEvent::Transferred { department, .. } => Some(*department),
                    _ => None,
                })
                .next_back();
            let mut talking = BTreeSet::new();
            let mut whom = None;
            for event in words(call) {
                match event {
                    CallEvent::Answered { agent, .. } => {
                        talking.insert(*agent);
                        whom = None;
                    }
                    CallEvent::Left { agent, .. } => drop(talking.remove(agent)),
                    CallEvent::Transferred { agent, .. } => whom = *agent,
                    CallEvent::RingClosed { agent, outcome, .. } if *outcome != OfferOutcome::Accepted => {
                        whom = whom.filter(|whom| whom != agent);
                    }
                    _ => {}
                }
            }
            if scope.department.is_some() && scope.department != department {
                continue;
            }
            match state {
                CallState::Queued => queue += i64::from(scope.agent.is_none() || scope.agent == whom),
                CallState::Talking => service += i64::from(scope.agent.is_none_or(|agent| talking.contains(&agent))),
                CallState::Ringing | CallState::Ended => {}
            }
        }
        (queue, service)
    }
}

fn state_of(event: &CallEvent) -> Option<CallState> {
    match event {
        CallEvent::Started { direction: Direction::Outgoing, .. } => Some(CallState::Ringing),
        CallEvent::Started { .. } => Some(CallState::Queued),
        CallEvent::Rang { state, .. }
        | CallEvent::RingClosed { state, .. }
        | CallEvent::Answered { state, .. }
        | CallEvent::Left { state, .. }
        | CallEvent::Transferred { state, .. } => Some(*state),
        CallEvent::Held { .. } | CallEvent::Ended { .. } => None,
    }
}

/// Those as one between which an agent went and came at the same moment.
pub(super) fn whole(presences: Vec<Presence>) -> Vec<Presence> {
    let mut whole: Vec<Presence> = Vec::new();
    for presence in presences {
        let before = whole.iter_mut().rev().find(|other| (other.agent, other.department) == (presence.agent, presence.department));
        match before {
            Some(before) if before.until == Some(presence.from) => before.until = presence.until,
            Some(_) | None => whole.push(presence),
        }
    }
    whole
}
