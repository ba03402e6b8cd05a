//! The surface through its door: keys, errors in all formats, limits, and the page that is derived from the contracts.

use std::fs;
use std::path::Path;

use deskbell_app::credentials;
use deskbell_app::rights::{Right, Scopes};
use deskbell_domain::credential::CredentialKind;
use deskbell_http::Verb;
use deskbell_http::compat::sample_path;

use crate::fixture::{Fixture, Reply};
use crate::{Options, compat, metas};

type Headers<'a> = &'a [(&'a str, &'a str)];

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

#[tokio::test]
async fn every_place_of_the_key() {
    let desk = Fixture::new();
    let key = desk.key.as_str();
    let calls: [(&str, String, Headers<'_>, String); 15] = [
        ("query", format!("/api/chats/overview?apikey={key}"), &[], String::new()),
        ("query, leading &", format!("/api/chats/overview?&apikey={key}"), &[], String::new()),
        ("query, other case", format!("/api/chats/overview?apiKey={key}"), &[], String::new()),
        ("query, escaped", format!("/api/chats/overview?%61pikey={key}"), &[], String::new()),
        ("query beside another header", format!("/api/chats/overview?apikey={key}"), &[("apikey", "of v3"), JSON], String::new()),
        ("query beside another body", format!("/api/chats/overview?apikey={key}"), &[FORM], "apikey=wrong".to_owned()),
        ("header", "/api/chats/overview".to_owned(), &[("apikey", key)], String::new()),
        ("header, other case", "/api/chats/overview".to_owned(), &[("apiKey", key)], String::new()),
        ("header, empty query", "/api/chats/overview?apikey=".to_owned(), &[("apikey", key)], String::new()),
        ("form", "/api/chats/overview".to_owned(), &[FORM], format!("department=default&apikey={key}")),
        ("form beside another header", "/api/chats/overview".to_owned(), &[FORM, ("apikey", "of v3")], format!("apikey={key}")),
        ("JSON body", "/api/chats/overview".to_owned(), &[JSON], format!(r#"{{"apikey":"{key}"}}"#)),
        ("body without a type", "/api/chats/overview".to_owned(), &[], format!("apikey={key}")),
        ("trailing slash", format!("/api/chats/overview/?apikey={key}"), &[], String::new()),
        ("front controller", format!("/api/index.php?handler=chats%2Foverview%2F&apikey={key}"), &[JSON], String::new()),
    ];
    for (what, uri, headers, body) in calls {
        let reply = desk.call("GET", &uri, headers, body).await;
        assert_eq!(reply.status, 200, "{what}: {}", reply.text);
    }
    let multipart = format!("--x\r\ncontent-disposition: form-data; name=\"apikey\"\r\n\r\n{key}\r\n--x--\r\n");
    let reply = desk.call("GET", "/api/chats/overview", &[("content-type", "multipart/form-data; boundary=x")], multipart).await;
    assert_eq!(reply.status, 200, "multipart: {}", reply.text);
}

#[tokio::test]
async fn keys_that_do_not_open() {
    let desk = Fixture::new();
    let (key, token) = (desk.key.as_str(), desk.token.as_str());
    let bearer = format!("Bearer {key}");
    let calls: [(&str, String, Headers<'_>, u16, &str); 7] = [
        ("none", "/api/conversations".to_owned(), &[], 400, "Api key is not found in request"),
        ("empty", "/api/conversations?apikey=".to_owned(), &[("apikey", "")], 400, "Api key is not found in request"),
        ("elsewhere", "/api/conversations?key=x".to_owned(), &[("authorization", &bearer)], 400, "Api key is not found in request"),
        ("wrong", "/api/conversations?apikey=0123456789abcdef".to_owned(), &[], 401, "ApiKey not found"),
        ("wrong beside a good header", "/api/conversations?apikey=wrong".to_owned(), &[("apikey", key)], 401, "ApiKey not found"),
        ("a bearer token", format!("/api/conversations?apikey={token}"), &[], 401, "ApiKey not found"),
        ("another case", format!("/api/conversations?apikey={}", key.to_uppercase() + "X"), &[], 401, "ApiKey not found"),
    ];
    for (what, uri, headers, status, sentence) in calls {
        let reply = desk.call("GET", &uri, headers, "").await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, sentence), "{what}");
    }
}

/// The same error in each format.
fn assert_refusal(reply: &Reply, format: &str, status: u16, sentence: &str, about: &str) {
    let text = &reply.text;
    assert_eq!(reply.status, status, "{about}: {text}");
    let start = match format {
        ".xml" => format!(
            "<?xml version='1.0' encoding='utf-8'?><response><status>ERROR</status><statuscode>{status}</statuscode><errormessage>{sentence}</errormessage><debugmessage>"
        ),
        ".yaml" => format!("response:\n  status: ERROR\n  statuscode: {status}\n  errormessage: {sentence}\n  debugmessage: "),
        _ => format!(r#"{{"response":{{"status":"ERROR","statuscode":{status},"errormessage":"{sentence}","debugmessage":""#),
    };
    assert!(text.starts_with(&start), "{about}: {text}");
    assert!(reply.header("x-request-id").is_some(), "{about}");
    let content_type = reply.header("content-type").expect("a type");
    assert!(
        content_type.starts_with(&format!("application/{}", format.trim_start_matches('.').replace("default", "json"))),
        "{content_type}"
    );
}

#[tokio::test]
async fn errors_in_all_formats() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let messages = format!("conversations/{}/messages", ticket.id);
    let huge = "a".repeat(2 << 20);
    for (method, path, query, body, status, sentence) in [
        ("GET", "conversations", "", "", 400, "Api key is not found in request"),
        ("GET", "conversations", "apikey=wrong", "", 401, "ApiKey not found"),
        ("DELETE", "conversations", "KEY", "", 405, "the method is not allowed for this path"),
        ("GET", "no/such/path", "KEY", "", 404, "there is nothing at this path"),
        ("GET", "no/such/path", "", "", 404, "there is nothing at this path"),
        ("GET", "", "KEY", "", 404, "there is nothing at this path"),
        ("GET", "agents/nobody@desk.test", "KEY", "", 404, "agent with this e-mail or userid not found"),
        ("GET", "conversations/zzzzzzzz", "KEY", "", 500, "unable to load conversation"),
        ("GET", "conversations", "KEY&status=Z", "", 500, "parameter status holds an unknown letter"),
        ("GET", "conversations", "KEY&dateto=x", "", 500, "parameter dateto must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
        ("POST", &messages, "KEY", "", 500, "parameter message is missing"),
        ("POST", &messages, "KEY", &huge, 413, "the body is larger than 1048576 bytes"),
    ] {
        for format in ["", ".json", ".xml", ".yaml"] {
            if path.is_empty() && !format.is_empty() {
                continue;
            }
            let uri = format!("/api/{path}{format}?{}", query.replace("KEY", &format!("apikey={}", desk.key)));
            let reply = desk.call(method, &uri, &[FORM], body.to_owned()).await;
            assert_refusal(&reply, format, status, sentence, &format!("{method} {uri}"));
        }
    }
    let reply = desk.call("DELETE", &desk.keyed("/api/conversations"), &[], "").await;
    assert_eq!(reply.header("allow"), Some("GET, HEAD, POST"));
}

#[tokio::test]
async fn nobody_gets_through_anywhere() {
    let desk = Fixture::new();
    for meta in metas() {
        let right = if meta.verb == Verb::Get { Right::ApiKey } else { Right::ApiKeyWrite };
        assert_eq!(meta.right, right, "{}", meta.path);
        let path = sample_path(meta.path, "zzzzzzzz");
        for (query, status) in [("", 400), ("?apikey=wrong", 401)] {
            let reply = desk.call(meta.verb.text(), &format!("/api/{path}{query}"), &[], "").await;
            assert_eq!(reply.status, status, "{} {path}{query}", meta.verb.text());
        }
    }
}

#[tokio::test]
async fn a_key_that_only_reads() {
    let desk = Fixture::new();
    let scopes = Scopes { read: true, ..Scopes::default() };
    let issued = desk.desk.write(move |tx, cx| credentials::issue(tx, cx, CredentialKind::ApiKey, "reads", None, scopes)).await;
    let key = issued.expect("a key").secret;
    for meta in metas() {
        let path = sample_path(meta.path, "zzzzzzzz");
        let reply = desk.call(meta.verb.text(), &format!("/api/{path}?apikey={key}"), &[], "").await;
        let refused = reply.status == 403 && reply.errormessage() == "the credential lacks the right for this call";
        assert_eq!(refused, meta.verb != Verb::Get, "{} {path}: {}", meta.verb.text(), reply.text);
    }
    let agent = desk.call("GET", &format!("/api/agents/{}?apikey={key}", desk.owner.email), &[], "").await.value();
    assert_eq!(agent["response"]["authtoken"], "", "it would sign in to more than the key may do");
}

#[tokio::test]
async fn requests_are_counted_for_each_key() {
    let desk = Fixture::with(Options { requests_per_minute_max: Some(3), ..Options::default() });
    for _ in 0..3 {
        assert_eq!(desk.get("/api/chats/overview").await.status, 200);
    }
    for path in ["/api/chats/overview", "/api/chats/overview.xml", "/api/chats/overview.yaml"] {
        let reply = desk.get(path).await;
        assert_refusal(
            &reply,
            path.strip_prefix("/api/chats/overview").expect("a prefix"),
            429,
            "too many requests, try again later",
            path,
        );
        let seconds: u32 = reply.header("retry-after").expect("when").parse().expect("a number");
        assert!((1..=60).contains(&seconds));
    }
    let escaped = format!("/api/chats/overview?ap%69key={}", desk.key);
    assert_eq!(desk.call("GET", &escaped, &[], "").await.status, 429, "another spelling is the same key");
    assert_eq!(desk.call("GET", "/api/chats/overview", &[("apikey", &desk.key)], "").await.status, 429, "in another place, too");
    let second = desk
        .desk
        .write(|tx, cx| {
            let kind = deskbell_domain::credential::CredentialKind::ApiKey;
            deskbell_app::credentials::issue(tx, cx, kind, "second", None, deskbell_app::rights::Scopes::default())
        })
        .await
        .expect("a key");
    let reply = desk.call("GET", "/api/chats/overview", &[("apikey", &second.secret)], "").await;
    assert_eq!(reply.status, 200, "another key has its own count");
    assert_eq!(desk.call("GET", "/api/chats/overview?apikey=wrong", &[], "").await.status, 401, "strangers have theirs");
}

#[tokio::test]
async fn the_default_is_the_vendors_limit() {
    let desk = Fixture::with(Options::default());
    let mut answered = 0;
    while desk.get("/api/chats/overview").await.status == 200 {
        answered += 1;
        assert!(answered <= 400, "there is a limit");
    }
    assert!(answered >= 180, "{answered}");
}

#[tokio::test]
async fn a_closed_desk_is_unavailable() {
    let desk = Fixture::new();
    desk.desk.close();
    for format in [".json", ".xml", ".yaml"] {
        let reply = desk.get(&format!("/api/conversations{format}")).await;
        assert_eq!(reply.status, 503, "{}", reply.text);
        assert!(reply.text.contains("503"));
    }
}

#[test]
fn the_page_of_what_is_covered_is_up_to_date() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compat/liveagent-v1.md");
    let committed = fs::read_to_string(&page).unwrap_or_default();
    for (line, wanted) in compat().lines().enumerate() {
        assert_eq!(committed.lines().nth(line), Some(wanted), "line {}: run `cargo xtask contracts`", line + 1);
    }
    assert_eq!(committed, compat(), "run `cargo xtask contracts`");
}
