//! Entries: the levels of a tree, one entry, and writing.

use deskbell_app::AppError;
use deskbell_app::context::Context;
use deskbell_app::knowledge::{self, ArticleDraft, CategoryDraft, Changes, listing};
use deskbell_app::rights::Right;
use deskbell_domain::ids::{DepartmentId, KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use deskbell_store::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::bases::base_id;
use super::{ACCESSES, ENTRY_BODY_BYTES_MAX, EntryDetail, EntryNode, KINDS, STATUSES, entry_id, meant, place, role, writable};
use crate::native::call::{Bodies, Call};
use crate::native::page::{self, Page};
use crate::native::{Native, given_id_opt};

/// Entries on a page, at most.
const ENTRIES_MAX: i64 = 1_000;

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<EntryNode>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("knowledge/bases/{id}/entries", Right::Agent)
        .summary("One level of a base's tree, by position and then by id, without contents")
        .params(&[
            Param::path("id").about("`kb_defa` is the base that always exists"),
            Param::text("parent").placed(Place::Query).about("what stands directly in this entry; not given or `0`: at the top"),
            page::LIMIT,
            page::AFTER,
        ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (base, parent) = (base_id(&input)?, place(input.filled_opt("parent"))?.flatten());
        let (after, limit) = (cursor(&input)?, page::limit(&input, ENTRIES_MAX, ENTRIES_MAX)?);
        let nodes = cx.state.desk.snapshot(move |tx| {
            knowledge::base(tx, base)?.ok_or_else(|| AppError::not_found("no such knowledge base"))?;
            listing::outline(tx, base, parent, after, limit + 1)
        });
        let at = |node: &listing::Node| format!("{}.{}", node.entry.position, node.entry.id);
        Ok(Answer::tree(Page::cut(nodes.await?, limit, at, |node| EntryNode::from(node))))
    }
}

/// Position and id of the last entry of the page before.
fn cursor(input: &Input) -> Result<Option<(i64, KnowledgeEntryId)>, AppError> {
    let Some(cursor) = input.filled_opt("after") else { return Ok(None) };
    let read = || {
        let (position, id) = cursor.split_once('.')?;
        Some((position.parse().ok()?, KnowledgeEntryId::parse(id)?))
    };
    read().map(Some).ok_or_else(page::gone)
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<EntryDetail>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("knowledge/entries/{id}", Right::Agent).summary("One entry").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = entry_id(&input)?;
        let read = cx.state.desk.snapshot(move |tx| {
            let entry = knowledge::entry(tx, id)?.ok_or_else(|| AppError::not_found("no such knowledge base entry"))?;
            EntryDetail::read(tx, entry)
        });
        Ok(Answer::tree(read.await?))
    }
}

/// What is written of an entry; what is left out stays, or has its default.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct EntryBody {
    title: Option<String>,
    /// `0`: the top of the base. Another one than it has moves it, with all below it.
    parent: Option<String>,
    /// Articles only: HTML, at most 1 MiB.
    content: Option<String>,
    description: Option<String>,
    keywords: Option<String>,
    meta_description: Option<String>,
    /// `published` or `draft`; of suggestions also `init`, `new`, `review`, `planned`, `started`, `completed` or `declined`.
    status: Option<String>,
    /// `public` or `internal`.
    access: Option<String>,
    /// Above its neighbours unless given.
    position: Option<i64>,
    full_preview: Option<bool>,
    /// Of forums and suggestion categories; `default` unless given.
    department: Option<String>,
}

impl EntryBody {
    fn changes(self) -> Result<Changes, AppError> {
        Ok(Changes {
            parent: place(self.parent.as_deref())?,
            status: meant(&STATUSES, self.status.as_deref(), "status")?,
            access: meant(&ACCESSES, self.access.as_deref(), "access")?,
            department: given_id_opt(self.department.as_deref(), DepartmentId::parse, "department")?,
            title: self.title,
            content: self.content,
            keywords: self.keywords,
            meta_description: self.meta_description,
            description: self.description,
            position: self.position,
            full_preview: self.full_preview,
        })
    }
}

