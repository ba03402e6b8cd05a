//! Adding, changing, moving and removing entries.

use deskbell_domain::ids::{DepartmentId, KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus};
use deskbell_store::tables::knowledge::Below;
use deskbell_store::{Tx, tables};

use super::tree::{self, POSITION_MAX, Place, Told};
use crate::context::Context;
use crate::error::AppError;
use crate::files::{self, FileOwner};

/// Bytes of an article's content.
pub const CONTENT_BYTES_MAX: usize = 1 << 20;
/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 255;
/// Characters of keywords and of a meta description.
pub const KEYWORDS_CHARS_MAX: usize = 2_000;
/// Characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;

/// An article to be added.
#[derive(Debug, Clone)]
pub struct ArticleDraft {
    /// `None`: that of the parent, or the first one.
    pub base: Option<KnowledgeBaseId>,
    /// `None`: the top of the base.
    pub parent: Option<KnowledgeEntryId>,
    pub title: String,
    /// HTML as it is given.
    pub content: String,
    pub keywords: String,
    pub meta_description: String,
    pub status: EntryStatus,
    pub access: Access,
    /// `None`: above all others.
    pub position: Option<i64>,
    /// Lists show the whole article.
    pub full_preview: bool,
}

impl ArticleDraft {
    /// A public article at the top of the first base.
    pub fn new(title: impl Into<String>, content: impl Into<String>) -> ArticleDraft {
        ArticleDraft {
            base: None,
            parent: None,
            title: title.into(),
            content: content.into(),
            keywords: String::new(),
            meta_description: String::new(),
            status: EntryStatus::Published,
            access: Access::Public,
            position: None,
            full_preview: false,
        }
    }
}

/// A category, a forum or a suggestion category to be added.
#[derive(Debug, Clone)]
pub struct CategoryDraft {
    /// `None`: that of the parent, or the first one.
    pub base: Option<KnowledgeBaseId>,
    /// `None`: the top of the base.
    pub parent: Option<KnowledgeEntryId>,
    pub kind: EntryKind,
    pub title: String,
    pub access: Access,
    /// `None`: above all others.
    pub position: Option<i64>,
    pub keywords: String,
    pub meta_description: String,
    pub description: String,
    /// Of forums and suggestion categories; `None`: the one that always exists.
    pub department: Option<DepartmentId>,
}

impl CategoryDraft {
    /// A public one at the top of the first base.
    pub fn new(kind: EntryKind, title: impl Into<String>) -> CategoryDraft {
        CategoryDraft {
            base: None,
            parent: None,
            kind,
            title: title.into(),
            access: Access::Public,
            position: None,
            keywords: String::new(),
            meta_description: String::new(),
            description: String::new(),
            department: None,
        }
    }
}

/// What is changed of an entry; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// `Some(None)`: to the top of the base. Moved, it stands above its new neighbours unless a position is given.
    pub parent: Option<Option<KnowledgeEntryId>>,
    pub title: Option<String>,
    pub content: Option<String>,
    pub keywords: Option<String>,
    pub meta_description: Option<String>,
    pub description: Option<String>,
    pub status: Option<EntryStatus>,
    pub access: Option<Access>,
    pub position: Option<i64>,
    pub full_preview: Option<bool>,
    /// Of forums and suggestion categories; passed over elsewhere.
    pub department: Option<DepartmentId>,
}

pub(super) fn unknown() -> AppError {
    AppError::not_found("no such knowledge base entry")
}

/// Refuses texts that cannot be stored or shown.
fn check(entry: &Entry) -> Result<(), AppError> {
    check_title(&entry.title)?;
    for (what, text, chars_max) in [
        ("keywords", &entry.keywords, KEYWORDS_CHARS_MAX),
        ("meta description", &entry.meta_description, KEYWORDS_CHARS_MAX),
        ("description", &entry.description, DESCRIPTION_CHARS_MAX),
    ] {
        if text.contains('\0') {
            return Err(AppError::invalid(format!("{what} must not contain a NUL character")));
        }
        if text.chars().count() > chars_max {
            return Err(AppError::too_large(format!("{what}: at most {chars_max} characters")));
        }
    }
    if entry.content.len() > CONTENT_BYTES_MAX {
        return Err(AppError::too_large("content has at most 1 MiB"));
    }
    if entry.content.contains('\0') {
        return Err(AppError::invalid("content must not contain a NUL character"));
    }
    if !(-POSITION_MAX..=POSITION_MAX).contains(&entry.position) {
        return Err(AppError::invalid(format!("the order must be between -{POSITION_MAX} and {POSITION_MAX}")));
    }
    if !entry.kind.takes_status(entry.status) {
        return Err(AppError::invalid("an entry of this kind cannot have this status"));
    }
    Ok(())
}

