//! Paging by offset with keyset underneath: a list that is asked for by offset goes on strictly after the last row its caller got. So
//! pages neither overlap nor leave gaps while rows come and go, and the thousandth page costs what the first one does.
//!
//! Kept here is where pages ended, by who asked and for what. It lives in memory only; without it the rows before an offset are skipped
//! one by one. Callers who page the same list with the same key at the same time don't disturb each other, unless they stand at the same
//! offset.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::AppError;
use crate::rights::Principal;

/// Rows that are skipped one by one to reach an offset, at most.
pub const SKIPPED_ROWS_MAX: i64 = 10_000;
/// Lists that are remembered; the one not asked for the longest goes first.
const LISTS_MAX: usize = 1_024;
/// Ends of pages remembered of one list; beyond it those with near neighbours are dropped.
const ENDS_PER_LIST_MAX: usize = 128;
/// Latest ends of a list that outlive a new start, for callers who page the same list at the same time.
const LATEST_ENDS_MAX: usize = 8;

/// The key of a list's row: what the list is ordered by, then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub i64, pub i64);

/// A list as one caller asks for it. Limits and offsets do not belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListKey {
    principal: Principal,
    list: &'static str,
    filter: u64,
}

impl ListKey {
    /// `filter` is everything that decides which rows the list has, and their order.
    pub fn new(principal: &Principal, list: &'static str, filter: &impl Hash) -> ListKey {
        let mut hasher = DefaultHasher::new();
        filter.hash(&mut hasher);
        ListKey { principal: principal.clone(), list, filter: hasher.finish() }
    }
}

/// Where a page begins: strictly after a row (or at the beginning), less the rows to skip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageStart {
    pub after: Option<Cursor>,
    pub skip: i64,
}

/// Where pages ended.
#[derive(Debug, Default)]
pub struct Paging(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    lists: HashMap<ListKey, Ends>,
    /// Counts calls: what is used last has the largest one.
    calls: u64,
}

#[derive(Debug, Default)]
struct Ends {
    /// The last row before an offset, since the list was begun.
    by_offset: BTreeMap<i64, Cursor>,
    /// Newest last.
    latest: VecDeque<(i64, Cursor)>,
    used: u64,
}

impl Paging {
    /// Where the page at `offset` begins. Offset 0 begins anew and forgets what was remembered; an offset too far behind everything that is
    /// remembered is refused.
    pub fn start(&self, key: &ListKey, offset: i64) -> Result<PageStart, AppError> {
        let found = match self.lock().ends(key) {
            Some(ends) if offset <= 0 => {
                ends.by_offset.clear();
                None
            }
            Some(ends) => ends.nearest(offset),
            None => None,
        };
        let (reached, after) = found.map_or((0, None), |(reached, cursor)| (reached, Some(cursor)));
        let skip = offset.max(0) - reached;
        if skip > SKIPPED_ROWS_MAX {
            return Err(AppError::invalid(format!(
                "offset {offset} is more than {SKIPPED_ROWS_MAX} rows beyond the pages asked for so far; page from the start, or narrow the filter"
            )));
        }
        Ok(PageStart { after, skip })
    }

    /// Remembers that the page before `next_offset` ended with this row. Call it for every page that has rows, the short one too.
    pub fn ended(&self, key: &ListKey, next_offset: i64, last: Cursor) {
        self.lock().enter(key).add(next_offset, last);
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn ends(&mut self, key: &ListKey) -> Option<&mut Ends> {
        self.calls += 1;
        let ends = self.lists.get_mut(key)?;
        ends.used = self.calls;
        Some(ends)
    }

    fn enter(&mut self, key: &ListKey) -> &mut Ends {
        if self.lists.len() >= LISTS_MAX && !self.lists.contains_key(key) {
            let oldest = self.lists.iter().min_by_key(|(_, ends)| ends.used).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.lists.remove(&oldest));
        }
        self.calls += 1;
        let ends = match self.lists.entry(key.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Ends::default()),
        };
        ends.used = self.calls;
        ends
    }
}

impl Ends {
    /// Exactly there, else exactly there before the list was begun anew, else before it.
    fn nearest(&self, offset: i64) -> Option<(i64, Cursor)> {
        let before = self.by_offset.range(..=offset).next_back().map(|(reached, cursor)| (*reached, *cursor));
        let latest = || self.latest.iter().rev().find(|(reached, _)| *reached == offset).copied();
        before.filter(|(reached, _)| *reached == offset).or_else(latest).or(before)
    }

    fn add(&mut self, offset: i64, last: Cursor) {
        self.latest.retain(|(reached, _)| *reached != offset);
        if self.latest.len() >= LATEST_ENDS_MAX {
            self.latest.pop_front();
        }
        self.latest.push_back((offset, last));
        self.by_offset.insert(offset, last);
        if self.by_offset.len() > ENDS_PER_LIST_MAX {
            self.thin(offset);
        }
    }

    /// Drops the one between the nearest neighbours, so that what is left stays evenly spread; never the one at `newest`.
    fn thin(&mut self, newest: i64) {
        let offsets = self.by_offset.keys().copied();
        let around = std::iter::once(0).chain(offsets.clone()).zip(offsets.clone().skip(1)).map(|(before, behind)| behind - before);
        let crowded = offsets.zip(around).filter(|(offset, _)| *offset != newest).min_by_key(|(_, width)| *width);
        crowded.and_then(|(offset, _)| self.by_offset.remove(&offset));
    }
}

#[cfg(test)]
mod tests;
