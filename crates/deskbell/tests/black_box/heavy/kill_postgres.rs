//! `kill -9` of PostgreSQL under a running desk: the desk goes on once it is back, and nothing acknowledged is lost.

use super::kill_server::{Simulation, doctor};
use super::load::Load;
use crate::binary;
use deskbell_testkit::postgres::{ThrowawayPostgres, orphans_are_gone};
use deskbell_testkit::{Options, Server, eventually};
use tokio::task::block_in_place;

const KILLS: usize = 50;
const MESSAGES_PER_LIFE: usize = 20;
/// Long enough for all kills on a slow machine.
const SIMULATION_SECONDS: u32 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let mut postgres = block_in_place(|| ThrowawayPostgres::start().expect("a throw-away PostgreSQL starts"));
    let url = block_in_place(|| postgres.create_database().expect("a database is created"));
    let mut server = Server::start(binary(), Options { database_url: Some(url.clone()), ..Options::default() }).await;
    let pid = server.pid();
    let load = Load::start(&server).await;
    for _ in 0..KILLS {
        load.wait_for_more(MESSAGES_PER_LIFE).await;
        block_in_place(|| postgres.kill().expect("it is killed"));
        eventually("its processes end", async || orphans_are_gone(&url).then_some(())).await;
        block_in_place(|| postgres.start_again().expect("it starts again"));
    }
    load.wait_for_more(MESSAGES_PER_LIFE).await;
    let acknowledged = load.acknowledged();
    load.finish(&server).await;
    eprintln!("{KILLS} kills, {acknowledged} messages acknowledged");
    assert_eq!(server.pid(), pid);
    assert!(server.stop().await.success());
    doctor(&server);
}

/// The program's own visitors and agents count for themselves, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_visitors_lose_nothing() {
    let mut postgres = block_in_place(|| ThrowawayPostgres::start().expect("a throw-away PostgreSQL starts"));
    let url = block_in_place(|| postgres.create_database().expect("a database is created"));
    let mut server = Server::start(binary(), Options { database_url: Some(url.clone()), ..Options::default() }).await;
    let mut simulation = Simulation::start(&server, SIMULATION_SECONDS).await;
    for kill in 1..=KILLS {
        // The moment itself is what is drawn: nothing is waited for.
        let moment = rand::random_range(100..900);
        tokio::time::sleep(std::time::Duration::from_millis(moment)).await;
        assert!(simulation.is_running(), "it ended before kill {kill}");
        block_in_place(|| postgres.kill().expect("it is killed"));
        eventually("its processes end", async || orphans_are_gone(&url).then_some(())).await;
        block_in_place(|| postgres.start_again().expect("it starts again"));
    }
    simulation.finish();
    assert!(server.stop().await.success());
    doctor(&server);
}
