//! Sums of the log by quarters of an hour and by hours.
//!
//! They are written with the row that they count, in one transaction: they are exact at every moment and after every crash, and need no reader
//! that follows. That costs one statement for each goal reached, of which there are a few in the life of a conversation.

use deskbell_domain::ids::{AgentId, DepartmentId, SlaLevelId};
use deskbell_domain::measure::{Medium, Span};
use deskbell_domain::sla::clock::Clock;
use deskbell_domain::time::Timestamp;

use super::{Closing, Compliance, LogFilter, Times};
use crate::engine::{Row, Tx};
use crate::error::StoreError;
use crate::tables::sla::medium_word;
use crate::tables::word;

/// What cells are kept of. The offsets of all time zones are whole quarters of an hour, those of most are whole hours.
pub const SPANS: [Span; 2] = [Span::Quarter, Span::Hour];

/// Which cell does not say what the rows do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongCell {
    pub medium: Medium,
    /// `None`, here and below: of all together.
    pub department: Option<DepartmentId>,
    pub agent: Option<AgentId>,
    pub level: Option<SlaLevelId>,
    pub span: Span,
    pub start: Timestamp,
}

/// The statement that adds a goal to cells of both spans, in the columns of goals that were kept, or of late ones.
macro_rules! adding {
    ($kind:literal) => {
        concat!(
            "INSERT INTO sla_cells (medium, department_id, agent_id, level_id, span, slot, ",
            concat!($kind, "_items, ", $kind, "_total, ", $kind, "_longest, ", $kind, "_shortest) "),
            "SELECT $1, d.id, a.id, l.id, s.span, s.slot, 1, $7, $7, $7 \
             FROM (SELECT CAST(0 AS BIGINT) AS id UNION ALL SELECT CAST($2 AS BIGINT) WHERE CAST($2 AS BIGINT) <> 0) AS d \
             CROSS JOIN (SELECT CAST(0 AS BIGINT) AS id UNION ALL SELECT CAST($3 AS BIGINT) WHERE CAST($3 AS BIGINT) <> 0) AS a \
             CROSS JOIN (SELECT CAST(0 AS BIGINT) AS id UNION ALL SELECT CAST($4 AS BIGINT) WHERE CAST($4 AS BIGINT) <> 0) AS l \
             CROSS JOIN (SELECT CAST(1 AS BIGINT) AS span, CAST($5 AS BIGINT) AS slot UNION ALL SELECT CAST(4 AS BIGINT), CAST($6 AS BIGINT)) AS s \
             WHERE 1 = 1 ON CONFLICT (medium, department_id, agent_id, level_id, span, slot) DO UPDATE SET ",
            concat!($kind, "_items = sla_cells.", $kind, "_items + 1, "),
            concat!($kind, "_total = sla_cells.", $kind, "_total + excluded.", $kind, "_total, "),
            // NULL: there was none; no comparison with it holds.
            concat!($kind, "_longest = CASE WHEN sla_cells.", $kind, "_longest >= excluded.", $kind, "_longest "),
            concat!("THEN sla_cells.", $kind, "_longest ELSE excluded.", $kind, "_longest END, "),
            concat!($kind, "_shortest = CASE WHEN sla_cells.", $kind, "_shortest <= excluded.", $kind, "_shortest "),
            concat!("THEN sla_cells.", $kind, "_shortest ELSE excluded.", $kind, "_shortest END"),
        )
    };
}

/// Adds to all cells of one row: those that leave the department, the agent, the level open or do not.
pub(super) fn count(tx: &mut Tx<'_>, clock: &Clock, closing: &Closing) -> Result<(), StoreError> {
    let adding = if closing.is_fulfilled() { adding!("kept") } else { adding!("late") };
    tx.exec(
        adding,
        &[
            &medium_word(clock.goal.medium()),
            &closing.department.get(),
            &closing.agent.map_or(0, AgentId::get),
            &clock.level.get(),
            &Span::Quarter.slot(closing.at),
            &Span::Hour.slot(closing.at),
            &closing.settled.taken_micros,
        ],
    )?;
    Ok(())
}

