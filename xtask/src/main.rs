//! The project's own commands: run a desk, run every check and test, lint, bench, write the contract pages. It depends on no crate of
//! ours, so that it is there quickly in a fresh clone and can check a tree that does not build.

mod bench;
mod contracts;
mod desk;
mod fuzz;
mod lint;
mod needs;
mod postgres;
mod processes;
mod run;
mod stage;
mod test;

use clap::{Parser, Subcommand};
use processes::Processes;
use stage::Stage;
use std::process::ExitCode;

/// The conventional code of a program that a signal ended: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Deskbell's own commands", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds everything, fills a desk with two weeks of demonstration data and serves it on 127.0.0.1
    Run(run::Options),
    /// Runs every check and test: exactly what CI runs
    Test(test::Options),
    /// Checks the rules that the compiler does not: edges between crates, names, places
    Lint,
    /// Measures
    #[command(subcommand)]
    Bench(bench::What),
    /// Looks for values that break the writers of answers and the reading of parameters
    Fuzz(fuzz::Options),
    /// Writes docs/compat/*.md from the lists of endpoints
    Contracts(contracts::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let processes = Processes::default();
    let outcome = processes.watch_signals().and_then(|()| Stage::new(processes.clone())).and_then(|mut stage| match arguments.command {
        Task::Run(options) => run::run(&stage, &options),
        Task::Test(options) => test::test(&mut stage, &options),
        Task::Lint => lint::lint(&stage),
        Task::Bench(what) => bench::bench(&stage, &what),
        Task::Fuzz(options) => fuzz::fuzz(&stage, &options),
        Task::Contracts(options) => contracts::contracts(&stage, &options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if processes.interrupted() => {
            eprintln!("stopped");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
