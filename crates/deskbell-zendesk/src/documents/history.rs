//! The history of an exported chat: who came and left, what was said, tagged and rated, and the departments it went through, in the order
//! of the journal.
//!
//! What only agents see (notes, system lines) is never in it.

use std::collections::BTreeMap;

use deskbell_app::documents::ChatRecord;
use deskbell_domain::chat::StartedBy;
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::message::{Actor, Attachment, Message, MessageKind};
use deskbell_domain::time::Timestamp;
use serde_json::{Value, json};

use super::{agent_name, base62, department_id, department_name, ended, stamp};

/// An event on its way: where in the journal it is, what comes first of what shares a place, and its members in alphabetical order.
struct Placed {
    number: i64,
    turn: u16,
    members: BTreeMap<&'static str, Value>,
}

/// The events in order, numbered from 0.
pub(super) fn events(record: &ChatRecord) -> Vec<Value> {
    let mut events = joins_and_leaves(record);
    events.extend(messages(record));
    events.extend(transfers(record));
    events.sort_by_key(|event| (event.number, event.turn));
    let channel = format!("#supportchat:{}-{}", record.account_key, base62(record.customer.id.get()));
    let numbered = events.into_iter().enumerate().map(|(index, mut event)| {
        event.members.insert("channel", json!(channel));
        event.members.insert("index", json!(index));
        json!(event.members)
    });
    numbered.collect()
}

fn event(kind: &str, name: &str, at: Timestamp) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([("name", json!(name)), ("timestamp", json!(stamp(at))), ("type", json!(kind))])
}

fn joins_and_leaves(record: &ChatRecord) -> Vec<Placed> {
    let chat = &record.chat;
    let visitor = record.customer.display_name();
    let mut members = event("chat.memberjoin", &visitor, chat.requested);
    let (first, name) = match record.transfers.first() {
        Some(transfer) => (transfer.from, name_of(record, transfer.from)),
        None => (chat.department, record.department_name.as_str()),
    };
    members.insert("department_id", json!(department_id(first)));
    members.insert("department_name", json!(department_name(first, name)));
    let mut events = vec![Placed { number: i64::MIN, turn: 0, members: invited(record, members) }];
    for placed in &record.engagements {
        let (engagement, name) = (&placed.engagement, agent_name(record, placed.engagement.agent));
        let members = event("chat.memberjoin", &name, engagement.joined);
        let members = if engagement.ordinal == 1 { invited(record, members) } else { members };
        events.push(Placed { number: placed.joined_number, turn: 0, members });
        if let (Some(number), Some(at)) = (placed.left_number, engagement.left) {
            events.push(Placed { number, turn: engagement.ordinal, members: left(&name, at) });
        }
    }
    events.push(Placed { number: end_number(record), turn: u16::MAX, members: left(&visitor, ended(record)) });
    events
}

fn name_of(record: &ChatRecord, department: DepartmentId) -> &str {
    record.departments.get(&department).map(String::as_str).unwrap_or_default()
}

/// The ways from department to department. Handing a chat to another agent of the same one is seen by his coming.
fn transfers(record: &ChatRecord) -> impl Iterator<Item = Placed> + '_ {
    record.transfers.iter().map(|transfer| {
        // As he was called then, like the authors of all lines: it was said in one just before.
        let mut lines = record.messages.iter().rev().filter(|stored| stored.number < transfer.number);
        let line = lines.find(|stored| stored.message.kind == MessageKind::Transfer);
        let author = line.map_or("", |line| line.message.author_name.as_str());
        let mut members = event("chat.transfer", author, transfer.at);
        if let Actor::Agent(agent) = transfer.by {
            members.insert("agent_id", json!(agent.get().to_string()));
        }
        members.insert("department_id", json!(department_id(transfer.to)));
        members.insert("department_name", json!(department_name(transfer.to, name_of(record, transfer.to))));
        members.insert("prev_department_id", json!(department_id(transfer.from)));
        members.insert("prev_department_name", json!(department_name(transfer.from, name_of(record, transfer.from))));
        Placed { number: transfer.number, turn: 0, members }
    })
}

