//! Conversations: the list, one, its messages, and writing into it. Here is what these share.

pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod messages;
pub(crate) mod write;

use deskbell_app::AppError;
use deskbell_domain::ids::TagId;
use deskbell_domain::message::Actor;
use deskbell_http::Param;

/// The path's parameter of every call on one conversation. Source: the reference; all three spellings are taken everywhere.
const CONVERSATION: Param = Param::path("conversationid").about("id, code (`ABC-DEFGH-123`) or public URL code");

/// The reference answers this with status 500, not 404, so it is no [`deskbell_app::Kind::NotFound`].
fn unknown() -> AppError {
    AppError::invalid("unable to load conversation")
}

/// Ids of tags, as JSON sample of the reference joins them.
fn tag_ids(tags: impl Iterator<Item = TagId>) -> String {
    let ids: Vec<String> = tags.map(|tag| tag.to_string()).collect();
    ids.join(", ")
}

/// Agents by their user id, customers by their contact id; the system has none.
fn user_id(actor: Actor) -> String {
    match actor {
        Actor::Agent(agent) => agent.to_string(),
        Actor::Customer(customer) => customer.to_string(),
        Actor::System => String::new(),
    }
}
