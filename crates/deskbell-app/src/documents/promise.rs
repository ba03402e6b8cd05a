//! What keeps a cursor of the export good for ever. Before a page is read up to a second, the store is promised that nothing is written at
//! or before that second any more; whoever writes a document asks for the promise in the same transaction and stays behind it. So it
//! does not matter how late documents are rendered, what the clocks do, or who was started anew. The exports of timelines are read up to the
//! same second, so that it is known later how far any export was read.

use std::sync::atomic::{AtomicI64, Ordering};

use deskbell_store::tables;

use crate::desk::Desk;
use crate::error::AppError;

/// How far ahead is promised, so that a client that polls does not make the desk write each time. Documents carry the second of their
/// change, or a later one: as long as exports end minutes before the present, none has to be moved because of this.
const AHEAD_SECONDS: i64 = 30;
/// Nothing is known yet.
const UNKNOWN: i64 = i64::MIN;

/// What was promised, as far as this process knows.
#[derive(Debug)]
pub struct Promise {
    known: AtomicI64,
}

impl Default for Promise {
    fn default() -> Self {
        Promise { known: AtomicI64::new(UNKNOWN) }
    }
}

impl Promise {
    /// Promises that nothing is written up to the wanted second, and answers how far one may read. While the store cannot be written,
    /// what was promised before is good.
    pub async fn reach(&self, desk: &Desk, wanted: i64) -> Result<i64, AppError> {
        Ok(wanted.min(self.at_least(desk, wanted, wanted + AHEAD_SECONDS).await?))
    }

    /// Sees to it that a place at a second that was read is known to [`handed_out`] for good, before a page tells it. While the store cannot be
    /// written it is told all the same: the clock would have to be set back before anybody asks.
    pub async fn hand_out(&self, desk: &Desk, second: i64) -> Result<(), AppError> {
        self.at_least(desk, second + AHEAD_SECONDS, second + AHEAD_SECONDS).await.map(drop)
    }

    /// What is promised, made `to` unless it is `least` already.
    async fn at_least(&self, desk: &Desk, least: i64, to: i64) -> Result<i64, AppError> {
        let known = self.known.load(Ordering::SeqCst);
        if least <= known {
            return Ok(known);
        }
        let made = desk.write(move |tx, _| {
            if least > tables::documents::promised(tx)? {
                tables::documents::promise(tx, to)?;
            }
            Ok(tables::documents::promised(tx)?)
        });
        let promised = match made.await {
            Ok(promised) => promised,
            Err(error) => {
                tracing::debug!(error = %error, "no newer second could be promised");
                promised(desk).await?
            }
        };
        self.known.fetch_max(promised, Ordering::SeqCst);
        Ok(promised)
    }
}

async fn promised(desk: &Desk) -> Result<i64, AppError> {
    desk.read(|tx| Ok(tables::documents::promised(tx)?)).await
}

/// Whether a place that is newer than the present allows was handed out all the same: by another process, or before the clock was set back.
pub async fn handed_out(desk: &Desk, second: i64) -> Result<bool, AppError> {
    Ok(second <= promised(desk).await? - AHEAD_SECONDS)
}
