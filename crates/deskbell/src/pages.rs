//! The embedded web pages and their headers: what may run in them, and who may embed them.

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

/// What a path stands for.
fn file_of(path: &str) -> Option<String> {
    match path {
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

    /// Nothing foreign runs in our pages. The widget's frame may be embedded by the desk itself and by the domains that the settings
    /// name; the script it is loaded by may be fetched from anywhere; all else is embedded nowhere.
    fn guard(&self, path: &str, headers: &mut HeaderMap) {
        let ancestors = if path.starts_with("/widget/") {
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
