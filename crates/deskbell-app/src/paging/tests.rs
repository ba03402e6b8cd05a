//! What is remembered of pages, and what a client that pages until a short page sees while the list changes.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::ids::CredentialId;
use proptest::prelude::*;

use super::*;

const KEY: Principal = Principal::Nobody;

fn key(filter: &str) -> ListKey {
    ListKey::new(&KEY, "rows", &filter)
}

fn at(number: i64) -> Cursor {
    Cursor(number, number)
}

#[test]
fn goes_on_where_a_page_ended() {
    let paging = Paging::default();
    let (key, other) = (key("a"), key("b"));
    assert_eq!(paging.start(&key, 0).unwrap(), PageStart::default());
    paging.ended(&key, 100, at(7));
    assert_eq!(paging.start(&key, 100).unwrap(), PageStart { after: Some(at(7)), skip: 0 });
    assert_eq!(paging.start(&key, 130).unwrap(), PageStart { after: Some(at(7)), skip: 30 });
    assert_eq!(paging.start(&key, 99).unwrap(), PageStart { after: None, skip: 99 });
    assert_eq!(paging.start(&other, 100).unwrap(), PageStart { after: None, skip: 100 }, "another filter");
    let somebody = Principal::ApiKey { key: CredentialId::from_i64(1), may_write: false };
    let his = ListKey::new(&somebody, "rows", &"a");
    assert_eq!(paging.start(&his, 100).unwrap(), PageStart { after: None, skip: 100 }, "somebody else");
}

#[test]
fn too_far_from_everything_is_refused() {
    let paging = Paging::default();
    let key = key("a");
    assert_eq!(paging.start(&key, SKIPPED_ROWS_MAX).unwrap().skip, SKIPPED_ROWS_MAX);
    let refused = paging.start(&key, SKIPPED_ROWS_MAX + 1).unwrap_err();
    assert!(refused.public.starts_with("offset 10001 is more than 10000 rows beyond"), "{}", refused.public);
    paging.ended(&key, 5_000, at(1));
    assert_eq!(paging.start(&key, SKIPPED_ROWS_MAX + 1).unwrap(), PageStart { after: Some(at(1)), skip: 5_001 });
    assert!(paging.start(&key, i64::MAX).is_err());
}

#[test]
fn a_new_start_forgets_but_lets_another_walk_go_on() {
    let paging = Paging::default();
    let key = key("a");
    for page in 1..=20 {
        paging.ended(&key, page * 1_000, at(page));
    }
    assert_eq!(paging.start(&key, 0).unwrap(), PageStart::default());
    assert_eq!(paging.start(&key, 20_000).unwrap(), PageStart { after: Some(at(20)), skip: 0 }, "whoever was there goes on");
    assert_eq!(paging.start(&key, 5_000).unwrap(), PageStart { after: None, skip: 5_000 }, "the rest is forgotten");
    assert!(paging.start(&key, 19_500).is_err(), "only exactly where a page ended");
}

#[test]
fn memory_is_bounded() {
    let paging = Paging::default();
    let long = key("long");
    for page in 1..=100_000 {
        paging.ended(&long, page, at(page));
        assert_eq!(paging.start(&long, page).unwrap(), PageStart { after: Some(at(page)), skip: 0 });
    }
    let farthest = (1..=100_000).map(|offset| paging.start(&long, offset).unwrap().skip).max();
    assert!(farthest < Some(SKIPPED_ROWS_MAX), "{farthest:?}");
    assert!(paging.lock().lists[&long].by_offset.len() <= ENDS_PER_LIST_MAX);
    for list in 0..LISTS_MAX {
        paging.start(&long, 0).unwrap();
        paging.ended(&key(&list.to_string()), 1, at(1));
    }
    assert_eq!(paging.lock().lists.len(), LISTS_MAX);
    assert_eq!(paging.start(&key("0"), 1).unwrap().after, None, "not asked for the longest");
    assert_eq!(paging.start(&key("1"), 1).unwrap().after, Some(at(1)));
    assert_eq!(paging.start(&long, 100_000).unwrap().after, Some(at(100_000)), "asked for again and again");
}

