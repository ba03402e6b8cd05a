//! `kill -9` of the server at random moments: every acknowledged message is there afterwards, once.

use super::load::{Load, check_figures};
use crate::{binary, server};
use deskbell_testkit::server::{OWNER_EMAIL, OWNER_PASSWORD};
use deskbell_testkit::{Agent, Options, Server, eventually};
use std::fs;
use std::process::{Child, Command, Stdio};
use tempfile::NamedTempFile;

const KILLS: usize = 50;
/// How often the data is looked at while the server is down.
const KILLS_PER_DOCTOR: usize = 10;
const MESSAGES_PER_LIFE: usize = 12;
/// Long enough for all kills on a slow machine.
const SIMULATION_SECONDS: u32 = 75;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let mut server = server().await;
    let load = Load::start(&server).await;
    for kill in 1..=KILLS {
        load.wait_for_more(MESSAGES_PER_LIFE).await;
        server.kill9();
        if kill % KILLS_PER_DOCTOR == 0 {
            doctor(&server);
        }
        server.launch().await;
    }
    let acknowledged = load.acknowledged();
    load.finish(&server).await;
    eprintln!("{KILLS} kills, {acknowledged} messages acknowledged");
    server.stop().await;
    doctor(&server);
    // The figures are those of before in the first answer after a start.
    server.launch().await;
    let owner = Agent::owner(&server).await;
    check_figures(&server, &owner.live).await;
}

/// `deskbell doctor` finds nothing wrong: no gap in the journal above all.
pub(crate) fn doctor(server: &Server) {
    let output = server.run(&["doctor"]);
    assert!(output.status.success(), "doctor: {output:?}");
}

/// The program's own visitors and agents survive its deaths too, and count for themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_visitors_lose_nothing() {
    let mut server = Server::start(binary(), Options::default()).await;
    let mut simulation = Simulation::start(&server, SIMULATION_SECONDS).await;
    for kill in 1..=KILLS {
        // The moment itself is what is drawn: nothing is waited for.
        let moment = rand::random_range(100..900);
        tokio::time::sleep(std::time::Duration::from_millis(moment)).await;
        assert!(simulation.is_running(), "it ended before kill {kill}");
        server.kill9();
        server.launch().await;
    }
    simulation.finish();
    server.stop().await;
    doctor(&server);
}

/// `deskbell simulate` beside the server.
pub(super) struct Simulation {
    child: Child,
    said: NamedTempFile,
    /// Dropped with the simulation, which writes into it.
    _acknowledged: NamedTempFile,
}

impl Simulation {
    /// Resolves once messages are acknowledged: a desk that dies before its people are at work ends a simulation at its beginning.
    pub(super) async fn start(server: &Server, seconds: u32) -> Simulation {
        let mut command = Command::new(server.binary());
        command.args(["simulate", "--url", &server.base(), "--email", OWNER_EMAIL, "--visitors", "20", "--agents", "4"]);
        command.args(["--send-every-ms", "200", "--seconds", &seconds.to_string()]).env("DESKBELL_PASSWORD", OWNER_PASSWORD);
        let acknowledged = NamedTempFile::new().expect("a file is created");
        command.arg("--acknowledged").arg(acknowledged.path());
        let said = NamedTempFile::new().expect("a file is created");
        let output = || Stdio::from(said.reopen().expect("the file can be shared"));
        let child = command.stdin(Stdio::null()).stdout(output()).stderr(output()).spawn().expect("deskbell simulate starts");
        eventually("simulated people are at work", async || {
            fs::metadata(acknowledged.path()).is_ok_and(|file| file.len() > 0).then_some(())
        })
        .await;
        Simulation { child, said, _acknowledged: acknowledged }
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// It found nothing lost, nothing doubled.
    pub(super) fn finish(mut self) {
        let status = self.child.wait().expect("it ends");
        let said = fs::read_to_string(self.said.path()).expect("what it said can be read");
        eprintln!("{said}");
        assert!(status.success(), "simulate ended with {status}: {said}");
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
