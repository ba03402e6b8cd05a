//! `GET /stream` with an upgrade: figures as they change, over a WebSocket.

use std::sync::Arc;

use deskbell_app::AppError;
use deskbell_app::rights::{Principal, Right};
use deskbell_http::socket::{self, Close, Frame, Outbox, SocketHandler};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Pace};

use super::Stream;
use super::frames::{self, AUTHENTICATED, Action, FRAME_BYTES_MAX, Refusal};
use super::hub::{Entered, dismiss};

/// What a client may say at once: all that a dashboard of many departments asks for.
const FRAMES_AT_ONCE_MAX: u16 = 600;
/// And in the long run.
const FRAMES_PER_SECOND_MAX: u16 = 20;

pub(super) struct GetStream;

impl Endpoint<Stream> for GetStream {
    // Anyone: a bad token is refused in a frame, once the connection is a socket.
    const META: Meta = Meta::get("", Right::Anyone)
        .summary("WebSocket: figures as they change")
        .source("Real Time Chat API, streaming; clients")
        .quirks(&[
            "needs a token with `read`; without one the upgrade succeeds all the same, then come one frame with 401 and the closing (4001)",
            "no upgrade: 400",
            "what is said over the socket: see below",
        ]);

    async fn run(cx: Cx<Stream>, _: Input) -> Result<Answer, AppError> {
        let outbox = Arc::new(Outbox::new());
        let refusal = match &cx.principal {
            Principal::Token { .. } if !Right::TokenRead.allows(&cx.principal) => {
                Refusal::from(AppError::forbidden("the credential lacks the right for this call"))
            }
            Principal::Token { agent, .. } => {
                let entered = cx.state.hub().enter(*agent, cx.head.bearer().unwrap_or_default(), &outbox)?;
                return accept(cx, outbox, Some(entered)).await;
            }
            Principal::Nobody | Principal::ApiKey { .. } | Principal::Agent { .. } | Principal::Visitor { .. } => Refusal::unverified(),
        };
        dismiss(&outbox, &refusal);
        accept(cx, outbox, None).await
    }
}

async fn accept(cx: Cx<Stream>, outbox: Arc<Outbox>, entered: Option<Entered>) -> Result<Answer, AppError> {
    let (stream, stop) = (cx.state.clone(), cx.state.stop());
    let upgrade = socket::sized(socket::upgrade(*cx.head).await?, FRAME_BYTES_MAX);
    let response = upgrade.on_upgrade(move |socket| async move {
        if entered.is_some() {
            let _ = outbox.push(Frame::from_static(AUTHENTICATED));
        }
        let pace = Pace::new(FRAMES_PER_SECOND_MAX, FRAMES_AT_ONCE_MAX);
        let handler = Handler { stream, outbox: Arc::clone(&outbox), entered, pace };
        socket::serve(socket, outbox, handler, stop).await;
    });
    Ok(Answer::response(response))
}

struct Handler {
    stream: Stream,
    outbox: Arc<Outbox>,
    /// Who was refused has no place, and is not listened to.
    entered: Option<Entered>,
    pace: Pace,
}

impl Handler {
    async fn take(&self, text: &str) -> Result<(), Refusal> {
        let Some(entered) = &self.entered else { return Ok(()) };
        let incoming = frames::parse(text.as_bytes())?;
        let questions = incoming.questions();
        match incoming.action {
            Action::Subscribe => {
                self.stream.check_department(incoming.department).await?;
                entered.subscribe(&questions, &|questions| self.stream.frames(questions))?;
            }
            Action::Unsubscribe => entered.unsubscribe(&questions),
        }
        Ok(())
    }

    fn refuse(&self, refusal: &Refusal) {
        // A full outbox closes the connection by itself.
        let _ = self.outbox.push(refusal.frame());
    }
}

impl SocketHandler for Handler {
    async fn on_text(&mut self, text: &str) {
        if !self.pace.take() {
            return self.refuse(&Refusal::from(AppError::rate_limited("too many frames, send them more slowly")));
        }
        if let Err(refusal) = self.take(text).await {
            self.refuse(&refusal);
        }
    }

    async fn on_binary(&mut self) -> Result<(), Close> {
        if self.pace.take() {
            self.refuse(&Refusal::binary());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
