//! What keeps a cursor of the export good for ever. Before a page is read up to a second, the store is promised that nothing is written at
//! or before that second any more; whoever writes a document asks for the promise in the same transaction and stays behind it. So it
//! does not matter how late documents are rendered, what the clocks do, or who was started anew.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use deskbell_store::tables;

use crate::desk::Desk;
use crate::error::AppError;

/// How far ahead is promised, so that a client that polls does not make the desk write each time. Documents carry the second of their
/// change, or a later one: as long as exports end minutes before the present, none has to be moved because of this.
const AHEAD_SECONDS: i64 = 30;
/// Nothing is known yet.
const UNKNOWN: i64 = i64::MIN;

/// How far one may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Nothing up to this second changes any more.
    pub until: i64,
    /// What was promised before this process began: a place up to there may have been handed out, also when the clock was set back since.
    pub before: i64,
}

/// What was promised, as far as this process knows.
#[derive(Debug)]
pub struct Promise {
    known: AtomicI64,
    before: OnceLock<i64>,
}

impl Default for Promise {
    fn default() -> Self {
        Promise { known: AtomicI64::new(UNKNOWN), before: OnceLock::new() }
    }
}

impl Promise {
    /// Promises that nothing is written up to the wanted second. While the store cannot be written, what was promised before is good.
    pub async fn reach(&self, desk: &Desk, wanted: i64) -> Result<Reach, AppError> {
        if wanted <= self.known.load(Ordering::SeqCst) {
            return Ok(self.reached(wanted));
        }
        let made = desk.write(move |tx, _| {
            let before = tables::documents::promised(tx)?;
            if wanted > before {
                tables::documents::promise(tx, wanted + AHEAD_SECONDS)?;
            }
            Ok((before, tables::documents::promised(tx)?))
        });
        match made.await {
            Ok((before, now)) => {
                self.learn(before, now);
                Ok(self.reached(wanted))
            }
            Err(error) => {
                tracing::debug!(error = %error, "no newer second could be promised");
                let now = desk.read(|tx| Ok(tables::documents::promised(tx)?)).await?;
                self.learn(now, now);
                Ok(self.reached(wanted.min(now)))
            }
        }
    }

    fn learn(&self, before: i64, now: i64) {
        self.before.get_or_init(|| before);
        self.known.fetch_max(now, Ordering::SeqCst);
    }

    fn reached(&self, until: i64) -> Reach {
        Reach { until, before: self.before.get().copied().unwrap_or(UNKNOWN) }
    }
}
