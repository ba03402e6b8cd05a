//! Agents: listed and looked up with any token; made, changed and switched off by administrators.

#[cfg(test)]
mod tests;

use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::directory::{self, AgentEntry, Named};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::agent::{Agent, Role};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;
use super::id_range::{IdRange, LIMIT, MAX_ID, PAGE_ROWS_MAX, SINCE_ID};
use super::lenient::{Switch, me, path_id};
use super::roles::{role_id, role_of};
use crate::documents::stamp;

/// Chats at once of a new agent.
const SLOTS_DEFAULT: u16 = 5;

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; ListAgents, GetAgent, GetMe, GetAgentByEmail, CreateAgent, UpdateAgent, UpdateMe, DeleteAgent]
}

#[derive(Serialize)]
struct AgentObject {
    create_date: String,
    departments: Vec<i64>,
    display_name: String,
    email: String,
    enabled: bool,
    enabled_departments: Vec<i64>,
    first_name: String,
    id: i64,
    last_login: Option<String>,
    last_name: String,
    login_count: i64,
    role_id: i64,
    roles: Roles,
    skills: Vec<i64>,
}

#[derive(Serialize)]
struct Roles {
    administrator: bool,
    owner: bool,
}

impl AgentObject {
    fn new(entry: AgentEntry) -> AgentObject {
        let ids = |departments: &[DepartmentId]| departments.iter().map(|department| department.get()).collect();
        let AgentEntry { agent, attendance, departments, enabled_departments, skills } = entry;
        AgentObject {
            create_date: stamp(attendance.created),
            departments: ids(&departments),
            display_name: agent.display_name(),
            enabled: agent.enabled,
            enabled_departments: ids(&enabled_departments),
            id: agent.id.get(),
            last_login: attendance.last_login.map(stamp),
            login_count: attendance.logins,
            role_id: role_id(agent.role),
            roles: Roles { administrator: agent.role.administers(), owner: agent.role == Role::Owner },
            skills,
            email: agent.email,
            first_name: agent.first_name,
            last_name: agent.last_name,
        }
    }
}

async fn show(desk: &Desk, named: Named) -> Result<Answer, AppError> {
    let entry = desk.snapshot(move |tx| directory::agent(tx, &named)).await?;
    Ok(Answer::bare_tree(AgentObject::new(entry)))
}

struct ListAgents;

impl Endpoint<Rest> for ListAgents {
    const META: Meta = Meta::get("agents", Right::TokenRead)
        .summary("Agents, by id")
        .params(&[SINCE_ID, MAX_ID, LIMIT])
        .source("Agents; records of a real account; what clients send as `since_id`")
        .quirks(&[
            "a bare array; past the end an empty one",
            "`since_id` and `max_id` are included; 1000 unless `limit` says otherwise",
            "those who are switched off are there with `enabled` false",
            "departments without the default one, which is no department here",
            "`last_login` and `login_count` are the console's; null and 0 for who has never signed in since they are counted",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let range = IdRange::read(&input, PAGE_ROWS_MAX)?;
        let agents = cx.state.desk().snapshot(directory::agents).await?;
        let page = range.of(agents, |entry| entry.agent.id.get());
        Ok(Answer::bare_tree(page.into_iter().map(AgentObject::new).collect::<Vec<_>>()))
    }
}

struct GetAgent;

impl Endpoint<Rest> for GetAgent {
    const META: Meta = Meta::get("agents/{id}", Right::TokenRead).summary("One agent").params(&[Param::path("id")]).source("Agents");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, AgentId::from_i64, "agent")?;
        show(cx.state.desk(), Named::Id(id)).await
    }
}

struct GetMe;

impl Endpoint<Rest> for GetMe {
    const META: Meta = Meta::get("agents/me", Right::TokenRead).summary("The agent whose token it is").source("Agents");

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        show(cx.state.desk(), Named::Id(me(&cx)?)).await
    }
}

struct GetAgentByEmail;

