//! The caller's own status.

use deskbell_app::AppError;
use deskbell_app::commands::AgentCommand;
use deskbell_app::rights::Right;
use deskbell_domain::agent::AgentStatus;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::done::{DoneView, carry_out};
use super::{Native, me};

#[derive(Deserialize, ToSchema)]
pub(crate) struct StatusBody {
    /// `online`, `away`, `invisible` or `offline`.
    status: String,
}

/// The status is true at once while a console is connected, else when one connects.
pub(crate) struct SetStatus;

impl Call for SetStatus {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<StatusBody>().keyed();
}

impl Endpoint<Native> for SetStatus {
    const META: Meta = Meta::put("me/status", Right::Agent).summary("Choose one's own status");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: StatusBody = input.json()?;
        let preset = AgentStatus::from_word(&body.status)
            .ok_or_else(|| AppError::invalid("status must be one of online, away, invisible, offline"))?;
        let connected = cx.state.desk.presence().agent_is_here(me(&cx)?);
        carry_out(cx, AgentCommand::Status { preset, connected }).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn a_chosen_status_is_kept_until_a_console_connects() {
        let desk = start().await;
        desk.owner.put("me/status", json!({"status": "away"})).await.expect(200);
        let agent = &desk.owner.get("session").await.expect(200)["agent"];
        assert_eq!((&agent["preset"], &agent["online"]), (&json!("away"), &json!("offline")));
        desk.desk.agent_came(desk.owner.agent).await.unwrap();
        assert_eq!(desk.owner.get("session").await.expect(200)["agent"]["online"], "away");
        desk.owner.put("me/status", json!({"status": "online"})).await.expect(200);
        assert_eq!(desk.owner.get("session").await.expect(200)["agent"]["online"], "online");
        desk.owner.put("me/status", json!({"status": "sleepy"})).await.refused(400, "invalid");
        desk.owner.put("me/status", json!({})).await.refused(400, "invalid");
    }
}
