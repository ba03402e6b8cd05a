//! Ended chats and offline messages as records: their documents, listed and by outside id, and what is changed of them afterwards. A chat
//! that goes on has no document yet and is none of them; one whose conversation was deleted is not shown.

use deskbell_domain::ids::{ConversationId, CustomerId};
use deskbell_domain::message::Actor;
use deskbell_store::tables::documents::Subject;
use deskbell_store::{Tx, tables};

use crate::chats;
use crate::context::Context;
use crate::conversations::{self, Change};
use crate::customers;
use crate::error::AppError;

/// Characters of an outside id.
const ID_CHARS_MAX: usize = 100;

/// A place in the list of records: behind the one that began at this moment (microseconds) and has this id, towards older ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub began: i64,
    pub id: String,
}

impl Place {
    /// Before the newest.
    pub fn start() -> Place {
        Place { began: i64::MAX, id: String::new() }
    }
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub documents: Vec<String>,
    /// How many records there are on all pages.
    pub count: i64,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

/// The records behind a place. Who goes on at [`Page::next`] gets each of those that were there when he began, once.
pub fn page(tx: &mut Tx<'_>, after: &Place, limit: usize) -> Result<Page, AppError> {
    let mut rows: Vec<(i64, String, String)> = Vec::new();
    // One more than the page holds tells whether there is another.
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let before = (after.began, after.id.as_str());
    let mut add = |began, id: &str, body: &str| rows.push((began, id.to_owned(), body.to_owned()));
    tables::documents::newest_chats(tx, before, wanted, &mut add)?;
    tables::documents::newest_offline(tx, before, wanted, &mut add)?;
    rows.sort_unstable_by(|a, b| (b.0, &b.1).cmp(&(a.0, &a.1)));
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(began, id, _)| Place { began: *began, id: id.clone() });
    Ok(Page { documents: rows.into_iter().map(|(_, _, document)| document).collect(), count: tables::documents::listed(tx)?, next })
}

/// The documents with these ids that there are, each with its id, in the order of the ids.
pub fn by_ids(tx: &mut Tx<'_>, ids: &[String]) -> Result<Vec<(String, String)>, AppError> {
    let mut documents = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(document) = document(tx, id)? {
            documents.push((id.clone(), document));
        }
    }
    Ok(documents)
}

fn document(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>, AppError> {
    // What is no id is not looked for; no database takes a NUL.
    if id.chars().count() > ID_CHARS_MAX || id.chars().any(char::is_control) {
        return Ok(None);
    }
    Ok(tables::documents::by_public_id(tx, id)?)
}

/// What is changed of a record; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The whole new list.
    pub tags: Option<Vec<String>>,
    pub unread: Option<bool>,
    /// Of the one who asked. Whoever it is has it in all his records.
    pub visitor: customers::Changes,
}

/// What a change of a record may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The document as it was.
    pub document: String,
    pub tags: Vec<String>,
    pub unread: bool,
    pub visitor: deskbell_domain::customer::Customer,
}

/// Where a record is kept.
struct Record {
    subject: Subject,
    conversation: ConversationId,
    customer: CustomerId,
    unread: bool,
    document: String,
}

fn record(tx: &mut Tx<'_>, id: &str) -> Result<Record, AppError> {
    let unknown = || AppError::not_found("no such chat");
    let document = document(tx, id)?.ok_or_else(unknown)?;
    if let Some(chat) = tables::chats::by_public_id(tx, id)? {
        let (subject, unread) = (Subject::Chat(chat.id), chat.unread);
        return Ok(Record { subject, conversation: chat.conversation, customer: chat.customer, unread, document });
    }
    let offline = tables::offline_messages::by_public_id(tx, id)?.ok_or_else(unknown)?;
    let (subject, unread) = (Subject::Offline(offline.id), offline.unread);
    Ok(Record { subject, conversation: offline.conversation, customer: offline.customer, unread, document })
}

/// Changes a record. Its tags are those of its conversation.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, id: &str, changes: &Changes) -> Result<Changed, AppError> {
    let record = record(tx, id)?;
    let visitor = match is_none(&changes.visitor) {
        true => customers::get(tx, record.customer)?,
        false => customers::change(tx, cx, record.customer, &changes.visitor)?,
    };
    if let Some(tags) = &changes.tags {
        conversations::set_tags(tx, cx, by, record.conversation, tags)?;
    }
    if let Some(unread) = changes.unread {
        chats::mark(tx, cx, record.subject, unread, by)?;
    }
    let tags = tables::tags::of_conversation(tx, record.conversation)?;
    Ok(Changed { document: record.document, tags, unread: changes.unread.unwrap_or(record.unread), visitor })
}

fn is_none(changes: &customers::Changes) -> bool {
    changes.name.is_none() && changes.email.is_none() && changes.phone.is_none() && changes.note.is_none()
}

/// Deletes a record: its conversation, with all that belongs to it.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, by: Actor, id: &str) -> Result<(), AppError> {
    let record = record(tx, id)?;
    conversations::change_status(tx, cx, by, record.conversation, Change::Delete)?;
    Ok(())
}
