//! The cases on both engines, and what is peculiar to each.

use super::{CASES, Heard, Place, at, event, eventually};
use crate::engine::{Db, Location, Options};
use crate::error::StoreError;
use crate::journal;
use crate::throwaway_postgres::{ThrowawayPostgres, client, create_database};
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Names a server to test with; without it the tests start their own.
const SERVER_VARIABLE: &str = "DESKBELL_TEST_POSTGRES";
/// Tells the test binary, started by itself, which database to write until it is killed.
const VICTIM_VARIABLE: &str = "DESKBELL_TEST_VICTIM";

fn run_all(mut place: impl FnMut() -> Place) {
    let mut failed = Vec::new();
    for case in CASES {
        let place = place();
        if catch_unwind(AssertUnwindSafe(|| (case.run)(&place))).is_err() {
            failed.push(case.name);
        }
    }
    assert!(failed.is_empty(), "failed cases: {failed:?}");
}

fn sqlite(directory: &Path, name: &str) -> Place {
    Place { location: Location::Sqlite(directory.join(name)) }
}

fn postgres(url: String) -> Place {
    Place { location: Location::Postgres(url) }
}

#[test]
fn suite_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let mut count = 0;
    run_all(|| {
        count += 1;
        sqlite(directory.path(), &format!("case-{count}.db"))
    });
}

#[test]
fn suite_on_postgres() {
    let given = std::env::var_os(SERVER_VARIABLE).map(|url| url.into_string().unwrap());
    let own = given.is_none().then(|| ThrowawayPostgres::start().unwrap());
    let server = given.unwrap_or_else(|| own.as_ref().unwrap().url());
    run_all(|| postgres(create_database(&server).unwrap()));
}

#[test]
fn sqlite_full_and_well_again() {
    let directory = tempfile::tempdir().unwrap();
    let place = sqlite(directory.path(), "desk.db");
    let limited = |bytes| place.open_with(Options { storage_bytes_max: bytes, ..Options::default() }).unwrap();
    // Enough for the empty tables and a few rows.
    let test = limited(Some(4 * 1024 * 1024));
    let big = "x".repeat(20_000);
    let fill = |test: &super::TestDb| {
        let outcome = big.clone();
        test.write(move |tx| {
            let number = tx.append(at(1), event(1))?;
            crate::idempotency::remember(tx, "fill", &number.to_string(), at(1), &outcome)?;
            Ok(number)
        })
    };
    let mut stored = 0;
    let error = loop {
        match fill(&test) {
            Ok(number) => stored = number,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StoreError::Full);
    assert!(stored > 5);
    assert!(!test.db.is_healthy());
    assert_eq!(test.see(|tx| tx.head()), stored, "reads go on");
    assert_eq!(fill(&test), Err(StoreError::Full));
    assert_eq!(test.heard.calls().numbers().len() as i64, stored);
    // Deleting makes room.
    test.put(|tx| tx.exec("DELETE FROM idempotency", &[]));
    assert!(test.db.is_healthy());
    assert_eq!(fill(&test), Ok(stored + 1));
    test.db.close();
    let test = limited(None);
    for _ in 0..200 {
        fill(&test).unwrap();
    }
    assert_eq!(test.see(journal::check_gapless), None);
}

/// Many jobs share a transaction when the disk fills up: each is either stored and acknowledged, or neither.
#[test]
fn sqlite_full_among_many() {
    let directory = tempfile::tempdir().unwrap();
    let place = sqlite(directory.path(), "desk.db");
    let test = place.open_with(Options { storage_bytes_max: Some(4 * 1024 * 1024), ..Options::default() }).unwrap();
    let acknowledged = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for writer in 0..8 {
            let (test, acknowledged) = (&test, &acknowledged);
            scope.spawn(move || {
                for job in 0..100 {
                    let outcome = "x".repeat(10_000);
                    let result = test.write(move |tx| {
                        let number = tx.append(at(1), event(1))?;
                        crate::idempotency::remember(tx, "fill", &format!("{writer} {job}"), at(1), &outcome)?;
                        Ok(number)
                    });
                    match result {
                        Ok(number) => acknowledged.lock().unwrap().push(number),
                        Err(error) => assert_eq!(error, StoreError::Full),
                    }
                }
            });
        }
    });
    let mut acknowledged = acknowledged.into_inner().unwrap();
    acknowledged.sort_unstable();
    let stored: Vec<i64> = test.see(|tx| journal::after(tx, 0, 10_000)).iter().map(|entry| entry.number).collect();
    assert_eq!(acknowledged, stored);
    assert_eq!(test.heard.calls().numbers(), stored);
    assert!(stored.len() < 800);
    let integrity: (String,) = test.see(|tx| tx.one("PRAGMA integrity_check", &[]));
    assert_eq!(integrity.0, "ok");
}

