//! What reports are asked for: times in the desk's zone, rows, and of whom.

use deskbell_app::levels::Scope;
use deskbell_app::{AppError, Desk, views};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_http::{Cx, Input, Param};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::moment::{Span, Zone};

/// The longest time that a report is made of.
pub(super) const RANGE_YEARS_MAX: i64 = 100;
const RANGE_SECONDS_MAX: i64 = RANGE_YEARS_MAX * 366 * 86_400;
/// Days before today that a report begins with, unless asked otherwise.
const RECENT_DAYS: i64 = 30;
/// What cells hold.
const QUARTER_SECONDS: i64 = 900;
const ROWS_DEFAULT: i64 = 100;
/// Rows of one answer.
pub(super) const ROWS_MAX: i64 = 1_000;
const SKIPPED_MAX: i64 = 1_000_000_000;

pub(super) const FROM: Param = Param::datetime("date_from").about("first moment");
pub(super) const TO: Param = Param::datetime("date_to").about("last moment; a date alone means its end");
pub(super) const FROM_GIVEN: Param = FROM.required();
pub(super) const TO_GIVEN: Param = TO.required();
pub(super) const COLUMNS: Param = Param::list("columns").about("names of the columns wanted; not given: all");
pub(super) const ROWS: Param = Param::int("limitcount").about("rows, 100 unless given, at most 1000");
pub(super) const SKIPPED: Param = Param::int("limitfrom").about("rows left out at the beginning");
pub(super) const DEPARTMENT: Param = Param::text("departmentid").about("of this department");
pub(super) const AGENT: Param = Param::text("agentid").about("of this agent");
pub(super) const LEVEL: Param = Param::text("slalevelid").about("of this SLA level");

/// A time; its end does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Range {
    /// Everything that both texts name, the later one's last second too.
    fn around(one: Span, other: Span) -> Result<Range, AppError> {
        let whole = one.and(other);
        if whole.end.seconds_since(whole.start) > RANGE_SECONDS_MAX {
            return Err(AppError::invalid(format!("the time from date_from to date_to must not be longer than {RANGE_YEARS_MAX} years")));
        }
        Ok(Range { from: whole.start, until: whole.end })
    }

    /// What rows are made to reach, at least: the last second that was named. So rows of a time to `10:00:00` end there, and those of a day with
    /// the day. A time of one second has rows, too.
    fn last(self) -> Timestamp {
        self.until.plus_seconds(-1).max(self.from.plus_seconds(1))
    }

    /// Made larger until it begins and ends with quarters of an hour.
    pub(super) fn in_quarters(self) -> Range {
        let floor = |at: Timestamp| at.seconds().div_euclid(QUARTER_SECONDS) * QUARTER_SECONDS;
        let ceiling = floor(self.last().plus_seconds(QUARTER_SECONDS - 1));
        Range { from: Timestamp::from_seconds(floor(self.from)), until: Timestamp::from_seconds(ceiling) }
    }

    /// Made larger until it begins and ends with hours of the zone's clock; those that have not begun are left out.
    pub(super) fn in_hours(self, zone: &Zone, now: Timestamp) -> Range {
        Range { from: zone.hour_begins(self.from), until: zone.hour_ends(self.last().min(now)) }
    }
}

/// The time from `date_from` to `date_to`, which must both be there. The wrong way round they are swapped.
pub(super) fn range(input: &Input, zone: &Zone) -> Result<Range, AppError> {
    // One that is missing is told before one that cannot be read.
    let (from, to) = (input.text("date_from")?, input.text("date_to")?);
    Range::around(zone.span("date_from", from)?, zone.span("date_to", to)?)
}

/// The same where both may be missing: without `date_to` until now, without `date_from` from 30 days before that day.
pub(super) fn recent(input: &Input, zone: &Zone, now: Timestamp) -> Result<Range, AppError> {
    let read = |name: &str| input.filled_opt(name).map(|text| zone.span(name, text)).transpose();
    let (from, to) = (read("date_from")?, read("date_to")?);
    // A time that begins later than now is not turned round: it has not begun.
    let latest = from.map_or(now, |from| from.end.max(now));
    let to = to.unwrap_or(Span { start: latest, end: latest.plus_seconds(1) });
    Range::around(from.unwrap_or_else(|| days_before(zone, to)), to)
}

