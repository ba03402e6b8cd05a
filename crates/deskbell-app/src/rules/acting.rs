//! What rules do to conversations, always in the name of the desk. What cannot be done (an agent who is gone, a status that does not allow
//! it) is passed over and said in the log.

use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::{Actor, MessageKind};
use deskbell_domain::rule::{Action, Placeholder, Template};
use deskbell_store::{Tx, tables};

use super::ANSWERS_PER_HOUR_MAX;
use crate::automation::refusal;
use crate::context::Context;
use crate::conversations::by_key::{self, Attendants, Signed};
use crate::conversations::{self, Authority, Change, Writing, Written, postponing};
use crate::error::AppError;
use crate::fields::{self, Kept};
use crate::messages::{self, Into, NewMessage};
use crate::sla;

/// What came of a rule's actions.
#[derive(Debug, Default)]
pub(super) struct Acted {
    /// A line for each action.
    pub(super) lines: Vec<String>,
    pub(super) answers: i64,
}

/// A rule that acts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Firing {
    /// Of the journal's entry that tells of it.
    pub(super) number: i64,
    pub(super) conversation: ConversationId,
}

/// Does the actions one after the other.
pub(super) fn act(tx: &mut Tx<'_>, cx: &mut Context, firing: Firing, actions: &[Action]) -> Result<Acted, AppError> {
    let mut acted = Acted::default();
    for action in actions {
        let line = match one(tx, cx, firing, action, acted.answers) {
            Ok(line) => {
                acted.answers += i64::from(matches!(action, Action::Answer { .. }));
                line
            }
            Err(error) => format!("{}: passed over: {}", word(action), refusal(error)?.public),
        };
        acted.lines.push(line);
    }
    Ok(acted)
}

/// An action as definitions call it.
const fn word(action: &Action) -> &'static str {
    match action {
        Action::Note(_) => "note",
        Action::AddTags(_) => "add_tag",
        Action::RemoveTags(_) => "remove_tag",
        Action::Assign { .. } => "assign",
        Action::SetStatus(_) => "status",
        Action::Postpone(_) => "postpone",
        Action::Answer { .. } => "answer",
        Action::SetSlaLevel(_) => "sla_level",
        Action::SetField { .. } => "field",
    }
}

/// Does one action; returns what the log says of it. `answered` is how many answers this firing has sent so far.
fn one(tx: &mut Tx<'_>, cx: &mut Context, firing: Firing, action: &Action, answered: i64) -> Result<String, AppError> {
    let conversation = conversations::get(tx, firing.conversation)?;
    let id = conversation.id;
    let said = match action {
        Action::Note(text) => {
            let text = fill(tx, &conversation, text)?;
            let written = Written { writing: Writing::Note, text: &text, files: &[], key: None, authority: Authority::Desk };
            conversations::write(tx, cx, Actor::System, id, written)?;
            String::new()
        }
        Action::AddTags(more) => {
            let mut tags = tables::tags::of_conversation(tx, id)?;
            let new: Vec<String> = more.iter().filter(|tag| !tags.contains(tag)).cloned().collect();
            tags.extend(new.iter().cloned());
            conversations::set_tags(tx, cx, Actor::System, id, &tags)?;
            listed(&new)
        }
        Action::RemoveTags(fewer) => {
            let mut tags = tables::tags::of_conversation(tx, id)?;
            let gone: Vec<String> = fewer.iter().filter(|tag| tags.contains(tag)).cloned().collect();
            tags.retain(|tag| !gone.contains(tag));
            conversations::set_tags(tx, cx, Actor::System, id, &tags)?;
            listed(&gone)
        }
        Action::Assign { department: None, agent: Some(None) } => {
            conversations::hand_over(tx, cx, Actor::System, id, None, None)?;
            "none".to_owned()
        }
        Action::Assign { department, agent } => {
            let to = Attendants {
                department: department.map(|department| department.to_string()),
                agent: agent.flatten().map(|agent| agent.to_string()),
            };
            by_key::transfer(tx, cx, id, &to, &Signed::default())?;
            let after = conversations::get(tx, id)?;
            shown_assignment(tx, &after)?
        }
        Action::SetStatus(status) => {
            by_key::change(tx, cx, id, change_to(*status)?, &Signed::default())?;
            status.text().to_owned()
        }
        Action::Postpone(seconds) => {
            postponing::postpone(tx, cx, Actor::System, id, cx.now.plus_seconds(*seconds))?;
            tables::postponements::caused(tx, id, firing.number)?;
            String::new()
        }
        Action::Answer { name, text } => {
            if super::log::answers_in_hour(tx, cx, id)? + answered >= ANSWERS_PER_HOUR_MAX {
                return Err(AppError::conflict(format!("rules have sent {ANSWERS_PER_HOUR_MAX} answers within an hour")));
            }
            answer(tx, cx, conversation, name.as_deref(), text)?;
            String::new()
        }
        Action::SetSlaLevel(level) => {
            let name = match level {
                Some(level) => sla::levels::get(tx, *level)?.name,
                None => "none".to_owned(),
            };
            sla::clocks::set_level(tx, cx, Actor::System, id, *level)?;
            name
        }
        Action::SetField { code, value } => {
            let field = FieldValue { code: code.clone(), value: value.clone() };
            if fields::custom(tx, FieldOwner::Conversation(id))?.iter().filter(|known| known.code == *code).eq([&field]) {
                return Ok(format!("field: {code}: as it was"));
            }
            fields::write(tx, FieldOwner::Conversation(id), Kept::OtherCodes, &[field])?;
            fields::announce(tx, cx, Actor::System, FieldOwner::Conversation(id))?;
            code.clone()
        }
    };
    Ok(if said.is_empty() { word(action).to_owned() } else { format!("{}: {said}", word(action)) })
}

