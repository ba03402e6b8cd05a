//! The harness's clock stands at 2026-09-21 14:13:20 UTC.

use deskbell_domain::measure::Measure;
use serde_json::{Value, json};

use crate::native::tests::harness::{TestDesk, start};

const DAY: &str = "from=2026-09-21&to=2026-09-21";

/// A ticket with a tag that is answered after a minute.
async fn answered(desk: &TestDesk) {
    let id = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Hello?").await;
    desk.agent.put(&format!("conversations/{id}/tags"), json!({"tags": ["vip"]})).await.expect(200);
    desk.clock.advance_seconds(60);
    desk.agent.post(&format!("conversations/{id}/messages"), json!({"kind": "message", "text": "Hello!"})).await.expect(200);
}

fn figures(values: &Value) -> (&Value, &Value, &Value) {
    (&values["created_tickets"], &values["answers"], &values["new_answer_time"])
}

#[tokio::test]
async fn measures_are_listed() {
    let desk = start().await;
    let page = desk.admin.get("reports/measures").await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), Measure::COUNT);
    let counts = "messages that agents send outside live chat, new outgoing tickets included";
    assert_eq!(page["items"][0], json!({"name": "answers", "unit": "count", "counts": counts}));
    assert_eq!(page["items"][2]["unit"], json!("milliseconds"));
}

#[tokio::test]
async fn what_the_desk_did_over_time() {
    let desk = start().await;
    answered(&desk).await;
    let series = desk.admin.get("reports/series?from=2026-09-20&to=2026-09-22").await.expect(200);
    assert_eq!((&series["time_zone"], series["rows"].as_array().unwrap().len()), (&json!("GMT"), 3));
    let wanted = (&json!(1), &json!(1), &json!(60_000));
    assert_eq!(figures(&series["rows"][1]["values"]), wanted);
    assert_eq!(series["rows"][1]["values"].as_object().unwrap().len(), Measure::COUNT);
    assert_eq!(figures(&series["total"]), wanted);
    for place in [0, 2] {
        assert_eq!(figures(&series["rows"][place]["values"]), (&json!(0), &json!(0), &json!(0)));
    }
    let by_hour = desk.admin.get(&format!("reports/series?{DAY}&group_by=hour")).await.expect(200);
    assert_eq!((by_hour["rows"].as_array().unwrap().len(), figures(&by_hour["rows"][14]["values"])), (24, wanted));
    for (interval, rows) in [("week", 5), ("month", 1)] {
        let series = desk.admin.get(&format!("reports/series?from=2026-09-01&to=2026-09-30&group_by={interval}")).await.expect(200);
        assert_eq!(series["rows"].as_array().unwrap().len(), rows, "{interval}");
    }
    // In Berlin it is two hours later.
    desk.admin.put("settings", json!({"time_zone": "Europe/Berlin"})).await.expect(200);
    let by_hour = desk.admin.get(&format!("reports/series?{DAY}&group_by=hour")).await.expect(200);
    assert_eq!((&by_hour["time_zone"], figures(&by_hour["rows"][16]["values"])), (&json!("Europe/Berlin"), wanted));
}

#[tokio::test]
async fn what_each_of_them_did() {
    let desk = start().await;
    answered(&desk).await;
    let tag = desk.agent.get("tags").await.expect(200)["items"][0]["tag"].clone();
    let agent = desk.agent.agent.to_string();
    for (by, of, name) in
        [("agent", json!(agent), "agent"), ("department", json!("default"), ""), ("tag", tag, "vip"), ("account", json!("account"), "")]
    {
        let page = desk.admin.get(&format!("reports/totals?{DAY}&by={by}")).await.expect(200);
        let row = &page["items"][0];
        assert_eq!((&row["of"], page["items"].as_array().unwrap().len()), (&of, 1), "{by}");
        assert_eq!(row["values"]["answers"], json!(1), "{by}");
        assert!(name.is_empty() || row["name"] == name, "{by}: {}", row["name"]);
    }
    let channels = desk.admin.get(&format!("reports/totals?{DAY}&by=channel")).await.expect(200);
    assert_eq!(channels["items"][0]["values"]["created_tickets"], json!(1));
    let before = desk.admin.get("reports/totals?from=2026-09-20&to=2026-09-20&by=agent").await.expect(200);
    assert_eq!(before["items"], json!([]), "who did nothing has no row");
}

#[tokio::test]
async fn refusals() {
    let desk = start().await;
    for path in ["reports/measures".to_owned(), format!("reports/series?{DAY}"), format!("reports/totals?{DAY}&by=agent")] {
        desk.agent.get(&path).await.refused(403, "forbidden");
    }
    for (path, code) in [
        ("reports/series", "missing"),
        ("reports/series?from=2026-09-21&to=soon", "invalid"),
        ("reports/series?from=2026-01-01&to=2026-12-31&group_by=hour", "invalid"),
        ("reports/series?from=2026-09-21&to=2026-09-21&group_by=minute", "invalid"),
        ("reports/totals?from=2026-09-21&to=2026-09-21", "missing"),
        ("reports/totals?from=2026-09-21&to=2026-09-21&by=weather", "invalid"),
    ] {
        desk.admin.get(path).await.refused(400, code);
    }
}
