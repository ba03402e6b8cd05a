//! The real-time figures through the door.

use std::num::NonZeroU32;

use deskbell_app::commands::{AgentCommand, VisitorCommand};
use deskbell_app::conversations::Writing;
use deskbell_app::credentials;
use deskbell_app::rights::Scopes;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::Rating;
use deskbell_domain::credential::CredentialKind;
use deskbell_http::{Kit, SharedLimit};
use serde_json::{Value, json};

use crate::world::{Reply, World, call, unlimited};
use crate::{Stream, SurfaceOptions, rest_kit, stream_kit};

/// What a test looks at: incoming, assigned, active, waiting, duration, response (maxima).
fn line(answer: &Value) -> [Value; 6] {
    ["incoming_chats", "assigned_chats", "active_chats", "waiting_time_max", "chat_duration_max", "response_time_max"]
        .map(|key| answer["content"]["data"][key].clone())
}

fn figures(values: [Option<i64>; 6]) -> [Value; 6] {
    values.map(|value| json!(value))
}

#[tokio::test]
async fn a_chat_moves_through_the_figures() {
    let world = World::open().await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let sales = world.add_department("Sales", &[ann]).await;
    let other = world.add_department("Other", &[ann]).await;
    world.status(ann, AgentStatus::ONLINE).await;
    let here = format!("chats?department_id={}", sales.get());
    let elsewhere = format!("chats?department_id={}", other.get());
    let nothing = figures([Some(0), Some(0), Some(0), None, None, None]);
    let all = async |wanted: [Option<i64>; 6], what: &str| {
        for path in ["chats", &here] {
            assert_eq!(line(&world.figures(path).await), figures(wanted), "{what}, {path}");
        }
        for path in ["chats?department_id=0", &elsewhere] {
            assert_eq!(line(&world.figures(path).await), nothing, "{what}, {path}");
        }
    };
    all([Some(0), Some(0), Some(0), None, None, None], "before").await;
    let (visit, chat) = world.ask(Some(sales)).await;
    all([Some(0), Some(1), Some(0), Some(0), None, None], "it rings").await;
    world.clock.advance_seconds(5);
    all([Some(0), Some(1), Some(0), Some(5), None, None], "it goes on ringing").await;
    let (second, _) = world.ask(Some(sales)).await;
    world.clock.advance_seconds(2);
    all([Some(1), Some(1), Some(0), Some(7), None, None], "another waits, since the only slot is taken").await;
    let average = world.figures(&format!("chats/waiting_time_avg?department_id={}", sales.get())).await;
    assert_eq!(average["content"]["data"], json!({"waiting_time_avg": 4}), "of 7 and 2 seconds");
    let conversation = world.agent(ann, AgentCommand::Accept { chat }).await.conversation.unwrap();
    all([Some(1), Some(0), Some(1), Some(2), Some(7), Some(7)], "joined").await;
    let writing = Writing::Message;
    world.agent(ann, AgentCommand::Send { conversation, writing, text: "hi".to_owned(), file: None }).await;
    all([Some(1), Some(0), Some(1), Some(2), Some(7), None], "answered").await;
    world.clock.advance_seconds(3);
    world.say(&visit, "thanks").await;
    world.clock.advance_seconds(4);
    all([Some(1), Some(0), Some(1), Some(9), Some(14), Some(4)], "the visitor waits again").await;
    world.visitor(&second, VisitorCommand::End).await;
    all([Some(0), Some(0), Some(1), None, Some(14), Some(4)], "the other one left").await;
    world.visitor(&visit, VisitorCommand::End).await;
    all([Some(0), Some(0), Some(0), None, None, None], "ended").await;
    let missed = world.figures("chats/missed_chats").await;
    assert_eq!(missed["content"]["data"], json!({"missed_chats": {"30": 1, "60": 1}}));
    let missed = world.figures("chats/missed_chats?department_id=0").await;
    assert_eq!(missed["content"]["data"], json!({"missed_chats": {"30": 0, "60": 0}}));
}

