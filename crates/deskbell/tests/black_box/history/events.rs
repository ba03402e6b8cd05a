//! What a year has: changes of the clock, nights, holidays, goals that were missed, conversations that went from hand to hand, ratings that were
//! changed and taken back.

use super::{Row, YEAR, Year, number, sum};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Clocks were set back on the one and forward on the other.
const LONG_DAY: &str = "date_from=2024-10-27&date_to=2024-10-27";
const SHORT_DAY: &str = "date_from=2025-03-30&date_to=2025-03-30";
/// Reports with a row for each hour, and the column that says which.
const HOURLY: [(&str, &str); 9] = [
    ("performance", "datetime"),
    ("tickets/load", "date"),
    ("tickets/slacompliance", "date"),
    ("chats/availability", "date"),
    ("chats/load", "date"),
    ("chats/slacompliance", "date"),
    ("calls/availability", "date"),
    ("calls/load", "date"),
    ("calls/slacompliance", "date"),
];

pub(super) async fn clocks_are_changed(year: &Year) {
    for (report, column) in HOURLY {
        for (day, hours, at_two) in [(LONG_DAY, 25, 2), (SHORT_DAY, 23, 0)] {
            let rows = year.rows(report, &format!("{day}&group_by=hour")).await;
            let twos = rows.iter().filter(|row| row[column].ends_with(" 02:00:00")).count();
            assert_eq!((rows.len(), twos), (hours, at_two), "{report} {day}");
        }
    }
    let rows = year.rows("performance", &format!("{LONG_DAY}&group_by=hour")).await;
    let twice: Vec<&Row> = rows.iter().filter(|row| row["datetime"].ends_with(" 02:00:00")).collect();
    assert!(twice.iter().all(|row| number(row, "created_tickets") > 0 && number(row, "i_messages") > 0), "both hours: {twice:?}");
    // A day, and the whole of it, is 25 hours long.
    let day = year.rows("performance", &format!("{LONG_DAY}&group_by=day")).await;
    assert_eq!((day.len(), number(&day[0], "created_tickets")), (1, sum(&rows, "created_tickets")));
}

pub(super) async fn nobody_is_there_at_night(year: &Year) {
    let hours = year.rows("performance", &format!("{YEAR}&group_by=hour")).await;
    for report in ["chats/availability", "calls/availability"] {
        let minutes = year.rows(report, YEAR).await;
        assert_eq!(minutes.len(), hours.len(), "{report}");
        let at = |hour: &'static str| minutes.iter().filter(move |row| row["date"].ends_with(hour));
        assert!(at(" 03:00:00").count() > 360 && at(" 03:00:00").all(|row| number(row, "mins") == 0), "{report}: nights");
        // 261 days from Monday to Friday less Christmas, the day after and New Year's Day; 52 Saturdays.
        let mornings = at(" 11:00:00").filter(|row| row["mins"] == "60" && row["pct"] == "100.0000").count();
        assert_eq!(mornings, 258 + 52, "{report}: mornings with somebody there");
        // Somebody writes all the same.
        let alone = minutes.iter().zip(&hours).filter(|(minutes, hour)| number(minutes, "mins") == 0 && number(hour, "i_messages") > 0);
        assert!(alone.count() > 50, "{report}: hours in which somebody wrote and nobody was there");
    }
    let christmas = year.rows("chats/availability", "date_from=2024-12-25&date_to=2024-12-26").await;
    assert_eq!((christmas.len(), sum(&christmas, "mins")), (48, 0));
}

/// Moments of one day as minutes after midnight.
fn minutes(clock: &str) -> i64 {
    let part = |from: usize| clock[from..from + 2].parse::<i64>().expect("a number");
    part(11) * 60 + part(14)
}

/// What was left at half past five on Christmas Eve, half an hour before the desk closes, is due by hours of the Friday after it: Christmas and
/// the day after are no business hours. The time to the first resolve stands still while it is answered, and ends on no holiday either.
pub(super) async fn a_holiday_is_no_business_time(year: &Year) {
    const FRIDAY: &str = "2024-12-27";
    const OPENS_MINUTES: i64 = 8 * 60;
    const CLOSES_MINUTES: i64 = 18 * 60;
    let rows = year.rows("tickets/slalog", "date_from=2024-12-24&date_to=2025-01-31").await;
    let evening = "2024-12-24 17:30:00".."2024-12-24 18:00:00";
    let eve: Vec<&Row> = rows.iter().filter(|row| evening.contains(&row["date_created"].as_str())).collect();
    let (on_friday, later): (Vec<&Row>, Vec<&Row>) = eve.iter().partition(|row| row["date_due"].starts_with(FRIDAY));
    assert!(!on_friday.is_empty(), "nothing of the evening before Christmas was due on the Friday: {eve:?}");
    for row in &on_friday {
        // Hours to the first answer and to the first assignment; what is left of the evening comes off.
        let hours = match row["sla_level_name"].as_str() {
            "Standard" => [4, 3],
            "Priority" => [1, 1],
            other => panic!("{other}"),
        };
        let left = CLOSES_MINUTES - minutes(&row["date_created"]);
        // Seconds are left out on both sides: a minute more or less.
        let is_due = |hours: &i64| (minutes(&row["date_due"]) - (OPENS_MINUTES + hours * 60 - left)).abs() <= 1;
        assert!(hours.iter().any(is_due), "{row:?}");
    }
    for row in &later {
        let day = &row["date_due"][..10];
        assert!(day > FRIDAY && day != "2025-01-01", "{row:?}");
    }
    let kept = eve.iter().filter(|row| row["date_closed"].as_str() >= FRIDAY && row["sla"].starts_with('-')).count();
    assert!(kept > 0, "more than two days later, and in time: {eve:?}");
}

