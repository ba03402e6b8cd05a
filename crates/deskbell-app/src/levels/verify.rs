//! Comparing the levels that are kept with what the journal says, cell by cell.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use deskbell_domain::event::Recorded;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Cell, Key, Presence, Quarter, Standing};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::{SeriesId, SetId};
use deskbell_store::{StoreError, Tx, cursors, journal};

use super::fold::{Change, Fold, Move, Told};
use super::reader::CURSOR;
use super::rebuild::check_whole;
use crate::desk::Desk;
use crate::error::AppError;

/// Entries folded in one bite.
const BITE_EVENTS: i64 = 2_000;
/// Differences told, at most; then it stops.
const DIFFERENCES_MAX: usize = 100;

/// Something that is kept otherwise than the journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Of a quarter hour.
    Cell { key: Key, kept: Option<Box<Cell>>, counted: Box<Cell> },
    /// How many quarter hours there are.
    Cells { key: Key, kept: i64, counted: i64 },
    /// Of a time that an agent was there.
    Presence { medium: Medium, kept: Option<Presence>, counted: Presence },
    /// How many of these there are.
    Presences { medium: Medium, kept: i64, counted: i64 },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Cell { key, kept, counted } => write!(f, "level of {key:?}: kept {kept:?}, counted {counted:?}"),
            Difference::Cells { key, kept, counted } => write!(f, "quarter hours of {key:?}: {kept} kept, {counted} counted"),
            Difference::Presence { medium, kept, counted } => write!(f, "presence for {medium:?}: kept {kept:?}, counted {counted:?}"),
            Difference::Presences { medium, kept, counted } => write!(f, "presences for {medium:?}: {kept} kept, {counted} counted"),
        }
    }
}

/// Counts the whole journal again in memory, up to where the reader stands, and returns what differs: a hundred at most. Blocking.
/// Refused as a conflict where the journal's beginning is gone, and when the levels are rebuilt meanwhile: then try again.
pub fn verify(desk: &Desk) -> Result<Vec<Difference>, AppError> {
    let db = desk.db();
    check_whole(db)?;
    let (set, until) = db.snapshot_blocking(place)?;
    let mut count = Count::new(set);
    while count.fold.number < until && count.differences.len() < DIFFERENCES_MAX {
        let limit = BITE_EVENTS.min(until - count.fold.number);
        // A cell that is whole in the journal up to here does not change any more: no matter that the reader goes on meanwhile.
        count = db.snapshot_blocking(move |tx| {
            count.go_on(tx, limit)?;
            Ok::<_, AppError>(count)
        })?;
    }
    db.snapshot_blocking(move |tx| {
        let (now, until) = place(tx)?;
        if now != set {
            return Err(AppError::conflict("the levels were rebuilt meanwhile; try again"));
        }
        while count.fold.number < until && count.differences.len() < DIFFERENCES_MAX {
            count.go_on(tx, BITE_EVENTS.min(until - count.fold.number))?;
        }
        count.end(tx)?;
        count.differences.truncate(DIFFERENCES_MAX);
        Ok(count.differences)
    })
}

fn place(tx: &mut Tx<'_>) -> Result<(SetId, i64), AppError> {
    Ok((table::kept(tx)?, cursors::get(tx, CURSOR)?.unwrap_or(0)))
}

/// The journal counted so far, and what was found to differ.
struct Count {
    set: SetId,
    fold: Fold,
    /// The cell of each key that may still change, how many were whole before it, and the series that is kept.
    last: HashMap<Key, Last>,
    /// Who is there since when.
    present: HashMap<(Medium, AgentId, DepartmentId), Timestamp>,
    presences: HashMap<Medium, i64>,
    differences: Vec<Difference>,
}

struct Last {
    cell: Cell,
    whole: i64,
    series: Option<SeriesId>,
}

impl Count {
    fn new(set: SetId) -> Count {
        Count {
            set,
            fold: Fold::default(),
            last: HashMap::new(),
            present: HashMap::new(),
            presences: HashMap::new(),
            differences: Vec::new(),
        }
    }

