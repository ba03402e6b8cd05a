//! `GET sla/compliance`: goals kept and missed over time.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::sla::{self, Compliance, Times};
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;
use utoipa::ToSchema;

use super::log::{AGENT, DEPARTMENT, LEVEL, MEDIUM, asked};
use crate::native::Native;
use crate::native::call::{Bodies, Call};
use crate::native::days::{self, Days};
use crate::wire::{millis, whole_millis};

/// How long goals took: milliseconds of their levels' business hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SlaTimesView {
    count: i64,
    sum: i64,
    /// 0 without any.
    min: i64,
    /// 0 without any.
    max: i64,
}

impl From<&Times> for SlaTimesView {
    fn from(times: &Times) -> Self {
        let (sum, min, max) = (whole_millis(times.sum_micros), whole_millis(times.min_micros), whole_millis(times.max_micros));
        SlaTimesView { count: times.count, sum, min, max }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SlaComplianceRow {
    from: i64,
    /// Does not belong to it.
    until: i64,
    in_time: SlaTimesView,
    late: SlaTimesView,
}

impl SlaComplianceRow {
    fn new(from: Timestamp, until: Timestamp, sums: &Compliance) -> SlaComplianceRow {
        SlaComplianceRow {
            from: millis(from),
            until: millis(until),
            in_time: SlaTimesView::from(&sums.fulfilled),
            late: SlaTimesView::from(&sums.unfulfilled),
        }
    }
}

/// Goals kept and missed, by when they were reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SlaComplianceView {
    /// In which hours, days, weeks and months begin.
    time_zone: String,
    /// One for each interval, those without goals, too.
    rows: Vec<SlaComplianceRow>,
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<SlaComplianceView>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("sla/compliance", Right::Administrator)
        .summary("Goals of service levels kept and missed, a row for each interval")
        .params(&[days::FROM, days::TO, days::GROUP_BY, MEDIUM, LEVEL, DEPARTMENT, AGENT]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let asked_days = Days::read(&cx.state.desk, &input)?;
        let (edges, (medium, filter)) = (asked_days.edges(&input)?, asked(&input)?);
        let of = edges.clone();
        let sums = cx.state.desk.snapshot(move |tx| sla::compliance(tx, medium, &filter, &of)).await?;
        let rows = edges.windows(2).zip(&sums).map(|(edge, sums)| SlaComplianceRow::new(edge[0], edge[1], sums));
        Ok(Answer::tree(SlaComplianceView { time_zone: asked_days.time_zone(), rows: rows.collect() }))
    }
}
