//! `GET chats/overview`.

use deskbell_app::figures::{AgentFigures, ChatFigures};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::Serialize;

use crate::departments;

pub(crate) struct GetChatsOverview;

impl Endpoint<Desk> for GetChatsOverview {
    const META: Meta = Meta::get("chats/overview", Right::ApiKey)
        .summary("How busy the chats are now")
        .params(&[Param::text("department").placed(Place::Query).about("id; not given: the whole desk")])
        .source("reference, Overview: Chats")
        .quirks(&[
            "bare numbers, other than everywhere else",
            "the same figures as the live figures of the other surfaces: `chats` are served, `ringing` offered, `queue` offered to nobody",
            "`agents` take chats and have a free slot",
            "`visitors` are those on the site, in every department the same",
            "404 if there is no such department",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let department = departments::asked(&cx, &input).await?;
        let now = cx.state.now();
        let figures = cx.state.figures(|figures| (figures.chats(department, now), figures.agents(department)));
        let visitors = cx.state.presence().visitors_present(now);
        Ok(Answer::tree(Overviews { overviews: [Overview::new(visitors, &figures.0, figures.1)] }))
    }
}

#[derive(Serialize)]
struct Overviews {
    #[serde(rename = "chatsOverview")]
    overviews: [Overview; 1],
}

#[derive(Serialize)]
struct Overview {
    visitors: usize,
    chats: i64,
    ringing: i64,
    queue: i64,
    agents: i64,
}

impl Overview {
    fn new(visitors: usize, chats: &ChatFigures, agents: AgentFigures) -> Overview {
        Overview { visitors, chats: chats.active, ringing: chats.assigned, queue: chats.incoming, agents: agents.available }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_domain::agent::AgentStatus;

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn numbers_of_now() {
        let desk = Fixture::new();
        let empty = r#"{"response":{"chatsOverview":[{"visitors":0,"chats":0,"ringing":0,"queue":0,"agents":0}]}}"#;
        assert_eq!(desk.get("/api/chats/overview").await.text, empty);
        let owner = desk.owner.id;
        desk.status(owner, AgentStatus::ONLINE).await;
        let mut chats = Vec::new();
        for number in 0..7 {
            chats.push(desk.chat(&format!("visitor {number}")).await.chat.expect("a chat"));
        }
        for chat in &chats[..2] {
            desk.accept(owner, *chat).await;
        }
        desk.settle().await;
        let busy = r#"{"response":{"chatsOverview":[{"visitors":7,"chats":2,"ringing":3,"queue":2,"agents":0}]}}"#;
        assert_eq!(desk.get("/api/chats/overview").await.text, busy);
        assert_eq!(desk.get("/api/chats/overview?department=default").await.text, busy);
        assert_eq!(desk.get("/api/chats/overview?department=").await.text, busy);
        assert_eq!(
            desk.get("/api/chats/overview.xml").await.text,
            "<?xml version='1.0' encoding='utf-8'?><response><chatsOverview><item><visitors>7</visitors><chats>2</chats><ringing>3</ringing>\
             <queue>2</queue><agents>0</agents></item></chatsOverview></response>"
        );
        let other = desk.department("Sales").await;
        let quiet = r#"{"response":{"chatsOverview":[{"visitors":7,"chats":0,"ringing":0,"queue":0,"agents":0}]}}"#;
        assert_eq!(desk.get(&format!("/api/chats/overview?department={other}")).await.text, quiet);
        for unknown in ["zzzzzzzz", "x", "0"] {
            assert_eq!(desk.get(&format!("/api/chats/overview?department={unknown}")).await.status, 404, "{unknown}");
        }
    }
}
