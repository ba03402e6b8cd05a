//! Service levels and the rules that choose one. Clocks are in [`clocks`], what became of them in [`log`].

pub mod clocks;
pub mod log;

use deskbell_domain::calendar::Calendar;
use deskbell_domain::ids::{ConversationId, SlaLevelId, SlaRuleId};
use deskbell_domain::measure::Medium;
use deskbell_domain::sla::{Goal, Level, Times};
use deskbell_domain::time::Timestamp;

use super::{flag, narrow};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// The columns of the times are those of [`Goal::ALL`], in order.
const LEVEL: &str = "id, name, first_answer, next_answer, first_assign, first_resolve, chat_answer, call_answer, calendar";

pub(crate) fn medium_word(medium: Medium) -> &'static str {
    match medium {
        Medium::Tickets => "tickets",
        Medium::Chats => "chats",
        Medium::Calls => "calls",
    }
}

fn level(row: &Row<'_>) -> Result<Level, StoreError> {
    let mut times = Times::default();
    for (place, goal) in Goal::ALL.iter().enumerate() {
        let seconds: Option<i64> = row.get(2 + place)?;
        times.set(*goal, seconds.map(|seconds| narrow("a level's time", seconds)).transpose()?);
    }
    let text = row.str(8)?;
    let calendar = Calendar::parse(text).map_err(|fault| StoreError::Corrupt(format!("a calendar is not understood: {fault:?}")))?;
    Ok(Level { id: SlaLevelId::from_i64(row.get(0)?), name: row.get(1)?, times, calendar })
}

/// What names are compared by.
fn key(name: &str) -> String {
    name.to_lowercase()
}

/// All levels that were not taken away, by name.
pub fn levels(tx: &mut Tx<'_>) -> Result<Vec<Level>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {LEVEL} FROM sla_levels WHERE removed_at IS NULL ORDER BY name_key, id"), &[], level)
}

/// A level; also one that was taken away: its clocks run on.
pub fn level_ever(tx: &mut Tx<'_>, id: SlaLevelId) -> Result<Option<Level>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {LEVEL} FROM sla_levels WHERE id = $1"), &[&id.get()], level)
}

/// A level that was not taken away.
pub fn level_now(tx: &mut Tx<'_>, id: SlaLevelId) -> Result<Option<Level>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {LEVEL} FROM sla_levels WHERE id = $1 AND removed_at IS NULL"), &[&id.get()], level)
}

/// The level with this name, in whatever case it is written.
pub fn level_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Level>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {LEVEL} FROM sla_levels WHERE name_key = $1 AND removed_at IS NULL"), &[&key(name)], level)
}

fn seconds(level: &Level) -> [Option<i64>; Goal::ALL.len()] {
    std::array::from_fn(|place| level.times.get(Goal::ALL[place]).map(i64::from))
}

pub fn insert_level(tx: &mut Tx<'_>, level: &Level, at: Timestamp) -> Result<(), StoreError> {
    let [first, next, assign, resolve, chat, call] = seconds(level);
    tx.exec(
        "INSERT INTO sla_levels (id, name, name_key, first_answer, next_answer, first_assign, first_resolve, chat_answer, call_answer, \
           calendar, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            &level.id.get(),
            &level.name,
            &key(&level.name),
            &first,
            &next,
            &assign,
            &resolve,
            &chat,
            &call,
            &level.calendar.text(),
            &at.micros(),
        ],
    )?;
    Ok(())
}

pub fn update_level(tx: &mut Tx<'_>, level: &Level) -> Result<(), StoreError> {
    let [first, next, assign, resolve, chat, call] = seconds(level);
    tx.exec(
        "UPDATE sla_levels SET name = $2, name_key = $3, first_answer = $4, next_answer = $5, first_assign = $6, first_resolve = $7, \
           chat_answer = $8, call_answer = $9, calendar = $10 WHERE id = $1",
        &[&level.id.get(), &level.name, &key(&level.name), &first, &next, &assign, &resolve, &chat, &call, &level.calendar.text()],
    )?;
    Ok(())
}

/// Takes a level away.
pub fn remove_level(tx: &mut Tx<'_>, level: SlaLevelId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE sla_levels SET removed_at = $2 WHERE id = $1", &[&level.get(), &at.micros()])?;
    Ok(())
}

/// What chooses the level of a new conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlaRule {
    pub id: SlaRuleId,
    pub name: String,
    pub enabled: bool,
    pub level: SlaLevelId,
    /// When it holds, as the app writes it.
    pub definition: String,
}

/// All rules, in their order.
pub fn rules(tx: &mut Tx<'_>) -> Result<Vec<SlaRule>, StoreError> {
    tx.all_with("SELECT id, name, enabled, level_id, definition FROM sla_rules ORDER BY ordinal, id", &[], |row| {
        Ok(SlaRule {
            id: SlaRuleId::from_i64(row.get(0)?),
            name: row.get(1)?,
            enabled: row.get::<i64>(2)? != 0,
            level: SlaLevelId::from_i64(row.get(3)?),
            definition: row.get(4)?,
        })
    })
}

/// Adds a rule behind all others.
pub fn insert_rule(tx: &mut Tx<'_>, rule: &SlaRule, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO sla_rules (id, ordinal, name, enabled, level_id, definition, created_at) \
         VALUES ($1, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM sla_rules), $2, $3, $4, $5, $6)",
        &[&rule.id.get(), &rule.name, &flag(rule.enabled), &rule.level.get(), &rule.definition, &at.micros()],
    )?;
    Ok(())
}

pub fn update_rule(tx: &mut Tx<'_>, rule: &SlaRule) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE sla_rules SET name = $2, enabled = $3, level_id = $4, definition = $5 WHERE id = $1",
        &[&rule.id.get(), &rule.name, &flag(rule.enabled), &rule.level.get(), &rule.definition],
    )?;
    Ok(())
}

/// Puts a rule at this place, counted from 1.
pub fn place_rule(tx: &mut Tx<'_>, rule: SlaRuleId, ordinal: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE sla_rules SET ordinal = $2 WHERE id = $1", &[&rule.get(), &ordinal])?;
    Ok(())
}

pub fn remove_rule(tx: &mut Tx<'_>, rule: SlaRuleId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM sla_rules WHERE id = $1", &[&rule.get()])?;
    Ok(())
}

/// The level of a conversation, which may have been taken away since.
pub fn level_of(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<SlaLevelId>, StoreError> {
    let found: Option<(Option<i64>,)> = tx.opt("SELECT sla_level_id FROM conversations WHERE id = $1", &[&conversation.get()])?;
    Ok(found.and_then(|(level,)| level).map(SlaLevelId::from_i64))
}

pub fn set_level(tx: &mut Tx<'_>, conversation: ConversationId, level: Option<SlaLevelId>) -> Result<(), StoreError> {
    tx.exec("UPDATE conversations SET sla_level_id = $2 WHERE id = $1", &[&conversation.get(), &level.map(SlaLevelId::get)])?;
    Ok(())
}
