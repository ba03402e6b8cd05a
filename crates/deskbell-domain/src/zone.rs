//! Time zones: where hours, days, weeks and months begin in one, over changes of its clock.
//!
//! An hour is a time in which the clock shows the same hour without a jump: one that comes twice is two, one that is left out is none, and
//! where the clock jumps within an hour that is two shorter ones. A day goes from the first moment of its date to that of the next date
//! that there is.

use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, ToSpan};

use crate::time::Timestamp;

const HOUR_SECONDS: i64 = 3_600;

/// A time zone.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    Hour,
    Day,
    /// From Monday on.
    Week,
    Month,
}

/// Edges in whole seconds: the first moment, every beginning of an interval after it, and the end. Cheap to skip through: an hour costs an
/// addition, the others a look at the calendar.
#[derive(Debug)]
pub struct Edges<'a> {
    zone: &'a TimeZone,
    interval: Interval,
    next: Option<i64>,
    until: i64,
    clock: Clock,
}

/// How far a zone's clock is before Greenwich, in seconds, from one change of it to the next.
#[derive(Debug, Clone, Copy)]
struct Clock {
    ahead: i64,
    since: i64,
    until: i64,
}

impl Zone {
    /// By its IANA name; an unknown one counts as GMT.
    pub fn named(name: &str) -> Zone {
        Zone(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// The one that is the same everywhere.
    pub fn gmt() -> Zone {
        Zone(TimeZone::UTC)
    }

    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// The time of whole days, from the first to the last one, both like `2026-12-25`: its first moment and that of what follows it. `None`
    /// if one of them is no date, or they stand the wrong way round.
    pub fn days(&self, first: &str, last: &str) -> Option<(Timestamp, Timestamp)> {
        let read = |text: &str| Date::strptime("%Y-%m-%d", text).ok();
        let (first, last) = (read(first)?, read(last)?);
        (first <= last).then_some(())?;
        Some((self.day_begins(first), self.day_begins(last.tomorrow().ok()?)))
    }

    /// Where intervals begin and end from one moment to a later one. What is cut by these moments is a shorter interval.
    pub fn edges(&self, from: Timestamp, until: Timestamp, interval: Interval) -> Edges<'_> {
        let (from, until) = (from.seconds(), until.seconds());
        Edges { zone: &self.0, interval, next: Some(from), until, clock: Clock::at(&self.0, from) }
    }

    /// The beginning of the hour that a moment is in.
    pub fn hour_begins(&self, at: Timestamp) -> Timestamp {
        let (at, clock) = (at.seconds(), Clock::at(&self.0, at.seconds()));
        Timestamp::from_seconds((at - (at + clock.ahead).rem_euclid(HOUR_SECONDS)).max(clock.since))
    }

    /// The end of the hour that a moment is in; the moment itself, if an hour begins with it.
    pub fn hour_ends(&self, at: Timestamp) -> Timestamp {
        let begins = self.hour_begins(at);
        if begins == at {
            return at;
        }
        let clock = Clock::at(&self.0, begins.seconds());
        Timestamp::from_seconds(clock.next_hour(begins.seconds()))
    }

    /// The date that the clock shows.
    pub fn date(&self, at: Timestamp) -> Date {
        date(&self.0, at.seconds())
    }

    /// The first moment of a date; of one that is left out the moment at which it is.
    pub fn day_begins(&self, date: Date) -> Timestamp {
        Timestamp::from_seconds(day_begins(&self.0, date).unwrap_or(jiff::Timestamp::MAX.as_second()))
    }
}

impl Iterator for Edges<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let edge = self.next?;
        self.next = (edge < self.until).then(|| self.after(edge).min(self.until));
        Some(Timestamp::from_seconds(edge))
    }
}

impl Edges<'_> {
    fn after(&mut self, edge: i64) -> i64 {
        if self.interval == Interval::Hour {
            if edge >= self.clock.until {
                self.clock = Clock::at(self.zone, edge);
            }
            return self.clock.next_hour(edge);
        }
        let mut date = date(self.zone, edge);
        while let Some(next) = self.interval.next_date(date) {
            match day_begins(self.zone, next) {
                Some(begins) if begins > edge => return begins,
                // Left out: it begins where the next one does.
                Some(_) => date = next,
                None => break,
            }
        }
        self.until
    }
}

impl Interval {
    /// The date with which the next interval begins; `None` beyond the calendar.
    fn next_date(self, date: Date) -> Option<Date> {
        let days = |days: i8| -> Span { days.days() };
        match self {
            Interval::Hour | Interval::Day => date.tomorrow().ok(),
            Interval::Week => date.checked_add(days(7 - date.weekday().to_monday_zero_offset())).ok(),
            Interval::Month => date.last_of_month().tomorrow().ok(),
        }
    }
}

impl Clock {
    fn at(zone: &TimeZone, second: i64) -> Clock {
        let at = moment(second);
        let offset = zone.to_offset(at);
        let is_change = |ahead: i32| ahead != offset.seconds();
        let next = zone.following(at).find(|change| is_change(change.offset().seconds()));
        let next = next.map_or(i64::MAX, |change| change.timestamp().as_second());
        // A change without a jump is none: what came before the first one with another offset is looked for.
        let mut since = i64::MIN;
        for change in zone.preceding(moment(second + 1)) {
            let before = zone.to_offset(moment(change.timestamp().as_second() - 1));
            if is_change(before.seconds()) {
                since = change.timestamp().as_second();
                break;
            }
        }
        Clock { ahead: offset.seconds().into(), since, until: next }
    }

    fn next_hour(&self, second: i64) -> i64 {
        (second + HOUR_SECONDS - (second + self.ahead).rem_euclid(HOUR_SECONDS)).min(self.until)
    }
}

fn moment(second: i64) -> jiff::Timestamp {
    let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    jiff::Timestamp::from_second(second).unwrap_or(if second < 0 { first } else { last })
}

fn date(zone: &TimeZone, second: i64) -> Date {
    zone.to_datetime(moment(second)).date()
}

fn day_begins(zone: &TimeZone, date: Date) -> Option<i64> {
    let midnight = date.at(0, 0, 0, 0);
    match zone.to_ambiguous_timestamp(midnight).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            Some(offset.to_timestamp(midnight).ok()?.as_second())
        }
        // Midnight is left out: the day begins where the clock jumps.
        AmbiguousOffset::Gap { before, .. } => {
            let behind = before.to_timestamp(midnight).ok()?.as_second() + 1;
            Some(zone.preceding(moment(behind)).next()?.timestamp().as_second())
        }
    }
}

#[cfg(test)]
mod tests;
