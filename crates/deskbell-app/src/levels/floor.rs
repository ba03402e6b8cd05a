//! Where the journal begins: before entries are deleted from it, how everything stood behind them is kept, as a set of its own. From there a
//! rebuild and a comparison go on, with what is older as it is kept.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use deskbell_domain::level::{Cell, Grain, Key};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::hours::Hours;
use deskbell_store::tables::levels::{SeriesId, SetId, floor as rows};
use deskbell_store::{Db, StoreError, Tx, cursors, journal};

use super::fold::{Change, Told};
use super::reader::{CURSOR, items_of, last_quarter, load, put_move, put_standing};
use crate::error::AppError;

/// Where counting again begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) floor: SetId,
    /// The last entry that is in it.
    pub(super) number: i64,
}

impl Start {
    /// Refused as a conflict where nothing is known of what is missing in the journal.
    pub(super) fn find(tx: &mut Tx<'_>) -> Result<Start, AppError> {
        let gone = || AppError::conflict("the beginning of the journal is gone, and nothing says how it stood there");
        let floor = rows::floor(tx)?.ok_or_else(gone)?;
        let number = table::built_number(tx, floor)?;
        let first = match journal::first_number(tx)? {
            Some(first) => first,
            None => tx.head()? + 1,
        };
        if first > number + 1 { Err(gone()) } else { Ok(Start { floor, number }) }
    }

    /// Refused as a conflict if the journal was shortened since it was found.
    fn check(self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let stands = table::built_number(tx, self.floor)? == self.number;
        stands.then_some(()).ok_or_else(|| AppError::conflict("the journal was shortened meanwhile; try again"))
    }
}

/// Deletes a bite of what is older than a moment from the journal, but what readers still need; how much. How levels stood then is kept.
pub(crate) fn trim(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, AppError> {
    // What is not in the levels yet is needed, also before their reader has begun.
    let needed = cursors::least(tx)?.unwrap_or(i64::MAX).min(cursors::get(tx, CURSOR)?.unwrap_or(0));
    if let Some(floor) = rows::floor(tx)?
        && let Some(last) = journal::last_trimmed(tx, before, needed)?
    {
        rise(tx, floor, last)?;
    }
    Ok(journal::trim(tx, before, needed)?)
}

/// Takes the entries up to one into the floor.
fn rise(tx: &mut Tx<'_>, floor: SetId, until: i64) -> Result<(), AppError> {
    let number = table::built_number(tx, floor)?;
    let events = journal::after(tx, number, (until - number).max(0))?;
    let Some(first) = events.first() else { return Ok(()) };
    if first.number > number + 1 {
        return Err(AppError::internal(format!("the journal has no entry {}", number + 1)));
    }
    let mut fold = load(tx, floor, number)?;
    fold.items = items_of(tx, floor, &events)?;
    let mut told = Told::default();
    for recorded in &events {
        fold.fold(recorded, &mut told);
    }
    put_last(tx, floor, &told.changes)?;
    told.moves.iter().try_for_each(|step| put_move(tx, floor, step))?;
    rows::forget_presences(tx, floor)?;
    put_standing(tx, floor, &fold, &told)?;
    table::set_latest(tx, floor, fold.latest)?;
    table::set_built_number(tx, floor, fold.number)?;
    Ok(())
}

/// The last quarter hour's cell of each series, alone.
fn put_last(tx: &mut Tx<'_>, floor: SetId, changes: &[Change]) -> Result<(), StoreError> {
    let mut last: HashMap<Key, (SeriesId, Cell)> = HashMap::new();
    for change in changes {
        let (_, cell) = match last.entry(change.key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(last_quarter(tx, floor, Hours::Lacking, change)?),
        };
        // What is whole before it is in the set that is kept.
        let _whole = cell.change(change.at, &change.by);
    }
    for (series, cell) in last.values() {
        table::put_cell(tx, *series, cell)?;
        rows::forget_cells(tx, *series, cell.slot)?;
    }
    Ok(())
}

/// Fills the set that is being built with what was before the journal, in bites; then it stands where the journal begins.
pub(super) fn copy(db: &Db, start: Start, built: SetId) -> Result<(), AppError> {
    let write = Copying { db, start, built };
    for (key, last) in write.bite(move |tx, floor, _| last_cells(tx, floor))? {
        let series = write.bite(move |tx, _, built| table::insert_series(tx, built, &key, Hours::Lacking))?;
        let mut from = Some(table::first_slot(Grain::Quarter));
        while let Some(begin) = from {
            from = write.bite(move |tx, _, _| {
                let kept = table::kept(tx)?;
                match table::series(tx, kept, &key)? {
                    Some(older) => rows::copy_cells(tx, older, series, begin, last.slot),
                    None => Ok(None),
                }
            })?;
        }
        write.bite(move |tx, _, _| table::put_cell(tx, series, &last))?;
    }
    for medium in Medium::ALL {
        let mut behind = None;
        while let Some(last) = write.bite(move |tx, floor, built| rows::copy_items(tx, floor, built, medium, behind))? {
            behind = Some(last);
        }
    }
    let whose = write.bite(|tx, _, _| {
        let kept = table::kept(tx)?;
        rows::whose_presences(tx, kept)
    })?;
    for (agent, department) in whose {
        write.bite(move |tx, floor, built| {
            let kept = table::kept(tx)?;
            rows::copy_presences(tx, (kept, floor, built), agent, department)
        })?;
    }
    write.bite(move |tx, floor, built| {
        rows::copy_standing(tx, floor, built)?;
        let slots_for_all = table::slots_for_all(tx, floor)?;
        table::set_slots_for_all(tx, built, slots_for_all)?;
        let latest = table::latest(tx, floor)?;
        table::set_latest(tx, built, latest)?;
        table::set_built_number(tx, built, start.number)
    })
}

struct Copying<'d> {
    db: &'d Db,
    start: Start,
    built: SetId,
}

impl Copying<'_> {
    /// One write, of the floor and the set that is being built.
    fn bite<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, SetId, SetId) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (start, built) = (self.start, self.built);
        self.db.write_blocking(move |tx| {
            start.check(tx)?;
            if table::building(tx)? != Some(built) {
                return Err(AppError::conflict("another rebuild took its place"));
            }
            Ok(work(tx, start.floor, built)?)
        })
    }
}

/// The last quarter hour's cell of each series of the floor.
pub(super) fn last_cells(tx: &mut Tx<'_>, floor: SetId) -> Result<Vec<(Key, Cell)>, StoreError> {
    let mut found = Vec::new();
    for (key, series) in table::all_series(tx, floor)? {
        found.extend(table::last_cell(tx, series, Grain::Quarter)?.map(|cell| (key, cell)));
    }
    Ok(found)
}
