//! `/kb/<id>/search?q=`: public entries of a base that fit some words.

use askama::Template;
use deskbell_app::AppError;
use deskbell_app::knowledge::listing::Contents;
use deskbell_app::knowledge::{self, listing};
use deskbell_app::rights::Right;
use deskbell_app::search::{KnowledgeQuery, QUERY_CHARS_MAX, Reader};
use deskbell_domain::ids::KnowledgeBaseId;
use deskbell_domain::knowledge::Entry;
use deskbell_http::tries::TryKey;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use crate::door::{State, too_often};
use crate::entries::{Crumb, EXCERPT_FROM_CHARS_MAX, Row, crumbs, excerpt_of};
use crate::home::base_of;
use crate::reader::{Form, Who};
use crate::shell::{Indexing, Shell, answer};
use crate::texts::{Language, Texts};

/// Entries on the page of a search.
const FOUND_MAX: usize = 20;

#[derive(Template)]
#[template(path = "search.html")]
struct Page {
    shell: Shell,
    t: &'static Texts,
    crumbs: Vec<Crumb>,
    action: String,
    query: String,
    found: Vec<Row>,
}

pub(crate) struct Search;

impl Endpoint<State> for Search {
    const META: Meta = Meta::get("kb/{base}/search", Right::Anyone)
        .summary("Searches a knowledge base")
        .params(&[Param::path("base"), Param::text("q").placed(Place::Query)]);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let base = base_of(&cx, &input).await?;
        let query: String = input.text_opt("q").unwrap_or_default().trim().chars().take(QUERY_CHARS_MAX).collect();
        let (who, language, form) = (Who::of(&cx).await?, Language::asked(cx.head.headers()), Form::of(&cx));
        let (desk, t) = (&cx.state.desk, language.texts());
        let found = match query.as_str() {
            "" => Vec::new(),
            _ => {
                cx.state.searches.take(&[TryKey::caller(cx.peer)], desk.now()).map_err(too_often)?;
                find(&cx.state, base.id, query.clone()).await?
            }
        };
        let rows = found.into_iter().map(|(entry, text)| {
            let row = Row::new(t, &entry);
            if text.is_empty() { row } else { Row { excerpt: text, ..row } }
        });
        let page = Page {
            found: rows.collect(),
            shell: Shell::of(desk, language, t.search_title, Indexing::Kept, &who, &form),
            t,
            action: format!("/kb/{}/search", base.id),
            crumbs: crumbs(&base, &[]),
            query,
        };
        answer(&page, &form)
    }
}

/// What the public may read, best first, each with how its text begins.
async fn find(state: &State, base: KnowledgeBaseId, text: String) -> Result<Vec<(Entry, String)>, AppError> {
    let search = state.desk.knowledge_search()?;
    let query = KnowledgeQuery { text, base: Some(base), top: None, reader: Reader::Public, limit: FOUND_MAX };
    let ids = tokio::task::spawn_blocking(move || search.search(&query)).await;
    let ids = ids.map_err(|error| AppError::internal(format!("searching: {error}")))??;
    let contents = Contents::Beginning(EXCERPT_FROM_CHARS_MAX);
    let entries = state.desk.read(move |tx| listing::entries_with(tx, &ids, contents)).await?;
    let with_text = |entry: Entry| {
        let text = excerpt_of(&entry.content);
        (entry, text)
    };
    // The index may be a moment behind.
    state.rendering.apart(move || entries.into_iter().filter(knowledge::is_public).map(with_text).collect()).await
}

#[cfg(test)]
mod tests;
