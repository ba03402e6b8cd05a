//! The toy surface: an API key in the parameters, errors in an envelope, one endpoint for each thing that can go wrong.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, Kind};
use deskbell_domain::ids::CredentialId;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::endpoint::BODY_BYTES_MAX;
use crate::*;

/// A file of 20 MiB as base64, with many of its characters escaped.
pub(super) const FILE_BODY_BYTES_MAX: usize = 48 << 20;

#[derive(Clone)]
pub(super) struct Toy {
    pub(super) greeting: Arc<str>,
}

struct GetAgent;
impl Endpoint<Toy> for GetAgent {
    const META: Meta = Meta::get("agents/{id}", Right::ApiKey);
    async fn run(cx: Cx<Toy>, input: Input) -> Result<Answer, AppError> {
        Ok(Answer::tree(json!({"id": input.path("id")?, "greeting": &*cx.state.greeting, "next": cx.origin().to_string()})))
    }
}

struct PutAgent;
impl Endpoint<Toy> for PutAgent {
    const META: Meta = Meta::put("agents/{agentid}", Right::ApiKey).body_bytes_max(64);
    async fn run(cx: Cx<Toy>, input: Input) -> Result<Answer, AppError> {
        let text = format!("{} {} {:?}", input.path("agentid")?, input.text("name")?, cx.idempotency_key);
        Ok(Answer::bytes("text/plain", text).status(201))
    }
}

struct PostFile;
impl Endpoint<Toy> for PostFile {
    const META: Meta = Meta::post("files", Right::ApiKey).body_bytes_max(4 * BODY_BYTES_MAX);
    async fn run(_: Cx<Toy>, _: Input) -> Result<Answer, AppError> {
        Ok(Answer::empty())
    }
}

/// Takes a file as text: how long it is, and how it begins and ends.
struct PutFile;
impl Endpoint<Toy> for PutFile {
    const META: Meta = Meta::put("file", Right::ApiKey).body_bytes_max(FILE_BODY_BYTES_MAX);
    async fn run(_: Cx<Toy>, input: Input) -> Result<Answer, AppError> {
        let data = input.text("data")?;
        Ok(Answer::bytes("text/plain", format!("{} {}…{}", data.len(), &data[..8], &data[data.len() - 8..])))
    }
}

struct ListMessages;
impl Endpoint<Toy> for ListMessages {
    const META: Meta = Meta::get("conversations/{id}/messages", Right::ApiKey);
    async fn run(_: Cx<Toy>, input: Input) -> Result<Answer, AppError> {
        let pairs: Vec<_> = input.pairs().iter().map(|pair| format!("{}={}", pair.name, pair.value)).collect();
        Ok(Answer::tree(json!({"messages": [input.path("id")?, pairs.join("&")]})))
    }
}

struct Figures;
impl Endpoint<Toy> for Figures {
    const META: Meta = Meta::get("figures", Right::Anyone);
    async fn run(_: Cx<Toy>, _: Input) -> Result<Answer, AppError> {
        Ok(Answer::json(Bytes::from_static(b"{\"a\":1}")))
    }
}

struct ForAgents;
impl Endpoint<Toy> for ForAgents {
    const META: Meta = Meta::post("console", Right::Agent);
    async fn run(_: Cx<Toy>, _: Input) -> Result<Answer, AppError> {
        Ok(Answer::empty())
    }
}

struct Panics;
impl Endpoint<Toy> for Panics {
    const META: Meta = Meta::get("panic", Right::Anyone);
    async fn run(_: Cx<Toy>, _: Input) -> Result<Answer, AppError> {
        panic!("a secret of the log")
    }
}

struct Unavailable;
impl Endpoint<Toy> for Unavailable {
    const META: Meta = Meta::get("unavailable", Right::Anyone);
    async fn run(_: Cx<Toy>, _: Input) -> Result<Answer, AppError> {
        Err(AppError::unavailable("later").retry_after(7))
    }
}

struct Root;
impl Endpoint<Toy> for Root {
    const META: Meta = Meta::delete("", Right::Anyone);
    async fn run(cx: Cx<Toy>, _: Input) -> Result<Answer, AppError> {
        Ok(Answer::tree(format!("{:?} {:?}", cx.principal, cx.peer)))
    }
}

fn authenticate<'a>(_: &'a Toy, _: &'a RequestHead, input: &'a Input) -> BoxFuture<'a, Result<Principal, AppError>> {
    Box::pin(async {
        match input.text_opt("apikey") {
            None => Ok(Principal::Nobody),
            Some("good") => Ok(Principal::ApiKey { key: CredentialId::from_i64(1), may_write: true }),
            Some("down") => Err(AppError::unavailable("no store")),
            Some(_) => Err(AppError::bad_credential("ApiKey not found")),
        }
    })
}

fn render(fault: &Fault<'_>) -> Answer {
    let status = match (fault.cause, fault.error.kind) {
        (FaultCause::Verb, _) => 405,
        (_, Kind::Invalid) => 400,
        (_, Kind::Missing | Kind::Internal) => 500,
        (_, Kind::NoCredential | Kind::BadCredential) => 401,
        (_, Kind::Forbidden) => 403,
        (_, Kind::NotFound) => 404,
        (_, Kind::Conflict | Kind::Offline) => 409,
        (_, Kind::TooLarge) => 413,
        (_, Kind::RateLimited) => 429,
        (_, Kind::Unavailable) => 503,
        (_, Kind::StorageFull) => 507,
    };
    Answer::tree(json!({"status": "ERROR", "statuscode": status, "errormessage": fault.error.public})).status(status)
}

pub(super) fn surface() -> Surface<Toy> {
    let mut surface = Surface::new("toy", &["/api", "/v2/api"], authenticate, render);
    surface.envelope = Some("response");
    surface.json_style = JsonStyle::Php;
    surface.suffix_formats = true;
    surface.handler_parameter = Some("handler");
    surface.host_prefix = Some(".desk.test");
    surface.aliases = &[("apiKey", "apikey")];
    surface.credential = Credential::InBody;
    surface
}

pub(super) fn limited(per_minute: u32) -> Kit<Toy> {
    let mut surface = surface();
    let requests_per_minute_max = NonZeroU32::new(per_minute).expect("not zero");
    surface.rate_limit = Some(RateLimit { limit: SharedLimit::per_minute(requests_per_minute_max), headers: true });
    kit(surface)
}

pub(super) fn kit(surface: Surface<Toy>) -> Kit<Toy> {
    let routes = crate::routes![Toy; GetAgent, PutAgent, PutFile, PostFile, ListMessages, Figures, ForAgents, Panics, Unavailable, Root];
    Kit::new(surface, Toy { greeting: "a/b".into() }, routes)
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

pub(super) async fn call(
    kit: &Kit<Toy>,
    method: &str,
    uri: &str,
    headers: &[(&'static str, &'static str)],
    body: impl Into<Body>,
) -> Reply {
    let mut request = Request::builder().method(method).uri(uri).header("host", "here.test");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_static(value));
    }
    let response = kit.handle(request.body(body.into()).expect("a request")).await;
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    Reply { status: head.status.as_u16(), headers: head.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
}

pub(super) async fn get(kit: &Kit<Toy>, uri: &str) -> Reply {
    call(kit, "GET", uri, &[], Body::empty()).await
}