/// Calls `on_cell` for each cell from slot `from` on and before `until`, in their order. The filter must not name a requester: there are no
/// cells of customers.
pub fn each_cell(
    tx: &mut Tx<'_>,
    medium: Medium,
    filter: &LogFilter,
    span: Span,
    (from, until): (i64, i64),
    mut on_cell: impl FnMut(i64, &Compliance),
) -> Result<(), StoreError> {
    debug_assert!(filter.requester.is_none(), "cells know no requester");
    tx.each(
        "SELECT slot, kept_items, kept_total, kept_longest, kept_shortest, late_items, late_total, late_longest, late_shortest FROM sla_cells \
         WHERE medium = $1 AND department_id = $2 AND agent_id = $3 AND level_id = $4 AND span = $5 AND slot >= $6 AND slot < $7 ORDER BY slot",
        &[
            &medium_word(medium),
            &filter.department.map_or(0, DepartmentId::get),
            &filter.agent.map_or(0, AgentId::get),
            &filter.level.map_or(0, SlaLevelId::get),
            &span.quarters(),
            &from,
            &until,
        ],
        |row| {
            on_cell(row.get(0)?, &Compliance { fulfilled: times(row, 1)?, unfulfilled: times(row, 5)? });
            Ok(())
        },
    )
}

/// Four columns from this one on.
fn times(row: &Row<'_>, first: usize) -> Result<Times, StoreError> {
    let count: i64 = row.get(first)?;
    if count == 0 {
        return Ok(Times::default());
    }
    Ok(Times { count, sum_micros: row.get(first + 1)?, max_micros: row.get(first + 2)?, min_micros: row.get(first + 3)? })
}

/// The cells of one length as the rows of some time say they are. Of one alone: engines hold what they sort in memory.
fn counted(span: Span, time: &str) -> String {
    let of = |columns: &str, which: &str| {
        format!("SELECT medium, {columns}, ended_at, due_at, taken FROM sla_items WHERE number IS NOT NULL{which}{time}")
    };
    let rows = [
        of("department_id AS d, COALESCE(agent_id, 0) AS a, level_id AS l", ""),
        of("0, COALESCE(agent_id, 0), level_id", ""),
        of("department_id, COALESCE(agent_id, 0), 0", ""),
        of("0, COALESCE(agent_id, 0), 0", ""),
        of("department_id, 0, level_id", " AND agent_id IS NOT NULL"),
        of("0, 0, level_id", " AND agent_id IS NOT NULL"),
        of("department_id, 0, 0", " AND agent_id IS NOT NULL"),
        of("0, 0, 0", " AND agent_id IS NOT NULL"),
    ]
    .join(" UNION ALL ");
    let sums = |comparison: &str| {
        let taken = format!("CASE WHEN ended_at {comparison} due_at THEN taken END");
        format!("COUNT({taken}), COALESCE(CAST(SUM({taken}) AS BIGINT), 0), MAX({taken}), MIN({taken})")
    };
    let (quarters, micros, kept, late) = (span.quarters(), span.micros(), sums("<="), sums(">"));
    format!(
        "SELECT medium, d, a, l, CAST({quarters} AS BIGINT) AS span, ended_at / {micros} AS slot, {kept}, {late} \
         FROM ({rows}) AS r GROUP BY medium, d, a, l, ended_at / {micros}"
    )
}

/// The cells of one length as they are.
fn stored(span: Span) -> String {
    format!(
        "SELECT medium, department_id AS d, agent_id AS a, level_id AS l, span, slot, kept_items, kept_total, kept_longest, kept_shortest, \
           late_items, late_total, late_longest, late_shortest FROM sla_cells WHERE span = {}",
        span.quarters()
    )
}

