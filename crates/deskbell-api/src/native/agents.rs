//! Agents: listed by all, written by administrators.

use deskbell_app::AppError;
use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::rights::Right;
use deskbell_domain::agent::{Agent, Role};
use deskbell_domain::ids::AgentId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use deskbell_store::{Tx, tables};
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, me, path_id};
use crate::wire::{AgentView, role_from_word};

/// Chats at once of a new agent, unless told otherwise.
const SLOTS_DEFAULT: u16 = 5;

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<AgentView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("agents", Right::Agent).summary("All agents, by name").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let read = |tx: &mut Tx<'_>| Ok((tables::agents::all(tx)?, tables::departments::memberships(tx)?));
        let (agents, memberships) = cx.state.desk.snapshot(read).await?;
        let page = Page::of_all(agents, &input, |agent| agent.id.to_string(), |agent| AgentView::new(agent, &memberships))?;
        Ok(Answer::tree(page))
    }
}

/// What is written of an agent; what is left out stays, or has its default.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct AgentBody {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `owner`, `administrator` or `agent`.
    role: Option<String>,
    slots: Option<u16>,
    enabled: Option<bool>,
    /// 8 to 200 characters. Changing it ends the agent's sessions, and what programs were given for the old one.
    #[schema(format = Password, write_only)]
    password: Option<String>,
}

impl AgentBody {
    /// Hashes the password, so that none is carried further.
    async fn hashed(&mut self, native: &Native) -> Result<Option<String>, AppError> {
        match self.password.take() {
            Some(password) => native.desk.hash_password(password).await.map(Some),
            None => Ok(None),
        }
    }

    fn role(&self) -> Result<Option<Role>, AppError> {
        let read = |word: &str| role_from_word(word).ok_or_else(|| AppError::invalid("role must be one of owner, administrator, agent"));
        self.role.as_deref().map(read).transpose()
    }

    fn new_agent(self, password_hash: Option<String>) -> Result<AgentDraft, AppError> {
        Ok(AgentDraft {
            role: self.role()?.unwrap_or(Role::Agent),
            email: self.email.ok_or_else(|| AppError::missing("email is missing"))?,
            first_name: self.first_name.unwrap_or_default(),
            last_name: self.last_name.unwrap_or_default(),
            slots: self.slots.unwrap_or(SLOTS_DEFAULT),
            enabled: self.enabled.unwrap_or(true),
            password_hash,
        })
    }

    fn over(self, agent: &Agent, role: Option<Role>, password_hash: Option<String>) -> AgentDraft {
        AgentDraft {
            role: role.unwrap_or(agent.role),
            email: self.email.unwrap_or_else(|| agent.email.clone()),
            first_name: self.first_name.unwrap_or_else(|| agent.first_name.clone()),
            last_name: self.last_name.unwrap_or_else(|| agent.last_name.clone()),
            slots: self.slots.unwrap_or(agent.slots),
            enabled: self.enabled.unwrap_or(agent.enabled),
            password_hash,
        }
    }
}

fn view(tx: &mut Tx<'_>, agent: &Agent) -> Result<AgentView, AppError> {
    Ok(AgentView::new(agent, &tables::departments::memberships(tx)?))
}

/// The new agent is a member of the default department.
pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<AgentView>().reads::<AgentBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("agents", Right::Administrator)
        .summary("Make an agent: `email` and `password` must be given")
        .quirks(&["Only an owner makes owners."]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let me = me(&cx)?;
        let mut body: AgentBody = input.json()?;
        let hash = body.hashed(&cx.state).await?;
        let draft = body.new_agent(hash)?;
        let create = cx.state.desk.write(move |tx, cx| {
            accounts::may_write_agent(tx, me, None, draft.role)?;
            let agent = accounts::create_agent(tx, cx, &draft)?;
            view(tx, &agent)
        });
        Ok(Answer::tree(create.await?).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<AgentView>().reads::<AgentBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("agents/{id}", Right::Administrator).summary("Change an agent").params(&[Param::path("id")]).quirks(&[
        "Only an owner changes owners and makes one.",
        "A new password or `enabled: false` ends the agent's sessions; a new password also what programs were given for the old one.",
    ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, AgentId::parse, "agent")?);
        let mut body: AgentBody = input.json()?;
        let hash = body.hashed(&cx.state).await?;
        let role = body.role()?;
        let change = cx.state.desk.write(move |tx, cx| {
            let agent = tables::agents::get(tx, id)?.ok_or_else(|| AppError::not_found("no such agent"))?;
            let draft = body.over(&agent, role, hash);
            accounts::may_write_agent(tx, me, Some(agent.role), draft.role)?;
            let agent = accounts::change_agent(tx, cx, id, &draft)?;
            view(tx, &agent)
        });
        let view = change.await?;
        cx.state.desk.forget_credentials();
        Ok(Answer::tree(view))
    }
}

#[cfg(test)]
mod tests;
