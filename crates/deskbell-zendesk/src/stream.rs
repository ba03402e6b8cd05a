//! The real-time figures over REST: `GET /stream/chats`, `/stream/agents` and one figure of either.
//!
//! An answer is rendered when it is first asked for after the figures or the second changed, and kept as bytes: see [`answers`]. The
//! original's "Not Computed!" is never sent, because a desk has loaded its figures before it is served.

mod answers;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, Desk, Kind, accounts};
use deskbell_domain::ids::DepartmentId;
use deskbell_http::{
    Answer, BoxFuture, Cx, Endpoint, Fault, Input, Meta, Param, ParamKind, Place, RequestHead, Route, Surface, routes as list,
};
use serde::Serialize;

use crate::topics::{self, Family, Shown, Sight};
use crate::{SurfaceOptions, access};
use answers::{Answers, Found, Question, Rendered};

/// The `department_id` of what belongs to no department, which here is the default one.
const NO_DEPARTMENT: i64 = 0;
/// The values of `window`, with their places in the table of windows.
const WINDOWS: [(&str, usize); 2] = [("30", 0), ("60", 1)];
/// What every client gets to read whose token is missing or wrong.
const UNVERIFIED: &str = "Unable to verify the identity of the client";

const SOURCE: &str = "Real Time Chat API, REST";
const METRIC: Param = Param::path("metric_key").about("a key of the table of figures");
const DEPARTMENT: Param =
    Param::int("department_id").placed(Place::Query).about("one department; 0 is the default one, which the original calls none");
const WINDOW: Param = Param::new("window", ParamKind::OneOf(&[("30", "30 minutes"), ("60", "60 minutes")])).placed(Place::Query);
const QUIRKS: &[&str] = &["unknown figure or department: 404", "a department_id that is no integer: 400"];

/// The surface's state: the desk, and the answers that are ready.
#[derive(Clone)]
pub struct Stream(Arc<Inner>);

struct Inner {
    desk: Desk,
    answers: Answers,
}

impl Stream {
    pub(crate) fn new(desk: Desk) -> Stream {
        Stream(Arc::new(Inner { desk, answers: Answers::default() }))
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
        let rendered = self.render(&question);
        let bytes = rendered.bytes.clone();
        self.0.answers.keep(&question, rendered);
        Ok(Answer::json(bytes))
    }

    async fn check_department(&self, department: Option<i64>) -> Result<(), AppError> {
        let Some(department) = department.map(department_of).filter(|department| *department != DepartmentId::DEFAULT) else {
            return Ok(());
        };
        let known = self.0.desk.read(move |tx| accounts::department_exists(tx, department)).await?;
        if known { Ok(()) } else { Err(AppError::not_found("There is no such department")) }
    }

    fn render(&self, question: &Question) -> Rendered {
        let now = self.0.desk.now();
        let (department, family) = (question.department.map(department_of), question.shown.family());
        let (number, sight) = self.0.desk.figures(|figures| (figures.number(), Sight::of(figures, family, department, now)));
        Rendered { number, second: now.seconds(), bytes: envelope(question, &sight).into() }
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

#[derive(Serialize)]
struct Refusal {
    status_code: u16,
    message: String,
}

fn render_error(fault: &Fault<'_>) -> Answer {
    let status_code = access::status(fault);
    let message = match fault.error.kind {
        Kind::NoCredential | Kind::BadCredential => UNVERIFIED.to_owned(),
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
        | Kind::Internal => fault.error.public.to_string(),
    };
    Answer::bare_tree(Refusal { status_code, message }).status(status_code)
}

pub(crate) fn surface(options: &SurfaceOptions) -> Surface<Stream> {
    let mut surface = Surface::new("zendesk-stream", &["/stream"], authenticate, render_error);
    access::configure(&mut surface, options);
    surface
}

pub(crate) fn routes() -> Vec<Route<Stream>> {
    list![Stream; GetChats, GetChatMetric, GetAgents, GetAgentMetric]
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
