//! `GET reports/measures`: what there is to report.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_domain::measure::{Entry, REGISTRY, Unit};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;
use utoipa::ToSchema;

use crate::native::Native;
use crate::native::call::{Bodies, Call};
use crate::native::page::{self, Page};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MeasureView {
    name: &'static str,
    /// `count` or `milliseconds`.
    unit: &'static str,
    /// What it counts, for people.
    counts: &'static str,
}

impl From<&Entry> for MeasureView {
    fn from(entry: &Entry) -> Self {
        let unit = match entry.unit {
            Unit::Count => "count",
            Unit::Micros => "milliseconds",
        };
        MeasureView { name: entry.name, unit, counts: entry.counts }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<MeasureView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("reports/measures", Right::Administrator)
        .summary("The measures that reports have, with their units")
        .params(&[page::LIMIT, page::AFTER]);

    async fn run(_: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        Ok(Answer::tree(Page::of_all(REGISTRY.to_vec(), &input, |entry| entry.name.to_owned(), |row| MeasureView::from(row))?))
    }
}