fn listed(tags: &[String]) -> String {
    if tags.is_empty() { "as it was".to_owned() } else { tags.join(", ") }
}

fn change_to(status: Status) -> Result<Change, AppError> {
    Ok(match status {
        Status::Answered => Change::Answered,
        Status::Open => Change::Open,
        Status::Resolved => Change::Resolve,
        Status::Deleted => Change::Delete,
        Status::Spam => Change::Spam,
        Status::Init | Status::New | Status::Postponed | Status::Chatting | Status::Calling => {
            return Err(AppError::internal("a definition with a status that rules do not set was read"));
        }
    })
}

fn department_name(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<String, AppError> {
    Ok(tables::departments::get(tx, conversation.department)?.map(|department| department.name).unwrap_or_default())
}

/// The agent in charge, or his department.
fn in_charge(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<String, AppError> {
    let agent = conversation.assigned.map(|agent| tables::agents::get(tx, agent)).transpose()?.flatten();
    agent.map_or_else(|| department_name(tx, conversation), |agent| Ok(agent.display_name()))
}

fn shown_assignment(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<String, AppError> {
    let department = department_name(tx, conversation)?;
    let in_charge = in_charge(tx, conversation)?;
    Ok(if in_charge == department { department } else { format!("{in_charge} ({department})") })
}

fn fill(tx: &mut Tx<'_>, conversation: &Conversation, text: &Template) -> Result<String, AppError> {
    let customer = crate::customers::get(tx, conversation.customer)?;
    text.fill(|placeholder| {
        Ok(match placeholder {
            Placeholder::CustomerName => customer.display_name(),
            Placeholder::CustomerFirstName => match customer.names().0 {
                "" => customer.display_name(),
                first => first.to_owned(),
            },
            Placeholder::CustomerEmail => customer.email.clone().unwrap_or_default(),
            Placeholder::Code => conversation.code.clone(),
            Placeholder::Subject => conversation.subject.clone(),
            Placeholder::AgentName => in_charge(tx, conversation)?,
            Placeholder::DepartmentName => department_name(tx, conversation)?,
        })
    })
}

/// Writes to the customer: into a live chat, else as a turn of its own. The status stays, so that nobody takes what a rule has answered
/// for done.
fn answer(tx: &mut Tx<'_>, cx: &Context, mut conversation: Conversation, name: Option<&str>, text: &Template) -> Result<(), AppError> {
    if matches!(conversation.status, Status::Deleted | Status::Spam) {
        return Err(AppError::conflict("the conversation is deleted or spam"));
    }
    if matches!(conversation.channel, Channel::Forum | Channel::Suggestion) {
        return Err(AppError::conflict("everybody would read it"));
    }
    let text = fill(tx, &conversation, text)?;
    messages::check_text(&text)?;
    let name = match name {
        Some(name) => name.to_owned(),
        None => department_name(tx, &conversation)?,
    };
    let message = NewMessage::text(MessageKind::Message, Actor::System, &name, &text);
    let mut chat = tables::chats::live_of_conversation(tx, conversation.id)?;
    let place = if chat.is_some() { Into::Chat } else { Into::NewGroup(conversations::answer_group(conversation.channel)) };
    messages::add(tx, cx, &mut conversation, chat.as_mut(), place, message)?;
    Ok(())
}
