//! Times and rows as they are asked for.

use deskbell_app::settings::Settings;
use deskbell_http::BodyReading;

use super::*;

fn zone(name: &str) -> Zone {
    Zone::set(&Settings { time_zone: name.to_owned(), ..Settings::default() })
}

fn asked(query: &str) -> Input {
    Input::read(query, None, axum::body::Bytes::new(), BodyReading::Lenient, &[]).expect("a query")
}

/// As the zone's clock shows it.
fn at(zone: &Zone, text: &str) -> Timestamp {
    zone.span("at", text).unwrap().start
}

fn texts(zone: &Zone, range: Range) -> [String; 2] {
    [zone.text(range.from), zone.text(range.until)]
}

#[test]
fn times_in_whole_quarters() {
    for (name, from, to, wanted) in [
        ("GMT", "2014-01-25", "2014-01-27", ["2014-01-25 00:00:00", "2014-01-28 00:00:00"]),
        ("GMT", "2014-01-25 00:00:00", "2014-01-27 23:59:59", ["2014-01-25 00:00:00", "2014-01-28 00:00:00"]),
        ("GMT", "2014-01-25 10:07:00", "2014-01-25 11:15:01", ["2014-01-25 10:00:00", "2014-01-25 11:30:00"]),
        ("GMT", "2014-01-25 10:15:00", "2014-01-25 11:15:00", ["2014-01-25 10:15:00", "2014-01-25 11:15:00"]),
        ("GMT", "2014-01-25 10:15:00", "2014-01-25 10:15:00", ["2014-01-25 10:15:00", "2014-01-25 10:30:00"]),
        // The wrong way round.
        ("GMT", "2016-01-01", "2015-01-15", ["2015-01-15 00:00:00", "2016-01-02 00:00:00"]),
        ("GMT", "2015-01-16 12:00:00", "2015-01-15", ["2015-01-15 00:00:00", "2015-01-16 12:00:00"]),
        ("GMT", "2015-01-15 12:00:00", "2015-01-15", ["2015-01-15 12:00:00", "2015-01-16 00:00:00"]),
        ("Europe/Berlin", "2026-03-29", "2026-03-29", ["2026-03-29 00:00:00", "2026-03-30 00:00:00"]),
        ("Asia/Kathmandu", "2026-03-29", "2026-03-29", ["2026-03-29 00:00:00", "2026-03-30 00:00:00"]),
    ] {
        let zone = zone(name);
        let input = asked(&format!("date_from={}&date_to={}", from.replace(' ', "%20"), to.replace(' ', "%20")));
        assert_eq!(texts(&zone, range(&input, &zone).unwrap().in_quarters()), wanted, "{name} {from} {to}");
    }
}

/// The vendor's agents report once took another window than was asked for.
#[test]
fn a_day_is_that_of_the_desks_zone() {
    let input = asked("date_from=2026-03-29&date_to=2026-03-29");
    for (name, from, hours) in [
        ("GMT", "2026-03-29 00:00:00", 24),
        ("Europe/Berlin", "2026-03-28 23:00:00", 23),
        ("America/New_York", "2026-03-29 04:00:00", 24),
        ("Asia/Kathmandu", "2026-03-28 18:15:00", 24),
    ] {
        let range = range(&input, &zone(name)).unwrap().in_quarters();
        assert_eq!(zone("GMT").text(range.from), from, "{name}");
        assert_eq!(range.until.seconds_since(range.from), hours * 3_600, "{name}");
    }
}

