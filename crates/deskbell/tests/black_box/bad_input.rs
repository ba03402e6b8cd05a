//! The negative space: what is refused, with which answer, on which surface; and that the desk goes on afterwards.

use crate::server;
use deskbell_testkit::http::client;
use deskbell_testkit::socket::{End, Socket};
use deskbell_testkit::{Agent, Answer, Server, Transport, Trouble, Visitor, WAIT};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

const FRAME_BYTES_MAX: usize = 64 * 1024;
const TEXT_BYTES_MAX: usize = 32 * 1024;

/// LiveAgent's shape, in all three formats.
#[tokio::test]
async fn liveagent_answers_in_its_own_shape() {
    let server = server().await;
    let v1 = server.v1();
    // The reference: 404 for an agent, 500 for most of what is wrong.
    let cases: &[(&str, u16)] = &[
        ("conversations/zzzzzzzz", 500),
        ("conversations/not-an-id-at-all", 500),
        ("conversations?status=Z", 500),
        ("agents/nobody@example.com", 404),
        ("no/such/call", 404),
    ];
    for (path, status) in cases {
        check_v1(&v1.get(path).await, *status, path);
        let (path, query) = path.split_once('?').map_or((*path, String::new()), |(path, query)| (path, format!("?{query}")));
        let xml = v1.get(&format!("{path}.xml{query}")).await;
        assert_eq!(xml.status, *status, "{path} in XML: {xml:?}");
        assert!(xml.text.contains("<status>ERROR</status>") && xml.text.contains(&format!("<statuscode>{status}</statuscode>")), "{xml:?}");
        let yaml = v1.get(&format!("{path}.yaml{query}")).await;
        assert_eq!(yaml.status, *status, "{path} in YAML: {yaml:?}");
        assert!(yaml.text.contains("status: ERROR") && yaml.text.contains(&format!("statuscode: {status}")), "{yaml:?}");
    }
    for key in ["", "0123456789abcdef0123456789abcdef", "' OR 1=1 --"] {
        let answer = Answer::of(client().get(format!("{}/api/chats/overview", server.base())).header("apikey", key)).await;
        assert!(matches!(answer.status, 400 | 401), "{key:?}: {answer:?}");
        check_v1(&answer, answer.status, key);
    }
    assert_eq!(v1.get("chats/overview").await.status, 200);
}

fn check_v1(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    let response = &answer.json()["response"];
    assert_eq!((&response["status"], &response["statuscode"]), (&json!("ERROR"), &json!(status)), "{what}: {answer:?}");
    assert!(response["errormessage"].as_str().is_some_and(|message| !message.is_empty()), "{what}: {answer:?}");
}

#[tokio::test]
async fn zendesk_answers_in_its_own_shape() {
    let server = server().await;
    let mut bearer = server.bearer();
    let cases = [
        ("/stream/nonsense", 404),
        ("/stream/chats/nonsense", 404),
        ("/stream/chats?department_id=abc", 400),
        ("/stream/chats?window=31", 400),
        ("/api/v2/incremental/chats?start_time=yesterday", 400),
        ("/api/v2/nonsense", 404),
    ];
    for (path, status) in cases {
        let answer = bearer.get(path).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(answer.json().is_object() && !answer.text.contains("\"response\""), "{path}: {answer:?}");
    }
    bearer.token = "nonsense".to_owned();
    for path in ["/stream/chats", "/stream/agents", "/api/v2/incremental/chats?start_time=0"] {
        let answer = bearer.get(path).await;
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
        assert!(answer.json().is_object(), "{path}: {answer:?}");
    }
    let nobody = Answer::of(client().get(format!("{}/stream/chats", server.base()))).await;
    assert_eq!(nobody.status, 401, "{nobody:?}");
}

