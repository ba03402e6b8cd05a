//! Departments with their members: for administrators. The default department is no department here.

use deskbell_app::directory::{self, DepartmentEntry};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, accounts};
use deskbell_domain::department::{Department, Membership, OFFER_SECONDS_DEFAULT, PRIORITY_DEFAULT, QUEUE_CHATS_MAX_DEFAULT, Strategy};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;
use super::lenient::{Switch, path_id};

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; ListDepartments, GetDepartment, GetDepartmentByName, CreateDepartment, UpdateDepartment, DeleteDepartment]
}

#[derive(Serialize)]
struct DepartmentObject {
    description: String,
    enabled: bool,
    id: i64,
    members: Vec<i64>,
    name: String,
    settings: Settings,
}

#[derive(Serialize)]
struct Settings {
    chat_enabled: bool,
    solved_ticket_reassignment_strategy: &'static str,
    support_group_id: Option<i64>,
}

impl From<DepartmentEntry> for DepartmentObject {
    fn from(DepartmentEntry { department, members }: DepartmentEntry) -> DepartmentObject {
        let mut members: Vec<i64> = members.iter().map(|member| member.agent.get()).collect();
        members.sort_unstable();
        DepartmentObject {
            description: department.description,
            enabled: department.enabled,
            id: department.id.get(),
            members,
            name: department.name,
            settings: Settings { chat_enabled: department.enabled, solved_ticket_reassignment_strategy: "", support_group_id: None },
        }
    }
}

struct ListDepartments;

impl Endpoint<Rest> for ListDepartments {
    const META: Meta = Meta::get("departments", Right::TokenReadAdministrator)
        .summary("Departments, by id")
        .source("Departments; records of a real account")
        .quirks(&[
            "a bare array without the default department; those that are switched off are there with `enabled` false",
            "`settings.chat_enabled` is `enabled`; there are no groups of tickets, so `support_group_id` is null",
        ]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let departments = cx.state.desk().snapshot(directory::departments).await?;
        Ok(Answer::bare_tree(departments.into_iter().map(DepartmentObject::from).collect::<Vec<_>>()))
    }
}

struct GetDepartment;

impl Endpoint<Rest> for GetDepartment {
    const META: Meta = Meta::get("departments/{id}", Right::TokenReadAdministrator)
        .summary("One department")
        .params(&[Param::path("id")])
        .source("Departments");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, DepartmentId::from_i64, "department")?;
        let department = cx.state.desk().snapshot(move |tx| directory::department(tx, id)).await?;
        Ok(Answer::bare_tree(DepartmentObject::from(department)))
    }
}

struct GetDepartmentByName;

impl Endpoint<Rest> for GetDepartmentByName {
    const META: Meta = Meta::get("departments/name/{name}", Right::TokenReadAdministrator)
        .summary("The department with a name")
        .params(&[Param::path("name")])
        .source("Departments")
        .quirks(&["of several with the same name one that is not switched off"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let name = input.path("name")?.to_owned();
        let department = cx.state.desk().snapshot(move |tx| directory::department_by_name(tx, &name)).await?;
        Ok(Answer::bare_tree(DepartmentObject::from(department)))
    }
}

/// What is written of a department; what is left out or null stays, or has its default.
#[derive(Default, Deserialize)]
struct DepartmentBody {
    name: Option<String>,
    description: Option<String>,
    enabled: Option<Switch>,
    members: Option<Vec<i64>>,
    settings: Option<SettingsBody>,
    /// As one client writes nested keys.
    #[serde(rename = "settings.chat_enabled")]
    chat_enabled: Option<Switch>,
}

#[derive(Deserialize)]
struct SettingsBody {
    chat_enabled: Option<Switch>,
}

impl DepartmentBody {
    /// Whether it takes chats, if anything is said of it that differs from what is.
    fn enabled(&self, was: bool) -> bool {
        let nested = self.settings.as_ref().and_then(|settings| settings.chat_enabled);
        let said = [self.enabled, self.chat_enabled, nested].into_iter().flatten().map(|switch| switch.0);
        if said.into_iter().any(|said| said != was) { !was } else { was }
    }

