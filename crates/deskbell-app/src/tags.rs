//! Tags: made, changed, taken away, and put on conversations one by one.
//!
//! A conversation that carries a renamed or removed tag is told so by an event of its own, in bites: the first one at once, the others
//! by the timers. A removed tag is shown nowhere from the first moment on; the export documents follow the events.

use deskbell_domain::color;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{ConversationId, TagId};
use deskbell_domain::message::Actor;
use deskbell_domain::tag::{BACKGROUND_DEFAULT, COLOR_DEFAULT, Tag};
use deskbell_store::tables::changes::{self, Place};
use deskbell_store::tables::tags::{Carrier, Sweep};
use deskbell_store::{Tx, tables};

use crate::commands::Done;
use crate::context::Context;
use crate::conversations;
use crate::error::AppError;

/// Characters of a tag's name.
pub const TAG_CHARS_MAX: usize = 64;
/// Tags of a desk, at most: lists of them have no pages.
pub const DESK_TAGS_MAX: i64 = 10_000;
/// Conversations told of a changed tag by one write, at most.
pub const SWEEP_CONVERSATIONS: i64 = 500;

/// A name without blanks around it; `None` if there is nothing left of it.
pub(crate) fn tidy_name(name: &str) -> Result<Option<&str>, AppError> {
    let name = name.trim();
    if name.chars().count() > TAG_CHARS_MAX || name.chars().any(char::is_control) || name.contains(',') {
        return Err(AppError::invalid("a tag has at most 64 characters, no comma and no control characters"));
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

fn named(name: &str) -> Result<&str, AppError> {
    tidy_name(name)?.ok_or_else(|| AppError::missing("name is missing"))
}

fn colour(what: &str, text: &str) -> Result<String, AppError> {
    color::parse(text).ok_or_else(|| AppError::invalid(format!("{what} must be a colour of three or six hex digits")))
}

fn announce(tx: &mut Tx<'_>, cx: &Context, tag: &Tag, removed: bool) -> Result<(), AppError> {
    tx.append(cx.now, Event::TagChanged { tag: tag.id, name: tag.name.clone(), removed })?;
    Ok(())
}

/// All tags by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Tag>, AppError> {
    Ok(tables::tags::list(tx)?)
}

/// A tag by its id, or a clear refusal.
pub fn get(tx: &mut Tx<'_>, identifier: &str) -> Result<Tag, AppError> {
    let found = match TagId::parse(identifier) {
        Some(id) => tables::tags::get(tx, id)?,
        None => None,
    };
    found.ok_or_else(|| AppError::not_found("tag with this id not found"))
}

/// What is given of a tag that is made or changed. `None`: the default, or what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub name: Option<String>,
    /// Hex digits, with or without `#`.
    pub color: Option<String>,
    pub background: Option<String>,
}

/// The tag with this name, made if there is none. One that is there stays as it is: senders make sure that a tag exists by making it.
pub fn create(tx: &mut Tx<'_>, cx: &Context, draft: &Draft) -> Result<Tag, AppError> {
    let name = named(draft.name.as_deref().unwrap_or_default())?;
    let color = draft.color.as_deref().map_or_else(|| Ok(COLOR_DEFAULT.to_owned()), |text| colour("color", text))?;
    let background = draft.background.as_deref().map_or_else(|| Ok(BACKGROUND_DEFAULT.to_owned()), |text| colour("bg_color", text))?;
    match tables::tags::by_name(tx, name)? {
        Some(known) => Ok(known),
        None => make(tx, cx, name, color, background),
    }
}

fn make(tx: &mut Tx<'_>, cx: &Context, name: &str, color: String, background: String) -> Result<Tag, AppError> {
    if tables::tags::count(tx)? >= DESK_TAGS_MAX {
        return Err(AppError::too_large(format!("a desk has at most {DESK_TAGS_MAX} tags")));
    }
    let tag = Tag { id: TagId::from_i64(tx.next_tag_id()?), name: name.to_owned(), color, background };
    tables::tags::insert(tx, &tag, cx.now)?;
    announce(tx, cx, &tag, false)?;
    Ok(tag)
}

/// The tags with these tidy names, those made that are not there.
pub(crate) fn ensure(tx: &mut Tx<'_>, cx: &Context, names: &[String]) -> Result<Vec<TagId>, AppError> {
    let mut tags = Vec::with_capacity(names.len());
    for name in names {
        tags.push(match tables::tags::by_name(tx, name)? {
            Some(known) => known.id,
            None => make(tx, cx, name, COLOR_DEFAULT.to_owned(), BACKGROUND_DEFAULT.to_owned())?.id,
        });
    }
    Ok(tags)
}

