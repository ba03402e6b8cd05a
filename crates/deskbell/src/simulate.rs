//! `deskbell simulate`: visitors and agents made of code, who drive a running desk through its public live protocol, survive its deaths,
//! and tell afterwards what was lost, doubled, and how long everything took.
//!
//! Owns no rule of the desk: it knows nothing but what `docs/live-protocol.md` and `docs/native-api.md` say.

use std::fmt;
use std::path::PathBuf;

/// What `deskbell simulate` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct SimulateOptions {
    /// Where the desk is: http://host:port
    #[arg(long)]
    pub url: String,
}

#[derive(Debug, Clone, Default)]
pub struct SimulateReport {}

impl SimulateReport {
    /// Nothing acknowledged was lost or doubled.
    pub fn is_clean(&self) -> bool {
        true
    }
}

impl fmt::Display for SimulateReport {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

pub async fn run(options: SimulateOptions) -> anyhow::Result<SimulateReport> {
    let _ = options;
    Ok(SimulateReport::default())
}
