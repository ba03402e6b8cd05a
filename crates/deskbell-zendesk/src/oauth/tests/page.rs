//! The page on which an agent is asked.

use deskbell_domain::oauth::ClientType;

use super::browser::{came_with, hidden, location};
use super::{ALL, BACK, Browser, SCOPES, client, client_with, reach};
use crate::world::{World, send};

#[tokio::test]
async fn an_agent_signs_in_and_allows() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let mut browser = Browser::new(&world);
    let asked = [
        ("response_type", "code"),
        ("client_id", client.client.identifier.as_str()),
        ("redirect_uri", BACK),
        ("scope", "read chat"),
        ("state", "a&b=\"c\" é"),
        ("subdomain", "acme"),
        ("whatever", "x"),
    ];
    let page = browser.open(&asked).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Tap &#60;&#38;&#62;") && page.text.contains("Shop"), "{}", page.text);
    assert!(!page.text.contains("<script"));
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("content-security-policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"),
    ] {
        assert_eq!(page.headers[name], value);
    }
    let wrong = browser.submit(&page, &[("action", "sign_in"), ("email", "owner@desk.test"), ("password", "wrong horse")]).await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("value=\"owner@desk.test\""), "{}", wrong.text);
    assert!(!wrong.text.contains("wrong horse"));
    let signed_in = browser.submit(&wrong, &[("action", "sign_in"), ("email", "owner@desk.test"), ("password", "correct horse")]).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.text);
    assert!(location(&signed_in).starts_with("/oauth2/authorizations/new?response_type=code&"), "{}", location(&signed_in));

    let page = browser.get(location(&signed_in)).await;
    assert!(page.text.contains("Desk Owner (owner@desk.test)"), "{}", page.text);
    assert!(page.text.contains("(read)") && !page.text.contains("(write)") && !page.text.contains("(chat)"), "the client has no chat");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("form-action 'self' https://shop.test"), "{policy}");
    let back = browser.submit(&page, &[("action", "allow")]).await;
    assert_eq!(back.status, 303);
    assert!(location(&back).starts_with("https://shop.test/back?code="), "{}", location(&back));
    assert_eq!(came_with(&back, "state").as_deref(), Some("a&b=\"c\" é"));

    // The next time he is known; somebody else may sign in all the same.
    let again = browser.open(&asked).await;
    assert!(again.text.contains("value=\"allow\""));
    let other = browser.open(&[&asked[..], &[("prompt", "login")]].concat()).await;
    assert!(other.text.contains("name=\"password\""));
    let denied = browser.submit(&again, &[("action", "deny")]).await;
    assert_eq!(came_with(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(came_with(&denied, "state").as_deref(), Some("a&b=\"c\" é"));
    assert_eq!(came_with(&denied, "code"), None);
    let neither = browser.submit(&again, &[("action", "fly")]).await;
    assert_eq!((neither.status, neither.headers.get("location")), (400, None));
}

#[tokio::test]
async fn an_implicit_token_comes_in_the_fragment() {
    let world = World::open().await;
    let client = client_with(&world, ClientType::Public, &["http://localhost:8080/"], SCOPES).await;
    let asked = [("response_type", "token"), ("client_id", client.client.identifier.as_str()), ("state", "7")];
    let mut browser = Browser::new(&world);
    let page = browser.consent(&asked).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("form-action 'self' http://localhost:8080"), "{policy}");
    let back = browser.submit(&page, &[("action", "allow")]).await;
    let token = came_with(&back, "access_token").unwrap();
    assert_eq!(
        location(&back),
        format!("http://localhost:8080/#access_token={token}&token_type=Bearer&scope=read%20write&expires_in=31536000&state=7")
    );
    assert_eq!(token.len(), 64);
    assert_eq!(reach(&world, &token).await, ALL);
    let denied = browser.submit(&page, &[("action", "deny")]).await;
    assert!(location(&denied).starts_with("http://localhost:8080/#error=access_denied&"), "{}", location(&denied));
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let two = client_with(&world, ClientType::Confidential, &[BACK, "https://shop.test/other"], SCOPES).await;
    let none = client_with(&world, ClientType::Confidential, &[], SCOPES).await;
    let id = client.client.identifier.as_str();
    let mut asked: Vec<Vec<(&str, &str)>> = [
        "https://evil.test/",
        "https://shop.test/",
        "https://shop.test/bac",
        "https://shop.test/back/",
        "https://shop.test/back/../../evil",
        "https://shop.test/back?x=1",
        "https://shop.test/back#x",
        "https://shop.test/BACK",
        "https://SHOP.test/back",
        "HTTPS://shop.test/back",
        "http://shop.test/back",
        "https://shop.test:443/back",
        "https://shop.test.evil.test/back",
        "https://shop.test@evil.test/back",
        "https://user@shop.test/back",
        "https://shop.test\\@evil.test/back",
        "//shop.test/back",
        "https://shop.test/back\0",
        "https://shop.test/back\r\nLocation: https://evil.test",
        "javascript:alert(1)",
        " https://shop.test/back",
    ]
    .iter()
    .map(|uri| vec![("response_type", "code"), ("client_id", id), ("redirect_uri", *uri)])
    .collect();
    asked.push(vec![("response_type", "code"), ("redirect_uri", BACK)]);
    asked.push(vec![("response_type", "code"), ("client_id", ""), ("redirect_uri", BACK)]);
    asked.push(vec![("response_type", "code"), ("client_id", "nobody"), ("redirect_uri", BACK)]);
    asked.push(vec![("response_type", "code"), ("client_id", "\0"), ("redirect_uri", BACK)]);
    asked.push(vec![("response_type", "code"), ("client_id", &two.client.identifier)]);
    asked.push(vec![("response_type", "code"), ("client_id", &none.client.identifier)]);
    asked.push(vec![("response_type", "code"), ("client_id", &none.client.identifier), ("redirect_uri", BACK)]);
    asked.push(vec![("client_id", id), ("redirect_uri", BACK), ("redirect_uri", "https://evil.test/")]);
    asked.push(vec![("client_id", id), ("client_id", &two.client.identifier), ("redirect_uri", BACK)]);
    let long = "x".repeat(4_001);
    asked.push(vec![("response_type", "code"), ("client_id", id), ("state", &long)]);
    for asked in &asked {
        let mut browser = Browser::new(&world);
        let page = browser.open(asked).await;
        assert_eq!((page.status, page.headers.get("location")), (400, None), "{asked:?}");
        assert!(page.text.contains("role=\"alert\"") && !page.text.contains("<form"), "{asked:?}: {}", page.text);
    }
    // Nor by a form that says something else than the page that it came with.
    let mut browser = Browser::new(&world);
    let page = browser.consent(&[("response_type", "code"), ("client_id", id)]).await;
    let changed = browser.submit(&page, &[("action", "allow"), ("redirect_uri", "https://evil.test/")]).await;
    assert_eq!((changed.status, changed.headers.get("location")), (400, None));
}

