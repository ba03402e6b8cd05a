//! Following the journal in memory: a thread gets every committed event in order and hands it to the listeners. A gap (a connection that
//! broke off after a commit, another process that wrote) is read from the journal, so listeners see every number once.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use deskbell_domain::event::Recorded;
use deskbell_store::{Db, Sink, StoreError, journal};

/// Batches that may wait for the listeners; past it the writer waits.
const BATCHES_MAX: usize = 1_024;
/// Events read from the journal in one bite.
const BITE_EVENTS: i64 = 1_000;

/// Sees every event once, in order. Must be quick and must not block.
pub trait Listener: Send + 'static {
    fn follow(&mut self, events: &[Arc<Recorded>]);
}

enum Feed {
    Events(Vec<Arc<Recorded>>),
    Reconnected(i64),
    Add(Box<dyn Listener>),
    Stop,
}

/// The writer's end: what was committed goes in here.
struct Committed(SyncSender<Feed>);

impl Sink for Committed {
    fn committed(&mut self, events: Vec<Arc<Recorded>>) {
        // Fails only when the following thread has stopped: then nobody listens.
        drop(self.0.send(Feed::Events(events)));
    }

    fn reconnected(&mut self, head: i64) {
        drop(self.0.send(Feed::Reconnected(head)));
    }
}

/// A queue between the writer and the following thread.
pub struct Pipe {
    sender: SyncSender<Feed>,
    receiver: Receiver<Feed>,
}

impl Default for Pipe {
    fn default() -> Self {
        let (sender, receiver) = sync_channel(BATCHES_MAX);
        Pipe { sender, receiver }
    }
}

impl Pipe {
    /// What the store is opened with.
    pub fn sink(&self) -> Box<dyn Sink> {
        Box::new(Committed(self.sender.clone()))
    }

    /// Starts following after the number `last`.
    pub fn follow(self, db: Db, last: i64) -> std::io::Result<Follower> {
        let receiver = self.receiver;
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || run(&db, &receiver, last))?;
        Ok(Follower { sender: self.sender, thread: std::sync::Mutex::new(Some(thread)) })
    }
}

/// Handle of the following thread.
pub struct Follower {
    sender: SyncSender<Feed>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Follower {
    /// Adds a listener; it sees what is handed out from now on.
    pub fn add(&self, listener: Box<dyn Listener>) {
        drop(self.sender.send(Feed::Add(listener)));
    }

    /// Hands out what came so far and stops.
    pub fn stop(&self) {
        drop(self.sender.send(Feed::Stop));
        let thread = self.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
    }
}

fn run(db: &Db, receiver: &Receiver<Feed>, mut last: i64) {
    let mut listeners: Vec<Box<dyn Listener>> = Vec::new();
    while let Ok(feed) = receiver.recv() {
        match feed {
            Feed::Add(listener) => listeners.push(listener),
            Feed::Stop => return,
            Feed::Reconnected(head) => catch_up(db, &mut listeners, &mut last, head),
            Feed::Events(events) => {
                let Some(first) = events.first().map(|first| first.number) else { continue };
                if first > last + 1 {
                    catch_up(db, &mut listeners, &mut last, first - 1);
                }
                let skip = events.partition_point(|event| event.number <= last);
                hand_out(&mut listeners, &mut last, &events[skip..]);
            }
        }
    }
}

fn hand_out(listeners: &mut [Box<dyn Listener>], last: &mut i64, events: &[Arc<Recorded>]) {
    let Some(newest) = events.last() else { return };
    for listener in listeners {
        listener.follow(events);
    }
    *last = newest.number;
}

/// Reads what is missing up to `until`. While the database is away it tries again: to leave a hole would be worse than to be late.
fn catch_up(db: &Db, listeners: &mut [Box<dyn Listener>], last: &mut i64, until: i64) {
    while *last < until {
        let after = *last;
        let bite: Result<Vec<Recorded>, StoreError> = db.read_blocking(move |tx| journal::after(tx, after, BITE_EVENTS));
        match bite {
            Ok(events) if events.is_empty() => {
                tracing::error!(journal.last = *last, journal.until = until, "the journal has a hole");
                *last = until;
            }
            Ok(events) => {
                let events: Vec<Arc<Recorded>> = events.into_iter().filter(|event| event.number <= until).map(Arc::new).collect();
                hand_out(listeners, last, &events);
            }
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::warn!(error = %error, journal.last = *last, "the journal cannot be read; trying again");
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
        }
    }
}
