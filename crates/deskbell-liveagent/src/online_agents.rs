//! `GET onlinestatus/agents`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, views};
use deskbell_domain::agent::Agent;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;

pub(crate) struct ListOnlineAgents;

impl Endpoint<Desk> for ListOnlineAgents {
    const META: Meta = Meta::get("onlinestatus/agents", Right::ApiKey)
        .summary("Which channels each agent has chosen, and which are on now")
        .source("reference, Online status: Agents")
        .quirks(&[
            "all agents at once, whatever their number; those who are switched off are left out",
            "statuses are letters in a row: `M` messages, `P` phone, `R` read, `T` chat, or `F` alone",
            "`avatar_url` is empty",
        ]);

    async fn run(cx: Cx<Desk>, _: Input) -> Result<Answer, AppError> {
        let agents = cx.state.read(views::agents).await?;
        let states = agents.into_iter().filter(|agent| agent.enabled).map(State::from).collect();
        Ok(Answer::tree(States { states }))
    }
}

#[derive(Serialize)]
struct States {
    #[serde(rename = "agentsOnlineStates")]
    states: Vec<State>,
}

#[derive(Serialize)]
struct State {
    id: String,
    contactid: String,
    username: String,
    firstname: String,
    lastname: String,
    avatar_url: &'static str,
    #[serde(rename = "presetStatus")]
    preset: String,
    #[serde(rename = "onlineStatus")]
    online: String,
}

impl From<Agent> for State {
    fn from(agent: Agent) -> State {
        State {
            id: agent.id.to_string(),
            contactid: agent.contact.to_string(),
            username: agent.email,
            firstname: agent.first_name,
            lastname: agent.last_name,
            avatar_url: "",
            preset: agent.preset.letters(),
            online: agent.online.letters(),
        }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_domain::agent::AgentStatus;

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn every_agent_with_both_statuses() {
        let desk = Fixture::new();
        let ann = desk.agent("ann@agent.test", "Ann", "Able").await;
        desk.status(ann.id, AgentStatus::ONLINE).await;
        let owner = desk.owner.clone();
        assert_eq!(
            desk.get("/api/onlinestatus/agents").await.text,
            format!(
                r#"{{"response":{{"agentsOnlineStates":[{{"id":"{}","contactid":"{}","username":"ann@agent.test","firstname":"Ann","lastname":"Able","avatar_url":"","presetStatus":"MRT","onlineStatus":"MRT"}},{{"id":"{}","contactid":"{}","username":"owner@desk.test","firstname":"Desk","lastname":"Owner","avatar_url":"","presetStatus":"MRT","onlineStatus":"F"}}]}}}}"#,
                ann.id, ann.contact, owner.id, owner.contact
            )
        );
        desk.status(ann.id, AgentStatus::from_bits(15)).await;
        let xml = desk.get("/api/onlinestatus/agents.xml").await.text;
        assert!(xml.starts_with("<?xml version='1.0' encoding='utf-8'?><response><agentsOnlineStates><agentsOnlineState><id>"), "{xml}");
        assert!(
            xml.contains("<avatar_url/><presetStatus>MPRT</presetStatus><onlineStatus>MPRT</onlineStatus></agentsOnlineState>"),
            "{xml}"
        );
    }

    #[tokio::test]
    async fn more_than_ten() {
        let desk = Fixture::new();
        for number in 0..25 {
            desk.agent(&format!("a{number}@agent.test"), "A", "").await;
        }
        let reply = desk.get("/api/onlinestatus/agents").await.value();
        assert_eq!(reply["response"]["agentsOnlineStates"].as_array().expect("a list").len(), 26);
    }
}
