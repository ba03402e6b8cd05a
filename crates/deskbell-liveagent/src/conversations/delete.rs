//! `DELETE conversations/[conversationid]`.

use deskbell_app::conversations::{Change, by_key};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use super::{CONVERSATION, in_path, signed};
use crate::done::done;

pub(crate) struct DeleteConversation;

impl Endpoint<Desk> for DeleteConversation {
    const META: Meta = Meta::delete("conversations/{conversationid}", Right::ApiKeyWrite)
        .summary("Deletes a conversation")
        .params(&[
            CONVERSATION,
            Param::text("note").placed(Place::Body).about("left as a note by the one who deletes"),
            Param::text("useridentifier").placed(Place::Body).about("e-mail address or userid of an agent; not given: the system"),
        ])
        .source("reference, Conversations: Delete conversation")
        .quirks(&[
            "its status becomes `X`; it is still shown, and listed where that status is asked for",
            "a live chat is ended first",
            "one that is deleted already stays so; spam is not deleted",
            "404 if there is no such agent, 500 `unable to load conversation` if there is no such conversation",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let (conversation, signed) = (in_path(&cx, &input).await?, signed(&input));
        cx.state.write(move |tx, context| by_key::change(tx, context, conversation, Change::Delete, &signed)).await?;
        Ok(done())
    }
}

#[cfg(test)]
mod tests;