#[tokio::test]
async fn native_answers_in_its_own_shape() {
    let server = server().await;
    let owner = Agent::owner(&server).await;
    let cases = [
        (Method::GET, "conversations/zzzzzzzz", None, 404, "not_found"),
        (Method::GET, "nonsense", None, 404, "not_found"),
        (Method::GET, "conversations?limit=many", None, 400, "invalid"),
        (Method::PUT, "me/status", Some(json!({"status": "sleepy"})), 400, "invalid"),
        (Method::PUT, "me/status", Some(json!({"status": 7})), 400, "invalid"),
        (Method::PUT, "me/status", Some(json!({})), 400, "invalid"),
        (Method::PUT, "me/status", Some(json!([])), 400, "invalid"),
        (Method::PUT, "settings", Some(json!({"accent": "red"})), 400, "invalid"),
        (Method::POST, "chats/zzzzzzzz/accept", Some(json!({})), 404, "not_found"),
        (Method::POST, "credentials", Some(json!({"kind": "skeleton"})), 400, "invalid"),
    ];
    for (method, path, body, status, code) in cases {
        check_native(&owner.call(method, path, body.clone()).await, status, code, &format!("{path} {body:?}"));
    }
    let put = |body: String| {
        let request = client().put(format!("{}/api/native/v1/me/status", server.base())).header("cookie", &owner.cookie);
        request.header("x-deskbell", "1").header("content-type", "application/json").body(body)
    };
    check_native(&Answer::of(put("{\"status\":".to_owned())).await, 400, "invalid", "half a body");
    let big = format!("{{\"status\":\"{}\"}}", "x".repeat(30 * 1024 * 1024));
    // A server may close before it has read everything.
    if let Ok(answer) = Answer::try_of(put(big)).await {
        check_native(&answer, 413, "too_large", "a body of 30 MiB");
    }
    // A foreign page cannot send the header, nor use the cookie alone.
    let request = client().put(format!("{}/api/native/v1/me/status", server.base())).header("cookie", &owner.cookie);
    check_native(&Answer::of(request.json(&json!({"status": "away"}))).await, 403, "forbidden", "without X-Deskbell");
    let request = client().get(format!("{}/api/native/v1/agents", server.base()));
    check_native(&Answer::of(request).await, 401, "no_credential", "as nobody");
    let request = client().get(format!("{}/api/native/v1/agents", server.base())).header("cookie", "deskbell_session=false");
    check_native(&Answer::of(request).await, 401, "bad_credential", "with a false cookie");
    let session = json!({"email": "owner@example.com", "password": "wrong"});
    let request = client().post(format!("{}/api/native/v1/session", server.base())).header("x-deskbell", "1");
    check_native(&Answer::of(request.json(&session)).await, 401, "bad_credential", "with a wrong password");
}

fn check_native(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    let error = &answer.json()["error"];
    assert_eq!(error["code"], code, "{what}: {answer:?}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{what}: {answer:?}");
}

