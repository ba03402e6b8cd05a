//! `POST` and `DELETE conversations/[conversationid]/fields`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, conversations, fields};
use deskbell_domain::field::FieldOwner;
use deskbell_domain::message::Actor;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use super::{CONVERSATION, in_path};
use crate::done::done;
use crate::field_values;

const PATH: &str = "conversations/{conversationid}/fields";

pub(crate) struct RemoveConversationFields;

impl Endpoint<Desk> for RemoveConversationFields {
    const META: Meta = Meta::delete(PATH, Right::ApiKeyWrite)
        .summary("Takes custom fields from a conversation")
        .params(&[CONVERSATION, Param::text("code").placed(Place::Body).about("which; not given: all of them")])
        .source("reference, Conversations: Delete custom field from conversation")
        .quirks(&[
            "a code that it does not have is no error",
            "an empty `code` counts as not given",
            "500 `unable to load conversation` if there is no such conversation",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let conversation = in_path(&cx, &input).await?;
        let code = input.filled_opt("code").map(|code| code.trim().to_owned());
        let remove = cx.state.write(move |tx, context| {
            let owner = FieldOwner::Conversation(conversations::get(tx, conversation)?.id);
            fields::remove(tx, context, Actor::System, owner, code.as_deref())
        });
        remove.await.map(|()| done())
    }
}

pub(crate) struct AddConversationFields;

impl Endpoint<Desk> for AddConversationFields {
    const META: Meta = Meta::post(PATH, Right::ApiKeyWrite)
        .summary("Adds custom fields to a conversation")
        .params(&[CONVERSATION, Param::json("customfields").required().about(r#"`[{"code":"…","value":"…"}]`"#)])
        .source("reference, Conversations: Add custom fields to conversation")
        .quirks(&[
            "a code that is there already is added once more; to change a value, delete it first",
            "an object with a member for each field is taken for the array, too",
            "at most 100 fields; codes have 1 to 64 characters, values at most 10000",
            "500 `unable to load conversation` if there is no such conversation",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let new = field_values::read(&input, "customfields")?;
        let conversation = in_path(&cx, &input).await?;
        let add = cx.state.write(move |tx, context| {
            let owner = FieldOwner::Conversation(conversations::get(tx, conversation)?.id);
            fields::add(tx, context, Actor::System, owner, &new)
        });
        add.await.map(|()| done())
    }
}

#[cfg(test)]
mod tests;
