//! Deskbell: a self-hosted customer-support desk in one binary.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

mod arguments;
mod credentials;
mod demo;
mod doctor;
mod history;
mod init;
mod oauth_clients;
mod operations;
mod pages;
mod place;
mod serve;
mod simulate;
mod tls;
mod traffic;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    let done = match arguments.command {
        Command::Init(options) => init::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Demo(options) => history::run(options),
        Command::Simulate(options) => traffic::run(options),
        Command::Apikey(command) => credentials::apikey(&command),
        Command::Token(command) => credentials::token(&command),
        Command::OauthClient(command) => oauth_clients::run(command),
        Command::Doctor(options) => doctor::run(&options),
        Command::Verify(options) => verify::run(&options),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("deskbell: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Log lines go to standard error; `DESKBELL_LOG` says how many (`info`, `deskbell_http=debug`, …).
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("DESKBELL_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true).init();
}