#[test]
fn sqlite_is_opened_once() {
    let directory = tempfile::tempdir().unwrap();
    let place = sqlite(directory.path(), "desk.db");
    let test = place.open();
    assert!(matches!(place.open_with(Options::default()).map(drop), Err(StoreError::InUse(_))));
    test.put(|tx| tx.append(at(1), event(1)));
    test.db.close();
    assert_eq!(place.open().see(|tx| tx.head()), 1);
    let missing = sqlite(&directory.path().join("missing"), "desk.db");
    assert!(matches!(missing.open_with(Options::default()).map(drop), Err(StoreError::Unavailable(_))));
    std::fs::write(directory.path().join("text.db"), "this is not a database, and long enough to be read as one".repeat(100)).unwrap();
    assert!(matches!(sqlite(directory.path(), "text.db").open_with(Options::default()).map(drop), Err(StoreError::Corrupt(_))));
}

/// Not a test of its own: [`sqlite_survives_being_killed`] starts it in another process.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM_VARIABLE) else {
        return;
    };
    let place = Place { location: Location::Sqlite(path.into()) };
    let test = place.open();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = test.put(|tx| tx.append(at(1), event(1)));
                    println!("acknowledged {number}");
                }
            });
        }
    });
}

#[test]
fn sqlite_survives_being_killed() {
    let directory = tempfile::tempdir().unwrap();
    let place = sqlite(directory.path(), "desk.db");
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "suite::tests::victim", "--nocapture", "--test-threads=1"])
        .env(VICTIM_VARIABLE, directory.path().join("desk.db"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = 0;
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        if let Some(number) = line.unwrap().rsplit_once("acknowledged ").and_then(|(_, number)| number.parse::<i64>().ok()) {
            acknowledged = acknowledged.max(number);
        }
        if acknowledged > 500 {
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();
    assert!(acknowledged > 500);
    let test = place.open();
    assert!(test.see(|tx| tx.head()) >= acknowledged);
    assert_eq!(test.see(journal::check_gapless), None);
    assert_eq!(test.see(|tx| tx.one::<(i64,)>("SELECT COUNT(*) FROM journal", &[])).0, test.see(|tx| tx.head()));
}

#[test]
fn postgres_killed_in_the_middle() {
    let mut server = ThrowawayPostgres::start().unwrap();
    let place = postgres(server.create_database().unwrap());
    let test = place.open();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (db, acknowledged, stop) = (test.db.clone(), Arc::clone(&acknowledged), Arc::clone(&stop));
            thread::spawn(move || {
                let mut unavailable = 0;
                while !stop.load(Ordering::Relaxed) {
                    match db.write_blocking(|tx| tx.append(at(1), event(1))) {
                        Ok(number) => acknowledged.lock().unwrap().push(number),
                        Err(StoreError::Unavailable(_)) => unavailable += 1,
                        Err(other) => panic!("{other}"),
                    }
                }
                unavailable
            })
        })
        .collect();
    let count = || acknowledged.lock().unwrap().len();
    for round in 1..=2 {
        let before = count();
        eventually("writes succeed", || count() > before + 100);
        server.kill().unwrap();
        eventually("the loss is noticed", || !test.db.is_healthy());
        let (write, read) = (test.write(|tx| tx.head()), test.db.read_blocking(|tx| tx.head()));
        assert!(matches!(write, Err(StoreError::Unavailable(_))), "{write:?}");
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        server.start_again().unwrap();
        test.heard.wait_for("the connection is back", |calls| calls.reconnected.len() >= round);
        eventually("the store is healthy", || test.db.is_healthy());
        eventually("reads succeed", || test.db.read_blocking(|tx| tx.head()).is_ok());
    }
    let before = count();
    eventually("writes succeed", || count() > before + 100);
    stop.store(true, Ordering::Relaxed);
    let unavailable: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    assert!(unavailable > 0);
    assert_eq!(test.see(journal::check_gapless), None);
    let head = test.see(|tx| tx.head());
    let mut acknowledged = acknowledged.lock().unwrap().clone();
    acknowledged.sort_unstable();
    acknowledged.dedup();
    assert_eq!(acknowledged.len(), count(), "no number was given twice");
    assert!(acknowledged.last().is_some_and(|last| *last <= head));
    // What was announced, with what the reconnections said to read, is everything once and in order.
    let calls = test.heard.calls();
    let announced = calls.numbers();
    assert!(announced.is_sorted_by(|left, right| left < right));
    let missing: Vec<i64> = (1..=head).filter(|number| announced.binary_search(number).is_err()).collect();
    assert!(
        missing.iter().all(|number| calls.reconnected.iter().any(|head| number <= head) && acknowledged.binary_search(number).is_err())
    );
    test.db.close();
}

