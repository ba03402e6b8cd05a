//! PostgreSQL: the blocking client on threads of its own, one connection to write, some to read; connections that break are made anew.

use super::readers::{ReaderSession, Source};
use super::row::{self, Param, Row, Value};
use super::statements::Statements;
use super::tx::{Entry, Failure, Flow, Head, OnRow, Session, Sql};
use super::writer::{Exit, Message, Writer, WriterSession};
use crate::error::StoreError;
use crossbeam_channel::RecvTimeoutError;
use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Config, NoTls, SimpleQueryMessage, Statement};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Jobs that share a commit, at most. Past 64 subtransactions PostgreSQL has to look them up on disk.
pub(super) const GROUP_JOBS_MAX: usize = 60;
/// How long a connection may take to be made.
const CONNECT_MILLIS_MAX: u64 = 1_500;
/// How long sent data may stay unacknowledged before the connection counts as lost.
const UNANSWERED_SECONDS_MAX: u64 = 5;
/// How long after its last use a reader's connection is taken for alive.
const TRUSTED_SECONDS: u64 = 1;
const BACKOFF_MILLIS_MIN: u64 = 100;
const BACKOFF_MILLIS_MAX: u64 = 2_000;
/// Statements put together at run time, kept per connection.
const DYNAMIC_STATEMENTS_MAX: usize = 64;
/// How long the writer waits for another node's transaction, and how long the server keeps a transaction whose client is silent.
const WRITER_SETTINGS: &str = "SET synchronous_commit = on; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '15s'";
const READER_SETTINGS: &str = "SET default_transaction_read_only = on; SET idle_in_transaction_session_timeout = '60s'";

/// All waiting rows of the journal in one round trip.
const APPEND: &str = "INSERT INTO journal (number, at, conversation_id, kind, body)
    SELECT * FROM UNNEST(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]))";

/// Reads a URL (or key=value pairs).
pub(super) fn config(url: &str) -> Result<Config, StoreError> {
    let mut config: Config = url.parse().map_err(|error| StoreError::Unavailable(format!("the database's address is wrong: {error}")))?;
    config
        .connect_timeout(Duration::from_millis(CONNECT_MILLIS_MAX))
        .tcp_user_timeout(Duration::from_secs(UNANSWERED_SECONDS_MAX))
        .keepalives_idle(Duration::from_secs(UNANSWERED_SECONDS_MAX))
        .keepalives_interval(Duration::from_secs(1))
        .keepalives_retries(3);
    if config.get_application_name().is_none() {
        config.application_name("deskbell");
    }
    Ok(config)
}

pub(super) struct PostgresSession {
    client: Client,
    /// The driver does not count a connection as closed after every error that ends it.
    broken: bool,
    used: Instant,
    fixed: Statements<Statement>,
    dynamic: HashMap<String, Statement>,
    journal: Vec<Entry>,
    /// How many of `journal` are in the table; and both counts at the savepoint.
    flushed: usize,
    at_savepoint: (usize, usize),
    savepoint: Savepoint,
}

/// A savepoint costs a round trip, so releasing one waits for the next, and one that was rolled back to is used again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    None,
    Clean,
    Used,
}

impl PostgresSession {
    fn connect(config: &Config, settings: &str) -> Result<Self, StoreError> {
        let mut client = config.connect(NoTls)?;
        client.batch_execute(settings)?;
        Ok(PostgresSession {
            client,
            broken: false,
            used: Instant::now(),
            fixed: Statements::default(),
            dynamic: HashMap::new(),
            journal: Vec::new(),
            flushed: 0,
            at_savepoint: (0, 0),
            savepoint: Savepoint::None,
        })
    }

    fn statement(&mut self, sql: Sql<'_>) -> Result<Statement, StoreError> {
        let sql = match sql {
            Sql::Fixed(sql) => return self.prepared(sql),
            Sql::Dynamic(sql) => sql,
        };
        if let Some(statement) = self.dynamic.get(sql) {
            return Ok(statement.clone());
        }
        if self.dynamic.len() >= DYNAMIC_STATEMENTS_MAX {
            self.dynamic.clear();
        }
        let statement = self.call(|client| client.prepare(sql))?;
        self.dynamic.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.fixed.get(&sql.into()) {
            return Ok(statement.clone());
        }
        let statement = self.call(|client| client.prepare(sql))?;
        self.fixed.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    fn call<T>(&mut self, run: impl FnOnce(&mut Client) -> Result<T, postgres::Error>) -> Result<T, StoreError> {
        run(&mut self.client).map_err(|error| {
            if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) {
                // A newer node's migration made a prepared statement unusable; the next use prepares it again.
                self.fixed.clear();
                self.dynamic.clear();
            }
            let error = StoreError::from(error);
            self.broken |= matches!(error, StoreError::Unavailable(_));
            error
        })
    }

    fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        self.call(|client| client.batch_execute(sql))
    }

    fn is_broken(&self) -> bool {
        self.broken || self.client.is_closed()
    }

    /// Asks the server for a sign of life.
    fn ping(&mut self) {
        let patience = Duration::from_millis(CONNECT_MILLIS_MAX);
        // An error leaves its mark.
        self.broken |= self.call(|client| client.is_valid(patience)).is_err();
    }

    fn reset(&mut self) {
        self.journal.clear();
        self.flushed = 0;
        self.at_savepoint = (0, 0);
        self.savepoint = Savepoint::None;
    }

    /// Runs one text that ends with the query of a head.
    fn head(&mut self, sql: &str) -> Result<Head, StoreError> {
        let messages = self.call(|client| client.simple_query(sql))?;
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let number = |column: usize| {
            row.and_then(|row| row.get(column))
                .and_then(|text| text.parse::<i64>().ok())
                .ok_or_else(|| StoreError::Corrupt("journal_head has no row".to_owned()))
        };
        Ok(Head {
            number: number(0)?,
            next_entity: number(1)?,
            next_tag: number(2)?,
            desk_key: number(3)?.cast_unsigned(),
            epoch: number(4)?,
        })
    }
}

/// Parameters as the driver wants them.
fn values<'p>(params: &'p [&'p dyn Param]) -> Result<Vec<Value<'p>>, StoreError> {
    params
        .iter()
        .map(|param| {
            let value = param.value();
            if let Value::Text(text) = value {
                super::refuse_nul(text)?;
            }
            Ok(value)
        })
        .collect()
}

fn bound<'v>(values: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Session for PostgresSession {
    fn rows(&mut self, sql: Sql<'_>, params: &[&dyn Param], on_row: OnRow<'_>) -> Result<(), Failure> {
        let statement = self.statement(sql)?;
        let values = values(params)?;
        check_count(&statement, &values)?;
        let rows = self.call(|client| client.query(&statement, &bound(&values)))?;
        for row in &rows {
            if on_row(&Row(row::Source::Postgres(row))).map_err(Failure::Caller)? == Flow::Enough {
                break;
            }
        }
        Ok(())
    }

    fn exec(&mut self, sql: Sql<'_>, params: &[&dyn Param]) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        let values = values(params)?;
        check_count(&statement, &values)?;
        self.call(|client| client.execute(&statement, &bound(&values)))
    }

    fn append(&mut self, entry: Entry) -> Result<(), StoreError> {
        self.journal.push(entry);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.flushed == self.journal.len() {
            return Ok(());
        }
        let statement = self.prepared(APPEND)?;
        let journal = std::mem::take(&mut self.journal);
        let waiting = &journal[self.flushed..];
        let numbers: Vec<i64> = waiting.iter().map(|entry| entry.number).collect();
        let moments: Vec<i64> = waiting.iter().map(|entry| entry.at).collect();
        let conversations: Vec<Option<i64>> = waiting.iter().map(|entry| entry.conversation).collect();
        let kinds: Vec<&str> = waiting.iter().map(|entry| entry.kind).collect();
        let bodies: Vec<&str> = waiting.iter().map(|entry| entry.body.as_str()).collect();
        let stored = self.call(|client| client.execute(&statement, &[&numbers, &moments, &conversations, &kinds, &bodies]));
        self.journal = journal;
        stored?;
        self.flushed = self.journal.len();
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.run(sql)
    }
}

fn check_count(statement: &Statement, values: &[Value<'_>]) -> Result<(), StoreError> {
    if statement.params().len() == values.len() {
        return Ok(());
    }
    Err(StoreError::Sql(format!("{} values for {} placeholders", values.len(), statement.params().len())))
}

impl WriterSession for PostgresSession {
    fn begin(&mut self) -> Result<Head, StoreError> {
        self.reset();
        let begun = self.head(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT number, next_entity, next_tag, desk_key, epoch FROM journal_head WHERE id = 1 FOR UPDATE",
        );
        if begun.is_err() && !self.is_broken() {
            // The lock was not given: the transaction is there, and useless.
            self.rollback()?;
        }
        begun
    }

    fn savepoint(&mut self) -> Result<(), StoreError> {
        match self.savepoint {
            Savepoint::None => self.run("SAVEPOINT job")?,
            Savepoint::Used => self.run("RELEASE job; SAVEPOINT job")?,
            Savepoint::Clean => {}
        }
        self.savepoint = Savepoint::Clean;
        self.at_savepoint = (self.journal.len(), self.flushed);
        Ok(())
    }

    fn release(&mut self) -> Result<(), StoreError> {
        self.savepoint = Savepoint::Used;
        Ok(())
    }

    fn rollback_to(&mut self) -> Result<(), StoreError> {
        self.run("ROLLBACK TO job")?;
        let (appended, flushed) = self.at_savepoint;
        self.journal.truncate(appended);
        self.flushed = flushed;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.reset();
        if self.is_broken() {
            return Ok(());
        }
        self.run("ROLLBACK")
    }

    fn commit(&mut self, head: Option<&Head>) -> Result<(), StoreError> {
        self.flush()?;
        match head {
            Some(Head { number, next_entity, next_tag, epoch, .. }) => self.run(&format!(
                "UPDATE journal_head SET number = {number}, next_entity = {next_entity}, next_tag = {next_tag}, epoch = {epoch} WHERE id = 1; COMMIT"
            ))?,
            None => self.run("COMMIT")?,
        }
        self.reset();
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.is_broken()
    }

    fn in_transaction(&self) -> bool {
        !self.is_broken()
    }

    fn idle(&mut self) {
        self.ping();
    }
}

impl ReaderSession for PostgresSession {
    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn end_snapshot(&mut self) -> Result<(), StoreError> {
        self.run("ROLLBACK")
    }
}

/// Waits between attempts: longer each time.
struct Backoff(Duration);

impl Backoff {
    const START: Backoff = Backoff(Duration::from_millis(BACKOFF_MILLIS_MIN));

    fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(Duration::from_millis(BACKOFF_MILLIS_MAX));
        wait
    }
}

