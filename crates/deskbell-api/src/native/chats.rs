//! What agents do with live chats, as in the live protocol.

use deskbell_app::AppError;
use deskbell_app::chats::transfer::Target;
use deskbell_app::commands::AgentCommand;
use deskbell_app::rights::Right;
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::done::{DoneView, carry_out};
use super::{Native, given_id, given_id_opt, path_id};

/// Calls that name a chat and nothing else.
macro_rules! plain {
    ($($name:ident $path:literal $summary:literal)+) => {$(
        pub(crate) struct $name;

        impl Call for $name {
            const BODIES: Bodies = Bodies::answers::<DoneView>().keyed();
        }

        impl Endpoint<Native> for $name {
            const META: Meta = Meta::post($path, Right::Agent).summary($summary).params(&[Param::path("id")]);

            async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
                let chat = path_id(&input, ChatId::parse, "chat")?;
                carry_out(cx, AgentCommand::$name { chat }).await
            }
        }
    )+};
}

plain! {
    Accept "chats/{id}/accept" "Join a chat: an offered one, one from the queue, or one that others serve"
    Decline "chats/{id}/decline" "Pass an offer on"
    Leave "chats/{id}/leave" "Leave a chat; the last one to leave puts it back in the queue"
    End "chats/{id}/end" "End a chat"
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct TransferBody {
    /// To this department's queue.
    department: Option<String>,
    /// Or to this agent.
    agent: Option<String>,
}

pub(crate) struct Transfer;

impl Call for Transfer {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<TransferBody>().keyed();
}

impl Endpoint<Native> for Transfer {
    const META: Meta = Meta::post("chats/{id}/transfer", Right::Agent)
        .summary("Hand a chat over to a department or to an agent")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: TransferBody = input.json()?;
        let department = given_id_opt(body.department.as_deref(), DepartmentId::parse, "department")?;
        let agent = given_id_opt(body.agent.as_deref(), AgentId::parse, "agent")?;
        let target = match (department, agent) {
            (Some(department), None) => Target::Department(department),
            (None, Some(agent)) => Target::Agent(agent),
            (None, None) => return Err(AppError::missing("department or agent is missing")),
            (Some(_), Some(_)) => return Err(AppError::invalid("give department or agent, not both")),
        };
        let chat = path_id(&input, ChatId::parse, "chat")?;
        carry_out(cx, AgentCommand::Transfer { chat, target }).await
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct InviteBody {
    agent: String,
}

pub(crate) struct Invite;

impl Call for Invite {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<InviteBody>().keyed();
}

impl Endpoint<Native> for Invite {
    const META: Meta =
        Meta::post("chats/{id}/invite", Right::Agent).summary("Ask another agent to join a chat, and stay").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: InviteBody = input.json()?;
        let agent = given_id(&body.agent, AgentId::parse, "agent")?;
        let chat = path_id(&input, ChatId::parse, "chat")?;
        carry_out(cx, AgentCommand::Invite { chat, agent }).await
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct SkillsBody {
    /// Names or ids; unknown ones are passed over, and of more than five the last count.
    skills: Vec<String>,
}

pub(crate) struct Skills;

impl Call for Skills {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<SkillsBody>().keyed();
}

impl Endpoint<Native> for Skills {
    const META: Meta = Meta::put("chats/{id}/skills", Right::Agent)
        .summary("Set the skills that a live chat asks for: the whole new list")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: SkillsBody = input.json()?;
        let chat = path_id(&input, ChatId::parse, "chat")?;
        carry_out(cx, AgentCommand::Skills { chat, skills: body.skills }).await
    }
}

#[cfg(test)]
mod tests;
