//! What became of conversations and agents, change by change: rows that are only ever added. The rest of a conversation's row says what it is
//! now; these say what it was when something happened in it.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::ids::{AgentId, ConversationId, DepartmentId, SlaLevelId, TagId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;

use super::{actor, actor_columns, time, word};
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

/// It has this level of service from now on, or none.
pub fn level(tx: &mut Tx<'_>, place: Place, conversation: ConversationId, level: Option<SlaLevelId>) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO conversation_changes (conversation_id, number, at, what, level_id) VALUES ($1, $2, $3, 'level', $4)",
        &[&conversation.get(), &place.number, &place.at.micros(), &level.map(SlaLevelId::get)],
    )?;
    Ok(())
}

/// A level of service has these business hours from a number of the journal on: the line that [`deskbell_domain::calendar::Calendar::parse`] reads.
pub fn calendar(tx: &mut Tx<'_>, number: i64, level: SlaLevelId, calendar: &str) -> Result<(), StoreError> {
    tx.exec("INSERT INTO sla_calendar_changes (level_id, number, calendar) VALUES ($1, $2, $3)", &[&level.get(), &number, &calendar])?;
    Ok(())
}

/// The business hours of all levels before a number of the journal.
pub fn calendars_before(tx: &mut Tx<'_>, number: i64) -> Result<Vec<(SlaLevelId, String)>, StoreError> {
    let rows: Vec<(i64, String)> = tx.all(
        "SELECT k.level_id, k.calendar FROM sla_calendar_changes k WHERE k.number = \
           (SELECT MAX(b.number) FROM sla_calendar_changes b WHERE b.level_id = k.level_id AND b.number < $1) ORDER BY k.level_id",
        &[&number],
    )?;
    Ok(rows.into_iter().map(|(level, calendar)| (SlaLevelId::from_i64(level), calendar)).collect())
}

/// An agent's status is another one.
pub fn agent_status(tx: &mut Tx<'_>, place: Place, agent: AgentId, online: AgentStatus) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO agent_status_changes (agent_id, number, at, online) VALUES ($1, $2, $3, $4)",
        &[&agent.get(), &place.number, &place.at.micros(), &i64::from(online.bits())],
    )?;
    Ok(())
}

/// Notes of a conversation's messages, chats and calls, which are about to go into another one, where they belonged up to this number.
pub fn moved(tx: &mut Tx<'_>, from: ConversationId, number: i64) -> Result<(), StoreError> {
    for sql in [
        "INSERT INTO moved_rows (kind, id, number, conversation_id) \
         SELECT 'message', id, $2, conversation_id FROM messages WHERE conversation_id = $1",
        "INSERT INTO moved_rows (kind, id, number, conversation_id) \
         SELECT 'group', id, $2, conversation_id FROM message_groups WHERE conversation_id = $1",
        "INSERT INTO moved_rows (kind, id, number, conversation_id) SELECT 'chat', id, $2, conversation_id FROM chats WHERE conversation_id = $1",
        "INSERT INTO moved_rows (kind, id, number, conversation_id) SELECT 'call', id, $2, conversation_id FROM calls WHERE conversation_id = $1",
    ] {
        tx.exec(sql, &[&from.get(), &number])?;
    }
    Ok(())
}

/// What became of a conversation in one change; what it says nothing of is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub at: Timestamp,
    /// Of one that is another now: what it was.
    pub status_before: Option<Status>,
    pub status: Option<Status>,
    pub department: Option<DepartmentId>,
    /// In charge, of a change that says who that is.
    pub assigned: Option<AgentId>,
    pub tags: Option<Vec<TagId>>,
    /// Its level of service, of a change that says which that is; the inner none is no level.
    pub level: Option<Option<SlaLevelId>>,
}

