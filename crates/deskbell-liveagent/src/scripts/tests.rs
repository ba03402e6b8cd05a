use deskbell_app::commands::VisitorCommand;
use deskbell_app::credentials;
use deskbell_app::files::{FileOwner, NewFile};
use deskbell_app::rights::Scopes;
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::{CredentialId, WidgetId};
use http::HeaderMap;
use http_body_util::BodyExt;

use super::*;
use crate::fixture::Fixture;

struct Got {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }
}

async fn ask(desk: &Fixture, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
    let served = FileDownloads::new(desk.desk.clone());
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = served.serve(request.body(Body::from(body.to_owned())).expect("a request")).await;
    let (parts, body) = response.into_parts();
    Got { status: parts.status.as_u16(), headers: parts.headers, bytes: body.collect().await.expect("a body").to_bytes().to_vec() }
}

async fn get(desk: &Fixture, path: &str) -> Got {
    ask(desk, "GET", path, &[], "").await
}

async fn keep(desk: &Fixture, name: &str, declared: &str, bytes: &'static [u8]) -> String {
    let who = Principal::ApiKey { key: CredentialId::from_i64(1), may_write: true };
    let new = NewFile { name: name.to_owned(), declared_type: declared.to_owned(), bytes: bytes.into() };
    files::keep(&desk.desk, who, new).await.expect("kept").attachment.file
}

async fn publish(desk: &Fixture, file: &str) {
    let text = format!("/scripts/file.php?view=Y&file={file}");
    let owner = FileOwner::Widget(WidgetId::from_i64(1));
    desk.desk.write(move |tx, _| files::note_uses(tx, owner, &[&text])).await.expect("noted");
}

#[tokio::test]
async fn only_its_own_path() {
    let desk = Fixture::new();
    let served = FileDownloads::new(desk.desk.clone());
    for (path, owned) in [("/scripts/file.php", true), ("/scripts/track.js", false), ("/scripts/file.php/x", false), ("/scripts", false)] {
        assert_eq!(served.owns(path), owned, "{path}");
    }
}

