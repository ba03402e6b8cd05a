//! One figure on two surfaces is one number: live figures and roll-ups; and who waits for roll-ups gets what was written before.

use std::time::{Duration, Instant};

use super::*;
use crate::bites::Left;
use crate::chats::schedules::Stage;
use crate::conversations::{self, Authority, Writing, Written};
use crate::figures::ChatFigures;
use crate::rollups::reader::SILENT_SECONDS_MAX;
use deskbell_domain::ids::DepartmentId;
use deskbell_store::journal;

fn live(stage: &Stage, department: Option<DepartmentId>) -> ChatFigures {
    let now = stage.desk.now();
    let head = stage.desk.snapshot_blocking(|tx| Ok(tx.head()?)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while stage.desk.figures_number() < head {
        assert!(Instant::now() < deadline, "live figures never follow");
        std::thread::yield_now();
    }
    stage.desk.figures(|figures| figures.chats(department, now))
}

fn sums_of(stage: &Stage, dimension: Dimension, member: i64, minutes: i64) -> Cell {
    let now = stage.desk.now();
    let from = now.plus_seconds(-minutes * 60);
    stage.desk.snapshot_blocking(move |tx| totals(tx, dimension, from, now, now)).unwrap().remove(&member).unwrap_or_default()
}

proptest! {
    #![proptest_config(Config { cases: 24, max_shrink_iters: 200, ..Config::default() })]

    /// The clock stands a second before a quarter begins at the end, and at the begin of one at the start: so cells and windows are of the
    /// same half hour.
    #[test]
    fn what_live_figures_show_is_what_reports_sum(acts in prop::collection::vec(act(), 1..70)) {
        let stage = stage(Routing::LeastBusy, None);
        let quarter = Span::Quarter.micros();
        let next = |at: Timestamp| quarter - at.micros().rem_euclid(quarter);
        stage.clock.advance_seconds(next(stage.desk.now()) / 1_000_000);
        let start = stage.desk.now();
        let cast = (stage.agents.clone(), stage.departments.clone(), stage.visits.clone());
        for act in acts {
            // Half an hour at most.
            let seconds = match &act { Act::Wait { seconds } if *seconds < 100 => *seconds, _ => 3 };
            stage.clock.advance_seconds(seconds);
            let cast = cast.clone();
            let played = stage.desk.write_blocking(move |tx, cx| play(tx, cx, &cast, &act));
            prop_assert!(allowed(played).is_ok());
        }
        let end = start.plus_seconds(30 * 60 - 1);
        if stage.desk.now() > end {
            return Ok(());
        }
        stage.clock.advance_seconds(end.seconds_since(stage.desk.now()));
        stage.desk.rollup_reader().catch_up().unwrap();
        let account = (None, Dimension::Account, 0);
        let departments = stage.departments.iter().map(|department| (Some(*department), Dimension::Department, department.get()));
        for (department, dimension, member) in std::iter::once(account).chain(departments) {
            let (figures, cell) = (live(&stage, department), sums_of(&stage, dimension, member, 29));
            prop_assert_eq!(figures.good[0], cell.get(Measure::Rewards), "{:?}", department);
            prop_assert_eq!(figures.bad[0], cell.get(Measure::Punishments), "{:?}", department);
            prop_assert_eq!(figures.missed[0], cell.get(Measure::UnansweredChats), "{:?}", department);
            let (asked, over) = (cell.get(Measure::IncomingChats), cell.get(Measure::FinishedChats) + cell.get(Measure::UnansweredChats));
            if department.is_none() {
                // All began within the half hour: what is neither over waits or is served.
                prop_assert_eq!(figures.incoming + figures.assigned + figures.active, asked - over);
            }
        }
        stage.desk.close();
    }
}

fn noted(stage: &Stage, count: i64) {
    let visit = stage.visits[0].clone();
    let agent = stage.agents[0];
    stage
        .desk
        .write_blocking(move |tx, cx| {
            let introduction = crate::customers::Introduction::new(None, Some("c@example.com"))?;
            let done = conversations::leave_message(tx, cx, &visit, None, &introduction, "hello", None)?;
            let conversation = done.conversation.expect("it was left in one");
            for _ in 0..count {
                let written = Written { writing: Writing::Note, text: "a note", files: &[], key: None, authority: Authority::Desk };
                conversations::write(tx, cx, deskbell_domain::message::Actor::Agent(agent), conversation, written)?;
            }
            Ok(())
        })
        .unwrap();
}

fn caught_up_on(stage: &Stage) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(caught_up(&stage.desk))
}

