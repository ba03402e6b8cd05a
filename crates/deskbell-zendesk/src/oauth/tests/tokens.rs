//! What programs get, and what they are refused.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use deskbell_app::credentials;
use deskbell_app::oauth::{ACCESS_TOKEN_SECONDS, CODE_SECONDS, REFRESH_TOKEN_SECONDS, clients};
use deskbell_app::rights::Scopes;
use deskbell_domain::agent::Role;
use deskbell_domain::oauth::ClientType;
use serde_json::json;

use super::browser::came_with;
use super::{ALL, BACK, Browser, NOTHING, SCOPES, ask, ask_public, client, client_with, eventually, granted, post, reach, refused, text};
use crate::world::{World, send};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(credentials::digest(verifier))
}

/// A code for the owner, asked for with an address.
async fn code(world: &World, identifier: &str) -> String {
    Browser::new(world).code(&[("response_type", "code"), ("client_id", identifier), ("redirect_uri", BACK)]).await
}

#[tokio::test]
async fn a_code_is_exchanged_once() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let other = super::client(&world, ClientType::Confidential).await;
    let code = code(&world, &client.client.identifier).await;
    let with = |redirect_uri| [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", redirect_uri)];
    refused(&ask(&world, &other, &with(BACK)).await, 400, "invalid_grant");
    refused(&ask_public(&world, &client, &with(BACK)).await, 401, "invalid_client");
    refused(&ask(&world, &client, &with("https://shop.test/other")).await, 400, "invalid_grant");
    refused(&ask(&world, &client, &with("")).await, 400, "invalid_grant");
    refused(&ask(&world, &client, &with("https://shop.test/back/")).await, 400, "invalid_grant");
    let verified = [&with(BACK)[..], &[("code_verifier", VERIFIER)]].concat();
    refused(&ask(&world, &client, &verified).await, 400, "invalid_grant");

    let tokens = granted(&ask(&world, &client, &with(BACK)).await);
    assert_eq!(
        (&tokens["token_type"], &tokens["scope"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!("read write"), &json!(31_536_000))
    );
    assert_eq!((text(&tokens, "access_token").len(), text(&tokens, "refresh_token").len()), (64, 64));
    assert_eq!(reach(&world, text(&tokens, "access_token")).await, ALL);
    assert_eq!(reach(&world, text(&tokens, "refresh_token")).await, NOTHING, "that is no access token");

    // Shown again: what it gave ends.
    refused(&ask(&world, &client, &with(BACK)).await, 400, "invalid_grant");
    eventually(&world, text(&tokens, "access_token"), NOTHING).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    refused(&ask(&world, &client, &refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn an_address_that_was_not_named_need_not_be_named() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    for named in [None, Some(BACK)] {
        let asked = [("response_type", "code"), ("client_id", client.client.identifier.as_str())];
        let code = Browser::new(&world).code(&asked).await;
        let mut pairs = vec![("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", "https://shop.test/other")];
        refused(&ask(&world, &client, &pairs).await, 400, "invalid_grant");
        pairs.pop();
        pairs.extend(named.map(|uri| ("redirect_uri", uri)));
        granted(&ask(&world, &client, &pairs).await);
    }
}

#[tokio::test]
async fn public_clients_prove_themselves_by_a_verifier() {
    let world = World::open().await;
    let client = client(&world, ClientType::Public).await;
    let (challenge, other) = (s256(VERIFIER), s256("x"));
    for (challenge, method) in [(challenge.as_str(), Some("S256")), (VERIFIER, Some("plain")), (VERIFIER, None)] {
        let mut asked = vec![("response_type", "code"), ("client_id", client.client.identifier.as_str()), ("code_challenge", challenge)];
        asked.extend(method.map(|method| ("code_challenge_method", method)));
        let code = Browser::new(&world).code(&asked).await;
        let with = |verifier| [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", verifier)];
        for wrong in ["", "wrong", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX", &other] {
            refused(&ask_public(&world, &client, &with(wrong)).await, 400, "invalid_grant");
        }
        let tokens = granted(&ask_public(&world, &client, &with(VERIFIER)).await);
        assert_eq!(reach(&world, text(&tokens, "access_token")).await, ALL);
        refused(&ask_public(&world, &client, &with(VERIFIER)).await, 400, "invalid_grant");
    }
    // One that shows a secret all the same has to have it right.
    let pairs = [("client_id", client.client.identifier.as_str()), ("client_secret", "wrong"), ("grant_type", "refresh_token")];
    refused(&post(&world, "/oauth2/token", &[&pairs[..], &[("refresh_token", "x")]].concat()).await, 401, "invalid_client");
}

#[tokio::test]
async fn refresh_tokens_take_turns() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let other = super::client(&world, ClientType::Confidential).await;
    let code = code(&world, &client.client.identifier).await;
    let with = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK)];
    let first = granted(&ask(&world, &client, &with).await);
    let refresh = |token| [("grant_type", "refresh_token"), ("refresh_token", token)];
    refused(&ask(&world, &other, &refresh(text(&first, "refresh_token"))).await, 400, "invalid_grant");
    let scoped = |scope| [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token")), ("scope", scope)];
    refused(&ask(&world, &client, &scoped("fly")).await, 400, "invalid_scope");
    refused(&ask(&world, &client, &scoped("chat")).await, 400, "invalid_scope");
    let second = granted(&ask(&world, &client, &scoped("read")).await);
    assert_eq!(second["scope"], "read", "narrowed");
    assert_eq!(reach(&world, text(&second, "access_token")).await, (200, 200, 403));
    assert_eq!(reach(&world, text(&first, "access_token")).await, ALL, "what was given before stays");
    let third = granted(&ask(&world, &client, &refresh(text(&second, "refresh_token"))).await);
    assert_eq!(third["scope"], "read write", "the grant itself was not narrowed");

    // The first one again: somebody has a copy.
    refused(&ask(&world, &client, &refresh(text(&first, "refresh_token"))).await, 400, "invalid_grant");
    for tokens in [&first, &second, &third] {
        eventually(&world, text(tokens, "access_token"), NOTHING).await;
        refused(&ask(&world, &client, &refresh(text(tokens, "refresh_token"))).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn clients_act_for_themselves_if_they_can_keep_a_secret() {
    let world = World::open().await;
    let public = client(&world, ClientType::Public).await;
    let client = client(&world, ClientType::Confidential).await;
    let by = [("grant_type", "client_credentials")];
    refused(&ask(&world, &public, &by).await, 401, "invalid_client");
    refused(&ask_public(&world, &client, &by).await, 401, "invalid_client");
    let tokens = granted(&ask(&world, &client, &by).await);
    assert_eq!((&tokens["scope"], tokens.get("refresh_token")), (&json!("read write"), None));
    assert_eq!(reach(&world, text(&tokens, "access_token")).await, ALL);

    let (id, secret) = (client.client.identifier.as_str(), client.secret.as_str());
    let json = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": "read"}).to_string();
    let read = granted(&send(&world.oauth, "POST", "/oauth2/token", &[("content-type", "application/json")], json).await);
    assert_eq!(read["scope"], "read");
    let query =
        format!("/acme.zendesk.com/oauth2/token?grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=read+chat");
    assert_eq!(granted(&send(&world.oauth, "POST", &query, &[], "").await)["scope"], "read", "chat is not the client's");
    let header = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let basic = |body: &'static str| {
        let headers = [("authorization", header.clone()), ("content-type", "application/x-www-form-urlencoded".to_owned())];
        let (world, headers) = (&world, headers);
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            send(&world.oauth, "POST", "/oauth2/token", &headers, body).await
        }
    };
    granted(&basic("grant_type=client_credentials").await);
    refused(&basic("grant_type=client_credentials&client_secret=x").await, 400, "invalid_request");
    refused(&basic("grant_type=client_credentials&client_id=x").await, 400, "invalid_request");
    for (id, secret) in [(id, "wrong"), (id, ""), ("nobody", secret), ("", ""), ("\0", "\0"), (public.client.identifier.as_str(), secret)] {
        let pairs = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        refused(&post(&world, "/oauth2/token", &pairs).await, 401, "invalid_client");
    }
    // A new secret makes the old one useless.
    let (id, owner) = (client.client.id, clients::Maker::unbound(world.owner.agent.id));
    let new = world.desk.write(move |tx, cx| clients::generate_secret(tx, cx, owner, id)).await.unwrap();
    refused(&ask(&world, &client, &by).await, 401, "invalid_client");
    granted(&ask(&world, &new, &by).await);
    assert_eq!(reach(&world, text(&tokens, "access_token")).await, ALL, "tokens stay");
}

#[tokio::test]
async fn passwords_where_they_are_switched_on() {
    let world = World::open().await;
    let known = client(&world, ClientType::Confidential).await;
    let with = |password| [("grant_type", "password"), ("username", "owner@desk.test"), ("password", password)];
    refused(&ask(&world, &known, &with("correct horse")).await, 400, "unsupported_grant_type");

    let world = World::with_passwords().await;
    let known = client(&world, ClientType::Confidential).await;
    let tokens = granted(&ask(&world, &known, &with("correct horse")).await);
    assert_eq!(reach(&world, text(&tokens, "access_token")).await, ALL);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    granted(&ask(&world, &known, &refresh).await);
    refused(&ask(&world, &known, &[("grant_type", "password"), ("username", "owner@desk.test")]).await, 400, "invalid_request");
    refused(&ask(&world, &known, &[("grant_type", "password"), ("password", "x")]).await, 400, "invalid_request");
    refused(&ask(&world, &known, &[("grant_type", "password"), ("username", "a\0"), ("password", "x")]).await, 400, "invalid_grant");
    for _ in 0..9 {
        refused(&ask(&world, &known, &with("wrong horse")).await, 400, "invalid_grant");
    }
    let braked = ask(&world, &known, &with("correct horse")).await;
    refused(&braked, 429, "temporarily_unavailable");
    assert!(braked.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_granted() {
    let world = World::with_passwords().await;
    let client = client(&world, ClientType::Confidential).await;
    let mut browser = Browser::new(&world);
    let pairs = [("response_type", "code"), ("client_id", client.client.identifier.as_str()), ("redirect_uri", BACK)];
    let code = browser.code(&pairs).await;
    assert!(browser.open(&pairs).await.text.contains("value=\"allow\""), "he is signed in");
    let by_password = [("grant_type", "password"), ("username", "owner@desk.test"), ("password", "correct horse")];
    let by_code = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK)];
    let refresh = |tokens: &serde_json::Value| text(tokens, "refresh_token").to_owned();
    let (first, second) = (granted(&ask(&world, &client, &by_password).await), granted(&ask(&world, &client, &by_password).await));
    let second_again = granted(&ask(&world, &client, &[("grant_type", "refresh_token"), ("refresh_token", &refresh(&second))]).await);
    let from_code = granted(&ask(&world, &client, &by_code).await);
    let own = granted(&ask(&world, &client, &[("grant_type", "client_credentials")]).await);
    // Another agent's stay, whatever happens to the owner's.
    world.add_agent_with("admin@desk.test", Role::Administrator, "battery staple").await;
    let anothers = [("grant_type", "password"), ("username", "admin@desk.test"), ("password", "battery staple")];
    let anothers = granted(&ask(&world, &client, &anothers).await);

    let renamed = world.write("PUT", "/api/v2/agents/me", json!({"first_name": "Olga"})).await;
    assert_eq!((renamed.status, reach(&world, text(&first, "access_token")).await), (200, ALL), "a new name ends nothing");
    assert_eq!(world.write("PUT", "/api/v2/agents/me", json!({"password": "another horse"})).await.status, 200);
    for tokens in [&first, &second, &second_again] {
        assert_eq!(reach(&world, text(tokens, "access_token")).await, NOTHING, "at once");
        let refused_now = ask(&world, &client, &[("grant_type", "refresh_token"), ("refresh_token", &refresh(tokens))]).await;
        refused(&refused_now, 400, "invalid_grant");
    }
    refused(&ask(&world, &client, &by_password).await, 400, "invalid_grant");
    assert!(browser.open(&pairs).await.text.contains("name=\"password\""), "his session is over, too");

    for tokens in [&from_code, &own, &anothers] {
        assert_eq!(reach(&world, text(tokens, "access_token")).await, ALL, "those never had his password");
    }
    for tokens in [&from_code, &anothers] {
        granted(&ask(&world, &client, &[("grant_type", "refresh_token"), ("refresh_token", &refresh(tokens))]).await);
    }
    assert_eq!(reach(&world, world.token()).await, ALL, "nor what people of the desk made");
    granted(&ask(&world, &client, &[by_password[0], by_password[1], ("password", "another horse")]).await);
}

#[tokio::test]
async fn everything_has_its_time() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let late = code(&world, &client.client.identifier).await;
    let with = |code| [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK)];
    world.clock.advance_seconds(CODE_SECONDS);
    refused(&ask(&world, &client, &with(&late)).await, 400, "invalid_grant");
    let in_time = code(&world, &client.client.identifier).await;
    world.clock.advance_seconds(CODE_SECONDS - 1);
    let tokens = granted(&ask(&world, &client, &with(&in_time)).await);
    world.clock.advance_seconds(ACCESS_TOKEN_SECONDS - 1);
    assert_eq!(reach(&world, text(&tokens, "access_token")).await, ALL);
    world.clock.advance_seconds(1);
    assert_eq!(reach(&world, text(&tokens, "access_token")).await, NOTHING, "also one that is kept in memory");
    let refresh = |token| [("grant_type", "refresh_token"), ("refresh_token", token)];
    let next = granted(&ask(&world, &client, &refresh(text(&tokens, "refresh_token"))).await);
    assert_eq!(reach(&world, text(&next, "access_token")).await, ALL);
    world.clock.advance_seconds(REFRESH_TOKEN_SECONDS);
    refused(&ask(&world, &client, &refresh(text(&next, "refresh_token"))).await, 400, "invalid_grant");
}

#[tokio::test]
async fn tokens_end_with_their_agent_and_with_their_client() {
    let world = World::open().await;
    let agent = world.add_agent_with("ann@desk.test", Role::Agent, "battery staple").await;
    let confidential = client(&world, ClientType::Confidential).await;
    let asked = [("response_type", "code"), ("client_id", confidential.client.identifier.as_str())];
    let mut browser = Browser::new(&world);
    let page = browser.consent_as(&asked, "ann@desk.test", "battery staple").await;
    let code = async |browser: &mut Browser<'_>| {
        let back = browser.submit(&page, &[("action", "allow")]).await;
        came_with(&back, "code").unwrap()
    };
    let (first, second) = (code(&mut browser).await, code(&mut browser).await);
    let tokens = granted(&ask(&world, &confidential, &[("grant_type", "authorization_code"), ("code", &first)]).await);
    let token = text(&tokens, "access_token");
    assert_eq!(reach(&world, token).await, (200, 403, 403), "figures are for every agent, the export is not");
    world.change_agent(agent, "ann@desk.test", Role::Administrator, true, None).await;
    eventually(&world, token, ALL).await;
    world.change_agent(agent, "ann@desk.test", Role::Administrator, false, None).await;
    eventually(&world, token, NOTHING).await;
    refused(&ask(&world, &confidential, &[("grant_type", "authorization_code"), ("code", &second)]).await, 400, "invalid_grant");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    refused(&ask(&world, &confidential, &refresh).await, 400, "invalid_grant");
    let again = browser.submit(&page, &[("action", "allow")]).await;
    assert!(again.status == 200 && again.text.contains("name=\"password\""), "his session is over, too: {}", again.text);

    let own = granted(&ask(&world, &confidential, &[("grant_type", "client_credentials")]).await);
    assert_eq!(reach(&world, text(&own, "access_token")).await, ALL);
    let id = confidential.client.id;
    world.desk.write(move |tx, cx| clients::remove(tx, cx, id)).await.unwrap();
    eventually(&world, text(&own, "access_token"), NOTHING).await;
    refused(&ask(&world, &confidential, &[("grant_type", "client_credentials")]).await, 401, "invalid_client");
    assert_eq!(browser.open(&asked).await.status, 400);
}

