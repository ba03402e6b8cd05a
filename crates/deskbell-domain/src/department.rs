//! Departments: queues with their agents.

use crate::ids::{AgentId, DepartmentId};
use crate::spelled;

spelled! {
    /// How the next agent for a chat is chosen among those available.
    pub enum Strategy {
        /// Any of them.
        Random = "random",
        /// Who has the smallest share of his slots in use.
        LeastBusy = "least_busy",
        /// Who has the largest share in use, so that others stay free.
        FillUp = "fill_up",
        /// All of them at once; the first to join has it.
        RingAll = "ring_all",
        /// Lowest priority number first.
        Priority = "priority",
    }
}

/// Priority of a member of a department when nothing else is said (1 first, 100 last).
pub const PRIORITY_DEFAULT: u8 = 50;
/// Seconds an offer rings when nothing else is said.
pub const OFFER_SECONDS_DEFAULT: u16 = 30;
/// Chats that may wait in a department when nothing else is said.
pub const QUEUE_CHATS_MAX_DEFAULT: u16 = 100;

/// A queue with its agents. LiveAgent's `default` is Zendesk's "no department".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
    pub description: String,
    pub strategy: Strategy,
    /// Routing time: how long an offer rings before it goes to the next agent.
    pub offer_seconds: u16,
    /// Chats that may wait at once; a further one overflows to an offline message.
    pub queue_chats_max: u16,
    pub enabled: bool,
}

/// An agent's part in a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    pub department: DepartmentId,
    pub agent: AgentId,
    /// 1 first … 100 last; used by [`Strategy::Priority`].
    pub priority: u8,
}
