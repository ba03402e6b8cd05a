//! What agents change of a conversation: tags, status, assignment, and which one it goes into.

use deskbell_app::AppError;
use deskbell_app::commands::AgentCommand;
use deskbell_app::conversations::Change;
use deskbell_app::rights::Right;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ID, path_conversation, resolve};
use crate::native::call::{Bodies, Call};
use crate::native::done::{DoneView, carry_out};
use crate::native::{Native, given_id_opt};

#[derive(Deserialize, ToSchema)]
pub(crate) struct TagsBody {
    /// The whole new list.
    tags: Vec<String>,
}

pub(crate) struct SetTags;

impl Call for SetTags {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<TagsBody>().keyed();
}

impl Endpoint<Native> for SetTags {
    const META: Meta = Meta::put("conversations/{id}/tags", Right::Agent).summary("Set a conversation's tags").params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let TagsBody { tags } = input.json()?;
        let conversation = path_conversation(&cx, &input).await?;
        carry_out(cx, AgentCommand::Tags { conversation, tags }).await
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct StatusLetterBody {
    /// `A` answered, `R` resolved, `C` open, `X` deleted, `B` spam.
    status: String,
}

pub(crate) struct SetStatus;

impl Call for SetStatus {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<StatusLetterBody>().keyed();
}

impl Endpoint<Native> for SetStatus {
    const META: Meta = Meta::put("conversations/{id}/status", Right::Agent).summary("Change a conversation's status").params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: StatusLetterBody = input.json()?;
        let change = change(&body.status).ok_or_else(|| AppError::invalid("status must be one of A, R, C, X, B"))?;
        let conversation = path_conversation(&cx, &input).await?;
        carry_out(cx, AgentCommand::ChangeStatus { conversation, change }).await
    }
}

fn change(letter: &str) -> Option<Change> {
    match letter {
        "A" => Some(Change::Answered),
        "R" => Some(Change::Resolve),
        "C" => Some(Change::Open),
        "X" => Some(Change::Delete),
        "B" => Some(Change::Spam),
        _ => None,
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct AssignmentBody {
    /// Left out: the department stays.
    department: Option<String>,
    /// Left out or null: nobody.
    agent: Option<String>,
}

pub(crate) struct Assign;

impl Call for Assign {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<AssignmentBody>().keyed();
}

impl Endpoint<Native> for Assign {
    const META: Meta = Meta::put("conversations/{id}/assignment", Right::Agent)
        .summary("Hand over a conversation that is not in a live chat")
        .params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: AssignmentBody = input.json()?;
        let department = given_id_opt(body.department.as_deref(), DepartmentId::parse, "department")?;
        let agent = given_id_opt(body.agent.as_deref(), AgentId::parse, "agent")?;
        let conversation = path_conversation(&cx, &input).await?;
        carry_out(cx, AgentCommand::HandOver { conversation, department, agent }).await
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct MergeBody {
    /// Where it goes: id, code or public code.
    into: String,
}

pub(crate) struct Merge;

impl Call for Merge {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<MergeBody>().keyed();
}

impl Endpoint<Native> for Merge {
    const META: Meta = Meta::post("conversations/{id}/merge", Right::Agent)
        .summary("Merge a conversation into another one, which its id and codes lead to from then on")
        .params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let MergeBody { into } = input.json()?;
        let conversation = path_conversation(&cx, &input).await?;
        let into = cx.state.desk.read(move |tx| resolve(tx, &into)).await?;
        carry_out(cx, AgentCommand::Merge { conversation, into }).await
    }
}

#[cfg(test)]
mod tests;
