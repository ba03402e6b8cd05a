//! Paging by offset with keyset underneath: a list that is asked for by offset goes on strictly after the last row its caller got. So
//! pages neither overlap nor leave gaps while rows come and go, and the thousandth page costs what the first one does.
//!
//! Kept here is where pages ended, by who asked and for what. It lives in memory only; without it the rows before an offset are skipped
//! one by one. Everybody has a share of his own: nobody's lists push out another one's.
//!
//! Offset 0 begins a walk. Walks of one list are kept apart: a page goes on behind the ends of one walk and adds its own to that one. The
//! newest walk is asked, unless an older one stands exactly at the offset. So callers who page the same list with the same key at the same
//! time don't disturb each other, unless they come to the same offset.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::AppError;
use crate::rights::Principal;

/// Rows that are skipped one by one to reach an offset, at most.
pub const SKIPPED_ROWS_MAX: i64 = 10_000;
/// Callers whose lists are remembered; the one who has not asked for the longest goes first.
const CALLERS_MAX: usize = 64;
/// Lists that are remembered of one caller; the one not asked for the longest goes first.
const LISTS_PER_CALLER_MAX: usize = 256;
/// Walks of one list; the one that has not moved for the longest goes first.
const WALKS_PER_LIST_MAX: usize = 8;
/// Ends of pages remembered of the newest walk; beyond it those with near neighbours are dropped.
const ENDS_PER_WALK_MAX: usize = 128;

/// The key of a list's row: what the list is ordered by, then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub i64, pub i64);

/// A list as one caller asks for it. Limits and offsets do not belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListKey {
    principal: Principal,
    list: List,
}

/// Its name, and the hash of its filter.
type List = (&'static str, u64);

impl ListKey {
    /// `filter` is everything that decides which rows the list has, and their order.
    pub fn new(principal: &Principal, list: &'static str, filter: &impl Hash) -> ListKey {
        let mut hasher = DefaultHasher::new();
        filter.hash(&mut hasher);
        ListKey { principal: principal.clone(), list: (list, hasher.finish()) }
    }
}

/// Where a page begins: strictly after a row (or at the beginning), less the rows to skip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageStart {
    pub after: Option<Cursor>,
    pub skip: i64,
    walk: WalkId,
}

/// Later walks have larger ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct WalkId(u64);

/// Where pages ended.
#[derive(Debug, Default)]
pub struct Paging(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    callers: Recent<Principal, Recent<List, Walks>>,
    /// Rises with each call: tells what was used last, and names walks.
    calls: u64,
}

/// Things by key, with when each was used last.
#[derive(Debug)]
struct Recent<K, V>(HashMap<K, (u64, V)>);

/// The walks of a list, oldest first. Only the last one has more than one end.
#[derive(Debug, Default)]
struct Walks(Vec<Walk>);

#[derive(Debug)]
struct Walk {
    id: WalkId,
    used: u64,
    /// By offset.
    ends: BTreeMap<i64, End>,
    /// Where it stands: the end of its latest page.
    stands: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct End {
    /// The last row before the offset.
    last: Cursor,
    noted: u64,
}

impl Paging {
    /// Where the page at `offset` begins. Offset 0 begins a walk; an offset too far behind everything that is remembered is refused.
    pub fn start(&self, key: &ListKey, offset: i64) -> Result<PageStart, AppError> {
        let mut memory = self.lock();
        memory.calls += 1;
        let call = memory.calls;
        let walks = memory.callers.get(&key.principal, call).and_then(|lists| lists.get(&key.list, call));
        let (walk, found) = match walks {
            Some(walks) if offset > 0 => walks.nearest(offset),
            Some(walks) => (walks.begin(call), None),
            None => (WalkId(call), None),
        };
        let (reached, after) = found.map_or((0, None), |(reached, end)| (reached, Some(end.last)));
        let skip = offset.max(0) - reached;
        if skip > SKIPPED_ROWS_MAX {
            return Err(AppError::invalid(format!(
                "offset {offset} is more than {SKIPPED_ROWS_MAX} rows beyond the pages asked for so far; page from the start, or narrow the filter"
            )));
        }
        Ok(PageStart { after, skip, walk })
    }

