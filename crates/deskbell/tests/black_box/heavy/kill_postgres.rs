//! `kill -9` of PostgreSQL under a running desk: the desk goes on once it is back, and nothing acknowledged is lost.

use super::kill_server::doctor;
use super::load::Load;
use crate::binary;
use deskbell_testkit::postgres::{ThrowawayPostgres, orphans_are_gone};
use deskbell_testkit::{Options, Server, eventually};
use tokio::task::block_in_place;

const KILLS: usize = 50;
const MESSAGES_PER_LIFE: usize = 20;

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
