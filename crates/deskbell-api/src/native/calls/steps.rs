//! What happens in a call that goes on. Each step answers the call as it is then.

use deskbell_app::AppError;
use deskbell_app::calls::{HungUp, Step, Target, Voicemail as LeftMessage, take};
use deskbell_app::rights::Right;
use deskbell_domain::ids::{CallId, DepartmentId};
use deskbell_http::{Answer as Reply, Cx, Endpoint, Input, Meta, Param};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CallView, answer, telling};
use crate::native::call::{Bodies, Call};
use crate::native::{Native, given_id_opt, path_id};

async fn carry_out(cx: Cx<Native>, input: &Input, agent: Option<String>, step: Step) -> Result<Reply, AppError> {
    let call = path_id(input, CallId::parse, "call")?;
    let telling = telling(&cx, agent)?;
    let done = cx.state.desk.write(move |tx, cx| take(tx, cx, &telling, call, &step)).await?;
    answer(&cx.state.desk, done).await
}

/// Who acts.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ActingBody {
    /// E-mail address or id. Left out: the agent who is signed in.
    agent: Option<String>,
}

/// Steps that say who acts and nothing else.
macro_rules! plain {
    ($($name:ident $path:literal $summary:literal)+) => {$(
        pub(crate) struct $name;

        impl Call for $name {
            const BODIES: Bodies = Bodies::answers::<CallView>().reads::<ActingBody>().keyed();
        }

        impl Endpoint<Native> for $name {
            const META: Meta = Meta::post($path, Right::AgentOrKeyWrite).summary($summary).params(&[Param::path("id")]);

            async fn run(cx: Cx<Native>, input: Input) -> Result<Reply, AppError> {
                let ActingBody { agent } = input.json()?;
                carry_out(cx, &input, agent, Step::$name).await
            }
        }
    )+};
}

plain! {
    Answer "calls/{id}/answer" "An agent talks from now on; in an outgoing call the customer has answered, and no agent need be named"
    Decline "calls/{id}/decline" "An agent passes a ring on"
    Hold "calls/{id}/hold" "An agent holds the other side"
    Resume "calls/{id}/resume" "The other side is held no longer"
    Leave "calls/{id}/leave" "An agent leaves; the last one to leave lets the customer wait again"
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct RingBody {
    /// At whom it rings: e-mail address or id.
    to: String,
    /// 30 unless given, 5 to 3600.
    seconds: Option<u16>,
    /// Who acts.
    agent: Option<String>,
}

pub(crate) struct Ring;

impl Call for Ring {
    const BODIES: Bodies = Bodies::answers::<CallView>().reads::<RingBody>().keyed();
}

impl Endpoint<Native> for Ring {
    const META: Meta = Meta::post("calls/{id}/ring", Right::AgentOrKeyWrite)
        .summary("A call rings at an agent, who is available for calls; unless he answers in time, it is one missed ring of his")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Reply, AppError> {
        let RingBody { to, seconds, agent } = input.json()?;
        carry_out(cx, &input, agent, Step::Ring { agent: to, seconds }).await
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct HandOnBody {
    /// To this department: it waits there.
    department: Option<String>,
    /// Or to this agent, at whom it rings: e-mail address or id.
    to: Option<String>,
    /// For how long it rings.
    seconds: Option<u16>,
    /// Who hands it on, and leaves; if he is not in it, all leave.
    agent: Option<String>,
}

pub(crate) struct Transfer;

impl Call for Transfer {
    const BODIES: Bodies = Bodies::answers::<CallView>().reads::<HandOnBody>().keyed();
}

impl Endpoint<Native> for Transfer {
    const META: Meta = Meta::post("calls/{id}/transfer", Right::AgentOrKeyWrite)
        .summary("A call is handed on to a department or to an agent")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Reply, AppError> {
        let body: HandOnBody = input.json()?;
        let department = given_id_opt(body.department.as_deref(), DepartmentId::parse, "department")?;
        let target = match (department, body.to) {
            (Some(department), None) => Target::Department(department),
            (None, Some(agent)) => Target::Agent { agent, seconds: body.seconds },
            (None, None) => return Err(AppError::missing("department or to is missing")),
            (Some(_), Some(_)) => return Err(AppError::invalid("give department or to, not both")),
        };
        carry_out(cx, &input, body.agent, Step::Transfer(target)).await
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct EndBody {
    /// `customer`: the one outside hung up. Left out: the agent who acts, or the desk if none does.
    by: Option<String>,
    /// Who acts.
    agent: Option<String>,
}

pub(crate) struct End;

impl Call for End {
    const BODIES: Bodies = Bodies::answers::<CallView>().reads::<EndBody>().keyed();
}

impl Endpoint<Native> for End {
    const META: Meta =
        Meta::post("calls/{id}/end", Right::AgentOrKeyWrite).summary("Somebody hangs up: the call is over").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Reply, AppError> {
        let EndBody { by, agent } = input.json()?;
        let hung_up = match by.as_deref() {
            None => HungUp::Desk,
            Some("customer") => HungUp::Customer,
            Some(_) => return Err(AppError::invalid("by must be customer, or left out")),
        };
        carry_out(cx, &input, agent, Step::End(hung_up)).await
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct VoicemailBody {
    /// What was said, if it was written down.
    text: Option<String>,
    /// A file uploaded before.
    file: Option<String>,
    /// Who acts.
    agent: Option<String>,
}

pub(crate) struct Voicemail;

impl Call for Voicemail {
    const BODIES: Bodies = Bodies::answers::<CallView>().reads::<VoicemailBody>().keyed();
}

impl Endpoint<Native> for Voicemail {
    const META: Meta = Meta::post("calls/{id}/voicemail", Right::AgentOrKeyWrite)
        .summary("The caller leaves a voice message, which ends the call")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Reply, AppError> {
        let VoicemailBody { text, file, agent } = input.json()?;
        carry_out(cx, &input, agent, Step::Voicemail(LeftMessage { text: text.unwrap_or_default(), file })).await
    }
}
