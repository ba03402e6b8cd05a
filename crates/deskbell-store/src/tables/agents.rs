//! Agents.

use std::collections::HashMap;

use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::ids::{AgentId, CustomerId, DepartmentId};
use deskbell_domain::routing::Candidate;
use deskbell_domain::time::Timestamp;

use super::{flag, narrow, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, contact_id, email, first_name, last_name, role, slots, enabled, preset, online";

fn row(row: &Row<'_>) -> Result<Agent, StoreError> {
    Ok(Agent {
        id: AgentId::from_i64(row.get(0)?),
        contact: CustomerId::from_i64(row.get(1)?),
        email: row.get(2)?,
        first_name: row.get(3)?,
        last_name: row.get(4)?,
        role: word(|text| Role::from_letter(text.chars().next()?), "role", row.str(5)?)?,
        slots: narrow("slots", row.get(6)?)?,
        enabled: row.get::<i64>(7)? != 0,
        preset: AgentStatus::from_bits(narrow("preset", row.get(8)?)?),
        online: AgentStatus::from_bits(narrow("online", row.get(9)?)?),
    })
}

pub fn insert(tx: &mut Tx<'_>, agent: &Agent, password_hash: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO agents (id, contact_id, email, first_name, last_name, role, slots, enabled, preset, online, password_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            &agent.id.get(),
            &agent.contact.get(),
            &agent.email,
            &agent.first_name,
            &agent.last_name,
            &agent.role.letter().to_string(),
            &i64::from(agent.slots),
            &flag(agent.enabled),
            &i64::from(agent.preset.bits()),
            &i64::from(agent.online.bits()),
            &password_hash,
            &at.micros(),
        ],
    )?;
    Ok(())
}

/// Writes everything but the password.
pub fn update(tx: &mut Tx<'_>, agent: &Agent) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE agents SET email = $2, first_name = $3, last_name = $4, role = $5, slots = $6, enabled = $7, preset = $8, online = $9 \
         WHERE id = $1",
        &[
            &agent.id.get(),
            &agent.email,
            &agent.first_name,
            &agent.last_name,
            &agent.role.letter().to_string(),
            &i64::from(agent.slots),
            &flag(agent.enabled),
            &i64::from(agent.preset.bits()),
            &i64::from(agent.online.bits()),
        ],
    )?;
    Ok(())
}

pub fn set_password(tx: &mut Tx<'_>, agent: AgentId, password_hash: &str) -> Result<(), StoreError> {
    tx.exec("UPDATE agents SET password_hash = $2 WHERE id = $1", &[&agent.get(), &password_hash])?;
    Ok(())
}

pub fn password_hash(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<String>, StoreError> {
    Ok(tx.opt::<(String,)>("SELECT password_hash FROM agents WHERE id = $1", &[&agent.get()])?.map(|(hash,)| hash))
}

pub fn get(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Agent>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM agents WHERE id = $1"), &[&agent.get()], row)
}

pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Agent>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM agents WHERE email = $1"), &[&email.to_lowercase()], row)
}

/// All agents, by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Agent>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM agents ORDER BY first_name, last_name, id"), &[], row)
}

/// What is on for each agent of a department who is not offline.
pub fn online_of_department(tx: &mut Tx<'_>, department: DepartmentId) -> Result<Vec<AgentStatus>, StoreError> {
    tx.all_with(
        "SELECT DISTINCT a.online FROM memberships m JOIN agents a ON a.id = m.agent_id \
         WHERE m.department_id = $1 AND a.enabled = 1 AND a.online <> 0",
        &[&department.get()],
        |row| Ok(AgentStatus::from_bits(narrow("online", row.get(0)?)?)),
    )
}

