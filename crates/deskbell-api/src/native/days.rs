//! Times that reports are asked for: whole days in the desk's zone, and what they are cut into.

use deskbell_app::{AppError, Desk};
use deskbell_domain::time::Timestamp;
use deskbell_domain::zone::{Interval, Zone};
use deskbell_http::{Input, Param, Place};

/// The longest time.
const DAYS_MAX: i64 = 3_660;
const DAY_SECONDS: i64 = 86_400;
/// Rows of one answer.
const ROWS_MAX: usize = 1_000;

pub(crate) const FROM: Param =
    Param::text("from").placed(Place::Query).required().about("first day: `2026-12-01`, in the desk's time zone");
pub(crate) const TO: Param = Param::text("to").placed(Place::Query).required().about("last day, which belongs to it");
pub(crate) const GROUP_BY: Param =
    Param::text("group_by").placed(Place::Query).about("`hour`, `day` (unless given), `week` (from Monday on) or `month`");

const INTERVALS: &[(&str, Interval)] =
    &[("hour", Interval::Hour), ("day", Interval::Day), ("week", Interval::Week), ("month", Interval::Month)];

/// The days that are asked for.
pub(crate) struct Days {
    zone: Zone,
    pub(crate) from: Timestamp,
    /// Does not belong to it.
    pub(crate) until: Timestamp,
}

impl Days {
    pub(crate) fn read(desk: &Desk, input: &Input) -> Result<Days, AppError> {
        let zone = Zone::named(&desk.settings().time_zone);
        let (first, last) = (input.filled("from")?, input.filled("to")?);
        let span = zone.days(first.trim(), last.trim());
        let (from, until) = span.ok_or_else(|| AppError::invalid("from and to must be days like 2026-12-25, in their order"))?;
        if until.seconds_since(from) > DAYS_MAX * DAY_SECONDS {
            return Err(AppError::invalid(format!("from and to must not be more than {DAYS_MAX} days apart")));
        }
        Ok(Days { zone, from, until })
    }

    /// The name of the desk's zone.
    pub(crate) fn time_zone(&self) -> String {
        self.zone.time_zone().iana_name().unwrap_or("GMT").to_owned()
    }

    /// Where the intervals of `group_by` begin, and the end.
    pub(crate) fn edges(&self, input: &Input) -> Result<Vec<Timestamp>, AppError> {
        let interval = input.one_of_opt("group_by", INTERVALS)?.unwrap_or(Interval::Day);
        let edges: Vec<Timestamp> = self.zone.edges(self.from, self.until, interval).take(ROWS_MAX + 2).collect();
        if edges.len() > ROWS_MAX + 1 {
            return Err(AppError::invalid(format!("group_by makes more than {ROWS_MAX} rows of this time: ask for less, or longer ones")));
        }
        Ok(edges)
    }
}
