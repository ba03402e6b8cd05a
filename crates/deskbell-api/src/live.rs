//! The live protocol: sockets and long-polling of visitors and agents over one log. Described in `docs/live-protocol.md`.

mod agent;
mod door;
mod events;
mod frames;
mod http;
mod hub;
mod poll;
mod visitor;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use deskbell_app::follow::Listener;
use deskbell_app::{Desk, bans};
use deskbell_domain::event::Recorded;
use deskbell_http::socket::{Close, Outbox, Stop};

use hub::Hub;

/// Bytes of one incoming frame, at most.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Seconds within which `hello` must come.
pub const HELLO_SECONDS_MAX: u64 = 10;
/// Events sent after a break, at most; with more to tell the client starts over.
pub const RESUME_EVENTS_MAX: usize = 800;
/// Bytes of these events, at most.
pub const RESUME_BYTES_MAX: usize = 768 * 1024;
/// Events in one `history` frame, at most; with more to tell it says so.
pub const HISTORY_EVENTS_MAX: usize = 500;
/// Bytes of events in one `history` frame, at most.
pub const HISTORY_BYTES_MAX: usize = 512 * 1024;
/// Conversations one connection may watch.
pub const WATCHES_MAX: usize = 200;

/// The live protocol in service. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

/// A socket that has not said hello yet.
struct Expected {
    until: Instant,
    outbox: Weak<Outbox>,
    greeted: Arc<AtomicBool>,
}

pub(crate) struct Inner {
    pub(crate) desk: Desk,
    pub(crate) hub: Hub,
    pub(crate) stop: Stop,
    /// The configured public URL, without a slash at the end.
    pub(crate) public_url: Option<String>,
    silent: Mutex<VecDeque<Expected>>,
}

impl Live {
    /// Puts the live protocol in front of a desk; `stop` closes its sockets.
    pub fn new(desk: Desk, stop: Stop, public_url: Option<String>) -> Live {
        let live = Live(Arc::new(Inner { desk, hub: Hub::default(), stop, public_url, silent: Mutex::default() }));
        live.0.desk.listen(Box::new(Dispatch(Arc::downgrade(&live.0))));
        live
    }

    /// Tells waiting visitors their place in the queue if it changed, and closes sockets that never said hello. Called about once a
    /// second.
    pub fn tick(&self) {
        self.0.hub.tell_queue_positions(&self.0.desk);
        let now = Instant::now();
        let mut silent = self.0.silent.lock().unwrap_or_else(PoisonError::into_inner);
        while silent.front().is_some_and(|first| first.until <= now) {
            let Some(first) = silent.pop_front() else { break };
            if let (false, Some(outbox)) = (first.greeted.load(Ordering::Relaxed), first.outbox.upgrade()) {
                outbox.close(Close::Policy);
            }
        }
    }

    /// Closes the consoles whose sessions have ended. Called about once a second.
    pub async fn close_ended_sessions(&self) {
        for connection in self.0.hub.take_doubtful() {
            if let Some(secret) = &connection.secret
                && let Ok(None) = self.0.desk.credential(secret).await
            {
                connection.sink.close(Close::BadCredential);
            }
        }
    }

    /// Cuts the browsers of those who were banned. Called about once a second.
    pub async fn cut_banned(&self) {
        let desk = &self.0.desk;
        for target in self.0.hub.take_banned() {
            let visits = desk.presence().visits_here(desk.now());
            match desk.read(move |tx| bans::visitors_kept_out(tx, &target, &visits)).await {
                Ok(visitors) => visitors.into_iter().for_each(|visitor| self.0.hub.cut_visitor(visitor)),
                // They can write nothing any more all the same.
                Err(error) => tracing::warn!(error = %error, "browsers of a banned visitor are not cut off"),
            }
        }
    }

    /// Notes a socket that must say hello soon; what is returned is set once it has.
    fn expect_hello(&self, outbox: &Arc<Outbox>) -> Arc<AtomicBool> {
        let greeted = Arc::new(AtomicBool::new(false));
        let until = Instant::now() + Duration::from_secs(HELLO_SECONDS_MAX);
        let expected = Expected { until, outbox: Arc::downgrade(outbox), greeted: Arc::clone(&greeted) };
        self.0.silent.lock().unwrap_or_else(PoisonError::into_inner).push_back(expected);
        greeted
    }

    /// Connections of visitors and of agents now.
    pub fn connections(&self) -> (usize, usize) {
        self.0.hub.connections()
    }

    /// The sockets as an axum router, to be merged in front of the surfaces.
    pub fn sockets(&self) -> axum::Router {
        axum::Router::new()
            .route("/live/visitor", axum::routing::get(visitor::upgrade))
            .route("/live/agent", axum::routing::get(agent::upgrade))
            .with_state(self.clone())
    }

    /// Everything of the protocol that is plain HTTP.
    pub fn kit(&self) -> deskbell_http::Kit<Live> {
        http::kit(self)
    }
}

/// Hands committed events to the connections they concern.
struct Dispatch(Weak<Inner>);

impl Listener for Dispatch {
    fn follow(&mut self, events: &[Arc<Recorded>]) {
        if let Some(live) = self.0.upgrade() {
            live.hub.dispatch(events);
        }
    }
}
