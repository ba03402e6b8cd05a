//! The reader of the journal that keeps the levels. What stands is kept in rows, written with the reader's cursor in one transaction: whoever
//! goes on from there loses and doubles nothing.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use deskbell_domain::event::Recorded;
use deskbell_domain::level::{Cell, Grain, Item, Key, Slot, Standing};
use deskbell_domain::measure::Medium;
use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::hours::{self, Hours};
use deskbell_store::tables::levels::{SeriesId, SetId};
use deskbell_store::{Db, StoreError, Tx, cursors, journal};

use super::fold::{Change, Fold, ItemKey, Move, Told, concerned};
use crate::bites::Left;
use crate::error::AppError;

/// The reader's name in the table of cursors.
pub const CURSOR: &str = "levels";
/// Entries folded in one bite.
const BITE_EVENTS: i64 = 500;
/// How far the cursor runs ahead in memory when there is nothing to write.
const CURSOR_EVENTS_MAX: i64 = 5_000;

/// Which set it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The one that is read from.
    Kept,
    /// The one that is being built beside it.
    Built,
}

impl Target {
    fn number(self, tx: &mut Tx<'_>, set: SetId) -> Result<i64, StoreError> {
        match self {
            Target::Kept => Ok(cursors::get(tx, CURSOR)?.unwrap_or(0)),
            Target::Built => table::built_number(tx, set),
        }
    }

    fn set_number(self, tx: &mut Tx<'_>, set: SetId, number: i64) -> Result<(), StoreError> {
        match self {
            Target::Kept => cursors::set(tx, CURSOR, number),
            Target::Built => table::set_built_number(tx, set, number),
        }
    }

    fn set(self, tx: &mut Tx<'_>) -> Result<Option<SetId>, StoreError> {
        match self {
            Target::Kept => table::kept(tx).map(Some),
            Target::Built => table::building(tx),
        }
    }
}

/// The reader. It goes on where the rows say that one has stopped before it.
pub struct Reader {
    db: Db,
    target: Target,
    pub(super) bite_events: i64,
    /// Whether hours are written with their quarters, or made out of them later: all at once that takes less.
    pub(super) hours: Hours,
    /// As of the rows, or further while nothing came out that had to be written; none before the first look and after a failure.
    state: Option<State>,
}

struct State {
    set: SetId,
    fold: Fold,
    /// The last cells of each series that was written so far.
    last: HashMap<Key, Last>,
    /// The cursor in the rows.
    written: i64,
}

/// The last cells of a series, one of each grain.
struct Last {
    series: SeriesId,
    cells: [Cell; Grain::ALL.len()],
}

impl Reader {
    /// The one that keeps what is read from.
    pub fn keeping(db: Db) -> Reader {
        Reader::new(db, Target::Kept)
    }

    pub(super) fn new(db: Db, target: Target) -> Reader {
        let hours = match target {
            Target::Kept => Hours::Kept,
            Target::Built => Hours::Lacking,
        };
        Reader { db, target, bite_events: BITE_EVENTS, hours, state: None }
    }

    /// The last entry that is in; none before the first look.
    pub(super) fn number(&self) -> Option<i64> {
        self.state.as_ref().map(|state| state.fold.number)
    }

    /// Folds all that the journal tells and is not folded yet.
    pub fn catch_up(&mut self) -> Result<(), AppError> {
        while self.bite()? == Left::Some {}
        Ok(())
    }

    pub(super) fn bite(&mut self) -> Result<Left, AppError> {
        let mut state = match self.state.take() {
            Some(state) => state,
            None => self.load()?,
        };
        let (set, from, limit) = (state.set, state.fold.number, self.bite_events);
        let (events, items) = self.db.snapshot_blocking(move |tx| {
            let events = journal::after(tx, from, limit)?;
            let items = items_of(tx, set, &events)?;
            Ok::<_, StoreError>((events, items))
        })?;
        if self.target == Target::Built && events.first().is_some_and(|first| first.number > from + 1) {
            return Err(AppError::conflict("the beginning of the journal went while it was read"));
        }
        state.fold.items = items;
        let mut told = Told::default();
        for recorded in &events {
            state.fold.fold(recorded, &mut told);
        }
        let left = if events.is_empty() { Left::Nothing } else { Left::Some };
        let ahead = state.fold.number - state.written;
        // At the end the cursor is written too: what is before it need not be kept for this reader.
        let due = !told.is_empty() || ahead >= CURSOR_EVENTS_MAX || (left == Left::Nothing && ahead > 0);
        if due {
            match self.write(state, told)? {
                Some(written) => state = written,
                // Another one was faster: what it wrote is what stands now.
                None if self.target == Target::Kept => return Ok(Left::Some),
                None => return Err(AppError::conflict("another rebuild took the place of this one")),
            }
        }
        self.state = Some(state);
        Ok(left)
    }

    /// How things stand as of the cursor.
    fn load(&self) -> Result<State, AppError> {
        let target = self.target;
        self.db.snapshot_blocking(move |tx| {
            let set = target.set(tx)?.ok_or_else(|| AppError::conflict("nothing is being rebuilt"))?;
            let number = target.number(tx, set)?;
            Ok(State { set, written: number, fold: load(tx, set, number)?, last: HashMap::new() })
        })
    }

