//! `deskbell verify`: what is spoilt in the database itself is found, named and made right, while the desk serves.

use crate::binary;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Cell, Grain, Slot};
use deskbell_domain::measure::{Medium, Span};
use deskbell_domain::time::Timestamp;
use deskbell_store::suite::damage;
use deskbell_store::tables::levels::{self, SeriesId, presences};
use deskbell_store::{Db, Location, Options as StoreOptions, StoreError, Tx};
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

type Spoil = fn(&mut Tx<'_>) -> Result<(), StoreError>;

/// The last cell of the first series.
fn last_cell(tx: &mut Tx<'_>, grain: Grain) -> Result<(SeriesId, Cell), StoreError> {
    let set = levels::kept(tx)?;
    let (_, series) = levels::all_series(tx, set)?.remove(0);
    Ok((series, levels::last_cell(tx, series, grain)?.expect("a series has a cell")))
}

fn lengthen(tx: &mut Tx<'_>, grain: Grain) -> Result<(), StoreError> {
    let (series, mut cell) = last_cell(tx, grain)?;
    cell.before.queue.sum += 60_000_000;
    levels::put_cell(tx, series, &cell)
}

/// What is done to rows, one after the other: which part names what, then.
const SPOILT: [(&str, &str, Spoil); 6] = [
    // A quarter hour in which the queue was longer, …
    ("levels, by the journal", ", 15 minutes from ", |tx| lengthen(tx, Grain::Quarter)),
    // … and an hour.
    ("levels, by the journal", ", 60 minutes from ", |tx| lengthen(tx, Grain::Hour)),
    // A quarter hour in which nothing happened.
    ("levels, by the journal", " quarter hours, counted ", |tx| {
        let (series, last) = last_cell(tx, Grain::Quarter)?;
        let quarter = Slot::from_i64(Grain::Quarter, last.slot.get() + 40);
        levels::put_cell(tx, series, &Cell { changed: quarter.start(), ..Cell::begin(quarter, last.standing) })
    }),
    // An agent who was there while nobody was.
    ("levels, by the journal", "times that agents were there for chats: ", |tx| {
        let (set, agent, department) = (levels::kept(tx)?, AgentId::from_i64(5), DepartmentId::DEFAULT);
        presences::open(tx, set, Medium::Chats, agent, department, Timestamp::from_seconds(1_789_900_000))
    }),
    // Hours in which goals took longer.
    ("service levels, by their log", "tickets, 60 minutes from ", |tx| damage::lengthen_cells(tx, Medium::Tickets, Span::Hour)),
    // An hour in which nobody reached a goal.
    ("service levels, by their log", "calls, 60 minutes from 1970-01-01T02:00:00Z, department default\n", |tx| {
        damage::add_cell(tx, Medium::Calls, DepartmentId::DEFAULT, Span::Hour, Timestamp::from_seconds(7_200))
    }),
];

async fn what_is_spoilt_is_found_and_made_right(mut server: Server, location: &Location) {
    let demo = server.run(DEMO);
    assert!(demo.status.success(), "{demo:?}");
    server.launch().await;
    for (spoilt, named, spoil) in SPOILT {
        is_content(&server);
        block_in_place(|| {
            let beside = StoreOptions { readers: 1, beside_server: true, ..StoreOptions::default() };
            let db = Db::open(location, beside, Box::new(())).expect("the database opens beside the server");
            db.write_blocking(spoil).expect("it is spoilt");
            db.close();
        });
        let found = server.run(&["verify"]);
        let told = text(&found);
        assert_eq!(found.status.code(), Some(1), "{told}");
        for part in PARTS {
            let word = if part == spoilt { "WRONG" } else { "ok   " };
            assert_eq!(told.matches(&format!("{word} {part}: ")).count(), 1, "{part}, spoilt {spoilt}: {told}");
        }
        assert!(told.contains(named), "{named}: {told}");
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
