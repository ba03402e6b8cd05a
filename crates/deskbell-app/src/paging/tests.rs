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

fn caller(number: i64) -> Principal {
    Principal::ApiKey { key: CredentialId::from_i64(number), may_write: false }
}

/// Behind which row the page at an offset begins, and how many rows it skips.
fn begins(paging: &Paging, key: &ListKey, offset: i64) -> (Option<Cursor>, i64) {
    let start = paging.start(key, offset).unwrap();
    (start.after, start.skip)
}

/// Gets a page, and says where it ended.
fn page(paging: &Paging, key: &ListKey, offset: i64, next_offset: i64, last: Cursor) -> PageStart {
    let start = paging.start(key, offset).unwrap();
    paging.ended(key, start, next_offset, last);
    start
}

#[test]
fn goes_on_where_a_page_ended() {
    let paging = Paging::default();
    let (key, other) = (key("a"), key("b"));
    page(&paging, &key, 0, 100, at(7));
    assert_eq!(begins(&paging, &key, 100), (Some(at(7)), 0));
    assert_eq!(begins(&paging, &key, 130), (Some(at(7)), 30));
    assert_eq!(begins(&paging, &key, 99), (None, 99));
    assert_eq!(begins(&paging, &other, 100), (None, 100), "another filter");
    assert_eq!(begins(&paging, &ListKey::new(&caller(1), "rows", &"a"), 100), (None, 100), "somebody else");
}

#[test]
fn too_far_from_everything_is_refused() {
    let paging = Paging::default();
    let key = key("a");
    assert_eq!(begins(&paging, &key, SKIPPED_ROWS_MAX), (None, SKIPPED_ROWS_MAX));
    let refused = paging.start(&key, SKIPPED_ROWS_MAX + 1).unwrap_err();
    assert!(refused.public.starts_with("offset 10001 is more than 10000 rows beyond"), "{}", refused.public);
    page(&paging, &key, 0, 5_000, at(1));
    assert_eq!(begins(&paging, &key, SKIPPED_ROWS_MAX + 1), (Some(at(1)), 5_001));
    assert!(paging.start(&key, i64::MAX).is_err());
}

#[test]
fn a_new_start_forgets_but_lets_another_walk_go_on() {
    let paging = Paging::default();
    let key = key("a");
    for number in 1..=20 {
        page(&paging, &key, (number - 1) * 1_000, number * 1_000, at(number));
    }
    assert_eq!(begins(&paging, &key, 0), (None, 0));
    assert_eq!(begins(&paging, &key, 20_000), (Some(at(20)), 0), "whoever was there goes on");
    assert_eq!(begins(&paging, &key, 5_000), (None, 5_000), "the rest is forgotten");
    assert!(paging.start(&key, 19_500).is_err(), "only exactly where a page ended");
}

#[test]
fn pages_of_two_walks_are_kept_apart() {
    let paging = Paging::default();
    let key = key("a");
    for number in 1..=5 {
        page(&paging, &key, (number - 1) * 100, number * 100, at(number));
    }
    page(&paging, &key, 0, 100, at(1_001));
    assert_eq!(begins(&paging, &key, 300), (Some(at(1_001)), 200), "what the older one passed is not the new one's");
    assert_eq!(begins(&paging, &key, 450), (Some(at(1_001)), 350));
    page(&paging, &key, 500, 600, at(6));
    assert_eq!(begins(&paging, &key, 600), (Some(at(6)), 0), "the older one goes on");
    assert_eq!(begins(&paging, &key, 500), (Some(at(1_001)), 400), "and leaves nothing behind");
    page(&paging, &key, 100, 600, at(1_006));
    assert_eq!(begins(&paging, &key, 600), (Some(at(1_006)), 0), "who came there last");
    assert_eq!(begins(&paging, &key, 100), (Some(at(1_001)), 0), "asked for again");
}

#[test]
fn first_pages_alone_push_out_no_walk() {
    let paging = Paging::default();
    let key = key("a");
    page(&paging, &key, 0, 1_000, at(1));
    for number in 2..100 {
        page(&paging, &key, 0, 50, at(number));
        page(&paging, &key, 0, 50, at(number));
        paging.start(&key, 0).unwrap();
    }
    assert_eq!(begins(&paging, &key, 1_000), (Some(at(1)), 0));
    for number in 1..100 {
        page(&paging, &key, 0, number, at(number));
    }
    let memory = paging.lock();
    assert_eq!(memory.callers.0[&KEY].1.0[&key.list].1.0.len(), WALKS_PER_LIST_MAX);
}

