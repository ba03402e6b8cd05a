//! Keeping the levels up to date: the reader's thread, which looks now and then, and at once when somebody waits for it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use deskbell_domain::event::Recorded;
use deskbell_store::Db;
use tokio::sync::watch;

use super::filling::Filling;
use super::reader::Reader;
use crate::bites::Left;
use crate::desk::Desk;
use crate::error::{AppError, Kind};
use crate::follow::Listener;

/// Seconds between two looks when nobody waits: what happens together is written together.
const LOOK_SECONDS: u64 = 5;
/// Seconds that one waits for the reader, at most.
const WAIT_SECONDS_MAX: u64 = 10;
/// Seconds after which one comes again who waited in vain.
const RETRY_SECONDS: u32 = 10;

/// Where the reader of this process stands, and the bell that wakes it.
#[derive(Debug)]
pub struct Watch {
    bell: Mutex<Bell>,
    rung: Condvar,
    /// The last journal number that is in; 0 before the first look.
    number: watch::Sender<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Bell {
    is_begun: bool,
    is_rung: bool,
    is_over: bool,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch { bell: Mutex::default(), rung: Condvar::new(), number: watch::Sender::new(0) }
    }
}

impl Watch {
    /// The last journal number that this process has taken in; 0 before the first look.
    pub fn number(&self) -> i64 {
        *self.number.borrow()
    }

    fn with_bell<T>(&self, change: impl FnOnce(&mut Bell) -> T) -> T {
        let changed = change(&mut self.bell.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_all();
        changed
    }

    /// Waits for the next look, so long at most. `false` when there is none any more.
    fn sleep(&self, pause: Duration) -> bool {
        let bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |bell: &mut Bell| !bell.is_rung && !bell.is_over;
        let (mut bell, _) = self.rung.wait_timeout_while(bell, pause, waits).unwrap_or_else(PoisonError::into_inner);
        bell.is_rung = false;
        !bell.is_over
    }
}

impl Watch {
    /// Rings, and waits until a journal number is in.
    pub(super) async fn wait_until(&self, wanted: i64) -> Result<(), AppError> {
        self.with_bell(|bell| bell.is_rung = true);
        let mut number = self.number.subscribe();
        let arrived = tokio::time::timeout(Duration::from_secs(WAIT_SECONDS_MAX), number.wait_for(|number| *number >= wanted)).await;
        match arrived {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                Err(AppError::unavailable("the figures of this report are still being prepared; try again").retry_after(RETRY_SECONDS))
            }
        }
    }
}

/// Ends the reader's thread when it is dropped; entries need not wake it.
struct Leash(Arc<Watch>);

impl Listener for Leash {
    fn follow(&mut self, _: &[Arc<Recorded>]) {}
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.with_bell(|bell| bell.is_over = true);
    }
}

/// Starts the thread, unless it runs already; returns what must listen to the journal. The thread ends when that listener is dropped.
pub(crate) fn start(watch: &Arc<Watch>, db: &Db) -> std::io::Result<Option<Box<dyn Listener>>> {
    if watch.with_bell(|bell| std::mem::replace(&mut bell.is_begun, true)) {
        return Ok(None);
    }
    let own = Arc::clone(watch);
    let (reader, filling) = (Reader::keeping(db.clone()), Filling::of_kept(db.clone()));
    let started = std::thread::Builder::new().name("levels".to_owned()).spawn(move || run(&own, reader, filling));
    if let Err(error) = started {
        watch.with_bell(|bell| bell.is_begun = false);
        return Err(error);
    }
    Ok(Some(Box::new(Leash(Arc::clone(watch)))))
}

fn run(watch: &Watch, mut reader: Reader, mut filling: Filling) {
    loop {
        let looked = reader.catch_up().and_then(|()| {
            watch.number.send_replace(reader.number().unwrap_or(0));
            filling.bite()
        });
        let pause_seconds = match looked {
            // Between two bites it looks again.
            Ok(Left::Some) => 0,
            Ok(Left::Nothing) => LOOK_SECONDS,
            Err(error) => {
                if error.kind == Kind::Internal {
                    tracing::error!(error = %error, "levels fell behind");
                } else {
                    tracing::warn!(error = %error, "levels wait for the store");
                }
                LOOK_SECONDS
            }
        };
        if !watch.sleep(Duration::from_secs(pause_seconds)) {
            return;
        }
    }
}

/// Waits until all that was committed before the call is in; refused as unavailable if that takes too long.
pub async fn caught_up(desk: &Desk) -> Result<(), AppError> {
    let head = desk.snapshot(|tx| Ok(tx.head()?)).await?;
    let watch = desk.levels();
    if watch.number() >= head {
        return Ok(());
    }
    desk.keep_levels()?;
    watch.wait_until(head).await
}
