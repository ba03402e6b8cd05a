//! Tags, the conversations that carry them, and the sweeps that tell those conversations what became of a tag.
//!
//! A removed tag is shown nowhere from the moment it is removed; its row and those of its conversations go in bites.

use std::collections::HashMap;

use deskbell_domain::ids::{ConversationId, TagId};
use deskbell_domain::tag::Tag;
use deskbell_domain::time::Timestamp;

use super::in_list;
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// A tag and how many conversations carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagUse {
    pub id: TagId,
    pub name: String,
    pub conversations: i64,
}

/// All tags by name, with how often they are used.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<TagUse>, StoreError> {
    tx.all_with(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM conversation_tags ct WHERE ct.tag_id = t.id) FROM tags t \
         WHERE t.removed_at IS NULL ORDER BY t.name",
        &[],
        |row| Ok(TagUse { id: TagId::from_i64(row.get(0)?), name: row.get(1)?, conversations: row.get(2)? }),
    )
}

fn tag(row: &Row<'_>) -> Result<Tag, StoreError> {
    Ok(Tag { id: TagId::from_i64(row.get(0)?), name: row.get(1)?, color: row.get(2)?, background: row.get(3)? })
}

/// All tags by name.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Tag>, StoreError> {
    tx.all_with("SELECT id, name, color, bg_color FROM tags WHERE removed_at IS NULL ORDER BY name", &[], tag)
}

pub fn get(tx: &mut Tx<'_>, id: TagId) -> Result<Option<Tag>, StoreError> {
    tx.opt_with("SELECT id, name, color, bg_color FROM tags WHERE id = $1 AND removed_at IS NULL", &[&id.get()], tag)
}

pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Tag>, StoreError> {
    tx.opt_with("SELECT id, name, color, bg_color FROM tags WHERE name = $1 AND removed_at IS NULL", &[&name], tag)
}

/// How many tags there are.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM tags WHERE removed_at IS NULL", &[])?;
    Ok(count)
}

pub fn insert(tx: &mut Tx<'_>, tag: &Tag, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO tags (id, name, color, bg_color, created_at) VALUES ($1, $2, $3, $4, $5)",
        &[&tag.id.get(), &tag.name, &tag.color, &tag.background, &at.micros()],
    )?;
    Ok(())
}

/// Writes name and colours.
pub fn update(tx: &mut Tx<'_>, tag: &Tag) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE tags SET name = $2, color = $3, bg_color = $4 WHERE id = $1",
        &[&tag.id.get(), &tag.name, &tag.color, &tag.background],
    )?;
    Ok(())
}

/// Takes a tag out of sight and frees its name; the row goes with the sweep. No tag's name has the control character that its row's has
/// from now on.
pub fn hide(tx: &mut Tx<'_>, tag: TagId, at: Timestamp) -> Result<(), StoreError> {
    let name = format!("\u{1f}{tag}");
    tx.exec("UPDATE tags SET removed_at = $2, name = $3 WHERE id = $1", &[&tag.get(), &at.micros(), &name])?;
    Ok(())
}

/// Names of a conversation's tags, in the order they were set.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = tx.all(
        "SELECT t.name FROM conversation_tags ct JOIN tags t ON t.id = ct.tag_id \
         WHERE ct.conversation_id = $1 AND t.removed_at IS NULL ORDER BY ct.ordinal, t.name",
        &[&conversation.get()],
    )?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Ids and names of the tags of many conversations.
pub fn of_conversations(
    tx: &mut Tx<'_>,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Vec<(TagId, String)>>, StoreError> {
    let mut tags: HashMap<ConversationId, Vec<(TagId, String)>> = HashMap::new();
    for some in conversations.chunks(500) {
        let list = in_list(some.iter().map(|conversation| conversation.get()));
        tx.each_dynamic(
            &format!(
                "SELECT ct.conversation_id, t.id, t.name FROM conversation_tags ct JOIN tags t ON t.id = ct.tag_id \
                 WHERE ct.conversation_id IN {list} AND t.removed_at IS NULL ORDER BY ct.conversation_id, ct.ordinal, t.name"
            ),
            &[],
            |row| {
                let conversation = ConversationId::from_i64(row.get(0)?);
                tags.entry(conversation).or_default().push((TagId::from_i64(row.get(1)?), row.get(2)?));
                Ok(())
            },
        )?;
    }
    Ok(tags)
}

