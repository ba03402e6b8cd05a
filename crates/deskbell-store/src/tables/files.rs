//! Files sent in conversations: their descriptions. The bytes are blobs elsewhere.

use deskbell_domain::ids::{AgentId, ConversationId, VisitorId};
use deskbell_domain::message::Attachment;
use deskbell_domain::time::Timestamp;

use super::{narrow, time};
use crate::engine::Tx;
use crate::error::StoreError;

/// A file and who put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub attachment: Attachment,
    /// Set once it was sent.
    pub conversation: Option<ConversationId>,
    pub visitor: Option<VisitorId>,
    pub agent: Option<AgentId>,
    pub created: Timestamp,
}

pub fn insert(tx: &mut Tx<'_>, file: &File) -> Result<(), StoreError> {
    let bytes = i64::try_from(file.attachment.bytes).map_err(|_| StoreError::Corrupt("file size".to_owned()))?;
    tx.exec(
        "INSERT INTO files (id, conversation_id, visitor_id, agent_id, name, content_type, bytes, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &file.attachment.file,
            &file.conversation.map(ConversationId::get),
            &file.visitor.map(VisitorId::get),
            &file.agent.map(AgentId::get),
            &file.attachment.name,
            &file.attachment.content_type,
            &bytes,
            &file.created.micros(),
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, file: &str) -> Result<Option<File>, StoreError> {
    tx.opt_with(
        "SELECT id, conversation_id, visitor_id, agent_id, name, content_type, bytes, created_at FROM files WHERE id = $1",
        &[&file],
        |row| {
            Ok(File {
                attachment: Attachment {
                    file: row.get(0)?,
                    name: row.get(4)?,
                    content_type: row.get(5)?,
                    bytes: narrow("bytes", row.get(6)?)?,
                },
                conversation: row.get::<Option<i64>>(1)?.map(ConversationId::from_i64),
                visitor: row.get::<Option<i64>>(2)?.map(VisitorId::from_i64),
                agent: row.get::<Option<i64>>(3)?.map(AgentId::from_i64),
                created: time(row.get(7)?),
            })
        },
    )
}

/// Ties a file to the conversation it was sent in.
pub fn attach(tx: &mut Tx<'_>, file: &str, conversation: ConversationId) -> Result<(), StoreError> {
    tx.exec("UPDATE files SET conversation_id = $2 WHERE id = $1", &[&file, &conversation.get()])?;
    Ok(())
}

/// Files never sent and older than a moment, at most `limit`.
pub fn unused_before(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> =
        tx.all("SELECT id FROM files WHERE conversation_id IS NULL AND created_at < $1 LIMIT $2", &[&before.micros(), &limit])?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub fn remove(tx: &mut Tx<'_>, file: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM files WHERE id = $1", &[&file])?;
    Ok(())
}
