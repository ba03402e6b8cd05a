//! The log of goals that were reached.

mod cells;

use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId, SlaItemId, SlaLevelId};
use deskbell_domain::measure::Medium;
use deskbell_domain::sla::Goal;
use deskbell_domain::sla::clock::{Clock, Settled};
use deskbell_domain::time::Timestamp;

pub use cells::{SPANS, WrongCell, add_up, blocks, each_cell};

use super::medium_word;
use crate::engine::{Param, Tx};
use crate::error::StoreError;
use crate::tables::{time, word};

/// Which rows of the log. Everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LogFilter {
    pub department: Option<DepartmentId>,
    pub agent: Option<AgentId>,
    pub requester: Option<CustomerId>,
    pub level: Option<SlaLevelId>,
}

/// How a goal was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// At the due moment itself, too.
    InTime,
    Late,
}

/// A goal that was reached, as it stood then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Counts on over all rows, in the order they were closed.
    pub number: i64,
    pub conversation: ConversationId,
    pub code: String,
    pub department: DepartmentId,
    pub department_name: String,
    pub level: SlaLevelId,
    pub level_name: String,
    pub goal: Goal,
    /// When the clock started.
    pub created: Timestamp,
    pub due: Timestamp,
    pub closed: Timestamp,
    /// Who was in charge, with first and last name.
    pub agent: Option<(AgentId, String, String)>,
    pub requester: CustomerId,
    pub requester_first: String,
    pub requester_last: String,
}

/// How long goals took: business time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    pub count: i64,
    pub sum_micros: i64,
    /// 0 without any.
    pub max_micros: i64,
    /// 0 without any.
    pub min_micros: i64,
}

impl Times {
    pub fn one(micros: i64) -> Times {
        Times { count: 1, sum_micros: micros, max_micros: micros, min_micros: micros }
    }

    pub fn merge(&mut self, other: &Times) {
        if other.count == 0 {
            return;
        }
        let min = if self.count == 0 { other.min_micros } else { self.min_micros.min(other.min_micros) };
        *self = Times {
            count: self.count + other.count,
            sum_micros: self.sum_micros + other.sum_micros,
            max_micros: self.max_micros.max(other.max_micros),
            min_micros: min,
        };
    }
}

/// Goals reached in time, and too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compliance {
    pub fulfilled: Times,
    pub unfulfilled: Times,
}

impl Compliance {
    pub fn add(&mut self, fulfilled: bool, times: &Times) {
        if fulfilled { self.fulfilled.merge(times) } else { self.unfulfilled.merge(times) }
    }

    pub fn merge(&mut self, other: &Compliance) {
        self.fulfilled.merge(&other.fulfilled);
        self.unfulfilled.merge(&other.unfulfilled);
    }
}

/// How a clock ended whose goal was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    pub settled: Settled,
    pub at: Timestamp,
    pub department: DepartmentId,
    pub agent: Option<AgentId>,
    pub customer: CustomerId,
}

impl Closing {
    /// At the due moment itself it is in time.
    pub fn is_fulfilled(&self) -> bool {
        self.at <= self.settled.due
    }
}

/// Ends a clock whose goal was reached: a row of the log, and one more in its cells. Answers the row's number.
pub fn close(tx: &mut Tx<'_>, clock: &Clock, closing: &Closing) -> Result<i64, StoreError> {
    let (number,): (i64,) = tx.one("SELECT COALESCE(MAX(number), 0) + 1 FROM sla_items WHERE number IS NOT NULL", &[])?;
    tx.exec(
        "UPDATE sla_items SET outcome = 'closed', running_since = NULL, due_at = $2, ended_at = $3, number = $4, department_id = $5, \
           agent_id = $6, customer_id = $7, taken = $8 WHERE id = $1",
        &[
            &clock.id.get(),
            &closing.settled.due.micros(),
            &closing.at.micros(),
            &number,
            &closing.department.get(),
            &closing.agent.map(AgentId::get),
            &closing.customer.get(),
            &closing.settled.taken_micros,
        ],
    )?;
    cells::count(tx, clock, closing)?;
    Ok(number)
}

/// What of the log is looked at, as a statement's condition.
fn condition(medium: Medium, filter: &LogFilter, from: Timestamp, until: Timestamp) -> (String, Vec<Box<dyn Param>>) {
    let mut text = "medium = $1 AND number IS NOT NULL AND ended_at >= $2 AND ended_at < $3".to_owned();
    let mut params: Vec<Box<dyn Param>> = vec![Box::new(medium_word(medium)), Box::new(from.micros()), Box::new(until.micros())];
    // By what leaves the fewest rows: its index holds the columns of those that stand behind it here.
    let given = [
        ("customer_id", filter.requester.map(CustomerId::get)),
        ("agent_id", filter.agent.map(AgentId::get)),
        ("department_id", filter.department.map(DepartmentId::get)),
        ("level_id", filter.level.map(SlaLevelId::get)),
    ];
    let mut sign = "";
    for (column, id) in given {
        if let Some(id) = id {
            params.push(Box::new(id));
            text.push_str(&format!(" AND {sign}{column} = ${}", params.len()));
            // The others are compared row by row.
            sign = "+";
        }
    }
    (text, params)
}

