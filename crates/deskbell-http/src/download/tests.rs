use std::collections::HashMap;

use deskbell_app::Kind;
use http::Request;
use http_body_util::BodyExt;

use super::*;
use crate::answer::Content;

/// Contents in memory; some end earlier than they should.
struct Shelf(HashMap<&'static str, Vec<u8>>);

impl Blobs for Shelf {
    fn put(&self, _name: &str, _bytes: &[u8]) -> Result<(), AppError> {
        Err(AppError::invalid("nothing is kept here"))
    }

    fn exists(&self, name: &str) -> Result<bool, AppError> {
        Ok(self.0.contains_key(name))
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, AppError> {
        Ok(self.0.get(name).cloned())
    }

    fn get_part(&self, name: &str, start: u64, length: usize) -> Result<Option<Vec<u8>>, AppError> {
        let part = |bytes: &Vec<u8>| bytes.iter().skip(start as usize).take(length).copied().collect();
        Ok(self.0.get(name).map(part))
    }

    fn remove(&self, _name: &str) -> Result<(), AppError> {
        Ok(())
    }
}

fn large() -> Vec<u8> {
    (0..3 * PART_BYTES_MAX + 7).map(|place| (place % 251) as u8).collect()
}

fn download(blob: &str, bytes: u64) -> Download {
    let shelf = HashMap::from([("ten", b"0123456789".to_vec()), ("large", large())]);
    let contents =
        Contents { blobs: Arc::new(Shelf(shelf)), blob: blob.to_owned(), bytes, name: "a.png".to_owned(), safe_type: Some("image/png") };
    Download { contents, presented: Presented::Inline, openness: Openness::Private }
}

fn head(method: &str, headers: &[(&str, &str)]) -> RequestHead {
    let mut request = Request::builder().method(method);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    RequestHead { parts: request.body(()).unwrap().into_parts().0, peer: None, request_id: 1, public_url: None, host_prefix: None }
}

struct Got {
    status: u16,
    headers: HashMap<String, String>,
    bytes: Vec<u8>,
    begins: bool,
}

async fn ask(download: Download, method: &str, headers: &[(&str, &str)]) -> Got {
    let Delivery { answer, begins } = download.deliver(&head(method, headers)).await.unwrap();
    let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let Content::Response(response) = answer.content else { panic!("a whole response") };
    let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    Got { status: answer.status, headers, bytes, begins }
}

#[tokio::test]
async fn whole_and_in_parts() {
    for (headers, status, wanted, range, begins) in [
        (&[][..], 200, "0123456789", None, true),
        (&[("range", "bytes=0-3")], 206, "0123", Some("bytes 0-3/10"), true),
        (&[("range", "bytes=4-")], 206, "456789", Some("bytes 4-9/10"), false),
        (&[("range", "bytes=-2")], 206, "89", Some("bytes 8-9/10"), false),
        (&[("range", "bytes=10-")], 416, "", Some("bytes */10"), false),
        (&[("range", "bytes=1-2"), ("if-range", "\"ten\"")], 206, "12", Some("bytes 1-2/10"), false),
        (&[("range", "bytes=1-2"), ("if-range", "\"other\"")], 200, "0123456789", None, true),
        (&[("range", "bytes=1-2,4-5")], 200, "0123456789", None, true),
        (&[("if-none-match", "\"x\", \"ten\"")], 304, "", None, false),
        (&[("if-none-match", "\"ten\""), ("range", "bytes=1-2")], 304, "", None, false),
    ] {
        let got = ask(download("ten", 10), "GET", headers).await;
        assert_eq!((got.status, String::from_utf8(got.bytes).unwrap().as_str(), got.begins), (status, wanted, begins), "{headers:?}");
        assert_eq!(got.headers.get("content-range").map(String::as_str), range, "{headers:?}");
        assert_eq!(got.headers["etag"], "\"ten\"");
        if status < 300 {
            assert_eq!(got.headers["content-length"], wanted.len().to_string());
        }
    }
    let got = ask(download("ten", 10), "HEAD", &[]).await;
    assert_eq!((got.status, got.bytes.len(), got.headers["content-length"].as_str(), got.begins), (200, 0, "10", false));
}

#[tokio::test]
async fn large_contents_come_part_by_part() {
    let all = large();
    let got = ask(download("large", all.len() as u64), "GET", &[]).await;
    assert!(got.bytes == all);
    let got = ask(download("large", all.len() as u64), "GET", &[("range", "bytes=100-600000")]).await;
    assert!(got.bytes == all[100..=600_000]);
}

#[tokio::test]
async fn contents_that_are_gone() {
    let error = download("none", 10).deliver(&head("GET", &[])).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    let all = large();
    let delivery = download("large", all.len() as u64 + 1).deliver(&head("GET", &[])).await.unwrap();
    let Content::Response(response) = delivery.answer.content else { panic!("a whole response") };
    assert!(response.into_body().collect().await.is_err(), "it breaks off rather than ending too early");
}

#[tokio::test]
async fn headers_keep_a_browser_from_running_it() {
    let got = ask(download("ten", 10), "GET", &[]).await;
    for (name, wanted) in [
        ("content-type", "image/png"),
        ("content-disposition", "inline; filename=\"a.png\""),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, max-age=3600"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(got.headers[name], wanted);
    }
    assert!(got.headers["content-security-policy"].ends_with("; sandbox"));

    let mut unsafe_one = download("ten", 10);
    unsafe_one.contents.safe_type = None;
    unsafe_one.openness = Openness::Cookie;
    let got = ask(unsafe_one, "GET", &[]).await;
    assert_eq!(got.headers["content-type"], "application/octet-stream");
    assert_eq!(got.headers["content-disposition"], "attachment; filename=\"a.png\"");
    assert_eq!(got.headers["cross-origin-resource-policy"], "same-origin");
    assert!(got.headers["content-security-policy"].ends_with("; sandbox"));

    let mut public = download("ten", 10);
    public.contents.safe_type = Some(PDF);
    public.openness = Openness::Public;
    public.presented = Presented::Saved;
    let got = ask(public, "GET", &[]).await;
    assert_eq!(
        (got.headers["content-type"].as_str(), got.headers["content-disposition"].as_str()),
        (PDF, "attachment; filename=\"a.png\"")
    );
    assert_eq!(got.headers["cache-control"], "public, max-age=300");
    assert!(got.headers["content-security-policy"].starts_with("default-src 'none'"));
}
