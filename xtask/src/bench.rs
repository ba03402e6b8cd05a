//! `cargo xtask bench`: what the measured figures in docs/ come from. Prints Markdown.

use crate::stage::Stage;
use anyhow::{Result, bail};
use clap::Subcommand;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Raises the limit of open files as far as it may go before the program starts.
const WITH_MANY_FILES: &str = r#"ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@""#;

#[derive(Subcommand)]
pub(crate) enum What {
    /// The store beside its bare drivers
    Store,
    /// How late it is told that a due time passed, with 100,000 clocks open
    Sla,
    /// LiveAgent API v1: beside bare drivers, and on small and large desks
    Liveagent {
        /// Only these parts: conversations, lists, search
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Zendesk Chat: live figures beside bare axum, a change told to a thousand subscribers, exports beside bare drivers and on large desks
    Zendesk {
        /// Only these parts: rest, subscribers, pages, depth
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Reports over a year on desks of two sizes, beside DuckDB and PostgreSQL; what adding up costs writers, and making it all anew
    Reports {
        /// Only these parts: ingest, peers, reports, rebuild
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
        /// How many messages the desks have: 1000000,10000000 unless given
        #[arg(long, value_delimiter = ',')]
        messages: Vec<u64>,
    },
    /// A whole server: live figures beside bare axum, simulated visitors, idle connections, start-up
    Live {
        /// Only these parts: stream, simulate, idle, fresh, startup
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
}

pub(crate) fn bench(stage: &Stage, what: &What) -> Result<()> {
    match what {
        What::Store => {
            let arguments = "run --quiet --locked --release --package deskbell-store --features testing --example bench_store";
            stage.must(&mut stage.cargo(&arguments.split(' ').collect::<Vec<_>>()))
        }
        What::Sla => {
            let arguments = "run --quiet --locked --release --package deskbell-app --example bench_sla";
            stage.must(&mut stage.cargo(&arguments.split(' ').collect::<Vec<_>>()))
        }
        What::Liveagent { only } => liveagent(stage, only),
        What::Zendesk { only } => zendesk(stage, only),
        What::Reports { only, messages } => reports(stage, only, messages),
        What::Live { only } => live(stage, only),
    }
}

fn reports(stage: &Stage, only: &[String], messages: &[u64]) -> Result<()> {
    stage.must(&mut stage.cargo(&["build", "--locked", "--release", "--package", "deskbell-liveagent", "--example", "bench_reports"]))?;
    let target = stage.target()?;
    let cache = target.join("bench-data");
    let mut bench = stage.command(target.join("release/examples/bench_reports"));
    bench.arg("--cache").arg(&cache);
    if only.is_empty() || only.iter().any(|part| part == "peers") {
        bench.arg("--python").arg(python(stage, &cache, "duckdb", &stage.root.join(DUCKDB))?);
    }
    if !only.is_empty() {
        bench.args(["--only", &only.join(",")]);
    }
    if !messages.is_empty() {
        let messages: Vec<String> = messages.iter().map(u64::to_string).collect();
        bench.args(["--messages", &messages.join(",")]);
    }
    stage.must(&mut bench)
}

/// What a peer consists of, pinned.
const DUCKDB: &str = "crates/deskbell-liveagent/examples/bench_reports/duckdb.txt";

/// A Python interpreter that has what is pinned in a file; made when it is first asked for, and again when the file changes.
fn python(stage: &Stage, cache: &Path, name: &str, pinned: &Path) -> Result<PathBuf> {
    let (place, wanted) = (cache.join(name), std::fs::read_to_string(pinned)?);
    let (python, has) = (place.join("bin/python"), place.join("installed.txt"));
    if std::fs::read_to_string(&has).ok().as_deref() != Some(&wanted) {
        std::fs::create_dir_all(cache)?;
        stage.must(stage.command("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
        stage.must(stage.command(&python).args(install).arg(pinned))?;
        std::fs::write(&has, wanted)?;
    }
    Ok(python)
}

fn liveagent(stage: &Stage, only: &[String]) -> Result<()> {
    stage.must(&mut stage.cargo(&["build", "--locked", "--release", "--package", "deskbell-liveagent", "--example", "bench_liveagent"]))?;
    let target = stage.target()?;
    let mut bench = stage.command(target.join("release/examples/bench_liveagent"));
    bench.arg("--cache").arg(target.join("bench-data"));
    if !only.is_empty() {
        bench.args(["--only", &only.join(",")]);
    }
    stage.must(&mut bench)
}

/// Parts of `bench_zendesk`, and of `bench_export`.
const LIVE_PARTS: [&str; 2] = ["rest", "subscribers"];
const EXPORT_PARTS: [&str; 2] = ["pages", "depth"];

fn zendesk(stage: &Stage, only: &[String]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|part| !LIVE_PARTS.iter().chain(&EXPORT_PARTS).any(|known| known == part)) {
        bail!("no such part: {unknown}");
    }
    for (example, parts) in [("bench_zendesk", LIVE_PARTS), ("bench_export", EXPORT_PARTS)] {
        let wanted: Vec<&str> = parts.into_iter().filter(|part| only.is_empty() || only.iter().any(|asked| asked == part)).collect();
        if wanted.is_empty() {
            continue;
        }
        stage.must(&mut stage.cargo(&["build", "--locked", "--release", "--package", "deskbell-zendesk", "--example", example]))?;
        let target = stage.target()?;
        let mut bench: Command = stage.command("sh");
        bench.args(["-c", WITH_MANY_FILES, "sh"]).arg(target.join("release/examples").join(example));
        if example == "bench_export" {
            bench.arg("--cache").arg(target.join("bench-data"));
        }
        stage.must(bench.args(["--only", &wanted.join(",")]))?;
    }
    Ok(())
}

fn live(stage: &Stage, only: &[String]) -> Result<()> {
    stage.must(&mut stage.cargo(&["build", "--locked", "--release", "--package", "deskbell"]))?;
    stage.must(&mut stage.cargo(&["build", "--locked", "--release", "--package", "deskbell-testkit", "--example", "bench_live"]))?;
    let release = stage.target()?.join("release");
    let mut bench: Command = stage.command("sh");
    bench.args(["-c", WITH_MANY_FILES, "sh"]).arg(release.join("examples/bench_live"));
    bench.arg("--binary").arg(release.join("deskbell")).arg("--cache").arg(stage.target()?.join("bench-data"));
    if !only.is_empty() {
        bench.args(["--only", &only.join(",")]);
    }
    stage.must(&mut bench)
}
