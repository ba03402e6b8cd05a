//! The reader's thread, rebuilding while the desk serves, and what a comparison with the journal finds.

use std::time::{Duration, Instant};

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::conversation::Status;
use deskbell_domain::level::Cell;
use deskbell_store::journal;
use deskbell_store::suite::damage;
use deskbell_store::tables::levels::SeriesId;
use deskbell_store::tables::levels::hours::Hours;

use super::super::filling::Filling;
use super::scene::*;
use super::*;
use crate::bites::Left;
use crate::error::Kind;

/// A morning with something of everything.
fn morning() -> Scene {
    let scene = Scene::begin();
    scene.tell([
        (0, agent(ANN, 3, true)),
        (0, member(SALES, ANN, true)),
        (0, member(SUPPORT, ANN, true)),
        (5, online(ANN, AgentStatus::ONLINE)),
        (10, requested(1, SALES)),
        (20, started(1, SALES, Status::New)),
        (40, joined(1, ANN)),
        (50, assigned(1, SALES, Some(ANN))),
        (70, ended(1, SALES)),
        (75, online(ANN, AgentStatus::AWAY)),
        (80, online(ANN, AgentStatus::ONLINE)),
        (90, department(SUPPORT, false)),
    ]);
    scene
}

/// What is read of some scopes, by quarter hours and by hours.
fn read(scene: &Scene) -> Vec<(Vec<Load>, Vec<i64>, Vec<Presence>)> {
    let scopes = [EVERYONE, of(SALES), of(SUPPORT), by(ANN), both(SALES, ANN)];
    let each = Medium::ALL.into_iter().flat_map(|medium| scopes.map(|scope| (medium, scope)));
    let each = each.flat_map(|(medium, scope)| [[0, 15, 60, 120, 180], [0, 60, 60, 120, 180]].map(|edges| (medium, scope, edges)));
    each.map(|(medium, scope, edges)| {
        (scene.load(medium, scope, &edges), scene.availability(medium, scope, &edges), scene.presences(medium, scope, (0, 600)))
    })
    .collect()
}

#[test]
fn what_is_kept_wrongly_is_found_and_made_anew() {
    let scene = morning();
    let right = read(&scene);
    scene.is_verified();
    let sales = of(SALES).key(Medium::Chats);
    let (wrong, beyond) = scene
        .desk
        .write_blocking(move |tx, _| {
            let set = table::kept(tx)?;
            let series = table::series(tx, set, &sales)?.expect("there was a chat");
            let mut wrong = table::cell_before(tx, series, Slot::of(Grain::Quarter, at(15)))?.expect("it began in the first quarter hour");
            wrong.standing.queue += 1;
            table::put_cell(tx, series, &wrong)?;
            let beyond = Cell::begin(Slot::of(Grain::Quarter, at(300)), wrong.standing);
            table::put_cell(tx, series, &beyond)?;
            table::presences::open(tx, set, Medium::Calls, BEN, SALES, at(3))?;
            table::presences::close(tx, set, Medium::Chats, ANN, SALES, at(100))?;
            Ok((wrong, beyond))
        })
        .unwrap();
    assert_ne!(read(&scene), right);
    let compared = verify(&scene.desk, &mut |_| {}).unwrap();
    let found = compared.differences;
    let mut right_cell = wrong.clone();
    right_cell.standing.queue -= 1;
    assert_eq!(found[0], Difference::Cell { key: sales, kept: Some(Box::new(wrong)), counted: Box::new(right_cell) });
    assert!(
        found
            .iter()
            .any(|difference| matches!(difference, Difference::Cells { key, grain: Grain::Quarter, kept, counted } if *key == sales && kept - counted == 1))
    );
    let open = Presence { agent: ANN, department: SALES, from: at(80), until: None };
    let ended = Presence { until: Some(at(100)), ..open };
    assert!(found.contains(&Difference::Presence { medium: Medium::Chats, kept: Some(ended), counted: open }));
    assert!(found.contains(&Difference::Presences { medium: Medium::Calls, kept: 1, counted: 0 }));
    assert_eq!((found.len(), compared.differing), (4, 4), "{found:#?} beyond {beyond:?}");
    let told = found[0].to_string();
    assert!(told.starts_with("chats of department ") && told.contains("from 2026-03-02T08:00:00Z: queue 2 "), "{told}");

    let mut told = Vec::new();
    rebuild(&scene.desk, &mut |progress| told.push(progress)).unwrap();
    let head = scene.see(|tx| Ok(tx.head()?));
    assert_eq!(told.last(), Some(&Progress { done: head, all: head }));
    assert_eq!(read(&scene), right);
    scene.is_verified();
}

