//! The writer: one thread takes what waits, runs each job in the same transaction, commits once, announces the events, answers all.

use super::Shared;
use super::tx::{Draft, Head, Mode, Session, Tx};
use crate::error::StoreError;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use deskbell_domain::event::Recorded;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// How often an idle writer looks after its connection.
const IDLE_SECONDS: u64 = 3;

/// Hears of committed events.
pub trait Sink: Send + 'static {
    /// Events in journal order, after they are durable and before the jobs that wrote them are answered.
    fn committed(&mut self, events: Vec<Arc<Recorded>>);

    /// Events up to `head` may be committed and never announced here: the connection was lost and is back, or (PostgreSQL) another node
    /// wrote. Comes before the next [`Sink::committed`].
    fn reconnected(&mut self, head: i64);
}

/// Hears nothing.
impl Sink for () {
    fn committed(&mut self, _: Vec<Arc<Recorded>>) {}

    fn reconnected(&mut self, _: i64) {}
}

/// What a writer needs from a connection beside statements.
pub(super) trait WriterSession: Session {
    /// Begins a transaction that no other writer can have at the same time.
    fn begin(&mut self) -> Result<Head, StoreError>;
    fn savepoint(&mut self) -> Result<(), StoreError>;
    /// Keeps what was done since the savepoint.
    fn release(&mut self) -> Result<(), StoreError>;
    /// Undoes what was done since the savepoint.
    fn rollback_to(&mut self) -> Result<(), StoreError>;
    fn rollback(&mut self) -> Result<(), StoreError>;
    /// Writes the head if it changed, and commits.
    fn commit(&mut self, head: Option<&Head>) -> Result<(), StoreError>;
    /// The connection is gone.
    fn is_lost(&self) -> bool;
    /// Called now and then while nothing is to be written: a good moment to find out that the connection is gone.
    fn idle(&mut self);
    /// False once the engine itself has rolled back.
    fn in_transaction(&self) -> bool;
}

/// A write on its way through the queue.
pub(super) trait WriteJob: Send {
    /// Runs it; true if its changes are to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers it: with its own result, or with what became of the transaction.
    fn finish(self: Box<Self>, lost: Option<&StoreError>);
}

pub(super) enum Message {
    /// The permit is the job's place in the queue.
    Job(Box<dyn WriteJob>, OwnedSemaphorePermit),
    Close,
}

enum State<F, R> {
    Waiting(F),
    Running,
    Done(R),
}

pub(super) struct Write<F, T, E> {
    state: State<F, Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Write<F, T, E> {
    pub(super) fn new(job: F, answer: oneshot::Sender<Result<T, E>>) -> Self {
        Write { state: State::Waiting(job), answer }
    }
}

impl<F, T, E> WriteJob for Write<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let State::Waiting(job) = std::mem::replace(&mut self.state, State::Running) else {
            return false;
        };
        let result = guarded(|| job(tx)).and_then(|value| match tx.failure() {
            None => Ok(value),
            Some(error) => Err(E::from(error.clone())),
        });
        let keep = result.is_ok();
        self.state = State::Done(result);
        keep
    }

    fn finish(self: Box<Self>, lost: Option<&StoreError>) {
        let result = match (lost, self.state) {
            (None, State::Done(result)) => result,
            (Some(error), _) => Err(E::from(error.clone())),
            (None, State::Waiting(_) | State::Running) => Err(E::from(StoreError::Closed)),
        };
        // Nobody may be waiting any more; the write stands.
        drop(self.answer.send(result));
    }
}

/// Runs a job; a panic becomes its error.
pub(super) fn guarded<T, E: From<StoreError>>(job: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| Err(E::from(StoreError::Panicked(words(panic.as_ref())))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "no message".to_owned()
    }
}

/// Why the writer stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Closed, or nobody can send any more.
    Closed,
    /// The connection is gone.
    Lost,
}

/// What outlives a connection.
pub(super) struct Writer {
    pub(super) queue: Receiver<Message>,
    pub(super) sink: Box<dyn Sink>,
    pub(super) shared: Arc<Shared>,
    pub(super) group_jobs_max: usize,
    /// The last number that the sink knows of.
    pub(super) announced: i64,
}

impl Writer {
    /// Serves the queue on one connection.
    pub(super) fn drive(&mut self, session: &mut dyn WriterSession) -> Exit {
        loop {
            let closing = match self.queue.recv_timeout(Duration::from_secs(IDLE_SECONDS)) {
                Ok(Message::Job(job, place)) => {
                    drop(place);
                    self.batch(session, job)
                }
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => true,
                Err(RecvTimeoutError::Timeout) => {
                    session.idle();
                    false
                }
            };
            if session.is_lost() {
                return Exit::Lost;
            }
            if closing {
                return self.drain(session);
            }
        }
    }

    /// Runs what was sent before the close.
    fn drain(&mut self, session: &mut dyn WriterSession) -> Exit {
        while let Ok(message) = self.queue.try_recv() {
            if let Message::Job(job, place) = message {
                drop(place);
                self.batch(session, job);
            }
        }
        Exit::Closed
    }

