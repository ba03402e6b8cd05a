//! An agent: signed in through the native API, with a console's connection.

use crate::http::{Answer, client};
use crate::live::{Live, Role, Transport};
use crate::server::{OWNER_EMAIL, OWNER_PASSWORD, Server};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::net::SocketAddr;

const PASSWORD: &str = "another horse battery";

pub struct Agent {
    pub live: Live,
    /// The agent's id.
    pub id: String,
    pub name: String,
    pub cookie: String,
    address: SocketAddr,
    http: Client,
}

impl Agent {
    /// The desk's owner, connected.
    pub async fn owner(server: &Server) -> Agent {
        let mut agent = Agent::sign_in(server, OWNER_EMAIL, OWNER_PASSWORD).await;
        agent.live.reconnect().await;
        agent
    }

    /// Signed in, not connected.
    pub async fn sign_in(server: &Server, email: &str, password: &str) -> Agent {
        let body = json!({"email": email, "password": password});
        let request = client().post(format!("{}/api/native/v1/session", server.base())).header("x-deskbell", "1");
        let answer = Answer::of(request.json(&body)).await;
        let set = answer.cookie.clone().unwrap_or_else(|| panic!("signing in sets a cookie: {answer:?}"));
        let cookie = set.split(';').next().unwrap_or_default().to_owned();
        let agent = &answer.good()["agent"];
        let text = |key: &str| agent[key].as_str().unwrap_or_else(|| panic!("an agent has a {key}: {agent}")).to_owned();
        let live = Live::new(server.address(), Role::Agent { cookie: cookie.clone() }, Transport::Socket);
        Agent { live, id: text("agent"), name: text("name"), cookie, address: server.address(), http: client() }
    }

    /// A new colleague in the default department, signed in and connected.
    pub async fn colleague(&self, server: &Server, first_name: &str) -> Agent {
        let email = format!("{}@example.com", first_name.to_lowercase());
        let body = json!({"email": email, "first_name": first_name, "last_name": "Example", "role": "agent", "slots": 5, "enabled": true,
            "password": PASSWORD});
        let created = self.post("agents", body).await.good();
        let mut department = self.department("default").await;
        let members = department["members"].as_array_mut().expect("a department lists its members");
        if !members.iter().any(|member| member["agent"] == created["agent"]) {
            members.push(json!({"agent": created["agent"], "priority": 0}));
            self.call(Method::PUT, "departments/default", Some(department)).await.good();
        }
        let mut agent = Agent::sign_in(server, &email, PASSWORD).await;
        agent.live.reconnect().await;
        agent
    }

    pub async fn department(&self, id: &str) -> Value {
        let departments = self.get("departments").await.good();
        let items = departments["items"].as_array().expect("a list has items");
        items.iter().find(|item| item["department"] == id).unwrap_or_else(|| panic!("no department {id}: {departments}")).clone()
    }

    /// A second console of the same agent, which knows nothing yet.
    pub async fn fresh_look(&self) -> Live {
        let mut live = Live::new(self.address, Role::Agent { cookie: self.cookie.clone() }, Transport::Socket);
        live.reconnect().await;
        live
    }

    /// Chooses a status.
    pub async fn be(&mut self, status: &str) {
        self.live.ok(json!({"t": "status", "status": status})).await;
    }

    /// Waits for an offer and accepts it; returns the chat.
    pub async fn take_offer(&mut self) -> String {
        let me = self.id.clone();
        let offered =
            self.live.wait_for("an offer", |frame| frame["t"] == "event" && frame["e"] == "chat.offered" && frame["agent"] == me).await;
        let chat = offered["chat"].as_str().expect("an offer names the chat").to_owned();
        self.live.ok(json!({"t": "accept", "chat": chat})).await;
        chat
    }

    /// `{method} /api/native/v1/{path}`
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let url = format!("http://{}/api/native/v1/{path}", self.address);
        let mut request = self.http.request(method, url).header("cookie", &self.cookie).header("x-deskbell", "1");
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }
}
