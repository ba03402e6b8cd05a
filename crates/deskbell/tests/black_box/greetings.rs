//! Triggers speak to visitors: to the one it is for alone, at once, again after a break, and his answer begins a chat.

use crate::server;
use deskbell_testkit::fold::visitor_essence;
use deskbell_testkit::http::{Answer, client};
use deskbell_testkit::{Agent, Server, Transport, Visitor};
use serde_json::{Value, json};

const CART: &str = "https://shop.example/cart";

async fn trigger(server: &Server) {
    let definition = json!({"event": "page_enter",
        "condition": ["and", ["eq", "@visitor_page_url", "shop.example/cart"], ["not", ["firedBefore"]]],
        "actions": [["sendMessageToVisitor", "Sarah", "May I help?"], ["sendMessageToVisitor", "Sarah", "Take your time."]]});
    let request = client()
        .post(format!("{}/api/v2/triggers", server.base()))
        .bearer_auth(&server.access_token)
        .json(&json!({"name": "Cart", "definition": definition}));
    assert_eq!(Answer::of(request).await.status, 201);
}

fn texts(state: &Value) -> Vec<&str> {
    let greetings = state["greetings"].as_array().expect("greetings are a list");
    greetings.iter().map(|greeting| greeting["text"].as_str().expect("a greeting has a text")).collect()
}

async fn greeted(transport: Transport) {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    trigger(&server).await;
    let mut visitor = Visitor::arrive_by(&server, transport).await;
    let mut other = Visitor::arrive_by(&server, transport).await;
    assert!(texts(&visitor.live.view).is_empty());

    visitor.live.ok(json!({"t": "page", "url": CART, "title": "Cart"})).await;
    visitor.live.wait_until("both greetings", |live| texts(&live.view).len() == 2).await;
    assert_eq!(texts(&visitor.live.view), ["May I help?", "Take your time."]);
    assert_eq!(visitor.live.view["greetings"][0]["name"], "Sarah");
    let fresh = visitor.fresh_look().await;
    assert_eq!(visitor_essence(&fresh.view), visitor_essence(&visitor.live.view), "a fresh load shows the same");

    // What was said while he was away comes when he is back, and once.
    other.live.cut();
    let elsewhere = client().post(format!("{}/live/visitor/send", server.base())).bearer_auth(&other.token);
    Answer::of(elsewhere.json(&json!({"t": "page", "url": CART, "title": "Cart"}))).await.good();
    other.live.reconnect().await;
    other.live.wait_until("the greetings of the break", |live| texts(&live.view).len() == 2).await;
    assert_eq!(other.live.fresh_starts, 1, "he resumed");
    other.live.reconnect().await;
    assert_eq!(texts(&other.live.view).len(), 2);

    visitor.ask("yes, please").await;
    let requested = owner.live.event("chat.requested").await;
    assert_eq!(requested["started_by"], "trigger");
    visitor.live.wait_until("the chat", |live| live.view["messages"].as_array().is_some_and(|messages| messages.len() == 3)).await;
    let said: Vec<String> = visitor.live.view["messages"]
        .as_array()
        .expect("messages are a list")
        .iter()
        .map(|message| format!("{}: {}", message["name"].as_str().unwrap_or_default(), message["text"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(said, ["Sarah: May I help?", "Sarah: Take your time.", "Vera Visitor: yes, please"]);
    assert!(texts(&visitor.live.view).is_empty());
    let fresh = visitor.fresh_look().await;
    assert_eq!(visitor_essence(&fresh.view), visitor_essence(&visitor.live.view));
    assert_eq!(texts(&other.live.view).len(), 2, "the other one has his own");
}

#[tokio::test]
async fn over_sockets() {
    greeted(Transport::Socket).await;
}

#[tokio::test]
async fn by_long_polling() {
    greeted(Transport::Poll).await;
}