#[test]
fn memory_is_bounded() {
    let paging = Paging::default();
    let long = key("long");
    for number in 1..=100_000 {
        page(&paging, &long, number - 1, number, at(number));
        assert_eq!(begins(&paging, &long, number), (Some(at(number)), 0));
    }
    let farthest = (1..=100_000).map(|offset| begins(&paging, &long, offset).1).max();
    assert!(farthest < Some(SKIPPED_ROWS_MAX), "{farthest:?}");
    let ends = |paging: &Paging| paging.lock().callers.0[&KEY].1.0[&long.list].1.0[0].ends.len();
    assert_eq!(ends(&paging), ENDS_PER_WALK_MAX);
    for list in 0..LISTS_PER_CALLER_MAX {
        begins(&paging, &long, 100_000);
        page(&paging, &key(&list.to_string()), 0, 1, at(1));
    }
    assert_eq!(paging.lock().callers.0[&KEY].1.0.len(), LISTS_PER_CALLER_MAX);
    assert_eq!(begins(&paging, &key("0"), 1).0, None, "not asked for the longest");
    assert_eq!(begins(&paging, &key("1"), 1).0, Some(at(1)));
    assert_eq!(begins(&paging, &long, 100_000).0, Some(at(100_000)), "asked for again and again");
}

#[test]
fn nobody_pushes_out_anothers_lists() {
    let paging = Paging::default();
    let his = ListKey::new(&caller(1), "rows", &"his");
    page(&paging, &his, 0, 50_000, at(1));
    for list in 0..10_000 {
        page(&paging, &ListKey::new(&caller(2), "rows", &list), 0, 1, at(1));
    }
    assert_eq!(begins(&paging, &his, 50_000), (Some(at(1)), 0));
    for other in 0..CALLERS_MAX as i64 {
        begins(&paging, &his, 50_000);
        page(&paging, &ListKey::new(&caller(100 + other), "rows", &"a"), 0, 1, at(1));
    }
    assert_eq!(paging.lock().callers.0.len(), CALLERS_MAX);
    assert_eq!(begins(&paging, &his, 50_000), (Some(at(1)), 0), "he asks again and again");
    assert_eq!(begins(&paging, &ListKey::new(&caller(100), "rows", &"a"), 1), (None, 1), "not heard of for the longest");
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
                let start = paging.start(&key, offsets[client]).unwrap();
                let rows = list.page(start, limit);
                offsets[client] += rows.len() as i64;
                done[client] = (rows.len() as i64) < limit;
                // A last page ends anywhere, also where the other one stands.
                if let Some((last, _)) = rows.last().filter(|_| !done[client]) {
                    paging.ended(&key, start, offsets[client], *last);
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

    /// A walk that began anew is told of its own ends alone, in whatever order it asks for its pages, and so is an older one that goes on.
    #[test]
    fn walks_never_mix(
        older in prop::collection::vec((1..10_i64, 1..10_i64), 1..5),
        asked in prop::collection::vec((1..200_i64, 1..20_i64, any::<bool>()), 1..40),
    ) {
        let (paging, key) = (Paging::default(), key("a"));
        // What a walk got carries its number. Pages of older ones end at even offsets, of the newest at odd ones.
        let (mut stands, mut limit, mut left) = (0, 0, Vec::new());
        for (number, (pages, rows)) in (0..).zip(&older) {
            (stands, limit) = (0, rows * 2);
            for _ in 0..*pages {
                page(&paging, &key, stands, stands + limit, Cursor(number, stands));
                stands += limit;
            }
            left.push(stands);
        }
        let newest = older.len() as i64;
        page(&paging, &key, 0, 5, Cursor(newest, 0));
        for (offset, rows, older_moves) in asked {
            // Who asks exactly where an older one stands is taken for that one.
            if offset != stands && !left.contains(&offset) {
                let start = page(&paging, &key, offset, (offset + rows) | 1, Cursor(newest, offset));
                prop_assert!(start.after.is_none_or(|Cursor(walk, _)| walk == newest), "{:?} at {}", start, offset);
            }
            if older_moves {
                let start = page(&paging, &key, stands, stands + limit, Cursor(newest - 1, stands));
                prop_assert!(start.skip == 0 && start.after.is_some_and(|Cursor(walk, _)| walk == newest - 1), "{:?} at {}", start, stands);
                stands += limit;
            }
        }
    }
}
