//! Levels over time: sets, series and their cells. How things stand is in [`standing`], when agents were there in [`presences`], how all of it
//! was where the journal begins in [`floor`].

pub mod floor;
pub mod presences;
pub mod standing;

use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Cell, Course, Key, Quarter, Standing, Tally};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;

use super::{narrow, time};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// Bits of a cell's key that hold its quarter hour; they are enough until 2448.
const QUARTER_BITS: u32 = 24;
/// Cells read in one go.
const BITE_CELLS: i64 = 4_096;
/// Rows cleared away in one go, of each table.
const CLEARED_ROWS_MAX: i64 = 2_000;

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
        let range = (cell_id(SeriesId(series), Quarter::from_i64(0)), cell_id(SeriesId(series + 1), Quarter::from_i64(0)));
        let cleared = tx.exec(
            "DELETE FROM level_cells WHERE id IN (SELECT id FROM level_cells WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3)",
            &[&range.0, &range.1, &CLEARED_ROWS_MAX],
        )?;
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

pub fn insert_series(tx: &mut Tx<'_>, set: SetId, key: &Key) -> Result<SeriesId, StoreError> {
    let (medium, department, agent) = key_columns(key);
    let (last,): (Option<i64>,) = tx.one("SELECT MAX(id) FROM level_series", &[])?;
    let id = last.unwrap_or(0) + 1;
    tx.exec(
        "INSERT INTO level_series (id, set_id, medium, department_id, agent_id) VALUES ($1, $2, $3, $4, $5)",
        &[&id, &set.0, &medium, &department, &agent],
    )?;
    Ok(SeriesId(id))
}

/// All series of a set, each with how many cells it has.
pub fn all_series(tx: &mut Tx<'_>, set: SetId) -> Result<Vec<(Key, SeriesId, i64)>, StoreError> {
    tx.all_with(
        "SELECT s.medium, s.department_id, s.agent_id, s.id, \
           (SELECT COUNT(*) FROM level_cells c WHERE c.id >= s.id * 16777216 AND c.id < (s.id + 1) * 16777216) \
         FROM level_series s WHERE s.set_id = $1 ORDER BY s.id",
        &[&set.0],
        |row| {
            let (department, agent): (i64, i64) = (row.get(1)?, row.get(2)?);
            let key = Key {
                medium: medium(row.get(0)?)?,
                department: (department != 0).then(|| DepartmentId::from_i64(department)),
                agent: (agent != 0).then(|| AgentId::from_i64(agent)),
            };
            Ok((key, SeriesId(row.get(3)?), row.get(4)?))
        },
    )
}

/// A quarter hour outside of those that keys can hold is the nearest that they can: nothing happened there.
fn cell_id(series: SeriesId, quarter: Quarter) -> i64 {
    (series.0 << QUARTER_BITS) | quarter.get().clamp(0, (1 << QUARTER_BITS) - 1)
}

fn quarter_of(id: i64) -> Quarter {
    Quarter::from_i64(id & ((1 << QUARTER_BITS) - 1))
}

pub fn put_cell(tx: &mut Tx<'_>, series: SeriesId, cell: &Cell) -> Result<(), StoreError> {
    let sum = |tally: &Tally| narrow_sum(tally.sum);
    let Cell { before, standing, .. } = cell;
    tx.exec(
        "INSERT INTO level_cells (id, changed_at, queue, slots, service, agents, queue_sum, queue_max, queue_min, slots_sum, slots_max, \
           slots_min, service_sum, service_max, service_min, available_micros) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at, queue = excluded.queue, slots = excluded.slots, \
           service = excluded.service, agents = excluded.agents, queue_sum = excluded.queue_sum, queue_max = excluded.queue_max, \
           queue_min = excluded.queue_min, slots_sum = excluded.slots_sum, slots_max = excluded.slots_max, slots_min = excluded.slots_min, \
           service_sum = excluded.service_sum, service_max = excluded.service_max, service_min = excluded.service_min, \
           available_micros = excluded.available_micros",
        &[
            &cell_id(series, cell.quarter),
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
    i64::try_from(sum).map_err(|_| StoreError::Corrupt(format!("a level of a quarter hour out of range: {sum}")))
}

fn cell(row: &Row<'_>) -> Result<Cell, StoreError> {
    let quarter = quarter_of(row.get(0)?);
    let changed = time(row.get(1)?);
    let micros = changed.micros_since(quarter.start());
    let tally = |place: usize| -> Result<Tally, StoreError> {
        Ok(Tally { micros, sum: i128::from(row.get::<i64>(place)?), max: row.get(place + 1)?, min: row.get(place + 2)? })
    };
    Ok(Cell {
        quarter,
        changed,
        before: Course { queue: tally(6)?, slots: tally(9)?, service: tally(12)?, available_micros: row.get(15)? },
        standing: Standing { queue: row.get(2)?, slots: row.get(3)?, service: row.get(4)?, agents: row.get(5)? },
    })
}

/// The last cell of a series before a quarter hour.
pub fn cell_before(tx: &mut Tx<'_>, series: SeriesId, quarter: Quarter) -> Result<Option<Cell>, StoreError> {
    tx.opt_with(
        "SELECT id, changed_at, queue, slots, service, agents, queue_sum, queue_max, queue_min, slots_sum, slots_max, slots_min, \
           service_sum, service_max, service_min, available_micros FROM level_cells WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT 1",
        &[&cell_id(series, Quarter::from_i64(0)), &cell_id(series, quarter)],
        cell,
    )
}

/// The last cell of a series.
pub fn last_cell(tx: &mut Tx<'_>, series: SeriesId) -> Result<Option<Cell>, StoreError> {
    cell_before(tx, series, Quarter::from_i64((1 << QUARTER_BITS) - 1))
}

/// Cells of a series from a quarter hour to another, which is not in it, in order.
pub fn cells(tx: &mut Tx<'_>, series: SeriesId, from: Quarter, until: Quarter, mut each: impl FnMut(&Cell)) -> Result<(), StoreError> {
    let (mut from, until) = (cell_id(series, from), cell_id(series, until));
    loop {
        let (mut count, mut last) = (0, from);
        tx.each(
            "SELECT id, changed_at, queue, slots, service, agents, queue_sum, queue_max, queue_min, slots_sum, slots_max, slots_min, \
               service_sum, service_max, service_min, available_micros FROM level_cells WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3",
            &[&from, &until, &BITE_CELLS],
            |row| {
                count += 1;
                last = row.get(0)?;
                each(&cell(row)?);
                Ok(())
            },
        )?;
        if count < BITE_CELLS {
            return Ok(());
        }
        from = last + 1;
    }
}

/// How many chats an agent may have at once, as stored.
fn slots(value: i64) -> Result<u16, StoreError> {
    narrow("slots", value)
}