/// A new entry: `kind` and `title` must be given.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct NewEntryBody {
    /// `category`, `article`, `forum` or `suggestion_category`.
    kind: Option<String>,
    /// The base of its parent, or `kb_defa`, unless given.
    base: Option<String>,
    #[serde(flatten)]
    entry: EntryBody,
}

/// A new entry as it was read.
struct NewEntry {
    kind: EntryKind,
    base: Option<KnowledgeBaseId>,
    wanted: Changes,
}

impl NewEntryBody {
    fn read(self) -> Result<NewEntry, AppError> {
        let kind = meant(&KINDS, self.kind.as_deref(), "kind")?.ok_or_else(|| AppError::missing("kind is missing"))?;
        let base = given_id_opt(self.base.as_deref(), KnowledgeBaseId::parse, "base")?;
        Ok(NewEntry { kind, base, wanted: self.entry.changes()? })
    }
}

impl NewEntry {
    fn add(self, tx: &mut Tx<'_>, cx: &mut Context) -> Result<Entry, AppError> {
        let NewEntry { kind, base, wanted } = self;
        let (title, parent, access) = (wanted.title.unwrap_or_default(), wanted.parent.flatten(), wanted.access.unwrap_or(Access::Public));
        let (keywords, meta_description) = (wanted.keywords.unwrap_or_default(), wanted.meta_description.unwrap_or_default());
        if kind == EntryKind::Article {
            let draft = ArticleDraft {
                base,
                parent,
                access,
                keywords,
                meta_description,
                position: wanted.position,
                status: wanted.status.unwrap_or(EntryStatus::Published),
                full_preview: wanted.full_preview.unwrap_or(false),
                ..ArticleDraft::new(title, wanted.content.unwrap_or_default())
            };
            return knowledge::add_article(tx, cx, &draft);
        }
        if wanted.content.is_some() || wanted.status.is_some_and(|status| !kind.takes_status(status)) {
            return Err(AppError::invalid("only articles have content, or are drafts"));
        }
        let draft = CategoryDraft {
            base,
            parent,
            access,
            keywords,
            meta_description,
            position: wanted.position,
            description: wanted.description.unwrap_or_default(),
            department: wanted.department,
            ..CategoryDraft::new(kind, title)
        };
        knowledge::add_category(tx, cx, &draft)
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<EntryDetail>().reads::<NewEntryBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("knowledge/entries", Right::Agent)
        .summary("Add an article, a category, a forum or a suggestion category")
        .quirks(&["Everything but articles is for administrators.", "Topics and suggestions are posted: see `knowledge/topics`."])
        .body_bytes_max(ENTRY_BODY_BYTES_MAX);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let role = role(&cx)?;
        let new = input.json::<NewEntryBody>()?.read()?;
        let add = cx.state.desk.write(move |tx, cx| {
            knowledge::check_role(role, new.kind)?;
            let entry = new.add(tx, cx)?;
            EntryDetail::read(tx, entry)
        });
        Ok(Answer::tree(add.await?).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<EntryDetail>().reads::<EntryBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::patch("knowledge/entries/{id}", Right::Agent)
        .summary("Change or move an entry")
        .params(&[Param::path("id")])
        .quirks(&["Everything but articles, topics and suggestions is for administrators."])
        .body_bytes_max(ENTRY_BODY_BYTES_MAX);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let changes = input.json::<EntryBody>()?.changes()?;
        let (role, id) = (role(&cx)?, entry_id(&input)?);
        let change = cx.state.desk.write(move |tx, cx| {
            let entry = writable(tx, role, id)?;
            let entry = knowledge::change(tx, cx, entry.id, &changes)?;
            EntryDetail::read(tx, entry)
        });
        Ok(Answer::tree(change.await?))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("knowledge/entries/{id}", Right::Agent)
        .summary("Take an entry away for good, with all that stands below it")
        .params(&[Param::path("id")])
        .quirks(&[
            "A topic or a suggestion stays in its place, marked as deleted and hidden from the public.",
            "Everything but articles, topics and suggestions is for administrators.",
        ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (role, id) = (role(&cx)?, entry_id(&input)?);
        let remove = cx.state.desk.write(move |tx, cx| {
            let entry = writable(tx, role, id)?;
            knowledge::remove(tx, cx, entry.id)
        });
        remove.await?;
        Ok(Answer::empty())
    }
}
