//! What a job gets: statements, and in a write the journal and the ids.

use super::row::{FromRow, Param, Row};
use crate::codec;
use crate::error::StoreError;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::Scatter;
use deskbell_domain::time::Timestamp;
use std::sync::Arc;

/// A statement's text: one of the program's own, or one put together at run time.
#[derive(Clone, Copy)]
pub(crate) enum Sql<'s> {
    Fixed(&'static str),
    Dynamic(&'s str),
}

/// Whether more rows are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    More,
    Enough,
}

/// A failed query: the statement itself, or the caller's reading of a row.
pub(crate) enum Failure {
    Statement(StoreError),
    Caller(StoreError),
}

impl<T> From<T> for Failure
where
    StoreError: From<T>,
{
    fn from(error: T) -> Self {
        Failure::Statement(error.into())
    }
}

/// A row of the journal on its way in.
pub(crate) struct Entry {
    pub(crate) number: i64,
    pub(crate) at: i64,
    pub(crate) conversation: Option<i64>,
    pub(crate) kind: &'static str,
    pub(crate) body: String,
}

pub(crate) type OnRow<'f> = &'f mut dyn FnMut(&Row<'_>) -> Result<Flow, StoreError>;

/// A connection to either engine.
pub(crate) trait Session {
    fn rows(&mut self, sql: Sql<'_>, params: &[&dyn Param], on_row: OnRow<'_>) -> Result<(), Failure>;
    fn exec(&mut self, sql: Sql<'_>, params: &[&dyn Param]) -> Result<u64, StoreError>;
    /// Stores a journal row, at the latest before the commit or before [`Session::flush`] returns.
    fn append(&mut self, entry: Entry) -> Result<(), StoreError>;
    /// Makes appended rows visible to statements of the same transaction.
    fn flush(&mut self) -> Result<(), StoreError>;
    /// Runs several statements, separated by semicolons, without values.
    fn script(&mut self, sql: &str) -> Result<(), StoreError>;
}

/// The one row of `journal_head`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) number: i64,
    pub(crate) next_entity: i64,
    pub(crate) next_tag: i64,
    pub(crate) desk_key: u64,
    pub(crate) epoch: i64,
}

/// What a write transaction has done so far beside its rows.
pub(crate) struct Draft {
    pub(crate) head: Head,
    pub(crate) events: Vec<Arc<Recorded>>,
    /// The statement failure after which the running job can only end.
    pub(crate) failed: Option<StoreError>,
}

pub(crate) enum Mode<'a> {
    Read { epoch: i64 },
    Write(&'a mut Draft),
}

/// A transaction (or, in [`Db::read`](super::Db::read), a row of single statements).
pub struct Tx<'a> {
    session: &'a mut (dyn Session + 'a),
    mode: Mode<'a>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(session: &'a mut (dyn Session + 'a), mode: Mode<'a>) -> Self {
        Tx { session, mode }
    }

    /// Calls `on_row` for each row.
    pub fn each(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        mut on_row: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.rows(Sql::Fixed(sql), params, &mut |row| on_row(row).map(|()| Flow::More))
    }

    /// All rows, as tuples.
    pub fn all<T: FromRow>(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<Vec<T>, StoreError> {
        self.all_with(sql, params, T::from_row)
    }

    /// The first row, if there is one.
    pub fn opt<T: FromRow>(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<Option<T>, StoreError> {
        self.opt_with(sql, params, T::from_row)
    }

    /// The first row of a statement that always has one (`COUNT`, `RETURNING` of an upsert).
    pub fn one<T: FromRow>(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<T, StoreError> {
        self.opt(sql, params)?.ok_or_else(|| StoreError::Corrupt(format!("no row: {sql}")))
    }

    /// Runs a statement; returns how many rows it changed.
    pub fn exec(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<u64, StoreError> {
        self.run(Sql::Fixed(sql), params)
    }

    pub fn all_with<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.rows(Sql::Fixed(sql), params, &mut |row| {
            all.push(read(row)?);
            Ok(Flow::More)
        })?;
        Ok(all)
    }

    pub fn opt_with<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.first(Sql::Fixed(sql), params, read)
    }

    /// [`Tx::each`] for a statement put together at run time.
    pub fn each_dynamic(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        mut on_row: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.rows(Sql::Dynamic(sql), params, &mut |row| on_row(row).map(|()| Flow::More))
    }

    /// [`Tx::all_with`] for a statement put together at run time.
    pub fn all_dynamic_with<T>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.rows(Sql::Dynamic(sql), params, &mut |row| {
            all.push(read(row)?);
            Ok(Flow::More)
        })?;
        Ok(all)
    }

    /// [`Tx::opt_with`] for a statement put together at run time.
    pub fn opt_dynamic_with<T>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.first(Sql::Dynamic(sql), params, read)
    }

    /// [`Tx::exec`] for a statement put together at run time.
    pub fn exec_dynamic(&mut self, sql: &str, params: &[&dyn Param]) -> Result<u64, StoreError> {
        self.run(Sql::Dynamic(sql), params)
    }

    /// Writes an event to the journal; returns its number.
    pub fn append(&mut self, at: Timestamp, event: Event) -> Result<i64, StoreError> {
        let draft = writing(&mut self.mode)?;
        let number = draft.head.number + 1;
        let (kind, body) = codec::encode(&event);
        let conversation = event.conversation().map(|id| id.get());
        let entry = Entry { number, at: at.micros(), conversation, kind, body };
        if let Err(error) = self.session.append(entry) {
            draft.failed = Some(error.clone());
            return Err(error);
        }
        draft.head.number = number;
        draft.events.push(Arc::new(Recorded { number, at, event }));
        Ok(number)
    }

    /// The last journal number visible in this transaction.
    pub fn head(&mut self) -> Result<i64, StoreError> {
        if let Mode::Write(draft) = &self.mode {
            return Ok(draft.head.number);
        }
        let (number,) = self.one("SELECT number FROM journal_head WHERE id = 1", &[])?;
        Ok(number)
    }

    /// A fresh entity id.
    pub fn next_id(&mut self) -> Result<i64, StoreError> {
        let draft = writing(&mut self.mode)?;
        let id = place(&Scatter::entities(draft.head.desk_key), draft.head.next_entity)?;
        draft.head.next_entity += 1;
        Ok(id)
    }

    /// A fresh tag id.
    pub fn next_tag_id(&mut self) -> Result<i64, StoreError> {
        let draft = writing(&mut self.mode)?;
        let id = place(&Scatter::tags(draft.head.desk_key), draft.head.next_tag)?;
        draft.head.next_tag += 1;
        Ok(id)
    }

    /// The desk's epoch: drawn when the desk is created; another one when its journal starts over.
    pub fn epoch(&self) -> i64 {
        match &self.mode {
            Mode::Read { epoch } => *epoch,
            Mode::Write(draft) => draft.head.epoch,
        }
    }

    /// The failure after which this job can only end.
    pub(crate) fn failure(&self) -> Option<&StoreError> {
        match &self.mode {
            Mode::Write(draft) => draft.failed.as_ref(),
            Mode::Read { .. } => None,
        }
    }

    /// Gives the desk another epoch: every client starts over.
    pub(crate) fn set_epoch(&mut self, epoch: i64) -> Result<(), StoreError> {
        writing(&mut self.mode)?.head.epoch = epoch;
        Ok(())
    }

    /// Makes this transaction's own events visible to statements on the table `journal`.
    pub(crate) fn flush_journal(&mut self) -> Result<(), StoreError> {
        if let Mode::Write(draft) = &mut self.mode
            && let Err(error) = self.session.flush()
        {
            draft.failed = Some(error.clone());
            return Err(error);
        }
        Ok(())
    }

    fn first<T>(
        &mut self,
        sql: Sql<'_>,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.rows(sql, params, &mut |row| {
            first = Some(read(row)?);
            Ok(Flow::Enough)
        })?;
        Ok(first)
    }

    fn rows(&mut self, sql: Sql<'_>, params: &[&dyn Param], on_row: OnRow<'_>) -> Result<(), StoreError> {
        self.refuse_after_failure()?;
        match self.session.rows(sql, params, on_row) {
            Ok(()) => Ok(()),
            Err(Failure::Caller(error)) => Err(error),
            Err(Failure::Statement(error)) => Err(self.note(sql, error)),
        }
    }

    fn run(&mut self, sql: Sql<'_>, params: &[&dyn Param]) -> Result<u64, StoreError> {
        self.refuse_after_failure()?;
        self.session.exec(sql, params).map_err(|error| self.note(sql, error))
    }

    fn refuse_after_failure(&self) -> Result<(), StoreError> {
        match &self.mode {
            Mode::Write(Draft { failed: Some(error), .. }) => Err(error.clone()),
            Mode::Write(_) | Mode::Read { .. } => Ok(()),
        }
    }

    /// Remembers that the running job can only end, and names the statement that is wrong.
    fn note(&mut self, sql: Sql<'_>, error: StoreError) -> StoreError {
        let (Sql::Fixed(text) | Sql::Dynamic(text)) = sql;
        let error = match error {
            StoreError::Sql(detail) => StoreError::Sql(format!("{detail}, in: {text}")),
            other => other,
        };
        if let Mode::Write(draft) = &mut self.mode {
            draft.failed = Some(error.clone());
        }
        error
    }
}

fn writing<'t>(mode: &'t mut Mode<'_>) -> Result<&'t mut Draft, StoreError> {
    match mode {
        Mode::Write(draft) => match &draft.failed {
            Some(error) => Err(error.clone()),
            None => Ok(draft),
        },
        Mode::Read { .. } => Err(StoreError::Sql("only a write has ids and a journal to append to".to_owned())),
    }
}

fn place(scatter: &Scatter, counter: i64) -> Result<i64, StoreError> {
    u64::try_from(counter).ok().and_then(|counter| scatter.place(counter)).ok_or(StoreError::Full)
}
