//! `GET`, `POST` and `DELETE conversations/[conversationid]/tags`.

use deskbell_app::rights::Right;
use deskbell_app::tags::{self, Named};
use deskbell_app::{AppError, Desk};
use deskbell_domain::message::Actor;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use super::{CONVERSATION, in_path};
use crate::done::done;
use crate::tags::Tags;

const PATH: &str = "conversations/{conversationid}/tags";
const ID: Param = Param::text("id").placed(Place::Body).about("of the tag; counts before the name");
const NAME: Param = Param::text("name").placed(Place::Body).about("of the tag; it or the id must be given");
const UNKNOWN_IS_500: &str = "500 `unable to load conversation` if there is no such conversation";

/// The tag that is meant.
fn named(input: &Input) -> Result<Named, AppError> {
    let given = |name| input.filled_opt(name).map(|text: &str| text.trim().to_owned());
    match (given("id"), given("name")) {
        (Some(id), _) => Ok(Named::Id(id)),
        (None, Some(name)) => Ok(Named::Name(name)),
        (None, None) => Err(AppError::missing("parameter id or name is missing")),
    }
}

pub(crate) struct RemoveTag;

impl Endpoint<Desk> for RemoveTag {
    const META: Meta = Meta::delete(PATH, Right::ApiKeyWrite)
        .summary("Takes a tag from a conversation")
        .params(&[CONVERSATION, ID, NAME])
        .source("reference, Conversations: Remove tag from conversation")
        .quirks(&["a tag that it does not carry is no error", "404 if there is no such tag", UNKNOWN_IS_500]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let tag = named(&input)?;
        let conversation = in_path(&cx, &input).await?;
        cx.state.write(move |tx, context| tags::unassign(tx, context, Actor::System, conversation, &tag)).await?;
        Ok(done())
    }
}

pub(crate) struct ListTags;

impl Endpoint<Desk> for ListTags {
    const META: Meta = Meta::get(PATH, Right::ApiKey)
        .summary("The tags of a conversation, in the order they were set")
        .params(&[CONVERSATION])
        .source("reference, Conversations: Retrieves tags assigned to conversation")
        .quirks(&[UNKNOWN_IS_500]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let conversation = in_path(&cx, &input).await?;
        let assigned = cx.state.read(move |tx| tags::of_conversation(tx, conversation)).await?;
        Ok(Answer::tree(Tags::new(assigned)))
    }
}

pub(crate) struct AddTag;

impl Endpoint<Desk> for AddTag {
    const META: Meta = Meta::post(PATH, Right::ApiKeyWrite)
        .summary("Puts a tag on a conversation")
        .params(&[CONVERSATION, ID, NAME])
        .source("reference, Conversations: Add tag to conversation")
        .quirks(&[
            "a name that no tag has makes the tag",
            "a tag that it carries already stays where it is",
            "at most 50 tags on a conversation",
            "404 if there is no tag with this id",
            UNKNOWN_IS_500,
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let tag = named(&input)?;
        let conversation = in_path(&cx, &input).await?;
        cx.state.write(move |tx, context| tags::assign(tx, context, Actor::System, conversation, &tag)).await?;
        Ok(done())
    }
}

#[cfg(test)]
mod tests;