/// What a visitor sends, and the code of the refusal.
#[tokio::test]
async fn frames_that_are_refused() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut visitor = Visitor::arrive(&server).await;
    assert_eq!(visitor.live.refused(json!({"t": "send", "text": "no chat yet"})).await, "conflict");
    let asked = visitor.ask("hello").await;
    let (chat, conversation) = (asked["chat"].clone(), asked["conversation"].clone());
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    let cases = [
        (json!({"t": "send"}), "missing"),
        (json!({"t": "send", "text": ""}), "missing"),
        (json!({"t": "send", "text": long}), "too_large"),
        (json!({"t": "send", "file": "0123456789abcdef0123456789abcdef"}), "not_found"),
        (json!({"t": "rate", "rating": "splendid"}), "invalid"),
        (json!({"t": "chat", "department": "zzzzzzzz"}), ""),
        (json!({"t": "offline", "text": "no address"}), "missing"),
        (json!({"t": "offline", "email": "not an address", "text": "x"}), "invalid"),
        (json!({"t": "read", "message": "zzzzzzzz"}), "not_found"),
        (json!({"t": "send", "text": "x", "key": ""}), "invalid"),
        (json!({"t": "send", "text": "x", "key": "k".repeat(101)}), "invalid"),
    ];
    for (frame, code) in cases {
        let sent: String = frame.to_string().chars().take(100).collect();
        // While a chat is live it is returned, whatever was asked for.
        if code.is_empty() {
            assert_eq!(visitor.live.ok(frame).await["chat"], chat);
            continue;
        }
        assert_eq!(visitor.live.refused(frame).await, code, "{sent}");
    }
    let agents = [
        (json!({"t": "accept", "chat": "zzzzzzzz"}), "not_found"),
        (json!({"t": "accept"}), "missing"),
        (json!({"t": "status", "status": "sleepy"}), "invalid"),
        (json!({"t": "send", "conversation": conversation, "text": "not in the chat", "kind": "message"}), "forbidden"),
        (json!({"t": "send", "conversation": "zzzzzzzz", "text": "x", "kind": "message"}), "not_found"),
        (json!({"t": "tags", "conversation": "zzzzzzzz", "tags": ["x"]}), "not_found"),
        (json!({"t": "transfer", "chat": chat, "agent": "zzzzzzzz"}), "not_found"),
    ];
    for (frame, code) in agents {
        let sent = frame.to_string();
        assert_eq!(owner.live.refused(frame).await, code, "{sent}");
    }
    // Half a frame, a command without a key, wrong types, and what nobody knows: the connection stays.
    let socket = visitor.live.socket();
    socket.send_text("{\"t\":".to_owned()).await.expect("it is sent");
    assert_eq!(refusal(socket).await["code"], "invalid");
    socket.send(&json!({"t": "send", "text": "without a key"})).await.expect("it is sent");
    assert_eq!(refusal(socket).await["code"], "missing");
    socket.send(&json!({"t": "send", "key": "k1", "text": 7})).await.expect("it is sent");
    assert_eq!(refusal(socket).await["code"], "invalid");
    socket.send(&json!({"t": "from the future", "key": "k2"})).await.expect("it is sent");
    socket.send(&json!({"t": "ping"})).await.expect("it is sent");
    visitor.live.wait_for("the answer to ping", |frame| frame["t"] == "pong").await;
    visitor.say("it goes on").await;
    let texts = visitor.fresh_look().await.view["messages"].as_array().map(Vec::len);
    assert_eq!(texts, Some(2));
}

/// The next error frame.
async fn refusal(socket: &mut Socket) -> Value {
    loop {
        let frame = socket.next(Instant::now() + WAIT).await.expect("an answer");
        if frame["t"] == "error" {
            return frame;
        }
    }
}

/// What breaks the rules ends the connection with its code, and nothing else.
#[tokio::test]
async fn connections_that_are_closed() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let visitor = Visitor::arrive(&server).await;
    let hello = json!({"t": "hello", "token": visitor.token}).to_string();
    let cases: [(&[String], u16); 5] = [
        (&["{\"t\":\"send\",\"key\":\"k\",\"text\":\"before hello\"}".to_owned()], 1008),
        (&["this is no JSON".to_owned()], 1008),
        (&[hello.clone(), json!({"t": "typing", "text": "x".repeat(FRAME_BYTES_MAX + 1)}).to_string()], 1009),
        (&[json!({"t": "hello", "token": "false"}).to_string()], 4001),
        (&[json!({"t": "hello"}).to_string()], 4001),
    ];
    for (frames, code) in cases {
        let mut socket = open(&server, &[]).await.expect("it connects");
        for frame in frames {
            socket.send_text(frame.clone()).await.expect("it is sent");
        }
        let end = end(&mut socket).await;
        let last: String = frames.last().into_iter().flat_map(|frame| frame.chars().take(60)).collect();
        assert!(matches!(end, End::Closed { code: found, .. } if found == code), "{last}: {end:?}, not {code}");
    }
    // A console on a foreign page, or with a false cookie.
    let cookie = owner.cookie.clone();
    let origin = server.base();
    for headers in [
        [("origin", "http://evil.example"), ("cookie", cookie.as_str())],
        [("origin", origin.as_str()), ("cookie", "deskbell_session=false")],
    ] {
        let opened = Socket::open(server.address(), "/live/agent", &headers).await;
        let refused = match opened {
            Err(end) => matches!(end, End::Refused(401 | 403)),
            Ok(mut socket) => {
                socket.send(&json!({"t": "hello"})).await.expect("it is sent");
                matches!(end(&mut socket).await, End::Closed { code: 4001 | 1008, .. })
            }
        };
        assert!(refused, "{headers:?}");
    }
    // An earlier token that is false is a new visitor, not an error.
    let other = Visitor::unconnected(&server, Transport::Socket, Some("false")).await;
    assert_ne!(other.visit["visit"], visitor.visit["visit"]);
    owner.be("away").await;
}