/// In a chat that an agent started, both sides come by his invitation.
fn invited(record: &ChatRecord, mut members: BTreeMap<&'static str, Value>) -> BTreeMap<&'static str, Value> {
    if record.chat.started_by == StartedBy::Agent {
        members.insert("source", json!("chat.invite"));
    }
    members
}

fn left(name: &str, at: Timestamp) -> BTreeMap<&'static str, Value> {
    let mut members = event("chat.memberleave", name, at);
    members.insert("reason", json!("user_leave_chat"));
    members
}

/// Where the chat ended: with the last leaving, or with the line that says so.
fn end_number(record: &ChatRecord) -> i64 {
    let lines = record.messages.iter().filter(|stored| stored.message.kind == MessageKind::End).map(|stored| stored.number);
    let leavings = record.engagements.iter().filter_map(|placed| placed.left_number);
    lines.chain(leavings).max().unwrap_or(i64::MAX)
}

fn messages(record: &ChatRecord) -> Vec<Placed> {
    let (mut rating, mut comment) = (Value::Null, Value::Null);
    let mut events = Vec::new();
    for stored in &record.messages {
        let message = &stored.message;
        let changed = |kind, key, new_key, before: &mut Value, after: Value| {
            let mut members = event(kind, &message.author_name, message.at);
            members.insert(key, std::mem::replace(before, after.clone()));
            members.insert(new_key, after);
            members
        };
        let mut rated = |after| changed("chat.rating", "rating", "new_rating", &mut rating, after);
        let members = match message.kind {
            MessageKind::PositiveRating => rated(json!("good")),
            MessageKind::NegativeRating => rated(json!("bad")),
            // The only system line that has a visitor as its author says that he took his rating back.
            MessageKind::System if matches!(message.author, Actor::Customer(_)) => rated(Value::Null),
            MessageKind::RatingComment => changed("chat.comment", "comment", "new_comment", &mut comment, json!(message.text)),
            MessageKind::Tag => {
                let Some((before, after)) = &message.tags else { continue };
                changed("chat.tag", "tags", "new_tags", &mut json!(before), json!(after))
            }
            MessageKind::Message | MessageKind::File | MessageKind::Mixed | MessageKind::MessageLegacy | MessageKind::Voice => {
                spoken(message)
            }
            MessageKind::Disconnected
            | MessageKind::End
            | MessageKind::FormField
            | MessageKind::Header
            | MessageKind::Internal
            | MessageKind::Split
            | MessageKind::Note
            | MessageKind::NoteFile
            | MessageKind::QuotedText
            | MessageKind::Status
            | MessageKind::System
            | MessageKind::Footer
            | MessageKind::MailHeader
            | MessageKind::Title
            | MessageKind::Transfer
            | MessageKind::UserAgent
            | MessageKind::VoiceInternal
            | MessageKind::Merged
            | MessageKind::ErrorFooter
            | MessageKind::SystemPublic
            | MessageKind::InvitationReroute => continue,
        };
        events.push(Placed { number: stored.number, turn: 0, members });
    }
    events
}

/// A text, or a file with the text that came with it.
fn spoken(message: &Message) -> BTreeMap<&'static str, Value> {
    let kind = if message.attachment.is_some() { "chat.file" } else { "chat.msg" };
    let mut members = event(kind, &message.author_name, message.at);
    members.insert("msg", json!(message.text));
    members.insert("options", json!(""));
    let sender = match message.author {
        Actor::Customer(_) => {
            members.insert("msg_id", json!(message.at.micros().div_euclid(1_000).to_string()));
            "Visitor"
        }
        Actor::Agent(agent) => {
            members.insert("agent_id", json!(agent.get().to_string()));
            "Agent"
        }
        Actor::System => "Trigger",
    };
    members.insert("sender_type", json!(sender));
    if let Some(file) = &message.attachment {
        members.insert("attachment", attachment(file));
    }
    members
}

/// The names are those of the original's other interfaces; the address is the desk's own, and asks for a credential.
fn attachment(file: &Attachment) -> Value {
    json!({"mime_type": file.content_type, "name": file.name, "size": file.bytes, "url": format!("/live/files/{}", file.file)})
}
