//! Commands on their way: written, and written again with the same key until the desk answers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::ledger::{Ledger, Manner, Side};
use super::link::{Broken, Link};

/// Without an answer for so long the connection is taken for dead.
const ANSWER_SECONDS_MAX: u64 = 30;
/// After `unavailable` and its like the same frame goes out again after this.
const RETRY: Duration = Duration::from_millis(1_000);

/// A text that is counted.
pub(super) struct Words {
    pub(super) text: String,
    pub(super) by: Side,
    pub(super) manner: Manner,
}

struct Pending<P> {
    number: u64,
    frame: String,
    purpose: P,
    words: Option<Words>,
    /// When it was written last on this connection.
    written: Option<Instant>,
    ever_written: bool,
    retry_at: Option<Instant>,
}

/// What an answer was about.
pub(super) struct Answered<P> {
    pub(super) purpose: P,
    /// `None`: carried out.
    pub(super) refusal: Option<String>,
}

/// The commands of one person.
pub(super) struct Outbox<P> {
    pending: VecDeque<Pending<P>>,
}

impl<P> Outbox<P> {
    pub(super) fn new() -> Self {
        Outbox { pending: VecDeque::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn any(&self, is_meant: impl Fn(&P) -> bool) -> bool {
        self.pending.iter().any(|pending| is_meant(&pending.purpose))
    }

    /// Puts a command at the end; `frame` lacks its key.
    pub(super) fn put(&mut self, ledger: &Ledger, number: u64, mut frame: serde_json::Value, purpose: P, words: Option<Words>) {
        if let Some(fields) = frame.as_object_mut() {
            fields.insert("key".to_owned(), ledger.key(number).into());
        }
        ledger.owes(1);
        let frame = frame.to_string();
        self.pending.push_back(Pending { number, frame, purpose, words, written: None, ever_written: false, retry_at: None });
    }

    /// A new connection: nothing was written on it yet.
    pub(super) fn reconnected(&mut self) {
        for pending in &mut self.pending {
            pending.written = None;
            pending.retry_at = None;
        }
    }

    /// Writes what is due.
    pub(super) async fn flush(&mut self, ledger: &Ledger, link: &mut Link) -> Result<(), Broken> {
        let now = Instant::now();
        for pending in &mut self.pending {
            match (pending.written, pending.retry_at) {
                (_, Some(at)) if at > now => continue,
                (Some(_), None) => continue,
                (_, Some(_)) | (None, None) => {}
            }
            pending.retry_at = None;
            let wrote = Instant::now();
            if pending.ever_written {
                ledger.writes_again(pending.number);
            } else if let Some(words) = &pending.words {
                ledger.writes(pending.number, words.by, words.manner, wrote);
            }
            pending.ever_written = true;
            pending.written = Some(wrote);
            link.send(pending.frame.clone()).await?;
        }
        Ok(())
    }

    /// When something here is due: a repetition, or the end of patience with the connection.
    pub(super) fn due(&self) -> Option<Instant> {
        let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
        self.pending.iter().filter_map(|pending| pending.retry_at.or_else(|| pending.written.map(|written| written + limit))).min()
    }

    /// Whether the desk has let us wait for too long.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
        self.pending.iter().any(|pending| pending.retry_at.is_none() && pending.written.is_some_and(|written| written + limit <= now))
    }

    /// `ok`.
    pub(super) fn done(&mut self, ledger: &Ledger, key: &str, conversation: Option<&str>, at: Instant) -> Option<Answered<P>> {
        let pending = self.take(ledger, key)?;
        if let Some(words) = &pending.words {
            ledger.acknowledged(pending.number, conversation.unwrap_or_default(), &words.text, at);
        }
        Some(Answered { purpose: pending.purpose, refusal: None })
    }

    /// `error`. What can be tried again stays.
    pub(super) fn failed(&mut self, ledger: &Ledger, key: &str, code: &str) -> Option<Answered<P>> {
        ledger.count(|counts| counts.error(code));
        if matches!(code, "unavailable" | "storage_full" | "rate_limited") {
            let number = ledger.number(key)?;
            let pending = self.pending.iter_mut().find(|pending| pending.number == number)?;
            pending.retry_at = Some(Instant::now() + RETRY);
            return None;
        }
        let pending = self.take(ledger, key)?;
        if pending.words.is_some() {
            ledger.refused(pending.number);
        }
        Some(Answered { purpose: pending.purpose, refusal: Some(code.to_owned()) })
    }

    fn take(&mut self, ledger: &Ledger, key: &str) -> Option<Pending<P>> {
        let number = ledger.number(key)?;
        let place = self.pending.iter().position(|pending| pending.number == number)?;
        ledger.owes(-1);
        self.pending.remove(place)
    }

    /// Nobody waits for the answers any more.
    pub(super) fn give_up(&mut self, ledger: &Ledger) {
        ledger.owes(-i64::try_from(self.pending.len()).unwrap_or_default());
        self.pending.clear();
    }
}
