//! Files: their descriptions, who uses them, and the marks on contents that come and go. The bytes are blobs elsewhere.

use deskbell_domain::ids::{AgentId, ConversationId, KnowledgeEntryId, PredefinedAnswerId, VisitorId, WidgetId};
use deskbell_domain::message::Attachment;
use deskbell_domain::time::Timestamp;

use super::{flag, narrow, time};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// A file and who put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub attachment: Attachment,
    /// The name of its contents, which other files may share.
    pub blob: String,
    /// Set once it was sent.
    pub conversation: Option<ConversationId>,
    pub visitor: Option<VisitorId>,
    pub agent: Option<AgentId>,
    /// Put there with a key of the API, in nobody's name.
    pub by_key: bool,
    pub downloads: i64,
    pub created: Timestamp,
}

/// What a file stands in, other than a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileOwner {
    Widget(WidgetId),
    KnowledgeEntry(KnowledgeEntryId),
    PredefinedAnswer(PredefinedAnswerId),
}

impl FileOwner {
    fn columns(self) -> (&'static str, i64) {
        match self {
            FileOwner::Widget(widget) => ("widget", widget.get()),
            FileOwner::KnowledgeEntry(entry) => ("entry", entry.get()),
            FileOwner::PredefinedAnswer(answer) => ("answer", answer.get()),
        }
    }

    fn read(kind: &str, id: i64) -> Result<FileOwner, StoreError> {
        match kind {
            "widget" => Ok(FileOwner::Widget(WidgetId::from_i64(id))),
            "answer" => Ok(FileOwner::PredefinedAnswer(PredefinedAnswerId::from_i64(id))),
            "entry" => Ok(FileOwner::KnowledgeEntry(KnowledgeEntryId::from_i64(id))),
            _ => Err(StoreError::Corrupt(format!("unknown user of a file {kind:?}"))),
        }
    }
}

fn row(row: &Row<'_>) -> Result<File, StoreError> {
    Ok(File {
        attachment: Attachment { file: row.get(0)?, name: row.get(4)?, content_type: row.get(5)?, bytes: narrow("bytes", row.get(6)?)? },
        blob: row.get(8)?,
        conversation: row.get::<Option<i64>>(1)?.map(ConversationId::from_i64),
        visitor: row.get::<Option<i64>>(2)?.map(VisitorId::from_i64),
        agent: row.get::<Option<i64>>(3)?.map(AgentId::from_i64),
        by_key: row.get::<i64>(9)? != 0,
        downloads: row.get(10)?,
        created: time(row.get(7)?),
    })
}

