//! Cells of levels, sets of them, how things stand, and when agents were there.

use super::{Place, TestDb, at, damage};
use crate::error::StoreError;
use crate::tables::levels::hours::Hours;
use crate::tables::levels::{self, SeriesId, Wanted, floor, hours, presences, presences::Whose, standing};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{self, Attendance, Cell, Course, Grain, Item, Key, Presence, Slot, Stage, Standing, Tally};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;

const ANN: AgentId = AgentId::from_i64(80_000_000_001);
const BEN: AgentId = AgentId::from_i64(80_000_000_002);
const SALES: DepartmentId = DepartmentId::from_i64(80_000_000_009);

fn key(medium: Medium, department: Option<DepartmentId>, agent: Option<AgentId>) -> Key {
    Key { medium, department, agent }
}

fn quarter(number: i64) -> Slot {
    Slot::from_i64(Grain::Quarter, number)
}

fn cell(quarter: i64, number: i64) -> Cell {
    cell_of(Grain::Quarter, quarter, number)
}

/// A cell that differs in every column from one of another number.
fn cell_of(grain: Grain, slot: i64, number: i64) -> Cell {
    let slot = Slot::from_i64(grain, slot);
    let tally = |of: i64| Tally { micros: 1_000, sum: i128::from(of) * 1_000, max: of + 1, min: of - 1 };
    Cell {
        slot,
        changed: slot.start().plus_micros(1_000),
        before: Course { queue: tally(number), slots: tally(number + 10), service: tally(number + 20), available_micros: number + 30 },
        standing: Standing { queue: number + 40, slots: number + 50, service: number + 60, agents: number + 70 },
    }
}

/// All cells of a series.
fn cells(test: &TestDb, series: SeriesId, grain: Grain) -> Vec<Cell> {
    test.see(move |tx| {
        let mut found = Vec::new();
        let all = (levels::first_slot(grain), levels::end_slot(grain));
        levels::cells(tx, series, Wanted::Whole, all, |cell| found.push(cell.clone()))?;
        Ok(found)
    })
}

pub(super) fn cells_come_back_by_series_and_time(place: &Place) {
    let test = place.open();
    let set = test.see(levels::kept);
    let (whole, own) = (key(Medium::Chats, None, None), key(Medium::Chats, Some(SALES), Some(ANN)));
    assert_eq!(test.see(move |tx| levels::series(tx, set, &whole)), None);
    let (first, second) =
        test.put(move |tx| Ok((levels::insert_series(tx, set, &whole, Hours::Kept)?, levels::insert_series(tx, set, &own, Hours::Kept)?)));
    assert_eq!(test.see(move |tx| levels::series(tx, set, &own)), Some(second));
    for other in [key(Medium::Calls, None, None), key(Medium::Chats, Some(SALES), None), key(Medium::Chats, None, Some(ANN))] {
        assert_eq!(test.see(move |tx| levels::series(tx, set, &other)), None);
    }
    assert!(test.write(move |tx| levels::insert_series(tx, set, &own, Hours::Kept)).expect_err("it is there").is_conflict());
    assert_eq!(test.see(move |tx| levels::all_series(tx, set)), [(whole, first), (own, second)]);
    for grain in Grain::ALL {
        cells_of_a_grain_come_back(&test, grain, (first, second));
    }
    let last = |grain| test.see(move |tx| levels::last_cell(tx, first, grain));
    assert_eq!(Grain::ALL.map(last), Grain::ALL.map(|grain| Some(cell_of(grain, 2_000_007, 9))), "each in its own place");
}

