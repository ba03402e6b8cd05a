//! Files sent in conversations: who may use and who may see one.

use deskbell_domain::ids::VisitorId;
use deskbell_domain::message::Attachment;
use deskbell_store::tables::files::File;
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::rights::Principal;

/// Bytes of one file, at most.
pub const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Characters of a file's name.
const NAME_CHARS_MAX: usize = 200;
/// Seconds after which a file that was never sent is deleted.
pub const UNUSED_SECONDS_MAX: i64 = 14 * 86_400;

/// Notes a file whose bytes are kept already.
pub fn register(
    tx: &mut Tx<'_>,
    cx: &Context,
    id: &str,
    who: &Principal,
    name: &str,
    content_type: &str,
    bytes: u64,
) -> Result<Attachment, AppError> {
    let name: String = name.chars().filter(|letter| !letter.is_control() && !matches!(letter, '/' | '\\')).take(NAME_CHARS_MAX).collect();
    let plain = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = plain.len() <= 100
        && plain.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
        && plain.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>'));
    let attachment = Attachment {
        file: id.to_owned(),
        name: if name.trim().is_empty() { "file".to_owned() } else { name },
        content_type: if known { plain } else { "application/octet-stream".to_owned() },
        bytes,
    };
    let (visitor, agent) = match who {
        Principal::Visitor { visitor, .. } => (Some(*visitor), None),
        Principal::Agent { agent, .. } => (None, Some(*agent)),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } => {
            return Err(AppError::forbidden("sign in to send a file"));
        }
    };
    tables::files::insert(tx, &File { attachment: attachment.clone(), conversation: None, visitor, agent, created: cx.now })?;
    Ok(attachment)
}

fn unused(tx: &mut Tx<'_>, file: &str) -> Result<File, AppError> {
    let file = tables::files::get(tx, file)?.ok_or_else(|| AppError::not_found("no such file"))?;
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

/// A file that an agent has put there and nobody has sent.
pub(crate) fn usable_by_agent(tx: &mut Tx<'_>, file: &str) -> Result<Attachment, AppError> {
    let file = unused(tx, file)?;
    if file.agent.is_none() {
        return Err(AppError::not_found("no such file"));
    }
    Ok(file.attachment)
}

/// The file, if this one may see it: agents all, visitors those of their own conversations and their own uploads. Files of notes stay inside.
pub fn visible(tx: &mut Tx<'_>, file: &str, who: &Principal) -> Result<Attachment, AppError> {
    let hidden = || AppError::not_found("no such file");
    let file = tables::files::get(tx, file)?.ok_or_else(hidden)?;
    match who {
        Principal::Agent { .. } => Ok(file.attachment),
        Principal::Visitor { visitor, .. } if file.visitor == Some(*visitor) => Ok(file.attachment),
        Principal::Visitor { visitor, .. } => {
            let conversation = match file.conversation {
                Some(conversation) => tables::conversations::get(tx, conversation)?,
                None => None,
            };
            let own = conversation.filter(|conversation| conversation.visitor == Some(*visitor)).ok_or_else(hidden)?;
            let public = tables::messages::public_file(tx, own.id, &file.attachment.file)?;
            if public { Ok(file.attachment) } else { Err(hidden()) }
        }
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } => Err(hidden()),
    }
}
