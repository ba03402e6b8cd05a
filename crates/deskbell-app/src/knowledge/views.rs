//! Views of entries: counted in memory, written in batches, so that reading a page writes nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deskbell_domain::ids::KnowledgeEntryId;
use deskbell_store::{Tx, tables};

use crate::error::AppError;

/// Entries in one write.
pub(crate) const BATCH_ENTRIES_MAX: usize = 500;

/// Views not yet written. It has no more members than there are entries: only those that were found are noted.
#[derive(Debug, Default)]
pub struct Views(Mutex<HashMap<KnowledgeEntryId, i64>>);

impl Views {
    /// Somebody looked at an entry.
    pub fn note(&self, entry: KnowledgeEntryId) {
        *self.lock().entry(entry).or_default() += 1;
    }

    /// Takes a batch out; empty if there is nothing.
    pub(crate) fn take(&self) -> Vec<(KnowledgeEntryId, i64)> {
        let mut waiting = self.lock();
        let some: Vec<KnowledgeEntryId> = waiting.keys().copied().take(BATCH_ENTRIES_MAX).collect();
        some.into_iter().filter_map(|entry| waiting.remove_entry(&entry)).collect()
    }

    /// Puts back what could not be written.
    pub(crate) fn give_back(&self, batch: Vec<(KnowledgeEntryId, i64)>) {
        let mut waiting = self.lock();
        for (entry, count) in batch {
            *waiting.entry(entry).or_default() += count;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KnowledgeEntryId, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds what was counted to the rows. How often something was looked at is no change that anybody follows: no event tells of it.
pub fn write(tx: &mut Tx<'_>, batch: &[(KnowledgeEntryId, i64)]) -> Result<(), AppError> {
    Ok(tables::knowledge::add_views(tx, batch)?)
}