pub(super) fn check_title(title: &str) -> Result<(), AppError> {
    if title.trim().is_empty() {
        return Err(AppError::missing("title is missing"));
    }
    if title.chars().count() > TITLE_CHARS_MAX || title.chars().any(char::is_control) {
        return Err(AppError::invalid(format!("a title has at most {TITLE_CHARS_MAX} characters and no control characters")));
    }
    Ok(())
}

fn check_department(tx: &mut Tx<'_>, department: DepartmentId) -> Result<(), AppError> {
    match tables::departments::get(tx, department)? {
        Some(_) => Ok(()),
        None => Err(AppError::not_found("no such department")),
    }
}

/// An entry without texts at a place.
pub(super) fn blank(tx: &mut Tx<'_>, cx: &mut Context, place: &Place, kind: EntryKind, access: Access) -> Result<Entry, AppError> {
    place.check(kind)?;
    Ok(Entry {
        url_code: tree::draw_url_code(tx, cx)?,
        id: tables::knowledge::next_entry_id(tx)?,
        base: place.base,
        parent: place.parent_id(),
        kind,
        status: EntryStatus::Published,
        access,
        access_inherited: access.below(place.access()),
        tree_path: place.tree_path(),
        position: 0,
        title: String::new(),
        meta_description: String::new(),
        keywords: String::new(),
        content: String::new(),
        description: String::new(),
        full_preview: false,
        conversation: None,
        department: None,
        views: 0,
        votes: 0,
        deleted: false,
        created: cx.now,
        changed: cx.now,
    })
}

/// Stores a new entry at its place. Without a position it stands above all others.
pub(super) fn add(tx: &mut Tx<'_>, cx: &Context, place: &Place, mut entry: Entry, position: Option<i64>) -> Result<Entry, AppError> {
    entry.position = match position {
        Some(position) => position,
        None => place.top_position(tx)?,
    };
    check(&entry)?;
    tables::knowledge::insert(tx, &entry)?;
    tree::tell(tx, cx, entry.base, [entry.id], Told::Changed)?;
    Ok(entry)
}

/// The files that an article shows are kept, and everybody who may read it may see them. Only for what agents write: nobody else shall
/// open a file by naming it.
fn note_files(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), AppError> {
    files::note_uses(tx, FileOwner::KnowledgeEntry(entry.id), &[&entry.content])
}

pub fn add_article(tx: &mut Tx<'_>, cx: &mut Context, draft: &ArticleDraft) -> Result<Entry, AppError> {
    let place = Place::find(tx, draft.base, draft.parent)?;
    let blank = blank(tx, cx, &place, EntryKind::Article, draft.access)?;
    let entry = Entry {
        status: draft.status,
        title: draft.title.trim().to_owned(),
        content: draft.content.clone(),
        keywords: draft.keywords.clone(),
        meta_description: draft.meta_description.clone(),
        full_preview: draft.full_preview,
        ..blank
    };
    let entry = add(tx, cx, &place, entry, draft.position)?;
    note_files(tx, &entry)?;
    Ok(entry)
}

/// Adds what holds others.
pub fn add_category(tx: &mut Tx<'_>, cx: &mut Context, draft: &CategoryDraft) -> Result<Entry, AppError> {
    if !draft.kind.holds_others() {
        return Err(AppError::invalid("a category, a forum or a suggestion category holds other entries"));
    }
    let place = Place::find(tx, draft.base, draft.parent)?;
    let blank = blank(tx, cx, &place, draft.kind, draft.access)?;
    let department = draft.kind.has_department().then_some(draft.department.unwrap_or(DepartmentId::DEFAULT));
    if let Some(department) = department {
        check_department(tx, department)?;
    }
    let entry = Entry {
        title: draft.title.trim().to_owned(),
        keywords: draft.keywords.clone(),
        meta_description: draft.meta_description.clone(),
        description: draft.description.clone(),
        department,
        ..blank
    };
    add(tx, cx, &place, entry, draft.position)
}

