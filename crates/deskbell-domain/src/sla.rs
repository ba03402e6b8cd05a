//! Service levels: how soon a customer is to be answered, and what happens to the clocks that watch over it. How a clock runs is in
//! [`clock`], what starts and ends clocks in [`turns`], what a level that comes later starts with in [`past`].

pub mod clock;
pub mod past;
pub mod turns;

use crate::calendar::Calendar;
use crate::ids::{AgentId, ConversationId, DepartmentId, SlaItemId, SlaLevelId};
use crate::measure::Medium;
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

impl Goal {
    /// Whose log and compliance it counts in.
    pub const fn medium(self) -> Medium {
        match self {
            Goal::FirstAnswer | Goal::NextAnswer | Goal::FirstAssign | Goal::FirstResolve => Medium::Tickets,
            Goal::ChatAnswer => Medium::Chats,
            Goal::CallAnswer => Medium::Calls,
        }
    }
}

/// Business seconds that a level gives a goal, at most: a year of days and nights.
pub const GOAL_SECONDS_MAX: u32 = 366 * 86_400;

/// How much time a level gives each goal, in seconds of its business hours. A goal without one is not watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times([Option<u32>; Goal::ALL.len()]);

impl Times {
    pub const fn get(&self, goal: Goal) -> Option<u32> {
        self.0[goal as usize]
    }

    pub const fn set(&mut self, goal: Goal, seconds: Option<u32>) {
        self.0[goal as usize] = seconds;
    }

    /// The same with another time for one goal.
    #[must_use]
    pub const fn with(mut self, goal: Goal, seconds: u32) -> Times {
        self.set(goal, Some(seconds));
        self
    }
}

/// A service level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub id: SlaLevelId,
    pub name: String,
    pub times: Times,
    pub calendar: Calendar,
}

/// What happens to levels and clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlaEvent {
    /// A level was made, changed or taken away. `calendar` is the line that [`crate::calendar::Calendar::parse`] reads.
    LevelChanged { level: SlaLevelId, name: String, calendar: String, removed: bool },
    /// A conversation has another level from now on.
    LevelSet { conversation: ConversationId, level: Option<SlaLevelId>, by: Actor },
    /// A clock runs. Without a due time it stands still for now: its level came while it did.
    Started { conversation: ConversationId, item: SlaItemId, goal: Goal, level: SlaLevelId, due: Option<Timestamp> },
    /// Its due time moved. `None`: it stands still for now, and nothing is due.
    DueMoved { conversation: ConversationId, item: SlaItemId, due: Option<Timestamp> },
    /// The due time passed and the clock still runs. Told once.
    Breached { conversation: ConversationId, item: SlaItemId, goal: Goal, level: SlaLevelId, due: Timestamp },
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
    /// The clock ended without a word in the log.
    Dropped { conversation: ConversationId, item: SlaItemId },
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
