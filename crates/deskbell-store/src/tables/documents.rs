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
        "INSERT INTO chat_documents (chat_id, public_id, updated_second, body) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (chat_id) DO UPDATE SET updated_second = excluded.updated_second, body = excluded.body",
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
