use deskbell_app::credentials;
use deskbell_http::head::SESSION_COOKIE;

use crate::fixture::Fixture;

const FOREIGN: [(&str, &str); 2] = [("origin", "https://wordpress.test"), ("sec-fetch-site", "cross-site")];

#[tokio::test]
async fn a_posted_token_opens_the_console() {
    let desk = Fixture::new();
    let token = desk.agent_token();
    for path in ["/agent/", "/agent", "/agent/index.php"] {
        let browser = desk.browser(1);
        let reply = browser.post_from(path, &FOREIGN, &[("AuthToken", token.as_str())]).await;
        assert_eq!((reply.status, reply.location()), (303, "/console/"), "{path}");
        let cookie = reply.header("set-cookie").to_owned();
        assert!(cookie.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"), "{cookie}");
        let secret = browser.cookie(SESSION_COOKIE).unwrap();
        let (hash, now) = (credentials::hash_secret(&secret), desk.desk.now());
        assert!(desk.read(move |tx| credentials::look_up(tx, &hash, now)).is_some(), "a session of the console");
        assert!(browser.get("/kb").await.page(200).contains("/console/"), "the portal knows him, too");
    }
}

#[tokio::test]
async fn wrong_tokens() {
    let desk = Fixture::new();
    let ann = desk.registered("ann@shop.test", "Ann");
    let customers = desk.customer_token(ann);
    for wrong in ["x", "'; --", &"0".repeat(32), &customers] {
        let reply = desk.browser(1).post_from("/agent/", &FOREIGN, &[("AuthToken", wrong)]).await;
        assert!(reply.page(403).contains("This sign-in token is not valid"), "{wrong}");
        assert!(!reply.header("set-cookie").contains(SESSION_COOKIE));
        assert!(!reply.text.contains(wrong) || wrong == "x", "a token is not shown again");
    }
    let token = desk.agent_token();
    let queried = desk.browser(1).post_from(&format!("/agent/?AuthToken={token}"), &FOREIGN, &[]).await;
    assert_eq!((queried.status, queried.header("set-cookie").contains(SESSION_COOKIE)), (200, false), "none in an address");
}

#[tokio::test]
async fn without_one_there_is_a_form() {
    let desk = Fixture::new();
    for path in ["/agent/", "/agent/index.php"] {
        let page = desk.browser(1).get(path).await;
        assert!(page.page(200).contains("name=\"AuthToken\"") && page.text.contains("href=\"/console/\""));
        let empty = desk.browser(1).post_from(path, &FOREIGN, &[("AuthToken", " ")]).await;
        assert!(empty.page(200).contains("name=\"AuthToken\"") && !empty.text.contains("role=\"alert\""));
    }
}