#[test]
fn times_in_whole_hours_up_to_now() {
    let berlin = zone("Europe/Berlin");
    let now = at(&berlin, "2026-10-25 10:20:30").plus_micros(500_000);
    for (query, wanted) in [
        ("date_from=2026-10-25%2006:10:00&date_to=2026-10-25%2008:00:00", ["2026-10-25 06:00:00", "2026-10-25 08:00:00"]),
        ("date_from=2026-10-25%2006:10:00&date_to=2026-10-25%2008:00:01", ["2026-10-25 06:00:00", "2026-10-25 09:00:00"]),
        ("date_from=2026-10-25&date_to=2026-12-31", ["2026-10-25 00:00:00", "2026-10-25 11:00:00"]),
        ("", ["2026-09-25 00:00:00", "2026-10-25 11:00:00"]),
        ("date_from=2026-10-20", ["2026-10-20 00:00:00", "2026-10-25 11:00:00"]),
        ("date_to=2026-10-20", ["2026-09-20 00:00:00", "2026-10-21 00:00:00"]),
    ] {
        let range = recent_or_named(&asked(query), &berlin, now).unwrap().in_hours(&berlin, now);
        assert_eq!(texts(&berlin, range), wanted, "{query}");
        assert_eq!(recent(&asked(query), &berlin, now).unwrap().in_hours(&berlin, now), range, "{query}");
    }
    for query in ["date_from=2027-01-01&date_to=2027-01-02", "date_from=2027-01-01", "date_from=2026-10-25%2011:00:00"] {
        let range = recent(&asked(query), &berlin, now).unwrap().in_hours(&berlin, now);
        assert!(range.until <= range.from, "{query}: nothing of it has begun");
    }
}

#[test]
fn times_by_name() {
    let berlin = zone("Europe/Berlin");
    // In Greenwich it is still March.
    let now = at(&berlin, "2026-04-01 00:30:00");
    for (query, wanted) in [
        ("datetime=L30D", ["2026-03-02 00:00:00", "2026-04-01 01:00:00"]),
        ("datetime=", ["2026-03-02 00:00:00", "2026-04-01 01:00:00"]),
        ("datetime=TM", ["2026-04-01 00:00:00", "2026-04-01 01:00:00"]),
        ("datetime=LM", ["2026-03-01 00:00:00", "2026-04-01 00:00:00"]),
        ("datetime=%202014-06%20", ["2014-06-01 00:00:00", "2014-07-01 00:00:00"]),
        ("datetime=2025-12", ["2025-12-01 00:00:00", "2026-01-01 00:00:00"]),
        // Dates say it more exactly.
        ("datetime=LM&date_from=2026-02-01&date_to=2026-02-01", ["2026-02-01 00:00:00", "2026-02-02 00:00:00"]),
        ("datetime=LM&date_to=2026-02-01", ["2026-01-02 00:00:00", "2026-02-02 00:00:00"]),
    ] {
        let range = recent_or_named(&asked(query), &berlin, now).unwrap().in_hours(&berlin, now);
        assert_eq!(texts(&berlin, range), wanted, "{query}");
    }
    for wrong in ["l30d", "L31D", "2014", "2014-13", "2014-6x", "2014-06-01", "yesterday", "-"] {
        let error = recent_or_named(&asked(&format!("datetime={wrong}&date_from=2026-02-01")), &berlin, now).unwrap_err();
        assert_eq!(error.public, "parameter datetime must be L30D, TM, LM or a month like 2014-06", "{wrong}");
    }
}

#[test]
fn a_hundred_years_and_a_day_more() {
    let gmt = zone("GMT");
    assert!(range(&asked("date_from=1926-01-01&date_to=2026-01-01"), &gmt).is_ok());
    let error = range(&asked("date_from=1926-01-01&date_to=2027-01-01"), &gmt).unwrap_err();
    assert_eq!(error.public, "the time from date_from to date_to must not be longer than 100 years");
    let error = recent(&asked("date_from=1926-01-01&date_to=2027-01-01"), &gmt, Timestamp::EPOCH).unwrap_err();
    assert_eq!(error.public, "the time from date_from to date_to must not be longer than 100 years");
}

#[test]
fn parts_of_rows() {
    let page = |skip, rows| Page { skip, rows };
    assert_eq!(page(1, 2).of(0..10), [1, 2]);
    assert_eq!(page(9, 5).of(0..10), [9]);
    assert_eq!(page(10, 5).of(0..10), [0; 0]);
    let edges = || (0..4).map(Timestamp::from_seconds);
    assert_eq!(page(0, 100).edges(edges()), edges().collect::<Vec<_>>());
    assert_eq!(page(1, 1).edges(edges()), [1, 2].map(Timestamp::from_seconds));
    for (skip, rows) in [(0, 0), (3, 100), (4, 100)] {
        assert_eq!(page(skip, rows).edges(edges()), [], "{skip} {rows}");
    }
}
