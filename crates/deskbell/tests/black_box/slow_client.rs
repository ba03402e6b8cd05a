//! A client that does not read is cut off, harms nobody, and resumes.

use crate::server;
use deskbell_testkit::fold::agent_essence;
use deskbell_testkit::socket::{End, Socket};
use deskbell_testkit::{Agent, Live, Visitor, WAIT};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::time::Instant;

/// More than a connection of the system holds back, and the server for it.
const MESSAGES: usize = 300;
const RECEIVE_BYTES: u32 = 4_096;

#[tokio::test]
async fn is_cut_off_and_resumes() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive(&server).await;
    let asked = visitor.ask("hello").await;
    let conversation = asked["conversation"].as_str().expect("a chat has a conversation").to_owned();
    owner.take_offer().await;
    owner.live.watch(&conversation).await;
    let mut slow = open_slow(&owner, &server, &conversation).await;

    // The others notice nothing.
    let text = "slow ".repeat(6_000);
    for count in 0..MESSAGES {
        let frame = json!({"t": "send", "conversation": conversation, "kind": "message", "text": format!("{count} {text}")});
        owner.live.deliver(frame).await;
        visitor.live.event("message.added").await;
    }
    let end = loop {
        match slow.next(Instant::now() + WAIT).await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    // The word may not get through to one who does not read.
    assert!(matches!(end, End::Closed { code: 1013, .. } | End::Broken(_)), "{end:?}");
    let mut again = owner.fresh_look().await;
    assert_eq!(agent_essence(&owner.live.view), agent_essence(&again.view));
    again.watch(&conversation).await;
    let has_all =
        |live: &Live| without_envelope(live, &conversation).iter().filter(|event| event["kind"] == "message").count() == MESSAGES + 1;
    again.wait_until("all messages have come", has_all).await;
    owner.live.wait_until("all messages have come", has_all).await;
    assert_eq!(without_envelope(&again, &conversation), without_envelope(&owner.live, &conversation));
}

/// A second console that watches and then reads nothing.
async fn open_slow(owner: &Agent, server: &deskbell_testkit::Server, conversation: &str) -> Socket {
    let origin = server.base();
    let tcp = TcpSocket::new_v4().expect("a socket");
    tcp.set_recv_buffer_size(RECEIVE_BYTES).expect("a small buffer");
    let headers = [("origin", origin.as_str()), ("cookie", owner.cookie.as_str())];
    let mut slow = Socket::open_with(tcp, server.address(), "/live/agent", &headers).await.expect("it connects");
    slow.send(&json!({"t": "hello"})).await.expect("hello is sent");
    slow.next(Instant::now() + WAIT).await.expect("it is welcome");
    slow.send(&json!({"t": "watch", "conversation": conversation, "after": 0})).await.expect("watch is sent");
    slow
}

/// Events as a history holds them.
fn without_envelope(live: &Live, conversation: &str) -> Vec<Value> {
    let mut events = live.threads[conversation].events.clone();
    for event in &mut events {
        event.as_object_mut().expect("an event is an object").remove("t");
    }
    events
}