#[test]
fn postgres_connections_cut_one_by_one() {
    let mut server = ThrowawayPostgres::start().unwrap();
    let url = server.create_database().unwrap();
    let test = postgres(url.clone()).open();
    test.put(|tx| tx.append(at(1), event(1)));
    for _ in 0..3 {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        client(&url, |client| client.batch_execute(cut)).unwrap();
        eventually("writes succeed", || test.write(|tx| tx.append(at(1), event(1))).is_ok());
        eventually("reads succeed", || test.db.snapshot_blocking(|tx| tx.head()).is_ok());
    }
    assert!(test.db.is_healthy());
    assert_eq!(test.see(journal::check_gapless), None);

    // Two nodes on one desk: one journal, in one order; each hears of its own events, and of gaps.
    let other = postgres(url).open();
    let ours = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for node in [&test, &other, &test, &other] {
            let ours = &ours;
            scope.spawn(move || {
                for _ in 0..50 {
                    ours.lock().unwrap().push(node.put(|tx| {
                        tx.next_id()?;
                        tx.append(at(1), event(1))
                    }));
                }
            });
        }
    });
    assert_eq!(test.see(journal::check_gapless), None);
    let mut ours = ours.into_inner().unwrap();
    ours.sort_unstable();
    assert!(ours.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no number was given twice or lost");
    let ids: (i64,) = test.see(|tx| tx.one("SELECT next_entity FROM journal_head", &[]));
    assert_eq!(ids.0, 200);
    let last_gap = other.heard.calls().reconnected;
    assert!(!last_gap.is_empty(), "the other node's events are made known");

    // A loss is noticed, and mended, while nothing is written.
    server.stop().unwrap();
    eventually("the loss is noticed", || !test.db.is_healthy());
    server.start_again().unwrap();
    eventually("the connection is back", || test.db.is_healthy());
    assert_eq!(test.write(|tx| tx.append(at(1), event(1))), Ok(ours.last().unwrap() + 1));
    eventually("reads succeed", || test.db.read_blocking(|tx| tx.head()).is_ok());

    // A server that is not there.
    let nowhere = postgres("postgres://nobody@127.0.0.1:1/nothing".to_owned());
    assert!(matches!(nowhere.open_with(Options::default()).map(drop), Err(StoreError::Unavailable(_))));
    let nonsense = postgres("nonsense".to_owned());
    assert!(matches!(nonsense.open_with(Options::default()).map(drop), Err(StoreError::Unavailable(_))));
}

/// A value that is dropped without being closed leaves nothing locked.
#[test]
fn dropping_ends_the_threads() {
    let directory = tempfile::tempdir().unwrap();
    let place = sqlite(directory.path(), "desk.db");
    let test = place.open();
    test.put(|tx| tx.append(at(1), event(1)));
    drop(test);
    eventually("the database can be opened", || match Db::open(&place.location, Options::default(), Box::new(Heard::default())) {
        Ok(db) => {
            db.close();
            true
        }
        Err(StoreError::InUse(_)) => false,
        Err(other) => panic!("{other}"),
    });
}
