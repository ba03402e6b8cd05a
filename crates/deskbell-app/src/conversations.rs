//! Conversations outside live chat: starting one, answers, notes, tags, status, assignment, offline messages, read marks. What the holder
//! of a key of the API does is in [`by_key`], what the holder of a public code does in [`by_customer`], merging in [`merge`], setting aside
//! in [`postponing`].

pub mod by_customer;
pub mod by_key;
pub mod merge;
mod offline;
pub mod postponing;
#[cfg(test)]
pub(crate) mod stage;

use deskbell_domain::chat::Chat;
use deskbell_domain::conversation::{Channel, Conversation, Status, Step, Turn};
use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::field::FieldValue;
use deskbell_domain::ids::{AgentId, ConversationId, DepartmentId, MessageId, WidgetId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::visit::Visit;
use deskbell_store::tables::changes::{self, Place};
use deskbell_store::{Tx, tables};

use crate::accounts::enabled_agent;
use crate::commands::Done;
use crate::context::Context;
use crate::customers::{self, Introduction};
use crate::error::AppError;
use crate::messages::{self, Added, Into, NewMessage};
use crate::{calls, events, sla, tags, widgets};

pub use offline::note as note_offline;

/// Tags on one conversation, at most.
pub const TAGS_MAX: usize = 50;
/// Characters of a subject.
pub const SUBJECT_CHARS_MAX: usize = 255;
/// Characters of a mail's id: a line of a mail.
const MAIL_ID_CHARS_MAX: usize = 998;
/// How often a code is drawn again when it is taken.
const CODE_TRIES_MAX: usize = 5;

/// What a conversation begins with.
pub struct Start<'a> {
    pub customer: &'a Customer,
    /// The customer's name as his own side sees it.
    pub shown_name: &'a str,
    pub visit: Option<&'a Visit>,
    /// What it begins through; one that is gone counts as none.
    pub widget: Option<WidgetId>,
    pub department: DepartmentId,
    pub channel: Channel,
    pub status: Status,
    pub subject: &'a str,
}

/// What is known of a conversation that begins before it is written into it, for the rules that choose its service level.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beginning<'a> {
    /// The first message.
    pub text: &'a str,
    /// What it is tagged with.
    pub tags: &'a [String],
    /// Its own fields, and those that its customer gets with it.
    pub fields: &'a [FieldValue],
    pub customer_fields: &'a [FieldValue],
    /// Who begins it; `None`: its customer.
    pub by: Option<Actor>,
    /// Who is in charge at once.
    pub assigned: Option<AgentId>,
}

/// Starts a conversation of whose beginning nothing else is known.
pub fn start(tx: &mut Tx<'_>, cx: &mut Context, start: Start<'_>) -> Result<Conversation, AppError> {
    start_with(tx, cx, start, Beginning::default())
}

/// Starts a conversation, with a first system group that tells where it came from.
pub fn start_with(tx: &mut Tx<'_>, cx: &mut Context, start: Start<'_>, beginning: Beginning<'_>) -> Result<Conversation, AppError> {
    let mut code = cx.conversation_code();
    for _ in 0..CODE_TRIES_MAX {
        if tables::conversations::resolve(tx, &code)?.is_none() {
            break;
        }
        code = cx.conversation_code();
    }
    let mut conversation = Conversation {
        id: ConversationId::from_i64(tx.next_id()?),
        code,
        public_code: cx.alphanumerics(16),
        customer: start.customer.id,
        visitor: start.visit.map(|visit| visit.visitor),
        visit: start.visit.map(|visit| visit.id),
        department: start.department,
        assigned: None,
        status: start.status,
        channel: start.channel,
        subject: start.subject.to_owned(),
        preview: String::new(),
        created: cx.now,
        changed: cx.now,
        groups_in: 0,
        groups_out: 0,
        tags: Vec::new(),
    };
    tables::conversations::insert(tx, &conversation)?;
    if let Some(level) = sla::rules::choose(tx, cx, &conversation, &beginning)? {
        tables::sla::set_level(tx, conversation.id, Some(level))?;
    }
    if let Some(widget) = start.widget {
        widgets::begun(tx, widget, conversation.id)?;
    }
    let started = Event::ConversationStarted {
        conversation: conversation.id,
        customer: start.customer.id,
        customer_name: start.shown_name.to_owned(),
        visitor: conversation.visitor,
        department: start.department,
        channel: start.channel,
        status: start.status,
        subject: start.subject.to_owned(),
        by: beginning.by,
    };
    let number = events::append(tx, cx, started)?;
    changes::started(tx, Place { number, at: cx.now }, &conversation)?;
    if let Some(visit) = start.visit {
        let page = tables::visits::last_page(tx, visit.id)?;
        let text = format!(
            "Page: {}\nReferrer: {}\nBrowser: {}\nLanguage: {}\nAddress: {}",
            page.map(|page| page.url).unwrap_or_default(),
            visit.referrer,
            visit.user_agent,
            visit.language,
            visit.address,
        );
        let info = NewMessage::system(MessageKind::UserAgent, &text);
        messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::StartInfo), info)?;
    }
    Ok(conversation)
}

