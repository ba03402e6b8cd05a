//! The frames that wait to be sent to one connection: bounded in number and in bytes, filled by any thread, emptied by the connection's task.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

use super::Close;

/// How many frames may wait.
pub const OUTBOX_FRAMES_MAX: usize = 1024;
/// How many bytes of frames may wait.
pub const OUTBOX_BYTES_MAX: usize = 1 << 20;
/// How many bytes of answers to the client's own questions may wait beside them: whole states, histories.
pub const OUTBOX_ASKED_BYTES_MAX: usize = 32 << 20;
/// An emptied queue that has grown beyond this is given back.
const OUTBOX_FRAMES_KEPT: usize = 16;

/// A text frame, built once and shared by count between connections.
pub type Frame = Utf8Bytes;

/// The outbox is closed: the client was too slow, or the connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

/// Frames on their way to one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<(Frame, Origin)>,
    bytes: usize,
    asked_bytes: usize,
    closed: Option<Close>,
}

/// Why a frame waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Something happened.
    News,
    /// The client asked for it.
    Asked,
}

/// What became of frames that were to be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Added {
    Nothing,
    Frame,
    /// Also when the outbox was closed before.
    Overflow,
}

/// What the connection's task does next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Send(Frame),
    /// All was sent before it.
    Close(Close),
    Nothing,
}

impl Outbox {
    /// Takes no memory for frames until one waits.
    pub fn new() -> Outbox {
        Outbox::default()
    }

    /// Appends a frame. One frame too many, or one byte, closes the outbox as slow: what waits is dropped, the client is told to try again
    /// and resumes by number.
    pub fn push(&self, frame: Frame) -> Result<(), Overflow> {
        self.add(frame, Origin::News)
    }

    /// Appends frames that belong together: the connection's task is woken once and writes once for all of them.
    pub fn push_all(&self, frames: impl IntoIterator<Item = Frame>) -> Result<(), Overflow> {
        let mut state = self.state();
        let mut added = Added::Nothing;
        for frame in frames {
            added = state.add(frame, Origin::News);
            if added == Added::Overflow {
                break;
            }
        }
        drop(state);
        self.tell(added)
    }

    /// Appends an answer to a question of the client's. It may be larger than what is kept for who is slow: it has bytes of its own.
    pub fn push_asked(&self, frame: Frame) -> Result<(), Overflow> {
        self.add(frame, Origin::Asked)
    }

    fn add(&self, frame: Frame, origin: Origin) -> Result<(), Overflow> {
        let added = self.state().add(frame, origin);
        self.tell(added)
    }

    fn tell(&self, added: Added) -> Result<(), Overflow> {
        match added {
            Added::Nothing => Ok(()),
            Added::Frame => {
                self.news.notify_one();
                Ok(())
            }
            Added::Overflow => {
                self.news.notify_one();
                Err(Overflow)
            }
        }
    }

    /// Closes the connection once what waits has been sent. The first reason counts.
    pub fn close(&self, reason: Close) {
        self.state().closed.get_or_insert(reason);
        self.news.notify_one();
    }

    /// Why the outbox is closed, if it is.
    pub fn closed(&self) -> Option<Close> {
        self.state().closed
    }

