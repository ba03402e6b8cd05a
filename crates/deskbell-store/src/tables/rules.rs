//! Rules that listen to events, and the log of what rules of both kinds did.

use std::ops::RangeInclusive;

use deskbell_domain::automation::{AnyRuleId, FiringOutcome};
use deskbell_domain::ids::{ConversationId, RuleId, TimeRuleId};
use deskbell_domain::rule::{Rule, RuleEvent};
use deskbell_domain::time::Timestamp;

use super::{flag, in_list, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

fn row(row: &Row<'_>) -> Result<Rule, StoreError> {
    Ok(Rule {
        id: RuleId::from_i64(row.get(0)?),
        name: row.get(1)?,
        enabled: row.get(2)?,
        place: row.get(3)?,
        source: row.get(4)?,
        since: row.get(5)?,
    })
}

/// All rules, in their order.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Rule>, StoreError> {
    tx.all_with("SELECT id, name, enabled, place, definition, since_number FROM rules ORDER BY place, id", &[], row)
}

pub fn insert(tx: &mut Tx<'_>, rule: &Rule, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO rules (id, name, enabled, place, definition, since_number, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[&rule.id.get(), &rule.name, &flag(rule.enabled), &rule.place, &rule.source, &rule.since, &at],
    )?;
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, rule: &Rule) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE rules SET name = $2, enabled = $3, place = $4, definition = $5, since_number = $6 WHERE id = $1",
        &[&rule.id.get(), &rule.name, &flag(rule.enabled), &rule.place, &rule.source, &rule.since],
    )?;
    Ok(())
}

/// Takes a rule away; what it did stays in the log.
pub fn remove(tx: &mut Tx<'_>, rule: RuleId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM rules WHERE id = $1", &[&rule.get()])?;
    Ok(())
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// Of the journal's entry that tells of it.
    pub number: i64,
    pub rule: AnyRuleId,
    /// As it was called then.
    pub name: String,
    pub conversation: ConversationId,
    pub at: Timestamp,
    /// What it fired on, with its number in the journal; nothing for a time rule.
    pub event: Option<(RuleEvent, i64)>,
    /// The firing that caused that event.
    pub cause: Option<i64>,
    /// The last entry that it caused; its own number if it caused none.
    pub last: i64,
    pub outcome: FiringOutcome,
    /// What became of its actions, a line each.
    pub detail: String,
    /// Answers that it sent.
    pub answers: i64,
}

const FIRING_COLUMNS: &str =
    "number, kind, rule_id, rule_name, conversation_id, at, event, event_number, cause, last_number, outcome, detail, answers";

fn firing(row: &Row<'_>) -> Result<Firing, StoreError> {
    let rule = match row.str(1)? {
        "rule" => AnyRuleId::Rule(RuleId::from_i64(row.get(2)?)),
        "time" => AnyRuleId::TimeRule(TimeRuleId::from_i64(row.get(2)?)),
        other => return Err(StoreError::Corrupt(format!("unknown kind of a rule {other:?}"))),
    };
    let event = match (row.get::<Option<String>>(6)?, row.get::<Option<i64>>(7)?) {
        (Some(event), Some(number)) => Some((word(RuleEvent::parse, "event of a rule", &event)?, number)),
        _ => None,
    };
    Ok(Firing {
        number: row.get(0)?,
        rule,
        name: row.get(3)?,
        conversation: ConversationId::from_i64(row.get(4)?),
        at: time(row.get(5)?),
        event,
        cause: row.get(8)?,
        last: row.get(9)?,
        outcome: word(FiringOutcome::parse, "outcome of a rule", row.str(10)?)?,
        detail: row.get(11)?,
        answers: row.get(12)?,
    })
}

fn columns(rule: AnyRuleId) -> (&'static str, i64) {
    match rule {
        AnyRuleId::Rule(rule) => ("rule", rule.get()),
        AnyRuleId::TimeRule(rule) => ("time", rule.get()),
    }
}

pub fn insert_firing(tx: &mut Tx<'_>, firing: &Firing) -> Result<(), StoreError> {
    let (kind, rule) = columns(firing.rule);
    tx.exec(
        "INSERT INTO rule_firings (number, kind, rule_id, rule_name, conversation_id, at, event, event_number, cause, last_number, outcome, \
           detail, answers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &[
            &firing.number,
            &kind,
            &rule,
            &firing.name,
            &firing.conversation.get(),
            &firing.at,
            &firing.event.map(|(event, _)| event.text().to_owned()),
            &firing.event.map(|(_, number)| number),
            &firing.cause,
            &firing.last,
            &firing.outcome.text(),
            &firing.detail,
            &firing.answers,
        ],
    )?;
    Ok(())
}

pub fn get_firing(tx: &mut Tx<'_>, number: i64) -> Result<Option<Firing>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {FIRING_COLUMNS} FROM rule_firings WHERE number = $1"), &[&number], firing)
}

