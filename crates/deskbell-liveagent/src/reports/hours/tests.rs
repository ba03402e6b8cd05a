//! Rows of load and availability.

use deskbell_app::settings::Settings;

use super::*;
use crate::fixture::Fixture;

fn zone(name: &str) -> Zone {
    Zone::set(&Settings { time_zone: name.to_owned(), ..Settings::default() })
}

fn texts<T>(table: &[ColumnOf<Hour<T>>], hour: &Hour<T>) -> Vec<String> {
    table.iter().map(|(_, shows)| shows(hour)).collect()
}

fn hour<T>(micros: i64, of: T) -> Hour<T> {
    Hour { date: zone("GMT").short(Timestamp::from_seconds(1_406_386_800)), micros, of }
}

#[test]
fn levels_with_two_places() {
    let level = |mean_hundredths, max, min| Level { mean_hundredths, max, min };
    let load = Load { queue: level(101, 3, 0), slots: level(67, 5, 1), service: level(0, 0, 0) };
    assert_eq!(texts(LOAD, &hour(60 * MINUTE_MICROS, load)), ["2014-07-26 15:00:00", "1.01", "3", "0", "0.67", "5", "1", "0.00", "0", "0"]);
}

#[test]
fn minutes_and_their_share() {
    const SECOND_MICROS: i64 = 1_000_000;
    for (micros, length, mins, pct) in [
        (59 * MINUTE_MICROS, 60, "59", "98.3333"),
        (60 * MINUTE_MICROS, 60, "60", "100.0000"),
        (0, 60, "0", "0.0000"),
        (29 * SECOND_MICROS, 60, "0", "0.0000"),
        (30 * SECOND_MICROS, 60, "1", "1.6667"),
        // Half an hour that comes twice.
        (30 * MINUTE_MICROS, 30, "30", "100.0000"),
    ] {
        assert_eq!(texts(AVAILABILITY, &hour(length * MINUTE_MICROS, micros))[1..], [mins, pct], "{micros}");
    }
}

#[test]
fn hours_stand_between_their_edges() {
    let lord_howe = zone("Australia/Lord_Howe");
    let (from, until) =
        (lord_howe.span("x", "2026-10-04 01:00:00").unwrap().start, lord_howe.span("x", "2026-10-04 04:00:00").unwrap().start);
    let edges = lord_howe.edges(from, until, Interval::Hour).collect();
    let hours = Hours { zone: lord_howe, now: until, edges };
    let shown: Vec<String> = hours
        .rows(vec!['a', 'b', 'c'])
        .iter()
        .map(|hour| format!("{} {} {}", hour.date.as_str(), hour.micros / MINUTE_MICROS, hour.of))
        .collect();
    assert_eq!(shown, ["2026-10-04 01:00:00 60 a", "2026-10-04 02:30:00 30 b", "2026-10-04 03:00:00 60 c"]);
}

#[tokio::test]
async fn hours_of_the_desks_zone_up_to_this_one() {
    let desk = Fixture::new();
    desk.time_zone("Asia/Kathmandu").await;
    // 18:06:21 there.
    for (path, list) in [("tickets/load", "loads"), ("chats/load", "loads"), ("calls/availability", "availability")] {
        let found = desk.get_ok(&format!("/api/reports/{path}?date_from=2012-04-03%2016:30:00&date_to=2012-04-04")).await;
        let dates: Vec<&str> = found[list].as_array().expect("rows").iter().filter_map(|row| row["date"].as_str()).collect();
        assert_eq!(dates, ["2012-04-03 16:00:00", "2012-04-03 17:00:00", "2012-04-03 18:00:00"], "{path}");
        assert_eq!(desk.get_ok(&format!("/api/reports/{path}?date_from=2012-04-04&date_to=2012-04-05")).await[list], serde_json::json!([]));
    }
    let found = desk.get_ok("/api/reports/chats/load?limitcount=1000").await;
    let dates: Vec<&str> = found["loads"].as_array().expect("rows").iter().filter_map(|row| row["date"].as_str()).collect();
    assert_eq!((dates.len(), dates[0], dates[738]), (739, "2012-03-04 00:00:00", "2012-04-03 18:00:00"));
}

#[tokio::test]
async fn the_wire() {
    let desk = Fixture::new();
    let query = "date_from=2012-04-03%2010:00:00&date_to=2012-04-03%2011:00:00";
    assert_eq!(
        desk.get(&format!("/api/reports/chats/availability?{query}")).await.text,
        r#"{"response":{"availability":[{"date":"2012-04-03 10:00:00","mins":"0","pct":"0.0000"}]}}"#
    );
    assert_eq!(
        desk.get(&format!("/api/reports/calls/load.xml?{query}")).await.text,
        "<?xml version='1.0' encoding='utf-8'?><response><loads><load><date>2012-04-03 10:00:00</date><avgQueue>0.00</avgQueue>\
         <maxQueue>0</maxQueue><minQueue>0</minQueue><avgSlots>0.00</avgSlots><maxSlots>0</maxSlots><minSlots>0</minSlots>\
         <avgService>0.00</avgService><maxService>0</maxService><minService>0</minService></load></loads></response>"
    );
}