/// The beginning of the day so many days before one that is named.
fn days_before(zone: &Zone, span: Span) -> Span {
    let day = zone.date(span.start).checked_sub(RECENT_DAYS.days()).unwrap_or(Date::MIN);
    let start = zone.day_begins(day);
    Span { start, end: start }
}

/// The same with `datetime`, which counts where neither date is given.
pub(super) fn recent_or_named(input: &Input, zone: &Zone, now: Timestamp) -> Result<Range, AppError> {
    let named = input.filled_opt("datetime").map(|text| named(text.trim(), zone, now)).transpose()?.flatten();
    match named {
        Some(range) if input.filled_opt("date_from").is_none() && input.filled_opt("date_to").is_none() => Ok(range),
        Some(_) | None => recent(input, zone, now),
    }
}

/// `None`: the last 30 days.
fn named(text: &str, zone: &Zone, now: Timestamp) -> Result<Option<Range>, AppError> {
    let this_month = zone.date(now).first_of_month();
    let month = match text {
        "L30D" => return Ok(None),
        "TM" => this_month,
        "LM" => this_month.checked_sub(1.month()).unwrap_or(this_month),
        text => Date::strptime("%Y-%m-%d", format!("{text}-01"))
            .map_err(|_| AppError::invalid("parameter datetime must be L30D, TM, LM or a month like 2014-06"))?,
    };
    let next = month.last_of_month().tomorrow().unwrap_or(Date::MAX);
    Ok(Some(Range { from: zone.day_begins(month), until: zone.day_begins(next) }))
}

/// Rows asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) skip: i64,
    pub(super) rows: i64,
}

pub(super) fn page(input: &Input) -> Result<Page, AppError> {
    let number = |name: &str, default: i64, most: i64| match input.int_opt(name, i64::MIN..=i64::MAX)?.unwrap_or(default) {
        ..0 => Err(AppError::invalid(format!("parameter {name} must not be negative"))),
        number => Ok(number.min(most)),
    };
    Ok(Page { skip: number("limitfrom", 0, SKIPPED_MAX)?, rows: number("limitcount", ROWS_DEFAULT, ROWS_MAX)? })
}

impl Page {
    /// Its part of rows that are all there.
    pub(super) fn of<T>(self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        all.into_iter().skip(self.skip as usize).take(self.rows as usize).collect()
    }

    /// Its part of rows between neighbouring edges: the edges around them, or none.
    pub(super) fn edges(self, all: impl Iterator<Item = Timestamp>) -> Vec<Timestamp> {
        let edges: Vec<Timestamp> = all.skip(self.skip as usize).take(self.rows as usize + 1).collect();
        if edges.len() < 2 { Vec::new() } else { edges }
    }
}

/// The department and the agent that a report is narrowed to. `None`: one of them does not exist, so that there is nothing to report.
pub(super) async fn scope(cx: &Cx<Desk>, input: &Input, agent: &str) -> Result<Option<Scope>, AppError> {
    let id = |name: &str| input.filled_opt(name).map(|text| text.trim().to_owned());
    let (department, agent) = (id("departmentid"), id(agent));
    if department.is_none() && agent.is_none() {
        return Ok(Some(Scope { department: None, agent: None }));
    }
    let found = cx.state.snapshot(move |tx| -> Result<_, AppError> {
        let department_found: Option<DepartmentId> = match &department {
            Some(id) => views::department(tx, id)?.map(|found| found.id),
            None => None,
        };
        let agent_found: Option<AgentId> = match &agent {
            Some(id) => views::agent(tx, id)?.map(|found| found.id),
            None => None,
        };
        let all_exist = department.is_some() == department_found.is_some() && agent.is_some() == agent_found.is_some();
        Ok(all_exist.then_some(Scope { department: department_found, agent: agent_found }))
    });
    found.await
}

#[cfg(test)]
mod tests;
