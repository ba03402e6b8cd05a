//! A merged conversation as its browser, a console and LiveAgent's clients see it.

use crate::server;
use deskbell_testkit::fold::visitor_essence;
use deskbell_testkit::live::Trouble;
use deskbell_testkit::socket::End;
use deskbell_testkit::{Agent, Server, Transport, Visitor};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const CLOSE_START_OVER: u16 = 4009;
const CLOSED_SECONDS_MAX: Duration = Duration::from_secs(20);

#[tokio::test]
async fn over_sockets() {
    two_chats_become_one(Transport::Socket).await;
}

#[tokio::test]
async fn by_long_polling() {
    two_chats_become_one(Transport::Poll).await;
}

/// A chat from asking to ending; its conversation.
async fn chat(owner: &mut Agent, visitor: &mut Visitor, text: &str) -> String {
    let asked = visitor.ask(text).await;
    owner.take_offer().await;
    visitor.live.ok(json!({"t": "end"})).await;
    asked["conversation"].as_str().expect("a chat has a conversation").to_owned()
}

async fn two_chats_become_one(transport: Transport) {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive_by(&server, transport).await;
    let into = chat(&mut owner, &mut visitor, "first").await;
    let from = chat(&mut owner, &mut visitor, "second").await;
    owner.live.watch(&into).await;
    owner.post(&format!("conversations/{from}/merge"), json!({ "into": into })).await.good();
    let told = owner.live.event("conversation.merged").await;
    assert_eq!((&told["conversation"], &told["into"]), (&json!(from), &json!(into)));
    start_over(&mut visitor).await;
    assert_eq!(visitor.live.view["conversation"], json!(into));
    assert_eq!(texts(&visitor.live.view), ["first", "second"]);
    owner.post(&format!("conversations/{from}/messages"), json!({"kind": "message", "text": "answer"})).await.good();
    visitor.live.wait_until("the answer", |live| texts(&live.view).contains(&"answer".to_owned())).await;
    let fresh = visitor.fresh_look().await;
    assert_eq!(visitor_essence(&visitor.live.view), visitor_essence(&fresh.view));
    assert_eq!(owner.live.fresh_starts, 1, "a console goes on");
    afterwards(&server, &from, &into).await;
}

/// The browser is told afresh, once.
async fn start_over(visitor: &mut Visitor) {
    if visitor.live.transport == Transport::Socket {
        let deadline = Instant::now() + CLOSED_SECONDS_MAX;
        let end = loop {
            match visitor.live.receive(deadline).await {
                Ok(()) => {}
                Err(trouble) => break trouble,
            }
        };
        assert!(matches!(&end, Trouble::Ended(End::Closed { code: CLOSE_START_OVER, .. })), "{end:?}");
        let welcome = visitor.live.reconnect().await;
        assert_eq!(welcome["resumed"], false, "{welcome}");
    }
    visitor.live.wait_until("a fresh state", |live| live.fresh_starts == 2).await;
}

fn texts(view: &Value) -> Vec<String> {
    let messages = view["messages"].as_array().expect("messages are a list");
    let written = messages.iter().filter(|message| message["kind"] == "message");
    written.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn afterwards(server: &Server, from: &str, into: &str) {
    let v1 = server.v1();
    let shown = v1.response(&format!("conversations/{from}")).await;
    assert_eq!(shown["conversationid"], json!(into));
    let listed = v1.response("conversations").await;
    assert_eq!(listed["conversations"].as_array().map(Vec::len), Some(1));
    let doctor = server.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
}
