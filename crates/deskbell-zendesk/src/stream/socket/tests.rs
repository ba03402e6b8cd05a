//! The socket over a real port of 127.0.0.1.

use std::num::NonZeroU32;

use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::commands::VisitorCommand;
use deskbell_app::credentials;
use deskbell_app::rights::Scopes;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::credential::CredentialKind;
use deskbell_http::SharedLimit;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

use crate::stream::client::{Client, Port};
use crate::stream::hub::{CONNECTIONS_PER_AGENT_MAX, SUBSCRIPTIONS_MAX};
use crate::world::{World, call, unlimited};
use crate::{Stream, SurfaceOptions, stream_kit};

const UNVERIFIED: &str = r#"{"status_code":401,"message":"Unable to verify the identity of the client"}"#;
const READ: Scopes = Scopes { read: true, write: false, chat: false };

async fn served(world: &World, options: &SurfaceOptions) -> (Stream, Port) {
    let stream = Stream::new(world.desk.clone(), world.stop.subscribe());
    let port = Port::open(stream_kit(stream.clone(), options)).await;
    (stream, port)
}

fn subscribe(topic: &str) -> Value {
    json!({"topic": topic, "action": "subscribe"})
}

/// A frame with one figure.
fn update(figure: &str, value: impl Into<Value>, department: Option<i64>) -> Value {
    let family = if figure.starts_with("agents") { "agents" } else { "chats" };
    let content = json!({"topic": family, "data": {figure: value.into()}, "type": "update", "department_id": department});
    json!({"content": content, "status_code": 200})
}

#[tokio::test]
async fn changes_arrive_as_they_happen_until_they_are_not_wanted() {
    let world = World::open().await;
    let (stream, mut port) = served(&world, &unlimited()).await;
    port.keep_up(&stream);
    let ann = world.add_agent("ann@desk.test", Role::Agent, 0).await;
    world.status(ann, AgentStatus::ONLINE).await;
    world.settle().await;
    let mut client = Client::open(port.address, world.token()).await;
    client.say(subscribe("chats.incoming_chats\t")).await;
    assert_eq!(
        client.text().await,
        r#"{"content":{"topic":"chats","data":{"incoming_chats":0},"type":"update","department_id":null},"status_code":200}"#
    );
    client.say(json!({"topic": "chats.missed_chats", "action": "subscribe", "window": 30, "department_id": 0})).await;
    assert_eq!(client.json().await, update("missed_chats", json!({"30": 0}), Some(0)));
    client.say(subscribe("chats.incoming_chats")).await;
    assert_eq!(client.json().await, update("incoming_chats", 0, None), "again, and still one subscription");

    let (visit, _) = world.ask(None).await;
    assert_eq!(client.json().await, update("incoming_chats", 1, None));
    world.visitor(&visit, VisitorCommand::End).await;
    let mut both = [client.json().await, client.json().await];
    both.sort_by_key(Value::to_string);
    assert_eq!(both, [update("incoming_chats", 0, None), update("missed_chats", json!({"30": 1}), Some(0))]);

    // Another window is another subscription, and stays none.
    client.say(json!({"topic": "chats.missed_chats", "action": "unsubscribe", "department_id": 0})).await;
    client.say(json!({"topic": "chats.incoming_chats", "action": "unsubscribe"})).await;
    assert!(client.so_far().await.is_empty());
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    assert_eq!(client.json().await, update("missed_chats", json!({"30": 2}), Some(0)));
    assert!(client.so_far().await.is_empty());
}

#[tokio::test]
async fn times_and_windows_move_with_the_clock() {
    let world = World::open().await;
    let (stream, mut port) = served(&world, &unlimited()).await;
    port.keep_up(&stream);
    let ann = world.add_agent("ann@desk.test", Role::Agent, 0).await;
    world.status(ann, AgentStatus::ONLINE).await;
    let (visit, _) = world.ask(None).await;
    world.settle().await;
    let mut client = Client::open(port.address, world.token()).await;
    client.say(subscribe("chats.waiting_time_max")).await;
    assert_eq!(client.json().await, update("waiting_time_max", 0, None));
    // Nothing is written from here on.
    world.clock.advance_seconds(7);
    assert_eq!(client.json().await, update("waiting_time_max", 7, None));
    world.visitor(&visit, VisitorCommand::End).await;
    assert_eq!(client.json().await, update("waiting_time_max", Value::Null, None));
    client.say(json!({"topic": "chats.missed_chats", "action": "subscribe", "window": "30"})).await;
    assert_eq!(client.json().await, update("missed_chats", json!({"30": 1}), None));
    world.clock.advance_seconds(1_800);
    assert_eq!(client.json().await, update("missed_chats", json!({"30": 0}), None));
}