fn cells_of_a_grain_come_back(test: &TestDb, grain: Grain, (first, second): (SeriesId, SeriesId)) {
    let slot = move |number| Slot::from_i64(grain, number);
    let cell = move |slot, number| cell_of(grain, slot, number);
    assert_eq!((cells(test, first, grain), cells(test, second, grain)), (vec![], vec![]), "those of another grain are not of this one");
    test.put(move |tx| {
        for number in [2_000_007, 2_000_000, 2_000_001] {
            levels::put_cell(tx, first, &cell(number, number % 10))?;
        }
        levels::put_cell(tx, second, &cell(2_000_001, 5))
    });
    let read = |wanted, from, until| {
        test.see(move |tx| {
            let mut found = Vec::new();
            levels::cells(tx, first, wanted, (slot(from), slot(until)), |cell| found.push(cell.clone()))?;
            Ok(found)
        })
    };
    let all = [cell(2_000_000, 0), cell(2_000_001, 1), cell(2_000_007, 7)];
    assert_eq!(read(Wanted::Whole, 0, i64::MAX), all);
    assert_eq!(read(Wanted::Whole, i64::MIN, 3_000_000), all);
    assert_eq!(read(Wanted::Whole, 2_000_001, 2_000_007), all[1..2], "the end is not in it");
    assert_eq!(read(Wanted::Whole, 2_000_008, 2_100_000), []);
    let there = |cell: &Cell| Cell {
        before: Course { available_micros: cell.before.available_micros, ..Course::default() },
        standing: Standing { agents: cell.standing.agents, ..Standing::default() },
        ..cell.clone()
    };
    assert_eq!(read(Wanted::Attendance, 2_000_000, 2_000_007), [there(&all[0]), there(&all[1])]);
    for (number, wanted) in [(2_000_000, None), (2_000_001, Some(0)), (2_000_007, Some(1)), (2_000_008, Some(2)), (i64::MAX, Some(2))] {
        let found = test.see(move |tx| levels::cell_before(tx, first, slot(number)));
        assert_eq!(found, wanted.map(|place: usize| all[place].clone()), "{number}");
    }
    test.put(move |tx| levels::put_cell(tx, first, &cell(2_000_007, 9)));
    assert_eq!(test.see(move |tx| levels::last_cell(tx, first, grain)), Some(cell(2_000_007, 9)));
    assert_eq!(test.see(move |tx| levels::last_cell(tx, second, grain)), Some(cell(2_000_001, 5)));
    let count = |series, before| test.see(move |tx| levels::count_cells(tx, series, before));
    assert_eq!((count(first, levels::end_slot(grain)), count(first, slot(2_000_007)), count(second, slot(2_000_002))), (3, 2, 1));

    // More than are read in one go.
    test.put(move |tx| (0..4_200).try_for_each(|number| levels::put_cell(tx, second, &cell(number, number))));
    let found = cells(test, second, grain).into_iter().map(|cell| cell.slot.get()).collect::<Vec<_>>();
    assert_eq!(found, (0..4_200).chain([2_000_001]).collect::<Vec<_>>());
}

pub(super) fn hours_are_made_from_quarters(place: &Place) {
    let test = place.open();
    let set = test.see(levels::kept);
    let of = |medium| key(medium, None, None);
    // Two that were written without them, around one that was not.
    let [older, own, empty] = test.put(move |tx| {
        let series = [(Medium::Chats, Hours::Lacking), (Medium::Calls, Hours::Kept), (Medium::Tickets, Hours::Lacking)];
        let mut made = Vec::new();
        for (medium, hours) in series {
            made.push(levels::insert_series(tx, set, &of(medium), hours)?);
        }
        Ok([made[0], made[1], made[2]])
    });
    assert_eq!([older, own, empty].map(|series| test.see(move |tx| hours::are_kept(tx, series))), [false, true, false]);
    let kept = test.put(move |tx| {
        // More than a bite: gaps of all kinds, also such that hours are left out.
        let numbers = (0..1_600).map(|number| 1_900_000 + number + number / 3 * 2 + number / 50 * 9);
        let cells: Vec<Cell> = numbers.map(|number| cell(number, number % 17)).collect();
        cells.iter().try_for_each(|cell| levels::put_cell(tx, older, cell))?;
        Ok(cells)
    });
    let wanted = level::hours(Standing::default(), &kept);
    assert!(wanted.len() > 500, "{}", wanted.len());
    assert_eq!(test.see(move |tx| hours::lacking(tx, set)), Some(older));
    let mut from = Some(levels::first_slot(Grain::Hour));
    let mut bites = 0;
    while let Some(begin) = from {
        assert!(!test.see(move |tx| hours::are_kept(tx, older)), "not all of them");
        from = test.put(move |tx| hours::fill(tx, older, begin, 1_000));
        bites += 1;
    }
    assert_eq!(bites, 2);
    assert_eq!(cells(&test, older, Grain::Hour), wanted);
    assert_eq!(test.see(move |tx| hours::lacking(tx, set)), Some(empty));
    assert_eq!(test.put(move |tx| hours::fill(tx, empty, levels::first_slot(Grain::Hour), 1_000)), None);
    assert_eq!((test.see(move |tx| hours::lacking(tx, set)), cells(&test, empty, Grain::Hour)), (None, vec![]));
    // From an hour in the midst of it on, whatever is kept there.
    let spoilt = (wanted[300].slot, Cell { standing: Standing::default(), ..wanted[300].clone() });
    test.put(move |tx| levels::put_cell(tx, older, &spoilt.1));
    assert_eq!(test.put(move |tx| hours::fill(tx, older, spoilt.0, 5_000)), None);
    assert_eq!(cells(&test, older, Grain::Hour), wanted);
    // In the smallest bites there are, over whatever is kept there.
    test.put(damage::lose_level_hours);
    let mut from = Some(levels::first_slot(Grain::Hour));
    while let Some(begin) = from {
        from = test.put(move |tx| hours::fill(tx, older, begin, 0));
        assert!(from.is_none_or(|next| next > begin));
    }
    assert_eq!(cells(&test, older, Grain::Hour), wanted);
    // The hour of a quarter's cell, which need not be kept itself.
    for (place, quarter) in kept.iter().enumerate().step_by(37) {
        let (quarter, hours) = (quarter.clone(), level::hours(Standing::default(), &kept[..=place]));
        assert_eq!(test.see(move |tx| hours::up_to(tx, older, &quarter)), *hours.last().expect("there is one"));
    }
    assert_eq!(test.see(move |tx| hours::up_to(tx, own, &cell(7, 3))).slot, Slot::from_i64(Grain::Hour, 1));
}

