//! `POST conversations/[conversationid]/messages`.

use deskbell_app::conversations::Writing;
use deskbell_app::conversations::by_key::{self, Letter};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::ConversationId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use super::{CONVERSATION, in_path};
use crate::done::done;
use crate::markup;

pub(crate) struct PostMessage;

const TYPES: [(&str, Writing); 2] = [("M", Writing::Message), ("N", Writing::Note)];

impl Endpoint<Desk> for PostMessage {
    const META: Meta = Meta::post("conversations/{conversationid}/messages", Right::ApiKeyWrite)
        .summary("Writes a message or a note")
        .params(&[
            CONVERSATION,
            Param::text("message").required().placed(Place::Body).about("UTF-8, at most 32 KiB"),
            Param::text("useridentifier").placed(Place::Body).about("e-mail address or userid of an agent; not given: the system"),
            Param::one_of("type", &[("M", "message"), ("N", "note")]).placed(Place::Body).about("`M` unless given"),
            Param::text("mail_messsage_id").placed(Place::Body).about("answers to the mail with this id belong to the conversation"),
            Param::flag("do_not_send_mail").placed(Place::Body).about("taken and passed over: no mail is sent"),
            Param::flag("is_html_message").placed(Place::Body).about("the message is HTML: its text is kept"),
            Param::flag("use_template").placed(Place::Body).about("taken and passed over"),
            Param::list("attachments").placed(Place::Body).about("ids of files put there before, at most 20"),
        ])
        .source("reference, Conversations: Create new message in conversation")
        .quirks(&[
            "without `useridentifier` it becomes a note, also with type `M`",
            "while a chat goes on, a message goes into the chat, also when the agent has not joined it: the key speaks for the desk",
            "otherwise a message answers the conversation, and the agent gets it if nobody has it",
            "404 if there is no such agent or file, 500 `unable to load conversation` if there is no such conversation",
            "the same `Idempotency-Key` header again on the same conversation stores nothing again",
            "each file after the first becomes a message of its own in the group",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let text = text(&input)?;
        let conversation = in_path(&cx, &input).await?;
        let letter = letter(&input, conversation, text)?;
        let key = cx.idempotency_key;
        cx.state.write(move |tx, context| by_key::send(tx, context, key.as_deref(), &letter)).await?;
        Ok(done())
    }
}

/// A file may come without words.
pub(super) fn text(input: &Input) -> Result<String, AppError> {
    let given = if input.filled_opt("attachments").is_some() { input.text("message")? } else { input.filled("message")? };
    match input.flag_opt("is_html_message")? {
        Some(true) => markup::text(given),
        Some(false) | None => Ok(given.to_owned()),
    }
}

/// Flags of mails, which are not sent yet.
pub(super) fn check_flags(input: &Input) -> Result<(), AppError> {
    input.flag_opt("do_not_send_mail")?;
    input.flag_opt("use_template")?;
    Ok(())
}

fn letter(input: &Input, conversation: ConversationId, text: String) -> Result<Letter, AppError> {
    check_flags(input)?;
    Ok(Letter {
        conversation,
        agent: input.filled_opt("useridentifier").map(|identifier| identifier.trim().to_owned()),
        writing: input.one_of_opt("type", &TYPES)?.unwrap_or(Writing::Message),
        text,
        mail_id: input.filled_opt("mail_messsage_id").map(str::to_owned),
        files: input.list_opt("attachments").unwrap_or_default().into_iter().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests;
