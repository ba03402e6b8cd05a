//! `GET reports/tickets/slacompliance`, and the same of chats and calls: goals of SLA levels kept and missed, a row for each hour.

use deskbell_app::rights::Right;
use deskbell_app::sla::{self, Compliance, LogFilter, Times};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::SlaLevelId;
use deskbell_domain::measure::Medium;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::ask::{self, DEPARTMENT, FROM, LEVEL, ROWS, SKIPPED, TO};
use super::columns::{self, ColumnOf};
use super::figures::{divided, mean_seconds};
use super::hours::{Hour, Hours};

const SECOND_MICROS: i64 = 1_000_000;
const PARAMS: &[Param] = &[
    FROM,
    TO,
    ROWS,
    SKIPPED,
    Param::text("datetime").about("`L30D` last 30 days, `TM` this month, `LM` last month, or a month: `2014-06`; counts without dates"),
    DEPARTMENT,
    Param::text("userid").about("assigned to this agent"),
    LEVEL,
];
const QUIRKS: &[&str] = &[
    "hours in which no goal ended have rows, too",
    "a goal counts in the hour in which it ended, as the log has it; times are whole seconds of its level's business hours",
];

const ROW: &[ColumnOf<Hour<Compliance>>] = &[
    ("date", |hour| hour.date.as_str().to_owned()),
    ("fulfilled", |hour| hour.of.fulfilled.count.to_string()),
    ("avgFulfilledTime", |hour| mean(&hour.of.fulfilled)),
    ("maxFulfilledTime", |hour| seconds(hour.of.fulfilled.max_micros)),
    ("minFulfilledTime", |hour| seconds(hour.of.fulfilled.min_micros)),
    ("unfulfilled", |hour| hour.of.unfulfilled.count.to_string()),
    ("avgUnfulfilledTime", |hour| mean(&hour.of.unfulfilled)),
    ("maxUnfulfilledTime", |hour| seconds(hour.of.unfulfilled.max_micros)),
    ("minUnfulfilledTime", |hour| seconds(hour.of.unfulfilled.min_micros)),
];

fn mean(times: &Times) -> String {
    mean_seconds(times.sum_micros, times.count).to_string()
}

fn seconds(micros: i64) -> String {
    divided(micros, SECOND_MICROS).to_string()
}

/// What the log is narrowed to; `agent` is the parameter that names one. `None`: something of it does not exist.
pub(super) async fn filter(cx: &Cx<Desk>, input: &Input, agent: &str) -> Result<Option<LogFilter>, AppError> {
    let level = match input.filled_opt("slalevelid").map(|text| SlaLevelId::parse(text.trim())) {
        Some(None) => return Ok(None),
        Some(level) => level,
        None => None,
    };
    let Some(scope) = ask::scope(cx, input, agent).await? else { return Ok(None) };
    Ok(Some(LogFilter { department: scope.department, agent: scope.agent, requester: None, level }))
}

async fn run(cx: Cx<Desk>, input: Input, medium: Medium) -> Result<Answer, AppError> {
    let answer = |rows: Vec<Hour<Compliance>>| columns::answer("slacompliances", columns::plain(ROW), rows);
    let hours = Hours::read(&cx, &input, ask::recent_or_named)?;
    let filter = filter(&cx, &input, "userid").await?.filter(|_| !hours.edges.is_empty());
    let Some(filter) = filter else { return Ok(answer(Vec::new())) };
    let edges = hours.edges.clone();
    let compliances = cx.state.snapshot(move |tx| sla::compliance(tx, medium, &filter, &edges)).await?;
    Ok(answer(hours.rows(compliances)))
}

macro_rules! compliance {
    ($($name:ident: $path:literal, $medium:ident, $summary:literal, $source:literal;)+) => {$(
        pub(crate) struct $name;

        impl Endpoint<Desk> for $name {
            const META: Meta = Meta::get(concat!("reports/", $path, "/slacompliance"), Right::ApiKey)
                .summary($summary)
                .params(PARAMS)
                .source($source)
                .quirks(QUIRKS);

            async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
                run(cx, input, Medium::$medium).await
            }
        }
    )+};
}

compliance! {
    TicketCompliance: "tickets", Tickets, "Goals of SLA levels kept and missed for tickets, by hour", "reference, Reports: Tickets SLA Compliance report";
    ChatCompliance: "chats", Chats, "Goals of SLA levels kept and missed for chats, by hour", "reference, Reports: Chats SLA Compliance report";
    CallCompliance: "calls", Calls, "Goals of SLA levels kept and missed for calls, by hour", "reference, Reports: Calls SLA Compliance report";
}

#[cfg(test)]
mod tests;
