//! How well levels were kept: the log and its sums. The harness's clock stands at 2026-09-21 14:13:20 UTC.

use serde_json::{Value, json};

use crate::native::tests::harness::{TestDesk, start};

const DAY: &str = "from=2026-09-21&to=2026-09-21";

/// A conversation that somebody begins and an agent answers so many seconds later.
async fn answered_after(desk: &TestDesk, seconds: i64) -> String {
    let id = desk.visitor("Cleo van Dyk", "cleo@shop.test").await.leave_message("Hello?").await;
    desk.clock.advance_seconds(seconds);
    desk.agent.post(&format!("conversations/{id}/messages"), json!({"kind": "message", "text": "Hello!"})).await.expect(200);
    id
}

async fn desk_with_level() -> (TestDesk, Value) {
    let desk = start().await;
    let level = desk.admin.post("sla/levels", json!({"name": "Usual", "times": {"first_answer": 60}})).await.expect(201)["level"].clone();
    desk.admin.post("sla/rules", json!({"name": "All", "level": level})).await.expect(201);
    (desk, level)
}

#[tokio::test]
async fn goals_that_were_reached_are_listed() {
    let (desk, level) = desk_with_level().await;
    let in_time = answered_after(&desk, 60).await;
    let late = answered_after(&desk, 75).await;
    let page = desk.admin.get(&format!("sla/log?{DAY}&limit=1")).await.expect(200);
    let row = &page["items"][0];
    let wanted = json!({"number": 2, "conversation": late, "code": row["code"], "level": level, "level_name": "Usual", "goal": "first_answer",
        "department": row["department"], "department_name": row["department_name"], "agent": desk.agent.agent.to_string(),
        "agent_name": "agent", "customer_name": "Cleo van Dyk", "started": row["started"], "due": row["started"].as_i64().unwrap() + 60_000,
        "closed": row["started"].as_i64().unwrap() + 75_000, "in_time": false, "late": 15_000});
    assert_eq!(*row, wanted);
    let path = format!("sla/log?{DAY}&limit=1&after={}", page["next"].as_str().unwrap());
    let page = desk.owner.get(&path).await.expect(200);
    let row = &page["items"][0];
    assert_eq!((&row["conversation"], &row["in_time"], &row["late"]), (&json!(in_time), &json!(true), &json!(0)));
    assert_eq!(page["next"], json!(null));
    let (agent, level) = (desk.agent.agent.to_string(), level.as_str().unwrap());
    for (query, rows) in [
        (format!("{DAY}&kept=late"), 1),
        (format!("{DAY}&kept=in_time&level={level}&agent={agent}&department=default&medium=tickets"), 1),
        (format!("{DAY}&medium=chats"), 0),
        (format!("{DAY}&after={}.1", i64::MAX), 2),
        (format!("{DAY}&after={}.1", i64::MIN), 0),
        (format!("{DAY}&level=zzzzzzzz"), 0),
        ("from=2026-09-01&to=2026-09-20".to_owned(), 0),
        ("from=2026-09-22&to=2026-09-22".to_owned(), 0),
    ] {
        let page = desk.admin.get(&format!("sla/log?{query}")).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), rows, "{query}");
    }
}

#[tokio::test]
async fn goals_are_added_up() {
    let (desk, level) = desk_with_level().await;
    for seconds in [30, 60, 75] {
        answered_after(&desk, seconds).await;
    }
    let sums = desk.admin.get("sla/compliance?from=2026-09-20&to=2026-09-22").await.expect(200);
    assert_eq!((&sums["time_zone"], sums["rows"].as_array().unwrap().len()), (&json!("GMT"), 3));
    let none = json!({"count": 0, "sum": 0, "min": 0, "max": 0});
    let midnight = 1_789_948_800_000_i64;
    let wanted = json!({"from": midnight, "until": midnight + 86_400_000, "in_time": {"count": 2, "sum": 90_000, "min": 30_000, "max": 60_000},
        "late": {"count": 1, "sum": 75_000, "min": 75_000, "max": 75_000}});
    assert_eq!(sums["rows"][1], wanted);
    for place in [0, 2] {
        assert_eq!((&sums["rows"][place]["in_time"], &sums["rows"][place]["late"]), (&none, &none));
    }
    let by_hour = desk.admin.get(&format!("sla/compliance?{DAY}&group_by=hour&level={}", level.as_str().unwrap())).await.expect(200);
    assert_eq!((by_hour["rows"].as_array().unwrap().len(), &by_hour["rows"][14]["in_time"]), (24, &wanted["in_time"]));
    let calls = desk.admin.get(&format!("sla/compliance?{DAY}&medium=calls")).await.expect(200);
    assert_eq!(calls["rows"][0]["in_time"], none);
}

#[tokio::test]
async fn refusals() {
    let desk = start().await;
    for path in ["sla/log", "sla/compliance"] {
        desk.agent.get(&format!("{path}?{DAY}")).await.refused(403, "forbidden");
        for (query, code) in [
            ("".to_owned(), "missing"),
            ("from=2026-09-21".to_owned(), "missing"),
            ("from=2026-09-21&to=2026-09-20".to_owned(), "invalid"),
            ("from=today&to=2026-09-20".to_owned(), "invalid"),
            ("from=2000-01-01&to=2026-09-20".to_owned(), "invalid"),
            (format!("{DAY}&medium=letters"), "invalid"),
            (format!("{DAY}&level=!"), "invalid"),
            (format!("{DAY}&agent=!"), "invalid"),
        ] {
            desk.admin.get(&format!("{path}?{query}")).await.refused(400, code);
        }
    }
    desk.admin.get(&format!("sla/log?{DAY}&kept=soon")).await.refused(400, "invalid");
    desk.admin.get(&format!("sla/log?{DAY}&after=x")).await.refused(400, "invalid");
    desk.admin.get("sla/compliance?from=2026-01-01&to=2026-09-20&group_by=hour").await.refused(400, "invalid");
    desk.admin.get(&format!("sla/compliance?{DAY}&group_by=year")).await.refused(400, "invalid");
}
