//! `GET reports/tickets/load`, `chats/load`, `calls/load`, `chats/availability`, `calls/availability`: a row for each hour.

use deskbell_app::levels::{self, Level, Load, Scope};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::ask::{self, AGENT, DEPARTMENT, FROM, ROWS, SKIPPED, TO};
use super::columns::{self, ColumnOf};
use super::figures::{divided, two_places};
use crate::moment::{Interval, Zone};
use crate::short::Short;

const PARAMS: &[Param] = &[FROM, TO, ROWS, SKIPPED, DEPARTMENT, AGENT];
const MINUTE_MICROS: i64 = 60_000_000;
/// Ten thousandths of a per cent in the whole.
const WHOLE: i64 = 1_000_000;

/// The hours of a page.
pub(super) struct Hours {
    pub(super) zone: Zone,
    pub(super) now: Timestamp,
    /// At least two, or none.
    pub(super) edges: Vec<Timestamp>,
}

impl Hours {
    pub(super) fn read(
        cx: &Cx<Desk>,
        input: &Input,
        range: fn(&Input, &Zone, Timestamp) -> Result<ask::Range, AppError>,
    ) -> Result<Hours, AppError> {
        let (zone, now) = (Zone::of(&cx.state), cx.state.now());
        let (range, page) = (range(input, &zone, now)?.in_hours(&zone, now), ask::page(input)?);
        let edges = page.edges(zone.edges(range.from, range.until, Interval::Hour));
        Ok(Hours { zone, now, edges })
    }

    /// Each hour with what is known of it.
    pub(super) fn rows<T>(&self, of: Vec<T>) -> Vec<Hour<T>> {
        let hour = |edge: &[Timestamp], of: T| Hour { date: self.zone.short(edge[0]), micros: edge[1].micros_since(edge[0]), of };
        self.edges.windows(2).zip(of).map(|(edge, of)| hour(edge, of)).collect()
    }
}

pub(super) struct Hour<T> {
    pub(super) date: Short,
    /// How long it is.
    pub(super) micros: i64,
    pub(super) of: T,
}

const LOAD: &[ColumnOf<Hour<Load>>] = &[
    ("date", |hour| hour.date.as_str().to_owned()),
    ("avgQueue", |hour| average(&hour.of.queue)),
    ("maxQueue", |hour| hour.of.queue.max.to_string()),
    ("minQueue", |hour| hour.of.queue.min.to_string()),
    ("avgSlots", |hour| average(&hour.of.slots)),
    ("maxSlots", |hour| hour.of.slots.max.to_string()),
    ("minSlots", |hour| hour.of.slots.min.to_string()),
    ("avgService", |hour| average(&hour.of.service)),
    ("maxService", |hour| hour.of.service.max.to_string()),
    ("minService", |hour| hour.of.service.min.to_string()),
];
const AVAILABILITY: &[ColumnOf<Hour<i64>>] =
    &[("date", |hour| hour.date.as_str().to_owned()), ("mins", |hour| minutes(hour).to_string()), ("pct", per_cent)];

fn average(level: &Level) -> String {
    two_places(level.mean_hundredths.max(0))
}

fn minutes(hour: &Hour<i64>) -> i64 {
    divided(hour.of, MINUTE_MICROS)
}

/// The minutes that are shown, of those of the hour.
fn per_cent(hour: &Hour<i64>) -> String {
    let parts = divided(minutes(hour) * WHOLE, hour.micros / MINUTE_MICROS);
    format!("{}.{:04}", parts / 10_000, parts % 10_000)
}

async fn load(cx: Cx<Desk>, input: Input, medium: Medium) -> Result<Answer, AppError> {
    let answer = |rows: Vec<Hour<Load>>| columns::answer("loads", columns::plain(LOAD), rows);
    let Some((hours, scope)) = asked(&cx, &input).await? else { return Ok(answer(Vec::new())) };
    let (edges, now) = (hours.edges.clone(), hours.now);
    let loads = cx.state.snapshot(move |tx| levels::load(tx, medium, scope, &edges, now)).await?;
    Ok(answer(hours.rows(loads)))
}

async fn availability(cx: Cx<Desk>, input: Input, medium: Medium) -> Result<Answer, AppError> {
    let answer = |rows: Vec<Hour<i64>>| columns::answer("availability", columns::plain(AVAILABILITY), rows);
    let Some((hours, scope)) = asked(&cx, &input).await? else { return Ok(answer(Vec::new())) };
    let (edges, now) = (hours.edges.clone(), hours.now);
    let micros = cx.state.snapshot(move |tx| levels::availability(tx, medium, scope, &edges, now)).await?;
    Ok(answer(hours.rows(micros)))
}

/// `None`: there are no rows.
async fn asked(cx: &Cx<Desk>, input: &Input) -> Result<Option<(Hours, Scope)>, AppError> {
    let hours = Hours::read(cx, input, ask::recent)?;
    let Some(scope) = ask::scope(cx, input, "agentid").await? else { return Ok(None) };
    if hours.edges.is_empty() {
        return Ok(None);
    }
    levels::caught_up(&cx.state).await?;
    Ok(Some((hours, scope)))
}

macro_rules! hourly {
    ($($name:ident: $path:literal, $run:ident, $medium:ident, $summary:literal, $source:literal, $quirks:expr;)+) => {$(
        pub(crate) struct $name;

        impl Endpoint<Desk> for $name {
            const META: Meta =
                Meta::get(concat!("reports/", $path), Right::ApiKey).summary($summary).params(PARAMS).source($source).quirks($quirks);

            async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
                $run(cx, input, Medium::$medium).await
            }
        }
    )+};
}

const AVAILABILITY_QUIRKS: &[&str] = &["`mins` are the minutes in which somebody was there, `pct` is their share of the hour, four places"];

hourly! {
    TicketLoad: "tickets/load", load, Tickets, "Tickets waiting and worked on, by hour", "reference, Reports: Tickets Load report",
        &["queue: New and Open; slots: agents who take tickets; service: New and Open being worked on. Averages are over time, two places"];
    ChatLoad: "chats/load", load, Chats, "Chats waiting and served, by hour", "reference, Reports: Chats Load report",
        &["queue: chats waiting; slots: those of agents who take chats; service: chats served. Averages are over time, two places"];
    CallLoad: "calls/load", load, Calls, "Calls waiting and running, by hour", "reference, Reports: Calls Load report",
        &["queue: calls waiting; slots: agents who take calls; service: calls in which somebody talks. Averages are over time, two places"];
    ChatAvailability: "chats/availability", availability, Chats, "How long somebody was there for chats, by hour",
        "reference, Reports: Chats availability report", AVAILABILITY_QUIRKS;
    CallAvailability: "calls/availability", availability, Calls, "How long somebody was there for calls, by hour",
        "reference, Reports: Calls availability report", AVAILABILITY_QUIRKS;
}

#[cfg(test)]
mod tests;
