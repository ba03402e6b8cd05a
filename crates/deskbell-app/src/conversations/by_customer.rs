//! What the holder of a conversation's public code writes: he is its customer, as far as the agents are concerned. Whoever he is, he may
//! have typed somebody's address, or have been given the code: of what the desk knows of the customer he is shown nothing.

use deskbell_domain::conversation::{Channel, Conversation, Status, Step, Turn};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{ConversationId, CustomerId, VisitorId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_store::{Tx, tables};

use super::{Beginning, Start, get, set_status, start_with};
use crate::commands::{self, Done};
use crate::context::Context;
use crate::error::AppError;
use crate::messages::{self, Into, NewMessage};
use crate::{calls, customers};

/// Nobody's: a page is no browser that is known from a visit.
const NO_VISITOR: VisitorId = VisitorId::from_i64(0);

/// What a customer writes.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    pub text: &'a str,
    /// The sender's key: written once, however often it is sent.
    pub key: Option<&'a str>,
    /// The caller's IP address, or empty.
    pub address: &'a str,
    /// The customer who is signed in where it was written.
    pub signed_in: Option<CustomerId>,
}

/// Where the keys of what is sent to a conversation are remembered.
pub(super) fn scope(conversation: ConversationId) -> String {
    format!("p{conversation}")
}

/// A customer answers: into the live chat if one goes on, else into the conversation. What is closed for him begins another one; the
/// outcome names it. Of a deleted one or spam he is told that it is closed.
pub fn reply_by_customer(tx: &mut Tx<'_>, cx: &mut Context, conversation: ConversationId, reply: Reply<'_>) -> Result<Done, AppError> {
    messages::check_text(reply.text)?;
    if reply.text.trim().is_empty() {
        return Err(AppError::missing("text is missing"));
    }
    let conversation = get(tx, conversation)?;
    commands::once(tx, cx, &scope(conversation.id), reply.key, |tx, cx| write(tx, cx, conversation, &reply))
}

fn write(tx: &mut Tx<'_>, cx: &mut Context, mut conversation: Conversation, reply: &Reply<'_>) -> Result<Done, AppError> {
    if tables::bans::hits(tx, conversation.customer, conversation.visitor.unwrap_or(NO_VISITOR), reply.address)? {
        return Err(AppError::forbidden("you cannot write here"));
    }
    if matches!(conversation.status, Status::Deleted | Status::Spam) {
        return Err(AppError::conflict("the conversation is closed"));
    }
    let customer = customers::get(tx, conversation.customer)?;
    let author = Actor::Customer(customer.id);
    if let Some(mut chat) = tables::chats::live_of_conversation(tx, conversation.id)? {
        let name = chat.customer_name.clone();
        let message = NewMessage { key: reply.key, ..NewMessage::text(MessageKind::Message, author, &name, reply.text) };
        let added = messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, message)?;
        return Ok(Done { message: Some(added.message), ..Done::chat(&chat, added.number) });
    }
    let name = shown_name(tx, &conversation, &customer, reply.signed_in)?;
    match conversation.status.step(Turn::CustomerReplies, cx.settings.reopening) {
        Ok(Step::To(status)) => set_status(tx, cx, &mut conversation, status, author)?,
        Ok(Step::Stay) => calls::written_beside(tx, &conversation, Turn::CustomerReplies)?,
        Ok(Step::StartAnother) => {
            let another = Start {
                customer: &customer,
                shown_name: &name,
                visit: None,
                widget: None,
                department: conversation.department,
                channel: Channel::Form,
                status: Status::New,
                subject: &conversation.subject,
            };
            conversation = start_with(tx, cx, another, Beginning { text: reply.text, ..Beginning::default() })?;
        }
        Err(refused) => return Err(AppError::conflict("the conversation is closed").because(format!("{refused:?}"))),
    }
    let message = NewMessage { key: reply.key, ..NewMessage::text(MessageKind::Message, author, &name, reply.text) };
    let added = messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Offline), message)?;
    Ok(Done::message(conversation.id, added))
}

/// What he is called beside what he writes: as before in this conversation. Only who is signed in is called what the desk knows him by.
fn shown_name(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    customer: &Customer,
    signed_in: Option<CustomerId>,
) -> Result<String, AppError> {
    if signed_in == Some(customer.id) {
        return Ok(customer.display_name());
    }
    let known = tables::messages::latest_name_of_customer(tx, conversation.id, customer.id)?;
    Ok(known.unwrap_or_else(|| Customer::anonymous(customer.id, customer.created).display_name()))
}
