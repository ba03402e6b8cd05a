//! Intervals against a clock that is looked at every quarter of an hour, in zones whose clocks jump by an hour, by half of one, and over a
//! whole day.

use jiff::civil;
use proptest::prelude::*;

use super::*;

const QUARTER_SECONDS: i64 = 900;
const ZONES: [&str; 9] = [
    "GMT",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "America/Havana",
    "Africa/Casablanca",
];
const INTERVALS: [Interval; 4] = [Interval::Hour, Interval::Day, Interval::Week, Interval::Month];

fn zone(name: &str) -> Zone {
    Zone(TimeZone::get(name).unwrap())
}

/// What the clock shows.
fn text(zone: &Zone, at: Timestamp) -> String {
    zone.0.to_datetime(moment(at.seconds())).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Both ends as the zone's clock shows them; the end is the beginning of that day.
fn range(zone: &Zone, from: &str, until: &str) -> (Timestamp, Timestamp) {
    let read = |text: &str| {
        let local: civil::DateTime = text.parse().unwrap();
        let at = zone.0.to_timestamp(local).unwrap_or(if local.year() < 1970 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX });
        Timestamp::from_seconds(at.as_second())
    };
    (read(from), read(until))
}

fn texts(zone: &Zone, from: &str, until: &str, interval: Interval) -> Vec<String> {
    let (from, until) = range(zone, from, until);
    zone.edges(from, until, interval).map(|edge| text(zone, edge)).collect()
}

#[test]
fn hours_of_days_on_which_clocks_change() {
    for (name, day, next, hours) in [
        ("Europe/Berlin", "2026-03-28", "2026-03-29", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-30", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-26", 25),
        ("America/New_York", "2026-03-08", "2026-03-09", 23),
        ("America/New_York", "2026-11-01", "2026-11-02", 25),
        // Half an hour is left out, or comes twice: a shorter row of its own.
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-05", 24),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-06", 25),
        ("Asia/Kathmandu", "2026-03-29", "2026-03-30", 24),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-05", 23),
    ] {
        let zone = zone(name);
        let (from, until) = range(&zone, day, next);
        assert_eq!(zone.edges(from, until, Interval::Hour).count() - 1, hours, "{name} {day}");
        assert_eq!(zone.edges(from, until, Interval::Day).count() - 1, 1, "{name} {day}");
    }
}

#[test]
fn the_clock_goes_back_and_forth() {
    let berlin = zone("Europe/Berlin");
    assert_eq!(
        texts(&berlin, "2026-10-25 01:00:00", "2026-10-25 04:00:00", Interval::Hour),
        ["2026-10-25 01:00:00", "2026-10-25 02:00:00", "2026-10-25 02:00:00", "2026-10-25 03:00:00", "2026-10-25 04:00:00"]
    );
    assert_eq!(
        texts(&berlin, "2026-03-29 01:00:00", "2026-03-29 04:00:00", Interval::Hour),
        ["2026-03-29 01:00:00", "2026-03-29 03:00:00", "2026-03-29 04:00:00"]
    );
    assert_eq!(
        texts(&zone("Australia/Lord_Howe"), "2026-10-04 01:00:00", "2026-10-04 04:00:00", Interval::Hour),
        ["2026-10-04 01:00:00", "2026-10-04 02:30:00", "2026-10-04 03:00:00", "2026-10-04 04:00:00"]
    );
}

#[test]
fn days_weeks_and_months() {
    let berlin = zone("Europe/Berlin");
    assert_eq!(
        texts(&berlin, "2026-10-24 10:15:00", "2026-10-26 06:00:00", Interval::Day),
        ["2026-10-24 10:15:00", "2026-10-25 00:00:00", "2026-10-26 00:00:00", "2026-10-26 06:00:00"]
    );
    // 2014-01-27 is a Monday.
    assert_eq!(
        texts(&berlin, "2014-01-25", "2014-02-05", Interval::Week),
        ["2014-01-25 00:00:00", "2014-01-27 00:00:00", "2014-02-03 00:00:00", "2014-02-05 00:00:00"]
    );
    assert_eq!(
        texts(&berlin, "2015-12-31", "2016-03-01", Interval::Month),
        ["2015-12-31 00:00:00", "2016-01-01 00:00:00", "2016-02-01 00:00:00", "2016-03-01 00:00:00"]
    );
    // Samoa went over the date line and has no 30 December 2011.
    assert_eq!(
        texts(&zone("Pacific/Apia"), "2011-12-28", "2012-01-01", Interval::Day),
        ["2011-12-28 00:00:00", "2011-12-29 00:00:00", "2011-12-31 00:00:00", "2012-01-01 00:00:00"]
    );
    // Midnight is left out, and half an hour before it too.
    assert_eq!(
        texts(&zone("America/Sao_Paulo"), "2018-11-03", "2018-11-05", Interval::Day),
        ["2018-11-03 00:00:00", "2018-11-04 01:00:00", "2018-11-05 00:00:00"]
    );
    assert_eq!(
        texts(&zone("America/Toronto"), "1919-03-30", "1919-04-01", Interval::Day),
        ["1919-03-30 00:00:00", "1919-03-31 00:30:00", "1919-04-01 00:00:00"]
    );
}

