//! Timelines: a reader of the journal that keeps agents' spans, their changes and those of the departments' queues, and the pages read from
//! them. How a row looks outside is the surface's affair.
//!
//! What is open is kept in rows, written with the reader's cursor in one transaction: whoever goes on from there loses and doubles nothing.

mod fold;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use deskbell_domain::event::Recorded;
use deskbell_domain::ids::{AgentId, ChatId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::timeline::{AgentEvent, AgentState, DepartmentEvent, LiveChat, Span};
use deskbell_store::{Db, StoreError, Tx, cursors, journal, tables};

use crate::bites::Left;
use crate::desk::Desk;
use crate::error::{AppError, Kind};
use crate::follow::Listener;
use fold::{Fold, Places, Told};

/// The reader's name in the table of cursors.
pub const CURSOR: &str = "agent-timeline";
/// Entries folded in one bite.
const BITE_EVENTS: i64 = 500;
/// How far the cursor runs ahead in memory when there is nothing to write.
const CURSOR_EVENTS_MAX: i64 = 5_000;
/// Seconds between two looks. What is read from here is minutes old at least, so nobody waits for the reader, and what happens together is
/// written together.
const LOOK_SECONDS: u64 = 5;
/// Seconds after which one comes again who asked for what is not folded yet.
const BEHIND_RETRY_SECONDS: u32 = 30;

/// Spans that end strictly after `after` and not after `horizon`, by their end; behind the horizon there are none. Refused as unavailable if
/// `after` lies where the reader has not come yet: what it adds there would be missed.
pub async fn spans(desk: &Desk, after: Timestamp, horizon: Timestamp, limit: i64) -> Result<Vec<Span>, AppError> {
    if after > horizon {
        return Ok(Vec::new());
    }
    desk.snapshot(move |tx| {
        let until = first_unfolded(tx)?.map_or(horizon, |first| horizon.min(first.plus_micros(-1)));
        check_behind(after <= until)?;
        Ok(tables::timeline::spans(tx, after, until, limit)?)
    })
    .await
}

/// Changes of agents strictly after (second, id) and not after the second `horizon`; else as [`spans`].
pub async fn agent_events(desk: &Desk, after: (i64, String), horizon: i64, limit: i64) -> Result<Vec<AgentEvent>, AppError> {
    if after.0 > horizon {
        return Ok(Vec::new());
    }
    desk.snapshot(move |tx| {
        let until = whole_seconds_until(tx, horizon)?;
        check_behind(after.0 <= until)?;
        Ok(tables::timeline::agent_events(tx, (after.0, &after.1), until, limit)?)
    })
    .await
}

/// Changes of queues strictly after (second, id) and not after the second `horizon`; else as [`spans`].
pub async fn department_events(desk: &Desk, after: (i64, String), horizon: i64, limit: i64) -> Result<Vec<DepartmentEvent>, AppError> {
    if after.0 > horizon {
        return Ok(Vec::new());
    }
    desk.snapshot(move |tx| {
        let until = whole_seconds_until(tx, horizon)?;
        check_behind(after.0 <= until)?;
        Ok(tables::timeline::department_events(tx, (after.0, &after.1), until, limit)?)
    })
    .await
}

/// The last second to which nothing can be added any more.
fn whole_seconds_until(tx: &mut Tx<'_>, horizon: i64) -> Result<i64, StoreError> {
    Ok(first_unfolded(tx)?.map_or(horizon, |first| horizon.min(first.seconds() - 1)))
}

/// The moment of the first entry that is not folded yet: the next row may carry it, none an earlier one.
fn first_unfolded(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let cursor = cursors::get(tx, CURSOR)?.unwrap_or(0);
    journal::moment_after(tx, cursor)
}

fn check_behind(folded: bool) -> Result<(), AppError> {
    if folded {
        return Ok(());
    }
    Err(AppError::unavailable("what happened until then is still being prepared; try again").retry_after(BEHIND_RETRY_SECONDS))
}

/// The reader. It goes on where the rows say that one has stopped before it.
pub struct Reader {
    db: Db,
    account_key: i64,
    bite_events: i64,
    /// As of the rows, or further while nothing came out that had to be written; none before the first look and after a failure.
    state: Option<State>,
    /// Where it stands, for those who watch.
    number: Arc<AtomicI64>,
}

struct State {
    fold: Fold,
    /// The cursor in the rows.
    written: i64,
}

/// Ends the reader's thread when it is dropped; entries need not wake it.
struct Leash(#[expect(dead_code, reason = "its end is what the thread hears")] SyncSender<()>);

impl Listener for Leash {
    fn follow(&mut self, _: &[Arc<Recorded>]) {}
}

impl Reader {
    pub fn new(db: Db, account_key: i64) -> Reader {
        Reader { db, account_key, bite_events: BITE_EVENTS, state: None, number: Arc::default() }
    }

    /// Tells here how far it has come.
    #[must_use]
    pub(crate) fn counted_in(self, number: Arc<AtomicI64>) -> Reader {
        Reader { number, ..self }
    }

    /// Starts the thread; returns what must listen to the journal. The thread ends when that listener is dropped.
    pub fn start(self) -> std::io::Result<Box<dyn Listener>> {
        let (sender, receiver) = sync_channel(1);
        std::thread::Builder::new().name("timeline".to_owned()).spawn(move || self.run(&receiver))?;
        Ok(Box::new(Leash(sender)))
    }

    fn run(mut self, receiver: &Receiver<()>) {
        loop {
            match self.catch_up() {
                Ok(()) => {}
                Err(error) if error.kind == Kind::Internal => tracing::error!(error = %error, "timelines fell behind"),
                Err(error) => tracing::warn!(error = %error, "timelines wait for the store"),
            }
            match receiver.recv_timeout(Duration::from_secs(LOOK_SECONDS)) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Folds all that the journal tells and is not folded yet.
    pub fn catch_up(&mut self) -> Result<(), AppError> {
        while self.bite()? == Left::Some {}
        Ok(())
    }

    fn bite(&mut self) -> Result<Left, AppError> {
        let mut state = match self.state.take() {
            Some(state) => state,
            None => self.load()?,
        };
        let (from, limit) = (state.fold.number, self.bite_events);
        let events = self.db.read_blocking(move |tx| journal::after(tx, from, limit))?;
        let mut told = Told::default();
        for recorded in &events {
            state.fold.fold(recorded, &mut told);
        }
        let left = if events.is_empty() { Left::Nothing } else { Left::Some };
        let ahead = state.fold.number - state.written;
        // At the end the cursor is written too: it says from which moment on there may be more.
        let due = !told.is_empty() || ahead >= CURSOR_EVENTS_MAX || (left == Left::Nothing && ahead > 0);
        if due && !self.write(&state, told)? {
            // Another node's reader was faster: what it wrote is what is open now.
            return Ok(Left::Some);
        }
        let written = if due { state.fold.number } else { state.written };
        self.number.store(state.fold.number, Ordering::Relaxed);
        self.state = Some(State { written, ..state });
        Ok(left)
    }

    /// What is open as of the cursor.
    fn load(&self) -> Result<State, AppError> {
        let account_key = self.account_key;
        let fold = self.db.snapshot_blocking(move |tx| -> Result<Fold, AppError> {
            let number = cursors::get(tx, CURSOR)?.unwrap_or(0);
            let mut fold = Fold {
                number,
                latest: journal::moment_of(tx, number)?.unwrap_or_default(),
                agents: tables::timeline::agents(tx)?.into_iter().collect(),
                places: Places {
                    span_end: tables::timeline::latest_span_end(tx)?.unwrap_or_default(),
                    agent_event: tables::timeline::latest_agent_event(tx)?.map(Into::into).unwrap_or_default(),
                    department_event: tables::timeline::latest_department_event(tx)?.map(Into::into).unwrap_or_default(),
                },
                ..Fold::new(account_key)
            };
            for (id, chat) in tables::timeline::chats(tx)? {
                fold.restore_chat(id, chat);
            }
            Ok(fold)
        })?;
        Ok(State { written: fold.number, fold })
    }

    /// Writes what came out, what is open and the cursor; `false`, and nothing, if the cursor is not where it was.
    fn write(&self, state: &State, told: Told) -> Result<bool, AppError> {
        let agents: Vec<(AgentId, AgentState)> =
            told.agents.iter().filter_map(|agent| state.fold.agents.get(agent).map(|state| (*agent, *state))).collect();
        let chats: Vec<(ChatId, Option<LiveChat>)> = told.chats.iter().map(|chat| (*chat, state.fold.chats.get(chat).cloned())).collect();
        let (from, until) = (state.written, state.fold.number);
        self.db.write_blocking(move |tx| {
            if cursors::get(tx, CURSOR)?.unwrap_or(0) != from {
                return Ok(false);
            }
            told.spans.iter().try_for_each(|span| tables::timeline::insert_span(tx, span))?;
            told.agent_events.iter().try_for_each(|event| tables::timeline::insert_agent_event(tx, event))?;
            told.department_events.iter().try_for_each(|event| tables::timeline::insert_department_event(tx, event))?;
            for (agent, state) in &agents {
                tables::timeline::put_agent(tx, *agent, state)?;
            }
            for (id, chat) in &chats {
                match chat {
                    Some(chat) => tables::timeline::put_chat(tx, *id, chat)?,
                    None => tables::timeline::remove_chat(tx, *id)?,
                }
            }
            cursors::set(tx, CURSOR, until)?;
            Ok(true)
        })
    }
}
