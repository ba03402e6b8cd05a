//! Runs migrations: the engine's own tables first, then those of [`crate::schema`]. A shipped migration is never edited; the runner
//! compares checksums, and refuses a database that has migrations unknown to this program.

use crate::engine::{EngineKind, Head, Mode, Session, Tx};
use crate::error::StoreError;
use crate::schema;
use std::collections::HashMap;

/// A name and its statements, in the dialect of migrations: `{PK}`, `{TEXT}`, `{BLOB}`, and behind a table's columns `{BY_KEY}` where its rows are to
/// lie in the order of its key on SQLite. Where the engines must differ, what stands before `{POSTGRES}` is SQLite's and what stands behind it
/// PostgreSQL's.
pub type Migration = (&'static str, &'static str);

/// The engine's own tables.
const ENGINE: &[Migration] = &[(
    "engine-1",
    "
    CREATE TABLE journal (
        number {PK},
        at BIGINT NOT NULL,
        conversation_id BIGINT,
        kind {TEXT} NOT NULL,
        body {TEXT} NOT NULL
    );
    CREATE INDEX journal_by_conversation ON journal (conversation_id, number) WHERE conversation_id IS NOT NULL;
    CREATE INDEX journal_by_time ON journal (at);
    CREATE TABLE journal_head (
        id {PK},
        number BIGINT NOT NULL,
        next_entity BIGINT NOT NULL,
        next_tag BIGINT NOT NULL,
        desk_key BIGINT NOT NULL,
        epoch BIGINT NOT NULL
    );
    CREATE TABLE idempotency (
        scope {TEXT} NOT NULL,
        key {TEXT} NOT NULL,
        at BIGINT NOT NULL,
        outcome {TEXT} NOT NULL,
        PRIMARY KEY (scope, key)
    );
    CREATE INDEX idempotency_by_time ON idempotency (at);
    CREATE TABLE reader_cursors (
        name {TEXT} NOT NULL PRIMARY KEY,
        number BIGINT NOT NULL
    );
    ",
)];

/// Only one node migrates at a time ("deskbell" in ASCII).
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(7233191284862086252)";
/// Epochs fit a JavaScript number.
const EPOCH_BITS: u32 = 48;

/// Applies what is missing, in one transaction; returns the head of the journal.
pub(crate) fn run(session: &mut dyn Session, engine: EngineKind) -> Result<Head, StoreError> {
    match engine {
        EngineKind::Sqlite => session.script("BEGIN IMMEDIATE")?,
        // Another node's migration may take longer than a write may wait.
        EngineKind::Postgres => session.script(&format!("BEGIN; SET LOCAL lock_timeout = 0; {ADVISORY_LOCK}"))?,
    }
    match apply(session, engine) {
        Ok(head) => {
            session.script("COMMIT")?;
            Ok(head)
        }
        Err(error) => {
            if let Err(error) = session.script("ROLLBACK") {
                tracing::warn!(error = %error, "rolling back a failed migration failed");
            }
            Err(error)
        }
    }
}

fn apply(session: &mut dyn Session, engine: EngineKind) -> Result<Head, StoreError> {
    session.script(&for_engine(
        "CREATE TABLE IF NOT EXISTS schema_migrations (name {TEXT} NOT NULL PRIMARY KEY, position BIGINT NOT NULL, checksum {TEXT} NOT NULL)",
        engine,
    ))?;
    let mut applied: HashMap<String, String> =
        read(session).all::<(String, String)>("SELECT name, checksum FROM schema_migrations", &[])?.into_iter().collect();
    let fresh = applied.is_empty();
    let mut position = applied.len() as i64;
    let mut changed = false;
    for &(name, text) in ENGINE.iter().chain(schema::MIGRATIONS) {
        let checksum = checksum(text);
        match applied.remove(name) {
            Some(known) if known == checksum => {}
            Some(_) => return Err(StoreError::Edited(name.to_owned())),
            None => {
                session.script(&for_engine(text, engine)).map_err(|error| in_migration(name, error))?;
                read(session)
                    .exec("INSERT INTO schema_migrations (name, position, checksum) VALUES ($1, $2, $3)", &[&name, &position, &checksum])?;
                position += 1;
                changed = true;
            }
        }
    }
    if let Some(unknown) = applied.into_keys().min() {
        return Err(StoreError::Newer(unknown));
    }
    if changed && !fresh && engine == EngineKind::Sqlite {
        check_references(session)?;
    }
    head(session)
}

