//! Tags and the conversations that carry them.

use std::collections::HashMap;

use deskbell_domain::ids::{ConversationId, TagId};
use deskbell_domain::time::Timestamp;

use super::in_list;
use crate::engine::Tx;
use crate::error::StoreError;

/// A tag and how many conversations carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagUse {
    pub id: TagId,
    pub name: String,
    pub conversations: i64,
}

pub fn all(tx: &mut Tx<'_>) -> Result<Vec<TagUse>, StoreError> {
    tx.all_with(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM conversation_tags ct WHERE ct.tag_id = t.id) FROM tags t ORDER BY t.name",
        &[],
        |row| Ok(TagUse { id: TagId::from_i64(row.get(0)?), name: row.get(1)?, conversations: row.get(2)? }),
    )
}

/// The tag with this name, made if there is none.
pub fn ensure(tx: &mut Tx<'_>, name: &str, at: Timestamp) -> Result<TagId, StoreError> {
    if let Some((id,)) = tx.opt::<(i64,)>("SELECT id FROM tags WHERE name = $1", &[&name])? {
        return Ok(TagId::from_i64(id));
    }
    let id = tx.next_tag_id()?;
    tx.exec(
        "INSERT INTO tags (id, name, color, bg_color, created_at) VALUES ($1, $2, '000000', 'e5e7eb', $3)",
        &[&id, &name, &at.micros()],
    )?;
    Ok(TagId::from_i64(id))
}

/// Names of a conversation's tags, in the order they were set.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = tx.all(
        "SELECT t.name FROM conversation_tags ct JOIN tags t ON t.id = ct.tag_id WHERE ct.conversation_id = $1 ORDER BY ct.ordinal, t.name",
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
                 WHERE ct.conversation_id IN {list} ORDER BY ct.conversation_id, ct.ordinal, t.name"
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
pub fn set(tx: &mut Tx<'_>, conversation: ConversationId, names: &[String], at: Timestamp) -> Result<(), StoreError> {
    tx.exec("DELETE FROM conversation_tags WHERE conversation_id = $1", &[&conversation.get()])?;
    for (ordinal, name) in names.iter().enumerate() {
        let tag = ensure(tx, name, at)?;
        tx.exec(
            "INSERT INTO conversation_tags (conversation_id, tag_id, ordinal) VALUES ($1, $2, $3)",
            &[&conversation.get(), &tag.get(), &(ordinal as i64)],
        )?;
    }
    Ok(())
}
