//! What a desk says of routing over the heads of its departments: how many chats at once, who is asked, for how long, and what becomes of
//! one who does not answer.

use crate::agent::AgentStatus;
use crate::department::Strategy;
use crate::routing::QueuedChat;
use crate::spelled;

/// Chats at once that a limit of the account may allow.
pub const LIMIT_CHATS_MAX: u16 = 20;
/// Seconds that an offer rings when the desk sets them.
pub const OFFER_SECONDS: std::ops::RangeInclusive<u16> = 10..=120;
/// Missed rings in a row after which an agent counts as idle.
pub const MISSED_RINGS: std::ops::RangeInclusive<u16> = 1..=20;

spelled! {
    /// Whom a waiting chat rings at.
    pub enum RoutingMode {
        /// All at once, whatever the department's strategy is.
        Broadcast = "broadcast",
        /// Whom the department's strategy chooses.
        Assigned = "assigned",
        /// First whom the strategy chooses; once he was asked in vain, all others at once.
        Hybrid = "hybrid",
    }
}

spelled! {
    /// Whose number a chat limit is.
    pub enum LimitScope {
        /// One number for all agents.
        Account = "account",
        /// Each agent's own: his slots.
        Agent = "agent",
    }
}

spelled! {
    /// What an idle agent becomes.
    pub enum IdleStatus {
        Away = "away",
        Invisible = "invisible",
    }
}

impl IdleStatus {
    pub const fn status(self) -> AgentStatus {
        match self {
            IdleStatus::Away => AgentStatus::AWAY,
            IdleStatus::Invisible => AgentStatus::INVISIBLE,
        }
    }
}

/// How many chats at once an agent may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatLimit {
    /// Off: there is no limit.
    pub enabled: bool,
    /// The number for all, with [`LimitScope::Account`].
    pub chats: u16,
    pub scope: LimitScope,
    /// Agents may change their own number.
    pub agents_choose: bool,
}

impl Default for ChatLimit {
    fn default() -> Self {
        ChatLimit { enabled: true, chats: 5, scope: LimitScope::Agent, agents_choose: false }
    }
}

impl ChatLimit {
    /// The slots that count for every agent, whatever his own number is. Without a limit there is none that could be counted, and each has
    /// his own.
    pub const fn slots_for_all(&self) -> Option<u16> {
        match (self.enabled, self.scope) {
            (true, LimitScope::Account) => Some(self.chats),
            (true, LimitScope::Agent) | (false, _) => None,
        }
    }

    /// The slots that count for an agent who has `own` ones.
    pub const fn slots(&self, own: u16) -> u16 {
        match (self.enabled, self.scope) {
            (false, _) => u16::MAX,
            (true, LimitScope::Account) => self.chats,
            (true, LimitScope::Agent) => own,
        }
    }
}

/// What becomes of an agent who lets chats ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoIdle {
    pub enabled: bool,
    /// Missed rings in a row.
    pub after: u16,
    pub status: IdleStatus,
}

impl Default for AutoIdle {
    fn default() -> Self {
        AutoIdle { enabled: false, after: 3, status: IdleStatus::Away }
    }
}

/// The rules of one desk. What they are unless set leaves everything to the departments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoutingRules {
    pub mode: RoutingMode,
    pub limit: ChatLimit,
    /// An offer that nobody takes goes to the next agent. Off: it rings until it is taken.
    pub reassignment: bool,
    /// How long an offer rings; `None`: as long as its department says.
    pub offer_seconds: Option<u16>,
    pub idle: AutoIdle,
    /// A chat is joined by the agent whom it would ring at.
    pub auto_accept: bool,
}

impl Default for RoutingRules {
    fn default() -> Self {
        RoutingRules {
            mode: RoutingMode::Assigned,
            limit: ChatLimit::default(),
            reassignment: true,
            offer_seconds: None,
            idle: AutoIdle::default(),
            auto_accept: false,
        }
    }
}

impl RoutingRules {
    /// How agents are chosen for a chat of a department with this strategy.
    pub fn strategy(&self, department: Strategy, chat: &QueuedChat) -> Strategy {
        let strategy = match self.mode {
            RoutingMode::Broadcast => Strategy::RingAll,
            RoutingMode::Hybrid if !chat.asked.is_empty() => Strategy::RingAll,
            RoutingMode::Assigned | RoutingMode::Hybrid => department,
        };
        // Where nobody is asked, one has to be chosen.
        if self.auto_accept && strategy == Strategy::RingAll { Strategy::LeastBusy } else { strategy }
    }

    /// How long an offer of a department rings; `None`: until it is taken.
    pub fn ring_seconds(&self, department: u16) -> Option<u16> {
        self.reassignment.then(|| self.offer_seconds.unwrap_or(department))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AgentId, ChatId};

    #[test]
    fn slots() {
        let limit = |enabled, scope| ChatLimit { enabled, chats: 3, scope, agents_choose: false };
        assert_eq!(limit(true, LimitScope::Agent).slots(7), 7);
        assert_eq!(limit(true, LimitScope::Account).slots(7), 3);
        assert_eq!(limit(false, LimitScope::Account).slots(7), u16::MAX);
        assert_eq!(ChatLimit::default().slots(0), 0);
        assert_eq!(limit(true, LimitScope::Agent).slots_for_all(), None);
        assert_eq!(limit(true, LimitScope::Account).slots_for_all(), Some(3));
        assert_eq!(limit(false, LimitScope::Account).slots_for_all(), None);
    }

    #[test]
    fn strategies() {
        let fresh = QueuedChat { chat: ChatId::from_i64(1), pinned: None, earlier: None, asked: Vec::new(), skills: Vec::new() };
        let asked = QueuedChat { asked: vec![AgentId::from_i64(1)], ..fresh.clone() };
        for (mode, auto_accept, first, again) in [
            (RoutingMode::Assigned, false, Strategy::Priority, Strategy::Priority),
            (RoutingMode::Broadcast, false, Strategy::RingAll, Strategy::RingAll),
            (RoutingMode::Hybrid, false, Strategy::Priority, Strategy::RingAll),
            (RoutingMode::Broadcast, true, Strategy::LeastBusy, Strategy::LeastBusy),
            (RoutingMode::Assigned, true, Strategy::Priority, Strategy::Priority),
        ] {
            let rules = RoutingRules { mode, auto_accept, ..RoutingRules::default() };
            let chosen = (rules.strategy(Strategy::Priority, &fresh), rules.strategy(Strategy::Priority, &asked));
            assert_eq!(chosen, (first, again), "{mode:?} {auto_accept}");
        }
    }

    #[test]
    fn ringing() {
        let rules = RoutingRules::default();
        assert_eq!(rules.ring_seconds(30), Some(30));
        assert_eq!(RoutingRules { offer_seconds: Some(10), ..rules }.ring_seconds(30), Some(10));
        assert_eq!(RoutingRules { offer_seconds: Some(10), reassignment: false, ..rules }.ring_seconds(30), None);
    }
}