/// Which page of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogPage {
    /// Strictly behind the row that was closed then and has this number.
    pub beyond: Option<(Timestamp, i64)>,
    /// Rows that are left out.
    pub skip: i64,
    pub rows: i64,
}

/// The statement for the rows of a page: read from an index alone.
pub(crate) fn which(
    medium: Medium,
    filter: &LogFilter,
    (from, until): (Timestamp, Timestamp),
    page: LogPage,
) -> (String, Vec<Box<dyn Param>>) {
    let from = page.beyond.map_or(from, |(at, _)| from.max(at));
    let (mut condition, mut params) = condition(medium, filter, from, until);
    if let Some((at, number)) = page.beyond {
        params.extend([Box::new(at.micros()) as Box<dyn Param>, Box::new(number)]);
        condition.push_str(&format!(" AND (ended_at > ${} OR number > ${})", params.len() - 1, params.len()));
    }
    params.extend([Box::new(page.rows.max(0)) as Box<dyn Param>, Box::new(page.skip.max(0))]);
    let (limit, offset) = (params.len() - 1, params.len());
    (format!("SELECT id FROM sla_items WHERE {condition} ORDER BY ended_at, number LIMIT ${limit} OFFSET ${offset}"), params)
}

/// Rows closed from `from` on and before `until`, in the order they were closed.
pub fn rows(
    tx: &mut Tx<'_>,
    medium: Medium,
    filter: &LogFilter,
    span: (Timestamp, Timestamp),
    page: LogPage,
) -> Result<Vec<LogRow>, StoreError> {
    let (which, params) = which(medium, filter, span, page);
    listed(tx, &which, "i.ended_at, i.number", &params)
}

/// Reads the rows whose ids a statement picks, with the names they show.
fn listed(tx: &mut Tx<'_>, which: &str, order: &str, params: &[Box<dyn Param>]) -> Result<Vec<LogRow>, StoreError> {
    let params: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
    let sql = format!(
        "SELECT i.number, i.conversation_id, c.code, i.department_id, d.name, i.level_id, l.name, i.goal, i.started_at, i.due_at, i.ended_at, \
           i.agent_id, a.first_name, a.last_name, i.customer_id, u.name \
         FROM ({which}) AS page JOIN sla_items i ON i.id = page.id \
         JOIN conversations c ON c.id = i.conversation_id JOIN sla_levels l ON l.id = i.level_id \
         LEFT JOIN departments d ON d.id = i.department_id LEFT JOIN agents a ON a.id = i.agent_id \
         LEFT JOIN customers u ON u.id = i.customer_id ORDER BY {order}"
    );
    tx.all_dynamic_with(&sql, &params, |row| {
        let text = |place: usize| Ok::<_, StoreError>(row.get::<Option<String>>(place)?.unwrap_or_default());
        let requester = CustomerId::from_i64(row.get(14)?);
        let customer = Customer { name: text(15)?, ..Customer::anonymous(requester, Timestamp::EPOCH) };
        let (first, last) = customer.names();
        Ok(LogRow {
            number: row.get(0)?,
            conversation: ConversationId::from_i64(row.get(1)?),
            code: row.get(2)?,
            department: DepartmentId::from_i64(row.get(3)?),
            department_name: text(4)?,
            level: SlaLevelId::from_i64(row.get(5)?),
            level_name: row.get(6)?,
            goal: word(Goal::parse, "goal", row.str(7)?)?,
            created: time(row.get(8)?),
            due: time(row.get(9)?),
            closed: time(row.get(10)?),
            agent: match row.get::<Option<i64>>(11)? {
                Some(agent) => Some((AgentId::from_i64(agent), text(12)?, text(13)?)),
                None => None,
            },
            requester,
            requester_first: first.to_owned(),
            requester_last: last.to_owned(),
        })
    })
}

