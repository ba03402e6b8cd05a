//! What of the live protocol is plain HTTP: a visit begins, polls, single commands, files.

use axum::response::{IntoResponse, Response};
use deskbell_app::AppError;
use deskbell_app::files::{self, FILE_BYTES_MAX, NewFile};
use deskbell_app::rights::{Principal, Right};
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::ids::AgentId;
use deskbell_http::download::{Download as Delivered, Openness, Presented};
use deskbell_http::{Answer, BodyReading, BoxFuture, Cx, Endpoint, Input, Kit, Meta, Param, RequestHead, Surface, routes};
use deskbell_store::tables;
use http::HeaderMap;
use serde::Deserialize;

use super::frames::{self, Incoming};
use super::poll::Ask;
use super::{FRAME_BYTES_MAX, Live, agent, poll, visitor};
use crate::native::http_status;
use crate::wire::FileView;

pub(crate) use deskbell_http::head::SESSION_COOKIE;

const SOURCE: &str = "docs/live-protocol.md";

pub(crate) fn kit(live: &Live) -> Kit<Live> {
    let mut surface = Surface::new("live", &["/live"], authenticate, crate::native::render);
    surface.body_reading = BodyReading::Raw;
    Kit::new(surface, live.clone(), routes![Live; BeginVisit, VisitorPoll, VisitorSend, AgentPoll, AgentSend, Upload, Download])
}

