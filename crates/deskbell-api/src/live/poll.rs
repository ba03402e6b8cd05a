//! Long polling: the same frames for clients that no WebSocket reaches. A poll is a connection that lasts until there is something to tell.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deskbell_app::AppError;
use deskbell_domain::ids::{AgentId, VisitId, VisitorId};
use deskbell_http::socket::{Close, Frame};
use serde::Deserialize;
use tokio::sync::Notify;

use super::frames::Incoming;
use super::hub::Sink;
use super::{Inner, WATCHES_MAX, agent, visitor};

/// Seconds a poll waits, at most.
pub(crate) const WAIT_SECONDS_MAX: u64 = 25;
/// Milliseconds for which what comes together is gathered into one answer.
const GATHER_MILLIS: u64 = 10;

/// The frames of one poll.
#[derive(Default)]
pub(crate) struct Basket {
    state: Mutex<(Vec<Frame>, Option<Close>)>,
    news: Notify,
}

impl Basket {
    pub(crate) fn push(&self, frame: Frame) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.push(frame);
        self.news.notify_one();
    }

    pub(crate) fn close(&self, reason: Close) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1.get_or_insert(reason);
        self.news.notify_one();
    }

    fn is_empty(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.is_empty() && state.1.is_none()
    }

    pub(crate) fn take(&self) -> (Vec<Frame>, Option<Close>) {
        std::mem::take(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a poll asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ask {
    epoch: Option<i64>,
    number: Option<i64>,
    wait_seconds: Option<u64>,
    watch: Vec<Watch>,
}

#[derive(Debug, Deserialize)]
struct Watch {
    conversation: String,
    #[serde(default)]
    after: i64,
}

/// A visitor's poll.
pub(crate) async fn visitor(live: &Arc<Inner>, visitor: VisitorId, visit: VisitId, ask: &Ask) -> Result<String, AppError> {
    let basket = Arc::new(Basket::default());
    let session = visitor::begin(live, visitor, visit, Sink::Poll(Arc::clone(&basket)), ask.epoch, ask.number).await?;
    let answer = answer(live, &basket, ask).await;
    drop(session);
    answer
}

/// An agent's poll.
pub(crate) async fn agent(live: &Arc<Inner>, agent: AgentId, ask: &Ask) -> Result<String, AppError> {
    if ask.watch.len() > WATCHES_MAX {
        return Err(AppError::too_large("too many conversations are watched"));
    }
    let basket = Arc::new(Basket::default());
    let session = agent::begin(live, agent, None, Sink::Poll(Arc::clone(&basket)), ask.epoch, ask.number).await?;
    for watch in &ask.watch {
        let frame = Incoming { conversation: Some(watch.conversation.clone()), after: Some(watch.after), ..Incoming::default() };
        session.watch(&frame).await?;
    }
    let answer = answer(live, &basket, ask).await;
    drop(session);
    answer
}

/// Whether a frame says nothing a poller does not know: then it waits on.
fn is_news(frame: &str, number: Option<i64>) -> bool {
    let resumed = frame.starts_with("{\"t\":\"welcome\"") && frame.ends_with("\"resumed\":true}");
    let nothing_missed = resumed && number.is_some_and(|number| frame.contains(&format!("\"number\":{number},")));
    let empty_history = frame.starts_with("{\"t\":\"history\"") && frame.ends_with("\"events\":[]}");
    !nothing_missed && !empty_history
}

async fn answer(live: &Arc<Inner>, basket: &Basket, ask: &Ask) -> Result<String, AppError> {
    let (mut frames, mut closed) = basket.take();
    if closed.is_none() && !frames.iter().any(|frame| is_news(frame, ask.number)) {
        let wait = Duration::from_secs(ask.wait_seconds.unwrap_or(WAIT_SECONDS_MAX).min(WAIT_SECONDS_MAX));
        let mut stop = live.stop.clone();
        let came = tokio::select! {
            () = something(basket) => true,
            () = tokio::time::sleep(wait) => false,
            () = async { drop(stop.wait_for(|stopped| *stopped).await) } => false,
        };
        if came {
            tokio::time::sleep(Duration::from_millis(GATHER_MILLIS)).await;
        }
        let (more, reason) = basket.take();
        frames.extend(more);
        closed = reason;
    }
    if closed == Some(Close::BadCredential) {
        return Err(AppError::bad_credential("sign in again"));
    }
    Ok(format!("{{\"frames\":[{}]}}", frames.iter().map(Frame::as_str).collect::<Vec<_>>().join(",")))
}

async fn something(basket: &Basket) {
    while basket.is_empty() {
        basket.news.notified().await;
    }
}