pub(super) fn sets_take_each_others_place(place: &Place) {
    let test = place.open();
    let old = test.see(levels::kept);
    assert_eq!(test.see(levels::building), None);
    let fill = move |set| {
        test.put(move |tx| {
            let series = levels::insert_series(tx, set, &key(Medium::Calls, None, None), Hours::Kept)?;
            for grain in Grain::ALL {
                (0..2_100).try_for_each(|slot| levels::put_cell(tx, series, &cell_of(grain, slot, 1)))?;
            }
            let waits = Item { engaged: vec![ANN], ..Item::new(SALES, Stage::Served) };
            (0..2_100).try_for_each(|id| standing::put_item(tx, set, Medium::Calls, id, &waits))?;
            standing::put_agent(tx, set, ANN, &Attendance::default())?;
            standing::put_member(tx, set, SALES, ANN, true)?;
            standing::put_department(tx, set, SALES, false)?;
            (0..2_100).try_for_each(|moment| presences::open(tx, set, Medium::Calls, ANN, SALES, at(moment)))?;
            levels::set_built_number(tx, set, 7)?;
            levels::set_latest(tx, set, at(9))
        });
        test
    };
    let test = fill(old);
    let broken_off = test.put(levels::begin);
    let fresh = test.put(levels::begin);
    assert!(fresh != broken_off && broken_off != old);
    assert_eq!(test.see(levels::building), Some(fresh), "the one before it was left");
    assert_eq!(test.see(levels::kept), old);
    assert_eq!(test.see(move |tx| Ok((levels::latest(tx, old)?, levels::latest(tx, fresh)?))), (at(9), Timestamp::EPOCH));
    assert_eq!(test.see(move |tx| Ok((levels::built_number(tx, old)?, levels::built_number(tx, fresh)?))), (7, 0));
    test.put(move |tx| {
        let series = levels::insert_series(tx, fresh, &key(Medium::Calls, None, None), Hours::Kept)?;
        Grain::ALL.into_iter().try_for_each(|grain| levels::put_cell(tx, series, &cell_of(grain, 3, 3)))?;
        standing::put_item(tx, fresh, Medium::Calls, 7, &Item::new(SALES, Stage::Waiting))?;
        presences::open(tx, fresh, Medium::Calls, ANN, SALES, at(1))?;
        levels::keep(tx, fresh)
    });
    assert_eq!(test.see(|tx| Ok((levels::kept(tx)?, levels::building(tx)?))), (fresh, None));
    let mut bites = 0;
    while test.put(levels::clear_left) {
        bites += 1;
    }
    assert!(bites > 6, "in bites: {bites}");
    let left = test.see(move |tx| {
        let items = standing::items(tx, old, Medium::Calls, &[7, 8])?;
        Ok((levels::all_series(tx, old)?.len(), items.len(), standing::agents(tx, old)?.len(), presences::count(tx, old, Medium::Calls)?))
    });
    assert_eq!(left, (0, 0, 0, 0));
    let kept = test.see(move |tx| {
        let items = standing::items(tx, fresh, Medium::Calls, &[7, 8])?;
        Ok((items.len(), presences::count(tx, fresh, Medium::Calls)?))
    });
    assert_eq!(kept, (1, 1));
    // In the tables themselves: what was left belongs to no series any more.
    let rows: (i64, i64, i64) = test.see(|tx| {
        tx.one("SELECT (SELECT COUNT(*) FROM level_series), (SELECT COUNT(*) FROM level_cells), (SELECT COUNT(*) FROM level_hours)", &[])
    });
    assert_eq!(rows, (1, 1, 1));
}

