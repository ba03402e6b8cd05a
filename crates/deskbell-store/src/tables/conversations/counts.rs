//! How many conversations wait, by department, and how many calls there are.

use std::collections::HashMap;

use deskbell_domain::ids::DepartmentId;

use crate::engine::Tx;
use crate::error::StoreError;

/// Conversations of a department that somebody waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    pub chatting: i64,
    pub new: i64,
    pub open: i64,
}

/// What waits in each department. Counts along an index: it costs what waits, not what there is.
pub fn waiting(tx: &mut Tx<'_>) -> Result<HashMap<DepartmentId, Waiting>, StoreError> {
    let rows: Vec<(i64, i64, i64, i64)> = tx.all(
        "SELECT d.id, \
           (SELECT COUNT(*) FROM conversations c WHERE c.department_id = d.id AND c.status = 'T' AND c.merged_into IS NULL), \
           (SELECT COUNT(*) FROM conversations c WHERE c.department_id = d.id AND c.status = 'N' AND c.merged_into IS NULL), \
           (SELECT COUNT(*) FROM conversations c WHERE c.department_id = d.id AND c.status = 'C' AND c.merged_into IS NULL) \
         FROM departments d",
        &[],
    )?;
    let waiting = |(id, chatting, new, open)| (DepartmentId::from_i64(id), Waiting { chatting, new, open });
    Ok(rows.into_iter().map(waiting).collect())
}

/// Calls that have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Somebody talks.
    pub running: i64,
    pub ringing: i64,
    /// Nobody has it yet.
    pub queued: i64,
}

/// The calls of a department, or of all.
pub fn calls(tx: &mut Tx<'_>, department: Option<DepartmentId>) -> Result<Calls, StoreError> {
    let rows: Vec<(String, i64)> = tx.all(
        "SELECT g.status, COUNT(*) FROM conversations c JOIN message_groups g ON g.conversation_id = c.id \
         WHERE c.status = 'P' AND c.merged_into IS NULL AND (CAST($1 AS BIGINT) IS NULL OR c.department_id = $1) \
           AND g.kind IN ('P', 'V', '1') AND g.status IN ('C', 'R', 'I') GROUP BY g.status",
        &[&department.map(DepartmentId::get)],
    )?;
    let count = |letter: &str| rows.iter().find(|(status, _)| status == letter).map_or(0, |(_, count)| *count);
    Ok(Calls { running: count("C"), ringing: count("R"), queued: count("I") })
}
