//! A year that `deskbell demo` makes up, read over HTTP: every column of every LiveAgent report has something to show, the year has what real
//! ones have, its parts add up, and surfaces agree. One test, since the year is dear: its parts are below, each of which names what is wrong.

mod columns;
mod events;
mod limits;
mod others;
mod sums;

use crate::binary;
use deskbell_testkit::{Options, Server, V1};
use serde_json::Value;
use std::collections::BTreeMap;

/// The year ends with June 2025 in Berlin, whenever the test runs.
const UNTIL_SECONDS: &str = "1751320800";
const DAYS: &str = "365";
/// Enough for what is rare to be seen in an hour of an agent's work, with two places.
const CONVERSATIONS: &str = "3000";
/// All of it, by the clock of the desk.
const YEAR: &str = "date_from=2024-07-01&date_to=2025-06-30";
/// Rows of one answer.
const PAGE_ROWS: usize = 1_000;

/// A row as it is shown.
type Row = BTreeMap<String, String>;

struct Year {
    server: Server,
    v1: V1,
}

impl Year {
    async fn make() -> Year {
        let mut server = Server::create(binary(), Options::default());
        let scale = ["--days", DAYS, "--conversations", CONVERSATIONS, "--until", UNTIL_SECONDS];
        let made = server.command("demo").args(scale).output().expect("the demo runs");
        assert!(made.status.success(), "{made:?}");
        server.launch().await;
        let v1 = server.v1();
        Year { server, v1 }
    }

    /// All rows of a report, page by page.
    async fn rows(&self, report: &str, query: &str) -> Vec<Row> {
        let mut all = Vec::new();
        loop {
            let path = format!("reports/{report}?{query}&limitcount={PAGE_ROWS}&limitfrom={}", all.len());
            let response = self.v1.response(&path).await;
            let lists: Vec<&Value> = response.as_object().unwrap_or_else(|| panic!("{path}: {response}")).values().collect();
            let [list] = lists[..] else { panic!("{path}: one list: {response}") };
            let page: Vec<Row> = serde_json::from_value(list.clone()).unwrap_or_else(|error| panic!("{path}: {error}"));
            let rows = page.len();
            all.extend(page);
            if rows < PAGE_ROWS {
                return all;
            }
        }
    }
}

fn number(row: &Row, column: &str) -> i64 {
    let text = row.get(column).unwrap_or_else(|| panic!("no {column}: {row:?}"));
    text.parse().unwrap_or_else(|_| panic!("{column} is no whole number: {text}"))
}

fn sum(rows: &[Row], column: &str) -> i64 {
    rows.iter().map(|row| number(row, column)).sum()
}

#[tokio::test]
async fn a_year_in_every_report() {
    let year = Year::make().await;
    columns::each_has_something_to_show(&year).await;
    events::clocks_are_changed(&year).await;
    events::nobody_is_there_at_night(&year).await;
    events::a_holiday_is_no_business_time(&year).await;
    events::goals_are_kept_and_missed(&year).await;
    events::conversations_change_hands_and_ratings_change(&year).await;
    sums::parts_add_up_to_the_year(&year).await;
    others::exports_show_the_same_year(&year).await;
    limits::odd_questions_are_answered_or_refused(&year).await;
    let verified = year.server.run(&["verify"]);
    assert!(verified.status.success(), "{verified:?}");
    let doctor = year.server.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
}