/// The first and the last block of days of which there are rows or cells.
pub fn blocks(tx: &mut Tx<'_>) -> Result<Option<(i64, i64)>, StoreError> {
    let rows: (Option<i64>, Option<i64>) = tx.one("SELECT MIN(ended_at), MAX(ended_at) FROM sla_items WHERE number IS NOT NULL", &[])?;
    let cells: (Option<i64>, Option<i64>) =
        tx.one("SELECT MIN(slot), MAX(slot) FROM sla_cells WHERE span = $1", &[&Span::Hour.quarters()])?;
    let quarters: (Option<i64>, Option<i64>) =
        tx.one("SELECT MIN(slot), MAX(slot) FROM sla_cells WHERE span = $1", &[&Span::Quarter.quarters()])?;
    let starts = [
        rows.0.into_iter().chain(rows.1).map(Timestamp::from_micros).collect::<Vec<_>>(),
        cells.0.into_iter().chain(cells.1).map(|hour| Span::Hour.start(hour)).collect(),
        quarters.0.into_iter().chain(quarters.1).map(|quarter| Span::Quarter.start(quarter)).collect(),
    ]
    .concat();
    let blocks = |start: Option<&Timestamp>| start.map(|start| Span::Block.slot(*start));
    Ok(blocks(starts.iter().min()).zip(blocks(starts.iter().max())))
}

/// Makes the cells of a block of days anew as the rows say they are.
pub fn add_up(tx: &mut Tx<'_>, medium: Medium, block: i64) -> Result<(), StoreError> {
    let columns = "medium, department_id, agent_id, level_id, span, slot, kept_items, kept_total, kept_longest, kept_shortest, \
                   late_items, late_total, late_longest, late_shortest";
    let (medium, from, until) = (medium_word(medium), Span::Block.start(block), Span::Block.start(block + 1));
    for span in SPANS {
        tx.exec(
            "DELETE FROM sla_cells WHERE medium = $1 AND span = $2 AND slot >= $3 AND slot < $4",
            &[&medium, &span.quarters(), &span.slot(from), &span.slot(until)],
        )?;
        let rows = counted(span, " AND medium = $1 AND ended_at >= $2 AND ended_at < $3");
        tx.exec_dynamic(&format!("INSERT INTO sla_cells ({columns}) {rows}"), &[&medium, &from, &until])?;
    }
    Ok(())
}

/// How many cells do not say what the rows do, or are missing, or too many; and some of them.
pub(super) fn wrong(tx: &mut Tx<'_>, named_max: i64) -> Result<(i64, Vec<WrongCell>), StoreError> {
    let (mut wrong, mut named) = (0, Vec::new());
    for span in SPANS {
        let (counted, stored) = (counted(span, ""), stored(span));
        for difference in [format!("{counted} EXCEPT {stored}"), format!("{stored} EXCEPT {counted}")] {
            let count: i64 =
                tx.opt_dynamic_with(&format!("SELECT COUNT(*) FROM ({difference}) AS difference"), &[], |row| row.get(0))?.unwrap_or(0);
            wrong += count;
            if count > 0 {
                let some = format!("SELECT medium, d, a, l, slot FROM ({difference}) AS difference LIMIT {named_max}");
                named.extend(tx.all_dynamic_with(&some, &[], |row| wrong_cell(row, span))?);
            }
        }
    }
    let mut once: Vec<WrongCell> = Vec::new();
    for cell in named {
        if !once.contains(&cell) {
            once.push(cell);
        }
    }
    once.truncate(usize::try_from(named_max).unwrap_or_default());
    Ok((wrong, once))
}

fn wrong_cell(row: &Row<'_>, span: Span) -> Result<WrongCell, StoreError> {
    let medium = |text: &str| Medium::ALL.into_iter().find(|medium| medium_word(*medium) == text);
    let of = |column| Ok::<_, StoreError>(Some(row.get::<i64>(column)?).filter(|id| *id != 0));
    Ok(WrongCell {
        medium: word(medium, "medium", row.str(0)?)?,
        department: of(1)?.map(DepartmentId::from_i64),
        agent: of(2)?.map(AgentId::from_i64),
        level: of(3)?.map(SlaLevelId::from_i64),
        span,
        start: span.start(row.get(4)?),
    })
}
