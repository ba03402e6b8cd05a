//! What the holder of the desk's API key does: with the whole desk's authority, in an agent's name or in none. Starting a conversation is
//! in [`opening`].

pub mod opening;

use deskbell_domain::chat::{Chat, EndReason};
use deskbell_domain::ids::{AgentId, ConversationId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

use super::{Authority, Change, Writing, Written, change_status, get, hand_over, mail_id, write};
use crate::accounts::enabled_agent;
use crate::calls;
use crate::chats::{self, transfer};
use crate::commands::{Done, once};
use crate::context::Context;
use crate::error::AppError;
use crate::views;

/// Files sent with one message, at most.
pub const FILES_MAX: usize = 20;

/// Where the keys of what is sent to a conversation are remembered.
pub(super) fn scope(conversation: ConversationId) -> String {
    format!("k{conversation}")
}

/// An enabled agent by e-mail address or id.
fn agent(tx: &mut Tx<'_>, identifier: &str) -> Result<AgentId, AppError> {
    let known = views::agent(tx, identifier)?.ok_or_else(|| AppError::not_found("agent not found"))?;
    Ok(enabled_agent(tx, known.id)?.id)
}

/// In whose name something is done: an agent's by e-mail address or id, or the system's.
fn actor(tx: &mut Tx<'_>, identifier: Option<&str>) -> Result<Actor, AppError> {
    match identifier {
        Some(identifier) => Ok(Actor::Agent(agent(tx, identifier)?)),
        None => Ok(Actor::System),
    }
}

fn check_files(files: &[String]) -> Result<(), AppError> {
    if files.len() > FILES_MAX {
        return Err(AppError::too_large(format!("at most {FILES_MAX} files with one message")));
    }
    if files.iter().any(|file| file.contains('\0')) {
        return Err(AppError::not_found("no such file"));
    }
    Ok(())
}

/// Answers to a mail belong to a conversation from now on.
fn tie(tx: &mut Tx<'_>, mail: Option<&str>, conversation: ConversationId) -> Result<(), AppError> {
    match mail.map(mail_id).transpose()?.flatten() {
        Some(id) => Ok(tables::mail_ids::tie(tx, &id, conversation)?),
        None => Ok(()),
    }
}

/// A message or a note.
#[derive(Debug, Clone)]
pub struct Letter {
    pub conversation: ConversationId,
    /// E-mail address or id of the agent in whose name it is written; `None` is the system, which can only leave notes.
    pub agent: Option<String>,
    pub writing: Writing,
    pub text: String,
    /// Files that agents or keys of the API have put there and nobody has sent; each beyond the first becomes a message of its own.
    pub files: Vec<String>,
    /// The id of the mail that it was sent as elsewhere.
    pub mail_id: Option<String>,
}

/// Writes a letter, once per key and conversation. Into a live chat it goes also when the agent has not joined.
pub fn send(tx: &mut Tx<'_>, cx: &mut Context, key: Option<&str>, letter: &Letter) -> Result<Done, AppError> {
    check_files(&letter.files)?;
    // It may have been merged since its spelling was looked up.
    let conversation = get(tx, letter.conversation)?.id;
    once(tx, cx, &scope(conversation), key, |tx, cx| {
        let by = actor(tx, letter.agent.as_deref())?;
        let writing = if by == Actor::System { Writing::Note } else { letter.writing };
        let files: Vec<&str> = letter.files.iter().map(String::as_str).collect();
        tie(tx, letter.mail_id.as_deref(), conversation)?;
        write(tx, cx, by, conversation, Written { writing, text: &letter.text, files: &files, key, authority: Authority::Desk })
    })
}

/// In whose name something is done, and what he remarks.
#[derive(Debug, Clone, Default)]
pub struct Signed {
    /// E-mail address or id of an agent; `None` is the system.
    pub agent: Option<String>,
    /// Left as a note.
    pub note: Option<String>,
}

fn remark(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, conversation: ConversationId, note: Option<&str>) -> Result<(), AppError> {
    if let Some(text) = note {
        write(tx, cx, by, conversation, Written { writing: Writing::Note, text, files: &[], key: None, authority: Authority::Desk })?;
    }
    Ok(())
}

/// Changes the status. Resolving and deleting end a live chat or a call first; another status cannot be set while one goes on.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, conversation: ConversationId, change: Change, signed: &Signed) -> Result<Done, AppError> {
    let by = actor(tx, signed.agent.as_deref())?;
    let conversation = get(tx, conversation)?.id;
    if matches!(change, Change::Resolve | Change::Delete) {
        if let Some(chat) = tables::chats::live_of_conversation(tx, conversation)? {
            chats::end(tx, cx, chat, EndReason::Agent, by)?;
        }
        calls::end_of_conversation(tx, cx, conversation, by)?;
    }
    let done = change_status(tx, cx, by, conversation, change)?;
    remark(tx, cx, by, conversation, signed.note.as_deref())?;
    Ok(done)
}

/// To whom a conversation is handed over; at least one is given.
#[derive(Debug, Clone, Default)]
pub struct Attendants {
    /// An id. With a department alone, nobody of it is in charge yet.
    pub department: Option<String>,
    /// E-mail address or id of an agent. Without a department the conversation stays in its own.
    pub agent: Option<String>,
}

/// Hands a conversation over: outside live chat it is assigned, the agent need not be in the department; a live chat is handed over as
/// agents do, and the agent must be in the department. To an agent who is in the chat already nothing has to be handed.
pub fn transfer(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    conversation: ConversationId,
    to: &Attendants,
    signed: &Signed,
) -> Result<Done, AppError> {
    let by = actor(tx, signed.agent.as_deref())?;
    let department = to.department.as_deref().map(|identifier| department(tx, identifier)).transpose()?;
    let to = to.agent.as_deref().map(|identifier| agent(tx, identifier)).transpose()?;
    let conversation = get(tx, conversation)?.id;
    let done = match tables::chats::live_of_conversation(tx, conversation)? {
        None => hand_over(tx, cx, by, conversation, department, to)?,
        Some(chat) if has_joined(tx, &chat, to)? => Done::chat(&chat, tx.head()?),
        Some(chat) => {
            let target = match (to, department) {
                (Some(agent), None) => transfer::Target::Agent(agent),
                (Some(agent), Some(department)) => transfer::Target::Member(agent, department),
                (None, Some(department)) => transfer::Target::Department(department),
                (None, None) => return Err(AppError::missing("agent or department is missing")),
            };
            transfer::transfer_by_desk(tx, cx, by, chat.id, target)?
        }
    };
    remark(tx, cx, by, conversation, signed.note.as_deref())?;
    Ok(done)
}

fn has_joined(tx: &mut Tx<'_>, chat: &Chat, agent: Option<AgentId>) -> Result<bool, AppError> {
    let Some(agent) = agent else { return Ok(false) };
    Ok(tables::engagements::open(tx, chat.id)?.iter().any(|engagement| engagement.agent == agent))
}

fn department(tx: &mut Tx<'_>, identifier: &str) -> Result<DepartmentId, AppError> {
    let found = views::department(tx, identifier)?.ok_or_else(|| AppError::not_found("department with this id not found"))?;
    Ok(found.id)
}

#[cfg(test)]
mod tests;
