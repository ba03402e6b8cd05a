//! `PUT conversations/[conversationid]/attendants`.

use deskbell_app::conversations::by_key::{self, Attendants};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use super::{CONVERSATION, in_path, signed};
use crate::done::done;

pub(crate) struct TransferConversation;

impl Endpoint<Desk> for TransferConversation {
    const META: Meta = Meta::put("conversations/{conversationid}/attendants", Right::ApiKeyWrite)
        .summary("Transfers a conversation to an agent, to a department, or to both")
        .params(&[
            CONVERSATION,
            Param::text("agentidentifier").placed(Place::Body).about("e-mail address or userid of the agent who gets it"),
            Param::text("useridentifier").placed(Place::Body).about("e-mail address or userid of the agent who transfers; not given: the system"),
            Param::text("department").placed(Place::Body).about("id of the department that gets it"),
            Param::text("note").placed(Place::Body).about("left as a note by the one who transfers"),
        ])
        .source("reference, Conversations: Transfer conversation")
        .quirks(&[
            "agent or department must be given, else `parameter agentidentifier is missing`",
            "with an agent alone the department stays, with a department alone nobody is in charge any more",
            "the agent need not be a member of the department; in a live chat he must be, and without a department the chat goes to one of his own",
            "a live chat rings at the agent or in the department's queue, and leaves the agent in whose name it is transferred; in the system's or another agent's name it leaves all. Nobody there to take it is an error",
            "handed to one who has it, or is in the chat, already, nothing changes but for the note",
            "404 if there is no such agent or department, 500 `unable to load conversation` if there is no such conversation",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let given = |name| input.filled_opt(name).map(|text: &str| text.trim().to_owned());
        let to = Attendants { department: given("department"), agent: given("agentidentifier") };
        if to.department.is_none() && to.agent.is_none() {
            return Err(AppError::missing("parameter agentidentifier is missing"));
        }
        let (conversation, signed) = (in_path(&cx, &input).await?, signed(&input));
        cx.state.write(move |tx, context| by_key::transfer(tx, context, conversation, &to, &signed)).await?;
        Ok(done())
    }
}

#[cfg(test)]
mod tests;