pub(super) fn how_things_stand_comes_back(place: &Place) {
    let test = place.open();
    let set = test.see(levels::kept);
    let served = Item { engaged: vec![ANN, BEN], ..Item::new(SALES, Stage::Served) };
    let handed = Item { agent: Some(BEN), ..Item::new(DepartmentId::DEFAULT, Stage::Waiting) };
    let put = (served.clone(), handed.clone());
    test.put(move |tx| {
        standing::put_item(tx, set, Medium::Chats, 1, &put.1)?;
        standing::put_item(tx, set, Medium::Chats, 1, &put.0)?;
        standing::put_item(tx, set, Medium::Calls, 1, &put.1)?;
        standing::put_item(tx, set, Medium::Tickets, 2, &put.1)
    });
    let items = |medium, ids: Vec<i64>| test.see(move |tx| standing::items(tx, set, medium, &ids));
    assert_eq!(items(Medium::Chats, vec![2, 1]), [(1, served)].into());
    assert_eq!(items(Medium::Calls, vec![1]), [(1, handed.clone())].into());
    assert_eq!(items(Medium::Tickets, vec![1, 2, 3]), [(2, handed)].into());
    assert_eq!(items(Medium::Tickets, Vec::new()), [].into());
    test.put(move |tx| standing::remove_item(tx, set, Medium::Chats, 1));
    assert_eq!(items(Medium::Chats, vec![1]), [].into());

    let ann = Attendance { enabled: false, online: AgentStatus::INVISIBLE, slots: 7 };
    test.put(move |tx| {
        standing::put_agent(tx, set, BEN, &Attendance::default())?;
        standing::put_agent(tx, set, ANN, &Attendance { slots: 1, ..ann })?;
        standing::put_agent(tx, set, ANN, &ann)?;
        for (department, agent, member) in [(SALES, ANN, true), (SALES, BEN, true), (SALES, BEN, false), (DepartmentId::DEFAULT, BEN, true)]
        {
            standing::put_member(tx, set, department, agent, member)?;
        }
        standing::put_department(tx, set, SALES, false)?;
        standing::put_department(tx, set, DepartmentId::DEFAULT, true)
    });
    assert_eq!(test.see(move |tx| standing::agents(tx, set)), [(ANN, ann), (BEN, Attendance::default())]);
    let mut members = vec![(SALES, ANN), (DepartmentId::DEFAULT, BEN)];
    members.sort_unstable();
    assert_eq!(test.see(move |tx| standing::members(tx, set)), members);
    assert_eq!(test.see(move |tx| standing::closed_departments(tx, set)), [SALES]);
    test.put(move |tx| standing::put_department(tx, set, SALES, true));
    assert_eq!(test.see(move |tx| standing::closed_departments(tx, set)), []);
}