    /// One transaction. Returns whether a close was met in the queue.
    fn batch(&mut self, session: &mut dyn WriterSession, first: Box<dyn WriteJob>) -> bool {
        let mut batch = Batch::default();
        let (mut next, mut closing) = (Some(first), false);
        while let Some(job) = next.take() {
            if batch.refused {
                batch.done.push(job);
            } else {
                batch.run(session, job);
            }
            if batch.done.len() >= self.group_jobs_max || (batch.lost.is_some() && !batch.refused) {
                break;
            }
            match self.queue.try_recv() {
                Ok(Message::Job(job, place)) => {
                    drop(place);
                    next = Some(job);
                }
                Ok(Message::Close) => closing = true,
                Err(_) => {}
            }
        }
        self.settle(session, batch);
        closing
    }

    fn settle(&mut self, session: &mut dyn WriterSession, mut batch: Batch) {
        match batch.commit(session) {
            Ok(Some(committed)) => {
                self.shared.note_success();
                self.announce(committed);
            }
            Ok(None) => {
                if let Some(trouble) = &batch.trouble {
                    self.shared.note_failure(trouble);
                }
            }
            Err(error) => {
                self.shared.note_failure(&error);
                if let Err(error) = session.rollback() {
                    tracing::warn!(error = %error, "rolling back a failed transaction failed");
                }
                batch.lost = Some(error);
            }
        }
        for job in batch.done {
            job.finish(batch.lost.as_ref());
        }
    }

    fn announce(&mut self, committed: Open) {
        self.shared.set_epoch(committed.draft.head.epoch);
        if committed.begun.number > self.announced {
            self.tell(|sink| sink.reconnected(committed.begun.number));
        }
        self.announced = committed.draft.head.number;
        if !committed.draft.events.is_empty() {
            self.tell(|sink| sink.committed(committed.draft.events));
        }
    }

    /// Calls the sink; its panics are its own.
    pub(super) fn tell(&mut self, call: impl FnOnce(&mut dyn Sink)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(self.sink.as_mut()))) {
            tracing::error!(panic = words(panic.as_ref()), "the reader of committed events panicked");
        }
    }
}

/// The jobs that share a transaction.
#[derive(Default)]
struct Batch {
    /// Jobs to be answered, in order.
    done: Vec<Box<dyn WriteJob>>,
    open: Option<Open>,
    /// The whole transaction is gone.
    lost: Option<StoreError>,
    /// No transaction could be begun: whoever waits gets the same answer.
    refused: bool,
    /// A job failed because of the disk or the connection.
    trouble: Option<StoreError>,
}

/// A transaction under way.
struct Open {
    begun: Head,
    draft: Draft,
    /// Jobs whose changes are in it. The first needs no savepoint: undoing it undoes everything.
    kept: usize,
}

impl Batch {
    fn run(&mut self, session: &mut dyn WriterSession, mut job: Box<dyn WriteJob>) {
        if let Err(error) = self.run_kept(session, job.as_mut()) {
            self.lost = Some(error);
        }
        self.done.push(job);
    }

    /// Fails when the whole transaction is gone.
    fn run_kept(&mut self, session: &mut dyn WriterSession, job: &mut dyn WriteJob) -> Result<(), StoreError> {
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let begun = session.begin().inspect_err(|_| self.refused = true)?;
                none.insert(Open { begun, draft: Draft { head: begun, events: Vec::new(), failed: None }, kept: 0 })
            }
        };
        let shared = open.kept > 0;
        if shared {
            session.savepoint()?;
        }
        let (head, events) = (open.draft.head, open.draft.events.len());
        if job.run(&mut Tx::new(&mut *session, Mode::Write(&mut open.draft))) {
            open.kept += 1;
            return if shared { session.release() } else { Ok(()) };
        }
        let cause = open.draft.failed.take();
        self.trouble = cause.clone().filter(|cause| matches!(cause, StoreError::Full | StoreError::Unavailable(_)));
        if !shared {
            self.open = None;
            return session.rollback().map_err(|error| cause.unwrap_or(error));
        }
        open.draft.head = head;
        open.draft.events.truncate(events);
        if !session.in_transaction() {
            return Err(cause.unwrap_or_else(|| StoreError::Unavailable("the transaction was rolled back".to_owned())));
        }
        session.rollback_to().map_err(|error| cause.unwrap_or(error))
    }

    /// Commits what was kept, if anything was.
    fn commit(&mut self, session: &mut dyn WriterSession) -> Result<Option<Open>, StoreError> {
        if let Some(error) = &self.lost {
            return Err(error.clone());
        }
        let Some(open) = self.open.take() else {
            return Ok(None);
        };
        let changed = open.draft.head != open.begun;
        session.commit(changed.then_some(&open.draft.head))?;
        Ok(Some(open))
    }
}
