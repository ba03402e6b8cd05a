//! How long a server with much data needs until it is ready.

use super::process::{MIB, resident_bytes};
use super::{Outcome, median, row};
use deskbell_testkit::{Options, Server};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const BYTES: u64 = 1_000_000_000;
/// Enough to tell how large a conversation is.
const SAMPLE_CONVERSATIONS: u64 = 2_000;
const ROUNDS: usize = 5;

pub(super) async fn bench(binary: &Path, cache: &Path) -> Outcome<()> {
    let data = cache.join("large");
    // The name of the last step: an interrupted one is made again.
    let done = cache.join("large-is-complete");
    if !done.exists() {
        let sample = cache.join("sample");
        let bytes = fill(binary, &sample, SAMPLE_CONVERSATIONS)?;
        let conversations = BYTES * SAMPLE_CONVERSATIONS / bytes.max(1) * 21 / 20;
        eprintln!("filling {} with {conversations} conversations…", data.display());
        fill(binary, &data, conversations)?;
        fs::remove_dir_all(&sample)?;
        fs::write(&done, "")?;
    }
    let bytes = size(&data)?;
    let mut seconds = Vec::new();
    let mut memory = 0;
    for _ in 0..ROUNDS {
        let mut server = Server::existing(binary, &data, Options::default());
        let start = Instant::now();
        server.launch().await;
        seconds.push(start.elapsed().as_secs_f64());
        memory = resident_bytes(server.pid())?;
        server.stop().await;
    }
    row(&format!("| start-up to /readyz with {:.2} GB | {:.2} s |", bytes as f64 / 1e9, median(&seconds)))?;
    row(&format!("| memory then | {:.1} MiB |", memory as f64 / MIB))?;
    Ok(())
}

/// A new desk with so many conversations; how large it became.
fn fill(binary: &Path, data: &Path, conversations: u64) -> Outcome<u64> {
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    fs::create_dir_all(data.parent().ok_or("it has a parent")?)?;
    let deskbell = |arguments: &[&str]| -> Outcome<()> {
        let status = Command::new(binary).args(arguments).arg("--data").arg(data).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("deskbell {} ended with {status}", arguments[0]).into()) }
    };
    deskbell(&["init", "--owner-email", "owner@example.com", "--owner-password", "correct horse battery"])?;
    deskbell(&["demo", "--days", "300", "--conversations", &conversations.to_string()])?;
    size(data)
}

/// The bytes of all files.
fn size(directory: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path: PathBuf = entry.path();
        bytes += if path.is_dir() { size(&path)? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
