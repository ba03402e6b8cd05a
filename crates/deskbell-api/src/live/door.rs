//! What the sockets of visitors and agents share: reading frames, pace, answers, closing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deskbell_app::AppError;
use deskbell_http::socket::{Close, Frame, Outbox};

use super::Live;
use super::frames::{self, Incoming};
use super::hub::Sink;
use deskbell_http::Pace;

/// A socket's own side.
pub(crate) struct Door {
    pub(crate) live: Live,
    outbox: Arc<Outbox>,
    greeted: Arc<AtomicBool>,
    pace: Pace,
}

impl Door {
    pub(crate) fn new(live: Live, outbox: &Arc<Outbox>, pace: Pace) -> Door {
        let greeted = live.expect_hello(outbox);
        Door { live, outbox: Arc::clone(outbox), greeted, pace }
    }

    /// Reads a frame. What needs no session is answered here: nonsense, too many frames, pings.
    pub(crate) fn read(&mut self, text: &str) -> Option<Incoming> {
        let frame = match Incoming::parse(text) {
            Ok(frame) => frame,
            Err(error) => {
                frames::log("unknown", &error);
                self.answer(frames::error(None, &error));
                return None;
            }
        };
        if !self.pace.take() {
            let error = AppError::rate_limited("too many frames; wait a second").retry_after(1);
            self.answer(frames::error(frame.key.as_deref(), &error));
            return None;
        }
        if frame.t == "ping" {
            self.answer(r#"{"t":"pong"}"#.to_owned());
            return None;
        }
        Some(frame)
    }

    pub(crate) fn answer(&self, text: String) {
        // A full outbox closes the connection by itself.
        let _ = self.outbox.push(Frame::from(text));
    }

    /// Notes that hello came; gives what the session writes into.
    pub(crate) fn greet(&self) -> Sink {
        self.greeted.store(true, Ordering::Relaxed);
        Sink::Socket(Arc::clone(&self.outbox))
    }

    /// Tells why, and closes.
    pub(crate) fn refuse(&self, key: Option<&str>, error: &AppError, reason: Close) {
        self.answer(frames::error(key, error));
        self.outbox.close(reason);
    }

    /// Something else came before hello.
    pub(crate) fn refuse_stranger(&self, frame: &Incoming) {
        self.refuse(frame.key.as_deref(), &AppError::invalid("the first frame must be hello"), Close::Policy);
    }
}
