use std::net::SocketAddr;
use std::sync::Arc;

use deskbell_app::files::{self, FileOwner};
use deskbell_domain::ids::WidgetId;
use deskbell_http::{Outbound, OutboundPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::fixture::{Fixture, Reply};

/// `hello`, as a form carries it.
const HELLO: &str = "name=hello.txt&type=text/plain&data=aGVsbG8%3D";
const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;

fn id(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.value()["response"]["fileid"].as_str().expect("an id").to_owned()
}

impl Fixture {
    /// What is kept under an id.
    async fn contents(&self, id: &str) -> Vec<u8> {
        let id = id.to_owned();
        let file = self.desk.read(move |tx| files::find(tx, &id)).await.expect("reads").expect("a file");
        self.desk.blobs().get(&file.blob).expect("reads").expect("contents")
    }
}

#[tokio::test]
async fn a_file_in_all_formats() {
    let desk = Fixture::new();
    let host = [("host", "desk.test:8080"), ("content-type", "application/x-www-form-urlencoded")];
    let made = desk.call("POST", &desk.keyed("/api/files"), &host, HELLO).await;
    let id = id(&made);
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let url = format!("desk.test:8080/scripts/file.php?view=Y&file={id}");
    assert_eq!(
        made.text,
        format!(
            r#"{{"response":{{"fileid":"{id}","created":"2012-04-03 12:21:21","filename":"hello.txt","filesize":"5","filetype":"text\/plain","downloads":"0","downloadUrl":"{}"}}}}"#,
            format!("//{url}").replace('/', "\\/")
        )
    );
    assert_eq!(desk.call("GET", &desk.keyed(&format!("/api/files/{id}")), &host, "").await.text, made.text);
    let xml = desk.call("GET", &desk.keyed(&format!("/api/files/{id}.xml")), &host, "").await;
    assert_eq!(
        xml.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><fileid>{id}</fileid><created>2012-04-03 12:21:21</created>\
             <filename>hello.txt</filename><filesize>5</filesize><filetype>text/plain</filetype><downloads>0</downloads>\
             <downloadUrl>//{}</downloadUrl></response>",
            url.replace('&', "&amp;")
        )
    );
    let yaml = desk.call("GET", &desk.keyed(&format!("/api/files/{id}.yaml")), &host, "").await.text;
    let begins = format!("response:\n  fileid: {id}\n  created: ");
    assert!(yaml.starts_with(&begins) && yaml.contains("\n  filesize: \"5\"\n"), "{yaml}");
    assert_eq!(desk.contents(&id).await, b"hello");
}

#[tokio::test]
async fn base64_in_the_spellings_of_clients() {
    let desk = Fixture::new();
    let bytes = [0xfb, 0xff, 0xbf, 0x00, 0x3e];
    let json = [("content-type", "application/json")];
    for data in ["%2B%2F%2B%2FAD4%3D", "+/+/AD4=", "-_-_AD4=", "-_-_AD4", "+/+/%0D%0AAD4=%0A"] {
        let made = desk.post("/api/files", &format!("name=a.bin&type=application/x-bin&data={data}")).await;
        assert_eq!(desk.contents(&id(&made)).await, bytes, "{data}");
    }
    let body = r#"{"name":"a.bin","type":"application/x-bin","data":"+/+/AD4="}"#;
    let made = desk.call("POST", &desk.keyed("/api/files"), &json, body).await;
    assert_eq!(desk.contents(&id(&made)).await, bytes);
    let made = desk.call("POST", &desk.keyed("/api/files?name=a.bin&type=application/x-bin&data=%2B/%2B/AD4="), &[], "").await;
    assert_eq!(desk.contents(&id(&made)).await, bytes, "all in the query");
    let part = |fields: &str| {
        format!(
            "{fields}--XX\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"part.txt\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n--XX--\r\n"
        )
    };
    let multipart = [("content-type", "multipart/form-data; boundary=XX")];
    let named = "--XX\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nother.csv\r\n";
    for (fields, name) in [("", "part.txt"), (named, "other.csv")] {
        let made = desk.call("POST", &desk.keyed("/api/files"), &multipart, part(fields)).await;
        let shown = made.value()["response"].clone();
        assert_eq!((shown["filename"].as_str(), shown["filetype"].as_str()), (Some(name), Some("text/csv")));
        assert_eq!(desk.contents(&id(&made)).await, b"a,b");
    }
}

