//! What holds for every call: who may make it, and what is refused. Walks the list of calls.

pub(crate) mod harness;

use axum::body::Body;
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Kind};
use deskbell_http::{Meta, Verb, compat};
use serde_json::{Value, json};

use super::*;
use harness::{Client, Reply, start, start_with};

const PROOF: (&str, &str) = ("x-deskbell", "1");
/// A well-formed id that no desk has handed out in a test.
const UNKNOWN: &str = "zzzzzzzz";

/// A body that a call understands.
fn sample(meta: &Meta) -> Option<Value> {
    Some(match (meta.verb, meta.path) {
        (Verb::Post, "session") => json!({"email": "nobody@desk.test", "password": "wrong horse"}),
        (Verb::Put, "me/status") => json!({"status": "online"}),
        (Verb::Put, "me/phone") => json!({"on": false}),
        (Verb::Post, "agents") => json!({"email": "new@desk.test", "password": "correct horse"}),
        (Verb::Put, "agents/{id}") => json!({"slots": 3}),
        (Verb::Post, "departments") => json!({"name": "Sales"}),
        (Verb::Put, "departments/{id}") => json!({"name": "Sales"}),
        (Verb::Post, "conversations/{id}/messages") => json!({"kind": "note", "text": "Hello"}),
        (Verb::Put, "conversations/{id}/tags") => json!({"tags": ["vip"]}),
        (Verb::Put, "conversations/{id}/status") => json!({"status": "R"}),
        (Verb::Put, "conversations/{id}/assignment") => json!({"agent": null}),
        (Verb::Post, "conversations/{id}/merge") => json!({"into": UNKNOWN}),
        (Verb::Put, "conversations/{id}/sla") => json!({"level": null}),
        (Verb::Put, "conversations/{id}/postponement") => json!({"until": 1_790_000_000_000i64 + 3_600_000}),
        (Verb::Post, "chats/{id}/transfer") => json!({"department": "default"}),
        (Verb::Post, "chats/{id}/invite") => json!({"agent": UNKNOWN}),
        (Verb::Put, "chats/{id}/skills") => json!({"skills": []}),
        (Verb::Post, "calls") => json!({"direction": "in"}),
        (Verb::Post, "calls/{id}/ring") => json!({"to": UNKNOWN}),
        (Verb::Post, "calls/{id}/transfer") => json!({"department": "default"}),
        (Verb::Post, path) if path.starts_with("calls/{id}/") => json!({}),
        (Verb::Post, "skills") => json!({"name": "s"}),
        (Verb::Put, "skills/{id}" | "sla/levels/{id}" | "sla/rules/{id}") => json!({}),
        (Verb::Post, "sla/levels") => json!({"name": "Usual", "times": {"first_answer": 60}}),
        (Verb::Post, "sla/rules") => json!({"name": "All", "level": UNKNOWN}),
        (Verb::Put, "sla/order") => json!({"rules": []}),
        (Verb::Put, "customers/{id}") => json!({"name": "Cleo"}),
        (Verb::Post, "groups") => json!({"name": "VIP"}),
        (Verb::Put, "groups/{id}") => json!({"name": "VIP"}),
        (Verb::Post, "companies") => json!({"name": "Acme"}),
        (Verb::Put, "companies/{id}") => json!({"name": "Acme"}),
        (Verb::Post, "knowledge/bases") => json!({"name": "Help"}),
        (Verb::Patch, "knowledge/bases/{id}") => json!({"name": "Help"}),
        (Verb::Post, "knowledge/entries") => json!({"kind": "article", "title": "How"}),
        (Verb::Patch, "knowledge/entries/{id}") => json!({"title": "How"}),
        (Verb::Post, "knowledge/topics") => json!({"parent": "1", "title": "Why?", "text": "Because"}),
        (Verb::Post, "bans") => json!({"address": "10.0.0.9"}),
        (Verb::Put, "triggers/{id}" | "goals/{id}") => json!({"enabled": true}),
        (Verb::Put, "settings") => json!({"name": "Acme"}),
        (Verb::Post, "shortcuts") => json!({"name": "hello", "message": "Hello!"}),
        (Verb::Put, "shortcuts/{id}") => json!({"message": "Hello!"}),
        (Verb::Post, "rules") => json!({"name": "r", "definition": {"events": "rated", "actions": [{"note": "n"}]}}),
        (Verb::Post, "time-rules") => {
            json!({"name": "r", "definition": {"conditions": [[{"created_more_than": 60}]], "actions": [{"note": "n"}]}})
        }
        (Verb::Put, "rules/{id}" | "time-rules/{id}") => json!({"enabled": true}),
        (Verb::Post, "rules/order" | "time-rules/order") => json!({"order": []}),
        (Verb::Post, "canned-messages") => json!({"name": "hello", "text": "Hello!"}),
        (Verb::Put, "canned-messages/{id}") => json!({"text": "Hello!"}),
        (Verb::Post, "predefined-answers") => json!({"name": "hello", "message": "Hello!"}),
        (Verb::Put, "predefined-answers/{id}") => json!({"message": "Hello!"}),
        (Verb::Post, "credentials") => json!({"kind": "apikey", "name": "key"}),
        (Verb::Post, "oauth/clients") => json!({"name": "Tap", "client_type": "public", "redirect_uris": [], "scopes": ["read"]}),
        _ => return None,
    })
}

