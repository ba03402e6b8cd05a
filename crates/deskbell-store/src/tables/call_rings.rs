//! Calls that ring at agents.

use deskbell_domain::call::Ring;
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::ids::{AgentId, CallId, RingId};
use deskbell_domain::time::Timestamp;

use super::{time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, call_id, agent_id, rang_at, expires_at, outcome";

fn row(row: &Row<'_>) -> Result<Ring, StoreError> {
    Ok(Ring {
        id: RingId::from_i64(row.get(0)?),
        call: CallId::from_i64(row.get(1)?),
        agent: AgentId::from_i64(row.get(2)?),
        rang: time(row.get(3)?),
        expires: time(row.get(4)?),
        outcome: row.get::<Option<String>>(5)?.map(|text| word(OfferOutcome::parse, "ring outcome", &text)).transpose()?,
    })
}

/// Adds a ring. Its place is that of the event that follows.
pub fn insert(tx: &mut Tx<'_>, ring: &Ring) -> Result<(), StoreError> {
    let number = tx.head()? + 1;
    tx.exec(
        "INSERT INTO call_rings (id, call_id, agent_id, rang_at, expires_at, rang_number) VALUES ($1, $2, $3, $4, $5, $6)",
        &[&ring.id.get(), &ring.call.get(), &ring.agent.get(), &ring.rang.micros(), &ring.expires.micros(), &number],
    )?;
    Ok(())
}

/// Ends a ring. The place of its end is that of the event that follows.
pub fn close(tx: &mut Tx<'_>, ring: RingId, outcome: OfferOutcome, at: Timestamp) -> Result<(), StoreError> {
    let number = tx.head()? + 1;
    tx.exec(
        "UPDATE call_rings SET outcome = $2, closed_at = $3, closed_number = $4 WHERE id = $1",
        &[&ring.get(), &outcome.text(), &at.micros(), &number],
    )?;
    Ok(())
}

/// Where a call still rings.
pub fn ringing(tx: &mut Tx<'_>, call: CallId) -> Result<Vec<Ring>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM call_rings WHERE call_id = $1 AND outcome IS NULL ORDER BY rang_at, id"),
        &[&call.get()],
        row,
    )
}

/// At whom a call rang, and when, before a number of the journal, in order.
pub fn before(tx: &mut Tx<'_>, call: CallId, number: i64) -> Result<Vec<(AgentId, Timestamp)>, StoreError> {
    let rows: Vec<(i64, i64)> = tx.all(
        "SELECT agent_id, rang_at FROM call_rings WHERE call_id = $1 AND rang_number < $2 ORDER BY rang_number",
        &[&call.get(), &number],
    )?;
    Ok(rows.into_iter().map(|(agent, at)| (AgentId::from_i64(agent), time(at))).collect())
}

/// Where a call has rung, in order.
pub fn of_call(tx: &mut Tx<'_>, call: CallId) -> Result<Vec<Ring>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM call_rings WHERE call_id = $1 ORDER BY rang_at, id"), &[&call.get()], row)
}

/// What rings at an agent.
pub fn ringing_at(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Ring>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM call_rings WHERE agent_id = $1 AND outcome IS NULL"), &[&agent.get()], row)
}

/// All that rings.
pub fn all_ringing(tx: &mut Tx<'_>) -> Result<Vec<Ring>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM call_rings WHERE outcome IS NULL ORDER BY expires_at, id"), &[], row)
}

/// Rings whose time is up.
pub fn expired(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<Ring>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM call_rings WHERE outcome IS NULL AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2"),
        &[&now.micros(), &limit],
        row,
    )
}
