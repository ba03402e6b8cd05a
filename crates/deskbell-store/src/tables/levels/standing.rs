//! How things stand as of the reader's cursor: tickets, chats and calls, agents, their departments.

use std::collections::HashMap;

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Attendance, Item, Stage};
use deskbell_domain::measure::Medium;

use super::{SetId, medium_number, slots};
use crate::engine::Tx;
use crate::error::StoreError;
use crate::tables::{flag, in_list, narrow, word};

pub fn agents(tx: &mut Tx<'_>, set: SetId) -> Result<Vec<(AgentId, Attendance)>, StoreError> {
    tx.all_with("SELECT id, enabled, online, slots FROM level_agents WHERE set_id = $1 ORDER BY id", &[&set.0], |row| {
        let attendance = Attendance {
            enabled: row.get::<i64>(1)? != 0,
            online: AgentStatus::from_bits(narrow("status", row.get(2)?)?),
            slots: slots(row.get(3)?)?,
        };
        Ok((AgentId::from_i64(row.get(0)?), attendance))
    })
}

pub fn put_agent(tx: &mut Tx<'_>, set: SetId, agent: AgentId, attendance: &Attendance) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO level_agents (set_id, id, enabled, online, slots) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (set_id, id) DO UPDATE SET enabled = excluded.enabled, online = excluded.online, slots = excluded.slots",
        &[&set.0, &agent.get(), &flag(attendance.enabled), &i64::from(attendance.online.bits()), &i64::from(attendance.slots)],
    )?;
    Ok(())
}

/// Who is a member of which department now.
pub fn members(tx: &mut Tx<'_>, set: SetId) -> Result<Vec<(DepartmentId, AgentId)>, StoreError> {
    let sql = "SELECT department_id, agent_id FROM level_members WHERE set_id = $1 AND member = 1 ORDER BY department_id, agent_id";
    tx.all_with(sql, &[&set.0], |row| Ok((DepartmentId::from_i64(row.get(0)?), AgentId::from_i64(row.get(1)?))))
}

pub fn put_member(tx: &mut Tx<'_>, set: SetId, department: DepartmentId, agent: AgentId, member: bool) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO level_members (set_id, department_id, agent_id, member) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (set_id, department_id, agent_id) DO UPDATE SET member = excluded.member",
        &[&set.0, &department.get(), &agent.get(), &flag(member)],
    )?;
    Ok(())
}

/// Departments that are switched off.
pub fn closed_departments(tx: &mut Tx<'_>, set: SetId) -> Result<Vec<DepartmentId>, StoreError> {
    let sql = "SELECT id FROM level_departments WHERE set_id = $1 AND enabled = 0 ORDER BY id";
    tx.all_with(sql, &[&set.0], |row| row.get(0).map(DepartmentId::from_i64))
}

pub fn put_department(tx: &mut Tx<'_>, set: SetId, department: DepartmentId, enabled: bool) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO level_departments (set_id, id, enabled) VALUES ($1, $2, $3) \
         ON CONFLICT (set_id, id) DO UPDATE SET enabled = excluded.enabled",
        &[&set.0, &department.get(), &flag(enabled)],
    )?;
    Ok(())
}

/// All items of a medium.
pub fn all_items(tx: &mut Tx<'_>, set: SetId, medium: Medium) -> Result<HashMap<i64, Item>, StoreError> {
    items_where(tx, set, medium, "")
}

/// Those of these items that there are.
pub fn items(tx: &mut Tx<'_>, set: SetId, medium: Medium, ids: &[i64]) -> Result<HashMap<i64, Item>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    items_where(tx, set, medium, &format!(" AND id IN {}", in_list(ids.iter().copied())))
}

