//! The desk's settings: read by all agents, written by administrators.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::settings::{self, Settings};
use deskbell_domain::conversation::Reopening;
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
    /// Whether chats that ask for skills go to agents who have them.
    skill_routing_enabled: bool,
    /// 5 to 300: after so many seconds anybody of the department may get them.
    skill_wait_seconds: u32,
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
    skill_routing_enabled: Option<bool>,
    skill_wait_seconds: Option<u32>,
}

impl SettingsBody {
    fn over(self, was: Settings) -> Settings {
        let reopening = |on| if on { Reopening::On } else { Reopening::Off };
        Settings {
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
            skill_routing_enabled: self.skill_routing_enabled.unwrap_or(was.skill_routing_enabled),
            skill_wait_seconds: self.skill_wait_seconds.unwrap_or(was.skill_wait_seconds),
        }
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
            let settings = body.over(Settings::load(tx)?);
            settings::put(tx, cx, &settings)?;
            Ok(settings)
        });
        Ok(Answer::tree(SettingsView::from(change.await?)))
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
        desk.admin.put("settings", json!({"accent": "blue"})).await.refused(400, "invalid");
        desk.admin.put("settings", json!({"greeting": "\u{0}"})).await.refused(400, "invalid");
        for wrong in [json!(["Help@Shop.test"]), json!(["nobody"]), json!(["a b@shop.test"]), json!(["help@shop.test\u{0}"])] {
            desk.admin.put("settings", json!({ "mail_addresses": wrong })).await.refused(400, "invalid");
        }
        desk.agent.put("settings", json!({"name": "Mine"})).await.refused(403, "forbidden");
    }
}
