//! Offline messages: what visitors left when nobody was there to chat.

use deskbell_domain::ids::{ConversationId, CustomerId, DepartmentId, MessageId, VisitId};
use deskbell_domain::offline::OfflineMessage;
use deskbell_domain::time::Timestamp;

use super::{flag, time};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, public_id, conversation_id, customer_id, visit_id, department_id, left_at, unread";

fn row(row: &Row<'_>) -> Result<OfflineMessage, StoreError> {
    Ok(OfflineMessage {
        id: MessageId::from_i64(row.get(0)?),
        public_id: row.get(1)?,
        conversation: ConversationId::from_i64(row.get(2)?),
        customer: CustomerId::from_i64(row.get(3)?),
        visit: row.get::<Option<i64>>(4)?.map(VisitId::from_i64),
        department: DepartmentId::from_i64(row.get(5)?),
        left: time(row.get(6)?),
        unread: row.get::<i64>(7)? != 0,
    })
}

pub fn insert(tx: &mut Tx<'_>, offline: &OfflineMessage) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO offline_messages (id, public_id, conversation_id, customer_id, visit_id, department_id, left_at, unread) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &offline.id.get(),
            &offline.public_id,
            &offline.conversation.get(),
            &offline.customer.get(),
            &offline.visit.map(VisitId::get),
            &offline.department.get(),
            &offline.left.micros(),
            &flag(offline.unread),
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, message: MessageId) -> Result<Option<OfflineMessage>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM offline_messages WHERE id = $1"), &[&message.get()], row)
}

pub fn by_public_id(tx: &mut Tx<'_>, public_id: &str) -> Result<Option<OfflineMessage>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM offline_messages WHERE public_id = $1"), &[&public_id], row)
}

/// Those of a conversation, which has several when others went into it.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<MessageId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all("SELECT id FROM offline_messages WHERE conversation_id = $1 ORDER BY id", &[&conversation.get()])?;
    Ok(rows.into_iter().map(|(id,)| MessageId::from_i64(id)).collect())
}

pub fn mark(tx: &mut Tx<'_>, message: MessageId, unread: bool) -> Result<(), StoreError> {
    tx.exec("UPDATE offline_messages SET unread = $2 WHERE id = $1", &[&message.get(), &flag(unread)])?;
    Ok(())
}

/// A bite of conversations behind an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bite {
    /// The last conversation of the bite; `None` if there was none.
    pub last: Option<i64>,
    /// The messages that visitors left in them. Those that are not noted yet have no public id.
    pub left: Vec<OfflineMessage>,
}

/// Looks for messages that visitors left in conversations behind an id, merged ones included: what a conversation begins with that was
/// started by a form on the site.
pub fn look(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Bite, StoreError> {
    let mut bite = Bite { last: None, left: Vec::new() };
    let mut forms = Vec::new();
    tx.each(
        "SELECT id, channel, customer_id, visit_id, department_id, created_at, COALESCE(merged_into, id) FROM conversations \
         WHERE id > $1 ORDER BY id LIMIT $2",
        &[&after, &limit],
        |row| {
            bite.last = Some(row.get(0)?);
            let visit = row.get::<Option<i64>>(3)?.map(VisitId::from_i64);
            if row.str(1)? == "M" && visit.is_some() {
                forms.push(OfflineMessage {
                    id: MessageId::from_i64(0),
                    public_id: String::new(),
                    conversation: ConversationId::from_i64(row.get(6)?),
                    customer: CustomerId::from_i64(row.get(2)?),
                    visit,
                    department: DepartmentId::from_i64(row.get(4)?),
                    left: time(row.get(5)?),
                    unread: true,
                });
            }
            Ok(())
        },
    )?;
    for form in forms {
        let found: Option<(i64,)> = tx.opt(
            "SELECT m.id FROM messages m JOIN message_groups g ON g.id = m.group_id \
             WHERE m.conversation_id = $1 AND m.at = $2 AND m.kind = 'M' AND m.author_kind = 'customer' AND g.kind IN ('5', 'M') \
             ORDER BY m.number LIMIT 1",
            &[&form.conversation.get(), &form.left.micros()],
        )?;
        let Some((id,)) = found else { continue };
        let noted = get(tx, MessageId::from_i64(id))?;
        bite.left.push(noted.unwrap_or(OfflineMessage { id: MessageId::from_i64(id), ..form }));
    }
    Ok(bite)
}

/// Notes that it was left at another time.
pub fn set_left(tx: &mut Tx<'_>, message: MessageId, left: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE offline_messages SET left_at = $2 WHERE id = $1", &[&message.get(), &left.micros()])?;
    Ok(())
}
