//! A full disk: a clear refusal on every surface, nothing half written, reads go on, and writes too once there is room.

use crate::{binary, server};
use deskbell_testkit::{Agent, Options, Server, Transport, Trouble, Visitor};
use serde_json::json;

const STORAGE_BYTES_MAX: &str = "3000000";
const MESSAGES_MAX: usize = 3_000;

#[tokio::test]
async fn is_told_and_survived() {
    let options = Options { arguments: vec!["--storage-bytes-max".to_owned(), STORAGE_BYTES_MAX.to_owned()], ..Options::default() };
    let mut server = Server::start(binary(), options).await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive(&server).await;
    let asked = visitor.ask("hello").await;
    let conversation = asked["conversation"].as_str().expect("a chat has a conversation").to_owned();
    owner.take_offer().await;

    let long = "word ".repeat(600);
    let long = long.trim();
    let mut said = vec!["hello".to_owned()];
    let refusal = loop {
        let text = format!("{} {long}", said.len());
        match owner.live.command(json!({"t": "send", "conversation": conversation, "kind": "message", "text": text})).await {
            Ok(_) => said.push(text),
            Err(trouble) if trouble.code() == "rate_limited" => {}
            Err(trouble) => break trouble,
        }
        assert!(said.len() < MESSAGES_MAX, "it never was full");
    };
    assert_eq!(refusal.code(), "storage_full", "{refusal:?}");
    assert!(said.len() > 10, "{} fitted", said.len());

    // Each surface says it in its own way.
    let again = visitor.live.command(json!({"t": "send", "text": long})).await;
    assert_eq!(again.as_ref().err().map(Trouble::code), Some("storage_full"), "{again:?}");
    let native = owner.post(&format!("conversations/{conversation}/messages"), json!({"kind": "note", "text": long})).await;
    assert_eq!((native.status, &native.json()["error"]["code"]), (507, &json!("storage_full")), "{native:?}");
    let v1 = server.v1();
    let parameters = [("message", long), ("useridentifier", "owner@example.com"), ("type", "N")];
    let v1 = v1.call(reqwest::Method::POST, &format!("conversations/{conversation}/messages"), &parameters).await;
    assert!(v1.status >= 500, "{v1:?}");
    assert_eq!(v1.json()["response"]["status"], "ERROR", "{v1:?}");

    // Reading goes on.
    assert_eq!(server.bearer().figures("chats").await["active_chats"], 1);
    assert_eq!(texts(&visitor).await.len(), said.len().min(200));
    let told = server.log().lines().filter(|line| line.contains("storage_full") || line.contains("full")).count();
    assert!(told > 0, "the log says nothing of it:\n{}", server.log());

    // With room again nothing is missing, and it goes on.
    server.set_arguments(&[]);
    server.restart().await;
    visitor.live.deliver(json!({"t": "send", "text": "room again"})).await;
    said.push("room again".to_owned());
    let stored = texts(&visitor).await;
    assert_eq!(stored[..], said[said.len() - stored.len()..]);
    let output = {
        server.stop().await;
        server.run(&["doctor"])
    };
    assert!(output.status.success(), "doctor: {output:?}");
}

async fn texts(visitor: &Visitor) -> Vec<String> {
    let fresh = visitor.fresh_look().await;
    let messages = fresh.view["messages"].as_array().expect("messages are a list");
    let written = messages.iter().filter(|message| message["kind"] == "message");
    written.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// An internal refusal is logged once, where it is handled, and says nothing of what was written.
#[tokio::test]
async fn messages_stay_out_of_the_log() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive_by(&server, Transport::Poll).await;
    visitor.ask("a very private matter").await;
    visitor.live.refused(json!({"t": "rate", "rating": "a very private rating"})).await;
    let log = server.log();
    for secret in ["very private", "vera@example.org", &server.api_key, &server.access_token, &visitor.token] {
        assert!(!log.contains(secret), "{secret} stands in the log:\n{log}");
    }
}