/// A conversation by id, or a clear refusal. The id of one that was merged leads to where it went.
pub fn get(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Conversation, AppError> {
    let found = match tables::conversations::current(tx, conversation)? {
        Some(current) => tables::conversations::get(tx, current)?,
        None => None,
    };
    found.ok_or_else(|| AppError::not_found("no such conversation"))
}

/// The id of a mail as answers to it spell it, without the brackets around it.
pub fn mail_id(text: &str) -> Result<Option<String>, AppError> {
    let id = text.trim();
    let id = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id).trim();
    if id.chars().count() > MAIL_ID_CHARS_MAX || id.chars().any(char::is_control) {
        return Err(AppError::invalid(format!("the id of a mail has at most {MAIL_ID_CHARS_MAX} characters and no control characters")));
    }
    Ok(Some(id).filter(|id| !id.is_empty()).map(str::to_owned))
}

/// The conversation that answers to a mail belong to.
pub fn by_mail_id(tx: &mut Tx<'_>, text: &str) -> Result<Option<ConversationId>, AppError> {
    match mail_id(text)? {
        Some(id) => Ok(tables::mail_ids::conversation(tx, &id)?),
        None => Ok(None),
    }
}

/// Writes a status that the rules allow, and tells the journal.
pub(crate) fn set_status(
    tx: &mut Tx<'_>,
    cx: &Context,
    conversation: &mut Conversation,
    status: Status,
    by: Actor,
) -> Result<(), AppError> {
    let from = conversation.status;
    conversation.status = status;
    conversation.changed = cx.now;
    tables::conversations::update(tx, conversation)?;
    // A call interrupts a postponement: it may change nothing, and then that goes on.
    let interrupts = matches!((from, status), (Status::Postponed, Status::Calling) | (Status::Calling, Status::Postponed));
    if matches!(from, Status::Postponed | Status::Calling) && !interrupts {
        tables::postponements::remove(tx, conversation.id)?;
    }
    let number = events::append(tx, cx, Event::StatusChanged { conversation: conversation.id, from, to: status, by })?;
    Ok(changes::status(tx, Place { number, at: cx.now }, conversation, from, by)?)
}

/// Takes a turn of the status machine; a refusal names status and turn.
pub(crate) fn turn(tx: &mut Tx<'_>, cx: &Context, conversation: &mut Conversation, turn: Turn, by: Actor) -> Result<bool, AppError> {
    match conversation.status.step(turn, cx.settings.reopening) {
        Ok(Step::To(status)) => set_status(tx, cx, conversation, status, by).map(|()| true),
        Ok(Step::Stay) => calls::written_beside(tx, conversation, turn).map(|()| false),
        Ok(Step::StartAnother) => Err(AppError::conflict("the conversation is closed")),
        Err(refused) => Err(AppError::conflict("the status of the conversation does not allow this")
            .because(format!("{:?} in {:?}", refused.turn, refused.status))),
    }
}

/// Gives a conversation another department or agent.
pub(crate) fn assign(
    tx: &mut Tx<'_>,
    cx: &Context,
    conversation: &mut Conversation,
    department: DepartmentId,
    agent: Option<AgentId>,
    by: Actor,
) -> Result<(), AppError> {
    if conversation.department == department && conversation.assigned == agent {
        return Ok(());
    }
    conversation.department = department;
    conversation.assigned = agent;
    conversation.changed = cx.now;
    tables::conversations::update(tx, conversation)?;
    let number = events::append(tx, cx, Event::Assigned { conversation: conversation.id, department, agent, by })?;
    Ok(changes::assigned(tx, Place { number, at: cx.now }, conversation, by)?)
}

