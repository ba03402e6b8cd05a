//! Sums between any edges are those of the rows, on both engines; and they are read from the cells that they should be.

use deskbell_domain::calendar::Calendar;
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId, SlaItemId, SlaLevelId};
use deskbell_domain::sla::clock::{Clock, Run, Settled, Subject};
use deskbell_domain::sla::{Goal, Level};
use deskbell_store::suite::{Place, TestDb, damage, rows};
use deskbell_store::tables::sla::clocks;
use deskbell_store::tables::sla::log::Closing;
use deskbell_store::tables::{self, conversations, customers, departments};
use deskbell_store::throwaway_postgres::{ThrowawayPostgres, create_database};
use deskbell_store::{Location, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

const HOUR_MICROS: i64 = 60 * MINUTE_MICROS;
/// When what is reached begins: a whole hour.
const FROM_MICROS: i64 = 500_000 * HOUR_MICROS;
/// Over how long.
const HOURS: i64 = 6;

/// A goal that was reached.
#[derive(Debug, Clone)]
struct Reached {
    medium: Medium,
    at: i64,
    is_kept: bool,
    taken: i64,
    department: i64,
    /// 0: nobody.
    agent: i64,
    customer: i64,
    level: i64,
}

impl Reached {
    fn is_of(&self, medium: Medium, filter: &LogFilter) -> bool {
        let is = |asked: Option<i64>, own: i64| asked.is_none_or(|asked| asked == own);
        self.medium == medium
            && is(filter.department.map(DepartmentId::get), self.department)
            && is(filter.agent.map(AgentId::get), self.agent)
            && is(filter.requester.map(CustomerId::get), self.customer)
            && is(filter.level.map(SlaLevelId::get), self.level)
    }
}

fn reached() -> impl Strategy<Value = Reached> {
    let quarter = || 0..HOURS * 4;
    let at = prop_oneof![
        0..HOURS * HOUR_MICROS,
        quarter().prop_map(|quarter| quarter * 15 * MINUTE_MICROS),
        quarter().prop_map(|quarter| (quarter + 1) * 15 * MINUTE_MICROS - 1),
    ];
    let whose = (1..3i64, 0..3i64, 1..3i64, 1..3i64);
    let medium = prop::sample::select(vec![Medium::Tickets, Medium::Tickets, Medium::Calls]);
    (medium, at, any::<bool>(), 0..100i64, whose).prop_map(|(medium, at, is_kept, taken, (department, agent, customer, level))| Reached {
        medium,
        at: FROM_MICROS + at,
        is_kept,
        taken,
        department,
        agent,
        customer,
        level,
    })
}

/// On whole hours, half hours, quarters and anywhere; some, or one after the other.
fn edges() -> impl Strategy<Value = Vec<Timestamp>> {
    let grid = prop::sample::select(vec![60 * MINUTE_MICROS, 30 * MINUTE_MICROS, 15 * MINUTE_MICROS, 7_000_001]);
    let some = (grid, prop::collection::vec(0..HOURS * HOUR_MICROS, 2..9))
        .prop_map(|(grid, edges)| edges.into_iter().map(|edge| edge / grid * grid).collect::<Vec<_>>());
    let offset = prop::sample::select(vec![0, 15 * MINUTE_MICROS, 30 * MINUTE_MICROS, 45 * MINUTE_MICROS, 32 * MINUTE_MICROS + 7]);
    let all = (offset, 1..HOURS).prop_map(|(offset, hours)| (0..=hours).map(|hour| offset + hour * HOUR_MICROS).collect::<Vec<_>>());
    prop_oneof![some, all].prop_map(|mut edges| {
        edges.sort_unstable();
        edges.into_iter().map(|edge| Timestamp::from_micros(FROM_MICROS + edge)).collect()
    })
}

/// What rows of the log refer to: levels 1 and 2, and one conversation.
fn fill(tx: &mut Tx<'_>) -> Result<(), AppError> {
    departments::put(tx, &rows::department(DepartmentId::DEFAULT), Timestamp::EPOCH)?;
    customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(1), Timestamp::EPOCH))?;
    conversations::insert(tx, &rows::conversation(1))?;
    for number in 1..3 {
        let (id, name) = (SlaLevelId::from_i64(number), format!("Level {number}"));
        let level = Level { id, name, times: deskbell_domain::sla::Times::default(), calendar: Calendar::always() };
        tables::sla::insert_level(tx, &level, Timestamp::EPOCH)?;
    }
    Ok(())
}

