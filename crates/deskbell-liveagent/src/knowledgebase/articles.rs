//! `POST knowledgebase/articles`, `PUT knowledgebase/articles/[entry_id]`.

use deskbell_app::knowledge::by_key::{self, Change};
use deskbell_app::knowledge::rendering::{plain_text, simple_html};
use deskbell_app::knowledge::{self, ArticleDraft, Changes};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus};
use deskbell_http::{Answer, Cdata, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{
    ACCESS, ACCESSES, ARTICLE_BODY_BYTES_MAX, BASE, BASE_STAYS, ENTRY, KEYWORDS, PARENT, TITLE, UNKNOWN_IS_404, base_id, changes, entry_id,
    order, owned, parent_id, parent_text,
};
use crate::moment::Zone;

const CONTENT: Param = Param::text("content").about("HTML, at most 1 MiB");
const STATUS: Param = Param::one_of("rstatus", &[("P", "published"), ("D", "draft")]);
const ORDER: Param = Param::int("rorder").about("place among its neighbours, lowest first");
const FULL_PREVIEW: Param = Param::flag("full_preview").about("lists show the whole article");

const STATUSES: [(&str, EntryStatus); 2] = [("P", EntryStatus::Published), ("D", EntryStatus::Draft)];
const AS_GIVEN: &str =
    "`content` is stored as it is given and made safe where it is shown; `content_simple_html` is safe, without images and media";

pub(crate) struct AddArticle;

impl Endpoint<Desk> for AddArticle {
    const META: Meta = Meta::post("knowledgebase/articles", Right::ApiKeyWrite)
        .summary("Add an article")
        .params(&[CONTENT.required(), TITLE.required(), BASE, PARENT, STATUS, ACCESS, ORDER, KEYWORDS, FULL_PREVIEW])
        .source("reference, Knowledgebase: Create article")
        .quirks(&[
            UNKNOWN_IS_404,
            "published and public unless something else is given; `content` may be empty",
            "without `rorder` it stands above its neighbours, which keep their orders: orders below 0 come from that",
            "an article stands in a category or at the top; the tree is at most 20 levels deep",
            AS_GIVEN,
        ])
        .body_bytes_max(ARTICLE_BODY_BYTES_MAX);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let draft = ArticleDraft {
            base: base_id(&input)?,
            parent: parent_id(&input)?.flatten(),
            keywords: input.text_opt("keywords").unwrap_or_default().to_owned(),
            status: input.one_of_opt("rstatus", &STATUSES)?.unwrap_or(EntryStatus::Published),
            access: input.one_of_opt("access", &ACCESSES)?.unwrap_or(Access::Public),
            position: order(&input)?,
            full_preview: input.flag_opt("full_preview")?.unwrap_or(false),
            ..ArticleDraft::new(input.filled("title")?, input.text("content")?)
        };
        let zone = Zone::of(&cx.state);
        let entry = cx.state.write(move |tx, cx| knowledge::add_article(tx, cx, &draft)).await?;
        Ok(Answer::tree(Article::new(entry, &zone)))
    }
}

pub(crate) struct ChangeArticle;

impl Endpoint<Desk> for ChangeArticle {
    const META: Meta = Meta::put("knowledgebase/articles/{entry_id}", Right::ApiKeyWrite)
        .summary("Change an article")
        .params(&[ENTRY, CONTENT, TITLE, BASE, PARENT, STATUS, ACCESS, ORDER, KEYWORDS, FULL_PREVIEW])
        .source("a client library; the vendor's list of changes")
        .quirks(&[
            "404 if there is no such article, parent, knowledge base or department, and for entries of other kinds",
            "what is not given stays; an empty `parent_entry_id` counts as not given, `0` is the top",
            "moved without `rorder`, it stands above its new neighbours",
            BASE_STAYS,
            AS_GIVEN,
        ])
        .body_bytes_max(ARTICLE_BODY_BYTES_MAX);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let changes = Changes {
            content: owned(input.text_opt("content")),
            status: input.one_of_opt("rstatus", &STATUSES)?,
            full_preview: input.flag_opt("full_preview")?,
            ..changes(&input)?
        };
        let change = Change { entry: entry_id(&input)?, kinds: &[EntryKind::Article], base: base_id(&input)?, kind: None, changes };
        let zone = Zone::of(&cx.state);
        let entry = cx.state.write(move |tx, cx| by_key::change(tx, cx, &change)).await?;
        Ok(Answer::tree(Article::new(entry, &zone)))
    }
}

#[derive(Serialize)]
struct Article {
    kb_id: String,
    kb_entry_id: String,
    parent_entry_id: String,
    urlcode: String,
    title: String,
    content: Cdata,
    content_text: String,
    content_simple_html: Cdata,
    treepath: String,
    rstatus: &'static str,
    access: &'static str,
    access_inherited: &'static str,
    rorder: String,
    keywords: String,
    datecreated: String,
    datechanged: String,
    views: String,
}

impl Article {
    fn new(entry: Entry, zone: &Zone) -> Article {
        Article {
            kb_id: entry.base.to_string(),
            kb_entry_id: entry.id.to_string(),
            parent_entry_id: parent_text(entry.parent),
            urlcode: entry.url_code,
            title: entry.title,
            content_text: plain_text(&entry.content),
            content_simple_html: Cdata(simple_html(&entry.content)),
            content: Cdata(entry.content),
            treepath: entry.tree_path,
            rstatus: entry.status.text(),
            access: entry.access.text(),
            access_inherited: entry.access_inherited.text(),
            rorder: entry.position.to_string(),
            keywords: entry.keywords,
            datecreated: zone.text(entry.created),
            datechanged: zone.text(entry.changed),
            views: entry.views.to_string(),
        }
    }
}
