//! Merging: one conversation goes into another. Its messages, chats, tags, fields and files become the other's; its row stays as a
//! trace, and every spelling of it leads to the other from now on.

use std::collections::HashSet;

use deskbell_domain::conversation::{Channel, Conversation, Turn};
use deskbell_domain::event::Event;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_store::tables::changes::{self, Place};
use deskbell_store::tables::merging::{self, Browsers};
use deskbell_store::{Tx, idempotency, tables};

use super::{TAGS_MAX, actor_name, assign, by_customer, by_key, get, turn};
use crate::commands::Done;
use crate::context::Context;
use crate::error::AppError;
use crate::events;
use crate::fields;
use crate::messages::{self, Into, NewMessage};

/// Messages of a conversation that goes into another one, at most: they move in one write.
pub const MERGED_MESSAGES_MAX: i64 = 20_000;

/// Merges `from` into `into`, which keeps its customer, department and code. It opens again if it waits for no answer and `from` does; it
/// gets the agent of `from` if it has none.
pub fn merge(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, from: ConversationId, into: ConversationId) -> Result<Done, AppError> {
    let mut from = get(tx, from)?;
    let mut into = get(tx, into)?;
    check(tx, &from, &into)?;
    turn(tx, cx, &mut into, Turn::Merges { other: from.status }, by)?;
    // From no browser at all is the same only for the same customer.
    let same = from.visitor == into.visitor && from.customer == into.customer;
    let browsers = if same { Browsers::Same } else { Browsers::Different };
    let newer = merging::last_spoken(tx, from.id)? > merging::last_spoken(tx, into.id)?;
    let number = tx.head()?;
    changes::moved(tx, from.id, number)?;
    merging::move_all(tx, from.id, into.id, browsers)?;
    for scope in [by_key::scope, by_customer::scope] {
        idempotency::carry_over(tx, &scope(from.id), &scope(into.id))?;
    }
    unite_rows(tx, &from, &mut into, newer)?;
    unite_fields(tx, cx, by, from.id, into.id)?;
    unite_tags(tx, cx, by, from.id, into.id)?;
    let name = actor_name(tx, by)?;
    let (here, there) = (format!("Merged with {}", from.code), format!("Merged into {}", into.code));
    for (conversation, text) in [(&mut from, there), (&mut into, here)] {
        let message = NewMessage::text(MessageKind::Merged, by, &name, &text);
        messages::add(tx, cx, conversation, None, Into::NewGroup(GroupKind::Merged), message)?;
    }
    if into.assigned.is_none() && from.assigned.is_some() {
        let department = into.department;
        assign(tx, cx, &mut into, department, from.assigned, by)?;
    }
    let number = events::append(tx, cx, Event::ConversationMerged { conversation: from.id, into: into.id, by })?;
    Ok(Done::conversation(into.id, number))
}

fn check(tx: &mut Tx<'_>, from: &Conversation, into: &Conversation) -> Result<(), AppError> {
    if from.id == into.id {
        return Err(AppError::conflict("a conversation cannot be merged into itself"));
    }
    for conversation in [from, into] {
        if tables::chats::live_of_conversation(tx, conversation.id)?.is_some() {
            return Err(AppError::conflict("a conversation in a live chat cannot be merged: end the chat first"));
        }
        if tables::calls::live_of_conversation(tx, conversation.id)?.is_some() {
            return Err(AppError::conflict("a conversation in a call cannot be merged: end the call first"));
        }
        // What is said in those is for everybody; what is said elsewhere is not.
        if matches!(conversation.channel, Channel::Forum | Channel::Suggestion) {
            return Err(AppError::conflict("the conversation behind a topic or a suggestion cannot be merged"));
        }
    }
    if merging::count_messages(tx, from.id)? > MERGED_MESSAGES_MAX {
        return Err(AppError::too_large(format!(
            "a conversation of more than {MERGED_MESSAGES_MAX} messages cannot be merged into another"
        )));
    }
    Ok(())
}

/// Counts, preview, subject and copies; the row is written with the message that comes next.
fn unite_rows(tx: &mut Tx<'_>, from: &Conversation, into: &mut Conversation, newer: bool) -> Result<(), AppError> {
    into.groups_in += from.groups_in;
    into.groups_out += from.groups_out;
    if newer {
        into.preview.clone_from(&from.preview);
    }
    if into.subject.is_empty() {
        into.subject.clone_from(&from.subject);
    }
    let (own, more) = (tables::conversations::cc(tx, into.id)?, tables::conversations::cc(tx, from.id)?);
    let mut seen = HashSet::new();
    let united: Vec<&str> = own.split(',').chain(more.split(',')).filter(|address| !address.is_empty() && seen.insert(*address)).collect();
    Ok(tables::conversations::set_cc(tx, into.id, &united.join(","))?)
}

fn unite_fields(tx: &mut Tx<'_>, cx: &Context, by: Actor, from: ConversationId, into: ConversationId) -> Result<(), AppError> {
    let own = fields::custom(tx, FieldOwner::Conversation(into))?;
    let more = fields::custom(tx, FieldOwner::Conversation(from))?;
    let missing: Vec<FieldValue> = more.into_iter().filter(|field| !own.contains(field)).collect();
    fields::add(tx, cx, by, FieldOwner::Conversation(into), &missing)?;
    tables::fields::remove_custom(tx, FieldOwner::Conversation(from), None)?;
    Ok(())
}

fn unite_tags(tx: &mut Tx<'_>, cx: &Context, by: Actor, from: ConversationId, into: ConversationId) -> Result<(), AppError> {
    let mut all = tables::tags::of_conversations(tx, &[from, into])?;
    let own = all.remove(&into).unwrap_or_default();
    let mut united = own.clone();
    united.extend(all.remove(&from).unwrap_or_default().into_iter().filter(|tag| !own.contains(tag)));
    if united.len() > TAGS_MAX {
        return Err(AppError::too_large("together they would carry more than 50 tags"));
    }
    tables::tags::set(tx, from, &[])?;
    if united.len() == own.len() {
        return Ok(());
    }
    let ids: Vec<_> = united.iter().map(|(tag, _)| *tag).collect();
    tables::tags::set(tx, into, &ids)?;
    let names = |tags: Vec<(_, String)>| tags.into_iter().map(|(_, name)| name).collect();
    let chat = tables::chats::of_conversation(tx, into)?.pop().map(|chat| chat.id);
    let (before, after, tags) = (names(own), names(united), Some(ids.clone()));
    let number = tx.append(cx.now, Event::TagsChanged { conversation: into, chat, before, after, by, tags })?;
    changes::tags(tx, Place { number, at: cx.now }, into, &ids)?;
    Ok(())
}

#[cfg(test)]
mod tests;
