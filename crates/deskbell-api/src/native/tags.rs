//! Tags and how often they are used.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use deskbell_store::tables;
use deskbell_store::tables::tags::TagUse;
use serde::Serialize;
use utoipa::ToSchema;

use super::Native;
use super::call::{Bodies, Call};
use super::page::{self, Page};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TagView {
    tag: String,
    name: String,
    /// How many carry it.
    conversations: i64,
}

impl From<&TagUse> for TagView {
    fn from(tag: &TagUse) -> Self {
        TagView { tag: tag.id.to_string(), name: tag.name.clone(), conversations: tag.conversations }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<TagView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("tags", Right::Agent).summary("All tags, by name").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let tags = cx.state.desk.read(|tx| Ok(tables::tags::all(tx)?)).await?;
        Ok(Answer::tree(Page::of_all(tags, &input, |tag| tag.id.to_string(), |row| TagView::from(row))?))
    }
}
