//! Conversations: one by any of its spellings, and what is written of them. Lists are in [`list`] and [`lines`].

mod counts;
mod lines;
mod list;

use std::collections::HashMap;

use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId, MessageId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;

use super::{in_list, narrow, tags, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

pub use counts::{Waiting, waiting};
pub use lines::{Line, Lines, lines};
pub use list::{Changed, Filter, Listed, Order, list};

/// Steps from a merged conversation to the one that holds it now, at most. A merge leads straight there; more than one step is an import.
const MERGES_FOLLOWED_MAX: usize = 100;

const COLUMNS: &str = "id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel, subject, \
                       preview, created_at, changed_at, groups_in, groups_out";

fn row(row: &Row<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: ConversationId::from_i64(row.get(0)?),
        code: row.get(1)?,
        public_code: row.get(2)?,
        customer: CustomerId::from_i64(row.get(3)?),
        visitor: row.get::<Option<i64>>(4)?.map(VisitorId::from_i64),
        visit: row.get::<Option<i64>>(5)?.map(VisitId::from_i64),
        department: DepartmentId::from_i64(row.get(6)?),
        assigned: row.get::<Option<i64>>(7)?.map(AgentId::from_i64),
        status: word(Status::parse, "status", row.str(8)?)?,
        channel: word(Channel::parse, "channel", row.str(9)?)?,
        subject: row.get(10)?,
        preview: row.get(11)?,
        created: time(row.get(12)?),
        changed: time(row.get(13)?),
        groups_in: narrow("groups_in", row.get(14)?)?,
        groups_out: narrow("groups_out", row.get(15)?)?,
        tags: Vec::new(),
    })
}

/// Adds a conversation. Its tags are set apart (see [`tags::set`]).
pub fn insert(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO conversations (id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel, \
           subject, preview, created_at, changed_at, groups_in, groups_out, status_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $13)",
        &[
            &conversation.id.get(),
            &conversation.code,
            &conversation.public_code,
            &conversation.customer.get(),
            &conversation.visitor.map(VisitorId::get),
            &conversation.visit.map(VisitId::get),
            &conversation.department.get(),
            &conversation.assigned.map(AgentId::get),
            &conversation.status.text(),
            &conversation.channel.text(),
            &conversation.subject,
            &conversation.preview,
            &conversation.created.micros(),
            &conversation.changed.micros(),
            &i64::from(conversation.groups_in),
            &i64::from(conversation.groups_out),
        ],
    )?;
    Ok(())
}

/// Writes what may change: department, assignment, status, subject, preview, time of change, counts. With another status the time of the
/// change is that of the status, too.
pub fn update(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE conversations SET customer_id = $2, department_id = $3, assigned_id = $4, status = $5, subject = $6, preview = $7, \
           changed_at = $8, groups_in = $9, groups_out = $10, status_at = CASE WHEN status = $5 THEN status_at ELSE $8 END WHERE id = $1",
        &[
            &conversation.id.get(),
            &conversation.customer.get(),
            &conversation.department.get(),
            &conversation.assigned.map(AgentId::get),
            &conversation.status.text(),
            &conversation.subject,
            &conversation.preview,
            &conversation.changed.micros(),
            &i64::from(conversation.groups_in),
            &i64::from(conversation.groups_out),
        ],
    )?;
    Ok(())
}

/// The conversation without its tags: what most rules need.
pub fn get(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Conversation>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM conversations WHERE id = $1"), &[&conversation.get()], row)
}

/// When its status changed last. Of one that has not been written since this is noted, the last change of any kind is known.
pub fn status_changed(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT COALESCE(status_at, changed_at) FROM conversations WHERE id = $1", &[&conversation.get()])?;
    Ok(found.map(|(at,)| time(at)))
}

/// The conversation with its tags.
pub fn whole(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let Some(mut found) = get(tx, conversation)? else { return Ok(None) };
    found.tags = tags::of_conversation(tx, conversation)?;
    Ok(Some(found))
}

/// Finds a conversation by id, code (`ABC-DEFGH-123`) or public code. One that was merged into another leads to that one.
pub fn resolve(tx: &mut Tx<'_>, spelling: &str) -> Result<Option<ConversationId>, StoreError> {
    if let Some(id) = ConversationId::parse(spelling) {
        return current(tx, id);
    }
    let found = if spelling.contains('-') {
        tx.opt("SELECT id, merged_into FROM conversations WHERE code = $1", &[&spelling.to_uppercase()])?
    } else {
        tx.opt("SELECT id, merged_into FROM conversations WHERE public_code = $1", &[&spelling])?
    };
    follow(tx, found)
}

