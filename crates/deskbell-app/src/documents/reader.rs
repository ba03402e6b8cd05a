//! The reader behind the export documents. It follows the journal; what changes many documents at once it notes as a sweep, and looks at
//! the documents in bites when nothing newer waits. A document that comes out as it was stays as it was, with its second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use deskbell_domain::event::Recorded;
use deskbell_domain::ids::ChatId;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::documents::{CHATS_PER_SECOND_MAX, Seconds, Subject};
use deskbell_store::tables::sweeps::{self, Sweep, Swept};
use deskbell_store::{Db, Tx, cursors, journal, tables};

use super::{ChatRecord, OfflineRecord, Renderer, Touched, earlier, load, load_offline, touches};
use crate::bites::Left;
use crate::clock::Clock;
use crate::error::{AppError, Kind};
use crate::follow::Listener;

/// The reader's name in the table of cursors.
const CURSOR: &str = "chat-documents";
/// Events read in one bite.
const BITE_EVENTS: i64 = 500;
/// Documents looked at in one snapshot and written in one job.
const BITE_DOCUMENTS: usize = 50;
/// Documents of a customer that are looked at together with the event of his change. Of one who has more they are swept.
const CUSTOMER_DOCUMENTS_MAX: usize = 100;
/// How far the cursor runs ahead in memory when there is nothing to write.
const CURSOR_EVENTS_MAX: i64 = 5_000;
/// Documents of a second that a sweep fills: the others are for what happens meanwhile.
const SWEPT_PER_SECOND_MAX: i64 = 500;
/// Between two bites of a sweep, so that it gives out no more seconds than go by.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);
/// How long the reader waits when it is not woken.
const IDLE: Duration = Duration::from_secs(5);

/// Wakes the reader when there is something new.
struct Nudge(SyncSender<()>);

impl Listener for Nudge {
    fn follow(&mut self, events: &[Arc<Recorded>]) {
        if events.iter().any(|recorded| touches(&recorded.event).is_some()) {
            match self.0.try_send(()) {
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }
}

/// The reader itself; runs on a thread of its own until its listener is gone.
pub struct Reader {
    db: Db,
    clock: Arc<dyn Clock>,
    renderer: Arc<dyn Renderer>,
    account_key: i64,
}

enum Record {
    Chat(Box<ChatRecord>),
    Offline(Box<OfflineRecord>),
}

/// A document that is not as it is stored.
struct Draft {
    subject: Subject,
    record: Record,
    /// The second it is stored with.
    own: Option<i64>,
    changed: Timestamp,
}

impl Draft {
    fn render(&self, renderer: &dyn Renderer, second: i64) -> String {
        let updated = Timestamp::from_seconds(second);
        match &self.record {
            Record::Chat(record) => renderer.render(record, updated),
            Record::Offline(record) => renderer.render_offline(record, updated),
        }
    }

    fn public_id(&self) -> &str {
        match &self.record {
            Record::Chat(record) => &record.chat.public_id,
            Record::Offline(record) => &record.offline.public_id,
        }
    }
}

/// What a bite of the journal asks for.
struct Bite {
    until: i64,
    touched: Vec<(Subject, Timestamp)>,
    sweeps: Vec<(Swept, String, Timestamp)>,
}

/// Whether a write was still wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Yes,
    /// Another reader (on another node) was quicker; what was loaded here may be old.
    Overtaken,
}

impl Reader {
    pub fn new(db: Db, clock: Arc<dyn Clock>, renderer: Arc<dyn Renderer>, account_key: i64) -> Self {
        Reader { db, clock, renderer, account_key }
    }

    /// Starts the thread; returns what must listen to the journal. The thread ends when that listener is dropped.
    pub fn start(self) -> std::io::Result<Box<dyn Listener>> {
        let (sender, receiver) = sync_channel(1);
        std::thread::Builder::new().name("documents".to_owned()).spawn(move || self.run(&receiver))?;
        Ok(Box::new(Nudge(sender)))
    }

