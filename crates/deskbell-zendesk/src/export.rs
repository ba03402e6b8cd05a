//! The incremental export of chats: `GET /api/v2/incremental/chats`, and the same below `/api/v2/chat`.
//!
//! A page is what follows strictly after a (second, id); its own end is where the next one begins, so that following `next_page` gives each
//! version of a chat once. What is asked is read in [`ask`], the page is put together in [`page`].

mod ask;
mod page;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, Desk, documents};
use deskbell_http::{
    Answer, BoxFuture, Cx, Endpoint, Fault, Input, Meta, Param, ParamKind, Place, RequestHead, Route, Surface, routes as list,
};
use http::StatusCode;
use serde::Serialize;

use crate::{SurfaceOptions, access};
use ask::Ask;
use page::Page;

/// What is younger than this is not exported yet, and a caller must not ask for it: until then chats of a second may still be written.
pub(crate) const AGE_SECONDS_MIN: i64 = 300;
/// The prefixes of the new and of the old address of the API.
const PREFIXES: &[&str] = &["/api/v2/chat", "/api/v2"];
const CHATS_PATH: &str = "incremental/chats";

/// The surface's state: the desk, and how far it has exported.
#[derive(Clone)]
pub struct Export(Arc<Inner>);

struct Inner {
    desk: Desk,
    /// The newest second that was ever exported up to. It never falls, so that an `end_time` of ours is a good `start_time` also after
    /// the clock was set back.
    horizon: AtomicI64,
}

impl Export {
    pub(crate) fn new(desk: Desk) -> Export {
        Export(Arc::new(Inner { desk, horizon: AtomicI64::new(0) }))
    }

    /// The newest second that is exported.
    fn horizon(&self) -> i64 {
        let now = self.0.desk.now().seconds() - AGE_SECONDS_MIN;
        self.0.horizon.fetch_max(now, Ordering::SeqCst).max(now)
    }

    async fn page(&self, ask: &Ask, until: i64) -> Result<Page, AppError> {
        let (start, projection, limit) = (ask.start.clone(), ask.projection.clone(), ask.limit());
        self.0
            .desk
            .read(move |tx| {
                let mut page = Page::new(start.clone(), projection);
                documents::page(tx, (start.second, &start.id), until, limit, |second, id, body| page.add(second, id, body))?;
                page.whole()
            })
            .await
    }
}

fn authenticate<'a>(export: &'a Export, head: &'a RequestHead, _: &'a Input) -> BoxFuture<'a, Result<Principal, AppError>> {
    access::bearer(&export.0.desk, head)
}

/// The shape of Chat's errors: a phrase and a sentence, both in the words of its web framework.
#[derive(Serialize)]
struct Refusal {
    error: &'static str,
    description: String,
}

fn render_error(fault: &Fault<'_>) -> Answer {
    let status = access::status(fault);
    let fixed = match status {
        401 => "The server could not verify that you are authorized to access the requested resource",
        403 => "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.",
        404 => "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
        405 => "The method is not allowed for the requested URL.",
        429 => "This user has exceeded an allotted request count. Try again later.",
        _ => "",
    };
    let description = if fixed.is_empty() { fault.error.public.to_string() } else { fixed.to_owned() };
    let error = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    Answer::bare_tree(Refusal { error, description }).status(status)
}

pub(crate) fn surface(options: &SurfaceOptions) -> Surface<Export> {
    let mut surface = Surface::new("zendesk-export", PREFIXES, authenticate, render_error);
    surface.host_prefix = Some(".zendesk.com");
    access::configure(&mut surface, options);
    surface
}

pub(crate) fn routes() -> Vec<Route<Export>> {
    list![Export; GetChats]
}

struct GetChats;
impl Endpoint<Export> for GetChats {
    const META: Meta = Meta::get(CHATS_PATH, Right::TokenReadAdministrator)
        .summary("Chats that ended or changed since a moment")
        .params(&[
            Param::text("start_time").placed(Place::Query).about("seconds since 1970, a fraction is rounded up; at least five minutes ago"),
            Param::text("start_id").placed(Place::Query).about("the last chat seen of that second; without it the second is included"),
            Param::int("limit").placed(Place::Query).about("1 to 1000, which is also the default; larger ones become 1000"),
            Param::new("fields", ParamKind::Text).placed(Place::Query).about("`chats(id,comment,response_time.max)` or `chats(*)`"),
        ])
        .source("Incremental Export API, chats")
        .quirks(&[
            "an empty parameter counts as not given",
            "only `id` unless `fields` says more",
            "the last five minutes are not exported yet; a `start_time` within them: 400",
            "an empty page echoes `start_time` and `start_id`, so that `next_page` polls from the same place",
            "`count` below `limit` means that there is no more now (the reference has it the wrong way round)",
            "`limit` or `start_time` negative or no number, `limit` 0, malformed `fields`: 400",
        ]);

    async fn run(cx: Cx<Export>, input: Input) -> Result<Answer, AppError> {
        let ask = Ask::read(&input)?;
        let until = cx.state.horizon();
        ask.check_age(until)?;
        let page = cx.state.page(&ask, until).await?;
        let next = ask.next_page(&format!("{}{}", cx.origin, prefix(cx.head.uri().path())), page.end());
        Ok(Answer::json(page.finish(&next)?))
    }
}

/// The prefix that the caller used.
fn prefix(path: &str) -> &'static str {
    let before = path.trim_end_matches('/').strip_suffix(CHATS_PATH).unwrap_or_default().trim_end_matches('/');
    PREFIXES.iter().find(|prefix| before.ends_with(**prefix)).copied().unwrap_or(PREFIXES[0])
}
