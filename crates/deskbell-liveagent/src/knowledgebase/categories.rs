//! `POST knowledgebase/categories`, `PUT knowledgebase/categories/[entry_id]`: categories, forums and suggestion categories.

use deskbell_app::knowledge::by_key::{self, Change};
use deskbell_app::knowledge::{self, CategoryDraft, Changes};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::knowledge::{Access, Entry, EntryKind};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{
    ACCESS, ACCESSES, BASE, BASE_STAYS, ENTRY, KEYWORDS, PARENT, TITLE, UNKNOWN_IS_404, base_id, changes, department_text, entry_id, order,
    owned, parent_id, parent_text,
};
use crate::moment::Zone;

const KIND: Param = Param::one_of("rtype", &[("C", "category"), ("Q", "forum"), ("G", "suggestion category")]);
const ORDER: Param = Param::text("rorder").about("a number: place among its neighbours, lowest first");
const DEPARTMENT: Param = Param::text("departmentid").about("who gets the tickets of a forum or a suggestion category");
const DESCRIPTION: Param = Param::text("description").about("at most 10000 characters");

const KINDS: [(&str, EntryKind); 3] = [("C", EntryKind::Category), ("Q", EntryKind::Forum), ("G", EntryKind::SuggestionCategory)];
static HOLDING: [EntryKind; 3] = [EntryKind::Category, EntryKind::Forum, EntryKind::SuggestionCategory];

pub(crate) struct AddCategory;

impl Endpoint<Desk> for AddCategory {
    const META: Meta = Meta::post("knowledgebase/categories", Right::ApiKeyWrite)
        .summary("Add a category, a forum or a suggestion category")
        .params(&[TITLE.required(), BASE, PARENT, KIND, ACCESS, ORDER, KEYWORDS, DEPARTMENT, DESCRIPTION])
        .source("reference, Knowledgebase: Create category")
        .quirks(&[
            UNKNOWN_IS_404,
            "without `rorder` it stands above its neighbours, which keep their orders: orders below 0 come from that",
            "`departmentid` is `default` unless given; a category has none, and passes one over",
            "`keywords` and `description` are kept for all three kinds",
            "it stands in a category or at the top; the tree is at most 20 levels deep",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let kind = input.one_of_opt("rtype", &KINDS)?.unwrap_or(EntryKind::Category);
        let draft = CategoryDraft {
            base: base_id(&input)?,
            parent: parent_id(&input)?.flatten(),
            access: input.one_of_opt("access", &ACCESSES)?.unwrap_or(Access::Public),
            position: order(&input)?,
            keywords: input.text_opt("keywords").unwrap_or_default().to_owned(),
            description: input.text_opt("description").unwrap_or_default().to_owned(),
            department: department(&input, kind)?,
            ..CategoryDraft::new(kind, input.filled("title")?)
        };
        let zone = Zone::of(&cx.state);
        let entry = cx.state.write(move |tx, cx| knowledge::add_category(tx, cx, &draft)).await?;
        Ok(Answer::tree(Category::new(entry, &zone)))
    }
}

pub(crate) struct ChangeCategory;

impl Endpoint<Desk> for ChangeCategory {
    const META: Meta = Meta::put("knowledgebase/categories/{entry_id}", Right::ApiKeyWrite)
        .summary("Change a category, a forum or a suggestion category")
        .params(&[ENTRY, TITLE, BASE, PARENT, KIND, ACCESS, ORDER, KEYWORDS, DEPARTMENT, DESCRIPTION])
        .source("a client library; the vendor's list of changes")
        .quirks(&[
            "404 if there is no such entry, parent, knowledge base or department, and for entries of other kinds",
            "what is not given stays; an empty `parent_entry_id` counts as not given, `0` is the top",
            "`rtype` is no change: another one than it has is an error",
            "`access_inherited` and `treepath` of all below it follow at once",
            "it cannot move below itself; moved without `rorder`, it stands above its new neighbours",
            BASE_STAYS,
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let changes = Changes {
            description: owned(input.text_opt("description")),
            department: department(&input, EntryKind::Forum)?,
            ..changes(&input)?
        };
        let kind = input.one_of_opt("rtype", &KINDS)?;
        let change = Change { entry: entry_id(&input)?, kinds: &HOLDING, base: base_id(&input)?, kind, changes };
        let zone = Zone::of(&cx.state);
        let entry = cx.state.write(move |tx, cx| by_key::change(tx, cx, &change)).await?;
        Ok(Answer::tree(Category::new(entry, &zone)))
    }
}

/// The department that was given, for an entry that has one.
fn department(input: &Input, kind: EntryKind) -> Result<Option<DepartmentId>, AppError> {
    let read = |text: &str| DepartmentId::parse(text.trim()).ok_or_else(|| AppError::not_found("department with this id not found"));
    if kind.has_department() { input.filled_opt("departmentid").map(read).transpose() } else { Ok(None) }
}

#[derive(Serialize)]
struct Category {
    kb_id: String,
    kb_entry_id: String,
    parent_entry_id: String,
    urlcode: String,
    title: String,
    treepath: String,
    rtype: &'static str,
    rstatus: &'static str,
    access: &'static str,
    access_inherited: &'static str,
    rorder: String,
    keywords: String,
    datecreated: String,
    datechanged: String,
    departmentid: String,
    views: String,
    description: String,
}

impl Category {
    fn new(entry: Entry, zone: &Zone) -> Category {
        Category {
            kb_id: entry.base.to_string(),
            kb_entry_id: entry.id.to_string(),
            parent_entry_id: parent_text(entry.parent),
            urlcode: entry.url_code,
            title: entry.title,
            treepath: entry.tree_path,
            rtype: entry.kind.text(),
            rstatus: entry.status.text(),
            access: entry.access.text(),
            access_inherited: entry.access_inherited.text(),
            rorder: entry.position.to_string(),
            keywords: entry.keywords,
            datecreated: zone.text(entry.created),
            datechanged: zone.text(entry.changed),
            departmentid: department_text(entry.department),
            views: entry.views.to_string(),
            description: entry.description,
        }
    }
}
