//! Agents and departments as programs list them: in the order of their ids, each with what belongs to it. The default department, which is
//! no department to them, is left out.

use std::collections::HashMap;

use deskbell_domain::agent::{Agent, Role};
use deskbell_domain::department::{Department, Membership};
use deskbell_domain::ids::{AgentId, DepartmentId, SkillId};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::agents::Attendance;

use crate::error::AppError;
use crate::skills;

/// An agent with the departments he is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEntry {
    pub agent: Agent,
    pub attendance: Attendance,
    pub departments: Vec<DepartmentId>,
    /// Those of them that take chats.
    pub enabled_departments: Vec<DepartmentId>,
    /// The numbers of his skills.
    pub skills: Vec<i64>,
}

/// A department with its members, in the order of their priorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentEntry {
    pub department: Department,
    pub members: Vec<Membership>,
}

/// All agents, those who are switched off too.
pub fn agents(tx: &mut Tx<'_>) -> Result<Vec<AgentEntry>, AppError> {
    let mut attendances = tables::agents::attendances(tx)?;
    let enabled: HashMap<DepartmentId, bool> =
        tables::departments::all(tx)?.into_iter().map(|department| (department.id, department.enabled)).collect();
    let mut memberships: HashMap<AgentId, Vec<DepartmentId>> = HashMap::new();
    for membership in tables::departments::memberships(tx)?.into_iter().filter(|one| one.department != DepartmentId::DEFAULT) {
        memberships.entry(membership.agent).or_default().push(membership.department);
    }
    let mut skills = skills::of_agents(tx)?;
    let mut entries = Vec::new();
    for agent in tables::agents::all(tx)? {
        let Some(attendance) = attendances.remove(&agent.id) else { continue };
        let departments = memberships.remove(&agent.id).unwrap_or_default();
        let enabled_departments = departments.iter().copied().filter(|department| enabled.get(department) == Some(&true)).collect();
        let skills = skills.remove(&agent.id).unwrap_or_default().into_iter().map(SkillId::get).collect();
        entries.push(AgentEntry { agent, attendance, departments, enabled_departments, skills });
    }
    entries.sort_by_key(|entry| entry.agent.id);
    Ok(entries)
}

/// How somebody names an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Id(AgentId),
    Email(String),
}

/// One agent.
pub fn agent(tx: &mut Tx<'_>, named: &Named) -> Result<AgentEntry, AppError> {
    let is_meant = |agent: &Agent| match named {
        Named::Id(id) => agent.id == *id,
        Named::Email(email) => agent.email == email.trim().to_lowercase(),
    };
    agents(tx)?.into_iter().find(|entry| is_meant(&entry.agent)).ok_or_else(|| AppError::not_found("no such agent"))
}

/// How many agents who work here have each role.
pub fn roles(tx: &mut Tx<'_>) -> Result<HashMap<Role, i64>, AppError> {
    let mut counts = HashMap::new();
    for agent in tables::agents::all(tx)?.into_iter().filter(|agent| agent.enabled) {
        *counts.entry(agent.role).or_default() += 1;
    }
    Ok(counts)
}

/// All departments but the default one.
pub fn departments(tx: &mut Tx<'_>) -> Result<Vec<DepartmentEntry>, AppError> {
    let mut memberships: HashMap<DepartmentId, Vec<Membership>> = HashMap::new();
    for membership in tables::departments::memberships(tx)? {
        memberships.entry(membership.department).or_default().push(membership);
    }
    let all = tables::departments::all(tx)?.into_iter().filter(|department| department.id != DepartmentId::DEFAULT);
    let entry = |department: Department| {
        let members = memberships.remove(&department.id).unwrap_or_default();
        DepartmentEntry { department, members }
    };
    let mut entries: Vec<DepartmentEntry> = all.map(entry).collect();
    entries.sort_by_key(|entry| entry.department.id);
    Ok(entries)
}

/// One department.
pub fn department(tx: &mut Tx<'_>, department: DepartmentId) -> Result<DepartmentEntry, AppError> {
    let found = departments(tx)?.into_iter().find(|entry| entry.department.id == department);
    found.ok_or_else(|| AppError::not_found("no such department"))
}

/// The department with this name: one that takes chats, if several have it.
pub fn department_by_name(tx: &mut Tx<'_>, name: &str) -> Result<DepartmentEntry, AppError> {
    let mut named: Vec<DepartmentEntry> = departments(tx)?.into_iter().filter(|entry| entry.department.name == name.trim()).collect();
    named.sort_by_key(|entry| !entry.department.enabled);
    named.into_iter().next().ok_or_else(|| AppError::not_found("no such department"))
}

/// When the desk was made.
pub fn founded(tx: &mut Tx<'_>) -> Result<Timestamp, AppError> {
    let desk = tables::desk::get(tx)?.ok_or_else(|| AppError::internal("a desk without its row"))?;
    Ok(desk.created)
}