pub(super) async fn goals_are_kept_and_missed(year: &Year) {
    for medium in ["tickets", "chats", "calls"] {
        let log = year.rows(&format!("{medium}/slalog"), YEAR).await;
        let compliance = year.rows(&format!("{medium}/slacompliance"), YEAR).await;
        let kept = log.iter().filter(|row| row["sla"].starts_with('-') || row["sla"] == "00:00:00").count() as i64;
        let missed = log.len() as i64 - kept;
        assert!(kept > 0 && missed > 0, "{medium}: {kept} kept, {missed} missed");
        // The log tells whole seconds, and what is late by less than one is late.
        let (fulfilled, unfulfilled) = (sum(&compliance, "fulfilled"), sum(&compliance, "unfulfilled"));
        assert_eq!(fulfilled + unfulfilled, log.len() as i64, "{medium}: every row of the log is in one hour");
        let barely = log.iter().filter(|row| row["sla"] == "00:00:00").count() as i64;
        assert!((unfulfilled - missed).abs() <= barely, "{medium}: {unfulfilled} and {missed}, {barely} in the very second");
        for row in &log {
            let clocks = [&row["date_closed"], &row["server_date_closed"], &row["date_due"], &row["server_date_due"]];
            assert!(clocks[0] != clocks[1] && clocks[2] != clocks[3], "{medium}: the desk is in Berlin, never in Greenwich: {row:?}");
        }
        let ids: BTreeSet<i64> = log.iter().map(|row| number(row, "id")).collect();
        assert_eq!(ids.len(), log.len(), "{medium}: a number each");
    }
}

/// What happened in a conversation, as letters of its groups and of its messages.
async fn letters(year: &Year, conversation: &str) -> (BTreeSet<String>, Vec<(String, String)>) {
    let response = year.v1.response(&format!("conversations/{conversation}/messages?limitcount=1000")).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let groups = response["groups"].as_array().unwrap_or_else(|| panic!("{conversation}: {response}"));
    let messages = groups.iter().flat_map(|group| group["messages"].as_array().into_iter().flatten());
    (groups.iter().map(|group| text(&group["rtype"])).collect(), messages.map(|one| (text(&one["rtype"]), text(&one["message"]))).collect())
}

pub(super) async fn conversations_change_hands_and_ratings_change(year: &Year) {
    let mut handed = 0;
    for row in year.rows("tickets/slalog", "date_from=2024-09-01&date_to=2024-09-30").await {
        let (groups, _) = letters(year, &row["conversationid"]).await;
        handed += usize::from(groups.contains("T"));
    }
    assert!(handed > 0, "no ticket went from hand to hand in September");

    let ranks = year.rows("ranking", YEAR).await;
    let now: BTreeMap<&str, &str> = ranks.iter().map(|row| (row["conversationid"].as_str(), row["rankingType"].as_str())).collect();
    let (mut changed, mut taken_back) = (0, 0);
    let chats = year.rows("chats/slalog", YEAR).await;
    let conversations: BTreeSet<&str> = chats.iter().map(|row| row["conversationid"].as_str()).collect();
    for conversation in conversations {
        let (_, messages) = letters(year, conversation).await;
        // In messages a good rating is P and a bad one W; in the ranking it is the other way round.
        let given: Vec<&str> = messages.iter().map(|(kind, _)| kind.as_str()).filter(|kind| ["P", "W"].contains(kind)).collect();
        let is_taken_back = messages.iter().any(|(_, text)| text == "The rating was taken back.");
        let shown = now.get(conversation).copied();
        let wanted = match (given.last(), is_taken_back) {
            (None, _) | (_, true) => None,
            (Some(&"P"), false) => Some("W"),
            (Some(_), false) => Some("P"),
        };
        assert_eq!(shown, wanted, "{conversation}: {given:?}, taken back: {is_taken_back}");
        changed += usize::from(given.len() > 1);
        taken_back += usize::from(is_taken_back);
    }
    assert!(changed > 5 && taken_back > 2, "{changed} changed, {taken_back} taken back");
}
