//! The desk's settings: names, looks, times. Those of routing are read and written in [`routing`].

mod routing;

use std::ops::RangeInclusive;
use std::sync::Arc;

use deskbell_domain::call::is_phone_country;
use deskbell_domain::conversation::Reopening;
use deskbell_domain::event::Event;
use deskbell_domain::routing_rules::RoutingRules;
use deskbell_domain::skill::SkillRule;
use deskbell_store::{StoreError, Tx, tables};

use crate::context::Context;
use crate::customers::check_email;
use crate::error::AppError;

/// Characters of a name or a greeting, at most.
const TEXT_CHARS_MAX: usize = 500;
/// Addresses of the desk's own, at most.
const MAIL_ADDRESSES_MAX: usize = 100;
/// Seconds that a chat waits for an agent with the skills it asks for.
pub const SKILL_WAIT_SECONDS: RangeInclusive<u32> = 5..=300;
/// Domains that may embed the widget, at most.
const WIDGET_DOMAINS_MAX: usize = 100;

/// What administrators may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The desk's name, shown to visitors.
    pub name: String,
    /// Accent colour, `#rrggbb`.
    pub accent: String,
    /// What the widget says first.
    pub greeting: String,
    /// The widget asks for an e-mail address before a chat.
    pub ask_email: bool,
    /// Origins (`https://shop.example`) whose pages may embed the widget beside the desk's own.
    pub widget_domains: Vec<String>,
    /// E-mail addresses of the desk's own, in lower case: where customers write to. None: any address is taken for one.
    pub mail_addresses: Vec<String>,
    /// Seconds an agent stays online after his last console went.
    pub agent_grace_seconds: u32,
    /// Seconds after which a visitor who is gone has left his chat.
    pub visitor_grace_seconds: u32,
    /// Seconds of silence after which a served chat ends.
    pub inactivity_seconds: u32,
    pub reopening: Reopening,
    /// A chat that was answered ends Resolved instead of Answered.
    pub resolve_after_chat: bool,
    /// IANA name; LiveAgent v1 shows times in it.
    pub time_zone: String,
    /// The desk's own country as phone numbers begin there (`+49`); empty: none. A national number is the same as one with it.
    pub phone_country: String,
    /// What the desk says of routing over the heads of its departments.
    pub routing: RoutingRules,
    /// Chats that ask for skills go to agents who have them.
    pub skill_routing_enabled: bool,
    /// How long such a chat waits for them before anybody may have it.
    pub skill_wait_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            name: "Support".to_owned(),
            accent: "#2563eb".to_owned(),
            greeting: "Hello! How can we help?".to_owned(),
            ask_email: true,
            widget_domains: Vec::new(),
            mail_addresses: Vec::new(),
            agent_grace_seconds: 20,
            visitor_grace_seconds: 60,
            inactivity_seconds: 900,
            reopening: Reopening::On,
            resolve_after_chat: false,
            time_zone: "GMT".to_owned(),
            phone_country: String::new(),
            routing: RoutingRules::default(),
            skill_routing_enabled: false,
            skill_wait_seconds: 60,
        }
    }
}

impl Settings {
    pub fn load(tx: &mut Tx<'_>) -> Result<Settings, StoreError> {
        let mut settings = Settings::default();
        for (name, value) in tables::desk::settings(tx)? {
            settings.take(&name, value);
        }
        Ok(settings)
    }

    fn take(&mut self, name: &str, value: String) {
        let number = |fallback: u32| value.parse().unwrap_or(fallback);
        match name {
            "name" => self.name = value,
            "accent" => self.accent = value,
            "greeting" => self.greeting = value,
            "ask_email" => self.ask_email = value == "1",
            "widget_domains" => self.widget_domains = value.split_whitespace().map(str::to_owned).collect(),
            "mail_addresses" => self.mail_addresses = value.split_whitespace().map(str::to_owned).collect(),
            "agent_grace_seconds" => self.agent_grace_seconds = number(self.agent_grace_seconds),
            "visitor_grace_seconds" => self.visitor_grace_seconds = number(self.visitor_grace_seconds),
            "inactivity_seconds" => self.inactivity_seconds = number(self.inactivity_seconds),
            "reopening" => self.reopening = if value == "1" { Reopening::On } else { Reopening::Off },
            "resolve_after_chat" => self.resolve_after_chat = value == "1",
            "time_zone" => self.time_zone = value,
            "phone_country" => self.phone_country = value,
            "skill_routing_enabled" => self.skill_routing_enabled = value == "1",
            "skill_wait_seconds" => self.skill_wait_seconds = number(self.skill_wait_seconds),
            name if routing::take(&mut self.routing, name, &value) => {}
            // A setting of a later version stays where it is.
            _ => {}
        }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
        let mut rows = vec![
            ("name", self.name.clone()),
            ("accent", self.accent.clone()),
            ("greeting", self.greeting.clone()),
            ("ask_email", flag(self.ask_email)),
            ("widget_domains", self.widget_domains.join(" ")),
            ("mail_addresses", self.mail_addresses.join(" ")),
            ("agent_grace_seconds", self.agent_grace_seconds.to_string()),
            ("visitor_grace_seconds", self.visitor_grace_seconds.to_string()),
            ("inactivity_seconds", self.inactivity_seconds.to_string()),
            ("reopening", flag(self.reopening == Reopening::On)),
            ("resolve_after_chat", flag(self.resolve_after_chat)),
            ("time_zone", self.time_zone.clone()),
            ("phone_country", self.phone_country.clone()),
            ("skill_routing_enabled", flag(self.skill_routing_enabled)),
            ("skill_wait_seconds", self.skill_wait_seconds.to_string()),
        ];
        rows.extend(routing::rows(&self.routing));
        rows
    }

