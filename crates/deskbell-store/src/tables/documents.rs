//! Export documents of ended chats and of offline messages: rendered elsewhere, stored as text beside the columns of their cursor.

use std::collections::HashMap;

use deskbell_domain::ids::{ChatId, MessageId};

use crate::engine::Tx;
use crate::error::StoreError;

/// Documents that may carry the same update second: clients that page by second alone never end otherwise.
pub const CHATS_PER_SECOND_MAX: i64 = 999;

/// What a document is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Chat(ChatId),
    /// The message that was left.
    Offline(MessageId),
}

impl Subject {
    /// Its place in the table: an id of one is never an id of the other.
    pub fn get(self) -> i64 {
        match self {
            Subject::Chat(chat) => chat.get(),
            Subject::Offline(message) => message.get(),
        }
    }
}

impl From<ChatId> for Subject {
    fn from(chat: ChatId) -> Subject {
        Subject::Chat(chat)
    }
}

impl From<MessageId> for Subject {
    fn from(message: MessageId) -> Subject {
        Subject::Offline(message)
    }
}

/// How many documents each second has, as far as one write has looked.
#[derive(Debug, Default)]
pub struct Seconds(HashMap<i64, i64>);

impl Seconds {
    /// Takes a place in the wanted second, or in the next one that has fewer than `room` others; `own` is the second that the document
    /// has now.
    pub fn take(&mut self, tx: &mut Tx<'_>, own: Option<i64>, wanted: i64, room: i64) -> Result<i64, StoreError> {
        let mut second = wanted;
        while self.count(tx, second)? - i64::from(own == Some(second)) >= room {
            second += 1;
        }
        if own != Some(second) {
            *self.0.entry(second).or_default() += 1;
            if let Some(left) = own.and_then(|own| self.0.get_mut(&own)) {
                *left -= 1;
            }
        }
        Ok(second)
    }

    fn count(&mut self, tx: &mut Tx<'_>, second: i64) -> Result<i64, StoreError> {
        if let Some(count) = self.0.get(&second) {
            return Ok(*count);
        }
        let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM chat_documents WHERE updated_second = $1", &[&second])?;
        self.0.insert(second, count);
        Ok(count)
    }
}

/// The second up to which nothing is written any more.
pub fn promised(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (second,) = tx.one("SELECT second FROM export_promise WHERE id = 1", &[])?;
    Ok(second)
}

/// Promises that nothing is written any more up to a second. What was promised before stays so.
pub fn promise(tx: &mut Tx<'_>, second: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE export_promise SET second = $1 WHERE id = 1 AND second < $1", &[&second])?;
    Ok(())
}

/// Stores or replaces a document.
pub fn put(tx: &mut Tx<'_>, subject: impl Into<Subject>, public_id: &str, second: i64, body: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO chat_documents (chat_id, public_id, updated_second, body, written) \
           VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(written), 0) + 1 FROM chat_documents)) \
         ON CONFLICT (chat_id) DO UPDATE SET updated_second = excluded.updated_second, body = excluded.body, written = excluded.written",
        &[&subject.into().get(), &public_id, &second, &body],
    )?;
    Ok(())
}

/// A page of documents strictly after (second, id), and not newer than `until` (seconds). `page` is called with second, id and body.
pub fn page(tx: &mut Tx<'_>, after: (i64, &str), until: i64, limit: i64, mut each: impl FnMut(i64, &str, &str)) -> Result<(), StoreError> {
    tx.each(
        "SELECT updated_second, public_id, body FROM chat_documents \
         WHERE (updated_second, public_id) > ($1, $2) AND updated_second <= $3 ORDER BY updated_second, public_id LIMIT $4",
        &[&after.0, &after.1, &until, &limit],
        |row| {
            each(row.get(0)?, row.str(1)?, row.str(2)?);
            Ok(())
        },
    )
}

/// A document, with its second.
pub fn get(tx: &mut Tx<'_>, subject: impl Into<Subject>) -> Result<Option<(i64, String)>, StoreError> {
    tx.opt("SELECT updated_second, body FROM chat_documents WHERE chat_id = $1", &[&subject.into().get()])
}

/// The number of the latest write of a document; 0 if there was none since they are counted.
pub fn last_written(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (last,): (i64,) = tx.one("SELECT COALESCE(MAX(written), 0) FROM chat_documents", &[])?;
    Ok(last)
}

