//! A visitor of the site: his token, his connection, his files.

use crate::http::{Answer, client};
use crate::live::{Live, Role, Transport};
use crate::server::Server;
use serde_json::{Value, json};
use std::net::SocketAddr;

pub struct Visitor {
    pub live: Live,
    pub token: String,
    /// What `POST /live/visit` answered.
    pub visit: Value,
    address: SocketAddr,
}

impl Visitor {
    /// Somebody new, connected.
    pub async fn arrive(server: &Server) -> Visitor {
        Visitor::arrive_by(server, Transport::Socket).await
    }

    pub async fn arrive_by(server: &Server, transport: Transport) -> Visitor {
        let mut visitor = Visitor::unconnected(server, transport, None).await;
        visitor.live.reconnect().await;
        visitor
    }

    /// Somebody new, or with an earlier token, without a connection yet.
    pub async fn unconnected(server: &Server, transport: Transport, earlier: Option<&str>) -> Visitor {
        let visit = Visitor::visit(server, earlier).await.good();
        let token = visit["token"].as_str().unwrap_or_else(|| panic!("a visit has a token: {visit}")).to_owned();
        let live = Live::new(server.address(), Role::Visitor { token: token.clone() }, transport);
        Visitor { live, token, visit, address: server.address() }
    }

    /// `POST /live/visit`.
    pub async fn visit(server: &Server, earlier: Option<&str>) -> Answer {
        let page = json!({"url": "https://shop.example/parcels", "title": "Parcels", "referrer": ""});
        let body = json!({"token": earlier, "page": page, "language": "en"});
        Answer::of(client().post(format!("{}/live/visit", server.base())).json(&body)).await
    }

    /// A second client of the same visitor, which knows nothing yet.
    pub async fn fresh_look(&self) -> Live {
        let mut live = Live::new(self.address, Role::Visitor { token: self.token.clone() }, Transport::Socket);
        live.reconnect().await;
        live
    }

    /// Asks for a chat with a first message; returns the `ok`.
    pub async fn ask(&mut self, text: &str) -> Value {
        self.live.ok(json!({"t": "chat", "name": "Vera Visitor", "email": "vera@example.org", "text": text})).await
    }

    pub async fn say(&mut self, text: &str) -> Value {
        self.live.ok(json!({"t": "send", "text": text})).await
    }
}
