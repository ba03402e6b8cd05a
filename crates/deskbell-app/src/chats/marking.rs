//! Marking what visitors left behind as read, or as unread again.

use deskbell_domain::event::Event;
use deskbell_domain::message::Actor;
use deskbell_store::tables::documents::Subject;
use deskbell_store::{Tx, tables};

use crate::commands::Done;
use crate::context::Context;
use crate::error::AppError;

/// Marks a chat that has ended, or an offline message. One that is marked so already stays as it is.
pub fn mark(tx: &mut Tx<'_>, cx: &Context, what: Subject, unread: bool, by: Actor) -> Result<Done, AppError> {
    let (chat, conversation) = match what {
        Subject::Chat(chat) => {
            let mut chat = tables::chats::get(tx, chat)?.ok_or_else(|| AppError::not_found("no such chat"))?;
            if chat.ended.is_none() {
                return Err(AppError::conflict("the chat goes on"));
            }
            if chat.unread == unread {
                return Ok(Done::chat(&chat, tx.head()?));
            }
            chat.unread = unread;
            tables::chats::update(tx, &chat)?;
            (Some(chat.id), chat.conversation)
        }
        Subject::Offline(message) => {
            let offline = tables::offline_messages::get(tx, message)?.ok_or_else(|| AppError::not_found("no such offline message"))?;
            if offline.unread == unread {
                return Ok(Done::conversation(offline.conversation, tx.head()?));
            }
            tables::offline_messages::mark(tx, message, unread)?;
            (None, offline.conversation)
        }
    };
    let number = tx.append(cx.now, Event::ChatMarked { chat, conversation, unread, by })?;
    Ok(Done::conversation(conversation, number))
}
