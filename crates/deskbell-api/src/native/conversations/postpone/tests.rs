use serde_json::{Value, json};

use crate::native::tests::harness::start;

#[tokio::test]
async fn agents_set_conversations_aside() {
    let desk = start().await;
    let path = format!("conversations/{}", desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Hello?").await);
    let postpone = format!("{path}/postponement");
    let shown = desk.agent.get(&path).await.expect(200);
    let (changed, none) = (shown["changed"].as_i64().unwrap(), &shown["postponed_until"]);
    assert_eq!(none, &Value::Null);
    let until = changed + 3_600_000;
    let done = desk.agent.put(&postpone, json!({"until": until})).await.expect(200);
    assert_eq!(done["conversation"], shown["conversation"]);
    let shown = desk.agent.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["postponed_until"]), (&json!("W"), &json!(until)));
    // Another moment.
    desk.agent.put(&postpone, json!({"until": until + 1_000})).await.expect(200);
    assert_eq!(desk.agent.get(&path).await.expect(200)["postponed_until"], json!(until + 1_000));
    // Another status ends it.
    desk.agent.put(&format!("{path}/status"), json!({"status": "C"})).await.expect(200);
    assert_eq!(desk.agent.get(&path).await.expect(200)["postponed_until"], Value::Null);
    for (body, code) in [
        (json!({"until": changed - 1_000}), "invalid"),
        (json!({"until": 9_223_372_036_854_775_807i64}), "invalid"),
        (json!({"until": 99_999_999_999_999i64}), "invalid"),
    ] {
        desk.agent.put(&postpone, body).await.refused(400, code);
    }
    desk.agent.put(&format!("{path}/status"), json!({"status": "R"})).await.expect(200);
    desk.agent.put(&postpone, json!({"until": until})).await.refused(409, "conflict");
    desk.agent.put("conversations/zzzzzzzz/postponement", json!({"until": until})).await.refused(404, "not_found");
    desk.nobody().put(&postpone, json!({"until": until})).await.refused(401, "no_credential");
}
