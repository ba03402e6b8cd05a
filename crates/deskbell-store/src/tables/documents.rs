//! Export documents of ended chats: rendered elsewhere, stored as text beside the columns of their cursor.

use deskbell_domain::ids::ChatId;

use crate::engine::Tx;
use crate::error::StoreError;

/// Chats that may carry the same update second: clients that page by second alone never end otherwise.
pub const CHATS_PER_SECOND_MAX: i64 = 999;

/// Finds the update second for a document: the wanted one, or the next that has room.
pub fn free_second(tx: &mut Tx<'_>, chat: ChatId, wanted: i64) -> Result<i64, StoreError> {
    let mut second = wanted;
    loop {
        let (taken,): (i64,) =
            tx.one("SELECT COUNT(*) FROM chat_documents WHERE updated_second = $1 AND chat_id <> $2", &[&second, &chat.get()])?;
        if taken < CHATS_PER_SECOND_MAX {
            return Ok(second);
        }
        second += 1;
    }
}

/// Stores or replaces a chat's document.
pub fn put(tx: &mut Tx<'_>, chat: ChatId, public_id: &str, second: i64, body: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO chat_documents (chat_id, public_id, updated_second, body) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (chat_id) DO UPDATE SET updated_second = excluded.updated_second, body = excluded.body",
        &[&chat.get(), &public_id, &second, &body],
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

/// The document of one chat.
pub fn get(tx: &mut Tx<'_>, chat: ChatId) -> Result<Option<(i64, String)>, StoreError> {
    tx.opt("SELECT updated_second, body FROM chat_documents WHERE chat_id = $1", &[&chat.get()])
}
