//! The database behind one interface: jobs are synchronous closures over a [`Tx`], handed to the writer's thread or to a reader's.
//! Owns connections, threads, queues and transactions; knows no table but the journal's.

mod placeholders;
mod postgres;
mod readers;
mod row;
mod sqlite;
mod statements;
mod tx;
mod wait;
mod writer;

pub use row::{Column, FromRow, Param, Row, Value};
pub use tx::Tx;
pub(crate) use tx::{Head, Mode, Session};
pub use writer::Sink;

use crate::error::StoreError;
use crossbeam_channel::{Receiver, Sender, TrySendError};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Writes that may wait at once.
pub const WRITER_JOBS_MAX: usize = 4_096;
/// How long a write may wait for a place among them.
pub const WRITER_QUEUE_SECONDS_MAX: u64 = 5;
/// Reads that may wait at once.
pub const READER_JOBS_MAX: usize = 8_192;
/// Writes that share a commit, unless told otherwise.
pub const GROUP_JOBS_MAX: usize = 256;
/// Reader threads unless told otherwise.
const READERS: usize = 4;

/// Where the data is.
#[derive(Debug, Clone)]
pub enum Location {
    /// A database file; its directory exists.
    Sqlite(PathBuf),
    /// A URL.
    Postgres(String),
}

#[derive(Debug, Clone)]
pub struct Options {
    /// Reader threads, each with its connection.
    pub readers: usize,
    /// SQLite: how large the database may grow; past it writes fail with [`StoreError::Full`].
    pub storage_bytes_max: Option<u64>,
    /// Writes that share a commit, at most (on PostgreSQL never more than 60).
    pub group_jobs_max: usize,
    /// For measurements: every write has its own commit.
    pub sync_each: bool,
    /// SQLite: open beside the server that holds the database, for a short errand of the command line.
    pub beside_server: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { readers: READERS, storage_bytes_max: None, group_jobs_max: GROUP_JOBS_MAX, sync_each: false, beside_server: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    Sqlite,
    Postgres,
}

/// What the threads share.
pub(crate) struct Shared {
    healthy: AtomicBool,
    epoch: AtomicI64,
    /// How often the writer's connection was made anew.
    reconnects: AtomicU64,
}

impl Shared {
    fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Acquire)
    }

    fn set_epoch(&self, epoch: i64) {
        self.epoch.store(epoch, Ordering::Release);
    }

    fn reconnects(&self) -> u64 {
        self.reconnects.load(Ordering::Acquire)
    }

    fn note_reconnect(&self) {
        self.reconnects.fetch_add(1, Ordering::AcqRel);
    }

    fn set_healthy(&self, healthy: bool) {
        self.healthy.store(healthy, Ordering::Release);
    }

    fn note_success(&self) {
        self.set_healthy(true);
    }

    fn note_failure(&self, error: &StoreError) {
        if matches!(error, StoreError::Full | StoreError::Unavailable(_)) {
            self.set_healthy(false);
        }
    }
}

/// A desk's database. Clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    engine: EngineKind,
    shared: Arc<Shared>,
    writer: Sender<writer::Message>,
    /// One permit for each place in the writer's queue.
    places: Arc<Semaphore>,
    readers: Sender<readers::Message>,
    threads: Mutex<Option<Threads>>,
    /// Held while a read is sent: none comes behind the messages that end the readers, where nobody would answer it.
    closed: RwLock<bool>,
}

struct Threads {
    writer: JoinHandle<Option<sqlite::Remains>>,
    readers: Vec<JoinHandle<()>>,
}

impl Db {
    /// Opens the database, creating what is missing, and starts its threads. Fails with [`StoreError::InUse`] if another process has the
    /// file open, [`StoreError::Newer`] if a newer version of the program has written it.
    pub fn open(location: &Location, options: Options, sink: Box<dyn Sink>) -> Result<Db, StoreError> {
        let engine = match location {
            Location::Sqlite(_) => EngineKind::Sqlite,
            Location::Postgres(_) => EngineKind::Postgres,
        };
        let shared = Arc::new(Shared { healthy: AtomicBool::new(true), epoch: AtomicI64::new(0), reconnects: AtomicU64::new(0) });
        let (writer, writer_queue) = crossbeam_channel::bounded(WRITER_JOBS_MAX + 1);
        let (readers, reader_queue) = crossbeam_channel::bounded(READER_JOBS_MAX);
        let group_jobs_max = if options.sync_each { 1 } else { options.group_jobs_max.max(1) };
        let writer_thread = start_writer(location, &options, group_jobs_max, sink, &shared, writer_queue)?;
        let mut threads = Threads { writer: writer_thread, readers: Vec::new() };
        for number in 0..options.readers.max(1) {
            threads.readers.push(start_reader(location, number, &shared, &reader_queue)?);
        }
        let places = Arc::new(Semaphore::new(WRITER_JOBS_MAX));
        Ok(Db {
            inner: Arc::new(Inner {
                engine,
                shared,
                writer,
                places,
                readers,
                threads: Mutex::new(Some(threads)),
                closed: RwLock::new(false),
            }),
        })
    }

