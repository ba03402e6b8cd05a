//! The clocks that a conversation would have now, had it had a level from its beginning: what a level that comes later starts with.

use super::clock::{Clock, Subject};
use super::turns::{Act, Facts, Turn, acts};
use super::{Goal, Level};
use crate::ids::{AgentId, ConversationId, SlaItemId};
use crate::time::Timestamp;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    pub at: Timestamp,
    pub turn: Turn,
    /// Who was in charge then.
    pub assigned: Option<AgentId>,
}

/// A goal that waits, whether the level watches it or not: what waits next depends on all that waited before.
struct Waiting {
    goal: Goal,
    subject: Subject,
    started: Timestamp,
    clock: Option<Clock>,
}

/// The clocks that run or stand still after all of this, in the order they started. Each has the id that is given until it gets its own.
pub fn clocks(id: SlaItemId, conversation: ConversationId, level: &Level, past: &[Past]) -> Vec<Clock> {
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut reached: Vec<Goal> = Vec::new();
    for Past { at, turn, assigned } in past {
        let open = waiting.iter().map(|one| (one.goal, one.subject, one.started)).collect();
        let facts = Facts { open, reached: reached.clone(), assigned: *assigned };
        for act in acts(*turn, &facts, *at) {
            match act {
                Act::Start(goal, subject) => {
                    let clock = Clock::start(id, conversation, level, (goal, subject), *at);
                    waiting.push(Waiting { goal, subject, started: *at, clock });
                }
                Act::Close(goal, subject, _) => {
                    reached.push(goal);
                    waiting.retain(|one| (one.goal, one.subject) != (goal, subject));
                }
                Act::Drop(goal, subject) => waiting.retain(|one| (one.goal, one.subject) != (goal, subject)),
                Act::Stop(goal) => each_clock(&mut waiting, goal, |clock| {
                    clock.stop(&level.calendar, *at);
                    true
                }),
                Act::GoOn(goal) => each_clock(&mut waiting, goal, |clock| clock.go_on(&level.calendar, *at).is_some()),
            }
        }
    }
    waiting.into_iter().filter_map(|one| one.clock).collect()
}

/// Changes the clocks of a goal; one for which that says no is there no more.
fn each_clock(waiting: &mut [Waiting], goal: Goal, change: impl Fn(&mut Clock) -> bool) {
    for one in waiting.iter_mut().filter(|one| one.goal == goal) {
        if let Some(clock) = &mut one.clock
            && !change(clock)
        {
            one.clock = None;
        }
    }
}

#[cfg(test)]
mod tests;
