//! `GET departments`, `GET departments/[departmentid]`, `GET departments/[departmentid]/agents`.

use deskbell_app::rights::Right;
use deskbell_app::views::{self, teams};
use deskbell_app::{AppError, Desk};
use deskbell_domain::agent;
use deskbell_domain::ids::DepartmentId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

const DEPARTMENT: Param = Param::path("departmentid").about("id");

fn unknown() -> AppError {
    AppError::not_found("department with this id not found")
}

/// The department that an overview is asked for; `None`: all.
pub(crate) async fn asked(cx: &Cx<Desk>, input: &Input) -> Result<Option<DepartmentId>, AppError> {
    let Some(identifier) = input.filled_opt("department").map(str::to_owned) else { return Ok(None) };
    let found = cx.state.read(move |tx| views::department(tx, &identifier)).await?;
    Ok(Some(found.ok_or_else(unknown)?.id))
}

pub(crate) struct ListDepartments;

impl Endpoint<Desk> for ListDepartments {
    const META: Meta = Meta::get("departments", Right::ApiKey)
        .summary("All departments")
        .source("reference, Departments: Retrieves all departments; `description` and `presetstatus`: older versions, which clients read")
        .quirks(&[
            "all at once, the default one first, then by name",
            "`deleted` is `Y` for a department that is switched off: its name goes on standing on its conversations",
            "`onlinestatus` holds what any of its agents has on (`M`, `P`, `R`, `T` in this order), `F` if that is nothing or the department is switched off; `presetstatus` what they chose",
            "no `T` from an agent who hides",
        ]);

    async fn run(cx: Cx<Desk>, _: Input) -> Result<Answer, AppError> {
        let departments = cx.state.snapshot(teams::teams).await?.into_iter().map(Department::from).collect();
        Ok(Answer::tree(Departments { departments }))
    }
}

pub(crate) struct GetDepartment;

impl Endpoint<Desk> for GetDepartment {
    const META: Meta = Meta::get("departments/{departmentid}", Right::ApiKey)
        .summary("One department")
        .params(&[DEPARTMENT])
        .source("reference, Departments: Retrieves department info; `description` and `presetstatus`: older versions, which clients read")
        .quirks(&["404 if there is no such department", "the columns mean what they mean in `GET departments`"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path("departmentid")?.to_owned();
        let found = cx.state.snapshot(move |tx| teams::team(tx, &identifier)).await?;
        Ok(Answer::tree(Department::from(found.ok_or_else(unknown)?)))
    }
}

pub(crate) struct ListAgentsOfDepartment;

impl Endpoint<Desk> for ListAgentsOfDepartment {
    const META: Meta = Meta::get("departments/{departmentid}/agents", Right::ApiKey)
        .summary("The agents in a department")
        .params(&[DEPARTMENT])
        .source("an older edition of the reference; two client libraries")
        .quirks(&[
            "404 if there is no such department",
            "all at once, by name; those who are switched off are left out",
            "`onlinestatus` and `presetstatus` are an agent's, whatever department he is asked for in",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path("departmentid")?.to_owned();
        let members = cx.state.snapshot(move |tx| teams::members(tx, &identifier)).await?.ok_or_else(unknown)?;
        Ok(Answer::tree(Agents { agents: members.into_iter().map(Agent::from).collect() }))
    }
}

#[derive(Serialize)]
struct Departments {
    departments: Vec<Department>,
}

#[derive(Serialize)]
struct Department {
    departmentid: String,
    name: String,
    onlinestatus: String,
    deleted: &'static str,
    description: String,
    presetstatus: String,
}

impl From<teams::Team> for Department {
    fn from(team: teams::Team) -> Department {
        Department {
            departmentid: team.department.id.to_string(),
            name: team.department.name,
            onlinestatus: team.online.letters(),
            deleted: if team.department.enabled { "N" } else { "Y" },
            description: team.department.description,
            presetstatus: team.preset.letters(),
        }
    }
}

#[derive(Serialize)]
struct Agents {
    agents: Vec<Agent>,
}

#[derive(Serialize)]
struct Agent {
    userid: String,
    firstname: String,
    lastname: String,
    email: String,
    onlinestatus: String,
    presetstatus: String,
}

impl From<agent::Agent> for Agent {
    fn from(agent: agent::Agent) -> Agent {
        Agent {
            userid: agent.id.to_string(),
            firstname: agent.first_name,
            lastname: agent.last_name,
            email: agent.email,
            onlinestatus: agent.online.letters(),
            presetstatus: agent.preset.letters(),
        }
    }
}

#[cfg(test)]
mod tests;
