//! The actor behind a WebSocket: sends what waits in an [`Outbox`], hands incoming texts to a [`SocketHandler`] in order, pings, cuts off
//! who is slow or gone, and closes with a code that tells the client what to do.
//!
//! Owns no protocol: what frames mean is the handler's.

mod outbox;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use deskbell_app::AppError;
use futures_util::{FutureExt, SinkExt};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite;

use crate::head::RequestHead;

pub use outbox::{Frame, OUTBOX_ASKED_BYTES_MAX, OUTBOX_BYTES_MAX, OUTBOX_FRAMES_MAX, Outbox, Overflow};

use outbox::Next;

/// The read and the write buffer of a connection.
pub const BUFFER_BYTES: usize = 4096;
/// How often the server pings.
pub const PING_SECONDS: u64 = 25;
/// A write that takes longer ends the connection as slow.
pub const WRITE_SECONDS_MAX: u64 = 10;
/// How long the client may take to answer a closing.
pub const CLOSE_SECONDS_MAX: u64 = 5;

/// Why a connection is closed by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Close {
    /// 1000: all is done.
    Normal,
    /// 1001: the server stops; connect again.
    GoingAway,
    /// 1008: the client broke a rule of the protocol.
    Policy,
    /// 1009: a message was larger than allowed.
    TooBig,
    /// 1011: a defect of ours.
    Internal,
    /// 1013: the client did not keep up; connect again and resume.
    Slow,
    /// 4001: the credential is not good; connecting again is of no use.
    BadCredential,
    /// 4009: what the client knows is too old to be continued; load afresh.
    StartOver,
}

impl Close {
    pub const fn code(self) -> u16 {
        match self {
            Close::Normal => 1000,
            Close::GoingAway => 1001,
            Close::Policy => 1008,
            Close::TooBig => 1009,
            Close::Internal => 1011,
            Close::Slow => 1013,
            Close::BadCredential => 4001,
            Close::StartOver => 4009,
        }
    }

    pub const fn reason(self) -> &'static str {
        match self {
            Close::Normal => "done",
            Close::GoingAway => "the server stops",
            Close::Policy => "against the protocol",
            Close::TooBig => "message too big",
            Close::Internal => "internal error",
            Close::Slow => "too slow, try again later",
            Close::BadCredential => "bad credential",
            Close::StartOver => "start over",
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The server closed it.
    Closed(Close),
    /// The client closed it.
    Left,
    /// Nothing came for 2.5 pings, or the connection broke.
    Lost,
}

/// What a protocol does with a connection. It sends, and closes, through the outbox.
pub trait SocketHandler: Send {
    /// One incoming text; the next waits until this is done.
    fn on_text(&mut self, text: &str) -> impl Future<Output = ()> + Send;

    /// An incoming binary message; by default it is against the protocol.
    fn on_binary(&mut self) -> impl Future<Output = Result<(), Close>> + Send {
        std::future::ready(Err(Close::Policy))
    }

    /// The connection is over.
    fn on_end(&mut self, end: End) -> impl Future<Output = ()> + Send {
        let _ = end;
        std::future::ready(())
    }
}

/// `true` once the server stops.
pub type Stop = watch::Receiver<bool>;

/// Takes the connection of a request over as a WebSocket; refused if the request asks for none.
pub async fn upgrade(head: RequestHead) -> Result<WebSocketUpgrade, AppError> {
    let mut parts = head.parts;
    WebSocketUpgrade::from_request_parts(&mut parts, &()).await.map_err(|refusal| AppError::invalid(refusal.body_text()))
}

/// Sets the buffers and the size limit of a connection.
pub fn sized(upgrade: WebSocketUpgrade, message_bytes_max: usize) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(message_bytes_max)
        .max_frame_size(message_bytes_max)
}

/// Serves a connection until it ends.
pub async fn serve<H: SocketHandler>(socket: WebSocket, outbox: Arc<Outbox>, handler: H, stop: Stop) {
    serve_timed(socket, outbox, handler, stop, &Timing::REAL).await;
}

/// The clocks of a connection.
struct Timing {
    ping: Duration,
    silence_max: Duration,
    write_max: Duration,
    close_max: Duration,
}

impl Timing {
    const REAL: Timing = Timing {
        ping: Duration::from_secs(PING_SECONDS),
        silence_max: Duration::from_millis(PING_SECONDS * 2_500),
        write_max: Duration::from_secs(WRITE_SECONDS_MAX),
        close_max: Duration::from_secs(CLOSE_SECONDS_MAX),
    };
}

/// Refuses further frames when the connection is over, also if its task is dropped.
struct Ended(Arc<Outbox>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end(Close::Normal);
    }
}

