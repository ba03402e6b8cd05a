//! Roll-ups of random histories: counted again from rows, the same after any number of restarts and rebuilds, and however their time is cut.

mod histories;
mod phones;
mod surfaces;

use deskbell_domain::department::Strategy as Routing;
use deskbell_domain::measure::REGISTRY;
use deskbell_store::recount;
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::{Config, TestCaseError};

use super::*;
use crate::chats::schedules::{Act, act, allowed, play, stage};
use crate::error::Kind;
use histories::{Deed, deed, do_it};

/// What happens between two looks.
#[derive(Debug, Clone)]
enum Step {
    Chats(Act),
    Tickets(Deed),
    Phones(phones::Deed),
    /// Nobody does anything for a while that crosses quarters, and sometimes days.
    Wait {
        minutes: i64,
    },
    /// One of two readers, as two nodes have them, folds what there is.
    Read {
        reader: usize,
    },
    /// It is killed; what it had in memory is gone.
    Restart {
        reader: usize,
        bite_events: i64,
    },
    Rebuild,
    /// The desk comes from a program that kept no hours.
    Upgrade,
    /// A reader has nothing else to do.
    Tidy,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => act().prop_map(Step::Chats),
        12 => deed().prop_map(Step::Tickets),
        12 => phones::deed().prop_map(Step::Phones),
        3 => prop_oneof![4i64..20, 300i64..2_000].prop_map(|minutes| Step::Wait { minutes }),
        3 => (0usize..2).prop_map(|reader| Step::Read { reader }),
        2 => (0usize..2, 1i64..8).prop_map(|(reader, bite_events)| Step::Restart { reader, bite_events }),
        1 => proptest::strategy::Just(Step::Rebuild),
        1 => proptest::strategy::Just(Step::Upgrade),
        1 => proptest::strategy::Just(Step::Tidy),
    ]
}

/// Leaves the cells as a program did that kept no hours, up to now.
fn forget_hours(tx: &mut Tx<'_>) -> Result<(), AppError> {
    let head = rollups::head(tx)?;
    let Some((_, last)) = rollups::slot_bounds(tx, head.served)? else { return Ok(()) };
    for dimension in Dimension::ALL {
        rollups::clear(tx, head.served, (dimension, Span::Hour), &(i64::MIN..i64::MAX))?;
    }
    Ok(rollups::set_head(tx, Head { whole_hours_from: last / Span::Hour.quarters() + 1, ..head })?)
}

fn stored(desk: &Desk) -> recount::reports::Sums {
    let all = |tx: &mut Tx<'_>| {
        let served = rollups::head(tx)?.served;
        let mut found = recount::reports::Sums::new();
        for dimension in Dimension::ALL {
            rollups::each(tx, served, (dimension, Span::Quarter), rollups::Slots::Range(0..i64::MAX), |slot, member, body| {
                let mut cell = Cell::default();
                rollups::add_body(&mut cell, body)?;
                found.extend(cell.entries().map(|(measure, number)| ((dimension, member, slot, measure), number)));
                Ok(())
            })?;
        }
        Ok(found)
    };
    desk.snapshot_blocking(all).unwrap()
}

fn counted(desk: &Desk) -> recount::reports::Sums {
    desk.snapshot_blocking(|tx| Ok(recount::reports::reports(tx, Timestamp::EPOCH, Timestamp::from_micros(i64::MAX))?)).unwrap()
}

/// What one has and the other has not.
fn difference(served: &recount::reports::Sums, counted: &recount::reports::Sums) -> Vec<String> {
    let keys: std::collections::BTreeSet<_> = served.keys().chain(counted.keys()).collect();
    keys.into_iter()
        .filter(|key| served.get(*key) != counted.get(*key))
        .map(|key| {
            format!("{:?} {} quarter {} {:?}: {:?} served, {:?} counted", key.0, key.1, key.2, key.3, served.get(key), counted.get(key))
        })
        .collect()
}

/// A year in every way that reports cut it: the parts add up to the whole.
fn check_cuts(desk: &Desk) -> Result<(), TestCaseError> {
    let now = desk.now();
    let (from, until) = (now.plus_seconds(-40 * 86_400), now.plus_seconds(1));
    let sum = |cells: &[Cell]| {
        let mut sum = Cell::default();
        cells.iter().for_each(|cell| sum.merge(cell));
        sum
    };
    // Whole quarters, so that what is open is cut at the same moments.
    let quarter = |at: Timestamp| Span::Quarter.start(Span::Quarter.slot(at));
    let (from, until) = (quarter(from), quarter(until.plus_micros(Span::Quarter.micros())));
    let whole = desk.snapshot_blocking(move |tx| totals(tx, Dimension::Account, from, until, now)).unwrap().remove(&0).unwrap_or_default();
    for step_minutes in [15, 60, 1_440, 10_080, 44_640] {
        // Days of zones that are behind by half an hour or by three quarters begin elsewhere.
        for shift_minutes in [0, 30, 45] {
            let step = step_minutes * 60;
            let mut edges = vec![from];
            let mut edge = from.plus_seconds(shift_minutes * 60);
            while edge < until {
                edges.push(edge);
                edge = edge.plus_seconds(step);
            }
            edges.push(until);
            edges.dedup();
            let cells = desk.snapshot_blocking(move |tx| series(tx, &edges, now)).unwrap();
            prop_assert_eq!(&sum(&cells), &whole, "by {} minutes from {}", step_minutes, shift_minutes);
        }
    }
    for (dimension, adds_up) in [
        (Dimension::Department, of_departments as fn(Measure) -> bool),
        (Dimension::Channel, of_departments),
        (Dimension::Agent, of_agents),
    ] {
        let members = desk.snapshot_blocking(move |tx| totals(tx, dimension, from, until, now)).unwrap();
        let members: Vec<Cell> = members.into_values().collect();
        let sum = sum(&members);
        for entry in REGISTRY.iter().filter(|entry| adds_up(entry.measure)) {
            prop_assert_eq!(sum.get(entry.measure), whole.get(entry.measure), "{} of {:?}s", entry.name, dimension);
        }
    }
    Ok(())
}

