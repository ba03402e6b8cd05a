//! Making all cells anew from the journal, as a generation of their own, while the served one is read and goes on; then they take each
//! other's place in one write. Who is interrupted begins again: what is half made is never served, and the reader takes it away once nothing
//! was written to it for a while.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use deskbell_domain::event::Recorded;
use deskbell_domain::measure::{Dimension, Span};
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::rollups::{self, Head, Key, Slots};
use deskbell_store::{Db, StoreError, Tx, cursors, journal};

use super::earlier;
use super::fold::{Fold, KINDS, Told};
use super::reader::{CURSOR, drop_generation, fill};
use crate::desk::Desk;
use crate::error::AppError;

/// Entries folded before what came out is written.
const BITE_EVENTS: i64 = 100_000;
/// Entries read in one go.
const READ_EVENTS: i64 = 5_000;
/// Reads that may be ahead of the fold.
const READS_AHEAD_MAX: usize = 4;
/// Cells, and rows of states, written in one write: the desk serves between two.
const WRITTEN_ROWS: usize = 1_024;
/// Times that the reader may be found further on.
const TRIES_MAX: usize = 1_000;
/// Cells copied in one write.
const COPIED_SLOTS: i64 = 96;

/// How far a rebuild has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Entries of the journal that are in it.
    pub done: i64,
    /// All there are, as far as is known.
    pub all: i64,
}

/// A generation that is made.
pub(super) struct Building {
    pub(super) generation: i64,
    pub(super) fold: Fold,
    /// From which moment on it has everything.
    pub(super) from: Timestamp,
    first: i64,
}

/// Makes all cells anew and serves them from then on. Those before the journal's first entry are kept.
pub fn rebuild(desk: &Desk, on_progress: &mut dyn FnMut(Progress)) -> Result<Progress, AppError> {
    let mut building = begin(desk)?;
    let done = make_and_serve(desk, &mut building, on_progress);
    if done.is_err() {
        give_up(desk.db(), building.generation)?;
    }
    done
}

fn make_and_serve(desk: &Desk, building: &mut Building, on_progress: &mut dyn FnMut(Progress)) -> Result<Progress, AppError> {
    make(desk, building, on_progress)?;
    keep_earlier(desk, building)?;
    for _ in 0..TRIES_MAX {
        let progress = make(desk, building, on_progress)?;
        if serve(desk.db(), building)? {
            return Ok(progress);
        }
    }
    Err(AppError::unavailable("the desk is written to faster than its roll-ups can be made anew; try again when it is quieter"))
}

/// Begins a generation. One that somebody else makes is given up by him when he sees it.
pub(super) fn begin(desk: &Desk) -> Result<Building, AppError> {
    let now = desk.now();
    desk.db().write_blocking(move |tx| -> Result<_, AppError> {
        let generation = rollups::begin(tx, now)?;
        let head = rollups::head(tx)?;
        let first = match journal::first_number(tx)? {
            Some(first) => first,
            None => tx.head()? + 1,
        };
        let from = match journal::moment_of(tx, first)? {
            _ if first == 1 => Timestamp::from_micros(i64::MIN),
            // Of the quarter in which a trimmed journal begins a part is gone.
            Some(at) => Span::Quarter.start(Span::Quarter.slot(at) + 1),
            // All of it is: what there is is kept.
            None => rollups::slot_bounds(tx, head.served)?.map_or(Timestamp::EPOCH, |(_, last)| Span::Quarter.start(last + 1)),
        };
        let fold = if first > 1 { earlier::fold(tx, head.served, first)? } else { Fold::default() };
        Ok(Building { generation, fold: fold.counting_from(from), from, first })
    })
}

/// Folds up to where the served generation stands.
pub(super) fn make(desk: &Desk, building: &mut Building, on_progress: &mut dyn FnMut(Progress)) -> Result<Progress, AppError> {
    loop {
        let until = desk.db().read_blocking(|tx| cursors::get(tx, CURSOR))?.unwrap_or(0);
        if building.fold.number >= until {
            let done = building.fold.number - building.first + 1;
            return Ok(Progress { done, all: done });
        }
        fold_until(desk, building, until, on_progress)?;
    }
}

fn fold_until(desk: &Desk, building: &mut Building, until: i64, on_progress: &mut dyn FnMut(Progress)) -> Result<(), AppError> {
    let (sender, reads) = sync_channel(READS_AHEAD_MAX);
    let (reader, number) = (desk.db().clone(), building.fold.number);
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("rollups-read".to_owned())
            .spawn_scoped(scope, move || read_ahead(&reader, number, until, &sender))
            .map_err(|error| AppError::internal(format!("no thread can be started: {error}")))?;
        fold_reads(desk, building, until, &reads, on_progress)
    })
}

type Read = Result<(Vec<Recorded>, i64), AppError>;

/// Refused as a conflict if the journal does not tell what came right after an entry any more.
fn check_whole(tx: &mut Tx<'_>, after: i64) -> Result<(), AppError> {
    let first = match journal::first_number(tx)? {
        Some(first) => first,
        None => tx.head()? + 1,
    };
    if first <= after + 1 { Ok(()) } else { Err(AppError::conflict("the beginning of the journal went while it was read; try again")) }
}

