//! The incremental export of chats: `GET /api/v2/incremental/chats`, and the same below `/api/v2/chat`.
//!
//! A page is what follows strictly after a (second, id); its own end is where the next one begins, so that following `next_page` gives each
//! version of a chat once. What is asked is read in [`ask`], the page is put together in [`page`].

mod ask;
mod conversions;
#[cfg(test)]
mod crawl;
mod page;
#[cfg(test)]
mod tests;
mod timeline;
#[cfg(test)]
mod zenpy;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, documents};
use deskbell_http::fields::Projection;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, ParamKind, Place, Route, routes as list};

use crate::rest::{Rest, prefix};
use ask::Ask;
use page::Page;

/// One of the exports: its address, the name of its list, and how its place is told.
#[derive(Debug, PartialEq, Eq)]
struct Series {
    /// Below the prefix.
    path: &'static str,
    /// The list's key, and its group in `fields`.
    name: &'static str,
    /// Of `start_time` and `end_time`.
    unit: Unit,
    ids: Ids,
    unless_expanded: Unexpanded,
}

/// What `start_time` and `end_time` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds,
    Microseconds,
}

impl Unit {
    const fn words(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Microseconds => "microseconds",
        }
    }
}

/// Whether a page says `end_id`, and `next_page` `start_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    Told,
    Untold,
}

/// What is shown of a row when `fields` does not name the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unexpanded {
    Id,
    Whole,
}

impl Unexpanded {
    fn projection(self) -> Projection {
        match self {
            Unexpanded::Id => Projection::only(&["id"]),
            Unexpanded::Whole => Projection::All,
        }
    }
}

const CHATS: Series =
    Series { path: "incremental/chats", name: "chats", unit: Unit::Seconds, ids: Ids::Told, unless_expanded: Unexpanded::Id };

pub(crate) fn routes() -> Vec<Route<Rest>> {
    [list![Rest; GetChats, conversions::GetConversions], timeline::routes()].into_iter().flatten().collect()
}

const TOO_RECENT: &str = "Too recent start_time. Use a start_time older than 5 minutes";

/// The second up to which a caller may read. His start may lie behind it only if that place was handed out: by another process, or before the
/// clock was set back. Then nothing follows it for now, and he is told the same place again.
async fn reach(rest: &Rest, ask: &Ask) -> Result<i64, AppError> {
    let until = rest.reach().await?;
    let second = ask.second(&ask.start);
    if second > rest.horizon() && !documents::handed_out(rest.desk(), second).await? {
        return Err(AppError::invalid(TOO_RECENT));
    }
    Ok(until)
}

/// A page as an answer, once its end is known as handed out.
async fn answer(cx: &Cx<Rest>, ask: &Ask, page: Page) -> Result<Answer, AppError> {
    cx.state.hand_out(ask.second(page.end())).await?;
    let next = ask.next_page(&format!("{}{}", cx.origin(), prefix(cx.head.uri().path())), page.end());
    Ok(Answer::json(page.finish(&next)?))
}

/// A page of chats for a caller, up to a second.
async fn page(rest: &Rest, ask: &Ask, until: i64) -> Result<Page, AppError> {
    let (start, projection, limit) = (ask.start.clone(), ask.projection.clone(), ask.limit());
    rest.desk()
        .read(move |tx| {
            let mut page = Page::new(&CHATS, start.clone(), projection);
            documents::page(tx, (start.time, &start.id), until, limit, |second, id, body| page.add(second, id, body))?;
            page.whole()
        })
        .await
}

struct GetChats;
impl Endpoint<Rest> for GetChats {
    const META: Meta = Meta::get(CHATS.path, Right::TokenReadAdministrator)
        .summary("Chats that ended and offline messages that were left, or changed, since a moment")
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

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let ask = Ask::read(&CHATS, &input)?;
        let until = reach(&cx.state, &ask).await?;
        let page = page(&cx.state, &ask, until).await?;
        answer(&cx, &ask, page).await
    }
}
