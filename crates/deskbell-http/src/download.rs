//! Gives out a file: whole or one range of it, in parts, with the headers that keep a browser from running it. Who may have it, and
//! whether its contents may be shown, others have decided.

mod disposition;
mod range;

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use deskbell_app::AppError;
use deskbell_app::blobs::Blobs;
use deskbell_app::files::{Contents, Sight};
use deskbell_app::rights::Principal;
use futures_util::stream;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};

use crate::answer::Answer;
use crate::head::RequestHead;
use range::Wanted;

/// Bytes read from the store and held at once.
const PART_BYTES_MAX: usize = 256 * 1024;
/// Seconds for which others' caches keep a public file, and a browser one of its own.
const PUBLIC_SECONDS: u32 = 300;
const PRIVATE_SECONDS: u32 = 3_600;

const SAVED_TYPE: &str = "application/octet-stream";
const PDF: &str = "application/pdf";
/// No script, no frame, no form, no origin.
const SANDBOX: HeaderValue =
    HeaderValue::from_static("default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; sandbox");
/// Browsers do not show a PDF in a sandbox; scripts in one do not reach the page's origin.
const PDF_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; object-src 'self'; style-src 'unsafe-inline'");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Whether a browser shows a file or saves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    Inline,
    Saved,
}

/// Who may have a file, and so who may keep it and embed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// Everybody: foreign pages embed it.
    Public,
    /// The one who asks, by a secret in the request itself.
    Private,
    /// The one who asks, by a cookie: foreign pages must not embed it in his name.
    Cookie,
}

impl Openness {
    /// How open a file is that this one may see.
    pub fn of(sight: Sight, who: &Principal) -> Openness {
        match (sight, who) {
            (Sight::Public, _) => Openness::Public,
            (Sight::Private, Principal::Agent { .. }) => Openness::Cookie,
            (Sight::Private, Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } | Principal::Visitor { .. }) => {
                Openness::Private
            }
        }
    }
}

/// A file on its way out.
pub struct Download {
    pub contents: Contents,
    /// Taken as a wish: what is not safe to show is saved.
    pub presented: Presented,
    pub openness: Openness,
}

/// An answer, and whether it begins a download: one that goes on where an earlier one stopped does not, nor one that sends nothing.
#[derive(Debug)]
pub struct Delivery {
    pub answer: Answer,
    pub begins: bool,
}

impl Download {
    /// Answers a GET or a HEAD.
    pub async fn deliver(self, head: &RequestHead) -> Result<Delivery, AppError> {
        let etag = format!("\"{}\"", self.contents.blob);
        let bytes = self.contents.bytes;
        let condition = |name: HeaderName| head.header(name.as_str());
        if condition(header::IF_NONE_MATCH).is_some_and(|known| range::any_matches(known, &etag)) {
            return Ok(Delivery { answer: self.dressed(StatusCode::NOT_MODIFIED, Body::empty(), &etag), begins: false });
        }
        let asked = condition(header::RANGE).filter(|_| condition(header::IF_RANGE).is_none_or(|known| known == etag));
        let (status, start, length) = match range::read(asked, bytes) {
            Wanted::Whole => (StatusCode::OK, 0, bytes),
            Wanted::Part { start, length } => (StatusCode::PARTIAL_CONTENT, start, length),
            Wanted::Beyond => {
                let answer = self.dressed(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty(), &etag);
                return Ok(Delivery { answer: answer.header_text(header::CONTENT_RANGE, &format!("bytes */{bytes}")), begins: false });
            }
        };
        let sends = *head.method() != Method::HEAD;
        let body = if sends { self.body(start, length).await? } else { Body::empty() };
        let mut answer = self.dressed(status, body, &etag).header(header::CONTENT_LENGTH, length.into());
        if status == StatusCode::PARTIAL_CONTENT {
            let last = start + length.saturating_sub(1);
            answer = answer.header_text(header::CONTENT_RANGE, &format!("bytes {start}-{last}/{bytes}"));
        }
        Ok(Delivery { answer, begins: sends && start == 0 })
    }

    fn dressed(&self, status: StatusCode, body: Body, etag: &str) -> Answer {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let presented = if self.contents.safe_type.is_some() { self.presented } else { Presented::Saved };
        let (keeps, embeds) = match self.openness {
            Openness::Public => (format!("public, max-age={PUBLIC_SECONDS}"), "cross-origin"),
            Openness::Private => (format!("private, max-age={PRIVATE_SECONDS}"), "cross-origin"),
            Openness::Cookie => (format!("private, max-age={PRIVATE_SECONDS}"), "same-origin"),
        };
        let policy = if self.contents.safe_type == Some(PDF) { PDF_POLICY } else { SANDBOX };
        Answer::response(response)
            .header(header::CONTENT_TYPE, HeaderValue::from_static(self.contents.safe_type.unwrap_or(SAVED_TYPE)))
            .header(header::CONTENT_DISPOSITION, disposition::header(presented, &self.contents.name))
            .header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
            .header(header::CONTENT_SECURITY_POLICY, policy)
            .header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
            .header(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static(embeds))
            .header(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))
            .header_text(header::CACHE_CONTROL, &keeps)
            .header_text(header::ETAG, etag)
    }

    /// The bytes, read in parts as they are sent. The first is read at once: what is gone is said before the answer begins.
    async fn body(&self, start: u64, length: u64) -> Result<Body, AppError> {
        let reader = Reader { blobs: Arc::clone(&self.contents.blobs), blob: self.contents.blob.clone() };
        let first = reader.part(start, length).await?;
        let left = length - first.len() as u64;
        if left == 0 {
            return Ok(Body::from(first));
        }
        let next = start + first.len() as u64;
        let rest = stream::try_unfold((reader, next, left), |(reader, next, left)| async move {
            if left == 0 {
                return Ok::<_, AppError>(None);
            }
            let part = reader.part(next, left).await?;
            let sent = part.len() as u64;
            Ok(Some((part, (reader, next + sent, left - sent))))
        });
        Ok(Body::from_stream(stream::StreamExt::chain(stream::once(async move { Ok(first) }), rest)))
    }
}

struct Reader {
    blobs: Arc<dyn Blobs>,
    blob: String,
}

impl Reader {
    /// The next part; never empty unless nothing is wanted. Contents that end too early are gone.
    async fn part(&self, start: u64, left: u64) -> Result<Bytes, AppError> {
        let length = usize::try_from(left).unwrap_or(PART_BYTES_MAX).min(PART_BYTES_MAX);
        let (blobs, blob) = (Arc::clone(&self.blobs), self.blob.clone());
        let read = tokio::task::spawn_blocking(move || blobs.get_part(&blob, start, length));
        let part = read.await.map_err(|error| AppError::internal(error.to_string()))??;
        match part {
            Some(part) if part.len() == length => Ok(Bytes::from(part)),
            Some(_) | None => Err(AppError::not_found("the file is gone")),
        }
    }
}

#[cfg(test)]
mod tests;