    fn run(&self, receiver: &Receiver<()>) {
        let mut swept = Timestamp::EPOCH;
        loop {
            let left = self.turn(&mut swept).unwrap_or_else(|error| {
                if matches!(error.kind, Kind::Internal) {
                    tracing::error!(error = %error, "export documents fell behind");
                } else {
                    tracing::warn!(error = %error, "export documents wait for the store");
                }
                Left::Nothing
            });
            let pause = if left == Left::Some { SWEEP_PAUSE } else { IDLE };
            match receiver.recv_timeout(pause) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// All that is new, then a bite of a sweep if the last one was long enough ago; tells whether sweeps are left.
    fn turn(&self, swept: &mut Timestamp) -> Result<Left, AppError> {
        self.follow()?;
        let now = self.clock.now();
        if (0..SWEEP_PAUSE.as_micros() as i64).contains(&now.micros_since(*swept)) {
            return Ok(Left::Some);
        }
        *swept = now;
        self.sweep()
    }

    /// Renders all that the journal tells and is not rendered yet, and ends all sweeps.
    pub fn catch_up(&self) -> Result<(), AppError> {
        self.follow()?;
        while self.sweep()? == Left::Some {}
        Ok(())
    }

    /// Follows the journal to its end, from wherever another reader has come to.
    fn follow(&self) -> Result<(), AppError> {
        while self.follow_once()? == Written::Overtaken {}
        Ok(())
    }

    fn follow_once(&self) -> Result<Written, AppError> {
        let mut written: i64 = self.db.read_blocking(|tx| cursors::get(tx, CURSOR).map_err(AppError::from))?.unwrap_or(0);
        let mut cursor = written;
        loop {
            let bite = self.db.snapshot_blocking(move |tx| bite(tx, cursor))?;
            if bite.until == cursor {
                return Ok(Written::Yes);
            }
            let mut must_note = !bite.sweeps.is_empty() || bite.until - written >= CURSOR_EVENTS_MAX;
            for some in bite.touched.chunks(BITE_DOCUMENTS) {
                let drafts = self.drafts(some.to_vec())?;
                if drafts.is_empty() {
                    continue;
                }
                must_note = true;
                let still = move |tx: &mut Tx<'_>| {
                    let same = cursors::get(tx, CURSOR)?.unwrap_or(0) == written;
                    Ok(if same { Written::Yes } else { Written::Overtaken })
                };
                if self.write(drafts, Timestamp::EPOCH, CHATS_PER_SECOND_MAX, still)? == Written::Overtaken {
                    return Ok(Written::Overtaken);
                }
            }
            cursor = bite.until;
            if must_note {
                let (from, sweeps) = (written, bite.sweeps);
                let noted = self.db.write_blocking(move |tx| -> Result<Written, AppError> {
                    if cursors::get(tx, CURSOR)?.unwrap_or(0) != from {
                        return Ok(Written::Overtaken);
                    }
                    for (swept, name, changed) in sweeps {
                        sweeps::add(tx, swept, &name, changed)?;
                    }
                    cursors::set(tx, CURSOR, cursor)?;
                    Ok(Written::Yes)
                })?;
                if noted == Written::Overtaken {
                    return Ok(Written::Overtaken);
                }
                written = cursor;
            }
        }
    }

    /// A bite of a sweep.
    fn sweep(&self) -> Result<Left, AppError> {
        let look = |tx: &mut Tx<'_>| -> Result<_, AppError> { Ok((sweeps::first(tx)?, cursors::get(tx, CURSOR)?)) };
        let (Some(sweep), cursor) = self.db.snapshot_blocking(look)? else { return Ok(Left::Nothing) };
        let (subjects, reached) = match sweep.swept {
            Swept::Offline => earlier::left_messages(&self.db, self.account_key, sweep.reached)?,
            Swept::Agent(_) | Swept::Department(_) | Swept::Customer(_) | Swept::Chats => self.swept(&sweep)?,
        };
        if sweep.swept == Swept::Chats {
            earlier::note_transfers(&self.db, &subjects)?;
        }
        let changed = sweep.changed;
        for some in subjects.chunks(BITE_DOCUMENTS) {
            let drafts = self.drafts(some.iter().map(|subject| (*subject, changed)).collect())?;
            if drafts.is_empty() {
                continue;
            }
            let known = sweep.clone();
            let still = move |tx: &mut Tx<'_>| {
                let same = cursors::get(tx, CURSOR)? == cursor && sweeps::first(tx)?.as_ref() == Some(&known);
                Ok(if same { Written::Yes } else { Written::Overtaken })
            };
            if self.write(drafts, self.clock.now(), SWEPT_PER_SECOND_MAX, still)? == Written::Overtaken {
                return Ok(Left::Some);
            }
        }
        self.db.write_blocking(move |tx| sweeps::advance(tx, &sweep, reached).map_err(AppError::from))?;
        Ok(Left::Some)
    }

    /// The next ones of a sweep, and the last id; `None` if that was all.
    fn swept(&self, sweep: &Sweep) -> Result<(Vec<Subject>, Option<i64>), AppError> {
        let (swept, after) = (sweep.swept, sweep.reached);
        let bite = BITE_DOCUMENTS as i64;
        let subjects = self.db.read_blocking(move |tx| sweeps::subjects(tx, swept, after, bite).map_err(AppError::from))?;
        let reached = subjects.last().map(|subject| subject.get());
        Ok((subjects, reached))
    }

    /// Those of these documents that are not as they are stored.
    fn drafts(&self, subjects: Vec<(Subject, Timestamp)>) -> Result<Vec<Draft>, AppError> {
        let (account_key, renderer) = (self.account_key, Arc::clone(&self.renderer));
        self.db.snapshot_blocking(move |tx| {
            let mut drafts = Vec::new();
            for (subject, changed) in subjects {
                let record = match subject {
                    Subject::Chat(chat) => load(tx, account_key, chat)?.map(Box::new).map(Record::Chat),
                    Subject::Offline(message) => load_offline(tx, account_key, message)?.map(Box::new).map(Record::Offline),
                };
                let Some(record) = record else { continue };
                let stored = tables::documents::get(tx, subject)?;
                let draft = Draft { subject, record, own: stored.as_ref().map(|(second, _)| *second), changed };
                if stored.is_none_or(|(second, body)| draft.render(renderer.as_ref(), second) != body) {
                    drafts.push(draft);
                }
            }
            Ok(drafts)
        })
    }

