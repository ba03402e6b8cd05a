//! Departments as they are now: who is in them, which channels are on, and what waits.

use std::collections::HashMap;

use deskbell_domain::agent::{Agent, AgentStatus};
use deskbell_domain::department::Department;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::conversations::Waiting;

use crate::error::AppError;

/// A department and the statuses of its members together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub department: Department,
    /// What its members chose.
    pub preset: AgentStatus,
    /// What is on: nothing in a department that is switched off.
    pub online: AgentStatus,
}

/// All departments, those that are switched off too: the default one first, then by name.
pub fn teams(tx: &mut Tx<'_>) -> Result<Vec<Team>, AppError> {
    let agents: HashMap<AgentId, Agent> = tables::agents::all(tx)?.into_iter().map(|agent| (agent.id, agent)).collect();
    let mut statuses: HashMap<DepartmentId, (AgentStatus, AgentStatus)> = HashMap::new();
    for membership in tables::departments::memberships(tx)? {
        let Some(agent) = agents.get(&membership.agent).filter(|agent| agent.enabled) else { continue };
        let (preset, online) = statuses.entry(membership.department).or_default();
        *preset = preset.with(agent.preset.shown());
        *online = online.with(agent.online.shown());
    }
    let team = |department: Department| {
        let (preset, online) = statuses.get(&department.id).copied().unwrap_or_default();
        Team { preset, online: if department.enabled { online } else { AgentStatus::OFFLINE }, department }
    };
    Ok(tables::departments::all(tx)?.into_iter().map(team).collect())
}

/// One department by id.
pub fn team(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<Team>, AppError> {
    let Some(id) = DepartmentId::parse(identifier) else { return Ok(None) };
    Ok(teams(tx)?.into_iter().find(|team| team.department.id == id))
}

/// The agents in a department, by name, without those who are switched off. `None`: there is no such department.
pub fn members(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<Vec<Agent>>, AppError> {
    let Some(department) = super::department(tx, identifier)? else { return Ok(None) };
    let memberships = tables::departments::memberships(tx)?;
    let is_member = |agent: &Agent| memberships.iter().any(|one| one.department == department.id && one.agent == agent.id);
    Ok(Some(tables::agents::all(tx)?.into_iter().filter(|agent| agent.enabled && is_member(agent)).collect()))
}

/// All departments with what waits in them.
pub fn queues(tx: &mut Tx<'_>) -> Result<Vec<(Team, Waiting)>, AppError> {
    let waiting = tables::conversations::waiting(tx)?;
    let queue = |team: Team| {
        let waiting = waiting.get(&team.department.id).copied().unwrap_or_default();
        (team, waiting)
    };
    Ok(teams(tx)?.into_iter().map(queue).collect())
}
