//! Clients and tokens as administrators see them.

use deskbell_app::rights::Scopes;
use deskbell_domain::agent::Role;
use deskbell_domain::credential::CredentialKind;
use serde_json::{Value, json};

use crate::world::{Reply, World, call, send};

async fn write(world: &World, verb: &str, path: &str, token: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    send(&world.rest, verb, path, &headers, body.to_string()).await
}

#[tokio::test]
async fn clients_come_change_and_go() {
    let world = World::open().await;
    let owner = world.owner.agent.id.get();
    let body = json!({"name": "Tap", "company": "Shop", "redirect_uris": "http://localhost:8080 https://shop.test/back", "unknown": 1});
    let made = write(&world, "POST", "/api/v2/chat/oauth/clients", world.token(), &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let (secret, identifier) = (made["client_secret"].as_str().unwrap(), made["client_identifier"].as_str().unwrap());
    assert_eq!((secret.len(), identifier.len()), (64, 50));
    let wanted = json!({
        "agent_id": owner,
        "client_identifier": identifier,
        "client_secret": format!("...{}", &secret[60..]),
        "client_type": "public",
        "company": "Shop",
        "create_date": "2026-11-22T00:00:00Z",
        "id": made["id"],
        "name": "Tap",
        "redirect_uris": "http://localhost:8080 https://shop.test/back",
        "scopes": "read write",
        "update_date": "2026-11-22T00:00:00Z",
    });
    let path = format!("/api/v2/oauth/clients/{}", made["id"]);
    let shown = call(&world.rest, "GET", &path, Some(world.token())).await;
    assert_eq!(shown.text, wanted.to_string(), "all columns, in the order of the reference");
    assert_eq!(call(&world.rest, "GET", "/api/v2/oauth/clients", Some(world.token())).await.json(), json!([wanted]));

    world.clock.advance_seconds(60);
    let body = json!({"client_type": "confidential", "scopes": ["read", "chat"], "redirect_uris": ["https://shop.test/a,b"]});
    let changed = write(&world, "PUT", &path, world.token(), &body).await;
    assert_eq!(changed.status, 400, "a comma parts addresses: {}", changed.text);
    let body = json!({"client_type": "confidential", "scopes": ["read", "chat"], "redirect_uris": ["https://shop.test/a"]});
    let changed = write(&world, "PUT", &path, world.token(), &body).await.json();
    assert_eq!(
        (&changed["client_type"], &changed["scopes"], &changed["redirect_uris"], &changed["name"], &changed["update_date"]),
        (&json!("confidential"), &json!("read chat"), &json!("https://shop.test/a"), &json!("Tap"), &json!("2026-11-22T00:01:00Z"))
    );
    let mut secrets = vec![secret.to_owned()];
    for verb in ["POST", "PUT"] {
        let new = call(&world.rest, verb, &format!("{path}/generate_secret"), Some(world.token())).await;
        assert_eq!(new.status, 200, "{}", new.text);
        secrets.push(new.json()["client_secret"].as_str().unwrap().to_owned());
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 3);

    assert_eq!(call(&world.rest, "DELETE", &path, Some(world.token())).await.status, 204);
    for (verb, path) in [("GET", path.as_str()), ("DELETE", &path), ("GET", "/api/v2/oauth/clients/x"), ("GET", "/api/v2/oauth/clients/1")]
    {
        assert_eq!(call(&world.rest, verb, path, Some(world.token())).await.status, 404, "{verb} {path}");
    }
    assert_eq!(call(&world.rest, "GET", "/api/v2/oauth/clients", Some(world.token())).await.json(), json!([]));
}

#[tokio::test]
async fn what_is_no_client_is_refused() {
    let world = World::open().await;
    let many: Vec<String> = (0..21).map(|number| format!("https://shop.test/{number}")).collect();
    for (body, status) in [
        (json!({}), 400),
        (json!({"name": " "}), 400),
        (json!({"name": "x".repeat(101)}), 400),
        (json!({"name": "a\u{0}b"}), 400),
        (json!({"name": "Tap", "company": "a\nb"}), 400),
        (json!({"name": "Tap", "client_type": "secret"}), 400),
        (json!({"name": "Tap", "scopes": "read fly"}), 400),
        (json!({"name": "Tap", "scopes": ""}), 400),
        (json!({"name": "Tap", "redirect_uris": "http://shop.test/"}), 400),
        (json!({"name": "Tap", "redirect_uris": "https://shop.test/#x"}), 400),
        (json!({"name": "Tap", "redirect_uris": "https://shop.test@evil.test/"}), 400),
        (json!({"name": "Tap", "redirect_uris": "javascript:alert(1)"}), 400),
        (json!({"name": "Tap", "redirect_uris": ["https://shop.test/\u{0}"]}), 400),
        (json!({"name": "Tap", "redirect_uris": 5}), 400),
        (json!({"name": "Tap", "redirect_uris": many}), 413),
        (json!({"name": "x".repeat(70_000)}), 413),
        (json!([]), 400),
    ] {
        let reply = write(&world, "POST", "/api/v2/oauth/clients", world.token(), &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
        assert!(reply.json()["description"].is_string());
    }
}

#[tokio::test]
async fn only_administrators_see_and_write_them() {
    let world = World::open().await;
    let agent = world.add_agent("ann@desk.test", Role::Agent, 1).await;
    let all = Scopes { read: true, write: true, chat: true };
    let agents = world.add_token(agent, CredentialKind::Token, all).await.secret;
    let reads = world.add_token(world.owner.agent.id, CredentialKind::Token, Scopes { read: true, ..Scopes::default() }).await.secret;
    let body = json!({"name": "Tap"});
    for path in ["/api/v2/oauth/clients", "/api/v2/oauth/tokens"] {
        assert_eq!(call(&world.rest, "GET", path, None).await.status, 401, "{path}");
        assert_eq!(call(&world.rest, "GET", path, Some(&agents)).await.status, 403, "{path}");
        assert_eq!(call(&world.rest, "GET", path, Some(&reads)).await.status, 200, "{path}");
    }
    for token in [agents.as_str(), &reads] {
        assert_eq!(write(&world, "POST", "/api/v2/oauth/clients", token, &body).await.status, 403);
        let own = world.owner.access_token.credential.id.get();
        assert_eq!(call(&world.rest, "DELETE", &format!("/api/v2/oauth/tokens/{own}"), Some(token)).await.status, 403);
    }
}

#[tokio::test]
async fn what_acts_for_an_owner_is_changed_by_owners() {
    let world = World::open().await;
    let administrator = world.add_agent("ann@desk.test", Role::Administrator, 1).await;
    let token = world.add_token(administrator, CredentialKind::Token, Scopes { read: true, write: true, chat: false }).await.secret;
    let body = json!({"name": "Tap"});
    let path = async |made_by: &str| {
        let made = write(&world, "POST", "/api/v2/oauth/clients", made_by, &body).await.json();
        format!("/api/v2/oauth/clients/{}", made["id"])
    };
    let (owners, own) = (path(world.token()).await, path(&token).await);
    for (path, status) in [(&owners, 403), (&own, 200)] {
        assert_eq!(write(&world, "PUT", path, &token, &body).await.status, status);
        assert_eq!(write(&world, "POST", &format!("{path}/generate_secret"), &token, &json!({})).await.status, status);
    }
    for path in [&owners, &own] {
        assert_eq!(write(&world, "PUT", path, world.token(), &body).await.status, 200);
        assert_eq!(call(&world.rest, "DELETE", path, Some(&token)).await.status, 204, "taking away is for every administrator");
    }
}

#[tokio::test]
async fn no_token_makes_one_that_may_do_more() {
    let world = World::open().await;
    let (owner, clients) = (world.owner.agent.id, "/api/v2/oauth/clients");
    let write_only = Scopes { write: true, ..Scopes::default() };
    let read_write = Scopes { read: true, ..write_only };
    let made = async |token: &str, scopes: Value| {
        let body = json!({"name": "Tap", "client_type": "confidential", "scopes": scopes});
        let reply = write(&world, "POST", clients, token, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        format!("{clients}/{}", reply.json()["id"])
    };
    let wider = made(world.token(), json!("read write")).await;
    let before = world.page(&wider).await;
    let narrow = world.add_token(owner, CredentialKind::Token, write_only).await.secret;
    for token in [&narrow, &world.add_client_token(owner, write_only).await] {
        for scopes in ["read", "read write", "write chat", "read write chat"] {
            let refused = write(&world, "POST", clients, token, &json!({"name": "Tap", "scopes": scopes})).await;
            assert_eq!(refused.status, 403, "{scopes}");
        }
        // A new secret, or another place to send codes to, is as good as a new client.
        for body in
            [json!({"name": "X"}), json!({"redirect_uris": "https://evil.test/"}), json!({"scopes": "write"}), json!({"scopes": "read"})]
        {
            assert_eq!(write(&world, "PUT", &wider, token, &body).await.status, 403, "{body}");
        }
        for verb in ["POST", "PUT"] {
            assert_eq!(call(&world.rest, verb, &format!("{wider}/generate_secret"), Some(token)).await.status, 403);
        }
        assert_eq!(world.page(&wider).await, before);

        let own = made(token, json!(null)).await;
        assert_eq!(world.page(&own).await["scopes"], "write", "without what the token has not");
        assert_eq!(write(&world, "PUT", &own, token, &json!({"name": "Y", "scopes": "read write"})).await.status, 403);
        let changed = write(&world, "PUT", &own, token, &json!({"name": "Y", "scopes": ["write"]})).await;
        assert_eq!((changed.status, &changed.json()["name"], &changed.json()["scopes"]), (200, &json!("Y"), &json!("write")));
        assert_eq!(call(&world.rest, "POST", &format!("{own}/generate_secret"), Some(token)).await.status, 200);
    }
    let wide = world.add_token(owner, CredentialKind::Token, read_write).await.secret;
    assert_eq!(write(&world, "POST", clients, &wide, &json!({"name": "Tap", "scopes": "chat"})).await.status, 403);
    assert_eq!(write(&world, "PUT", &wider, &wide, &json!({"scopes": "read write chat"})).await.status, 403);
    assert_eq!(write(&world, "PUT", &wider, &wide, &json!({"scopes": "write"})).await.status, 200);
    assert_eq!(call(&world.rest, "POST", &format!("{wider}/generate_secret"), Some(&narrow)).await.status, 200, "it is narrow now");
    let widest = made(world.token(), json!("read write chat")).await;
    assert_eq!(call(&world.rest, "DELETE", &widest, Some(&narrow)).await.status, 204, "taking away gives nobody anything");
}

#[tokio::test]
async fn tokens_are_listed_and_revoked() {
    let world = World::open().await;
    let own = world.owner.access_token.credential.clone();
    let listed = call(&world.rest, "GET", "/api/v2/chat/oauth/tokens", Some(world.token())).await;
    let wanted = json!([{
        "access_token": format!("...{}", own.hint),
        "agent_id": world.owner.agent.id.get(),
        "client_identifier": null,
        "create_date": "2026-11-22T00:00:00Z",
        "expire_date": null,
        "id": own.id.get(),
        "refresh_token": null,
        "scopes": "read write chat",
        "token_type": "Bearer",
    }]);
    assert_eq!(listed.text, wanted.to_string());

    let body = json!({"name": "Tap", "client_type": "confidential"});
    let client = write(&world, "POST", "/api/v2/oauth/clients", world.token(), &body).await.json();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        client["client_identifier"].as_str().unwrap(),
        client["client_secret"].as_str().unwrap()
    );
    world.clock.advance_seconds(1);
    let granted = send(&world.oauth, "POST", &format!("/oauth2/token?{form}"), &[], "").await.json();
    let token = granted["access_token"].as_str().unwrap();
    let listed = call(&world.rest, "GET", "/api/v2/oauth/tokens", Some(world.token())).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(
        (&listed[0]["client_identifier"], &listed[0]["expire_date"], &listed[0]["scopes"]),
        (&client["client_identifier"], &json!("2027-11-22T00:00:01Z"), &json!("read write"))
    );
    let path = format!("/api/v2/oauth/tokens/{}", listed[0]["id"]);
    assert_eq!(call(&world.rest, "GET", &path, Some(token)).await.json(), listed[0], "good, and kept in memory");
    assert_eq!(call(&world.rest, "DELETE", &path, Some(token)).await.status, 204);
    assert_eq!(call(&world.rest, "GET", &path, Some(token)).await.status, 401, "at once");
    for verb in ["GET", "DELETE"] {
        assert_eq!(call(&world.rest, verb, &path, Some(world.token())).await.status, 404);
    }
}