/// The hours of a scope's chats.
fn hours_of(scene: &Scene, scope: Scope) -> Vec<Cell> {
    let key = scope.key(Medium::Chats);
    scene.see(move |tx| {
        let set = table::kept(tx)?;
        let series = table::series(tx, set, &key)?.expect("there was a chat");
        let mut found = Vec::new();
        let all = (table::first_slot(Grain::Hour), table::end_slot(Grain::Hour));
        table::cells(tx, series, Wanted::Whole, all, |cell| found.push(cell.clone()))?;
        Ok(found)
    })
}

/// A series that lacks hours.
fn lacking(scene: &Scene) -> Option<SeriesId> {
    scene.see(|tx| {
        let set = table::kept(tx)?;
        Ok(table::hours::lacking(tx, set)?)
    })
}

#[test]
fn hours_that_are_kept_wrongly_are_found() {
    let scene = morning();
    let right = read(&scene);
    let [first, last] = hours_of(&scene, of(SALES)).try_into().expect("of two hours");
    assert_eq!((first.slot, first.changed, last.changed), (Slot::of(Grain::Hour, at(0)), at(40), at(80)));
    let wrong = Cell { standing: Standing { service: 4, ..first.standing }, ..first.clone() };
    let beyond = Cell::begin(Slot::of(Grain::Hour, at(300)), last.standing);
    let key = of(SALES).key(Medium::Chats);
    let put = |cell: &Cell| {
        let cell = cell.clone();
        let put = move |tx: &mut Tx<'_>| {
            let set = table::kept(tx)?;
            let series = table::series(tx, set, &key)?.expect("there was a chat");
            table::put_cell(tx, series, &cell)
        };
        scene.desk.write_blocking(move |tx, _| Ok(put(tx)?)).unwrap();
    };
    let found = || verify(&scene.desk, &mut |_| {}).unwrap().differences;

    // Wrong, …
    put(&wrong);
    assert_ne!(read(&scene), right);
    assert_eq!(found(), [Difference::Cell { key, kept: Some(Box::new(wrong)), counted: Box::new(first.clone()) }]);
    let told = found()[0].to_string();
    assert!(told.contains(", 60 minutes from 2026-03-02T08:00:00Z: ") && told.contains(" service 4 "), "{told}");
    put(&first);
    assert_eq!(found(), []);
    // … too many, …
    put(&beyond);
    assert_eq!(found(), [Difference::Cells { key, grain: Grain::Hour, kept: 3, counted: 2 }]);
    assert!(found()[0].to_string().ends_with(": 3 hours, counted 2"));
    // … or missing.
    scene
        .desk
        .write_blocking(|tx, _| {
            let set = table::kept(tx)?;
            damage::lose_level_hours(tx)?;
            let mut lacking = table::hours::lacking(tx, set)?;
            while let Some(series) = lacking {
                // Told to be kept, without being so.
                table::hours::fill(tx, series, table::end_slot(Grain::Hour), 1)?;
                lacking = table::hours::lacking(tx, set)?;
            }
            Ok(())
        })
        .unwrap();
    assert!(found().contains(&Difference::Cell { key, kept: None, counted: Box::new(last.clone()) }));
    assert!(found().contains(&Difference::Cells { key, grain: Grain::Hour, kept: 0, counted: 2 }));

    rebuild(&scene.desk, &mut |_| {}).unwrap();
    assert_eq!((read(&scene), hours_of(&scene, of(SALES))), (right, vec![first, last]));
    scene.is_verified();
}

