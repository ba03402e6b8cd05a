//! How often files were downloaded: counted in memory, written in batches by the timers. What was not written yet when the program dies
//! is not counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deskbell_store::{Tx, tables};

use crate::desk::Desk;
use crate::error::AppError;

/// Files counted in one batch; downloads of more than that are not counted until it is written.
const COUNTED_FILES_MAX: usize = 10_000;

/// Files written in one job, so that no job takes long.
const BITE: usize = 500;

/// Downloads since the last batch.
#[derive(Debug, Default)]
pub struct Downloads(Mutex<HashMap<String, i64>>);

impl Downloads {
    /// Counts one download of a file.
    pub fn count(&self, file: &str) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counted.get_mut(file) {
            *count += 1;
        } else if counted.len() < COUNTED_FILES_MAX {
            counted.insert(file.to_owned(), 1);
        }
    }

    /// Downloads of a file that are not written yet.
    pub fn waiting(&self, file: &str) -> i64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(file).copied().unwrap_or(0)
    }

    fn take(&self) -> HashMap<String, i64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn give_back(&self, taken: HashMap<String, i64>) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (file, count) in taken {
            *counted.entry(file).or_default() += count;
        }
    }
}

/// Writes what was counted; what cannot be written counts on.
pub(crate) async fn write(desk: &Desk) -> Result<(), AppError> {
    let taken = desk.downloads().take();
    if taken.is_empty() {
        return Ok(());
    }
    let mut left: Vec<(String, i64)> = taken.into_iter().collect();
    while !left.is_empty() {
        let batch = left.split_off(left.len().saturating_sub(BITE));
        let given = batch.clone();
        if let Err(error) = desk.write(move |tx, _| add(tx, &given)).await {
            desk.downloads().give_back(left.into_iter().chain(batch).collect());
            return Err(error);
        }
    }
    Ok(())
}

fn add(tx: &mut Tx<'_>, counted: &[(String, i64)]) -> Result<(), AppError> {
    counted.iter().try_for_each(|(file, more)| Ok(tables::files::add_downloads(tx, file, *more)?))
}