    fn go_on(&mut self, tx: &mut Tx<'_>, limit: i64) -> Result<(), AppError> {
        let events: Vec<Recorded> = journal::after(tx, self.fold.number, limit)?;
        if events.is_empty() {
            return Err(AppError::internal("the journal ends before the levels do"));
        }
        let mut told = Told::default();
        for recorded in &events {
            self.fold.fold(recorded, &mut told);
        }
        for change in &told.changes {
            self.change(tx, change)?;
        }
        for step in &told.moves {
            self.step(tx, step)?;
        }
        Ok(())
    }

    fn change(&mut self, tx: &mut Tx<'_>, change: &Change) -> Result<(), StoreError> {
        let last = match self.last.entry(change.key) {
            Entry::Occupied(last) => last.into_mut(),
            Entry::Vacant(place) => {
                let series = table::series(tx, self.set, &change.key)?;
                place.insert(Last { cell: Cell::begin(Quarter::of(change.at), Standing::default()), whole: 0, series })
            }
        };
        if let Some(whole) = last.cell.change(change.at, &change.by) {
            last.whole += 1;
            let kept = kept_cell(tx, last.series, whole.quarter)?;
            if kept.as_ref() != Some(&whole) {
                self.differences.push(Difference::Cell { key: change.key, kept: kept.map(Box::new), counted: Box::new(whole) });
            }
        }
        Ok(())
    }

    fn step(&mut self, tx: &mut Tx<'_>, step: &Move) -> Result<(), StoreError> {
        let key = (step.medium, step.agent, step.department);
        if step.comes {
            self.present.insert(key, step.at);
            return Ok(());
        }
        match self.present.remove(&key) {
            Some(from) if from < step.at => {
                let counted = Presence { agent: step.agent, department: step.department, from, until: Some(step.at) };
                self.compare(tx, step.medium, counted)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn compare(&mut self, tx: &mut Tx<'_>, medium: Medium, counted: Presence) -> Result<(), StoreError> {
        *self.presences.entry(medium).or_default() += 1;
        let kept = table::presences::get(tx, self.set, medium, counted.agent, counted.department, counted.from)?;
        if kept != Some(counted) {
            self.differences.push(Difference::Presence { medium, kept, counted });
        }
        Ok(())
    }

    /// What may still change is compared at the end, as of where the reader stands; and whether more is kept than was counted.
    fn end(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        if self.differences.len() >= DIFFERENCES_MAX {
            return Ok(());
        }
        for (key, last) in &self.last {
            let kept = kept_cell(tx, last.series, last.cell.quarter)?;
            if kept.as_ref() != Some(&last.cell) {
                self.differences.push(Difference::Cell { key: *key, kept: kept.map(Box::new), counted: Box::new(last.cell.clone()) });
            }
        }
        for (key, _, kept) in table::all_series(tx, self.set)? {
            let counted = self.last.get(&key).map_or(0, |last| last.whole + 1);
            if kept != counted {
                self.differences.push(Difference::Cells { key, kept, counted });
            }
        }
        for ((medium, agent, department), from) in std::mem::take(&mut self.present) {
            self.compare(tx, medium, Presence { agent, department, from, until: None })?;
        }
        for medium in Medium::ALL {
            let (kept, counted) = (table::presences::count(tx, self.set, medium)?, self.presences.get(&medium).copied().unwrap_or(0));
            if kept != counted {
                self.differences.push(Difference::Presences { medium, kept, counted });
            }
        }
        Ok(())
    }
}

fn kept_cell(tx: &mut Tx<'_>, series: Option<SeriesId>, quarter: Quarter) -> Result<Option<Cell>, StoreError> {
    let Some(series) = series else { return Ok(None) };
    Ok(table::cell_before(tx, series, quarter.next())?.filter(|cell| cell.quarter == quarter))
}
