//! The caller's own phone.

use deskbell_app::AppError;
use deskbell_app::commands::AgentCommand;
use deskbell_app::rights::Right;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::done::{DoneView, carry_out};
use super::{Native, me};

#[derive(Deserialize, ToSchema)]
pub(crate) struct PhoneBody {
    /// Whether calls may ring at him. One who hides gets none, and offline there is no phone.
    on: bool,
}

/// The rest of the status stays as it is. True at once while a console is connected, else when one connects.
pub(crate) struct SetPhone;

impl Call for SetPhone {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<PhoneBody>().keyed();
}

impl Endpoint<Native> for SetPhone {
    const META: Meta = Meta::put("me/phone", Right::Agent).summary("Switch one's own phone on or off");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let PhoneBody { on } = input.json()?;
        let connected = cx.state.desk.presence().agent_is_here(me(&cx)?);
        carry_out(cx, AgentCommand::Phone { on, connected }).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn a_phone_beside_the_status() {
        let desk = start().await;
        desk.agent_comes().await;
        let shown = async || desk.agent.get("session").await.expect(200)["agent"].clone();
        assert_eq!((&shown().await["online"], &shown().await["phone"]), (&json!("online"), &json!(false)));
        desk.agent.put("me/phone", json!({"on": true})).await.expect(200);
        desk.agent.put("me/status", json!({"status": "away"})).await.expect(200);
        assert_eq!((&shown().await["online"], &shown().await["phone"]), (&json!("away"), &json!(true)));
        desk.agent.put("me/phone", json!({"on": false})).await.expect(200);
        assert_eq!((&shown().await["online"], &shown().await["phone"]), (&json!("away"), &json!(false)));
        desk.agent.put("me/status", json!({"status": "offline"})).await.expect(200);
        desk.agent.put("me/phone", json!({"on": true})).await.refused(409, "conflict");
        desk.agent.put("me/phone", json!({})).await.refused(400, "invalid");
    }
}
