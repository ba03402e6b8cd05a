//! What the kit does around an endpoint, mostly of what goes wrong.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::Request;

use super::toy::{FILE_BODY_BYTES_MAX, call, get, kit, limited, surface};
use crate::surface::{BodyReading, Cors, Credential};
use crate::{Front, Proxies, compat};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn refusals_have_the_surfaces_shape() {
    let kit = kit(surface());
    for (method, uri, status, sentence) in [
        ("GET", "/api/agents/ab", 401, "no credential was given"),
        ("GET", "/api/agents/ab?apikey=bad", 401, "ApiKey not found"),
        ("GET", "/api/agents/ab?apikey=down", 503, "no store"),
        ("POST", "/api/console?apikey=good", 403, "the credential lacks the right for this call"),
        ("POST", "/api/console", 401, "no credential was given"),
        ("PUT", "/api/agents/ab?apikey=good", 500, "parameter name is missing"),
        ("GET", "/api/nothing?apikey=good", 404, "there is nothing at this path"),
        ("GET", "/api/agents?apikey=good", 404, "there is nothing at this path"),
        ("GET", "/api/agents/?apikey=good", 404, "there is nothing at this path"),
        ("GET", "/api/agents/ab/cd?apikey=good", 404, "there is nothing at this path"),
        ("GET", "/api/index.php", 404, "there is nothing at this path"),
        ("GET", "/other", 404, "there is nothing at this path"),
        ("DELETE", "/api/agents/ab?apikey=good", 405, "the method is not allowed for this path"),
        ("TRACE", "/api/agents/ab", 405, "the method is not allowed for this path"),
        ("OPTIONS", "/api/agents/ab", 405, "the method is not allowed for this path"),
        ("GET", "/api/agents/%ff?apikey=good", 400, "the path is not valid UTF-8"),
        ("GET", "/api/agents/ab?apikey=good&a=%ff", 400, "a parameter is not valid UTF-8"),
        ("GET", "/api/panic", 500, "internal error"),
        ("GET", "/api/unavailable", 503, "later"),
    ] {
        let reply = call(&kit, method, uri, &[], Body::empty()).await;
        let body = reply.json();
        assert_eq!(reply.status, status, "{method} {uri}: {body}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(body["response"]["statuscode"], status, "{method} {uri}");
        assert_eq!(body["response"]["errormessage"], sentence, "{method} {uri}");
        assert_eq!(reply.header("allow"), (status == 405).then_some("GET, HEAD, PUT"));
        assert_eq!(reply.header("retry-after"), (sentence == "later").then_some("7"));
        assert!(reply.header("x-request-id").is_some());
    }
}

#[tokio::test]
async fn answers() {
    let kit = kit(surface());
    let reply = get(&kit, "/api/agents/ab?apikey=good").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.text, r#"{"response":{"id":"ab","greeting":"a\/b","next":"http:\/\/here.test"}}"#);
    let reply = get(&kit, "/api/figures").await;
    assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"a":1}"#));
    let reply = get(&kit, "/api/figures?apikey=bad").await;
    assert_eq!(reply.status, 200, "open to anyone, whatever the credential");
    let reply = call(&kit, "HEAD", "/api/figures", &[], Body::empty()).await;
    assert_eq!((reply.status, reply.text.as_str(), reply.header("content-length")), (200, "", Some("7")));
    let reply = call(&kit, "DELETE", "/api", &[], Body::empty()).await;
    assert_eq!(reply.text, r#"{"response":"Nobody None"}"#);
}

#[tokio::test]
async fn paths_and_formats() {
    let kit = kit(surface());
    for (uri, start) in [
        ("/api/agents/john@agent.com?apikey=good", r#"{"response":{"id":"john@agent.com","#),
        ("/api/agents/john%40agent.com?apiKey=good", r#"{"response":{"id":"john@agent.com","#),
        ("/api/agents/a%2Fb+c?&apikey=good", r#"{"response":{"id":"a\/b+c","#),
        ("/api/agents/ab/?apikey=good", r#"{"response":{"id":"ab","#),
        ("/api/agents/ab.json?apikey=good", r#"{"response":{"id":"ab","#),
        ("/v2/api/agents/ab?apikey=good", r#"{"response":{"id":"ab","#),
        ("/api/agents/john@agent.com.xml?apikey=good", "<?xml version='1.0' encoding='utf-8'?><response><id>john@agent.com</id>"),
        ("/api/agents/ab.yaml?apikey=good", "response:\n  id: ab\n"),
        ("/api/index.php?handler=agents%2Fjohn%2Bx%40agent.com&apikey=good", r#"{"response":{"id":"john+x@agent.com","#),
        ("/api/?handler=agents/ab/&apikey=good", r#"{"response":{"id":"ab","#),
        ("/api/index.php?handler=/agents/ab.xml&apikey=good", "<?xml version='1.0' encoding='utf-8'?><response><id>ab</id>"),
        (
            "/v2/api/index.php?handler=conversations%2Fab%2Fmessages&apikey=good&b=2&a=1",
            r#"{"response":{"messages":["ab","apikey=good&b=2&a=1"]}}"#,
        ),
        (
            "/api/conversations/ab/messages.xml?apikey=good",
            "<?xml version='1.0' encoding='utf-8'?><response><messages><message>ab</message>",
        ),
        ("/api/agents/ab.xml", "<?xml version='1.0' encoding='utf-8'?><response><status>ERROR</status><statuscode>401</statuscode>"),
        ("/api/nothing.yaml", "response:\n  status: ERROR\n  statuscode: 404\n"),
    ] {
        let reply = get(&kit, uri).await;
        assert!(reply.text.starts_with(start), "{uri}: {}", reply.text);
    }
    let reply = get(&kit, "/acme.desk.test/api/agents/ab?apikey=good").await;
    assert_eq!(reply.json()["response"]["next"], "http://here.test/acme.desk.test");
    for (path, owned) in [
        ("/api", true),
        ("/api/x", true),
        ("/apix", false),
        ("/v2/api/x", true),
        ("/v2", false),
        ("/a.desk.test/api/x", true),
        ("/.desk.test/api/x", false),
        ("/", false),
    ] {
        assert_eq!(kit.owns(path), owned, "{path}");
    }
}

#[tokio::test]
async fn bodies_and_their_limits() {
    let kit = kit(surface());
    let (uri, keyed) = ("/api/agents/ab", "/api/agents/ab?apikey=good");
    let reply = call(&kit, "PUT", uri, &[FORM, ("idempotency-key", "k1")], "apikey=good&name=x+y").await;
    assert_eq!((reply.status, reply.text.as_str()), (201, r#"ab x y Some("k1")"#));
    let reply = call(&kit, "PUT", keyed, &[("content-type", "application/json")], r#"{"name":"z"}"#).await;
    assert_eq!(reply.text, "ab z None");
    let reply = call(&kit, "PUT", "/api/agents/ab?apikey=good&name=q", &[("content-type", "application/json")], "").await;
    assert_eq!(reply.text, "ab q None");

    let fits = format!("apikey=good&name={}", "x".repeat(64 - 17));
    assert_eq!(call(&kit, "PUT", uri, &[FORM], fits.clone()).await.status, 201);
    assert_eq!(call(&kit, "PUT", uri, &[FORM], fits + "x").await.status, 413);
    let pieces = |count: usize| {
        let pieces = (0..count).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"name=0123456789&")));
        Body::from_stream(stream::iter(pieces))
    };
    assert_eq!(call(&kit, "PUT", keyed, &[FORM], pieces(4)).await.status, 201);
    assert_eq!(call(&kit, "PUT", keyed, &[FORM], pieces(5)).await.status, 413);
    let broken = Body::from_stream(stream::iter([Err::<Bytes, _>(std::io::Error::other("reset"))]));
    assert_eq!(call(&kit, "PUT", keyed, &[FORM], broken).await.status, 400);
    let reply = call(&kit, "PUT", keyed, &[FORM, ("idempotency-key", "")], "name=x").await;
    assert_eq!(reply.status, 400);
}

/// A file of 20 MiB in base64, in each kind of body, in one piece and in many.
#[tokio::test]
async fn a_parameter_of_28_megabytes() {
    const JSON: (&str, &str) = ("content-type", "application/json");
    const MULTIPART: (&str, &str) = ("content-type", "multipart/form-data; boundary=X");
    let kit = kit(surface());
    let data = "ab+/cdef".repeat((28 << 20) / 8);
    let uri = "/api/file?apikey=good";
    for (header, body) in [
        (FORM, format!("a=1&data={}&b=2", data.replace('+', "%2B").replace('/', "%2f"))),
        (JSON, format!(r#"{{"a":1,"data":"{}"}}"#, data.replace('/', "\\/"))),
        (MULTIPART, format!("--X\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{data}\r\n--X--\r\n")),
    ] {
        let body = Bytes::from(body);
        let pieces: Vec<_> = (0..body.len()).step_by(64 * 1024).map(|at| body.slice(at..body.len().min(at + 64 * 1024))).collect();
        let pieces = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)));
        for body in [Body::from(body), pieces] {
            let reply = call(&kit, "PUT", uri, &[header], body).await;
            assert_eq!((reply.status, reply.text.as_str()), (200, "29360128 ab+/cdef…ab+/cdef"), "{header:?}");
        }
    }
    let reply = call(&kit, "PUT", uri, &[FORM], format!("data={}", "x".repeat(FILE_BODY_BYTES_MAX))).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn a_body_that_does_not_arrive() {
    let mut kit = kit(surface());
    kit.body_time_max = Duration::from_millis(1);
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(call(&kit, "PUT", "/api/agents/ab?apikey=good", &[FORM], never).await.status, 400);
}

#[tokio::test]
async fn a_strangers_body_is_not_read_where_the_credential_stands_before_it() {
    let mut surface = surface();
    surface.credential = Credential::BeforeBody;
    surface.body_reading = BodyReading::Strict;
    let kit = kit(surface);
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(call(&kit, "PUT", "/api/agents/ab", &[FORM], never).await.status, 401);
    let json = ("content-type", "application/json");
    assert_eq!(call(&kit, "PUT", "/api/agents/ab?apikey=good", &[json], "{").await.status, 400);
    assert_eq!(call(&kit, "PUT", "/api/agents/ab?apikey=good", &[json], r#"{"name":"x"}"#).await.status, 201);
}

#[tokio::test]
async fn only_so_many_large_bodies_of_strangers_are_held_at_once() {
    let kit = kit(surface());
    let never = || Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut waiting = Box::pin(call(&kit, "POST", "/api/files", &[FORM], never()));
        assert!(waiting.as_mut().now_or_never().is_none(), "it waits for its body");
        held.push(waiting);
    }
    for uri in ["/api/files", "/api/files?apikey=bad"] {
        let refused = call(&kit, "POST", uri, &[FORM], never()).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{uri}");
    }
    assert_eq!(call(&kit, "POST", "/api/files", &[FORM], "apikey=good").await.status, 204, "a small one");
    let known = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"a=1"))]);
    assert_eq!(call(&kit, "POST", "/api/files?apikey=good", &[FORM], Body::from_stream(known)).await.status, 204, "no stranger");
    held.pop();
    let again = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"apikey=good"))]);
    assert_eq!(call(&kit, "POST", "/api/files", &[FORM], Body::from_stream(again)).await.status, 204);
}

#[tokio::test]
async fn rates() {
    let kit = limited(2);
    for left in ["1", "0"] {
        let reply = get(&kit, "/api/agents/ab?apikey=good").await;
        assert_eq!((reply.status, reply.header("x-rate-limit")), (200, Some("2")));
        assert_eq!(reply.header("x-rate-limit-remaining"), Some(left));
    }
    let reply = get(&kit, "/api/agents/ab?apikey=good").await;
    let seconds: u32 = reply.header("retry-after").expect("says when").parse().expect("seconds");
    assert_eq!((reply.status, (1..=60).contains(&seconds)), (429, true));
    for status in [401, 401, 429] {
        assert_eq!(get(&kit, "/api/agents/ab?apikey=bad").await.status, status, "guessing keys is limited by address");
    }
}

#[tokio::test]
async fn pages_of_other_origins() {
    let shop = ("origin", "https://shop.test");
    let preflight = [shop, ("access-control-request-method", "POST")];
    let mut surface = surface();
    surface.cors = Cors::Asked(|toy, origin| &*toy.greeting == "a/b" && origin == "https://shop.test");
    let listed = kit(surface);
    let reply = call(&listed, "OPTIONS", "/api/figures", &preflight, Body::empty()).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some("https://shop.test")));
    let reply = call(&listed, "GET", "/api/figures", &[shop], Body::empty()).await;
    assert_eq!((reply.header("access-control-allow-origin"), reply.header("vary")), (Some("https://shop.test"), Some("Origin")));
    let other = ("origin", "https://evil.test");
    assert_eq!(call(&listed, "GET", "/api/figures", &[other], Body::empty()).await.header("access-control-allow-origin"), None);
    let off = kit(super::toy::surface());
    assert_eq!(call(&off, "OPTIONS", "/api/figures", &preflight, Body::empty()).await.status, 405);
    assert_eq!(call(&off, "GET", "/api/figures", &[shop], Body::empty()).await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn the_callers_address() {
    let peer = async |proxies: Option<Proxies>| {
        let kit = kit(surface());
        let mut request = Request::delete("/api").header("x-forwarded-for", "9.9.9.9, 1.1.1.1").body(Body::empty()).expect("a request");
        if let Some(proxies) = proxies {
            let connection = proxies.see("10.0.0.1".parse().expect("an address"), false, request.headers());
            request.extensions_mut().insert(connection);
        } else {
            let address: SocketAddr = "[::ffff:10.0.0.2]:80".parse().expect("an address");
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let body = axum::body::to_bytes(kit.handle(request).await.into_body(), 1_000).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("UTF-8")
    };
    assert_eq!(peer(Some(Proxies::default())).await, r#"{"response":"Nobody Some(10.0.0.1)"}"#);
    assert_eq!(peer(None).await, r#"{"response":"Nobody Some(10.0.0.2)"}"#);
    let proxies = "10.0.0.0/8".parse().expect("a network");
    assert_eq!(peer(Some(proxies)).await, r#"{"response":"Nobody Some(1.1.1.1)"}"#);
}

#[tokio::test]
async fn several_surfaces_behind_one_door() {
    let front = Front::new().with(kit(surface()));
    for (uri, wanted) in [("/api/figures", "{\"a\":1}"), ("/apix", "there is nothing at this path")] {
        let response = front.handle(Request::get(uri).body(Body::empty()).expect("a request")).await;
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("a body");
        assert_eq!(&body[..], wanted.as_bytes());
    }
}

#[test]
#[should_panic(expected = "toy: two endpoints for GET agents/{id}")]
fn two_endpoints_for_one_call() {
    let kit = kit(surface());
    let mut routes: Vec<_> = kit.served.iter().map(|served| served.route).collect();
    routes.push(routes[0]);
    crate::Kit::new(surface(), kit.state.clone(), routes);
}

#[test]
fn the_list_of_endpoints() {
    let kit = kit(surface());
    assert_eq!(compat::listing(&kit.metas()).len(), kit.served.len());
    assert!(compat::markdown(&kit.metas()).contains("| `GET conversations/{id}/messages` | API key |"));
}
