//! Knowledge bases: read by agents, shaped by administrators. Articles, topics and suggestions are every agent's work.

pub(crate) mod bases;
pub(crate) mod entries;
pub(crate) mod topics;

use deskbell_app::knowledge::listing::Node;
use deskbell_app::rights::Principal;
use deskbell_app::{AppError, knowledge};
use deskbell_domain::agent::Role;
use deskbell_domain::ids::KnowledgeEntryId;
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus};
use deskbell_http::{Cx, Input};
use deskbell_store::Tx;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Native, path_id};
use crate::wire::millis;

/// How requests spell the top of a base.
const TOP: &str = "0";
/// Bytes of a body that brings an article: JSON may escape each of its letters.
const ENTRY_BODY_BYTES_MAX: usize = 8 << 20;

const KINDS: [(&str, EntryKind); 7] = [
    ("home", EntryKind::Home),
    ("category", EntryKind::Category),
    ("article", EntryKind::Article),
    ("forum", EntryKind::Forum),
    ("topic", EntryKind::Topic),
    ("suggestion_category", EntryKind::SuggestionCategory),
    ("suggestion", EntryKind::Suggestion),
];
const STATUSES: [(&str, EntryStatus); 9] = [
    ("published", EntryStatus::Published),
    ("draft", EntryStatus::Draft),
    ("init", EntryStatus::Init),
    ("new", EntryStatus::New),
    ("review", EntryStatus::Review),
    ("planned", EntryStatus::Planned),
    ("started", EntryStatus::Started),
    ("completed", EntryStatus::Completed),
    ("declined", EntryStatus::Declined),
];
const ACCESSES: [(&str, Access); 2] = [("public", Access::Public), ("internal", Access::Internal)];

fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

/// A word out of a table, where one was given.
fn meant<T: Copy>(words: &[(&'static str, T)], given: Option<&str>, name: &str) -> Result<Option<T>, AppError> {
    let Some(given) = given else { return Ok(None) };
    match words.iter().find(|(word, _)| *word == given) {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            Err(AppError::invalid(format!("{name} must be one of {known}")))
        }
    }
}

/// A place that was given: the top, or an entry.
fn place(given: Option<&str>) -> Result<Option<Option<KnowledgeEntryId>>, AppError> {
    match given {
        None => Ok(None),
        Some(TOP) => Ok(Some(None)),
        Some(text) => super::given_id(text, KnowledgeEntryId::parse, "parent").map(|parent| Some(Some(parent))),
    }
}

fn entry_id(input: &Input) -> Result<KnowledgeEntryId, AppError> {
    path_id(input, KnowledgeEntryId::parse, "knowledge base entry")
}

/// The role of the agent who calls.
fn role(cx: &Cx<Native>) -> Result<Role, AppError> {
    match cx.principal {
        Principal::Agent { role, .. } => Ok(role),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } | Principal::Visitor { .. } => {
            Err(AppError::internal("a call for agents was reached by somebody else"))
        }
    }
}

/// The entry, if somebody of this role may write it.
fn writable(tx: &mut Tx<'_>, role: Role, entry: KnowledgeEntryId) -> Result<Entry, AppError> {
    let entry = knowledge::entry(tx, entry)?.ok_or_else(|| AppError::not_found("no such knowledge base entry"))?;
    knowledge::check_role(role, entry.kind)?;
    Ok(entry)
}

/// An entry in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EntryNode {
    /// A decimal number.
    entry: String,
    base: String,
    /// Null at the top of the base.
    parent: Option<String>,
    /// `category`, `article`, `forum`, `topic`, `suggestion_category` or `suggestion`.
    kind: &'static str,
    /// `published` or `draft`; of suggestions also `init`, `new`, `review`, `planned`, `started`, `completed` or `declined`.
    status: &'static str,
    /// Its own choice: `public` or `internal`.
    access: &'static str,
    /// What is true: internal as soon as it or anything above it is.
    access_inherited: &'static str,
    title: String,
    /// Place among its neighbours, lowest first.
    position: i64,
    has_children: bool,
    /// Topics and suggestions only: taken away, hidden from the public.
    deleted: bool,
    views: i64,
    votes: i64,
    created: i64,
    changed: i64,
}

impl EntryNode {
    fn new(entry: &Entry, has_children: bool) -> EntryNode {
        EntryNode {
            entry: entry.id.to_string(),
            base: entry.base.to_string(),
            parent: entry.parent.map(|parent| parent.to_string()),
            kind: word(&KINDS, entry.kind),
            status: word(&STATUSES, entry.status),
            access: word(&ACCESSES, entry.access),
            access_inherited: word(&ACCESSES, entry.access_inherited),
            title: entry.title.clone(),
            position: entry.position,
            has_children,
            deleted: entry.deleted,
            views: entry.views,
            votes: entry.votes,
            created: millis(entry.created),
            changed: millis(entry.changed),
        }
    }
}

impl From<&Node> for EntryNode {
    fn from(node: &Node) -> EntryNode {
        EntryNode::new(&node.entry, node.has_children)
    }
}

/// An entry with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EntryDetail {
    /// A decimal number.
    entry: String,
    base: String,
    /// Null at the top of the base.
    parent: Option<String>,
    /// What stands above it, from the top.
    ancestors: Vec<AncestorView>,
    /// `category`, `article`, `forum`, `topic`, `suggestion_category` or `suggestion`.
    kind: &'static str,
    /// `published` or `draft`; of suggestions also `init`, `new`, `review`, `planned`, `started`, `completed` or `declined`.
    status: &'static str,
    /// Its own choice: `public` or `internal`.
    access: &'static str,
    /// What is true: internal as soon as it or anything above it is.
    access_inherited: &'static str,
    title: String,
    /// HTML as it was given: make it safe before it is shown.
    content: String,
    description: String,
    keywords: String,
    meta_description: String,
    /// Lists show the whole article.
    full_preview: bool,
    /// Place among its neighbours, lowest first.
    position: i64,
    /// The path of its page.
    page: String,
    /// The ticket behind a topic or a suggestion.
    conversation: Option<String>,
    /// Who handles the tickets of a forum or of a suggestion category.
    department: Option<String>,
    deleted: bool,
    views: i64,
    votes: i64,
    created: i64,
    changed: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AncestorView {
    entry: String,
    title: String,
}

impl EntryDetail {
    /// Reads what stands above it.
    fn read(tx: &mut Tx<'_>, entry: Entry) -> Result<EntryDetail, AppError> {
        let ancestors = knowledge::ancestors(tx, &entry)?;
        let ancestors = ancestors.into_iter().map(|above| AncestorView { entry: above.id.to_string(), title: above.title });
        let EntryNode { entry: id, base, parent, kind, status, access, access_inherited, title, position, .. } =
            EntryNode::new(&entry, false);
        Ok(EntryDetail {
            entry: id,
            base,
            parent,
            ancestors: ancestors.collect(),
            kind,
            status,
            access,
            access_inherited,
            title,
            page: knowledge::page_path(&entry),
            content: entry.content,
            description: entry.description,
            keywords: entry.keywords,
            meta_description: entry.meta_description,
            full_preview: entry.full_preview,
            position,
            conversation: entry.conversation.map(|conversation| conversation.to_string()),
            department: entry.department.map(|department| department.to_string()),
            deleted: entry.deleted,
            views: entry.views,
            votes: entry.votes,
            created: millis(entry.created),
            changed: millis(entry.changed),
        })
    }
}

#[cfg(test)]
mod tests;
