//! What a reader keeps of many things: some in memory, all in rows.

use std::collections::HashMap;

use deskbell_store::tables::rollups;
use deskbell_store::{StoreError, Tx};

use super::state::Kept;

/// Things in memory at once, of each kind. What was not looked at for longest is read from its row again.
const KEPT_MAX: usize = 200_000;

#[derive(Debug, Clone)]
struct Place<T> {
    /// None: there is none, and its row goes.
    value: Option<T>,
    /// When it was last looked at, in looks.
    used: u64,
    changed: bool,
}

/// Things of one kind by their ids.
#[derive(Debug, Clone)]
pub(super) struct Shelf<T> {
    places: HashMap<i64, Place<T>>,
    looks: u64,
    kept_max: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { places: HashMap::new(), looks: 0, kept_max: KEPT_MAX }
    }
}

impl<T: Kept> Shelf<T> {
    pub(super) fn get(&mut self, id: i64) -> Option<&T> {
        self.looks += 1;
        let place = self.places.get_mut(&id)?;
        place.used = self.looks;
        place.value.as_ref()
    }

    /// To change it.
    pub(super) fn get_mut(&mut self, id: i64) -> Option<&mut T> {
        self.looks += 1;
        let place = self.places.get_mut(&id)?;
        place.used = self.looks;
        place.changed = true;
        place.value.as_mut()
    }

    pub(super) fn put(&mut self, id: i64, value: Option<T>) {
        self.looks += 1;
        self.places.insert(id, Place { value, used: self.looks, changed: true });
    }

    /// Of these ids those that would have to be read first.
    pub(super) fn missing(&self, ids: impl Iterator<Item = i64>) -> Vec<i64> {
        let mut missing: Vec<i64> = ids.filter(|id| !self.places.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Takes what was read in; an id without a row is known to have none.
    pub(super) fn fill(&mut self, asked: &[i64], found: Vec<(i64, T)>) {
        for id in asked {
            self.places.entry(*id).or_insert(Place { value: None, used: self.looks, changed: false });
        }
        for (id, value) in found {
            self.places.insert(id, Place { value: Some(value), used: self.looks, changed: false });
        }
    }

    /// The rows that are to be written. Who is told them writes them: they count as written from now on.
    pub(super) fn take_changes(&mut self, rows: &mut Vec<(i64, i64, Option<Vec<u8>>)>) {
        for (id, place) in self.places.iter_mut().filter(|(_, place)| place.changed) {
            place.changed = false;
            rows.push((T::KIND, *id, place.value.as_ref().map(bytes)));
        }
        if self.places.len() > self.kept_max {
            self.forget();
        }
    }

    /// Forgets the half that was not looked at for longest.
    fn forget(&mut self) {
        let mut used: Vec<u64> = self.places.values().map(|place| place.used).collect();
        let middle = used.len() / 2;
        let (_, limit, _) = used.select_nth_unstable(middle);
        let limit = *limit;
        self.places.retain(|_, place| place.changed || place.used >= limit);
    }
}

fn bytes<T: Kept>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    value.write(&mut out);
    out
}

/// Reads a row's bytes.
fn read<T: Kept>(id: i64, mut body: &[u8]) -> Result<T, StoreError> {
    let value = T::read(&mut body).filter(|_| body.is_empty());
    value.ok_or_else(|| StoreError::Corrupt(format!("what is kept of {id} (kind {}) cannot be read", T::KIND)))
}

/// The rows with these ids.
pub(super) fn rows<T: Kept>(tx: &mut Tx<'_>, generation: i64, ids: &[i64]) -> Result<Vec<(i64, T)>, StoreError> {
    let mut found = Vec::new();
    rollups::states(tx, generation, T::KIND, ids, |id, body| {
        found.push((id, read(id, body)?));
        Ok(())
    })?;
    Ok(found)
}

/// All rows of a kind of which there are few.
pub(super) fn all_rows<T: Kept>(tx: &mut Tx<'_>, generation: i64) -> Result<Vec<(i64, T)>, StoreError> {
    let mut found = Vec::new();
    rollups::all_states(tx, generation, T::KIND, |id, body| {
        found.push((id, read(id, body)?));
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollups::state::SignedIn;
    use deskbell_domain::time::Timestamp;

    fn value(seconds: i64) -> SignedIn {
        SignedIn(Timestamp::from_seconds(seconds))
    }

    fn changes(shelf: &mut Shelf<SignedIn>) -> Vec<(i64, bool)> {
        let mut rows = Vec::new();
        shelf.take_changes(&mut rows);
        rows.sort_unstable();
        rows.into_iter().map(|(_, id, body)| (id, body.is_some())).collect()
    }

    #[test]
    fn only_what_changed_is_written() {
        let mut shelf = Shelf::default();
        assert_eq!(shelf.missing([3, 1, 3].into_iter()), [1, 3]);
        shelf.fill(&[1, 2, 3], vec![(1, value(1)), (2, value(2))]);
        assert_eq!(shelf.missing([1, 2, 3, 4].into_iter()), [4], "it is known of 3 that there is none");
        assert_eq!((shelf.get(1).copied(), shelf.get(3).copied()), (Some(value(1)), None));
        assert!(shelf.get_mut(9).is_none());
        assert_eq!(changes(&mut shelf), []);
        if let Some(known) = shelf.get_mut(1) {
            *known = value(5);
        }
        shelf.put(2, None);
        shelf.put(7, Some(value(7)));
        assert_eq!(changes(&mut shelf), [(1, true), (2, false), (7, true)]);
        assert_eq!(changes(&mut shelf), [], "written once");
    }

    #[test]
    fn what_was_not_looked_at_for_longest_is_forgotten_once_it_is_written() {
        let mut shelf = Shelf { kept_max: 10, ..Shelf::default() };
        for id in 0..30 {
            shelf.put(id, Some(value(id)));
        }
        assert_eq!(shelf.missing(0..30), [0; 0], "what is not written is never forgotten");
        shelf.get(0);
        assert_eq!(changes(&mut shelf).len(), 30);
        let missing = shelf.missing(0..30);
        assert_eq!(missing, (1..16).collect::<Vec<_>>(), "the older half, but what was looked at since");
        shelf.fill(&missing, missing.iter().map(|id| (*id, value(*id))).collect());
        assert!((0..30).all(|id| shelf.get(id) == Some(&value(id))));
    }
}