async fn call(client: &Client, meta: &Meta, id: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    client.send(meta.verb.text(), &compat::sample_path(meta.path, id), headers, body.into()).await
}

fn body_of(meta: &Meta) -> String {
    sample(meta).map(|body| body.to_string()).unwrap_or_default()
}

#[test]
fn every_call_that_reads_has_a_sample() {
    for entry in entries() {
        assert_eq!(sample(entry.route.meta).is_some(), entry.bodies.reads.is_some(), "{}", entry.route.meta.path);
        assert!(matches!(
            entry.route.meta.right,
            Right::Anyone | Right::Agent | Right::AgentOrKey | Right::AgentOrKeyWrite | Right::Administrator
        ));
    }
}

#[tokio::test]
async fn nobody_gets_in() {
    let desk = start().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    let token = desk.desk.visitor_tokens().issue(visitor.visitor, visitor.visit, desk.desk.now());
    let bearer = format!("Bearer {token}");
    for entry in entries().iter().filter(|entry| entry.route.meta.right != Right::Anyone) {
        let meta = entry.route.meta;
        for (client, headers, code) in [
            (desk.nobody(), vec![PROOF], "no_credential"),
            (desk.with_cookie(""), vec![PROOF], "no_credential"),
            (desk.with_cookie("junk"), vec![PROOF], "bad_credential"),
            (desk.with_cookie(&desk.api_key), vec![PROOF], "bad_credential"),
            (desk.with_cookie(&token), vec![PROOF], "bad_credential"),
            (desk.nobody(), vec![PROOF, ("authorization", &*bearer)], "no_credential"),
            (desk.nobody(), vec![], "no_credential"),
        ] {
            call(&client, meta, UNKNOWN, &headers, body_of(meta)).await.refused(401, code);
        }
    }
}

#[tokio::test]
async fn keys_get_in_where_they_may() {
    let desk = start().await;
    let key = desk.api_key.clone();
    let nobody = desk.nobody();
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    let token = desk.desk.visitor_tokens().issue(visitor.visitor, visitor.visit, desk.desk.now());
    let (mut for_keys, mut others) = (0, 0);
    for entry in entries().iter().filter(|entry| entry.route.meta.right != Right::Anyone) {
        let meta = entry.route.meta;
        for wrong in ["junk", &token] {
            call(&nobody, meta, UNKNOWN, &[PROOF, ("apikey", wrong)], body_of(meta)).await.refused(401, "bad_credential");
        }
        let reply = call(&nobody, meta, UNKNOWN, &[PROOF, ("apikey", &key)], body_of(meta)).await;
        if matches!(meta.right, Right::AgentOrKey | Right::AgentOrKeyWrite) {
            for_keys += 1;
            assert!(matches!(reply.status, 200 | 201 | 404), "{}: {}", meta.path, reply.text);
        } else {
            others += 1;
            reply.refused(403, "forbidden");
        }
    }
    assert_eq!((for_keys, others > 60), (12, true), "calls on the phone");
}

#[tokio::test]
async fn an_agent_does_not_administer() {
    let desk = start().await;
    let mut administrative = 0;
    for entry in entries() {
        let meta = entry.route.meta;
        if meta.right == Right::Administrator {
            administrative += 1;
            call(&desk.agent, meta, UNKNOWN, &[PROOF], body_of(meta)).await.refused(403, "forbidden");
        }
    }
    assert_eq!(
        administrative, 61,
        "agents, customers, groups, companies, departments, knowledge bases, triggers, goals, rules, time rules, their log, settings, shortcuts, skills, service levels, reports, credentials and OAuth"
    );
}

