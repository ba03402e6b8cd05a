//! Shortcuts: texts that agents write often. For administrators; addressed by name.

use deskbell_app::rights::Right;
use deskbell_app::shortcuts::{self, Draft};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::shortcut::{Shortcut, ShortcutScope};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; ListShortcuts, GetShortcut, CreateShortcut, UpdateShortcut, DeleteShortcut]
}

#[derive(Serialize)]
struct ShortcutObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    departments: Option<Vec<i64>>,
    id: String,
    message: String,
    name: String,
    options: String,
    scope: &'static str,
    tags: Vec<String>,
}

impl From<Shortcut> for ShortcutObject {
    fn from(shortcut: Shortcut) -> ShortcutObject {
        let scope = shortcut.scope.word();
        let (agents, departments) = match shortcut.scope {
            ShortcutScope::All => (None, None),
            ShortcutScope::Agents(of) => (Some(of.iter().map(|agent| agent.get()).collect()), None),
            ShortcutScope::Departments(of) => (None, Some(of.iter().map(|department| department.get()).collect())),
        };
        ShortcutObject {
            agents,
            departments,
            id: shortcut.name.clone(),
            message: shortcut.message,
            name: shortcut.name,
            options: shortcut.options,
            scope,
            tags: shortcut.tags,
        }
    }
}

struct ListShortcuts;

impl Endpoint<Rest> for ListShortcuts {
    const META: Meta = Meta::get("shortcuts", Right::TokenReadAdministrator)
        .summary("Shortcuts, by name")
        .source("Shortcuts; records of a real account")
        .quirks(&["a bare array; `agents` and `departments` are there with the scope that they belong to"]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk().snapshot(shortcuts::all).await?;
        Ok(Answer::bare_tree(all.into_iter().map(ShortcutObject::from).collect::<Vec<_>>()))
    }
}

struct GetShortcut;

impl Endpoint<Rest> for GetShortcut {
    const META: Meta = Meta::get("shortcuts/{name}", Right::TokenReadAdministrator)
        .summary("One shortcut")
        .params(&[Param::path("name")])
        .source("Shortcuts");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let name = input.path("name")?.to_owned();
        let shortcut = cx.state.desk().snapshot(move |tx| shortcuts::by_name(tx, &name)).await?;
        Ok(Answer::bare_tree(ShortcutObject::from(shortcut)))
    }
}

/// What is written of a shortcut; what is left out or null stays, or has its default.
#[derive(Deserialize)]
struct ShortcutBody {
    name: Option<String>,
    message: Option<String>,
    options: Option<String>,
    tags: Option<Vec<String>>,
    scope: Option<String>,
    agents: Option<Vec<i64>>,
    departments: Option<Vec<i64>>,
}

impl ShortcutBody {
    fn draft(self) -> Result<Draft, AppError> {
        let agents = || ShortcutScope::Agents(self.agents.iter().flatten().map(|id| AgentId::from_i64(*id)).collect());
        let departments = || ShortcutScope::Departments(self.departments.iter().flatten().map(|id| DepartmentId::from_i64(*id)).collect());
        let scope = match (self.scope.as_deref(), &self.agents, &self.departments) {
            (Some("all"), _, _) => Some(ShortcutScope::All),
            (Some("agent"), _, _) | (None, Some(_), None) => Some(agents()),
            (Some("department"), _, _) | (None, None, Some(_)) => Some(departments()),
            (None, None, None) => None,
            (None, Some(_), Some(_)) | (Some(_), _, _) => return Err(AppError::invalid("scope must be all, agent or department")),
        };
        Ok(Draft { scope, name: self.name, message: self.message, options: self.options, tags: self.tags })
    }
}

struct CreateShortcut;

impl Endpoint<Rest> for CreateShortcut {
    const META: Meta = Meta::post("shortcuts", Right::TokenWriteAdministrator)
        .summary("Make a shortcut")
        .params(&[
            Param::text("name").placed(Place::Body).required().about("1 to 100 characters, none of `/`, `\\` and `$`"),
            Param::text("message").placed(Place::Body).required(),
            Param::text("options").placed(Place::Body).about("proposed answers, with slashes between them"),
            Param::json("tags").about("at most 20"),
            Param::one_of("scope", &[("all", "every agent's"), ("department", "of members"), ("agent", "of these agents")])
                .placed(Place::Body),
            Param::json("departments").about("ids, with the scope `department`"),
            Param::json("agents").about("ids, with the scope `agent`; all of them count"),
        ])
        .source("Shortcuts")
        .quirks(&[
            "201 with the shortcut; a name that is taken: 409; more than 15,000 of them: 413",
            "`options` are kept and shown to agents; visitors get no buttons for them",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<ShortcutBody>()?.draft()?;
        let shortcut = cx.state.desk().write(move |tx, cx| shortcuts::create(tx, cx, &draft)).await?;
        Ok(Answer::bare_tree(ShortcutObject::from(shortcut)).status(201))
    }
}

async fn update(desk: &Desk, name: String, draft: Draft) -> Result<Shortcut, AppError> {
    let work = desk.write(move |tx, cx| {
        let id = shortcuts::by_name(tx, &name)?.id;
        shortcuts::change(tx, cx, id, &draft)
    });
    work.await
}

struct UpdateShortcut;

impl Endpoint<Rest> for UpdateShortcut {
    const META: Meta = Meta::put("shortcuts/{name}", Right::TokenWriteAdministrator)
        .summary("Change a shortcut")
        .params(&[Param::path("name")])
        .source("Shortcuts")
        .quirks(&["the body is that of POST; what is left out or null stays; another `name` renames it"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<ShortcutBody>()?.draft()?;
        let shortcut = update(cx.state.desk(), input.path("name")?.to_owned(), draft).await?;
        Ok(Answer::bare_tree(ShortcutObject::from(shortcut)))
    }
}

struct DeleteShortcut;

impl Endpoint<Rest> for DeleteShortcut {
    const META: Meta = Meta::delete("shortcuts/{name}", Right::TokenWriteAdministrator)
        .summary("Take a shortcut away")
        .params(&[Param::path("name")])
        .source("Shortcuts")
        .quirks(&["204"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let name = input.path("name")?.to_owned();
        let remove = cx.state.desk().write(move |tx, cx| {
            let id = shortcuts::by_name(tx, &name)?.id;
            shortcuts::remove(tx, cx, id)
        });
        remove.await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