/// Reads entries and hands them over. Ends when all are read, or nobody takes them any more.
fn read_ahead(db: &Db, mut number: i64, until: i64, sender: &SyncSender<Read>) {
    while number < until {
        let (after, upto) = (number, until.min(number + READ_EVENTS));
        let events = db.snapshot_blocking(move |tx| {
            check_whole(tx, after)?;
            Ok::<_, AppError>(journal::of_kinds(tx, KINDS, after, upto)?)
        });
        let failed = events.is_err();
        if sender.send(events.map(|events| (events, upto))).is_err() || failed {
            return;
        }
        number = upto;
    }
}

fn fold_reads(
    desk: &Desk,
    building: &mut Building,
    until: i64,
    reads: &Receiver<Read>,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<(), AppError> {
    let mut written = building.fold.number;
    while let Ok(read) = reads.recv() {
        let (events, number) = read?;
        fill(desk.db(), &mut building.fold, building.generation, &events)?;
        events.iter().for_each(|recorded| building.fold.fold(recorded));
        building.fold.number = number;
        if number - written >= BITE_EVENTS || number == until {
            written = number;
            let told = building.fold.take();
            write(desk, building.generation, told)?;
        }
        on_progress(Progress { done: number - building.first + 1, all: until - building.first + 1 });
    }
    if building.fold.number < until {
        return Err(AppError::internal("the journal was not read to its end"));
    }
    Ok(())
}

/// Writes what came out in small writes: nobody reads it before it is served.
fn write(desk: &Desk, generation: i64, told: Told) -> Result<(), AppError> {
    let mut cells = told.cells.into_iter().peekable();
    while cells.peek().is_some() {
        let some = cells.by_ref().take(WRITTEN_ROWS).collect();
        put(desk, generation, Told { cells: some, states: Vec::new() })?;
    }
    let mut states = told.states.into_iter().peekable();
    while states.peek().is_some() {
        let some = states.by_ref().take(WRITTEN_ROWS).collect();
        put(desk, generation, Told { states: some, ..Told::default() })?;
    }
    Ok(())
}

fn put(desk: &Desk, generation: i64, told: Told) -> Result<(), AppError> {
    let now = desk.now();
    desk.db().write_blocking(move |tx| {
        check_mine(rollups::head(tx)?, generation)?;
        rollups::renew(tx, now)?;
        Ok(super::reader::put(tx, generation, &told)?)
    })
}

fn check_mine(head: Head, generation: i64) -> Result<(), AppError> {
    if head.building == Some(generation) {
        return Ok(());
    }
    Err(AppError::conflict(
        "the roll-ups are not made anew by this any more: somebody else has begun to, or nothing was written for too long",
    ))
}

/// Takes over the cells of the time that the journal does not tell of any more, with the sums over days and blocks they are in.
fn keep_earlier(desk: &Desk, building: &Building) -> Result<(), AppError> {
    let db = desk.db();
    let (generation, until) = (building.generation, Span::Quarter.slot(building.from));
    let bounds = db.read_blocking(|tx| {
        let served = rollups::head(tx)?.served;
        rollups::slot_bounds(tx, served)
    })?;
    let Some((mut quarter, _)) = bounds else { return Ok(()) };
    while quarter < until {
        let slots = quarter..until.min(quarter + COPIED_SLOTS);
        quarter = slots.end;
        let now = desk.now();
        db.write_blocking(move |tx| {
            let head = rollups::head(tx)?;
            check_mine(head, generation)?;
            rollups::renew(tx, now)?;
            let mut cells = std::collections::BTreeMap::<Key, _>::new();
            for dimension in Dimension::ALL {
                rollups::each(tx, head.served, (dimension, Span::Quarter), Slots::Range(slots.clone()), |slot, member, body| {
                    let at = Span::Quarter.start(slot);
                    Span::ALL.into_iter().try_for_each(|span| {
                        rollups::add_body(cells.entry(Key { dimension, span, slot: span.slot(at), member }).or_default(), body)
                    })
                })?;
            }
            Ok::<_, AppError>(rollups::add(tx, generation, &cells)?)
        })?;
    }
    Ok(())
}

/// The new generation takes the old one's place. The reader sees it at its next look and goes on from there. `false`, and nothing, while the
/// old one is further on: who has waited for what is in it must find it.
pub(super) fn serve(db: &Db, building: &Building) -> Result<bool, AppError> {
    let (generation, number) = (building.generation, building.fold.number);
    let before = db.write_blocking(move |tx| {
        let head = rollups::head(tx)?;
        check_mine(head, generation)?;
        if cursors::get(tx, CURSOR)?.unwrap_or(0) > number {
            return Ok(None);
        }
        rollups::set_head(tx, Head { served: generation, building: None, whole_hours_from: 0 })?;
        cursors::set(tx, CURSOR, number)?;
        Ok::<_, AppError>(Some(head.served))
    })?;
    let Some(before) = before else { return Ok(false) };
    drop_generation(db, before)?;
    Ok(true)
}

/// Takes a generation away that is not to be served.
pub(super) fn give_up(db: &Db, generation: i64) -> Result<(), AppError> {
    db.write_blocking(move |tx| -> Result<(), StoreError> {
        let head = rollups::head(tx)?;
        if head.building == Some(generation) { rollups::set_head(tx, Head { building: None, ..head }) } else { Ok(()) }
    })?;
    drop_generation(db, generation)
}