    /// Runs a job in a transaction, and answers once it is durable. `Err` undoes this job alone. Many jobs share one commit.
    ///
    /// The job runs even if nobody waits for it any more.
    pub async fn write<T, E>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let place = match Arc::clone(&self.inner.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                let wait = Duration::from_secs(WRITER_QUEUE_SECONDS_MAX);
                match tokio::time::timeout(wait, Arc::clone(&self.inner.places).acquire_owned()).await {
                    Ok(Ok(place)) => place,
                    Ok(Err(_)) => return Err(E::from(StoreError::Closed)),
                    Err(_) => return Err(E::from(StoreError::Busy)),
                }
            }
        };
        let answer = self.send_write(job, place)?;
        answer.await.unwrap_or_else(|_| Err(E::from(StoreError::Closed)))
    }

    /// [`Db::write`] for plain threads.
    pub fn write_blocking<T, E>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let deadline = Instant::now() + Duration::from_secs(WRITER_QUEUE_SECONDS_MAX);
        let place = match wait::until(Arc::clone(&self.inner.places).acquire_owned(), Some(deadline)) {
            Some(Ok(place)) => place,
            Some(Err(_)) => return Err(E::from(StoreError::Closed)),
            None => return Err(E::from(StoreError::Busy)),
        };
        let answer = self.send_write(job, place)?;
        wait::until(answer, None).and_then(Result::ok).unwrap_or_else(|| Err(E::from(StoreError::Closed)))
    }

    /// Runs a job on a reader's thread, without a transaction: each of its statements sees what is committed then.
    pub async fn read<T, E>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let answer = self.send_read(job, readers::View::Statements)?;
        answer.await.unwrap_or_else(|_| Err(E::from(StoreError::Closed)))
    }

    /// Runs a job on a reader's thread; all its statements see the same state, and [`Tx::head`] is the last journal number in it.
    pub async fn snapshot<T, E>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let answer = self.send_read(job, readers::View::Snapshot)?;
        answer.await.unwrap_or_else(|_| Err(E::from(StoreError::Closed)))
    }

    /// [`Db::read`] for plain threads.
    pub fn read_blocking<T, E>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let answer = self.send_read(job, readers::View::Statements)?;
        wait::until(answer, None).and_then(Result::ok).unwrap_or_else(|| Err(E::from(StoreError::Closed)))
    }

    /// [`Db::snapshot`] for plain threads.
    pub fn snapshot_blocking<T, E>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let answer = self.send_read(job, readers::View::Snapshot)?;
        wait::until(answer, None).and_then(Result::ok).unwrap_or_else(|| Err(E::from(StoreError::Closed)))
    }

    /// Runs what is waiting, ends the threads and (SQLite) copies the log into the database. Whatever comes later is refused with
    /// [`StoreError::Closed`]. Not to be called by a job or a sink.
    pub fn close(&self) {
        let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(threads) = threads else {
            return;
        };
        self.inner.places.close();
        // A closed channel means that its thread is gone already.
        drop(self.inner.writer.send(writer::Message::Close));
        let remains = threads.writer.join();
        *self.inner.closed.write().unwrap_or_else(PoisonError::into_inner) = true;
        for _ in &threads.readers {
            drop(self.inner.readers.send(readers::Message::Close));
        }
        for reader in threads.readers {
            if reader.join().is_err() {
                tracing::error!("a reader's thread panicked");
            }
        }
        match remains {
            Ok(Some(remains)) => remains.close(),
            Ok(None) => {}
            Err(_) => tracing::error!("the writer's thread panicked"),
        }
    }

    pub fn engine(&self) -> EngineKind {
        self.inner.engine
    }

    /// False while PostgreSQL is away, and after a write that found the disk full or broken until one succeeds.
    pub fn is_healthy(&self) -> bool {
        self.inner.shared.healthy.load(Ordering::Acquire)
    }

    /// The desk's epoch (see [`Tx::epoch`]).
    pub fn epoch(&self) -> i64 {
        self.inner.shared.epoch()
    }

    fn send_write<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        place: OwnedSemaphorePermit,
    ) -> Result<oneshot::Receiver<Result<T, E>>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let message = writer::Message::Job(Box::new(writer::Write::new(job, answer)), place);
        self.inner.writer.try_send(message).map_err(refused)?;
        Ok(receiver)
    }

    fn send_read<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        view: readers::View,
    ) -> Result<oneshot::Receiver<Result<T, E>>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let message = readers::Message::Job(Box::new(readers::Read { job, view, answer }));
        let closed = self.inner.closed.read().unwrap_or_else(PoisonError::into_inner);
        if *closed {
            return Err(StoreError::Closed);
        }
        self.inner.readers.try_send(message).map_err(refused)?;
        Ok(receiver)
    }
}

