//! Events as clients see them.

mod automation;
mod calls;
mod sla;

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::message::{Actor, Attachment};
use serde::Serialize;

use crate::wire::{FileView, agent_of, kind_word, millis, role_word, side_word};

/// Who gets an event beside the watchers of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Every agent.
    pub(crate) desk: bool,
    /// The visitor whose conversation it is.
    pub(crate) visitor: bool,
}

/// How far an event reaches.
pub(crate) fn reach(event: &Event) -> Reach {
    let (desk, visitor) = match event {
        Event::ConversationStarted { .. }
        | Event::ChatRequested { .. }
        | Event::ChatJoined { .. }
        | Event::ChatLeft { .. }
        | Event::ChatTransferred { .. }
        | Event::ChatEnded { .. }
        | Event::ChatRated { .. } => (true, true),
        Event::StatusChanged { .. }
        | Event::Assigned { .. }
        | Event::ChatOffered { .. }
        | Event::OfferClosed { .. }
        | Event::AgentChanged { .. }
        | Event::AgentStatusChanged { .. }
        | Event::DepartmentChanged { .. }
        | Event::MembershipChanged { .. }
        | Event::CustomerChanged { .. }
        | Event::BanChanged { .. }
        | Event::SettingsChanged { .. }
        | Event::CustomerRemoved { .. }
        | Event::TagChanged { .. }
        | Event::CustomerGroupChanged { .. }
        | Event::CompanyChanged { .. }
        | Event::KnowledgeBaseChanged { .. }
        | Event::KnowledgeEntryChanged { .. }
        | Event::WidgetChanged { .. }
        | Event::FieldsChanged { .. }
        | Event::ConversationMerged { .. }
        | Event::SkillChanged { .. }
        | Event::ChatMarked { .. }
        | Event::GoalChanged { .. }
        | Event::ConversionRecorded { .. }
        | Event::TriggerChanged { .. }
        | Event::ShortcutChanged { .. }
        | Event::OauthClientChanged { .. }
        | Event::Call(_)
        | Event::Sla(_) => (true, false),
        Event::MessageAdded { kind, .. } => (false, kind.audience() == deskbell_domain::message::Audience::Public),
        Event::ReadMarked { .. } => (false, true),
        Event::SkillsRequested { .. } => (true, false),
        Event::TagsChanged { .. } | Event::VisitStarted { .. } | Event::PageViewed { .. } => (false, false),
        Event::TriggerFired { greeting, .. } => (false, greeting.is_some()),
        // Who watches a conversation is told what fired on it.
        Event::Automation(event) => (event.conversation().is_none(), false),
    };
    Reach { desk, visitor }
}

/// For whom an event is written: visitors are told less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Agent,
    Visitor,
}