#[tokio::test]
async fn tokens_are_given_back() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let other = super::client(&world, ClientType::Confidential).await;
    let code = code(&world, &client.client.identifier).await;
    let with = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK)];
    let first = granted(&ask(&world, &client, &with).await);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    let second = granted(&ask(&world, &client, &refresh).await);
    let give_back = async |client: &clients::NewSecret, secret: &str, token: &str| {
        let own = [("client_id", client.client.identifier.as_str()), ("client_secret", secret), ("token", token)];
        post(&world, "/oauth2/revoke", &own).await
    };
    refused(&give_back(&client, "wrong", text(&first, "access_token")).await, 401, "invalid_client");
    refused(&give_back(&client, &client.secret, "").await, 400, "invalid_request");
    for token in ["unknown", text(&first, "access_token"), text(&second, "refresh_token"), world.token()] {
        assert_eq!(granted(&give_back(&other, &other.secret, token).await), json!({}), "another's is none");
    }
    assert_eq!(reach(&world, text(&first, "access_token")).await, ALL);
    granted(&give_back(&client, &client.secret, text(&first, "access_token")).await);
    assert_eq!(reach(&world, text(&first, "access_token")).await, NOTHING, "at once");
    assert_eq!(reach(&world, text(&second, "access_token")).await, ALL);
    granted(&give_back(&client, &client.secret, text(&second, "refresh_token")).await);
    assert_eq!(reach(&world, text(&second, "access_token")).await, NOTHING);
    refused(
        &ask(&world, &client, &[("grant_type", "refresh_token"), ("refresh_token", text(&second, "refresh_token"))]).await,
        400,
        "invalid_grant",
    );
    assert_eq!(reach(&world, world.token()).await, ALL);
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    refused(&ask(&world, &client, &[]).await, 400, "invalid_request");
    refused(&ask(&world, &client, &[("grant_type", "fly")]).await, 400, "unsupported_grant_type");
    refused(&ask(&world, &client, &[("grant_type", "authorization_code")]).await, 400, "invalid_request");
    refused(&ask(&world, &client, &[("grant_type", "refresh_token")]).await, 400, "invalid_request");
    refused(&ask(&world, &client, &[("grant_type", "client_credentials"), ("grant_type", "password")]).await, 400, "invalid_request");
    refused(&ask(&world, &client, &[("grant_type", "authorization_code"), ("code", "\0")]).await, 400, "invalid_grant");
    refused(&ask(&world, &client, &[("grant_type", "refresh_token"), ("refresh_token", "é\0<script>")]).await, 400, "invalid_grant");
    refused(&ask(&world, &client, &[("grant_type", "client_credentials"), ("scope", "read\0")]).await, 400, "invalid_scope");
    let json = [("content-type", "application/json")];
    for body in ["[1]", "null", "{", "\"x\"", &"[".repeat(5_000)] {
        refused(&send(&world.oauth, "POST", "/oauth2/token", &json, body.to_owned()).await, 400, "invalid_request");
    }
    refused(&send(&world.oauth, "POST", "/oauth2/token", &json, "{\"grant_type\":{}}").await, 400, "unsupported_grant_type");
    refused(&send(&world.oauth, "POST", "/oauth2/token", &[], vec![0xff; 100]).await, 400, "invalid_request");
    refused(&send(&world.oauth, "POST", "/oauth2/token", &[], "x".repeat(1 << 20)).await, 413, "invalid_request");
    let page = send(&world.oauth, "POST", "/oauth2/authorizations", &[], "x".repeat(1 << 20)).await;
    assert!(page.status == 413 && page.text.contains("<main>"), "{} {}", page.status, page.text);
}

#[tokio::test]
async fn one_caller_asks_so_often() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    for _ in 0..120 {
        refused(&ask(&world, &client, &[]).await, 400, "invalid_request");
    }
    let braked = ask(&world, &client, &[("grant_type", "client_credentials")]).await;
    refused(&braked, 429, "temporarily_unavailable");
    assert_eq!(braked.headers["retry-after"], "60");
    refused(&post(&world, "/oauth2/revoke", &[]).await, 429, "temporarily_unavailable");
    world.clock.advance_seconds(60);
    granted(&ask(&world, &client, &[("grant_type", "client_credentials")]).await);
}

#[tokio::test]
async fn narrower_clients_give_narrower_tokens() {
    let world = World::open().await;
    let read = Scopes { write: false, ..SCOPES };
    let client = client_with(&world, ClientType::Confidential, &[BACK], read).await;
    let tokens = granted(&ask(&world, &client, &[("grant_type", "client_credentials"), ("scope", "read write chat")]).await);
    assert_eq!(tokens["scope"], "read");
    assert_eq!(reach(&world, text(&tokens, "access_token")).await, (200, 200, 403));
}
