//! Clients of HTTP/1.0, as one of LiveAgent's first-party plugins is: no `Host`, no kept connection, no chunks.

use crate::raw::{Reply, Wire};
use crate::server;
use deskbell_testkit::{Server, WAIT};
use tokio::time::timeout;

/// Asks on a connection of its own, which must be closed after the answer.
async fn ask(server: &Server, request: &str) -> Reply {
    let exchange = async {
        let mut wire = Wire::open(server.address()).await?;
        wire.send(request.as_bytes()).await?;
        let reply = wire.receive().await?;
        assert!(wire.is_closed().await?, "more bytes after the answer to {request}");
        std::io::Result::Ok(reply)
    };
    let reply = timeout(WAIT, exchange).await.expect("answered and closed in time").expect("answered");
    assert_eq!(reply.version, "HTTP/1.0", "{request}: {reply:?}");
    assert_eq!(reply.header("transfer-encoding"), None, "{request}: {reply:?}");
    reply
}

fn post(path: &str, form: &str) -> String {
    let length = form.len();
    format!("POST {path} HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}")
}

#[tokio::test]
async fn calls_of_http_1_0() {
    let server = server().await;
    let key = &server.api_key;
    let overview = ask(&server, &format!("GET /api/chats/overview?apikey={key} HTTP/1.0\r\n\r\n")).await;
    assert_eq!((overview.status, overview.header("content-type")), (200, Some("application/json")));
    assert!(overview.text().starts_with(r#"{"response":{"chatsOverview":[{"visitors":"#), "{overview:?}");
    // The key in a form's body; the answer is read back by the e-mail address, in XML.
    let made = ask(&server, &post("/api/customers", &format!("apikey={key}&email=ann%40example.com&name=Ann+Example&note=%26"))).await;
    assert_eq!(made.status, 200, "{made:?}");
    let found = ask(&server, &format!("GET /api/customers/ann@example.com.xml?&apikey={key} HTTP/1.0\r\n\r\n")).await;
    assert!(found.status == 200 && found.text().contains("<note>&amp;</note>"), "{found:?}");
    let refused = ask(&server, &post("/api/customers", &format!("apikey={key}"))).await;
    assert_eq!(refused.status, 500);
    assert!(refused.text().starts_with(r#"{"response":{"status":"ERROR","statuscode":500,"#), "{refused:?}");
    let stranger = ask(&server, "GET /api/chats/overview HTTP/1.0\r\n\r\n").await;
    assert_eq!(stranger.status, 400);
}

/// What is streamed ends with its connection, or says how long it is.
#[tokio::test]
async fn streams_of_http_1_0() {
    let server = server().await;
    let page = ask(&server, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(page.status < 400 && page.header("transfer-encoding").is_none(), "{page:?}");
    let (key, data) = (&server.api_key, "aGVsbG8gd29ybGQ");
    let made = ask(&server, &post("/api/files", &format!("apikey={key}&name=hello.txt&type=text/plain&data={data}%3D"))).await;
    assert_eq!(made.status, 200, "{made:?}");
    let answer: serde_json::Value = serde_json::from_str(made.text()).expect("JSON");
    let url = answer["response"]["downloadUrl"].as_str().expect("a file has a URL");
    let path = url.strip_prefix("//localhost/").unwrap_or_else(|| panic!("{url} is not on the host that was not named"));
    let file = ask(&server, &format!("GET /{path}&apikey={key} HTTP/1.0\r\n\r\n")).await;
    assert_eq!((file.status, file.text()), (200, "hello world"), "{file:?}");
}