async fn open(server: &Server, headers: &[(&'static str, &str)]) -> Result<Socket, End> {
    Socket::open(server.address(), "/live/visitor", headers).await
}

async fn end(socket: &mut Socket) -> End {
    loop {
        if let Err(end) = socket.next(Instant::now() + WAIT).await {
            return end;
        }
    }
}

/// One visitor cannot see, write into, or fetch anything of another.
#[tokio::test]
async fn foreign_things_stay_foreign() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut first = Visitor::arrive(&server).await;
    let asked = first.ask("mine").await;
    let upload = |token: &str, bytes: Vec<u8>| {
        let request = client().post(format!("{}/live/files?name=note.txt", server.base())).bearer_auth(token);
        request.header("content-type", "text/plain").body(bytes)
    };
    let file = Answer::of(upload(&first.token, b"private".to_vec())).await.good()["file"].clone();
    let mut second = Visitor::arrive(&server).await;
    second.ask("theirs").await;
    assert!(["not_found", "forbidden"].contains(&second.live.refused(json!({"t": "send", "file": file})).await.as_str()));
    let path = format!("{}/live/files/{}", server.base(), file.as_str().expect("a file has an id"));
    for (token, statuses) in [(Some(&second.token), [403, 404]), (None, [401, 404])] {
        let mut request = client().get(&path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = Answer::of(request).await;
        assert!(statuses.contains(&answer.status) && !answer.text.contains("private"), "{answer:?}");
    }
    let message = asked["message"].clone();
    if !message.is_null() {
        assert_eq!(second.live.refused(json!({"t": "read", "message": message})).await, "not_found");
    }
    first.live.ok(json!({"t": "send", "file": file})).await;
    assert_eq!(Answer::of(client().get(&path).bearer_auth(&first.token)).await.text, "private");
    // Too large a file.
    if let Ok(answer) = Answer::try_of(upload(&first.token, vec![b'x'; 21 * 1024 * 1024])).await {
        assert_eq!(answer.status, 413, "{answer:?}");
    }
    assert!(!second.fresh_look().await.view.to_string().contains("mine"));
    // Visitors are no agents.
    let request = client().get(format!("{}/api/native/v1/conversations", server.base())).bearer_auth(&second.token);
    assert_eq!(Answer::of(request).await.status, 401);
}

/// A department whose queue is full sends the next one to the offline form.
#[tokio::test]
async fn a_full_queue_is_offline() {
    let server = server().await;
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let mut department = owner.department("default").await;
    department["queue_chats_max"] = json!(1);
    owner.put("departments/default", department).await.good();
    let mut first = Visitor::arrive(&server).await;
    first.ask("one").await;
    let mut second = Visitor::arrive(&server).await;
    assert_eq!(second.live.refused(json!({"t": "chat", "text": "two"})).await, "offline");
    owner.take_offer().await;
    assert!(second.ask("now").await["chat"].is_string());
}

/// A new password ends the agent's sessions, and with them the console that only listens.
#[tokio::test]
async fn an_ended_session_closes_its_console() {
    let server = server().await;
    let owner = Agent::owner(&server).await;
    let mut ann = owner.colleague(&server, "Ann").await;
    let id = ann.id.clone();
    let answer = owner.put(&format!("agents/{id}"), json!({"slots": 3})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    ann.live.ok(json!({"t": "status", "status": "away"})).await;
    let answer = owner.put(&format!("agents/{id}"), json!({"password": "another one entirely"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let end = loop {
        if let Err(trouble) = ann.live.receive(Instant::now() + WAIT).await {
            break trouble;
        }
    };
    assert!(matches!(end, Trouble::Ended(End::Closed { code: 4001, .. })), "{end:?}");
}
