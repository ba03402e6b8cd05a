//! Cells and counts by hand.

use proptest::prelude::{Just, Strategy, prop, prop_assert_eq, prop_oneof, proptest};

use super::*;

const ANN: AgentId = AgentId::from_i64(80_000_000_001);
const BEN: AgentId = AgentId::from_i64(80_000_000_002);
const SALES: DepartmentId = DepartmentId::from_i64(80_000_000_004);

fn queue(queue: i64) -> Standing {
    Standing { queue, ..Standing::default() }
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn slot(grain: Grain, number: i64) -> Slot {
    Slot::from_i64(grain, number)
}

#[test]
fn slots_are_counted_from_1970() {
    for grain in Grain::ALL {
        assert_eq!(Slot::of(grain, at(0)), slot(grain, 0));
        assert_eq!(Slot::of(grain, at(grain.micros() - 1)).get(), 0);
        assert_eq!(Slot::of(grain, at(grain.micros())).start(), at(grain.micros()));
        assert_eq!(Slot::of(grain, at(-1)).next().start(), at(0));
    }
    assert_eq!(slot(Grain::Quarter, 7).to(Grain::Hour), slot(Grain::Hour, 1));
    assert_eq!(slot(Grain::Quarter, -1).to(Grain::Hour), slot(Grain::Hour, -1));
    assert_eq!(slot(Grain::Hour, 2).to(Grain::Quarter), slot(Grain::Quarter, 8));
}

#[test]
fn a_cell_sums_what_held_up_to_its_last_change() {
    for grain in Grain::ALL {
        let mut cell = Cell::begin(slot(grain, 0), queue(2));
        assert_eq!(cell.change(at(100), &queue(3)), None);
        assert_eq!(cell.before.queue, Tally { micros: 100, sum: 200, max: 2, min: 2 });
        // Up and down within one moment is nothing.
        assert_eq!(cell.change(at(150), &queue(95)), None);
        assert_eq!(cell.change(at(150), &queue(-99)), None);
        assert_eq!(cell.before.queue, Tally { micros: 150, sum: 200 + 250, max: 5, min: 2 });
        assert_eq!((cell.changed, cell.standing), (at(150), queue(1)));

        let whole = cell.clone();
        assert_eq!(cell.change(at(3 * grain.micros() + 10), &queue(1)), Some(whole));
        assert_eq!((cell.slot, cell.standing), (slot(grain, 3), queue(2)));
        assert_eq!(cell.before.queue, Tally { micros: 10, sum: 10, max: 1, min: 1 });
    }
}

#[test]
fn what_changes_as_a_slot_begins_has_no_time_before() {
    for grain in Grain::ALL {
        let mut cell = Cell::begin(slot(grain, 0), queue(7));
        cell.change(at(grain.micros()), &queue(-7));
        assert_eq!((cell.before, cell.standing), (Course::default(), queue(0)));
    }
}

#[test]
fn an_hour_is_what_its_quarters_are() {
    let quarter = Grain::Quarter.micros();
    let mut cell = Cell::begin(slot(Grain::Quarter, 9), queue(4));
    let first = cell.change(at(9 * quarter + 60), &queue(2));
    assert_eq!(first, None);
    let first = cell.change(at(11 * quarter), &queue(-5)).expect("the next one begins");
    // The hour stood at 4, at 6 from the second quarter on, and at 1 as the last one begins.
    let found = hours(queue(4), &[first, cell]);
    let before = Tally { micros: 3 * quarter, sum: i128::from(4 * (quarter + 60) + 6 * (2 * quarter - 60)), max: 6, min: 4 };
    let Course { queue: tally, slots, available_micros, .. } = found[0].before;
    assert_eq!((tally, slots.micros, available_micros), (before, 3 * quarter, 0));
    assert_eq!((found[0].slot, found[0].changed, found[0].standing), (slot(Grain::Hour, 2), at(11 * quarter), queue(1)));
    assert_eq!(found.len(), 1);
    // One that changed as the hour began has no time before.
    let at_once = Cell { changed: at(0), ..Cell::begin(slot(Grain::Quarter, 0), queue(3)) };
    assert_eq!(hours(queue(8), &[at_once]), [Cell::begin(slot(Grain::Hour, 0), queue(3))]);
    assert_eq!(hours(queue(8), &[]), []);
}

/// All cells that changes make, of one grain.
fn folded(grain: Grain, changes: &[(i64, Standing)]) -> Vec<Cell> {
    let Some((first, _)) = changes.first() else { return Vec::new() };
    let mut last = Cell::begin(Slot::of(grain, at(*first)), Standing::default());
    let mut cells: Vec<Cell> = changes.iter().filter_map(|(moment, by)| last.change(at(*moment), by)).collect();
    cells.push(last);
    cells
}

proptest! {
    #[test]
    fn hours_from_quarters_are_those_from_the_changes(
        steps in prop::collection::vec((gap(), [-3i64..4, -3..4, -3..4, -3..4]), 0..60),
        split in 0usize..60,
    ) {
        let mut moment = 0;
        let changes: Vec<(i64, Standing)> = steps
            .into_iter()
            .map(|(gap, [queue, slots, service, agents])| {
                moment += gap;
                (moment, Standing { queue, slots, service, agents })
            })
            .collect();
        let (quarters, wanted) = (folded(Grain::Quarter, &changes), folded(Grain::Hour, &changes));
        prop_assert_eq!(hours(Standing::default(), &quarters), wanted.clone());
        // From any hour on.
        let from = wanted.get(split.min(wanted.len().saturating_sub(1))).map_or(slot(Grain::Hour, 0), |cell| cell.slot);
        let rest = quarters.partition_point(|quarter| quarter.slot.to(Grain::Hour) < from);
        let before = quarters[..rest].last().map(|quarter| quarter.standing).unwrap_or_default();
        let wanted: Vec<Cell> = wanted.into_iter().filter(|cell| cell.slot >= from).collect();
        prop_assert_eq!(hours(before, &quarters[rest..]), wanted);
    }
}

/// Microseconds to the next change: none, some, and so many that edges are met or hours left out.
fn gap() -> impl Strategy<Value = i64> {
    let quarter = Grain::Quarter.micros();
    prop_oneof![3 => Just(0), 3 => 1..quarter, 2 => Just(quarter), 1 => Just(4 * quarter), 1 => quarter..20 * quarter]
}

#[test]
fn tallies_add_up() {
    let mut tally = Tally::default();
    assert_eq!(tally.mean_hundredths(), 0);
    tally.add(4, 0);
    assert_eq!(tally, Tally::default(), "for no time");
    tally.add(4, 30);
    tally.add(1, 10);
    assert_eq!(tally, Tally { micros: 40, sum: 130, max: 4, min: 1 });
    assert_eq!(tally.mean_hundredths(), 325);
    for (sum, hundredths) in [(1, 13), (-1, -12), (3, 38), (0, 0)] {
        assert_eq!(Tally { micros: 8, sum, ..Tally::default() }.mean_hundredths(), hundredths, "{sum} eighths, half up");
    }
    // A century of a million.
    tally.add(1_000_000, 100 * 366 * 86_400 * 1_000_000);
    assert_eq!((tally.max, tally.mean_hundredths()), (1_000_000, 100_000_000));
}

#[test]
fn availability_is_about_agents() {
    let mut course = Course::default();
    course.add(&Standing { slots: 9, ..Standing::default() }, 10);
    course.add(&Standing { agents: 2, ..Standing::default() }, 30);
    assert_eq!(course.available_micros, 30);
}

/// Key and (queue, slots, service, agents) of each count.
type Counted = (Option<DepartmentId>, Option<AgentId>, [i64; 4]);

fn numbers(counts: Vec<(Key, Standing)>, medium: Medium) -> Vec<Counted> {
    let of = counts.into_iter().filter(|(key, _)| key.medium == medium);
    of.map(|(key, of)| (key.department, key.agent, [of.queue, of.slots, of.service, of.agents])).collect()
}

#[test]
fn whom_items_count_for() {
    let item = |agent, stage, engaged: &[AgentId]| Item { agent, stage, engaged: engaged.to_vec(), ..Item::new(SALES, Stage::Aside) };
    let everywhere = |of, agent| vec![(None, None, of), (Some(SALES), None, of), (None, Some(agent), of), (Some(SALES), Some(agent), of)];
    let waiting = item(None, Stage::Waiting, &[]);
    for medium in Medium::ALL {
        assert_eq!(item(Some(ANN), Stage::Aside, &[ANN]).counts(medium), []);
        assert_eq!(numbers(waiting.counts(medium), medium), everywhere([1, 0, 0, 0], ANN)[..2]);
    }
    let handed = item(Some(ANN), Stage::Waiting, &[]);
    assert_eq!(numbers(handed.counts(Medium::Tickets), Medium::Tickets), everywhere([1, 0, 1, 0], ANN));
    assert_eq!(numbers(handed.counts(Medium::Chats), Medium::Chats), everywhere([1, 0, 0, 0], ANN));
    let served = numbers(item(None, Stage::Served, &[ANN, BEN]).counts(Medium::Calls), Medium::Calls);
    assert_eq!(served[..4], everywhere([0, 0, 1, 0], ANN)[..]);
    assert_eq!(served[4..], everywhere([0, 0, 1, 0], BEN)[2..]);
}

#[test]
fn whom_agents_count_for() {
    let status = |parts: &[AgentStatus]| parts.iter().fold(AgentStatus::OFFLINE, |all, part| all.with(*part));
    let (tickets, phone, chat, hidden) = (AgentStatus::TICKETS, AgentStatus::PHONE, AgentStatus::CHAT, AgentStatus::HIDDEN);
    for (online, there) in [
        (AgentStatus::OFFLINE, [false, false, false]),
        (AgentStatus::ONLINE, [true, true, false]),
        (AgentStatus::AWAY, [true, false, false]),
        (AgentStatus::INVISIBLE, [true, false, false]),
        (status(&[phone]), [false, false, true]),
        (status(&[tickets, phone, chat]), [true, true, true]),
        (status(&[tickets, phone, chat, hidden]), [true, false, false]),
        (AgentStatus::READ, [false, false, false]),
    ] {
        let ann = Attendance { enabled: true, online, slots: 4 };
        assert_eq!(Medium::ALL.map(|medium| ann.is_there_for(medium)), there, "{online:?}");
        let off = Attendance { enabled: false, ..ann };
        assert_eq!(off.counts(ANN, std::iter::once(SALES)), [], "one who is switched off is not there");
        for (medium, there) in Medium::ALL.into_iter().zip(there) {
            let slots = if medium == Medium::Chats { 4 } else { 1 };
            let of = [0, slots, 0, 1];
            let wanted = [(None, None, of), (None, Some(ANN), of), (Some(SALES), None, of), (Some(SALES), Some(ANN), of)];
            let counted = numbers(ann.counts(ANN, std::iter::once(SALES)), medium);
            assert_eq!(counted, if there { &wanted[..] } else { &[] }, "{online:?} {medium:?}");
        }
    }
}