/// All but signed-in time, which is no department's, happens in one department and through one channel.
fn of_departments(measure: Measure) -> bool {
    measure != Measure::WorkTime
}

/// What only agents do.
fn of_agents(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::Answers
            | Measure::Notes
            | Measure::Chats
            | Measure::ChatPickups
            | Measure::ChatPickupTime
            | Measure::ChatPickupTimes
            | Measure::ChatTime
            | Measure::ChatTimes
            | Measure::ChatAnswers
            | Measure::MissedChats
            | Measure::FinishedChats
            | Measure::FirstAssigns
            | Measure::FirstAssignTime
            | Measure::NotRanked
            | Measure::Calls
            | Measure::MissedCalls
            | Measure::FinishedCalls
            | Measure::CallTime
            | Measure::CallTimes
            | Measure::CallPickupTime
            | Measure::CallPickupTimes
            | Measure::OutgoingCalls
            | Measure::OutgoingCallTime
            | Measure::OutgoingCallTimes
            | Measure::InternalCalls
            | Measure::WorkTime
    )
}

/// Deeds that are not possible at the moment are refused; anything else is a defect.
fn is_refusal<T>(done: &Result<T, AppError>) -> bool {
    let kinds = [Kind::Conflict, Kind::Forbidden, Kind::Offline, Kind::TooLarge, Kind::NotFound, Kind::Missing, Kind::Invalid];
    done.as_ref().err().is_none_or(|error| kinds.contains(&error.kind))
}

proptest! {
    #![proptest_config(Config { cases: 60, max_shrink_iters: 300, ..Config::default() })]

    #[test]
    fn any_history_adds_up(
        strategy in prop::sample::select(Routing::ALL),
        steps in prop::collection::vec(step(), 1..110),
        last in any::<bool>(),
        forgotten in prop::option::of(0i64..100),
    ) {
        let began = Timestamp::from_seconds(1_790_000_000);
        let stage = stage(strategy, None);
        let cast = (stage.agents.clone(), stage.departments.clone(), stage.visits.clone());
        let mut readers = [stage.desk.rollup_reader().in_bites_of(3), stage.desk.rollup_reader().in_bites_of(5)];
        for step in steps {
            match step {
                Step::Chats(act) => {
                    stage.clock.advance_seconds(match &act { Act::Wait { seconds } => *seconds, _ => 1 });
                    let cast = cast.clone();
                    let played = stage.desk.write_blocking(move |tx, cx| play(tx, cx, &cast, &act));
                    prop_assert!(allowed(played).is_ok());
                }
                Step::Tickets(deed) => {
                    stage.clock.advance_seconds(7);
                    let cast = cast.clone();
                    let done = stage.desk.write_blocking(move |tx, cx| do_it(tx, cx, &cast, &deed));
                    prop_assert!(is_refusal(&done), "{:?}", done);
                }
                Step::Phones(deed) => {
                    stage.clock.advance_seconds(9);
                    let cast = (cast.0.clone(), cast.1.clone());
                    let done = stage.desk.write_blocking(move |tx, cx| phones::do_it(tx, cx, &cast, &deed).map(|()| cx.now));
                    prop_assert!(is_refusal(&done), "{:?}", done);
                    // A deed may take its time.
                    done.iter().for_each(|now| stage.clock.set(*now));
                }
                Step::Wait { minutes } => stage.clock.advance_seconds(minutes * 60 + 11),
                Step::Read { reader } => readers[reader].catch_up().unwrap(),
                Step::Restart { reader: which, bite_events } => readers[which] = stage.desk.rollup_reader().in_bites_of(bite_events),
                Step::Rebuild => {
                    rebuild(&stage.desk, &mut |_| {}).unwrap();
                }
                Step::Upgrade => stage.desk.write_blocking(|tx, _| forget_hours(tx)).unwrap(),
                Step::Tidy => {
                    readers[1].tidy().unwrap();
                }
            }
        }
        for reader in &mut readers {
            reader.catch_up().unwrap();
        }
        if last {
            rebuild(&stage.desk, &mut |_| {}).unwrap();
            readers[0].catch_up().unwrap();
        }
        let differences = difference(&stored(&stage.desk), &counted(&stage.desk));
        prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
        // With the hours that there are by now, and then with all.
        check_cuts(&stage.desk)?;
        let compared = verify(&stage.desk, &mut |_| {}).unwrap();
        prop_assert!(compared.is_sound(), "{:?}", compared);
        prop_assert!(compared.rows.is_ok());
        prop_assert_eq!(stage.desk.snapshot_blocking(|tx| Ok(rollups::head(tx)?)).unwrap().whole_hours_from, 0);
        if let Some(percent) = forgotten {
            // The journal forgets its older part; what rows remember of it makes up for that.
            let before = began.plus_micros(stage.desk.now().micros_since(began) / 100 * percent);
            stage.desk.write_blocking(move |tx, _| Ok(deskbell_store::journal::trim(tx, before, i64::MAX)?)).unwrap();
            let compared = verify(&stage.desk, &mut |_| {}).unwrap();
            prop_assert!(compared.is_sound(), "{:?}", compared);
            rebuild(&stage.desk, &mut |_| {}).unwrap();
            readers[1].catch_up().unwrap();
            let differences = difference(&stored(&stage.desk), &counted(&stage.desk));
            prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
        }
        stage.desk.close();
    }
}
