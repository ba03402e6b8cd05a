//! What was sent, acknowledged and seen, by key; and everything that is counted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::Context as _;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Visitor,
    Agent,
}

/// Whether somebody on the other side looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Chat,
    /// Left while nobody was there.
    Offline,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) connects: u64,
    pub(super) connect_failures: u64,
    pub(super) resumes: u64,
    /// Welcomes with a whole state.
    pub(super) fresh_starts: u64,
    /// Connections broken on purpose.
    pub(super) breaks: u64,
    /// Connections that the desk or the line ended.
    pub(super) cut_off: u64,
    pub(super) visits: u64,
    pub(super) chats: u64,
    pub(super) chats_served: u64,
    pub(super) chats_ended: u64,
    pub(super) chats_missed: u64,
    pub(super) transfers: u64,
    pub(super) ratings: u64,
    pub(super) messages_left: u64,
    pub(super) frames: u64,
    pub(super) resent: u64,
    /// Events that came again or in the wrong order.
    pub(super) out_of_order: u64,
    pub(super) errors: BTreeMap<String, u64>,
}

impl Counts {
    pub(super) fn error(&mut self, code: &str) {
        match self.errors.get_mut(code) {
            Some(count) => *count += 1,
            None => drop(self.errors.insert(code.to_owned(), 1)),
        }
    }
}

struct Entry {
    by: Side,
    manner: Manner,
    /// Just before the frame was first written.
    wrote: Instant,
    resent: bool,
    /// The conversation it was acknowledged in.
    acknowledged: Option<u64>,
    refused: bool,
    seen: bool,
    seen_by_visitor: bool,
    confirmed: bool,
    message: Option<u64>,
    doubled: bool,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<u64, Entry>,
    checked: HashSet<u64>,
    attended: HashSet<u64>,
    send_to_seen: Vec<u32>,
    send_to_ok: Vec<u32>,
    counts: Counts,
}

/// The run's book.
pub(super) struct Ledger {
    inner: Mutex<Inner>,
    file: Option<Mutex<File>>,
    /// The part of a key that is the same in all of this run's.
    prefix: String,
    next: AtomicU64,
    owed: AtomicI64,
}

/// What the book says at the end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) counts: Counts,
    pub(super) acknowledged_visitors: u64,
    pub(super) acknowledged_agents: u64,
    /// Sent, and neither acknowledged nor refused until the end.
    pub(super) unacknowledged: u64,
    pub(super) seen: u64,
    /// Acknowledged, in a chat, and never seen live or in a history by the other side.
    pub(super) unseen: u64,
    /// Acknowledged, in a chat, and never seen by its visitor, though he was connected until the end.
    pub(super) missed_by_visitor: u64,
    pub(super) lost: u64,
    pub(super) doubled: u64,
    /// Acknowledged, in conversations that could not be read at the end.
    pub(super) unverified: u64,
    pub(super) send_to_seen: Vec<u32>,
    pub(super) send_to_ok: Vec<u32>,
}

fn micros(from: Instant, to: Instant) -> u32 {
    u32::try_from(to.duration_since(from).as_micros()).unwrap_or(u32::MAX)
}

/// An id as the desk spells it, as a number.
pub(super) fn id(text: &str) -> u64 {
    u64::from_str_radix(text, 36).unwrap_or_default()
}

impl Ledger {
    pub(super) fn new(file: Option<&Path>) -> anyhow::Result<Ledger> {
        let file = match file {
            None => None,
            Some(path) => {
                let file = File::options().create(true).append(true).open(path);
                Some(Mutex::new(file.with_context(|| format!("{} cannot be written", path.display()))?))
            }
        };
        let run: u64 = rand::random();
        let prefix = format!("{:08x}-{:04x}-4{:03x}-8000-", run >> 32, (run >> 16) & 0xffff, run & 0xfff);
        Ok(Ledger { inner: Mutex::default(), file, prefix, next: AtomicU64::new(1), owed: AtomicI64::new(0) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.inner().counts);
    }

    /// A number that nothing else has in this run.
    pub(super) fn next_number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The key behind a number: a UUID.
    pub(super) fn key(&self, number: u64) -> String {
        format!("{}{number:012x}", self.prefix)
    }

    /// The number in a key of this run.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        u64::from_str_radix(key.strip_prefix(&self.prefix)?, 16).ok()
    }

    /// Commands that wait for an answer.
    pub(super) fn owed(&self) -> i64 {
        self.owed.load(Ordering::Relaxed)
    }

    pub(super) fn owes(&self, change: i64) {
        self.owed.fetch_add(change, Ordering::Relaxed);
    }

    /// A message is about to be written for the first time.
    pub(super) fn writes(&self, number: u64, by: Side, manner: Manner, wrote: Instant) {
        let entry = Entry {
            by,
            manner,
            wrote,
            resent: false,
            acknowledged: None,
            refused: false,
            seen: false,
            seen_by_visitor: false,
            confirmed: false,
            message: None,
            doubled: false,
        };
        self.inner().entries.insert(number, entry);
    }

