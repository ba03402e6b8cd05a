use serde_json::{Value, json};

use crate::native::tests::harness::{TestDesk, start};

async fn a_conversation(desk: &TestDesk) -> String {
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    format!("conversations/{}", visitor.leave_message("Hello?").await)
}

async fn show(desk: &TestDesk, path: &str) -> Value {
    desk.agent.get(path).await.expect(200)
}

#[tokio::test]
async fn tags() {
    let desk = start().await;
    let path = a_conversation(&desk).await;
    let tags = format!("{path}/tags");
    let done = desk.agent.put(&tags, json!({"tags": ["vip", " billing ", "vip"]})).await.expect(200);
    assert_eq!(done["conversation"], show(&desk, &path).await["conversation"]);
    assert!(done["number"].as_i64().unwrap() > 0 && done.get("chat").is_none());
    assert_eq!(show(&desk, &path).await["tags"], json!(["vip", "billing"]));
    desk.agent.put(&tags, json!({"tags": ["a,b"]})).await.refused(400, "invalid");
    desk.agent.put(&tags, json!({"tags": (0..51).map(|tag| tag.to_string()).collect::<Vec<_>>()})).await.refused(413, "too_large");
    desk.agent.put(&tags, json!({"tags": []})).await.expect(200);
    assert_eq!(show(&desk, &path).await["tags"], json!([]));
}

#[tokio::test]
async fn status() {
    let desk = start().await;
    let path = a_conversation(&desk).await;
    for letter in ["A", "C", "R", "C", "B"] {
        desk.agent.put(&format!("{path}/status"), json!({"status": letter})).await.expect(200);
        assert_eq!(show(&desk, &path).await["status"], letter);
    }
    desk.agent.put(&format!("{path}/status"), json!({"status": "R"})).await.refused(409, "conflict");
    desk.agent.put(&format!("{path}/status"), json!({"status": "T"})).await.refused(400, "invalid");
    let other = a_conversation(&desk).await;
    desk.agent.put(&format!("{other}/status"), json!({"status": "X"})).await.expect(200);
    assert_eq!(show(&desk, &other).await["status"], "X");
}

#[tokio::test]
async fn assignment() {
    let desk = start().await;
    let path = a_conversation(&desk).await;
    let assign = format!("{path}/assignment");
    let sales = desk.admin.post("departments", json!({"name": "Sales"})).await.expect(201)["department"].clone();
    let agent = desk.owner.agent.to_string();
    desk.agent.put(&assign, json!({"department": sales, "agent": agent})).await.expect(200);
    let shown = show(&desk, &path).await;
    assert_eq!((&shown["department"], &shown["agent"]), (&sales, &json!(agent)));
    desk.agent.put(&assign, json!({"agent": null})).await.expect(200);
    let shown = show(&desk, &path).await;
    assert_eq!((&shown["department"], &shown["agent"]), (&sales, &json!(null)));
    for body in [json!({"department": "zzzzzzzz"}), json!({"agent": "zzzzzzzz"})] {
        desk.agent.put(&assign, body).await.refused(404, "not_found");
    }
    desk.agent.put(&assign, json!({"agent": "me"})).await.refused(400, "invalid");
}

#[tokio::test]
async fn a_live_chat_is_transferred_not_assigned() {
    let desk = start().await;
    desk.agent_comes().await;
    let done = desk.visitor("Cleo", "cleo@shop.test").await.asks_for_chat("Hello?").await;
    let path = format!("conversations/{}", done.conversation.unwrap());
    desk.agent.put(&format!("{path}/assignment"), json!({"agent": null})).await.refused(409, "conflict");
    desk.agent.put(&format!("{path}/status"), json!({"status": "R"})).await.refused(409, "conflict");
}

#[tokio::test]
async fn merging() {
    let desk = start().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    let mut ids = Vec::new();
    for text in ["first", "second"] {
        ids.push(visitor.leave_message(text).await);
        desk.clock.advance_seconds(1);
    }
    let (into, from) = (format!("conversations/{}", ids[0]), format!("conversations/{}", ids[1]));
    desk.agent.put(&format!("{from}/tags"), json!({"tags": ["vip"]})).await.expect(200);
    let code = show(&desk, &into).await["code"].clone();
    let done = desk.agent.post(&format!("{from}/merge"), json!({"into": code})).await.expect(200);
    assert_eq!(done["conversation"], json!(ids[0]));
    let merged = show(&desk, &from).await;
    assert_eq!(merged, show(&desk, &into).await, "its id leads there");
    assert_eq!((&merged["conversation"], &merged["tags"], &merged["subject"]), (&json!(ids[0]), &json!(["vip"]), &json!("first")));
    let messages = desk.agent.get(&format!("{from}/messages")).await.expect(200);
    let texts: Vec<&str> = messages["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "message")
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["first", "second"]);
    let listed = desk.agent.get("conversations").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    for into in [json!(ids[0]), json!(ids[1])] {
        desk.agent.post(&format!("{from}/merge"), json!({ "into": into })).await.refused(409, "conflict");
    }
    desk.agent.post(&format!("{from}/merge"), json!({"into": "zzzzzzzz"})).await.refused(404, "not_found");
    desk.agent.post(&format!("{from}/merge"), json!({"into": "a\u{0}"})).await.refused(400, "invalid");
    desk.agent.post(&format!("{from}/merge"), json!({})).await.refused(400, "invalid");
    desk.agent.post("conversations/zzzzzzzz/merge", json!({"into": ids[0]})).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_live_chat_is_not_merged() {
    let desk = start().await;
    let ticket = a_conversation(&desk).await;
    desk.agent_comes().await;
    let done = desk.visitor("Dora", "dora@shop.test").await.asks_for_chat("Hello?").await;
    let chat = format!("conversations/{}", done.conversation.unwrap());
    for (from, into) in [(&ticket, &chat), (&chat, &ticket)] {
        let into = into.strip_prefix("conversations/").unwrap();
        desk.agent.post(&format!("{from}/merge"), json!({ "into": into })).await.refused(409, "conflict");
    }
}
