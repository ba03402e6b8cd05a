//! Which index counts and forgets firings on SQLite, whose planner knows nothing of the rows. That the counts are right, and what is forgotten,
//! is the suite's matter.

use super::*;
use crate::engine::{Db, Location, Options, Param};

#[test]
fn what_is_recent_is_counted_without_reading_what_is_old() {
    let directory = tempfile::tempdir().expect("a directory");
    let db = Db::open(&Location::Sqlite(directory.path().join("desk.sqlite")), Options::default(), Box::new(())).expect("opens");
    for sql in [TIMES, ANSWERS] {
        let plan = db.read_blocking(move |tx| {
            let params: [&dyn Param; 4] = [&1i64, &2i64, &3i64, &"done"];
            let given = if sql == TIMES { &params[..] } else { &params[..2] };
            tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN {sql}"), given, |row| row.get::<String>(3))
        });
        let wanted = "SEARCH rule_firings USING COVERING INDEX rule_firings_recent (conversation_id=? AND at>?)";
        assert_eq!(plan.expect("a plan"), [wanted], "{sql}");
    }
}

#[test]
fn effects_are_forgotten_without_reading_what_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    let db = Db::open(&Location::Sqlite(directory.path().join("desk.sqlite")), Options::default(), Box::new(())).expect("opens");
    let plan =
        db.read_blocking(|tx| tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN {FORGET_EFFECTS}"), &[&1i64], |row| row.get::<String>(3)));
    assert_eq!(plan.expect("a plan"), ["SEARCH rule_effects USING INTEGER PRIMARY KEY (rowid<?)"]);
}