/// Changes an entry, and what follows from it for all that stands below.
pub fn change(tx: &mut Tx<'_>, cx: &Context, entry: KnowledgeEntryId, changes: &Changes) -> Result<Entry, AppError> {
    let before = tables::knowledge::get(tx, entry)?.ok_or_else(unknown)?;
    if changes.content.is_some() && before.kind.holds_others() {
        return Err(AppError::invalid("only articles, topics and suggestions have content"));
    }
    let mut entry = before.clone();
    let take = |text: &mut String, new: &Option<String>| {
        if let Some(new) = new {
            text.clone_from(new);
        }
    };
    take(&mut entry.title, &changes.title.as_deref().map(|title| title.trim().to_owned()));
    take(&mut entry.content, &changes.content);
    take(&mut entry.keywords, &changes.keywords);
    take(&mut entry.meta_description, &changes.meta_description);
    take(&mut entry.description, &changes.description);
    entry.status = changes.status.unwrap_or(entry.status);
    entry.access = changes.access.unwrap_or(entry.access);
    entry.full_preview = changes.full_preview.unwrap_or(entry.full_preview);
    if let Some(department) = changes.department
        && entry.kind.has_department()
    {
        check_department(tx, department)?;
        entry.department = Some(department);
    }
    place(tx, &before, &mut entry, changes.parent)?;
    entry.position = changes.position.unwrap_or(entry.position);
    check(&entry)?;
    if entry == before {
        return Ok(entry);
    }
    entry.changed = cx.now;
    tables::knowledge::update(tx, &entry)?;
    if entry.kind == EntryKind::Article && entry.content != before.content {
        note_files(tx, &entry)?;
    }
    let mut touched = tree::spread(tx, cx, &before, &entry)?;
    touched.insert(entry.id);
    tree::tell(tx, cx, entry.base, touched, Told::Changed)?;
    Ok(entry)
}

/// Sets what follows from an entry's place, at another one if `to` names it.
fn place(tx: &mut Tx<'_>, before: &Entry, entry: &mut Entry, to: Option<Option<KnowledgeEntryId>>) -> Result<(), AppError> {
    let place = Place::find(tx, Some(before.base), to.unwrap_or(before.parent))?;
    let moves = place.parent_id() != before.parent;
    if moves {
        let below_itself = place.parent.as_ref().is_some_and(|to| to.id == before.id || to.ancestors().contains(&before.id));
        if below_itself {
            return Err(AppError::invalid("an entry cannot stand below itself"));
        }
        place.check(before.kind)?;
        entry.parent = place.parent_id();
        entry.tree_path = place.tree_path();
        entry.position = place.top_position(tx)?;
    }
    entry.access_inherited = entry.access.below(place.access());
    if before.kind.holds_others() && (moves || entry.access_inherited != before.access_inherited) {
        let (count, deepest) = tables::knowledge::extent(tx, &before.path_below())?;
        tree::check_size(count)?;
        tree::check_depth(place.depth() + deepest.saturating_sub(before.depth()))?;
    }
    Ok(())
}

/// Takes an entry away: what holds others with all below it, for good. A topic or a suggestion stays in its place, marked as deleted, until
/// what it stands in is removed.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, entry: KnowledgeEntryId) -> Result<(), AppError> {
    let mut entry = tables::knowledge::get(tx, entry)?.ok_or_else(unknown)?;
    if entry.kind.has_conversation() {
        if !entry.deleted {
            entry.deleted = true;
            entry.changed = cx.now;
            tables::knowledge::update(tx, &entry)?;
            tree::tell(tx, cx, entry.base, [entry.id], Told::Changed)?;
        }
        return Ok(());
    }
    let path = entry.path_below();
    tree::check_size(tables::knowledge::extent(tx, &path)?.0)?;
    let mut entries = vec![entry.id];
    entries.extend(tables::knowledge::ids_below(tx, Below::Path(&path))?);
    tree::take_away(tx, cx, entry.base, &entries)
}