    /// How many frames wait.
    pub fn len(&self) -> usize {
        self.state().frames.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits for a frame or for the closing. A call that came before is not missed.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Makes the next [`Outbox::news`] return at once.
    pub(super) fn again(&self) {
        self.news.notify_one();
    }

    pub(super) fn next(&self) -> Next {
        let mut state = self.state();
        if let Some((frame, origin)) = state.frames.pop_front() {
            *state.counter(origin) -= frame.len();
            return Next::Send(frame);
        }
        if state.frames.capacity() > OUTBOX_FRAMES_KEPT {
            state.frames = VecDeque::new();
        }
        state.closed.map_or(Next::Nothing, Next::Close)
    }

    /// Ends the outbox: nothing is sent any more, and pushing is refused.
    pub(super) fn end(&self, reason: Close) {
        let mut state = self.state();
        state.empty();
        state.closed.get_or_insert(reason);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, frame: Frame, origin: Origin) -> Added {
        if self.closed.is_some() {
            return Added::Overflow;
        }
        let room = match origin {
            Origin::News => self.bytes + frame.len() <= OUTBOX_BYTES_MAX,
            Origin::Asked => self.asked_bytes + frame.len() <= OUTBOX_ASKED_BYTES_MAX,
        };
        if self.frames.len() < OUTBOX_FRAMES_MAX && room {
            *self.counter(origin) += frame.len();
            self.frames.push_back((frame, origin));
            Added::Frame
        } else {
            self.empty();
            self.closed = Some(Close::Slow);
            Added::Overflow
        }
    }

    fn counter(&mut self, origin: Origin) -> &mut usize {
        match origin {
            Origin::News => &mut self.bytes,
            Origin::Asked => &mut self.asked_bytes,
        }
    }

    fn empty(&mut self) {
        self.frames = VecDeque::new();
        (self.bytes, self.asked_bytes) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_leave_in_order_and_the_closing_comes_last() {
        let outbox = Outbox::new();
        outbox.push("a".into()).expect("fits");
        outbox.push("b".into()).expect("fits");
        outbox.close(Close::Policy);
        outbox.close(Close::Normal);
        assert_eq!(outbox.push("c".into()), Err(Overflow));
        assert_eq!(outbox.next(), Next::Send("a".into()));
        assert_eq!(outbox.next(), Next::Send("b".into()));
        assert_eq!(outbox.next(), Next::Close(Close::Policy));
    }

    #[test]
    fn one_frame_too_many() {
        let outbox = Outbox::new();
        for _ in 0..OUTBOX_FRAMES_MAX {
            outbox.push("x".into()).expect("fits");
        }
        assert_eq!(outbox.push("x".into()), Err(Overflow));
        assert!(outbox.is_empty());
        assert_eq!(outbox.next(), Next::Close(Close::Slow));
    }

    #[test]
    fn frames_that_belong_together() {
        let outbox = Outbox::new();
        outbox.push_all([]).expect("nothing fits always");
        outbox.push_all(["a".into(), "b".into()]).expect("fits");
        assert_eq!((outbox.next(), outbox.next(), outbox.next()), (Next::Send("a".into()), Next::Send("b".into()), Next::Nothing));
        assert_eq!(outbox.push_all((0..=OUTBOX_FRAMES_MAX).map(|_| "x".into())), Err(Overflow));
        assert_eq!(outbox.next(), Next::Close(Close::Slow));
        assert_eq!(outbox.push_all(["c".into()]), Err(Overflow));
    }

    #[test]
    fn what_was_asked_for_has_bytes_of_its_own() {
        let outbox = Outbox::new();
        outbox.push_asked("x".repeat(OUTBOX_BYTES_MAX * 3).into()).expect("fits");
        outbox.push("x".repeat(OUTBOX_BYTES_MAX).into()).expect("fits");
        assert!(matches!(outbox.next(), Next::Send(_)));
        assert!(matches!(outbox.next(), Next::Send(_)));
        outbox.push_asked("x".repeat(OUTBOX_ASKED_BYTES_MAX).into()).expect("fits");
        assert_eq!(outbox.push_asked("x".into()), Err(Overflow));
        assert_eq!(outbox.next(), Next::Close(Close::Slow));
    }

    #[test]
    fn one_byte_too_many() {
        let outbox = Outbox::new();
        outbox.push("x".repeat(OUTBOX_BYTES_MAX).into()).expect("fits");
        assert_eq!(outbox.push("x".into()), Err(Overflow));
        assert_eq!(outbox.closed(), Some(Close::Slow));
    }

    #[test]
    fn bytes_are_given_back_as_frames_leave_and_so_is_a_grown_queue() {
        let outbox = Outbox::new();
        let frame = Frame::from("x".repeat(OUTBOX_BYTES_MAX / 2));
        for _ in 0..10 {
            outbox.push(frame.clone()).expect("fits");
            outbox.push(frame.clone()).expect("fits");
            assert!(matches!(outbox.next(), Next::Send(_)));
            assert!(matches!(outbox.next(), Next::Send(_)));
        }
        for _ in 0..100 {
            outbox.push("x".into()).expect("fits");
        }
        while outbox.next() != Next::Nothing {}
        assert_eq!(outbox.state().frames.capacity(), 0);
    }
}
