//! Comparing the levels that are kept with what the journal says, cell by cell; those of the time before it are not compared.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use deskbell_domain::event::Recorded;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Cell, Grain, Key, Presence, Slot, Standing};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::{SeriesId, SetId, floor as rows, hours};
use deskbell_store::{StoreError, Tx, cursors, journal};

use super::floor::{Start, last_cells};
use super::fold::{Change, Fold, Move, Told};
use super::reader::{CURSOR, load};
use super::rebuild::Progress;
use crate::desk::Desk;
use crate::error::AppError;

/// Entries folded in one bite.
const BITE_EVENTS: i64 = 2_000;
/// Differences that are told; all are counted.
const DIFFERENCES_TOLD_MAX: usize = 50;
const MINUTE_MICROS: i64 = 60_000_000;

/// Something that is kept otherwise than the journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Of a quarter hour or an hour.
    Cell { key: Key, kept: Option<Box<Cell>>, counted: Box<Cell> },
    /// How many quarter hours or hours there are.
    Cells { key: Key, grain: Grain, kept: i64, counted: i64 },
    /// Of a time that an agent was there.
    Presence { medium: Medium, kept: Option<Presence>, counted: Presence },
    /// How many of these there are.
    Presences { medium: Medium, kept: i64, counted: i64 },
}

/// What was compared, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// Quarter hours, hours and presences that were compared.
    pub counted: u64,
    pub differing: u64,
    /// The first ones.
    pub differences: Vec<Difference>,
}

impl Compared {
    fn differs(&mut self, difference: Difference) {
        self.differing += 1;
        if self.differences.len() < DIFFERENCES_TOLD_MAX {
            self.differences.push(difference);
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Cell { key, kept, counted } => {
                let kept = kept.as_deref().map_or("nothing".to_owned(), cell_text);
                let minutes = counted.slot.grain().micros() / MINUTE_MICROS;
                let (whose, from) = (key_text(key), time_text(counted.slot.start()));
                write!(f, "{whose}, {minutes} minutes from {from}: {kept}, counted {}", cell_text(counted))
            }
            Difference::Cells { key, grain, kept, counted } => {
                let what = match grain {
                    Grain::Quarter => "quarter hours",
                    Grain::Hour => "hours",
                };
                write!(f, "{}: {kept} {what}, counted {counted}", key_text(key))
            }
            Difference::Presence { medium, kept, counted } => {
                let Presence { agent, department, from, until } = counted;
                let end = |until: Option<Timestamp>| until.map_or("open".to_owned(), time_text);
                let kept = kept.map_or("missing".to_owned(), |kept| format!("until {}", end(kept.until)));
                let (medium, from, until) = (medium_text(*medium), time_text(*from), end(*until));
                write!(f, "agent {agent} there for {medium} in department {department} from {from}: {kept}, counted until {until}")
            }
            Difference::Presences { medium, kept, counted } => {
                write!(f, "times that agents were there for {}: {kept}, counted {counted}", medium_text(*medium))
            }
        }
    }
}

fn medium_text(medium: Medium) -> &'static str {
    match medium {
        Medium::Tickets => "tickets",
        Medium::Chats => "chats",
        Medium::Calls => "calls",
    }
}

fn key_text(key: &Key) -> String {
    let medium = medium_text(key.medium);
    match (key.department, key.agent) {
        (None, None) => format!("{medium} of the desk"),
        (Some(department), None) => format!("{medium} of department {department}"),
        (None, Some(agent)) => format!("{medium} of agent {agent}"),
        (Some(department), Some(agent)) => format!("{medium} of agent {agent} in department {department}"),
    }
}

