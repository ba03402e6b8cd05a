//! `POST conversations`.

use deskbell_app::conversations::by_key::opening::{self, Opening};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::Serialize;

use super::write::{check_flags, text};

pub(crate) struct StartConversation;

const STATUSES: [(&str, Status); 10] = [
    ("A", Status::Answered),
    ("P", Status::Calling),
    ("T", Status::Chatting),
    ("X", Status::Deleted),
    ("B", Status::Spam),
    ("I", Status::Init),
    ("C", Status::Open),
    ("R", Status::Resolved),
    ("N", Status::New),
    ("W", Status::Postponed),
];

impl Endpoint<Desk> for StartConversation {
    const META: Meta = Meta::post("conversations", Right::ApiKeyWrite)
        .summary("Starts a conversation")
        .params(&[
            Param::text("message").required().placed(Place::Body).about("UTF-8, at most 32 KiB"),
            Param::text("useridentifier")
                .required()
                .placed(Place::Body)
                .about("who writes: e-mail address or id of an agent or a customer; an unknown address makes the customer"),
            Param::text("department").required().placed(Place::Body).about("id"),
            Param::text("subject").required().placed(Place::Body).about("at most 255 characters; empty: the start of the message"),
            Param::text("recipient")
                .required()
                .placed(Place::Body)
                .about("an agent writes to a customer (an unknown address makes one), a customer to an address of the desk"),
            Param::text("recipient_name").placed(Place::Body).about("of the customer whom an agent's message makes"),
            Param::list("cc").placed(Place::Body).about("e-mail addresses, at most 50"),
            Param::one_of(
                "status",
                &[
                    ("A", "answered"),
                    ("P", "calling"),
                    ("T", "chatting"),
                    ("X", "deleted"),
                    ("B", "spam"),
                    ("I", "init"),
                    ("C", "open"),
                    ("R", "resolved"),
                    ("N", "new"),
                    ("W", "postponed"),
                ],
            )
            .placed(Place::Body)
            .about("`N` unless given"),
            Param::text("mail_messsage_id").placed(Place::Body).about("answers to the mail with this id belong to the conversation"),
            Param::flag("do_not_send_mail").placed(Place::Body).about("taken and passed over: no mail is sent"),
            Param::flag("is_html_message").placed(Place::Body).about("the message is HTML: its text is kept"),
            Param::flag("use_template").placed(Place::Body).about("taken and passed over"),
            Param::list("attachments").placed(Place::Body).about("ids of files put there before, at most 20"),
        ])
        .source("an older edition of the reference, and clients; not in the reference")
        .quirks(&[
            "a customer's conversation is incoming (group `3`) and new, whatever `status` says",
            "an agent's is outgoing (group `4`), assigned to him, and has the `status` given; `I` becomes `N`, so does `W`, as nothing says until when, and `T` and `P` become `A`, as no chat or call goes on in it",
            "once the desk's settings name `mail_addresses`, a customer's `recipient` must be one of them; it is checked and not kept",
            "one of these addresses cannot be `useridentifier`; a banned customer is refused with 403",
            "`channel_type` is `E`; `code` and `publicurlcode` are never null",
            "404 if there is no such department, user id or file",
            "the same `Idempotency-Key` header again starts nothing again, and answers the same conversation",
            "each file after the first becomes a message of its own in the group",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let opening = opening(&input)?;
        let key = cx.idempotency_key;
        let started = cx.state.write(move |tx, context| opening::open(tx, context, key.as_deref(), &opening)).await?;
        Ok(Answer::tree(Started::from(started)))
    }
}

fn opening(input: &Input) -> Result<Opening, AppError> {
    let list = |name| input.list_opt(name).unwrap_or_default().into_iter().map(str::to_owned).collect();
    let text = text(input)?;
    check_flags(input)?;
    Ok(Opening {
        text,
        creator: input.filled("useridentifier")?.trim().to_owned(),
        department: input.filled("department")?.trim().to_owned(),
        subject: input.text("subject")?.to_owned(),
        recipient: input.filled("recipient")?.trim().to_owned(),
        recipient_name: input.filled_opt("recipient_name").map(str::to_owned),
        copies: list("cc"),
        status: input.one_of_opt("status", &STATUSES)?,
        mail_id: input.filled_opt("mail_messsage_id").map(str::to_owned),
        files: list("attachments"),
    })
}

#[derive(Serialize)]
struct Started {
    status: &'static str,
    statuscode: u16,
    conversationid: String,
    code: String,
    publicurlcode: String,
}

impl From<Conversation> for Started {
    fn from(conversation: Conversation) -> Started {
        Started {
            status: "OK",
            statuscode: 0,
            conversationid: conversation.id.to_string(),
            code: conversation.code,
            publicurlcode: conversation.public_code,
        }
    }
}

#[cfg(test)]
mod tests;
