//! PostgreSQL: the blocking client on threads of its own, one connection to write, some to read; connections that break are made anew.

use super::readers::{ReaderSession, Source};
use super::row::{self, Param, Row, Value};
use super::statements::Statements;
use super::tx::{Entry, Failure, Flow, Head, OnRow, Session, Sql};
use super::writer::{Exit, Message, Writer, WriterSession};
use crate::error::StoreError;
use crossbeam_channel::RecvTimeoutError;
use postgres::types::ToSql;
use postgres::{Client, Config, NoTls, SimpleQueryMessage, Statement};
use std::collections::{HashMap, hash_map};
use std::time::{Duration, Instant};

/// Jobs that share a commit, at most. Past 64 subtransactions PostgreSQL has to look them up on disk.
pub(super) const GROUP_JOBS_MAX: usize = 60;
/// How long a connection may take to be made.
const CONNECT_MILLIS_MAX: u64 = 1_500;
/// How long sent data may stay unacknowledged before the connection counts as lost.
const UNANSWERED_SECONDS_MAX: u64 = 5;
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
            Sql::Fixed(sql) => return prepared(&mut self.fixed, &mut self.client, sql),
            Sql::Dynamic(sql) => sql,
        };
        if let Some(statement) = self.dynamic.get(sql) {
            return Ok(statement.clone());
        }
        if self.dynamic.len() >= DYNAMIC_STATEMENTS_MAX {
            self.dynamic.clear();
        }
        let statement = self.client.prepare(sql)?;
        self.dynamic.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// A migration of a newer node can make a prepared statement unusable; the next use prepares it again.
    fn forget_after(&mut self, error: postgres::Error) -> StoreError {
        if error.code() == Some(&postgres::error::SqlState::FEATURE_NOT_SUPPORTED) {
            self.fixed.clear();
            self.dynamic.clear();
        }
        error.into()
    }

    fn reset(&mut self) {
        self.journal.clear();
        self.flushed = 0;
        self.at_savepoint = (0, 0);
        self.savepoint = Savepoint::None;
    }

    /// Runs one text that ends with the query of a head.
    fn head(&mut self, sql: &str) -> Result<Head, StoreError> {
        let messages = self.client.simple_query(sql)?;
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

fn prepared(statements: &mut Statements<Statement>, client: &mut Client, sql: &'static str) -> Result<Statement, StoreError> {
    match statements.entry(sql.into()) {
        hash_map::Entry::Occupied(entry) => Ok(entry.get().clone()),
        hash_map::Entry::Vacant(entry) => Ok(entry.insert(client.prepare(sql)?).clone()),
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
        let rows = self.client.query(&statement, &bound(&values)).map_err(|error| self.forget_after(error))?;
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
        self.client.execute(&statement, &bound(&values)).map_err(|error| self.forget_after(error))
    }

    fn append(&mut self, entry: Entry) -> Result<(), StoreError> {
        self.journal.push(entry);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let waiting = &self.journal[self.flushed..];
        if waiting.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = waiting.iter().map(|entry| entry.number).collect();
        let moments: Vec<i64> = waiting.iter().map(|entry| entry.at).collect();
        let conversations: Vec<Option<i64>> = waiting.iter().map(|entry| entry.conversation).collect();
        let kinds: Vec<&str> = waiting.iter().map(|entry| entry.kind).collect();
        let bodies: Vec<&str> = waiting.iter().map(|entry| entry.body.as_str()).collect();
        let all = self.journal.len();
        let statement = prepared(&mut self.fixed, &mut self.client, APPEND)?;
        self.client.execute(&statement, &[&numbers, &moments, &conversations, &kinds, &bodies])?;
        self.flushed = all;
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql)?;
        Ok(())
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
        if begun.is_err() && !self.client.is_closed() {
            // The lock was not given: the transaction is there, and useless.
            self.rollback()?;
        }
        begun
    }

    fn savepoint(&mut self) -> Result<(), StoreError> {
        match self.savepoint {
            Savepoint::None => self.client.batch_execute("SAVEPOINT job")?,
            Savepoint::Used => self.client.batch_execute("RELEASE job; SAVEPOINT job")?,
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
        self.client.batch_execute("ROLLBACK TO job")?;
        let (appended, flushed) = self.at_savepoint;
        self.journal.truncate(appended);
        self.flushed = flushed;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.reset();
        if self.client.is_closed() {
            return Ok(());
        }
        self.client.batch_execute("ROLLBACK")?;
        Ok(())
    }

    fn commit(&mut self, head: Option<&Head>) -> Result<(), StoreError> {
        self.flush()?;
        match head {
            Some(Head { number, next_entity, next_tag, epoch, .. }) => self.client.batch_execute(&format!(
                "UPDATE journal_head SET number = {number}, next_entity = {next_entity}, next_tag = {next_tag}, epoch = {epoch} WHERE id = 1; COMMIT"
            ))?,
            None => self.client.batch_execute("COMMIT")?,
        }
        self.reset();
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    fn in_transaction(&self) -> bool {
        !self.client.is_closed()
    }
}

impl ReaderSession for PostgresSession {
    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        Ok(())
    }

    fn end_snapshot(&mut self) -> Result<(), StoreError> {
        self.client.batch_execute("ROLLBACK")?;
        Ok(())
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
}

impl ReaderSource {
    pub(super) fn new(config: Config) -> Self {
        ReaderSource { config, session: None, backoff: Backoff::START, blocked: None }
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

impl Source for ReaderSource {
    fn session(&mut self) -> Result<&mut (dyn ReaderSession + '_), StoreError> {
        let session = match self.session.take().filter(|session| !session.client.is_closed()) {
            Some(session) => session,
            None => self.connect()?,
        };
        Ok(self.session.insert(session))
    }
}
