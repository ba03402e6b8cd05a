//! The real-time figures: over REST (`GET /stream/chats`, `/stream/agents` and one figure of either), and over a WebSocket at `/stream` as
//! they change.
//!
//! An answer is rendered when it is first asked for after the figures or the second changed, and kept as bytes: see [`answers`]. The same
//! bytes are what subscribers are told, so the two never differ. Figures are those of the second's beginning: within a second they change
//! with events alone. The original's "Not Computed!" is never sent, because a desk has loaded its figures before it is served.

mod answers;
#[cfg(test)]
mod client;
#[cfg(test)]
mod day;
pub(crate) mod frames;
mod hub;
mod socket;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, Desk, Kind, accounts};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;
use deskbell_http::socket::{Frame, Stop};
use deskbell_http::{
    Answer, BoxFuture, Cors, Cx, Endpoint, Fault, Input, Meta, Param, ParamKind, Place, RequestHead, Route, Surface, routes as list,
};
use http::HeaderValue;
use http::header::ACCESS_CONTROL_EXPOSE_HEADERS;
use tokio::sync::Notify;

use crate::topics::{self, Family, Shown, Sight};
use crate::{HOST_PREFIX, SurfaceOptions, access};
use answers::{Answers, Found, Question, Rendered};
use frames::{Refusal, WINDOWS};
use hub::Hub;

/// The `department_id` of what belongs to no department, which here is the default one.
const NO_DEPARTMENT: i64 = 0;
/// What a page of a browser may read beside the body.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("retry-after, x-rate-limit, x-rate-limit-remaining");

const SOURCE: &str = "Real Time Chat API, REST";
const METRIC: Param = Param::path("metric_key").about("a key of the table of figures");
const DEPARTMENT: Param =
    Param::int("department_id").placed(Place::Query).about("one department; 0 is the default one, which the original calls none");
const WINDOW: Param = Param::new("window", ParamKind::OneOf(&[("30", "30 minutes"), ("60", "60 minutes")])).placed(Place::Query);
const QUIRKS: &[&str] = &["unknown figure or department: 404", "a department_id that is no integer: 400"];

/// The surface's state: the desk, the answers that are ready, and who is told when they change. Cheap to clone.
#[derive(Clone)]
pub struct Stream(Arc<Inner>);

struct Inner {
    desk: Desk,
    answers: Answers,
    hub: Arc<Hub>,
    /// The journal went on.
    changed: Notify,
    stop: Stop,
}

impl Stream {
    /// Puts the real-time figures in front of a desk; `stop` closes their sockets.
    pub fn new(desk: Desk, stop: Stop) -> Stream {
        let inner = Inner { desk, answers: Answers::default(), hub: Arc::default(), changed: Notify::new(), stop };
        let stream = Stream(Arc::new(inner));
        stream.0.desk.listen(Box::new(upkeep::Waker(Arc::downgrade(&stream.0))));
        stream
    }

    /// Sockets that are open now.
    pub fn connections(&self) -> usize {
        self.0.hub.connections()
    }

    fn hub(&self) -> &Arc<Hub> {
        &self.0.hub
    }

    fn stop(&self) -> Stop {
        self.0.stop.clone()
    }

    /// Answers from memory if it can. Only a department asked for the first time is looked up in the store.
    async fn answer(&self, question: Question) -> Result<Answer, AppError> {
        let desk = &self.0.desk;
        match self.0.answers.look(&question, desk.figures_number(), desk.now().seconds()) {
            Found::Fresh(bytes) => return Ok(Answer::json(bytes)),
            Found::Stale => {}
            // Boxed, so that the usual answer's future stays small.
            Found::Nothing => Box::pin(self.check_department(question.department)).await?,
        }
        Ok(Answer::json(self.render(&[question]).remove(0)))
    }

    async fn check_department(&self, department: Option<i64>) -> Result<(), AppError> {
        let Some(department) = department.map(department_of).filter(|department| *department != DepartmentId::DEFAULT) else {
            return Ok(());
        };
        let known = self.0.desk.read(move |tx| accounts::department_exists(tx, department)).await?;
        if known { Ok(()) } else { Err(AppError::not_found("There is no such department")) }
    }

    /// The frames of these questions as they are now, in their order. Departments must exist.
    fn frames(&self, questions: &[Question]) -> Vec<Frame> {
        let (number, second) = (self.0.desk.figures_number(), self.0.desk.now().seconds());
        let ready = questions.iter().map(|question| match self.0.answers.look(question, number, second) {
            Found::Fresh(bytes) => Some(bytes),
            Found::Stale | Found::Nothing => None,
        });
        let rendered = ready.collect::<Option<Vec<Bytes>>>().unwrap_or_else(|| self.render(questions));
        rendered.into_iter().map(|bytes| Frame::try_from(bytes).expect("an answer is a text")).collect()
    }

    /// Renders answers that are true at one journal number and one second, and keeps them.
    fn render(&self, questions: &[Question]) -> Vec<Bytes> {
        let second = self.0.desk.now().seconds();
        let (number, sights) = self.0.desk.figures(|figures| {
            let mut sights: HashMap<(Family, Option<i64>), Sight> = HashMap::new();
            for question in questions {
                let (family, department) = (question.shown.family(), question.department);
                let sight = || Sight::of(figures, family, department.map(department_of), Timestamp::from_seconds(second));
                sights.entry((family, department)).or_insert_with(sight);
            }
            (figures.number(), sights)
        });
        let render = |question: &Question| {
            let bytes = Bytes::from(envelope(question, &sights[&(question.shown.family(), question.department)]));
            self.0.answers.keep(question, Rendered { number, second, bytes: bytes.clone() });
            bytes
        };
        questions.iter().map(render).collect()
    }
}

