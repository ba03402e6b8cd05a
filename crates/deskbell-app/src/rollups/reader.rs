//! The reader that keeps the cells. It goes on where the rows say that one has stopped before it, on whichever node; what it remembers is
//! written with the cells and its cursor in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use deskbell_domain::call::CallEvent;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{CallId, ChatId, ConversationId};
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::rollups::{self, Head, Lease};
use deskbell_store::{Db, StoreError, Tx, cursors, journal};

use super::fold::{Fold, KINDS, Told};
use super::state::{Call, Chat, Conversation};
use super::{Link, earlier, hours, shelf};
use crate::bites::Left;
use crate::clock::Clock;
use crate::error::{AppError, Kind};
use crate::follow::Listener;

/// The reader's name in the table of cursors.
pub const CURSOR: &str = "rollups";
/// Entries folded in one bite; what it writes keeps others from writing for some milliseconds.
const BITE_EVENTS: i64 = 1_000;
/// How far the cursor runs ahead in memory when there is nothing to write.
const CURSOR_EVENTS_MAX: i64 = 5_000;
/// Seconds between two looks; a report that needs it sooner says so.
const LOOK_SECONDS: u64 = 5;
/// Rows of a generation that is over taken away in one write.
const DROPPED_ROWS: i64 = 2_000;
/// Seconds without a write after which nobody builds a generation any more.
pub(super) const SILENT_SECONDS_MAX: i64 = 600;

/// The reader.
pub struct Reader {
    db: Db,
    bite_events: i64,
    /// None before the first look, after a failure, and when another one was faster.
    state: Option<State>,
    link: Arc<Link>,
    clock: Arc<dyn Clock>,
    /// The lease of who builds, and since when it is the same.
    watched: Option<(Lease, Timestamp)>,
}

struct State {
    fold: Fold,
    generation: i64,
    /// The cursor in the rows.
    written: i64,
}

/// Ends the reader's thread when it is dropped; entries need not wake it.
struct Leash {
    link: Arc<Link>,
    #[expect(dead_code, reason = "its end is what the thread hears")]
    sender: SyncSender<()>,
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.link.wakes(None);
    }
}

impl Listener for Leash {
    fn follow(&mut self, _: &[Arc<Recorded>]) {}
}

impl Reader {
    pub(crate) fn new(db: Db, link: Arc<Link>, clock: Arc<dyn Clock>) -> Reader {
        Reader { db, bite_events: BITE_EVENTS, state: None, link, clock, watched: None }
    }

    #[cfg(test)]
    pub(super) fn in_bites_of(self, bite_events: i64) -> Reader {
        Reader { bite_events, ..self }
    }

    /// Starts the thread; returns what must listen to the journal. The thread ends when that listener is dropped.
    pub fn start(self) -> std::io::Result<Box<dyn Listener>> {
        let (sender, receiver) = sync_channel(1);
        let link = Arc::clone(&self.link);
        std::thread::Builder::new().name("rollups".to_owned()).spawn(move || self.run(&receiver))?;
        link.wakes(Some(sender.clone()));
        Ok(Box::new(Leash { link, sender }))
    }