#[test]
fn hours_of_an_older_program_are_made_while_it_goes_on() {
    let scene = morning();
    // From the afternoon of the next day on, every 20 minutes.
    scene.tell((0..60).map(|number| (2_000 + number * 20, requested(100 + number, SALES))));
    let all = || [EVERYONE, of(SALES)].map(|scope| hours_of(&scene, scope));
    let whole = all();
    assert_eq!(whole[1].len(), 2 + 21);
    scene.desk.write_blocking(|tx, _| Ok(damage::lose_level_hours(tx)?)).unwrap();
    assert_eq!(all(), [vec![], vec![]]);
    let filling = || {
        let mut filling = Filling::of_kept(scene.desk.db().clone());
        filling.bite_quarters = 6;
        filling
    };
    let days = [33 * 60, 100 * 60].map(at);
    let longest = || scene.see(move |tx| load(tx, Medium::Chats, of(SALES), &days, days[1]))[0].queue.max;
    // As two nodes have them.
    let mut readers = [scene.desk.level_reader(), scene.desk.level_reader()];
    let mut fillings = [filling(), filling()];
    let (mut bites, mut waiting) = (0, 60);
    while fillings[0].bite().unwrap() == Left::Some {
        assert_eq!(longest(), waiting);
        // What comes meanwhile is in, also in the hour in which the next bite begins.
        scene.write([(3_180 + bites * 7, requested(100 + waiting, SALES))]);
        let place = usize::from(bites % 3 == 0);
        readers[place].catch_up().unwrap();
        fillings[place].bite().unwrap();
        (bites, waiting) = (bites + 1, waiting + 1);
        // Who is killed begins the series again.
        if [5, 15].contains(&bites) {
            (readers[0], fillings[0]) = (scene.desk.level_reader(), filling());
        }
        scene.is_verified();
    }
    assert!(bites > 15, "{bites}");
    assert_eq!(lacking(&scene), None);
    let filled = all();
    for (filled, whole) in filled.iter().zip(&whole) {
        assert_eq!(filled[..whole.len() - 1], whole[..whole.len() - 1], "the last one has gone on");
    }
    scene.is_verified();
    let right = read(&scene);
    rebuild(&scene.desk, &mut |_| {}).unwrap();
    assert_eq!((read(&scene), all()), (right, filled));
}

#[test]
fn a_desk_serves_while_it_is_rebuilt() {
    let scene = morning();
    let mut reader = scene.desk.level_reader();
    reader.catch_up().unwrap();
    let before = read(&scene);
    let mut minute = 100;
    rebuild(&scene.desk, &mut |_| {
        // What is read is whole all the time, and goes on.
        if minute == 100 {
            assert_eq!(read(&scene), before);
        }
        if minute < 104 {
            scene.write([(minute, requested(minute, SALES)), (minute, requested(minute + 50, SUPPORT))]);
            reader.catch_up().unwrap();
            assert_eq!(scene.standing(Medium::Chats, of(SALES)).queue, minute - 99);
        }
        minute += 1;
    })
    .unwrap();
    assert!(minute > 104, "it found more and more");
    assert_eq!(scene.standing(Medium::Chats, EVERYONE).queue, 8);
    scene.is_verified();
    // The one that had read before goes on with what took its place, and so does a fresh one.
    scene.write([(110, ended(100, SALES))]);
    reader.catch_up().unwrap();
    assert_eq!(scene.standing(Medium::Chats, EVERYONE).queue, 7);
    scene.tell([(111, ended(101, SALES))]);
    assert_eq!(scene.standing(Medium::Chats, EVERYONE).queue, 6);
    reader.catch_up().unwrap();
    scene.is_verified();
    assert_eq!(scene.see(|tx| Ok(table::building(tx)?)), None);
}

#[test]
fn of_two_who_rebuild_the_later_one_does() {
    let scene = morning();
    let right = read(&scene);
    let mut inner = None;
    let outer = rebuild(&scene.desk, &mut |_| {
        if inner.is_none() {
            inner = Some(rebuild(&scene.desk, &mut |_| {}));
        }
    });
    inner.expect("it was told").unwrap();
    assert_eq!(outer.expect_err("it lost its place").kind, Kind::Conflict);
    assert_eq!(read(&scene), right);

    // Nor does one make hours that lost its place.
    let lost = scene.desk.write_blocking(|tx, _| Ok(table::begin(tx)?)).unwrap();
    let filling = |set| Filling::of_built(scene.desk.db().clone(), set).finish();
    filling(lost).unwrap();

    // One that broke off is cleared away.
    scene
        .desk
        .write_blocking(|tx, _| {
            let set = table::begin(tx)?;
            table::insert_series(tx, set, &EVERYONE.key(Medium::Calls), Hours::Lacking)?;
            Ok(table::set_built_number(tx, set, 3)?)
        })
        .unwrap();
    assert_eq!(filling(lost).expect_err("another one is built").kind, Kind::Conflict);
    assert_eq!(read(&scene), right);
    rebuild(&scene.desk, &mut |_| {}).unwrap();
    assert_eq!(read(&scene), right);
    assert_eq!(scene.see(|tx| Ok(table::building(tx)?)), None);
    assert!(!scene.desk.write_blocking(|tx, _| Ok(table::clear_left(tx)?)).unwrap(), "all is cleared away");
}

