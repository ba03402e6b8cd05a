//! Routing settings: what the account says of routing, and how many chats each agent may have.

#[cfg(test)]
mod tests;

use deskbell_app::directory::{self, AgentEntry, Named};
use deskbell_app::rights::Right;
use deskbell_app::settings::{self, Settings};
use deskbell_app::{AppError, Desk, accounts};
use deskbell_domain::department::OFFER_SECONDS_DEFAULT;
use deskbell_domain::ids::AgentId;
use deskbell_domain::routing_rules::{IdleStatus, LimitScope, RoutingMode};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;
use super::id_range::{IdRange, LIMIT, MAX_ID, PAGE_ROWS_MAX, SINCE_ID};
use super::lenient::{me, path_id};

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; GetAccount, PatchAccount, ListAgents, GetMe, GetAgent, PatchMe, PatchAgent]
}

/// Single objects stand in `data`.
#[derive(Serialize)]
struct Data<T> {
    data: T,
}

#[derive(Serialize)]
struct AccountObject {
    auto_accept: Switched,
    auto_idle: AutoIdle,
    chat_limit: ChatLimit,
    reassignment: Reassignment,
    routing_mode: &'static str,
    skill_routing: SkillRouting,
}

#[derive(Serialize)]
struct Switched {
    enabled: bool,
}

#[derive(Serialize)]
struct AutoIdle {
    enabled: bool,
    new_status: &'static str,
    reassignments_before_idle: u16,
}

#[derive(Serialize)]
struct ChatLimit {
    allow_agent_override: bool,
    enabled: bool,
    limit: u16,
    limit_type: &'static str,
}

#[derive(Serialize)]
struct Reassignment {
    enabled: bool,
    timeout: u16,
}

#[derive(Serialize)]
struct SkillRouting {
    enabled: bool,
    max_wait_time: u32,
}

impl From<&Settings> for AccountObject {
    fn from(settings: &Settings) -> AccountObject {
        let rules = settings.routing;
        AccountObject {
            auto_accept: Switched { enabled: rules.auto_accept },
            auto_idle: AutoIdle {
                enabled: rules.idle.enabled,
                new_status: rules.idle.status.text(),
                reassignments_before_idle: rules.idle.after,
            },
            chat_limit: ChatLimit {
                allow_agent_override: rules.limit.agents_choose,
                enabled: rules.limit.enabled,
                limit: rules.limit.chats,
                limit_type: rules.limit.scope.text(),
            },
            reassignment: Reassignment { enabled: rules.reassignment, timeout: rules.offer_seconds.unwrap_or(OFFER_SECONDS_DEFAULT) },
            routing_mode: rules.mode.text(),
            skill_routing: SkillRouting { enabled: settings.skill_routing_enabled, max_wait_time: settings.skill_wait_seconds },
        }
    }
}

struct GetAccount;

impl Endpoint<Rest> for GetAccount {
    const META: Meta = Meta::get("routing_settings/account", Right::TokenReadAdministrator)
        .summary("What the account says of routing")
        .source("Routing settings; records of a real account")
        .quirks(&[
            "`{\"data\": {…}}`",
            "unless anything is set departments decide: `assigned`, each agent's own limit, reassignment after the department's seconds",
            "`reassignment.timeout` is 30 as long as each department's own seconds count",
        ]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        // Those kept in memory follow a change a moment later; whoever has just written reads what he wrote.
        let settings = cx.state.desk().read(|tx| Ok(Settings::load(tx)?)).await?;
        Ok(Answer::bare_tree(Data { data: AccountObject::from(&settings) }))
    }
}

/// A body as it is, or in `data` as it was answered.
#[derive(Deserialize)]
struct Wrapped<T> {
    data: Option<T>,
    #[serde(flatten)]
    bare: T,
}

impl<T> Wrapped<T> {
    fn inner(self) -> T {
        self.data.unwrap_or(self.bare)
    }
}

/// What is changed; what is left out or null stays.
#[derive(Deserialize)]
struct AccountBody {
    auto_accept: Option<SwitchedBody>,
    auto_idle: Option<AutoIdleBody>,
    chat_limit: Option<ChatLimitBody>,
    reassignment: Option<ReassignmentBody>,
    routing_mode: Option<String>,
    skill_routing: Option<SkillRoutingBody>,
}

