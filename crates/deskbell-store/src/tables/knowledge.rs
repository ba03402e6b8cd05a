//! Knowledge bases, their entries, votes on them.
//!
//! A tree path below an entry is that entry's own path, a `|`, and its id: so all that stands below it has one path, or begins with it
//! and a `|`. Ranges of the index on paths find them.

use std::collections::{HashMap, HashSet};

use deskbell_domain::ids::{ConversationId, DepartmentId, KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus, KnowledgeBase};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;

use super::{actor, flag, in_list, time, word};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;

/// Ids in one `IN (…)`.
const LIST_IDS_MAX: usize = 500;
/// The parent of what stands at the top of a base.
const TOP: i64 = 0;

const COLUMNS: &str = "id, base_id, parent_id, kind, status, access, access_inherited, url_code, tree_path, position, full_preview, \
                       conversation_id, department_id, views, votes, deleted, created_at, changed_at, title, meta_description, \
                       keywords, description";

fn row(row: &Row<'_>) -> Result<Entry, StoreError> {
    let parent: i64 = row.get(2)?;
    Ok(Entry {
        id: KnowledgeEntryId::from_i64(row.get(0)?),
        base: KnowledgeBaseId::from_i64(row.get(1)?),
        parent: (parent != TOP).then(|| KnowledgeEntryId::from_i64(parent)),
        kind: word(EntryKind::parse, "kind of entry", row.str(3)?)?,
        status: word(EntryStatus::parse, "status of an entry", row.str(4)?)?,
        access: word(Access::parse, "access", row.str(5)?)?,
        access_inherited: word(Access::parse, "access", row.str(6)?)?,
        url_code: row.get(7)?,
        tree_path: row.get(8)?,
        position: row.get(9)?,
        full_preview: row.get(10)?,
        conversation: row.get::<Option<i64>>(11)?.map(ConversationId::from_i64),
        department: row.get::<Option<i64>>(12)?.map(DepartmentId::from_i64),
        views: row.get(13)?,
        votes: row.get(14)?,
        deleted: row.get(15)?,
        created: time(row.get(16)?),
        changed: time(row.get(17)?),
        title: row.get(18)?,
        meta_description: row.get(19)?,
        keywords: row.get(20)?,
        description: row.get(21)?,
        content: row.get(22)?,
    })
}

fn parent_column(parent: Option<KnowledgeEntryId>) -> i64 {
    parent.map_or(TOP, KnowledgeEntryId::get)
}

/// The bounds of paths that begin with this one and a `|`: first included, second not.
fn deeper_than(path: &str) -> (String, String) {
    (format!("{path}|"), format!("{path}}}"))
}

/// The base that always exists first, then by age.
pub fn bases(tx: &mut Tx<'_>) -> Result<Vec<KnowledgeBase>, StoreError> {
    tx.all_with("SELECT id, name, language, created_at FROM knowledge_bases ORDER BY created_at, id", &[], base_row)
}

pub fn base(tx: &mut Tx<'_>, base: KnowledgeBaseId) -> Result<Option<KnowledgeBase>, StoreError> {
    tx.opt_with("SELECT id, name, language, created_at FROM knowledge_bases WHERE id = $1", &[&base.get()], base_row)
}

fn base_row(row: &Row<'_>) -> Result<KnowledgeBase, StoreError> {
    Ok(KnowledgeBase { id: KnowledgeBaseId::from_i64(row.get(0)?), name: row.get(1)?, language: row.get(2)?, created: time(row.get(3)?) })
}

/// Creates or changes.
pub fn put_base(tx: &mut Tx<'_>, base: &KnowledgeBase) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO knowledge_bases (id, name, language, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, language = excluded.language",
        &[&base.id.get(), &base.name, &base.language, &base.created.micros()],
    )?;
    Ok(())
}

/// Its entries must be gone.
pub fn remove_base(tx: &mut Tx<'_>, base: KnowledgeBaseId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM knowledge_bases WHERE id = $1", &[&base.get()])?;
    Ok(())
}

