//! Conversations: the list, one, its messages, and what is done with them. Here is what these share.

pub(crate) mod attendants;
pub(crate) mod delete;
pub(crate) mod fields;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod messages;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod tags;
pub(crate) mod write;

use std::fmt::Write as _;

use deskbell_app::conversations::by_key::Signed;
use deskbell_app::views::listing;
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::{ConversationId, TagId};
use deskbell_domain::message::Actor;
use deskbell_http::{Cx, Input, Param};

/// The path's parameter of every call on one conversation. Source: the reference; all three spellings are taken everywhere.
const CONVERSATION: Param = Param::path("conversationid").about("id, code (`ABC-DEFGH-123`) or public URL code");

/// The reference answers this with status 500, not 404, so it is no [`deskbell_app::Kind::NotFound`].
fn unknown() -> AppError {
    AppError::invalid("unable to load conversation")
}

/// The conversation in the path.
async fn in_path(cx: &Cx<Desk>, input: &Input) -> Result<ConversationId, AppError> {
    let spelling = input.path("conversationid")?.to_owned();
    cx.state.read(move |tx| listing::conversation_id(tx, &spelling)).await?.ok_or_else(unknown)
}

/// In whose name, with what note.
fn signed(input: &Input) -> Signed {
    let given = |name| input.filled_opt(name).map(|text: &str| text.trim().to_owned());
    Signed { agent: given("useridentifier"), note: given("note") }
}

/// Ids of tags, as JSON sample of the reference joins them.
fn tag_ids(tags: impl Iterator<Item = TagId>) -> String {
    let mut ids = String::new();
    for tag in tags {
        let between = if ids.is_empty() { "" } else { ", " };
        let _ = write!(ids, "{between}{tag}");
    }
    ids
}

/// Agents by their user id, customers by their contact id; the system has none.
fn user_id(actor: Actor) -> String {
    match actor {
        Actor::Agent(agent) => agent.to_string(),
        Actor::Customer(customer) => customer.to_string(),
        Actor::System => String::new(),
    }
}
