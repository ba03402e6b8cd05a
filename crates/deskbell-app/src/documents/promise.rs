//! What keeps a cursor of the export good for ever. Before a page is read up to a second, the store is promised that nothing is written at
//! or before that second any more; whoever writes a document asks for the promise in the same transaction and stays behind it. So it
//! does not matter how late documents are rendered, what the clocks do, or who was started anew.

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
        if wanted <= self.known.load(Ordering::SeqCst) {
            return Ok(wanted);
        }
        let made = desk.write(move |tx, _| {
            if wanted > tables::documents::promised(tx)? {
                tables::documents::promise(tx, wanted + AHEAD_SECONDS)?;
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
        Ok(wanted.min(promised))
    }
}

async fn promised(desk: &Desk) -> Result<i64, AppError> {
    desk.read(|tx| Ok(tables::documents::promised(tx)?)).await
}

/// Whether a place that is newer than the present allows may have been handed out all the same: by another process, or before the clock
/// was set back. One without an id may be anybody's guess; it is good as far as was really read.
pub async fn handed_out(desk: &Desk, second: i64, id: &str) -> Result<bool, AppError> {
    let promised = promised(desk).await?;
    Ok(second <= if id.is_empty() { promised - AHEAD_SECONDS } else { promised })
}