/// A change between two pages.
#[derive(Debug, Clone)]
enum Change {
    Insert(i64),
    Remove(usize),
    /// A row moves to another place, as one does whose order is its time of change.
    Move(usize, i64),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..1_000_i64).prop_map(Change::Insert),
        (0..200_usize).prop_map(Change::Remove),
        (0..200_usize, 0..2_000_i64).prop_map(|(row, place)| Change::Move(row, place)),
    ]
}

/// Rows by key; the value is the row's name.
struct List {
    rows: BTreeMap<Cursor, i64>,
    next: i64,
    /// Names of those that were there at the beginning and never moved.
    steady: BTreeSet<i64>,
}

impl List {
    fn apply(&mut self, change: &Change) {
        let nth = |rows: &BTreeMap<Cursor, i64>, row: usize| rows.iter().nth(row).map(|(cursor, name)| (*cursor, *name));
        match *change {
            Change::Insert(place) => {
                self.next += 1;
                self.rows.insert(Cursor(place, self.next), self.next);
            }
            Change::Remove(row) => {
                let Some((cursor, name)) = nth(&self.rows, row) else { return };
                self.rows.remove(&cursor);
                self.steady.remove(&name);
            }
            Change::Move(row, place) => {
                let Some((cursor, name)) = nth(&self.rows, row) else { return };
                self.rows.remove(&cursor);
                self.rows.insert(Cursor(place, name), name);
                self.steady.remove(&name);
            }
        }
    }

    /// What a query of the store does.
    fn page(&self, start: PageStart, limit: i64) -> Vec<(Cursor, i64)> {
        let after = self.rows.iter().filter(|(cursor, _)| start.after.is_none_or(|after| **cursor > after));
        after.skip(start.skip as usize).take(limit as usize).map(|(cursor, name)| (*cursor, *name)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Two clients page the same list, the second one beginning while the first one is under way.
    #[test]
    fn every_steady_row_comes_exactly_once(
        places in prop::collection::vec(0..1_000_i64, 0..150),
        steps in prop::collection::vec((1..40_i64, prop::collection::vec(change(), 0..6)), 60..61),
        second_begins in 0..10_usize,
    ) {
        let mut list = List { rows: BTreeMap::new(), next: places.len() as i64, steady: (0..places.len() as i64).collect() };
        for (name, place) in (0..).zip(&places) {
            list.rows.insert(Cursor(*place, name), name);
        }
        let (paging, key) = (Paging::default(), key("a"));
        let (mut offsets, mut got, mut done) = ([0, 0], [Vec::new(), Vec::new()], [false, false]);
        for (step, (limit, changes)) in steps.iter().enumerate() {
            for client in 0..2 {
                if done[client] || (client == 1 && step < second_begins) {
                    continue;
                }
                // The first one stands at even offsets, the second at odd ones: what is remembered cannot tell apart two who stand at the same.
                let limit = if client == 0 { *limit * 2 } else { 40 + i64::from(offsets[1] == 0) };
                let rows = list.page(paging.start(&key, offsets[client]).unwrap(), limit);
                offsets[client] += rows.len() as i64;
                done[client] = (rows.len() as i64) < limit;
                // A last page ends anywhere, also where the other one stands.
                if let Some((last, _)) = rows.last().filter(|_| !done[client]) {
                    paging.ended(&key, offsets[client], *last);
                }
                got[client].extend(rows.into_iter().map(|(_, name)| name));
            }
            for change in changes {
                list.apply(change);
            }
        }
        prop_assert!(done[0]);
        for client in (0..2).filter(|client| done[*client]) {
            let (names, unique) = (got[client].len(), got[client].iter().copied().collect::<BTreeSet<_>>());
            let steady_came: BTreeSet<i64> = list.steady.intersection(&unique).copied().collect();
            prop_assert_eq!(&steady_came, &list.steady, "client {}", client);
            let twice = got[client].iter().filter(|name| list.steady.contains(name)).count();
            prop_assert_eq!(twice, list.steady.len(), "client {}: {} rows", client, names);
        }
    }
}
