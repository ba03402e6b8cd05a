//! Where a journal that was shortened begins: a set that holds how everything stood there. Of each series it has the last quarter hour's cell
//! alone, and of presences those that went on. Another set begins as it, with what is older taken over from the one that is kept.

use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Grain, Presence, Slot};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;

use super::presences::presence;
use super::{SeriesId, SetId, cell_id, first_slot, latest, medium, medium_number, slot_of};
use crate::engine::Tx;
use crate::error::StoreError;

/// Rows copied in one go, of each table.
const COPIED_ROWS_MAX: i64 = 2_000;

/// Presences `p` of the kept set `$1` that were over where the floor `$2` stands, at the moment `$3`. One that went on there begins no later than
/// what comes after it.
const OVER: &str = "p.set_id = $1 AND p.until_at IS NOT NULL AND p.until_at <= $3 AND p.from_at < COALESCE((SELECT o.from_at \
     FROM level_presences o WHERE o.set_id = $2 AND o.medium = p.medium AND o.agent_id = p.agent_id AND o.department_id = p.department_id), $3)";

/// The set; none in a desk whose journal was shortened before there was one.
pub fn floor(tx: &mut Tx<'_>) -> Result<Option<SetId>, StoreError> {
    tx.opt_with("SELECT id FROM level_sets WHERE state = 'floor' ORDER BY id LIMIT 1", &[], |row| row.get(0).map(SetId))
}

/// Forgets the cells of a series before a quarter hour.
pub fn forget_cells(tx: &mut Tx<'_>, series: SeriesId, quarter: Slot) -> Result<(), StoreError> {
    let range = (cell_id(series, first_slot(Grain::Quarter)), cell_id(series, quarter));
    tx.exec("DELETE FROM level_cells WHERE id >= $1 AND id < $2", &[&range.0, &range.1])?;
    Ok(())
}

/// Forgets presences that are over.
pub fn forget_presences(tx: &mut Tx<'_>, floor: SetId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM level_presences WHERE set_id = $1 AND until_at IS NOT NULL", &[&floor.0])?;
    Ok(())
}

/// Who is there, as the floor has it.
pub fn present(tx: &mut Tx<'_>, floor: SetId) -> Result<Vec<(Medium, Presence)>, StoreError> {
    tx.all_with(
        "SELECT agent_id, department_id, from_at, until_at, medium FROM level_presences WHERE set_id = $1 ORDER BY medium, agent_id, department_id",
        &[&floor.0],
        |row| Ok((medium(row.get(4)?)?, presence(row)?)),
    )
}

