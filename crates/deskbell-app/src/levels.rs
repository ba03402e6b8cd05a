//! Levels: how many tickets, chats and calls waited and were served, who was there for them, and when; read back for any time, exactly, from
//! what a reader of the journal keeps of each quarter hour and each hour in which something changed. How a report looks is the surface's affair.
//!
//! [`keeping`] runs the reader, [`filling`] makes hours where quarters were written alone, [`rebuild`] makes everything anew while the desk
//! serves, [`verify`] compares what is kept with the journal, [`floor`] remembers how it stood where a shortened journal begins.

mod filling;
mod floor;
mod fold;
mod keeping;
mod reader;
mod rebuild;
#[cfg(test)]
mod tests;
mod verify;
mod walk;

use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Course, Grain, Key, Slot, Standing, Tally};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::Wanted;
use deskbell_store::tables::levels::presences::Whose;
use deskbell_store::{StoreError, Tx};

pub use deskbell_domain::level::Presence;
pub use filling::fill_hours;
pub(crate) use floor::trim;
pub(crate) use keeping::start;
pub use keeping::{Watch, caught_up};
pub use reader::{CURSOR, Reader};
pub use rebuild::{Progress, rebuild};
pub use verify::{Compared, Difference, verify};

use crate::error::AppError;
use crate::settings::Settings;
use walk::Walk;

/// Edges between which levels are asked for, at most: hours of ten years and more.
pub const EDGES_MAX: usize = 100_000;
/// Presences of one page, at most.
pub const PRESENCES_MAX: i64 = 10_000;

/// Whose levels: of a department, an agent, an agent in a department, or (neither) of the whole desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    pub department: Option<DepartmentId>,
    pub agent: Option<AgentId>,
}

impl Scope {
    fn key(self, medium: Medium) -> Key {
        Key { medium, department: self.department, agent: self.agent }
    }
}

/// A level over some time. The mean is weighted by time; a value that held for no time is neither the highest nor the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    /// In hundredths, rounded half up.
    pub mean_hundredths: i64,
    pub max: i64,
    pub min: i64,
}

impl From<Tally> for Level {
    fn from(tally: Tally) -> Level {
        Level { mean_hundredths: tally.mean_hundredths(), max: tally.max, min: tally.min }
    }
}

/// What waited, could be served and was served. What each counts is told at [`Standing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    pub queue: Level,
    pub slots: Level,
    pub service: Level,
}

/// The load between each two neighbouring edges, read within a snapshot. Time after `now` is not counted: what lies wholly there is zero. So is all before the desk
/// was founded. An edge within a quarter hour counts as that one's beginning. Refused as invalid: edges that go back, and more than
/// [`EDGES_MAX`].
pub fn load(tx: &mut Tx<'_>, medium: Medium, scope: Scope, edges: &[Timestamp], now: Timestamp) -> Result<Vec<Load>, AppError> {
    let of = |course: Course| Load { queue: course.queue.into(), slots: course.slots.into(), service: course.service.into() };
    Ok(courses(tx, scope.key(medium), Wanted::Whole, edges, now)?.into_iter().map(of).collect())
}

/// Microseconds between each two neighbouring edges in which at least one agent was there for it; else as [`load`].
pub fn availability(tx: &mut Tx<'_>, medium: Medium, scope: Scope, edges: &[Timestamp], now: Timestamp) -> Result<Vec<i64>, AppError> {
    let courses = courses(tx, scope.key(medium), Wanted::Attendance, edges, now)?;
    Ok(courses.into_iter().map(|course| course.available_micros).collect())
}

fn courses(tx: &mut Tx<'_>, key: Key, wanted: Wanted, edges: &[Timestamp], now: Timestamp) -> Result<Vec<Course>, AppError> {
    if edges.len() > EDGES_MAX {
        return Err(AppError::invalid(format!("a report has at most {} rows: ask for a shorter time", EDGES_MAX - 1)));
    }
    if !edges.is_sorted() {
        return Err(AppError::invalid("the times of a report go forward"));
    }
    let edges: Vec<Timestamp> = edges.iter().map(|edge| Slot::of(Grain::Quarter, *edge).start()).collect();
    let (Some(first), Some(last)) = (edges.first().copied(), edges.last().copied()) else { return Ok(Vec::new()) };
    let begin_hours = edges.iter().all(|edge| Slot::of(Grain::Hour, *edge).start() == *edge);
    let mut walk = Walk::begin(edges);
    let set = table::kept(tx)?;
    if let Some(series) = table::series(tx, set, &key)? {
        let grain = if begin_hours && table::hours::are_kept(tx, series)? { Grain::Hour } else { Grain::Quarter };
        let (from, until) = (Slot::of(grain, first), Slot::of(grain, last));
        if let Some(cell) = table::cell_before(tx, series, from)? {
            walk.stands(cell.standing);
        }
        table::cells(tx, series, wanted, (from, until), |cell| walk.pass(cell))?;
    }
    Ok(walk.end(now))
}

/// Whether the desk's limit of chats is another one than levels go by: an older program did not tell of it.
pub(crate) fn is_behind_settings(tx: &mut Tx<'_>, settings: &Settings) -> Result<bool, StoreError> {
    let set = table::kept(tx)?;
    Ok(table::slots_for_all(tx, set)? != settings.routing.limit.slots_for_all())
}

/// How it stands as of the last entry that is in.
pub fn standing(tx: &mut Tx<'_>, medium: Medium, scope: Scope) -> Result<Standing, StoreError> {
    let set = table::kept(tx)?;
    let Some(series) = table::series(tx, set, &scope.key(medium))? else { return Ok(Standing::default()) };
    Ok(table::last_cell(tx, series, Grain::Quarter)?.map(|cell| cell.standing).unwrap_or_default())
}

/// When agents of the scope were there for a medium: those that overlap the time from `from` to `until`, whole, by their beginning, then by
/// agent and department. At most [`PRESENCES_MAX`] of them.
pub fn presences(
    tx: &mut Tx<'_>,
    medium: Medium,
    scope: Scope,
    from: Timestamp,
    until: Timestamp,
    skip: i64,
    rows: i64,
) -> Result<Vec<Presence>, AppError> {
    let (skip, rows) = (skip.max(0), rows.clamp(0, PRESENCES_MAX));
    if from >= until {
        return Ok(Vec::new());
    }
    let whose = Whose { medium, department: scope.department, agent: scope.agent };
    let set = table::kept(tx)?;
    let across = table::presences::across(tx, set, &whose, from)?;
    let left = skip.saturating_sub_unsigned(across.len() as u64).max(0);
    let (skipped, wanted) = (usize::try_from(skip).unwrap_or(usize::MAX), usize::try_from(rows).unwrap_or(0));
    let mut page: Vec<Presence> = across.into_iter().skip(skipped).take(wanted).collect();
    let rest = rows - page.len() as i64;
    if rest > 0 {
        page.extend(table::presences::beginning(tx, set, &whose, from, until, left, rest)?);
    }
    Ok(page)
}
