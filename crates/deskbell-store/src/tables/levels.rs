//! Levels over time: sets, series and their cells. Cells of hours that were not written with their quarters are made in [`hours`]. How things stand is
//! in [`standing`], when agents were there in [`presences`], how all of it was where the journal begins in [`floor`].

pub mod floor;
pub mod hours;
pub mod presences;
pub mod standing;

use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Cell, Course, Grain, Key, Slot, Standing, Tally};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;

use self::hours::Hours;
use super::{narrow, time};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// Bits of a cell's key that hold its slot; of quarter hours they are enough until 2448.
const SLOT_BITS: u32 = 24;
/// Cells read in one go.
const BITE_CELLS: i64 = 4_096;
/// Rows cleared away in one go, of each table.
const CLEARED_ROWS_MAX: i64 = 2_000;

/// All columns of a cell, in the order in which [`cell`] reads them.
macro_rules! columns {
    () => {
        "id, changed_at, queue, slots, service, agents, queue_sum, queue_max, queue_min, slots_sum, slots_max, slots_min, \
         service_sum, service_max, service_min, available_micros"
    };
}

/// A statement on the cells of a grain, which stand in a table of their own.
macro_rules! on_cells {
    ($grain:expr, $($text:expr),+) => {
        match $grain {
            Grain::Quarter => on_cells!(@ "level_cells", $($text),+),
            Grain::Hour => on_cells!(@ "level_hours", $($text),+),
        }
    };
    (@ $table:literal, $before:expr, $after:expr) => {
        concat!($before, $table, $after)
    };
    (@ $table:literal, $before:expr, $between:expr, $after:expr) => {
        concat!($before, $table, $between, $table, $after)
    };
}

/// All that one reading of the journal made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(i64);

/// The cells of one key of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(i64);

pub(crate) fn medium_number(medium: Medium) -> i64 {
    match medium {
        Medium::Tickets => 1,
        Medium::Chats => 2,
        Medium::Calls => 3,
    }
}

fn medium(number: i64) -> Result<Medium, StoreError> {
    let known = Medium::ALL.into_iter().find(|medium| medium_number(*medium) == number);
    known.ok_or_else(|| StoreError::Corrupt(format!("unknown medium {number}")))
}

/// The set that is read from.
pub fn kept(tx: &mut Tx<'_>) -> Result<SetId, StoreError> {
    let (id,) = tx.one("SELECT id FROM level_sets WHERE state = 'kept'", &[])?;
    Ok(SetId(id))
}

/// The set that is being built beside it.
pub fn building(tx: &mut Tx<'_>) -> Result<Option<SetId>, StoreError> {
    tx.opt_with("SELECT id FROM level_sets WHERE state = 'building' ORDER BY id LIMIT 1", &[], |row| row.get(0).map(SetId))
}

/// Begins a set; one that was being built is left.
pub fn begin(tx: &mut Tx<'_>) -> Result<SetId, StoreError> {
    tx.exec("UPDATE level_sets SET state = 'left' WHERE state = 'building'", &[])?;
    let (last,): (i64,) = tx.one("SELECT MAX(id) FROM level_sets", &[])?;
    tx.exec("INSERT INTO level_sets (id, state, number, latest_at) VALUES ($1, 'building', 0, 0)", &[&(last + 1)])?;
    Ok(SetId(last + 1))
}

/// From now on the set is read from; the one before it is left.
pub fn keep(tx: &mut Tx<'_>, set: SetId) -> Result<(), StoreError> {
    tx.exec("UPDATE level_sets SET state = 'left' WHERE state = 'kept'", &[])?;
    tx.exec("UPDATE level_sets SET state = 'kept' WHERE id = $1", &[&set.0])?;
    Ok(())
}

/// The last journal number that is in a set which is being built, or in the floor.
pub fn built_number(tx: &mut Tx<'_>, set: SetId) -> Result<i64, StoreError> {
    let (number,) = tx.one("SELECT number FROM level_sets WHERE id = $1", &[&set.0])?;
    Ok(number)
}

