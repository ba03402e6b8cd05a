//! A whole server, measured from outside. Prints Markdown rows. `cargo xtask bench live` builds it, raises the limit of open files, runs it.

mod fresh;
mod idle;
mod load;
mod process;
mod startup;
mod stream;

use clap::{Parser, Subcommand, ValueEnum};
use deskbell_testkit::server;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio::runtime::Runtime;

/// What the server allocates with, for the bare one beside it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
struct Arguments {
    /// The server's program
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Where large data is kept for the next time
    #[arg(long, default_value = "target/bench-data")]
    cache: PathBuf,
    /// Only these parts
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    #[command(subcommand)]
    helper: Option<Helper>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Fresh,
    Stream,
    Idle,
    Simulate,
    Startup,
}

/// What the bench starts of itself in processes of their own.
#[derive(Subcommand)]
enum Helper {
    /// Serves the bytes of its standard input, by axum alone
    Bare,
    /// Opens idle visitors' connections and holds them
    Hold { address: SocketAddr, visitors: usize },
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    match arguments.helper {
        Some(Helper::Bare) => return Runtime::new()?.block_on(stream::serve_bare()),
        Some(Helper::Hold { address, visitors }) => return Runtime::new()?.block_on(idle::hold(address, visitors)),
        None => {}
    }
    let binary = arguments.binary.ok_or("--binary names the server's program")?;
    let runs = |part: Part| arguments.only.is_empty() || arguments.only.contains(&part);
    let runtime = Runtime::new()?;
    row("| measure | value |\n|---|---:|")?;
    if runs(Part::Fresh) {
        runtime.block_on(fresh::bench(&binary))?;
    }
    if runs(Part::Stream) {
        runtime.block_on(stream::bench(&binary))?;
    }
    if runs(Part::Idle) {
        runtime.block_on(idle::bench(&binary))?;
    }
    if runs(Part::Startup) {
        runtime.block_on(startup::bench(&binary, &arguments.cache))?;
    }
    if runs(Part::Simulate) {
        runtime.block_on(simulate(&binary))?;
    }
    Ok(())
}

/// `deskbell simulate` prints its own result.
async fn simulate(binary: &Path) -> Outcome<()> {
    let desk = deskbell_testkit::Server::start(binary, Default::default()).await;
    let mut command = Command::new(binary);
    command.args(["simulate", "--url", &desk.base(), "--visitors", "2000", "--agents", "200", "--seconds", "30"]);
    let status = command.args(["--email", server::OWNER_EMAIL, "--password", server::OWNER_PASSWORD]).stdin(Stdio::null()).status()?;
    row(&format!("| memory of the server after it | {:.1} MiB |", process::resident_bytes(desk.pid())? as f64 / process::MIB))?;
    if !status.success() {
        return Err(format!("deskbell simulate ended with {status}").into());
    }
    Ok(())
}

/// A row of the table, at once: some take minutes.
fn row(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