/// The agents of a department that take chats now, each with the slots in use (engagements and ringing offers).
/// Their skills are not read here.
pub fn candidates(tx: &mut Tx<'_>, department: DepartmentId) -> Result<Vec<Candidate>, StoreError> {
    tx.all_with(
        "SELECT a.id, a.slots, m.priority, \
           (SELECT COUNT(*) FROM engagements e WHERE e.agent_id = a.id AND e.left_at IS NULL) \
             + (SELECT COUNT(*) FROM offers o WHERE o.agent_id = a.id AND o.outcome IS NULL), \
           a.online \
         FROM memberships m JOIN agents a ON a.id = m.agent_id \
         WHERE m.department_id = $1 AND a.enabled = 1 AND a.online <> 0 ORDER BY a.id",
        &[&department.get()],
        |row| {
            Ok((
                Candidate {
                    agent: AgentId::from_i64(row.get(0)?),
                    slots: narrow("slots", row.get(1)?)?,
                    priority: narrow("priority", row.get(2)?)?,
                    load: narrow("load", row.get(3)?)?,
                    skills: Vec::new(),
                },
                AgentStatus::from_bits(narrow("online", row.get(4)?)?),
            ))
        },
    )
    .map(|all| all.into_iter().filter(|(_, online)| online.takes_chats()).map(|(candidate, _)| candidate).collect())
}

/// Slots in use by one agent: engagements and ringing offers.
pub fn load(tx: &mut Tx<'_>, agent: AgentId) -> Result<(u32, u32), StoreError> {
    let (engaged, ringing): (i64, i64) = tx.one(
        "SELECT (SELECT COUNT(*) FROM engagements WHERE agent_id = $1 AND left_at IS NULL), \
                (SELECT COUNT(*) FROM offers WHERE agent_id = $1 AND outcome IS NULL)",
        &[&agent.get()],
    )?;
    Ok((narrow("engaged", engaged)?, narrow("ringing", ringing)?))
}

/// What is kept of an agent beside what others see of him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    pub created: Timestamp,
    pub last_login: Option<Timestamp>,
    pub logins: i64,
}

/// When each agent was made, and how often and when he signed in.
pub fn attendances(tx: &mut Tx<'_>) -> Result<HashMap<AgentId, Attendance>, StoreError> {
    let rows: Vec<(i64, i64, Option<i64>, i64)> =
        tx.all("SELECT id, created_at, last_login_at, login_count FROM agents ORDER BY id", &[])?;
    let entry = |(id, created, last, logins): (i64, i64, Option<i64>, i64)| {
        (AgentId::from_i64(id), Attendance { created: time(created), last_login: last.map(time), logins })
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// An agent signed in.
pub fn note_login(tx: &mut Tx<'_>, agent: AgentId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE agents SET last_login_at = $2, login_count = login_count + 1 WHERE id = $1", &[&agent.get(), &at.micros()])?;
    Ok(())
}

/// One more ring missed; answers how many it were in a row.
pub fn note_missed_ring(tx: &mut Tx<'_>, agent: AgentId) -> Result<i64, StoreError> {
    tx.exec("UPDATE agents SET missed_rings = missed_rings + 1 WHERE id = $1", &[&agent.get()])?;
    Ok(tx.one::<(i64,)>("SELECT missed_rings FROM agents WHERE id = $1", &[&agent.get()])?.0)
}

/// The row of missed rings is over.
pub fn forget_missed_rings(tx: &mut Tx<'_>, agent: AgentId) -> Result<(), StoreError> {
    tx.exec("UPDATE agents SET missed_rings = 0 WHERE id = $1 AND missed_rings <> 0", &[&agent.get()])?;
    Ok(())
}

/// E-mail address, slots, and chats joined and ringing together of each agent who has any.
pub fn loads(tx: &mut Tx<'_>) -> Result<Vec<(String, u16, u32)>, StoreError> {
    let rows: Vec<(String, i64, i64)> = tx.all(
        "SELECT a.email, a.slots, \
           (SELECT COUNT(*) FROM engagements e WHERE e.agent_id = a.id AND e.left_at IS NULL) \
             + (SELECT COUNT(*) FROM offers o WHERE o.agent_id = a.id AND o.outcome IS NULL) \
         FROM agents a ORDER BY a.email",
        &[],
    )?;
    let busy = rows.into_iter().filter(|(_, _, load)| *load > 0);
    busy.map(|(email, slots, load)| Ok((email, narrow("slots", slots)?, narrow("load", load)?))).collect()
}
