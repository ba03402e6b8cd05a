//! Calls.

use deskbell_domain::call::{Call, CallOutcome, CallState, Direction};
use deskbell_domain::conversation::Status;
use deskbell_domain::ids::{AgentId, CallId, ConversationId, CustomerId, DepartmentId, GroupId};
use deskbell_domain::time::Timestamp;

use super::{time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, conversation_id, group_id, direction, customer_id, caller_id, department_id, phone, state, started_at, \
                       waiting_since, answered_at, ended_at, outcome, status_before, assigned_before";

fn row(row: &Row<'_>) -> Result<Call, StoreError> {
    let moment = |place: usize| -> Result<Option<Timestamp>, StoreError> { Ok(row.get::<Option<i64>>(place)?.map(time)) };
    Ok(Call {
        id: CallId::from_i64(row.get(0)?),
        conversation: ConversationId::from_i64(row.get(1)?),
        group: GroupId::from_i64(row.get(2)?),
        direction: word(Direction::parse, "direction", row.str(3)?)?,
        customer: CustomerId::from_i64(row.get(4)?),
        caller: row.get::<Option<i64>>(5)?.map(AgentId::from_i64),
        department: DepartmentId::from_i64(row.get(6)?),
        number: row.get(7)?,
        state: word(CallState::parse, "call state", row.str(8)?)?,
        started: time(row.get(9)?),
        waiting_since: time(row.get(10)?),
        answered: moment(11)?,
        ended: moment(12)?,
        outcome: row.get::<Option<String>>(13)?.map(|text| word(CallOutcome::parse, "call outcome", &text)).transpose()?,
        before: row.get::<Option<String>>(14)?.map(|text| word(Status::parse, "status", &text)).transpose()?,
        assigned_before: row.get::<Option<i64>>(15)?.map(AgentId::from_i64),
    })
}

/// Adds a call that has just begun. The place of its beginning is that of the event that follows.
pub fn insert(tx: &mut Tx<'_>, call: &Call) -> Result<(), StoreError> {
    let number = tx.head()? + 1;
    tx.exec(
        "INSERT INTO calls (id, conversation_id, group_id, direction, customer_id, caller_id, department_id, phone, state, started_at, \
           waiting_since, status_before, assigned_before, started_number) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &[
            &call.id.get(),
            &call.conversation.get(),
            &call.group.get(),
            &call.direction.text(),
            &call.customer.get(),
            &call.caller.map(AgentId::get),
            &call.department.get(),
            &call.number,
            &call.state.text(),
            &call.started.micros(),
            &call.waiting_since.micros(),
            &call.before.map(Status::text),
            &call.assigned_before.map(AgentId::get),
            &number,
        ],
    )?;
    Ok(())
}

/// Writes what changes while it goes on, and how it ended. The place of its end is that of the event that follows.
pub fn update(tx: &mut Tx<'_>, call: &Call) -> Result<(), StoreError> {
    let ended_number = if call.ended.is_some() { Some(tx.head()? + 1) } else { None };
    tx.exec(
        "UPDATE calls SET department_id = $2, state = $3, waiting_since = $4, answered_at = $5, ended_at = $6, outcome = $7, \
           ended_number = COALESCE(ended_number, $8), status_before = $9 WHERE id = $1",
        &[
            &call.id.get(),
            &call.department.get(),
            &call.state.text(),
            &call.waiting_since.micros(),
            &call.answered.map(Timestamp::micros),
            &call.ended.map(Timestamp::micros),
            &call.outcome.map(CallOutcome::text),
            &ended_number,
            &call.before.map(Status::text),
        ],
    )?;
    Ok(())
}

/// A call goes from one department to another, or stays where it is and is handed on within it.
pub fn transferred(
    tx: &mut Tx<'_>,
    call: CallId,
    (number, at): (i64, Timestamp),
    from: DepartmentId,
    to: DepartmentId,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO call_transfers (call_id, number, at, from_id, to_id) VALUES ($1, $2, $3, $4, $5)",
        &[&call.get(), &number, &at.micros(), &from.get(), &to.get()],
    )?;
    Ok(())
}

/// Whether a call was ever handed on to another department.
pub fn changed_department(tx: &mut Tx<'_>, call: CallId) -> Result<bool, StoreError> {
    let (times,): (i64,) = tx.one("SELECT COUNT(*) FROM call_transfers WHERE call_id = $1 AND from_id <> to_id", &[&call.get()])?;
    Ok(times > 0)
}

/// The department that a call was in before a number of the journal; none where an older program began it, or when it had not begun or was
/// over by then.
pub fn department_before(tx: &mut Tx<'_>, call: CallId, number: i64) -> Result<Option<DepartmentId>, StoreError> {
    tx.opt_with(
        "SELECT COALESCE((SELECT t.to_id FROM call_transfers t WHERE t.call_id = c.id AND t.number < $2 ORDER BY t.number DESC LIMIT 1), \
           (SELECT t.from_id FROM call_transfers t WHERE t.call_id = c.id ORDER BY t.number LIMIT 1), c.department_id) \
         FROM calls c WHERE c.id = $1 AND c.started_number < $2 AND (c.ended_number IS NULL OR c.ended_number >= $2)",
        &[&call.get(), &number],
        |row| row.get(0).map(DepartmentId::from_i64),
    )
}

