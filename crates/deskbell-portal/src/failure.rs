//! What went wrong, as a page with the right status.

use std::fmt;

use askama::Template;
use axum::body::Body;
use deskbell_app::{Desk, Kind};
use deskbell_http::{Answer, Fault, FaultCause};
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};

use crate::reader::STALE_FORM;
use crate::shell::{Indexing, Shell};
use crate::texts::{Language, Texts};

/// Put beside a response whose page has still to be made: the kit does not know the desk's name, nor the reader's language.
#[derive(Debug, Clone)]
struct Marked {
    kind: Kind,
    public: String,
    retry_after_seconds: Option<u32>,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Page<'a> {
    shell: Shell,
    t: &'static Texts,
    detail: Detail<'a>,
    wait_minutes: Option<u32>,
}

/// What is said below the heading.
enum Detail<'a> {
    /// In the reader's language.
    Known(&'static str),
    /// The sentence of a use case, begun like one.
    English(Sentence<'a>),
}

/// Shows a text with a great letter at its beginning and a full stop at its end.
struct Sentence<'a>(&'a str);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = self.0.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        write!(f, "{first}{}.", letters.as_str().trim_end_matches('.'))
    }
}

fn detail<'a>(t: &'static Texts, marked: &'a Marked) -> Detail<'a> {
    if marked.public == STALE_FORM {
        return Detail::Known(t.stale_form);
    }
    match marked.kind {
        Kind::NotFound => Detail::Known(t.not_found_detail),
        Kind::RateLimited => Detail::Known(t.too_often_detail),
        Kind::Unavailable | Kind::StorageFull | Kind::Internal => Detail::Known(t.broken_detail),
        Kind::Invalid
        | Kind::Missing
        | Kind::NoCredential
        | Kind::BadCredential
        | Kind::Forbidden
        | Kind::Conflict
        | Kind::Offline
        | Kind::TooLarge => Detail::English(Sentence(&marked.public)),
    }
}

fn status_of(kind: Kind, cause: FaultCause) -> StatusCode {
    if cause == FaultCause::Verb {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    match kind {
        Kind::Invalid | Kind::Missing => StatusCode::BAD_REQUEST,
        Kind::NoCredential | Kind::BadCredential | Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict | Kind::Offline => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The kit's shape of an error: a status, and what the page will say.
pub(crate) fn mark(fault: &Fault<'_>) -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status_of(fault.error.kind, fault.cause);
    response.extensions_mut().insert(Marked {
        kind: fault.error.kind,
        public: fault.error.public.to_string(),
        retry_after_seconds: fault.error.retry_after_seconds,
    });
    Answer::response(response)
}

fn title(t: &'static Texts, marked: &Marked) -> &'static str {
    match marked.kind {
        Kind::NotFound => t.not_found,
        Kind::NoCredential | Kind::BadCredential | Kind::Forbidden => t.forbidden,
        Kind::RateLimited => t.too_often,
        Kind::Conflict | Kind::Offline => t.conflict,
        Kind::Invalid | Kind::Missing | Kind::TooLarge => t.invalid,
        Kind::Unavailable | Kind::StorageFull | Kind::Internal => t.broken,
    }
}

/// Writes the page of a marked response; others are as they were.
pub(crate) fn shown(mut response: Response<Body>, desk: &Desk, language: Language, has_body: bool) -> Response<Body> {
    let Some(marked) = response.extensions_mut().remove::<Marked>() else { return response };
    let t = language.texts();
    let page = Page {
        shell: Shell::plain(desk, language, title(t, &marked), Indexing::Kept),
        t,
        detail: detail(t, &marked),
        wait_minutes: marked.retry_after_seconds.filter(|_| marked.kind == Kind::RateLimited).map(|seconds| seconds.div_ceil(60)),
    };
    let text = page.render().unwrap_or_else(|_| title(t, &marked).to_owned());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = if has_body { Body::from(text) } else { Body::empty() };
    response
}
