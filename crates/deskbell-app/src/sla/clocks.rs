//! The clocks of conversations: started, stopped and ended as events say, within the transaction of each event.

use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ConversationId, SlaItemId, SlaLevelId};
use deskbell_domain::message::Actor;
use deskbell_domain::sla::clock::{Clock, Subject};
use deskbell_domain::sla::turns::{Act, Facts, Turn, acts};
use deskbell_domain::sla::{Goal, Level, SlaEvent};
use deskbell_store::tables::changes::{self, Place};
use deskbell_store::tables::sla::clocks::Watched;
use deskbell_store::tables::sla::log::{self, Closing};
use deskbell_store::{Tx, tables};

use super::{levels, past};
use crate::commands::Done;
use crate::context::Context;
use crate::conversations;
use crate::error::AppError;

/// Lets the clocks of a conversation follow what happened in it. Its rows are written already.
pub(crate) fn follow(tx: &mut Tx<'_>, cx: &Context, conversation: ConversationId, turn: Turn) -> Result<(), AppError> {
    let Some(watched) = tables::sla::clocks::watched(tx, conversation)? else { return Ok(()) };
    if let Turn::Begins(_) = turn {
        say_level(tx, cx, conversation, Some(watched.level), Actor::System)?;
    }
    let mut running = Running::load(tx, conversation, watched)?;
    running.take(tx, cx, turn)
}

/// Gives a conversation another level, or none. Clocks that run go on under it: they started when they did, and have used up as much. What
/// waits and had no clock gets the one that it would have, had the level been there from the beginning. Clocks that it has no time for end.
pub fn set_level(
    tx: &mut Tx<'_>,
    cx: &Context,
    by: Actor,
    conversation: ConversationId,
    level: Option<SlaLevelId>,
) -> Result<Done, AppError> {
    let conversation = conversations::get(tx, conversation)?;
    let level = level.map(|level| levels::get(tx, level)).transpose()?;
    let wanted = level.as_ref().map(|level| level.id);
    if tables::sla::level_of(tx, conversation.id)? == wanted {
        return Ok(Done::conversation(conversation.id, tx.head()?));
    }
    let open = tables::sla::clocks::open(tx, conversation.id)?;
    tables::sla::set_level(tx, conversation.id, wanted)?;
    say_level(tx, cx, conversation.id, wanted, by)?;
    for mut clock in open {
        tell_overdue(tx, cx, &mut clock)?;
        end(tx, cx, &clock)?;
        if let Some(level) = &level
            && let Some(next) = clock.under(SlaItemId::from_i64(tx.next_id()?), level)
        {
            begin(tx, cx, &next)?;
        }
    }
    if let Some(level) = &level {
        catch_up(tx, cx, &conversation, level)?;
    }
    Ok(Done::conversation(conversation.id, tx.head()?))
}

/// Starts the clocks that a level would have running in a conversation, and that do not run.
fn catch_up(tx: &mut Tx<'_>, cx: &Context, conversation: &Conversation, level: &Level) -> Result<(), AppError> {
    let reached = tables::sla::clocks::reached(tx, conversation.id)?;
    for clock in past::of(tx, cx, conversation, level)? {
        let open = tables::sla::clocks::open(tx, conversation.id)?;
        let runs = open.iter().any(|running| running.subject == clock.subject && same_wait(running.goal, clock.goal));
        let was_reached = match clock.goal {
            Goal::FirstAnswer | Goal::FirstAssign | Goal::FirstResolve => reached.contains(&clock.goal),
            Goal::NextAnswer | Goal::ChatAnswer | Goal::CallAnswer => false,
        };
        if !runs && !was_reached {
            let id = SlaItemId::from_i64(tx.next_id()?);
            begin(tx, cx, &Clock { id, ..clock })?;
        }
    }
    Ok(())
}

/// Whether one clock stands for both: the customer waits for one answer, the first or another.
fn same_wait(one: Goal, other: Goal) -> bool {
    let answer = |goal| matches!(goal, Goal::FirstAnswer | Goal::NextAnswer);
    one == other || (answer(one) && answer(other))
}

/// A conversation with a level, and its clocks.
struct Running {
    conversation: ConversationId,
    watched: Watched,
    level: Level,
    clocks: Vec<Clock>,
}

impl Running {
    fn load(tx: &mut Tx<'_>, conversation: ConversationId, watched: Watched) -> Result<Running, AppError> {
        let level = tables::sla::level_ever(tx, watched.level)?
            .ok_or_else(|| AppError::internal(format!("conversation {conversation} has an unknown level")))?;
        let clocks = tables::sla::clocks::open(tx, conversation)?;
        Ok(Running { conversation, watched, level, clocks })
    }

    fn take(&mut self, tx: &mut Tx<'_>, cx: &Context, turn: Turn) -> Result<(), AppError> {
        let facts = Facts {
            open: self.clocks.iter().map(|clock| (clock.goal, clock.subject, clock.started)).collect(),
            reached: self.reached(tx, turn)?,
            assigned: self.watched.assigned,
        };
        for act in acts(turn, &facts, cx.now) {
            self.carry_out(tx, cx, act)?;
        }
        Ok(())
    }

    /// The goals that were reached. Some of it no clock may have watched; what happened before is read where that can decide what starts.
    fn reached(&self, tx: &mut Tx<'_>, turn: Turn) -> Result<Vec<Goal>, AppError> {
        let mut reached = tables::sla::clocks::reached(tx, self.conversation)?;
        let waits_again = matches!(turn, Turn::Changes { to: Status::New | Status::Open, .. });
        let is_known = |goal: &Goal| reached.contains(goal) || self.clocks.iter().any(|clock| clock.goal == *goal);
        if waits_again && ![Goal::FirstAnswer, Goal::FirstAssign, Goal::FirstResolve].iter().all(is_known) {
            reached.extend(past::reached(tx, self.conversation)?);
        }
        Ok(reached)
    }

