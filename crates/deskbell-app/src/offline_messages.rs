//! Offline messages that somebody writes down for a visitor: what a client of the API knows of one, made a conversation of the desk as if
//! the visitor had left it.

use deskbell_domain::event::Event;
use deskbell_domain::ids::{ConversationId, CustomerId, DepartmentId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::{Page, Visit};
use deskbell_store::{Tx, tables};

use crate::commands::once;
use crate::context::Context;
use crate::conversations;
use crate::customers::{self, Introduction};
use crate::error::AppError;
use crate::visits;

/// Where the keys of such messages are remembered.
const SCOPE: &str = "offline";

/// Who left a message, and what.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// A customer that is known; his address stands in for one that is not given.
    pub customer: Option<CustomerId>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The desk's note about him.
    pub note: Option<String>,
    pub text: String,
    /// `None`: the default one.
    pub department: Option<DepartmentId>,
    /// When it was left, if not now.
    pub at: Option<Timestamp>,
    pub user_agent: String,
    pub address: String,
    /// The page it was left on.
    pub url: String,
}

/// Writes a message down, once per key. Answers the conversation and the message's outside id.
pub fn leave(tx: &mut Tx<'_>, cx: &mut Context, key: Option<&str>, left: &Left) -> Result<(ConversationId, String), AppError> {
    if left.at.is_some_and(|at| at > cx.now || at < Timestamp::EPOCH) {
        return Err(AppError::invalid("a message cannot have been left in the future or before 1970"));
    }
    let done = once(tx, cx, SCOPE, key, |tx, cx| {
        let introduction = introduction(tx, left)?;
        let visit = visit(tx, cx, left)?;
        let done = conversations::leave_message(tx, cx, &visit, left.department, &introduction, &left.text, None)?;
        if let (Some(message), Some(at)) = (done.message, left.at) {
            tables::offline_messages::set_left(tx, message, at)?;
        }
        if let Some(conversation) = done.conversation {
            let customer = conversations::get(tx, conversation)?.customer;
            tell(tx, cx, customer, left)?;
        }
        Ok(done)
    })?;
    let message = done.message.ok_or_else(|| AppError::internal("an offline message without its message"))?;
    let noted = tables::offline_messages::get(tx, message)?;
    let noted = noted.ok_or_else(|| AppError::internal("an offline message that was not noted"))?;
    Ok((noted.conversation, noted.public_id))
}

/// Writes down what else is known of the visitor.
fn tell(tx: &mut Tx<'_>, cx: &Context, customer: CustomerId, left: &Left) -> Result<(), AppError> {
    let told = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let changes = customers::Changes { phone: told(&left.phone), note: told(&left.note), ..customers::Changes::default() };
    // The row that stands for an agent is no customer to be changed.
    if (changes.phone.is_some() || changes.note.is_some()) && !tables::customers::is_of_agent(tx, customer)? {
        customers::change(tx, cx, customer, &changes)?;
    }
    Ok(())
}

fn introduction(tx: &mut Tx<'_>, left: &Left) -> Result<Introduction, AppError> {
    let introduction = Introduction::new(left.name.as_deref(), left.email.as_deref())?;
    match (&introduction.email, left.customer) {
        (None, Some(customer)) => {
            let known = tables::customers::get(tx, customer)?.filter(|customer| customer.removed.is_none());
            Ok(Introduction { email: known.and_then(|customer| customer.email), ..introduction })
        }
        (Some(_), _) | (None, None) => Ok(introduction),
    }
}

/// The browser it was left in, which was there then.
fn visit(tx: &mut Tx<'_>, cx: &Context, left: &Left) -> Result<Visit, AppError> {
    let at = left.at.unwrap_or(cx.now);
    let visitor = VisitorId::from_i64(tx.next_id()?);
    let customer = customers::anonymous(tx, cx)?.id;
    let address = visits::cut(&left.address);
    if tables::bans::hits(tx, customer, visitor, &address)? {
        return Err(AppError::forbidden("this address is banned"));
    }
    let visit = Visit {
        id: VisitId::from_i64(tx.next_id()?),
        visitor,
        customer,
        started: at,
        seen: at,
        user_agent: visits::cut(&left.user_agent),
        address,
        referrer: String::new(),
        language: String::new(),
    };
    tables::visits::insert(tx, &visit)?;
    tx.append(cx.now, Event::VisitStarted { visit: visit.id, customer })?;
    let url = visits::cut(&left.url);
    if !url.is_empty() {
        let (title, from) = (String::new(), String::new());
        tables::visits::add_page(tx, &Page { visit: visit.id, at, url: url.clone(), title: title.clone(), from })?;
        tx.append(cx.now, Event::PageViewed { visit: visit.id, customer, url, title })?;
    }
    Ok(visit)
}