#[tokio::test]
async fn other_errors_go_back_to_the_program() {
    let world = World::open().await;
    let confidential = client(&world, ClientType::Confidential).await;
    let public = client(&world, ClientType::Public).await;
    let (id, public) = (confidential.client.identifier.as_str(), public.client.identifier.as_str());
    let short = "x".repeat(42);
    for (asked, error) in [
        (vec![("client_id", id)], "invalid_request"),
        (vec![("client_id", id), ("response_type", "id_token")], "unsupported_response_type"),
        (vec![("client_id", id), ("response_type", "code"), ("scope", "fly")], "invalid_scope"),
        (vec![("client_id", id), ("response_type", "code"), ("scope", "chat")], "invalid_scope"),
        (vec![("client_id", id), ("response_type", "code"), ("code_challenge", &short)], "invalid_request"),
        (vec![("client_id", id), ("response_type", "code"), ("code_challenge", "x"), ("code_challenge_method", "S512")], "invalid_request"),
        (vec![("client_id", public), ("response_type", "code")], "invalid_request"),
    ] {
        let mut browser = Browser::new(&world);
        let reply = browser.open(&[&asked[..], &[("state", "7")]].concat()).await;
        assert_eq!(reply.status, 303, "{asked:?}");
        assert!(location(&reply).starts_with("https://shop.test/back?error="), "{}", location(&reply));
        assert_eq!(came_with(&reply, "error").as_deref(), Some(error), "{asked:?}");
        assert_eq!(came_with(&reply, "state").as_deref(), Some("7"));
    }
    let reply = Browser::new(&world).open(&[("client_id", id), ("response_type", "token"), ("scope", "fly")]).await;
    assert!(location(&reply).starts_with("https://shop.test/back#error=invalid_scope&"), "{}", location(&reply));
}

