//! What the demo's team has set up for itself: shortcuts, skills, goals, triggers, bans, rules, texts that it keeps ready.

use deskbell_app::bans;
use deskbell_app::context::Context;
use deskbell_app::customers::{self, Changes, NewCustomer};
use deskbell_app::error::AppError;
use deskbell_app::goals::{self, Changes as GoalChanges};
use deskbell_app::replies::{self, AnswerDraft, CannedDraft};
use deskbell_app::rules::{self, Changes as RuleChanges};
use deskbell_app::shortcuts::{self, Draft as ShortcutDraft};
use deskbell_app::skills::{self, SkillDraft};
use deskbell_app::time_rules;
use deskbell_app::triggers::{self, Changes as TriggerChanges};
use deskbell_domain::customer::BanTarget;
use deskbell_domain::goal::{AttributionModel, GoalCondition, GoalConditionKind, GoalOperator};
use deskbell_domain::ids::AgentId;
use deskbell_domain::reply::{ReplyFormat, Visibility};
use deskbell_domain::shortcut::ShortcutScope;
use deskbell_store::{Tx, tables};
use serde_json::{Value, json};

use super::dialogues::{Language, Section};
use super::staff::Staff;

/// Name, message, tags.
const SHORTCUTS: [(&str, &str, &[&str]); 4] = [
    ("hello", "Hello, thanks for writing to Fernhill Outdoor! How can I help?", &[]),
    ("order", "Could you tell me your order number? It begins with FH.", &["order"]),
    ("return", "You can send it back within 30 days; the label is in your account, under Orders.", &["return"]),
    ("bye", "Thank you for the chat. Have a good day outside!", &[]),
];
/// What only those in sales send.
const OFFER: (&str, &str) = ("offer", "From ten pieces on we take ten per cent off. Shall I make you an offer?");
/// Name, model, days, what the page's address contains.
const GOALS: [(&str, AttributionModel, i64, &str); 3] = [
    ("Order begun", AttributionModel::LastTouch, 14, "/checkout"),
    ("Looked at the sale", AttributionModel::FirstTouch, 30, "/sale"),
    ("Followed the order", AttributionModel::LastTouch, 30, "/account/orders"),
];
/// An address that nobody of the demo comes from.
const BANNED_ADDRESS: &str = "2001:db8::66";

/// Phrases for chats that everybody may use.
const CANNED: [(&str, &str); 3] = [
    ("look it up", "One moment please, I am looking it up for you."),
    ("still there", "Are you still there? Take your time, I will wait."),
    ("tracking", "You can follow your parcel in your account, under Orders."),
];
/// Name, subject and message of answers to tickets; the second one is what only those in sales send.
const ANSWERS: [(&str, &str, &str); 2] = [
    (
        "Return label",
        "Your return label",
        "<p>Thank you for writing.</p><p>You can send it back <b>within 30 days</b>: the label is in your account, under Orders.</p>",
    ),
    (
        "Offer for groups",
        "Our offer",
        "<p>Thank you for asking.</p><p>From <b>ten pieces</b> on we take ten per cent off; from fifty on, fifteen.</p>",
    ),
];

/// The skill that a chat in a language asks for.
pub(super) fn skill_for(language: Language) -> Option<&'static str> {
    match language {
        Language::English | Language::Japanese => None,
        Language::German => Some("German"),
        Language::French => Some("French"),
    }
}

