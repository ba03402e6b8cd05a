use axum::body::Body;
use serde_json::{Value, json};

use crate::native::tests::harness::start;

fn texts(page: &Value) -> Vec<(String, String)> {
    let text = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(|message| (text(message, "kind"), text(message, "text"))).collect()
}

#[tokio::test]
async fn messages_are_written_and_read() {
    let desk = start().await;
    let conversation = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Hello?").await;
    let path = format!("conversations/{conversation}/messages");
    let note = desk.agent.post(&path, json!({"kind": "note", "text": "A regular"})).await.expect(200);
    let answer = desk.agent.post(&path, json!({"kind": "message", "text": "Hi!"})).await.expect(200);
    assert_eq!(answer["conversation"], conversation);

    let page = desk.agent.get(&path).await.expect(200);
    let pair = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    assert_eq!(texts(&page)[1..], [pair("message", "Hello?"), pair("note", "A regular"), pair("message", "Hi!")]);
    assert_eq!((&page["number"], &page["next"]), (&answer["number"], &json!(null)));
    let last = &page["items"][3];
    assert_eq!((&last["message"], &last["n"], &last["by"]), (&answer["message"], &answer["number"], &json!("agent")));
    assert_eq!((&last["agent"], &last["name"], &last["file"]), (&json!(desk.agent.agent.to_string()), &json!("agent"), &json!(null)));

    let first = desk.agent.get(&format!("{path}?limit=3")).await.expect(200);
    assert_eq!((&first["next"], &first["number"]), (&json!(note["number"].to_string()), &answer["number"]));
    let next = first["next"].as_str().unwrap();
    let second = desk.agent.get(&format!("{path}?limit=3&after={next}")).await.expect(200);
    assert_eq!((texts(&second), &second["next"]), (vec![pair("message", "Hi!")], &json!(null)));
    desk.agent.get(&format!("{path}?after=x")).await.refused(400, "invalid");

    let shown = desk.agent.get(&format!("conversations/{conversation}")).await.expect(200);
    assert_eq!((&shown["status"], &shown["agent"]), (&json!("A"), &json!(desk.agent.agent.to_string())));
}

#[tokio::test]
async fn sent_twice_with_one_key_it_is_one_message() {
    let desk = start().await;
    let conversation = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Hello?").await;
    let path = format!("conversations/{conversation}/messages");
    let body = json!({"kind": "message", "text": "Hi!"}).to_string();
    let mut answers = Vec::new();
    for key in ["key-1", "key-1", "key-2"] {
        let headers = [("x-deskbell", "1"), ("idempotency-key", key)];
        answers.push(desk.agent.send("POST", &path, &headers, Body::from(body.clone())).await.expect(200));
    }
    assert_eq!(answers[0], answers[1]);
    assert_ne!(answers[1], answers[2]);
    let page = desk.agent.get(&path).await.expect(200);
    let keys: Vec<_> = page["items"].as_array().unwrap().iter().map(|message| message["key"].clone()).collect();
    assert_eq!(keys[2..], [json!("key-1"), json!("key-2")]);
    let long = "k".repeat(101);
    let headers = [("x-deskbell", "1"), ("idempotency-key", &*long)];
    desk.agent.send("POST", &path, &headers, Body::from(body)).await.refused(400, "invalid");
}

#[tokio::test]
async fn refusals() {
    let desk = start().await;
    desk.agent_comes().await;
    let done = desk.visitor("Cleo", "cleo@shop.test").await.asks_for_chat("Hello?").await;
    let path = format!("conversations/{}/messages", done.conversation.unwrap());
    for (body, status, code) in [
        (json!({"kind": "message", "text": "Hi!"}), 403, "forbidden"),
        (json!({"kind": "message"}), 400, "missing"),
        (json!({"kind": "shout", "text": "Hi!"}), 400, "invalid"),
        (json!({"text": "Hi!"}), 400, "invalid"),
        (json!({"kind": "note", "text": "x".repeat(33_000)}), 413, "too_large"),
        (json!({"kind": "note", "file": "0123456789abcdef0123456789abcdef"}), 404, "not_found"),
    ] {
        desk.agent.post(&path, body).await.refused(status, code);
    }
}