#[test]
fn what_is_missing_and_was_not_kept_counts_nothing_again() {
    let scene = morning();
    let right = read(&scene);
    // Not in the way that keeps how it stood.
    scene.desk.write_blocking(|tx, _| Ok(journal::trim(tx, at(0), i64::MAX)?)).unwrap();
    assert_eq!(rebuild(&scene.desk, &mut |_| {}).expect_err("it is gone").kind, Kind::Conflict);
    assert_eq!(verify(&scene.desk, &mut |_| {}).expect_err("it is gone").kind, Kind::Conflict);
    scene.tell([(200, ended(7, SALES))]);
    assert_eq!(read(&scene), right, "what is kept stays, and goes on");
}

/// Shortens the journal; how many entries are gone.
fn shorten(scene: &Scene, minute: i64) -> u64 {
    scene.desk.write_blocking(move |tx, _| trim(tx, at(minute))).unwrap()
}

#[test]
fn a_journal_that_was_shortened_counts_as_before() {
    let scene = morning();
    let right = read(&scene);
    // Within a quarter hour, while a chat is served, a ticket waits and Ann is there.
    assert!(shorten(&scene, 48) > 0);
    let first = scene.see(|tx| Ok(journal::moment_after(tx, 0)?));
    assert_eq!(first, Some(at(50)));
    assert_eq!(read(&scene), right);
    scene.is_verified();
    let mut told = Vec::new();
    let done = rebuild(&scene.desk, &mut |progress| told.push(progress)).unwrap();
    assert_eq!((told.last(), done.done), (Some(&done), 5), "what the journal has");
    assert_eq!(read(&scene), right);
    scene.is_verified();
    // What stands where it begins is one cell of each series, and who is there.
    let (cells, present) = scene.see(|tx| {
        let floor = table::floor::floor(tx)?.expect("there is one");
        let mut cells = Vec::new();
        for (_, series) in table::all_series(tx, floor)? {
            cells.push(table::count_cells(tx, series, table::end_slot(Grain::Quarter))?);
        }
        Ok((cells, table::floor::present(tx, floor)?))
    });
    assert!(!cells.is_empty() && cells.iter().all(|count| *count == 1), "{cells:?}");
    assert!(present.iter().all(|(_, presence)| presence.agent == ANN && presence.from == at(5) && presence.until.is_none()));
    assert_eq!(present.len(), 4, "for tickets and chats, in two departments");

    // It goes on, and is shortened again: to a moment at which nothing is open any more, and wholly.
    scene.tell([(100, requested(2, SUPPORT)), (130, ended(2, SUPPORT)), (131, online(ANN, AgentStatus::OFFLINE))]);
    let right = read(&scene);
    for minute in [90, 10_000] {
        assert!(shorten(&scene, minute) > 0);
        scene.is_verified();
        rebuild(&scene.desk, &mut |_| {}).unwrap();
        assert_eq!(read(&scene), right);
        scene.is_verified();
    }
    assert_eq!(scene.see(|tx| Ok(journal::first_number(tx)?)), Some(scene.see(|tx| Ok(tx.head()?))), "the reader's last entry stays");
    scene.tell([(200, requested(3, SALES))]);
    assert_eq!(scene.standing(Medium::Chats, of(SALES)).queue, 1);
    scene.is_verified();
}

