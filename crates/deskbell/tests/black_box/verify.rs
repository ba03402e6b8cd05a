//! `deskbell verify`: what is spoilt in the database itself is found, named and made right, while the desk serves.

use crate::binary;
use deskbell_store::{Db, Location, Options as StoreOptions};
use deskbell_testkit::postgres::Database;
use deskbell_testkit::{Options, Server};
use std::process::Output;
use tokio::task::block_in_place;

const DEMO: &[&str] = &["demo", "--seed", "7", "--days", "3", "--conversations", "40", "--until", "1790000000"];
const PARTS: [&str; 4] = ["roll-ups, by the journal", "roll-ups, by the rows", "levels, by the journal", "service levels, by their log"];

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let server = Server::create(binary(), Options::default());
    let location = Location::Sqlite(server.data().join("desk.db"));
    what_is_spoilt_is_found_and_made_right(server, &location).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    let database = block_in_place(Database::create);
    let server = Server::create(binary(), Options { database_url: Some(database.url.clone()), ..Options::default() });
    what_is_spoilt_is_found_and_made_right(server, &Location::Postgres(database.url.clone())).await;
}

/// A cell, and what is done to the database.
const SPOILT: [(&str, &str); 3] = [
    (PARTS[2], "UPDATE level_cells SET queue_sum = queue_sum + 60000000 WHERE id = (SELECT MIN(id) FROM level_cells)"),
    (PARTS[2], "DELETE FROM level_presences WHERE set_id = (SELECT id FROM level_sets WHERE state = 'kept') AND medium = 2"),
    (PARTS[3], "UPDATE sla_cells SET items = items + 1"),
];

async fn what_is_spoilt_is_found_and_made_right(mut server: Server, location: &Location) {
    let demo = server.run(DEMO);
    assert!(demo.status.success(), "{demo:?}");
    server.launch().await;
    for (spoilt, sql) in SPOILT {
        is_content(&server);
        block_in_place(|| {
            let beside = StoreOptions { readers: 1, beside_server: true, ..StoreOptions::default() };
            let db = Db::open(location, beside, Box::new(())).expect("the database opens beside the server");
            let changed = db.write_blocking(move |tx| tx.exec(sql, &[])).expect("it is spoilt");
            assert!(changed > 0, "{sql}");
            db.close();
        });
        let found = server.run(&["verify"]);
        let told = text(&found);
        assert_eq!(found.status.code(), Some(1), "{told}");
        for part in PARTS {
            let word = if part == spoilt { "WRONG" } else { "ok   " };
            assert_eq!(told.matches(&format!("{word} {part}: ")).count(), 1, "{part} after {sql}: {told}");
        }
        let rebuilt = server.run(&["verify", "--rebuild"]);
        let told = text(&rebuilt);
        assert!(
            rebuilt.status.success() && told.contains("roll-ups: made anew from ") && told.contains("levels: made anew from "),
            "{told}"
        );
    }
    is_content(&server);
}

fn is_content(server: &Server) {
    let output = server.run(&["verify"]);
    let told = text(&output);
    assert!(output.status.success(), "{told}");
    for part in PARTS {
        assert_eq!(told.matches(&format!("ok    {part}: ")).count(), 1, "{told}");
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
