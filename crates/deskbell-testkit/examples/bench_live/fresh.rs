//! A server with nothing to do.

use super::process::{MIB, resident_bytes};
use super::{Outcome, row};
use deskbell_testkit::{Options, Server};
use std::path::Path;
use std::time::Duration;

/// Until what start-up needed for a moment is given back.
const SETTLE: Duration = Duration::from_secs(3);

pub(super) async fn bench(binary: &Path) -> Outcome<()> {
    let server = Server::start(binary, Options::default()).await;
    tokio::time::sleep(SETTLE).await;
    row(&format!("| memory of a fresh server, idle | {:.1} MiB |", resident_bytes(server.pid())? as f64 / MIB))?;
    Ok(())
}
