//! `PUT conversations/[conversationid]/status`.

use deskbell_app::conversations::{Change, by_key};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use super::{CONVERSATION, in_path, signed};
use crate::done::done;

pub(crate) struct ChangeStatus;

const STATUSES: [(&str, Change); 3] = [("A", Change::Answered), ("R", Change::Resolve), ("C", Change::Open)];

impl Endpoint<Desk> for ChangeStatus {
    const META: Meta = Meta::put("conversations/{conversationid}/status", Right::ApiKeyWrite)
        .summary("Changes a conversation's status")
        .params(&[
            CONVERSATION,
            Param::one_of("status", &[("A", "answered"), ("R", "resolved"), ("C", "open")]).required().placed(Place::Body),
            Param::text("useridentifier").placed(Place::Body).about("e-mail address or userid of an agent; not given: the system"),
            Param::text("note").placed(Place::Body).about("left as a note by the one who changes it"),
        ])
        .source("reference, Conversations: Change conversation status")
        .quirks(&[
            "`R` ends a live chat first; `A` and `C` are refused while one goes on",
            "a status that it has already stays, without a message group",
            "deleted conversations and spam keep their status: 500",
            "404 if there is no such agent, 500 `unable to load conversation` if there is no such conversation",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let change = input.one_of("status", &STATUSES)?;
        let (conversation, signed) = (in_path(&cx, &input).await?, signed(&input));
        cx.state.write(move |tx, context| by_key::change(tx, context, conversation, change, &signed)).await?;
        Ok(done())
    }
}

#[cfg(test)]
mod tests;