/// Documents written after a write, in the order of writing; one that was written again is there once. `each` gets the write's number,
/// the id and the body.
pub fn written_after(tx: &mut Tx<'_>, after: i64, limit: i64, mut each: impl FnMut(i64, &str, &str)) -> Result<(), StoreError> {
    tx.each("SELECT written, public_id, body FROM chat_documents WHERE written > $1 ORDER BY written LIMIT $2", &[&after, &limit], |row| {
        each(row.get(0)?, row.str(1)?, row.str(2)?);
        Ok(())
    })
}

/// All documents by id, behind an id. `each` gets the id and the body.
pub fn all_after(tx: &mut Tx<'_>, after: &str, limit: i64, mut each: impl FnMut(&str, &str)) -> Result<(), StoreError> {
    tx.each("SELECT public_id, body FROM chat_documents WHERE public_id > $1 ORDER BY public_id LIMIT $2", &[&after, &limit], |row| {
        each(row.str(0)?, row.str(1)?);
        Ok(())
    })
}

/// The document of a chat or an offline message by its outside id; none of a deleted conversation's.
pub fn by_public_id(tx: &mut Tx<'_>, public_id: &str) -> Result<Option<String>, StoreError> {
    let found: Option<(String,)> = tx.opt(
        "SELECT d.body FROM chat_documents d WHERE d.public_id = $1 \
           AND NOT EXISTS (SELECT 1 FROM chats c JOIN conversations v ON v.id = c.conversation_id \
             WHERE c.public_id = $1 AND v.status = 'X') \
           AND NOT EXISTS (SELECT 1 FROM offline_messages o JOIN conversations v ON v.id = o.conversation_id \
             WHERE o.public_id = $1 AND v.status = 'X')",
        &[&public_id],
    )?;
    Ok(found.map(|(body,)| body))
}

/// Ended chats begun before (moment in microseconds, id), newest first, without those of deleted conversations. `each` gets the moment,
/// the id and the body.
pub fn newest_chats(tx: &mut Tx<'_>, before: (i64, &str), limit: i64, mut each: impl FnMut(i64, &str, &str)) -> Result<(), StoreError> {
    tx.each(
        "SELECT c.requested_at, c.public_id, d.body FROM chats c JOIN chat_documents d ON d.public_id = c.public_id \
           JOIN conversations v ON v.id = c.conversation_id \
         WHERE c.ended_at IS NOT NULL AND (c.requested_at, c.public_id) < ($1, $2) AND v.status <> 'X' \
         ORDER BY c.requested_at DESC, c.public_id DESC LIMIT $3",
        &[&before.0, &before.1, &limit],
        |row| {
            each(row.get(0)?, row.str(1)?, row.str(2)?);
            Ok(())
        },
    )
}

/// The same of offline messages.
pub fn newest_offline(tx: &mut Tx<'_>, before: (i64, &str), limit: i64, mut each: impl FnMut(i64, &str, &str)) -> Result<(), StoreError> {
    tx.each(
        "SELECT o.left_at, o.public_id, d.body FROM offline_messages o JOIN chat_documents d ON d.public_id = o.public_id \
           JOIN conversations v ON v.id = o.conversation_id \
         WHERE (o.left_at, o.public_id) < ($1, $2) AND v.status <> 'X' \
         ORDER BY o.left_at DESC, o.public_id DESC LIMIT $3",
        &[&before.0, &before.1, &limit],
        |row| {
            each(row.get(0)?, row.str(1)?, row.str(2)?);
            Ok(())
        },
    )
}

/// How many documents there are that lists show: without those of deleted conversations.
pub fn listed(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (all,): (i64,) = tx.one("SELECT COUNT(*) FROM chat_documents", &[])?;
    let (chats,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM conversations v JOIN chats c ON c.conversation_id = v.id \
           JOIN chat_documents d ON d.public_id = c.public_id WHERE v.status = 'X'",
        &[],
    )?;
    let (messages,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM conversations v JOIN offline_messages o ON o.conversation_id = v.id \
           JOIN chat_documents d ON d.public_id = o.public_id WHERE v.status = 'X'",
        &[],
    )?;
    Ok(all - chats - messages)
}
