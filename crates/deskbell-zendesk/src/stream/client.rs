//! For tests: the figures' surface on a port, and a client of its socket.

use std::net::SocketAddr;
use std::time::Duration;

use deskbell_http::{Front, Kit};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::Stream;

/// What a test waits for comes within this, or the test fails.
const WAIT: Duration = Duration::from_secs(20);

/// A surface on a port; gone when dropped.
pub(super) struct Port {
    pub(super) address: SocketAddr,
    tasks: JoinSet<()>,
}

impl Port {
    pub(super) async fn open(kit: Kit<Stream>) -> Port {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, Front::new().with(kit).into_router()).await.unwrap() });
        Port { address, tasks }
    }

    /// Keeps subscribers up to date meanwhile.
    pub(super) fn keep_up(&mut self, stream: &Stream) {
        self.tasks.spawn(stream.clone().keep_up());
    }
}

/// Why a connection did not come about: status, body, and `Retry-After`.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) retry_after: Option<u32>,
}

pub(super) struct Client(WebSocketStream<TcpStream>);

impl Client {
    pub(super) async fn try_open(address: SocketAddr, path: &str, token: Option<&str>) -> Result<Client, Refused> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let tcp = TcpStream::connect(address).await.unwrap();
        match timeout(WAIT, client_async(request, tcp)).await.unwrap() {
            Ok((socket, _)) => Ok(Client(socket)),
            Err(Error::Http(answer)) => Err(Refused {
                status: answer.status().as_u16(),
                retry_after: answer.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap()),
                body: serde_json::from_slice(answer.body().as_deref().unwrap_or_default()).unwrap(),
            }),
            Err(error) => panic!("{error}"),
        }
    }

    /// Connected and let in.
    pub(super) async fn open(address: SocketAddr, token: &str) -> Client {
        let mut client = Client::try_open(address, "/stream", Some(token)).await.unwrap();
        assert_eq!(client.text().await, super::frames::AUTHENTICATED);
        client
    }

    pub(super) async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub(super) async fn say(&mut self, frame: Value) {
        self.send(Message::text(frame.to_string())).await;
    }

    /// The next text, or the code of the closing.
    pub(super) async fn next(&mut self) -> Result<String, Option<u16>> {
        loop {
            match timeout(WAIT, self.0.next()).await.expect("something comes in time") {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Waits for the answer to a ping.
    pub(super) async fn pong(&mut self, payload: &[u8]) {
        let message = timeout(WAIT, self.0.next()).await.expect("something comes in time").unwrap().unwrap();
        assert!(matches!(&message, Message::Pong(bytes) if bytes == payload), "{message:?}");
    }

    pub(super) async fn text(&mut self) -> String {
        self.next().await.expect("the connection goes on")
    }

    pub(super) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// All texts that were sent before now: what is not understood is answered in order.
    pub(super) async fn so_far(&mut self) -> Vec<String> {
        self.say(serde_json::json!({"topic": "so far", "action": "subscribe"})).await;
        let mut texts = Vec::new();
        loop {
            let text = self.text().await;
            if text == r#"{"status_code":404,"message":"There is no such metric"}"# {
                return texts;
            }
            texts.push(text);
        }
    }
}
