//! What goes wrong with an index while it is kept, and what is done about it: waiting, opening it again, or making it anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use deskbell_app::AppError;

use crate::place::Place;
use crate::shared::Shared;
use crate::trouble::Trouble;

/// Pauses before another try: when the store is away, when files cannot be written, when an index that was made anew is of no use either.
pub(crate) const STORE_PAUSE_MILLIS: u64 = 250;
const FILES_PAUSE_SECONDS: u64 = 10;
const REMAKE_PAUSE_SECONDS: u64 = 5;

/// What went wrong lately.
#[derive(Default)]
pub(crate) struct Record {
    /// How often in a row it was made anew.
    remakes: usize,
    /// Said once, not four times a second.
    store_away: bool,
}

impl Record {
    pub(crate) fn store_is_away(&mut self, error: &AppError) {
        if !std::mem::replace(&mut self.store_away, true) {
            tracing::warn!(error = %error, "search waits for the store");
        }
    }

    pub(crate) fn store_is_back(&mut self) {
        self.store_away = false;
    }

    /// Something was written to the index, and can be searched.
    pub(crate) fn is_of_use(&mut self) {
        self.remakes = 0;
    }
}

/// Keeps an index until the desk closes. `keep` opens it and keeps it for as long as that goes well.
pub(crate) fn tend<V>(what: &str, place: &Place, shared: &Shared<V>, keep: impl Fn(&mut Record) -> Result<(), Trouble>) {
    let mut record = Record::default();
    while !shared.is_ended() {
        let trouble = match catch_unwind(AssertUnwindSafe(|| keep(&mut record))) {
            Ok(Ok(())) => break,
            Ok(Err(trouble)) => trouble,
            Err(_) => Trouble::Useless("its keeper panicked".to_owned()),
        };
        let pause = match trouble {
            Trouble::Store(error) => {
                record.store_is_away(&error);
                Duration::from_millis(STORE_PAUSE_MILLIS)
            }
            Trouble::Files(error) => {
                tracing::warn!(error, "{what} cannot be kept; trying again");
                shared.get_stuck();
                Duration::from_secs(FILES_PAUSE_SECONDS)
            }
            Trouble::Useless(reason) => {
                record.remakes += 1;
                tracing::warn!(reason, "{what} is made anew");
                shared.show(None, 0, true);
                match place.clear() {
                    Ok(()) if record.remakes > 1 => Duration::from_secs(REMAKE_PAUSE_SECONDS),
                    Ok(()) => Duration::ZERO,
                    Err(error) => {
                        tracing::warn!(error = %error, "{what} cannot be removed; trying again");
                        Duration::from_secs(FILES_PAUSE_SECONDS)
                    }
                }
            }
        };
        shared.rest(pause);
    }
}
