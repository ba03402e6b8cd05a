//! Noting that a conversation begins with an offline message: what somebody left because nobody was there to chat.

use deskbell_domain::conversation::Conversation;
use deskbell_domain::ids::MessageId;
use deskbell_domain::offline::OfflineMessage;
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;

/// Notes the message that a conversation has just begun with as an offline message; in the same write, so that it is exported. Answers it
/// with its outside id.
pub fn note(tx: &mut Tx<'_>, cx: &mut Context, conversation: &Conversation, message: MessageId) -> Result<OfflineMessage, AppError> {
    let offline = OfflineMessage {
        id: message,
        public_id: cx.chat_public_id(),
        conversation: conversation.id,
        customer: conversation.customer,
        visit: conversation.visit,
        department: conversation.department,
        left: cx.now,
        unread: true,
    };
    tables::offline_messages::insert(tx, &offline)?;
    Ok(offline)
}
