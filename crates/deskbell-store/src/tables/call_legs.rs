//! Agents' parts in calls.

use deskbell_domain::call::Leg;
use deskbell_domain::ids::{AgentId, CallId, CallLegId, DepartmentId};
use deskbell_domain::time::Timestamp;

use super::time;
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, call_id, agent_id, department_id, began_at, ended_at, held_since, held_micros";

fn row(row: &Row<'_>) -> Result<Leg, StoreError> {
    Ok(Leg {
        id: CallLegId::from_i64(row.get(0)?),
        call: CallId::from_i64(row.get(1)?),
        agent: AgentId::from_i64(row.get(2)?),
        department: DepartmentId::from_i64(row.get(3)?),
        began: time(row.get(4)?),
        ended: row.get::<Option<i64>>(5)?.map(time),
        held_since: row.get::<Option<i64>>(6)?.map(time),
        held_micros: row.get(7)?,
    })
}

/// Adds a leg. Its place is that of the event that follows.
pub fn insert(tx: &mut Tx<'_>, leg: &Leg) -> Result<(), StoreError> {
    let number = tx.head()? + 1;
    tx.exec(
        "INSERT INTO call_legs (id, call_id, agent_id, department_id, began_at, held_micros, began_number) VALUES ($1, $2, $3, $4, $5, 0, $6)",
        &[&leg.id.get(), &leg.call.get(), &leg.agent.get(), &leg.department.get(), &leg.began.micros(), &number],
    )?;
    Ok(())
}

/// Writes its end and how long the other side was held. The place of its end is that of the event that follows.
pub fn update(tx: &mut Tx<'_>, leg: &Leg) -> Result<(), StoreError> {
    let number = if leg.ended.is_some() { Some(tx.head()? + 1) } else { None };
    tx.exec(
        "UPDATE call_legs SET ended_at = $2, held_since = $3, held_micros = $4, ended_number = COALESCE(ended_number, $5) WHERE id = $1",
        &[&leg.id.get(), &leg.ended.map(Timestamp::micros), &leg.held_since.map(Timestamp::micros), &leg.held_micros, &number],
    )?;
    Ok(())
}

/// Legs of a call that go on.
pub fn open(tx: &mut Tx<'_>, call: CallId) -> Result<Vec<Leg>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM call_legs WHERE call_id = $1 AND ended_at IS NULL ORDER BY began_at, agent_id"),
        &[&call.get()],
        row,
    )
}

/// All legs of a call, in their order.
pub fn of_call(tx: &mut Tx<'_>, call: CallId) -> Result<Vec<Leg>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM call_legs WHERE call_id = $1 ORDER BY began_at, agent_id"), &[&call.get()], row)
}

/// Legs of a call that began before a number of the journal, in order; each with whether it went on then.
pub fn before(tx: &mut Tx<'_>, call: CallId, number: i64) -> Result<Vec<(Leg, bool)>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS}, ended_number FROM call_legs WHERE call_id = $1 AND began_number < $2 ORDER BY began_number"),
        &[&call.get(), &number],
        |found| Ok((row(found)?, found.get::<Option<i64>>(8)?.is_none_or(|ended| ended >= number))),
    )
}

/// All legs that go on.
pub fn all_open(tx: &mut Tx<'_>) -> Result<Vec<Leg>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM call_legs WHERE ended_at IS NULL ORDER BY began_at, agent_id"), &[], row)
}

/// The call that an agent is in.
pub fn open_of(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Leg>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM call_legs WHERE agent_id = $1 AND ended_at IS NULL"), &[&agent.get()], row)
}