/// Changes a tag. A new name is that of every conversation's tag at once.
pub fn change(tx: &mut Tx<'_>, cx: &Context, identifier: &str, draft: &Draft) -> Result<Tag, AppError> {
    let before = get(tx, identifier)?;
    let mut tag = before.clone();
    if let Some(name) = &draft.name {
        tag.name = named(name)?.to_owned();
    }
    if let Some(text) = &draft.color {
        tag.color = colour("color", text)?;
    }
    if let Some(text) = &draft.background {
        tag.background = colour("bg_color", text)?;
    }
    if tag == before {
        return Ok(tag);
    }
    let renamed = tag.name != before.name;
    if renamed && tables::tags::by_name(tx, &tag.name)?.is_some() {
        return Err(AppError::conflict("another tag has this name"));
    }
    tables::tags::update(tx, &tag)?;
    announce(tx, cx, &tag, false)?;
    if renamed {
        tables::tags::add_sweep(tx, tag.id, &before.name, Some(&tag.name))?;
        sweep(tx, cx)?;
    }
    Ok(tag)
}

/// Takes a tag away, from all conversations too.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, identifier: &str) -> Result<(), AppError> {
    let tag = get(tx, identifier)?;
    tables::tags::hide(tx, tag.id, cx.now)?;
    announce(tx, cx, &tag, true)?;
    tables::tags::add_sweep(tx, tag.id, &tag.name, None)?;
    sweep(tx, cx)?;
    Ok(())
}

/// Which conversations have been told of all changes of their tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    Some,
    All,
}

/// Tells the next conversations what became of a tag they carry. They count as no later changed by that: what changed is the tag.
pub fn sweep(tx: &mut Tx<'_>, cx: &Context) -> Result<Swept, AppError> {
    let Some(sweep) = tables::tags::first_sweep(tx)? else { return Ok(Swept::All) };
    let carriers = tables::tags::carriers(tx, &sweep, SWEEP_CONVERSATIONS)?;
    let conversations: Vec<ConversationId> = carriers.iter().map(|carrier| carrier.conversation).collect();
    let chats = tables::chats::latest_of_conversations(tx, &conversations)?;
    for carrier in &carriers {
        let (conversation, chat) = (carrier.conversation, chats.get(&carrier.conversation).copied());
        let (before, after) = told(&sweep, carrier);
        // Under a new name the tags are those of before.
        let goes = |tag: TagId| sweep.new_name.is_none() && tag == sweep.tag;
        let tags: Vec<TagId> = carrier.tags.iter().map(|(tag, _)| *tag).filter(|tag| !goes(*tag)).collect();
        let told = Event::TagsChanged { conversation, chat, before, after, by: Actor::System, tags: Some(tags.clone()) };
        let number = tx.append(cx.now, told)?;
        changes::tags(tx, Place { number, at: cx.now }, conversation, &tags)?;
    }
    if sweep.new_name.is_none() {
        tables::tags::drop_from(tx, sweep.tag, &conversations)?;
    }
    match conversations.last() {
        Some(last) if conversations.len() as i64 == SWEEP_CONVERSATIONS => tables::tags::note_told(tx, sweep.id, *last)?,
        Some(_) | None => tables::tags::end_sweep(tx, &sweep)?,
    }
    left(tx)
}

/// Whether conversations are left to be told.
pub fn left(tx: &mut Tx<'_>) -> Result<Swept, AppError> {
    Ok(if tables::tags::first_sweep(tx)?.is_some() { Swept::Some } else { Swept::All })
}

/// A conversation's tags before and after a change of one of them.
fn told(sweep: &Sweep, carrier: &Carrier) -> (Vec<String>, Vec<String>) {
    let with = |swept: Option<&String>| {
        let names = carrier.tags.iter().filter_map(|(tag, name)| if *tag == sweep.tag { swept } else { name.as_ref() });
        names.cloned().collect()
    };
    (with(Some(&sweep.old_name)), with(sweep.new_name.as_ref()))
}

/// The tags of a conversation, in the order they were set.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<(TagId, String)>, AppError> {
    Ok(tables::tags::of_conversations(tx, &[conversation])?.remove(&conversation).unwrap_or_default())
}

/// A tag as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Id(String),
    Name(String),
}

/// Puts a tag on a conversation; an unknown name makes the tag, one that is there stays.
pub fn assign(tx: &mut Tx<'_>, cx: &Context, by: Actor, conversation: ConversationId, tag: &Named) -> Result<Done, AppError> {
    let name = match tag {
        Named::Id(id) => get(tx, id)?.name,
        Named::Name(name) => named(name)?.to_owned(),
    };
    let conversation = conversations::get(tx, conversation)?.id;
    let mut names = tables::tags::of_conversation(tx, conversation)?;
    if !names.contains(&name) {
        names.push(name);
    }
    conversations::set_tags(tx, cx, by, conversation, &names)
}

/// Takes a tag from a conversation. The tag must exist; a conversation that does not carry it stays as it is.
pub fn unassign(tx: &mut Tx<'_>, cx: &Context, by: Actor, conversation: ConversationId, tag: &Named) -> Result<Done, AppError> {
    let name = match tag {
        Named::Id(id) => get(tx, id)?.name,
        Named::Name(name) => {
            let known = tables::tags::by_name(tx, named(name)?)?;
            known.ok_or_else(|| AppError::not_found("tag with this name not found"))?.name
        }
    };
    let conversation = conversations::get(tx, conversation)?.id;
    let mut names = tables::tags::of_conversation(tx, conversation)?;
    names.retain(|other| *other != name);
    conversations::set_tags(tx, cx, by, conversation, &names)
}

#[cfg(test)]
mod tests;
