//! Calls on the phone, told by a telephone exchange (with a key of the API) or by agents. What happens in one is in [`steps`].

pub(crate) mod steps;

use deskbell_app::calls::{NewCall, Teller, Telling, start};
use deskbell_app::commands::Done;
use deskbell_app::rights::{Principal, Right};
use deskbell_app::views::calls::{CallSeen, of_conversation, running_after, whole};
use deskbell_app::{AppError, Desk};
use deskbell_domain::call::{Call as DomainCall, Direction, Leg, Ring};
use deskbell_domain::ids::{CallId, DepartmentId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use deskbell_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::conversations::resolve;
use super::page::{self, Page};
use super::{Native, given_id_opt, path_id};
use crate::wire::{CustomerView, millis, whole_millis};

/// An agent's part of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LegView {
    agent: String,
    department: String,
    began: i64,
    ended: Option<i64>,
    /// Since when the other side is held.
    held_since: Option<i64>,
    /// Milliseconds for which it was held before.
    held: i64,
}

impl From<&Leg> for LegView {
    fn from(leg: &Leg) -> Self {
        LegView {
            agent: leg.agent.to_string(),
            department: leg.department.to_string(),
            began: millis(leg.began),
            ended: leg.ended.map(millis),
            held_since: leg.held_since.map(millis),
            held: whole_millis(leg.held_micros),
        }
    }
}

/// A call rang at an agent, or rings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RingView {
    agent: String,
    rang: i64,
    expires: i64,
    /// `accepted`, `expired`, `declined` or `withdrawn`; null while it rings.
    outcome: Option<&'static str>,
}