fn time_text(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// How it stands at the end, and the sums over time before that.
fn cell_text(cell: &Cell) -> String {
    let Cell { changed, before, standing, .. } = cell;
    let Standing { queue, slots, service, agents } = standing;
    let sums = [&before.queue, &before.slots, &before.service].map(|tally| format!("{}/{}/{}", tally.sum, tally.max, tally.min)).join(" ");
    let available = before.available_micros;
    format!("queue {queue} slots {slots} service {service} agents {agents} from {} (before it {sums} {available})", time_text(*changed))
}

/// Lets the levels catch up, counts the whole journal again in memory, and compares. Blocking. Refused as a conflict where nothing is known of what
/// is missing in the journal, and when the levels are rebuilt or the journal is shortened meanwhile: then try again.
pub fn verify(desk: &Desk, on_progress: &mut dyn FnMut(Progress)) -> Result<Compared, AppError> {
    desk.level_reader().catch_up()?;
    let db = desk.db();
    let (mut count, set, until) = db.snapshot_blocking(|tx| {
        let (set, until) = place(tx)?;
        let start = Start::find(tx)?;
        Ok::<_, AppError>((Count::begin(tx, set, start)?, set, until))
    })?;
    let first = count.fold.number;
    while count.fold.number < until {
        let limit = BITE_EVENTS.min(until - count.fold.number);
        // A cell that is whole in the journal up to here does not change any more: no matter that the reader goes on meanwhile.
        count = db.snapshot_blocking(move |tx| {
            count.go_on(tx, limit)?;
            Ok::<_, AppError>(count)
        })?;
        on_progress(Progress { done: count.fold.number - first, all: until - first });
    }
    db.snapshot_blocking(move |tx| {
        let (now, until) = place(tx)?;
        if now != set {
            return Err(AppError::conflict("the levels were rebuilt meanwhile; try again"));
        }
        while count.fold.number < until {
            count.go_on(tx, BITE_EVENTS.min(until - count.fold.number))?;
        }
        count.end(tx)?;
        Ok(count.compared)
    })
}

fn place(tx: &mut Tx<'_>) -> Result<(SetId, i64), AppError> {
    Ok((table::kept(tx)?, cursors::get(tx, CURSOR)?.unwrap_or(0)))
}

/// The journal counted so far, and what was found to differ.
struct Count {
    set: SetId,
    fold: Fold,
    last: HashMap<Key, Last>,
    /// Who is there since when.
    present: HashMap<(Medium, AgentId, DepartmentId), Timestamp>,
    presences: HashMap<Medium, i64>,
    compared: Compared,
}

/// What was counted of a key, and the series that is kept.
struct Last {
    series: Option<SeriesId>,
    /// Quarter hours; and hours, if the series had them when it was looked up.
    counts: Vec<Cells>,
}

/// The cell that may still change, and how many were whole before it.
struct Cells {
    cell: Cell,
    whole: i64,
}

impl Last {
    /// Nothing was counted before a moment.
    fn begin(tx: &mut Tx<'_>, series: Option<SeriesId>, at: Timestamp) -> Result<Last, StoreError> {
        let begun = |grain: Grain| Cells { cell: Cell::begin(Slot::of(grain, at), Standing::default()), whole: 0 };
        Ok(Last { series, counts: grains(tx, series)?.iter().copied().map(begun).collect() })
    }

    /// As it stood where the journal begins: the cell of the quarter hour there; what is older is taken as it is kept.
    fn go_on(tx: &mut Tx<'_>, series: Option<SeriesId>, quarter: Cell) -> Result<Last, StoreError> {
        let Some(series) = series else { return Ok(Last { series, counts: vec![Cells { cell: quarter, whole: 0 }] }) };
        let mut counts = Vec::new();
        for grain in grains(tx, Some(series))? {
            let cell = match grain {
                Grain::Quarter => quarter.clone(),
                Grain::Hour => hours::up_to(tx, series, &quarter)?,
            };
            counts.push(Cells { whole: table::count_cells(tx, series, cell.slot)?, cell });
        }
        Ok(Last { series: Some(series), counts })
    }
}

/// What there is of a series.
fn grains(tx: &mut Tx<'_>, series: Option<SeriesId>) -> Result<&'static [Grain], StoreError> {
    match series {
        Some(series) if hours::are_kept(tx, series)? => Ok(&Grain::ALL),
        Some(_) | None => Ok(&[Grain::Quarter]),
    }
}

impl Count {
    /// As it stood where the journal begins; what is older is taken as it is kept.
    fn begin(tx: &mut Tx<'_>, set: SetId, start: Start) -> Result<Count, StoreError> {
        let mut count = Count {
            set,
            fold: load(tx, start.floor, start.number)?,
            last: HashMap::new(),
            present: HashMap::new(),
            presences: HashMap::new(),
            compared: Compared::default(),
        };
        for medium in Medium::ALL {
            let items = table::standing::all_items(tx, start.floor, medium)?;
            count.fold.items.extend(items.into_iter().map(|(id, item)| ((medium, id), item)));
            count.presences.insert(medium, rows::count_over(tx, set, start.floor, medium)?);
        }
        for (key, cell) in last_cells(tx, start.floor)? {
            let series = table::series(tx, set, &key)?;
            count.last.insert(key, Last::go_on(tx, series, cell)?);
        }
        for (medium, Presence { agent, department, from, .. }) in rows::present(tx, start.floor)? {
            count.present.insert((medium, agent, department), from);
        }
        Ok(count)
    }

    fn go_on(&mut self, tx: &mut Tx<'_>, limit: i64) -> Result<(), AppError> {
        let events: Vec<Recorded> = journal::after(tx, self.fold.number, limit)?;
        let Some(first) = events.first() else {
            return Err(AppError::internal("the journal ends before the levels do"));
        };
        if first.number > self.fold.number + 1 {
            return Err(AppError::conflict("the journal was shortened meanwhile; try again"));
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
                place.insert(Last::begin(tx, series, change.at)?)
            }
        };
        for cells in &mut last.counts {
            if let Some(whole) = cells.cell.change(change.at, &change.by) {
                cells.whole += 1;
                compare_cell(tx, &mut self.compared, change.key, last.series, &whole)?;
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
        self.compared.counted += 1;
        let kept = table::presences::get(tx, self.set, medium, counted.agent, counted.department, counted.from)?;
        if kept != Some(counted) {
            self.compared.differs(Difference::Presence { medium, kept, counted });
        }
        Ok(())
    }

    /// What may still change is compared at the end, as of where the reader stands; and whether more is kept than was counted.
    fn end(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        for (key, last) in &self.last {
            for cells in &last.counts {
                compare_cell(tx, &mut self.compared, *key, last.series, &cells.cell)?;
            }
        }
        for (key, series) in table::all_series(tx, self.set)? {
            let counts = match self.last.get(&key) {
                Some(last) => last.counts.iter().map(|cells| (cells.cell.slot.grain(), cells.whole + 1)).collect(),
                None => Grain::ALL.map(|grain| (grain, 0)).to_vec(),
            };
            for (grain, counted) in counts {
                let kept = table::count_cells(tx, series, table::end_slot(grain))?;
                if kept != counted {
                    self.compared.differs(Difference::Cells { key, grain, kept, counted });
                }
            }
        }
        for ((medium, agent, department), from) in std::mem::take(&mut self.present) {
            self.compare(tx, medium, Presence { agent, department, from, until: None })?;
        }
        for medium in Medium::ALL {
            let (kept, counted) = (table::presences::count(tx, self.set, medium)?, self.presences.get(&medium).copied().unwrap_or(0));
            if kept != counted {
                self.compared.differs(Difference::Presences { medium, kept, counted });
            }
        }
        Ok(())
    }
}

/// A cell as it was counted, with the one that is kept.
fn compare_cell(tx: &mut Tx<'_>, compared: &mut Compared, key: Key, series: Option<SeriesId>, counted: &Cell) -> Result<(), StoreError> {
    compared.counted += 1;
    let kept = match series {
        Some(series) => table::cell_before(tx, series, counted.slot.next())?.filter(|cell| cell.slot == counted.slot),
        None => None,
    };
    if kept.as_ref() != Some(counted) {
        compared.differs(Difference::Cell { key, kept: kept.map(Box::new), counted: Box::new(counted.clone()) });
    }
    Ok(())
}