/// What became of a conversation before a number of the journal, in order. Empty if an older program began it.
pub fn before(tx: &mut Tx<'_>, conversation: ConversationId, number: i64) -> Result<Vec<Change>, StoreError> {
    tx.all_with(
        "SELECT at, status_before, status, department_id, assigned_id, tags, what, level_id FROM conversation_changes \
         WHERE conversation_id = $1 AND number < $2 ORDER BY number",
        &[&conversation.get(), &number],
        |row| {
            let status = |column| -> Result<Option<Status>, StoreError> {
                row.get::<Option<String>>(column)?.map(|text| word(Status::parse, "status", &text)).transpose()
            };
            let tags = |list: String| -> Result<Vec<TagId>, StoreError> {
                let ids = list.split(',').filter(|tag| !tag.is_empty()).map(|tag| tag.parse().map(TagId::from_i64));
                ids.collect::<Result<_, _>>().map_err(|_| StoreError::Corrupt(format!("{list:?} is no list of tags")))
            };
            Ok(Change {
                at: time(row.get(0)?),
                status_before: status(1)?,
                status: status(2)?,
                department: row.get::<Option<i64>>(3)?.map(DepartmentId::from_i64),
                assigned: row.get::<Option<i64>>(4)?.map(AgentId::from_i64),
                tags: row.get::<Option<String>>(5)?.map(tags).transpose()?,
                level: if row.str(6)? == "level" { Some(row.get::<Option<i64>>(7)?.map(SlaLevelId::from_i64)) } else { None },
            })
        },
    )
}

/// Who was signed in at a number of the journal, and since when he had the status that he had then.
pub fn signed_in_at(tx: &mut Tx<'_>, number: i64) -> Result<Vec<(AgentId, Timestamp)>, StoreError> {
    let rows: Vec<(i64, i64)> = tx.all(
        "SELECT s.agent_id, s.at FROM agent_status_changes s WHERE s.online <> 0 AND s.number = \
           (SELECT MAX(b.number) FROM agent_status_changes b WHERE b.agent_id = s.agent_id AND b.number < $1) ORDER BY s.agent_id",
        &[&number],
    )?;
    Ok(rows.into_iter().map(|(agent, at)| (AgentId::from_i64(agent), time(at))).collect())
}

/// A condition: that a row was in conversation `$1` when it came. A merge may have moved it since.
macro_rules! came_to {
    ($kind:literal, $row:literal, $number:literal) => {
        concat!(
            "(",
            concat!($row, ".conversation_id = $1 OR ", $row, ".id IN "),
            concat!("(SELECT id FROM moved_rows WHERE kind = '", $kind, "' AND conversation_id = $1)) AND "),
            concat!("COALESCE((SELECT r.conversation_id FROM moved_rows r WHERE r.kind = '", $kind, "' AND r.id = ", $row, ".id "),
            concat!("AND r.number >= ", $number, " ORDER BY r.number LIMIT 1), ", $row, ".conversation_id) = $1")
        )
    };
}

/// Who was the first to say something in a conversation, to ask for a chat there, or to call, before a number of the journal.
pub fn first_speaker(tx: &mut Tx<'_>, conversation: ConversationId, number: i64) -> Result<Option<Actor>, StoreError> {
    let found: Option<(String, Option<i64>)> = tx.opt(
        concat!(
            "SELECT kind, id FROM ( \
               SELECT m.number AS number, m.author_kind AS kind, m.author_id AS id FROM messages m JOIN message_groups g ON g.id = m.group_id \
               WHERE m.chat_id IS NULL AND m.author_kind IN ('agent', 'customer') AND m.kind IN ('M', 'F', 'X', 'Y', 'V') \
                 AND g.kind IN ('P', 'V', 'C', 'F', 'K', 'A', '5', 'M', 'Y', 'W', '3', '4') AND ",
            came_to!("message", "m", "m.number"),
            " UNION ALL \
               SELECT g.number, 'customer', c.customer_id FROM chats c JOIN message_groups g ON g.id = c.group_id \
               WHERE c.started_by <> 'agent' AND ",
            came_to!("chat", "c", "g.number"),
            " UNION ALL \
               SELECT g.number, CASE WHEN c.direction <> 'in' AND c.caller_id IS NOT NULL THEN 'agent' ELSE 'customer' END, \
                 CASE WHEN c.direction <> 'in' AND c.caller_id IS NOT NULL THEN c.caller_id ELSE c.customer_id END \
               FROM calls c JOIN message_groups g ON g.id = c.group_id WHERE ",
            came_to!("call", "c", "g.number"),
            ") AS spoken WHERE number < $2 ORDER BY number LIMIT 1"
        ),
        &[&conversation.get(), &number],
    )?;
    found.map(|(kind, id)| actor(&kind, id)).transpose()
}
