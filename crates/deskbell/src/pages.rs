//! The embedded web pages and their headers: what may run in them, and who may embed them. Old pages ask for some of them by other names.

use axum::body::Body;
use deskbell_app::Desk;
use deskbell_http::BoxFuture;
use deskbell_http::front::Served;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};

/// Serves what `deskbell-web` embeds.
pub(crate) struct Pages(pub(crate) Desk);

impl Served for Pages {
    fn owns(&self, _path: &str) -> bool {
        true
    }

    fn serve(&self, request: Request<Body>) -> BoxFuture<'_, Response<Body>> {
        Box::pin(async move { self.answer(&request) })
    }
}

/// A picture of one clear point: old embed codes begin when it is loaded.
const POINT: &[u8] = &[
    b'G', b'I', b'F', b'8', b'9', b'a', 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0,
    1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
];
const POINT_PATH: &str = "/scripts/pix.gif";
/// The chat as a page of its own; its query says which widget it is of.
const INLINE_CHAT: &str = "/scripts/inline_chat.php";

/// What a path stands for.
fn file_of(path: &str) -> Option<String> {
    match path {
        INLINE_CHAT => Some("widget/frame/index.html".to_owned()),
        "/scripts/trackjs.php" => Some("scripts/track.js".to_owned()),
        "/console/" => Some("console/index.html".to_owned()),
        "/demo" | "/demo/" => Some("demo/index.html".to_owned()),
        "/widget/frame" | "/widget/frame/" => Some("widget/frame/index.html".to_owned()),
        _ => path.strip_prefix('/').filter(|file| !file.is_empty() && !file.contains("..")).map(str::to_owned),
    }
}

impl Pages {
    fn answer(&self, request: &Request<Body>) -> Response<Body> {
        let path = request.uri().path();
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET is allowed here\n");
        }
        if path == "/" || path == "/console" {
            let mut response = plain(StatusCode::FOUND, "");
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/console/"));
            return response;
        }
        if path == POINT_PATH {
            return self.point(*request.method() == Method::HEAD);
        }
        let accepted = text(request.headers(), &header::ACCEPT_ENCODING).unwrap_or_default();
        let asset = file_of(path).and_then(|file| {
            let found = deskbell_web::asset(&file, accepted);
            // The console's own paths are shown by its page.
            if found.is_none() && file.starts_with("console/") && !file.rsplit('/').next().unwrap_or_default().contains('.') {
                return deskbell_web::asset("console/index.html", accepted);
            }
            found
        });
        let Some(asset) = asset else { return plain(StatusCode::NOT_FOUND, "there is no such page\n") };
        let mut response = if text(request.headers(), &header::IF_NONE_MATCH) == Some(asset.etag.as_str()) {
            plain(StatusCode::NOT_MODIFIED, "")
        } else {
            let body = if *request.method() == Method::HEAD { Body::empty() } else { Body::from(asset.bytes.into_owned()) };
            Response::new(body)
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = asset.encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
            headers.insert(header::ETAG, etag);
        }
        let kept = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        self.guard(path, headers);
        response
    }

    fn point(&self, is_head: bool) -> Response<Body> {
        let mut response = Response::new(if is_head { Body::empty() } else { Body::from(POINT) });
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/gif"));
        headers.insert(header::CONTENT_LENGTH, POINT.len().into());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
        self.guard(POINT_PATH, headers);
        response
    }

    /// Nothing foreign runs in our pages. The widget's frame may be embedded by the desk itself and by the domains that the settings
    /// name; the script it is loaded by may be fetched from anywhere; all else is embedded nowhere.
    fn guard(&self, path: &str, headers: &mut HeaderMap) {
        let ancestors = if path.starts_with("/widget/") || path == INLINE_CHAT {
            let settings = self.0.settings();
            std::iter::once("'self'").chain(settings.widget_domains.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
        } else {
            "'none'".to_owned()
        };
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; \
             media-src 'self' blob:; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn plain(status: StatusCode, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_of_files() {
        for (path, wanted) in [
            ("/scripts/track.js", Some("scripts/track.js")),
            ("/scripts/trackjs.php", Some("scripts/track.js")),
            ("/scripts/inline_chat.php", Some("widget/frame/index.html")),
            ("/widget/frame", Some("widget/frame/index.html")),
            ("/console/", Some("console/index.html")),
            ("/../Cargo.toml", None),
            ("/", None),
        ] {
            assert_eq!(file_of(path).as_deref(), wanted, "{path}");
        }
    }

    #[test]
    fn a_picture_of_one_point() {
        let size = |at: usize| u16::from_le_bytes([POINT[at], POINT[at + 1]]);
        assert!(POINT.starts_with(b"GIF89a") && POINT.ends_with(&[0x3b]));
        assert_eq!((size(6), size(8)), (1, 1));
    }
}
