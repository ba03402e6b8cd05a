//! A WebSocket of JSON frames.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

const OPEN_SECONDS_MAX: Duration = Duration::from_secs(10);

/// How a connection ended, or did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The server said so.
    Closed { code: u16, reason: String },
    /// The handshake was answered with another status.
    Refused(u16),
    /// It broke.
    Broken(String),
    /// Nothing came in time.
    Late,
}

pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    pub async fn open(address: SocketAddr, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, End> {
        Socket::open_from(None, address, path, headers).await
    }

    /// From a source address of one's own, or with a receive buffer so small that the server notices a slow reader soon.
    pub async fn open_from(
        source: Option<SocketAddr>,
        address: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, End> {
        let broken = |error: std::io::Error| End::Broken(error.to_string());
        let socket = TcpSocket::new_v4().map_err(broken)?;
        if let Some(source) = source {
            socket.bind(source).map_err(broken)?;
        }
        Socket::open_with(socket, address, path, headers).await
    }

    /// With a socket that was prepared.
    pub async fn open_with(socket: TcpSocket, address: SocketAddr, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, End> {
        let deadline = Instant::now() + OPEN_SECONDS_MAX;
        let open = async {
            let stream = socket.connect(address).await.map_err(|error| End::Broken(error.to_string()))?;
            let _ = stream.set_nodelay(true);
            let mut request = format!("ws://{address}{path}").into_client_request().map_err(end)?;
            for (name, value) in headers {
                let value = HeaderValue::from_str(value).expect("a header's value is ASCII");
                request.headers_mut().insert(HeaderName::from_static(name), value);
            }
            let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
            let (stream, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await.map_err(end)?;
            Ok(Socket { stream })
        };
        timeout_at(deadline, open).await.unwrap_or(Err(End::Late))
    }

    pub async fn send(&mut self, frame: &Value) -> Result<(), End> {
        self.send_text(frame.to_string()).await
    }

    pub async fn send_text(&mut self, text: String) -> Result<(), End> {
        self.stream.send(Message::text(text)).await.map_err(end)
    }

    pub async fn send_message(&mut self, message: Message) -> Result<(), End> {
        self.stream.send(message).await.map_err(end)
    }

    /// The next frame; pings are answered on the way.
    pub async fn next(&mut self, deadline: Instant) -> Result<Value, End> {
        loop {
            let message = timeout_at(deadline, self.stream.next()).await.map_err(|_| End::Late)?;
            match message {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(text.as_str()).map_err(|error| End::Broken(format!("{error}: {text}")));
                }
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame.map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
                    return Err(End::Closed { code, reason });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(end(error)),
                None => return Err(End::Broken("the connection ended without a word".to_owned())),
            }
        }
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
    }
}

fn end(error: Error) -> End {
    match error {
        Error::Http(response) => End::Refused(response.status().as_u16()),
        other => End::Broken(other.to_string()),
    }
}
