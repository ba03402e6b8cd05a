//! A PostgreSQL database of one's own: on the server that `cargo xtask test` has started, or on one that lives as long as this value.

pub use deskbell_store::throwaway_postgres::ThrowawayPostgres;
use deskbell_store::throwaway_postgres::create_database;
use std::fs;

/// Names a server to test with.
const SERVER_VARIABLE: &str = "DESKBELL_TEST_POSTGRES";

pub struct Database {
    pub url: String,
    _own: Option<ThrowawayPostgres>,
}

impl Database {
    pub fn create() -> Database {
        let given = std::env::var_os(SERVER_VARIABLE).map(|url| url.into_string().expect("the URL is UTF-8"));
        let own = given.is_none().then(|| ThrowawayPostgres::start().expect("a throw-away PostgreSQL starts"));
        let server = given.or_else(|| own.as_ref().map(ThrowawayPostgres::url)).expect("one of both is there");
        Database { url: create_database(&server).expect("a database is created"), _own: own }
    }
}

/// True once none of a killed server's processes serves the database any more: they notice only after a moment, and write to its log.
pub fn orphans_are_gone(url: &str) -> bool {
    let database = url.rsplit('/').next().unwrap_or_default();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let titles = processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    !titles.into_iter().any(|title| title.starts_with("postgres: ") && title.contains(database))
}