#[test]
fn nothing_and_the_ends_of_the_calendar() {
    let berlin = zone("Europe/Berlin");
    let (at, later) = range(&berlin, "2026-01-01", "2026-01-02");
    for interval in INTERVALS {
        assert_eq!(berlin.edges(at, at, interval).collect::<Vec<_>>(), [at]);
        assert_eq!(berlin.edges(later, at, interval).collect::<Vec<_>>(), [later]);
        let (from, until) = range(&berlin, "9999-12-28", "9999-12-31");
        assert!(berlin.edges(from, until, interval).count() >= 2);
        let (from, until) = range(&berlin, "0001-01-01", "0001-01-03");
        assert!(berlin.edges(from, until, interval).count() >= 2);
    }
}

/// What the clock shows of an interval, and how far it is before Greenwich where that matters.
fn label(zone: &Zone, second: i64, interval: Interval) -> (Date, i64, i64) {
    let local = zone.0.to_datetime(moment(second));
    let day = local.date();
    match interval {
        Interval::Hour => (day, local.hour().into(), zone.0.to_offset(moment(second)).seconds().into()),
        Interval::Day => (day, 0, 0),
        Interval::Week => (day.iso_week_date().year_monday(), 0, 0),
        Interval::Month => (day.first_of_month(), 0, 0),
    }
}

trait Monday {
    fn year_monday(self) -> Date;
}

impl Monday for jiff::civil::ISOWeekDate {
    /// The Monday of the week.
    fn year_monday(self) -> Date {
        jiff::civil::ISOWeekDate::new(self.year(), self.week(), jiff::civil::Weekday::Monday).unwrap().date()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// From 2000 to 2036.
    #[test]
    fn as_the_clock_on_the_wall(
        zone_place in 0..ZONES.len(),
        start in 1_052_000i64..2_317_000,
        quarters in 1i64..9_000,
        interval in 0..INTERVALS.len(),
    ) {
        let (zone, interval) = (zone(ZONES[zone_place]), INTERVALS[interval]);
        let (from, until) = (start * QUARTER_SECONDS, (start + quarters) * QUARTER_SECONDS);
        let mut wanted = vec![from];
        for second in (from + QUARTER_SECONDS..until).step_by(QUARTER_SECONDS as usize) {
            // Where a clock goes back over midnight the day has begun already.
            let (before, now) = (label(&zone, second - 1, interval), label(&zone, second, interval));
            let is_new = match interval {
                Interval::Hour => before != now,
                Interval::Day | Interval::Week | Interval::Month => now.0 > before.0,
            };
            if is_new {
                wanted.push(second);
            }
        }
        wanted.push(until);
        let edges = zone.edges(Timestamp::from_seconds(from), Timestamp::from_seconds(until), interval);
        prop_assert_eq!(edges.map(|edge| edge.seconds()).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn an_hour_holds_its_moments(zone_place in 0..ZONES.len(), second in 946_684_800i64..2_085_000_000) {
        let (zone, at) = (zone(ZONES[zone_place]), Timestamp::from_seconds(second));
        let (begins, ends) = (zone.hour_begins(at), zone.hour_ends(at));
        prop_assert!(begins <= at && at <= ends && ends.seconds_since(begins) <= HOUR_SECONDS);
        prop_assert_eq!(zone.hour_begins(begins), begins);
        prop_assert_eq!(zone.hour_ends(ends), ends);
        if begins != at {
            prop_assert_eq!(zone.edges(begins, ends.plus_seconds(1), Interval::Hour).take(2).collect::<Vec<_>>(), [begins, ends]);
            prop_assert_eq!(label(&zone, begins.seconds(), Interval::Hour), label(&zone, ends.seconds() - 1, Interval::Hour));
        }
    }
}

#[test]
fn an_unknown_name_counts_as_gmt() {
    assert_eq!(Zone::named("Mars/Base").time_zone(), Zone::gmt().time_zone());
    assert_eq!(Zone::named("Europe/Berlin").time_zone().iana_name(), Some("Europe/Berlin"));
}

#[test]
fn whole_days() {
    let berlin = zone("Europe/Berlin");
    assert_eq!(berlin.days("2026-03-29", "2026-03-29"), Some(range(&berlin, "2026-03-29", "2026-03-30")));
    assert_eq!(berlin.days("2026-02-01", "2026-02-28"), Some(range(&berlin, "2026-02-01", "2026-03-01")));
    for (first, last) in [("2026-02-02", "2026-02-01"), ("2026-02-30", "2026-03-01"), ("", "2026-03-01"), ("2026-03-01", "today")] {
        assert_eq!(berlin.days(first, last), None, "{first} {last}");
    }
}