/// Foreign keys are off while tables are rebuilt on SQLite.
fn check_references(session: &mut dyn Session) -> Result<(), StoreError> {
    match read(session).opt::<(String,)>("PRAGMA foreign_key_check", &[])? {
        None => Ok(()),
        Some((table,)) => Err(StoreError::Corrupt(format!("a migration left rows of {table} that refer to nothing"))),
    }
}

/// The head of the journal; a new desk gets its key and its epoch.
fn head(session: &mut dyn Session) -> Result<Head, StoreError> {
    const SELECT: &str = "SELECT number, next_entity, next_tag, desk_key, epoch FROM journal_head WHERE id = 1";
    type Columns = (i64, i64, i64, i64, i64);
    let mut tx = read(session);
    let stored = match tx.opt::<Columns>(SELECT, &[])? {
        Some(stored) => stored,
        None => {
            let (desk_key, epoch) = (draw()?.cast_signed(), new_epoch()?);
            tx.exec(
                "INSERT INTO journal_head (id, number, next_entity, next_tag, desk_key, epoch) VALUES (1, 0, 0, 0, $1, $2)",
                &[&desk_key, &epoch],
            )?;
            tx.one::<Columns>(SELECT, &[])?
        }
    };
    let (number, next_entity, next_tag, desk_key, epoch) = stored;
    Ok(Head { number, next_entity, next_tag, desk_key: desk_key.cast_unsigned(), epoch })
}

/// Another epoch than any before, very likely.
pub(crate) fn new_epoch() -> Result<i64, StoreError> {
    Ok((draw()? >> (u64::BITS - EPOCH_BITS)).cast_signed() | 1)
}

fn draw() -> Result<u64, StoreError> {
    getrandom::u64().map_err(|error| StoreError::Unavailable(format!("no randomness: {error}")))
}

fn read(session: &mut dyn Session) -> Tx<'_> {
    Tx::new(session, Mode::Read { epoch: 0 })
}

fn in_migration(name: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Sql(detail) => StoreError::Sql(format!("migration {name}: {detail}")),
        other => other,
    }
}

/// Fills the placeholders in.
fn for_engine(text: &str, engine: EngineKind) -> String {
    let (key, plain, blob, by_key) = match engine {
        EngineKind::Sqlite => ("INTEGER PRIMARY KEY", "TEXT", "BLOB", " WITHOUT ROWID"),
        EngineKind::Postgres => ("BIGINT PRIMARY KEY", "TEXT COLLATE \"C\"", "BYTEA", ""),
    };
    let own = match (text.split_once("{POSTGRES}"), engine) {
        (None, _) => text,
        (Some((sqlite, _)), EngineKind::Sqlite) => sqlite,
        (Some((_, postgres)), EngineKind::Postgres) => postgres,
    };
    own.replace("{PK}", key).replace("{TEXT}", plain).replace("{BLOB}", blob).replace("{BY_KEY}", by_key)
}

/// FNV-1a over 64 bits: it guards against mistakes, not against malice.
fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

/// What made a database in which the named migration was the last, for tests of those behind it.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn script_up_to(last: &str, engine: EngineKind) -> String {
    let mut script = for_engine(
        "CREATE TABLE schema_migrations (name {TEXT} NOT NULL PRIMARY KEY, position BIGINT NOT NULL, checksum {TEXT} NOT NULL);",
        engine,
    );
    for (position, &(name, text)) in ENGINE.iter().chain(schema::MIGRATIONS).enumerate() {
        script += &for_engine(text, engine);
        script += &format!(";INSERT INTO schema_migrations VALUES ('{name}', {position}, '{}');", checksum(text));
        if name == last {
            return script;
        }
    }
    panic!("there is no migration {last}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_checksums_are_fnv() {
        assert_eq!(checksum(""), "cbf29ce484222325");
        assert_eq!(checksum("a"), "af63dc4c8601ec8c");
        let names: Vec<&str> = ENGINE.iter().chain(schema::MIGRATIONS).map(|(name, _)| *name).collect();
        let mut distinct = names.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), names.len(), "migration names repeat");
    }

    #[test]
    fn no_placeholder_is_left() {
        for (name, text) in ENGINE.iter().chain(schema::MIGRATIONS) {
            for engine in [EngineKind::Sqlite, EngineKind::Postgres] {
                assert!(!for_engine(text, engine).contains('{'), "{name} on {engine:?}");
            }
        }
    }
}
