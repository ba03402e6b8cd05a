//! Reads: snapshots, values, order.

use super::{Place, at, event};
use crate::engine::{Param, Row};
use crate::error::StoreError;
use crate::idempotency;
use crossbeam_channel::bounded;
use deskbell_domain::time::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const COUNT: &str = "SELECT COUNT(*), MAX(number) FROM journal";

pub(super) fn a_snapshot_does_not_move(place: &Place) {
    let test = place.open();
    test.put(|tx| tx.append(at(1), event(1)));
    for snapshot in [true, false] {
        let before = test.see(|tx| tx.head());
        let (write, asked) = bounded(1);
        let (written, done) = bounded(1);
        let job = move |tx: &mut crate::engine::Tx<'_>| -> Result<(i64, i64), StoreError> {
            let first = tx.head()?;
            write.send(()).expect("somebody waits");
            done.recv().expect("somebody sends");
            let (count, _): (i64, Option<i64>) = tx.one(COUNT, &[])?;
            Ok((first, count))
        };
        let db = test.db.clone();
        let reading = thread::spawn(move || if snapshot { db.snapshot_blocking(job) } else { db.read_blocking(job) });
        asked.recv().expect("the read runs");
        test.put(|tx| tx.append(at(1), event(2)));
        written.send(()).expect("the read waits");
        let (head, count) = reading.join().expect("the read ends").expect("the read succeeds");
        assert_eq!(head, before);
        assert_eq!(count, if snapshot { before } else { before + 1 });
    }
}

pub(super) fn snapshots_agree_with_the_head(place: &Place) {
    let test = place.open();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    test.put(|tx| {
                        tx.append(at(1), event(1))?;
                        tx.append(at(1), event(2))
                    });
                }
            });
        }
        for _ in 0..200 {
            let (head, count, last) = test.see(|tx| {
                let (count, last): (i64, Option<i64>) = tx.one(COUNT, &[])?;
                Ok((tx.head()?, count, last.unwrap_or(0)))
            });
            assert_eq!((count, last), (head, head));
            assert_eq!(head % 2, 0, "a job is in it wholly or not at all");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

pub(super) fn reads_cannot_write(place: &Place) {
    let test = place.open();
    for result in [
        test.db.read_blocking(|tx| tx.exec("DELETE FROM journal_head", &[])),
        test.db.snapshot_blocking(|tx| tx.exec("DELETE FROM journal_head", &[])),
    ] {
        assert!(result.is_err());
    }
    let appended = test.db.read_blocking(|tx| tx.append(at(1), event(1)));
    assert!(matches!(appended, Err(StoreError::Sql(_))));
    assert_eq!(test.see(|tx| tx.head()), 0);
    assert!(test.db.is_healthy());
}

pub(super) fn values_come_back(place: &Place) {
    let test = place.open();
    test.create_scratch();
    let long = "ü".repeat(100_000);
    let stored = long.clone();
    test.put(move |tx| {
        let insert = "INSERT INTO scratch (id, name, amount, fraction, bytes, parent) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.exec(insert, &[&i64::MIN, &stored, &i64::MAX, &0.1f64, &vec![0u8, 255, 7], &None::<i64>])?;
        tx.exec(insert, &[&1i32, &"", &true, &-2.5f64, &&[][..], &Some(i64::MIN)])?;
        tx.exec(insert, &[&2i16, &None::<String>, &Timestamp::from_micros(7), &None::<f64>, &None::<Vec<u8>>, &None::<i64>])
    });
    type Everything = (i64, Option<String>, Option<i64>, Option<f64>, Option<Vec<u8>>, Option<i64>);
    let rows: Vec<Everything> = test.see(|tx| tx.all("SELECT id, name, amount, fraction, bytes, parent FROM scratch ORDER BY id", &[]));
    assert_eq!(
        rows,
        vec![
            (i64::MIN, Some(long), Some(i64::MAX), Some(0.1), Some(vec![0, 255, 7]), None),
            (1, Some(String::new()), Some(1), Some(-2.5), Some(Vec::new()), Some(i64::MIN)),
            (2, None, Some(7), None, None, None),
        ]
    );
    let (flag, moment, small): (bool, Timestamp, i16) =
        test.see(|tx| tx.one("SELECT amount, id, id FROM scratch WHERE amount = $1 AND id = $2", &[&true, &1u16]));
    assert_eq!((flag, moment, small), (true, Timestamp::from_micros(1), 1));
    let swapped: (i64, i64) = test.see(|tx| tx.one("SELECT CAST($2 AS BIGINT), CAST($1 AS BIGINT)", &[&10i64, &20i64]));
    assert_eq!(swapped, (20, 10), "placeholders go by number");
    let literal: (String,) = test.see(|tx| tx.one("SELECT '$1 ' || CAST($1 AS TEXT)", &[&"x"]));
    assert_eq!(literal.0, "$1 x");
    let counted: (i64, i64, bool) = test.see(|tx| {
        tx.one(
            "SELECT COUNT(*), CAST(SUM(amount - amount + id) AS BIGINT), EXISTS (SELECT 1 FROM scratch WHERE id = $1) FROM scratch WHERE id > 0",
            &[&2i64],
        )
    });
    assert_eq!(counted, (2, 3, true));
    let upserted: (i64, Option<i64>) = test.put(|tx| {
        tx.one(
            "INSERT INTO scratch (id, amount) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET amount = scratch.amount + excluded.amount RETURNING id, amount",
            &[&2i64, &5i64],
        )
    });
    assert_eq!(upserted, (2, Some(12)));
    let borrowed: Option<usize> =
        test.see(|tx| tx.opt_with("SELECT name FROM scratch WHERE id = $1", &[&i64::MIN], |row| Ok(row.str(0)?.len())));
    assert_eq!(borrowed, Some(200_000));
}

pub(super) fn wrong_values_are_refused(place: &Place) {
    let test = place.open();
    test.create_scratch();
    test.put(|tx| tx.exec("INSERT INTO scratch (id, name, amount) VALUES (1, 'x', 70000)", &[]));
    let nul = test.write(|tx| tx.exec("UPDATE scratch SET name = $1", &[&"a\0b"]));
    assert!(matches!(nul, Err(StoreError::Sql(_))), "{nul:?}");
    for params in [&[][..], &[&1i64 as &dyn Param, &2i64]] {
        let count = params.len();
        let result = test.write(move |tx| {
            let all: [&dyn Param; 2] = [&1i64, &2i64];
            tx.exec("UPDATE scratch SET amount = $1", &all[..count])
        });
        assert!(matches!(result, Err(StoreError::Sql(_))), "{count} values for one placeholder: {result:?}");
    }
    let corrupt = |sql: &'static str, read: fn(&Row<'_>) -> Result<(), StoreError>| {
        let result = test.db.read_blocking(move |tx| tx.opt_with(sql, &[], read));
        assert!(matches!(result, Err(StoreError::Corrupt(_))), "{sql}: {result:?}");
    };
    corrupt("SELECT amount FROM scratch", |row| row.get::<i16>(0).map(drop));
    corrupt("SELECT amount FROM scratch", |row| row.get::<bool>(0).map(drop));
    corrupt("SELECT amount FROM scratch", |row| row.get::<String>(0).map(drop));
    corrupt("SELECT name FROM scratch", |row| row.get::<i64>(0).map(drop));
    corrupt("SELECT bytes FROM scratch", |row| row.get::<Vec<u8>>(0).map(drop));
    corrupt("SELECT fraction FROM scratch", |row| row.str(0).map(drop));
    let none = test.db.read_blocking(|tx| tx.one::<(i64,)>("SELECT id FROM scratch WHERE id = 9", &[]));
    assert!(matches!(none, Err(StoreError::Corrupt(_))));
    let beyond = test.db.read_blocking(|tx| tx.one::<(i64, i64)>("SELECT id FROM scratch", &[]));
    assert!(matches!(beyond, Err(StoreError::Sql(_))), "{beyond:?}");
}