/// Puts these in the log, and nothing else.
fn log_all(test: &TestDb, all: &[Reached]) {
    let all = all.to_vec();
    let put = move |tx: &mut Tx<'_>| {
        damage::empty_log(tx)?;
        for (reached, number) in all.iter().zip(1..) {
            let (at, goal) =
                (Timestamp::from_micros(reached.at), if reached.medium == Medium::Calls { Goal::CallAnswer } else { Goal::NextAnswer });
            let due = if reached.is_kept { at } else { at.plus_micros(-1) };
            let clock = Clock {
                id: SlaItemId::from_i64(number),
                conversation: ConversationId::from_i64(1),
                level: SlaLevelId::from_i64(reached.level),
                goal,
                subject: Subject::Ticket,
                started: Timestamp::EPOCH,
                allowed_micros: 1,
                used_micros: 0,
                run: Run::Since { since: Timestamp::EPOCH, due },
                breached: false,
            };
            clocks::insert(tx, &clock)?;
            let closing = Closing {
                settled: Settled { due, taken_micros: reached.taken },
                at,
                department: DepartmentId::from_i64(reached.department),
                agent: Some(reached.agent).filter(|agent| *agent > 0).map(AgentId::from_i64),
                customer: CustomerId::from_i64(reached.customer),
            };
            log::close(tx, &clock, &closing)?;
        }
        Ok::<_, AppError>(())
    };
    test.db.write_blocking(put).unwrap();
}

fn ask(test: &TestDb, medium: Medium, filter: &LogFilter, edges: &[Timestamp]) -> Vec<Compliance> {
    let (filter, edges) = (filter.clone(), edges.to_vec());
    test.db.snapshot_blocking(move |tx| compliance(tx, medium, &filter, &edges)).unwrap()
}

/// A plain count of one interval.
fn counted(all: &[Reached], medium: Medium, filter: &LogFilter, from: Timestamp, until: Timestamp) -> Compliance {
    let mut sums = Compliance::default();
    for one in all.iter().filter(|one| one.is_of(medium, filter) && (from.micros()..until.micros()).contains(&one.at)) {
        let times = if one.is_kept { &mut sums.fulfilled } else { &mut sums.unfulfilled };
        let is_first = times.count == 0;
        times.count += 1;
        times.sum_micros += one.taken;
        times.max_micros = if is_first { one.taken } else { times.max_micros.max(one.taken) };
        times.min_micros = if is_first { one.taken } else { times.min_micros.min(one.taken) };
    }
    sums
}

fn filters() -> Vec<LogFilter> {
    let any = LogFilter::default;
    let (department, agent) = (Some(DepartmentId::from_i64(1)), Some(AgentId::from_i64(2)));
    let (requester, level) = (Some(CustomerId::from_i64(1)), Some(SlaLevelId::from_i64(2)));
    vec![
        any(),
        LogFilter { department, ..any() },
        LogFilter { agent, ..any() },
        LogFilter { level, ..any() },
        LogFilter { department, agent, level, requester: None },
        LogFilter { requester, ..any() },
    ]
}

fn sums_are_those_of_the_rows(location: Location) {
    let test = Place { location }.open();
    test.db.write_blocking(fill).unwrap();
    let mut runner = TestRunner::new(Config { cases: 64, max_shrink_iters: 200, ..Config::default() });
    let case = (prop::collection::vec(reached(), 0..40), prop::collection::vec(edges(), 1..6));
    let outcome = runner.run(&case, |(all, asked)| {
        log_all(&test, &all);
        prop_assert_eq!(test.see(log::recount).wrong_cells, 0);
        for edges in asked {
            for (medium, filter) in
                [Medium::Tickets, Medium::Calls].into_iter().flat_map(|medium| filters().into_iter().map(move |filter| (medium, filter)))
            {
                let plain: Vec<_> = edges.windows(2).map(|pair| counted(&all, medium, &filter, pair[0], pair[1])).collect();
                prop_assert_eq!(ask(&test, medium, &filter, &edges), plain, "{:?} {:?} {:?}", medium, filter, edges);
            }
        }
        Ok(())
    });
    test.db.close();
    outcome.unwrap();
}