pub fn get(tx: &mut Tx<'_>, call: CallId) -> Result<Option<Call>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM calls WHERE id = $1"), &[&call.get()], row)
}

/// All calls that have not ended, the oldest first.
pub fn live(tx: &mut Tx<'_>) -> Result<Vec<Call>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM calls WHERE ended_at IS NULL ORDER BY started_at, id"), &[], row)
}

/// The oldest calls that have not ended, strictly behind one of that beginning and id.
pub fn live_after(tx: &mut Tx<'_>, after: Option<(Timestamp, CallId)>, limit: i64) -> Result<Vec<Call>, StoreError> {
    let (started, id) = after.map_or((i64::MIN, i64::MIN), |(started, id)| (started.micros(), id.get()));
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM calls WHERE ended_at IS NULL AND (started_at, id) > ($1, $2) ORDER BY started_at, id LIMIT $3"),
        &[&started, &id, &limit],
        row,
    )
}

/// The newest calls of a conversation, oldest of them first, whether they have ended or not.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId, limit: i64) -> Result<Vec<Call>, StoreError> {
    let mut calls = tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM calls WHERE conversation_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2"),
        &[&conversation.get(), &limit],
        row,
    )?;
    calls.reverse();
    Ok(calls)
}

/// The call of a conversation that has not ended.
pub fn live_of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Call>, StoreError> {
    tx.opt_dynamic_with(
        &format!("SELECT {COLUMNS} FROM calls WHERE conversation_id = $1 AND ended_at IS NULL"),
        &[&conversation.get()],
        row,
    )
}

/// Calls of a customer that have not ended.
pub fn live_of_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Vec<Call>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM calls WHERE customer_id = $1 AND ended_at IS NULL ORDER BY started_at, id"),
        &[&customer.get()],
        row,
    )
}

/// The call that an agent made and that nobody has answered yet: his phone is busy with it.
pub fn calling_of(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Call>, StoreError> {
    tx.opt_dynamic_with(
        &format!("SELECT {COLUMNS} FROM calls WHERE caller_id = $1 AND ended_at IS NULL AND answered_at IS NULL ORDER BY id LIMIT 1"),
        &[&agent.get()],
        row,
    )
}

/// Calls that began before a moment and have not ended.
pub fn begun_before(tx: &mut Tx<'_>, moment: Timestamp, limit: i64) -> Result<Vec<Call>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM calls WHERE ended_at IS NULL AND started_at < $1 ORDER BY started_at, id LIMIT $2"),
        &[&moment.micros(), &limit],
        row,
    )
}

/// Calls that have not ended, by how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub talking: i64,
    pub ringing: i64,
    pub queued: i64,
}

/// The calls of a department, or of all.
pub fn counts(tx: &mut Tx<'_>, department: Option<DepartmentId>) -> Result<Counts, StoreError> {
    let rows: Vec<(String, i64)> = tx.all(
        "SELECT state, COUNT(*) FROM calls WHERE ended_at IS NULL AND (CAST($1 AS BIGINT) IS NULL OR department_id = $1) GROUP BY state",
        &[&department.map(DepartmentId::get)],
    )?;
    let count = |state: CallState| rows.iter().find(|(text, _)| text == state.text()).map_or(0, |(_, count)| *count);
    Ok(Counts { talking: count(CallState::Talking), ringing: count(CallState::Ringing), queued: count(CallState::Queued) })
}

/// Calls that break a rule, each with the rule: there should be none.
pub fn unsound(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String, i64)> = tx.all(
        "SELECT 'a leg goes on in an ended call', c.id FROM calls c JOIN call_legs l ON l.call_id = c.id \
           WHERE c.ended_at IS NOT NULL AND l.ended_at IS NULL \
         UNION ALL SELECT 'an ended call rings', c.id FROM calls c JOIN call_rings r ON r.call_id = c.id \
           WHERE c.ended_at IS NOT NULL AND r.outcome IS NULL \
         UNION ALL SELECT 'its conversation is not being called', c.id FROM calls c JOIN conversations v ON v.id = c.conversation_id \
           WHERE c.ended_at IS NULL AND (v.status <> 'P' OR v.merged_into IS NOT NULL) \
         UNION ALL SELECT 'nobody is in a call that is talked in', c.id FROM calls c WHERE c.ended_at IS NULL AND c.state = 'talking' \
           AND NOT EXISTS (SELECT 1 FROM call_legs l WHERE l.call_id = c.id AND l.ended_at IS NULL) \
         UNION ALL SELECT 'somebody is in a call that waits', c.id FROM calls c WHERE c.ended_at IS NULL AND c.state <> 'talking' \
           AND EXISTS (SELECT 1 FROM call_legs l WHERE l.call_id = c.id AND l.ended_at IS NULL) \
         UNION ALL SELECT 'an ended call has no outcome', c.id FROM calls c WHERE (c.ended_at IS NULL) <> (c.outcome IS NULL) \
         ORDER BY 2, 1 LIMIT 20",
        &[],
    )?;
    Ok(rows.into_iter().map(|(rule, call)| format!("{}: {rule}", CallId::from_i64(call))).collect())
}
