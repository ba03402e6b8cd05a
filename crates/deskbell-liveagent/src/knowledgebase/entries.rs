//! `GET knowledgebase/entries`, `GET knowledgebase/articles` (the older call for the same), `DELETE knowledgebase/entries/[entry_id]`.

use deskbell_app::knowledge::listing::{self, Filter, PAGE_ENTRIES_MAX};
use deskbell_app::knowledge::remove;
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge;
use deskbell_http::{Answer, Cdata, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{ENTRY, OFFSET_MAX, TOP, conversation_text, department_text, entry_id, parent_text};
use crate::done::done;
use crate::moment::Zone;

const BASE: Param = Param::text("kb_id").about("id of a knowledge base");
const OFFSET: Param = Param::int("offset").about("rows left out at the beginning");
const TREE_PATH: Param =
    Param::text("tree_path").about("ids from the root down, joined by `|`: all that stands below the last one, `0|23`");

const ORDERED: &str = "by id, which is by age: a client that pages by offset gets every row once";
const ALL_KINDS: &str = "entries of all kinds, internal ones, drafts and deleted ones, too";
const NONE_MATCH: &str = "an id or a path that does not exist has no entries";
const WHOLE_PARTS: &str = "`tree_path` is compared by whole ids (`0|2` is not the beginning of `0|23`); blanks around `|` are passed over";
const CLAMPED: &str = "a `limit` above 500 counts as 500";

pub(crate) struct ListEntries;

impl Endpoint<Desk> for ListEntries {
    const META: Meta = Meta::get("knowledgebase/entries", Right::ApiKey)
        .summary("Entries of knowledge bases by filter; everything given must hold")
        .params(&[
            Param::int("limit").about("rows, 50 unless given, at most 500"),
            OFFSET,
            BASE,
            TREE_PATH,
            Param::text("parent_entry_id").about("what stands directly in this one; `0`: at the top"),
            Param::text("entry_id").about("this one alone"),
            Param::datetime("date_changed").about("changed after this"),
        ])
        .source("reference, Knowledgebase: Retrieves all knowledgebase entries")
        .quirks(&[
            ORDERED,
            ALL_KINDS,
            NONE_MATCH,
            WHOLE_PARTS,
            "`date_changed` means after its second; a date alone, after its first second",
            "an entry counts as changed, too, when what stands above it moves, or becomes internal or public",
            CLAMPED,
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let mut asked = Asked::new(&input, "parent_entry_id", "entry_id")?;
        let zone = Zone::of(&cx.state);
        if let Some(text) = input.filled_opt("date_changed") {
            asked.filter.changed_from = Some(zone.span("date_changed", text)?.start.plus_seconds(1));
        }
        Ok(Answer::tree(Entries { entries: rows(&cx, &input, asked, 50).await? }))
    }
}

pub(crate) struct ListArticles;

impl Endpoint<Desk> for ListArticles {
    const META: Meta = Meta::get("knowledgebase/articles", Right::ApiKey)
        .summary("Entries of knowledge bases by filter; `knowledgebase/entries` does it better")
        .params(&[
            BASE,
            Param::int("limit").about("rows, 10 unless given, at most 500"),
            OFFSET,
            TREE_PATH,
            Param::text("parent_id").about("what stands directly in this one; `0`: at the top"),
            Param::text("article_id").about("this one alone"),
        ])
        .source("reference, Knowledgebase: Retrieves all knowledgebase articles")
        .quirks(&[
            "deprecated",
            "categories and the rest, too, as in the reference's example",
            ORDERED,
            ALL_KINDS,
            NONE_MATCH,
            WHOLE_PARTS,
            CLAMPED,
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let asked = Asked::new(&input, "parent_id", "article_id")?;
        Ok(Answer::tree(Articles { articles: rows(&cx, &input, asked, 10).await? }))
    }
}

pub(crate) struct DeleteEntry;

impl Endpoint<Desk> for DeleteEntry {
    const META: Meta = Meta::delete("knowledgebase/entries/{entry_id}", Right::ApiKeyWrite)
        .summary("Take an entry away, with all that stands below it")
        .params(&[ENTRY])
        .source("reference, Knowledgebase: Delete knowledgebase entry")
        .quirks(&[
            "404 if there is no such entry",
            "a category, a forum or a suggestion category goes for good with all below it; the tickets behind topics and suggestions stay",
            "a topic or a suggestion stays in its place with `deleted` `Y`, hidden from the public, until what it stands in is deleted; once more is no error",
            "more than 100000 entries at once are refused: delete the parts first",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let entry = entry_id(&input)?;
        cx.state.write(move |tx, cx| remove(tx, cx, entry)).await?;
        Ok(done())
    }
}

/// What a list is asked for.
struct Asked {
    filter: Filter,
    /// Something was asked for that nothing can be.
    nothing: bool,
}

impl Asked {
    /// The two calls spell two parameters differently.
    fn new(input: &Input, parent: &str, entry: &str) -> Result<Asked, AppError> {
        let base = input.filled_opt(BASE.name).map(|text| KnowledgeBaseId::parse(text.trim()));
        let path = input.filled_opt(TREE_PATH.name).map(listing::read_tree_path);
        let parent = input.filled_opt(parent).map(|text| match text.trim() {
            TOP => Some(None),
            text => KnowledgeEntryId::parse(text).map(Some),
        });
        let entry = input.filled_opt(entry).map(|text| KnowledgeEntryId::parse(text.trim()));
        Ok(Asked {
            nothing: base == Some(None) || path == Some(None) || parent == Some(None) || entry == Some(None),
            filter: Filter {
                base: base.flatten(),
                parent: parent.flatten(),
                entry: entry.flatten(),
                path: path.flatten(),
                changed_from: None,
            },
        })
    }
}

async fn rows(cx: &Cx<Desk>, input: &Input, asked: Asked, limit_default: i64) -> Result<Vec<Entry>, AppError> {
    let limit = input.int_clamped("limit", limit_default, 0..=PAGE_ENTRIES_MAX)?;
    let offset = input.int_clamped("offset", 0, 0..=OFFSET_MAX)?;
    if asked.nothing {
        return Ok(Vec::new());
    }
    let zone = Zone::of(&cx.state);
    let entries = listing::page(&cx.state, &cx.principal, &asked.filter, limit, offset).await?;
    Ok(entries.into_iter().map(|entry| Entry::new(entry, &zone)).collect())
}

#[derive(Serialize)]
struct Entries {
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Articles {
    articles: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    kb_id: String,
    kb_entry_id: String,
    parent_entry_id: String,
    rtype: &'static str,
    rstatus: &'static str,
    access: &'static str,
    access_inherited: &'static str,
    urlcode: String,
    treepath: String,
    rorder: String,
    title: String,
    metadescription: String,
    keywords: String,
    content: Cdata,
    conversationid: String,
    departmentid: String,
    views: String,
    votes: String,
    datecreated: String,
    datechanged: String,
    deleted: &'static str,
    description: String,
}

impl Entry {
    fn new(entry: knowledge::Entry, zone: &Zone) -> Entry {
        Entry {
            kb_id: entry.base.to_string(),
            kb_entry_id: entry.id.to_string(),
            parent_entry_id: parent_text(entry.parent),
            rtype: entry.kind.text(),
            rstatus: entry.status.text(),
            access: entry.access.text(),
            access_inherited: entry.access_inherited.text(),
            urlcode: entry.url_code,
            treepath: entry.tree_path,
            rorder: entry.position.to_string(),
            title: entry.title,
            metadescription: entry.meta_description,
            keywords: entry.keywords,
            content: Cdata(entry.content),
            conversationid: conversation_text(entry.conversation),
            departmentid: department_text(entry.department),
            views: entry.views.to_string(),
            votes: entry.votes.to_string(),
            datecreated: zone.text(entry.created),
            datechanged: zone.text(entry.changed),
            deleted: if entry.deleted { "Y" } else { "N" },
            description: entry.description,
        }
    }
}

#[cfg(test)]
mod tests;