/// How many presences of a medium the kept set has that were over where the floor stands.
pub fn count_over(tx: &mut Tx<'_>, kept: SetId, floor: SetId, of: Medium) -> Result<i64, StoreError> {
    let moment = latest(tx, floor)?;
    let sql = format!("SELECT COUNT(*) FROM level_presences p WHERE {OVER} AND p.medium = $4");
    let count = tx.opt_dynamic_with(&sql, &[&kept.0, &floor.0, &moment.micros(), &medium_number(of)], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// Copies a bite of the quarters' cells of a series to another one, from a quarter hour on and before another one. Where the next bite begins;
/// none after the last.
pub fn copy_cells(tx: &mut Tx<'_>, from: SeriesId, to: SeriesId, begin: Slot, before: Slot) -> Result<Option<Slot>, StoreError> {
    let (first, end) = (cell_id(from, begin), cell_id(from, before));
    let (last, count): (Option<i64>, i64) = tx.one(
        "SELECT MAX(id), COUNT(*) FROM (SELECT id FROM level_cells WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3) AS bite",
        &[&first, &end, &COPIED_ROWS_MAX],
    )?;
    let Some(last) = last else { return Ok(None) };
    let shift = cell_id(to, first_slot(Grain::Quarter)) - cell_id(from, first_slot(Grain::Quarter));
    tx.exec(
        "INSERT INTO level_cells (id, changed_at, queue, slots, service, agents, queue_sum, queue_max, queue_min, slots_sum, slots_max, \
           slots_min, service_sum, service_max, service_min, available_micros) \
         SELECT id + $3, changed_at, queue, slots, service, agents, queue_sum, queue_max, queue_min, slots_sum, slots_max, \
           slots_min, service_sum, service_max, service_min, available_micros FROM level_cells WHERE id >= $1 AND id <= $2",
        &[&first, &last, &shift],
    )?;
    Ok((count == COPIED_ROWS_MAX).then(|| slot_of(Grain::Quarter, last).next()))
}

/// Copies what there is little of: agents, members, departments, who is engaged, and who is there.
pub fn copy_standing(tx: &mut Tx<'_>, from: SetId, to: SetId) -> Result<(), StoreError> {
    for sql in [
        "INSERT INTO level_agents (set_id, id, enabled, online, slots) \
         SELECT $2, id, enabled, online, slots FROM level_agents WHERE set_id = $1",
        "INSERT INTO level_members (set_id, department_id, agent_id, member) \
         SELECT $2, department_id, agent_id, member FROM level_members WHERE set_id = $1",
        "INSERT INTO level_departments (set_id, id, enabled) SELECT $2, id, enabled FROM level_departments WHERE set_id = $1",
        "INSERT INTO level_engaged (set_id, medium, item_id, agent_id) \
         SELECT $2, medium, item_id, agent_id FROM level_engaged WHERE set_id = $1",
        "INSERT INTO level_presences (set_id, medium, agent_id, department_id, from_at, until_at) \
         SELECT $2, medium, agent_id, department_id, from_at, until_at FROM level_presences WHERE set_id = $1",
    ] {
        tx.exec_dynamic(&sql.replace("$2", &to.0.to_string()), &[&from.0])?;
    }
    Ok(())
}

/// Copies a bite of the items of a medium behind one. The last that was copied; none when there was nothing left.
pub fn copy_items(tx: &mut Tx<'_>, from: SetId, to: SetId, of: Medium, behind: Option<i64>) -> Result<Option<i64>, StoreError> {
    let (medium, behind) = (medium_number(of), behind.unwrap_or(i64::MIN));
    let (last,): (Option<i64>,) = tx.one(
        "SELECT MAX(id) FROM (SELECT id FROM level_items WHERE set_id = $1 AND medium = $2 AND id > $3 ORDER BY id LIMIT $4) AS bite",
        &[&from.0, &medium, &behind, &COPIED_ROWS_MAX],
    )?;
    let Some(last) = last else { return Ok(None) };
    tx.exec_dynamic(
        &format!(
            "INSERT INTO level_items (set_id, medium, id, department_id, agent_id, stage) \
             SELECT {}, medium, id, department_id, agent_id, stage FROM level_items WHERE set_id = $1 AND medium = $2 AND id > $3 AND id <= $4",
            to.0
        ),
        &[&from.0, &medium, &behind, &last],
    )?;
    Ok(Some(last))
}

/// Whose presences a set holds.
pub fn whose_presences(tx: &mut Tx<'_>, set: SetId) -> Result<Vec<(AgentId, DepartmentId)>, StoreError> {
    tx.all_with(
        "SELECT DISTINCT agent_id, department_id FROM level_presences WHERE set_id = $1 ORDER BY agent_id, department_id",
        &[&set.0],
        |row| Ok((AgentId::from_i64(row.get(0)?), DepartmentId::from_i64(row.get(1)?))),
    )
}

/// Copies an agent's presences in a department that were over where the floor stands from the kept set.
pub fn copy_presences(
    tx: &mut Tx<'_>,
    (kept, floor, to): (SetId, SetId, SetId),
    agent: AgentId,
    department: DepartmentId,
) -> Result<(), StoreError> {
    let moment: Timestamp = latest(tx, floor)?;
    let sql = format!(
        "INSERT INTO level_presences (set_id, medium, agent_id, department_id, from_at, until_at) \
         SELECT {}, p.medium, p.agent_id, p.department_id, p.from_at, p.until_at FROM level_presences p \
         WHERE {OVER} AND p.agent_id = $4 AND p.department_id = $5",
        to.0
    );
    tx.exec_dynamic(&sql, &[&kept.0, &floor.0, &moment.micros(), &agent.get(), &department.get()])?;
    Ok(())
}
