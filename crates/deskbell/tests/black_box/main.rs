//! The whole server, from outside: started as a program, spoken to over its surfaces, killed, filled up. One binary for all.

mod bad_input;
mod bans;
mod calls;
mod clients;
mod commands;
mod conversation;
mod figures_agree;
mod full_disk;
mod greetings;
mod heavy;
mod history;
mod hostile_liveagent;
mod http_1_0;
mod liveagent_contract;
mod merge;
mod oauth;
mod raw;
mod resume;
mod search;
mod slow_client;
mod streaming;
mod verify;

use deskbell_testkit::{Options, Server};
use std::path::Path;

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_deskbell"))
}

/// A server on SQLite.
async fn server() -> Server {
    Server::start(binary(), Options::default()).await
}
