//! `GET agents/[agentidentifier]`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, credentials, views};
use deskbell_domain::agent;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use crate::door::signs_in;

pub(crate) struct GetAgent;

impl Endpoint<Desk> for GetAgent {
    const META: Meta = Meta::get("agents/{agentidentifier}", Right::ApiKey)
        .summary("One agent, with a token of his own")
        .params(&[Param::path("agentidentifier").about("e-mail address or userid")])
        .source("reference, Agents: Retrieves agent info and auth token")
        .quirks(&[
            "404 if there is no such agent",
            "`authtoken` signs the agent in at `/agent/`; it changes with his password, and opens nothing while he is switched off",
            "a key that only reads gets no `authtoken`: it would sign in to more than the key may do",
            "`gender` is empty: nobody is asked for it",
            "an agent who is switched off is shown, too",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path("agentidentifier")?.to_owned();
        let may_write = signs_in(&cx.principal);
        let found = cx.state.snapshot(move |tx| {
            let Some(agent) = views::agent(tx, &identifier)? else { return Ok(None) };
            let token = if may_write { credentials::agent_token(tx, agent.id)? } else { String::new() };
            Ok(Some((agent, token)))
        });
        let (agent, token) = found.await?.ok_or_else(|| AppError::not_found("agent with this e-mail or userid not found"))?;
        Ok(Answer::tree(Agent { authtoken: token, ..Agent::from(agent) }))
    }
}

#[derive(Serialize)]
struct Agent {
    contactid: String,
    userid: String,
    email: String,
    firstname: String,
    lastname: String,
    systemname: String,
    authtoken: String,
    browsercookiename: &'static str,
    gender: &'static str,
    role: char,
}

impl From<agent::Agent> for Agent {
    fn from(agent: agent::Agent) -> Agent {
        Agent {
            contactid: agent.contact.to_string(),
            userid: agent.id.to_string(),
            systemname: agent.display_name(),
            email: agent.email,
            firstname: agent.first_name,
            lastname: agent.last_name,
            authtoken: String::new(),
            browsercookiename: "A_auth",
            gender: "",
            role: agent.role.letter(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn an_agent_in_all_spellings_and_formats() {
        let desk = Fixture::new();
        let agent = desk.agent("john+x@agent.test", "John", "Williams").await;
        let json = desk.get(&format!("/api/agents/{}", agent.id)).await;
        let token = json.value()["response"]["authtoken"].as_str().expect("a text").to_owned();
        assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()));
        assert_eq!(
            json.text,
            format!(
                r#"{{"response":{{"contactid":"{}","userid":"{}","email":"john+x@agent.test","firstname":"John","lastname":"Williams","systemname":"John Williams","authtoken":"{token}","browsercookiename":"A_auth","gender":"","role":"A"}}}}"#,
                agent.contact, agent.id
            )
        );
        for path in ["agents/john+x@agent.test", "agents/JOHN%2Bx%40agent.test/", "index.php?handler=agents%2Fjohn%2Bx%40agent.test"] {
            assert_eq!(desk.get(&format!("/api/{path}")).await.text, json.text, "{path}");
        }
        assert_eq!(
            desk.get("/api/agents/john+x@agent.test.xml").await.text,
            format!(
                "<?xml version='1.0' encoding='utf-8'?><response><contactid>{}</contactid><userid>{}</userid><email>john+x@agent.test</email>\
                 <firstname>John</firstname><lastname>Williams</lastname><systemname>John Williams</systemname><authtoken>{token}</authtoken>\
                 <browsercookiename>A_auth</browsercookiename><gender/><role>A</role></response>",
                agent.contact, agent.id
            )
        );
        let yaml = desk.get("/api/agents/john+x@agent.test.yaml").await.text;
        assert!(yaml.starts_with("response:\n  contactid: ") && yaml.ends_with("  role: A\n"), "{yaml}");
    }

    #[tokio::test]
    async fn tokens_differ_between_agents_and_open_nothing() {
        let desk = Fixture::new();
        let (a, b) = (desk.agent("a@agent.test", "A", "").await, desk.agent("b@agent.test", "B", "").await);
        let token = async |id| desk.get(&format!("/api/agents/{id}")).await.value()["response"]["authtoken"].as_str().map(str::to_owned);
        let (first, again, other) = (token(a.id).await, token(a.id).await, token(b.id).await);
        assert_eq!(first, again);
        assert_ne!(first, other);
        let uri = format!("/api/agents/{}?apikey={}", a.id, first.expect("a token"));
        assert_eq!(desk.call("GET", &uri, &[], "").await.status, 401);
    }

    #[tokio::test]
    async fn unknown_ones() {
        let desk = Fixture::new();
        for identifier in ["nobody@agent.test", "zzzzzzzz", "x", "%20", "a%2Fb", "1", "%00", "%00@x"] {
            let reply = desk.get(&format!("/api/agents/{identifier}")).await;
            assert_eq!((reply.status, reply.errormessage().as_str()), (404, "agent with this e-mail or userid not found"), "{identifier}");
        }
    }
}
