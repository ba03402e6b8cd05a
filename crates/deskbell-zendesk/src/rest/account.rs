//! The account: who it belongs to, and a plan that sets no limits.

use deskbell_app::AppError;
use deskbell_app::directory::{self, Named};
use deskbell_app::rights::{Principal, Right};
use deskbell_domain::agent::{Agent, Role};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Route, routes as list};
use serde::Serialize;

use super::Rest;
use super::lenient::me;
use crate::documents::stamp;

/// What stands where clients read a limit as text.
const UNLIMITED: &str = "unlimited";
/// What stands where they read it as a number: more than any desk has.
const UNLIMITED_NUMBER: i32 = i32::MAX;

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; GetAccount]
}

#[derive(Serialize)]
struct Account {
    account_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing: Option<Billing>,
    create_date: String,
    plan: Plan,
    status: &'static str,
}

/// Nobody is billed: what is known of the owner and the desk stands here, the rest is empty.
#[derive(Serialize, Default)]
struct Billing {
    additional_info: &'static str,
    address1: &'static str,
    address2: &'static str,
    city: &'static str,
    company: String,
    country_code: &'static str,
    cycle: i32,
    email: String,
    first_name: String,
    last_name: String,
    phone: &'static str,
    postal_code: &'static str,
    state: &'static str,
}

impl Billing {
    fn new(company: String, owner: Agent) -> Billing {
        Billing { company, cycle: 1, email: owner.email, first_name: owner.first_name, last_name: owner.last_name, ..Billing::default() }
    }
}

#[derive(Serialize)]
struct Plan {
    agent_leaderboard: bool,
    agent_reports: bool,
    analytics: bool,
    chat_reports: bool,
    daily_reports: bool,
    email_reports: bool,
    file_upload: bool,
    goals: i32,
    high_load: bool,
    integrations: bool,
    ip_restriction: bool,
    long_desc: &'static str,
    max_advanced_triggers: &'static str,
    max_agents: i32,
    max_basic_triggers: &'static str,
    max_concurrent_chats: &'static str,
    max_departments: &'static str,
    max_history_search_days: &'static str,
    monitoring: bool,
    name: &'static str,
    operating_hours: bool,
    price: f64,
    rest_api: bool,
    short_desc: &'static str,
    sla: bool,
    support: bool,
    unbranding: bool,
    widget_customization: &'static str,
}

/// True is what a desk has.
const PLAN: Plan = Plan {
    agent_leaderboard: false,
    agent_reports: false,
    analytics: false,
    chat_reports: false,
    daily_reports: false,
    email_reports: false,
    file_upload: true,
    goals: UNLIMITED_NUMBER,
    high_load: true,
    integrations: true,
    ip_restriction: false,
    long_desc: "A desk of your own, without limits.",
    max_advanced_triggers: UNLIMITED,
    max_agents: UNLIMITED_NUMBER,
    max_basic_triggers: UNLIMITED,
    max_concurrent_chats: UNLIMITED,
    max_departments: UNLIMITED,
    max_history_search_days: UNLIMITED,
    monitoring: true,
    name: "enterprise",
    operating_hours: false,
    price: 0.0,
    rest_api: true,
    short_desc: "Unlimited",
    sla: false,
    support: true,
    unbranding: true,
    widget_customization: "full",
};

struct GetAccount;

impl Endpoint<Rest> for GetAccount {
    const META: Meta = Meta::get("account", Right::TokenReadAdministrator)
        .summary("The account and its plan")
        .source("Accounts; records of a real account")
        .quirks(&[
            "`billing` is there for the owner alone and holds what is known: the desk's name, the owner's name and address",
            "the plan has no limits: texts say `unlimited`, numbers are 2147483647",
            "`account_key` is the desk's number, the one in the ids of chats",
            "there is no PUT: nothing of it can be changed here",
        ]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let (me, desk) = (me(&cx)?, cx.state.desk());
        let read = desk.snapshot(move |tx| Ok((directory::founded(tx)?, directory::agent(tx, &Named::Id(me))?.agent)));
        let (created, own) = read.await?;
        let is_owner = matches!(cx.principal, Principal::Token { role: Role::Owner, .. });
        Ok(Answer::bare_tree(Account {
            account_key: desk.account_key().to_string(),
            billing: is_owner.then(|| Billing::new(desk.settings().name.clone(), own)),
            create_date: stamp(created),
            plan: PLAN,
            status: "active",
        }))
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::rights::Scopes;
    use deskbell_domain::agent::Role;
    use deskbell_domain::credential::CredentialKind;
    use serde_json::json;

    use crate::world::{World, call};

    #[tokio::test]
    async fn owners_see_all_of_it_agents_nothing() {
        let world = World::open().await;
        let account = world.page("/api/v2/account").await;
        let billing = json!({"additional_info": "", "address1": "", "address2": "", "city": "", "company": "Support", "country_code": "",
            "cycle": 1, "email": "owner@desk.test", "first_name": "Desk", "last_name": "Owner", "phone": "", "postal_code": "",
            "state": ""});
        assert_eq!(account["billing"], billing);
        assert_eq!(account["account_key"], json!(world.desk.account_key().to_string()));
        assert_eq!((&account["create_date"], &account["status"]), (&json!("2026-11-22T00:00:00Z"), &json!("active")));
        let plan = json!({"agent_leaderboard": false, "agent_reports": false, "analytics": false, "chat_reports": false,
            "daily_reports": false, "email_reports": false, "file_upload": true, "goals": 2147483647, "high_load": true,
            "integrations": true, "ip_restriction": false, "long_desc": "A desk of your own, without limits.",
            "max_advanced_triggers": "unlimited", "max_agents": 2147483647, "max_basic_triggers": "unlimited",
            "max_concurrent_chats": "unlimited", "max_departments": "unlimited", "max_history_search_days": "unlimited",
            "monitoring": true, "name": "enterprise", "operating_hours": false, "price": 0.0, "rest_api": true,
            "short_desc": "Unlimited", "sla": false, "support": true, "unbranding": true, "widget_customization": "full"});
        assert_eq!(account["plan"], plan);

        let read = Scopes { read: true, ..Scopes::default() };
        let admin = world.add_agent("admin@desk.test", Role::Administrator, 1).await;
        let admin = world.add_token(admin, CredentialKind::Token, read).await;
        let told = call(&world.rest, "GET", "/api/v2/chat/account", Some(&admin.secret)).await;
        assert_eq!((told.status, told.json().get("billing")), (200, None));
        let agent = world.add_agent("agent@desk.test", Role::Agent, 1).await;
        let agent = world.add_token(agent, CredentialKind::Token, read).await;
        assert_eq!(call(&world.rest, "GET", "/api/v2/account", Some(&agent.secret)).await.status, 403);
        assert_eq!(call(&world.rest, "PUT", "/api/v2/account", Some(world.token())).await.status, 405);
    }
}