#[test]
fn who_waits_gets_what_was_written_before_with_a_reader_and_without() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 3);
    caught_up_on(&stage).unwrap();
    assert_eq!(sums_of(&stage, Dimension::Account, 0, 60).get(Measure::Notes), 3, "nobody reads: whoever asks does");
    stage.desk.keep_rollups().unwrap();
    for round in 1..20 {
        noted(&stage, 1);
        caught_up_on(&stage).unwrap();
        assert_eq!(sums_of(&stage, Dimension::Agent, stage.agents[0].get(), 60).get(Measure::Notes), 3 + round);
        assert_eq!(stage.desk.rollup_number(), stage.desk.snapshot_blocking(|tx| Ok(tx.head()?)).unwrap());
    }
    stage.desk.close();
}

#[test]
fn time_that_goes_on_counts_up_to_now() {
    let stage = stage(Routing::Random, None);
    let began = stage.desk.now();
    stage.clock.advance_seconds(3_600);
    stage.desk.rollup_reader().catch_up().unwrap();
    let now = stage.desk.now();
    let agents = stage.agents.len() as i64;
    let asked = |until: Timestamp| {
        let account = stage.desk.snapshot_blocking(move |tx| totals(tx, Dimension::Account, began, until, now)).unwrap();
        account.get(&0).map_or(0, |cell| cell.get(Measure::WorkTime)) / 1_000_000
    };
    assert_eq!(asked(now), agents * 3_600, "the owner never came");
    assert_eq!(asked(now.plus_seconds(86_400)), agents * 3_600, "what has not been yet is nothing");
    assert_eq!(asked(began.plus_seconds(600)), agents * 600);
    let edges = [began, began.plus_seconds(600), now, now.plus_seconds(900)];
    let cells = stage.desk.snapshot_blocking(move |tx| series(tx, &edges, now)).unwrap();
    let seconds: Vec<i64> = cells.iter().map(|cell| cell.get(Measure::WorkTime) / 1_000_000).collect();
    assert_eq!(seconds, [agents * 600, agents * 3_000, 0]);
    stage.desk.close();
}

#[test]
fn edges_that_fall_are_a_mistake_and_none_is_nothing() {
    let stage = stage(Routing::Random, None);
    let now = stage.desk.now();
    let fallen = stage.desk.snapshot_blocking(move |tx| series(tx, &[now, now.plus_seconds(-1)], now));
    assert_eq!(fallen.map_err(|error| error.kind), Err(Kind::Internal));
    for edges in [vec![], vec![now]] {
        let cells = stage.desk.snapshot_blocking(move |tx| series(tx, &edges, now)).unwrap();
        assert!(cells.is_empty());
    }
    stage.desk.close();
}

#[test]
fn hours_that_an_older_program_did_not_keep_are_made() {
    let stage = stage(Routing::Random, None);
    let began = Span::Day.start(Span::Day.slot(stage.desk.now()) + 1);
    for day in 0..4 {
        stage.clock.set(began.plus_seconds(day * 86_400 + 5_000));
        noted(&stage, day + 1);
    }
    let mut reader = stage.desk.rollup_reader();
    reader.catch_up().unwrap();
    let whole_hours_from = |stage: &Stage| stage.desk.snapshot_blocking(|tx| Ok(rollups::head(tx)?)).unwrap().whole_hours_from;
    let by_hour = |stage: &Stage| {
        let edges: Vec<Timestamp> = (0..=96).map(|hour| began.plus_seconds(hour * 3_600)).collect();
        let now = stage.desk.now();
        let cells = stage.desk.snapshot_blocking(move |tx| series(tx, &edges, now)).unwrap();
        cells.iter().map(|cell| cell.get(Measure::Notes)).collect::<Vec<_>>()
    };
    let notes: Vec<i64> = (0..96).map(|hour| if hour % 24 == 1 { hour / 24 + 1 } else { 0 }).collect();
    assert_eq!((by_hour(&stage), whole_hours_from(&stage)), (notes.clone(), 0));
    stage.desk.write_blocking(|tx, _| super::forget_hours(tx)).unwrap();
    let mut left = vec![whole_hours_from(&stage)];
    while reader.tidy().unwrap() == Left::Some {
        assert_eq!(by_hour(&stage), notes, "hours that are not made yet are read by their quarters");
        // What is told meanwhile is in them, too.
        noted(&stage, 0);
        reader.catch_up().unwrap();
        left.push(whole_hours_from(&stage));
    }
    assert!(left.len() > 4 && left.is_sorted_by(|before, after| before > after), "{left:?}");
    assert_eq!((by_hour(&stage), whole_hours_from(&stage)), (notes, 0));
    assert!(verify(&stage.desk, &mut |_| {}).unwrap().is_sound());
    stage.desk.close();
}

