//! What became of conversations and agents, change by change: rows that are only ever added. The rest of a conversation's row says what it is
//! now; these say what it was when something happened in it.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::ids::{AgentId, ConversationId, TagId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;

use super::actor_columns;
use crate::engine::Tx;
use crate::error::StoreError;

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The journal's number of it.
    pub number: i64,
    pub at: Timestamp,
}

fn insert(
    tx: &mut Tx<'_>,
    place: Place,
    what: &str,
    by: Option<Actor>,
    status_before: Option<Status>,
    conversation: &Conversation,
) -> Result<(), StoreError> {
    let (by_kind, by_id) = by.map(actor_columns).map_or((None, None), |(kind, id)| (Some(kind), id));
    tx.exec(
        "INSERT INTO conversation_changes (conversation_id, number, at, what, by_kind, by_id, status_before, status, department_id, assigned_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            &conversation.id.get(),
            &place.number,
            &place.at.micros(),
            &what,
            &by_kind,
            &by_id,
            &status_before.map(Status::text),
            &conversation.status.text(),
            &conversation.department.get(),
            &conversation.assigned.map(AgentId::get),
        ],
    )?;
    Ok(())
}

/// A conversation begins as it is.
pub fn started(tx: &mut Tx<'_>, place: Place, conversation: &Conversation) -> Result<(), StoreError> {
    insert(tx, place, "start", None, None, conversation)
}

/// It has another status than `before`.
pub fn status(tx: &mut Tx<'_>, place: Place, conversation: &Conversation, before: Status, by: Actor) -> Result<(), StoreError> {
    insert(tx, place, "status", Some(by), Some(before), conversation)
}

/// It has another department, or another agent in charge.
pub fn assigned(tx: &mut Tx<'_>, place: Place, conversation: &Conversation, by: Actor) -> Result<(), StoreError> {
    insert(tx, place, "assigned", Some(by), None, conversation)
}

/// It carries these tags from now on.
pub fn tags(tx: &mut Tx<'_>, place: Place, conversation: ConversationId, tags: &[TagId]) -> Result<(), StoreError> {
    let list = tags.iter().map(|tag| tag.get().to_string()).collect::<Vec<_>>().join(",");
    tx.exec(
        "INSERT INTO conversation_changes (conversation_id, number, at, what, tags) VALUES ($1, $2, $3, 'tags', $4)",
        &[&conversation.get(), &place.number, &place.at.micros(), &list],
    )?;
    Ok(())
}

/// An agent's status is another one.
pub fn agent_status(tx: &mut Tx<'_>, place: Place, agent: AgentId, online: AgentStatus) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO agent_status_changes (agent_id, number, at, online) VALUES ($1, $2, $3, $4)",
        &[&agent.get(), &place.number, &place.at.micros(), &i64::from(online.bits())],
    )?;
    Ok(())
}

/// Notes of a conversation's messages and chats, which are about to go into another one, where they belonged up to this number.
pub fn moved(tx: &mut Tx<'_>, from: ConversationId, number: i64) -> Result<(), StoreError> {
    for sql in [
        "INSERT INTO moved_rows (kind, id, number, conversation_id) \
         SELECT 'message', id, $2, conversation_id FROM messages WHERE conversation_id = $1",
        "INSERT INTO moved_rows (kind, id, number, conversation_id) \
         SELECT 'group', id, $2, conversation_id FROM message_groups WHERE conversation_id = $1",
        "INSERT INTO moved_rows (kind, id, number, conversation_id) SELECT 'chat', id, $2, conversation_id FROM chats WHERE conversation_id = $1",
    ] {
        tx.exec(sql, &[&from.get(), &number])?;
    }
    Ok(())
}
