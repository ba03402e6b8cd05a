//! The surfaces of Zendesk Chat, measured in one process. Prints Markdown. `cargo xtask bench zendesk` builds it, raises the limit of open
//! files, runs it.

mod rest;
mod subscribers;

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use clap::{Parser, ValueEnum};
use deskbell_app::Desk;
use deskbell_app::clock::{Clock, SystemClock};
use deskbell_app::desk::{DeskOptions, FirstOwner};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Location, Options};

/// What the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
struct Arguments {
    /// Only these parts
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// `/stream/chats` beside bare axum, and pages of the export
    Rest,
    /// A change told to a thousand subscribers
    Subscribers,
}

/// The machine's clock, and an offset so that chats become old enough to be exported.
#[derive(Default)]
struct OffsetClock(AtomicI64);

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::Relaxed))
    }
}

/// A new desk, with its directory and its clock.
struct Stage {
    desk: Desk,
    owner: FirstOwner,
    clock: Arc<OffsetClock>,
    _directory: tempfile::TempDir,
}

impl Stage {
    fn open() -> Outcome<Stage> {
        let directory = tempfile::tempdir()?;
        let clock = Arc::new(OffsetClock::default());
        let options = DeskOptions {
            location: Location::Sqlite(directory.path().join("desk.db")),
            files: directory.path().join("files"),
            clock: Arc::clone(&clock) as Arc<_>,
            store: Options::default(),
        };
        let owner = Desk::init(&options, "owner@desk.test", "correct horse")?;
        Ok(Stage { desk: Desk::open(&options)?, owner, clock, _directory: directory })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.desk.close();
    }
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let runs = |part: Part| arguments.only.is_empty() || arguments.only.contains(&part);
    if runs(Part::Rest) {
        rest::bench(&Stage::open()?)?;
    }
    if runs(Part::Subscribers) {
        subscribers::bench(&Stage::open()?)?;
    }
    Ok(())
}

/// A line of the result, at once: some take long.
fn line(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