/// Rows closed from `from` on and before `until`, the newest first, behind the one that closed then under this number. With `kept` only those
/// that were reached so.
pub fn newest(
    tx: &mut Tx<'_>,
    medium: Medium,
    filter: &LogFilter,
    kept: Option<Kept>,
    (from, until): (Timestamp, Timestamp),
    behind: Option<(Timestamp, i64)>,
    rows: i64,
) -> Result<Vec<LogRow>, StoreError> {
    // What is behind a row was not closed later: so the index is entered there.
    let until = behind.filter(|(closed, _)| *closed < until).map_or(until, |(closed, _)| closed.plus_micros(1));
    let (mut condition, mut params) = condition(medium, filter, from, until);
    if let Some((closed, number)) = behind {
        params.push(Box::new(closed.micros()));
        params.push(Box::new(number));
        let (closed, number) = (params.len() - 1, params.len());
        condition.push_str(&format!(" AND (ended_at < ${closed} OR number < ${number})"));
    }
    match kept {
        Some(Kept::InTime) => condition.push_str(" AND ended_at <= due_at"),
        Some(Kept::Late) => condition.push_str(" AND ended_at > due_at"),
        None => {}
    }
    params.push(Box::new(rows.max(0)));
    let which = format!("SELECT id FROM sla_items WHERE {condition} ORDER BY ended_at DESC, number DESC LIMIT ${}", params.len());
    listed(tx, &which, "i.ended_at DESC, i.number DESC", &params)
}

/// Calls `on_row` for each row closed from `from` on and before `until`: when, whether in time, and the business time it took.
pub fn each_taken(
    tx: &mut Tx<'_>,
    medium: Medium,
    filter: &LogFilter,
    (from, until): (Timestamp, Timestamp),
    mut on_row: impl FnMut(Timestamp, bool, i64),
) -> Result<(), StoreError> {
    let (condition, params) = condition(medium, filter, from, until);
    let params: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
    tx.each_dynamic(&format!("SELECT ended_at, due_at, taken FROM sla_items WHERE {condition}"), &params, |row| {
        let (closed, due): (Timestamp, Timestamp) = (row.get(0)?, row.get(1)?);
        on_row(closed, closed <= due, row.get(2)?);
        Ok(())
    })
}

/// A look over everything, by plain statements that share nothing with what writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recount {
    pub open: i64,
    pub logged: i64,
    /// Cells that do not say what the rows do: one that is missing or too many is one, one of other sums is both.
    pub wrong_cells: i64,
    /// Some of them.
    pub named_cells: Vec<WrongCell>,
    /// Clocks that run in a conversation that is deleted, spam, or merged into another.
    pub stray: Vec<SlaItemId>,
    /// Clocks that contradict their conversation's status.
    pub untrue: Vec<SlaItemId>,
    /// A second one of the same, or of an answer, in a conversation.
    pub doubled: Vec<SlaItemId>,
}

/// Clocks that are named in a recount, of each kind at most; and cells.
const NAMED_MAX: i64 = 20;

/// Looks all clocks and cells over. Reads everything there is.
pub fn recount(tx: &mut Tx<'_>) -> Result<Recount, StoreError> {
    let count = |tx: &mut Tx<'_>, sql: &str| Ok::<i64, StoreError>(tx.opt_dynamic_with(sql, &[], |row| row.get(0))?.unwrap_or(0));
    let (wrong_cells, named_cells) = cells::wrong(tx, NAMED_MAX)?;
    let mut named = |which: &str| {
        let sql = format!(
            "SELECT i.id FROM sla_items i JOIN conversations c ON c.id = i.conversation_id WHERE i.outcome IS NULL AND {which} LIMIT {NAMED_MAX}"
        );
        tx.all_dynamic_with(&sql, &[], |row| Ok(SlaItemId::from_i64(row.get(0)?)))
    };
    let stray = named("(c.status IN ('X', 'B') OR c.merged_into IS NOT NULL)")?;
    let untrue = named(
        "((i.goal IN ('first_answer', 'next_answer') AND c.status IN ('A', 'R')) OR (i.goal = 'first_resolve' AND c.status = 'R') \
          OR (i.goal = 'first_assign' AND (c.assigned_id IS NOT NULL OR c.status = 'R')) \
          OR (i.running_since IS NULL AND NOT (i.goal = 'first_resolve' AND c.status = 'A')) \
          OR (i.goal = 'chat_answer' AND NOT EXISTS (SELECT 1 FROM chats k WHERE k.id = i.subject_id AND k.ended_at IS NULL AND k.joined_ever = 0)) \
          OR (i.goal = 'call_answer' AND NOT EXISTS (SELECT 1 FROM calls k WHERE k.id = i.subject_id AND k.ended_at IS NULL AND k.answered_at IS NULL)))",
    )?;
    let doubled = named(
        "EXISTS (SELECT 1 FROM sla_items o WHERE o.conversation_id = i.conversation_id AND o.outcome IS NULL AND o.id <> i.id \
          AND (o.goal = i.goal OR (o.goal = 'first_answer' AND i.goal = 'next_answer')) \
          AND COALESCE(o.subject_id, 0) = COALESCE(i.subject_id, 0))",
    )?;
    let open = count(tx, "SELECT COUNT(*) FROM sla_items WHERE outcome IS NULL")?;
    let logged = count(tx, "SELECT COUNT(*) FROM sla_items WHERE number IS NOT NULL")?;
    Ok(Recount { open, logged, wrong_cells, named_cells, stray, untrue, doubled })
}

#[cfg(test)]
mod tests;
