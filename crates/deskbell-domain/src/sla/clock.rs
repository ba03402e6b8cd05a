//! One clock: how much business time it has used up, and when it is due.

use super::{Goal, Level};
use crate::calendar::Calendar;
use crate::ids::{CallId, ChatId, ConversationId, SlaItemId, SlaLevelId};
use crate::time::Timestamp;

const SECOND_MICROS: i64 = 1_000_000;

/// What a clock belongs to within its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The conversation as a ticket.
    Ticket,
    Chat(ChatId),
    Call(CallId),
}

/// Whether a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Since {
        since: Timestamp,
        due: Timestamp,
    },
    /// It stands still, and nothing is due.
    Still,
}

/// A clock that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    pub id: SlaItemId,
    pub conversation: ConversationId,
    pub level: SlaLevelId,
    pub goal: Goal,
    pub subject: Subject,
    pub started: Timestamp,
    /// Business time that the level gave the goal when the clock started.
    pub allowed_micros: i64,
    /// Business time that went by until it last began to run.
    pub used_micros: i64,
    pub run: Run,
    /// It was told that the due time passed.
    pub breached: bool,
}

/// How a clock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    pub due: Timestamp,
    /// Business time from start to end, without the time it stood still.
    pub taken_micros: i64,
}

impl Clock {
    /// Starts a clock. `None`: the level does not watch the goal, or its business hours never come.
    pub fn start(
        id: SlaItemId,
        conversation: ConversationId,
        level: &Level,
        (goal, subject): (Goal, Subject),
        now: Timestamp,
    ) -> Option<Clock> {
        let allowed_micros = i64::from(level.times.get(goal)?) * SECOND_MICROS;
        let due = level.calendar.after(now, allowed_micros)?;
        let run = Run::Since { since: now, due };
        let level = level.id;
        Some(Clock { id, conversation, level, goal, subject, started: now, allowed_micros, used_micros: 0, run, breached: false })
    }

    /// The clock that goes on in its place under another level: it started when this one did, and has used up as much. `None` as for
    /// [`Clock::start`].
    pub fn under(&self, id: SlaItemId, level: &Level) -> Option<Clock> {
        let allowed_micros = i64::from(level.times.get(self.goal)?) * SECOND_MICROS;
        let run = match self.run {
            Run::Since { since, .. } => Run::Since { since, due: level.calendar.after(since, allowed_micros - self.used_micros)? },
            Run::Still => Run::Still,
        };
        Some(Clock { id, level: level.id, allowed_micros, run, breached: false, ..self.clone() })
    }

    /// When it is due; `None` while it stands still.
    pub fn due(&self) -> Option<Timestamp> {
        match self.run {
            Run::Since { due, .. } => Some(due),
            Run::Still => None,
        }
    }

    /// Whether the due time has passed. At the due moment itself the goal can still be reached in time.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due().is_some_and(|due| due < now)
    }

    /// Stops it, so that its due time moves on with every moment. What is overdue stays so. Tells whether it stopped.
    pub fn stop(&mut self, calendar: &Calendar, now: Timestamp) -> bool {
        let Run::Since { since, .. } = self.run else { return false };
        if self.is_overdue(now) {
            return false;
        }
        self.used_micros += calendar.business_micros(since, now);
        self.run = Run::Still;
        true
    }

    /// Lets it run again. `None`: it stood still and its business hours never come again, so that there is nothing to wait for.
    pub fn go_on(&mut self, calendar: &Calendar, now: Timestamp) -> Option<Timestamp> {
        if self.run == Run::Still {
            self.run = Run::Since { since: now, due: calendar.after(now, self.allowed_micros - self.used_micros)? };
        }
        self.due()
    }

    /// What stands in the log if it ends now.
    pub fn settle(&self, calendar: &Calendar, now: Timestamp) -> Option<Settled> {
        Some(match self.run {
            Run::Since { since, due } => Settled { due, taken_micros: self.used_micros + calendar.business_micros(since, now) },
            Run::Still => Settled { due: calendar.after(now, self.allowed_micros - self.used_micros)?, taken_micros: self.used_micros },
        })
    }
}

#[cfg(test)]
mod tests;
