//! Searching chats: `GET /chats/search`.

use std::fmt::Write;

use deskbell_app::chat_search::{self, Ask, Direction, Order, fields};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Kind};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::base;
use crate::rest::Rest;

/// Characters of a preview.
const PREVIEW_CHARS: usize = 100;
const ORDERS: &[(&str, &str)] = &[
    ("timestamp", "the beginning; the default"),
    ("end_timestamp", "the end"),
    ("update_timestamp", "the last change"),
    ("duration", "how long it was"),
];
const DIRECTIONS: &[(&str, Direction)] = &[("desc", Direction::Descending), ("asc", Direction::Ascending)];

pub(super) struct SearchChats;
impl Endpoint<Rest> for SearchChats {
    const META: Meta = Meta::get("chats/search", Right::TokenRead)
        .summary("Ended chats and offline messages that a search finds, newest first")
        .params(&[
            Param::text("q").placed(Place::Query).required().about("`type:chat AND end_timestamp:[2020-12-01 TO 2020-12-31]`"),
            Param::int("page").placed(Place::Query).about("from 1, which is the default; 0 is the first one too"),
            Param::one_of("order_by", ORDERS).placed(Place::Query),
            Param::one_of("sort_order", &[("desc", "the default"), ("asc", "")]).placed(Place::Query),
        ])
        .source("Chat API, Search Chats; tap-zendesk-chat, zenpy, embulk-input-zendesk")
        .quirks(&[
            "40 on a page; a page behind the 250th: 400 (`--search-results-max` sets another limit than 10,000, or none). `count` tells the \
             true number all the same, and `next_url` of the last page leads to the refusal, so that nobody takes it for the end",
            "a search that cannot be understood: 400 with the place; a field that is not known finds nothing",
            "finds what was written to the documents before; a chat's document is there a moment after its end",
            "while the index is built: 429 with `Retry-After`, never a part of the results; that is what clients of this API wait for",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let ask = read(&cx, &input)?;
        let (query, order) = (ask.query.clone(), ask.order);
        let found = chat_search::find(cx.state.desk(), ask).await.map_err(ask_again)?;
        let base = base(&cx);
        let results = found.documents.iter().map(|document| Hit::new(document, &base)).collect::<Result<Vec<_>, _>>()?;
        let next_url = found.next_page.map(|page| address(&base, &input, &query, order, page));
        Ok(Answer::tree(Results { count: found.count, results, next_url }))
    }
}

/// Programs that copy chats wait after a 429 and give up after a 503: where waiting helps they are told to.
fn ask_again(error: AppError) -> AppError {
    if error.kind == Kind::Unavailable && error.retry_after_seconds.is_some() {
        AppError { kind: Kind::RateLimited, ..error }
    } else {
        error
    }
}

fn read(cx: &Cx<Rest>, input: &Input) -> Result<Ask, AppError> {
    let names: Vec<(&str, &str)> = ORDERS.iter().map(|(name, _)| (*name, *name)).collect();
    let by = input.one_of_opt("order_by", &names)?.unwrap_or("timestamp");
    let by = fields::field(by).ok_or_else(|| AppError::internal(format!("chats have no field {by}")))?;
    let direction = input.one_of_opt("sort_order", DIRECTIONS)?.unwrap_or(Direction::Descending);
    let page = input.int_opt("page", 0..=i64::from(u32::MAX))?.unwrap_or(1);
    Ok(Ask {
        query: input.filled("q")?.to_owned(),
        order: Order { by, direction },
        page: u32::try_from(page).unwrap_or(u32::MAX),
        results_max: cx.state.search_results_max(),
    })
}

/// The address of another page; what the caller did not say is not said there either.
fn address(base: &str, input: &Input, query: &str, order: Order, page: u32) -> String {
    let mut url = format!("{base}/chats/search?q={}", utf8_percent_encode(query, NON_ALPHANUMERIC));
    let mut add = |name: &str, value: &str| write!(url, "&{name}={value}").expect("writing to a String cannot fail");
    if input.filled_opt("order_by").is_some() {
        add("order_by", order.by.name);
    }
    if input.filled_opt("sort_order").is_some() {
        add("sort_order", DIRECTIONS.iter().find(|(_, direction)| *direction == order.direction).map_or("desc", |(name, _)| name));
    }
    add("page", &page.to_string());
    url
}

#[derive(Serialize)]
struct Results {
    count: usize,
    results: Vec<Hit>,
    next_url: Option<String>,
}

#[derive(Serialize)]
struct Hit {
    id: String,
    r#type: String,
    timestamp: String,
    preview: String,
    url: String,
}

/// What is shown of a document.
#[derive(Deserialize)]
struct Shown {
    id: String,
    r#type: String,
    timestamp: String,
    #[serde(default)]
    history: Vec<Turn>,
    /// Of an offline message.
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Turn {
    #[serde(default)]
    msg: String,
}

impl Hit {
    fn new(document: &str, base: &str) -> Result<Hit, AppError> {
        let shown: Shown = serde_json::from_str(document).map_err(|error| AppError::internal(format!("a stored document: {error}")))?;
        let said = shown.history.iter().map(|turn| turn.msg.as_str()).find(|said| !said.is_empty()).unwrap_or(&shown.message);
        let preview = said.chars().take(PREVIEW_CHARS).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let url = format!("{base}/chats/{}", shown.id);
        Ok(Hit { id: shown.id, r#type: shown.r#type, timestamp: shown.timestamp, preview, url })
    }
}