    /// Remembers that the page that began there ended with this row, before `next_offset`. Call it for every page that has rows, the short
    /// one too.
    pub fn ended(&self, key: &ListKey, start: PageStart, next_offset: i64, last: Cursor) {
        let mut memory = self.lock();
        memory.calls += 1;
        let call = memory.calls;
        let lists = memory.callers.enter(&key.principal, call, CALLERS_MAX);
        lists.enter(&key.list, call, LISTS_PER_CALLER_MAX).ended(start.walk, next_offset, End { last, noted: call });
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Recent(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone, V: Default> Recent<K, V> {
    fn get(&mut self, key: &K, call: u64) -> Option<&mut V> {
        let (used, value) = self.0.get_mut(key)?;
        *used = call;
        Some(value)
    }

    /// The same, put there if it is missing. What was not used for the longest goes.
    fn enter(&mut self, key: &K, call: u64, max: usize) -> &mut V {
        if self.0.len() >= max && !self.0.contains_key(key) {
            let oldest = self.0.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.0.remove(&oldest));
        }
        let (used, value) = match self.0.entry(key.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert((call, V::default())),
        };
        *used = call;
        value
    }
}

impl Walks {
    fn begin(&mut self, call: u64) -> WalkId {
        self.0.retain(|walk| walk.stands.is_some());
        let id = WalkId(call);
        self.0.push(Walk { id, used: call, ends: BTreeMap::new(), stands: None });
        self.settle();
        id
    }

    /// Which walk a page at `offset` belongs to, and the nearest end at or before it.
    fn nearest(&self, offset: i64) -> (WalkId, Option<(i64, End)>) {
        let there = self.0.iter().filter_map(|walk| Some((walk.id, *walk.ends.get(&offset)?)));
        if let Some((walk, end)) = there.max_by_key(|(_, end)| end.noted) {
            return (walk, Some((offset, end)));
        }
        let newest = self.0.last();
        let before = newest.and_then(|walk| walk.ends.range(..offset).next_back());
        (newest.map(|walk| walk.id).unwrap_or_default(), before.map(|(reached, end)| (*reached, *end)))
    }

    fn ended(&mut self, id: WalkId, offset: i64, end: End) {
        let place = match self.0.binary_search_by_key(&id, |walk| walk.id) {
            Ok(known) => known,
            Err(place) => {
                self.0.insert(place, Walk { id, used: end.noted, ends: BTreeMap::new(), stands: None });
                place
            }
        };
        self.0[place].ended(offset, end);
        // Of those that stand there only the last to come can be told of.
        let newest = self.0.last().map(|walk| walk.id);
        self.0.retain(|walk| walk.stands != Some(offset) || walk.id == id || Some(walk.id) == newest);
        self.settle();
    }

    /// Leaves of older walks only where they stand, and as many walks as there is room for.
    fn settle(&mut self) {
        if let Some((_, older)) = self.0.split_last_mut() {
            for walk in older {
                let stands = walk.stands;
                walk.ends.retain(|offset, _| Some(*offset) == stands);
            }
        }
        if self.0.len() > WALKS_PER_LIST_MAX {
            let idle = self.0.iter().enumerate().min_by_key(|(_, walk)| walk.used).map(|(place, _)| place);
            idle.map(|place| self.0.remove(place));
        }
    }
}

impl Walk {
    fn ended(&mut self, offset: i64, end: End) {
        self.used = end.noted;
        self.stands = Some(offset);
        self.ends.insert(offset, end);
        if self.ends.len() > ENDS_PER_WALK_MAX {
            self.thin(offset);
        }
    }

    /// Drops the one between the nearest neighbours, so that what is left stays evenly spread; never the one at `newest`.
    fn thin(&mut self, newest: i64) {
        let offsets = self.ends.keys().copied();
        let around = std::iter::once(0).chain(offsets.clone()).zip(offsets.clone().skip(1)).map(|(before, behind)| behind - before);
        let crowded = offsets.zip(around).filter(|(offset, _)| *offset != newest).min_by_key(|(_, width)| *width);
        crowded.and_then(|(offset, _)| self.ends.remove(&offset));
    }
}

#[cfg(test)]
mod tests;
