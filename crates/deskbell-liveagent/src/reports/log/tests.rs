//! Rows of goals that ended.

use deskbell_app::conversations::{Change, change_status};
use deskbell_app::settings::Settings;
use deskbell_app::sla::levels::{self, LevelDraft};
use deskbell_app::sla::rules::{self, RuleDraft};
use deskbell_domain::ids::{AgentId, ConversationId, DepartmentId, SlaLevelId};
use deskbell_domain::message::Actor;
use deskbell_domain::sla::Goal;
use deskbell_domain::time::Timestamp;

use serde_json::json;

use super::*;
use crate::fixture::Fixture;
use crate::reports::tests::promised;

const DUE: i64 = 1_409_045_969;

fn row(closed: i64, agent: Option<(AgentId, String, String)>) -> Row {
    Row {
        item: LogRow {
            number: 41_355,
            conversation: ConversationId::from_i64(383_486_450_414),
            code: "ABC-DEFGH-123".to_owned(),
            department: DepartmentId::DEFAULT,
            department_name: "General".to_owned(),
            level: SlaLevelId::from_i64(383_486_450_415),
            level_name: "Urgent".to_owned(),
            goal: Goal::FirstAnswer,
            created: Timestamp::from_seconds(DUE - 60),
            due: Timestamp::from_seconds(DUE).plus_micros(600_000),
            closed: Timestamp::from_seconds(closed).plus_micros(500_000),
            agent,
            requester: CustomerId::from_i64(383_486_450_416),
            requester_first: "Customer".to_owned(),
            requester_last: "One".to_owned(),
        },
        zone: Zone::set(&Settings { time_zone: "Europe/Bratislava".to_owned(), ..Settings::default() }),
    }
}

fn texts(row: &Row) -> Vec<String> {
    ROW.iter().map(|(_, shows)| shows(row)).collect()
}

#[test]
fn columns_in_the_order_of_the_reference() {
    let keys: Vec<&str> = ROW.iter().map(|(key, _)| *key).collect();
    for medium in ["tickets", "chats", "calls"] {
        assert_eq!(keys, promised(&format!("{medium}/slalog")));
    }
}

#[test]
fn both_ends_in_one_zone() {
    let agent = (AgentId::from_i64(383_486_450_417), "Ann".to_owned(), "Able".to_owned());
    let level = SlaLevelId::from_i64(383_486_450_415).to_string();
    assert_eq!(
        texts(&row(DUE + 187, Some(agent.clone()))),
        [
            "41355",
            &ConversationId::from_i64(383_486_450_414).to_string(),
            "ABC-DEFGH-123",
            "default",
            "General",
            &level,
            "Urgent",
            "00:03:07",
            "2014-08-26 11:38:29",
            "2014-08-26 11:42:36",
            "2014-08-26 09:42:36",
            "2014-08-26 11:39:29",
            "2014-08-26 09:39:29",
            &level,
            &agent.0.to_string(),
            "Ann",
            "Able",
            &CustomerId::from_i64(383_486_450_416).to_string(),
            "Customer",
            "One",
        ]
    );
}

#[test]
fn a_minus_means_in_time() {
    for (seconds, wanted) in
        [(-7_013, "-01:56:53"), (-1, "-00:00:01"), (0, "00:00:00"), (1, "00:00:01"), (360_000, "100:00:00"), (-360_001, "-100:00:01")]
    {
        let texts = texts(&row(DUE + seconds, None));
        assert_eq!(texts[7], wanted);
        assert_eq!(texts[14..17], ["", "", ""], "nobody");
    }
}

/// Every new conversation has a level that watches its first answer; these are answered a minute apart.
async fn answered(desk: &Fixture, tickets: usize) -> Vec<String> {
    desk.desk
        .write(|tx, cx| {
            let times = vec![(Goal::FirstAnswer, Some(3_600))];
            let level = levels::create(tx, cx, &LevelDraft { name: Some("Usual".to_owned()), times, ..LevelDraft::default() })?.id;
            rules::create(tx, cx, &RuleDraft { name: Some("All".to_owned()), level: Some(level), ..RuleDraft::default() })
        })
        .await
        .expect("a level for all");
    let mut codes = Vec::new();
    for number in 0..tickets {
        let ticket = desk.ticket(&format!("{number}@shop.test"), "Hello").await;
        desk.advance(60);
        answer(desk, ticket.id).await;
        codes.push(ticket.code);
    }
    codes
}

async fn answer(desk: &Fixture, ticket: ConversationId) {
    let answered = desk.desk.write(move |tx, cx| change_status(tx, cx, Actor::System, ticket, Change::Answered)).await;
    answered.expect("answered");
}

async fn codes(desk: &Fixture, query: &str) -> Vec<String> {
    let rows = desk.get_ok(&format!("/api/reports/tickets/slalog?date_from=2012-04-03&date_to=2012-04-03{query}")).await;
    rows["slalogs"].as_array().expect("rows").iter().map(|row| row["code"].as_str().expect("a code").to_owned()).collect()
}

#[tokio::test]
async fn a_page_goes_on_where_the_one_before_ended() {
    let desk = Fixture::new();
    let all = answered(&desk, 5).await;
    for (query, wanted) in [
        ("", &all[..]),
        ("&limitcount=2", &all[..2]),
        ("&limitcount=2&limitfrom=2", &all[2..4]),
        ("&limitcount=2&limitfrom=4", &all[4..]),
        ("&limitcount=2&limitfrom=5", &[]),
        // Nobody came there by paging.
        ("&limitcount=1&limitfrom=3", &all[3..4]),
        ("&limitcount=0", &[]),
    ] {
        assert_eq!(codes(&desk, query).await, wanted, "{query}");
    }
    let reply = desk.get("/api/reports/tickets/slalog?date_from=2012-04-03&date_to=2012-04-03&limitfrom=99999").await;
    assert_eq!(reply.status, 500, "too far behind all that was asked for");
    // Logs of other media, and of other filters, are other lists.
    assert_eq!(desk.get_ok("/api/reports/chats/slalog?date_from=2012-04-03&date_to=2012-04-03&limitfrom=2").await["slalogs"], json!([]));
}
