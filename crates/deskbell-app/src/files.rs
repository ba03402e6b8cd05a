//! Files: what is kept of one, who may send and who may see it, and what it stands in. The bytes are blobs, shared by files with equal
//! contents (see [`keeping`]).

pub mod downloads;
pub mod keeping;
pub mod kinds;

use std::sync::Arc;

use deskbell_domain::ids::VisitorId;
use deskbell_domain::message::Attachment;
use deskbell_store::{Tx, tables};

use crate::blobs::Blobs;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::AppError;
use crate::rights::Principal;
use crate::{knowledge, visits};

pub use deskbell_store::tables::files::{File, FileOwner};
pub use keeping::{NewFile, delete, keep};

/// Bytes of one file, at most.
pub const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Characters of a file's name.
pub const NAME_CHARS_MAX: usize = 200;
/// Seconds after which a file that stands nowhere is deleted.
pub const UNUSED_SECONDS_MAX: i64 = 14 * 86_400;
/// Files that one widget or one entry of a knowledge base can keep; more references than that are passed over.
pub const USES_MAX: usize = 500;
/// Characters of a file's id.
const ID_CHARS: usize = 32;

/// What is to be noted of a file whose contents are kept already.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    /// Its id.
    pub(crate) file: String,
    /// The name of its contents.
    pub(crate) blob: String,
    pub(crate) name: String,
    /// What it says it is, unless its contents say otherwise.
    pub(crate) content_type: String,
    pub(crate) bytes: u64,
}

/// Notes a file whose bytes are kept already and held for it.
pub(crate) fn register(tx: &mut Tx<'_>, cx: &Context, who: &Principal, new: &Description) -> Result<File, AppError> {
    let (visitor, agent, by_key) = match who {
        Principal::Visitor { visitor, visit } => {
            visits::present(tx, *visit)?;
            (Some(*visitor), None, false)
        }
        Principal::Agent { agent, .. } => (None, Some(*agent), false),
        Principal::ApiKey { .. } => (None, None, true),
        Principal::Nobody | Principal::Token { .. } => return Err(AppError::forbidden("sign in to send a file")),
    };
    keeping::settle(tx, &new.blob)?;
    let attachment =
        Attachment { file: new.file.clone(), name: tidy_name(&new.name), content_type: new.content_type.clone(), bytes: new.bytes };
    let file = File { attachment, blob: new.blob.clone(), conversation: None, visitor, agent, by_key, downloads: 0, created: cx.now };
    tables::files::insert(tx, &file)?;
    Ok(file)
}

/// A name without directories, control characters and what turns the direction of writing (`gnp.exe` must not look like `exe.png`).
fn tidy_name(name: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = |letter: &char| !letter.is_control() && !matches!(letter, '/' | '\\') && !turns(*letter);
    let name: String = name.chars().filter(kept).take(NAME_CHARS_MAX).collect();
    let name = name.trim();
    if name.is_empty() || name.chars().all(|letter| letter == '.') { "file".to_owned() } else { name.to_owned() }
}

/// Whether a text can be the id of a file.
fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The file with this id.
pub fn find(tx: &mut Tx<'_>, file: &str) -> Result<Option<File>, AppError> {
    if is_id(file) { Ok(tables::files::get(tx, file)?) } else { Ok(None) }
}

fn unused(tx: &mut Tx<'_>, file: &str) -> Result<File, AppError> {
    let file = find(tx, file)?.ok_or_else(|| AppError::not_found("no such file"))?;
    if file.conversation.is_some() {
        return Err(AppError::conflict("that file was sent already"));
    }
    Ok(file)
}

/// A file that this visitor has put there and not yet sent.
pub(crate) fn usable_by_visitor(tx: &mut Tx<'_>, file: &str, visitor: VisitorId) -> Result<Attachment, AppError> {
    let file = unused(tx, file)?;
    if file.visitor != Some(visitor) {
        return Err(AppError::not_found("no such file"));
    }
    Ok(file.attachment)
}

/// A file that an agent has put there, or a key of the API, and nobody has sent.
pub(crate) fn usable_by_agent(tx: &mut Tx<'_>, file: &str) -> Result<Attachment, AppError> {
    let file = unused(tx, file)?;
    if file.agent.is_none() && !file.by_key {
        return Err(AppError::not_found("no such file"));
    }
    Ok(file.attachment)
}

/// Who may see a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Everybody: it stands in a widget or in a public entry of a knowledge base.
    Public,
    /// The one who asks, and not everybody.
    Private,
}

