//! Clocks of conversations. Those that run are found by their due time through an index of their own, however many there are.

use std::collections::HashMap;

use deskbell_domain::ids::{AgentId, CallId, ChatId, ConversationId, CustomerId, DepartmentId, SlaItemId, SlaLevelId};
use deskbell_domain::sla::Goal;
use deskbell_domain::sla::clock::{Clock, Run, Subject};
use deskbell_domain::time::Timestamp;

use super::medium_word;
use crate::engine::{Row, Tx};
use crate::error::StoreError;
use crate::tables::{in_list, time, word};

const COLUMNS: &str = "id, conversation_id, level_id, goal, subject_id, started_at, allowed, used, running_since, due_at, breached_at";
/// What the index of due times holds.
const WATCHED: &str = "outcome IS NULL AND breached_at IS NULL AND due_at IS NOT NULL";

/// What the log says of the conversation when a clock ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    pub level: SlaLevelId,
    pub department: DepartmentId,
    pub assigned: Option<AgentId>,
    pub customer: CustomerId,
}

/// A conversation's level and what stands beside it; `None` if it has no level.
pub fn watched(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Watched>, StoreError> {
    tx.opt_with(
        "SELECT sla_level_id, department_id, assigned_id, customer_id FROM conversations WHERE id = $1 AND sla_level_id IS NOT NULL",
        &[&conversation.get()],
        |row| {
            Ok(Watched {
                level: SlaLevelId::from_i64(row.get(0)?),
                department: DepartmentId::from_i64(row.get(1)?),
                assigned: row.get::<Option<i64>>(2)?.map(AgentId::from_i64),
                customer: CustomerId::from_i64(row.get(3)?),
            })
        },
    )
}

fn subject(goal: Goal, id: Option<i64>) -> Result<Subject, StoreError> {
    match (goal, id) {
        (Goal::FirstAnswer | Goal::NextAnswer | Goal::FirstAssign | Goal::FirstResolve, None) => Ok(Subject::Ticket),
        (Goal::ChatAnswer, Some(id)) => Ok(Subject::Chat(ChatId::from_i64(id))),
        (Goal::CallAnswer, Some(id)) => Ok(Subject::Call(CallId::from_i64(id))),
        (goal, id) => Err(StoreError::Corrupt(format!("a clock for {goal:?} of {id:?}"))),
    }
}

fn subject_id(subject: Subject) -> Option<i64> {
    match subject {
        Subject::Ticket => None,
        Subject::Chat(chat) => Some(chat.get()),
        Subject::Call(call) => Some(call.get()),
    }
}

fn clock(row: &Row<'_>) -> Result<Clock, StoreError> {
    let goal = word(Goal::parse, "goal", row.str(3)?)?;
    Ok(Clock {
        id: SlaItemId::from_i64(row.get(0)?),
        conversation: ConversationId::from_i64(row.get(1)?),
        level: SlaLevelId::from_i64(row.get(2)?),
        goal,
        subject: subject(goal, row.get(4)?)?,
        started: time(row.get(5)?),
        allowed_micros: row.get(6)?,
        used_micros: row.get(7)?,
        run: match (row.get::<Option<i64>>(8)?, row.get::<Option<i64>>(9)?) {
            (Some(since), Some(due)) => Run::Since { since: time(since), due: time(due) },
            (None, None) => Run::Still,
            other => return Err(StoreError::Corrupt(format!("a clock neither runs nor stands: {other:?}"))),
        },
        breached: row.get::<Option<i64>>(10)?.is_some(),
    })
}

fn run_columns(run: Run) -> (Option<i64>, Option<i64>) {
    match run {
        Run::Since { since, due } => (Some(since.micros()), Some(due.micros())),
        Run::Still => (None, None),
    }
}

pub fn insert(tx: &mut Tx<'_>, clock: &Clock) -> Result<(), StoreError> {
    let (since, due) = run_columns(clock.run);
    tx.exec(
        "INSERT INTO sla_items (id, conversation_id, level_id, medium, goal, subject_id, started_at, allowed, used, running_since, due_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            &clock.id.get(),
            &clock.conversation.get(),
            &clock.level.get(),
            &medium_word(clock.goal.medium()),
            &clock.goal.text(),
            &subject_id(clock.subject),
            &clock.started.micros(),
            &clock.allowed_micros,
            &clock.used_micros,
            &since,
            &due,
        ],
    )?;
    Ok(())
}

