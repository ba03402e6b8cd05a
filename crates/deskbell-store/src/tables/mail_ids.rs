//! Ids of mails, and the conversations that answers to them belong to.

use deskbell_domain::ids::ConversationId;

use crate::engine::Tx;
use crate::error::StoreError;

/// Ties a mail to a conversation; one that was tied before belongs there from now on.
pub fn tie(tx: &mut Tx<'_>, mail_id: &str, conversation: ConversationId) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO mail_ids (mail_id, conversation_id) VALUES ($1, $2) \
         ON CONFLICT (mail_id) DO UPDATE SET conversation_id = excluded.conversation_id",
        &[&mail_id, &conversation.get()],
    )?;
    Ok(())
}

/// The conversation that a mail belongs to.
pub fn conversation(tx: &mut Tx<'_>, mail_id: &str) -> Result<Option<ConversationId>, StoreError> {
    let found: Option<(i64,)> = tx.opt("SELECT conversation_id FROM mail_ids WHERE mail_id = $1", &[&mail_id])?;
    Ok(found.map(|(id,)| ConversationId::from_i64(id)))
}
