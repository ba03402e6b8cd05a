//! The messages of a conversation: read, and written by agents.

use deskbell_app::AppError;
use deskbell_app::commands::AgentCommand;
use deskbell_app::conversations::Writing;
use deskbell_app::rights::Right;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use deskbell_store::{Tx, tables};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Native;
use super::call::{Bodies, Call};
use super::conversations::{ID, path_conversation, resolve, spelling};
use super::done::{DoneView, carry_out};
use super::page::{self, Page};
use crate::wire::MessageView;

/// Messages on a page, unless told otherwise and at most.
const PAGE_ROWS: i64 = 200;
const PAGE_ROWS_MAX: i64 = 500;

/// Messages, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MessagePage {
    items: Vec<MessageView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
    /// The journal's number this is true at: what to `watch` from.
    number: i64,
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<MessagePage>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("conversations/{id}/messages", Right::Agent).summary("A conversation's messages, oldest first").params(&[
        ID,
        page::LIMIT,
        page::AFTER,
    ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (spelling, after) = (spelling(&input)?, page::number_cursor(&input)?);
        let limit = page::limit(&input, PAGE_ROWS, PAGE_ROWS_MAX)?;
        let read = move |tx: &mut Tx<'_>| {
            let conversation = resolve(tx, &spelling)?;
            Ok((tables::messages::after(tx, conversation, after, limit + 1)?, tx.head()?))
        };
        let (messages, number) = cx.state.desk.snapshot(read).await?;
        let Page { items, next } = Page::cut(messages, limit, |stored| stored.number.to_string(), |row| MessageView::from(row));
        Ok(Answer::tree(MessagePage { items, next, number }))
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct MessageBody {
    /// `message` (seen by the customer) or `note` (seen by agents only).
    kind: String,
    #[serde(default)]
    text: Option<String>,
    /// A file uploaded before.
    #[serde(default)]
    file: Option<String>,
}

/// Into a live chat a message needs its author in the chat; outside it answers the conversation.
pub(crate) struct Send;

impl Call for Send {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<MessageBody>().keyed();
}

impl Endpoint<Native> for Send {
    const META: Meta = Meta::post("conversations/{id}/messages", Right::Agent).summary("Write a message or a note").params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let MessageBody { kind, text, file } = input.json()?;
        let writing = match kind.as_str() {
            "message" => Writing::Message,
            "note" => Writing::Note,
            _ => return Err(AppError::invalid("kind must be message or note")),
        };
        let conversation = path_conversation(&cx, &input).await?;
        carry_out(cx, AgentCommand::Send { conversation, writing, text: text.unwrap_or_default(), file }).await
    }
}

#[cfg(test)]
mod tests;
