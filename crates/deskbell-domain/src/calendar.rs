//! Business hours: on each weekday of a time zone some spans in which the desk is open, and days on which it is not. Clocks of SLA levels run
//! by them.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::time::Timestamp;

/// Spans of one weekday, at most.
pub const SPANS_PER_DAY_MAX: usize = 8;
/// Days off, at most.
pub const HOLIDAYS_MAX: usize = 1_000;
/// Days that are looked through for the end of a time, at most: a calendar may be closed for good.
const DAYS_SEARCHED_MAX: usize = 3_660;
const MINUTES_PER_DAY: u16 = 24 * 60;
const DAY_WORDS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A span of a day by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Open {
    /// Minutes since midnight.
    pub from_minute: u16,
    /// The same; the end of the day is 1440. Does not belong to the span.
    pub until_minute: u16,
}

/// When the desk is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: TimeZone,
    /// Monday first; in order, apart from each other.
    days: [Vec<Open>; 7],
    holidays: BTreeSet<Date>,
}

/// What a calendar must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarFault {
    /// No time zone of this name.
    Zone,
    /// A span ends before it begins, or after the day.
    Span,
    /// Spans of one day touch or overlap, or are not in order.
    Overlap,
    /// More spans or holidays than are kept.
    TooMany,
    /// A text that no calendar writes.
    Text,
}

impl Calendar {
    /// Open day and night.
    pub fn always() -> Calendar {
        let day = vec![Open { from_minute: 0, until_minute: MINUTES_PER_DAY }];
        Calendar { zone: TimeZone::UTC, days: std::array::from_fn(|_| day.clone()), holidays: BTreeSet::new() }
    }

    /// `zone` is an IANA name; `days` begin with Monday.
    pub fn new(zone: &str, days: [Vec<Open>; 7], holidays: BTreeSet<Date>) -> Result<Calendar, CalendarFault> {
        let zone = TimeZone::get(zone).map_err(|_| CalendarFault::Zone)?;
        if days.iter().any(|day| day.len() > SPANS_PER_DAY_MAX) || holidays.len() > HOLIDAYS_MAX {
            return Err(CalendarFault::TooMany);
        }
        for day in &days {
            if day.iter().any(|open| open.from_minute >= open.until_minute || open.until_minute > MINUTES_PER_DAY) {
                return Err(CalendarFault::Span);
            }
            if !day.is_sorted_by(|left, right| left.until_minute < right.from_minute) {
                return Err(CalendarFault::Overlap);
            }
        }
        Ok(Calendar { zone, days, holidays })
    }

    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Monday first.
    pub fn days(&self) -> &[Vec<Open>; 7] {
        &self.days
    }

    pub fn holidays(&self) -> &BTreeSet<Date> {
        &self.holidays
    }

    /// Whether it is open on no weekday, and so never.
    pub fn is_never_open(&self) -> bool {
        self.days.iter().all(Vec::is_empty)
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        self.spans_of(self.date(at)).into_iter().flatten().any(|(from, until)| from <= at && at < until)
    }