/// A fresh entry id.
pub fn next_entry_id(tx: &mut Tx<'_>) -> Result<KnowledgeEntryId, StoreError> {
    let (next,): (i64,) = tx.one("UPDATE knowledge_counter SET next_entry = next_entry + 1 WHERE id = 1 RETURNING next_entry", &[])?;
    Ok(KnowledgeEntryId::from_i64(next - 1))
}

pub fn insert(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO knowledge_entries (id, base_id, parent_id, kind, status, access, access_inherited, url_code, tree_path, position, \
           full_preview, conversation_id, department_id, views, votes, deleted, created_at, changed_at, title, meta_description, keywords, \
           description, content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
        &[
            &entry.id.get(),
            &entry.base.get(),
            &parent_column(entry.parent),
            &entry.kind.text(),
            &entry.status.text(),
            &entry.access.text(),
            &entry.access_inherited.text(),
            &entry.url_code,
            &entry.tree_path,
            &entry.position,
            &flag(entry.full_preview),
            &entry.conversation.map(ConversationId::get),
            &entry.department.map(DepartmentId::get),
            &entry.views,
            &entry.votes,
            &flag(entry.deleted),
            &entry.created.micros(),
            &entry.changed.micros(),
            &entry.title,
            &entry.meta_description,
            &entry.keywords,
            &entry.description,
            &entry.content,
        ],
    )?;
    Ok(())
}

/// Writes what may change of an entry itself. Views and votes have their own statements.
pub fn update(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE knowledge_entries SET parent_id = $2, status = $3, access = $4, access_inherited = $5, tree_path = $6, position = $7, \
           full_preview = $8, department_id = $9, deleted = $10, changed_at = $11, title = $12, meta_description = $13, keywords = $14, \
           description = $15, content = $16 WHERE id = $1",
        &[
            &entry.id.get(),
            &parent_column(entry.parent),
            &entry.status.text(),
            &entry.access.text(),
            &entry.access_inherited.text(),
            &entry.tree_path,
            &entry.position,
            &flag(entry.full_preview),
            &entry.department.map(DepartmentId::get),
            &flag(entry.deleted),
            &entry.changed.micros(),
            &entry.title,
            &entry.meta_description,
            &entry.keywords,
            &entry.description,
            &entry.content,
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, entry: KnowledgeEntryId) -> Result<Option<Entry>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS}, content FROM knowledge_entries WHERE id = $1"), &[&entry.get()], row)
}

pub fn by_url_code(tx: &mut Tx<'_>, url_code: &str) -> Result<Option<Entry>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS}, content FROM knowledge_entries WHERE url_code = $1"), &[&url_code], row)
}

/// The topic or the suggestion that a conversation stands behind.
pub fn by_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Entry>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, content FROM knowledge_entries WHERE conversation_id = $1");
    tx.opt_dynamic_with(&sql, &[&conversation.get()], row)
}

/// Those of the entries that exist, in the order asked for.
pub fn many(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId]) -> Result<Vec<Entry>, StoreError> {
    many_with(tx, entries, Contents::Whole)
}

/// The same with as much of their contents as is wanted.
pub fn many_with(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId], contents: Contents) -> Result<Vec<Entry>, StoreError> {
    let content = contents.column();
    let mut found: HashMap<KnowledgeEntryId, Entry> = HashMap::with_capacity(entries.len());
    for some in entries.chunks(LIST_IDS_MAX) {
        let list = in_list(some.iter().map(|entry| entry.get()));
        tx.each_dynamic(&format!("SELECT {COLUMNS}, {content} FROM knowledge_entries WHERE id IN {list}"), &[], |columns| {
            let entry = row(columns)?;
            found.insert(entry.id, entry);
            Ok(())
        })?;
    }
    Ok(entries.iter().filter_map(|entry| found.remove(entry)).collect())
}

