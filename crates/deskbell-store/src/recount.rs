//! Live figures counted anew from rows by plain queries: what tests hold the folded ones against. Slow, and not for serving.
//!
//! Owns a second opinion: it reads who is in a chat off engagements and offers, not off the chat's state, and who waits for an answer off
//! the messages.

pub mod levels;
pub mod reports;

use crate::engine::Tx;
use crate::error::StoreError;

const SECOND_MICROS: i64 = 1_000_000;
const WINDOWS_MINUTES: [i64; 2] = [30, 60];

/// Nobody is in it, and it has not ended.
const WAITS: &str = "c.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM engagements e WHERE e.chat_id = c.id AND e.left_at IS NULL)";
const SERVED: &str = "c.ended_at IS NULL AND EXISTS (SELECT 1 FROM engagements e WHERE e.chat_id = c.id AND e.left_at IS NULL)";
const RINGS: &str = "EXISTS (SELECT 1 FROM offers o WHERE o.chat_id = c.id AND o.outcome IS NULL)";
/// The visitor's first word since the last one of an agent.
const UNANSWERED: &str = "(SELECT MIN(m.at) FROM messages m WHERE m.chat_id = c.id AND m.author_kind = 'customer' \
    AND m.kind IN ('M', 'F', 'X', 'Y', 'V') AND m.number > COALESCE((SELECT MAX(a.number) FROM messages a \
    WHERE a.chat_id = c.id AND a.author_kind = 'agent' AND a.kind IN ('M', 'F', 'X', 'Y', 'V')), 0))";

/// Mean and maximum in whole seconds.
pub type Spans = (Option<i64>, Option<i64>);

/// All figures, of the account or of one department, as of the beginning of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recount {
    pub incoming: i64,
    pub assigned: i64,
    pub active: i64,
    pub waiting: Spans,
    pub duration: Spans,
    pub response: Spans,
    pub missed: [i64; 2],
    pub good: [i64; 2],
    pub bad: [i64; 2],
    pub online: i64,
    pub away: i64,
    pub invisible: i64,
}

pub fn recount(tx: &mut Tx<'_>, department: Option<i64>, second: i64) -> Result<Recount, StoreError> {
    let here = department.map_or("1 = 1".to_owned(), |id| format!("c.department_id = {id}"));
    let mut chats = |what: &str, which: &str| numbers(tx, &format!("SELECT {what} FROM chats c WHERE {here} AND {which}"));
    let mut count = |which: &str| Ok::<_, StoreError>(chats("c.id", which)?.len() as i64);
    let incoming = count(&format!("{WAITS} AND NOT {RINGS}"))?;
    let assigned = count(&format!("{WAITS} AND {RINGS}"))?;
    let active = count(SERVED)?;
    let mut windows = |which: &str| -> Result<[i64; 2], StoreError> {
        let since = WINDOWS_MINUTES.map(|minutes| (second - minutes * 60) * SECOND_MICROS);
        Ok([count(&format!("{which} > {}", since[0]))?, count(&format!("{which} > {}", since[1]))?])
    };
    let missed = windows("c.started_by = 'visitor' AND NOT EXISTS (SELECT 1 FROM engagements e WHERE e.chat_id = c.id) AND c.ended_at")?;
    let (good, bad) = (windows("c.rating = 'good' AND c.rated_at")?, windows("c.rating = 'bad' AND c.rated_at")?);
    let mut spans = |since: &str, which: &str| Ok::<_, StoreError>(spread(&chats(since, which)?, second));
    let waiting = spans("c.waiting_since", WAITS)?;
    let duration = spans("c.requested_at", SERVED)?;
    let response = spans(UNANSWERED, &format!("{SERVED} AND {UNANSWERED} IS NOT NULL"))?;
    let (online, away, invisible) = agents(tx, department)?;
    Ok(Recount { incoming, assigned, active, waiting, duration, response, missed, good, bad, online, away, invisible })
}

fn numbers(tx: &mut Tx<'_>, sql: &str) -> Result<Vec<i64>, StoreError> {
    tx.all_dynamic_with(sql, &[], |row| row.get(0))
}

fn spread(since: &[i64], second: i64) -> Spans {
    let spans: Vec<i64> = since.iter().map(|since| ((second * SECOND_MICROS - since) / SECOND_MICROS).max(0)).collect();
    let mean = (!spans.is_empty()).then(|| spans.iter().sum::<i64>() / spans.len() as i64);
    (mean, spans.iter().copied().max())
}

/// Online, away, invisible: hidden counts before all, then whether chats are taken, then whether anything is.
fn agents(tx: &mut Tx<'_>, department: Option<i64>) -> Result<(i64, i64, i64), StoreError> {
    let member = department.map_or("1 = 1".to_owned(), |id| {
        format!("EXISTS (SELECT 1 FROM memberships m WHERE m.agent_id = a.id AND m.department_id = {id})")
    });
    let statuses = numbers(tx, &format!("SELECT a.online FROM agents a WHERE a.enabled = 1 AND {member}"))?;
    let (takes_chats, hidden) = (4, 16);
    let count = |which: &dyn Fn(i64) -> bool| statuses.iter().filter(|status| **status != 0 && which(**status)).count() as i64;
    Ok((
        count(&|status| status & hidden == 0 && status & takes_chats != 0),
        count(&|status| status & hidden == 0 && status & takes_chats == 0),
        count(&|status| status & hidden != 0),
    ))
}
