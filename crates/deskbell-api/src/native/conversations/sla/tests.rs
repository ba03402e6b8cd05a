use serde_json::json;

use crate::native::tests::harness::start;

#[tokio::test]
async fn a_conversation_has_another_level() {
    let desk = start().await;
    let id = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Where is my order?").await;
    let path = format!("conversations/{id}/sla");
    let level = json!({"name": "Usual", "times": {"first_answer": 3_600, "first_resolve": 7_200}});
    let level = desk.admin.post("sla/levels", level).await.expect(201)["level"].clone();
    desk.agent.put(&path, json!({"level": level})).await.expect(200);
    let now = 1_790_000_000_000_i64;
    let shown = desk.agent.get(&format!("conversations/{id}")).await.expect(200);
    assert_eq!((&shown["due"], &shown["sla"]["level"], &shown["sla"]["name"]), (&json!(now + 3_600_000), &level, &json!("Usual")));
    let clocks = shown["sla"]["clocks"].as_array().unwrap();
    let answer = clocks.iter().find(|clock| clock["goal"] == "first_answer").unwrap();
    assert_eq!((&answer["started"], &answer["due"], &answer["breached"]), (&json!(now), &json!(now + 3_600_000), &json!(false)));
    assert_eq!((clocks.len(), answer["item"].as_str().map(str::len)), (2, Some(8)));
    assert_eq!(desk.agent.get("conversations").await.expect(200)["items"][0]["due"], shown["due"]);
    // Marked as answered, what is left stands still.
    desk.agent.put(&format!("conversations/{id}/status"), json!({"status": "A"})).await.expect(200);
    let shown = desk.agent.get(&format!("conversations/{id}")).await.expect(200);
    assert_eq!((&shown["due"], &shown["sla"]["clocks"][0]["due"]), (&json!(null), &json!(null)));
    desk.agent.put(&path, json!({"level": null})).await.expect(200);
    let shown = desk.agent.get(&format!("conversations/{id}")).await.expect(200);
    assert_eq!(shown["sla"], json!({"level": null, "name": null, "clocks": []}));
    desk.agent.put(&path, json!({"level": "nonsense!"})).await.refused(400, "invalid");
    desk.agent.put(&path, json!({"level": "zzzzzzzz"})).await.refused(404, "not_found");
    desk.agent.put("conversations/zzzzzzzz/sla", json!({"level": level})).await.refused(404, "not_found");
    desk.nobody().put(&path, json!({"level": level})).await.refused(401, "no_credential");
}