/// Titles of entries.
pub fn titles(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId]) -> Result<HashMap<KnowledgeEntryId, String>, StoreError> {
    let mut titles = HashMap::with_capacity(entries.len());
    for some in entries.chunks(LIST_IDS_MAX) {
        let list = in_list(some.iter().map(|entry| entry.get()));
        tx.each_dynamic(&format!("SELECT id, title FROM knowledge_entries WHERE id IN {list}"), &[], |row| {
            titles.insert(KnowledgeEntryId::from_i64(row.get(0)?), row.get(1)?);
            Ok(())
        })?;
    }
    Ok(titles)
}

/// Entries in the order of their ids, for whoever reads all of them in bites.
pub fn all_after(tx: &mut Tx<'_>, after: KnowledgeEntryId, limit: i64) -> Result<Vec<Entry>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS}, content FROM knowledge_entries WHERE id > $1 ORDER BY id LIMIT $2"),
        &[&after.get(), &limit],
        row,
    )
}

/// Which of the entries at a place are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    All,
    /// What [`Entry::is_public`] holds for.
    Public,
}

/// How much of contents is read. Without the whole of it an entry must not be written back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    Whole,
    /// So many characters.
    Beginning(u32),
    LeftOut,
}

impl Contents {
    fn column(self) -> String {
        match self {
            Contents::Whole => "content".to_owned(),
            Contents::Beginning(chars) => format!("SUBSTR(content, 1, {chars})"),
            Contents::LeftOut => "''".to_owned(),
        }
    }
}

/// Entries directly at a place, by their positions and then by id; `after` is the last one of the page before.
pub fn children(
    tx: &mut Tx<'_>,
    base: KnowledgeBaseId,
    parent: Option<KnowledgeEntryId>,
    (shown, contents): (Shown, Contents),
    after: Option<(i64, KnowledgeEntryId)>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let content = contents.column();
    let only = match shown {
        Shown::All => String::new(),
        Shown::Public => {
            let hidden = EntryStatus::ALL.iter().filter(|status| !status.is_shown()).map(|status| format!("'{}'", status.text()));
            let hidden = hidden.collect::<Vec<_>>().join(",");
            format!(" AND access_inherited = '{}' AND deleted = 0 AND status NOT IN ({hidden})", Access::Public.text())
        }
    };
    let (position, id) = after.map_or((i64::MIN, 0), |(position, id)| (position, id.get()));
    tx.all_dynamic_with(
        &format!(
            "SELECT {COLUMNS}, {content} FROM knowledge_entries \
             WHERE base_id = $1 AND parent_id = $2 AND (position, id) > ($3, $4){only} ORDER BY position, id LIMIT $5"
        ),
        &[&base.get(), &parent_column(parent), &position, &id, &limit],
        row,
    )
}

/// Those of the entries that have others directly below them.
pub fn with_children(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId]) -> Result<HashSet<KnowledgeEntryId>, StoreError> {
    let mut holding = HashSet::new();
    for some in entries.chunks(LIST_IDS_MAX) {
        let list = in_list(some.iter().map(|entry| entry.get()));
        tx.each_dynamic(
            &format!(
                "SELECT p.id FROM knowledge_entries p WHERE p.id IN {list} AND EXISTS (SELECT 1 FROM knowledge_entries c WHERE c.parent_id = p.id)"
            ),
            &[],
            |row| {
                holding.insert(KnowledgeEntryId::from_i64(row.get(0)?));
                Ok(())
            },
        )?;
    }
    Ok(holding)
}

/// Suggestion categories of all bases, by id: id, title, tree path.
pub fn suggestion_categories(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(KnowledgeEntryId, String, String)>, StoreError> {
    tx.all_with("SELECT id, title, tree_path FROM knowledge_entries WHERE kind = 'G' ORDER BY id LIMIT $1", &[&limit], |row| {
        Ok((KnowledgeEntryId::from_i64(row.get(0)?), row.get(1)?, row.get(2)?))
    })
}

/// Which entries to list. Everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub base: Option<KnowledgeBaseId>,
    /// `Some(None)`: at the top of a base.
    pub parent: Option<Option<KnowledgeEntryId>>,
    pub entry: Option<KnowledgeEntryId>,
    /// Tree path is this one, or begins with it and a `|`.
    pub path: Option<String>,
    /// Changed then or later.
    pub changed_from: Option<Timestamp>,
}

