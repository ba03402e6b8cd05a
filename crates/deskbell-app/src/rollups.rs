//! Roll-ups: what reports show, added up beforehand in cells of time. A reader of the journal keeps, for the account and for every agent,
//! department, channel and tag, the sums of all measures over quarters of an hour, hours, days and blocks of days.
//!
//! Owns the cells and what their reader remembers of conversations, chats and calls. Which figure a column of a report is, and in which time
//! zone, is the surface's affair.

mod earlier;
mod fold;
mod hours;
mod pieces;
mod reader;
mod rebuild;
mod shelf;
mod state;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deskbell_domain::conversation::Channel;
use deskbell_domain::measure::{Cell, Dimension, Measure, Span};
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::rollups::{self, Head};
use deskbell_store::{StoreError, Tx};
use tokio::sync::watch;

use crate::desk::Desk;
use crate::error::AppError;
use pieces::{Use, Uses};
use state::SignedIn;

pub use reader::{CURSOR, Reader};
pub use rebuild::{Progress, rebuild};
pub use verify::{Compared, Comparison, Difference, NotAsked, verify};

/// How long a report waits for what was written before it.
const FRESH_SECONDS_MAX: u64 = 10;
/// Seconds after which one comes again who asked while the reader is behind.
const BEHIND_RETRY_SECONDS: u32 = 10;

/// Sums of a time, `until` not included, by member: the id of an agent, a department or a tag, a channel's letter as a number, 0 for the account.
/// Who is not there has nothing but zeros.
///
/// Cells are of quarters of an hour: `from` is rounded down to one and `until` up. Of the time that an agent is still signed in, what lies before
/// `now` is counted.
pub fn totals(
    tx: &mut Tx<'_>,
    dimension: Dimension,
    from: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<BTreeMap<i64, Cell>, AppError> {
    Ok(sums(tx, dimension, &[from, until], now)?.pop().unwrap_or_default())
}

/// Sums of the whole desk between neighbouring edges, which rise; else as [`totals`].
pub fn series(tx: &mut Tx<'_>, edges: &[Timestamp], now: Timestamp) -> Result<Vec<Cell>, AppError> {
    let sums = sums(tx, Dimension::Account, edges, now)?;
    Ok(sums.into_iter().map(|mut members| members.remove(&0).unwrap_or_default()).collect())
}

/// Sums of every member between neighbouring edges, which rise; else as [`totals`].
pub fn table(tx: &mut Tx<'_>, dimension: Dimension, edges: &[Timestamp], now: Timestamp) -> Result<Vec<BTreeMap<i64, Cell>>, AppError> {
    sums(tx, dimension, edges, now)
}

/// A channel as the member of its dimension.
pub fn channel_member(channel: Channel) -> i64 {
    channel.text().bytes().next().map_or(0, i64::from)
}

/// Waits until everything that was committed before the call is in the cells; not for long.
pub async fn caught_up(desk: &Desk) -> Result<(), AppError> {
    let head = desk.read(|tx| Ok(tx.head()?)).await?;
    let link = desk.rollups();
    if link.number() >= head {
        return Ok(());
    }
    if !link.nudge() {
        // Nobody reads the journal here: whoever asks does it.
        let mut reader = desk.rollup_reader();
        return tokio::task::spawn_blocking(move || reader.catch_up()).await.map_err(|error| AppError::internal(error.to_string()))?;
    }
    let mut told = link.told.subscribe();
    let reached = told.wait_for(|number| *number >= head);
    match tokio::time::timeout(Duration::from_secs(FRESH_SECONDS_MAX), reached).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => {
            Err(AppError::unavailable("what happened until now is still being added up; try again").retry_after(BEHIND_RETRY_SECONDS))
        }
    }
}

/// What a reader of this process and those who wait for it tell each other.
#[derive(Debug)]
pub(crate) struct Link {
    /// The last entry of the journal that is in the cells, as far as is known here.
    number: AtomicI64,
    told: watch::Sender<i64>,
    /// Wakes the reader.
    reader: Mutex<Option<SyncSender<()>>>,
}

