use axum::body::Body;
use deskbell_app::rights::Scopes;
use deskbell_domain::agent::Role;
use deskbell_domain::credential::CredentialKind;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::world::{World, call};

/// Status and body of a call with the owner's token.
async fn send(world: &World, verb: &str, path: &str, body: Value) -> (u16, Value) {
    raw(world, verb, path, body.to_string()).await
}

async fn raw(world: &World, verb: &str, path: &str, body: String) -> (u16, Value) {
    let request = Request::builder()
        .method(verb)
        .uri(format!("/api/v2/chat/{path}"))
        .header("host", "desk.test")
        .header("authorization", format!("Bearer {}", world.token()))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let (head, body) = world.rest.handle(request).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    (head.status.as_u16(), body)
}

#[tokio::test]
async fn skills_are_made_read_changed_and_taken_away() {
    let world = World::open().await;
    assert_eq!(call(&world.rest, "GET", "/api/v2/skills", Some(world.token())).await.text, "[]");
    let ann = world.add_agent("ann@desk.test", Role::Agent, 3).await;
    let (status, english) = send(&world, "POST", "skills", json!({"name": "english"})).await;
    assert_eq!(status, 201, "{english}");
    let body =
        json!({"id": 7, "name": "Käse/Wein", "description": "the finest", "enabled": 0, "members": [ann.get(), ann.get()], "more": {}});
    let (status, cheese) = send(&world, "POST", "skills", body).await;
    assert_eq!(status, 201, "{cheese}");
    let (first, second) = (english["id"].as_i64().unwrap(), cheese["id"].as_i64().unwrap());
    let english = format!(r#"{{"id":{first},"name":"english","description":"","enabled":true,"members":[]}}"#);
    let cheese = format!(r#"{{"id":{second},"name":"Käse/Wein","description":"the finest","enabled":false,"members":[{}]}}"#, ann.get());
    for (path, wanted) in [
        ("chat/skills".to_owned(), format!("[{english},{cheese}]")),
        ("skills/".to_owned(), format!("[{english},{cheese}]")),
        (format!("skills/{second}"), cheese.clone()),
        ("skills/name/English".to_owned(), english.clone()),
        ("chat/skills/name/k%C3%A4se%2Fwein".to_owned(), cheese),
    ] {
        let reply = call(&world.rest, "GET", &format!("/api/v2/{path}"), Some(world.token())).await;
        assert_eq!((reply.status, reply.text), (200, wanted), "{path}");
    }

    let path = format!("skills/{first}");
    let (status, changed) = send(&world, "PUT", &path, json!({"members": [ann.get()], "enabled": false})).await;
    let mut wanted = json!({"id": first, "name": "english", "description": "", "enabled": false, "members": [ann.get()]});
    assert_eq!((status, &changed), (200, &wanted));
    for (body, key, value) in [
        (json!({"enabled": 1}), "enabled", json!(true)),
        (json!({"members": []}), "members", json!([])),
        (json!({"description": "words"}), "description", json!("words")),
        (json!({"name": "English"}), "name", json!("English")),
        (json!({}), "id", json!(first)),
    ] {
        wanted[key] = value;
        assert_eq!(send(&world, "PUT", &path, body).await, (200, wanted.clone()));
    }
    assert_eq!(send(&world, "DELETE", &path, Value::Null).await, (204, Value::Null));
    assert_eq!(send(&world, "DELETE", &path, Value::Null).await.0, 404);
    let left = call(&world.rest, "GET", "/api/v2/skills", Some(world.token())).await.json();
    assert_eq!(left.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::open().await;
    let (_, known) = send(&world, "POST", "skills", json!({"name": "known"})).await;
    let own = format!("skills/{}", known["id"]);
    for (body, status, words) in [
        (json!({}), 400, "name is missing"),
        (json!({"name": " "}), 400, "1 to 100 characters"),
        (json!({"name": "a\u{0}b"}), 400, "control characters"),
        (json!({"name": "x".repeat(900_000)}), 400, "1 to 100 characters"),
        (json!({"name": "KNOWN"}), 409, "another skill has that name"),
        (json!({"name": "a", "description": "\u{0}"}), 400, "control characters"),
        (json!({"name": "a", "enabled": 2}), 400, "enabled is"),
        (json!({"name": "a", "members": [7]}), 400, "no such agent"),
        (json!({"name": "a", "members": [-1]}), 400, "no such agent"),
        (json!({"name": "a", "members": vec![1; 20_000]}), 413, "at most"),
    ] {
        let (got, refusal) = send(&world, "POST", "skills", body).await;
        assert_eq!(got, status, "{refusal}");
        assert!(refusal["description"].as_str().unwrap().contains(words), "{refusal}");
        assert_eq!(refusal.as_object().unwrap().len(), 2, "{refusal}");
    }
    for body in ["", "[]", "7", "{", "\0", r#"{"name":7}"#, r#"{"members":["a"]}"#, r#"{"members":{}}"#, r#"{"enabled":"yes"}"#] {
        for (verb, path) in [("POST", "skills"), ("PUT", own.as_str())] {
            assert_eq!(raw(&world, verb, path, body.to_owned()).await.0, 400, "{verb} {body}");
        }
    }
    let deep = format!(r#"{{"name":"a","members":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(raw(&world, "POST", "skills", deep).await.0, 400);
    for (verb, path, status) in [
        ("GET", "skills/12345", 404),
        ("GET", "skills/known", 404),
        ("GET", "skills/99999999999999999999", 404),
        ("GET", "skills/name/unknown", 404),
        ("GET", "skills/name/a%00b", 404),
        ("PUT", "skills/12345", 404),
        ("DELETE", "skills/12345", 404),
        ("PATCH", "skills", 405),
    ] {
        let (got, refusal) = send(&world, verb, path, json!({})).await;
        assert_eq!(got, status, "{verb} {path}: {refusal}");
    }
}

#[tokio::test]
async fn administrators_only() {
    let world = World::open().await;
    let (_, known) = send(&world, "POST", "skills", json!({"name": "known"})).await;
    let own = format!("/api/v2/skills/{}", known["id"]);
    let ann = world.add_agent("ann@desk.test", Role::Agent, 3).await;
    let all = Scopes { read: true, write: true, chat: true };
    let plain = world.add_token(ann, CredentialKind::Token, all).await.secret;
    let reader = world.add_token(world.owner.agent.id, CredentialKind::Token, Scopes { read: true, ..Scopes::default() }).await.secret;
    let writer = world.add_token(world.owner.agent.id, CredentialKind::Token, Scopes { write: true, ..Scopes::default() }).await.secret;
    for (verb, path) in [
        ("GET", "/api/v2/skills"),
        ("GET", &own),
        ("GET", "/api/v2/skills/name/known"),
        ("POST", "/api/v2/skills"),
        ("PUT", &own),
        ("DELETE", &own),
    ] {
        let wrong = if verb == "GET" { &writer } else { &reader };
        assert_eq!(call(&world.rest, verb, path, Some(&plain)).await.status, 403, "{verb} {path}");
        assert_eq!(call(&world.rest, verb, path, Some(wrong)).await.status, 403, "{verb} {path}");
        assert_eq!(call(&world.rest, verb, path, None).await.status, 401, "{verb} {path}");
    }
    assert_eq!(call(&world.rest, "GET", &own, Some(&reader)).await.status, 200);
}