#[derive(Serialize)]
#[serde(tag = "e")]
enum View<'a> {
    #[serde(rename = "conversation.started")]
    ConversationStarted {
        conversation: String,
        customer: String,
        name: &'a str,
        department: String,
        channel: &'static str,
        status: &'static str,
        subject: &'a str,
    },
    #[serde(rename = "status.changed")]
    StatusChanged { conversation: String, from: &'static str, to: &'static str, by: &'static str },
    #[serde(rename = "assigned")]
    Assigned { conversation: String, department: String, agent: Option<String>, by: &'static str },
    #[serde(rename = "message.added")]
    MessageAdded {
        conversation: String,
        chat: Option<String>,
        message: String,
        kind: &'static str,
        by: &'static str,
        agent: Option<String>,
        name: &'a str,
        text: &'a str,
        file: Option<FileView>,
        key: Option<&'a str>,
    },
    #[serde(rename = "tags.changed")]
    TagsChanged { conversation: String, before: &'a [String], after: &'a [String], by: &'static str, agent: Option<String> },
    #[serde(rename = "read.marked")]
    ReadMarked { conversation: String, by: &'static str, message: String },
    #[serde(rename = "chat.requested")]
    ChatRequested {
        conversation: String,
        chat: String,
        customer: String,
        name: &'a str,
        department: String,
        started_by: &'static str,
        priority: i16,
    },
    #[serde(rename = "chat.offered")]
    ChatOffered { conversation: String, chat: String, agent: String, expires: i64, state: &'static str },
    #[serde(rename = "offer.closed")]
    OfferClosed { conversation: String, chat: String, agent: String, outcome: &'static str, state: &'static str },
    #[serde(rename = "chat.joined")]
    ChatJoined { conversation: String, chat: String, agent: String, name: &'a str },
    #[serde(rename = "chat.left")]
    ChatLeft { conversation: String, chat: String, agent: String, name: &'a str, state: &'static str },
    #[serde(rename = "chat.transferred")]
    ChatTransferred { conversation: String, chat: String, from: String, department: String, agent: Option<String>, state: &'static str },
    #[serde(rename = "chat.ended")]
    ChatEnded {
        conversation: String,
        chat: String,
        department: String,
        reason: &'static str,
        by: &'static str,
        missed: bool,
        dropped: bool,
    },
    #[serde(rename = "chat.rated")]
    ChatRated { conversation: String, chat: String, rating: Option<&'static str>, comment: Option<&'a str> },
    #[serde(rename = "agent.changed")]
    AgentChanged { agent: String, email: &'a str, name: &'a str, role: &'static str, slots: u16, enabled: bool },
    #[serde(rename = "agent.status")]
    AgentStatus { agent: String, preset: &'static str, online: &'static str, phone: bool },
    #[serde(rename = "department.changed")]
    DepartmentChanged { department: String, name: &'a str, strategy: &'static str, enabled: bool },
    #[serde(rename = "membership.changed")]
    MembershipChanged { department: String, agent: String, member: bool },
    #[serde(rename = "customer.changed")]
    CustomerChanged { customer: String, name: &'a str, email: Option<&'a str>, phone: &'a str },
    #[serde(rename = "ban.changed")]
    BanChanged { customer: Option<String>, address: Option<&'a str>, banned: bool },
    #[serde(rename = "settings.changed")]
    SettingsChanged {},
    #[serde(rename = "customer.removed")]
    CustomerRemoved { customer: String },
    #[serde(rename = "tag.changed")]
    TagChanged { tag: String, name: &'a str, removed: bool },
    #[serde(rename = "group.changed")]
    GroupChanged { group: String, name: &'a str, removed: bool },
    #[serde(rename = "company.changed")]
    CompanyChanged { company: String, name: &'a str, removed: bool },
    #[serde(rename = "knowledge_base.changed")]
    KnowledgeBaseChanged { base: String, name: &'a str, removed: bool },
    #[serde(rename = "knowledge.changed")]
    KnowledgeChanged { base: String, entry: String, removed: bool },
    #[serde(rename = "widget.changed")]
    WidgetChanged { widget: String, name: &'a str, removed: bool },
    #[serde(rename = "fields.changed")]
    FieldsChanged { conversation: String },
    #[serde(rename = "conversation.merged")]
    ConversationMerged { conversation: String, into: String },
    #[serde(rename = "skill.changed")]
    SkillChanged { skill: String, name: &'a str, removed: bool },
    #[serde(rename = "skills.requested")]
    SkillsRequested { conversation: String, chat: String, skills: Vec<String>, by: &'static str },
    #[serde(rename = "chat.marked")]
    ChatMarked { conversation: String, chat: Option<String>, unread: bool },
    #[serde(rename = "goal.changed")]
    GoalChanged { goal: String, name: &'a str, removed: bool },
    #[serde(rename = "conversion.recorded")]
    ConversionRecorded { conversion: String, goal: String, name: &'a str, visit: String, customer: String, chat: Option<String> },
    #[serde(rename = "trigger.changed")]
    TriggerChanged { trigger: String, name: &'a str, removed: bool },
    /// What a visitor is told of a trigger: what it says to him.
    #[serde(rename = "greeting")]
    Greeting { name: &'a str, text: &'a str },
    #[serde(rename = "trigger.fired")]
    TriggerFired {
        trigger: String,
        name: &'a str,
        visit: String,
        customer: String,
        chat: Option<String>,
        speaker: Option<&'a str>,
        greeting: Option<&'a str>,
    },
    #[serde(rename = "shortcut.changed")]
    ShortcutChanged { shortcut: String, name: &'a str, removed: bool },
    #[serde(rename = "oauth_client.changed")]
    OauthClientChanged { client: String, name: &'a str, removed: bool },
    #[serde(rename = "visit.started")]
    VisitStarted { visit: String, customer: String },
    #[serde(rename = "page.viewed")]
    PageViewed { visit: String, customer: String, url: &'a str, title: &'a str },
    #[serde(untagged)]
    Call(calls::CallView),
    #[serde(untagged)]
    Sla(sla::SlaView<'a>),
    #[serde(untagged)]
    Automation(automation::AutomationView<'a>),
}

fn file(attachment: Option<&Attachment>) -> Option<FileView> {
    attachment.map(FileView::from)
}

fn view(event: &Event, audience: Audience) -> View<'_> {
    match event {
        Event::ConversationStarted { conversation, customer, customer_name, department, channel, status, subject, .. } => {
            View::ConversationStarted {
                conversation: conversation.to_string(),
                customer: customer.to_string(),
                name: customer_name,
                department: department.to_string(),
                channel: channel.text(),
                status: status.text(),
                subject,
            }
        }
        Event::StatusChanged { conversation, from, to, by } => {
            View::StatusChanged { conversation: conversation.to_string(), from: from.text(), to: to.text(), by: side_word(*by) }
        }
        Event::Assigned { conversation, department, agent, by } => View::Assigned {
            conversation: conversation.to_string(),
            department: department.to_string(),
            agent: agent.map(|agent| agent.to_string()),
            by: side_word(*by),
        },
        Event::MessageAdded { conversation, chat, message, kind, author, author_name, text, attachment, key, .. } => View::MessageAdded {
            conversation: conversation.to_string(),
            chat: chat.map(|chat| chat.to_string()),
            message: message.to_string(),
            kind: kind_word(*kind),
            by: side_word(*author),
            agent: agent_of(*author),
            name: author_name,
            text,
            file: file(attachment.as_ref()),
            // A visitor is told his own keys only.
            key: key.as_deref().filter(|_| audience == Audience::Agent || matches!(author, Actor::Customer(_))),
        },
        Event::TagsChanged { conversation, before, after, by, .. } => {
            View::TagsChanged { conversation: conversation.to_string(), before, after, by: side_word(*by), agent: agent_of(*by) }
        }
        Event::ReadMarked { conversation, by, message } => {
            View::ReadMarked { conversation: conversation.to_string(), by: side_word(*by), message: message.to_string() }
        }
        Event::ChatRequested { chat, conversation, customer, customer_name, department, started_by, priority, .. } => View::ChatRequested {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            customer: customer.to_string(),
            name: customer_name,
            department: department.to_string(),
            started_by: started_by.text(),
            priority: *priority,
        },
        Event::ChatOffered { chat, conversation, agent, expires, state, .. } => View::ChatOffered {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            agent: agent.to_string(),
            expires: millis(*expires),
            state: state.text(),
        },
        Event::OfferClosed { chat, conversation, agent, outcome, state, .. } => View::OfferClosed {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            agent: agent.to_string(),
            outcome: outcome.text(),
            state: state.text(),
        },
        Event::ChatJoined { chat, conversation, agent, agent_name, .. } => {
            View::ChatJoined { conversation: conversation.to_string(), chat: chat.to_string(), agent: agent.to_string(), name: agent_name }
        }
        Event::ChatLeft { chat, conversation, agent, agent_name, state, .. } => View::ChatLeft {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            agent: agent.to_string(),
            name: agent_name,
            state: state.text(),
        },
        Event::ChatTransferred { chat, conversation, from, department, agent, state, .. } => View::ChatTransferred {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            from: from.to_string(),
            department: department.to_string(),
            agent: agent.map(|agent| agent.to_string()),
            state: state.text(),
        },
        Event::ChatEnded { chat, conversation, department, reason, by, missed, dropped } => View::ChatEnded {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            department: department.to_string(),
            reason: reason.text(),
            by: side_word(*by),
            missed: *missed,
            dropped: *dropped,
        },
        Event::ChatRated { chat, conversation, rating, comment, .. } => View::ChatRated {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            rating: rating.map(|rating| rating.text()),
            comment: comment.as_deref(),
        },
        Event::AgentChanged { agent, email, name, role, slots, enabled } => {
            View::AgentChanged { agent: agent.to_string(), email, name, role: role_word(*role), slots: *slots, enabled: *enabled }
        }
        Event::AgentStatusChanged { agent, preset, online } => {
            let phone = online.has(AgentStatus::PHONE);
            View::AgentStatus { agent: agent.to_string(), preset: preset.word(), online: online.word(), phone }
        }
        Event::DepartmentChanged { department, name, strategy, enabled } => {
            View::DepartmentChanged { department: department.to_string(), name, strategy: strategy.text(), enabled: *enabled }
        }
        Event::MembershipChanged { department, agent, member } => {
            View::MembershipChanged { department: department.to_string(), agent: agent.to_string(), member: *member }
        }
        Event::CustomerChanged { customer, name, email, phone } => {
            View::CustomerChanged { customer: customer.to_string(), name, email: email.as_deref(), phone }
        }
        Event::BanChanged { customer, address, banned } => {
            View::BanChanged { customer: customer.map(|customer| customer.to_string()), address: address.as_deref(), banned: *banned }
        }
        Event::SettingsChanged { .. } => View::SettingsChanged {},
        Event::CustomerRemoved { customer } => View::CustomerRemoved { customer: customer.to_string() },
        Event::TagChanged { tag, name, removed } => View::TagChanged { tag: tag.to_string(), name, removed: *removed },
        Event::CustomerGroupChanged { group, name, removed } => View::GroupChanged { group: group.to_string(), name, removed: *removed },
        Event::CompanyChanged { company, name, removed } => View::CompanyChanged { company: company.to_string(), name, removed: *removed },
        Event::KnowledgeBaseChanged { base, name, removed } => {
            View::KnowledgeBaseChanged { base: base.to_string(), name, removed: *removed }
        }
        Event::KnowledgeEntryChanged { base, entry, removed } => {
            View::KnowledgeChanged { base: base.to_string(), entry: entry.to_string(), removed: *removed }
        }
        Event::WidgetChanged { widget, name, removed } => View::WidgetChanged { widget: widget.to_string(), name, removed: *removed },
        Event::FieldsChanged { conversation, .. } => View::FieldsChanged { conversation: conversation.to_string() },
        Event::ConversationMerged { conversation, into, .. } => {
            View::ConversationMerged { conversation: conversation.to_string(), into: into.to_string() }
        }
        Event::SkillChanged { skill, name, removed } => View::SkillChanged { skill: skill.to_string(), name, removed: *removed },
        Event::SkillsRequested { chat, conversation, skills, by } => View::SkillsRequested {
            conversation: conversation.to_string(),
            chat: chat.to_string(),
            skills: skills.iter().map(ToString::to_string).collect(),
            by: side_word(*by),
        },
        Event::ChatMarked { chat, conversation, unread, .. } => {
            View::ChatMarked { conversation: conversation.to_string(), chat: chat.map(|chat| chat.to_string()), unread: *unread }
        }
        Event::GoalChanged { goal, name, removed } => View::GoalChanged { goal: goal.to_string(), name, removed: *removed },
        Event::ConversionRecorded { conversion, goal, goal_name, visit, customer, chat } => View::ConversionRecorded {
            conversion: conversion.to_string(),
            goal: goal.to_string(),
            name: goal_name,
            visit: visit.to_string(),
            customer: customer.to_string(),
            chat: chat.map(|chat| chat.to_string()),
        },
        Event::TriggerChanged { trigger, name, removed } => View::TriggerChanged { trigger: trigger.to_string(), name, removed: *removed },
        Event::TriggerFired { speaker, greeting, .. } if audience == Audience::Visitor => {
            View::Greeting { name: speaker.as_deref().unwrap_or_default(), text: greeting.as_deref().unwrap_or_default() }
        }
        Event::TriggerFired { trigger, trigger_name, visit, customer, chat, speaker, greeting, .. } => View::TriggerFired {
            trigger: trigger.to_string(),
            name: trigger_name,
            visit: visit.to_string(),
            customer: customer.to_string(),
            chat: chat.map(|chat| chat.to_string()),
            speaker: speaker.as_deref(),
            greeting: greeting.as_deref(),
        },
        Event::ShortcutChanged { shortcut, name, removed } => {
            View::ShortcutChanged { shortcut: shortcut.to_string(), name, removed: *removed }
        }
        Event::OauthClientChanged { client, name, removed } => {
            View::OauthClientChanged { client: client.to_string(), name, removed: *removed }
        }
        Event::VisitStarted { visit, customer } => View::VisitStarted { visit: visit.to_string(), customer: customer.to_string() },
        Event::PageViewed { visit, customer, url, title } => {
            View::PageViewed { visit: visit.to_string(), customer: customer.to_string(), url, title }
        }
        Event::Call(event) => View::Call(event.into()),
        Event::Sla(event) => View::Sla(event.into()),
        Event::Automation(event) => View::Automation(event.into()),
    }
}

/// An event without `t`: as it stands in a `history` frame.
pub(crate) fn bare(recorded: &Recorded, audience: Audience) -> String {
    let body = serde_json::to_string(&view(&recorded.event, audience)).expect("an event always has a JSON form");
    format!("{{\"n\":{},\"at\":{},{}", recorded.number, millis(recorded.at), &body[1..])
}

/// An event as a frame of its own.
pub(crate) fn frame(recorded: &Recorded, audience: Audience) -> String {
    let bare = bare(recorded, audience);
    format!("{{\"t\":\"event\",{}", &bare[1..])
}

#[cfg(test)]
mod tests {
    use deskbell_domain::call::CallEvent;
    use deskbell_domain::ids::{AgentId, CallId, CallLegId, ConversationId, CustomerId, GroupId, MessageId, TriggerId, VisitId, VisitorId};
    use deskbell_domain::message::{GroupKind, MessageKind};
    use deskbell_domain::time::Timestamp;

    use super::*;

    #[test]
    fn a_note_reaches_nobody_but_watching_agents() {
        let event = Event::MessageAdded {
            conversation: ConversationId::from_i64(383_486_450_414),
            chat: None,
            group: GroupId::from_i64(1),
            group_kind: GroupKind::Internal,
            message: MessageId::from_i64(383_486_450_415),
            kind: MessageKind::Note,
            author: Actor::System,
            author_name: "System".to_owned(),
            text: "\"quoted\"".to_owned(),
            attachment: None,
            key: Some("k".to_owned()),
        };
        assert_eq!(reach(&event), Reach { desk: false, visitor: false });
        let recorded = Recorded { number: 7, at: Timestamp::from_micros(1_500), event };
        assert_eq!(
            frame(&recorded, Audience::Agent),
            r#"{"t":"event","n":7,"at":1,"e":"message.added","conversation":"4w65xiwe","chat":null,"message":"4w65xiwf","kind":"note","by":"system","agent":null,"name":"System","text":"\"quoted\"","file":null,"key":"k"}"#
        );
        assert!(frame(&recorded, Audience::Visitor).ends_with(r#""key":null}"#));
        let settings = Recorded { number: 8, at: Timestamp::EPOCH, event: Event::SettingsChanged { slots_for_all: None } };
        assert_eq!(frame(&settings, Audience::Agent), r#"{"t":"event","n":8,"at":0,"e":"settings.changed"}"#);
    }

    #[test]
    fn a_call_is_told_as_flat_as_all_else() {
        let event = Event::Call(CallEvent::Held {
            call: CallId::from_i64(383_486_450_414),
            conversation: ConversationId::from_i64(383_486_450_415),
            leg: CallLegId::from_i64(1),
            agent: AgentId::from_i64(383_486_450_416),
            held: true,
        });
        let recorded = Recorded { number: 7, at: Timestamp::from_micros(1_500), event };
        let wanted =
            r#"{"t":"event","n":7,"at":1,"e":"call.held","conversation":"4w65xiwf","call":"4w65xiwe","agent":"4w65xiwg","held":true}"#;
        assert_eq!(frame(&recorded, Audience::Agent), wanted);
    }

    #[test]
    fn a_greeting_tells_its_visitor_nothing_but_itself() {
        let fired = |greeting: Option<&str>| Event::TriggerFired {
            trigger: TriggerId::from_i64(383_486_450_414),
            trigger_name: "secret".to_owned(),
            visit: VisitId::from_i64(383_486_450_415),
            visitor: VisitorId::from_i64(383_486_450_416),
            customer: CustomerId::from_i64(383_486_450_417),
            chat: None,
            speaker: greeting.map(|_| "Sarah".to_owned()),
            greeting: greeting.map(str::to_owned),
        };
        assert_eq!(reach(&fired(None)), Reach { desk: false, visitor: false });
        let event = fired(Some("May I help?"));
        assert_eq!(reach(&event), Reach { desk: false, visitor: true });
        let recorded = Recorded { number: 7, at: Timestamp::from_micros(1_500), event };
        let wanted = r#"{"t":"event","n":7,"at":1,"e":"greeting","name":"Sarah","text":"May I help?"}"#;
        assert_eq!(frame(&recorded, Audience::Visitor), wanted);
    }
}
