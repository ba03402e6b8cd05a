//! Rules: what the desk does by itself with conversations when something happens. They are managed here; [`reader`] follows the journal and
//! lets them act. What is done when something has *not* happened for a while is in [`crate::time_rules`], which shares conditions
//! ([`definition`], [`scene`]), actions ([`acting`]) and the log ([`log`]).
//!
//! A rule acts after the write that it listens to, in a write of its own that also moves the reader's place in the journal: so it acts once,
//! whatever breaks off. Triggers, which act on visitors of the site, are in [`crate::triggers`].

mod acting;
pub(crate) mod definition;
pub(crate) mod log;
pub mod reader;
pub(crate) mod scene;
#[cfg(test)]
mod tests;

use deskbell_domain::automation::AutomationEvent;
use deskbell_domain::event::Event;
use deskbell_domain::ids::RuleId;
use deskbell_domain::rule::Rule;
use deskbell_store::{Tx, cursors, tables};
use serde_json::Value as Json;

pub use deskbell_store::tables::rules::{Firing, LogFilter};
pub use reader::Reader;

use crate::automation;
use crate::context::Context;
use crate::definitions;
use crate::error::AppError;
use crate::goals::line;

/// Rules of a desk, on and off.
pub const RULES_MAX: usize = 200;
pub const NAME_CHARS_MAX: usize = 254;
/// How often a rule acts on one conversation within an hour.
pub const RULE_FIRINGS_PER_HOUR_MAX: i64 = 100;
/// How often a time rule acts on one conversation within a day.
pub const TIME_RULE_FIRINGS_PER_DAY_MAX: i64 = 10;
/// Answers that all rules together send to one conversation within an hour: two programs that answer each other stop here.
pub const ANSWERS_PER_HOUR_MAX: i64 = 5;

/// What is changed of a rule or a time rule; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    /// In JSON, as it is given out again.
    pub definition: Option<Json>,
}

/// All rules, in their order.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Rule>, AppError> {
    Ok(tables::rules::all(tx)?)
}

pub fn get(tx: &mut Tx<'_>, rule: RuleId) -> Result<Rule, AppError> {
    list(tx)?.into_iter().find(|known| known.id == rule).ok_or_else(|| AppError::not_found("no such rule"))
}

/// Makes a rule, the last in order: on, unless told otherwise.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, changes: &Changes) -> Result<Rule, AppError> {
    let others = list(tx)?;
    if others.len() >= RULES_MAX {
        return Err(AppError::conflict(format!("a desk has at most {RULES_MAX} rules")));
    }
    check_given(changes)?;
    if cursors::get(tx, reader::CURSOR)?.is_none() {
        let head = tx.head()?;
        cursors::set(tx, reader::CURSOR, head)?;
    }
    let place = others.last().map_or(1, |last| last.place + 1);
    let id = RuleId::from_i64(tx.next_id()?);
    let mut rule = Rule { id, name: String::new(), enabled: true, place, source: String::new(), since: tx.head()? };
    apply(tx, &mut rule, changes)?;
    tables::rules::insert(tx, &rule, cx.now)?;
    announce(tx, cx, &rule, false)?;
    Ok(rule)
}

/// What a new rule needs.
pub(crate) fn check_given(changes: &Changes) -> Result<(), AppError> {
    if changes.name.is_none() {
        return Err(AppError::missing("name is missing"));
    }
    if changes.definition.is_none() {
        return Err(AppError::missing("definition is missing"));
    }
    Ok(())
}

/// Changes a rule. It fires on what happens from now on, if it does so otherwise than before.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, rule: RuleId, changes: &Changes) -> Result<Rule, AppError> {
    let before = get(tx, rule)?;
    let mut rule = before.clone();
    apply(tx, &mut rule, changes)?;
    if rule != before {
        if (rule.enabled, &rule.source) != (before.enabled, &before.source) {
            rule.since = tx.head()?;
        }
        tables::rules::update(tx, &rule)?;
        announce(tx, cx, &rule, false)?;
    }
    Ok(rule)
}

/// Puts the rules in an order: all of them, each once.
pub fn reorder(tx: &mut Tx<'_>, cx: &mut Context, order: &[RuleId]) -> Result<Vec<Rule>, AppError> {
    let known = list(tx)?;
    check_order(&known.iter().map(|rule| rule.id).collect::<Vec<_>>(), order)?;
    for (place, id) in (1i64..).zip(order) {
        let rule = known.iter().find(|rule| rule.id == *id && rule.place != place);
        if let Some(rule) = rule {
            let rule = Rule { place, ..rule.clone() };
            tables::rules::update(tx, &rule)?;
            announce(tx, cx, &rule, false)?;
        }
    }
    list(tx)
}

/// Refuses an order that is not one of all that are known.
pub(crate) fn check_order<T: Copy + Ord>(known: &[T], order: &[T]) -> Result<(), AppError> {
    let (mut known, mut given) = (known.to_vec(), order.to_vec());
    known.sort_unstable();
    given.sort_unstable();
    if known == given { Ok(()) } else { Err(AppError::invalid("order must name each of them once")) }
}

/// Takes a rule away; what it did stays in the log.
pub fn remove(tx: &mut Tx<'_>, cx: &mut Context, rule: RuleId) -> Result<(), AppError> {
    let rule = get(tx, rule)?;
    tables::rules::remove(tx, rule.id)?;
    announce(tx, cx, &rule, true)
}

fn announce(tx: &mut Tx<'_>, cx: &mut Context, rule: &Rule, removed: bool) -> Result<(), AppError> {
    tx.append(cx.now, Event::Automation(AutomationEvent::RuleChanged { rule: rule.id, name: rule.name.clone(), removed }))?;
    automation::changed(tx, cx)
}

fn apply(tx: &mut Tx<'_>, rule: &mut Rule, changes: &Changes) -> Result<(), AppError> {
    if let Some(name) = &changes.name {
        rule.name = line("name", name, NAME_CHARS_MAX)?;
        if list(tx)?.iter().any(|other| other.id != rule.id && other.name == rule.name) {
            return Err(AppError::invalid("name: another rule has it"));
        }
    }
    if let Some(enabled) = changes.enabled {
        rule.enabled = enabled;
    }
    if let Some(json) = &changes.definition {
        let source = definitions::source(json)?;
        let read = definition::parse(json)?;
        definition::check_known(tx, &read.conditions, &read.actions)?;
        rule.source = source;
    }
    Ok(())
}

/// The log of rules and time rules, the newest first, strictly before a number.
pub fn firings(tx: &mut Tx<'_>, filter: LogFilter, before: i64, limit: i64) -> Result<Vec<Firing>, AppError> {
    Ok(tables::rules::firings(tx, filter, before, limit)?)
}
