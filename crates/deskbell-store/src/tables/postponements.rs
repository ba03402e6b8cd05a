//! Conversations that are set aside until a moment.

use deskbell_domain::conversation::Status;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::time::Timestamp;

use super::word;
use crate::engine::Tx;
use crate::error::StoreError;

/// A conversation is set aside until a moment; then it gets its status back. No rule has done it, unless [`caused`] says so.
pub fn put(tx: &mut Tx<'_>, conversation: ConversationId, back: Status, until: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO postponements (conversation_id, back, until_at) VALUES ($1, $2, $3) \
         ON CONFLICT (conversation_id) DO UPDATE SET back = excluded.back, until_at = excluded.until_at, cause = NULL",
        &[&conversation.get(), &back.text(), &until],
    )?;
    Ok(())
}

/// This firing has set a conversation aside.
pub fn caused(tx: &mut Tx<'_>, conversation: ConversationId, firing: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE postponements SET cause = $2 WHERE conversation_id = $1", &[&conversation.get(), &firing])?;
    Ok(())
}

/// The firing that has set a conversation aside.
pub fn cause(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<i64>, StoreError> {
    let found: Option<(Option<i64>,)> = tx.opt("SELECT cause FROM postponements WHERE conversation_id = $1", &[&conversation.get()])?;
    Ok(found.and_then(|(cause,)| cause))
}

pub fn remove(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM postponements WHERE conversation_id = $1", &[&conversation.get()])?;
    Ok(())
}

/// Those whose time is up, the longest due first, each with the status it gets back. One that a call goes on in waits for the end of it.
pub fn over(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<(ConversationId, Status)>, StoreError> {
    tx.all_with(
        "SELECT conversation_id, back FROM postponements p WHERE until_at <= $1 \
           AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = p.conversation_id AND c.status = 'P') \
         ORDER BY until_at, conversation_id LIMIT $2",
        &[&now, &limit],
        |row| Ok((ConversationId::from_i64(row.get(0)?), word(Status::parse, "status", row.str(1)?)?)),
    )
}

/// How a conversation is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Postponement {
    /// The status it gets back.
    pub back: Status,
    pub until: Timestamp,
}

pub fn get(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Postponement>, StoreError> {
    tx.opt_with("SELECT back, until_at FROM postponements WHERE conversation_id = $1", &[&conversation.get()], |row| {
        Ok(Postponement { back: word(Status::parse, "status", row.str(0)?)?, until: row.get(1)? })
    })
}

/// Until when a conversation is set aside.
pub fn until(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Timestamp>, StoreError> {
    Ok(get(tx, conversation)?.map(|postponement| postponement.until))
}

/// Conversations that are set aside, and nothing says until when: there should be none.
pub fn without_end(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.all_with(
        "SELECT code FROM conversations c WHERE status = 'W' AND merged_into IS NULL \
           AND NOT EXISTS (SELECT 1 FROM postponements p WHERE p.conversation_id = c.id) ORDER BY id LIMIT 20",
        &[],
        |row| row.get(0),
    )
}
