//! What tests do to the log of goals and its sums, and to levels, behind the program's back.

use crate::engine::Tx;
use crate::error::StoreError;
use crate::tables::sla::log::SPANS;
use crate::tables::sla::medium_word;
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::measure::{Medium, Span};
use deskbell_domain::time::Timestamp;

/// Nothing was ever reached, and no clock runs.
pub fn empty_log(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    lose_rows(tx)?;
    SPANS.into_iter().try_for_each(|span| lose_cells(tx, span))
}

/// The sums stay.
pub fn lose_rows(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.exec("DELETE FROM sla_items", &[]).map(drop)
}

pub fn lose_cells(tx: &mut Tx<'_>, span: Span) -> Result<(), StoreError> {
    tx.exec("DELETE FROM sla_cells WHERE span = $1", &[&span.quarters()]).map(drop)
}

/// All cells of the time that a moment lies in.
pub fn lose_cells_at(tx: &mut Tx<'_>, span: Span, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("DELETE FROM sla_cells WHERE span = $1 AND slot = $2", &[&span.quarters(), &span.slot(at)]).map(drop)
}

/// What was kept took longer.
pub fn lengthen_cells(tx: &mut Tx<'_>, medium: Medium, span: Span) -> Result<(), StoreError> {
    let sql = "UPDATE sla_cells SET kept_longest = kept_longest + 1 WHERE medium = $1 AND span = $2";
    tx.exec(sql, &[&medium_word(medium), &span.quarters()]).map(drop)
}

/// A late goal of a department where there may be none.
pub fn add_cell(tx: &mut Tx<'_>, medium: Medium, department: DepartmentId, span: Span, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO sla_cells (medium, department_id, agent_id, level_id, span, slot, late_items) VALUES ($1, $2, 0, 0, $3, $4, 1)",
        &[&medium_word(medium), &department.get(), &span.quarters(), &span.slot(at)],
    )
    .map(drop)
}

/// Levels are as an older program has left them, which kept no hours.
pub fn lose_level_hours(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.exec("DELETE FROM level_hours", &[])?;
    tx.exec("UPDATE level_series SET has_hours = 0", &[]).map(drop)
}