impl Endpoint<Rest> for GetAgentByEmail {
    const META: Meta = Meta::get("agents/email/{email}", Right::TokenRead)
        .summary("The agent with an e-mail address")
        .params(&[Param::path("email")])
        .source("Agents");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        show(cx.state.desk(), Named::Email(input.path("email")?.to_owned())).await
    }
}

/// What is written of an agent; what is left out or null stays, or has its default.
#[derive(Default, Deserialize)]
struct AgentBody {
    display_name: Option<String>,
    email: Option<String>,
    enabled: Option<Switch>,
    first_name: Option<String>,
    last_name: Option<String>,
    password: Option<String>,
    role_id: Option<i64>,
    roles: Option<RolesBody>,
}

#[derive(Deserialize)]
struct RolesBody {
    administrator: Option<Switch>,
    owner: Option<Switch>,
}

impl AgentBody {
    /// Hashes the password, so that none is carried further; refused if the caller may set none.
    async fn hashed(&mut self, cx: &Cx<Rest>) -> Result<Option<String>, AppError> {
        match self.password.take() {
            Some(_) if !cx.principal.may_set_passwords() => Err(AppError::forbidden("this token sets no passwords")),
            Some(password) => cx.state.desk().hash_password(password).await.map(Some),
            None => Ok(None),
        }
    }

    /// First and last name; the displayed one counts where neither is given.
    fn names(&self) -> (Option<String>, Option<String>) {
        match (&self.first_name, &self.last_name, &self.display_name) {
            (None, None, Some(name)) => {
                let (first, last) = name.trim().split_once(char::is_whitespace).unwrap_or((name.trim(), ""));
                (Some(first.to_owned()), Some(last.trim().to_owned()))
            }
            (first, last, _) => (first.clone(), last.clone()),
        }
    }

    fn role(&self) -> Result<Option<Role>, AppError> {
        let on = |switch: Option<Switch>| switch.is_some_and(|switch| switch.0);
        Ok(match (self.role_id, &self.roles) {
            (Some(id), _) => Some(role_of(id).ok_or_else(|| AppError::invalid("role_id must be 1, 2 or 3"))?),
            (None, Some(roles)) if on(roles.owner) => Some(Role::Owner),
            (None, Some(roles)) if on(roles.administrator) => Some(Role::Administrator),
            (None, Some(_)) => Some(Role::Agent),
            (None, None) => None,
        })
    }

    fn new_agent(self, password_hash: Option<String>) -> Result<AgentDraft, AppError> {
        let (first_name, last_name) = self.names();
        Ok(AgentDraft {
            role: self.role()?.unwrap_or(Role::Agent),
            email: self.email.ok_or_else(|| AppError::missing("email is missing"))?,
            first_name: first_name.unwrap_or_default(),
            last_name: last_name.unwrap_or_default(),
            slots: SLOTS_DEFAULT,
            enabled: self.enabled.is_none_or(|enabled| enabled.0),
            password_hash,
        })
    }

    fn over(self, agent: &Agent, password_hash: Option<String>) -> Result<AgentDraft, AppError> {
        let (first_name, last_name) =
            if self.display_name == Some(agent.display_name()) { (self.first_name.clone(), self.last_name.clone()) } else { self.names() };
        Ok(AgentDraft {
            role: self.role()?.unwrap_or(agent.role),
            email: self.email.unwrap_or_else(|| agent.email.clone()),
            first_name: first_name.unwrap_or_else(|| agent.first_name.clone()),
            last_name: last_name.unwrap_or_else(|| agent.last_name.clone()),
            slots: agent.slots,
            enabled: self.enabled.map_or(agent.enabled, |enabled| enabled.0),
            password_hash,
        })
    }
}

