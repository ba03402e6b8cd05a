//! Chats and offline messages as the original's Chat REST API shows them: their export documents, listed newest first or by id. Searching
//! them is in [`search`], writing in [`write`].

mod cursor;
mod search;
#[cfg(test)]
mod tests;
mod write;

use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, chat_records};
use deskbell_domain::message::Actor;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, json, routes as list};

use crate::rest::{Rest, prefix};

/// Chats of a page.
const PAGE_CHATS: usize = 40;
/// Chats that can be asked for by id in one call.
const IDS_MAX: usize = 1_000;
/// Bytes of an answer by ids: who asks for more has to ask for fewer chats.
const ANSWER_BYTES_MAX: usize = 64 << 20;

pub(crate) fn routes() -> Vec<Route<Rest>> {
    list![Rest; GetChats, search::SearchChats, GetChat, write::PostChat, write::PutChat, write::DeleteChat]
}

/// Where the caller reached the API.
fn base(cx: &Cx<Rest>) -> String {
    format!("{}{}", cx.origin(), prefix(cx.head.uri().path()))
}

/// In whose name something is done: that of the token's agent.
fn actor(cx: &Cx<Rest>) -> Result<Actor, AppError> {
    match cx.principal {
        Principal::Token { agent, .. } => Ok(Actor::Agent(agent)),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Agent { .. } | Principal::Visitor { .. } => {
            Err(AppError::internal("a call for tokens was reached by somebody else"))
        }
    }
}

struct GetChats;
impl Endpoint<Rest> for GetChats {
    const META: Meta = Meta::get("chats", Right::TokenRead)
        .summary("Ended chats and offline messages, newest first; or those with given ids")
        .params(&[
            Param::list("ids").placed(Place::Query).about("at most 1000: `docs` instead of `chats`"),
            Param::text("cursor").placed(Place::Query).about("out of `next_url`"),
        ])
        .source("Chat API, Chats; zenpy, tap-zendesk-chat")
        .quirks(&[
            "40 on a page; who follows `next_url` to its end gets each chat that was there when he began, once, also while others write",
            "`count` is the number of all chats, with `ids` that of those found",
            "an id that is not known is left out of `docs`, never null",
            "live chats are not listed, nor those of deleted conversations",
            "more than 1000 ids: 413",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        if input.text_opt("ids").is_some() {
            return by_ids(&cx, input.list_opt("ids").unwrap_or_default()).await;
        }
        let after = cursor::read(input.filled_opt("cursor"))?;
        let page = cx.state.desk().snapshot(move |tx| chat_records::page(tx, &after, PAGE_CHATS)).await?;
        let next = page.next.map(|place| format!("{}/chats?cursor={}", base(&cx), cursor::write(&place)));
        let chats = page.documents.join(",");
        Ok(Answer::json(format!(r#"{{"chats":[{chats}],"count":{},"next_url":{}}}"#, page.count, json::text(&next)?)))
    }
}

async fn by_ids(cx: &Cx<Rest>, ids: Vec<&str>) -> Result<Answer, AppError> {
    if ids.len() > IDS_MAX {
        return Err(AppError::too_large(format!("at most {IDS_MAX} ids in one call")));
    }
    let mut wanted: Vec<String> = Vec::with_capacity(ids.len());
    for id in ids {
        if !wanted.iter().any(|known| known == id) {
            wanted.push(id.to_owned());
        }
    }
    let found = cx.state.desk().snapshot(move |tx| chat_records::by_ids(tx, &wanted)).await?;
    let mut docs = String::new();
    for (id, document) in &found {
        let comma = if docs.is_empty() { "" } else { "," };
        if docs.len() + document.len() > ANSWER_BYTES_MAX {
            return Err(AppError::too_large("the chats asked for are too large for one answer: ask for fewer"));
        }
        docs.push_str(&format!("{comma}{}:{document}", json::text(id)?));
    }
    Ok(Answer::json(format!(r#"{{"count":{},"docs":{{{docs}}}}}"#, found.len())))
}

struct GetChat;
impl Endpoint<Rest> for GetChat {
    const META: Meta = Meta::get("chats/{id}", Right::TokenRead)
        .summary("One chat or offline message")
        .params(&[Param::path("id")])
        .source("Chat API, Chats")
        .quirks(&["a live chat, a deleted one, an unknown id: 404"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = input.path("id")?.to_owned();
        let found = cx.state.desk().snapshot(move |tx| chat_records::by_ids(tx, &[id])).await?;
        match found.into_iter().next() {
            Some((_, document)) => Ok(Answer::json(document)),
            None => Err(AppError::not_found("no such chat")),
        }
    }
}
