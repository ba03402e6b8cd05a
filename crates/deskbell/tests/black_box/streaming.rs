//! The real-time figures of Zendesk Chat over sockets, beside the same over REST.

use crate::{binary, server};
use deskbell_testkit::http::client;
use deskbell_testkit::socket::{End, Socket};
use deskbell_testkit::{Agent, Answer, Options, Server, Visitor, WAIT, eventually};
use serde_json::{Value, json};
use tokio::time::Instant;

const AUTHENTICATED: &str = r#"{"status_code":200,"message":{"authenticated":true}}"#;
const UNVERIFIED: &str = "Unable to verify the identity of the client";
const CONNECTIONS_PER_AGENT_MAX: usize = 10;

/// A socket for the figures, once it has said who it is.
async fn open(server: &Server, path: &str, token: &str) -> Result<Socket, End> {
    Socket::open(server.address(), path, &[("authorization", &format!("Bearer {token}"))]).await
}

async fn let_in(server: &Server) -> Socket {
    let mut socket = open(server, "/stream", &server.access_token).await.expect("it connects");
    assert_eq!(next(&mut socket).await.to_string(), AUTHENTICATED);
    socket
}

async fn next(socket: &mut Socket) -> Value {
    socket.next(Instant::now() + WAIT).await.expect("a frame")
}

async fn ask(socket: &mut Socket, action: &str, topic: &str) {
    socket.send(&json!({"topic": topic, "action": action})).await.expect("it is sent");
}

/// The next value of a figure; other frames are passed over.
async fn figure(socket: &mut Socket, figure: &str) -> Value {
    loop {
        let frame = next(socket).await;
        if let Some(value) = frame["content"]["data"].get(figure) {
            return value.clone();
        }
    }
}

#[tokio::test]
async fn tokens_open_the_stream() {
    let server = server().await;
    for path in ["/stream", "/acme.zendesk.com/stream"] {
        for token in ["wrong", server.api_key.as_str(), ""] {
            let mut socket = open(&server, path, token).await.expect("the upgrade succeeds");
            assert_eq!(next(&mut socket).await, json!({"status_code": 401, "message": UNVERIFIED}));
            let end = socket.next(Instant::now() + WAIT).await;
            assert!(matches!(end, Err(End::Closed { code: 4001, .. })), "{end:?}");
        }
        let mut socket = open(&server, path, &server.access_token).await.expect("the upgrade succeeds");
        assert_eq!(next(&mut socket).await.to_string(), AUTHENTICATED);
    }
    // A request that is no upgrade, and nonsense.
    let plain = server.bearer().get("/stream").await;
    assert_eq!((plain.status, plain.json()["status_code"].as_i64()), (400, Some(400)), "{plain:?}");
}

#[tokio::test]
async fn changes_arrive_and_agree_with_requests() {
    let mut server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut socket = let_in(&server).await;
    for topic in ["chats.assigned_chats", "chats.active_chats", "agents.agents_online"] {
        ask(&mut socket, "subscribe", topic).await;
    }
    assert_eq!(figure(&mut socket, "assigned_chats").await, 0);
    assert_eq!(figure(&mut socket, "active_chats").await, 0);
    assert_eq!(figure(&mut socket, "agents_online").await, 1);

    let mut visitor = Visitor::arrive(&server).await;
    visitor.ask("hello").await;
    assert_eq!(figure(&mut socket, "assigned_chats").await, 1);
    let mut clock = let_in(&server).await;
    ask(&mut clock, "subscribe", "chats.waiting_time_max").await;
    let waited = [figure(&mut clock, "waiting_time_max").await, figure(&mut clock, "waiting_time_max").await];
    assert!(waited[0].as_i64() < waited[1].as_i64(), "it moves with the clock: {waited:?}");
    owner.take_offer().await;
    assert_eq!(figure(&mut clock, "waiting_time_max").await, Value::Null);
    clock.close().await;

    let frame = next(&mut socket).await;
    assert_eq!(frame["content"]["data"], json!({"assigned_chats": 0}));
    let frame = next(&mut socket).await;
    assert_eq!(frame, server.bearer().get("/stream/chats/active_chats").await.good(), "one spelling for both");

    // Nothing more of what is not wanted any more.
    ask(&mut socket, "unsubscribe", "chats.active_chats").await;
    ask(&mut socket, "subscribe", "nothing").await;
    assert_eq!(next(&mut socket).await["status_code"], 404);
    visitor.live.ok(json!({"t": "end"})).await;
    owner.be("away").await;
    assert_eq!(next(&mut socket).await["content"]["data"], json!({"agents_online": 0}));

    // A stop is said, and after it the figures are right at once.
    assert!(server.stop().await.success());
    let end = socket.next(Instant::now() + WAIT).await;
    assert!(matches!(end, Err(End::Closed { code: 1001, .. })), "{end:?}");
    server.launch().await;
    let mut socket = let_in(&server).await;
    ask(&mut socket, "subscribe", "agents").await;
    assert_eq!(figure(&mut socket, "agents_away").await, server.bearer().figures("agents").await["agents_away"]);
}

