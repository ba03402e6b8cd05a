//! Service levels: how soon a customer is to be answered, and what happens to the clocks that watch over it.

use crate::ids::{AgentId, ConversationId, DepartmentId, SlaItemId, SlaLevelId};
use crate::message::Actor;
use crate::spelled;
use crate::time::Timestamp;

spelled! {
    /// What a clock watches over.
    pub enum Goal {
        FirstAnswer = "first_answer",
        NextAnswer = "next_answer",
        FirstAssign = "first_assign",
        FirstResolve = "first_resolve",
        ChatAnswer = "chat_answer",
        CallAnswer = "call_answer",
    }
}

/// What happens to levels and clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlaEvent {
    /// A level was made, changed or taken away. `calendar` is the line that [`crate::calendar::Calendar::parse`] reads.
    LevelChanged {
        level: SlaLevelId,
        name: String,
        calendar: String,
        removed: bool,
    },
    /// A conversation has another level from now on.
    LevelSet {
        conversation: ConversationId,
        level: Option<SlaLevelId>,
        by: Actor,
    },
    /// A clock runs.
    Started {
        conversation: ConversationId,
        item: SlaItemId,
        goal: Goal,
        level: SlaLevelId,
        due: Timestamp,
    },
    DueMoved {
        conversation: ConversationId,
        item: SlaItemId,
        due: Timestamp,
    },
    /// The due time passed and the clock still runs. Told once.
    Breached {
        conversation: ConversationId,
        item: SlaItemId,
        goal: Goal,
        level: SlaLevelId,
        due: Timestamp,
    },
    /// What the clock watched over was done; it stands in the log.
    Closed {
        conversation: ConversationId,
        item: SlaItemId,
        goal: Goal,
        level: SlaLevelId,
        started: Timestamp,
        due: Timestamp,
        department: DepartmentId,
        agent: Option<AgentId>,
    },
    /// The clock stopped without a word in the log.
    Dropped {
        conversation: ConversationId,
        item: SlaItemId,
    },
}

impl SlaEvent {
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            SlaEvent::LevelChanged { .. } => None,
            SlaEvent::LevelSet { conversation, .. }
            | SlaEvent::Started { conversation, .. }
            | SlaEvent::DueMoved { conversation, .. }
            | SlaEvent::Breached { conversation, .. }
            | SlaEvent::Closed { conversation, .. }
            | SlaEvent::Dropped { conversation, .. } => Some(*conversation),
        }
    }
}
