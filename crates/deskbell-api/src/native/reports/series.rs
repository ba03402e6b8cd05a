//! `GET reports/series`: sums of the whole desk, a row for each hour, day, week or month.

use std::collections::BTreeMap;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, rollups};
use deskbell_domain::measure::Cell;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;
use utoipa::ToSchema;

use super::values;
use crate::native::Native;
use crate::native::call::{Bodies, Call};
use crate::native::days::{self, Days};
use crate::wire::millis;

/// What the desk did over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SeriesView {
    /// In which hours, days, weeks and months begin.
    time_zone: String,
    /// One for each interval, those without events, too.
    rows: Vec<SeriesRow>,
    /// The sums over all rows.
    total: BTreeMap<&'static str, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SeriesRow {
    from: i64,
    /// Does not belong to it.
    until: i64,
    /// By the names of `reports/measures`.
    values: BTreeMap<&'static str, i64>,
}

impl SeriesView {
    fn new(time_zone: String, edges: &[Timestamp], cells: &[Cell]) -> SeriesView {
        let mut total = Cell::default();
        cells.iter().for_each(|cell| total.merge(cell));
        let row = |(edge, cell): (&[Timestamp], &Cell)| SeriesRow { from: millis(edge[0]), until: millis(edge[1]), values: values(cell) };
        SeriesView { time_zone, rows: edges.windows(2).zip(cells).map(row).collect(), total: values(&total) }
    }
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<SeriesView>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("reports/series", Right::Administrator)
        .summary("What the desk did over time: all measures, a row for each interval")
        .params(&[days::FROM, days::TO, days::GROUP_BY]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let desk = &cx.state.desk;
        let asked = Days::read(desk, &input)?;
        let edges = asked.edges(&input)?;
        rollups::caught_up(desk).await?;
        let (of, now) = (edges.clone(), desk.now());
        let cells = desk.snapshot(move |tx| rollups::series(tx, &of, now)).await?;
        Ok(Answer::tree(SeriesView::new(asked.time_zone(), &edges, &cells)))
    }
}
