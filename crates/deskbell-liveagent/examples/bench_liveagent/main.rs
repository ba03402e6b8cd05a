//! LiveAgent API v1 through its kit, in one process: beside bare drivers that read the same rows, and on small and large desks. Prints
//! Markdown. Run it with `--release` (`cargo xtask bench liveagent`); the ratios matter, not the times.
//!
//! `--only conversations,lists` runs these parts alone; `--cache DIR` keeps what was built for the next run.

mod bare;
mod conversations;
mod data;
mod lists;
mod search;
mod timing;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use deskbell_store::throwaway_postgres::ThrowawayPostgres;
use tokio::runtime::Runtime;

/// What the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What the parts share.
struct Stage {
    runtime: Runtime,
    /// Where built desks are kept.
    cache: PathBuf,
    postgres: ThrowawayPostgres,
}

/// A part writes its Markdown as it goes.
type Part = fn(&Stage, &mut dyn std::io::Write) -> Outcome<()>;

const PARTS: &[(&str, Part)] = &[("conversations", conversations::run), ("lists", lists::run), ("search", search::run)];

fn main() -> Outcome<()> {
    let (only, cache) = arguments()?;
    std::fs::create_dir_all(&cache)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let stage = Stage { runtime, cache, postgres: ThrowawayPostgres::start()? };
    let mut out = std::io::stdout();
    for (name, part) in PARTS {
        if only.is_empty() || only.iter().any(|one| one == name) {
            part(&stage, &mut out)?;
            out.flush()?;
        }
    }
    Ok(())
}

fn arguments() -> Outcome<(Vec<String>, PathBuf)> {
    let (mut only, mut cache) = (Vec::new(), PathBuf::from("target/bench-data"));
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let value = given.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--only" => only = value.split(',').map(str::to_owned).collect(),
            "--cache" => cache = PathBuf::from(value),
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    match only.iter().find(|name| !PARTS.iter().any(|(part, _)| part == name)) {
        Some(unknown) => Err(format!("there is no part {unknown}").into()),
        None => Ok((only, cache)),
    }
}
