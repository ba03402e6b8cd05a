//! How well levels were kept: the log of goals that were reached, and its sums.

use std::collections::BTreeSet;
use std::ops::Range;

use deskbell_domain::measure::{Medium, Span};
use deskbell_domain::time::Timestamp;
use deskbell_store::Tx;
use deskbell_store::tables::sla::log::{self, Compliance, Kept, LogFilter, LogPage, LogRow, Times, WrongCell};

use crate::error::AppError;
use crate::paging::{Cursor, PageStart};

const MINUTE_MICROS: i64 = 60_000_000;

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

/// What was reached between each two neighbouring edges, which rise: in time and too late, with the business time it took. Read from cells of
/// hours, so that the cost goes by the time looked at; an hour that an edge lies within is read from its quarters, a quarter that one lies
/// within, and what one requester asked for, row by row.
pub fn compliance(tx: &mut Tx<'_>, medium: Medium, filter: &LogFilter, edges: &[Timestamp]) -> Result<Vec<Compliance>, AppError> {
    let ([from, .., until], true) = (edges, edges.is_sorted()) else { return Ok(Vec::new()) };
    let mut sums = Sums { medium, filter, edges, sums: vec![Compliance::default(); edges.len() - 1] };
    if filter.requester.is_some() {
        sums.add_rows(tx, *from, *until)?;
        return Ok(sums.sums);
    }
    let within = |span: Span| span.slot(*from)..span.slot(*until);
    let (hours, quarters) = (within(Span::Hour), within(Span::Quarter));
    let (cut_hours, cut_quarters) = (cut(edges, Span::Hour), cut(edges, Span::Quarter));
    let runs = runs(&cut_hours);
    if !runs.iter().any(|run| run.start <= hours.start && hours.end <= run.end) {
        sums.add_cells(tx, Span::Hour, hours, &cut_hours)?;
    }
    let quarter = |hour: i64| Span::Quarter.slot(Span::Hour.start(hour));
    for run in runs {
        let of_run = quarter(run.start).max(quarters.start)..quarter(run.end).min(quarters.end);
        sums.add_cells(tx, Span::Quarter, of_run, &cut_quarters)?;
    }
    for quarter in cut_quarters {
        sums.add_rows(tx, Span::Quarter.start(quarter).max(*from), Span::Quarter.start(quarter + 1).min(*until))?;
    }
    Ok(sums.sums)
}

/// Which sum of the log this is, for people.
pub fn named(cell: &WrongCell) -> String {
    let WrongCell { medium, department, agent, level, span, start } = cell;
    let medium = match medium {
        Medium::Tickets => "tickets",
        Medium::Chats => "chats",
        Medium::Calls => "calls",
    };
    let start = jiff::Timestamp::from_microsecond(start.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut text = format!("{medium}, {} minutes from {start}", span.micros() / MINUTE_MICROS);
    let of = [
        ("department", department.map(|id| id.to_string())),
        ("agent", agent.map(|id| id.to_string())),
        ("level", level.map(|id| id.to_string())),
    ];
    for (what, id) in of {
        if let Some(id) = id {
            text.push_str(&format!(", {what} {id}"));
        }
    }
    text
}

/// The cells of a length that an edge lies within.
fn cut(edges: &[Timestamp], span: Span) -> BTreeSet<i64> {
    edges.iter().map(|edge| (span.slot(*edge), *edge)).filter(|(slot, edge)| span.start(*slot) != *edge).map(|(slot, _)| slot).collect()
}

/// Slots that follow one another as one range.
fn runs(slots: &BTreeSet<i64>) -> Vec<Range<i64>> {
    let mut runs: Vec<Range<i64>> = Vec::new();
    for slot in slots {
        match runs.last_mut() {
            Some(run) if run.end == *slot => run.end += 1,
            Some(_) | None => runs.push(*slot..slot + 1),
        }
    }
    runs
}

/// What is asked, and what was found so far.
struct Sums<'q> {
    medium: Medium,
    filter: &'q LogFilter,
    edges: &'q [Timestamp],
    /// One fewer than edges.
    sums: Vec<Compliance>,
}

impl Sums<'_> {
    /// Adds the cells of a length between the first and the last edge, but those that an edge lies within.
    fn add_cells(&mut self, tx: &mut Tx<'_>, span: Span, slots: Range<i64>, cut: &BTreeSet<i64>) -> Result<(), AppError> {
        if slots.is_empty() {
            return Ok(());
        }
        // Cells come in order, so edges are walked along with them. The last of several edges at one moment begins what follows it.
        let (mut passed, mut cut) = (0, cut.iter().copied().peekable());
        Ok(log::each_cell(tx, self.medium, self.filter, span, (slots.start, slots.end), |slot, cell| {
            while self.edges.get(passed).is_some_and(|edge| *edge <= span.start(slot)) {
                passed += 1;
            }
            while cut.next_if(|cut| *cut < slot).is_some() {}
            if cut.peek() != Some(&slot) {
                self.sums[passed - 1].merge(cell);
            }
        })?)
    }

    /// Adds what was reached in a time between the first and the last edge, row by row.
    fn add_rows(&mut self, tx: &mut Tx<'_>, from: Timestamp, until: Timestamp) -> Result<(), AppError> {
        Ok(log::each_taken(tx, self.medium, self.filter, (from, until), |closed, fulfilled, micros| {
            let passed = self.edges.partition_point(|edge| *edge <= closed);
            self.sums[passed - 1].add(fulfilled, &Times::one(micros));
        })?)
    }
}

#[cfg(test)]
mod tests;