    fn carry_out(&mut self, tx: &mut Tx<'_>, cx: &Context, act: Act) -> Result<(), AppError> {
        match act {
            Act::Start(goal, subject) => {
                let id = SlaItemId::from_i64(tx.next_id()?);
                match Clock::start(id, self.conversation, &self.level, (goal, subject), cx.now) {
                    Some(clock) => begin(tx, cx, &clock),
                    None => Ok(()),
                }
            }
            Act::Close(goal, subject, agent) => {
                let Some(mut clock) = self.clock(goal, subject) else { return Ok(()) };
                tell_overdue(tx, cx, &mut clock)?;
                self.close(tx, cx, &clock, agent)
            }
            Act::Drop(goal, subject) => {
                let Some(mut clock) = self.clock(goal, subject) else { return Ok(()) };
                tell_overdue(tx, cx, &mut clock)?;
                end(tx, cx, &clock)
            }
            Act::Stop(goal) => {
                let Some(mut clock) = self.clock(goal, Subject::Ticket) else { return Ok(()) };
                if clock.stop(&self.level.calendar, cx.now) {
                    tables::sla::clocks::update(tx, &clock)?;
                    say(tx, cx, SlaEvent::DueMoved { conversation: self.conversation, item: clock.id, due: None })?;
                }
                Ok(())
            }
            Act::GoOn(goal) => {
                let Some(clock) = self.clock(goal, Subject::Ticket) else { return Ok(()) };
                let mut next = clock.clone();
                match next.go_on(&self.level.calendar, cx.now) {
                    None => end(tx, cx, &clock),
                    Some(_) if next == clock => Ok(()),
                    due => {
                        tables::sla::clocks::update(tx, &next)?;
                        say(tx, cx, SlaEvent::DueMoved { conversation: self.conversation, item: clock.id, due })
                    }
                }
            }
        }
    }

    fn clock(&self, goal: Goal, subject: Subject) -> Option<Clock> {
        self.clocks.iter().find(|clock| (clock.goal, clock.subject) == (goal, subject)).cloned()
    }

    fn close(&self, tx: &mut Tx<'_>, cx: &Context, clock: &Clock, agent: Option<AgentId>) -> Result<(), AppError> {
        // A clock that stood still and whose business hours never come again has no due time that the log could show.
        let Some(settled) = clock.settle(&self.level.calendar, cx.now) else { return end(tx, cx, clock) };
        let Watched { department, customer, .. } = self.watched;
        log::close(tx, clock, &Closing { settled, at: cx.now, department, agent, customer })?;
        say(
            tx,
            cx,
            SlaEvent::Closed {
                conversation: clock.conversation,
                item: clock.id,
                goal: clock.goal,
                level: clock.level,
                started: clock.started,
                due: settled.due,
                department,
                agent,
            },
        )
    }
}

fn begin(tx: &mut Tx<'_>, cx: &Context, clock: &Clock) -> Result<(), AppError> {
    tables::sla::clocks::insert(tx, clock)?;
    let Clock { conversation, id: item, goal, level, .. } = *clock;
    say(tx, cx, SlaEvent::Started { conversation, item, goal, level, due: clock.due() })
}

/// Ends a clock that does not come into the log.
fn end(tx: &mut Tx<'_>, cx: &Context, clock: &Clock) -> Result<(), AppError> {
    tables::sla::clocks::drop(tx, clock.id, cx.now)?;
    say(tx, cx, SlaEvent::Dropped { conversation: clock.conversation, item: clock.id })
}

/// Tells that the due time passed, if it did and nobody was told: so that it is told of every clock, also of one that ends before the timers
/// look.
fn tell_overdue(tx: &mut Tx<'_>, cx: &Context, clock: &mut Clock) -> Result<(), AppError> {
    if clock.breached || !clock.is_overdue(cx.now) {
        return Ok(());
    }
    clock.breached = true;
    tell_all(tx, cx, std::slice::from_ref(clock))
}

/// Tells that the due times of these clocks passed, and marks them.
pub(super) fn tell_all(tx: &mut Tx<'_>, cx: &Context, overdue: &[Clock]) -> Result<(), AppError> {
    let items: Vec<SlaItemId> = overdue.iter().map(|clock| clock.id).collect();
    tables::sla::clocks::mark_breached(tx, &items, cx.now)?;
    for clock in overdue {
        let Clock { conversation, id: item, goal, level, .. } = *clock;
        if let Some(due) = clock.due() {
            say(tx, cx, SlaEvent::Breached { conversation, item, goal, level, due })?;
        }
    }
    Ok(())
}

/// Tells that a conversation has this level from now on, and remembers since when.
fn say_level(tx: &mut Tx<'_>, cx: &Context, conversation: ConversationId, level: Option<SlaLevelId>, by: Actor) -> Result<(), AppError> {
    let number = tx.append(cx.now, Event::Sla(SlaEvent::LevelSet { conversation, level, by }))?;
    Ok(changes::level(tx, Place { number, at: cx.now }, conversation, level)?)
}

fn say(tx: &mut Tx<'_>, cx: &Context, event: SlaEvent) -> Result<(), AppError> {
    tx.append(cx.now, Event::Sla(event))?;
    Ok(())
}