/// The file, if this one may see it: keys and agents all, visitors those of their own conversations and their own uploads, everybody what
/// is public. Files of notes stay inside.
pub fn visible(tx: &mut Tx<'_>, file: &str, who: &Principal) -> Result<(File, Sight), AppError> {
    let hidden = || AppError::not_found("no such file");
    let file = find(tx, file)?.ok_or_else(hidden)?;
    if is_public(tx, &file)? {
        return Ok((file, Sight::Public));
    }
    let seen = match who {
        Principal::Agent { .. } | Principal::ApiKey { .. } => true,
        Principal::Visitor { visitor, .. } if file.visitor == Some(*visitor) => true,
        Principal::Visitor { visitor, .. } => sent_to_visitor(tx, &file, *visitor)?,
        Principal::Nobody | Principal::Token { .. } => false,
    };
    if seen { Ok((file, Sight::Private)) } else { Err(hidden()) }
}

fn sent_to_visitor(tx: &mut Tx<'_>, file: &File, visitor: VisitorId) -> Result<bool, AppError> {
    let Some(conversation) = file.conversation else { return Ok(false) };
    let own = tables::conversations::get(tx, conversation)?.is_some_and(|conversation| conversation.visitor == Some(visitor));
    Ok(own && tables::messages::public_file(tx, conversation, &file.attachment.file)?)
}

/// The contents of a file, on their way out.
pub struct Contents {
    pub blobs: Arc<dyn Blobs>,
    /// Their name.
    pub blob: String,
    pub bytes: u64,
    /// The file's name.
    pub name: String,
    /// The type by which a browser may show them, found in the contents themselves; `None`: they are only to be saved.
    pub safe_type: Option<&'static str>,
}

/// Looks at the contents of a file.
pub async fn open(desk: &Desk, file: &File) -> Result<Contents, AppError> {
    let (blobs, blob) = (desk.blobs(), file.blob.clone());
    let head = keeping::blocking(move || blobs.get_part(&blob, 0, kinds::HEAD_BYTES_MAX)).await?;
    let head = head.ok_or_else(|| AppError::not_found("the file is gone"))?;
    Ok(Contents {
        blobs: desk.blobs(),
        blob: file.blob.clone(),
        bytes: file.attachment.bytes,
        name: file.attachment.name.clone(),
        safe_type: kinds::inline_type(&file.attachment.content_type, kinds::sniff(&head)),
    })
}

/// Whether everybody may see a file: it stands in a widget or in a public entry.
fn is_public(tx: &mut Tx<'_>, file: &File) -> Result<bool, AppError> {
    for owner in tables::files::owners(tx, &file.attachment.file)? {
        let public = match owner {
            FileOwner::Widget(_) => true,
            FileOwner::PredefinedAnswer(_) => false,
            FileOwner::KnowledgeEntry(entry) => knowledge::entry(tx, entry)?.is_some_and(|entry| knowledge::is_public(&entry)),
        };
        if public {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a file stands anywhere: sent, in a widget or in an entry.
fn is_used(tx: &mut Tx<'_>, file: &File) -> Result<bool, AppError> {
    Ok(file.conversation.is_some() || !tables::files::owners(tx, &file.attachment.file)?.is_empty())
}

/// Notes which files stand in a widget or an entry: those that its texts name as `file=<id>`. Replaces what was noted before; without
/// texts its files are free.
pub fn note_uses(tx: &mut Tx<'_>, owner: FileOwner, texts: &[&str]) -> Result<(), AppError> {
    set_uses(tx, owner, &references(texts))
}

/// Notes which files stand in something, in place of what was noted before.
pub(crate) fn set_uses(tx: &mut Tx<'_>, owner: FileOwner, files: &[String]) -> Result<(), AppError> {
    let noted = tables::files::used_by(tx, owner)?;
    for file in noted.iter().filter(|file| !files.contains(file)) {
        tables::files::remove_use(tx, file, owner)?;
    }
    for file in files.iter().filter(|file| !noted.contains(file)) {
        tables::files::add_use(tx, file, owner)?;
    }
    Ok(())
}

/// The ids behind `file=` in some texts, each once.
fn references(texts: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in texts.iter().flat_map(|text| text.split("file=").skip(1)) {
        let id: String = piece.chars().take_while(char::is_ascii_hexdigit).take(ID_CHARS + 1).collect::<String>().to_ascii_lowercase();
        if is_id(&id) && !found.contains(&id) {
            found.push(id);
            if found.len() == USES_MAX {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
