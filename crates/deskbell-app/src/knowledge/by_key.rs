//! What holders of a key of the API do in somebody's name.

use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Entry, EntryKind};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

use super::{Changes, Post, bases, entry_by_url_code, post_suggestion, writing};
use crate::commands::{Done, once};
use crate::context::Context;
use crate::conversations::by_key::opening::{Creator, creator};
use crate::error::AppError;
use crate::search::Reader;

/// Under which keys of senders are remembered.
const SCOPE: &str = "suggestion";

/// A suggestion that somebody sends in.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// E-mail address or id of an agent or a customer; an address that nobody has makes a customer.
    pub creator: String,
    /// Id or code in the address of a suggestion category.
    pub category: String,
    pub subject: String,
    pub text: String,
}

/// Posts a suggestion, once per key; answers it as it is now. Also into a category that only agents see: who holds the key of the API
/// speaks for the desk.
pub fn suggest(tx: &mut Tx<'_>, cx: &mut Context, key: Option<&str>, suggestion: &Suggestion) -> Result<Entry, AppError> {
    let done = once(tx, cx, SCOPE, key, |tx, cx| {
        let entry = begin(tx, cx, suggestion)?;
        Ok(Done { conversation: entry.conversation, number: tx.head()?, ..Done::default() })
    })?;
    let conversation = done.conversation.ok_or_else(|| AppError::internal("a suggestion has no conversation"))?;
    tables::knowledge::by_conversation(tx, conversation)?.ok_or_else(|| AppError::not_found("the suggestion is gone"))
}

fn begin(tx: &mut Tx<'_>, cx: &mut Context, suggestion: &Suggestion) -> Result<Entry, AppError> {
    let parent = category(tx, suggestion.category.trim())?.id;
    let author = match creator(tx, cx, &suggestion.creator)? {
        Creator::Agent(agent) => Actor::Agent(agent),
        Creator::Customer(customer) => Actor::Customer(customer.id),
    };
    let post = Post { parent, author, reader: Reader::Desk, subject: &suggestion.subject, text: &suggestion.text };
    post_suggestion(tx, cx, post)
}

/// A number that is the id of a suggestion category is taken for that, whatever address it may be the code of.
fn category(tx: &mut Tx<'_>, identifier: &str) -> Result<Entry, AppError> {
    let takes_suggestions = |entry: &Entry| entry.kind == EntryKind::SuggestionCategory;
    if let Some(id) = KnowledgeEntryId::parse(identifier)
        && let Some(found) = tables::knowledge::get(tx, id)?.filter(takes_suggestions)
    {
        return Ok(found);
    }
    let found = entry_by_url_code(tx, identifier)?.filter(takes_suggestions);
    found.ok_or_else(|| AppError::not_found("suggestion category with this id or URL code not found"))
}

/// A change of an entry as a call for entries of certain kinds asks for it.
#[derive(Debug, Clone)]
pub struct Change {
    pub entry: KnowledgeEntryId,
    /// Entries of other kinds count as not there.
    pub kinds: &'static [EntryKind],
    /// What is said of the entry beside the changes must be true of it.
    pub base: Option<KnowledgeBaseId>,
    pub kind: Option<EntryKind>,
    pub changes: Changes,
}

pub fn change(tx: &mut Tx<'_>, cx: &Context, change: &Change) -> Result<Entry, AppError> {
    let found = tables::knowledge::get(tx, change.entry)?.filter(|found| change.kinds.contains(&found.kind));
    let entry = found.ok_or_else(writing::unknown)?;
    if let Some(base) = change.base
        && base != entry.base
    {
        let known = tables::knowledge::base(tx, base)?.is_some();
        return Err(if known { AppError::invalid("an entry stays in its knowledge base") } else { bases::unknown() });
    }
    if change.kind.is_some_and(|kind| kind != entry.kind) {
        return Err(AppError::invalid("an entry stays of its kind"));
    }
    writing::change(tx, cx, entry.id, &change.changes)
}
