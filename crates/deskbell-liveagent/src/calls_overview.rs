//! `GET calls/overview`.

use deskbell_app::rights::Right;
use deskbell_app::views::teams::{self, Calls};
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::Serialize;

use crate::departments;

pub(crate) struct GetCallsOverview;

impl Endpoint<Desk> for GetCallsOverview {
    const META: Meta = Meta::get("calls/overview", Right::ApiKey)
        .summary("How many calls there are now")
        .params(&[Param::text("department").placed(Place::Query).about("id; not given: the whole desk")])
        .source("reference, Overview: Calls")
        .quirks(&[
            "bare numbers, other than everywhere else",
            "calls are groups of the types `P`, `V` and `1` in conversations in status Calling; by the group's status: `C` running, `R` ringing, `I` in the queue",
            "404 if there is no such department",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let department = departments::asked(&cx, &input).await?;
        let calls = cx.state.read(move |tx| teams::calls(tx, department)).await?;
        Ok(Answer::tree(Overviews { overviews: [Overview::from(calls)] }))
    }
}

#[derive(Serialize)]
struct Overviews {
    #[serde(rename = "callsOverview")]
    overviews: [Overview; 1],
}

#[derive(Serialize)]
struct Overview {
    running: i64,
    ringing: i64,
    inqueue: i64,
}

impl From<Calls> for Overview {
    fn from(calls: Calls) -> Overview {
        Overview { running: calls.running, ringing: calls.ringing, inqueue: calls.queued }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_domain::conversation::Status;
    use deskbell_domain::message::{GroupKind, GroupStatus};

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn calls_by_their_status() {
        let desk = Fixture::new();
        let sales = desk.department("Sales").await;
        let none = r#"{"response":{"callsOverview":[{"running":0,"ringing":0,"inqueue":0}]}}"#;
        assert_eq!(desk.get("/api/calls/overview").await.text, none);
        for (department, kind, status) in [
            (None, GroupKind::Call, GroupStatus::Calling),
            (None, GroupKind::OutgoingCall, GroupStatus::Calling),
            (Some(sales), GroupKind::InternalCall, GroupStatus::Connecting),
            (Some(sales), GroupKind::Call, GroupStatus::Initializing),
            (Some(sales), GroupKind::Call, GroupStatus::Initializing),
            (None, GroupKind::Call, GroupStatus::Visible),
            (None, GroupKind::Internal, GroupStatus::Calling),
        ] {
            desk.call_group(department, Status::Calling, kind, status).await;
        }
        desk.call_group(None, Status::Resolved, GroupKind::Call, GroupStatus::Calling).await;
        let json = desk.get("/api/calls/overview").await.text;
        assert_eq!(json, r#"{"response":{"callsOverview":[{"running":2,"ringing":1,"inqueue":2}]}}"#);
        assert_eq!(
            desk.get(&format!("/api/calls/overview.xml?department={sales}")).await.text,
            "<?xml version='1.0' encoding='utf-8'?><response><callsOverview><item><running>0</running><ringing>1</ringing>\
             <inqueue>2</inqueue></item></callsOverview></response>"
        );
        assert_eq!(
            desk.get("/api/calls/overview.yaml?department=default").await.text,
            "response:\n  callsOverview:\n  - running: 2\n    ringing: 0\n    inqueue: 0\n"
        );
        for department in ["zzzzzzzz", "x", "%00"] {
            let reply = desk.get(&format!("/api/calls/overview?department={department}")).await;
            assert_eq!((reply.status, reply.errormessage().as_str()), (404, "department with this id not found"), "{department}");
        }
    }
}
