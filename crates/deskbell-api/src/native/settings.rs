//! The desk's settings: read by all agents, written by administrators.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::settings::{self, Settings};
use deskbell_domain::conversation::Reopening;
use deskbell_domain::routing_rules::{AutoIdle, ChatLimit, IdleStatus, LimitScope, RoutingMode, RoutingRules};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Native;
use super::call::{Bodies, Call};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SettingsView {
    name: String,
    /// `#rrggbb`.
    accent: String,
    greeting: String,
    ask_email: bool,
    /// Origins like `https://shop.example`.
    widget_domains: Vec<String>,
    /// The desk's own e-mail addresses, where customers write to; empty: any address is taken for one.
    mail_addresses: Vec<String>,
    agent_grace_seconds: u32,
    visitor_grace_seconds: u32,
    inactivity_seconds: u32,
    /// Whether a customer's reply opens a resolved conversation again.
    reopening: bool,
    /// Whether an answered chat ends resolved.
    resolve_after_chat: bool,
    /// An IANA name.
    time_zone: String,
    /// The desk's own country as phone numbers begin there, like `+49`, or empty: then national numbers are those of that country.
    phone_country: String,
    routing: RoutingView,
    /// Chats that ask for skills go to agents who have them.
    skill_routing_enabled: bool,
    /// 5 to 300.
    skill_wait_seconds: u32,
}

/// What the desk says of routing over the heads of its departments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RoutingView {
    /// `assigned` (as the department says), `broadcast` (all at once) or `hybrid` (one first, then all).
    mode: String,
    /// Off: agents may have any number of chats.
    limit_enabled: bool,
    /// 0 to 20, for every agent with the scope `account`.
    limit: u16,
    /// `account`, or `agent`: each agent's own slots.
    limit_scope: String,
    /// Agents may change their own slots.
    limit_agents_choose: bool,
    /// Off: an offer rings until it is taken.
    reassignment: bool,
    /// 10 to 120; null: as long as the department says.
    reassignment_seconds: Option<u16>,
    auto_idle: bool,
    /// Missed rings in a row, 1 to 20.
    auto_idle_after: u16,
    /// `away` or `invisible`.
    auto_idle_status: String,
    /// Who would be asked has joined.
    auto_accept: bool,
}

impl From<RoutingRules> for RoutingView {
    fn from(rules: RoutingRules) -> Self {
        RoutingView {
            mode: rules.mode.text().to_owned(),
            limit_enabled: rules.limit.enabled,
            limit: rules.limit.chats,
            limit_scope: rules.limit.scope.text().to_owned(),
            limit_agents_choose: rules.limit.agents_choose,
            reassignment: rules.reassignment,
            reassignment_seconds: rules.offer_seconds,
            auto_idle: rules.idle.enabled,
            auto_idle_after: rules.idle.after,
            auto_idle_status: rules.idle.status.text().to_owned(),
            auto_accept: rules.auto_accept,
        }
    }
}

impl RoutingView {
    fn rules(self) -> Result<RoutingRules, AppError> {
        let refused = |what: &'static str| AppError::invalid(what);
        Ok(RoutingRules {
            mode: RoutingMode::parse(&self.mode).ok_or_else(|| refused("mode must be one of broadcast, assigned, hybrid"))?,
            limit: ChatLimit {
                enabled: self.limit_enabled,
                chats: self.limit,
                scope: LimitScope::parse(&self.limit_scope).ok_or_else(|| refused("limit_scope must be account or agent"))?,
                agents_choose: self.limit_agents_choose,
            },
            reassignment: self.reassignment,
            offer_seconds: self.reassignment_seconds,
            idle: AutoIdle {
                enabled: self.auto_idle,
                after: self.auto_idle_after,
                status: IdleStatus::parse(&self.auto_idle_status).ok_or_else(|| refused("auto_idle_status must be away or invisible"))?,
            },
            auto_accept: self.auto_accept,
        })
    }
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        SettingsView {
            name: settings.name,
            accent: settings.accent,
            greeting: settings.greeting,
            ask_email: settings.ask_email,
            widget_domains: settings.widget_domains,
            mail_addresses: settings.mail_addresses,
            agent_grace_seconds: settings.agent_grace_seconds,
            visitor_grace_seconds: settings.visitor_grace_seconds,
            inactivity_seconds: settings.inactivity_seconds,
            reopening: settings.reopening == Reopening::On,
            resolve_after_chat: settings.resolve_after_chat,
            time_zone: settings.time_zone,
            phone_country: settings.phone_country,
            routing: RoutingView::from(settings.routing),
            skill_routing_enabled: settings.skill_routing_enabled,
            skill_wait_seconds: settings.skill_wait_seconds,
        }
    }
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<SettingsView>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("settings", Right::Agent).summary("The desk's settings");

    async fn run(cx: Cx<Native>, _: Input) -> Result<Answer, AppError> {
        // Those kept in memory follow a change a moment later; whoever has just written reads what he wrote.
        let settings = cx.state.desk.read(|tx| Ok(Settings::load(tx)?)).await?;
        Ok(Answer::tree(SettingsView::from(settings)))
    }
}

/// What is changed of the settings; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct SettingsBody {
    name: Option<String>,
    accent: Option<String>,
    greeting: Option<String>,
    ask_email: Option<bool>,
    widget_domains: Option<Vec<String>>,
    mail_addresses: Option<Vec<String>>,
    agent_grace_seconds: Option<u32>,
    visitor_grace_seconds: Option<u32>,
    inactivity_seconds: Option<u32>,
    reopening: Option<bool>,
    resolve_after_chat: Option<bool>,
    time_zone: Option<String>,
    phone_country: Option<String>,
    /// The whole of it.
    routing: Option<RoutingView>,
    skill_routing_enabled: Option<bool>,
    skill_wait_seconds: Option<u32>,
}

