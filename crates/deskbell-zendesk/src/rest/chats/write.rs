//! Offline messages written down by a client, and what is changed of chats once they are over.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, chat_records, customers, offline_messages};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::Deserialize;
use serde_json::{Value, json};

use super::actor;
use crate::outside_ids::parse_visitor_id;
use crate::rest::Rest;

/// The type of what can be made here.
const OFFLINE: &str = "offline_msg";

/// A flag as clients write it: `true`, or 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Word(bool),
    Number(i64),
}

impl Flag {
    fn is_on(&self) -> bool {
        match self {
            Flag::Word(on) => *on,
            Flag::Number(number) => *number != 0,
        }
    }
}

/// A moment as clients write it: seconds since 1970, or a date and a time.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Seconds(f64),
    Written(String),
}

impl Moment {
    fn read(&self) -> Result<Timestamp, AppError> {
        let micros = match self {
            // Far behind any clock; the use case refuses it.
            Moment::Seconds(seconds) => Some((seconds * 1e6).clamp(-1e18, 1e18) as i64),
            Moment::Written(text) => text.trim().parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond),
        };
        micros
            .map(Timestamp::from_micros)
            .ok_or_else(|| AppError::invalid("timestamp must be in seconds since 1970, or like 2020-12-20T00:00:00Z"))
    }
}

#[derive(Default, Deserialize)]
struct VisitorPart {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    notes: Option<String>,
}

#[derive(Default, Deserialize)]
struct SessionPart {
    user_agent: Option<String>,
    ip: Option<String>,
}

#[derive(Deserialize)]
struct Posted {
    r#type: Option<String>,
    #[serde(default)]
    visitor: VisitorPart,
    message: Option<String>,
    timestamp: Option<Moment>,
    #[serde(default)]
    session: SessionPart,
    department_id: Option<i64>,
}

impl Posted {
    fn left(self, account_key: i64) -> Result<offline_messages::Left, AppError> {
        match self.r#type.as_deref() {
            None | Some(OFFLINE) => {}
            Some(_) => return Err(AppError::invalid("type must be offline_msg: other chats cannot be made")),
        }
        Ok(offline_messages::Left {
            customer: self.visitor.id.and_then(|id| parse_visitor_id(account_key, &id)),
            name: self.visitor.name,
            email: self.visitor.email,
            phone: self.visitor.phone,
            note: self.visitor.notes,
            text: self.message.ok_or_else(|| AppError::missing("message is missing"))?,
            department: self.department_id.filter(|id| *id != 0).map(DepartmentId::from_i64),
            at: self.timestamp.map(|at| at.read()).transpose()?,
            user_agent: self.session.user_agent.unwrap_or_default(),
            address: self.session.ip.unwrap_or_default(),
            url: String::new(),
        })
    }
}

pub(super) struct PostChat;
impl Endpoint<Rest> for PostChat {
    const META: Meta = Meta::post("chats", Right::TokenWrite)
        .summary("Writes an offline message down: a new conversation of its visitor")
        .params(&[
            Param::text("type").placed(Place::Body).about("`offline_msg`, which is also the default"),
            Param::json("visitor").about("`id`, `name`, `email`, `phone`, `notes`; an e-mail address, or the id of somebody who has one"),
            Param::text("message").placed(Place::Body).required(),
            Param::text("timestamp").placed(Place::Body).about("seconds since 1970, or a date and a time; now unless given"),
            Param::json("session").about("`user_agent`, `ip`"),
            Param::int("department_id").placed(Place::Body).about("0 or null: none"),
        ])
        .source("Chat API, Chats; tap-zendesk-chat's scripts")
        .quirks(&[
            "201 with the message's `id`; its document follows at once",
            "another `type`: 400; the original's own chats cannot be made either",
            "`Idempotency-Key` makes a repeated call harmless",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let left = input.json::<Posted>()?.left(cx.state.desk().account_key())?;
        let (key, message) = (cx.idempotency_key.clone(), left.text.clone());
        let (conversation, id) = cx.state.desk().write(move |tx, cx| offline_messages::leave(tx, cx, key.as_deref(), &left)).await?;
        let made = json!({"id": id, "type": OFFLINE, "message": message, "unread": true, "zendesk_ticket_id": conversation.get()});
        Ok(Answer::tree(made).status(201))
    }
}

#[derive(Deserialize)]
struct Put {
    tags: Option<Vec<String>>,
    unread: Option<Flag>,
    #[serde(default)]
    visitor: VisitorPart,
}

pub(super) struct PutChat;
impl Endpoint<Rest> for PutChat {
    const META: Meta = Meta::put("chats/{id}", Right::TokenWrite)
        .summary("Changes tags, the mark of being unread, and what is known of the visitor")
        .params(&[
            Param::path("id"),
            Param::json("tags").about("the whole new list; those of the conversation"),
            Param::text("unread").placed(Place::Body).about("true or false"),
            Param::json("visitor").about("`name`, `email`, `phone`, `notes`: of the visitor, in all his chats"),
        ])
        .source("Chat API, Chats")
        .quirks(&[
            "answers the changed chat",
            "all else is read-only and not looked at",
            "an address that another visitor has: 409",
            "a chat without a document, say a live one: 404",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (id, by, put) = (input.path("id")?.to_owned(), actor(&cx)?, input.json::<Put>()?);
        let VisitorPart { id: _, name, email, phone, notes } = put.visitor;
        let visitor = customers::Changes { name, email, phone, note: notes, ..customers::Changes::default() };
        let changes = chat_records::Changes { tags: put.tags, unread: put.unread.map(|flag| flag.is_on()), visitor };
        let changed = cx.state.desk().write(move |tx, cx| chat_records::change(tx, cx, by, &id, &changes)).await?;
        Ok(Answer::tree(shown(&changed)?))
    }
}

/// The document with what was changed; it is rendered anew a moment later.
fn shown(changed: &chat_records::Changed) -> Result<Value, AppError> {
    let mut document: Value =
        serde_json::from_str(&changed.document).map_err(|error| AppError::internal(format!("a stored document: {error}")))?;
    let visitor = &changed.visitor;
    document["tags"] = json!(changed.tags);
    document["unread"] = json!(changed.unread);
    document["visitor"]["name"] = json!(visitor.display_name());
    document["visitor"]["email"] = json!(visitor.email.as_deref().unwrap_or_default());
    document["visitor"]["phone"] = json!(visitor.phone);
    document["visitor"]["notes"] = json!(visitor.note);
    Ok(document)
}

pub(super) struct DeleteChat;
impl Endpoint<Rest> for DeleteChat {
    const META: Meta = Meta::delete("chats/{id}", Right::TokenWriteAdministrator)
        .summary("Deletes a chat")
        .params(&[Param::path("id")])
        .source("Chat API, Chats")
        .quirks(&[
            "204; deletes its conversation: another chat that was merged into it goes with it",
            "exports show `deleted: true`; lists and searches do not show it any more",
            "while a live chat goes on in the conversation: 409",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (id, by) = (input.path("id")?.to_owned(), actor(&cx)?);
        cx.state.desk().write(move |tx, cx| chat_records::remove(tx, cx, by, &id)).await?;
        Ok(Answer::empty())
    }
}