#[test]
fn what_is_wrong_behind_the_beginning_of_the_journal_is_mended() {
    let scene = morning();
    let right = read(&scene);
    shorten(&scene, 48);
    let sales = of(SALES).key(Medium::Chats);
    scene
        .desk
        .write_blocking(move |tx, _| {
            let set = table::kept(tx)?;
            let series = table::series(tx, set, &sales)?.expect("there was a chat");
            // The quarter hour in which the journal begins, and a later one.
            for minute in [44, 74] {
                let mut wrong = table::cell_before(tx, series, Slot::of(Grain::Quarter, at(minute)).next())?.expect("it is there");
                wrong.standing.service += 5;
                table::put_cell(tx, series, &wrong)?;
            }
            table::presences::close(tx, set, Medium::Chats, ANN, SALES, at(81))?;
            Ok(())
        })
        .unwrap();
    let compared = verify(&scene.desk, &mut |_| {}).unwrap();
    assert_eq!(compared.differing, 3, "{:#?}", compared.differences);
    rebuild(&scene.desk, &mut |_| {}).unwrap();
    assert_eq!(read(&scene), right);
    scene.is_verified();
}

#[test]
fn what_no_reader_has_taken_in_is_not_forgotten() {
    let scene = Scene::begin();
    scene.write([(0, requested(1, SALES))]);
    assert_eq!(shorten(&scene, 1_000), 0, "the reader has not begun");
    scene.desk.level_reader().catch_up().unwrap();
    scene.write([(1, requested(2, SALES)), (2, requested(3, SALES))]);
    shorten(&scene, 1_000);
    let left = scene.see(|tx| Ok(journal::after(tx, 0, 100)?));
    assert_eq!(left.iter().filter(|recorded| recorded.at >= at(1)).count(), 2);
    scene.desk.level_reader().catch_up().unwrap();
    assert_eq!(scene.standing(Medium::Chats, of(SALES)).queue, 3);
    scene.is_verified();
}

#[test]
fn a_journal_that_is_shortened_meanwhile_ends_a_rebuild() {
    let scene = morning();
    let right = read(&scene);
    let start = scene.see(floor::Start::find);
    let built = scene.desk.write_blocking(|tx, _| Ok(table::begin(tx)?)).unwrap();
    shorten(&scene, 48);
    assert_eq!(floor::copy(scene.desk.db(), start, built).expect_err("it begins elsewhere now").kind, Kind::Conflict);
    assert_eq!(read(&scene), right);
    rebuild(&scene.desk, &mut |_| {}).unwrap();
    assert_eq!(read(&scene), right);
    assert_eq!(scene.see(|tx| Ok(table::building(tx)?)), None);
}

#[test]
fn who_asks_gets_what_was_written_before() {
    let scene = morning();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    assert_eq!(scene.desk.levels().number(), 0, "nobody has looked");
    for number in 1..20 {
        scene.write([(100 + number, requested(number, SUPPORT))]);
        runtime.block_on(caught_up(&scene.desk)).unwrap();
        assert_eq!(scene.standing(Medium::Chats, of(SUPPORT)).queue, number);
        assert_eq!(scene.desk.levels().number(), scene.see(|tx| Ok(tx.head()?)));
    }
    scene.desk.keep_levels().unwrap();
    scene.is_verified();
    scene.desk.close();
    assert_eq!(runtime.block_on(caught_up(&scene.desk)).expect_err("it is closed").kind, Kind::Unavailable);
}

#[test]
fn the_thread_makes_the_hours_that_are_lacking() {
    let scene = morning();
    let right = (read(&scene), hours_of(&scene, of(SALES)));
    scene.desk.write_blocking(|tx, _| Ok(damage::lose_level_hours(tx)?)).unwrap();
    scene.desk.keep_levels().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while lacking(&scene).is_some() {
        assert!(Instant::now() < deadline, "the thread does not make them");
        std::thread::yield_now();
    }
    assert_eq!((read(&scene), hours_of(&scene, of(SALES))), right);
    scene.is_verified();
}

#[test]
fn who_waits_in_vain_is_told_so() {
    // A thread that never comes: the clock of the runtime goes forward by itself where nothing else does.
    let watch = Watch::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let late = runtime.block_on(watch.wait_until(1)).expect_err("nobody looks");
    assert_eq!((late.kind, late.retry_after_seconds.is_some()), (Kind::Unavailable, true));
}
