//! A surface in service: one door for all its endpoints, where routing, parameters, credentials, limits, rights, formats, errors, the log
//! line and the metrics of a request live.

pub(crate) mod body;
mod cors;
mod meters;
mod resolve;
mod strangers;

use std::any::Any;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _};
use axum::extract::ConnectInfo;
use deskbell_app::rights::Principal;
use deskbell_app::{AppError, Kind};
use futures_util::FutureExt;
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};

use crate::answer::{Answer, Content};
use crate::endpoint::{Cx, Meta, Route};
use crate::format::Format;
use crate::head::RequestHead;
use crate::input::Input;
use crate::origin::Connection;
use crate::surface::{Credential, Fault, FaultCause, Surface};

pub use body::REQUEST_BODY_SECONDS_MAX;

use meters::Meters;
use resolve::{Found, PathEntry, Target};
use strangers::Strangers;

/// How long an `Idempotency-Key` may be.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 200;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const X_RATE_LIMIT: HeaderName = HeaderName::from_static("x-rate-limit");
const X_RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A surface with its state and its endpoints, ready to answer.
pub struct Kit<S> {
    surface: Surface<S>,
    state: S,
    paths: matchit::Router<PathEntry>,
    served: Vec<Served<S>>,
    nowhere: Meters,
    requests: AtomicU64,
    strangers: Strangers,
    body_time_max: Duration,
}

/// An endpoint in service.
struct Served<S> {
    route: Route<S>,
    /// The path's parameters, in order.
    names: Vec<&'static str>,
    meters: Meters,
}