impl SettingsBody {
    fn over(self, was: Settings) -> Result<Settings, AppError> {
        let reopening = |on| if on { Reopening::On } else { Reopening::Off };
        Ok(Settings {
            name: self.name.unwrap_or(was.name),
            accent: self.accent.unwrap_or(was.accent),
            greeting: self.greeting.unwrap_or(was.greeting),
            ask_email: self.ask_email.unwrap_or(was.ask_email),
            widget_domains: self.widget_domains.unwrap_or(was.widget_domains),
            mail_addresses: self.mail_addresses.unwrap_or(was.mail_addresses),
            agent_grace_seconds: self.agent_grace_seconds.unwrap_or(was.agent_grace_seconds),
            visitor_grace_seconds: self.visitor_grace_seconds.unwrap_or(was.visitor_grace_seconds),
            inactivity_seconds: self.inactivity_seconds.unwrap_or(was.inactivity_seconds),
            reopening: self.reopening.map_or(was.reopening, reopening),
            resolve_after_chat: self.resolve_after_chat.unwrap_or(was.resolve_after_chat),
            time_zone: self.time_zone.unwrap_or(was.time_zone),
            phone_country: self.phone_country.unwrap_or(was.phone_country),
            routing: self.routing.map_or(Ok(was.routing), RoutingView::rules)?,
            skill_routing_enabled: self.skill_routing_enabled.unwrap_or(was.skill_routing_enabled),
            skill_wait_seconds: self.skill_wait_seconds.unwrap_or(was.skill_wait_seconds),
        })
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<SettingsView>().reads::<SettingsBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("settings", Right::Administrator).summary("Change the desk's settings");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: SettingsBody = input.json()?;
        let change = cx.state.desk.write(move |tx, cx| {
            let settings = body.over(Settings::load(tx)?)?;
            settings::put(tx, cx, &settings)?;
            Ok(settings)
        });
        let settings = change.await?;
        cx.state.desk.read_settings_again().await;
        Ok(Answer::tree(SettingsView::from(settings)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn settings_are_shown_and_changed() {
        let desk = start().await;
        let mut settings = desk.agent.get("settings").await.expect(200);
        assert_eq!((&settings["name"], &settings["reopening"], &settings["time_zone"]), (&json!("Support"), &json!(true), &json!("GMT")));
        let change = json!({"name": "Acme", "reopening": false, "widget_domains": ["https://shop.test"],
            "mail_addresses": ["help@shop.test"], "inactivity_seconds": 60});
        let changed = desk.admin.put("settings", change.clone()).await.expect(200);
        for (name, value) in change.as_object().unwrap() {
            settings[name] = value.clone();
        }
        assert_eq!(changed, settings);
        assert_eq!(desk.agent.get("settings").await.expect(200), settings);
        assert_eq!(desk.admin.put("settings", json!({"phone_country": "+49"})).await.expect(200)["phone_country"], json!("+49"));
        for wrong in ["49", "+", "+049", "+49 30", "Germany"] {
            desk.admin.put("settings", json!({ "phone_country": wrong })).await.refused(400, "invalid");
        }
        desk.admin.put("settings", json!({"phone_country": ""})).await.expect(200);
        desk.admin.put("settings", json!({"accent": "blue"})).await.refused(400, "invalid");
        desk.admin.put("settings", json!({"greeting": "\u{0}"})).await.refused(400, "invalid");
        for wrong in [json!(["Help@Shop.test"]), json!(["nobody"]), json!(["a b@shop.test"]), json!(["help@shop.test\u{0}"])] {
            desk.admin.put("settings", json!({ "mail_addresses": wrong })).await.refused(400, "invalid");
        }
        for wrong in ["Mars/Olympus", "", "europe berlin", "+02:00", "Europe/Berlin\u{0}"] {
            let refused = desk.admin.put("settings", json!({ "time_zone": wrong })).await;
            refused.refused(400, "invalid");
        }
        assert_eq!(desk.admin.put("settings", json!({"time_zone": "Asia/Kathmandu"})).await.expect(200)["time_zone"], "Asia/Kathmandu");
        let routing = json!({"mode": "hybrid", "limit_enabled": true, "limit": 3, "limit_scope": "account", "limit_agents_choose": true,
            "reassignment": true, "reassignment_seconds": null, "auto_idle": true, "auto_idle_after": 2, "auto_idle_status": "invisible",
            "auto_accept": false});
        assert_eq!(desk.admin.put("settings", json!({"routing": routing})).await.expect(200)["routing"], routing);
        assert_eq!(desk.admin.put("settings", json!({"skill_wait_seconds": 30})).await.expect(200)["routing"], routing);
        for (name, wrong) in [
            ("mode", json!("random")),
            ("limit", json!(21)),
            ("limit_scope", json!("desk")),
            ("reassignment_seconds", json!(5)),
            ("auto_idle_after", json!(0)),
            ("auto_idle_status", json!("offline")),
        ] {
            let mut changed = routing.clone();
            changed[name] = wrong;
            desk.admin.put("settings", json!({ "routing": changed })).await.refused(400, "invalid");
        }
        desk.admin.put("settings", json!({"skill_wait_seconds": 301})).await.refused(400, "invalid");
        desk.agent.put("settings", json!({"name": "Mine"})).await.refused(403, "forbidden");
    }
}
