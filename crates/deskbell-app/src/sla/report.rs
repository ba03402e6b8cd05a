//! How well levels were kept: the log of goals that were reached, and its sums.

use std::collections::BTreeSet;

use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_store::Tx;
use deskbell_store::tables::sla::log::{self, Compliance, Kept, LogFilter, LogPage, LogRow, QUARTER_MICROS, Times, quarter};

use crate::error::AppError;
use crate::paging::{Cursor, PageStart};

/// A page of the log.
#[derive(Debug, Default)]
pub struct LogRows {
    pub rows: Vec<LogRow>,
    /// Where it ended.
    pub last: Option<Cursor>,
}

/// Goals reached from `from` on and before `until`, in the order they were. Medium: tickets are first and next answer, first assign and first
/// resolve; chats and calls their answer.
pub fn log(
    tx: &mut Tx<'_>,
    medium: Medium,
    filter: &LogFilter,
    from: Timestamp,
    until: Timestamp,
    start: PageStart,
    rows: i64,
) -> Result<LogRows, AppError> {
    let beyond = start.after.map(|Cursor(at, number)| (Timestamp::from_micros(at), number));
    let rows = log::rows(tx, medium, filter, (from, until), LogPage { beyond, skip: start.skip, rows })?;
    let last = rows.last().map(|row| Cursor(row.closed.micros(), row.number));
    Ok(LogRows { rows, last })
}

/// The same with the newest first, behind the row that closed then under this number. With `kept` only those that were reached so.
pub fn newest(
    tx: &mut Tx<'_>,
    medium: Medium,
    filter: &LogFilter,
    kept: Option<Kept>,
    span: (Timestamp, Timestamp),
    behind: Option<(Timestamp, i64)>,
    rows: i64,
) -> Result<Vec<LogRow>, AppError> {
    Ok(log::newest(tx, medium, filter, kept, span, behind, rows)?)
}

/// What was reached between each two neighbouring edges, which rise: in time and too late, with the business time it took. Read from cells
/// of a quarter of an hour, so that the cost goes by the time looked at; a quarter that an edge lies within, and what one requester asked
/// for, are counted row by row.
pub fn compliance(tx: &mut Tx<'_>, medium: Medium, filter: &LogFilter, edges: &[Timestamp]) -> Result<Vec<Compliance>, AppError> {
    let ([from, .., until], true) = (edges, edges.is_sorted()) else { return Ok(Vec::new()) };
    let mut sums = vec![Compliance::default(); edges.len() - 1];
    // The last of several edges at one moment begins what follows it.
    let place = |at: Timestamp| edges.partition_point(|edge| *edge <= at).checked_sub(1).filter(|place| *place < edges.len() - 1);
    let by_row = |tx: &mut Tx<'_>, sums: &mut Vec<Compliance>, span: (Timestamp, Timestamp)| {
        log::each_taken(tx, medium, filter, span, |closed, fulfilled, micros| {
            if let Some(place) = place(closed) {
                sums[place].add(fulfilled, &Times::one(micros));
            }
        })
    };
    if filter.requester.is_some() {
        by_row(tx, &mut sums, (*from, *until))?;
        return Ok(sums);
    }
    let start = |quarter: i64| Timestamp::from_micros(quarter * QUARTER_MICROS);
    let cut: BTreeSet<i64> = edges.iter().filter(|edge| start(quarter(**edge)) != **edge).map(|edge| quarter(*edge)).collect();
    log::each_cell(tx, medium, filter, (quarter(*from), quarter(*until)), |cell, fulfilled, times| {
        if let (false, Some(place)) = (cut.contains(&cell), place(start(cell))) {
            sums[place].add(fulfilled, times);
        }
    })?;
    for cell in cut {
        by_row(tx, &mut sums, (start(cell).max(*from), start(cell + 1).min(*until)))?;
    }
    Ok(sums)
}