async fn serve_timed(mut socket: WebSocket, outbox: Arc<Outbox>, mut handler: impl SocketHandler, stop: Stop, timing: &'static Timing) {
    let ended = Ended(outbox);
    let end = converse(&mut socket, &ended.0, &mut handler, stop, timing).await;
    let end = match end {
        End::Closed(reason) => {
            ended.0.end(reason);
            farewell(&mut socket, reason, timing).await;
            // Why it was closed first may have been set by another thread meanwhile.
            End::Closed(ended.0.closed().unwrap_or(reason))
        }
        End::Left => {
            // Sends the answer to the client's closing.
            let _ = timeout(timing.close_max, socket.close()).await;
            end
        }
        End::Lost => end,
    };
    drop((socket, ended));
    handler.on_end(end).await;
}

enum Happening {
    News,
    Received(Option<Result<Message, axum::Error>>),
    Tick,
    Stopped,
}

async fn converse(
    socket: &mut WebSocket,
    outbox: &Outbox,
    handler: &mut impl SocketHandler,
    mut stop: Stop,
    timing: &'static Timing,
) -> End {
    let started = Instant::now();
    let (mut heard, mut pinged) = (started, started);
    let mut timer = pin!(sleep_until(started + timing.ping));
    loop {
        let happening = tokio::select! {
            () = outbox.news() => Happening::News,
            message = socket.recv() => Happening::Received(message),
            () = timer.as_mut() => Happening::Tick,
            // A sender that is gone is a server that has stopped.
            _ = stop.wait_for(|stopped| *stopped) => Happening::Stopped,
        };
        let outcome = match happening {
            Happening::News => timely(timing, drain(socket, outbox)).await,
            Happening::Received(message) => {
                heard = Instant::now();
                receive(message, handler).await
            }
            Happening::Tick => {
                let now = Instant::now();
                if now >= heard + timing.silence_max {
                    Err(End::Lost)
                } else if now >= pinged + timing.ping {
                    pinged = now;
                    timely(timing, ping(socket)).await
                } else {
                    Ok(())
                }
            }
            Happening::Stopped => Err(End::Closed(Close::GoingAway)),
        };
        if let Err(end) = outcome {
            return end;
        }
        rearm(timer.as_mut(), (pinged + timing.ping).min(heard + timing.silence_max));
    }
}

/// Moves the one timer, if that is an earlier or a passed deadline; a later one is set when it fires.
fn rearm(timer: Pin<&mut Sleep>, at: Instant) {
    if timer.is_elapsed() || at < timer.deadline() {
        timer.reset(at);
    }
}

/// A write that takes too long ends the connection as slow.
async fn timely(timing: &Timing, write: impl Future<Output = Result<(), End>>) -> Result<(), End> {
    timeout(timing.write_max, write).await.unwrap_or(Err(End::Closed(Close::Slow)))
}

/// Feeds what waits, then flushes once. What keeps coming meanwhile is left to the next round, so that reading is not starved.
async fn drain(socket: &mut WebSocket, outbox: &Outbox) -> Result<(), End> {
    for _ in 0..OUTBOX_FRAMES_MAX {
        match outbox.next() {
            Next::Send(frame) => socket.feed(Message::Text(frame)).await.map_err(|_| End::Lost)?,
            Next::Close(reason) => return Err(End::Closed(reason)),
            Next::Nothing => return socket.flush().await.map_err(|_| End::Lost),
        }
    }
    outbox.again();
    socket.flush().await.map_err(|_| End::Lost)
}

async fn ping(socket: &mut WebSocket) -> Result<(), End> {
    socket.send(Message::Ping(bytes::Bytes::new())).await.map_err(|_| End::Lost)
}

async fn receive(message: Option<Result<Message, axum::Error>>, handler: &mut impl SocketHandler) -> Result<(), End> {
    match message {
        Some(Ok(Message::Text(text))) => match AssertUnwindSafe(handler.on_text(&text)).catch_unwind().await {
            Ok(()) => Ok(()),
            Err(_) => {
                tracing::error!(error.internal = "panic", "a socket's handler failed");
                Err(End::Closed(Close::Internal))
            }
        },
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
        Some(Ok(Message::Binary(_))) => handler.on_binary().await.map_err(End::Closed),
        Some(Ok(Message::Close(_))) => Err(End::Left),
        Some(Err(error)) => Err(broken(error)),
        None => Err(End::Lost),
    }
}

fn broken(error: axum::Error) -> End {
    match error.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => End::Closed(Close::TooBig),
        Some(tungstenite::Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => End::Lost,
        Some(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_)) => End::Closed(Close::Policy),
        _ => End::Lost,
    }
}

/// Sends the close frame and waits for the client's, so that the code is not lost with the connection.
async fn farewell(socket: &mut WebSocket, reason: Close, timing: &Timing) {
    let frame = CloseFrame { code: reason.code(), reason: reason.reason().into() };
    let _ = timeout(timing.close_max, async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    })
    .await;
}

#[cfg(test)]
mod tests;