#[test]
fn a_wrong_cell_is_told_and_made_right() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 2);
    stage.desk.rollup_reader().catch_up().unwrap();
    assert!(verify(&stage.desk, &mut |_| {}).unwrap().is_sound());
    let quarter = Span::Quarter.slot(stage.desk.now());
    let key = rollups::Key { dimension: Dimension::Account, span: Span::Quarter, slot: quarter, member: 0 };
    stage
        .desk
        .write_blocking(move |tx, _| {
            let served = rollups::head(tx)?.served;
            let mut more = Cell::default();
            more.add(Measure::Notes, 5);
            Ok(rollups::add(tx, served, &std::collections::BTreeMap::from([(key, more)]))?)
        })
        .unwrap();
    let found = verify(&stage.desk, &mut |_| {}).unwrap();
    let rows = found.rows.clone().unwrap();
    assert!(!found.is_sound());
    assert_eq!((found.journal.differing, rows.differing), (1, 1));
    let told = &found.journal.differences[0];
    assert_eq!((told.measure, told.served, told.counted), (Measure::Notes, 7, 2));
    assert_eq!(rows.differences, found.journal.differences);
    assert!(told.to_string().ends_with("notes is 7, counted 2"), "{told}");
    let mut seen = Vec::new();
    rebuild(&stage.desk, &mut |progress| seen.push(progress)).unwrap();
    assert!(seen.last().is_some_and(|last| last.done == last.all), "{seen:?}");
    assert!(verify(&stage.desk, &mut |_| {}).unwrap().is_sound());
    let left = stage.desk.snapshot_blocking(|tx| Ok((rollups::head(tx)?, rollups::generations(tx)?))).unwrap();
    assert_eq!((left.0.building, left.1.len()), (None, 1), "what was served before, and what was compared, is gone");
    stage.desk.close();
}

#[test]
fn a_rebuild_that_was_killed_leaves_nothing_and_hinders_nobody() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 2);
    stage.desk.rollup_reader().catch_up().unwrap();
    // It was killed in its midst: a part is written, and nobody gives up.
    let mut abandoned = rebuild::begin(&stage.desk).unwrap();
    rebuild::make(&stage.desk, &mut abandoned, &mut |_| {}).unwrap();
    noted(&stage, 1);
    stage.desk.rollup_reader().catch_up().unwrap();
    rebuild(&stage.desk, &mut |_| {}).unwrap();
    // It wakes up again, and sees that another one has begun.
    let late = rebuild::serve(stage.desk.db(), &abandoned).expect_err("another one has taken its place");
    assert_eq!(late.kind, Kind::Conflict);
    noted(&stage, 1);
    stage.desk.keep_rollups().unwrap();
    caught_up_on(&stage).unwrap();
    assert_eq!(sums_of(&stage, Dimension::Account, 0, 60).get(Measure::Notes), 4);
    let deadline = Instant::now() + Duration::from_secs(60);
    while stage.desk.snapshot_blocking(|tx| Ok(rollups::generations(tx)?)).unwrap().len() > 1 {
        assert!(Instant::now() < deadline, "the reader does not take away what is over");
        std::thread::yield_now();
    }
    assert!(verify(&stage.desk, &mut |_| {}).unwrap().is_sound());
    stage.desk.close();
}

