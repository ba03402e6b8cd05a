//! Message groups and messages.

use deskbell_domain::ids::{ChatId, ConversationId, CustomerId, GroupId, MessageId};
use deskbell_domain::message::{Actor, Attachment, GroupKind, GroupStatus, Message, MessageGroup, MessageKind};
use deskbell_domain::time::Timestamp;

use super::{actor, actor_columns, narrow, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// Separates tags within a stored list: a control character that no tag may contain.
const TAG_SEPARATOR: char = '\u{1f}';

/// A message as stored: with its place in the journal and its sender's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    pub message: Message,
    /// The number of the journal event that added it.
    pub number: i64,
    pub key: Option<String>,
}

pub fn insert_group(tx: &mut Tx<'_>, group: &MessageGroup, number: i64) -> Result<(), StoreError> {
    let (author_kind, author_id) = actor_columns(group.author);
    tx.exec(
        "INSERT INTO message_groups (id, conversation_id, chat_id, kind, status, author_kind, author_id, created_at, finished_at, number) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            &group.id.get(),
            &group.conversation.get(),
            &group.chat.map(ChatId::get),
            &group.kind.text(),
            &group.status.text(),
            &author_kind,
            &author_id,
            &group.created.micros(),
            &group.finished.micros(),
            &number,
        ],
    )?;
    Ok(())
}

/// Notes the time of a group's latest message.
pub fn touch_group(tx: &mut Tx<'_>, group: GroupId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE message_groups SET finished_at = $2 WHERE id = $1", &[&group.get(), &at.micros()])?;
    Ok(())
}

/// Changes a group's status: of a call, that stands otherwise now.
pub fn set_group_status(tx: &mut Tx<'_>, group: GroupId, status: GroupStatus) -> Result<(), StoreError> {
    tx.exec("UPDATE message_groups SET status = $2 WHERE id = $1", &[&group.get(), &status.text()])?;
    Ok(())
}

/// The groups of a conversation in the order they began.
pub fn groups(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<MessageGroup>, StoreError> {
    tx.all_with(
        "SELECT id, chat_id, kind, status, author_kind, author_id, created_at, finished_at FROM message_groups \
         WHERE conversation_id = $1 ORDER BY number, created_at, id",
        &[&conversation.get()],
        |row| {
            Ok(MessageGroup {
                id: GroupId::from_i64(row.get(0)?),
                conversation,
                chat: row.get::<Option<i64>>(1)?.map(ChatId::from_i64),
                kind: word(GroupKind::parse, "group kind", row.str(2)?)?,
                status: word(GroupStatus::parse, "group status", row.str(3)?)?,
                author: actor(row.str(4)?, row.get(5)?)?,
                created: time(row.get(6)?),
                finished: time(row.get(7)?),
            })
        },
    )
}

pub fn insert(tx: &mut Tx<'_>, stored: &StoredMessage) -> Result<(), StoreError> {
    let message = &stored.message;
    let (author_kind, author_id) = actor_columns(message.author);
    let joined = |tags: &Vec<String>| tags.join(&TAG_SEPARATOR.to_string());
    let (before, after) = match &message.tags {
        Some((before, after)) => (Some(joined(before)), Some(joined(after))),
        None => (None, None),
    };
    tx.exec(
        "INSERT INTO messages (id, conversation_id, chat_id, group_id, kind, author_kind, author_id, author_name, at, text, file_id, \
           tags_before, tags_after, send_key, number) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            &message.id.get(),
            &message.conversation.get(),
            &message.chat.map(ChatId::get),
            &message.group.get(),
            &message.kind.text(),
            &author_kind,
            &author_id,
            &message.author_name,
            &message.at.micros(),
            &message.text,
            &message.attachment.as_ref().map(|attachment| attachment.file.as_str()),
            &before,
            &after,
            &stored.key,
            &stored.number,
        ],
    )?;
    Ok(())
}

const SELECT: &str = "SELECT m.id, m.conversation_id, m.chat_id, m.group_id, g.kind, m.kind, m.author_kind, m.author_id, m.author_name, m.at, \
                      m.text, m.file_id, m.tags_before, m.tags_after, m.send_key, m.number, f.name, f.content_type, f.bytes \
                      FROM messages m JOIN message_groups g ON g.id = m.group_id LEFT JOIN files f ON f.id = m.file_id";

fn row(row: &Row<'_>) -> Result<StoredMessage, StoreError> {
    let split =
        |text: String| -> Vec<String> { if text.is_empty() { Vec::new() } else { text.split(TAG_SEPARATOR).map(str::to_owned).collect() } };
    let attachment = match row.get::<Option<String>>(11)? {
        None => None,
        Some(file) => Some(Attachment {
            file,
            name: row.get::<Option<String>>(16)?.unwrap_or_default(),
            content_type: row.get::<Option<String>>(17)?.unwrap_or_default(),
            bytes: narrow("bytes", row.get::<Option<i64>>(18)?.unwrap_or_default())?,
        }),
    };
    let tags = match (row.get::<Option<String>>(12)?, row.get::<Option<String>>(13)?) {
        (Some(before), Some(after)) => Some((split(before), split(after))),
        _ => None,
    };
    Ok(StoredMessage {
        message: Message {
            id: MessageId::from_i64(row.get(0)?),
            conversation: ConversationId::from_i64(row.get(1)?),
            chat: row.get::<Option<i64>>(2)?.map(ChatId::from_i64),
            group: GroupId::from_i64(row.get(3)?),
            group_kind: word(GroupKind::parse, "group kind", row.str(4)?)?,
            kind: word(MessageKind::parse, "message kind", row.str(5)?)?,
            author: actor(row.str(6)?, row.get(7)?)?,
            author_name: row.get(8)?,
            at: time(row.get(9)?),
            text: row.get(10)?,
            attachment,
            tags,
        },
        key: row.get(14)?,
        number: row.get(15)?,
    })
}