/// Entries by filter in the order of their ids, strictly after one, less the first `skip`.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, after: Option<KnowledgeEntryId>, skip: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let (sql, params) = list_statement(filter, after, skip, limit);
    let refs: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
    let ids = tx.all_dynamic_with(&sql, &refs, |row| Ok(KnowledgeEntryId::from_i64(row.get(0)?)))?;
    many(tx, &ids)
}

/// The statement that finds the ids of a list, and its values.
pub(crate) fn list_statement(filter: &Filter, after: Option<KnowledgeEntryId>, skip: i64, limit: i64) -> (String, Vec<Box<dyn Param>>) {
    // An engine that follows the order of ids would look through all entries for the few of a subtree, or of a day: with a sum in the
    // place of the id it must take the other index.
    let narrow = filter.path.is_some() || filter.changed_from.is_some();
    let id = if narrow && filter.entry.is_none() && filter.parent.is_none() { "id + 0" } else { "id" };
    let mut params: Vec<Box<dyn Param>> = vec![Box::new(after.map_or(0, KnowledgeEntryId::get))];
    let mut sql = format!("SELECT id FROM knowledge_entries WHERE {id} > $1");
    let mut bind = |param: Box<dyn Param>| {
        params.push(param);
        format!("${}", params.len())
    };
    if let Some(entry) = filter.entry {
        sql.push_str(&format!(" AND id = {}", bind(Box::new(entry.get()))));
    }
    if let Some(base) = filter.base {
        sql.push_str(&format!(" AND base_id = {}", bind(Box::new(base.get()))));
    }
    if let Some(parent) = filter.parent {
        sql.push_str(&format!(" AND parent_id = {}", bind(Box::new(parent_column(parent)))));
    }
    if let Some(path) = &filter.path {
        let (from, end) = deeper_than(path);
        let (path, from, end) = (bind(Box::new(path.clone())), bind(Box::new(from)), bind(Box::new(end)));
        sql.push_str(&format!(" AND (tree_path = {path} OR (tree_path >= {from} AND tree_path < {end}))"));
    }
    if let Some(from) = filter.changed_from {
        sql.push_str(&format!(" AND changed_at >= {}", bind(Box::new(from.micros()))));
    }
    let (limit, skip) = (bind(Box::new(limit)), bind(Box::new(skip)));
    sql.push_str(&format!(" ORDER BY {id} LIMIT {limit} OFFSET {skip}"));
    (sql, params)
}

/// The lowest position at a place.
pub fn lowest_position(tx: &mut Tx<'_>, base: KnowledgeBaseId, parent: Option<KnowledgeEntryId>) -> Result<Option<i64>, StoreError> {
    let (lowest,) = tx
        .one("SELECT MIN(position) FROM knowledge_entries WHERE base_id = $1 AND parent_id = $2", &[&base.get(), &parent_column(parent)])?;
    Ok(lowest)
}

/// What stands below a path: how many, and how deep the deepest is, counted from the top of the base.
pub fn extent(tx: &mut Tx<'_>, path: &str) -> Result<(i64, usize), StoreError> {
    let (from, end) = deeper_than(path);
    let (count, bars): (i64, Option<i64>) = tx.one(
        "SELECT COUNT(*), MAX(length(tree_path) - length(replace(tree_path, '|', ''))) FROM knowledge_entries \
         WHERE tree_path = $1 OR (tree_path >= $2 AND tree_path < $3)",
        &[&path, &from, &end],
    )?;
    Ok((count, bars.map_or(0, |bars| usize::try_from(bars).unwrap_or(0) + 1)))
}

/// How many entries a base has.
pub fn count_of_base(tx: &mut Tx<'_>, base: KnowledgeBaseId) -> Result<i64, StoreError> {
    Ok(tx.one::<(i64,)>("SELECT COUNT(*) FROM knowledge_entries WHERE base_id = $1", &[&base.get()])?.0)
}

