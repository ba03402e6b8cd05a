//! The only SQL: one dialect for SQLite and PostgreSQL, migrations, the journal, the writer and the readers, and the suite that both
//! engines pass. It knows no HTTP and decides no rules.
//!
//! # The dialect
//!
//! - Placeholders are `$1`, `$2`, …; `LIMIT $3` is fine. On SQLite they become `?1`, `?2`, … once per statement, literals left alone.
//! - **Every integer, flag and moment is BIGINT**: flags are 0 or 1, moments are microseconds since 1970. A `bool` binds as 0 or 1 and reads
//!   back from them (`WHERE enabled = $1` with `&true`; never `WHERE enabled`, never the words TRUE and FALSE in a column's value).
//! - Texts are `{TEXT}`, bytes `{BLOB}`, the integer key of a table `{PK}`, fractions `DOUBLE PRECISION` in migrations; `{BY_KEY}` behind a table's
//!   columns keeps its rows in the order of its key, where the engine can.
//! - A text must not hold a NUL (PostgreSQL cannot store it); binding one is an error on both engines.
//! - `CAST(SUM(x) AS BIGINT)`, `lower(x) LIKE $1`, `NULLS FIRST` or `NULLS LAST` wherever NULLs are sorted, no `now()`, no deferred constraints.
//! - Inside a write, a failed statement ends the job: whatever follows is refused, and the job is rolled back even if it returns `Ok`. So
//!   `INSERT … ON CONFLICT DO NOTHING`, not "insert, and look at the error".
//! - A job sees its own events through [`journal`] only, not by a query of its own on that table: PostgreSQL gets them in one statement.
//! - The rows of a query are in memory at once on PostgreSQL: page by keyset.

pub mod codec;
pub mod cursors;
pub mod engine;
pub mod error;
pub mod idempotency;
pub mod journal;
pub mod migrations;
pub mod recount;
pub mod schema;
#[cfg(any(test, feature = "testing"))]
pub mod suite;
pub mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod throwaway_postgres;
pub mod varint;

pub use engine::{Column, Db, EngineKind, FromRow, Location, Options, Param, Row, Sink, Tx, Value};
pub use error::StoreError;