/// A refusal outside the kit, in the same shape.
pub(crate) fn refused(error: &AppError) -> Response {
    frames::log("upgrade", error);
    let status = http::StatusCode::from_u16(http_status(error.kind)).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({"error": {"code": error.kind.code(), "message": error.public}}).to_string();
    (status, [(http::header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Refuses a browser that calls from a page of another origin. The scheme is not compared, since a proxy may have ended TLS.
pub(crate) fn own_page(headers: &HeaderMap, public_url: Option<&str>) -> Result<(), AppError> {
    let text = |name: http::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(http::header::ORIGIN) else { return Ok(()) };
    let authority = |url: &str| url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    let from = authority(origin);
    let here = text(http::header::HOST).map(str::to_owned);
    let public = public_url.and_then(authority);
    if from.is_some() && (from == here || from == public) {
        Ok(())
    } else {
        Err(AppError::forbidden("the page that asks is not the desk's own"))
    }
}

/// The session's secret from the cookies.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(http::header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == SESSION_COOKIE).then(|| value.to_owned()))
}

/// Who is signed in with this secret.
pub(crate) async fn signed_in(live: &Live, secret: Option<&str>) -> Result<Principal, AppError> {
    let Some(secret) = secret else { return Err(AppError::no_credential("sign in first")) };
    match live.0.desk.credential(secret).await? {
        Some(known) if matches!(known.principal, Principal::Agent { .. }) => Ok(known.principal),
        _ => Err(AppError::bad_credential("the session has ended; sign in again")),
    }
}

fn authenticate<'a>(live: &'a Live, head: &'a RequestHead, _input: &'a Input) -> BoxFuture<'a, Result<Principal, AppError>> {
    Box::pin(async move {
        if let Some(token) = head.bearer() {
            let known = live.0.desk.visitor_tokens().check(token, live.0.desk.now());
            let (visitor, visit) = known.ok_or_else(|| AppError::bad_credential("the token is not good; begin with a new visit"))?;
            return Ok(Principal::Visitor { visitor, visit });
        }
        let Some(secret) = head.cookie(SESSION_COOKIE) else { return Ok(Principal::Nobody) };
        let principal = signed_in(live, Some(secret)).await?;
        if *head.method() != http::Method::GET {
            if head.header("x-deskbell") != Some("1") {
                return Err(AppError::forbidden("the header X-Deskbell: 1 is missing"));
            }
            own_page(head.headers(), live.0.public_url.as_deref())?;
        }
        Ok(principal)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VisitBody {
    token: Option<String>,
    page: PageBody,
    language: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageBody {
    url: String,
    title: String,
    referrer: String,
}

/// Begins a visit: a token, and what a widget must know to draw itself.
struct BeginVisit;

impl Endpoint<Live> for BeginVisit {
    const META: Meta = Meta::post("visit", Right::Anyone).summary("Begins a visit and answers a visitor's token").source(SOURCE);

    async fn run(cx: Cx<Live>, input: Input) -> Result<Answer, AppError> {
        let body: VisitBody = input.json_or_default()?;
        let desk = &cx.state.0.desk;
        let earlier = body.token.as_deref().and_then(|token| desk.visitor_tokens().check(token, desk.now())).map(|(_, visit)| visit);
        let arrival = Arrival {
            url: body.page.url,
            title: body.page.title,
            referrer: body.page.referrer,
            language: body.language,
            user_agent: cx.head.header("user-agent").unwrap_or_default().to_owned(),
            address: cx.peer.map(|peer| peer.to_string()).unwrap_or_default(),
        };
        let (visit, customer, departments) = desk
            .write(move |tx, cx| {
                let visit = visits::arrive(tx, cx, earlier, &arrival)?;
                let customer = deskbell_app::customers::get(tx, visit.customer)?;
                Ok((visit, customer, tables::departments::all(tx)?))
            })
            .await?;
        desk.presence().visitor_seen(visit.visitor, visit.id, desk.now());
        let online = desk.figures(|figures| figures.departments_online());
        let settings = desk.settings();
        let departments: Vec<_> = departments
            .iter()
            .filter(|department| department.enabled)
            .map(|department| {
                serde_json::json!({
                    "id": department.id.to_string(), "name": department.name, "online": online.contains(&department.id),
                })
            })
            .collect();
        Ok(Answer::tree(serde_json::json!({
            "token": desk.visitor_tokens().issue(visit.visitor, visit.id, desk.now()),
            "visit": visit.id.to_string(),
            "customer": {"name": customer.name, "email": customer.email.unwrap_or_default()},
            "online": !online.is_empty(),
            "departments": departments,
            "settings": {
                "name": settings.name, "accent": settings.accent, "ask_email": settings.ask_email, "greeting": settings.greeting,
            },
        })))
    }
}

fn json(text: String) -> Answer {
    Answer::json(text)
}

/// The visitor who asks. The endpoint's right has let nobody else in.
fn visitor_of(principal: &Principal) -> Result<(deskbell_domain::ids::VisitorId, deskbell_domain::ids::VisitId), AppError> {
    match principal {
        Principal::Visitor { visitor, visit } => Ok((*visitor, *visit)),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } | Principal::Agent { .. } => {
            Err(AppError::forbidden("this is for visitors"))
        }
    }
}

/// The agent who asks.
fn agent_of(principal: &Principal) -> Result<AgentId, AppError> {
    match principal {
        Principal::Agent { agent, .. } => Ok(*agent),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Token { .. } | Principal::Visitor { .. } => {
            Err(AppError::forbidden("this is for agents"))
        }
    }
}

/// A command over HTTP: `ok` and `error` frames, the error with its status.
fn outcome(frame: &Incoming, done: Result<String, AppError>) -> Answer {
    match done {
        Ok(text) => json(text),
        Err(error) => {
            frames::log(frames::known_t(&frame.t), &error);
            let answer = json(frames::error(frame.key.as_deref(), &error)).status(http_status(error.kind));
            match error.retry_after_seconds {
                Some(seconds) => answer.header(http::header::RETRY_AFTER, seconds.into()),
                None => answer,
            }
        }
    }
}

struct VisitorPoll;

impl Endpoint<Live> for VisitorPoll {
    const META: Meta = Meta::post("visitor/poll", Right::Visitor).summary("Waits for a visitor's frames").source(SOURCE);

    async fn run(cx: Cx<Live>, input: Input) -> Result<Answer, AppError> {
        let (visitor, visit) = visitor_of(&cx.principal)?;
        let ask: Ask = input.json_or_default()?;
        Ok(json(poll::visitor(&cx.state.0, visitor, visit, &ask).await?))
    }
}

struct VisitorSend;

impl Endpoint<Live> for VisitorSend {
    const META: Meta = Meta::post("visitor/send", Right::Visitor)
        .summary("Carries out one frame of a visitor")
        .source(SOURCE)
        .body_bytes_max(FRAME_BYTES_MAX);

    async fn run(cx: Cx<Live>, input: Input) -> Result<Answer, AppError> {
        let (visitor, visit) = visitor_of(&cx.principal)?;
        let frame: Incoming = input.json()?;
        cx.state.0.desk.presence().visitor_seen(visitor, visit, cx.state.0.desk.now());
        let done = visitor::command(&cx.state.0, visitor, visit, &frame).await;
        Ok(outcome(&frame, done))
    }
}

struct AgentPoll;

impl Endpoint<Live> for AgentPoll {
    const META: Meta = Meta::post("agent/poll", Right::Agent).summary("Waits for a console's frames").source(SOURCE);

    async fn run(cx: Cx<Live>, input: Input) -> Result<Answer, AppError> {
        let agent = agent_of(&cx.principal)?;
        let ask: Ask = input.json_or_default()?;
        Ok(json(poll::agent(&cx.state.0, agent, &ask).await?))
    }
}

struct AgentSend;

impl Endpoint<Live> for AgentSend {
    const META: Meta =
        Meta::post("agent/send", Right::Agent).summary("Carries out one frame of an agent").source(SOURCE).body_bytes_max(FRAME_BYTES_MAX);

    async fn run(cx: Cx<Live>, input: Input) -> Result<Answer, AppError> {
        let agent = agent_of(&cx.principal)?;
        let frame: Incoming = input.json()?;
        let done = agent::command(&cx.state.0, agent, &frame).await;
        Ok(outcome(&frame, done))
    }
}

/// Keeps a file, to be sent afterwards.
struct Upload;

impl Endpoint<Live> for Upload {
    const META: Meta = Meta::post("files", Right::Participant)
        .summary("Keeps a file, to be sent in a message afterwards")
        .params(&[Param::text("name").about("the file's name")])
        .source(SOURCE)
        .body_bytes_max(FILE_BYTES_MAX);

    async fn run(cx: Cx<Live>, input: Input) -> Result<Answer, AppError> {
        let new = NewFile {
            name: input.text_opt("name").unwrap_or_default().to_owned(),
            declared_type: cx.head.header("content-type").unwrap_or_default().to_owned(),
            bytes: input.body().clone(),
        };
        let file = files::keep(&cx.state.0.desk, cx.principal, new).await?;
        Ok(Answer::tree(FileView::from(&file.attachment)).status(201))
    }
}

/// Gives a file back.
struct Download;

impl Endpoint<Live> for Download {
    const META: Meta =
        Meta::get("files/{file}", Right::Participant).summary("A file's bytes").params(&[Param::path("file")]).source(SOURCE);

    async fn run(cx: Cx<Live>, input: Input) -> Result<Answer, AppError> {
        let (desk, who) = (&cx.state.0.desk, cx.principal.clone());
        let wanted = input.path("file")?.to_owned();
        let (file, sight) = desk.read(move |tx| files::visible(tx, &wanted, &who)).await?;
        let contents = files::open(desk, &file).await?;
        let download = Delivered { contents, presented: Presented::Inline, openness: Openness::of(sight, &cx.principal) };
        let delivery = download.deliver(&cx.head).await?;
        if delivery.begins {
            desk.downloads().count(&file.attachment.file);
        }
        Ok(delivery.answer)
    }
}