#[tokio::test]
async fn windows_move_with_the_clock() {
    let world = World::online().await;
    let (visit, _) = world.ask(None).await;
    world.visitor(&visit, VisitorCommand::End).await;
    for (advance, wanted) in [
        (0, json!({"30": 1, "60": 1})),
        (1_799, json!({"30": 1, "60": 1})),
        (1, json!({"30": 0, "60": 1})),
        (1_799, json!({"30": 0, "60": 1})),
        (1, json!({"30": 0, "60": 0})),
    ] {
        world.clock.advance_seconds(advance);
        for path in ["chats/missed_chats", "chats?department_id=0", "chats"] {
            assert_eq!(world.figures(path).await["content"]["data"]["missed_chats"], wanted, "{path} {advance}");
        }
    }
}

#[tokio::test]
async fn a_changed_rating_counts_once() {
    let world = World::online().await;
    let (visit, chat) = world.ask(None).await;
    world.agent(world.owner.agent.id, AgentCommand::Accept { chat }).await;
    world.visitor(&visit, VisitorCommand::End).await;
    let (one, none) = (json!({"30": 1, "60": 1}), json!({"30": 0, "60": 0}));
    for (rating, good, bad) in [
        (Some(Rating::Good), &one, &none),
        (Some(Rating::Bad), &none, &one),
        (Some(Rating::Good), &one, &none),
        (None, &none, &none),
        (Some(Rating::Bad), &none, &one),
    ] {
        world.rate(&visit, rating, None).await;
        let data = world.figures("chats").await["content"]["data"].clone();
        assert_eq!((&data["satisfaction_good"], &data["satisfaction_bad"]), (good, bad), "{rating:?}");
    }
    let window = world.figures("chats/satisfaction_bad?window=60").await;
    assert_eq!(window["content"]["data"], json!({"satisfaction_bad": {"60": 1}}));
}

#[tokio::test]
async fn agents_are_counted_by_status_and_department() {
    let world = World::online().await;
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let bob = world.add_agent("bob@desk.test", Role::Agent, 1).await;
    let sales = world.add_department("Sales", &[ann]).await;
    world.status(ann, AgentStatus::AWAY).await;
    world.status(bob, AgentStatus::INVISIBLE).await;
    let answer = world.figures("agents").await;
    assert_eq!(
        answer.to_string(),
        r#"{"content":{"topic":"agents","data":{"agents_online":1,"agents_away":1,"agents_invisible":1},"#.to_owned()
            + r#""type":"update","department_id":null},"status_code":200}"#
    );
    let answer = world.figures(&format!("agents?department_id={}&window=5", sales.get())).await;
    assert_eq!(answer["content"]["data"], json!({"agents_online": 0, "agents_away": 1, "agents_invisible": 0}));
    assert_eq!(answer["content"]["department_id"], json!(sales.get()));
    let answer = world.figures("agents/agents_away?department_id=0").await;
    let wanted = json!({"topic": "agents", "data": {"agents_away": 1}, "type": "update", "department_id": 0});
    assert_eq!(answer["content"], wanted, "all are members of the default department");
    world.status(ann, AgentStatus::OFFLINE).await;
    let answer = world.figures("agents").await;
    assert_eq!(answer["content"]["data"], json!({"agents_online": 1, "agents_away": 0, "agents_invisible": 1}));
}

#[tokio::test]
async fn the_envelope() {
    let world = World::open().await;
    for (path, wanted) in [
        (
            "chats/missed_chats?window=30",
            r#"{"content":{"topic":"chats","data":{"missed_chats":{"30":0}},"type":"update","department_id":null},"status_code":200}"#,
        ),
        (
            "chats/active_chats?department_id=0&window=60",
            r#"{"content":{"topic":"chats","data":{"active_chats":0},"type":"update","department_id":0},"status_code":200}"#,
        ),
        (
            "chats/waiting_time_avg?department_id=&window=",
            r#"{"content":{"topic":"chats","data":{"waiting_time_avg":null},"type":"update","department_id":null},"status_code":200}"#,
        ),
        (
            "chats/?window=30",
            r#"{"content":{"topic":"chats","data":{"incoming_chats":0,"assigned_chats":0,"active_chats":0,"missed_chats":{"30":0},"waiting_time_avg":null,"waiting_time_max":null,"chat_duration_avg":null,"chat_duration_max":null,"response_time_avg":null,"response_time_max":null,"satisfaction_good":{"30":0},"satisfaction_bad":{"30":0}},"type":"update","department_id":null},"status_code":200}"#,
        ),
    ] {
        let reply = call(&world.stream, "GET", &format!("/stream/{path}"), Some(world.token())).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, wanted), "{path}");
        assert_eq!(reply.headers["content-type"], "application/json");
        let again = call(&world.stream, "GET", &format!("/stream/{path}"), Some(world.token())).await;
        assert_eq!(again.text, wanted, "from memory");
    }
}

