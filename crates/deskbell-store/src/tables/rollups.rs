//! Cells of measures, and what their reader keeps open. A cell's body lists the numbers that are not zero: the place of each in the registry,
//! counted from the last one, and the number.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use deskbell_domain::measure::{Cell, Dimension, Span};
use deskbell_domain::time::Timestamp;

use super::{in_list, time};
use crate::engine::{Param, Tx};
use crate::error::StoreError;
use crate::varint;

/// Rows written by one statement.
const ROWS_PER_STATEMENT: usize = 64;
/// Ids asked for by one statement.
const IDS_PER_STATEMENT: usize = 500;
/// Slots asked for by one statement, each by itself.
pub const SLOTS_PER_STATEMENT: usize = 500;

/// Of whom or what a cell is, and of which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub dimension: Dimension,
    pub span: Span,
    /// Which of its spans since 1970.
    pub slot: i64,
    /// The id of an agent, a department or a tag, a channel's letter; 0 for the account.
    pub member: i64,
}

/// Which sets of cells there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What reports read.
    pub served: i64,
    /// What is made anew.
    pub building: Option<i64>,
    /// From this hour on (of UTC, since 1970) hours of what is served are the sums of their quarters: an older program kept none. 0: all are.
    pub whole_hours_from: i64,
}

pub fn encode(cell: &Cell) -> Vec<u8> {
    let mut body = Vec::with_capacity(32);
    let mut last = 0;
    for (measure, number) in cell.entries() {
        let place = measure.place() as i64;
        varint::put(&mut body, place - last);
        varint::put(&mut body, number);
        last = place;
    }
    body
}

/// Adds a stored body to a cell.
pub fn add_body(cell: &mut Cell, mut body: &[u8]) -> Result<(), StoreError> {
    let mut place = 0;
    while !body.is_empty() {
        let (step, number) = varint::take(&mut body).zip(varint::take(&mut body)).ok_or_else(broken)?;
        place += step;
        let known = usize::try_from(place).is_ok_and(|place| cell.add_at(place, number));
        if !known {
            return Err(broken());
        }
    }
    Ok(())
}

fn broken() -> StoreError {
    StoreError::Corrupt("a cell of measures cannot be read".to_owned())
}

pub fn head(tx: &mut Tx<'_>) -> Result<Head, StoreError> {
    let (served, building, whole_hours_from) = tx.one("SELECT served, building, whole_hours_from FROM rollup_head WHERE id = 1", &[])?;
    Ok(Head { served, building, whole_hours_from })
}

pub fn set_head(tx: &mut Tx<'_>, head: Head) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE rollup_head SET served = $1, building = $2, whole_hours_from = $3 WHERE id = 1",
        &[&head.served, &head.building, &head.whole_hours_from],
    )?;
    Ok(())
}

/// Begins a generation, with a number that none had before. One that somebody else builds is his no longer.
pub fn begin(tx: &mut Tx<'_>, now: Timestamp) -> Result<i64, StoreError> {
    let head = head(tx)?;
    let (begun,): (i64,) = tx.one("SELECT newest FROM rollup_head WHERE id = 1", &[])?;
    let newest = generations(tx)?.into_iter().chain(head.building).fold(begun.max(head.served), i64::max);
    let generation = newest + 1;
    tx.exec("UPDATE rollup_head SET building = $1, newest = $1, building_at = $2 WHERE id = 1", &[&generation, &now.micros()])?;
    Ok(generation)
}

/// Notes that somebody still builds.
pub fn renew(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE rollup_head SET building_at = $1 WHERE id = 1", &[&now.micros()])?;
    Ok(())
}

/// A generation that is built, and when its builder last wrote to it, by his clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    generation: i64,
    renewed: Timestamp,
}

pub fn lease(tx: &mut Tx<'_>) -> Result<Option<Lease>, StoreError> {
    let (building, renewed): (Option<i64>, i64) = tx.one("SELECT building, building_at FROM rollup_head WHERE id = 1", &[])?;
    Ok(building.map(|generation| Lease { generation, renewed: time(renewed) }))
}

