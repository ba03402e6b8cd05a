//! Topics and suggestions: entries with a conversation behind them. Posting one starts the conversation, what is said in it are its replies.

use deskbell_domain::conversation::{Channel, Status, Step, Turn};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{CustomerId, DepartmentId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_store::tables::knowledge::Replied;
use deskbell_store::{Tx, tables};

use super::rendering;
use super::tree::Place;
use super::writing::{self, check_title};
use crate::context::Context;
use crate::conversations::{self, Beginning, Start};
use crate::error::AppError;
use crate::messages::{self, Added, Into, NewMessage};
use crate::search::Reader;
use crate::{accounts, customers};

/// Replies that one page has, at most.
pub const REPLIES_MAX: i64 = 200;
/// What counts as a reply, and only in groups of [`GroupKind::Knowledgebase`]: whatever else comes into the conversation was not said
/// for everybody.
const REPLY_KINDS: [MessageKind; 3] = [MessageKind::Message, MessageKind::Mixed, MessageKind::MessageLegacy];

/// A topic or a suggestion to be posted.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// The forum or the suggestion category.
    pub parent: KnowledgeEntryId,
    /// A customer, or an agent.
    pub author: Actor,
    /// On whose authority: the public posts where it may read.
    pub reader: Reader,
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
}

/// Who writes, and the name by which everybody knows him. An address is never shown.
struct Author {
    actor: Actor,
    customer: Customer,
    shown_name: String,
}

impl Author {
    fn find(tx: &mut Tx<'_>, actor: Actor) -> Result<Author, AppError> {
        match actor {
            Actor::Customer(customer) => {
                let customer = customer_of(tx, customer)?;
                let shown_name = Customer { email: None, ..customer.clone() }.display_name();
                Ok(Author { actor, customer, shown_name })
            }
            Actor::Agent(agent) => {
                let agent = accounts::enabled_agent(tx, agent)?;
                let shown_name = Some(agent.display_name()).filter(|name| *name != agent.email).unwrap_or_else(|| "Agent".to_owned());
                Ok(Author { actor, customer: customers::get(tx, agent.contact)?, shown_name })
            }
            Actor::System => Err(AppError::invalid("a customer or an agent writes here")),
        }
    }

    fn named(self, name: Option<&str>) -> Author {
        Author { shown_name: name.map_or(self.shown_name, str::to_owned), ..self }
    }
}

fn customer_of(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Customer, AppError> {
    let customer = customers::get(tx, customer)?;
    if customer.removed.is_some() {
        return Err(AppError::not_found("no such customer"));
    }
    Ok(customer)
}

/// Posts a topic into a forum.
pub fn post_topic(tx: &mut Tx<'_>, cx: &mut Context, post: Post<'_>) -> Result<Entry, AppError> {
    self::post(tx, cx, EntryKind::Topic, post, None)
}

/// Posts a suggestion into a suggestion category.
pub fn post_suggestion(tx: &mut Tx<'_>, cx: &mut Context, post: Post<'_>) -> Result<Entry, AppError> {
    self::post(tx, cx, EntryKind::Suggestion, post, None)
}

/// Posts a topic or a suggestion under the name that its author gave himself. Anybody can type the address of a customer; what the desk
/// knows of that customer is not shown.
pub fn post_named(tx: &mut Tx<'_>, cx: &mut Context, kind: EntryKind, post: Post<'_>, name: &str) -> Result<Entry, AppError> {
    self::post(tx, cx, kind, post, Some(name))
}

fn post(tx: &mut Tx<'_>, cx: &mut Context, kind: EntryKind, post: Post<'_>, name: Option<&str>) -> Result<Entry, AppError> {
    if !kind.has_conversation() {
        return Err(AppError::invalid("topics and suggestions are posted"));
    }
    let subject = post.subject.trim();
    check_title(subject)?;
    check_words(post.text)?;
    let place = Place::find(tx, None, Some(post.parent))?;
    let parent = place.parent.as_ref().filter(|parent| may_read(parent, post.reader)).ok_or_else(writing::unknown)?;
    let department = parent.department.unwrap_or(DepartmentId::DEFAULT);
    let blank = writing::blank(tx, cx, &place, kind, Access::Public)?;
    let author = Author::find(tx, post.author)?.named(name);
    let (channel, status) = match kind {
        EntryKind::Suggestion => (Channel::Suggestion, EntryStatus::New),
        EntryKind::Topic
        | EntryKind::Home
        | EntryKind::Category
        | EntryKind::Article
        | EntryKind::Forum
        | EntryKind::SuggestionCategory => (Channel::Forum, EntryStatus::Published),
    };
    let start = Start {
        customer: &author.customer,
        shown_name: &author.shown_name,
        visit: None,
        widget: None,
        department,
        channel,
        // What an agent begins waits for nobody's answer.
        status: if matches!(post.author, Actor::Agent(_)) { Status::Answered } else { Status::New },
        subject,
    };
    let mut conversation =
        conversations::start_with(tx, cx, start, Beginning { text: post.text, by: Some(author.actor), ..Beginning::default() })?;
    let message = NewMessage::text(MessageKind::Message, author.actor, &author.shown_name, post.text);
    messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::KnowledgebaseStart), message)?;
    let entry = Entry {
        status,
        title: subject.to_owned(),
        content: rendering::html_of_text(post.text),
        conversation: Some(conversation.id),
        ..blank
    };
    writing::add(tx, cx, &place, entry, None)
}

