//! Departments and who is in them.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::department::{Department, Membership, Strategy};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::time::Timestamp;

use super::{flag, narrow, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

fn row(row: &Row<'_>) -> Result<Department, StoreError> {
    Ok(Department {
        id: DepartmentId::from_i64(row.get(0)?),
        name: row.get(1)?,
        description: row.get(2)?,
        strategy: word(Strategy::parse, "strategy", row.str(3)?)?,
        offer_seconds: narrow("offer_seconds", row.get(4)?)?,
        queue_chats_max: narrow("queue_chats_max", row.get(5)?)?,
        enabled: row.get::<i64>(6)? != 0,
    })
}

/// Creates or changes.
pub fn put(tx: &mut Tx<'_>, department: &Department, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO departments (id, name, description, strategy, offer_seconds, queue_chats_max, enabled, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, strategy = excluded.strategy, \
           offer_seconds = excluded.offer_seconds, queue_chats_max = excluded.queue_chats_max, enabled = excluded.enabled",
        &[
            &department.id.get(),
            &department.name,
            &department.description,
            &department.strategy.text(),
            &i64::from(department.offer_seconds),
            &i64::from(department.queue_chats_max),
            &flag(department.enabled),
            &at.micros(),
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, department: DepartmentId) -> Result<Option<Department>, StoreError> {
    tx.opt_with(
        "SELECT id, name, description, strategy, offer_seconds, queue_chats_max, enabled FROM departments WHERE id = $1",
        &[&department.get()],
        row,
    )
}

/// All departments, the default one first, then by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Department>, StoreError> {
    let mut all = tx.all_with(
        "SELECT id, name, description, strategy, offer_seconds, queue_chats_max, enabled FROM departments ORDER BY name, id",
        &[],
        row,
    )?;
    all.sort_by_key(|department| department.id != DepartmentId::DEFAULT);
    Ok(all)
}

pub fn memberships(tx: &mut Tx<'_>) -> Result<Vec<Membership>, StoreError> {
    tx.all_with("SELECT department_id, agent_id, priority FROM memberships ORDER BY department_id, priority, agent_id", &[], |row| {
        Ok(Membership {
            department: DepartmentId::from_i64(row.get(0)?),
            agent: AgentId::from_i64(row.get(1)?),
            priority: narrow("priority", row.get(2)?)?,
        })
    })
}

pub fn is_member(tx: &mut Tx<'_>, department: DepartmentId, agent: AgentId) -> Result<bool, StoreError> {
    Ok(tx
        .opt::<(i64,)>("SELECT priority FROM memberships WHERE department_id = $1 AND agent_id = $2", &[&department.get(), &agent.get()])?
        .is_some())
}

pub fn put_member(tx: &mut Tx<'_>, membership: Membership) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO memberships (department_id, agent_id, priority) VALUES ($1, $2, $3) \
         ON CONFLICT (department_id, agent_id) DO UPDATE SET priority = excluded.priority",
        &[&membership.department.get(), &membership.agent.get(), &i64::from(membership.priority)],
    )?;
    Ok(())
}

/// Returns whether the agent was a member.
pub fn remove_member(tx: &mut Tx<'_>, department: DepartmentId, agent: AgentId) -> Result<bool, StoreError> {
    let gone = tx.exec("DELETE FROM memberships WHERE department_id = $1 AND agent_id = $2", &[&department.get(), &agent.get()])?;
    Ok(gone > 0)
}

/// Departments in which some agent takes chats now (busy or not).
pub fn with_agents_online(tx: &mut Tx<'_>) -> Result<Vec<DepartmentId>, StoreError> {
    let rows: Vec<(i64, i64)> = tx.all(
        "SELECT DISTINCT m.department_id, a.online FROM memberships m JOIN agents a ON a.id = m.agent_id \
         JOIN departments d ON d.id = m.department_id \
         WHERE a.enabled = 1 AND a.online <> 0 AND d.enabled = 1",
        &[],
    )?;
    let mut departments = Vec::new();
    for (department, online) in rows {
        let department = DepartmentId::from_i64(department);
        if AgentStatus::from_bits(narrow("online", online)?).takes_chats() && !departments.contains(&department) {
            departments.push(department);
        }
    }
    Ok(departments)
}