/// How conversations are called: their codes by their ids.
pub fn codes(tx: &mut Tx<'_>, conversations: &[ConversationId]) -> Result<HashMap<ConversationId, String>, StoreError> {
    let list = in_list(conversations.iter().map(|conversation| conversation.get()));
    let found = tx.all_dynamic_with(&format!("SELECT id, code FROM conversations WHERE id IN {list}"), &[], |row| {
        Ok((ConversationId::from_i64(row.get(0)?), row.get(1)?))
    })?;
    Ok(found.into_iter().collect())
}

/// The very conversation with this public code, also if it went into another one.
pub fn by_public_code(tx: &mut Tx<'_>, public_code: &str) -> Result<Option<Conversation>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM conversations WHERE public_code = $1"), &[&public_code], row)
}

/// The conversation itself, or the one that it went into.
pub fn current(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<ConversationId>, StoreError> {
    let found = tx.opt("SELECT id, merged_into FROM conversations WHERE id = $1", &[&conversation.get()])?;
    follow(tx, found)
}

fn follow(tx: &mut Tx<'_>, mut found: Option<(i64, Option<i64>)>) -> Result<Option<ConversationId>, StoreError> {
    for _ in 0..MERGES_FOLLOWED_MAX {
        match found {
            Some((_, Some(target))) => found = tx.opt("SELECT id, merged_into FROM conversations WHERE id = $1", &[&target])?,
            Some((id, None)) => return Ok(Some(ConversationId::from_i64(id))),
            None => return Ok(None),
        }
    }
    Err(StoreError::Corrupt(format!("more than {MERGES_FOLLOWED_MAX} conversations merged one into another")))
}

/// The newest conversation started from a browser. One that was merged counts as where it went, if that is this browser's too; else the
/// browser has none: it is not shown what others wrote.
pub fn latest_of_visitor(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<Option<Conversation>, StoreError> {
    let newest = tx.opt(
        "SELECT id, merged_into FROM conversations WHERE visitor_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1",
        &[&visitor.get()],
    )?;
    match follow(tx, newest)? {
        Some(id) => Ok(get(tx, id)?.filter(|conversation| conversation.visitor == Some(visitor))),
        None => Ok(None),
    }
}

/// Copies of its mails go there, comma separated.
pub fn set_cc(tx: &mut Tx<'_>, conversation: ConversationId, cc: &str) -> Result<(), StoreError> {
    tx.exec("UPDATE conversations SET cc = $2 WHERE id = $1", &[&conversation.get(), &cc])?;
    Ok(())
}

pub fn cc(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<String, StoreError> {
    let found: Option<(String,)> = tx.opt("SELECT cc FROM conversations WHERE id = $1", &[&conversation.get()])?;
    Ok(found.map(|(cc,)| cc).unwrap_or_default())
}

/// Whether there is any conversation.
pub fn any(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT id FROM conversations LIMIT 1", &[])?.is_some())
}

/// All conversations started from a browser.
pub fn ids_of_visitor(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<Vec<ConversationId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all("SELECT id FROM conversations WHERE visitor_id = $1 ORDER BY created_at, id", &[&visitor.get()])?;
    Ok(rows.into_iter().map(|(id,)| ConversationId::from_i64(id)).collect())
}

/// One side has read up to a message; marks only move forward. Returns whether this one did.
pub fn mark_read(tx: &mut Tx<'_>, conversation: ConversationId, side: &str, message: MessageId, number: i64) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "INSERT INTO read_marks (conversation_id, side, message_id, number) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (conversation_id, side) DO UPDATE SET message_id = excluded.message_id, number = excluded.number \
         WHERE read_marks.number < excluded.number",
        &[&conversation.get(), &side, &message.get(), &number],
    )?;
    Ok(changed > 0)
}

/// The last message one side has read.
pub fn read_mark(tx: &mut Tx<'_>, conversation: ConversationId, side: &str) -> Result<Option<MessageId>, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT message_id FROM read_marks WHERE conversation_id = $1 AND side = $2", &[&conversation.get(), &side])?;
    Ok(found.map(|(id,)| MessageId::from_i64(id)))
}