/// Hands over a conversation that is not in a live chat.
pub fn hand_over(
    tx: &mut Tx<'_>,
    cx: &Context,
    by: Actor,
    conversation: ConversationId,
    department: Option<DepartmentId>,
    agent: Option<AgentId>,
) -> Result<Done, AppError> {
    let mut conversation = get(tx, conversation)?;
    match conversation.status {
        Status::Chatting => return Err(AppError::conflict("the conversation is in a live chat: transfer the chat")),
        Status::Calling => return Err(AppError::conflict("the conversation is in a call: transfer the call")),
        Status::Init
        | Status::New
        | Status::Open
        | Status::Answered
        | Status::Resolved
        | Status::Postponed
        | Status::Deleted
        | Status::Spam => {}
    }
    let agent = agent.map(|agent| enabled_agent(tx, agent)).transpose()?;
    let department = department.unwrap_or(conversation.department);
    let found = tables::departments::get(tx, department)?.ok_or_else(|| AppError::not_found("no such department"))?;
    if conversation.department == department && conversation.assigned == agent.as_ref().map(|agent| agent.id) {
        return Ok(Done::conversation(conversation.id, tx.head()?));
    }
    let name = actor_name(tx, by)?;
    let text = match &agent {
        Some(agent) => format!("Transferred to {} ({})", agent.display_name(), found.name),
        None => format!("Transferred to {}", found.name),
    };
    let message = NewMessage::text(MessageKind::Transfer, by, &name, &text);
    messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Transfer), message)?;
    assign(tx, cx, &mut conversation, department, agent.map(|agent| agent.id), by)?;
    Ok(Done::conversation(conversation.id, tx.head()?))
}

/// The name that others see of an actor.
pub(crate) fn actor_name(tx: &mut Tx<'_>, by: Actor) -> Result<String, AppError> {
    Ok(match by {
        Actor::System => "System".to_owned(),
        Actor::Agent(agent) => tables::agents::get(tx, agent)?.map(|agent| agent.display_name()).unwrap_or_default(),
        Actor::Customer(customer) => customers::get(tx, customer)?.display_name(),
    })
}

/// What an agent writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Seen by the customer.
    Message,
    /// Seen by agents only.
    Note,
}

/// On whose authority an agent's message goes into a live chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The agent's own: he must have joined the chat.
    Participant,
    /// The whole desk's (a key of the API): the agent need not be in the chat.
    Desk,
}

/// What is written, and how.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    pub writing: Writing,
    pub text: &'a str,
    /// The first one stands beside the text, each other one is a message of its own in the same turn.
    pub files: &'a [&'a str],
    /// The sender's key, kept beside the message.
    pub key: Option<&'a str>,
    pub authority: Authority,
}

/// An agent (or the system) writes. Into a live chat a message needs the agent in the chat, unless it is written with the desk's
/// authority; outside it answers the conversation.
pub fn write(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, conversation: ConversationId, written: Written<'_>) -> Result<Done, AppError> {
    let Written { writing, text, files, key, authority } = written;
    messages::check_text(text)?;
    let mut conversation = get(tx, conversation)?;
    if files.is_empty() && text.trim().is_empty() {
        return Err(AppError::missing("text or file is missing"));
    }
    if !files.is_empty() && matches!(by, Actor::Customer(_)) {
        return Err(AppError::invalid("only an agent sends a file here"));
    }
    let said = Said { by, name: &actor_name(tx, by)?, text, files, key };
    let mut chat = tables::chats::live_of_conversation(tx, conversation.id)?;
    if writing == Writing::Note {
        let place = Into::NewGroup(GroupKind::Internal);
        let added = say(tx, cx, &mut conversation, chat.as_mut(), place, [MessageKind::Note, MessageKind::NoteFile], &said)?;
        return Ok(Done::message(conversation.id, added));
    }
    let kinds = [MessageKind::Message, MessageKind::File];
    if let Some(chat) = &mut chat {
        if let (Actor::Agent(agent), Authority::Participant) = (by, authority) {
            crate::chats::own_engagement(tx, chat, agent).map_err(|_| AppError::forbidden("join the chat before you write into it"))?;
        }
        let added = say(tx, cx, &mut conversation, Some(chat), Into::Chat, kinds, &said)?;
        return Ok(Done::message(conversation.id, added));
    }
    turn(tx, cx, &mut conversation, Turn::AgentAnswers, by)?;
    if let (Actor::Agent(agent), None) = (by, conversation.assigned) {
        let department = conversation.department;
        assign(tx, cx, &mut conversation, department, Some(agent), by)?;
    }
    let place = Into::NewGroup(answer_group(conversation.channel));
    let added = say(tx, cx, &mut conversation, None, place, kinds, &said)?;
    Ok(Done::message(conversation.id, added))
}