pub(super) fn presences_overlap_a_time(place: &Place) {
    let test = place.open();
    let set = test.see(levels::kept);
    let was = |agent, department, from, until: i64| Presence { agent, department, from: at(from), until: (until > 0).then(|| at(until)) };
    let all = [
        was(ANN, SALES, 10, 20),
        was(ANN, DepartmentId::DEFAULT, 10, 30),
        was(BEN, SALES, 15, 50),
        was(ANN, SALES, 25, 0),
        was(BEN, SALES, 60, 70),
    ];
    test.put(move |tx| {
        standing::put_member(tx, set, SALES, ANN, true)?;
        // He is none any more; what was stays.
        standing::put_member(tx, set, SALES, BEN, false)?;
        standing::put_member(tx, set, DepartmentId::DEFAULT, ANN, true)?;
        for presence in all {
            let Presence { agent, department, from, until } = presence;
            presences::open(tx, set, Medium::Chats, agent, department, from)?;
            if let Some(until) = until {
                presences::close(tx, set, Medium::Chats, agent, department, until)?;
            }
        }
        // For no time: never.
        presences::open(tx, set, Medium::Chats, BEN, SALES, at(80))?;
        presences::close(tx, set, Medium::Chats, BEN, SALES, at(80))?;
        presences::close(tx, set, Medium::Chats, BEN, SALES, at(90))?;
        presences::open(tx, set, Medium::Calls, ANN, SALES, at(1))
    });
    let whose = |department, agent| Whose { medium: Medium::Chats, department, agent };
    let everyone = whose(None, None);
    let across = |whose: Whose, moment| test.see(move |tx| presences::across(tx, set, &whose, at(moment)));
    // The default department's number is below that of sales.
    let (default_first, sales) = ([all[1], all[0]], all[0]);
    for (moment, wanted) in [
        (10, vec![]),
        (11, default_first.to_vec()),
        (20, vec![all[1], all[2]]),
        (30, vec![all[2], all[3]]),
        (60, vec![all[3]]),
        (65, vec![all[3], all[4]]),
    ] {
        let mut found = across(everyone, moment);
        found.sort_by_key(|presence| (presence.from, presence.agent, presence.department));
        let mut wanted = wanted;
        wanted.sort_by_key(|presence| (presence.from, presence.agent, presence.department));
        assert_eq!(found, wanted, "{moment}");
        assert!(across(everyone, moment).is_sorted_by_key(|presence| (presence.from, presence.agent, presence.department)));
    }
    assert_eq!(across(whose(Some(SALES), Some(ANN)), 15), [sales]);
    assert_eq!(across(whose(Some(SALES), None), 40), [all[2], all[3]]);
    assert_eq!(across(whose(None, Some(BEN)), 40), [all[2]]);
    let beginning =
        |whose: Whose, from, until, skip, rows| test.see(move |tx| presences::beginning(tx, set, &whose, at(from), at(until), skip, rows));
    assert_eq!(beginning(everyone, 11, 60, 0, 10), all[2..4]);
    assert_eq!(beginning(everyone, 15, 61, 0, 10), all[2..]);
    assert_eq!(beginning(everyone, 15, 61, 1, 1), all[3..4]);
    assert_eq!(beginning(whose(Some(SALES), None), 0, 100, 1, 10), all[2..]);
    assert_eq!(beginning(whose(None, Some(BEN)), 0, 100, 0, 10), [all[2], all[4]]);
    assert_eq!(beginning(whose(Some(DepartmentId::DEFAULT), Some(ANN)), 0, 100, 0, 10), [all[1]]);
    assert_eq!(test.see(move |tx| presences::count(tx, set, Medium::Chats)), 5);
    let get = |from| test.see(move |tx| presences::get(tx, set, Medium::Chats, BEN, SALES, at(from)));
    assert_eq!((get(60), get(80)), (Some(all[4]), None));
    let twice = test.write(move |tx| -> Result<(), StoreError> { presences::open(tx, set, Medium::Chats, ANN, SALES, at(25)) });
    assert!(twice.expect_err("it is there").is_conflict());
}