impl Default for Link {
    fn default() -> Link {
        Link { number: AtomicI64::new(0), told: watch::Sender::new(0), reader: Mutex::default() }
    }
}

impl Link {
    pub(crate) fn number(&self) -> i64 {
        self.number.load(Ordering::Acquire)
    }

    fn tell(&self, number: i64) {
        self.number.store(number, Ordering::Release);
        self.told.send_replace(number);
    }

    fn wakes(&self, reader: Option<SyncSender<()>>) {
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = reader;
    }

    /// Wakes the reader; `false` if there is none.
    fn nudge(&self) -> bool {
        match &*self.reader.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(reader) => !matches!(reader.try_send(()), Err(TrySendError::Disconnected(()))),
            None => false,
        }
    }
}

/// Sums between neighbouring edges, by member.
fn sums(tx: &mut Tx<'_>, dimension: Dimension, edges: &[Timestamp], now: Timestamp) -> Result<Vec<BTreeMap<i64, Cell>>, AppError> {
    if !edges.is_sorted() {
        return Err(AppError::internal("the edges of a report do not rise"));
    }
    let Head { served, whole_hours_from, .. } = rollups::head(tx)?;
    let bounds = bounds(edges);
    let mut sums = vec![BTreeMap::<i64, Cell>::new(); bounds.len()];
    for span in Span::ALL {
        let uses = Uses::of(&bounds, span, whole_hours_from);
        uses.read(|slots| {
            rollups::each(tx, served, (dimension, span), slots, |slot, member, body| {
                if let [Use { place, is_taken_away: false, .. }] = uses.at(slot) {
                    return rollups::add_body(sums[*place].entry(member).or_default(), body);
                }
                // What one time gives is often another one's: it is read once.
                let mut cell = Cell::default();
                rollups::add_body(&mut cell, body)?;
                for used in uses.at(slot) {
                    let sum = sums[used.place].entry(member).or_default();
                    if used.is_taken_away { sum.take_away(&cell) } else { sum.merge(&cell) }
                }
                Ok(())
            })
        })?;
    }
    for members in &mut sums {
        members.retain(|_, cell| !cell.is_zero());
    }
    if matches!(dimension, Dimension::Account | Dimension::Agent) {
        add_signed_in(tx, served, dimension, (edges, now), &mut sums)?;
    }
    Ok(sums)
}

/// Time of those who are signed in and have not been counted yet.
fn add_signed_in(
    tx: &mut Tx<'_>,
    served: i64,
    dimension: Dimension,
    (edges, now): (&[Timestamp], Timestamp),
    sums: &mut [BTreeMap<i64, Cell>],
) -> Result<(), StoreError> {
    for (agent, SignedIn(since)) in shelf::all_rows::<SignedIn>(tx, served)? {
        let member = if dimension == Dimension::Agent { agent } else { 0 };
        for (pair, sums) in edges.windows(2).zip(&mut *sums) {
            let micros = pair[1].min(now).micros_since(pair[0].max(since));
            if micros > 0 {
                sums.entry(member).or_default().add(Measure::WorkTime, micros);
            }
        }
    }
    Ok(())
}

/// The quarters between neighbouring edges, each in one of the times. The first edge is rounded down to a quarter and the last one up; one in
/// between is rounded down.
fn bounds(edges: &[Timestamp]) -> Vec<Range<i64>> {
    let mut slots: Vec<i64> = edges.iter().map(|edge| Span::Quarter.slot(*edge)).collect();
    if let (Some(slot), Some(edge)) = (slots.last_mut(), edges.last()) {
        *slot = Span::Quarter.slot(edge.plus_micros(Span::Quarter.micros() - 1));
    }
    slots.windows(2).map(|pair| pair[0]..pair[1]).collect()
}
