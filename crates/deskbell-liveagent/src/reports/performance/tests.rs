//! Rows of the whole desk over time.

use deskbell_app::settings::Settings;
use deskbell_domain::measure::Measure;

use super::*;
use crate::fixture::Fixture;

async fn times(desk: &Fixture, query: &str) -> Vec<[String; 2]> {
    let found = desk.get_ok(&format!("/api/reports/performance?{query}&columns=datetime,dateto")).await;
    let rows = found["performance"].as_array().expect("rows").clone();
    rows.iter().map(|row| ["datetime", "dateto"].map(|key| row[key].as_str().expect("a text").to_owned())).collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<[String; 2]> {
    wanted.iter().map(|(from, to)| [(*from).to_owned(), (*to).to_owned()]).collect()
}

#[tokio::test]
async fn every_interval_has_a_row() {
    let desk = Fixture::new();
    let day = [("2014-01-25 00:00:00", "2014-01-25 23:59:59"), ("2014-01-26 00:00:00", "2014-01-26 23:59:59")];
    for query in ["date_from=2014-01-25&date_to=2014-01-26&group_by=day", "date_from=2014-01-26&date_to=2014-01-25&group_by=day"] {
        assert_eq!(times(&desk, query).await, pairs(&day), "{query}");
    }
    for (query, wanted) in [
        (
            "date_from=2014-01-25&date_to=2014-01-27&group_by=week",
            [("2014-01-25 00:00:00", "2014-01-26 23:59:59"), ("2014-01-27 00:00:00", "2014-01-27 23:59:59")],
        ),
        (
            "date_from=2014-01-25&date_to=2014-02-27&group_by=month",
            [("2014-01-25 00:00:00", "2014-01-31 23:59:59"), ("2014-02-01 00:00:00", "2014-02-27 23:59:59")],
        ),
        (
            "date_from=2014-01-25%2010:00:00&date_to=2014-01-25%2011:30:00&group_by=hour",
            [("2014-01-25 10:00:00", "2014-01-25 10:59:59"), ("2014-01-25 11:00:00", "2014-01-25 11:29:59")],
        ),
        (
            "date_from=2014-01-25&date_to=2014-01-25&group_by=hour&limitfrom=7&limitcount=2",
            [("2014-01-25 07:00:00", "2014-01-25 07:59:59"), ("2014-01-25 08:00:00", "2014-01-25 08:59:59")],
        ),
    ] {
        assert_eq!(times(&desk, query).await, pairs(&wanted), "{query}");
    }
}

#[tokio::test]
async fn hours_and_days_when_clocks_change() {
    let desk = Fixture::new();
    desk.time_zone("Europe/Berlin").await;
    let spring = times(&desk, "date_from=2026-03-29&date_to=2026-03-29&group_by=hour").await;
    assert_eq!(spring.len(), 23);
    assert_eq!(spring[1..3], pairs(&[("2026-03-29 01:00:00", "2026-03-29 01:59:59"), ("2026-03-29 03:00:00", "2026-03-29 03:59:59")]));
    let autumn = times(&desk, "date_from=2026-10-25&date_to=2026-10-25&group_by=hour").await;
    assert_eq!(autumn.len(), 25);
    assert_eq!(autumn[2..4], pairs(&[("2026-10-25 02:00:00", "2026-10-25 02:59:59"), ("2026-10-25 02:00:00", "2026-10-25 02:59:59")]));
    let days = times(&desk, "date_from=2026-10-24&date_to=2026-10-26&group_by=day").await;
    assert_eq!(days[1], ["2026-10-25 00:00:00", "2026-10-25 23:59:59"]);
    desk.time_zone("Asia/Kathmandu").await;
    assert_eq!(times(&desk, "date_from=2026-10-25&date_to=2026-10-25").await, pairs(&[("2026-10-25 00:00:00", "2026-10-25 23:59:59")]));
}

/// As in the reference's example.
#[tokio::test]
async fn without_an_interval_one_row_is_of_all() {
    let desk = Fixture::new();
    let whole = pairs(&[("2014-01-25 00:00:00", "2014-01-27 23:59:59")]);
    assert_eq!(times(&desk, "date_from=2014-01-25&date_to=2014-01-27").await, whole);
    assert_eq!(times(&desk, "date_from=2014-01-27&date_to=2014-01-25&limitcount=1").await, whole);
    assert!(times(&desk, "date_from=2014-01-25&date_to=2014-01-27&limitfrom=1").await.is_empty());
}

#[tokio::test]
async fn another_interval_is_refused() {
    let desk = Fixture::new();
    for wrong in ["eon", "Hour", "year", "quarter", "1"] {
        let reply = desk.get(&format!("/api/reports/performance?date_from=2014-01-25&date_to=2014-01-25&group_by={wrong}")).await;
        assert_eq!(
            (reply.status, reply.errormessage().as_str()),
            (500, "parameter group_by must be one of hour, day, week, month"),
            "{wrong}"
        );
    }
    assert_eq!(times(&desk, "date_from=2014-01-25&date_to=2014-01-25&group_by=").await.len(), 1, "empty counts as not given");
}

#[tokio::test]
async fn the_wire() {
    let desk = Fixture::new();
    let query = "date_from=2014-01-25&date_to=2014-01-25&columns=datetime,dateto,answers,rewards_p";
    assert_eq!(
        desk.get(&format!("/api/reports/performance?{query}")).await.text,
        r#"{"response":{"performance":[{"datetime":"2014-01-25 00:00:00","dateto":"2014-01-25 23:59:59","answers":"0","rewards_p":"0.00"}]}}"#
    );
    assert_eq!(
        desk.get(&format!("/api/reports/performance.xml?{query}")).await.text,
        "<?xml version='1.0' encoding='utf-8'?><response><performance><item><datetime>2014-01-25 00:00:00</datetime>\
         <dateto>2014-01-25 23:59:59</dateto><answers>0</answers><rewards_p>0.00</rewards_p></item></performance></response>"
    );
    assert_eq!(
        desk.get(&format!("/api/reports/performance.yaml?{query}")).await.text,
        "response:\n  performance:\n  - datetime: \"2014-01-25 00:00:00\"\n    dateto: \"2014-01-25 23:59:59\"\n    answers: \"0\"\n    rewards_p: \"0.00\"\n"
    );
}

#[test]
fn cells_stand_between_their_edges() {
    let cell = |answers| {
        let mut cell = Cell::default();
        cell.add(Measure::Answers, answers);
        cell
    };
    let edges: Vec<Timestamp> = [0, 3_600, 7_200].map(Timestamp::from_seconds).to_vec();
    let rows = rows(&Zone::set(&Settings::default()), &edges, vec![cell(1), cell(2)]);
    let shown: Vec<String> =
        rows.iter().map(|row| format!("{} {} {}", row.of.from.as_str(), row.of.to.as_str(), row.cell.get(Measure::Answers))).collect();
    assert_eq!(shown, ["1970-01-01 00:00:00 1970-01-01 00:59:59 1", "1970-01-01 01:00:00 1970-01-01 01:59:59 2"]);
}