pub fn set_built_number(tx: &mut Tx<'_>, set: SetId, number: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE level_sets SET number = $2 WHERE id = $1", &[&set.0, &number])?;
    Ok(())
}

/// The latest moment of all that is in a set.
pub fn latest(tx: &mut Tx<'_>, set: SetId) -> Result<Timestamp, StoreError> {
    let (latest,) = tx.one("SELECT latest_at FROM level_sets WHERE id = $1", &[&set.0])?;
    Ok(time(latest))
}

pub fn set_latest(tx: &mut Tx<'_>, set: SetId, latest: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE level_sets SET latest_at = $2 WHERE id = $1", &[&set.0, &latest.micros()])?;
    Ok(())
}

/// How many chats at once every agent may have; `None`: each his own number.
pub fn slots_for_all(tx: &mut Tx<'_>, set: SetId) -> Result<Option<u16>, StoreError> {
    let (slots_for_all,): (Option<i64>,) = tx.one("SELECT slots_for_all FROM level_sets WHERE id = $1", &[&set.0])?;
    slots_for_all.map(slots).transpose()
}

pub fn set_slots_for_all(tx: &mut Tx<'_>, set: SetId, slots_for_all: Option<u16>) -> Result<(), StoreError> {
    tx.exec("UPDATE level_sets SET slots_for_all = $2 WHERE id = $1", &[&set.0, &slots_for_all.map(i64::from)])?;
    Ok(())
}

/// Clears a bite of what a set that was left holds; `false` when nothing is left.
pub fn clear_left(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let left: Option<(i64,)> = tx.opt("SELECT id FROM level_sets WHERE state = 'left' ORDER BY id LIMIT 1", &[])?;
    let Some((set,)) = left else { return Ok(false) };
    let series: Option<(i64,)> = tx.opt("SELECT id FROM level_series WHERE set_id = $1 ORDER BY id LIMIT 1", &[&set])?;
    if let Some((series,)) = series {
        let range = (series << SLOT_BITS, (series + 1) << SLOT_BITS);
        let mut cleared = 0;
        for grain in Grain::ALL {
            cleared += tx.exec(
                on_cells!(grain, "DELETE FROM ", " WHERE id IN (SELECT id FROM ", " WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3)"),
                &[&range.0, &range.1, &CLEARED_ROWS_MAX],
            )?;
        }
        if cleared == 0 {
            tx.exec("DELETE FROM level_series WHERE id = $1", &[&series])?;
        }
        return Ok(true);
    }
    if standing::clear(tx, SetId(set), CLEARED_ROWS_MAX)? || presences::clear(tx, SetId(set), CLEARED_ROWS_MAX)? {
        return Ok(true);
    }
    tx.exec("DELETE FROM level_sets WHERE id = $1", &[&set])?;
    Ok(true)
}

fn key_columns(key: &Key) -> (i64, i64, i64) {
    (medium_number(key.medium), key.department.map_or(0, DepartmentId::get), key.agent.map_or(0, AgentId::get))
}

/// The series of a key, if anything ever changed in it.
pub fn series(tx: &mut Tx<'_>, set: SetId, key: &Key) -> Result<Option<SeriesId>, StoreError> {
    let (medium, department, agent) = key_columns(key);
    tx.opt_with(
        "SELECT id FROM level_series WHERE set_id = $1 AND medium = $2 AND department_id = $3 AND agent_id = $4",
        &[&set.0, &medium, &department, &agent],
        |row| row.get(0).map(SeriesId),
    )
}