impl<S: Clone + Send + Sync + 'static> Kit<S> {
    /// Builds the table of paths.
    ///
    /// # Panics
    /// If two endpoints share verb and path, or a path cannot be routed: a defect of the surface's list, found by any test that builds it.
    pub fn new(surface: Surface<S>, state: S, routes: Vec<Route<S>>) -> Kit<S> {
        let (paths, served) = resolve::table(surface.prefixes, surface.name, &routes);
        Kit {
            nowhere: Meters::new(surface.name, "none", "none"),
            requests: AtomicU64::new(1),
            strangers: Strangers::default(),
            body_time_max: Duration::from_secs(REQUEST_BODY_SECONDS_MAX),
            surface,
            state,
            paths,
            served,
        }
    }

    /// The contracts of all endpoints, in the order of the list.
    pub fn metas(&self) -> Vec<&'static Meta> {
        self.served.iter().map(|served| served.route.meta).collect()
    }

    /// Answers a request. Never fails: every error has the surface's shape.
    pub fn handle(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        // All that needs no waiting comes first: a future is copied on its way to the heap, and what it holds of a request is large.
        let opened = self.open(request);
        async move {
            match opened {
                Ok(call) => self.answer(call).await,
                Err(response) => *response,
            }
        }
    }

    /// From a request to its endpoint; a preflight is answered at once.
    fn open(&self, request: Request<Body>) -> Result<Call<'_, S>, Box<Response<Body>>> {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let page = cors::allowed(&self.surface.cors, &self.state, &parts.headers);
        if let Some(response) = cors::preflight(&parts, page.as_ref()) {
            return Err(Box::new(response));
        }
        let Target { found, format, input, host_prefix } = self.resolve(&parts);
        let request_id = self.requests.fetch_add(1, Ordering::Relaxed);
        let peer = peer(&parts);
        let head = Box::new(RequestHead { parts, peer, request_id, public_url: self.surface.public_url.clone(), host_prefix });
        Ok(Call { started, page, found, format, head, input, body })
    }

    async fn answer(&self, call: Call<'_, S>) -> Response<Body> {
        let Call { started, page, found, format, head, input, body } = call;
        let (request_id, is_head) = (head.request_id, head.parts.method == Method::HEAD);
        let allow = match &found {
            Found::WrongVerb(allow) => Some(*allow),
            Found::Endpoint(_) | Found::Nothing | Found::Refused(_) => None,
        };
        let mut allowance = None;
        let (outcome, meta, meters) = match found {
            Found::Endpoint(served) => {
                let outcome = AssertUnwindSafe(self.serve(served, format, head, input, body, &mut allowance))
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|panic| Err(panicked(&*panic)));
                (outcome.map_err(|error| (error, FaultCause::Endpoint)), Some(served.route.meta), &served.meters)
            }
            Found::WrongVerb(_) => {
                (Err((AppError::invalid("the method is not allowed for this path"), FaultCause::Verb)), None, &self.nowhere)
            }
            Found::Nothing => (Err((AppError::not_found("there is nothing at this path"), FaultCause::Path)), None, &self.nowhere),
            Found::Refused(error) => (Err((*error, FaultCause::Endpoint)), None, &self.nowhere),
        };
        let mut response = match outcome {
            Ok(response) => response,
            Err((error, cause)) => self.refuse(&Fault { error: &error, cause, meta, format, request_id }),
        };
        if let Some(Allowance { limit, left }) = allowance {
            response.headers_mut().insert(X_RATE_LIMIT, limit.into());
            response.headers_mut().insert(X_RATE_LIMIT_REMAINING, left.into());
        }
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow.clone());
        }
        for (name, value) in &self.surface.headers {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        if let Some(page) = &page {
            cors::mark(response.headers_mut(), page);
        }
        meters.count(response.status().as_u16(), started.elapsed());
        if is_head { without_body(response) } else { response }
    }

    /// From a found endpoint to its response. Everything in here may panic.
    async fn serve(
        &self,
        served: &Served<S>,
        format: Format,
        head: Box<RequestHead>,
        mut input: Input,
        body: Body,
        shown: &mut Option<Allowance>,
    ) -> Result<Response<Body>, AppError> {
        let meta = served.route.meta;
        let principal = match self.surface.credential {
            Credential::BeforeBody => {
                let admitted = self.admit(meta, &head, &input, shown).await?;
                self.read_body(meta, &head, body, &mut input).await?;
                admitted
            }
            Credential::InBody => {
                // Held until it is known who calls.
                let _room = if Strangers::is_large(meta, &body) {
                    self.strangers.admit(meta, &(self.surface.authenticate)(&self.state, &head, &input).await)?
                } else {
                    None
                };
                self.read_body(meta, &head, body, &mut input).await?;
                self.admit(meta, &head, &input, shown).await?
            }
        };
        let cx = Cx {
            state: self.state.clone(),
            principal,
            format,
            request_id: head.request_id,
            peer: head.peer,
            idempotency_key: idempotency_key(&head)?,
            head,
        };
        let answer = (served.route.run)(cx, input).await?;
        self.respond(answer, format)
    }

    /// Credential, rate, right: in this order. What is left of the rate is shown if the surface wants it, also to who is refused.
    async fn admit(&self, meta: &Meta, head: &RequestHead, input: &Input, shown: &mut Option<Allowance>) -> Result<Principal, AppError> {
        let known = (self.surface.authenticate)(&self.state, head, input).await;
        let anyone = meta.right.allows(&Principal::Nobody);
        let (principal, refusal) = match known {
            Ok(principal) => (principal, None),
            Err(error) if matches!(error.kind, Kind::NoCredential | Kind::BadCredential) => (Principal::Nobody, Some(error)),
            Err(error) => return Err(error),
        };
        if let Some(rate) = &self.surface.rate_limit {
            let counted = rate.limit.check((self.surface.rate_key)(head, &principal));
            *shown = rate
                .headers
                .then(|| Allowance { limit: rate.limit.requests_per_minute_max().get(), left: counted.as_ref().map_or(0, |left| *left) });
            counted?;
        }
        match refusal {
            Some(error) if !anyone => return Err(error),
            Some(_) | None => {}
        }
        if !meta.right.allows(&principal) {
            return Err(match principal {
                Principal::Nobody => AppError::no_credential("no credential was given"),
                _ => AppError::forbidden("the credential lacks the right for this call"),
            });
        }
        Ok(principal)
    }

    async fn read_body(&self, meta: &Meta, head: &RequestHead, body: Body, input: &mut Input) -> Result<(), AppError> {
        if body.is_end_stream() {
            return Ok(());
        }
        // On the heap, so that the calls without a body, which are the most, carry no room for the reading of one.
        let bytes = Box::pin(body::read(body, meta.body_bytes_max, body::time_max(self.body_time_max, meta.body_bytes_max))).await?;
        if bytes.is_empty() {
            return Ok(());
        }
        input.merge_body(bytes, head.header("content-type"), self.surface.body_reading, self.surface.aliases)
    }

    fn respond(&self, answer: Answer, format: Format) -> Result<Response<Body>, AppError> {
        let Answer { status, headers, content } = answer;
        let (content_type, bytes) = match content {
            Content::Tree(tree) => (Some(format.content_type()), format.write(&*tree, self.surface.envelope, self.surface.json_style)?),
            Content::BareTree(tree) => (Some(format.content_type()), format.write(&*tree, None, self.surface.json_style)?),
            Content::Json(bytes) => (Some(JSON), bytes),
            Content::Bytes { content_type, bytes } => (Some(content_type), bytes),
            Content::Empty => (None, bytes::Bytes::new()),
            Content::Response(mut response) => {
                response.headers_mut().extend(headers);
                return Ok(*response);
            }
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(content_type) = content_type {
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in headers {
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }

    /// Renders an error in the surface's shape, and logs it: the only place that does.
    fn refuse(&self, fault: &Fault<'_>) -> Response<Body> {
        let answer = (self.surface.render_error)(fault);
        let mut response = self.respond(answer, fault.format).unwrap_or_else(|_| {
            let mut response = Response::new(Body::from("internal error"));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        });
        let headers = response.headers_mut();
        if let Some(seconds) = fault.error.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        headers.insert(X_REQUEST_ID, fault.request_id.into());
        self.log(fault, response.status().as_u16());
        response
    }

    fn log(&self, fault: &Fault<'_>, status: u16) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    http.surface = self.surface.name,
                    http.path = fault.meta.map_or("none", |meta| meta.path),
                    http.verb = fault.meta.map_or("none", |meta| meta.verb.text()),
                    http.status = status,
                    http.request = fault.request_id,
                    error.kind = fault.error.kind.code(),
                    error.internal = fault.error.internal.as_deref(),
                    "a request was refused"
                )
            };
        }
        match fault.error.kind {
            Kind::Internal => line!(error),
            Kind::Unavailable | Kind::StorageFull => line!(warn),
            Kind::Invalid
            | Kind::Missing
            | Kind::NoCredential
            | Kind::BadCredential
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Offline
            | Kind::TooLarge
            | Kind::RateLimited => line!(debug),
        }
    }

    /// The surface as an axum router that answers everything. To serve several, see [`crate::Front`].
    pub fn into_router(self) -> axum::Router {
        let kit = Arc::new(self);
        axum::Router::new().fallback(move |request: Request<Body>| {
            let kit = Arc::clone(&kit);
            async move { kit.handle(request).await }
        })
    }
}

