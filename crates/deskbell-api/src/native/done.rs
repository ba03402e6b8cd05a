//! What a command did, as it is answered.

use deskbell_app::AppError;
use deskbell_app::commands::{AgentCommand, Done};
use deskbell_http::{Answer, Cx};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Native, me};

/// What a command did. What it did not touch is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DoneView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conversation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chat: Option<String>,
    /// The chat's state: `queued`, `offered`, `served` or `ended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The journal's number once it was done.
    pub(crate) number: i64,
}

impl From<Done> for DoneView {
    fn from(done: Done) -> Self {
        DoneView {
            conversation: done.conversation.map(|id| id.to_string()),
            chat: done.chat.map(|id| id.to_string()),
            state: done.state.map(|state| state.text()),
            message: done.message.map(|id| id.to_string()),
            number: done.number,
        }
    }
}

/// Carries out a command of the one who calls, once per `Idempotency-Key`.
pub(crate) async fn carry_out(cx: Cx<Native>, command: AgentCommand) -> Result<Answer, AppError> {
    let me = me(&cx)?;
    let done = cx.state.desk.agent_command(me, cx.idempotency_key, command).await?;
    Ok(Answer::tree(DoneView::from(done)))
}