pub(super) fn texts_sort_by_bytes_and_nulls_as_told(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        for key in ["é", "a", "B", "b", "A", "_", "10", "9"] {
            idempotency::remember(tx, "order", key, at(1), "")?;
        }
        Ok(())
    });
    let keys: Vec<(String,)> = test.see(|tx| tx.all("SELECT key FROM idempotency WHERE scope = 'order' ORDER BY key", &[]));
    assert_eq!(keys.into_iter().map(|(key,)| key).collect::<Vec<_>>(), ["10", "9", "A", "B", "_", "a", "b", "é"]);
    let after: Vec<(String,)> =
        test.see(|tx| tx.all("SELECT key FROM idempotency WHERE (scope, key) > ($1, $2) ORDER BY key LIMIT $3", &[&"order", &"B", &2i64]));
    assert_eq!(after, vec![("_".to_owned(),), ("a".to_owned(),)], "keyset paging follows the same order");

    test.create_scratch();
    test.put(|tx| tx.exec("INSERT INTO scratch (id, amount) VALUES (1, 5), (2, NULL), (3, 4)", &[]));
    let first: Vec<(i64,)> = test.see(|tx| tx.all("SELECT id FROM scratch ORDER BY amount NULLS FIRST", &[]));
    let last: Vec<(i64,)> = test.see(|tx| tx.all("SELECT id FROM scratch ORDER BY amount DESC NULLS LAST", &[]));
    assert_eq!(first, vec![(2,), (3,), (1,)]);
    assert_eq!(last, vec![(1,), (3,), (2,)]);
}

pub(super) fn dynamic_statements(place: &Place) {
    let test = place.open();
    test.create_scratch();
    test.put(|tx| tx.exec("INSERT INTO scratch (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')", &[]));
    // More texts than are kept prepared.
    for length in 1..=100usize {
        let found = test.see(move |tx| {
            let marks: Vec<String> = (1..=length).map(|number| format!("${number}")).collect();
            let wanted: Vec<i64> = (2..2 + length as i64).collect();
            let params: Vec<&dyn Param> = wanted.iter().map(|id| id as &dyn Param).collect();
            let sql = format!("SELECT name FROM scratch WHERE id IN ({}) ORDER BY id", marks.join(", "));
            let mut each = Vec::new();
            tx.each_dynamic(&sql, &params, |row| {
                each.push(row.get::<String>(0)?);
                Ok(())
            })?;
            let all = tx.all_dynamic_with(&sql, &params, |row| row.get::<String>(0))?;
            assert_eq!(each, all);
            assert_eq!(tx.opt_dynamic_with(&sql, &params, |row| row.get::<String>(0))?.as_ref(), all.first());
            Ok(all)
        });
        assert_eq!(found, if length == 1 { vec!["b"] } else { vec!["b", "c"] });
    }
    assert_eq!(test.put(|tx| tx.exec_dynamic("DELETE FROM scratch WHERE id > $1", &[&1i64])), 2);
}