#[tokio::test]
async fn the_key_opens_wherever_it_stands() {
    let desk = Fixture::new();
    let file = keep(&desk, "hello.txt", "text/plain", b"hello").await;
    let (path, key) = (format!("/scripts/file.php?view=Y&file={file}"), desk.key.clone());
    let session = {
        let owner = desk.owner.id;
        let issue = desk.desk.write(move |tx, cx| credentials::issue(tx, cx, CredentialKind::Session, "s", Some(owner), Scopes::default()));
        format!("other=1; {SESSION_COOKIE}={}", issue.await.expect("a session").secret)
    };
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let keyed = format!("{path}&apikey={key}");
    for got in [
        get(&desk, &keyed).await,
        get(&desk, &format!("{path}&apiKey={key}")).await,
        ask(&desk, "POST", &path, &form, &format!("apikey={key}")).await,
        ask(&desk, "POST", "/scripts/file.php", &form, &format!("apikey={key}&view=Y&file={file}")).await,
        ask(&desk, "GET", &path, &[("apikey", &key)], "").await,
        ask(&desk, "GET", &path, &[("cookie", &session)], "").await,
        ask(&desk, "GET", &format!("{path}&apikey=wrong"), &[("cookie", &session)], "").await,
    ] {
        assert_eq!((got.status, got.bytes.as_slice()), (200, &b"hello"[..]));
        assert_eq!(got.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(got.header("content-disposition"), "inline; filename=\"hello.txt\"");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert!(got.header("content-security-policy").ends_with("sandbox"));
    }
    let saved = get(&desk, &keyed.replace("view=Y&", "")).await;
    assert_eq!(saved.header("content-disposition"), "attachment; filename=\"hello.txt\"");
    let info = desk.get_ok(&format!("/api/files/{file}")).await;
    assert_eq!(info["downloads"], "8");
}

#[tokio::test]
async fn refusals_are_plain_text() {
    let desk = Fixture::new();
    let file = keep(&desk, "hello.txt", "text/plain", b"hello").await;
    let other = "0".repeat(32);
    let visit = desk.desk.write(|tx, cx| visits::arrive(tx, cx, None, &Arrival::default())).await.expect("a visit");
    let page = VisitorCommand::Page { url: "https://shop.test/".to_owned(), title: String::new() };
    desk.desk.visitor_command(visit.visitor, visit.id, None, page).await.expect("a page");
    let (key, token) = (desk.key.clone(), desk.token.clone());
    let closed = "this file needs an API key, or an agent who is signed in\n";
    for (query, status, wanted) in [
        (format!("file={file}"), 401, closed),
        (format!("file={file}&apikey="), 401, closed),
        (format!("file={file}&apikey=wrong"), 401, closed),
        (format!("file={file}&apikey={token}"), 401, closed),
        (format!("file={other}"), 401, closed),
        ("file=..%2F..%2Fetc%2Fpasswd".to_owned(), 401, closed),
        (format!("file={other}&apikey={key}"), 404, "no such file\n"),
        (format!("file=..%2F..%2Fetc%2Fpasswd&apikey={key}"), 404, "no such file\n"),
        (format!("file=%00&apikey={key}"), 404, "no such file\n"),
        (format!("apikey={key}"), 400, "parameter file is missing\n"),
        (String::new(), 400, "parameter file is missing\n"),
    ] {
        let got = get(&desk, &format!("/scripts/file.php?{query}")).await;
        assert_eq!((got.status, String::from_utf8_lossy(&got.bytes).as_ref()), (status, wanted), "{query}");
        assert_eq!(got.header("content-type"), "text/plain; charset=utf-8");
    }
    let cookie = format!("{SESSION_COOKIE}={token}");
    let got = ask(&desk, "GET", &format!("/scripts/file.php?file={file}"), &[("cookie", &cookie)], "").await;
    assert_eq!(got.status, 401, "a token is no session");
    let got = ask(&desk, "PUT", &format!("/scripts/file.php?file={file}"), &[], "").await;
    assert_eq!((got.status, got.header("allow")), (405, "GET, HEAD, POST"));
    let gone = {
        let id = file.clone();
        desk.desk.read(move |tx| files::find(tx, &id)).await.expect("reads").expect("a file")
    };
    desk.desk.blobs().remove(&gone.blob).expect("removed");
    let got = get(&desk, &format!("/scripts/file.php?file={file}&apikey={key}")).await;
    assert_eq!((got.status, got.bytes.as_slice()), (404, &b"the file is gone\n"[..]));
}

#[tokio::test]
async fn files_in_widgets_are_everybodys() {
    let desk = Fixture::new();
    let file = keep(&desk, "logo.png", "image/png", b"\x89PNG\r\n\x1a\n0000").await;
    let path = format!("/scripts/file.php?view=Y&file={file}");
    assert_eq!(get(&desk, &path).await.status, 401);
    publish(&desk, &file).await;
    for got in [get(&desk, &path).await, get(&desk, &format!("{path}&apikey=wrong")).await] {
        assert_eq!((got.status, got.header("content-type")), (200, "image/png"));
        assert_eq!(got.header("cache-control"), "public, max-age=300");
        assert_eq!(got.header("cross-origin-resource-policy"), "cross-origin");
    }
}

#[tokio::test]
async fn what_a_browser_would_run_is_only_saved() {
    let desk = Fixture::new();
    for (name, declared, bytes) in [
        ("a.html", "text/html", &b"<script>alert(1)</script>"[..]),
        ("a.png", "image/png", b"<html><script>alert(1)</script>"),
        ("a.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"),
        ("a.xml", "text/xml", b"<?xml version='1.0'?><a/>"),
        ("a.txt", "text/plain", b"  <!DOCTYPE html>"),
        ("a.js", "text/javascript", b"alert(1)"),
        ("a.bin", "application/octet-stream", b"\0\x01"),
    ] {
        let file = keep(&desk, name, declared, bytes).await;
        let got = get(&desk, &format!("/scripts/file.php?view=Y&file={file}&apikey={}", desk.key)).await;
        assert_eq!((got.header("content-type"), got.bytes.as_slice()), ("application/octet-stream", bytes), "{name}");
        assert_eq!(got.header("content-disposition"), format!("attachment; filename=\"{name}\""));
        assert_eq!(got.header("x-content-type-options"), "nosniff");
    }
    let file = keep(&desk, "böse\"\r\nX-Evil: 1.txt", "text/plain", b"x").await;
    let got = get(&desk, &format!("/scripts/file.php?view=Y&file={file}&apikey={}", desk.key)).await;
    let wanted = "inline; filename=\"b_se_X-Evil: 1.txt\"; filename*=UTF-8''b%C3%B6se%22X-Evil%3A%201.txt";
    assert_eq!((got.header("content-disposition"), got.header("x-evil")), (wanted, ""));
}

#[tokio::test]
async fn parts_and_what_is_known_do_not_count() {
    let desk = Fixture::new();
    let file = keep(&desk, "hello.txt", "text/plain", b"hello").await;
    let path = format!("/scripts/file.php?file={file}&apikey={}", desk.key);
    let first = get(&desk, &path).await;
    let etag = first.header("etag").to_owned();
    for (method, headers, status, wanted) in [
        ("GET", vec![("range", "bytes=2-")], 206, "llo"),
        ("GET", vec![("range", "bytes=9-")], 416, ""),
        ("GET", vec![("if-none-match", etag.as_str())], 304, ""),
        ("HEAD", vec![], 200, ""),
        ("GET", vec![("range", "bytes=0-1")], 206, "he"),
    ] {
        let got = ask(&desk, method, &path, &headers, "").await;
        assert_eq!((got.status, String::from_utf8_lossy(&got.bytes).as_ref()), (status, wanted), "{headers:?}");
    }
    let head = ask(&desk, "HEAD", &path, &[], "").await;
    assert_eq!(head.header("content-length"), "5");
    assert_eq!(desk.get_ok(&format!("/api/files/{file}")).await["downloads"], "2", "the whole one, and the first part");
    deskbell_app::timers::write_counts(&desk.desk).await.expect("written");
    assert_eq!(desk.get_ok(&format!("/api/files/{file}")).await["downloads"], "2");
}