/// Ids of all that stands below a path, or of a whole base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below<'a> {
    Path(&'a str),
    Base(KnowledgeBaseId),
}

pub fn ids_below(tx: &mut Tx<'_>, below: Below<'_>) -> Result<Vec<KnowledgeEntryId>, StoreError> {
    let rows: Vec<(i64,)> = match below {
        Below::Base(base) => tx.all("SELECT id FROM knowledge_entries WHERE base_id = $1 ORDER BY id", &[&base.get()])?,
        Below::Path(path) => {
            let (from, end) = deeper_than(path);
            tx.all(
                "SELECT id FROM knowledge_entries WHERE tree_path = $1 OR (tree_path >= $2 AND tree_path < $3) ORDER BY id",
                &[&path, &from, &end],
            )?
        }
    };
    Ok(rows.into_iter().map(|(id,)| KnowledgeEntryId::from_i64(id)).collect())
}

/// Gives all that stands below a path another beginning of its path; returns which they are.
pub fn move_below(tx: &mut Tx<'_>, from: &str, to: &str, at: Timestamp) -> Result<Vec<KnowledgeEntryId>, StoreError> {
    let (first, end) = deeper_than(from);
    let behind = i64::try_from(from.len() + 1).map_err(|_| StoreError::Corrupt("tree path".to_owned()))?;
    let rows: Vec<(i64,)> = tx.all(
        "UPDATE knowledge_entries SET tree_path = $1 || substr(tree_path, $2), changed_at = $3 \
         WHERE tree_path = $4 OR (tree_path >= $5 AND tree_path < $6) RETURNING id",
        &[&to, &behind, &at.micros(), &from, &first, &end],
    )?;
    Ok(rows.into_iter().map(|(id,)| KnowledgeEntryId::from_i64(id)).collect())
}

/// Gives what stands directly below these entries, all of which have this inherited access now, the access that follows; returns for
/// which it changed.
pub fn inherit(tx: &mut Tx<'_>, parents: &[KnowledgeEntryId], access: Access, at: Timestamp) -> Result<Vec<KnowledgeEntryId>, StoreError> {
    // What is internal by itself stays so, whatever stands above it.
    let only = match access {
        Access::Internal => "access_inherited <> 'I'",
        Access::Public => "access_inherited <> 'P' AND access = 'P'",
    };
    let mut changed = Vec::new();
    for some in parents.chunks(LIST_IDS_MAX) {
        let list = in_list(some.iter().map(|parent| parent.get()));
        let sql = format!(
            "UPDATE knowledge_entries SET access_inherited = $1, changed_at = $2 WHERE parent_id IN {list} AND {only} RETURNING id"
        );
        tx.each_dynamic(&sql, &[&access.text(), &at.micros()], |row| {
            changed.push(KnowledgeEntryId::from_i64(row.get(0)?));
            Ok(())
        })?;
    }
    Ok(changed)
}

/// Those of the entries that refer to files.
pub fn with_files(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId]) -> Result<Vec<KnowledgeEntryId>, StoreError> {
    let mut referring = Vec::new();
    for some in entries.chunks(LIST_IDS_MAX) {
        let list = in_list(some.iter().map(|entry| entry.get()));
        let sql = format!("SELECT DISTINCT owner_id FROM file_uses WHERE owner_kind = 'entry' AND owner_id IN {list}");
        tx.each_dynamic(&sql, &[], |row| {
            referring.push(KnowledgeEntryId::from_i64(row.get(0)?));
            Ok(())
        })?;
    }
    Ok(referring)
}

/// Takes entries away for good, with the votes on them.
pub fn remove(tx: &mut Tx<'_>, entries: &[KnowledgeEntryId]) -> Result<(), StoreError> {
    for some in entries.chunks(LIST_IDS_MAX) {
        let list = in_list(some.iter().map(|entry| entry.get()));
        tx.exec_dynamic(&format!("DELETE FROM knowledge_votes WHERE entry_id IN {list}"), &[])?;
        tx.exec_dynamic(&format!("DELETE FROM knowledge_entries WHERE id IN {list}"), &[])?;
    }
    Ok(())
}

