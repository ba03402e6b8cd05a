//! A PostgreSQL server for the time of the tests. The test kit's example `throwaway_postgres` owns it: it prints the URL, and ends the server
//! when its standard input is closed, also when this program was killed.

use crate::processes::{Ending, Running};
use crate::stage::Stage;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

pub(crate) struct Postgres {
    pub(crate) url: String,
    running: Running,
}

impl Postgres {
    /// Starts one with the program that was built in the target directory.
    pub(crate) fn start(stage: &Stage, target: &Path) -> Result<Postgres> {
        let mut command = stage.command(target.join("debug/examples/throwaway_postgres"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = stage.serve(&mut command, Ending::ClosedInput)?;
        let output = running.child().stdout.take().context("its output is piped")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        if url.trim().is_empty() {
            bail!("the throw-away PostgreSQL did not start");
        }
        Ok(Postgres { url: url.trim().to_owned(), running })
    }

    pub(crate) fn stop(mut self) -> Result<()> {
        self.running.stop()
    }
}