pub(super) fn a_set_begins_where_the_journal_does(place: &Place) {
    let test = place.open();
    let kept = test.see(levels::kept);
    let ground = test.see(floor::floor).expect("a desk has one from its founding on");
    assert_eq!(test.see(move |tx| Ok((levels::built_number(tx, ground)?, levels::latest(tx, ground)?))), (0, Timestamp::EPOCH));
    let whole = key(Medium::Chats, None, None);
    let was = |agent, from, until: i64| Presence { agent, department: SALES, from: at(from), until: (until > 0).then(|| at(until)) };
    // Ann is there since 25, as the floor has it, which stands at 40; Ben was.
    let all = [was(ANN, 10, 20), was(ANN, 25, 40), was(ANN, 40, 50), was(BEN, 30, 35), was(BEN, 40, 60), was(BEN, 70, 0)];
    let items = 2_100;
    let older = test.put(move |tx| {
        let series = levels::insert_series(tx, kept, &whole, Hours::Kept)?;
        (0..4_100).try_for_each(|quarter| levels::put_cell(tx, series, &cell(quarter * 2, quarter)))?;
        for Presence { agent, department, from, until } in all {
            presences::open(tx, kept, Medium::Chats, agent, department, from)?;
            until.map_or(Ok(()), |until| presences::close(tx, kept, Medium::Chats, agent, department, until))?;
        }
        let own = levels::insert_series(tx, ground, &whole, Hours::Lacking)?;
        levels::put_cell(tx, own, &cell(8_100, 7))?;
        presences::open(tx, ground, Medium::Chats, BEN, SALES, at(30))?;
        presences::close(tx, ground, Medium::Chats, BEN, SALES, at(35))?;
        presences::open(tx, ground, Medium::Chats, ANN, SALES, at(25))?;
        floor::forget_presences(tx, ground)?;
        let waits = Item { engaged: vec![ANN, BEN], ..Item::new(SALES, Stage::Served) };
        (0..items).try_for_each(|id| standing::put_item(tx, ground, Medium::Tickets, id, &Item::new(SALES, Stage::Waiting)))?;
        standing::put_item(tx, ground, Medium::Calls, -5, &waits)?;
        standing::put_agent(tx, ground, ANN, &Attendance::default())?;
        standing::put_member(tx, ground, SALES, ANN, true)?;
        standing::put_department(tx, ground, SALES, false)?;
        levels::set_latest(tx, ground, at(40))?;
        Ok(series)
    });
    let over = |medium| test.see(move |tx| floor::count_over(tx, kept, ground, medium));
    assert_eq!((over(Medium::Chats), over(Medium::Calls)), (2, 0), "Ann's first time, and Ben's");
    assert_eq!(test.see(move |tx| floor::present(tx, ground)), [(Medium::Chats, was(ANN, 25, 0))]);
    let before = quarter(8_100);
    assert_eq!(test.see(move |tx| levels::count_cells(tx, older, before)), 4_050);
    assert_eq!(test.see(move |tx| floor::whose_presences(tx, kept)), [(ANN, SALES), (BEN, SALES)]);

    let built = test.put(levels::begin);
    let series = test.put(move |tx| levels::insert_series(tx, built, &whole, Hours::Lacking));
    let mut from = Some(quarter(0));
    let mut bites = 0;
    while let Some(begin) = from {
        from = test.put(move |tx| floor::copy_cells(tx, older, series, begin, before));
        bites += 1;
    }
    assert!(bites > 2, "{bites}");
    let copied = cells(&test, series, Grain::Quarter);
    assert_eq!(copied, (0..4_050).map(|quarter| cell(quarter * 2, quarter)).collect::<Vec<_>>());
    for medium in Medium::ALL {
        let mut behind = None;
        while let Some(last) = test.put(move |tx| floor::copy_items(tx, ground, built, medium, behind)) {
            behind = Some(last);
        }
    }
    test.put(move |tx| {
        floor::copy_standing(tx, ground, built)?;
        floor::copy_presences(tx, (kept, ground, built), ANN, SALES)?;
        floor::copy_presences(tx, (kept, ground, built), BEN, SALES)
    });
    for medium in Medium::ALL {
        let both = test.see(move |tx| Ok((standing::all_items(tx, ground, medium)?, standing::all_items(tx, built, medium)?)));
        assert_eq!(both.0, both.1);
        assert_eq!(both.0.len() as i64, [items, 0, 1][medium as usize], "{medium:?}");
    }
    let stands =
        |set| test.see(move |tx| Ok((standing::agents(tx, set)?, standing::members(tx, set)?, standing::closed_departments(tx, set)?)));
    assert_eq!((stands(built), stands(built).2), (stands(ground), vec![SALES]));
    let everyone = Whose { medium: Medium::Chats, department: None, agent: None };
    let there = test.see(move |tx| presences::beginning(tx, built, &everyone, at(0), at(100), 0, 10));
    assert_eq!(there, [was(ANN, 10, 20), was(ANN, 25, 0), was(BEN, 30, 35)]);

    test.put(move |tx| floor::forget_cells(tx, older, quarter(8_197)));
    assert_eq!(cells(&test, older, Grain::Quarter), [cell(8_198, 4_099)]);
}
