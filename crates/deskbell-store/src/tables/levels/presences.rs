//! When agents were there for a medium, by department.

use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::Presence;
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;

use super::{SetId, medium_number};
use crate::engine::{Row, Tx};
use crate::error::StoreError;
use crate::tables::time;

/// Which are meant: of a department, an agent, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose {
    pub medium: Medium,
    pub department: Option<DepartmentId>,
    pub agent: Option<AgentId>,
}

impl Whose {
    /// A condition on columns, under an alias. Only integers of ours are written into it.
    fn condition(&self, alias: &str) -> String {
        let department = self.department.map(|id| format!(" AND {alias}.department_id = {}", id.get())).unwrap_or_default();
        let agent = self.agent.map(|id| format!(" AND {alias}.agent_id = {}", id.get())).unwrap_or_default();
        department + &agent
    }
}

pub(super) fn presence(row: &Row<'_>) -> Result<Presence, StoreError> {
    Ok(Presence {
        agent: AgentId::from_i64(row.get(0)?),
        department: DepartmentId::from_i64(row.get(1)?),
        from: time(row.get(2)?),
        until: row.get::<Option<i64>>(3)?.map(time),
    })
}

/// An agent is there from a moment on.
pub fn open(
    tx: &mut Tx<'_>,
    set: SetId,
    medium: Medium,
    agent: AgentId,
    department: DepartmentId,
    from: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO level_presences (set_id, medium, agent_id, department_id, from_at, until_at) VALUES ($1, $2, $3, $4, $5, NULL)",
        &[&set.0, &medium_number(medium), &agent.get(), &department.get(), &from.micros()],
    )?;
    Ok(())
}

/// He is gone; one who was there for no time never was.
pub fn close(
    tx: &mut Tx<'_>,
    set: SetId,
    medium: Medium,
    agent: AgentId,
    department: DepartmentId,
    until: Timestamp,
) -> Result<(), StoreError> {
    let (number, agent, department) = (medium_number(medium), agent.get(), department.get());
    tx.exec(
        "DELETE FROM level_presences WHERE set_id = $1 AND medium = $2 AND agent_id = $3 AND department_id = $4 AND from_at = $5 \
           AND until_at IS NULL",
        &[&set.0, &number, &agent, &department, &until.micros()],
    )?;
    // A range of the key, so that the index leads straight to the one that is open: the last.
    tx.exec(
        "UPDATE level_presences SET until_at = $5 WHERE set_id = $1 AND medium = $2 AND agent_id = $3 AND department_id = $4 \
           AND from_at = (SELECT MAX(from_at) FROM level_presences WHERE set_id = $1 AND medium = $2 AND agent_id = $3 \
             AND department_id = $4) AND until_at IS NULL",
        &[&set.0, &number, &agent, &department, &until.micros()],
    )?;
    Ok(())
}

/// Those that began before a moment and went on after it: at most one of each member of each department.
pub fn across(tx: &mut Tx<'_>, set: SetId, whose: &Whose, moment: Timestamp) -> Result<Vec<Presence>, StoreError> {
    tx.all_dynamic_with(
        &format!(
            "SELECT p.agent_id, p.department_id, p.from_at, p.until_at FROM level_members m JOIN level_presences p \
               ON p.set_id = m.set_id AND p.medium = $2 AND p.agent_id = m.agent_id AND p.department_id = m.department_id \
               AND p.from_at = (SELECT MAX(x.from_at) FROM level_presences x WHERE x.set_id = m.set_id AND x.medium = $2 \
                 AND x.agent_id = m.agent_id AND x.department_id = m.department_id AND x.from_at < $3) \
             WHERE m.set_id = $1{} AND (p.until_at IS NULL OR p.until_at > $3) ORDER BY p.from_at, p.agent_id, p.department_id",
            whose.condition("m")
        ),
        &[&set.0, &medium_number(whose.medium), &moment.micros()],
        presence,
    )
}

/// Those that begin within a time, in order.
pub fn beginning(
    tx: &mut Tx<'_>,
    set: SetId,
    whose: &Whose,
    from: Timestamp,
    until: Timestamp,
    skip: i64,
    rows: i64,
) -> Result<Vec<Presence>, StoreError> {
    tx.all_dynamic_with(
        &format!(
            "SELECT p.agent_id, p.department_id, p.from_at, p.until_at FROM level_presences p WHERE p.set_id = $1 AND p.medium = $2{} \
               AND p.from_at >= $3 AND p.from_at < $4 ORDER BY p.from_at, p.agent_id, p.department_id LIMIT $6 OFFSET $5",
            whose.condition("p")
        ),
        &[&set.0, &medium_number(whose.medium), &from.micros(), &until.micros(), &skip, &rows],
        presence,
    )
}

/// How many there are of each medium.
pub fn count(tx: &mut Tx<'_>, set: SetId, medium: Medium) -> Result<i64, StoreError> {
    let (count,) = tx.one("SELECT COUNT(*) FROM level_presences WHERE set_id = $1 AND medium = $2", &[&set.0, &medium_number(medium)])?;
    Ok(count)
}

/// The one that began at a moment.
pub fn get(
    tx: &mut Tx<'_>,
    set: SetId,
    medium: Medium,
    agent: AgentId,
    department: DepartmentId,
    from: Timestamp,
) -> Result<Option<Presence>, StoreError> {
    tx.opt_with(
        "SELECT agent_id, department_id, from_at, until_at FROM level_presences \
         WHERE set_id = $1 AND medium = $2 AND agent_id = $3 AND department_id = $4 AND from_at = $5",
        &[&set.0, &medium_number(medium), &agent.get(), &department.get(), &from.micros()],
        presence,
    )
}

/// Clears so many away; whether there were any.
pub(super) fn clear(tx: &mut Tx<'_>, set: SetId, rows_max: i64) -> Result<bool, StoreError> {
    let cleared = tx.exec(
        "DELETE FROM level_presences WHERE set_id = $1 AND (medium, agent_id, department_id, from_at) IN \
           (SELECT medium, agent_id, department_id, from_at FROM level_presences WHERE set_id = $1 \
            ORDER BY medium, agent_id, department_id, from_at LIMIT $2)",
        &[&set.0, &rows_max],
    )?;
    Ok(cleared > 0)
}
