//! OAuth over real HTTP: a client made on the command line, an agent in a browser, a program that gets its tokens; and Basic credentials.

use crate::{binary, server};
use deskbell_testkit::server::{OWNER_EMAIL, OWNER_PASSWORD};
use deskbell_testkit::{Options, Server, eventually};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::Value;

const BACK: &str = "http://localhost:8080/back";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser that follows nothing by itself.
struct Browser {
    http: Client,
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn new() -> Browser {
        Browser { http: Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client is built"), cookies: Vec::new() }
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, response: &Response) {
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().expect("a cookie is text");
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie is a pair");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    async fn get(&mut self, url: &str) -> Response {
        let response = self.http.get(url).header("cookie", self.cookie()).send().await.expect("an answer");
        self.keep(&response);
        response
    }

    /// Sends the form of a page with fields filled in.
    async fn submit(&mut self, base: &str, page: &str, filled: &[(&str, &str)]) -> Response {
        let mut body = String::new();
        for field in page.split("<input type=\"hidden\" name=\"").skip(1) {
            let (name, rest) = field.split_once("\" value=\"").expect("a field has a value");
            let value = rest.split_once('"').expect("a value ends").0;
            body += &format!("{name}={}&", escaped(value));
        }
        for (name, value) in filled {
            body += &format!("{name}={}&", escaped(value));
        }
        let form = "application/x-www-form-urlencoded";
        let request = self.http.post(format!("{base}/oauth2/authorizations")).header("content-type", form).header("origin", base);
        let response = request.header("cookie", self.cookie()).body(body).send().await.expect("an answer");
        self.keep(&response);
        response
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().expect("an address is text").to_owned()
}

fn made(server: &Server, arguments: &[&str]) -> Value {
    let output = server.run(&[&["oauth-client", "create", "--name", "Tap", "--redirect-uri", BACK], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// Asks for a token with a form.
async fn ask(http: &Client, base: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
    let body = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
    let request = http.post(format!("{base}/oauth2/token")).header("content-type", "application/x-www-form-urlencoded").body(body);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers()["cache-control"], "no-store");
    (response.status().as_u16(), serde_json::from_str(&response.text().await.expect("a text")).expect("JSON"))
}

#[tokio::test]
async fn a_program_gets_its_tokens_through_a_browser() {
    let server = server().await;
    let base = server.base();
    let client = made(&server, &["--public"]);
    let mut browser = Browser::new();
    let asked = format!(
        "{base}/oauth2/authorizations/new?response_type=code&client_id={}&redirect_uri={}&scope=read%20write&subdomain=acme&state=xyz\
         &code_challenge={CHALLENGE}&code_challenge_method=S256",
        text(&client, "client_id"),
        escaped(BACK)
    );
    let page = browser.get(&asked).await.text().await.expect("a page");
    let filled = [("action", "sign_in"), ("email", OWNER_EMAIL), ("password", OWNER_PASSWORD)];
    let signed_in = browser.submit(&base, &page, &filled).await;
    assert_eq!(signed_in.status(), 303);
    let page = browser.get(&format!("{base}{}", location(&signed_in))).await.text().await.expect("a page");
    assert!(page.contains("Tap") && page.contains(OWNER_EMAIL), "{page}");
    let allowed = browser.submit(&base, &page, &[("action", "allow")]).await;
    assert_eq!(allowed.status(), 303);
    let back = location(&allowed);
    let code = back.strip_prefix(&format!("{BACK}?code=")).and_then(|rest| rest.strip_suffix("&state=xyz")).expect("a code and the state");

    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", text(&client, "client_id")),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let (status, tokens) = ask(&browser.http, &base, &exchange).await;
    assert_eq!((status, text(&tokens, "token_type"), text(&tokens, "scope")), (200, "Bearer", "read write"));
    let mut bearer = server.bearer();
    bearer.token = text(&tokens, "access_token").to_owned();
    for path in ["/stream/chats", "/api/v2/chat/incremental/chats", "/acme.zendesk.com/api/v2/chat/oauth/tokens"] {
        assert_eq!(bearer.get(path).await.status, 200, "{path}");
    }
    let (status, replayed) = ask(&browser.http, &base, &exchange).await;
    assert_eq!((status, text(&replayed, "error")), (400, "invalid_grant"));
    eventually("what the code gave has ended", async || (bearer.get("/stream/chats").await.status == 401).then_some(())).await;
    let log = server.log();
    for secret in [code, OWNER_PASSWORD, VERIFIER, text(&tokens, "access_token"), text(&tokens, "refresh_token")] {
        assert!(!log.contains(secret), "the log tells a secret");
    }
}

#[tokio::test]
async fn clients_come_and_go_while_it_runs() {
    let server = server().await;
    let client = made(&server, &["--company", "Shop"]);
    let own = [("client_id", text(&client, "client_id")), ("client_secret", text(&client, "client_secret"))];
    let http = Browser::new().http;
    let (status, tokens) = ask(&http, &server.base(), &[&own[..], &[("grant_type", "client_credentials")]].concat()).await;
    assert_eq!(status, 200, "{tokens}");
    let mut bearer = server.bearer();
    bearer.token = text(&tokens, "access_token").to_owned();
    assert_eq!(bearer.get("/stream/chats").await.status, 200);
    let list = server.run(&["oauth-client", "list"]);
    let list = String::from_utf8(list.stdout).expect("text");
    assert!(list.contains(text(&client, "client_id")) && !list.contains(text(&client, "client_secret")), "{list}");
    assert!(server.run(&["oauth-client", "delete", text(&client, "id")]).status.success());
    eventually("its token is refused", async || (bearer.get("/stream/chats").await.status == 401).then_some(())).await;
    let (status, refused) = ask(&http, &server.base(), &[&own[..], &[("grant_type", "client_credentials")]].concat()).await;
    assert_eq!((status, text(&refused, "error")), (401, "invalid_client"));
    assert!(!server.run(&["oauth-client", "delete", text(&client, "id")]).status.success());
    assert!(!server.run(&["oauth-client", "create", "--name", "x", "--redirect-uri", "http://shop.test/"]).status.success());
    assert_eq!(server.bearer().get("/stream/chats").await.status, 200);
}

#[tokio::test]
async fn basic_credentials_where_they_are_switched_on() {
    let mut server = Server::start(binary(), Options::default()).await;
    let http = Browser::new().http;
    let ask = async |server: &Server, password: &str| {
        let request = http.get(format!("{}/api/v2/chat/oauth/clients", server.base())).basic_auth(OWNER_EMAIL, Some(password));
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(ask(&server, OWNER_PASSWORD).await, 401);
    server.set_arguments(&["--basic-auth"]);
    server.restart().await;
    assert_eq!(ask(&server, OWNER_PASSWORD).await, 200);
    assert_eq!(ask(&server, "wrong").await, 401);
}
