//! What roll-ups cost and what they give: writing with and without them, making them anew, and reports over a year, at two sizes. Prints Markdown.
//!
//! The same questions put to another database over the same rows belong beside [`reports`].
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod history;
mod ingest;
mod reports;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use deskbell_app::clock::SystemClock;
use deskbell_app::desk::{Desk, DeskOptions};
use deskbell_app::rollups;
use deskbell_store::{Location, Options};

/// What the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const MESSAGES: [i64; 2] = [1_000_000, 10_000_000];

struct Arguments {
    cache: PathBuf,
    messages: Vec<i64>,
    only: Vec<String>,
}

fn arguments() -> Outcome<Arguments> {
    let mut found = Arguments { cache: std::env::temp_dir(), messages: MESSAGES.to_vec(), only: Vec::new() };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given.next().ok_or("an argument has no value")?;
        match name.as_str() {
            "--cache" => found.cache = PathBuf::from(value),
            "--messages" => found.messages = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--only" => found.only = value.split(',').map(str::to_owned).collect(),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(found)
}

fn options(directory: &Path) -> DeskOptions {
    DeskOptions {
        location: Location::Sqlite(directory.join("desk.db")),
        files: directory.join("files"),
        clock: Arc::new(SystemClock),
        store: Options::default(),
    }
}

fn open(directory: &Path) -> Outcome<Desk> {
    let options = options(directory);
    if !directory.join("desk.db").exists() {
        std::fs::create_dir_all(directory)?;
        Desk::init(&options, "owner@example.com", "correct horse battery")?;
    }
    Ok(Desk::open(&options)?)
}

fn main() -> Outcome<()> {
    let arguments = arguments()?;
    let wants = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == part);
    if wants("ingest") {
        ingest::bench(&arguments.cache)?;
    }
    for messages in &arguments.messages {
        let directory = arguments.cache.join(format!("rollups-{messages}"));
        let desk = open(&directory)?;
        let events = history::fill(&desk, *messages)?;
        println!("\n## {messages} messages, {events} events, a year\n");
        if wants("rebuild") {
            bench_rebuild(&desk, events)?;
        }
        if wants("reports") {
            reports::bench(&desk)?;
        }
        desk.close();
    }
    Ok(())
}

/// A reader that begins, and cells that are made anew.
fn bench_rebuild(desk: &Desk, events: i64) -> Outcome<()> {
    let began = Instant::now();
    desk.rollup_reader().catch_up()?;
    let seconds = began.elapsed().as_secs_f64();
    if seconds > 1.0 {
        println!("- a reader that begins: {:.0} events/s", events as f64 / seconds);
    }
    let began = Instant::now();
    let progress = rollups::rebuild(desk, &mut |_| {})?;
    let seconds = began.elapsed().as_secs_f64();
    println!("- made anew: {:.0} events/s ({seconds:.1} s, the old cells taken away)", progress.done as f64 / seconds);
    Ok(())
}