/// Counts a voter; `false` if he was counted before.
pub fn vote(tx: &mut Tx<'_>, entry: KnowledgeEntryId, voter: &str, at: Timestamp) -> Result<bool, StoreError> {
    let counted = tx.exec(
        "INSERT INTO knowledge_votes (entry_id, voter, at) VALUES ($1, $2, $3) ON CONFLICT (entry_id, voter) DO NOTHING",
        &[&entry.get(), &voter, &at.micros()],
    )?;
    if counted > 0 {
        tx.exec("UPDATE knowledge_entries SET votes = votes + 1 WHERE id = $1", &[&entry.get()])?;
    }
    Ok(counted > 0)
}

/// Whether a voter was counted.
pub fn has_voted(tx: &mut Tx<'_>, entry: KnowledgeEntryId, voter: &str) -> Result<bool, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT entry_id FROM knowledge_votes WHERE entry_id = $1 AND voter = $2", &[&entry.get(), &voter])?;
    Ok(found.is_some())
}

/// Public articles of a base, the most viewed first. Looks at every entry of the base.
pub fn most_viewed(tx: &mut Tx<'_>, base: KnowledgeBaseId, limit: i64) -> Result<Vec<KnowledgeEntryId>, StoreError> {
    // Letters come from our own enums.
    let (kind, status, access) = (EntryKind::Article.text(), EntryStatus::Published.text(), Access::Public.text());
    let rows: Vec<(i64,)> = tx.all_dynamic_with(
        &format!(
            "SELECT id FROM knowledge_entries WHERE base_id = $1 AND kind = '{kind}' AND status = '{status}' \
             AND access_inherited = '{access}' AND deleted = 0 ORDER BY views DESC, id LIMIT $2"
        ),
        &[&base.get(), &limit],
        |row| Ok((row.get(0)?,)),
    )?;
    Ok(rows.into_iter().map(|(id,)| KnowledgeEntryId::from_i64(id)).collect())
}

/// Adds views. Entries that are gone are passed over.
pub fn add_views(tx: &mut Tx<'_>, views: &[(KnowledgeEntryId, i64)]) -> Result<(), StoreError> {
    for (entry, count) in views {
        tx.exec("UPDATE knowledge_entries SET views = views + $2 WHERE id = $1", &[&entry.get(), count])?;
    }
    Ok(())
}

/// A message of the conversation behind a topic or a suggestion, as everybody may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// Its place in the journal: the cursor of pages.
    pub number: i64,
    pub author: Actor,
    pub author_name: String,
    pub at: Timestamp,
    pub text: String,
}

/// Messages of a conversation with a number above `after`, oldest first: those of these kinds in groups of this kind.
pub fn replies(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    (kinds, group): (&[MessageKind], GroupKind),
    after: i64,
    limit: i64,
) -> Result<Vec<Replied>, StoreError> {
    // Letters come from our own enums.
    let kinds = kinds.iter().map(|kind| format!("'{}'", kind.text())).collect::<Vec<_>>().join(",");
    tx.all_dynamic_with(
        &format!(
            "SELECT m.number, m.author_kind, m.author_id, m.author_name, m.at, m.text FROM messages m \
             JOIN message_groups g ON g.id = m.group_id \
             WHERE m.conversation_id = $1 AND m.number > $2 AND m.kind IN ({kinds}) AND g.kind = $3 ORDER BY m.number LIMIT $4"
        ),
        &[&conversation.get(), &after, &group.text(), &limit],
        |row| {
            Ok(Replied {
                number: row.get(0)?,
                author: actor(row.str(1)?, row.get(2)?)?,
                author_name: row.get(3)?,
                at: time(row.get(4)?),
                text: row.get(5)?,
            })
        },
    )
}
