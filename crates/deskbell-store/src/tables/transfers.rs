//! Chats that went from one department to another.

use deskbell_domain::chat::Transfer;
use deskbell_domain::ids::{ChatId, ConversationId, DepartmentId};

use super::{actor, actor_columns, time};
use crate::engine::Tx;
use crate::error::StoreError;

pub fn insert(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<(), StoreError> {
    let (author_kind, author_id) = actor_columns(transfer.by);
    tx.exec(
        "INSERT INTO chat_transfers (number, chat_id, from_id, to_id, author_kind, author_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (number) DO NOTHING",
        &[
            &transfer.number,
            &transfer.chat.get(),
            &transfer.from.get(),
            &transfer.to.get(),
            &author_kind,
            &author_id,
            &transfer.at.micros(),
        ],
    )?;
    Ok(())
}

/// The transfers of a chat in order.
pub fn of_chat(tx: &mut Tx<'_>, chat: ChatId) -> Result<Vec<Transfer>, StoreError> {
    tx.all_with(
        "SELECT number, from_id, to_id, author_kind, author_id, at FROM chat_transfers WHERE chat_id = $1 ORDER BY number",
        &[&chat.get()],
        |row| {
            Ok(Transfer {
                number: row.get(0)?,
                chat,
                from: DepartmentId::from_i64(row.get(1)?),
                to: DepartmentId::from_i64(row.get(2)?),
                by: actor(row.str(3)?, row.get(4)?)?,
                at: time(row.get(5)?),
            })
        },
    )
}

/// The conversation of a chat that was handed over, and the number before its first handing over, if none of its ways is noted here.
pub fn unnoted(tx: &mut Tx<'_>, chat: ChatId) -> Result<Option<(ConversationId, i64)>, StoreError> {
    let found: Option<(i64, i64)> = tx.opt(
        "SELECT conversation_id, number FROM messages WHERE chat_id = $1 AND kind = 'R' \
           AND NOT EXISTS (SELECT 1 FROM chat_transfers t WHERE t.chat_id = messages.chat_id) ORDER BY number LIMIT 1",
        &[&chat.get()],
    )?;
    Ok(found.map(|(conversation, number)| (ConversationId::from_i64(conversation), number - 1)))
}