#[tokio::test]
async fn forms_of_foreign_pages_are_refused() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let asked = [("response_type", "code"), ("client_id", client.client.identifier.as_str())];
    let mut browser = Browser::new(&world);
    let page = browser.consent(&asked).await;
    let allow = |proof: &str| {
        let mut fields: Vec<_> = hidden(&page).into_iter().filter(|(name, _)| name != "proof").collect();
        fields.extend([("proof".to_owned(), proof.to_owned()), ("action".to_owned(), "allow".to_owned())]);
        fields
    };
    let proof = hidden(&page).into_iter().find(|(name, _)| name == "proof").unwrap().1;
    // Another browser's proof, though it is of the same page.
    let other = hidden(&Browser::new(&world).open(&asked).await).into_iter().find(|(name, _)| name == "proof").unwrap().1;
    for (proof, headers) in [
        ("", vec![]),
        (other.as_str(), vec![]),
        (&proof, vec![("origin", "https://evil.test")]),
        (&proof, vec![("origin", "http://desk.test.evil.test")]),
        (&proof, vec![("sec-fetch-site", "cross-site")]),
        (&proof, vec![("sec-fetch-site", "same-site")]),
    ] {
        let reply = browser.post(&allow(proof), &headers).await;
        assert_eq!((reply.status, reply.headers.get("location")), (403, None), "{proof} {headers:?}");
        assert!(reply.text.contains("role=\"alert\""), "{}", reply.text);
    }
    let mut stranger = Browser::new(&world);
    assert_eq!(stranger.post(&allow(&proof), &[]).await.status, 403, "without the browser's cookies");
    // The proof of the sign-in form is none of the consent's.
    let mut fresh = Browser::new(&world);
    let sign_in = fresh.open(&asked).await;
    let allowed = fresh.submit(&sign_in, &[("action", "allow")]).await;
    assert!(allowed.status == 200 && allowed.text.contains("name=\"password\""), "nobody is signed in: he is asked who he is");
    assert_eq!(browser.post(&allow(&proof), &[("origin", "null")]).await.status, 303, "and the true one is taken");
}

#[tokio::test]
async fn wrong_passwords_are_braked() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let mut browser = Browser::new(&world);
    let page = browser.open(&[("response_type", "code"), ("client_id", client.client.identifier.as_str())]).await;
    for email in ["owner@desk.test", "nobody@desk.test"].iter().cycle().take(10) {
        let reply = browser.submit(&page, &[("action", "sign_in"), ("email", email), ("password", "wrong horse")]).await;
        assert_eq!(reply.status, 403);
    }
    let reply = browser.submit(&page, &[("action", "sign_in"), ("email", "owner@desk.test"), ("password", "correct horse")]).await;
    assert_eq!(reply.status, 429);
    assert!(reply.headers.contains_key("retry-after") && reply.text.contains("<main>"), "{}", reply.text);
}

#[tokio::test]
async fn a_session_that_is_over_asks_again() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let mut browser = Browser::new(&world);
    let page = browser.consent(&[("response_type", "code"), ("client_id", client.client.identifier.as_str())]).await;
    world.clock.advance_seconds(31 * 86_400);
    let reply = browser.submit(&page, &[("action", "allow")]).await;
    assert!(reply.status == 200 && reply.text.contains("name=\"password\""), "{} {}", reply.status, reply.text);
}

#[tokio::test]
async fn behind_the_host_prefix_and_beside_the_page() {
    let world = World::open().await;
    let client = client(&world, ClientType::Confidential).await;
    let query = format!("response_type=code&client_id={}", client.client.identifier);
    let page = Browser::new(&world).get(&format!("/acme.zendesk.com/oauth2/authorizations/new?{query}")).await;
    assert!(page.status == 200 && page.text.contains("action=\"/oauth2/authorizations\""), "{}", page.text);
    let sheet = send(&world.oauth, "GET", "/oauth2/style.css", &[], "").await;
    assert!(sheet.status == 200 && sheet.headers["content-type"] == "text/css; charset=utf-8", "{:?}", sheet.headers);
    let link = page.text.split("<link rel=\"stylesheet\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(send(&world.oauth, "GET", link, &[], "").await.text, sheet.text);
    for (verb, path, status) in
        [("POST", "/oauth2/authorizations/new", 405), ("GET", "/oauth2/token", 405), ("GET", "/oauth2/nothing", 404)]
    {
        let reply = send(&world.oauth, verb, path, &[], "").await;
        assert_eq!(reply.status, status, "{path}");
    }
    assert!(world.oauth.owns("/oauth2/token") && world.oauth.owns("/x.zendesk.com/oauth2/token") && !world.oauth.owns("/oauth2x"));
}
