//! `GET calls/overview`.

use deskbell_app::rights::Right;
use deskbell_app::views::calls::{self, Counts};
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
            "incoming, outgoing and internal calls alike: running are those in which somebody talks or is held, ringing those that ring at an agent or outside, in the queue those that wait",
            "404 if there is no such department",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let department = departments::asked(&cx, &input).await?;
        let calls = cx.state.read(move |tx| calls::counts(tx, department)).await?;
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

impl From<Counts> for Overview {
    fn from(calls: Counts) -> Overview {
        Overview { running: calls.talking, ringing: calls.ringing, inqueue: calls.queued }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::calls::{HungUp, Step, Voicemail};
    use deskbell_domain::agent::AgentStatus;
    use deskbell_domain::call::Direction;

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn calls_by_their_status() {
        let desk = Fixture::new();
        let sales = desk.department("Sales").await;
        let none = r#"{"response":{"callsOverview":[{"running":0,"ringing":0,"inqueue":0}]}}"#;
        assert_eq!(desk.get("/api/calls/overview").await.text, none);
        let agents = [desk.owner.clone(), desk.agent("ann@desk.test", "Ann", "").await, desk.agent("ben@desk.test", "Ben", "").await];
        for agent in &agents {
            desk.status(agent.id, AgentStatus::ONLINE.with(AgentStatus::PHONE)).await;
        }
        let talks = desk.begin_call(Direction::Incoming, None, None).await;
        desk.call_step(talks, Some(&agents[0]), Step::Answer).await;
        let called = desk.begin_call(Direction::Outgoing, None, Some(&agents[1])).await;
        desk.call_step(called, None, Step::Answer).await;
        desk.begin_call(Direction::Incoming, Some(sales), None).await;
        desk.begin_call(Direction::Incoming, Some(sales), None).await;
        let rings = desk.begin_call(Direction::Incoming, Some(sales), None).await;
        desk.call_step(rings, None, Step::Ring { agent: agents[2].id.to_string(), seconds: None }).await;
        for over in [Step::End(HungUp::Customer), Step::Voicemail(Voicemail::default())] {
            let call = desk.begin_call(Direction::Incoming, None, None).await;
            desk.call_step(call, None, over).await;
        }
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
