//! Adding messages to conversations: rows, counts, previews and the event, in one place.

use deskbell_domain::chat::{Chat, Side};
use deskbell_domain::conversation::Conversation;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{GroupId, MessageId};
use deskbell_domain::message::{
    Actor, Attachment, Audience, GroupKind, GroupStatus, MESSAGE_TEXT_BYTES_MAX, Message, MessageGroup, MessageKind, preview,
};
use deskbell_store::tables;
use deskbell_store::tables::messages::StoredMessage;
use deskbell_store::{StoreError, Tx};

use crate::context::Context;
use crate::error::AppError;

/// A message to be added.
pub struct NewMessage<'a> {
    pub kind: MessageKind,
    pub author: Actor,
    pub author_name: &'a str,
    pub text: &'a str,
    pub attachment: Option<Attachment>,
    /// Before and after, for a change of tags.
    pub tags: Option<(Vec<String>, Vec<String>)>,
    pub key: Option<&'a str>,
}

impl<'a> NewMessage<'a> {
    pub fn text(kind: MessageKind, author: Actor, author_name: &'a str, text: &'a str) -> Self {
        NewMessage { kind, author, author_name, text, attachment: None, tags: None, key: None }
    }

    pub fn system(kind: MessageKind, text: &'a str) -> Self {
        NewMessage::text(kind, Actor::System, "System", text)
    }
}

/// Where a message goes.
#[derive(Debug, Clone, Copy)]
pub enum Into {
    /// Into the chat's group.
    Chat,
    /// Into a group of its own.
    NewGroup(GroupKind),
    /// Beside what was added just before it: the same turn goes on.
    Group(GroupId, GroupKind),
}

/// What was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    pub message: MessageId,
    pub group: GroupId,
    pub number: i64,
}

/// Refuses texts that cannot be stored or sent.
pub fn check_text(text: &str) -> Result<(), AppError> {
    if text.len() > MESSAGE_TEXT_BYTES_MAX {
        return Err(AppError::too_large("a message has at most 32 KiB"));
    }
    if text.contains('\0') {
        return Err(AppError::invalid("a message must not contain a NUL character"));
    }
    Ok(())
}

/// Makes a group without messages.
pub fn open_group(
    tx: &mut Tx<'_>,
    cx: &Context,
    conversation: &Conversation,
    chat: Option<&Chat>,
    kind: GroupKind,
    author: Actor,
) -> Result<GroupId, StoreError> {
    let group = MessageGroup {
        id: GroupId::from_i64(tx.next_id()?),
        conversation: conversation.id,
        chat: chat.map(|chat| chat.id),
        kind,
        status: GroupStatus::Visible,
        author,
        created: cx.now,
        finished: cx.now,
    };
    // Its place is that of the event that follows.
    let number = tx.head()? + 1;
    tables::messages::insert_group(tx, &group, number)?;
    Ok(group.id)
}

/// Adds a message and writes the conversation's and the chat's rows. The caller has decided that it may be added and has set the
/// conversation's status.
pub fn add(
    tx: &mut Tx<'_>,
    cx: &Context,
    conversation: &mut Conversation,
    chat: Option<&mut Chat>,
    place: Into,
    new: NewMessage<'_>,
) -> Result<Added, StoreError> {
    let (group, group_kind) = match (place, &chat) {
        (Into::Chat, Some(chat)) => (chat.group, GroupKind::Chat),
        (Into::NewGroup(kind), _) => (open_group(tx, cx, conversation, chat.as_deref(), kind, new.author)?, kind),
        (Into::Group(group, kind), _) => (group, kind),
        (Into::Chat, None) => return Err(StoreError::Sql("a message into a chat needs the chat".to_owned())),
    };
    let message = Message {
        id: MessageId::from_i64(tx.next_id()?),
        conversation: conversation.id,
        chat: chat.as_ref().map(|chat| chat.id),
        group,
        group_kind,
        kind: new.kind,
        author: new.author,
        author_name: new.author_name.to_owned(),
        at: cx.now,
        text: new.text.to_owned(),
        attachment: new.attachment,
        tags: new.tags,
    };
    let number = tx.append(
        cx.now,
        Event::MessageAdded {
            conversation: conversation.id,
            chat: message.chat,
            group,
            group_kind,
            message: message.id,
            kind: message.kind,
            author: message.author,
            author_name: message.author_name.clone(),
            text: message.text.clone(),
            attachment: message.attachment.clone(),
            key: new.key.map(str::to_owned),
        },
    )?;
    if let Some(attachment) = &message.attachment {
        tables::files::attach(tx, &attachment.file, conversation.id)?;
    }
    if matches!(place, Into::Chat | Into::Group(..)) {
        tables::messages::touch_group(tx, group, cx.now)?;
    }
    let speaks = message.kind.speaks() && message.kind.audience() == Audience::Public;
    let (id, author) = (message.id, message.author);
    if speaks {
        count(conversation, place, &message);
        if let Some(chat) = chat {
            speak(tx, cx, chat, author)?;
        }
    }
    conversation.changed = cx.now;
    tables::conversations::update(tx, conversation)?;
    tables::messages::insert(tx, &StoredMessage { message, number, key: new.key.map(str::to_owned) })?;
    Ok(Added { message: id, group, number })
}

/// Preview and numbers of groups in and out. A chat counts as one group in and one group out, once each side has spoken.
fn count(conversation: &mut Conversation, place: Into, message: &Message) {
    conversation.preview = match &message.attachment {
        Some(attachment) if message.text.is_empty() => preview(&attachment.name),
        _ => preview(&message.text),
    };
    if conversation.subject.is_empty() {
        conversation.subject.clone_from(&conversation.preview);
    }
    let new_group = matches!(place, Into::NewGroup(_));
    match message.author {
        Actor::Customer(_) if new_group || conversation.groups_in == 0 => conversation.groups_in += 1,
        Actor::Agent(_) if new_group || conversation.groups_out == 0 => conversation.groups_out += 1,
        Actor::Customer(_) | Actor::Agent(_) | Actor::System => {}
    }
}

fn speak(tx: &mut Tx<'_>, cx: &Context, chat: &mut Chat, author: Actor) -> Result<(), StoreError> {
    let side = match author {
        Actor::Customer(_) => Side::Visitor,
        Actor::Agent(_) => Side::Agent,
        Actor::System => return Ok(()),
    };
    let waited = chat.spoke(side, cx.now);
    tables::chats::update(tx, chat)?;
    for mut engagement in tables::engagements::open(tx, chat.id)? {
        match author {
            Actor::Customer(_) => engagement.visitor_messages += 1,
            Actor::Agent(agent) if agent == engagement.agent => {
                engagement.agent_messages += 1;
                if let Some(waited) = waited {
                    engagement.responses.add(waited);
                }
            }
            Actor::Agent(_) | Actor::System => continue,
        }
        tables::engagements::update_counts(tx, &engagement)?;
    }
    Ok(())
}