    /// Writes what came out, what stands and the cursor; none, and nothing, if the cursor is not where it was or another set is read from.
    fn write(&self, state: State, told: Told) -> Result<Option<State>, AppError> {
        let (target, hours) = (self.target, self.hours);
        self.db.write_blocking(move |tx| {
            let mut state = state;
            if target.set(tx)? != Some(state.set) || target.number(tx, state.set)? != state.written {
                return Ok(None);
            }
            put_levels(tx, (state.set, hours), &mut state.last, &told.changes)?;
            told.moves.iter().try_for_each(|step| put_move(tx, state.set, step))?;
            put_standing(tx, state.set, &state.fold, &told)?;
            table::set_latest(tx, state.set, state.fold.latest)?;
            target.set_number(tx, state.set, state.fold.number)?;
            state.written = state.fold.number;
            Ok(Some(state))
        })
    }
}

/// How things stand in a set as of an entry, without its items.
pub(super) fn load(tx: &mut Tx<'_>, set: SetId, number: i64) -> Result<Fold, StoreError> {
    let mut fold = Fold {
        number,
        latest: table::latest(tx, set)?,
        agents: table::standing::agents(tx, set)?.into_iter().collect(),
        closed: table::standing::closed_departments(tx, set)?.into_iter().collect(),
        slots_for_all: table::slots_for_all(tx, set)?,
        ..Fold::default()
    };
    for (department, agent) in table::standing::members(tx, set)? {
        fold.members.entry(agent).or_default().insert(department);
    }
    Ok(fold)
}

/// The items that entries speak of, as they stand before them.
pub(super) fn items_of(tx: &mut Tx<'_>, set: SetId, events: &[Recorded]) -> Result<HashMap<ItemKey, Item>, StoreError> {
    let mut wanted: BTreeMap<Medium, BTreeSet<i64>> = BTreeMap::new();
    for (medium, id) in events.iter().filter_map(|recorded| concerned(&recorded.event)) {
        wanted.entry(medium).or_default().insert(id);
    }
    let mut items = HashMap::new();
    for (medium, ids) in wanted {
        let ids: Vec<i64> = ids.into_iter().collect();
        items.extend(table::standing::items(tx, set, medium, &ids)?.into_iter().map(|(id, item)| ((medium, id), item)));
    }
    Ok(items)
}

fn put_levels(tx: &mut Tx<'_>, (set, hours): (SetId, Hours), last: &mut HashMap<Key, Last>, changes: &[Change]) -> Result<(), StoreError> {
    let put = |tx: &mut Tx<'_>, series: SeriesId, cell: &Cell| match (cell.slot.grain(), hours) {
        (Grain::Quarter, _) | (Grain::Hour, Hours::Kept) => table::put_cell(tx, series, cell),
        (Grain::Hour, Hours::Lacking) => Ok(()),
    };
    let mut touched: HashSet<Key> = HashSet::new();
    for change in changes {
        let known = match last.entry(change.key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(last_of(tx, set, hours, change)?),
        };
        for cell in &mut known.cells {
            let whole = cell.change(change.at, &change.by);
            // One that no change of these touched is in its row already.
            if let Some(whole) = whole
                && touched.contains(&change.key)
            {
                put(tx, known.series, &whole)?;
            }
        }
        touched.insert(change.key);
    }
    for key in touched {
        let known = &last[&key];
        known.cells.iter().try_for_each(|cell| put(tx, known.series, cell))?;
    }
    Ok(())
}

/// The hour comes from its quarters: these may have been written alone.
fn last_of(tx: &mut Tx<'_>, set: SetId, hours: Hours, change: &Change) -> Result<Last, StoreError> {
    let (series, quarter) = last_quarter(tx, set, hours, change)?;
    let hour = hours::up_to(tx, series, &quarter)?;
    Ok(Last { series, cells: [quarter, hour] })
}

/// The series of a change and its last quarter hour's cell, before it.
pub(super) fn last_quarter(tx: &mut Tx<'_>, set: SetId, hours: Hours, change: &Change) -> Result<(SeriesId, Cell), StoreError> {
    let series = match table::series(tx, set, &change.key)? {
        Some(series) => series,
        None => table::insert_series(tx, set, &change.key, hours)?,
    };
    let cell = table::last_cell(tx, series, Grain::Quarter)?;
    Ok((series, cell.unwrap_or_else(|| Cell::begin(Slot::of(Grain::Quarter, change.at), Standing::default()))))
}

pub(super) fn put_move(tx: &mut Tx<'_>, set: SetId, step: &Move) -> Result<(), StoreError> {
    let put = if step.comes { table::presences::open } else { table::presences::close };
    put(tx, set, step.medium, step.agent, step.department, step.at)
}

/// What changed of how things stand.
pub(super) fn put_standing(tx: &mut Tx<'_>, set: SetId, fold: &Fold, told: &Told) -> Result<(), StoreError> {
    if told.slots_for_all {
        table::set_slots_for_all(tx, set, fold.slots_for_all)?;
    }
    for agent in &told.agents {
        let attendance = fold.agents.get(agent).copied().unwrap_or_default();
        table::standing::put_agent(tx, set, *agent, &attendance)?;
    }
    for (department, agent) in &told.members {
        let member = fold.members.get(agent).is_some_and(|departments| departments.contains(department));
        table::standing::put_member(tx, set, *department, *agent, member)?;
    }
    for department in &told.departments {
        table::standing::put_department(tx, set, *department, !fold.closed.contains(department))?;
    }
    for (medium, id) in &told.items {
        match fold.items.get(&(*medium, *id)) {
            Some(item) => table::standing::put_item(tx, set, *medium, *id, item)?,
            None => table::standing::remove_item(tx, set, *medium, *id)?,
        }
    }
    Ok(())
}