fn definitions() -> [(&'static str, bool, Value); 4] {
    [
        (
            "Help at the checkout",
            true,
            json!({
                "event": "page_enter",
                "condition": ["and", ["icontains", "@visitor_page_url", "/checkout"], ["not", ["firedBefore"]]],
                "actions": [["sendMessageToVisitor", "Fernhill Outdoor", "Is there anything about your order that we can help with?"]],
            }),
        ),
        (
            "Has read the help",
            true,
            json!({
                "event": "page_enter",
                "condition": ["and", ["icontains", "@visitor_page_url", "/help/"]],
                "actions": [["addTag", "has read the help"]],
            }),
        ),
        (
            "Chats from the sale",
            true,
            json!({
                "event": "chat_requested",
                "condition": ["and", ["icontains", "@visitor_page_url", "/sale"]],
                "actions": [["addTag", "sale"]],
            }),
        ),
        (
            "Long on a tent's page",
            false,
            json!({
                "event": "page_enter",
                "condition": ["and", ["icontains", "@visitor_page_url", "/tents/"], ["stillOnPage", 60], ["not", ["firedBefore"]]],
                "actions": [["sendMessageToVisitor", "Fernhill Outdoor", "This one stands in four minutes. Questions?"]],
            }),
        ),
    ]
}

/// What is done when something happens.
fn rules() -> [(&'static str, bool, Value); 4] {
    [
        (
            "Out of hours: a receipt",
            true,
            json!({
                "events": ["conversation_created"],
                "conditions": [[{"channel": "M"}, {"not": {"hours": OPEN}}]],
                "actions": [{"answer": "Thank you for your message, {{customer.first_name}}. We are here again on the next working day; \
                    your ticket is {{conversation.code}}."}],
            }),
        ),
        (
            "A bad rating is looked into",
            true,
            json!({
                "events": ["rated"],
                "conditions": [[{"rating": "bad"}]],
                "actions": [{"note": "A customer was not happy. Who writes?"}],
                "stop": true,
            }),
        ),
        (
            "Money",
            true,
            json!({
                "events": ["customer_message"],
                "conditions": [[{"channel": ["M", "E"]}, {"text": "/refund|invoice|charged|money/i"}]],
                "actions": [{"add_tag": "money"}],
            }),
        ),
        (
            "Offers to sales",
            false,
            json!({
                "events": ["customer_message"],
                "conditions": [[{"text": "/discount|offer/i"}], [{"subject": "offer"}]],
                "actions": [{"note": "Perhaps one for sales."}],
            }),
        ),
    ]
}

/// What is done when something has not happened.
fn time_rules() -> [(&'static str, bool, Value); 2] {
    [
        (
            "Waits for a day",
            true,
            json!({
                "conditions": [[{"last_message_more_than": "1d"}, {"status": ["N", "C"]}]],
                "actions": [{"note": "Nobody has answered for a day."}],
            }),
        ),
        (
            "Answered for a week",
            true,
            json!({"conditions": [[{"status_changed_more_than": "7d"}, {"status": "A"}]], "actions": [{"status": "R"}]}),
        ),
    ]
}

/// The shop's hours.
const OPEN: &str = "Europe/Berlin; mon 08:00-18:00; tue 08:00-18:00; wed 08:00-18:00; thu 08:00-18:00; fri 08:00-18:00; sat 09:00-13:00";

/// Rules, time rules, and texts that are kept ready.
fn automate(tx: &mut Tx<'_>, cx: &mut Context, staff: &Staff, by: AgentId) -> Result<(), AppError> {
    let changes = |name: &str, enabled: bool, definition: Value| RuleChanges {
        name: Some(name.to_owned()),
        enabled: Some(enabled),
        definition: Some(definition),
    };
    for (name, enabled, definition) in rules() {
        rules::create(tx, cx, &changes(name, enabled, definition))?;
    }
    for (name, enabled, definition) in time_rules() {
        time_rules::create(tx, cx, &changes(name, enabled, definition))?;
    }
    for (name, text) in CANNED {
        let draft = CannedDraft { name: Some(name.to_owned()), text: Some(text.to_owned()), visibility: Some(Visibility::Everybody) };
        replies::create_canned(tx, cx, by, &draft)?;
    }
    let visibilities = [Visibility::Everybody, Visibility::Department(staff.department(Section::Sales))];
    for ((name, subject, message), visibility) in ANSWERS.into_iter().zip(visibilities) {
        let draft = AnswerDraft {
            name: Some(name.to_owned()),
            subject: Some(subject.to_owned()),
            message: Some(message.to_owned()),
            format: Some(ReplyFormat::Html),
            files: None,
            visibility: Some(visibility),
        };
        replies::create_answer(tx, cx, by, &draft)?;
    }
    Ok(())
}

/// Sets all of it up.
pub(super) fn fill(tx: &mut Tx<'_>, cx: &mut Context, staff: &Staff) -> Result<(), AppError> {
    for (name, message, tags) in SHORTCUTS {
        let tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
        let draft = ShortcutDraft { name: Some(name.to_owned()), message: Some(message.to_owned()), tags, ..ShortcutDraft::default() };
        shortcuts::create(tx, cx, &draft)?;
    }
    let scope = Some(ShortcutScope::Departments(vec![staff.department(Section::Sales)]));
    let (name, message) = OFFER;
    shortcuts::create(
        tx,
        cx,
        &ShortcutDraft { name: Some(name.to_owned()), message: Some(message.to_owned()), scope, ..Default::default() },
    )?;
    let agents: Vec<AgentId> = staff.members.iter().map(|member| member.id).collect();
    for (place, language) in [Language::German, Language::French].into_iter().enumerate() {
        let members = agents.iter().copied().skip(place).step_by(2 + place).collect();
        let name = skill_for(language).map(str::to_owned);
        let description = Some("Writes it as well as English".to_owned());
        skills::create(tx, cx, &SkillDraft { name, description, members: Some(members), ..SkillDraft::default() })?;
    }
    for (name, attribution, days, address) in GOALS {
        let condition = GoalCondition { kind: GoalConditionKind::Url, operator: GoalOperator::Contains, value: address.to_owned() };
        let changes = GoalChanges {
            name: Some(name.to_owned()),
            attribution: Some(attribution),
            attribution_days: Some(days),
            conditions: Some(vec![condition]),
            ..GoalChanges::default()
        };
        goals::create(tx, cx, &changes)?;
    }
    for (name, enabled, definition) in definitions() {
        let changes = TriggerChanges {
            name: Some(name.to_owned()),
            enabled: Some(enabled),
            definition: Some(definition),
            ..TriggerChanges::default()
        };
        triggers::create(tx, cx, &changes)?;
    }
    let owner = tables::agents::all(tx)?.into_iter().find(|agent| agent.role.administers());
    automate(tx, cx, staff, owner.ok_or_else(|| AppError::internal("nobody administers the desk"))?.id)?;
    let by = *agents.first().ok_or_else(|| AppError::internal("nobody works here"))?;
    let name = Some("Casino Bonus".to_owned());
    let spammer = NewCustomer { email: "bonus@casino.example.com".to_owned(), changes: Changes { name, ..Changes::default() } };
    let spammer = customers::register(tx, cx, &spammer)?;
    bans::ban(tx, cx, by, BanTarget::Customer(spammer.id), "sends advertisements to every shop")?;
    bans::ban(tx, cx, by, BanTarget::Address(BANNED_ADDRESS.to_owned()), "a hundred requests a second")?;
    Ok(())
}
