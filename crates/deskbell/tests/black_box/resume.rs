//! Clients resume: after any order of breaks their state equals a fresh load, nothing is lost, nothing comes twice.

use crate::server;
use deskbell_testkit::fold::{agent_essence, message_essence, visitor_essence};
use deskbell_testkit::live::new_key;
use deskbell_testkit::{Agent, Server, Transport, Visitor};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

const STEPS: usize = 80;
/// Together more than an outbox holds.
const LONG_MESSAGES: usize = 60;

#[tokio::test]
async fn over_sockets() {
    for seed in [1, 2, 3] {
        random_breaks(seed, Transport::Socket).await;
    }
}

#[tokio::test]
async fn by_long_polling() {
    random_breaks(4, Transport::Poll).await;
}

/// What was said, in the order in which it was acknowledged.
type Said = Vec<String>;

async fn random_breaks(seed: u64, transport: Transport) {
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive_by(&server, transport).await;
    let asked = visitor.ask("hello").await;
    let conversation = asked["conversation"].as_str().expect("a chat has a conversation").to_owned();
    owner.take_offer().await;
    owner.live.watch(&conversation).await;
    let mut said: Said = vec!["hello".to_owned()];
    for step in 0..STEPS {
        let (live, is_owner) = if random.random_bool(0.5) { (&mut owner.live, true) } else { (&mut visitor.live, false) };
        let text = format!("{} {step}", if is_owner { "agent" } else { "visitor" });
        let mut frame = json!({"t": "send", "text": text, "key": new_key()});
        if is_owner {
            frame["conversation"] = json!(conversation);
            frame["kind"] = json!("message");
        }
        match random.random_range(0..6) {
            0 => live.cut(),
            // Sent, and cut before the answer: nobody knows whether it was carried out.
            1 => {
                if live.transport == Transport::Socket {
                    if !live.is_connected() {
                        live.reconnect().await;
                    }
                    live.send(&frame).await.expect("it is sent");
                    live.cut();
                } else {
                    live.ok(frame.clone()).await;
                }
                live.deliver(frame).await;
                said.push(text);
            }
            // Twice on purpose.
            2 => {
                let first = live.deliver(frame.clone()).await;
                let second = live.deliver(frame).await;
                assert_eq!((&first["message"], &first["number"]), (&second["message"], &second["number"]));
                said.push(text);
            }
            _ => {
                live.deliver(frame).await;
                said.push(text);
            }
        }
    }
    let last = said.last().expect("something was said").clone();
    for live in [&mut owner.live, &mut visitor.live] {
        if !live.is_connected() {
            live.reconnect().await;
        }
    }
    visitor.live.wait_until("all has come", |live| texts(&live.view["messages"]).contains(&last)).await;
    owner.live.wait_until("all has come", |live| texts(&added(&live.threads[&conversation].events)).contains(&last)).await;
    assert_eq!(texts(&visitor.live.view["messages"]), said);
    assert_eq!(texts(&added(&owner.live.threads[&conversation].events)), said);
    assert_eq!((visitor.live.fresh_starts, owner.live.fresh_starts), (1, 1), "short breaks are resumed, not started over");
    same_as_fresh(&mut visitor, &mut owner).await;
    numbers_that_cannot_be(&server, &visitor).await;
}

/// Both views come to equal what somebody sees who knew nothing. Nothing else happens meanwhile.
async fn same_as_fresh(visitor: &mut Visitor, agent: &mut Agent) {
    let fresh = visitor_essence(&visitor.fresh_look().await.view);
    visitor.live.wait_until(&format!("the visitor sees {fresh}"), |live| visitor_essence(&live.view) == fresh).await;
    let fresh = agent_essence(&agent.fresh_look().await.view);
    agent.live.wait_until(&format!("the agent sees {fresh}"), |live| agent_essence(&live.view) == fresh).await;
}

/// A number from the future, or of another epoch, starts over; it is never answered with a part.
async fn numbers_that_cannot_be(server: &Server, visitor: &Visitor) {
    let mut other = Visitor::unconnected(server, Transport::Socket, Some(&visitor.token)).await;
    for (epoch_plus, number_plus) in [(0, 1_000_000), (1, 0), (-1, 0)] {
        other.live.epoch = visitor.live.epoch.map(|epoch| epoch + epoch_plus);
        other.live.number = visitor.live.number + number_plus;
        let welcome = other.live.connect().await.expect("it is welcome");
        assert_eq!(welcome["resumed"], false, "{welcome}");
        assert_eq!(visitor_essence(&other.live.view), visitor_essence(&visitor.live.view));
    }
}

fn added(events: &[Value]) -> Value {
    events.iter().filter(|event| event["e"] == "message.added" && event["kind"] == "message").map(message_essence).collect()
}

fn texts(messages: &Value) -> Said {
    let messages = messages.as_array().expect("messages are a list");
    let written = messages.iter().filter(|message| message["kind"] == "message");
    written.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// An agent's console and a visitor see the same life of a chat with transfers, declined offers and colleagues; their folded states stay right.
#[tokio::test]
async fn folded_states_stay_right() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    let mut ann = owner.colleague(&server, "Ann").await;
    owner.be("online").await;
    ann.be("online").await;
    let mut visitor = Visitor::arrive(&server).await;
    let asked = visitor.ask("hello").await;
    let chat = asked["chat"].as_str().expect("it is a chat").to_owned();
    let conversation = asked["conversation"].as_str().expect("a chat has a conversation").to_owned();
    let offered = owner.live.event("chat.offered").await;
    let (first, second) = if offered["agent"] == owner.id.as_str() { (&mut owner, &mut ann) } else { (&mut ann, &mut owner) };
    first.live.ok(json!({"t": "decline", "chat": chat})).await;
    second.take_offer().await;
    second.live.ok(json!({"t": "invite", "chat": chat, "agent": first.id})).await;
    first.live.cut();
    first.live.reconnect().await;
    first.live.ok(json!({"t": "accept", "chat": chat})).await;
    second.live.ok(json!({"t": "leave", "chat": chat})).await;
    first.live.ok(json!({"t": "transfer", "chat": chat, "agent": second.id})).await;
    second.live.cut();
    second.live.reconnect().await;
    second.live.ok(json!({"t": "accept", "chat": chat})).await;
    let (first, second) = (second, first);
    first.live.ok(json!({"t": "send", "conversation": conversation, "text": "I am here", "kind": "message"})).await;
    visitor.live.wait_for("the answer", |frame| frame["text"] == "I am here").await;
    same_as_fresh(&mut visitor, first).await;
    same_as_fresh(&mut visitor, second).await;
    first.live.ok(json!({"t": "leave", "chat": chat})).await;
    // Only who is in it, or an administrator, may end it.
    owner.live.ok(json!({"t": "end", "chat": chat})).await;
    for agent in [&mut owner, &mut ann] {
        same_as_fresh(&mut visitor, agent).await;
        assert_eq!(agent.live.view["chats"], json!([]));
    }
}

/// The newest messages of a conversation are in a fresh state, however long they are.
#[tokio::test]
async fn long_conversations_open() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive(&server).await;
    let conversation = visitor.ask("hello").await["conversation"].clone();
    owner.take_offer().await;
    let long = "long ".repeat(6_000);
    for _ in 0..LONG_MESSAGES {
        owner.live.deliver(json!({"t": "send", "conversation": conversation, "kind": "message", "text": long})).await;
    }
    visitor.live.wait_until("all has come", |live| live.view["messages"].as_array().is_some_and(|all| all.len() > LONG_MESSAGES)).await;
    same_as_fresh(&mut visitor, &mut owner).await;
}