#[test]
fn sums_are_those_of_the_rows_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    sums_are_those_of_the_rows(Location::Sqlite(directory.path().join("desk.db")));
}

#[test]
fn sums_are_those_of_the_rows_on_postgres() {
    let given = std::env::var_os("DESKBELL_TEST_POSTGRES").map(|url| url.into_string().unwrap());
    let own = given.is_none().then(|| ThrowawayPostgres::start().unwrap());
    let server = given.unwrap_or_else(|| own.as_ref().unwrap().url());
    sums_are_those_of_the_rows(Location::Postgres(create_database(&server).unwrap()));
}

/// What is not to be read is made wrong first.
#[test]
fn the_longest_cells_that_fit_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let test = Place { location: Location::Sqlite(directory.path().join("desk.db")) }.open();
    test.db.write_blocking(fill).unwrap();
    let every = 10 * MINUTE_MICROS;
    let one = |at: i64| Reached { medium: Medium::Tickets, at, is_kept: true, taken: 1, department: 1, agent: 1, customer: 1, level: 1 };
    let all: Vec<Reached> = (0..HOURS * 6).map(|number| one(FROM_MICROS + number * every)).collect();
    let counts = |offset: i64, step: i64, spoil: fn(&mut Tx<'_>) -> Result<(), StoreError>| {
        log_all(&test, &all);
        test.put(spoil);
        let edges: Vec<_> = (0..=3).map(|number| Timestamp::from_micros(FROM_MICROS + offset + number * step)).collect();
        ask(&test, Medium::Tickets, &LogFilter::default(), &edges).iter().map(|sums| sums.fulfilled.count).collect::<Vec<_>>()
    };
    let no_quarters = |tx: &mut Tx<'_>| damage::lose_cells(tx, Span::Quarter);
    let no_hours = |tx: &mut Tx<'_>| damage::lose_cells(tx, Span::Hour);
    let half = HOUR_MICROS / 2;
    assert_eq!(counts(0, HOUR_MICROS, no_quarters), [6, 6, 6], "no hour is cut");
    assert_eq!(counts(0, HOUR_MICROS, damage::lose_rows), [6, 6, 6]);
    assert_eq!(counts(0, HOUR_MICROS, no_hours), [0, 0, 0]);
    assert_eq!(counts(half, HOUR_MICROS, no_hours), [6, 6, 6], "every hour is cut");
    assert_eq!(counts(half, HOUR_MICROS, damage::lose_rows), [6, 6, 6]);
    assert_eq!(counts(half, HOUR_MICROS, no_quarters), [0, 0, 0]);
    // Of 90 minutes each, an hour is whole: the second half of one and the next, then one and the first half of the next.
    assert_eq!(counts(half, 3 * half, no_hours), [3, 3, 3]);
    assert_eq!(counts(half, 3 * half, no_quarters), [6, 6, 6]);
    // Rows are read of the quarters that are cut.
    let no_cut_cells = |tx: &mut Tx<'_>| {
        damage::lose_cells(tx, Span::Hour)?;
        (0..=3).try_for_each(|hour| damage::lose_cells_at(tx, Span::Quarter, Timestamp::from_micros(FROM_MICROS + hour * HOUR_MICROS)))
    };
    assert_eq!(counts(5 * MINUTE_MICROS, HOUR_MICROS, no_cut_cells), [6, 6, 6]);
}

#[test]
fn sums_have_names() {
    let everything =
        WrongCell { medium: Medium::Calls, department: None, agent: None, level: None, span: Span::Hour, start: Span::Hour.start(25) };
    assert_eq!(named(&everything), "calls, 60 minutes from 1970-01-02T01:00:00Z");
    let level = SlaLevelId::from_i64(7);
    let one = WrongCell { department: Some(DepartmentId::DEFAULT), level: Some(level), span: Span::Quarter, ..everything };
    assert_eq!(named(&one), format!("calls, 15 minutes from 1970-01-02T01:00:00Z, department default, level {level}"));
}