impl From<&Ring> for RingView {
    fn from(ring: &Ring) -> Self {
        RingView {
            agent: ring.agent.to_string(),
            rang: millis(ring.rang),
            expires: millis(ring.expires),
            outcome: ring.outcome.map(|outcome| outcome.text()),
        }
    }
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CallView {
    call: String,
    conversation: String,
    /// `in`, `out` or `internal`.
    direction: &'static str,
    /// `queued`, `ringing`, `talking` or `ended`.
    state: &'static str,
    /// `finished`, `abandoned`, `missed` or `voicemail`; null while it goes on.
    outcome: Option<&'static str>,
    department: String,
    customer: CustomerView,
    /// The number outside; empty when it is withheld, and in internal calls.
    number: String,
    /// The agent who called.
    caller: Option<String>,
    started: i64,
    /// Since when nobody talks, or when the talking began.
    waiting_since: i64,
    /// When two sides talked first.
    answered: Option<i64>,
    ended: Option<i64>,
    /// In a list of calls that go on, those that go on.
    legs: Vec<LegView>,
    /// The same.
    rings: Vec<RingView>,
}

impl From<&CallSeen> for CallView {
    fn from(seen: &CallSeen) -> Self {
        let call: &DomainCall = &seen.call;
        CallView {
            call: call.id.to_string(),
            conversation: call.conversation.to_string(),
            direction: call.direction.text(),
            state: call.state.text(),
            outcome: call.outcome.map(|outcome| outcome.text()),
            department: call.department.to_string(),
            customer: CustomerView::from(&seen.customer),
            number: call.number.clone(),
            caller: call.caller.map(|agent| agent.to_string()),
            started: millis(call.started),
            waiting_since: millis(call.waiting_since),
            answered: call.answered.map(millis),
            ended: call.ended.map(millis),
            legs: seen.legs.iter().map(LegView::from).collect(),
            rings: seen.rings.iter().map(RingView::from).collect(),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<CallView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("calls", Right::AgentOrKey)
        .summary("The calls that go on, or those of a conversation, ended ones too; the oldest first")
        .params(&[Param::text("conversation").placed(Place::Query).about("id, code or public code"), page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let desk = &cx.state.desk;
        let id = |seen: &CallSeen| seen.call.id.to_string();
        let view = |seen: &CallSeen| CallView::from(seen);
        if let Some(conversation) = input.filled_opt("conversation").map(str::to_owned) {
            let read = move |tx: &mut Tx<'_>| {
                let conversation = resolve(tx, &conversation)?;
                of_conversation(tx, conversation)
            };
            return Ok(Answer::tree(Page::of_all(desk.snapshot(read).await?, &input, id, view)?));
        }
        let limit = page::limit(&input, page::ROWS_MAX, page::ROWS_MAX)?;
        let after = input.filled_opt("after").map(|id| CallId::parse(id).ok_or_else(page::gone)).transpose()?;
        let calls = desk.snapshot(move |tx| running_after(tx, after, limit + 1)).await?;
        Ok(Answer::tree(Page::cut(calls, limit, id, view)))
    }
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<CallView>();
}

impl Endpoint<Native> for Show {
    const META: Meta =
        Meta::get("calls/{id}", Right::AgentOrKey).summary("A call with all its legs and rings").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let call = path_id(&input, CallId::parse, "call")?;
        show(&cx.state.desk, call).await
    }
}

async fn show(desk: &Desk, call: CallId) -> Result<Answer, AppError> {
    let seen = desk.snapshot(move |tx| whole(tx, call)).await?;
    Ok(Answer::tree(CallView::from(&seen)))
}

/// A call as it is once something was done.
async fn answer(desk: &Desk, done: Done) -> Result<Answer, AppError> {
    let call = done.call.ok_or_else(|| AppError::invalid("this key was used for something else"))?;
    show(desk, call).await
}

/// Who tells of a step: the agent who is signed in, or the holder of a key.
fn telling(cx: &Cx<Native>, agent: Option<String>) -> Result<Telling, AppError> {
    let teller = match cx.principal {
        Principal::Agent { agent, .. } => Teller::Agent(agent),
        Principal::ApiKey { key, .. } => Teller::Key(key),
        Principal::Nobody | Principal::Token { .. } | Principal::Visitor { .. } => {
            return Err(AppError::internal("a call for agents and keys was reached by somebody else"));
        }
    };
    Ok(Telling { teller, agent, key: cx.idempotency_key.clone() })
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct CallBody {
    /// `in`: a customer called; `out`: an agent calls a customer; `internal`: an agent calls another.
    direction: String,
    /// The number outside. A customer is found by it, or made.
    number: Option<String>,
    /// E-mail address or id of the customer, instead of finding him by the number.
    customer: Option<String>,
    /// Who calls: e-mail address or id. Left out: the agent who is signed in; with a key calls other than `in` need it.
    agent: Option<String>,
    /// Whom an internal call is for: e-mail address or id.
    to: Option<String>,
    department: Option<String>,
    /// The conversation that it belongs to: id, code or public code. Left out: a new one.
    conversation: Option<String>,
    /// Of a new conversation.
    subject: Option<String>,
    /// For how long an internal call rings: 30 unless given, 5 to 3600.
    seconds: Option<u16>,
}

pub(crate) struct Start;

impl Call for Start {
    const BODIES: Bodies = Bodies::creates::<CallView>().reads::<CallBody>().keyed();
}

impl Endpoint<Native> for Start {
    const META: Meta = Meta::post("calls", Right::AgentOrKeyWrite).summary("A call begins");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: CallBody = input.json()?;
        let direction = Direction::parse(&body.direction).ok_or_else(|| AppError::invalid("direction must be in, out or internal"))?;
        let department = given_id_opt(body.department.as_deref(), DepartmentId::parse, "department")?;
        let telling = telling(&cx, body.agent)?;
        let CallBody { number, customer, to, conversation, subject, seconds, .. } = body;
        let write = cx.state.desk.write(move |tx, cx| {
            let conversation = conversation.map(|spelling| resolve(tx, &spelling)).transpose()?;
            start(tx, cx, &telling, &NewCall { direction, number, customer, to, department, conversation, subject, seconds })
        });
        let done = write.await?;
        Ok(answer(&cx.state.desk, done).await?.status(201))
    }
}

#[cfg(test)]
mod tests;
