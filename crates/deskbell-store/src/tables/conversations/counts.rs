//! How many conversations wait, by department.

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