/// Replaces a conversation's tags.
pub fn set(tx: &mut Tx<'_>, conversation: ConversationId, tags: &[TagId]) -> Result<(), StoreError> {
    let tagged = match tags {
        [] => "UPDATE conversations SET tagged_id = NULL WHERE id = $1 AND tagged_id IS NOT NULL",
        _ => "UPDATE conversations SET tagged_id = id WHERE id = $1 AND tagged_id IS NULL",
    };
    tx.exec(tagged, &[&conversation.get()])?;
    tx.exec("DELETE FROM conversation_tags WHERE conversation_id = $1", &[&conversation.get()])?;
    for (ordinal, tag) in tags.iter().enumerate() {
        tx.exec(
            "INSERT INTO conversation_tags (conversation_id, tag_id, ordinal) VALUES ($1, $2, $3)",
            &[&conversation.get(), &tag.get(), &(ordinal as i64)],
        )?;
    }
    Ok(())
}

/// A change of a tag that its conversations are yet to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    pub id: i64,
    pub tag: TagId,
    pub old_name: String,
    /// `None`: the tag was removed.
    pub new_name: Option<String>,
    /// Conversations up to this one were told.
    pub told: i64,
}

pub fn add_sweep(tx: &mut Tx<'_>, tag: TagId, old_name: &str, new_name: Option<&str>) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO tag_sweeps (id, tag_id, old_name, new_name, told_id) \
         SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, 0 FROM tag_sweeps",
        &[&tag.get(), &old_name, &new_name],
    )?;
    Ok(())
}

/// The oldest sweep: changes of one tag are told in the order they were made.
pub fn first_sweep(tx: &mut Tx<'_>) -> Result<Option<Sweep>, StoreError> {
    tx.opt_with("SELECT id, tag_id, old_name, new_name, told_id FROM tag_sweeps ORDER BY id LIMIT 1", &[], |row| {
        Ok(Sweep { id: row.get(0)?, tag: TagId::from_i64(row.get(1)?), old_name: row.get(2)?, new_name: row.get(3)?, told: row.get(4)? })
    })
}

/// A conversation that carries a swept tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carrier {
    pub conversation: ConversationId,
    /// All its tags in order, the swept one too, with their names of now; `None` is a removed one's.
    pub tags: Vec<(TagId, Option<String>)>,
}

/// The next conversations that a sweep tells, at most `limit`.
pub fn carriers(tx: &mut Tx<'_>, sweep: &Sweep, limit: i64) -> Result<Vec<Carrier>, StoreError> {
    let rows: Vec<(i64,)> = tx.all(
        "SELECT conversation_id FROM conversation_tags WHERE tag_id = $1 AND conversation_id > $2 ORDER BY conversation_id LIMIT $3",
        &[&sweep.tag.get(), &sweep.told, &limit],
    )?;
    let mut carriers: Vec<Carrier> =
        rows.into_iter().map(|(id,)| Carrier { conversation: ConversationId::from_i64(id), tags: Vec::new() }).collect();
    let list = in_list(carriers.iter().map(|carrier| carrier.conversation.get()));
    let mut place = 0;
    tx.each_dynamic(
        &format!(
            "SELECT ct.conversation_id, t.id, t.name, t.removed_at FROM conversation_tags ct JOIN tags t ON t.id = ct.tag_id \
             WHERE ct.conversation_id IN {list} ORDER BY ct.conversation_id, ct.ordinal, t.name"
        ),
        &[],
        |row| {
            let conversation = ConversationId::from_i64(row.get(0)?);
            while carriers.get(place).is_some_and(|carrier| carrier.conversation < conversation) {
                place += 1;
            }
            let name = if row.get::<Option<i64>>(3)?.is_none() { Some(row.get(2)?) } else { None };
            if let Some(carrier) = carriers.get_mut(place) {
                carrier.tags.push((TagId::from_i64(row.get(1)?), name));
            }
            Ok(())
        },
    )?;
    Ok(carriers)
}

/// Takes a tag from conversations.
pub fn drop_from(tx: &mut Tx<'_>, tag: TagId, conversations: &[ConversationId]) -> Result<(), StoreError> {
    let list = in_list(conversations.iter().map(|conversation| conversation.get()));
    tx.exec_dynamic(&format!("DELETE FROM conversation_tags WHERE tag_id = $1 AND conversation_id IN {list}"), &[&tag.get()])?;
    Ok(())
}

/// Notes how far a sweep is.
pub fn note_told(tx: &mut Tx<'_>, sweep: i64, told: ConversationId) -> Result<(), StoreError> {
    tx.exec("UPDATE tag_sweeps SET told_id = $2 WHERE id = $1", &[&sweep, &told.get()])?;
    Ok(())
}

/// Ends a sweep; that of a removed tag takes the tag's row along.
pub fn end_sweep(tx: &mut Tx<'_>, sweep: &Sweep) -> Result<(), StoreError> {
    tx.exec("DELETE FROM tag_sweeps WHERE id = $1", &[&sweep.id])?;
    if sweep.new_name.is_none() {
        tx.exec("DELETE FROM tags WHERE id = $1", &[&sweep.tag.get()])?;
    }
    Ok(())
}
