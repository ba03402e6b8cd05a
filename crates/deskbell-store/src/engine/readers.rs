//! The readers: a few threads, each with its own connection, that take reads from one bounded queue.

use super::Shared;
use super::tx::{Mode, Session, Tx};
use super::writer::guarded;
use crate::error::StoreError;
use crossbeam_channel::Receiver;
use tokio::sync::oneshot;

/// What a reader needs from a connection beside statements.
pub(super) trait ReaderSession: Session {
    fn begin_snapshot(&mut self) -> Result<(), StoreError>;
    fn end_snapshot(&mut self) -> Result<(), StoreError>;
}

/// Where a reader's connection comes from; it may have to be made anew.
pub(super) trait Source {
    /// `reconnects`: how often the writer's connection was made anew. Once it is back, so is the database.
    fn session(&mut self, reconnects: u64) -> Result<&mut (dyn ReaderSession + '_), StoreError>;
}

/// What a read sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Each statement sees what is committed when it runs.
    Statements,
    /// All statements see the same.
    Snapshot,
}

/// A read on its way through the queue.
pub(super) trait ReadJob: Send {
    fn run(self: Box<Self>, session: &mut dyn ReaderSession, epoch: i64);
    fn refuse(self: Box<Self>, error: StoreError);
}

pub(super) enum Message {
    Job(Box<dyn ReadJob>),
    Close,
}

pub(super) struct Read<F, T, E> {
    pub(super) job: F,
    pub(super) view: View,
    pub(super) answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> ReadJob for Read<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(self: Box<Self>, session: &mut dyn ReaderSession, epoch: i64) {
        let Read { job, view, answer } = *self;
        let result = match view {
            View::Statements => guarded(|| job(&mut Tx::new(session, Mode::Read { epoch }))),
            View::Snapshot => session.begin_snapshot().map_err(E::from).and_then(|()| {
                let result = guarded(|| job(&mut Tx::new(&mut *session, Mode::Read { epoch })));
                match session.end_snapshot() {
                    Ok(()) => result,
                    Err(error) => result.and(Err(E::from(error))),
                }
            }),
        };
        // Nobody may be waiting any more.
        drop(answer.send(result));
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        drop(self.answer.send(Err(E::from(error))));
    }
}

/// A reader's thread.
pub(super) fn serve(queue: &Receiver<Message>, shared: &Shared, source: &mut dyn Source) {
    while let Ok(Message::Job(job)) = queue.recv() {
        match source.session(shared.reconnects()) {
            Ok(session) => job.run(session, shared.epoch()),
            Err(error) => job.refuse(error),
        }
    }
}