/// The kind of group that an agent's answer makes. Answers to topics and suggestions stand below these, for everybody.
pub(crate) fn answer_group(channel: Channel) -> GroupKind {
    match channel {
        Channel::Forum | Channel::Suggestion => GroupKind::Knowledgebase,
        Channel::Email
        | Channel::Button
        | Channel::Form
        | Channel::Invitation
        | Channel::Call
        | Channel::CallButton
        | Channel::Facebook
        | Channel::FacebookMessage
        | Channel::Twitter => GroupKind::OutgoingEmail,
    }
}

/// One turn of an author: a text, files that agents or keys of the API have put there, or both.
pub(crate) struct Said<'a> {
    pub(crate) by: Actor,
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    pub(crate) files: &'a [&'a str],
    pub(crate) key: Option<&'a str>,
}

/// Adds what was said as messages of one turn: of the first kind, or of the second with a file. Answers the first of them, at the place of
/// the last.
pub(crate) fn say(
    tx: &mut Tx<'_>,
    cx: &Context,
    conversation: &mut Conversation,
    mut chat: Option<&mut Chat>,
    place: Into,
    [plain, with_file]: [MessageKind; 2],
    said: &Said<'_>,
) -> Result<Added, AppError> {
    let message = |kind, text| NewMessage::text(kind, said.by, said.name, text);
    let attachment = said.files.first().map(|file| crate::files::usable_by_agent(tx, file)).transpose()?;
    let kind = if attachment.is_some() { with_file } else { plain };
    let first = NewMessage { attachment, key: said.key, ..message(kind, said.text) };
    let mut added = messages::add(tx, cx, conversation, chat.as_deref_mut(), place, first)?;
    for file in said.files.iter().skip(1) {
        let attachment = Some(crate::files::usable_by_agent(tx, file)?);
        let place = match place {
            Into::Chat => Into::Chat,
            Into::NewGroup(kind) | Into::Group(_, kind) => Into::Group(added.group, kind),
        };
        let other = NewMessage { attachment, ..message(with_file, "") };
        added.number = messages::add(tx, cx, conversation, chat.as_deref_mut(), place, other)?.number;
    }
    Ok(added)
}

/// A visitor leaves a message, which is an offline message: a new conversation, status New.
pub fn leave_message(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    visit: &Visit,
    department: Option<DepartmentId>,
    introduction: &Introduction,
    text: &str,
    key: Option<&str>,
) -> Result<Done, AppError> {
    messages::check_text(text)?;
    if text.trim().is_empty() {
        return Err(AppError::missing("text is missing"));
    }
    if introduction.email.is_none() {
        return Err(AppError::missing("email is missing"));
    }
    let department = customers::claims::department(tx, department, introduction)?;
    tables::departments::get(tx, department)?.ok_or_else(|| AppError::not_found("no such department"))?;
    let introduced = customers::introduce(tx, cx, visit, introduction)?;
    let (customer, name) = (&introduced.customer, &introduced.shown_name);
    let begun = Start {
        customer,
        shown_name: name,
        visit: Some(visit),
        widget: introduction.widget,
        department,
        channel: Channel::Form,
        status: Status::New,
        subject: "",
    };
    let (fields, customer_fields) = customers::claims::at_beginning(&introduced, &introduction.claims);
    let beginning = Beginning { text, fields: &fields, customer_fields: &customer_fields, ..Beginning::default() };
    let mut conversation = start_with(tx, cx, begun, beginning)?;
    customers::claims::keep(tx, cx, &introduced, &introduction.claims, conversation.id)?;
    let message = NewMessage { key, ..NewMessage::text(MessageKind::Message, Actor::Customer(customer.id), name, text) };
    let added = messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Offline), message)?;
    offline::note(tx, cx, &conversation, added.message)?;
    Ok(Done::message(conversation.id, added))
}

/// Tags without blanks around them, empty ones and repetitions.
fn tidy(tags: &[String]) -> Result<Vec<String>, AppError> {
    let mut tidy: Vec<String> = Vec::new();
    for tag in tags {
        match tags::tidy_name(tag)? {
            Some(name) if !tidy.iter().any(|other| other == name) => tidy.push(name.to_owned()),
            Some(_) | None => {}
        }
    }
    if tidy.len() > TAGS_MAX {
        return Err(AppError::too_large("at most 50 tags on a conversation"));
    }
    Ok(tidy)
}

