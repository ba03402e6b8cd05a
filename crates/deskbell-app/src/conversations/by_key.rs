//! What the holder of the desk's API key writes: with the whole desk's authority, in an agent's name or in none.

use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::Actor;
use deskbell_store::Tx;

use super::{Authority, Writing, Written, write};
use crate::accounts::enabled_agent;
use crate::commands::{Done, once};
use crate::context::Context;
use crate::error::AppError;
use crate::views;

/// Files sent with one message, at most.
pub const FILES_MAX: usize = 20;

/// A message or a note.
#[derive(Debug, Clone)]
pub struct Letter {
    pub conversation: ConversationId,
    /// E-mail address or id of the agent in whose name it is written; `None` is the system, which can only leave notes.
    pub agent: Option<String>,
    pub writing: Writing,
    pub text: String,
    /// Files that agents have put there and nobody has sent; each beyond the first becomes a message of its own.
    pub files: Vec<String>,
}

/// Writes a letter, once per key and conversation. Into a live chat it goes also when the agent has not joined.
pub fn send(tx: &mut Tx<'_>, cx: &mut Context, key: Option<&str>, letter: &Letter) -> Result<Done, AppError> {
    if letter.files.len() > FILES_MAX {
        return Err(AppError::too_large(format!("at most {FILES_MAX} files with one message")));
    }
    if letter.files.iter().any(|file| file.contains('\0')) {
        return Err(AppError::not_found("no such file"));
    }
    once(tx, cx, &format!("k{}", letter.conversation), key, |tx, cx| {
        let (by, writing) = match &letter.agent {
            None => (Actor::System, Writing::Note),
            Some(identifier) => {
                let known = views::agent(tx, identifier)?.ok_or_else(|| AppError::not_found("agent not found"))?;
                (Actor::Agent(enabled_agent(tx, known.id)?.id), letter.writing)
            }
        };
        let authority = Authority::Desk;
        let mut files = letter.files.iter().map(String::as_str);
        let first = Written { writing, text: &letter.text, file: files.next(), key, authority };
        let mut done = write(tx, cx, by, letter.conversation, first)?;
        for file in files {
            done = write(tx, cx, by, letter.conversation, Written { writing, text: "", file: Some(file), key: None, authority })?;
        }
        Ok(done)
    })
}