/// Connects to write, runs the migrations.
pub(super) fn start(config: &Config) -> Result<(PostgresSession, Head), StoreError> {
    let mut session = PostgresSession::connect(config, WRITER_SETTINGS)?;
    let head = crate::migrations::run(&mut session, super::EngineKind::Postgres)?;
    Ok((session, head))
}

/// The writer's thread.
pub(super) fn write(config: &Config, mut session: PostgresSession, mut writer: Writer) {
    while writer.drive(&mut session) == Exit::Lost {
        writer.shared.set_healthy(false);
        tracing::warn!("the database connection of the writer was lost");
        let Some((fresh, head)) = reconnect(config, &writer) else {
            return;
        };
        session = fresh;
        writer.shared.set_epoch(head.epoch);
        writer.shared.note_reconnect();
        writer.announced = head.number;
        writer.tell(|sink| sink.reconnected(head.number));
        writer.shared.set_healthy(true);
        tracing::info!(journal.head = head.number, "the database connection of the writer is back");
    }
}

/// Tries until it succeeds, refusing the jobs that come meanwhile; `None` if the store is closed first.
fn reconnect(config: &Config, writer: &Writer) -> Option<(PostgresSession, Head)> {
    let mut backoff = Backoff::START;
    loop {
        let attempt = PostgresSession::connect(config, WRITER_SETTINGS).and_then(|mut session| {
            let head = session.head("SELECT number, next_entity, next_tag, desk_key, epoch FROM journal_head WHERE id = 1")?;
            Ok((session, head))
        });
        let error = match attempt {
            Ok(connected) => return Some(connected),
            Err(error) => StoreError::Unavailable(error.to_string()),
        };
        let deadline = Instant::now() + backoff.next();
        loop {
            match writer.queue.recv_deadline(deadline) {
                Ok(Message::Job(job, place)) => {
                    drop(place);
                    job.finish(Some(&error));
                }
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
    }
}

/// A reader's connection.
pub(super) struct ReaderSource {
    config: Config,
    session: Option<PostgresSession>,
    backoff: Backoff,
    /// No attempt before this, and why the last one failed.
    blocked: Option<(Instant, StoreError)>,
    /// How often the writer's connection had been made anew when this one was last looked at.
    reconnects: u64,
}

impl ReaderSource {
    pub(super) fn new(config: Config) -> Self {
        ReaderSource { config, session: None, backoff: Backoff::START, blocked: None, reconnects: 0 }
    }

    fn connect(&mut self) -> Result<PostgresSession, StoreError> {
        if let Some((until, error)) = &self.blocked
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        match PostgresSession::connect(&self.config, READER_SETTINGS) {
            Ok(session) => {
                self.backoff = Backoff::START;
                self.blocked = None;
                Ok(session)
            }
            Err(error) => {
                let error = StoreError::Unavailable(error.to_string());
                self.blocked = Some((Instant::now() + self.backoff.next(), error.clone()));
                Err(error)
            }
        }
    }
}

/// Drops a connection that is gone. One that was not used for a while may be gone unnoticed.
fn still_usable(mut session: PostgresSession) -> Option<PostgresSession> {
    if session.used.elapsed() > Duration::from_secs(TRUSTED_SECONDS) {
        session.ping();
    }
    (!session.is_broken()).then_some(session)
}

impl Source for ReaderSource {
    fn session(&mut self, reconnects: u64) -> Result<&mut (dyn ReaderSession + '_), StoreError> {
        if reconnects != self.reconnects {
            // The database went away and came back: so did this connection, though nobody may have noticed.
            self.reconnects = reconnects;
            self.session = None;
            self.blocked = None;
        }
        let mut session = match self.session.take().and_then(still_usable) {
            Some(session) => session,
            None => self.connect()?,
        };
        session.used = Instant::now();
        Ok(self.session.insert(session))
    }
}