fn department_of(id: i64) -> DepartmentId {
    if id == NO_DEPARTMENT { DepartmentId::DEFAULT } else { DepartmentId::from_i64(id) }
}

/// `{"content":{"topic":…,"data":{…},"type":"update","department_id":…},"status_code":200}`
fn envelope(question: &Question, sight: &Sight) -> String {
    let mut out = format!(r#"{{"content":{{"topic":"{}","data":"#, question.shown.family().text());
    topics::write_data(question.shown, sight, question.window, &mut out);
    out.push_str(r#","type":"update","department_id":"#);
    match question.department {
        Some(department) => out.push_str(&department.to_string()),
        None => out.push_str("null"),
    }
    out.push_str(r#"},"status_code":200}"#);
    out
}

fn authenticate<'a>(stream: &'a Stream, head: &'a RequestHead, _: &'a Input) -> BoxFuture<'a, Result<Principal, AppError>> {
    access::bearer(&stream.0.desk, head)
}

fn render_error(fault: &Fault<'_>) -> Answer {
    let status_code = access::status(fault);
    let refusal = match fault.error.kind {
        Kind::NoCredential | Kind::BadCredential => Refusal::unverified(),
        Kind::Invalid
        | Kind::Missing
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Conflict
        | Kind::Offline
        | Kind::TooLarge
        | Kind::RateLimited
        | Kind::Unavailable
        | Kind::StorageFull
        | Kind::Internal => Refusal { status_code, message: fault.error.public.clone() },
    };
    Answer::bare_tree(refusal).status(status_code)
}

pub(crate) fn surface(options: &SurfaceOptions) -> Surface<Stream> {
    let mut surface = Surface::new("zendesk-stream", &["/stream"], authenticate, render_error);
    surface.host_prefix = Some(HOST_PREFIX);
    if !options.cors_origins.is_empty() {
        surface.cors = Cors::Origins(options.cors_origins.clone());
        surface.headers.push((ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS));
    }
    access::configure(&mut surface, options);
    surface
}

pub(crate) fn routes() -> Vec<Route<Stream>> {
    list![Stream; socket::GetStream, GetChats, GetChatMetric, GetAgents, GetAgentMetric]
}

fn department(input: &Input) -> Result<Option<i64>, AppError> {
    input.int_opt("department_id", i64::MIN..=i64::MAX)
}

fn metric(family: Family, input: &Input) -> Result<Shown, AppError> {
    topics::find(family, input.path("metric_key")?).map(Shown::One).ok_or_else(|| AppError::not_found("There is no such metric"))
}

async fn chats(stream: &Stream, shown: Shown, input: &Input) -> Result<Answer, AppError> {
    let window = input.one_of_opt("window", &WINDOWS)?;
    stream.answer(Question { shown, department: department(input)?, window }).await
}

async fn agents(stream: &Stream, shown: Shown, input: &Input) -> Result<Answer, AppError> {
    stream.answer(Question { shown, department: department(input)?, window: None }).await
}

struct GetChats;
impl Endpoint<Stream> for GetChats {
    const META: Meta = Meta::get("chats", Right::TokenRead)
        .summary("All figures of chats")
        .params(&[DEPARTMENT, WINDOW])
        .source(SOURCE)
        .quirks(&["a department_id that is no integer, or another window: 400", "unknown department: 404"]);

    async fn run(cx: Cx<Stream>, input: Input) -> Result<Answer, AppError> {
        chats(&cx.state, Shown::All(Family::Chats), &input).await
    }
}

struct GetChatMetric;
impl Endpoint<Stream> for GetChatMetric {
    const META: Meta = Meta::get("chats/{metric_key}", Right::TokenRead)
        .summary("One figure of chats; `topic` is `chats` all the same")
        .params(&[METRIC, DEPARTMENT, WINDOW])
        .source(SOURCE)
        .quirks(QUIRKS);

    async fn run(cx: Cx<Stream>, input: Input) -> Result<Answer, AppError> {
        chats(&cx.state, metric(Family::Chats, &input)?, &input).await
    }
}

struct GetAgents;
impl Endpoint<Stream> for GetAgents {
    const META: Meta = Meta::get("agents", Right::TokenRead)
        .summary("All figures of agents; in a department those of its members")
        .params(&[DEPARTMENT])
        .source(SOURCE)
        .quirks(&["`window` is accepted and means nothing", "unknown department: 404"]);

    async fn run(cx: Cx<Stream>, input: Input) -> Result<Answer, AppError> {
        agents(&cx.state, Shown::All(Family::Agents), &input).await
    }
}

struct GetAgentMetric;
impl Endpoint<Stream> for GetAgentMetric {
    const META: Meta = Meta::get("agents/{metric_key}", Right::TokenRead)
        .summary("One figure of agents; `topic` is `agents` all the same")
        .params(&[METRIC, DEPARTMENT])
        .source(SOURCE)
        .quirks(QUIRKS);

    async fn run(cx: Cx<Stream>, input: Input) -> Result<Answer, AppError> {
        agents(&cx.state, metric(Family::Agents, &input)?, &input).await
    }
}
