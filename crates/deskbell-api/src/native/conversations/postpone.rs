//! Setting a conversation aside until a moment.

use deskbell_app::AppError;
use deskbell_app::commands::AgentCommand;
use deskbell_app::rights::Right;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ID, path_conversation};
use crate::native::Native;
use crate::native::call::{Bodies, Call};
use crate::native::done::{DoneView, carry_out};
use crate::wire::moment;

#[derive(Deserialize, ToSchema)]
pub(crate) struct PostponeBody {
    /// Milliseconds since 1970, to come.
    until: i64,
}

pub(crate) struct Postpone;

impl Call for Postpone {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<PostponeBody>().keyed();
}

impl Endpoint<Native> for Postpone {
    const META: Meta = Meta::put("conversations/{id}/postponement", Right::Agent)
        .summary("Set a conversation aside (`W`) until a moment; then it gets its status back, unless it got another one meanwhile")
        .params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let PostponeBody { until } = input.json()?;
        // What is given is looked over before the conversation is looked for.
        let until = moment(until).filter(|until| *until > cx.state.desk.now());
        let until = until.ok_or_else(|| AppError::invalid("until must be a moment to come, in milliseconds since 1970"))?;
        let conversation = path_conversation(&cx, &input).await?;
        carry_out(cx, AgentCommand::Postpone { conversation, until }).await
    }
}

#[cfg(test)]
mod tests;