/// Only integers of ours are written into the condition on `id`.
fn items_where(tx: &mut Tx<'_>, set: SetId, medium: Medium, condition: &str) -> Result<HashMap<i64, Item>, StoreError> {
    let (mut items, number) = (HashMap::new(), medium_number(medium));
    tx.each_dynamic(
        &format!("SELECT id, department_id, agent_id, stage FROM level_items WHERE set_id = $1 AND medium = $2{condition}"),
        &[&set.0, &number],
        |row| {
            let stage = word(Stage::parse, "stage", row.str(3)?)?;
            let agent = row.get::<Option<i64>>(2)?.map(AgentId::from_i64);
            items.insert(row.get(0)?, Item { agent, ..Item::new(DepartmentId::from_i64(row.get(1)?), stage) });
            Ok(())
        },
    )?;
    tx.each_dynamic(
        &format!(
            "SELECT id, agent_id FROM (SELECT item_id AS id, agent_id FROM level_engaged WHERE set_id = $1 AND medium = $2) AS engaged \
             WHERE 1 = 1{condition} ORDER BY id, agent_id"
        ),
        &[&set.0, &number],
        |row| {
            let item: i64 = row.get(0)?;
            let known = items.get_mut(&item).ok_or_else(|| StoreError::Corrupt(format!("an engagement in {item}, which is over")))?;
            known.engaged.push(AgentId::from_i64(row.get(1)?));
            Ok(())
        },
    )?;
    Ok(items)
}

pub fn put_item(tx: &mut Tx<'_>, set: SetId, medium: Medium, id: i64, item: &Item) -> Result<(), StoreError> {
    let number = medium_number(medium);
    tx.exec(
        "INSERT INTO level_items (set_id, medium, id, department_id, agent_id, stage) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (set_id, medium, id) DO UPDATE SET department_id = excluded.department_id, agent_id = excluded.agent_id, \
           stage = excluded.stage",
        &[&set.0, &number, &id, &item.department.get(), &item.agent.map(AgentId::get), &item.stage.text()],
    )?;
    remove_engaged(tx, set, number, id)?;
    for agent in &item.engaged {
        tx.exec(
            "INSERT INTO level_engaged (set_id, medium, item_id, agent_id) VALUES ($1, $2, $3, $4)",
            &[&set.0, &number, &id, &agent.get()],
        )?;
    }
    Ok(())
}

pub fn remove_item(tx: &mut Tx<'_>, set: SetId, medium: Medium, id: i64) -> Result<(), StoreError> {
    let number = medium_number(medium);
    remove_engaged(tx, set, number, id)?;
    tx.exec("DELETE FROM level_items WHERE set_id = $1 AND medium = $2 AND id = $3", &[&set.0, &number, &id])?;
    Ok(())
}

fn remove_engaged(tx: &mut Tx<'_>, set: SetId, medium: i64, id: i64) -> Result<(), StoreError> {
    // Nobody is engaged in a ticket.
    if medium != medium_number(Medium::Tickets) {
        tx.exec("DELETE FROM level_engaged WHERE set_id = $1 AND medium = $2 AND item_id = $3", &[&set.0, &medium, &id])?;
    }
    Ok(())
}

/// Clears so many items away; all the rest, which is little, when none is left. Whether there was anything.
pub(super) fn clear(tx: &mut Tx<'_>, set: SetId, rows_max: i64) -> Result<bool, StoreError> {
    let cleared = tx.exec(
        "DELETE FROM level_items WHERE set_id = $1 AND (medium, id) IN \
           (SELECT medium, id FROM level_items WHERE set_id = $1 ORDER BY medium, id LIMIT $2)",
        &[&set.0, &rows_max],
    )?;
    if cleared > 0 {
        return Ok(true);
    }
    tx.exec("DELETE FROM level_engaged WHERE set_id = $1", &[&set.0])?;
    tx.exec("DELETE FROM level_agents WHERE set_id = $1", &[&set.0])?;
    tx.exec("DELETE FROM level_members WHERE set_id = $1", &[&set.0])?;
    tx.exec("DELETE FROM level_departments WHERE set_id = $1", &[&set.0])?;
    Ok(false)
}