#[derive(Deserialize)]
struct SwitchedBody {
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct AutoIdleBody {
    enabled: Option<bool>,
    new_status: Option<String>,
    reassignments_before_idle: Option<u16>,
}

#[derive(Deserialize)]
struct ChatLimitBody {
    allow_agent_override: Option<bool>,
    enabled: Option<bool>,
    limit: Option<u16>,
    limit_type: Option<String>,
}

#[derive(Deserialize)]
struct ReassignmentBody {
    enabled: Option<bool>,
    timeout: Option<u16>,
}

#[derive(Deserialize)]
struct SkillRoutingBody {
    enabled: Option<bool>,
    max_wait_time: Option<u32>,
}

/// Puts what is given where it belongs.
fn put<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

/// Reads a word out of a fixed list.
fn word<T>(text: Option<String>, parse: fn(&str) -> Option<T>, refusal: &'static str) -> Result<Option<T>, AppError> {
    text.map(|text| parse(&text).ok_or_else(|| AppError::invalid(refusal))).transpose()
}

impl AccountBody {
    fn over(self, mut settings: Settings) -> Result<Settings, AppError> {
        let rules = &mut settings.routing;
        put(&mut rules.mode, word(self.routing_mode, RoutingMode::parse, "routing_mode must be broadcast, assigned or hybrid")?);
        if let Some(limit) = self.chat_limit {
            put(&mut rules.limit.agents_choose, limit.allow_agent_override);
            put(&mut rules.limit.enabled, limit.enabled);
            put(&mut rules.limit.chats, limit.limit);
            put(&mut rules.limit.scope, word(limit.limit_type, LimitScope::parse, "limit_type must be account or agent")?);
        }
        if let Some(reassignment) = self.reassignment {
            put(&mut rules.reassignment, reassignment.enabled);
            put(&mut rules.offer_seconds, reassignment.timeout.map(Some));
        }
        if let Some(idle) = self.auto_idle {
            put(&mut rules.idle.enabled, idle.enabled);
            put(&mut rules.idle.after, idle.reassignments_before_idle);
            put(&mut rules.idle.status, word(idle.new_status, IdleStatus::parse, "new_status must be away or invisible")?);
        }
        put(&mut rules.auto_accept, self.auto_accept.and_then(|accept| accept.enabled));
        if let Some(skills) = self.skill_routing {
            put(&mut settings.skill_routing_enabled, skills.enabled);
            put(&mut settings.skill_wait_seconds, skills.max_wait_time);
        }
        Ok(settings)
    }
}

struct PatchAccount;

impl Endpoint<Rest> for PatchAccount {
    const META: Meta = Meta::patch("routing_settings/account", Right::TokenWriteAdministrator)
        .summary("Change what the account says of routing")
        .params(&[
            Param::one_of(
                "routing_mode",
                &[
                    ("broadcast", "a waiting chat rings at all who are free"),
                    ("assigned", "at whom the department's strategy chooses"),
                    ("hybrid", "first at whom the strategy chooses; once he was asked in vain, at all others"),
                ],
            )
            .placed(Place::Body),
            Param::json("chat_limit")
                .about("`enabled` (off: no limit), `limit` 0 to 20, `limit_type` `account` or `agent`, `allow_agent_override`"),
            Param::json("reassignment").about("`enabled` (off: an offer rings until it is taken), `timeout` 10 to 120 seconds"),
            Param::json("auto_idle").about("`enabled`, `reassignments_before_idle` 1 to 20, `new_status` `away` or `invisible`"),
            Param::json("auto_accept").about("`enabled`: who would be asked has joined"),
            Param::json("skill_routing").about("`enabled`, `max_wait_time` 5 to 300 seconds"),
        ])
        .source("Routing settings")
        .quirks(&[
            "answers as GET does; what is left out or null stays; the body may stand in `data`",
            "with `limit_type` `account` the one limit counts for all, with `agent` each agent's own; `allow_agent_override` lets agents \
             change their own",
            "what is changed counts for chats that wait now; those that ring already ring on as they began",
            "with `auto_accept` nobody is asked: where all would be, the least busy one is chosen; invitations still ring",
            "`auto_idle` counts missed rings in a row; taking a chat or choosing a status ends the row",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let body = input.json::<Wrapped<AccountBody>>()?.inner();
        let change = cx.state.desk().write(move |tx, cx| {
            let settings = body.over(Settings::load(tx)?)?;
            settings::put(tx, cx, &settings)?;
            Ok(settings)
        });
        let settings = change.await?;
        cx.state.desk().read_settings_again().await;
        Ok(Answer::bare_tree(Data { data: AccountObject::from(&settings) }))
    }
}

#[derive(Serialize)]
struct AgentObject {
    agent_id: i64,
    chat_limit: AgentLimit,
}

#[derive(Serialize)]
struct AgentLimit {
    limit: u16,
}

impl From<AgentEntry> for AgentObject {
    fn from(entry: AgentEntry) -> AgentObject {
        AgentObject { agent_id: entry.agent.id.get(), chat_limit: AgentLimit { limit: entry.agent.slots } }
    }
}

async fn show(desk: &Desk, agent: AgentId) -> Result<Answer, AppError> {
    let entry = desk.snapshot(move |tx| directory::agent(tx, &Named::Id(agent))).await?;
    Ok(Answer::bare_tree(Data { data: AgentObject::from(entry) }))
}

struct ListAgents;

impl Endpoint<Rest> for ListAgents {
    const META: Meta = Meta::get("routing_settings/agents", Right::TokenReadAdministrator)
        .summary("How many chats each agent may have, by id of the agent")
        .params(&[SINCE_ID, MAX_ID, LIMIT])
        .source("Routing settings; what a client reads")
        .quirks(&[
            "a bare array of `{\"agent_id\", \"chat_limit\": {\"limit\"}}`, paged as agents are; the documentation's example was not found",
            "`limit` is the agent's own number, whether it counts or the account's does",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let range = IdRange::read(&input, PAGE_ROWS_MAX)?;
        let agents = cx.state.desk().snapshot(directory::agents).await?;
        let page = range.of(agents, |entry| entry.agent.id.get());
        Ok(Answer::bare_tree(page.into_iter().map(AgentObject::from).collect::<Vec<_>>()))
    }
}

struct GetMe;

impl Endpoint<Rest> for GetMe {
    const META: Meta = Meta::get("routing_settings/agents/me", Right::TokenRead)
        .summary("How many chats the agent may have whose token it is")
        .source("Routing settings");

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        show(cx.state.desk(), me(&cx)?).await
    }
}

struct GetAgent;

impl Endpoint<Rest> for GetAgent {
    const META: Meta = Meta::get("routing_settings/agents/{id}", Right::TokenReadAdministrator)
        .summary("How many chats an agent may have")
        .params(&[Param::path("id")])
        .source("Routing settings");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        show(cx.state.desk(), path_id(&input, AgentId::from_i64, "agent")?).await
    }
}

#[derive(Deserialize)]
struct AgentBody {
    chat_limit: Option<OwnLimit>,
}

/// A number, or one in an object as it is shown.
#[derive(Deserialize)]
#[serde(untagged)]
enum OwnLimit {
    Number(u16),
    Object { limit: u16 },
}

async fn change(cx: &Cx<Rest>, agent: AgentId, input: &Input) -> Result<Answer, AppError> {
    let (by, desk) = (me(cx)?, cx.state.desk());
    let slots = match input.json::<Wrapped<AgentBody>>()?.inner().chat_limit {
        Some(OwnLimit::Number(limit) | OwnLimit::Object { limit }) => limit,
        None => return Err(AppError::missing("chat_limit is missing")),
    };
    desk.write(move |tx, cx| accounts::set_slots(tx, cx, by, agent, slots)).await?;
    show(desk, agent).await
}

struct PatchMe;

impl Endpoint<Rest> for PatchMe {
    const META: Meta = Meta::patch("routing_settings/agents/me", Right::TokenWrite)
        .summary("Change one's own limit")
        .params(&[Param::json("chat_limit").about("0 to 100, or `{\"limit\": n}`")])
        .source("Routing settings")
        .quirks(&["agents may do so with `chat_limit.allow_agent_override` of the account, else 403"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        change(&cx, me(&cx)?, &input).await
    }
}

struct PatchAgent;

impl Endpoint<Rest> for PatchAgent {
    const META: Meta = Meta::patch("routing_settings/agents/{id}", Right::TokenWriteAdministrator)
        .summary("Change an agent's limit")
        .params(&[Param::path("id"), Param::json("chat_limit").about("0 to 100, or `{\"limit\": n}`")])
        .source("Routing settings")
        .quirks(&["owners' limits are changed by owners: 403"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        change(&cx, path_id(&input, AgentId::from_i64, "agent")?, &input).await
    }
}