    pub(super) fn writes_again(&self, number: u64) {
        let mut inner = self.inner();
        inner.counts.resent += 1;
        if let Some(entry) = inner.entries.get_mut(&number) {
            entry.resent = true;
        }
    }

    /// The desk says that a message is on disk.
    pub(super) fn acknowledged(&self, number: u64, conversation: &str, text: &str, at: Instant) {
        {
            let mut inner = self.inner();
            let Some(entry) = inner.entries.get_mut(&number).filter(|entry| entry.acknowledged.is_none()) else { return };
            entry.acknowledged = Some(id(conversation));
            let took = (!entry.resent).then(|| micros(entry.wrote, at));
            inner.send_to_ok.extend(took);
        }
        if let Some(file) = &self.file {
            let line = format!("{}\t{text}\n", self.key(number));
            let written = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
            if written.is_err() {
                self.count(|counts| counts.error("acknowledged file"));
            }
        }
    }

    /// The desk did not take it.
    pub(super) fn refused(&self, number: u64) {
        if let Some(entry) = self.inner().entries.get_mut(&number) {
            entry.refused = true;
        }
    }

    /// Somebody got a message of this run, who has looked on since a moment. How long it took is of interest only if it was written
    /// while he did: what somebody finds who comes later took as long as he did.
    pub(super) fn seen(&self, number: u64, viewer: Side, message: &str, at: Instant, since: Instant) {
        let mut inner = self.inner();
        let Some(entry) = inner.entries.get_mut(&number) else { return };
        entry.is_message(message);
        entry.seen_by_visitor |= viewer == Side::Visitor;
        if viewer != entry.by && !entry.seen {
            entry.seen = true;
            if entry.wrote >= since && !entry.resent {
                let took = micros(entry.wrote, at);
                inner.send_to_seen.push(took);
            }
        }
    }

    /// A message was found in what the desk keeps.
    pub(super) fn confirmed(&self, number: u64, message: &str) {
        if let Some(entry) = self.inner().entries.get_mut(&number) {
            entry.is_message(message);
            entry.confirmed = true;
        }
    }

    /// All that the desk keeps of a conversation was read.
    pub(super) fn checked(&self, conversation: &str) {
        self.inner().checked.insert(id(conversation));
    }

    /// Whoever these conversations belong to was connected until the end.
    pub(super) fn attended(&self, conversations: &[u64]) {
        self.inner().attended.extend(conversations);
    }

    /// Conversations with acknowledged messages.
    pub(super) fn conversations(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.inner().entries.values().filter_map(|entry| entry.acknowledged).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// How often a connection was welcomed.
    pub(super) fn welcomed(&self) -> u64 {
        let inner = self.inner();
        inner.counts.fresh_starts + inner.counts.resumes
    }

    /// One line for people who wait.
    pub(super) fn progress(&self) -> String {
        let inner = self.inner();
        let Counts { connects, resumes, chats, chats_ended, .. } = &inner.counts;
        let acknowledged = inner.send_to_ok.len();
        format!(
            "{acknowledged} acknowledged, {} seen at once, {} owed, {chats} chats ({chats_ended} ended), {connects} connects, {resumes} resumed",
            inner.send_to_seen.len(),
            self.owed()
        )
    }

    /// Draws the line.
    pub(super) fn close(&self) -> Closed {
        let mut inner = self.inner();
        let inner = std::mem::take(&mut *inner);
        let mut closed =
            Closed { counts: inner.counts, send_to_seen: inner.send_to_seen, send_to_ok: inner.send_to_ok, ..Closed::default() };
        closed.send_to_seen.sort_unstable();
        closed.send_to_ok.sort_unstable();
        for entry in inner.entries.values() {
            closed.seen += u64::from(entry.seen);
            closed.doubled += u64::from(entry.doubled);
            let Some(conversation) = entry.acknowledged else {
                closed.unacknowledged += u64::from(!entry.refused);
                continue;
            };
            match entry.by {
                Side::Visitor => closed.acknowledged_visitors += 1,
                Side::Agent => closed.acknowledged_agents += 1,
            }
            if entry.manner == Manner::Chat {
                closed.unseen += u64::from(!entry.seen);
                closed.missed_by_visitor += u64::from(!entry.seen_by_visitor && inner.attended.contains(&conversation));
            }
            match (entry.confirmed, inner.checked.contains(&conversation)) {
                (true, _) => {}
                (false, true) => closed.lost += 1,
                (false, false) => closed.unverified += 1,
            }
        }
        closed
    }
}

impl Entry {
    fn is_message(&mut self, message: &str) {
        let message = id(message);
        if *self.message.get_or_insert(message) != message {
            self.doubled = true;
        }
    }
}