    fn run(mut self, receiver: &Receiver<()>) {
        loop {
            // What is over goes in bites, between which the journal is looked at: reports wait for that.
            let left = self.catch_up().and_then(|()| self.tidy());
            match &left {
                Ok(_) => {}
                Err(error) if error.kind == Kind::Internal => tracing::error!(error = %error, "roll-ups fell behind"),
                Err(error) => tracing::warn!(error = %error, "roll-ups wait for the store"),
            }
            let pause = if matches!(left, Ok(Left::Some)) { Duration::ZERO } else { Duration::from_secs(LOOK_SECONDS) };
            match receiver.recv_timeout(pause) {
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
        let (number, written, generation, bite) = (state.fold.number, state.written, state.generation, self.bite_events);
        let read = self.db.snapshot_blocking(move |tx| -> Result<_, StoreError> {
            if rollups::head(tx)?.served != generation || cursors::get(tx, CURSOR)?.unwrap_or(0) != written {
                return Ok(None);
            }
            let head = tx.head()?;
            let until = head.min(number + bite);
            Ok(Some((journal::of_kinds(tx, KINDS, number, until)?, until, head)))
        })?;
        // Another node's reader was faster, or the cells were made anew: what is written now is what counts.
        let Some((events, until, head)) = read else { return Ok(Left::Some) };
        fill(&self.db, &mut state.fold, state.generation, &events)?;
        for recorded in &events {
            state.fold.fold(recorded);
        }
        state.fold.number = until;
        let told = state.fold.take();
        let left = if until < head { Left::Some } else { Left::Nothing };
        let ahead = until - state.written;
        let due = !told.is_empty() || ahead >= CURSOR_EVENTS_MAX || (left == Left::Nothing && ahead > 0);
        if due && !self.write(&state, told)? {
            return Ok(Left::Some);
        }
        let written = if due { until } else { state.written };
        self.link.tell(until);
        self.state = Some(State { written, ..state });
        Ok(left)
    }

    /// What is remembered as of the cursor.
    fn load(&self) -> Result<State, AppError> {
        let (fold, generation) = self.db.snapshot_blocking(|tx| -> Result<_, StoreError> {
            let (generation, number) = (rollups::head(tx)?.served, cursors::get(tx, CURSOR)?.unwrap_or(0));
            let (agents, levels, tags) =
                (shelf::all_rows(tx, generation)?, shelf::all_rows(tx, generation)?, shelf::all_rows(tx, generation)?);
            Ok((Fold::resume(number, agents, levels, tags), generation))
        })?;
        Ok(State { written: fold.number, fold, generation })
    }

    /// Writes what came out, what is remembered and the cursor; `false`, and nothing, if another one was faster.
    fn write(&self, state: &State, told: Told) -> Result<bool, AppError> {
        let (generation, from, until) = (state.generation, state.written, state.fold.number);
        self.db.write_blocking(move |tx| {
            if rollups::head(tx)?.served != generation || cursors::get(tx, CURSOR)?.unwrap_or(0) != from {
                return Ok(false);
            }
            put(tx, generation, &told)?;
            cursors::set(tx, CURSOR, until)?;
            Ok(true)
        })
    }

    /// Takes away a bite of what is left of generations that are neither served nor built. One whose builder has fallen silent is built no more.
    /// When all is gone, makes a bite of the hours that are missing.
    pub(super) fn tidy(&mut self) -> Result<Left, AppError> {
        let (lease, over) = self.db.snapshot_blocking(|tx| -> Result<_, StoreError> {
            let (head, all) = (rollups::head(tx)?, rollups::generations(tx)?);
            Ok((rollups::lease(tx)?, all.into_iter().find(|generation| is_over(head, *generation))))
        })?;
        if let Some(generation) = over {
            drop_bite(&self.db, generation)?;
            return Ok(Left::Some);
        }
        match self.silent(lease) {
            Some(lease) if self.db.write_blocking(move |tx| rollups::give_up(tx, lease))? => Ok(Left::Some),
            Some(_) | None => hours::make_some(&self.db),
        }
    }

    /// A lease that has not been renewed for so long as this reader has looked. The builder's clock may be another one.
    fn silent(&mut self, lease: Option<Lease>) -> Option<Lease> {
        let now = self.clock.now();
        match self.watched {
            Some((watched, since)) if Some(watched) == lease => (since.plus_seconds(SILENT_SECONDS_MAX) < now).then_some(watched),
            Some(_) | None => {
                self.watched = lease.map(|lease| (lease, now));
                None
            }
        }
    }
}

fn is_over(head: Head, generation: i64) -> bool {
    generation != head.served && head.building != Some(generation)
}

/// Takes a generation away that is neither served nor built, in bites.
pub(super) fn drop_generation(db: &Db, generation: i64) -> Result<(), AppError> {
    while drop_bite(db, generation)? > 0 {}
    Ok(())
}

/// How many rows went.
fn drop_bite(db: &Db, generation: i64) -> Result<u64, AppError> {
    let gone = db.write_blocking(move |tx| -> Result<u64, StoreError> {
        if is_over(rollups::head(tx)?, generation) { rollups::drop_some(tx, generation, DROPPED_ROWS) } else { Ok(0) }
    });
    Ok(gone?)
}

pub(super) fn put(tx: &mut Tx<'_>, generation: i64, told: &Told) -> Result<(), StoreError> {
    rollups::add(tx, generation, &told.cells)?;
    rollups::put_states(tx, generation, &told.states)
}

/// Puts on the shelves what entries are about and is not there yet.
pub(super) fn fill(db: &Db, fold: &mut Fold, generation: i64, events: &[Recorded]) -> Result<(), AppError> {
    // Each with the first entry that is about it.
    let (mut conversations, mut chats, mut calls) = (HashMap::new(), HashMap::new(), HashMap::new());
    // What begins here has no row yet.
    let mut fresh = HashSet::new();
    for Recorded { number, event, .. } in events {
        match event {
            Event::ConversationStarted { conversation, .. } => {
                fresh.insert(conversation.get());
            }
            Event::ChatRequested { chat, .. } => {
                fresh.insert(chat.get());
            }
            Event::Call(CallEvent::Started { call, .. }) => {
                fresh.insert(call.get());
            }
            Event::Call(event) => {
                calls.entry(event.call().get()).or_insert(*number);
            }
            _ => {}
        }
        if let Some(conversation) = event.conversation() {
            conversations.entry(conversation.get()).or_insert(*number);
        }
        if let Some(chat) = event.chat() {
            chats.entry(chat.get()).or_insert(*number);
        }
    }
    let wanted = |ids: &HashMap<i64, i64>| ids.keys().copied().filter(|id| !fresh.contains(id)).collect::<Vec<_>>().into_iter();
    let asked =
        [fold.conversations.missing(wanted(&conversations)), fold.chats.missing(wanted(&chats)), fold.calls.missing(wanted(&calls))];
    if asked.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let (asked, found) = db.read_blocking(move |tx| -> Result<_, StoreError> {
        let mut of_conversations = shelf::rows::<Conversation>(tx, generation, &asked[0])?;
        let known: HashSet<i64> = of_conversations.iter().map(|(id, _)| *id).collect();
        for id in asked[0].iter().filter(|id| !known.contains(id)) {
            of_conversations.extend(earlier::conversation(tx, ConversationId::from_i64(*id), conversations[id])?.map(|seen| (*id, seen)));
        }
        let mut of_chats = shelf::rows::<Chat>(tx, generation, &asked[1])?;
        let known: HashSet<i64> = of_chats.iter().map(|(id, _)| *id).collect();
        for id in asked[1].iter().filter(|id| !known.contains(id)) {
            of_chats.extend(earlier::chat(tx, ChatId::from_i64(*id), chats[id])?.map(|seen| (*id, seen)));
        }
        let mut of_calls = shelf::rows::<Call>(tx, generation, &asked[2])?;
        let known: HashSet<i64> = of_calls.iter().map(|(id, _)| *id).collect();
        for id in asked[2].iter().filter(|id| !known.contains(id)) {
            of_calls.extend(earlier::call(tx, CallId::from_i64(*id), calls[id])?.map(|seen| (*id, seen)));
        }
        Ok((asked, (of_conversations, of_chats, of_calls)))
    })?;
    fold.conversations.fill(&asked[0], found.0);
    fold.chats.fill(&asked[1], found.1);
    fold.calls.fill(&asked[2], found.2);
    Ok(())
}