#[tokio::test]
async fn unknown_objects() {
    let desk = start().await;
    for entry in entries() {
        let meta = entry.route.meta;
        if meta.path.contains('{') {
            for id in [UNKNOWN, "!!", "%00", "ABC-DEFGH-123", "default%20"] {
                call(&desk.owner, meta, id, &[PROOF], body_of(meta)).await.refused(404, "not_found");
            }
        }
    }
    desk.owner.get("nothing").await.refused(404, "not_found");
    let reply = desk.owner.delete("agents").await;
    reply.refused(405, "invalid");
    assert_eq!(reply.header("allow"), Some("GET, HEAD, POST"));
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let desk = start().await;
    for entry in entries().iter().filter(|entry| entry.bodies.reads.is_some()) {
        let meta = entry.route.meta;
        call(&desk.owner, meta, UNKNOWN, &[PROOF], "").await.refused(400, "missing");
        for body in ["{", "[1]", "7", "null", "\"a\"", "a=b", "{\"a\":\"\\u0000\"}"] {
            call(&desk.owner, meta, UNKNOWN, &[PROOF], body).await.refused(400, "invalid");
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(meta.body_bytes_max));
        call(&desk.owner, meta, UNKNOWN, &[PROOF], large).await.refused(413, "too_large");
    }
    desk.owner.get("conversations?search=%00").await.refused(400, "invalid");
}

#[tokio::test]
async fn foreign_pages_change_nothing() {
    let desk = start().await;
    for entry in entries().iter().filter(|entry| entry.route.meta.verb != Verb::Get) {
        let meta = entry.route.meta;
        for headers in [
            vec![],
            vec![("x-deskbell", "0")],
            vec![("origin", "http://desk.test")],
            vec![PROOF, ("origin", "http://evil.test")],
            vec![PROOF, ("origin", "http://desk.test.evil.test")],
            vec![PROOF, ("origin", "http://desk.test:8080")],
            vec![PROOF, ("origin", "null")],
            vec![PROOF, ("origin", "")],
        ] {
            call(&desk.owner, meta, UNKNOWN, &headers, body_of(meta)).await.refused(403, "forbidden");
        }
    }
    assert_eq!(desk.owner.get("settings").await.expect(200)["name"], "Support");
    assert_eq!(desk.owner.get("bans").await.expect(200)["items"], json!([]));
    for origin in ["http://desk.test", "https://desk.test"] {
        let reply = desk.owner.send("PUT", "me/status", &[PROOF, ("origin", origin)], Body::from(r#"{"status":"away"}"#)).await;
        reply.expect(200);
    }
}

#[tokio::test]
async fn the_public_url_is_an_own_origin() {
    let desk = start_with(Options { public_url: Some("https://help.test/desk".into()) }).await;
    for (origin, status) in [("https://help.test", 200), ("http://desk.test", 200), ("https://evil.test", 403)] {
        let reply = desk.owner.send("PUT", "me/status", &[PROOF, ("origin", origin)], Body::from(r#"{"status":"away"}"#)).await;
        assert_eq!(reply.status, status, "{origin}");
    }
}

#[tokio::test]
async fn answers_are_not_kept_by_browsers() {
    let desk = start().await;
    for reply in [desk.owner.get("session").await, desk.nobody().get("session").await] {
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn tags_are_counted() {
    let desk = start().await;
    let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
    let conversation = visitor.leave_message("Hello?").await;
    desk.agent.put(&format!("conversations/{conversation}/tags"), json!({"tags": ["vip", "billing"]})).await.expect(200);
    let tags = desk.agent.get("tags").await.expect(200);
    let named: Vec<_> = tags["items"].as_array().unwrap().iter().map(|tag| (tag["name"].clone(), tag["conversations"].clone())).collect();
    assert_eq!(named, [(json!("billing"), json!(1)), (json!("vip"), json!(1))]);
    assert_eq!(tags["items"][0]["tag"].as_str().unwrap().len(), 4);
}

#[test]
fn statuses() {
    for (kind, status) in [
        (Kind::Invalid, 400),
        (Kind::Missing, 400),
        (Kind::NoCredential, 401),
        (Kind::BadCredential, 401),
        (Kind::Forbidden, 403),
        (Kind::NotFound, 404),
        (Kind::Conflict, 409),
        (Kind::Offline, 409),
        (Kind::TooLarge, 413),
        (Kind::RateLimited, 429),
        (Kind::Unavailable, 503),
        (Kind::StorageFull, 507),
        (Kind::Internal, 500),
    ] {
        assert_eq!(http_status(kind), status);
    }
    let secret = AppError::internal("the detail");
    assert_eq!(
        serde_json::to_value(ErrorView::from(&secret)).unwrap(),
        json!({"error": {"code": "internal", "message": "internal error"}})
    );
    assert_eq!(error_answer(&secret).status, 500);
}