/// Sets a conversation's tags: the whole new list.
pub fn set_tags(tx: &mut Tx<'_>, cx: &Context, by: Actor, conversation: ConversationId, tags: &[String]) -> Result<Done, AppError> {
    let mut conversation = get(tx, conversation)?;
    let before = tables::tags::of_conversation(tx, conversation.id)?;
    let after = tidy(tags)?;
    if before == after {
        return Ok(Done::conversation(conversation.id, tx.head()?));
    }
    let ids = tags::ensure(tx, cx, &after)?;
    tables::tags::set(tx, conversation.id, &ids)?;
    let mut chat = match tables::chats::live_of_conversation(tx, conversation.id)? {
        Some(chat) => Some(chat),
        None => tables::chats::of_conversation(tx, conversation.id)?.pop(),
    };
    let name = actor_name(tx, by)?;
    let text = after.join(", ");
    let message = NewMessage { tags: Some((before.clone(), after.clone())), ..NewMessage::text(MessageKind::Tag, by, &name, &text) };
    messages::add(tx, cx, &mut conversation, chat.as_mut(), Into::NewGroup(GroupKind::Tag), message)?;
    let chat = chat.map(|chat| chat.id);
    let told = Event::TagsChanged { conversation: conversation.id, chat, before, after, by, tags: Some(ids.clone()) };
    let number = tx.append(cx.now, told)?;
    changes::tags(tx, Place { number, at: cx.now }, conversation.id, &ids)?;
    Ok(Done::conversation(conversation.id, number))
}

/// A change of status that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Answered,
    Open,
    Resolve,
    Delete,
    Spam,
}

/// Changes the status by hand; the change is a message group of its own.
pub fn change_status(tx: &mut Tx<'_>, cx: &Context, by: Actor, conversation: ConversationId, change: Change) -> Result<Done, AppError> {
    let mut conversation = get(tx, conversation)?;
    let (step, group, text) = match change {
        Change::Answered => (Turn::MarkAnswered, GroupKind::InternalCollapsed, "Marked as answered"),
        Change::Open => (Turn::MarkOpen, GroupKind::InternalCollapsed, "Marked as open"),
        Change::Resolve => (Turn::Resolve, GroupKind::Resolve, "Resolved"),
        Change::Delete => (Turn::Delete, GroupKind::Delete, "Deleted"),
        Change::Spam => (Turn::Spam, GroupKind::Spam, "Marked as spam"),
    };
    match conversation.status {
        Status::Chatting => return Err(AppError::conflict("the conversation is in a live chat: end the chat first")),
        Status::Calling => return Err(AppError::conflict("the conversation is in a call: end the call first")),
        Status::Init
        | Status::New
        | Status::Open
        | Status::Answered
        | Status::Resolved
        | Status::Postponed
        | Status::Deleted
        | Status::Spam => {}
    }
    if turn(tx, cx, &mut conversation, step, by)? {
        let name = actor_name(tx, by)?;
        let message = NewMessage::text(MessageKind::Status, by, &name, text);
        messages::add(tx, cx, &mut conversation, None, Into::NewGroup(group), message)?;
    }
    Ok(Done::conversation(conversation.id, tx.head()?))
}

/// One side has read up to a message of the conversation.
pub fn mark_read(tx: &mut Tx<'_>, cx: &Context, by: Actor, conversation: ConversationId, message: MessageId) -> Result<Done, AppError> {
    let conversation = get(tx, conversation)?.id;
    let place = tables::messages::place(tx, message)?;
    let Some((_, number)) = place.filter(|(at, _)| *at == conversation) else {
        return Err(AppError::not_found("no such message in this conversation"));
    };
    let side = match by {
        Actor::Customer(_) => "customer",
        Actor::Agent(_) | Actor::System => "agent",
    };
    if tables::conversations::mark_read(tx, conversation, side, message, number)? {
        tx.append(cx.now, Event::ReadMarked { conversation, by, message })?;
    }
    Ok(Done::conversation(conversation, tx.head()?))
}

impl Done {
    fn message(conversation: ConversationId, added: Added) -> Done {
        Done { message: Some(added.message), ..Done::conversation(conversation, added.number) }
    }
}