#[tokio::test]
async fn the_type_is_what_the_contents_allow() {
    let desk = Fixture::new();
    // `<html>`, the beginning of a PNG, and of a JPEG.
    for (declared, data, wanted) in [
        ("image/png", "PGh0bWw%2B", "text/html"),
        ("image/png", "iVBORw0KGgo%3D", "image/png"),
        ("text/html", "iVBORw0KGgo%3D", "image/png"),
        ("image/jpg", "/9j/4AAQ", "image/jpg"),
        ("nonsense", "aGVsbG8%3D", "text/plain"),
    ] {
        let made = desk.post("/api/files", &format!("name=a&type={declared}&data={data}")).await;
        assert_eq!(made.value()["response"]["filetype"].as_str(), Some(wanted), "{declared}");
    }
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    for (body, status, wanted) in [
        ("", 500, "parameter data is missing"),
        ("data=&name=a&type=b", 500, "parameter data is missing"),
        ("downloadUrl=", 500, "parameter data is missing"),
        ("data=aGVsbG8%3D", 500, "parameter name is missing"),
        ("data=aGVsbG8%3D&name=a", 500, "parameter type is missing"),
        ("data=aGVsbG8%3D&name=+&type=text/plain", 500, "parameter name is missing"),
        ("data=a*b&name=a&type=text/plain", 500, "parameter data must be base64"),
        ("data=%00&name=a&type=text/plain", 500, "parameter data must be base64"),
        ("data=%3D&name=a&type=text/plain", 500, "parameter data must be base64"),
        ("data=a*b&downloadUrl=http%3A%2F%2F127.0.0.1&name=a&type=text/plain", 500, "parameter data must be base64"),
    ] {
        let reply = desk.post("/api/files", body).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{body}");
    }
    for path in ["zz", "00000000000000000000000000000000", "%00", "..%2F..%2Fetc%2Fpasswd", "ABCDEF00000000000000000000000000"] {
        for method in ["GET", "DELETE"] {
            let reply = desk.call(method, &desk.keyed(&format!("/api/files/{path}")), &[], "").await;
            assert_eq!((reply.status, reply.errormessage().as_str()), (404, "no such file"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn names_are_tidied() {
    let desk = Fixture::new();
    let body = format!("name={}&type=text/plain&data=aGVsbG8%3D", "..%2F..%2Fa%00%0D%0A%22b%3Cc%3E.txt");
    let made = desk.post("/api/files", &body).await;
    assert_eq!(made.value()["response"]["filename"].as_str(), Some("....a\"b<c>.txt"));
}

#[tokio::test]
async fn files_are_deleted_unless_used() {
    let desk = Fixture::new();
    let (free, used) = (id(&desk.post("/api/files", HELLO).await), id(&desk.post("/api/files", HELLO).await));
    let text = format!("<img src=\"/scripts/file.php?view=Y&amp;file={used}\">");
    let owner = FileOwner::Widget(WidgetId::from_i64(1));
    desk.desk.write(move |tx, _| files::note_uses(tx, owner, &[&text])).await.expect("noted");
    let delete = async |id: &str| desk.call("DELETE", &desk.keyed(&format!("/api/files/{id}")), &[], "").await;
    assert_eq!(delete(&free).await.text, OK);
    assert_eq!(desk.get(&format!("/api/files/{free}")).await.status, 404);
    let refused = delete(&used).await;
    let wanted = "the file is used in a conversation, a widget or a knowledge base";
    assert_eq!((refused.status, refused.errormessage().as_str()), (500, wanted));
    assert_eq!(desk.contents(&used).await, b"hello", "contents that another file shares stay");
}

#[tokio::test]
async fn a_file_put_there_is_attached() {
    let desk = Fixture::new();
    let ticket = desk.ticket("john@owner.test", "Hello").await;
    let file = id(&desk.post("/api/files", HELLO).await);
    let body = format!("message=see&useridentifier={}&attachments={file}", desk.owner.id);
    assert_eq!(desk.post(&format!("/api/conversations/{}/messages", ticket.id), &body).await.text, OK);
    let used = desk.call("DELETE", &desk.keyed(&format!("/api/files/{file}")), &[], "").await;
    assert_eq!(used.status, 500);
}

/// A web server that gives one file to everybody, until it is dropped.
async fn web_server() -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut served = JoinSet::new();
    served.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4_096];
            drop(stream.read(&mut asked).await);
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 3\r\nConnection: close\r\n\r\na,b";
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    (address, served)
}

#[tokio::test]
async fn a_file_is_fetched() {
    let desk = Fixture::new();
    let (address, _served) = web_server().await;
    desk.desk.fetch_with(Arc::new(Outbound::new(OutboundPolicy { allowed: vec![address], ..OutboundPolicy::default() })));
    let url = format!("http%3A%2F%2F{address}%2Fdir%2Fplan.csv%3Fx%3D1");
    for (more, name, kind) in [
        ("", "plan.csv", "text/csv"),
        ("&name=other.txt&type=text/plain", "other.txt", "text/plain"),
        ("&type=image/png", "plan.csv", "text/plain"),
    ] {
        let made = desk.post("/api/files", &format!("downloadUrl={url}{more}")).await;
        let shown = made.value()["response"].clone();
        assert_eq!((shown["filename"].as_str(), shown["filetype"].as_str()), (Some(name), Some(kind)), "{}", made.text);
        assert_eq!(desk.contents(&id(&made)).await, b"a,b");
    }
    let both = desk.post("/api/files", &format!("{HELLO}&downloadUrl={url}")).await;
    assert_eq!(desk.contents(&id(&both)).await, b"hello", "`data` counts");
}

#[tokio::test]
async fn what_must_not_be_fetched() {
    let desk = Fixture::new();
    let nothing = desk.post("/api/files", "downloadUrl=https%3A%2F%2Fexample.com%2F").await;
    assert_eq!((nothing.status, nothing.errormessage().as_str()), (503, "nothing can be downloaded from here"));
    desk.desk.fetch_with(Arc::new(Outbound::new(OutboundPolicy::default())));
    let (address, _served) = web_server().await;
    let here = format!("http://{address}/");
    for url in [
        here.as_str(),
        "http://localhost/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://224.0.0.1/",
        "http://93.184.216.34:22/",
        "http://user:secret@93.184.216.34/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "nonsense",
    ] {
        let body = format!("downloadUrl={}", url.replace(':', "%3A").replace('/', "%2F"));
        let reply = desk.post("/api/files", &body).await;
        assert_eq!(reply.status, 500, "{url}: {}", reply.text);
        assert!(!reply.text.contains("secret"), "{}", reply.text);
    }
    let kept = desk.desk.read(|tx| {
        Ok(deskbell_store::tables::files::unused_before(tx, deskbell_domain::time::Timestamp::from_seconds(i64::MAX / 2_000_000), 10)?)
    });
    assert_eq!(kept.await.expect("reads").len(), 0);
}

#[tokio::test]
async fn twenty_a_minute_from_one_domain() {
    let desk = Fixture::new();
    let (address, _served) = web_server().await;
    desk.desk.fetch_with(Arc::new(Outbound::new(OutboundPolicy { allowed: vec![address], ..OutboundPolicy::default() })));
    let body = format!("downloadUrl=http%3A%2F%2F{address}%2F");
    for _ in 0..20 {
        assert_eq!(desk.post("/api/files", &body).await.status, 200);
    }
    let refused = desk.post("/api/files", &body).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    desk.advance(60);
    assert_eq!(desk.post("/api/files", &body).await.status, 200);
}