async fn update(cx: &Cx<Rest>, by: AgentId, id: AgentId, mut body: AgentBody) -> Result<Answer, AppError> {
    let hash = body.hashed(cx).await?;
    let desk = cx.state.desk();
    let work = desk.write(move |tx, cx| {
        let agent = directory::agent(tx, &Named::Id(id))?.agent;
        let draft = body.over(&agent, hash)?;
        accounts::change_agent_for(tx, cx, by, &agent, &draft)?;
        directory::agent(tx, &Named::Id(id))
    });
    let entry = work.await?;
    desk.forget_credentials();
    Ok(Answer::bare_tree(AgentObject::new(entry)))
}

const PASSWORD_AS_IN_POST: &str = "who may set a password: as in `POST agents`";

const BODY: &[Param] = &[
    Param::text("email").placed(Place::Body),
    Param::text("password")
        .placed(Place::Body)
        .about("8 to 200 characters; a new one ends the agent's sessions, and what programs were given for the old one"),
    Param::text("first_name").placed(Place::Body),
    Param::text("last_name").placed(Place::Body),
    Param::text("display_name").placed(Place::Body).about("split into first and last name where neither is given"),
    Param::int("role_id").placed(Place::Body).about("1 owner, 2 administrator, 3 agent"),
    Param::json("roles").about("the same as `{\"owner\": flag, \"administrator\": flag}`; `role_id` goes first"),
    Param::text("enabled").placed(Place::Body).about("a flag, or 0 and 1"),
];

struct CreateAgent;

impl Endpoint<Rest> for CreateAgent {
    const META: Meta =
        Meta::post("agents", Right::TokenWriteAdministrator).summary("Make an agent").params(BODY).source("Agents").quirks(&[
            "201 with the agent; `email` and `password` must be given",
            "only an owner makes owners",
            "a password is set with an administrator's token that people of the desk made, or where the caller shows his own password \
             (`Authorization: Basic`); never with a token of an OAuth client, whatever its scopes: 403",
            "he may have five chats at once; the routing settings change that",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (me, desk) = (me(&cx)?, cx.state.desk());
        let mut body: AgentBody = input.json()?;
        let hash = body.hashed(&cx).await?;
        let draft = body.new_agent(hash)?;
        let create = desk.write(move |tx, cx| {
            accounts::may_write_agent(tx, me, None, draft.role)?;
            let agent = accounts::create_agent(tx, cx, &draft)?;
            directory::agent(tx, &Named::Id(agent.id))
        });
        Ok(Answer::bare_tree(AgentObject::new(create.await?)).status(201))
    }
}

struct UpdateAgent;

impl Endpoint<Rest> for UpdateAgent {
    const META: Meta = Meta::put("agents/{id}", Right::TokenWriteAdministrator)
        .summary("Change an agent")
        .params(&[Param::path("id")])
        .source("Agents")
        .quirks(&[
            "the body is that of POST; what is left out or null stays, `id` and what cannot be written is passed over",
            "only an owner changes owners; the last one stays owner: 409",
            PASSWORD_AS_IN_POST,
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, AgentId::from_i64, "agent")?);
        update(&cx, me, id, input.json()?).await
    }
}

struct UpdateMe;

impl Endpoint<Rest> for UpdateMe {
    const META: Meta = Meta::put("agents/me", Right::TokenWrite)
        .summary("Change oneself")
        .source("Agents")
        .quirks(&["agents change their name and password; more than that is for administrators: 403", PASSWORD_AS_IN_POST]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let me = me(&cx)?;
        update(&cx, me, me, input.json()?).await
    }
}

struct DeleteAgent;

impl Endpoint<Rest> for DeleteAgent {
    const META: Meta = Meta::delete("agents/{id}", Right::TokenWriteAdministrator)
        .summary("Switch an agent off")
        .params(&[Param::path("id")])
        .source("Agents")
        .quirks(&[
            "204; he stays in lists with `enabled` false, as his chats name him; his tokens and sessions open nothing any more",
            "owners are protected as in PUT",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, AgentId::from_i64, "agent")?);
        let off = AgentBody { enabled: Some(Switch(false)), ..AgentBody::default() };
        update(&cx, me, id, off).await?;
        Ok(Answer::empty())
    }
}
