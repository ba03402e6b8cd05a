//! Comparing what reports show with what happened: the served cells with cells made anew from the journal, and with what the rows of
//! conversations, messages, chats and calls come to by plain queries. Works beside a running server, in bounded memory: what is made anew is a generation
//! of cells that is taken away afterwards.

use std::collections::BTreeMap;
use std::ops::Range;

use deskbell_domain::measure::{Dimension, Measure, REGISTRY, Span};
use deskbell_domain::time::Timestamp;
use deskbell_store::recount::reports::{Sums, reports, untold};
use deskbell_store::tables::rollups;
use deskbell_store::{StoreError, Tx, cursors};

use super::hours;
use super::reader::CURSOR;
use super::rebuild::{Building, Progress, begin, give_up, make};
use crate::desk::Desk;
use crate::error::AppError;

/// Differences that are told; all are counted.
const DIFFERENCES_TOLD_MAX: usize = 50;
/// Days compared in one go.
const COMPARED_DAYS: i64 = 32;
/// How often it is tried to catch a moment at which all that was written is added up.
const TRIES_MAX: usize = 200;

/// A number that is not the same twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub dimension: Dimension,
    pub member: i64,
    pub span: Span,
    /// Where its time begins.
    pub start: Timestamp,
    pub measure: Measure,
    pub served: i64,
    pub counted: i64,
}

/// What two ways to count came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// Numbers that were compared.
    pub numbers: u64,
    pub differing: u64,
    /// The first ones.
    pub differences: Vec<Difference>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The journal's number it is true at.
    pub number: i64,
    /// With what the journal tells.
    pub journal: Compared,
    /// With what rows tell; else why they were not asked.
    pub rows: Result<Compared, NotAsked>,
}

/// Why rows were not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// So many conversations were begun by an older program, which kept no rows of their changes.
    Untold(i64),
    /// While it was tried, something was always written that was not added up yet.
    Busy,
}

impl Comparison {
    pub fn is_sound(&self) -> bool {
        self.journal.differing == 0 && self.rows.as_ref().map_or(true, |rows| rows.differing == 0)
    }
}

/// Compares everything that is served.
pub fn verify(desk: &Desk, on_progress: &mut dyn FnMut(Progress)) -> Result<Comparison, AppError> {
    let mut building = begin(desk)?;
    let found = compare(desk, &mut building, on_progress);
    give_up(desk.db(), building.generation)?;
    found
}

fn compare(desk: &Desk, building: &mut Building, on_progress: &mut dyn FnMut(Progress)) -> Result<Comparison, AppError> {
    hours::make_all(desk.db())?;
    // A server goes on writing: a moment is sought at which both are at the end of the journal.
    for attempt in 1..=TRIES_MAX {
        desk.rollup_reader().catch_up()?;
        make(desk, building, on_progress)?;
        let (generation, from, number) = (building.generation, building.from, building.fold.number);
        let is_last = attempt == TRIES_MAX;
        let found = desk.snapshot_blocking(move |tx| {
            let (cursor, head) = (cursors::get(tx, CURSOR)?.unwrap_or(0), tx.head()?);
            if cursor != number || (head != number && !is_last) {
                return Ok(None);
            }
            let served = rollups::head(tx)?.served;
            let journal = with_generation(tx, served, generation, from)?;
            let rows = if head == number { with_rows(tx, served)? } else { Err(NotAsked::Busy) };
            Ok(Some(Comparison { number, journal, rows }))
        })?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(AppError::unavailable("the desk is written to faster than its roll-ups can be compared; try again when it is quieter"))
}

type Numbers = BTreeMap<(Dimension, i64, i64, Measure), i64>;

fn numbers(tx: &mut Tx<'_>, generation: i64, span: Span, slots: Range<i64>) -> Result<Numbers, StoreError> {
    let mut found = Numbers::new();
    for dimension in Dimension::ALL {
        rollups::each(tx, generation, (dimension, span), rollups::Slots::Range(slots.clone()), |slot, member, body| {
            let mut cell = deskbell_domain::measure::Cell::default();
            rollups::add_body(&mut cell, body)?;
            found.extend(cell.entries().map(|(measure, number)| ((dimension, member, slot, measure), number)));
            Ok(())
        })?;
    }
    Ok(found)
}

/// The times to compare, in bites of whole blocks: all that any cell is of.
fn bites(tx: &mut Tx<'_>, generations: &[i64]) -> Result<Vec<Range<i64>>, StoreError> {
    let mut bounds: Option<(i64, i64)> = None;
    for generation in generations {
        if let Some((first, last)) = rollups::slot_bounds(tx, *generation)? {
            let known = bounds.unwrap_or((first, last));
            bounds = Some((known.0.min(first), known.1.max(last)));
        }
    }
    let Some((first, last)) = bounds else { return Ok(Vec::new()) };
    let step = COMPARED_DAYS * Span::Day.quarters();
    let first = first.div_euclid(step) * step;
    Ok((0..).map(|bite| first + bite * step).take_while(|start| *start <= last).map(|start| start..start + step).collect())
}

/// Compares every cell of two generations, but those of a time that the journal does not tell of any more.
fn with_generation(tx: &mut Tx<'_>, served: i64, made: i64, from: Timestamp) -> Result<Compared, StoreError> {
    let mut compared = Compared::default();
    for bite in bites(tx, &[served, made])? {
        for span in Span::ALL {
            let slots = bite.start / span.quarters()..bite.end / span.quarters();
            let (served, made) = (numbers(tx, served, span, slots.clone())?, numbers(tx, made, span, slots)?);
            compared.add(span, &served, &made, |key| span.start(key.2) >= from);
        }
    }
    Ok(compared)
}

/// Compares quarters with what rows come to.
fn with_rows(tx: &mut Tx<'_>, served: i64) -> Result<Result<Compared, NotAsked>, AppError> {
    let untold = untold(tx)?;
    if untold > 0 {
        return Ok(Err(NotAsked::Untold(untold)));
    }
    let mut compared = Compared::default();
    for bite in bites(tx, &[served])? {
        let counted: Sums = reports(tx, Span::Quarter.start(bite.start), Span::Quarter.start(bite.end))?;
        let served = numbers(tx, served, Span::Quarter, bite)?;
        compared.add(Span::Quarter, &served, &counted, |_| true);
    }
    Ok(Ok(compared))
}

impl Compared {
    fn add(&mut self, span: Span, served: &Numbers, counted: &Numbers, counts: impl Fn(&(Dimension, i64, i64, Measure)) -> bool) {
        let missing = counted.iter().filter(|(key, _)| !served.contains_key(*key)).map(|(key, number)| (key, 0, *number));
        let both = served.iter().map(|(key, number)| (key, *number, counted.get(key).copied().unwrap_or(0))).chain(missing);
        for (key, served, counted) in both.filter(|(key, _, _)| counts(key)) {
            self.numbers += 1;
            if served == counted {
                continue;
            }
            self.differing += 1;
            if self.differences.len() < DIFFERENCES_TOLD_MAX {
                let (dimension, member, slot, measure) = *key;
                self.differences.push(Difference { dimension, member, span, start: span.start(slot), measure, served, counted });
            }
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Difference { dimension, member, span, start, measure, served, counted } = self;
        let minutes = span.micros() / 60_000_000;
        let start = jiff::Timestamp::from_microsecond(start.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let name = REGISTRY[measure.place()].name;
        write!(f, "{} {member}, {minutes} minutes from {start}: {name} is {served}, counted {counted}", dimension.word())
    }
}
