use serde_json::json;

use crate::native::tests::harness::{Client, OWNER_EMAIL, OWNER_PASSWORD, Reply, TestDesk, start, start_with};
use crate::native::{FAILED_TRIES, Options};

async fn sign_in(client: &Client, email: &str, password: &str) -> Reply {
    client.post("session", json!({"email": email, "password": password})).await
}

/// The secret in a `Set-Cookie`, and its attributes.
fn cookie(reply: &Reply) -> (String, String) {
    let line = reply.header("set-cookie").unwrap();
    let (pair, attributes) = line.split_once("; ").unwrap();
    (pair.strip_prefix("deskbell_session=").unwrap().to_owned(), attributes.to_owned())
}

#[tokio::test]
async fn in_and_out() {
    let desk = start().await;
    let reply = sign_in(&desk.nobody(), " Owner@desk.test ", OWNER_PASSWORD).await;
    let body = reply.expect(200);
    assert_eq!((&body["agent"]["email"], &body["agent"]["role"]), (&json!(OWNER_EMAIL), &json!("owner")));
    assert_eq!(body["agent"]["departments"], json!(["default"]));
    let (secret, attributes) = cookie(&reply);
    assert_eq!(attributes, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict");
    assert!(!reply.text.contains(&secret));

    let client = desk.with_cookie(&secret);
    assert_eq!(client.get("session").await.expect(200), body);
    let reply = client.delete("session").await;
    reply.expect(204);
    assert_eq!(cookie(&reply), (String::new(), "Path=/; Max-Age=0; HttpOnly; SameSite=Strict".to_owned()));
    client.get("session").await.refused(401, "bad_credential");
    client.delete("session").await.refused(401, "bad_credential");
    desk.owner.get("session").await.expect(200);
}

#[tokio::test]
async fn over_https_the_cookie_is_secure() {
    let desk = start_with(Options { public_url: Some("https://desk.test".into()) }).await;
    let (_, attributes) = cookie(&sign_in(&desk.nobody(), OWNER_EMAIL, OWNER_PASSWORD).await);
    assert!(attributes.ends_with("; Secure"), "{attributes}");
}

#[tokio::test]
async fn sessions_end_after_thirty_days() {
    let desk = start().await;
    desk.clock.advance_seconds(30 * 86_400 - 1);
    desk.owner.get("session").await.expect(200);
    desk.clock.advance_seconds(1);
    desk.owner.get("session").await.refused(401, "bad_credential");
}

#[tokio::test]
async fn unknown_wrong_and_disabled_are_one_error() {
    let desk = start().await;
    let new = desk.owner.post("agents", json!({"email": "gone@desk.test", "password": "correct horse", "enabled": false})).await;
    new.expect(201);
    let nobody = desk.nobody();
    let replies = [
        sign_in(&nobody, "nobody@desk.test", OWNER_PASSWORD).await,
        sign_in(&nobody, OWNER_EMAIL, "wrong horse").await,
        sign_in(&nobody, "gone@desk.test", "correct horse").await,
        sign_in(&nobody, "agent@desk.test", "none").await,
        sign_in(&nobody, "", "").await,
    ];
    for reply in &replies {
        reply.refused(401, "bad_credential");
        assert_eq!(reply.text, replies[0].text);
        assert_eq!(reply.header("set-cookie"), None);
    }
}

/// All tries for an e-mail address fail.
async fn fail(desk: &TestDesk, times: usize) {
    for _ in 0..times {
        sign_in(&desk.nobody(), OWNER_EMAIL, "wrong horse").await.refused(401, "bad_credential");
    }
}

#[tokio::test]
async fn after_ten_failures_one_waits() {
    let desk = start().await;
    fail(&desk, FAILED_TRIES.tries_max - 1).await;
    sign_in(&desk.nobody(), OWNER_EMAIL, OWNER_PASSWORD).await.expect(200);
    desk.clock.advance_seconds(60);
    fail(&desk, 1).await;
    let reply = sign_in(&desk.nobody(), OWNER_EMAIL, OWNER_PASSWORD).await;
    reply.refused(429, "rate_limited");
    assert_eq!(reply.header("retry-after"), Some("840"), "the caller's address has failed ten times");
    sign_in(&desk.nobody(), "admin@desk.test", "wrong horse").await.refused(429, "rate_limited");
    desk.clock.advance_seconds(840);
    sign_in(&desk.nobody(), OWNER_EMAIL, OWNER_PASSWORD).await.expect(200);
}