/// Gives up what is built unless its builder has written since; whether that was so.
pub fn give_up(tx: &mut Tx<'_>, lease: Lease) -> Result<bool, StoreError> {
    let given = tx.exec(
        "UPDATE rollup_head SET building = NULL WHERE id = 1 AND building = $1 AND building_at = $2",
        &[&lease.generation, &lease.renewed.micros()],
    )?;
    Ok(given > 0)
}

/// Generations of which something is stored.
pub fn generations(tx: &mut Tx<'_>) -> Result<Vec<i64>, StoreError> {
    let mut found = Vec::new();
    for sql in [
        "SELECT generation FROM rollup_cells WHERE generation > $1 ORDER BY generation LIMIT 1",
        "SELECT generation FROM rollup_states WHERE generation > $1 ORDER BY generation LIMIT 1",
    ] {
        let mut last = i64::MIN;
        while let Some((generation,)) = tx.opt::<(i64,)>(sql, &[&last])? {
            found.push(generation);
            last = generation;
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Takes at most so many rows of a generation away, of each table; returns how many went.
pub fn drop_some(tx: &mut Tx<'_>, generation: i64, rows_max: i64) -> Result<u64, StoreError> {
    let cells: Vec<(i64, i64, i64)> = tx.all(
        "SELECT dimension, span, slot FROM rollup_cells WHERE generation = $1 ORDER BY dimension, span, slot LIMIT $2",
        &[&generation, &rows_max],
    )?;
    let mut gone = 0;
    if let Some((dimension, span, slot)) = cells.last() {
        gone += tx.exec(
            "DELETE FROM rollup_cells WHERE generation = $1 AND (dimension, span, slot) <= ($2, $3, $4)",
            &[&generation, dimension, span, slot],
        )?;
    }
    let states: Vec<(i64, i64)> =
        tx.all("SELECT kind, id FROM rollup_states WHERE generation = $1 ORDER BY kind, id LIMIT $2", &[&generation, &rows_max])?;
    if let Some((kind, id)) = states.last() {
        gone += tx.exec("DELETE FROM rollup_states WHERE generation = $1 AND (kind, id) <= ($2, $3)", &[&generation, kind, id])?;
    }
    Ok(gone)
}

/// The first and the last quarter of which anything has a cell.
pub fn slot_bounds(tx: &mut Tx<'_>, generation: i64) -> Result<Option<(i64, i64)>, StoreError> {
    let mut bounds: Option<(i64, i64)> = None;
    for dimension in Dimension::ALL {
        let (first, last): (Option<i64>, Option<i64>) = tx.one(
            "SELECT MIN(slot), MAX(slot) FROM rollup_cells WHERE generation = $1 AND dimension = $2 AND span = $3",
            &[&generation, &dimension.code(), &Span::Quarter.quarters()],
        )?;
        if let Some((first, last)) = first.zip(last) {
            let known = bounds.unwrap_or((first, last));
            bounds = Some((known.0.min(first), known.1.max(last)));
        }
    }
    Ok(bounds)
}

/// Slots of a span that are read by one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slots<'s> {
    Range(Range<i64>),
    /// These, however far apart they are; not more than [`SLOTS_PER_STATEMENT`].
    Each(&'s [i64]),
}

/// Calls `on_cell` with slot, member and body of each cell of a span, the slots in order.
pub fn each(
    tx: &mut Tx<'_>,
    generation: i64,
    (dimension, span): (Dimension, Span),
    slots: Slots<'_>,
    mut on_cell: impl FnMut(i64, i64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    match slots {
        Slots::Range(slots) => tx.each(
            "SELECT slot, member_id, body FROM rollup_cells \
             WHERE generation = $1 AND dimension = $2 AND span = $3 AND slot >= $4 AND slot < $5 ORDER BY slot, member_id",
            &[&generation, &dimension.code(), &span.quarters(), &slots.start, &slots.end],
            |row| on_cell(row.get(0)?, row.get(1)?, row.bytes(2)?),
        ),
        Slots::Each(slots) => tx.each_dynamic(
            &format!(
                "SELECT slot, member_id, body FROM rollup_cells \
                 WHERE generation = $1 AND dimension = $2 AND span = $3 AND slot IN {} ORDER BY slot, member_id",
                in_list(slots.iter().copied())
            ),
            &[&generation, &dimension.code(), &span.quarters()],
            |row| on_cell(row.get(0)?, row.get(1)?, row.bytes(2)?),
        ),
    }
}

/// Takes all cells of some slots of a span away.
pub fn clear(tx: &mut Tx<'_>, generation: i64, (dimension, span): (Dimension, Span), slots: &Range<i64>) -> Result<(), StoreError> {
    tx.exec(
        "DELETE FROM rollup_cells WHERE generation = $1 AND dimension = $2 AND span = $3 AND slot >= $4 AND slot < $5",
        &[&generation, &dimension.code(), &span.quarters(), &slots.start, &slots.end],
    )?;
    Ok(())
}

/// Adds to stored cells. One that comes to nothing is taken away.
pub fn add(tx: &mut Tx<'_>, generation: i64, cells: &BTreeMap<Key, Cell>) -> Result<(), StoreError> {
    let mut written: Vec<(Key, Vec<u8>)> = Vec::with_capacity(cells.len());
    let mut keys = cells.iter().peekable();
    while let Some((first, _)) = keys.peek().copied() {
        let same = |key: &Key| (key.dimension, key.span, key.slot) == (first.dimension, first.span, first.slot);
        let mut group: Vec<(&Key, Cell)> = Vec::new();
        while let Some((key, cell)) = keys.next_if(|(key, _)| same(key)) {
            group.push((key, cell.clone()));
        }
        let mut gone = Vec::new();
        for some in group.chunks_mut(IDS_PER_STATEMENT) {
            add_stored(tx, generation, some)?;
            for (key, cell) in some {
                if cell.is_zero() {
                    gone.push(key.member);
                } else {
                    written.push((**key, encode(cell)));
                }
            }
        }
        if !gone.is_empty() {
            let list = in_list(gone.into_iter());
            tx.exec_dynamic(
                &format!(
                    "DELETE FROM rollup_cells WHERE generation = $1 AND dimension = $2 AND span = $3 AND slot = $4 AND member_id IN {list}"
                ),
                &[&generation, &first.dimension.code(), &first.span.quarters(), &first.slot],
            )?;
        }
    }
    for some in written.chunks(ROWS_PER_STATEMENT) {
        let columns: Vec<[i64; 3]> = some.iter().map(|(key, _)| [key.dimension.code(), key.span.quarters(), key.slot]).collect();
        let rows: Vec<[&dyn Param; 6]> = some
            .iter()
            .zip(&columns)
            .map(|((key, body), [dimension, span, slot])| [&generation as &dyn Param, dimension, span, slot, &key.member, body])
            .collect();
        upsert(
            tx,
            "rollup_cells (generation, dimension, span, slot, member_id, body)",
            "generation, dimension, span, slot, member_id",
            &rows,
        )?;
    }
    Ok(())
}

/// Adds what is stored already to cells of one slot, in the order of their members.
fn add_stored(tx: &mut Tx<'_>, generation: i64, group: &mut [(&Key, Cell)]) -> Result<(), StoreError> {
    let Some((first, _)) = group.first() else { return Ok(()) };
    let of_slot = (first.dimension.code(), first.span.quarters(), first.slot);
    let list = in_list(group.iter().map(|(key, _)| key.member));
    tx.each_dynamic(
        &format!(
            "SELECT member_id, body FROM rollup_cells WHERE generation = $1 AND dimension = $2 AND span = $3 AND slot = $4 AND member_id IN {list}"
        ),
        &[&generation, &of_slot.0, &of_slot.1, &of_slot.2],
        |row| {
            let member: i64 = row.get(0)?;
            match group.binary_search_by_key(&member, |(key, _)| key.member) {
                Ok(place) => add_body(&mut group[place].1, row.bytes(1)?),
                Err(_) => Ok(()),
            }
        },
    )
}

/// Inserts rows whose last column is a body, or writes the bodies of those that are there.
fn upsert<const N: usize>(tx: &mut Tx<'_>, table: &str, key: &str, rows: &[[&dyn Param; N]]) -> Result<(), StoreError> {
    let mut sql = format!("INSERT INTO {table} VALUES ");
    let mut params: Vec<&dyn Param> = Vec::with_capacity(rows.len() * N);
    for (index, row) in rows.iter().enumerate() {
        sql.push_str(if index > 0 { ", (" } else { "(" });
        for (place, value) in row.iter().enumerate() {
            params.push(*value);
            let comma = if place > 0 { ", " } else { "" };
            write!(sql, "{comma}${}", params.len()).expect("a String takes whatever is written to it");
        }
        sql.push(')');
    }
    write!(sql, " ON CONFLICT ({key}) DO UPDATE SET body = excluded.body").expect("a String takes whatever is written to it");
    tx.exec_dynamic(&sql, &params)?;
    Ok(())
}

/// Bodies of states of one kind by their ids; those that are not there are left out.
pub fn states(
    tx: &mut Tx<'_>,
    generation: i64,
    kind: i64,
    ids: &[i64],
    mut on_state: impl FnMut(i64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for some in ids.chunks(IDS_PER_STATEMENT) {
        let list = in_list(some.iter().copied());
        tx.each_dynamic(
            &format!("SELECT id, body FROM rollup_states WHERE generation = $1 AND kind = $2 AND id IN {list}"),
            &[&generation, &kind],
            |row| on_state(row.get(0)?, row.bytes(1)?),
        )?;
    }
    Ok(())
}

/// All states of one kind.
pub fn all_states(
    tx: &mut Tx<'_>,
    generation: i64,
    kind: i64,
    mut on_state: impl FnMut(i64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.each("SELECT id, body FROM rollup_states WHERE generation = $1 AND kind = $2 ORDER BY id", &[&generation, &kind], |row| {
        on_state(row.get(0)?, row.bytes(1)?)
    })
}

/// Writes states; one without a body goes.
pub fn put_states(tx: &mut Tx<'_>, generation: i64, states: &[(i64, i64, Option<Vec<u8>>)]) -> Result<(), StoreError> {
    for some in states.chunks(ROWS_PER_STATEMENT) {
        let rows: Vec<[&dyn Param; 4]> =
            some.iter().filter_map(|(kind, id, body)| Some([&generation as &dyn Param, kind, id, body.as_ref()?])).collect();
        if !rows.is_empty() {
            upsert(tx, "rollup_states (generation, kind, id, body)", "generation, kind, id", &rows)?;
        }
        for (kind, id, _) in some.iter().filter(|(_, _, body)| body.is_none()) {
            tx.exec("DELETE FROM rollup_states WHERE generation = $1 AND kind = $2 AND id = $3", &[&generation, kind, id])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskbell_domain::measure::{Measure, REGISTRY};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bodies_come_back(numbers in prop::collection::vec((0..Measure::COUNT, any::<i32>()), 0..20)) {
            let mut cell = Cell::default();
            for (place, number) in numbers {
                cell.add(REGISTRY[place].measure, i64::from(number));
            }
            let mut back = Cell::default();
            add_body(&mut back, &encode(&cell)).unwrap();
            prop_assert_eq!(back, cell);
        }
    }

    #[test]
    fn broken_bodies_are_refused() {
        let mut unknown = Vec::new();
        varint::put(&mut unknown, Measure::COUNT as i64);
        varint::put(&mut unknown, 1);
        for body in [&[0x80][..], &[2], &[1, 2], &unknown] {
            assert!(add_body(&mut Cell::default(), body).is_err(), "{body:?}");
        }
    }
}