/// A new one; whether those who write its quarters write their hours, too.
pub fn insert_series(tx: &mut Tx<'_>, set: SetId, key: &Key, hours: Hours) -> Result<SeriesId, StoreError> {
    let (medium, department, agent) = key_columns(key);
    let (last,): (Option<i64>,) = tx.one("SELECT MAX(id) FROM level_series", &[])?;
    let id = last.unwrap_or(0) + 1;
    tx.exec(
        "INSERT INTO level_series (id, set_id, medium, department_id, agent_id, has_hours) VALUES ($1, $2, $3, $4, $5, $6)",
        &[&id, &set.0, &medium, &department, &agent, &(hours == Hours::Kept)],
    )?;
    Ok(SeriesId(id))
}

/// All series of a set.
pub fn all_series(tx: &mut Tx<'_>, set: SetId) -> Result<Vec<(Key, SeriesId)>, StoreError> {
    tx.all_with("SELECT medium, department_id, agent_id, id FROM level_series WHERE set_id = $1 ORDER BY id", &[&set.0], |row| {
        let (department, agent): (i64, i64) = (row.get(1)?, row.get(2)?);
        let key = Key {
            medium: medium(row.get(0)?)?,
            department: (department != 0).then(|| DepartmentId::from_i64(department)),
            agent: (agent != 0).then(|| AgentId::from_i64(agent)),
        };
        Ok((key, SeriesId(row.get(3)?)))
    })
}

/// A slot outside of those that keys can hold is the nearest that they can: nothing happened there.
fn cell_id(series: SeriesId, slot: Slot) -> i64 {
    (series.0 << SLOT_BITS) | slot.get().clamp(0, (1 << SLOT_BITS) - 1)
}

fn slot_of(grain: Grain, id: i64) -> Slot {
    Slot::from_i64(grain, id & ((1 << SLOT_BITS) - 1))
}

/// The first that keys can hold.
pub const fn first_slot(grain: Grain) -> Slot {
    Slot::from_i64(grain, 0)
}

/// Behind all that keys hold.
pub const fn end_slot(grain: Grain) -> Slot {
    Slot::from_i64(grain, (1 << SLOT_BITS) - 1)
}

pub fn put_cell(tx: &mut Tx<'_>, series: SeriesId, cell: &Cell) -> Result<(), StoreError> {
    let sum = |tally: &Tally| narrow_sum(tally.sum);
    let Cell { before, standing, .. } = cell;
    tx.exec(
        on_cells!(
            cell.slot.grain(),
            "INSERT INTO ",
            concat!(
                " (",
                columns!(),
                ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
                 ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at, queue = excluded.queue, slots = excluded.slots, \
                 service = excluded.service, agents = excluded.agents, queue_sum = excluded.queue_sum, queue_max = excluded.queue_max, \
                 queue_min = excluded.queue_min, slots_sum = excluded.slots_sum, slots_max = excluded.slots_max, \
                 slots_min = excluded.slots_min, service_sum = excluded.service_sum, service_max = excluded.service_max, \
                 service_min = excluded.service_min, available_micros = excluded.available_micros"
            )
        ),
        &[
            &cell_id(series, cell.slot),
            &cell.changed.micros(),
            &standing.queue,
            &standing.slots,
            &standing.service,
            &standing.agents,
            &sum(&before.queue)?,
            &before.queue.max,
            &before.queue.min,
            &sum(&before.slots)?,
            &before.slots.max,
            &before.slots.min,
            &sum(&before.service)?,
            &before.service.max,
            &before.service.min,
            &before.available_micros,
        ],
    )?;
    Ok(())
}

fn narrow_sum(sum: i128) -> Result<i64, StoreError> {
    i64::try_from(sum).map_err(|_| StoreError::Corrupt(format!("a level of an hour out of range: {sum}")))
}

fn cell(grain: Grain, row: &Row<'_>) -> Result<Cell, StoreError> {
    let slot = slot_of(grain, row.get(0)?);
    let changed = time(row.get(1)?);
    let micros = changed.micros_since(slot.start());
    let tally = |place: usize| -> Result<Tally, StoreError> {
        Ok(Tally { micros, sum: i128::from(row.get::<i64>(place)?), max: row.get(place + 1)?, min: row.get(place + 2)? })
    };
    Ok(Cell {
        slot,
        changed,
        before: Course { queue: tally(6)?, slots: tally(9)?, service: tally(12)?, available_micros: row.get(15)? },
        standing: Standing { queue: row.get(2)?, slots: row.get(3)?, service: row.get(4)?, agents: row.get(5)? },
    })
}

