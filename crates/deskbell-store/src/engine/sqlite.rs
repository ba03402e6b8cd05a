//! SQLite: one connection to write, some to read, each with its own thread and its prepared statements.

use super::placeholders;
use super::readers::{self, ReaderSession};
use super::row::{Param, Row, Source, Value};
use super::statements::Statements;
use super::tx::{Entry, Failure, Flow, Head, OnRow, Session, Sql};
use super::writer::{Writer, WriterSession};
use crate::error::StoreError;
use rusqlite::{Connection, OpenFlags, Statement};
use std::collections::hash_map;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a statement waits for another process (a backup, a shell).
const BUSY_SECONDS_MAX: u64 = 5;
/// Pages in the log after which a commit copies them into the database: 16 MB.
const CHECKPOINT_PAGES: u32 = 4_000;
/// The log is cut to this size once it was copied.
const LOG_BYTES_KEPT: u32 = 32 * 1024 * 1024;
const WRITER_CACHE_KIB: u32 = 16 * 1024;
/// Readers see the file through `mmap`; their caches hold little.
const READER_CACHE_KIB: u32 = 2 * 1024;
/// As much as SQLite maps at all: reading what lies behind it costs a call of the system for each page.
const MMAP_BYTES: u32 = 0x7fff_0000;
/// Statements put together at run time, kept per connection.
const DYNAMIC_STATEMENTS_MAX: usize = 64;
/// Past this a bound text or blob is let go after the statement.
const BOUND_BYTES_KEPT: usize = 4 * 1024;

/// Holds the right to write a database until it is dropped.
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl Lock {
    /// Takes `<file>.lock`, or says who is in the way.
    pub(super) fn take(database: &Path) -> Result<Lock, StoreError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let unavailable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.display().to_string())),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}

pub(super) fn open_writer(file: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(file)?;
    prepare(&connection, WRITER_CACHE_KIB)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}; PRAGMA journal_size_limit={LOG_BYTES_KEPT}"
    ))?;
    Ok(connection)
}

pub(super) fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&connection, READER_CACHE_KIB)?;
    connection.execute_batch("PRAGMA query_only=ON")?;
    Ok(connection)
}

fn prepare(connection: &Connection, cache_kib: u32) -> Result<(), StoreError> {
    // Plans must not depend on the values bound: else SQLite prepares statements anew while they run.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS_MAX))?;
    connection.set_prepared_statement_cache_capacity(DYNAMIC_STATEMENTS_MAX);
    connection.execute_batch(&format!(
        "PRAGMA cache_size=-{cache_kib}; PRAGMA mmap_size={MMAP_BYTES}; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON"
    ))?;
    Ok(())
}

/// Sets the most pages the file may have.
pub(super) fn limit(connection: &Connection, bytes_max: u64) -> Result<(), StoreError> {
    let page_bytes: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages_max = (i64::try_from(bytes_max).unwrap_or(i64::MAX) / page_bytes).max(1);
    connection.query_row(&format!("PRAGMA max_page_count={pages_max}"), [], |_| Ok(()))?;
    Ok(())
}

/// Copies the whole log into the database and empties it.
pub(super) fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

pub(super) struct SqliteSession<'c> {
    connection: &'c Connection,
    fixed: Statements<Statement<'c>>,
    /// The committed head; `None` when it must be read again.
    head: Option<Head>,
    /// SQLite's own count of what other connections committed: when it moves, the head is read again.
    seen: i64,
}

impl<'c> SqliteSession<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        SqliteSession { connection, fixed: Statements::default(), head: None, seen: -1 }
    }

    fn fixed(&mut self, sql: &'static str) -> Result<&mut Statement<'c>, StoreError> {
        match self.fixed.entry(sql.into()) {
            hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            hash_map::Entry::Vacant(entry) => Ok(entry.insert(self.connection.prepare(&placeholders::for_sqlite(sql))?)),
        }
    }

    fn command(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.fixed(sql)?.raw_execute()?;
        Ok(())
    }
}

impl Session for SqliteSession<'_> {
    fn rows(&mut self, sql: Sql<'_>, params: &[&dyn Param], on_row: OnRow<'_>) -> Result<(), Failure> {
        match sql {
            Sql::Fixed(sql) => rows(self.fixed(sql)?, params, on_row),
            Sql::Dynamic(sql) => rows(&mut *self.connection.prepare_cached(&placeholders::for_sqlite(sql))?, params, on_row),
        }
    }

    fn exec(&mut self, sql: Sql<'_>, params: &[&dyn Param]) -> Result<u64, StoreError> {
        match sql {
            Sql::Fixed(sql) => exec(self.fixed(sql)?, params),
            Sql::Dynamic(sql) => exec(&mut *self.connection.prepare_cached(&placeholders::for_sqlite(sql))?, params),
        }
    }

    fn append(&mut self, entry: Entry) -> Result<(), StoreError> {
        let statement = self.fixed("INSERT INTO journal (number, at, conversation_id, kind, body) VALUES ($1, $2, $3, $4, $5)")?;
        exec(statement, &[&entry.number, &entry.at, &entry.conversation, &entry.kind, &entry.body])?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql)?;
        Ok(())
    }
}

