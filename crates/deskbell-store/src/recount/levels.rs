//! Levels of chats and tickets counted anew from rows by plain queries: what tests hold the kept ones against. Slow, and not for serving.
//!
//! Like the recount of live figures it reads off engagements, offers and transfers who was in a chat and where it was.

use crate::engine::Tx;
use crate::error::StoreError;

/// Queue and service at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    pub queue: i64,
    pub service: i64,
}

/// The department that a chat was in at the moment `$1`.
const DEPARTMENT: &str = "COALESCE(\
    (SELECT x.to_id FROM chat_transfers x WHERE x.chat_id = c.id AND x.at <= $1 ORDER BY x.number DESC LIMIT 1), \
    (SELECT x.from_id FROM chat_transfers x WHERE x.chat_id = c.id ORDER BY x.number LIMIT 1), c.department_id)";
/// It went on then.
const GOES_ON: &str = "c.requested_at <= $1 AND (c.ended_at IS NULL OR c.ended_at > $1)";
const ENGAGED: &str = "e.chat_id = c.id AND e.joined_at <= $1 AND (e.left_at IS NULL OR e.left_at > $1)";
const RINGING: &str =
    "EXISTS (SELECT 1 FROM offers o WHERE o.chat_id = c.id AND o.offered_at <= $1 AND (o.closed_at IS NULL OR o.closed_at > $1))";

/// Chats at a moment, which is over for all who act in it. Those that wait are nobody's: with an agent only those he served are counted.
pub fn chats(tx: &mut Tx<'_>, department: Option<i64>, agent: Option<i64>, moment: i64) -> Result<Waiting, StoreError> {
    let here = department.map_or("1 = 1".to_owned(), |id| format!("{DEPARTMENT} = {id}"));
    let whose = agent.map_or(String::new(), |id| format!(" AND e.agent_id = {id}"));
    let served = format!("EXISTS (SELECT 1 FROM engagements e WHERE {ENGAGED}{whose})");
    let service = count(tx, &format!("SELECT COUNT(*) FROM chats c WHERE {GOES_ON} AND {here} AND {served}"), moment)?;
    let waits = format!("NOT EXISTS (SELECT 1 FROM engagements e WHERE {ENGAGED}) AND NOT {RINGING}");
    let queue = match agent {
        Some(_) => 0,
        None => count(tx, &format!("SELECT COUNT(*) FROM chats c WHERE {GOES_ON} AND {here} AND {waits}"), moment)?,
    };
    Ok(Waiting { queue, service })
}

/// Chats that wait for an agent alone, as it is now.
pub fn handed_to(tx: &mut Tx<'_>, department: Option<i64>, agent: i64) -> Result<i64, StoreError> {
    let here = department.map_or("1 = 1".to_owned(), |id| format!("c.department_id = {id}"));
    count(tx, &format!("SELECT COUNT(*) FROM chats c WHERE c.state = 'queued' AND c.pinned_id = $1 AND {here}"), agent)
}

/// Tickets as they are now.
pub fn tickets(tx: &mut Tx<'_>, department: Option<i64>, agent: Option<i64>) -> Result<Waiting, StoreError> {
    let here = department.map_or(String::new(), |id| format!(" AND c.department_id = {id}"));
    let whose = agent.map_or(String::new(), |id| format!(" AND c.assigned_id = {id}"));
    let open =
        format!("SELECT COUNT(*) FROM conversations c WHERE c.merged_into IS NULL AND c.status IN ('N', 'C') AND $1 = 0{here}{whose}");
    let assigned = format!("{open} AND c.assigned_id IS NOT NULL");
    Ok(Waiting { queue: count(tx, &open, 0)?, service: count(tx, &assigned, 0)? })
}

fn count(tx: &mut Tx<'_>, sql: &str, value: i64) -> Result<i64, StoreError> {
    let found: Option<i64> = tx.opt_dynamic_with(sql, &[&value], |row| row.get(0))?;
    found.ok_or_else(|| StoreError::Corrupt("no count".to_owned()))
}
