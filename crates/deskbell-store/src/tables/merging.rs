//! One conversation's rows become another's. Its own row stays, and says where it went.

use deskbell_domain::ids::{ConversationId, MessageId};

use super::files;
use crate::engine::Tx;
use crate::error::StoreError;

/// What a browser is shown of messages that come from a conversation which was not its own: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browsers {
    /// Both were started by the same customer from the same browser, or from none.
    Same,
    Different,
}

/// How many messages a conversation has.
pub fn count_messages(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<i64, StoreError> {
    let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM messages WHERE conversation_id = $1", &[&conversation.get()])?;
    Ok(count)
}

/// The place of what the customer or an agent said last.
pub fn last_spoken(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<i64>, StoreError> {
    let (last,): (Option<i64>,) = tx.one(
        "SELECT MAX(number) FROM messages WHERE conversation_id = $1 AND author_kind IN ('customer', 'agent') \
           AND kind IN ('M', 'F', 'X', 'Y', 'V')",
        &[&conversation.get()],
    )?;
    Ok(last)
}

/// The last message up to which one side has read everything that the other side wrote in either conversation.
fn read_in_both(tx: &mut Tx<'_>, both: [ConversationId; 2], side: &str, other: &str) -> Result<Option<(MessageId, i64)>, StoreError> {
    let mut first_unread = i64::MAX;
    for conversation in both {
        let (number,): (Option<i64>,) = tx.one(
            "SELECT MIN(number) FROM messages WHERE conversation_id = $1 AND author_kind = $3 \
               AND number > COALESCE((SELECT number FROM read_marks WHERE conversation_id = $1 AND side = $2), 0)",
            &[&conversation.get(), &side, &other],
        )?;
        first_unread = first_unread.min(number.unwrap_or(i64::MAX));
    }
    let found: Option<(i64, i64)> = tx.opt(
        "SELECT id, number FROM messages WHERE conversation_id IN ($1, $2) AND number < $3 ORDER BY number DESC LIMIT 1",
        &[&both[0].get(), &both[1].get(), &first_unread],
    )?;
    Ok(found.map(|(id, number)| (MessageId::from_i64(id), number)))
}

fn unite_read_marks(tx: &mut Tx<'_>, from: ConversationId, into: ConversationId) -> Result<(), StoreError> {
    for (side, other) in [("customer", "agent"), ("agent", "customer")] {
        let marked: Option<(i64,)> = tx.opt(
            "SELECT number FROM read_marks WHERE conversation_id IN ($1, $2) AND side = $3 LIMIT 1",
            &[&from.get(), &into.get(), &side],
        )?;
        if marked.is_none() {
            continue;
        }
        let mark = read_in_both(tx, [from, into], side, other)?;
        tx.exec("DELETE FROM read_marks WHERE conversation_id IN ($1, $2) AND side = $3", &[&from.get(), &into.get(), &side])?;
        if let Some((message, number)) = mark {
            super::conversations::mark_read(tx, into, side, message, number)?;
        }
    }
    Ok(())
}

/// Moves everything that belongs to `from`, other than tags and added fields, and notes where it went. Neither may be merged already.
pub fn move_all(tx: &mut Tx<'_>, from: ConversationId, into: ConversationId, browsers: Browsers) -> Result<(), StoreError> {
    let (a, b) = (from.get(), into.get());
    unite_read_marks(tx, from, into)?;
    // A sender's key is his own in each conversation: the same one in both is no repetition.
    tx.exec(
        "UPDATE messages SET send_key = NULL WHERE conversation_id = $1 AND send_key IS NOT NULL \
           AND send_key IN (SELECT send_key FROM messages WHERE conversation_id = $2 AND send_key IS NOT NULL)",
        &[&a, &b],
    )?;
    match browsers {
        Browsers::Same => tx.exec("UPDATE messages SET conversation_id = $2 WHERE conversation_id = $1", &[&a, &b])?,
        Browsers::Different => {
            tx.exec("UPDATE messages SET conversation_id = $2, origin_id = COALESCE(origin_id, $1) WHERE conversation_id = $1", &[&a, &b])?
        }
    };
    tx.exec("UPDATE message_groups SET conversation_id = $2 WHERE conversation_id = $1", &[&a, &b])?;
    tx.exec("UPDATE engagements SET conversation_id = $2 WHERE chat_id IN (SELECT id FROM chats WHERE conversation_id = $1)", &[&a, &b])?;
    tx.exec("UPDATE offers SET conversation_id = $2 WHERE chat_id IN (SELECT id FROM chats WHERE conversation_id = $1)", &[&a, &b])?;
    tx.exec("UPDATE chats SET conversation_id = $2 WHERE conversation_id = $1", &[&a, &b])?;
    tx.exec("UPDATE calls SET conversation_id = $2 WHERE conversation_id = $1", &[&a, &b])?;
    tx.exec("UPDATE offline_messages SET conversation_id = $2 WHERE conversation_id = $1", &[&a, &b])?;
    files::move_between(tx, from, into)?;
    tx.exec("UPDATE mail_ids SET conversation_id = $2 WHERE conversation_id = $1", &[&a, &b])?;
    // What went into it before leads on at once, so that nothing has to be followed more than one step.
    tx.exec("UPDATE conversations SET merged_into = $2 WHERE merged_into = $1 OR id = $1", &[&a, &b])?;
    Ok(())
}