impl WriterSession for SqliteSession<'_> {
    fn begin(&mut self) -> Result<Head, StoreError> {
        self.command("BEGIN IMMEDIATE")?;
        let seen = self.fixed("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if let Some(head) = self.head
            && seen == self.seen
        {
            return Ok(head);
        }
        self.seen = seen;
        let statement = self.fixed("SELECT number, next_entity, next_tag, desk_key, epoch FROM journal_head WHERE id = 1")?;
        let head = statement.query_row([], |row| {
            Ok(Head {
                number: row.get(0)?,
                next_entity: row.get(1)?,
                next_tag: row.get(2)?,
                desk_key: row.get::<_, i64>(3)?.cast_unsigned(),
                epoch: row.get(4)?,
            })
        })?;
        self.head = Some(head);
        Ok(head)
    }

    fn savepoint(&mut self) -> Result<(), StoreError> {
        self.command("SAVEPOINT job")
    }

    fn release(&mut self) -> Result<(), StoreError> {
        self.command("RELEASE job")
    }

    fn rollback_to(&mut self) -> Result<(), StoreError> {
        self.command("ROLLBACK TO job")?;
        self.command("RELEASE job")
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.command("ROLLBACK")
    }

    fn commit(&mut self, head: Option<&Head>) -> Result<(), StoreError> {
        // If anything below fails, what is stored is read again.
        let before = self.head.take();
        if let Some(head) = head {
            let statement = self.fixed("UPDATE journal_head SET number = $1, next_entity = $2, next_tag = $3, epoch = $4 WHERE id = 1")?;
            exec(statement, &[&head.number, &head.next_entity, &head.next_tag, &head.epoch])?;
        }
        self.command("COMMIT")?;
        self.head = head.copied().or(before);
        Ok(())
    }

    fn is_lost(&self) -> bool {
        false
    }

    fn idle(&mut self) {}

    fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }
}

impl ReaderSession for SqliteSession<'_> {
    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.command("BEGIN")
    }

    fn end_snapshot(&mut self) -> Result<(), StoreError> {
        self.command("ROLLBACK")
    }
}

/// A reader's connection.
pub(super) struct ReaderSource<'c>(SqliteSession<'c>);

impl<'c> ReaderSource<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        ReaderSource(SqliteSession::new(connection))
    }
}

impl readers::Source for ReaderSource<'_> {
    fn session(&mut self, _: u64) -> Result<&mut (dyn ReaderSession + '_), StoreError> {
        Ok(&mut self.0)
    }
}

/// Binds all parameters; tells whether a long one is among them.
fn bind(statement: &mut Statement<'_>, params: &[&dyn Param]) -> Result<bool, StoreError> {
    if statement.parameter_count() != params.len() {
        return Err(StoreError::Sql(format!("{} values for {} placeholders", params.len(), statement.parameter_count())));
    }
    let mut long = false;
    for (index, param) in params.iter().enumerate() {
        let value = param.value();
        match value {
            Value::Text(text) => {
                super::refuse_nul(text)?;
                long |= text.len() > BOUND_BYTES_KEPT;
            }
            Value::Blob(bytes) => long |= bytes.len() > BOUND_BYTES_KEPT,
            Value::Null | Value::Integer(_) | Value::Real(_) => {}
        }
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(long)
}

fn rows(statement: &mut Statement<'_>, params: &[&dyn Param], on_row: OnRow<'_>) -> Result<(), Failure> {
    let long = bind(statement, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        if on_row(&Row(Source::Sqlite(row))).map_err(Failure::Caller)? == Flow::Enough {
            break;
        }
    }
    drop(rows);
    if long {
        statement.clear_bindings();
    }
    Ok(())
}

fn exec(statement: &mut Statement<'_>, params: &[&dyn Param]) -> Result<u64, StoreError> {
    let long = bind(statement, params)?;
    let changed = statement.raw_execute()?;
    if long {
        statement.clear_bindings();
    }
    Ok(changed as u64)
}

/// What the writer's thread leaves behind when it ends.
pub(super) struct Remains {
    connection: Connection,
    #[expect(dead_code, reason = "held until the log is copied")]
    lock: Option<Lock>,
}

impl Remains {
    pub(super) fn close(self) {
        if let Err(error) = checkpoint(&self.connection) {
            tracing::warn!(error = %error, "the log could not be copied into the database on closing");
        }
    }
}

/// Opens the file to write, runs the migrations.
pub(super) fn start(file: &Path, options: &super::Options) -> Result<(Remains, Head), StoreError> {
    let lock = if options.beside_server { None } else { Some(Lock::take(file)?) };
    let connection = open_writer(file)?;
    // Migrations may rebuild tables that others refer to.
    connection.execute_batch("PRAGMA foreign_keys=OFF")?;
    let head = crate::migrations::run(&mut SqliteSession::new(&connection), super::EngineKind::Sqlite)?;
    connection.execute_batch("PRAGMA foreign_keys=ON")?;
    if let Some(bytes_max) = options.storage_bytes_max {
        limit(&connection, bytes_max)?;
    }
    Ok((Remains { connection, lock }, head))
}

/// The writer's thread.
pub(super) fn write(remains: Remains, mut writer: Writer) -> Remains {
    let mut session = SqliteSession::new(&remains.connection);
    writer.drive(&mut session);
    drop(session);
    remains
}
