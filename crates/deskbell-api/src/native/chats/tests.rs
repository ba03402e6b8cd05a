use serde_json::json;

use crate::native::tests::harness::{TestDesk, start};

/// A chat that rings at the plain agent.
async fn ringing(desk: &TestDesk) -> String {
    desk.agent_comes().await;
    let done = desk.visitor("Cleo", "cleo@shop.test").await.asks_for_chat("Hello?").await;
    format!("chats/{}", done.chat.unwrap())
}

#[tokio::test]
async fn a_chat_is_joined_written_into_and_ended() {
    let desk = start().await;
    let chat = ringing(&desk).await;
    desk.admin.post(&format!("{chat}/leave"), json!({})).await.refused(403, "forbidden");
    let done = desk.agent.post(&format!("{chat}/accept"), json!({})).await.expect(200);
    assert_eq!((&done["state"], &done["chat"]), (&json!("served"), &json!(chat.strip_prefix("chats/"))));
    let messages = format!("conversations/{}/messages", done["conversation"].as_str().unwrap());
    desk.agent.post(&messages, json!({"kind": "message", "text": "Hi!"})).await.expect(200);
    desk.owner.post(&format!("{chat}/decline"), json!({})).await.refused(409, "conflict");
    let done = desk.agent.post(&format!("{chat}/end"), json!({})).await.expect(200);
    assert_eq!(done["state"], "ended");
    desk.agent.post(&format!("{chat}/end"), json!({})).await.refused(409, "conflict");
}

#[tokio::test]
async fn an_offer_is_declined_and_a_chat_left() {
    let desk = start().await;
    let chat = ringing(&desk).await;
    desk.agent.post(&format!("{chat}/decline"), json!({})).await.expect(200);
    desk.agent.post(&format!("{chat}/accept"), json!({})).await.expect(200);
    let done = desk.agent.post(&format!("{chat}/leave"), json!({})).await.expect(200);
    assert!(done["state"] == "queued" || done["state"] == "offered", "{done}");
}

#[tokio::test]
async fn others_are_invited_and_handed_the_chat() {
    let desk = start().await;
    let chat = ringing(&desk).await;
    desk.agent.post(&format!("{chat}/accept"), json!({})).await.expect(200);
    let admin = desk.admin.agent.to_string();
    desk.agent.post(&format!("{chat}/invite"), json!({"agent": admin})).await.refused(409, "conflict");
    desk.desk.agent_came(desk.admin.agent).await.unwrap();
    desk.agent.post(&format!("{chat}/invite"), json!({"agent": admin})).await.expect(200);
    desk.admin.post(&format!("{chat}/accept"), json!({})).await.expect(200);
    desk.admin.post(&format!("{chat}/leave"), json!({})).await.expect(200);

    let transfer = format!("{chat}/transfer");
    desk.agent.post(&transfer, json!({})).await.refused(400, "missing");
    desk.agent.post(&transfer, json!({"agent": admin, "department": "default"})).await.refused(400, "invalid");
    desk.agent.post(&transfer, json!({"agent": "zzzzzzzz"})).await.refused(404, "not_found");
    let done = desk.agent.post(&transfer, json!({"agent": admin})).await.expect(200);
    assert_eq!(done["state"], "offered");
    desk.admin.post(&format!("{chat}/accept"), json!({})).await.expect(200);
    desk.admin.post(&transfer, json!({"department": "default"})).await.expect(200);
}