pub fn insert(tx: &mut Tx<'_>, file: &File) -> Result<(), StoreError> {
    let bytes = i64::try_from(file.attachment.bytes).map_err(|_| StoreError::Corrupt("file size".to_owned()))?;
    tx.exec(
        "INSERT INTO files (id, conversation_id, visitor_id, agent_id, name, content_type, bytes, created_at, blob, by_key, downloads) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            &file.attachment.file,
            &file.conversation.map(ConversationId::get),
            &file.visitor.map(VisitorId::get),
            &file.agent.map(AgentId::get),
            &file.attachment.name,
            &file.attachment.content_type,
            &bytes,
            &file.created.micros(),
            &file.blob,
            &flag(file.by_key),
            &file.downloads,
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, file: &str) -> Result<Option<File>, StoreError> {
    tx.opt_with(
        "SELECT id, conversation_id, visitor_id, agent_id, name, content_type, bytes, created_at, blob, by_key, downloads \
         FROM files WHERE id = $1",
        &[&file],
        row,
    )
}

/// Ties a file to the conversation it was sent in.
pub fn attach(tx: &mut Tx<'_>, file: &str, conversation: ConversationId) -> Result<(), StoreError> {
    tx.exec("UPDATE files SET conversation_id = $2 WHERE id = $1", &[&file, &conversation.get()])?;
    Ok(())
}

/// Files of one conversation become those of another.
pub fn move_between(tx: &mut Tx<'_>, from: ConversationId, into: ConversationId) -> Result<(), StoreError> {
    tx.exec("UPDATE files SET conversation_id = $2 WHERE conversation_id = $1", &[&from.get(), &into.get()])?;
    Ok(())
}

pub fn remove(tx: &mut Tx<'_>, file: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM files WHERE id = $1", &[&file])?;
    Ok(())
}

/// Files that stand nowhere and are older than a moment, oldest first, at most `limit`.
pub fn unused_before(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<Vec<File>, StoreError> {
    tx.all_with(
        "SELECT id, conversation_id, visitor_id, agent_id, name, content_type, bytes, created_at, blob, by_key, downloads \
         FROM files WHERE conversation_id IS NULL AND created_at < $1 \
           AND NOT EXISTS (SELECT 1 FROM file_uses u WHERE u.file_id = files.id) \
         ORDER BY created_at, id LIMIT $2",
        &[&before.micros(), &limit],
        row,
    )
}

/// Adds to the number of downloads.
pub fn add_downloads(tx: &mut Tx<'_>, file: &str, more: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE files SET downloads = downloads + $2 WHERE id = $1", &[&file, &more])?;
    Ok(())
}

/// What a file stands in, other than a conversation.
pub fn owners(tx: &mut Tx<'_>, file: &str) -> Result<Vec<FileOwner>, StoreError> {
    tx.all_with("SELECT owner_kind, owner_id FROM file_uses WHERE file_id = $1 ORDER BY owner_kind, owner_id", &[&file], |row| {
        FileOwner::read(row.str(0)?, row.get(1)?)
    })
}

/// The files that stand in something.
pub fn used_by(tx: &mut Tx<'_>, owner: FileOwner) -> Result<Vec<String>, StoreError> {
    let (kind, id) = owner.columns();
    let rows: Vec<(String,)> =
        tx.all("SELECT file_id FROM file_uses WHERE owner_kind = $1 AND owner_id = $2 ORDER BY file_id", &[&kind, &id])?;
    Ok(rows.into_iter().map(|(file,)| file).collect())
}

/// Notes that a file stands there; one that does not exist is passed over.
pub fn add_use(tx: &mut Tx<'_>, file: &str, owner: FileOwner) -> Result<(), StoreError> {
    let (kind, id) = owner.columns();
    tx.exec(
        "INSERT INTO file_uses (file_id, owner_kind, owner_id) SELECT id, $2, $3 FROM files WHERE id = $1 ON CONFLICT DO NOTHING",
        &[&file, &kind, &id],
    )?;
    Ok(())
}

pub fn remove_use(tx: &mut Tx<'_>, file: &str, owner: FileOwner) -> Result<(), StoreError> {
    let (kind, id) = owner.columns();
    tx.exec("DELETE FROM file_uses WHERE file_id = $1 AND owner_kind = $2 AND owner_id = $3", &[&file, &kind, &id])?;
    Ok(())
}

/// Whether some file has these contents.
pub fn blob_is_used(tx: &mut Tx<'_>, blob: &str) -> Result<bool, StoreError> {
    Ok(tx.opt::<(String,)>("SELECT id FROM files WHERE blob = $1 LIMIT 1", &[&blob])?.is_some())
}

/// A mark on contents that come or go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobMark {
    pub blob: String,
    /// How many are about to keep a file with these contents.
    pub holds: i64,
    /// When the latest of them began, or the removal did.
    pub marked: Timestamp,
    /// Whether somebody removes the bytes now.
    pub removing: bool,
}

fn mark_row(row: &Row<'_>) -> Result<BlobMark, StoreError> {
    Ok(BlobMark { blob: row.get(0)?, holds: row.get(1)?, marked: time(row.get(2)?), removing: row.get::<i64>(3)? != 0 })
}

pub fn mark(tx: &mut Tx<'_>, blob: &str) -> Result<Option<BlobMark>, StoreError> {
    tx.opt_with("SELECT blob, holds, marked_at, removing FROM blob_marks WHERE blob = $1", &[&blob], mark_row)
}

pub fn put_mark(tx: &mut Tx<'_>, mark: &BlobMark) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO blob_marks (blob, holds, marked_at, removing) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (blob) DO UPDATE SET holds = excluded.holds, marked_at = excluded.marked_at, removing = excluded.removing",
        &[&mark.blob, &mark.holds, &mark.marked.micros(), &flag(mark.removing)],
    )?;
    Ok(())
}

pub fn remove_mark(tx: &mut Tx<'_>, blob: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM blob_marks WHERE blob = $1", &[&blob])?;
    Ok(())
}

/// Marks older than a moment, oldest first, at most `limit`. There are few: a mark lives as long as an upload.
pub fn marks_before(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<Vec<BlobMark>, StoreError> {
    tx.all_with(
        "SELECT blob, holds, marked_at, removing FROM blob_marks WHERE marked_at < $1 ORDER BY marked_at, blob LIMIT $2",
        &[&before.micros(), &limit],
        mark_row,
    )
}