#[tokio::test]
async fn refusals() {
    let world = World::open().await;
    for (verb, path, status, message) in [
        ("GET", "chats/nothing", 404, "There is no such metric"),
        ("GET", "chats/agents_online", 404, "There is no such metric"),
        ("GET", "agents/active_chats", 404, "There is no such metric"),
        ("GET", "chats?department_id=5", 404, "There is no such department"),
        ("GET", "agents?department_id=-1", 404, "There is no such department"),
        ("GET", "chats?department_id=sales", 400, "parameter department_id must be an integer"),
        ("GET", "agents/agents_away?department_id=1.5", 400, "parameter department_id must be an integer"),
        ("GET", "chats?window=31", 400, "parameter window must be one of 30, 60"),
        ("GET", "chats/active_chats?window=x", 400, "parameter window must be one of 30, 60"),
        ("GET", "visitors", 404, "there is nothing at this path"),
        ("GET", "chats/active_chats/now", 404, "there is nothing at this path"),
        ("POST", "chats", 405, "the method is not allowed for this path"),
    ] {
        let reply = call(&world.stream, verb, &format!("/stream/{path}"), Some(world.token())).await;
        assert_eq!((reply.status, reply.json()), (status, json!({"status_code": status, "message": message})), "{verb} {path}");
    }
}

#[tokio::test]
async fn tokens() {
    let world = World::open().await;
    let read = Scopes { read: true, ..Scopes::default() };
    let write = Scopes { write: true, chat: true, ..Scopes::default() };
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let good = world.add_token(ann, CredentialKind::Token, read).await;
    let revoked = world.add_token(ann, CredentialKind::Token, read).await;
    let writes = world.add_token(ann, CredentialKind::Token, write).await;
    let session = world.add_token(ann, CredentialKind::Session, read).await;
    let known = call(&world.stream, "GET", "/stream/chats", Some(&revoked.secret)).await;
    assert_eq!(known.status, 200);
    world.desk.write(move |tx, cx| credentials::revoke(tx, cx, revoked.credential.id)).await.unwrap();
    world.desk.forget_credentials();
    for (token, status) in [
        (Some(good.secret.as_str()), 200),
        (Some(revoked.secret.as_str()), 401),
        (Some(session.secret.as_str()), 401),
        (Some(world.owner.api_key.secret.as_str()), 401),
        (Some("wrong"), 401),
        (Some(""), 401),
        (None, 401),
        (Some(writes.secret.as_str()), 403),
    ] {
        for path in ["chats", "chats/active_chats", "agents", "agents/agents_online"] {
            let reply = call(&world.stream, "GET", &format!("/stream/{path}"), token).await;
            assert_eq!(reply.status, status, "{path} {}", reply.text);
            assert_eq!(reply.json()["status_code"], status, "the same number within");
            if status == 401 {
                assert_eq!(reply.text, r#"{"status_code":401,"message":"Unable to verify the identity of the client"}"#);
            }
        }
    }
}

#[tokio::test]
async fn the_account_has_one_limit() {
    let world = World::open().await;
    let rate_limit = NonZeroU32::new(3).map(SharedLimit::per_minute);
    let options = SurfaceOptions { rate_limit, ..SurfaceOptions::default() };
    let kit = stream_kit(Stream::new(world.desk.clone(), world.stop.subscribe()), &options);
    let rest = rest_kit(world.desk.clone(), &options);
    let ann = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let other = world.add_token(ann, CredentialKind::Token, Scopes { read: true, ..Scopes::default() }).await;
    let stranger = call(&kit, "GET", "/stream/chats", None).await;
    assert_eq!(stranger.status, 401, "strangers use up nothing");
    let first = call(&kit, "GET", "/stream/chats", Some(world.token())).await;
    assert_eq!(first.status, 200);
    assert_eq!(rates(&first), ["3", "2"]);
    assert_eq!(
        rates(&call(&kit, "GET", "/stream/agents/nothing", Some(&other.secret)).await),
        ["3", "1"],
        "a refusal counts and tells, too"
    );
    let third = call(&rest, "GET", "/api/v2/chat/incremental/chats", Some(world.token())).await;
    assert_eq!((third.status, rates(&third)), (200, ["3", "0"]), "the other surface counts along");
    let fourth = call(&kit, "GET", "/stream/chats", Some(world.token())).await;
    assert_eq!(fourth.status, 429);
    assert_eq!(fourth.json(), json!({"status_code": 429, "message": "too many requests, try again later"}));
    let fifth = call(&rest, "GET", "/api/v2/incremental/chats", Some(world.token())).await;
    assert_eq!((fifth.status, fifth.json()["error"].as_str()), (429, Some("Too Many Requests")));
    for refused in [fourth, fifth] {
        assert_eq!(rates(&refused), ["3", "0"]);
        let seconds: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds));
    }
    assert_eq!(call(&rest, "GET", "/api/v2/incremental/chats", None).await.status, 401, "strangers have a count of their own");
}

