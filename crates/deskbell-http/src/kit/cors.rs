//! Cross-origin calls: preflights, and the header that lets a listed page read an answer. Credentials are never cookies here, so
//! `Access-Control-Allow-Credentials` is never sent.

use axum::body::Body;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use crate::surface::Cors;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH");
const HEADERS_DEFAULT: HeaderValue = HeaderValue::from_static("authorization, content-type, idempotency-key");
/// How long a browser may remember the answer to a preflight.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("3600");

/// The calling page's origin, if it may call.
pub(super) fn allowed<S>(cors: &Cors<S>, state: &S, headers: &HeaderMap) -> Option<HeaderValue> {
    if matches!(cors, Cors::Off) {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    let allows = match cors {
        Cors::Off => false,
        Cors::Origins(origins) => origins.iter().any(|known| known == text),
        Cors::Asked(ask) => ask(state, text),
        Cors::Any => true,
    };
    allows.then(|| origin.clone())
}

/// The answer to a preflight, if this is one and the page may call.
pub(super) fn preflight(parts: &Parts, origin: Option<&HeaderValue>) -> Option<Response<Body>> {
    if parts.method != Method::OPTIONS || !parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let asked = parts.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned().unwrap_or(HEADERS_DEFAULT);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    mark(headers, origin?);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    Some(response)
}

/// Lets the page read an answer.
pub(super) fn mark(headers: &mut HeaderMap, origin: &HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}