fn check_words(text: &str) -> Result<(), AppError> {
    if text.trim().is_empty() {
        return Err(AppError::missing("text is missing"));
    }
    messages::check_text(text)
}

fn may_read(entry: &Entry, reader: Reader) -> bool {
    match reader {
        Reader::Desk => true,
        Reader::Public => entry.is_public(),
    }
}

/// Answers a topic or a suggestion.
pub fn reply(tx: &mut Tx<'_>, cx: &Context, entry: KnowledgeEntryId, author: Actor, reader: Reader, text: &str) -> Result<Added, AppError> {
    answer(tx, cx, entry, author, reader, text, None)
}

/// The same under the name that a customer gave himself; see [`post_named`].
pub fn reply_named(
    tx: &mut Tx<'_>,
    cx: &Context,
    entry: KnowledgeEntryId,
    author: Actor,
    reader: Reader,
    text: &str,
    name: &str,
) -> Result<Added, AppError> {
    answer(tx, cx, entry, author, reader, text, Some(name))
}

fn answer(
    tx: &mut Tx<'_>,
    cx: &Context,
    entry: KnowledgeEntryId,
    author: Actor,
    reader: Reader,
    text: &str,
    name: Option<&str>,
) -> Result<Added, AppError> {
    check_words(text)?;
    let entry = tables::knowledge::get(tx, entry)?.filter(|entry| may_read(entry, reader)).ok_or_else(writing::unknown)?;
    let conversation = entry.conversation.ok_or_else(|| AppError::invalid("topics and suggestions are replied to"))?;
    if entry.deleted {
        return Err(AppError::conflict("it was deleted"));
    }
    let author = Author::find(tx, author)?.named(name);
    let mut conversation = conversations::get(tx, conversation)?;
    let turn = match author.actor {
        Actor::Agent(_) => Turn::AgentAnswers,
        Actor::Customer(_) | Actor::System => Turn::CustomerReplies,
    };
    match conversation.status.step(turn, cx.settings.reopening) {
        Ok(Step::To(status)) => conversations::set_status(tx, cx, &mut conversation, status, author.actor)?,
        Ok(Step::Stay) => {}
        Ok(Step::StartAnother) | Err(_) => return Err(AppError::conflict("it is closed")),
    }
    let message = NewMessage::text(MessageKind::Message, author.actor, &author.shown_name, text);
    Ok(messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Knowledgebase), message)?)
}

/// What a topic or a suggestion began with: who wrote it, and when.
pub fn opening(tx: &mut Tx<'_>, entry: &Entry) -> Result<Option<Replied>, AppError> {
    let Some(conversation) = entry.conversation else { return Ok(None) };
    let mut first = tables::knowledge::replies(tx, conversation, (&REPLY_KINDS, GroupKind::KnowledgebaseStart), 0, 1)?;
    Ok(first.pop())
}

/// Replies to a topic or a suggestion, oldest first, behind the one numbered `after` (0: from the first).
pub fn replies(tx: &mut Tx<'_>, entry: &Entry, after: i64, limit: i64) -> Result<Vec<Replied>, AppError> {
    let Some(conversation) = entry.conversation else { return Ok(Vec::new()) };
    let limit = limit.clamp(0, REPLIES_MAX);
    Ok(tables::knowledge::replies(tx, conversation, (&REPLY_KINDS, GroupKind::Knowledgebase), after, limit)?)
}