fn rates(reply: &Reply) -> [&str; 2] {
    ["x-rate-limit", "x-rate-limit-remaining"].map(|name| reply.headers[name].to_str().unwrap())
}

#[tokio::test]
async fn the_desks_address_may_stand_in_front() {
    let world = World::open().await;
    for (path, status) in [
        ("/acme.zendesk.com/stream/chats", 200),
        ("/acme.zendesk.com/stream/agents/agents_away", 200),
        ("/acme.zendesk.com/stream", 400),
        ("/stream", 400),
        ("/stream/", 400),
    ] {
        assert!(world.stream.owns(path), "{path}");
        assert_eq!(call(&world.stream, "GET", path, Some(world.token())).await.status, status, "{path}");
    }
    assert!(!world.stream.owns("/acme.test/stream/chats"));
}

#[tokio::test]
async fn pages_on_the_list_may_read() {
    let world = World::open().await;
    let options = SurfaceOptions { cors_origins: vec!["https://wall.test".to_owned()], ..unlimited() };
    let listed = stream_kit(Stream::new(world.desk.clone(), world.stop.subscribe()), &options);
    let ask = async |kit: &Kit<Stream>, verb: &str, origin: &str, headers: &[(&str, &str)]| {
        let mut request = http::Request::builder().method(verb).uri("/stream/chats").header("origin", origin);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        kit.handle(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let preflight = [("access-control-request-method", "GET"), ("access-control-request-headers", "authorization")];
    let allowed = ask(&listed, "OPTIONS", "https://wall.test", &preflight).await;
    assert_eq!(allowed.status(), 204);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://wall.test");
    assert_eq!(allowed.headers()["access-control-allow-headers"], "authorization");
    let token = format!("Bearer {}", world.token());
    let answer = ask(&listed, "GET", "https://wall.test", &[("authorization", &token)]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://wall.test");
    assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("retry-after"));
    let refused = ask(&listed, "GET", "https://wall.test", &[("authorization", "Bearer wrong")]).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], "https://wall.test", "so that the page can read why");
    for (kit, origin) in [(&listed, "https://evil.test"), (&listed, "https://wall.test.evil.test"), (&world.stream, "https://wall.test")] {
        let strange = ask(kit, "OPTIONS", origin, &preflight).await;
        assert_eq!(strange.status(), 405, "{origin}");
        let answer = ask(kit, "GET", origin, &[("authorization", &token)]).await;
        assert!(!strange.headers().contains_key("access-control-allow-origin"), "{origin}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
}