#[tokio::test]
async fn a_family_comes_figure_by_figure() {
    let world = World::online().await;
    let (_, port) = served(&world, &unlimited()).await;
    let sales = world.add_department("Sales", &[]).await.get();
    world.settle().await;
    let mut client = Client::open(port.address, world.token()).await;
    for (family, query) in [("chats", String::new()), ("agents", format!("?department_id={sales}")), ("chats", "?window=60".to_owned())] {
        let department = query.contains("department").then_some(sales);
        let window = query.contains("window").then_some(60);
        client.say(json!({"topic": family, "action": "subscribe", "department_id": department, "window": window})).await;
        let rest = call(&world.stream, "GET", &format!("/stream/{family}{query}"), Some(world.token())).await.json();
        let mut data = serde_json::Map::new();
        for text in client.so_far().await {
            let frame: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(frame["content"]["department_id"], json!(department));
            data.extend(frame["content"]["data"].as_object().unwrap().clone());
        }
        assert_eq!(Value::Object(data), rest["content"]["data"], "{family}{query}");
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_in_a_frame() {
    let world = World::open().await;
    let (stream, port) = served(&world, &unlimited()).await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let writes = Scopes { write: true, ..Scopes::default() };
    let writes = world.add_token(ann, CredentialKind::Token, writes).await.secret;
    let session = world.add_token(ann, CredentialKind::Session, READ).await.secret;
    let lacking = r#"{"status_code":403,"message":"the credential lacks the right for this call"}"#;
    for (token, wanted) in [
        (None, UNVERIFIED),
        (Some("wrong"), UNVERIFIED),
        (Some(world.owner.api_key.secret.as_str()), UNVERIFIED),
        (Some(session.as_str()), UNVERIFIED),
        (Some(writes.as_str()), lacking),
    ] {
        let mut client = Client::try_open(port.address, "/stream", token).await.unwrap();
        assert_eq!(client.text().await, wanted);
        assert_eq!(client.next().await, Err(Some(4001)));
    }
    assert_eq!(stream.connections(), 0);
    let mut client = Client::try_open(port.address, "/acme.zendesk.com/stream/", Some(world.token())).await.unwrap();
    assert_eq!(client.text().await, crate::stream::frames::AUTHENTICATED);
    assert_eq!(stream.connections(), 1);
}

#[tokio::test]
async fn what_is_not_understood_is_answered_and_the_connection_stays() {
    let world = World::open().await;
    let (_, port) = served(&world, &unlimited()).await;
    let mut client = Client::open(port.address, world.token()).await;
    client.send(Message::binary(br#"{"topic":"chats","action":"subscribe"}"#.to_vec())).await;
    assert_eq!(client.json().await, json!({"status_code": 500, "message": "The message is not understood: send JSON as text"}));
    for (text, status, message) in [
        ("no JSON", 500, "The message is not understood: it must be a JSON object with the texts topic and action"),
        (r#"{"topic":"chats","action":"buy"}"#, 500, "The message is not understood: action must be subscribe or unsubscribe"),
        (r#"{"topic":"chats.happiness","action":"subscribe"}"#, 404, "There is no such metric"),
        (r#"{"topic":"chats","action":"subscribe","department_id":5}"#, 404, "There is no such department"),
        (r#"{"topic":"chats.active_chats","action":"subscribe","window":15}"#, 400, "window must be one of 30, 60"),
        (r#"{"topic":"chats","action":"subscribe","department_id":"x"}"#, 400, "department_id must be an integer"),
    ] {
        client.send(Message::text(text)).await;
        assert_eq!(client.json().await, json!({"status_code": status, "message": message}), "{text}");
    }
    let long = format!(r#"{{"topic":"{}","action":"subscribe"}}"#, "x".repeat(60_000));
    client.send(Message::text(long)).await;
    assert_eq!(client.json().await["status_code"], 404);
    client.say(subscribe("agents.agents_online")).await;
    assert_eq!(client.json().await, update("agents_online", 0, None));
    client.send(Message::text("x".repeat(70_000))).await;
    assert_eq!(client.next().await, Err(Some(1009)));
}

#[tokio::test]
async fn a_strange_goodbye_is_a_goodbye() {
    let world = World::open().await;
    let (stream, port) = served(&world, &unlimited()).await;
    for payload in [&b"{\"reason\":\"done\"}"[..], b"x", b""] {
        let mut client = Client::open(port.address, world.token()).await;
        let header = FrameHeader { opcode: OpCode::Control(Control::Close), ..FrameHeader::default() };
        let frame = Frame::from_payload(header, payload.to_vec().into());
        client.send(Message::Frame(frame)).await;
        assert!(client.next().await.is_err());
    }
    gone(&stream).await;
    let mut client = Client::open(port.address, world.token()).await;
    client.send(Message::Frame(Frame::message(vec![0xff], OpCode::Data(Data::Text), true))).await;
    assert!(client.next().await.is_err());
    gone(&stream).await;
}

/// All places are given back.
async fn gone(stream: &Stream) {
    while stream.connections() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn limits() {
    let world = World::open().await;
    let rate_limit = NonZeroU32::new(CONNECTIONS_PER_AGENT_MAX as u32 + 3).map(SharedLimit::per_minute);
    let (stream, port) = served(&world, &SurfaceOptions { rate_limit, ..SurfaceOptions::default() }).await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let tokens =
        [world.add_token(ann, CredentialKind::Token, READ).await.secret, world.add_token(ann, CredentialKind::Token, READ).await.secret];
    let mut clients = Vec::new();
    for place in 0..CONNECTIONS_PER_AGENT_MAX {
        clients.push(Client::open(port.address, &tokens[place % 2]).await);
    }
    let refused = Client::try_open(port.address, "/stream", Some(&tokens[0])).await.map(drop).unwrap_err();
    let message = "an agent may have 10 connections at once; close some first";
    assert_eq!((refused.status, refused.body), (429, json!({"status_code": 429, "message": message})));
    assert_eq!(refused.retry_after, Some(30));
    // Another agent may still connect, and one place is enough for the next.
    let _owner = Client::open(port.address, world.token()).await;
    clients.pop();
    while stream.connections() > CONNECTIONS_PER_AGENT_MAX {
        tokio::task::yield_now().await;
    }
    clients.push(Client::open(port.address, &tokens[0]).await);
    // Connecting counts against the account's rate, refused or not.
    let refused = Client::try_open(port.address, "/stream", Some(world.token())).await.map(drop).unwrap_err();
    assert_eq!((refused.status, refused.body), (429, json!({"status_code": 429, "message": "too many requests, try again later"})));
    assert!(refused.retry_after.is_some_and(|seconds| seconds > 0));
}

#[tokio::test]
async fn so_many_subscriptions() {
    let world = World::open().await;
    let (_, port) = served(&world, &unlimited()).await;
    let mut departments = Vec::new();
    for _ in 0..SUBSCRIPTIONS_MAX / 12 {
        departments.push(world.add_department("Department", &[]).await.get());
    }
    let mut client = Client::open(port.address, world.token()).await;
    for department in &departments {
        client.say(json!({"topic": "chats", "action": "subscribe", "department_id": department})).await;
        assert_eq!(client.so_far().await.len(), 12);
    }
    client.say(subscribe("chats")).await;
    let wanted = json!({"status_code": 429, "message": "a connection may have 512 subscriptions; unsubscribe first"});
    assert_eq!(client.json().await, wanted);
    client.say(json!({"topic": "chats", "action": "unsubscribe", "department_id": departments[0]})).await;
    client.say(subscribe("chats")).await;
    assert_eq!(client.so_far().await.len(), 12);
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_ends_its_connections() {
    let world = World::open().await;
    let (stream, port) = served(&world, &unlimited()).await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let bob = world.add_agent("bob@desk.test", Role::Agent, 1).await;
    let revoked = world.add_token(ann, CredentialKind::Token, READ).await;
    let other = world.add_token(ann, CredentialKind::Token, READ).await;
    let bobs = world.add_token(bob, CredentialKind::Token, READ).await;
    let mut clients = [
        Client::open(port.address, &revoked.secret).await,
        Client::open(port.address, &other.secret).await,
        Client::open(port.address, &bobs.secret).await,
    ];
    stream.close_unverified().await;
    world.desk.write(move |tx, cx| credentials::revoke(tx, cx, revoked.credential.id)).await.unwrap();
    // Another process revoked it: what is kept in memory is good for five seconds.
    world.clock.advance_seconds(5);
    stream.close_unverified().await;
    assert_eq!((clients[0].text().await.as_str(), clients[0].next().await), (UNVERIFIED, Err(Some(4001))));
    let draft = AgentDraft {
        email: "bob@desk.test".to_owned(),
        first_name: "Bob".to_owned(),
        last_name: String::new(),
        role: Role::Agent,
        slots: 1,
        enabled: false,
        password_hash: None,
    };
    world.desk.write(move |tx, cx| accounts::change_agent(tx, cx, bob, &draft)).await.unwrap();
    world.settle().await;
    world.desk.forget_credentials();
    stream.close_unverified().await;
    assert_eq!((clients[2].text().await.as_str(), clients[2].next().await), (UNVERIFIED, Err(Some(4001))));
    assert!(clients[1].so_far().await.is_empty(), "the other one goes on");
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let world = World::open().await;
    let (stream, port) = served(&world, &unlimited()).await;
    let mut client = Client::open(port.address, world.token()).await;
    world.stop.send_replace(true);
    assert_eq!(client.next().await, Err(Some(1001)));
    drop(client);
    gone(&stream).await;
}

#[tokio::test]
async fn pings_are_answered() {
    let world = World::open().await;
    let (_, port) = served(&world, &unlimited()).await;
    let mut client = Client::open(port.address, world.token()).await;
    for _ in 0..5 {
        client.send(Message::Ping(bytes::Bytes::from_static(b"still there?"))).await;
        client.pong(b"still there?").await;
    }
}
