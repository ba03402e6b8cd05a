//! Knowledge bases: their trees, what is written in them, topics and suggestions with the conversations behind them, votes and views.
//!
//! Rows keep what follows from the tree (paths, inherited access) beside what was chosen, and every write keeps it true for all that
//! stands below. Every change of what a reader or a search sees appends an event for each entry that changed.

pub mod bases;
pub mod by_key;
pub mod listing;
pub mod posts;
pub mod rendering;
#[cfg(test)]
mod tests;
mod tree;
pub mod views;
pub mod writing;

use deskbell_domain::agent::Role;
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Entry, EntryKind, KnowledgeBase};
use deskbell_store::tables::knowledge::{Contents, Shown};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::search::Reader;

pub use bases::{BaseChanges, change_base, create_base, remove_base};
pub use posts::{Post, opening, post_named, post_suggestion, post_topic, replies, reply, reply_named};
pub use writing::{ArticleDraft, CategoryDraft, Changes, add_article, add_category, change, remove};

/// Entries that [`children`] gives, at most.
pub const CHILDREN_MAX: i64 = 500;
/// Characters of a title in the path of its page.
const SLUG_CHARS_MAX: usize = 80;
/// Characters of a voter's name.
const VOTER_CHARS_MAX: usize = 100;
/// Digits of a code in an address, at most.
const URL_CODE_DIGITS_MAX: usize = 15;

/// All bases, the one that always exists first, then by age.
pub fn bases(tx: &mut Tx<'_>) -> Result<Vec<KnowledgeBase>, AppError> {
    Ok(tables::knowledge::bases(tx)?)
}

pub fn base(tx: &mut Tx<'_>, base: KnowledgeBaseId) -> Result<Option<KnowledgeBase>, AppError> {
    Ok(tables::knowledge::base(tx, base)?)
}

pub fn entry(tx: &mut Tx<'_>, entry: KnowledgeEntryId) -> Result<Option<Entry>, AppError> {
    Ok(tables::knowledge::get(tx, entry)?)
}

/// The entry behind the digits of an address.
pub fn entry_by_url_code(tx: &mut Tx<'_>, url_code: &str) -> Result<Option<Entry>, AppError> {
    let digits = !url_code.is_empty() && url_code.len() <= URL_CODE_DIGITS_MAX && url_code.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(tables::knowledge::by_url_code(tx, url_code)?) } else { Ok(None) }
}

/// Those of the entries that exist, in the order asked for.
pub fn entries_of(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId]) -> Result<Vec<Entry>, AppError> {
    Ok(tables::knowledge::many(tx, entries)?)
}

/// Entries directly at a place (`None`: the top of the base) that this reader sees, by position and then by id; [`CHILDREN_MAX`] at most.
pub fn children(tx: &mut Tx<'_>, base: KnowledgeBaseId, parent: Option<KnowledgeEntryId>, reader: Reader) -> Result<Vec<Entry>, AppError> {
    children_after(tx, base, parent, reader, None, CHILDREN_MAX)
}

/// The same in pages: `after` is position and id of the last one of the page before.
pub fn children_after(
    tx: &mut Tx<'_>,
    base: KnowledgeBaseId,
    parent: Option<KnowledgeEntryId>,
    reader: Reader,
    after: Option<(i64, KnowledgeEntryId)>,
    limit: i64,
) -> Result<Vec<Entry>, AppError> {
    let shown = match reader {
        Reader::Desk => Shown::All,
        Reader::Public => Shown::Public,
    };
    Ok(tables::knowledge::children(tx, base, parent, (shown, Contents::Whole), after, limit.clamp(0, CHILDREN_MAX))?)
}

/// What stands above an entry, from the top.
pub fn ancestors(tx: &mut Tx<'_>, entry: &Entry) -> Result<Vec<Entry>, AppError> {
    entries_of(tx, &entry.ancestors())
}

/// Whether anybody may read it.
pub fn is_public(entry: &Entry) -> bool {
    entry.is_public()
}

/// Entries behind `after` in the order of their ids, for whoever reads all of them in bites.
pub fn all_after(tx: &mut Tx<'_>, after: KnowledgeEntryId, limit: i64) -> Result<Vec<Entry>, AppError> {
    Ok(tables::knowledge::all_after(tx, after, limit)?)
}

/// The path of an entry's page: `/376829-Article-1`, without the markup of its title. Its digits alone lead there, too.
pub fn page_path(entry: &Entry) -> String {
    let mut slug = String::new();
    for word in
        rendering::plain_text(&entry.title).chars().take(SLUG_CHARS_MAX).collect::<String>().split(|letter: char| !letter.is_alphanumeric())
    {
        if word.is_empty() {
            continue;
        }
        slug.push('-');
        for byte in word.bytes() {
            if byte.is_ascii_alphanumeric() {
                slug.push(char::from(byte));
            } else {
                slug.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    format!("/{}{slug}", entry.url_code)
}

/// A reader finds an entry useful. Counted once for each voter (`c` and a customer's id, or `b` and a browser's); returns how many there
/// are now. Public entries only.
pub fn vote(tx: &mut Tx<'_>, cx: &Context, entry: KnowledgeEntryId, voter: &str) -> Result<i64, AppError> {
    if voter.is_empty() || voter.chars().count() > VOTER_CHARS_MAX || voter.chars().any(char::is_control) {
        return Err(AppError::invalid("a voter's name has 1 to 100 characters"));
    }
    let entry = tables::knowledge::get(tx, entry)?.filter(Entry::is_public).ok_or_else(writing::unknown)?;
    if !entry.kind.takes_votes() {
        return Err(AppError::invalid("articles, topics and suggestions are voted on"));
    }
    if !tables::knowledge::vote(tx, entry.id, voter, cx.now)? {
        return Ok(entry.votes);
    }
    tree::tell(tx, cx, entry.base, [entry.id], tree::Told::Changed)?;
    Ok(entry.votes + 1)
}

/// Whether this voter finds an entry useful already.
pub fn has_voted(tx: &mut Tx<'_>, entry: KnowledgeEntryId, voter: &str) -> Result<bool, AppError> {
    Ok(tables::knowledge::has_voted(tx, entry, voter)?)
}

/// Whether somebody of this role may write entries of this kind. Articles and what readers post are every agent's work; the shape of the
/// tree is the administrators'.
pub fn check_role(role: Role, kind: EntryKind) -> Result<(), AppError> {
    let everybody = match kind {
        EntryKind::Article | EntryKind::Topic | EntryKind::Suggestion => true,
        EntryKind::Home | EntryKind::Category | EntryKind::Forum | EntryKind::SuggestionCategory => false,
    };
    if everybody || role.administers() {
        Ok(())
    } else {
        Err(AppError::forbidden("only administrators shape the tree: categories, forums and suggestion categories"))
    }
}
