//! Who is on the site.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::views::{self, PresentVisit};
use deskbell_domain::ids::VisitId;
use deskbell_domain::visit;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;
use utoipa::ToSchema;

use super::Native;
use super::call::{Bodies, Call};
use super::page::{self, Page};
use crate::wire::{CustomerView, millis};

/// Visits on a page, unless told otherwise and at most.
const PAGE_ROWS: i64 = 100;
const PAGE_ROWS_MAX: i64 = 500;

/// A page that a visitor opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PageView {
    url: String,
    title: String,
    at: i64,
}

impl From<&visit::Page> for PageView {
    fn from(page: &visit::Page) -> Self {
        PageView { url: page.url.clone(), title: page.title.clone(), at: millis(page.at) }
    }
}

/// A browser on the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct VisitView {
    visit: String,
    customer: CustomerView,
    /// The page it shows.
    page: Option<PageView>,
    started: i64,
    /// Its last sign of life.
    seen: i64,
    /// The latest conversation from this browser.
    conversation: Option<String>,
}

impl From<&PresentVisit> for VisitView {
    fn from(present: &PresentVisit) -> Self {
        VisitView {
            visit: present.visit.id.to_string(),
            customer: CustomerView::from(&present.customer),
            page: present.page.as_ref().map(PageView::from),
            started: millis(present.visit.started),
            seen: millis(present.visit.seen),
            conversation: present.conversation.map(|conversation| conversation.to_string()),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<VisitView>>();
}

impl Endpoint<Native> for List {
    const META: Meta =
        Meta::get("visits", Right::Agent).summary("Who is on the site, the latest to come first").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let limit = page::limit(&input, PAGE_ROWS, PAGE_ROWS_MAX)?;
        let before = page::read_moment_cursor(&input, VisitId::parse)?;
        let now = cx.state.desk.now();
        let present = cx.state.desk.snapshot(move |tx| views::present_visits(tx, now, before, limit + 1)).await?;
        let cursor = |present: &PresentVisit| page::moment_cursor(present.visit.started, present.visit.id);
        Ok(Answer::tree(Page::cut(present, limit, cursor, |row| VisitView::from(row))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn browsers_on_the_site_are_listed_for_45_seconds() {
        let desk = start().await;
        let first = desk.visitor("Cleo", "cleo@shop.test").await;
        desk.clock.advance_seconds(10);
        let second = desk.visitor("Dora", "dora@shop.test").await;
        second.leave_message("Hello?").await;

        let page = desk.agent.get("visits?limit=1").await.expect(200);
        let visit = &page["items"][0];
        assert_eq!(visit["visit"], second.visit.to_string());
        assert_eq!(visit["customer"]["name"], "Dora");
        assert_eq!(visit["page"]["url"], "https://shop.test/");
        assert!(visit["conversation"].is_string());
        let next = page["next"].as_str().unwrap();
        let page = desk.agent.get(&format!("visits?limit=1&after={next}")).await.expect(200);
        assert_eq!(page["items"][0]["visit"], first.visit.to_string());
        assert_eq!((&page["items"][0]["conversation"], &page["next"]), (&json!(null), &json!(null)));

        desk.come_again(&first).await;
        let visits = desk.agent.get("visits").await.expect(200);
        assert_eq!(visits["items"].as_array().unwrap().len(), 2, "a browser that came again is one browser");
        desk.clock.advance_seconds(46);
        assert_eq!(desk.agent.get("visits").await.expect(200)["items"], json!([]));
        desk.agent.get("visits?after=junk").await.refused(400, "invalid");
    }
}