#[test]
fn a_builder_that_has_fallen_silent_is_one_no_more() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 2);
    let mut reader = stage.desk.rollup_reader();
    reader.catch_up().unwrap();
    let mut abandoned = rebuild::begin(&stage.desk).unwrap();
    rebuild::make(&stage.desk, &mut abandoned, &mut |_| {}).unwrap();
    let stored = || stage.desk.snapshot_blocking(|tx| Ok((rollups::head(tx)?.building, rollups::generations(tx)?.len()))).unwrap();
    // His clock may be another one: what counts is how long he is watched.
    stage.clock.advance_seconds(2 * SILENT_SECONDS_MAX);
    assert_eq!(reader.tidy().unwrap(), Left::Nothing, "seen for the first time");
    stage.clock.advance_seconds(SILENT_SECONDS_MAX);
    assert_eq!(reader.tidy().unwrap(), Left::Nothing, "he may be at work");
    assert_eq!(stored(), (Some(abandoned.generation), 2));
    stage.clock.advance_seconds(1);
    while reader.tidy().unwrap() == Left::Some {}
    assert_eq!(stored(), (None, 1));
    assert_eq!(rebuild::serve(stage.desk.db(), &abandoned).expect_err("nothing of it is left").kind, Kind::Conflict);
    // Nobody takes his work for the next one's.
    assert!(rebuild::begin(&stage.desk).unwrap().generation > abandoned.generation);
    stage.desk.close();
}

#[test]
fn what_was_added_up_is_never_missing_after_a_rebuild() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 2);
    stage.desk.rollup_reader().catch_up().unwrap();
    let mut building = rebuild::begin(&stage.desk).unwrap();
    rebuild::make(&stage.desk, &mut building, &mut |_| {}).unwrap();
    noted(&stage, 3);
    stage.desk.rollup_reader().catch_up().unwrap();
    assert!(!rebuild::serve(stage.desk.db(), &building).unwrap(), "what is served knows more");
    assert_eq!(sums_of(&stage, Dimension::Account, 0, 60).get(Measure::Notes), 5);
    rebuild::make(&stage.desk, &mut building, &mut |_| {}).unwrap();
    assert!(rebuild::serve(stage.desk.db(), &building).unwrap());
    assert_eq!(sums_of(&stage, Dimension::Account, 0, 60).get(Measure::Notes), 5);
    stage.desk.close();
}

#[test]
fn a_journal_that_is_shortened_under_a_rebuild_stops_it() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 2);
    stage.desk.rollup_reader().catch_up().unwrap();
    let mut building = rebuild::begin(&stage.desk).unwrap();
    stage.desk.write_blocking(|tx, cx| Ok(journal::trim(tx, cx.now.plus_seconds(1), i64::MAX)?)).unwrap();
    let stopped = rebuild::make(&stage.desk, &mut building, &mut |_| {}).expect_err("what it was to read is gone");
    assert_eq!(stopped.kind, Kind::Conflict, "{stopped}");
    assert_eq!(sums_of(&stage, Dimension::Account, 0, 60).get(Measure::Notes), 2);
    stage.desk.close();
}

#[test]
fn a_reader_notices_at_once_that_cells_were_made_anew() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 2);
    let mut reader = stage.desk.rollup_reader();
    reader.catch_up().unwrap();
    rebuild(&stage.desk, &mut |_| {}).unwrap();
    noted(&stage, 1);
    reader.catch_up().unwrap();
    assert_eq!(sums_of(&stage, Dimension::Account, 0, 60).get(Measure::Notes), 3);
    assert!(verify(&stage.desk, &mut |_| {}).unwrap().is_sound());
    stage.desk.close();
}

#[test]
fn what_the_journal_forgot_is_kept() {
    let stage = stage(Routing::Random, None);
    noted(&stage, 2);
    stage.clock.advance_seconds(7_200);
    noted(&stage, 3);
    stage.desk.rollup_reader().catch_up().unwrap();
    let before = stored(&stage.desk);
    let trimmed = stage.desk.now().plus_seconds(-3_600);
    let gone = stage.desk.write_blocking(move |tx, _| Ok(deskbell_store::journal::trim(tx, trimmed, i64::MAX)?)).unwrap();
    assert!(gone > 0);
    rebuild(&stage.desk, &mut |_| {}).unwrap();
    stage.desk.rollup_reader().catch_up().unwrap();
    let kept: Vec<_> = before.iter().filter(|(key, _)| key.3 == Measure::Notes).collect();
    let after = stored(&stage.desk);
    assert_eq!(after.iter().filter(|(key, _)| key.3 == Measure::Notes).collect::<Vec<_>>(), kept);
    let now = stage.desk.now();
    let day = stage.desk.snapshot_blocking(move |tx| totals(tx, Dimension::Account, now.plus_seconds(-864_000), now, now)).unwrap();
    assert_eq!(day[&0].get(Measure::Notes), 5, "days and blocks hold them, too");
    stage.desk.close();
}