    /// The department as it shall be, over what it was. Members who stay keep their priority.
    fn over(self, was: DepartmentEntry) -> (Department, Option<Vec<Membership>>) {
        let DepartmentEntry { department: was, members } = was;
        let member = |agent: &i64| {
            let agent = AgentId::from_i64(*agent);
            let known = members.iter().find(|member| member.agent == agent);
            Membership { department: was.id, agent, priority: known.map_or(PRIORITY_DEFAULT, |member| member.priority) }
        };
        let members = self.members.as_ref().map(|agents| agents.iter().map(member).collect());
        let enabled = self.enabled(was.enabled);
        let department = Department {
            enabled,
            name: self.name.map_or(was.name, |name| name.trim().to_owned()),
            description: self.description.unwrap_or(was.description),
            ..was
        };
        (department, members)
    }
}

/// A department before anything is said of it.
fn blank(id: DepartmentId) -> DepartmentEntry {
    let department = Department {
        id,
        name: String::new(),
        description: String::new(),
        strategy: Strategy::LeastBusy,
        offer_seconds: OFFER_SECONDS_DEFAULT,
        queue_chats_max: QUEUE_CHATS_MAX_DEFAULT,
        enabled: true,
    };
    DepartmentEntry { department, members: Vec::new() }
}

async fn update(desk: &Desk, id: DepartmentId, body: DepartmentBody) -> Result<DepartmentEntry, AppError> {
    let work = desk.write(move |tx, cx| {
        let (department, members) = body.over(directory::department(tx, id)?);
        accounts::put_department(tx, cx, &department, members.as_deref())?;
        directory::department(tx, id)
    });
    work.await
}

struct CreateDepartment;

impl Endpoint<Rest> for CreateDepartment {
    const META: Meta = Meta::post("departments", Right::TokenWriteAdministrator)
        .summary("Make a department")
        .params(&[
            Param::text("name").placed(Place::Body).required().about("1 to 100 characters"),
            Param::text("description").placed(Place::Body),
            Param::text("enabled").placed(Place::Body).about("a flag, or 0 and 1"),
            Param::json("members").about("ids of agents; in PUT the whole new list"),
            Param::json("settings").about("`chat_enabled` is another way to write `enabled`"),
        ])
        .source("Departments")
        .quirks(&["201 with the department; chats go to its least busy agent, ring for 30 seconds, and 100 may wait"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let body: DepartmentBody = input.json()?;
        let create = cx.state.desk().write(move |tx, cx| {
            let id = DepartmentId::from_i64(tx.next_id()?);
            let (department, members) = body.over(blank(id));
            accounts::put_department(tx, cx, &department, members.as_deref())?;
            directory::department(tx, id)
        });
        Ok(Answer::bare_tree(DepartmentObject::from(create.await?)).status(201))
    }
}

struct UpdateDepartment;

impl Endpoint<Rest> for UpdateDepartment {
    const META: Meta = Meta::put("departments/{id}", Right::TokenWriteAdministrator)
        .summary("Change a department")
        .params(&[Param::path("id")])
        .source("Departments; what clients send")
        .quirks(&[
            "the body is that of POST; what is left out or null stays, members who stay keep their priority",
            "a flag that differs from what is counts, be it `enabled`, `settings.chat_enabled` or the key `settings.chat_enabled`",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, DepartmentId::from_i64, "department")?;
        let department = update(cx.state.desk(), id, input.json()?).await?;
        Ok(Answer::bare_tree(DepartmentObject::from(department)))
    }
}

struct DeleteDepartment;

impl Endpoint<Rest> for DeleteDepartment {
    const META: Meta = Meta::delete("departments/{id}", Right::TokenWriteAdministrator)
        .summary("Switch a department off")
        .params(&[Param::path("id")])
        .source("Departments")
        .quirks(&[
            "204; it stays in lists with `enabled` false, as its chats name it, and can be switched on again",
            "chats that wait in it end, their visitors can leave a message; chats that are served go on",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, DepartmentId::from_i64, "department")?;
        let off = DepartmentBody { enabled: Some(Switch(false)), ..DepartmentBody::default() };
        update(cx.state.desk(), id, off).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