    /// Writes documents, each with the second of its change, or of `earliest` if that is later, or with the next one that has room and
    /// was not promised away; if it is `still` wanted.
    fn write(
        &self,
        drafts: Vec<Draft>,
        earliest: Timestamp,
        room: i64,
        still: impl FnOnce(&mut Tx<'_>) -> Result<Written, AppError> + Send + 'static,
    ) -> Result<Written, AppError> {
        let renderer = Arc::clone(&self.renderer);
        self.db.write_blocking(move |tx| {
            if still(tx)? == Written::Overtaken {
                return Ok(Written::Overtaken);
            }
            let open = tables::documents::promised(tx)? + 1;
            let mut seconds = Seconds::default();
            for draft in &drafts {
                let changed = draft.changed.max(earliest).seconds().max(open);
                let second = seconds.take(tx, draft.own, changed, room)?;
                let body = draft.render(renderer.as_ref(), second);
                tables::documents::put(tx, draft.subject, draft.public_id(), second, &body)?;
            }
            Ok(Written::Yes)
        })
    }

    /// Renders the offline messages, each with the second it was left in, and notes that all the journal tells so far is rendered: after
    /// [`Reader::rebuild`].
    pub fn mark_current(&self) -> Result<(), AppError> {
        let mut after = Some(0);
        while let Some(reached) = after {
            let (subjects, last) = earlier::left_messages(&self.db, self.account_key, reached)?;
            for some in subjects.chunks(BITE_DOCUMENTS) {
                let mut drafts = self.drafts(some.iter().map(|subject| (*subject, Timestamp::EPOCH)).collect())?;
                for draft in &mut drafts {
                    if let Record::Offline(record) = &draft.record {
                        draft.changed = record.offline.left;
                    }
                }
                self.write(drafts, Timestamp::EPOCH, CHATS_PER_SECOND_MAX, |_| Ok(Written::Yes))?;
            }
            after = last;
        }
        self.db.write_blocking(|tx| {
            let number = tx.head()?;
            Ok(cursors::set(tx, CURSOR, number)?)
        })
    }

    /// Renders ended chats, each with the second of its own last change: for histories that are made up, not lived.
    pub fn rebuild(&self, chats: Vec<(ChatId, Timestamp)>) -> Result<(), AppError> {
        for some in chats.chunks(BITE_DOCUMENTS) {
            let drafts = self.drafts(some.iter().map(|(chat, at)| (Subject::Chat(*chat), *at)).collect())?;
            self.write(drafts, Timestamp::EPOCH, CHATS_PER_SECOND_MAX, |_| Ok(Written::Yes))?;
        }
        Ok(())
    }
}

/// Reads a bite of the journal: up to which number, and whose documents may change, each with the time of its last change.
fn bite(tx: &mut Tx<'_>, from: i64) -> Result<Bite, AppError> {
    let events = journal::after(tx, from, BITE_EVENTS)?;
    let until = events.last().map_or(from, |last| last.number);
    let mut touched: BTreeMap<Subject, Timestamp> = BTreeMap::new();
    let mut sweeps = Vec::new();
    for recorded in &events {
        let at = recorded.at;
        match touches(&recorded.event) {
            Some(Touched::Chat(chat)) => {
                touched.insert(Subject::Chat(chat), at);
            }
            Some(Touched::Offline(message)) => {
                touched.insert(Subject::Offline(message), at);
            }
            Some(Touched::Conversation(conversation)) => {
                let chats = tables::chats::of_conversation(tx, conversation)?;
                touched.extend(chats.into_iter().map(|chat| (Subject::Chat(chat.id), at)));
                let left = tables::offline_messages::of_conversation(tx, conversation)?;
                touched.extend(left.into_iter().map(|message| (Subject::Offline(message), at)));
            }
            Some(Touched::Customer(customer)) => {
                let swept = Swept::Customer(customer);
                let documents = sweeps::subjects(tx, swept, 0, CUSTOMER_DOCUMENTS_MAX as i64 + 1)?;
                if documents.len() > CUSTOMER_DOCUMENTS_MAX {
                    sweeps.push((swept, String::new(), at));
                } else {
                    touched.extend(documents.into_iter().map(|subject| (subject, at)));
                }
            }
            Some(Touched::Agent(agent, name)) => sweeps.push((Swept::Agent(agent), name.to_owned(), at)),
            Some(Touched::Department(department, name)) => sweeps.push((Swept::Department(department), name.to_owned(), at)),
            None => {}
        }
    }
    Ok(Bite { until, touched: touched.into_iter().collect(), sweeps })
}