/// Messages of a conversation with a number above `after`, oldest first.
pub fn after(tx: &mut Tx<'_>, conversation: ConversationId, after: i64, limit: i64) -> Result<Vec<StoredMessage>, StoreError> {
    tx.all_dynamic_with(
        &format!("{SELECT} WHERE m.conversation_id = $1 AND m.number > $2 ORDER BY m.number LIMIT $3"),
        &[&conversation.get(), &after, &limit],
        row,
    )
}

/// The newest messages of a conversation that its browser may see, oldest of them first: what came with a merge from another browser's
/// conversation is left out.
pub fn newest(tx: &mut Tx<'_>, conversation: ConversationId, limit: i64) -> Result<Vec<StoredMessage>, StoreError> {
    let mut all = tx.all_dynamic_with(
        &format!("{SELECT} WHERE m.conversation_id = $1 AND m.origin_id IS NULL ORDER BY m.number DESC LIMIT $2"),
        &[&conversation.get(), &limit],
        row,
    )?;
    all.reverse();
    Ok(all)
}

/// The newest messages of a conversation that this customer may see, wherever he is, oldest of them first: what came with a merge from
/// somebody else's conversation is left out.
pub fn newest_of_customer(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    customer: CustomerId,
    limit: i64,
) -> Result<Vec<StoredMessage>, StoreError> {
    let mut all = tx.all_dynamic_with(
        &format!(
            "{SELECT} WHERE m.conversation_id = $1 AND (m.origin_id IS NULL \
               OR EXISTS (SELECT 1 FROM conversations origin WHERE origin.id = m.origin_id AND origin.customer_id = $2)) \
             ORDER BY m.number DESC LIMIT $3"
        ),
        &[&conversation.get(), &customer.get(), &limit],
        row,
    )?;
    all.reverse();
    Ok(all)
}

/// When the customer or an agent last said something to the other.
pub fn last_spoken(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(i64,)> = tx.opt(
        "SELECT at FROM messages WHERE conversation_id = $1 AND author_kind IN ('customer', 'agent') AND kind IN ('M', 'F', 'X', 'Y', 'V') \
         ORDER BY number DESC LIMIT 1",
        &[&conversation.get()],
    )?;
    Ok(found.map(|(at,)| time(at)))
}

/// What the customer said last.
pub fn last_text_of_customer(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<String>, StoreError> {
    let found: Option<(String,)> = tx.opt(
        "SELECT text FROM messages WHERE conversation_id = $1 AND author_kind = 'customer' AND kind IN ('M', 'F', 'X', 'Y', 'V') \
         ORDER BY number DESC LIMIT 1",
        &[&conversation.get()],
    )?;
    Ok(found.map(|(text,)| text))
}

/// The name beside a customer's latest message in a conversation.
pub fn latest_name_of_customer(tx: &mut Tx<'_>, conversation: ConversationId, customer: CustomerId) -> Result<Option<String>, StoreError> {
    let (kind, id) = actor_columns(Actor::Customer(customer));
    let found: Option<(String,)> = tx.opt(
        "SELECT author_name FROM messages WHERE conversation_id = $1 AND author_kind = $2 AND author_id = $3 ORDER BY number DESC LIMIT 1",
        &[&conversation.get(), &kind, &id],
    )?;
    Ok(found.map(|(name,)| name))
}

/// All messages of a chat, oldest first.
pub fn of_chat(tx: &mut Tx<'_>, chat: ChatId) -> Result<Vec<StoredMessage>, StoreError> {
    tx.all_dynamic_with(&format!("{SELECT} WHERE m.chat_id = $1 ORDER BY m.number"), &[&chat.get()], row)
}

pub fn get(tx: &mut Tx<'_>, message: MessageId) -> Result<Option<StoredMessage>, StoreError> {
    tx.opt_dynamic_with(&format!("{SELECT} WHERE m.id = $1"), &[&message.get()], row)
}

/// The conversation and the number of a message.
pub fn place(tx: &mut Tx<'_>, message: MessageId) -> Result<Option<(ConversationId, i64)>, StoreError> {
    let found: Option<(i64, i64)> = tx.opt("SELECT conversation_id, number FROM messages WHERE id = $1", &[&message.get()])?;
    Ok(found.map(|(conversation, number)| (ConversationId::from_i64(conversation), number)))
}

/// Whether a file was sent in a message of a conversation that its customer sees in the browser it was started from.
pub fn public_file(tx: &mut Tx<'_>, conversation: ConversationId, file: &str) -> Result<bool, StoreError> {
    let (count,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM messages WHERE conversation_id = $1 AND file_id = $2 AND kind = 'F' AND origin_id IS NULL",
        &[&conversation.get(), &file],
    )?;
    Ok(count > 0)
}

/// Keys under which the same author stored more than one message of a conversation: there should be none.
pub fn repeated_keys(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = tx.all(
        "SELECT send_key FROM messages WHERE send_key IS NOT NULL \
         GROUP BY conversation_id, author_kind, author_id, send_key HAVING COUNT(*) > 1 ORDER BY send_key LIMIT 20",
        &[],
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Messages whose event is not in the journal though the journal still reaches back that far: there should be none. The event of a
/// message that moved with a merge is that of the conversation it was written in.
pub fn without_event(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM messages m WHERE m.number >= (SELECT COALESCE(MIN(number), 0) FROM journal) \
         AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.number = m.number AND (j.conversation_id = m.conversation_id \
             OR j.conversation_id IN (SELECT id FROM conversations WHERE merged_into = m.conversation_id)))",
        &[],
    )?;
    Ok(count)
}