fn refused<T>(error: TrySendError<T>) -> StoreError {
    match error {
        TrySendError::Full(_) => StoreError::Busy,
        TrySendError::Disconnected(_) => StoreError::Closed,
    }
}

/// PostgreSQL cannot store a NUL in a text; SQLite could.
fn refuse_nul(text: &str) -> Result<(), StoreError> {
    if text.as_bytes().contains(&0) {
        return Err(StoreError::Sql("a text holds a NUL".to_owned()));
    }
    Ok(())
}

/// Starts the writer, and waits until it has opened the database and run the migrations.
fn start_writer(
    location: &Location,
    options: &Options,
    group_jobs_max: usize,
    sink: Box<dyn Sink>,
    shared: &Arc<Shared>,
    queue: Receiver<writer::Message>,
) -> Result<JoinHandle<Option<sqlite::Remains>>, StoreError> {
    let (ready, started) = crossbeam_channel::bounded(1);
    let (location, shared, options) = (location.clone(), Arc::clone(shared), options.clone());
    let thread = spawn("store-writer".to_owned(), move || {
        let writer = |head: Head, group_jobs_max| {
            shared.set_epoch(head.epoch);
            drop(ready.send(Ok(())));
            writer::Writer { queue, sink, shared, group_jobs_max, announced: head.number }
        };
        match location {
            Location::Sqlite(file) => match sqlite::start(&file, &options) {
                Ok((remains, head)) => Some(sqlite::write(remains, writer(head, group_jobs_max))),
                Err(error) => {
                    drop(ready.send(Err(error)));
                    None
                }
            },
            Location::Postgres(url) => {
                let started = postgres::config(&url).and_then(|config| Ok((postgres::start(&config)?, config)));
                match started {
                    Ok(((session, head), config)) => {
                        postgres::write(&config, session, writer(head, group_jobs_max.min(postgres::GROUP_JOBS_MAX)));
                    }
                    Err(error) => drop(ready.send(Err(error))),
                }
                None
            }
        }
    })?;
    wait_for(&started)?;
    Ok(thread)
}

/// Starts a reader, and waits until it is connected.
fn start_reader(
    location: &Location,
    number: usize,
    shared: &Arc<Shared>,
    queue: &Receiver<readers::Message>,
) -> Result<JoinHandle<()>, StoreError> {
    let (ready, started) = crossbeam_channel::bounded(1);
    let (location, shared, queue) = (location.clone(), Arc::clone(shared), queue.clone());
    let thread = spawn(format!("store-reader-{number}"), move || match location {
        Location::Sqlite(file) => match sqlite::open_reader(&file) {
            Ok(connection) => {
                drop(ready.send(Ok(())));
                readers::serve(&queue, &shared, &mut sqlite::ReaderSource::new(&connection));
            }
            Err(error) => drop(ready.send(Err(error))),
        },
        Location::Postgres(url) => match postgres::config(&url) {
            Ok(config) => {
                let mut source = postgres::ReaderSource::new(config);
                drop(ready.send(readers::Source::session(&mut source, shared.reconnects()).map(|_| ())));
                readers::serve(&queue, &shared, &mut source);
            }
            Err(error) => drop(ready.send(Err(error))),
        },
    })?;
    wait_for(&started)?;
    Ok(thread)
}

fn wait_for(started: &Receiver<Result<(), StoreError>>) -> Result<(), StoreError> {
    started.recv().unwrap_or_else(|_| Err(StoreError::Unavailable("a thread of the store panicked while starting".to_owned())))
}

fn spawn<T: Send + 'static>(name: String, run: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, StoreError> {
    thread::Builder::new().name(name).spawn(run).map_err(|error| StoreError::Unavailable(format!("no thread could be started: {error}")))
}
