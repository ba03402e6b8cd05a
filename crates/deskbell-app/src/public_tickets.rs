//! Conversations as their customers see them: by the public code that only they were given, or signed in. What agents say among
//! themselves is never part of it.

use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::ids::{ConversationId, CustomerId};
use deskbell_domain::message::{Audience, Message};
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::conversations::{Filter, Order};
use deskbell_store::tables::files::File;
use deskbell_store::{Tx, tables};

use crate::error::AppError;

/// The newest messages of a ticket that are looked through for what is public.
pub const TICKET_MESSAGES_MAX: i64 = 500;
/// Tickets on one page of a customer's own.
pub const PAGE_TICKETS_MAX: i64 = 50;
/// Characters of a public code.
const CODE_CHARS: usize = 16;

/// A conversation as its customer sees it.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub conversation: Conversation,
    /// Oldest first; public ones only.
    pub messages: Vec<Message>,
    /// There are earlier messages that are not here.
    pub cut: bool,
    /// Whether the customer may write.
    pub open: bool,
}

/// What a public code leads to.
#[derive(Debug, Clone)]
pub enum Found {
    Ticket(Box<Ticket>),
    /// It was merged into a conversation of somebody else: what others wrote is not shown.
    Joined,
}

/// The very conversation behind a public code, and the one that holds its messages now.
fn find(tx: &mut Tx<'_>, public_code: &str) -> Result<Option<(Conversation, Conversation)>, AppError> {
    if public_code.len() != CODE_CHARS || !public_code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let Some(own) = tables::conversations::by_public_code(tx, public_code)? else { return Ok(None) };
    let Some(current) = tables::conversations::current(tx, own.id)? else { return Ok(None) };
    let Some(current) = tables::conversations::get(tx, current)? else { return Ok(None) };
    if current.status == Status::Deleted {
        return Ok(None);
    }
    Ok(Some((own, current)))
}

fn joined(own: &Conversation, current: &Conversation) -> bool {
    own.customer != current.customer
}

/// The ticket behind a public code.
pub fn by_public_code(tx: &mut Tx<'_>, public_code: &str) -> Result<Option<Found>, AppError> {
    let Some((own, conversation)) = find(tx, public_code)? else { return Ok(None) };
    if joined(&own, &conversation) {
        return Ok(Some(Found::Joined));
    }
    let newest = tables::messages::newest_of_customer(tx, conversation.id, conversation.customer, TICKET_MESSAGES_MAX)?;
    Ok(Some(Found::Ticket(Box::new(Ticket {
        cut: newest.len() as i64 == TICKET_MESSAGES_MAX,
        messages: newest.into_iter().map(|stored| stored.message).filter(|message| message.audience() == Audience::Public).collect(),
        open: conversation.status != Status::Spam,
        conversation,
    }))))
}

/// The conversation that the holder of a public code may write into.
pub fn writable(tx: &mut Tx<'_>, public_code: &str) -> Result<ConversationId, AppError> {
    match find(tx, public_code)? {
        Some((own, current)) if !joined(&own, &current) => Ok(current.id),
        Some(_) | None => Err(AppError::not_found("no such conversation")),
    }
}

/// The public code of a conversation.
pub fn public_code(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<String, AppError> {
    Ok(crate::conversations::get(tx, conversation)?.public_code)
}

/// A file that was sent in the ticket behind a public code, where its customer sees it.
pub fn file(tx: &mut Tx<'_>, public_code: &str, file: &str) -> Result<Option<File>, AppError> {
    let Some(Found::Ticket(ticket)) = by_public_code(tx, public_code)? else { return Ok(None) };
    let shown = ticket.messages.iter().filter_map(|message| message.attachment.as_ref()).any(|attachment| attachment.file == file);
    if shown { crate::files::find(tx, file) } else { Ok(None) }
}

/// A customer's own tickets, the latest change first; `before` is the last one of the page before.
pub fn of_customer(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    before: Option<(Timestamp, ConversationId)>,
) -> Result<Vec<Conversation>, AppError> {
    let statuses = Status::ALL.iter().copied().filter(|status| !matches!(status, Status::Deleted | Status::Spam | Status::Init));
    let filter = Filter { customer: Some(customer), statuses: statuses.collect(), beyond: before, ..Filter::default() };
    let listed = tables::conversations::list(tx, &filter, Order::ChangedDescending, PAGE_TICKETS_MAX, 0)?;
    Ok(listed.into_iter().map(|listed| listed.conversation).collect())
}

#[cfg(test)]
mod tests;
