//! Conversations: listed and shown. What changes them is in [`change`].

pub(crate) mod change;
pub(crate) mod postpone;
pub(crate) mod sla;

use std::collections::HashMap;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, views};
use deskbell_domain::chat::Chat;
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::{Page as VisitPage, Visit};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use deskbell_store::tables::conversations::{Filter, Listed, Order};
use deskbell_store::{Tx, tables};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::visits::PageView;
use super::{Native, given_id, given_id_opt, me};
use crate::wire::{CustomerView, millis};

/// Conversations on a page, unless told otherwise and at most.
const PAGE_ROWS: i64 = 50;
const PAGE_ROWS_MAX: i64 = 200;
/// Characters of what is searched for.
const SEARCH_CHARS_MAX: usize = 200;

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ConversationView {
    conversation: String,
    code: String,
    /// A letter: `N` new, `C` open, `A` answered, `R` resolved, `W` postponed, `T` chatting, `P` calling, `X` deleted, `B` spam, `I` init.
    status: &'static str,
    /// A letter: where it came from.
    channel: &'static str,
    subject: String,
    /// The start of the last message.
    preview: String,
    department: String,
    /// To whom it is assigned.
    agent: Option<String>,
    customer: CustomerView,
    tags: Vec<String>,
    created: i64,
    changed: i64,
    /// When something is due by its service level: the earliest of its clocks.
    due: Option<i64>,
}

impl ConversationView {
    fn new(conversation: &Conversation, customer: CustomerView, due: Option<Timestamp>) -> Self {
        ConversationView {
            conversation: conversation.id.to_string(),
            code: conversation.code.clone(),
            status: conversation.status.text(),
            channel: conversation.channel.text(),
            subject: conversation.subject.clone(),
            preview: conversation.preview.clone(),
            department: conversation.department.to_string(),
            agent: conversation.assigned.map(|agent| agent.to_string()),
            customer,
            tags: conversation.tags.clone(),
            created: millis(conversation.created),
            changed: millis(conversation.changed),
            due: due.map(millis),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<ConversationView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("conversations", Right::Agent).summary("Conversations, the newest change first").params(&[
        Param::list("status").placed(Place::Query).about("letters: `N,C`"),
        Param::text("department").placed(Place::Query),
        Param::text("agent").placed(Place::Query).about("an id, `me`, or `none`: assigned to nobody"),
        Param::text("customer").placed(Place::Query),
        Param::text("search").placed(Place::Query).about("words in subject, last message, code, the customer's name and address"),
        page::LIMIT,
        page::AFTER,
    ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let filter = filter(&input, me(&cx)?)?;
        let limit = page::limit(&input, PAGE_ROWS, PAGE_ROWS_MAX)?;
        let list = move |tx: &mut Tx<'_>| {
            let rows = tables::conversations::list(tx, &filter, Order::ChangedDescending, limit + 1, 0)?;
            let ids: Vec<ConversationId> = rows.iter().map(|row| row.conversation.id).collect();
            Ok((rows, deskbell_app::sla::dues(tx, &ids)?))
        };
        let (rows, dues) = cx.state.desk.snapshot(list).await?;
        let cursor = |row: &Listed| page::moment_cursor(row.conversation.changed, row.conversation.id);
        Ok(Answer::tree(Page::cut(rows, limit, cursor, |row| listed(row, &dues))))
    }
}

fn listed(listed: &Listed, dues: &HashMap<ConversationId, Timestamp>) -> ConversationView {
    // What a list holds of the customer is all that his name is made of.
    let customer = Customer {
        email: listed.customer_email.clone(),
        name: listed.customer_name.clone(),
        ..Customer::anonymous(listed.conversation.customer, listed.conversation.created)
    };
    let due = dues.get(&listed.conversation.id).copied();
    ConversationView::new(&listed.conversation, CustomerView::from(&customer), due)
}

fn filter(input: &Input, me: AgentId) -> Result<Filter, AppError> {
    let status = |letter: &str| Status::parse(letter).ok_or_else(|| AppError::invalid("status must be letters like N,C"));
    let search = input.filled_opt("search").map(str::to_owned);
    if search.as_ref().is_some_and(|search| search.chars().count() > SEARCH_CHARS_MAX) {
        return Err(AppError::invalid("search has at most 200 characters"));
    }
    Ok(Filter {
        statuses: input.list_opt("status").unwrap_or_default().into_iter().map(status).collect::<Result<_, _>>()?,
        department: given_id_opt(input.filled_opt("department"), DepartmentId::parse, "department")?,
        assigned: match input.filled_opt("agent") {
            None => None,
            Some("me") => Some(Some(me)),
            Some("none") => Some(None),
            Some(agent) => Some(Some(given_id(agent, AgentId::parse, "agent")?)),
        },
        customer: given_id_opt(input.filled_opt("customer"), CustomerId::parse, "customer")?,
        search,
        beyond: page::read_moment_cursor(input, ConversationId::parse)?,
        ..Filter::default()
    })
}

/// A conversation with what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ConversationDetail {
    #[serde(flatten)]
    conversation: ConversationView,
    chats: Vec<ChatView>,
    /// The visit it was started from.
    visit: Option<VisitDetail>,
    /// Its service level.
    sla: sla::StandingView,
    /// Until when it is set aside, while it is.
    postponed_until: Option<i64>,
}

/// A chat of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ChatView {
    chat: String,
    /// `queued`, `offered`, `served` or `ended`.
    state: &'static str,
    /// `visitor`, `agent` or `trigger`.
    started_by: &'static str,
    requested: i64,
    ended: Option<i64>,
    /// `good` or `bad`.
    rating: Option<&'static str>,
    comment: Option<String>,
    missed: bool,
    dropped: bool,
}