/// Writes how it runs.
pub fn update(tx: &mut Tx<'_>, clock: &Clock) -> Result<(), StoreError> {
    let (since, due) = run_columns(clock.run);
    tx.exec(
        "UPDATE sla_items SET used = $2, running_since = $3, due_at = $4 WHERE id = $1",
        &[&clock.id.get(), &clock.used_micros, &since, &due],
    )?;
    Ok(())
}

/// The clocks of a conversation that have not ended, the oldest first.
pub fn open(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<Clock>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sla_items WHERE conversation_id = $1 AND outcome IS NULL ORDER BY started_at, id");
    tx.all_dynamic_with(&sql, &[&conversation.get()], clock)
}

/// The goals that were reached in a conversation.
pub fn reached(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<Goal>, StoreError> {
    tx.all_with(
        "SELECT DISTINCT goal FROM sla_items WHERE conversation_id = $1 AND outcome IS NOT NULL AND number IS NOT NULL",
        &[&conversation.get()],
        |row| word(Goal::parse, "goal", row.str(0)?),
    )
}

/// Whether a due time passed of which nobody was told.
pub fn any_overdue(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let sql = format!("SELECT 1 FROM sla_items WHERE {WATCHED} AND due_at < $1 LIMIT 1");
    Ok(tx.opt_dynamic_with(&sql, &[&now.micros()], |_| Ok(()))?.is_some())
}

/// The clocks whose due time passed and of which nobody was told, the longest overdue first.
pub fn overdue(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<Clock>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sla_items WHERE {WATCHED} AND due_at < $1 ORDER BY due_at LIMIT $2");
    tx.all_dynamic_with(&sql, &[&now.micros(), &limit], clock)
}

/// The next due time of all.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let sql = format!("SELECT due_at FROM sla_items WHERE {WATCHED} ORDER BY due_at LIMIT 1");
    tx.opt_dynamic_with(&sql, &[], |row| Ok(time(row.get(0)?)))
}

/// Notes that it is told of these, in one statement.
pub fn mark_breached(tx: &mut Tx<'_>, items: &[SlaItemId], at: Timestamp) -> Result<(), StoreError> {
    if let [item] = items {
        tx.exec("UPDATE sla_items SET breached_at = $2 WHERE id = $1", &[&item.get(), &at.micros()])?;
    } else {
        let list = in_list(items.iter().map(|item| item.get()));
        tx.exec_dynamic(&format!("UPDATE sla_items SET breached_at = $1 WHERE id IN {list}"), &[&at.micros()])?;
    }
    Ok(())
}

/// Ends a clock that does not come into the log.
pub fn drop(tx: &mut Tx<'_>, item: SlaItemId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE sla_items SET outcome = 'dropped', ended_at = $2, running_since = NULL WHERE id = $1", &[&item.get(), &at.micros()])?;
    Ok(())
}

/// The earliest due time of each of these conversations that has one.
pub fn dues(tx: &mut Tx<'_>, conversations: &[ConversationId]) -> Result<HashMap<ConversationId, Timestamp>, StoreError> {
    let mut dues = HashMap::new();
    // Most desks, and most lists, have nothing that is due: then no long statement is put together.
    if conversations.is_empty() || tx.opt::<(i64,)>("SELECT id FROM sla_items WHERE outcome IS NULL LIMIT 1", &[])?.is_none() {
        return Ok(dues);
    }
    let list = in_list(conversations.iter().map(|conversation| conversation.get()));
    tx.each_dynamic(
        &format!(
            "SELECT conversation_id, MIN(due_at) FROM sla_items \
             WHERE conversation_id IN {list} AND outcome IS NULL AND due_at IS NOT NULL GROUP BY conversation_id"
        ),
        &[],
        |row| {
            dues.insert(ConversationId::from_i64(row.get(0)?), time(row.get(1)?));
            Ok(())
        },
    )?;
    Ok(dues)
}