#[tokio::test]
async fn an_agent_has_so_many_connections() {
    let server = server().await;
    let mut sockets = Vec::new();
    for _ in 0..CONNECTIONS_PER_AGENT_MAX {
        sockets.push(let_in(&server).await);
    }
    assert!(matches!(open(&server, "/stream", &server.access_token).await, Err(End::Refused(429))));
    let refused = Answer::of(upgrade(&server)).await;
    assert_eq!((refused.status, refused.json()["status_code"].as_i64()), (429, Some(429)), "{refused:?}");
    assert!(refused.json()["message"].as_str().is_some_and(|message| message.contains("10 connections")), "{refused:?}");
    sockets.pop().expect("there are some").close().await;
    let again = eventually("there is room again", async || open(&server, "/stream", &server.access_token).await.ok()).await;
    drop(again);
}

/// An upgrade whose refusal can be read.
fn upgrade(server: &Server) -> reqwest::RequestBuilder {
    let request = client().get(format!("{}/stream", server.base())).bearer_auth(&server.access_token);
    let request = request.header("connection", "upgrade").header("upgrade", "websocket");
    request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

#[tokio::test]
async fn connecting_and_asking_share_one_limit() {
    let arguments = ["--rate-limit", "3", "--realtime-origin", "https://wall.example"].map(str::to_owned).to_vec();
    let server = Server::start(binary(), Options { arguments, ..Options::default() }).await;
    let _socket = let_in(&server).await;
    let request = client().get(format!("{}/stream/chats", server.base())).bearer_auth(&server.access_token);
    let answer = request.header("origin", "https://wall.example").send().await.expect("an answer");
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!((header("x-rate-limit"), header("x-rate-limit-remaining")), ("3".to_owned(), "1".to_owned()));
    assert_eq!(header("access-control-allow-origin"), "https://wall.example");
    assert_eq!(server.bearer().get("/api/v2/chat/incremental/chats?start_time=0").await.status, 200);
    for refused in [upgrade(&server), client().get(format!("{}/stream/agents", server.base())).bearer_auth(&server.access_token)] {
        let answer = refused.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 429);
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
        let body: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        assert_eq!(body, json!({"status_code": 429, "message": "too many requests, try again later"}));
    }
}

#[tokio::test]
async fn a_revoked_token_ends_its_connection() {
    let server = server().await;
    let created = server.run(&["token", "create", "--name", "wall"]);
    let created: Value = serde_json::from_slice(&created.stdout).expect("it prints JSON");
    let token = created["access_token"].as_str().expect("a token is printed");
    let mut socket = eventually("the new token is good", async || {
        let mut socket = open(&server, "/stream", token).await.ok()?;
        (next(&mut socket).await["status_code"] == 200).then_some(socket)
    })
    .await;
    let revoked = server.run(&["token", "revoke", created["id"].as_str().expect("a token has an id")]);
    assert!(revoked.status.success(), "{revoked:?}");
    assert_eq!(next(&mut socket).await, json!({"status_code": 401, "message": UNVERIFIED}));
    let end = socket.next(Instant::now() + WAIT).await;
    assert!(matches!(end, Err(End::Closed { code: 4001, .. })), "{end:?}");
}