impl From<&Chat> for ChatView {
    fn from(chat: &Chat) -> Self {
        ChatView {
            chat: chat.id.to_string(),
            state: chat.state.text(),
            started_by: chat.started_by.text(),
            requested: millis(chat.requested),
            ended: chat.ended.map(millis),
            rating: chat.rating.map(|rating| rating.text()),
            comment: chat.rating_comment.clone(),
            missed: chat.missed,
            dropped: chat.dropped,
        }
    }
}

/// A visit with its pages, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct VisitDetail {
    pages: Vec<PageView>,
    user_agent: String,
    address: String,
    referrer: String,
}

impl VisitDetail {
    fn new(visit: &Visit, pages: &[VisitPage]) -> Self {
        VisitDetail {
            pages: pages.iter().map(PageView::from).collect(),
            user_agent: visit.user_agent.clone(),
            address: visit.address.clone(),
            referrer: visit.referrer.clone(),
        }
    }
}

impl From<&views::ConversationView> for ConversationDetail {
    fn from(view: &views::ConversationView) -> Self {
        ConversationDetail {
            conversation: ConversationView::new(&view.conversation, CustomerView::from(&view.customer), view.standing.due()),
            chats: view.chats.iter().map(ChatView::from).collect(),
            visit: view.visit.as_ref().map(|visit| VisitDetail::new(visit, &view.pages)),
            sla: sla::StandingView::from(&view.standing),
            postponed_until: view.postponed_until.map(millis),
        }
    }
}

/// The conversation in the path, by any of its spellings.
pub(crate) const ID: Param = Param::path("id").about("the conversation's id, code or public code");

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<ConversationDetail>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("conversations/{id}", Right::Agent).summary("One conversation with its chats and visit").params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let spelling = spelling(&input)?;
        let view = cx.state.desk.snapshot(move |tx| views::conversation(tx, &spelling)).await?;
        Ok(Answer::tree(ConversationDetail::from(&view)))
    }
}

fn unknown() -> AppError {
    AppError::not_found("no such conversation")
}

/// What the path names a conversation by.
pub(crate) fn spelling(input: &Input) -> Result<String, AppError> {
    Some(input.path("id")?).filter(|text| !text.contains('\0')).map(str::to_owned).ok_or_else(unknown)
}

/// The conversation behind a spelling.
pub(crate) fn resolve(tx: &mut Tx<'_>, spelling: &str) -> Result<ConversationId, AppError> {
    tables::conversations::resolve(tx, spelling)?.ok_or_else(unknown)
}

/// The id of the conversation in the path.
pub(crate) async fn path_conversation(cx: &Cx<Native>, input: &Input) -> Result<ConversationId, AppError> {
    let spelling = spelling(input)?;
    cx.state.desk.read(move |tx| resolve(tx, &spelling)).await
}

#[cfg(test)]
mod tests;