/// When somebody was there, alone: all levels are zero.
fn attendance(grain: Grain, row: &Row<'_>) -> Result<Cell, StoreError> {
    Ok(Cell {
        slot: slot_of(grain, row.get(0)?),
        changed: time(row.get(1)?),
        before: Course { available_micros: row.get(3)?, ..Course::default() },
        standing: Standing { agents: row.get(2)?, ..Standing::default() },
    })
}

/// The last cell of a series before a slot, of its grain.
pub fn cell_before(tx: &mut Tx<'_>, series: SeriesId, slot: Slot) -> Result<Option<Cell>, StoreError> {
    let grain = slot.grain();
    tx.opt_with(
        on_cells!(grain, concat!("SELECT ", columns!(), " FROM "), " WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT 1"),
        &[&cell_id(series, first_slot(grain)), &cell_id(series, slot)],
        |row| cell(grain, row),
    )
}

/// The last cell of a series, of a grain.
pub fn last_cell(tx: &mut Tx<'_>, series: SeriesId, grain: Grain) -> Result<Option<Cell>, StoreError> {
    cell_before(tx, series, end_slot(grain))
}

/// What is read of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Whole,
    /// When somebody was there, alone: all levels are zero.
    Attendance,
}

/// Cells of a series from a slot to another of its grain, which is not in it, in order.
pub fn cells(
    tx: &mut Tx<'_>,
    series: SeriesId,
    wanted: Wanted,
    (from, until): (Slot, Slot),
    mut each: impl FnMut(&Cell),
) -> Result<(), StoreError> {
    let mut bite = Some(from);
    while let Some(begin) = bite {
        bite = bite_of_cells(tx, series, wanted, (begin, until), BITE_CELLS, &mut each)?;
    }
    Ok(())
}

/// So many of the cells from a slot to another, at most. Where the next bite begins; none after the last.
fn bite_of_cells(
    tx: &mut Tx<'_>,
    series: SeriesId,
    wanted: Wanted,
    (from, until): (Slot, Slot),
    cells_max: i64,
    each: &mut dyn FnMut(&Cell),
) -> Result<Option<Slot>, StoreError> {
    type Read = fn(Grain, &Row<'_>) -> Result<Cell, StoreError>;
    let grain = from.grain();
    let (sql, read): (_, Read) = match wanted {
        Wanted::Whole => {
            (on_cells!(grain, concat!("SELECT ", columns!(), " FROM "), " WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3"), cell)
        }
        Wanted::Attendance => (
            on_cells!(grain, "SELECT id, changed_at, agents, available_micros FROM ", " WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3"),
            attendance,
        ),
    };
    let (mut count, mut last) = (0, from);
    tx.each(sql, &[&cell_id(series, from), &cell_id(series, until), &cells_max], |row| {
        let cell = read(grain, row)?;
        count += 1;
        last = cell.slot;
        each(&cell);
        Ok(())
    })?;
    Ok((count == cells_max).then(|| last.next()))
}

/// How many cells a series has before a slot, of its grain.
pub fn count_cells(tx: &mut Tx<'_>, series: SeriesId, before: Slot) -> Result<i64, StoreError> {
    let range = (cell_id(series, first_slot(before.grain())), cell_id(series, before));
    let (count,) = tx.one(on_cells!(before.grain(), "SELECT COUNT(*) FROM ", " WHERE id >= $1 AND id < $2"), &[&range.0, &range.1])?;
    Ok(count)
}

/// How many chats an agent may have at once, as stored.
fn slots(value: i64) -> Result<u16, StoreError> {
    narrow("slots", value)
}
