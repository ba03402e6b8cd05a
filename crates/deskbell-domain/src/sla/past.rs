//! The clocks that a conversation would have now, had it had a level from its beginning: what a level that comes later starts with.

use super::clock::{Clock, Subject};
use super::turns::{Act, Facts, Turn, acts};
use super::{Goal, Level};
use crate::calendar::Calendar;
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
    let begin = |goal, subject, at| Clock::start(id, conversation, level, (goal, subject), at);
    let (waiting, _) = follow(past, &level.calendar, begin);
    waiting.into_iter().filter_map(|one| one.clock).collect()
}

/// The goals that were reached by then, whether anything watched them or not.
pub fn reached(past: &[Past]) -> Vec<Goal> {
    let (_, reached) = follow(past, &Calendar::always(), |_, _, _| None);
    reached
}

/// What waits after all of this, and what was reached. `begin` gives what waits its clock.
fn follow(past: &[Past], calendar: &Calendar, begin: impl Fn(Goal, Subject, Timestamp) -> Option<Clock>) -> (Vec<Waiting>, Vec<Goal>) {
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut reached: Vec<Goal> = Vec::new();
    for Past { at, turn, assigned } in past {
        let open = waiting.iter().map(|one| (one.goal, one.subject, one.started)).collect();
        let facts = Facts { open, reached: reached.clone(), assigned: *assigned };
        for act in acts(*turn, &facts, *at) {
            match act {
                Act::Start(goal, subject) => {
                    waiting.push(Waiting { goal, subject, started: *at, clock: begin(goal, subject, *at) });
                }
                Act::Close(goal, subject, _) => {
                    if !reached.contains(&goal) {
                        reached.push(goal);
                    }
                    waiting.retain(|one| (one.goal, one.subject) != (goal, subject));
                }
                Act::Drop(goal, subject) => waiting.retain(|one| (one.goal, one.subject) != (goal, subject)),
                Act::Stop(goal) => each_clock(&mut waiting, goal, |clock| {
                    clock.stop(calendar, *at);
                    true
                }),
                Act::GoOn(goal) => each_clock(&mut waiting, goal, |clock| clock.go_on(calendar, *at).is_some()),
            }
        }
    }
    (waiting, reached)
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
