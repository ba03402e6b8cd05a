//! Lists of entries that foreign clients page through by offset, and the outline of a tree.

use std::collections::HashSet;

use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{DEPTH_MAX, Entry, ROOT_PATH};
use deskbell_store::tables::knowledge::Shown;
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::knowledge::{Contents, Filter};

use crate::desk::Desk;
use crate::error::AppError;
use crate::paging::{Cursor, ListKey};
use crate::rights::Principal;
use crate::search::Reader;

/// Entries on a page, at most.
pub const PAGE_ENTRIES_MAX: i64 = 500;
/// Suggestion categories that are listed, at most.
pub const SUGGESTION_CATEGORIES_MAX: i64 = 10_000;
/// The name by which pages are remembered.
const LIST: &str = "knowledge entries";
/// Between the titles of a path.
const PATH_SEPARATOR: &str = " / ";

/// A tree path as clients spell it (`0 | 23`), in the spelling of the rows; `None`: nothing has such a path.
pub fn read_tree_path(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in text.trim().trim_end_matches('|').split('|') {
        let part = part.trim();
        let is_number = KnowledgeEntryId::parse(part).is_some_and(|id| id.to_string() == part);
        let is_root = parts.is_empty() && part == ROOT_PATH;
        if parts.len() == DEPTH_MAX || !(is_root || (is_number && !parts.is_empty())) {
            return None;
        }
        parts.push(part);
    }
    Some(parts.join("|"))
}

/// A page of entries in the order of their ids, by an offset that goes on where the page before ended. The root's path means everything.
pub async fn page(desk: &Desk, who: &Principal, filter: &Filter, limit: i64, offset: i64) -> Result<Vec<Entry>, AppError> {
    let limit = limit.clamp(0, PAGE_ENTRIES_MAX);
    let wanted = Filter { path: filter.path.clone().filter(|path| path != ROOT_PATH), ..filter.clone() };
    let key = ListKey::new(who, LIST, &wanted);
    let start = desk.paging().start(&key, offset)?;
    let after = start.after.map(|Cursor(id, _)| KnowledgeEntryId::from_i64(id));
    let entries = desk.snapshot(move |tx| Ok(tables::knowledge::list(tx, &wanted, after, start.skip, limit)?)).await?;
    if let Some(last) = entries.last() {
        let next_offset = offset.max(0).saturating_add(entries.len() as i64);
        desk.paging().ended(&key, start, next_offset, Cursor(last.id.get(), 0));
    }
    Ok(entries)
}

/// What this reader sees directly at a place, by position and then by id, without contents; `after` is position and id of the last one of
/// the page before.
pub fn below(
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
    Ok(tables::knowledge::children(tx, base, parent, (shown, Contents::LeftOut), after, limit.clamp(0, PAGE_ENTRIES_MAX))?)
}

/// Those of the entries that exist, in the order asked for, with as much of their contents as is wanted.
pub fn entries_with(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId], contents: Contents) -> Result<Vec<Entry>, AppError> {
    Ok(tables::knowledge::many_with(tx, entries, contents)?)
}

/// Public articles of a base, the most viewed first. Looks at every entry of the base: remember what it says for a while.
pub fn most_viewed(tx: &mut Tx<'_>, base: KnowledgeBaseId, limit: i64) -> Result<Vec<KnowledgeEntryId>, AppError> {
    Ok(tables::knowledge::most_viewed(tx, base, limit)?)
}

/// A node of a tree's outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Without its content.
    pub entry: Entry,
    pub has_children: bool,
}

/// What stands directly at a place, by position and then by id, without contents; `after` is position and id of the last one of the page
/// before.
pub fn outline(
    tx: &mut Tx<'_>,
    base: KnowledgeBaseId,
    parent: Option<KnowledgeEntryId>,
    after: Option<(i64, KnowledgeEntryId)>,
    limit: i64,
) -> Result<Vec<Node>, AppError> {
    let entries = tables::knowledge::children(tx, base, parent, (Shown::All, Contents::LeftOut), after, limit)?;
    let ids: Vec<KnowledgeEntryId> = entries.iter().map(|entry| entry.id).collect();
    let holding: HashSet<KnowledgeEntryId> = tables::knowledge::with_children(tx, &ids)?;
    Ok(entries.into_iter().map(|entry| Node { has_children: holding.contains(&entry.id), entry }).collect())
}

/// Where suggestions may be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionCategory {
    pub id: KnowledgeEntryId,
    pub title: String,
    /// The titles from the top of the base down to it: `Product / Ideas`.
    pub path: String,
}

/// Suggestion categories of all bases, by id.
pub fn suggestion_categories(tx: &mut Tx<'_>) -> Result<Vec<SuggestionCategory>, AppError> {
    let rows = tables::knowledge::suggestion_categories(tx, SUGGESTION_CATEGORIES_MAX)?;
    let above = |path: &str| -> Vec<KnowledgeEntryId> { path.split('|').filter_map(KnowledgeEntryId::parse).collect() };
    let mut wanted: Vec<KnowledgeEntryId> = rows.iter().flat_map(|(_, _, path)| above(path)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let titles = tables::knowledge::titles(tx, &wanted)?;
    let name = |(id, title, path): (KnowledgeEntryId, String, String)| {
        let mut names: Vec<&str> = above(&path).iter().filter_map(|id| titles.get(id)).map(String::as_str).collect();
        names.push(&title);
        SuggestionCategory { id, path: names.join(PATH_SEPARATOR), title }
    };
    Ok(rows.into_iter().map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::read_tree_path;

    #[test]
    fn tree_paths() {
        for (text, wanted) in [
            ("0", Some("0")),
            ("0|7|16", Some("0|7|16")),
            (" 0 | 23 ", Some("0|23")),
            ("0|23|", Some("0|23")),
            ("0 |\t7", Some("0|7")),
            ("", None),
            ("23", None),
            ("0||7", None),
            ("0|0", None),
            ("0|07", None),
            ("0|x", None),
            ("0|-7", None),
            ("0|7%", None),
            ("0|7\0", None),
            ("0|99999999999999999999", None),
        ] {
            assert_eq!(read_tree_path(text).as_deref(), wanted, "{text:?}");
        }
        assert_eq!(read_tree_path(&"0|1".repeat(100_000)), None);
        assert!(read_tree_path(&format!("0{}", "|1".repeat(19))).is_some());
        assert!(read_tree_path(&format!("0{}", "|1".repeat(20))).is_none());
    }
}