/// The firing that caused an entry of the journal. What firings cause lies apart, each behind its firing, or later by itself.
pub fn cause_of(tx: &mut Tx<'_>, number: i64) -> Result<Option<Firing>, StoreError> {
    let sql = format!("SELECT {FIRING_COLUMNS} FROM rule_firings WHERE number < $1 ORDER BY number DESC LIMIT 1");
    let at_once = tx.opt_dynamic_with(&sql, &[&number], firing)?.filter(|firing| firing.last >= number);
    if at_once.is_some() {
        return Ok(at_once);
    }
    let later: Option<(i64, i64)> =
        tx.opt("SELECT last_number, cause FROM rule_effects WHERE first_number <= $1 ORDER BY first_number DESC LIMIT 1", &[&number])?;
    match later.filter(|(last, _)| *last >= number) {
        Some((_, cause)) => get_firing(tx, cause),
        None => Ok(None),
    }
}

/// A firing caused these entries of the journal, later than what it did at once.
pub fn caused_later(tx: &mut Tx<'_>, firing: i64, entries: RangeInclusive<i64>) -> Result<(), StoreError> {
    tx.exec("INSERT INTO rule_effects (first_number, last_number, cause) VALUES ($1, $2, $3)", &[entries.start(), entries.end(), &firing])?;
    Ok(())
}

/// What part of the log is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogFilter {
    pub rule: Option<AnyRuleId>,
    /// With what was merged into it.
    pub conversation: Option<ConversationId>,
}

/// A conversation and those that were merged into it, as a list for SQL.
fn with_merged(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<String, StoreError> {
    let merged: Vec<(i64,)> = tx.all("SELECT id FROM conversations WHERE merged_into = $1", &[&conversation.get()])?;
    Ok(in_list(merged.into_iter().map(|(id,)| id).chain([conversation.get()])))
}

/// The log, the newest first, strictly before a number.
pub fn firings(tx: &mut Tx<'_>, filter: LogFilter, before: i64, limit: i64) -> Result<Vec<Firing>, StoreError> {
    let rule = filter.rule.map(|rule| columns(rule).1);
    match (rule, filter.conversation) {
        (None, None) => {
            let sql = format!("SELECT {FIRING_COLUMNS} FROM rule_firings WHERE number < $1 ORDER BY number DESC LIMIT $2");
            tx.all_dynamic_with(&sql, &[&before, &limit], firing)
        }
        (Some(rule), None) => {
            let sql = format!("SELECT {FIRING_COLUMNS} FROM rule_firings WHERE rule_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
            tx.all_dynamic_with(&sql, &[&rule, &before, &limit], firing)
        }
        (None, Some(conversation)) => {
            let list = with_merged(tx, conversation)?;
            let sql = format!(
                "SELECT {FIRING_COLUMNS} FROM rule_firings WHERE conversation_id IN {list} AND number < $1 ORDER BY number DESC LIMIT $2"
            );
            tx.all_dynamic_with(&sql, &[&before, &limit], firing)
        }
        (Some(rule), Some(conversation)) => {
            let list = with_merged(tx, conversation)?;
            let sql = format!(
                "SELECT {FIRING_COLUMNS} FROM rule_firings WHERE conversation_id IN {list} AND rule_id = $1 AND number < $2 \
                 ORDER BY number DESC LIMIT $3"
            );
            tx.all_dynamic_with(&sql, &[&rule, &before, &limit], firing)
        }
    }
}

const TIMES: &str = "SELECT COUNT(*) FROM rule_firings WHERE conversation_id = $1 AND at > $2 AND rule_id = $3 AND outcome = $4";

/// How often something has come of a rule with a conversation since a moment.
pub fn times(
    tx: &mut Tx<'_>,
    rule: AnyRuleId,
    conversation: ConversationId,
    since: Timestamp,
    outcome: FiringOutcome,
) -> Result<i64, StoreError> {
    let (count,) = tx.one(TIMES, &[&conversation.get(), &since, &columns(rule).1, &outcome.text()])?;
    Ok(count)
}

const ANSWERS: &str = "SELECT CAST(SUM(answers) AS BIGINT) FROM rule_firings WHERE conversation_id = $1 AND at > $2";

/// How many answers rules have sent to a conversation since a moment.
pub fn answers_sent(tx: &mut Tx<'_>, conversation: ConversationId, since: Timestamp) -> Result<i64, StoreError> {
    let (count,): (Option<i64>,) = tx.one(ANSWERS, &[&conversation.get(), &since])?;
    Ok(count.unwrap_or_default())
}

/// What still has something to cause is not forgotten.
const SETTLED: &str = "number NOT IN (SELECT cause FROM postponements WHERE cause IS NOT NULL)";

/// Where effects end has no index. Where they begin, no later, is their key: so those behind are not read.
const FORGET_EFFECTS: &str = "DELETE FROM rule_effects WHERE first_number <= $1 AND last_number <= $1";

/// Forgets the oldest rows from before a moment, at most `limit`; returns how many.
pub fn forget_firings(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let sql = format!("SELECT number, at FROM rule_firings WHERE {SETTLED} ORDER BY number LIMIT $1");
    let oldest: Vec<(i64, Timestamp)> = tx.all_dynamic_with(&sql, &[&limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match oldest.into_iter().take_while(|(_, at)| *at < before).last() {
        Some((number, _)) => {
            tx.exec(FORGET_EFFECTS, &[&number])?;
            tx.exec_dynamic(&format!("DELETE FROM rule_firings WHERE number <= $1 AND {SETTLED}"), &[&number])
        }
        None => Ok(0),
    }
}

#[cfg(test)]
mod tests;
