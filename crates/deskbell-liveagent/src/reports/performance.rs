//! `GET reports/performance`: sums of the whole desk, a row for each hour, day, week or month, or one of all.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, rollups};
use deskbell_domain::measure::Cell;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::ask::{self, COLUMNS, FROM_GIVEN, ROWS, SKIPPED, TO_GIVEN};
use super::columns::{self, ColumnOf, Counted};
use super::figures::OF_ALL_ELSE;
use crate::moment::{Interval, Zone};
use crate::short::Short;

const INTERVALS: &[(&str, Interval)] =
    &[("hour", Interval::Hour), ("day", Interval::Day), ("week", Interval::Week), ("month", Interval::Month)];

/// A row's first and last second.
struct Times {
    from: Short,
    to: Short,
}

const TIMES: &[ColumnOf<Times>] = &[("datetime", |row| row.from.as_str().to_owned()), ("dateto", |row| row.to.as_str().to_owned())];

pub(crate) struct Performance;

impl Endpoint<Desk> for Performance {
    const META: Meta = Meta::get("reports/performance", Right::ApiKey)
        .summary("What the desk did, over time")
        .params(&[
            FROM_GIVEN,
            TO_GIVEN,
            COLUMNS,
            ROWS,
            SKIPPED,
            Param::text("group_by").about("`hour`, `day`, `week` (from Monday on) or `month`; not given: one row of all"),
        ])
        .source("reference, Reports: Performance report")
        .quirks(&[
            "a row for each interval of the time in the desk's zone, those without events, too; the first and the last one are cut by the time asked for",
            "without `group_by` one row of the whole time, as in the reference's example",
            "`datetime` and `dateto` are a row's first and last second",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let range = ask::range(&input, &zone)?.in_quarters();
        let interval = input.one_of_opt("group_by", INTERVALS)?;
        let page = ask::page(&input)?;
        let columns = columns::wanted(&input, columns::counted(TIMES, OF_ALL_ELSE))?;
        let edges = match interval {
            Some(interval) => page.edges(zone.edges(range.from, range.until, interval)),
            None => page.edges([range.from, range.until].into_iter()),
        };
        if edges.is_empty() {
            return Ok(columns::answer("performance", columns, Vec::new()));
        }
        rollups::caught_up(&cx.state).await?;
        let (of, now) = (edges.clone(), cx.state.now());
        let cells = cx.state.snapshot(move |tx| rollups::series(tx, &of, now)).await?;
        Ok(columns::answer("performance", columns, rows(&zone, &edges, cells)))
    }
}

fn rows(zone: &Zone, edges: &[Timestamp], cells: Vec<Cell>) -> Vec<Counted<Times>> {
    let times = edges.windows(2).map(|edge| Times { from: zone.short(edge[0]), to: zone.short(edge[1].plus_seconds(-1)) });
    times.zip(cells).map(|(of, cell)| Counted { of, cell }).collect()
}

#[cfg(test)]
mod tests;
