//! Whole bases.

use deskbell_app::AppError;
use deskbell_app::knowledge::{self, BaseChanges};
use deskbell_app::rights::Right;
use deskbell_domain::ids::KnowledgeBaseId;
use deskbell_domain::knowledge::KnowledgeBase;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::native::call::{Bodies, Call};
use crate::native::page::{self, Page};
use crate::native::{Native, path_id};
use crate::wire::millis;

const BASE: Param = Param::path("id").about("`kb_defa` is the base that always exists");

/// A knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BaseView {
    base: String,
    name: String,
    /// A language tag: searches know words by it.
    language: String,
    created: i64,
}

impl From<&KnowledgeBase> for BaseView {
    fn from(base: &KnowledgeBase) -> BaseView {
        BaseView { base: base.id.to_string(), name: base.name.clone(), language: base.language.clone(), created: millis(base.created) }
    }
}

pub(super) fn base_id(input: &Input) -> Result<KnowledgeBaseId, AppError> {
    path_id(input, KnowledgeBaseId::parse, "knowledge base")
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<BaseView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("knowledge/bases", Right::Agent)
        .summary("All knowledge bases, the one that always exists first, then by age")
        .params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let bases = cx.state.desk.read(knowledge::bases).await?;
        Ok(Answer::tree(Page::of_all(bases, &input, |base| base.id.to_string(), |base| BaseView::from(base))?))
    }
}

/// What is written of a base; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct BaseBody {
    name: Option<String>,
    /// `en` unless given.
    language: Option<String>,
}

impl From<BaseBody> for BaseChanges {
    fn from(body: BaseBody) -> BaseChanges {
        BaseChanges { name: body.name, language: body.language }
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<BaseView>().reads::<BaseBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("knowledge/bases", Right::Administrator).summary("Make a knowledge base: `name` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let wanted = BaseChanges::from(input.json::<BaseBody>()?);
        let base = cx.state.desk.write(move |tx, cx| knowledge::create_base(tx, cx, &wanted)).await?;
        Ok(Answer::tree(BaseView::from(&base)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<BaseView>().reads::<BaseBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::patch("knowledge/bases/{id}", Right::Administrator).summary("Change a knowledge base").params(&[BASE]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = base_id(&input)?;
        let changes = BaseChanges::from(input.json::<BaseBody>()?);
        let base = cx.state.desk.write(move |tx, cx| knowledge::change_base(tx, cx, id, &changes)).await?;
        Ok(Answer::tree(BaseView::from(&base)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("knowledge/bases/{id}", Right::Administrator)
        .summary("Take a knowledge base away for good, with all that stands in it")
        .params(&[BASE])
        .quirks(&["`kb_defa` cannot be removed."]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = base_id(&input)?;
        cx.state.desk.write(move |tx, cx| knowledge::remove_base(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}