/// A caller's rate limit, and how many requests may follow at once.
#[derive(Clone, Copy)]
struct Allowance {
    limit: u32,
    left: u32,
}

/// A request on its way to an endpoint.
struct Call<'k, S> {
    started: Instant,
    /// The page that calls, if it may.
    page: Option<HeaderValue>,
    found: Found<'k, S>,
    format: Format,
    head: Box<RequestHead>,
    input: Input,
    body: Body,
}

/// The caller's address.
fn peer(parts: &Parts) -> Option<IpAddr> {
    let peer = match parts.extensions.get::<Connection>() {
        Some(connection) => connection.peer,
        None => parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip(),
    };
    Some(peer.to_canonical())
}

fn idempotency_key(head: &RequestHead) -> Result<Option<String>, AppError> {
    match head.parts.headers.get(IDEMPOTENCY_KEY) {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Ok(text) if !text.is_empty() && text.len() <= IDEMPOTENCY_KEY_BYTES_MAX => Ok(Some(text.to_owned())),
            Ok(_) | Err(_) => {
                Err(AppError::invalid(format!("Idempotency-Key must be 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII characters")))
            }
        },
    }
}

fn panicked(panic: &(dyn Any + Send)) -> AppError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    AppError::internal(format!("panic: {}", text.unwrap_or("without a text")))
}

/// A GET's answer as that of a HEAD: the same headers, the length it would have, no bytes.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    Response::from_parts(head, Body::empty())
}

#[cfg(test)]
mod tests;
