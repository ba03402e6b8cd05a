//! `GET knowledgebase/search`.

use deskbell_app::rights::Right;
use deskbell_app::search::{self, FOUND_MAX, Found, KnowledgeQuery, Reader};
use deskbell_app::{AppError, Desk, knowledge};
use deskbell_domain::ids::KnowledgeEntryId;
use deskbell_http::{Answer, Cdata, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{base_id, conversation_text, unknown};
use crate::link;
use crate::moment::Zone;

const FOUND_DEFAULT: i64 = 10;

pub(crate) struct SearchEntries;

impl Endpoint<Desk> for SearchEntries {
    const META: Meta = Meta::get("knowledgebase/search", Right::ApiKey)
        .summary("Search knowledge bases; the best match comes first")
        .params(&[
            Param::text("query").required().about("words; of more than 500 characters or 16 words the beginning counts"),
            Param::text("kb_id").about("id of a knowledge base; not given: all"),
            Param::text("top_article_id").about("this entry and all that stands below it; not given: everything"),
            Param::int("limit").about("rows, 10 unless given, at most 500"),
        ])
        .source("reference, Knowledgebase: Search knowledgebase")
        .quirks(&[
            "titles count most, then keywords, then contents; entries with all words come before those with some; typing errors are forgiven, and ranked behind",
            "nothing in `query` is an operator; a `query` without words, also an empty one, finds nothing",
            "internal entries and drafts are found, too: `access_inherited` and `rstatus` tell; deleted topics and suggestions are not",
            "what was written before the call is found",
            "404 if there is no such knowledge base or entry",
            "503 `search is not ready` while the index cannot be used",
            "a `limit` above 500 counts as 500",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let top = input.filled_opt("top_article_id").map(|text| KnowledgeEntryId::parse(text.trim()).ok_or_else(unknown));
        let limit = input.int_clamped("limit", FOUND_DEFAULT, 0..=i64::try_from(FOUND_MAX).unwrap_or(i64::MAX))?;
        let query = KnowledgeQuery {
            text: input.text("query")?.to_owned(),
            base: base_id(&input)?,
            top: top.transpose()?,
            reader: Reader::Desk,
            limit: usize::try_from(limit).unwrap_or_default(),
        };
        let found = search::find(&cx.state, query).await?;
        let (zone, origin) = (Zone::of(&cx.state), link::base(&cx.origin()));
        Ok(Answer::tree(Entries { entries: found.into_iter().map(|found| Entry::new(found, &zone, &origin)).collect() }))
    }
}

#[derive(Serialize)]
struct Entries {
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    kb_id: String,
    kb_entry_id: String,
    rtype: &'static str,
    rstatus: &'static str,
    access: &'static str,
    access_inherited: &'static str,
    urlcode: String,
    treepath: String,
    title: String,
    title_clear: String,
    content_text: String,
    content_simple_html: Cdata,
    conversationid: String,
    #[serde(rename = "votesCount")]
    votes: String,
    datechanged: String,
    url: String,
}

impl Entry {
    fn new(found: Found, zone: &Zone, origin: &str) -> Entry {
        let entry = found.entry;
        Entry {
            kb_id: entry.base.to_string(),
            kb_entry_id: entry.id.to_string(),
            rtype: entry.kind.text(),
            rstatus: entry.status.text(),
            access: entry.access.text(),
            access_inherited: entry.access_inherited.text(),
            url: format!("{origin}{}", knowledge::page_path(&entry)),
            urlcode: entry.url_code,
            treepath: entry.tree_path,
            title: entry.title,
            title_clear: found.title_text,
            content_text: found.text,
            content_simple_html: Cdata(found.simple_html),
            conversationid: conversation_text(entry.conversation),
            votes: entry.votes.to_string(),
            datechanged: zone.text(entry.changed),
        }
    }
}

#[cfg(test)]
mod tests;
