use std::sync::Arc;

use crate::Options;
use crate::fixture::{Fixture, MARKUP, PASSWORD};
use crate::reader::CUSTOMER_COOKIE;

#[tokio::test]
async fn in_and_out() {
    let desk = Fixture::new();
    desk.registered("ann@shop.test", "Ann");
    let browser = desk.browser(1);
    let form = browser.get("/login").await;
    assert!(form.page(200).contains("<label for=\"email\">"));
    assert_eq!(form.header("cache-control"), "no-store");
    let reply = browser.sign_in(" Ann@Shop.test ", PASSWORD).await;
    assert_eq!((reply.status, reply.location()), (303, "/tickets"));
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("deskbell_customer=") && cookie.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(browser.get("/tickets").await.page(200).contains("Ann"));
    assert_eq!(browser.get("/login").await.location(), "/tickets");
    let asked = browser.get("/logout").await;
    asked.page(200);
    assert!(browser.get("/tickets").await.status == 200, "a link signs nobody out");
    let out = browser.submit("/logout", "/logout", &[]).await;
    assert_eq!((out.status, out.location()), (303, "/kb"));
    assert!(out.header("set-cookie").starts_with("deskbell_customer=; Path=/; Max-Age=0"));
    assert_eq!(browser.cookie(CUSTOMER_COOKIE).as_deref(), Some(""));
    assert_eq!(browser.get("/tickets").await.location(), "/login");
}

#[tokio::test]
async fn over_https_cookies_are_secure() {
    let desk = Fixture::with(Options { public_url: Some(Arc::from("https://help.test")) });
    desk.registered("ann@shop.test", "Ann");
    let browser = desk.browser(1);
    assert!(browser.get("/login").await.header("set-cookie").ends_with("; HttpOnly; SameSite=Lax; Secure"));
    let loaded = browser.get("/login").await;
    let proof = loaded.field("proof");
    let fields = [("proof", proof.as_str()), ("email", "ann@shop.test"), ("password", PASSWORD)];
    let reply = browser.post_from("/login", &[("origin", "https://help.test")], &fields).await;
    assert!(reply.header("set-cookie").ends_with("; HttpOnly; SameSite=Lax; Secure"), "{}", reply.text);
}

#[tokio::test]
async fn wrong_ones_are_one_error() {
    let desk = Fixture::new();
    desk.registered("ann@shop.test", "Ann");
    let mut told = Vec::new();
    for (email, password) in [("ann@shop.test", "wrong horse"), ("nobody@shop.test", PASSWORD), ("owner@desk.test", PASSWORD), ("", "")] {
        let reply = desk.browser(1).sign_in(email, password).await;
        reply.page(403);
        assert!(reply.text.contains("E-mail or password is wrong."));
        assert!(!reply.header("set-cookie").contains(CUSTOMER_COOKIE));
        assert!(!reply.text.contains("horse"), "a password is not shown again");
        told.push(reply.text.replace(email, "").len());
    }
    assert!(desk.browser(2).sign_in(MARKUP, "x").await.page(403).contains("&#60;script&#62;"));
}

#[tokio::test]
async fn ten_failures_an_hour() {
    let desk = Fixture::new();
    desk.registered("ann@shop.test", "Ann");
    for last in 1..=10 {
        assert_eq!(desk.browser(last).sign_in("ann@shop.test", "wrong horse").await.status, 403);
    }
    let refused = desk.browser(11).sign_in("ann@shop.test", PASSWORD).await;
    assert!(refused.page(429).contains("Please wait a moment"));
    assert!(refused.text.contains("Minutes to wait: 60"), "{}", refused.text);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 3_500);
    for _ in 0..10 {
        desk.browser(50).sign_in("somebody@shop.test", "wrong horse").await;
    }
    desk.registered("bob@shop.test", "Bob");
    assert_eq!(desk.browser(50).sign_in("bob@shop.test", PASSWORD).await.status, 429, "from that address");
    assert_eq!(desk.browser(51).sign_in("bob@shop.test", PASSWORD).await.status, 303);
    desk.clock.advance_seconds(3_600);
    assert_eq!(desk.browser(11).sign_in("ann@shop.test", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn by_token_from_any_page() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let token = desk.customer_token(ann);
    let foreign = [("origin", "https://shop.test"), ("sec-fetch-site", "cross-site")];
    let browser = desk.browser(1);
    let reply = browser.post_from("/login", &foreign, &[("AuthToken", token.as_str())]).await;
    assert_eq!((reply.status, reply.location()), (303, "/tickets"));
    assert!(browser.get("/tickets").await.page(200).contains("Ann"));
    let agents = desk.agent_token();
    for wrong in ["x", "\0", &"0".repeat(32), &agents, &"x".repeat(3_000)] {
        let reply = desk.browser(2).post_from("/login", &foreign, &[("AuthToken", wrong)]).await;
        assert!(reply.page(403).contains("This sign-in token is not valid"), "{wrong:.40}");
        assert!(!reply.header("set-cookie").contains(CUSTOMER_COOKIE));
    }
    let queried = desk.browser(3).get(&format!("/login?AuthToken={token}")).await;
    assert_eq!(queried.status, 200, "no token in an address");
    assert_eq!(desk.browser(3).post(&format!("/login?AuthToken={token}"), &[]).await.status, 403);
    assert_eq!(desk.browser(3).post("/login", &[("AuthToken", &"x".repeat(10_000))]).await.page(413).matches("<h1").count(), 1);
}

#[tokio::test]
async fn a_foreign_page_signs_nobody_in_by_password() {
    let desk = Fixture::new();
    desk.registered("ann@shop.test", "Ann");
    let browser = desk.browser(1);
    let proof = browser.get("/login").await.field("proof");
    let fields = [("email", "ann@shop.test"), ("password", PASSWORD)];
    assert_eq!(browser.post("/login", &fields).await.status, 403, "without proof");
    let proven = [("proof", proof.as_str()), fields[0], fields[1]];
    for headers in
        [[("origin", "https://evil.test"), ("sec-fetch-site", "same-origin")], [("origin", "null"), ("sec-fetch-site", "cross-site")]]
    {
        assert_eq!(browser.post_from("/login", &headers, &proven).await.status, 403);
    }
    assert_eq!(desk.browser(2).post("/login", &proven).await.status, 403, "another browser's");
    assert_eq!(browser.post_from("/login", &[("origin", "null")], &proven).await.status, 303);
}

#[tokio::test]
async fn in_the_readers_language() {
    let desk = Fixture::new();
    let page = desk.browser(1).speaking("de-AT,en;q=0.5").get("/login").await;
    assert!(page.page(200).contains("<html lang=\"de\" dir=\"ltr\">") && page.text.contains("Anmelden"));
    assert_eq!(page.header("vary"), "accept-language, cookie");
    let wrong = desk.browser(1).speaking("de").get("/kb/nowhere").await;
    assert!(wrong.page(404).contains("Diese Seite gibt es nicht"));
    assert_eq!(desk.browser(1).call("PUT", "/login", &[], String::new()).await.page(405).matches("<h1").count(), 1);
    let head = desk.browser(1).call("HEAD", "/login", &[], String::new()).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let head = desk.browser(1).call("HEAD", "/kb/nowhere", &[], String::new()).await;
    assert_eq!((head.status, head.text.as_str()), (404, ""));
}
