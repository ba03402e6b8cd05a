//! Who is connected now, in memory, with grace for reloads and short breaks. What follows from it (an agent offline, a visitor gone) is
//! written by the timers.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deskbell_domain::ids::{AgentId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::VISIT_PRESENT_SECONDS;

#[derive(Debug, Default)]
struct Connected {
    /// Consoles or pages connected now.
    count: u32,
    /// When the last one went (or, while `count` > 0, when the last sign of life was noted).
    last: Timestamp,
    /// What follows from the absence was reported.
    reported: bool,
}

#[derive(Debug, Default)]
struct Inner {
    agents: HashMap<AgentId, Connected>,
    visitors: HashMap<VisitorId, (Connected, VisitId)>,
}

/// Connections of agents and visitors.
#[derive(Debug, Default)]
pub struct Presence(Mutex<Inner>);

impl Presence {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An agent was online before a restart: his grace time runs from now.
    pub fn expect_agent(&self, agent: AgentId, now: Timestamp) {
        self.inner().agents.entry(agent).or_insert(Connected { count: 0, last: now, reported: false });
    }

    /// A visitor was seen before a restart.
    pub fn expect_visitor(&self, visitor: VisitorId, visit: VisitId, last: Timestamp) {
        self.inner().visitors.entry(visitor).or_insert((Connected { count: 0, last, reported: false }, visit));
    }

    pub fn agent_came(&self, agent: AgentId, now: Timestamp) {
        let mut inner = self.inner();
        let connected = inner.agents.entry(agent).or_default();
        *connected = Connected { count: connected.count + 1, last: now, reported: false };
    }

    pub fn agent_went(&self, agent: AgentId, now: Timestamp) {
        if let Some(connected) = self.inner().agents.get_mut(&agent) {
            connected.count = connected.count.saturating_sub(1);
            connected.last = now;
        }
    }

    /// Whether a console of the agent is connected now.
    pub fn agent_is_here(&self, agent: AgentId) -> bool {
        self.inner().agents.get(&agent).is_some_and(|connected| connected.count > 0)
    }

    /// Agents whose grace time is over; each is told once.
    pub fn agents_gone(&self, now: Timestamp, grace_seconds: u32) -> Vec<AgentId> {
        let mut inner = self.inner();
        let gone: Vec<AgentId> = inner
            .agents
            .iter()
            .filter(|(_, connected)| connected.count == 0 && now.micros_since(connected.last) >= i64::from(grace_seconds) * 1_000_000)
            .map(|(agent, _)| *agent)
            .collect();
        for agent in &gone {
            inner.agents.remove(agent);
        }
        gone
    }

    pub fn visitor_came(&self, visitor: VisitorId, visit: VisitId, now: Timestamp) {
        let mut inner = self.inner();
        let entry = inner.visitors.entry(visitor).or_insert((Connected::default(), visit));
        entry.0 = Connected { count: entry.0.count + 1, last: now, reported: false };
        entry.1 = visit;
    }

    pub fn visitor_went(&self, visitor: VisitorId, now: Timestamp) {
        if let Some((connected, _)) = self.inner().visitors.get_mut(&visitor) {
            connected.count = connected.count.saturating_sub(1);
            connected.last = now;
        }
    }

    /// A sign of life without a connection (a new visit, a poll).
    pub fn visitor_seen(&self, visitor: VisitorId, visit: VisitId, now: Timestamp) {
        let mut inner = self.inner();
        let entry = inner.visitors.entry(visitor).or_insert((Connected::default(), visit));
        entry.0.last = now;
        entry.0.reported = false;
        entry.1 = visit;
    }

    /// Visitors whose grace time is over; each is told once.
    pub fn visitors_gone(&self, now: Timestamp, grace_seconds: u32) -> Vec<(VisitorId, VisitId)> {
        let mut inner = self.inner();
        let grace = i64::from(grace_seconds) * 1_000_000;
        let mut gone = Vec::new();
        inner.visitors.retain(|visitor, (connected, visit)| {
            if connected.count > 0 {
                return true;
            }
            let absent = now.micros_since(connected.last);
            if absent >= grace && !connected.reported {
                connected.reported = true;
                gone.push((*visitor, *visit));
            }
            // Kept until nobody counts it as present and its absence was told.
            !(connected.reported && absent > VISIT_PRESENT_SECONDS * 1_000_000)
        });
        gone
    }

    /// What followed from a visitor's absence could not be written: it is told again.
    pub fn still_gone(&self, visitor: VisitorId, visit: VisitId) {
        let mut inner = self.inner();
        inner.visitors.entry(visitor).or_insert((Connected::default(), visit)).0.reported = false;
    }

    /// Visits of the visitors connected now; notes a sign of life of each.
    pub fn visits_here(&self, now: Timestamp) -> Vec<VisitId> {
        let mut inner = self.inner();
        let here = inner.visitors.values_mut().filter(|(connected, _)| connected.count > 0);
        here.map(|(connected, visit)| {
            connected.last = now;
            *visit
        })
        .collect()
    }

    /// Visitors connected now or seen within [`VISIT_PRESENT_SECONDS`].
    pub fn visitors_present(&self, now: Timestamp) -> usize {
        let within = VISIT_PRESENT_SECONDS * 1_000_000;
        self.inner().visitors.values().filter(|(connected, _)| connected.count > 0 || now.micros_since(connected.last) <= within).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_told_once_after_the_grace_time() {
        let presence = Presence::default();
        let (agent, visitor, visit) = (AgentId::from_i64(1), VisitorId::from_i64(2), VisitId::from_i64(3));
        let at = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
        presence.agent_came(agent, at(0));
        presence.agent_came(agent, at(1));
        presence.agent_went(agent, at(2));
        assert!(presence.agents_gone(at(100), 20).is_empty(), "another console is there");
        presence.agent_went(agent, at(3));
        assert!(presence.agents_gone(at(22), 20).is_empty());
        presence.agent_came(agent, at(22));
        presence.agent_went(agent, at(23));
        assert_eq!(presence.agents_gone(at(43), 20), [agent]);
        assert!(presence.agents_gone(at(99), 20).is_empty(), "told once");

        presence.visitor_came(visitor, visit, at(0));
        assert_eq!(presence.visitors_present(at(500)), 1);
        presence.visitor_went(visitor, at(500));
        assert_eq!(presence.visitors_present(at(540)), 1);
        assert_eq!(presence.visitors_present(at(546)), 0);
        assert!(presence.visitors_gone(at(559), 60).is_empty());
        assert_eq!(presence.visitors_gone(at(560), 60), [(visitor, visit)]);
        assert!(presence.visitors_gone(at(561), 60).is_empty());
        presence.still_gone(visitor, visit);
        assert_eq!(presence.visitors_gone(at(562), 60), [(visitor, visit)]);
    }
}
