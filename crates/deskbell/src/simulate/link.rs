//! A WebSocket with small buffers.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::http::Target;

const BUFFER_BYTES: usize = 4 * 1024;
const HANDSHAKE_SECONDS_MAX: u64 = 15;
const WRITE_SECONDS_MAX: u64 = 10;
const CLOSE_SECONDS_MAX: u64 = 2;

/// The connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoLink {
    /// The desk does not answer.
    Away,
    /// It answers with this status.
    Refused(u16),
}

/// What came.
pub(super) enum Heard {
    Text(Utf8Bytes),
    /// Nothing until the given moment.
    Nothing,
    /// The connection ended, with the closing's code if there was one.
    Closed(Option<u16>),
}

pub(super) struct Link(WebSocketStream<TcpStream>);

impl Link {
    pub(super) async fn open(target: &Target, path: &str, cookie: Option<&str>) -> Result<Link, NoLink> {
        let stream = target.connect().await.map_err(|_| NoLink::Away)?;
        let url = format!("ws://{}{}", target.authority(), target.path(path));
        let mut request = url.into_client_request().map_err(|_| NoLink::Away)?;
        if let Ok(origin) = HeaderValue::from_str(&target.origin()) {
            request.headers_mut().insert("Origin", origin);
        }
        if let Some(Ok(cookie)) = cookie.map(HeaderValue::from_str) {
            request.headers_mut().insert("Cookie", cookie);
        }
        let config = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(BUFFER_BYTES);
        let handshake = client_async_with_config(request, stream, Some(config));
        match tokio::time::timeout(Duration::from_secs(HANDSHAKE_SECONDS_MAX), Box::pin(handshake)).await {
            Ok(Ok((socket, _))) => Ok(Link(socket)),
            Ok(Err(Error::Http(response))) => Err(NoLink::Refused(response.status().as_u16())),
            Ok(Err(_)) | Err(_) => Err(NoLink::Away),
        }
    }

    pub(super) async fn send(&mut self, text: String) -> Result<(), Broken> {
        let write = self.0.send(Message::text(text));
        match tokio::time::timeout(Duration::from_secs(WRITE_SECONDS_MAX), write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken),
        }
    }

    /// Waits for a text until a moment. Answers pings by itself.
    pub(super) async fn next(&mut self, until: Instant) -> Heard {
        loop {
            let next = match tokio::time::timeout_at(until.into(), self.0.next()).await {
                Ok(next) => next,
                Err(_) => return Heard::Nothing,
            };
            match next {
                Some(Ok(Message::Text(text))) => return Heard::Text(text),
                Some(Ok(Message::Close(frame))) => return Heard::Closed(frame.map(|frame| frame.code.into())),
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        let goodbye = async {
            if self.0.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.0.next().await {}
            }
        };
        drop(tokio::time::timeout(Duration::from_secs(CLOSE_SECONDS_MAX), goodbye).await);
    }
}