    /// Whether an e-mail address is one of the desk's own.
    pub fn is_mail_address(&self, address: &str) -> bool {
        let address = address.trim().to_lowercase();
        self.mail_addresses.contains(&address)
    }

    /// The rule of skills, if chats are routed by them.
    pub fn skill_rule(&self) -> Option<SkillRule> {
        self.skill_routing_enabled.then_some(SkillRule { wait_seconds: self.skill_wait_seconds })
    }

    fn check(&self) -> Result<(), AppError> {
        let hex = |text: &str| text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex(&self.accent) {
            return Err(AppError::invalid("accent must be a colour like #2563eb"));
        }
        if self.name.trim().is_empty() || self.name.chars().count() > TEXT_CHARS_MAX || self.greeting.chars().count() > TEXT_CHARS_MAX {
            return Err(AppError::invalid("name must be given, and name and greeting have at most 500 characters"));
        }
        if self.widget_domains.len() > WIDGET_DOMAINS_MAX {
            return Err(AppError::too_large("at most 100 widget domains"));
        }
        for domain in &self.widget_domains {
            let rest = domain.strip_prefix("https://").or_else(|| domain.strip_prefix("http://"));
            let good = rest.is_some_and(|host| {
                !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'*'))
            });
            if !good {
                return Err(AppError::invalid("a widget domain is an origin like https://shop.example"));
            }
        }
        if self.mail_addresses.len() > MAIL_ADDRESSES_MAX {
            return Err(AppError::too_large(format!("at most {MAIL_ADDRESSES_MAX} mail addresses")));
        }
        for address in &self.mail_addresses {
            if check_email(address).is_ok_and(|tidy| tidy != *address) || check_email(address).is_err() {
                return Err(AppError::invalid("a mail address is written in lower case, like help@shop.example"));
            }
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return Err(AppError::invalid("time_zone must be an IANA name like Europe/Berlin"));
        }
        if !self.phone_country.is_empty() && !is_phone_country(&self.phone_country) {
            return Err(AppError::invalid("phone_country must be + and one to three digits, like +49, or empty"));
        }
        let day = 86_400;
        if !(1..=day).contains(&self.agent_grace_seconds)
            || !(1..=day).contains(&self.visitor_grace_seconds)
            || !(1..=day).contains(&self.inactivity_seconds)
        {
            return Err(AppError::invalid("grace times and inactivity are between 1 second and a day"));
        }
        if !SKILL_WAIT_SECONDS.contains(&self.skill_wait_seconds) {
            return Err(AppError::invalid("skill_wait_seconds is between 5 and 300"));
        }
        routing::check(&self.routing)
    }
}

/// Writes the settings. Chats that wait are routed by new rules at once.
pub fn put(tx: &mut Tx<'_>, cx: &mut Context, settings: &Settings) -> Result<(), AppError> {
    settings.check()?;
    let before = Settings::load(tx)?;
    for (name, value) in settings.rows() {
        tables::desk::set(tx, name, &value)?;
    }
    tx.append(cx.now, Event::SettingsChanged { slots_for_all: settings.routing.limit.slots_for_all() })?;
    if before.routing != settings.routing || before.skill_rule() != settings.skill_rule() {
        cx.settings = Arc::new(settings.clone());
        for department in tables::departments::all(tx)? {
            crate::routing::route(tx, cx, department.id)?;
        }
    }
    Ok(())
}