    /// Microseconds of business hours between two moments; 0 if `until` is not later.
    pub fn business_micros(&self, from: Timestamp, until: Timestamp) -> i64 {
        let mut date = self.date(from);
        let last = self.date(until);
        let mut micros = 0;
        while date <= last {
            for (open, close) in self.spans_of(date).into_iter().flatten() {
                micros += close.min(until).micros_since(open.max(from)).max(0);
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        micros
    }

    /// The moment at which so many microseconds of business hours have gone by since `from`. `None` if that is years away.
    pub fn after(&self, from: Timestamp, business_micros: i64) -> Option<Timestamp> {
        let mut left = business_micros.max(0);
        let mut date = self.date(from);
        for _ in 0..DAYS_SEARCHED_MAX {
            for (open, close) in self.spans_of(date).into_iter().flatten() {
                let start = open.max(from);
                let room = close.micros_since(start);
                if room > 0 && left <= room {
                    return Some(start.plus_micros(left));
                }
                left -= room.max(0);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The next moment after `at` at which a span begins or ends; `None` if that is years away.
    pub fn changes_after(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_never_open() {
            return None;
        }
        let mut date = self.date(at);
        for _ in 0..DAYS_SEARCHED_MAX {
            let edges = self.spans_of(date).into_iter().flatten().flat_map(|(open, close)| [open, close]);
            if let Some(next) = edges.filter(|edge| *edge > at).min() {
                return Some(next);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn date(&self, at: Timestamp) -> Date {
        let at = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(at).date()
    }

    /// What is open on a day; nothing on a holiday.
    fn spans_of(&self, date: Date) -> Option<impl Iterator<Item = (Timestamp, Timestamp)>> {
        if self.holidays.contains(&date) {
            return None;
        }
        let day = &self.days[place(date.weekday())];
        let span = move |open: &Open| Some((self.moment(date, open.from_minute)?, self.moment(date, open.until_minute)?));
        // One that the clock leaves out in spring has no moment.
        Some(day.iter().filter_map(span).filter(|(from, until)| from < until))
    }

    /// The moment at which a wall clock shows this minute. One that the clock leaves out in spring counts as the moment after the gap, like all
    /// others in it.
    fn moment(&self, date: Date, minute: u16) -> Option<Timestamp> {
        let (date, minute) = if minute == MINUTES_PER_DAY { (date.tomorrow().ok()?, 0) } else { (date, minute) };
        let at = date.at(0, 0, 0, 0).checked_add(i64::from(minute).minutes()).ok()?;
        let at = self.zone.to_ambiguous_timestamp(at);
        let moment = match at.offset() {
            AmbiguousOffset::Gap { .. } => self.zone.following(at.earlier().ok()?).next()?.timestamp(),
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => at.compatible().ok()?,
        };
        Some(Timestamp::from_micros(moment.as_microsecond()))
    }

    /// One line that [`Calendar::parse`] reads: `Europe/Berlin; mon 09:00-12:00 13:00-17:00; tue …; off 2026-12-25`.
    pub fn text(&self) -> String {
        let mut text = self.zone_name().to_owned();
        for (word, day) in DAY_WORDS.iter().zip(&self.days).filter(|(_, day)| !day.is_empty()) {
            let _ = write!(text, "; {word}");
            for open in day {
                let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
                let _ = write!(text, " {}-{}", clock(open.from_minute), clock(open.until_minute));
            }
        }
        if !self.holidays.is_empty() {
            text.push_str("; off");
            for date in &self.holidays {
                let _ = write!(text, " {date}");
            }
        }
        text
    }

    pub fn parse(text: &str) -> Result<Calendar, CalendarFault> {
        let mut parts = text.split(';').map(str::trim);
        let zone = parts.next().ok_or(CalendarFault::Text)?;
        let mut days: [Vec<Open>; 7] = Default::default();
        let mut holidays = BTreeSet::new();
        for part in parts {
            let mut words = part.split_whitespace();
            let name = words.next().ok_or(CalendarFault::Text)?;
            if name == "off" {
                for word in words {
                    holidays.insert(word.parse().map_err(|_| CalendarFault::Text)?);
                }
                continue;
            }
            let place = DAY_WORDS.iter().position(|word| *word == name).ok_or(CalendarFault::Text)?;
            for word in words {
                days[place].push(span(word).ok_or(CalendarFault::Text)?);
            }
        }
        Calendar::new(zone, days, holidays)
    }
}

/// The place of a weekday in a calendar's days.
fn place(weekday: Weekday) -> usize {
    usize::from(weekday.to_monday_zero_offset().unsigned_abs())
}

fn span(word: &str) -> Option<Open> {
    let minute = |text: &str| -> Option<u16> {
        let (hours, minutes) = text.split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let (from, until) = word.split_once('-')?;
    Some(Open { from_minute: minute(from)?, until_minute: minute(until)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Berlin: winter +1, summer +2; in 2026 clocks go forward on 29 March and back on 25 October.
    const BERLIN: &str = "Europe/Berlin; mon 09:00-12:00 13:00-17:00; tue 09:00-17:00; wed 09:00-17:00; thu 09:00-17:00; fri 09:00-15:00; \
                          off 2026-12-24 2026-12-25";

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn hours_between_two_moments() {
        let calendar = Calendar::parse(BERLIN).unwrap();
        // (from, until, hours), Monday 5 January 2026 being the first Monday of the year.
        for (from, until, hours) in [
            ("2026-01-05T07:00:00Z", "2026-01-05T20:00:00Z", 7),
            ("2026-01-05T10:00:00Z", "2026-01-05T13:00:00Z", 2),
            ("2026-01-09T13:00:00Z", "2026-01-12T09:00:00Z", 2),
            ("2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z", 37),
            ("2026-01-10T00:00:00Z", "2026-01-11T23:00:00Z", 0),
            // Christmas Eve and the day are off; Wednesday has 8 hours.
            ("2026-12-23T00:00:00Z", "2026-12-26T00:00:00Z", 8),
            // In summer nine o'clock comes an hour earlier.
            ("2026-07-06T07:00:00Z", "2026-07-06T08:00:00Z", 1),
            ("2026-01-05T12:00:00Z", "2026-01-05T10:00:00Z", 0),
        ] {
            assert_eq!(calendar.business_micros(at(from), at(until)), hours * HOUR, "{from} to {until}");
        }
    }

    #[test]
    fn when_clocks_change() {
        let nights = Calendar::parse("Europe/Berlin; sun 00:00-06:00").unwrap();
        let (spring, autumn) = ("2026-03-28T23:00:00Z", "2026-10-24T22:00:00Z");
        assert_eq!(nights.business_micros(at(spring), at("2026-03-29T12:00:00Z")), 5 * HOUR);
        assert_eq!(nights.business_micros(at(autumn), at("2026-10-25T12:00:00Z")), 7 * HOUR);
        // Half past two does not exist on that Sunday.
        let early = Calendar::parse("Europe/Berlin; sun 02:30-04:00").unwrap();
        assert_eq!(early.business_micros(at(spring), at("2026-03-29T12:00:00Z")), HOUR);
        // Nor does a span that lies in the gap, or the part of one that does: no moment counts twice.
        for (days, from_three) in [
            ("sun 01:00-02:30 03:00-09:00", 6),
            ("sun 02:00-03:00 03:01-03:02 04:00-09:00", 5),
            ("sun 02:10-02:20 02:30-02:40 03:00-09:00", 6),
        ] {
            let calendar = Calendar::parse(&format!("Europe/Berlin; {days}")).unwrap();
            let three = at("2026-03-29T01:00:00Z");
            let minute = if days.contains("03:01") { HOUR / 60 } else { 0 };
            assert_eq!(calendar.business_micros(three, at("2026-03-29T12:00:00Z")), from_three * HOUR + minute, "{days}");
            assert_eq!(calendar.after(three, from_three * HOUR + minute), Some(at("2026-03-29T07:00:00Z")), "{days}");
            assert!(!calendar.is_open(three.plus_micros(-1)) || days.starts_with("sun 01:00"), "{days}");
        }
    }

    #[test]
    fn when_a_time_is_up() {
        let calendar = Calendar::parse(BERLIN).unwrap();
        for (from, hours, then) in [
            ("2026-01-05T07:00:00Z", 1, "2026-01-05T09:00:00Z"),
            ("2026-01-05T10:30:00Z", 1, "2026-01-05T12:30:00Z"),
            ("2026-01-09T13:30:00Z", 1, "2026-01-12T08:30:00Z"),
            ("2026-12-23T15:30:00Z", 1, "2026-12-28T08:30:00Z"),
        ] {
            assert_eq!(calendar.after(at(from), hours * HOUR), Some(at(then)), "{hours} h after {from}");
        }
        let closed = Calendar::new("GMT", Default::default(), BTreeSet::new()).unwrap();
        assert_eq!(closed.after(at("2026-01-05T07:00:00Z"), HOUR), None);
        assert_eq!(Calendar::always().after(at("2026-01-05T07:00:00Z"), 48 * HOUR), Some(at("2026-01-07T07:00:00Z")));
    }

    #[test]
    fn when_it_changes_next() {
        let calendar = Calendar::parse(BERLIN).unwrap();
        for (from, then) in [
            ("2026-01-05T07:00:00Z", "2026-01-05T08:00:00Z"),
            ("2026-01-05T08:00:00Z", "2026-01-05T11:00:00Z"),
            ("2026-01-05T11:30:00Z", "2026-01-05T12:00:00Z"),
            ("2026-01-09T14:00:00Z", "2026-01-12T08:00:00Z"),
            ("2026-12-23T16:00:00Z", "2026-12-28T08:00:00Z"),
        ] {
            assert_eq!(calendar.changes_after(at(from)), Some(at(then)), "after {from}");
        }
        assert_eq!(Calendar::new("GMT", Default::default(), BTreeSet::new()).unwrap().changes_after(at("2026-01-05T07:00:00Z")), None);
    }

    #[test]
    fn what_is_none() {
        for (text, fault) in [
            ("Mars/Base; mon 09:00-17:00", CalendarFault::Zone),
            ("GMT; mon 17:00-09:00", CalendarFault::Span),
            ("GMT; mon 09:00-24:30", CalendarFault::Span),
            ("GMT; mon 09:00-12:00 12:00-17:00", CalendarFault::Overlap),
            ("GMT; mon 13:00-17:00 09:00-12:00", CalendarFault::Overlap),
            ("GMT; someday 09:00-17:00", CalendarFault::Text),
            ("GMT; mon 9-17", CalendarFault::Text),
            ("GMT; off christmas", CalendarFault::Text),
            ("GMT; ", CalendarFault::Text),
            (
                "GMT; mon 00:00-00:01 00:02-00:03 00:04-00:05 00:06-00:07 00:08-00:09 00:10-00:11 00:12-00:13 00:14-00:15 00:16-00:17",
                CalendarFault::TooMany,
            ),
        ] {
            assert_eq!(Calendar::parse(text), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn time_and_its_end_agree(start in 0i64..40_000_000, seconds in 1i64..2_000_000, zone in 0usize..4) {
            let zone = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"][zone];
            let calendar = Calendar::parse(&BERLIN.replace("Europe/Berlin", zone)).unwrap();
            prop_assert_eq!(Calendar::parse(&calendar.text()), Ok(calendar.clone()));
            let from = at("2026-01-01T00:00:00Z").plus_seconds(start);
            let due = calendar.after(from, seconds * 1_000_000).unwrap();
            prop_assert_eq!(calendar.business_micros(from, due), seconds * 1_000_000);
            // And not a moment earlier.
            prop_assert!(calendar.business_micros(from, due.plus_micros(-1)) < seconds * 1_000_000);
        }
    }
}
