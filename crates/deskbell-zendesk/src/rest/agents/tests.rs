use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deskbell_app::rights::Scopes;
use deskbell_app::{credentials, sign_in};
use deskbell_domain::agent::Role;
use deskbell_domain::credential::CredentialKind;
use serde_json::{Value, json};

use crate::world::{World, call, send, send_json};

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|agent| agent["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn the_whole_shape() {
    let world = World::open().await;
    let (agent, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    let sales = world.add_department("Sales", &[agent]).await;
    let closed = world.add_department("Closed", &[agent]).await;
    assert_eq!(world.write("DELETE", &format!("/api/v2/departments/{}", closed.get()), json!({})).await.status, 204);
    let mut departments = [sales.get(), closed.get()];
    departments.sort_unstable();
    let wanted = json!({
        "create_date": "2026-11-22T00:00:00Z", "departments": departments, "display_name": "Ann Agent", "email": "ann@desk.test",
        "enabled": true, "enabled_departments": [sales.get()], "first_name": "Ann", "id": agent.get(), "last_login": null,
        "last_name": "Agent", "login_count": 0, "role_id": 3, "roles": {"administrator": false, "owner": false}, "skills": [],
    });
    for path in [format!("agents/{}", agent.get()), "agents/email/ann@desk.test".to_owned(), "agents/email/ANN%40desk.test".to_owned()] {
        assert_eq!(world.page(&format!("/api/v2/{path}")).await, wanted, "{path}");
    }
    let mine = call(&world.rest, "GET", "/api/v2/chat/agents/me", Some(&token)).await;
    assert_eq!((mine.status, mine.json()), (200, wanted));
    let owner = world.page("/api/v2/agents/me").await;
    assert_eq!((&owner["role_id"], &owner["roles"]), (&json!(1), &json!({"administrator": true, "owner": true})));

    let hash = world.desk.hash_password("correct horse".to_owned()).await.unwrap();
    let change = json!({"password": "another horse"});
    assert_eq!(world.write("PUT", &format!("/api/v2/agents/{}", agent.get()), change).await.status, 200);
    let signed_in = world.desk.write(move |tx, cx| credentials::open_session(tx, cx, agent, &hash, "console")).await;
    assert!(signed_in.is_err(), "the password is another one now");
    let auth = world.desk.read(move |tx| credentials::agent_token(tx, agent)).await.unwrap();
    world.clock.advance_seconds(60);
    world.desk.write(move |tx, cx| credentials::open_session_by_token(tx, cx, &auth, "console")).await.unwrap();
    let after = world.page(&format!("/api/v2/agents/{}", agent.get())).await;
    assert_eq!((&after["last_login"], &after["login_count"]), (&json!("2026-11-22T00:01:00Z"), &json!(1)));
}

#[tokio::test]
async fn pages_by_id() {
    let world = World::open().await;
    for n in 0..4 {
        world.add_agent(&format!("agent{n}@desk.test"), Role::Agent, 1).await;
    }
    let all = ids(&world.page("/api/v2/agents").await);
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted());
    for (query, wanted) in [
        ("limit=2".to_owned(), &all[..2]),
        (format!("since_id={}&limit=2", all[1]), &all[1..3]),
        (format!("since_id={}&limit=100", all[1] + 1), &all[2..]),
        (format!("since_id={}", all[4] + 1), &all[5..]),
        (format!("max_id={}&limit=2", all[3]), &all[2..4]),
    ] {
        assert_eq!(ids(&world.page(&format!("/api/v2/chat/agents?{query}")).await), wanted, "{query}");
    }
    for wrong in ["limit=0", "since_id=x", "max_id=-1"] {
        assert_eq!(call(&world.rest, "GET", &format!("/api/v2/agents?{wrong}"), Some(world.token())).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn made_changed_and_switched_off() {
    let world = World::open().await;
    let body = json!({"email": "Bo@desk.test", "password": "correct horse", "display_name": "Bo van Berg", "enabled": 1,
        "roles": {"administrator": true, "owner": false}, "unknown": [1]});
    let made = world.write("POST", "/api/v2/agents", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(
        (&made["email"], &made["first_name"], &made["last_name"], &made["role_id"], &made["enabled"]),
        (&json!("bo@desk.test"), &json!("Bo"), &json!("van Berg"), &json!(2), &json!(true))
    );
    assert_eq!(world.write("POST", "/api/v2/agents", body).await.status, 409);
    let path = format!("/api/v2/agents/{}", made["id"]);

    // As a client sends back what it was given.
    let mut sent = made.clone();
    sent["first_name"] = json!("Bob");
    sent["role_id"] = json!(3);
    sent["email"] = json!(null);
    let changed = world.write("PUT", &path, sent).await.json();
    assert_eq!(
        (&changed["display_name"], &changed["role_id"], &changed["roles"]["administrator"], &changed["email"]),
        (&json!("Bob van Berg"), &json!(3), &json!(false), &json!("bo@desk.test"))
    );
    let renamed = world.write("PUT", &path, json!({"display_name": "Cy"})).await.json();
    assert_eq!((&renamed["first_name"], &renamed["last_name"]), (&json!("Cy"), &json!("")));

    let id = deskbell_domain::ids::AgentId::from_i64(made["id"].as_i64().unwrap());
    let token = world.add_token(id, CredentialKind::Token, Scopes { read: true, ..Scopes::default() }).await;
    assert_eq!(call(&world.rest, "GET", "/api/v2/agents/me", Some(&token.secret)).await.status, 200);
    let gone = world.write("DELETE", &path, json!({})).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(world.page(&path).await["enabled"], json!(false));
    assert_eq!(call(&world.rest, "GET", "/api/v2/agents/me", Some(&token.secret)).await.status, 401, "his token opens nothing");
    assert_eq!(world.write("PUT", &path, json!({"enabled": 1})).await.json()["enabled"], json!(true));
}

#[tokio::test]
async fn owners_are_protected() {
    let world = World::open().await;
    let (_, admin) = world.add_writer("admin@desk.test", Role::Administrator).await;
    let owner = format!("/api/v2/agents/{}", world.owner.agent.id.get());
    for (verb, path, body) in [
        ("PUT", owner.as_str(), json!({"first_name": "X"})),
        ("DELETE", owner.as_str(), json!({})),
        ("POST", "/api/v2/agents", json!({"email": "x@desk.test", "password": "correct horse", "role_id": 1})),
        ("PUT", "/api/v2/agents/me", json!({"role_id": 1})),
    ] {
        assert_eq!(send_json(&world.rest, verb, path, &admin, &body).await.status, 403, "{verb} {path} {body}");
    }
    assert_eq!(world.write("DELETE", &owner, json!({})).await.status, 409, "the last one stays");
    assert_eq!(world.write("PUT", &owner, json!({"role_id": 3})).await.status, 409);
}

#[tokio::test]
async fn rights_and_refusals() {
    let world = World::open().await;
    let (agent, token) = world.add_writer("ann@desk.test", Role::Agent).await;
    let path = format!("/api/v2/agents/{}", agent.get());
    for (verb, path, body, status) in [
        ("POST", "/api/v2/agents", json!({"email": "x@desk.test", "password": "correct horse"}), 403),
        ("PUT", path.as_str(), json!({"first_name": "X"}), 403),
        ("DELETE", path.as_str(), json!({}), 403),
        ("PUT", "/api/v2/agents/me", json!({"role_id": 2}), 403),
        ("PUT", "/api/v2/agents/me", json!({"enabled": false}), 403),
        ("PUT", "/api/v2/agents/me", json!({"email": "other@desk.test"}), 403),
        ("PUT", "/api/v2/agents/me", json!({"first_name": "Ann", "password": "another horse"}), 403),
        ("PUT", "/api/v2/agents/me", json!({"first_name": "Anna", "password": null, "role_id": 3}), 200),
    ] {
        assert_eq!(send_json(&world.rest, verb, path, &token, &body).await.status, status, "{verb} {path} {body}");
    }
    assert_eq!(world.page(&path).await["first_name"], json!("Anna"));
    let reader = world.add_token(world.owner.agent.id, CredentialKind::Token, Scopes { read: true, ..Scopes::default() }).await;
    assert_eq!(send_json(&world.rest, "DELETE", &path, &reader.secret, &json!({})).await.status, 403, "it may only read");
    assert_eq!(call(&world.rest, "GET", "/api/v2/agents", None).await.status, 401);

    for (body, status) in [
        (json!({}), 400),
        (json!({"email": "x@desk.test"}), 400),
        (json!({"email": "nobody", "password": "correct horse"}), 400),
        (json!({"email": "x@desk.test", "password": "short"}), 400),
        (json!({"email": "x@desk.test", "password": "correct horse", "role_id": 9}), 400),
        (json!({"email": "x@desk.test", "password": "correct horse", "first_name": "a\u{0}b"}), 400),
        (json!({"email": "x\u{0}@desk.test", "password": "correct horse"}), 400),
        (json!({"email": "x@desk.test", "password": "correct horse", "enabled": "yes"}), 400),
        (json!([]), 400),
    ] {
        assert_eq!(world.write("POST", "/api/v2/agents", body.clone()).await.status, status, "{body}");
    }
    for unknown in ["383486450414", "0", "-1", "x", "%00", "99999999999999999999", "email/nobody@desk.test", "email/%00"] {
        assert_eq!(call(&world.rest, "GET", &format!("/api/v2/agents/{unknown}"), Some(world.token())).await.status, 404, "{unknown}");
    }
}

async fn signs_in(world: &World, email: &str, password: &str) -> bool {
    sign_in::prove(&world.desk, email, password.to_owned()).await.is_ok()
}

#[tokio::test]
async fn passwords_are_out_of_reach_of_programs() {
    let world = World::open().await;
    let owner = world.owner.agent.id;
    let admin = world.add_agent_with("admin@desk.test", Role::Administrator, "battery staple").await;
    let ann = world.add_agent_with("ann@desk.test", Role::Agent, "paper clip").await;
    let write = Scopes { write: true, ..Scopes::default() };
    let (hers, me) = (format!("/api/v2/agents/{}", ann.get()), "/api/v2/chat/agents/me");
    let new = json!({"first_name": "New", "password": "another horse", "email": null});
    let made = json!({"email": "new@desk.test", "password": "another horse", "role_id": 2});
    let given = async |agent, scopes| world.add_client_token(agent, scopes).await;
    let own = world.add_token(ann, CredentialKind::Token, Scopes::ALL).await.secret;
    for (token, verb, path, body) in [
        (given(ann, write).await, "PUT", me, &new),
        (given(ann, Scopes::ALL).await, "PUT", me, &new),
        (given(admin, write).await, "PUT", me, &new),
        (given(admin, Scopes::ALL).await, "PUT", me, &new),
        (given(admin, Scopes::ALL).await, "PUT", &hers, &new),
        (given(admin, Scopes::ALL).await, "POST", "/api/v2/agents", &made),
        (given(owner, Scopes::ALL).await, "PUT", me, &new),
        (given(owner, Scopes::ALL).await, "PUT", &hers, &new),
        (given(owner, Scopes::ALL).await, "POST", "/api/v2/agents", &made),
        // People of the desk made it, for somebody who administers nothing.
        (own, "PUT", me, &new),
    ] {
        let refused = send_json(&world.rest, verb, path, &token, body).await;
        assert_eq!((refused.status, &refused.json()["error"]), (403, &json!("Forbidden")), "{verb} {path}");
    }
    for (email, password) in [("owner@desk.test", "correct horse"), ("admin@desk.test", "battery staple"), ("ann@desk.test", "paper clip")]
    {
        assert!(signs_in(&world, email, password).await && !signs_in(&world, email, "another horse").await, "{email}");
    }
    assert_eq!(call(&world.rest, "GET", "/api/v2/agents/email/new@desk.test", Some(world.token())).await.status, 404);
    assert_ne!(world.page(&hers).await["first_name"], json!("New"), "a refused change changes nothing");

    // Without a password they change what they did before.
    for (agent, path) in [(ann, me), (admin, me), (admin, &hers)] {
        let named = send_json(&world.rest, "PUT", path, &given(agent, write).await, &json!({"first_name": "Anna"})).await;
        assert_eq!((named.status, &named.json()["first_name"]), (200, &json!("Anna")), "{path}");
    }
    // An administrator's own token sets his password and those of others, within his rights.
    let own = world.add_token(admin, CredentialKind::Token, write).await.secret;
    for (path, email) in [(me, "admin@desk.test"), (&hers, "ann@desk.test")] {
        assert_eq!(send_json(&world.rest, "PUT", path, &own, &new).await.status, 200, "{path}");
        assert!(signs_in(&world, email, "another horse").await, "{email}");
    }
    assert_eq!(send_json(&world.rest, "POST", "/api/v2/agents", &own, &made).await.status, 201);
    assert!(signs_in(&world, "new@desk.test", "another horse").await);
    let owners = format!("/api/v2/agents/{}", owner.get());
    assert_eq!(send_json(&world.rest, "PUT", &owners, &own, &new).await.status, 403, "owners are the owners' matter");
}

#[tokio::test]
async fn who_shows_his_password_may_set_another() {
    let world = World::with_passwords().await;
    let ann = world.add_agent_with("ann@desk.test", Role::Agent, "paper clip").await;
    let ben = world.add_agent_with("ben@desk.test", Role::Agent, "paper clip").await;
    let show = async |password: &str, path: &str| {
        let basic = format!("Basic {}", STANDARD.encode(format!("ann@desk.test:{password}")));
        let body = json!({"password": "stapled paper"}).to_string();
        send(&world.rest, "PUT", path, &[("authorization", &basic), ("content-type", "application/json")], body).await.status
    };
    assert_eq!(show("paper clip", &format!("/api/v2/agents/{}", ben.get())).await, 403);
    assert_eq!(show("wrong clip", "/api/v2/agents/me").await, 401);
    assert_eq!(show("paper clip", "/api/v2/agents/me").await, 200);
    assert_eq!(show("paper clip", "/api/v2/agents/me").await, 401, "it is another one now");
    assert_eq!(show("stapled paper", "/api/v2/agents/me").await, 200);
    assert!(signs_in(&world, "ben@desk.test", "paper clip").await);
    assert_eq!(world.page(&format!("/api/v2/agents/{}", ann.get())).await["email"], json!("ann@desk.test"));
}
