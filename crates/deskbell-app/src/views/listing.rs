//! Conversations as lists and exports show them: by filter, one by any of its spellings, and the turns of one.

use std::collections::HashMap;

use deskbell_domain::conversation::Conversation;
use deskbell_domain::customer::Customer;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{ConversationId, GroupId, TagId};
use deskbell_domain::message::{Message, MessageGroup};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

pub use deskbell_store::tables::conversations::{Changed, Filter, Line, Lines, Order};

use crate::error::AppError;
use crate::paging::{Cursor, PageStart};
use crate::sla;

/// Conversations of one page, at most.
pub const PAGE_ROWS_MAX: i64 = 1_000;
/// Conversations looked through for one page of a [`Query`] with a test, at most.
const TESTED_ROWS_MAX: i64 = 50_000;
/// Messages of one conversation shown at once, at most.
pub const EXCHANGE_MESSAGES_MAX: usize = 20_000;
/// Messages read by one statement.
const READ_MESSAGES: i64 = 1_000;

/// A test of the time of change that no filter of the store can make.
pub type Test = Box<dyn Fn(Timestamp) -> bool + Send>;

/// What is asked of a list of conversations.
#[derive(Default)]
pub struct Query {
    pub filter: Filter,
    /// E-mail address or id; an unknown one has no conversations.
    pub customer: Option<String>,
    /// E-mail address or id of the agent it is assigned to; an unknown one has no conversations.
    pub agent: Option<String>,
    pub test: Option<Test>,
    /// At most [`PAGE_ROWS_MAX`].
    pub limit: i64,
    pub start: PageStart,
}

/// A page of a list.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Lines,
    /// The next due time of those that have one.
    pub dues: HashMap<ConversationId, Timestamp>,
    /// Where it ended.
    pub last: Option<Cursor>,
}

/// A page of conversations, oldest first: a place that never changes. Only where the time of change has a lower bound it is the order: so
/// somebody who asks for what is newer than the newest he knows goes on where he stopped.
pub fn conversations(tx: &mut Tx<'_>, query: &Query) -> Result<Page, AppError> {
    let mut filter = query.filter.clone();
    if filter.subject.as_ref().is_some_and(|subject| subject.contains('\0')) {
        return Ok(Page::default());
    }
    if let Some(identifier) = &query.customer {
        let Some(customer) = crate::customers::by_identifier(tx, identifier)? else { return Ok(Page::default()) };
        filter.customer = Some(customer.id);
    }
    if let Some(identifier) = &query.agent {
        let Some(agent) = super::agent(tx, identifier)? else { return Ok(Page::default()) };
        filter.assigned = Some(Some(agent.id));
    }
    filter.beyond = query.start.after.map(|Cursor(at, id)| (Timestamp::from_micros(at), ConversationId::from_i64(id)));
    let (limit, skip) = (query.limit.clamp(0, PAGE_ROWS_MAX), query.start.skip);
    let order = if filter.changed_from().is_some() { Order::ChangedAscending } else { Order::CreatedAscending };
    let rows = match &query.test {
        None => tables::conversations::lines(tx, &filter, order, limit, skip)?,
        Some(test) => tested(tx, filter, order, test, limit, skip)?,
    };
    let last = rows.last().map(|row| row.place(order)).map(|(at, id)| Cursor(at.micros(), id.get()));
    let ids: Vec<ConversationId> = rows.iter().map(|row| row.id()).collect();
    Ok(Page { dues: sla::dues(tx, &ids)?, rows, last })
}

fn tested(tx: &mut Tx<'_>, mut filter: Filter, order: Order, test: &Test, limit: i64, skip: i64) -> Result<Lines, AppError> {
    let (mut found, mut passed) = (Lines::default(), 0);
    for _ in 0..TESTED_ROWS_MAX / PAGE_ROWS_MAX {
        let rows = tables::conversations::lines(tx, &filter, order, PAGE_ROWS_MAX, 0)?;
        let is_last = (rows.len() as i64) < PAGE_ROWS_MAX;
        filter.beyond = rows.last().map(|row| row.place(order));
        for row in rows.iter().filter(|row| test(row.changed())) {
            if passed < skip {
                passed += 1;
            } else if (found.len() as i64) < limit {
                found.push(row);
            }
        }
        if is_last || found.len() as i64 >= limit {
            return Ok(found);
        }
    }
    Err(AppError::invalid(format!("more than {TESTED_ROWS_MAX} conversations would have to be looked through; narrow the filter")))
}

/// The id behind any spelling of a conversation.
pub fn conversation_id(tx: &mut Tx<'_>, spelling: &str) -> Result<Option<ConversationId>, AppError> {
    // No database takes a NUL; nothing is spelled with one.
    if spelling.contains('\0') { Ok(None) } else { Ok(tables::conversations::resolve(tx, spelling)?) }
}

/// A conversation with what stands beside it on a ticket.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub conversation: Conversation,
    pub customer: Customer,
    pub department_name: String,
    pub tags: Vec<TagId>,
    pub custom_fields: Vec<FieldValue>,
    /// When something of it is due next.
    pub due: Option<Timestamp>,
}

/// A ticket by any of its spellings; one that was merged into another leads to that one.
pub fn ticket(tx: &mut Tx<'_>, spelling: &str) -> Result<Option<Ticket>, AppError> {
    let Some(id) = conversation_id(tx, spelling)? else { return Ok(None) };
    let Some(mut conversation) = tables::conversations::get(tx, id)? else { return Ok(None) };
    let tags = tables::tags::of_conversations(tx, &[id])?.remove(&id).unwrap_or_default();
    let (tags, names) = tags.into_iter().unzip();
    conversation.tags = names;
    Ok(Some(Ticket {
        customer: crate::customers::get(tx, conversation.customer)?,
        department_name: tables::departments::get(tx, conversation.department)?.map(|found| found.name).unwrap_or_default(),
        tags,
        custom_fields: crate::fields::custom(tx, FieldOwner::Conversation(id))?,
        due: sla::dues(tx, &[id])?.remove(&id),
        conversation,
    }))
}

/// A group with its messages.
#[derive(Debug, Clone)]
pub struct Turn {
    pub group: MessageGroup,
    pub messages: Vec<Message>,
}

/// The groups of a conversation with the messages written from `from` (included) to `to` (not included). With either of them, groups
/// without such a message are left out. `None`: there is no such conversation.
pub fn exchange(tx: &mut Tx<'_>, spelling: &str, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Option<Vec<Turn>>, AppError> {
    let Some(id) = conversation_id(tx, spelling)? else { return Ok(None) };
    let inside = |at: Timestamp| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to);
    let mut messages: HashMap<GroupId, Vec<Message>> = HashMap::new();
    let (mut kept, mut last) = (0, 0);
    loop {
        let read = tables::messages::after(tx, id, last, READ_MESSAGES)?;
        let is_last = (read.len() as i64) < READ_MESSAGES;
        for stored in read {
            last = stored.number;
            if inside(stored.message.at) {
                kept += 1;
                messages.entry(stored.message.group).or_default().push(stored.message);
            }
        }
        if kept > EXCHANGE_MESSAGES_MAX {
            return Err(AppError::invalid(format!("more than {EXCHANGE_MESSAGES_MAX} messages; ask for a shorter time")));
        }
        if is_last {
            break;
        }
    }
    let all = from.is_none() && to.is_none();
    let turns = tables::messages::groups(tx, id)?.into_iter().filter_map(|group| match messages.remove(&group.id) {
        None if !all => None,
        messages => Some(Turn { group, messages: messages.unwrap_or_default() }),
    });
    Ok(Some(turns.collect()))
}
