//! The rules that choose the level of a new conversation: the first that holds, in their order. They are looked at once, when the
//! conversation begins; what changes in it later changes nothing of its level.

pub mod conditions;
#[cfg(test)]
mod tests;

use deskbell_domain::ids::{SlaLevelId, SlaRuleId};
use deskbell_store::tables::sla::SlaRule;
use deskbell_store::{Tx, tables};

pub use conditions::{Condition, Newcomer};

use super::levels;
use crate::context::Context;
use crate::error::AppError;
use crate::goals::line;

/// Rules of a desk.
pub const RULES_MAX: usize = 200;
/// Characters of a rule's name.
pub const NAME_CHARS_MAX: usize = 100;

/// A rule as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: SlaRuleId,
    pub name: String,
    pub enabled: bool,
    pub level: SlaLevelId,
    /// One group must hold, and in it every condition. Without groups it always holds.
    pub groups: Vec<Vec<Condition>>,
}

/// What is written of a rule; `None` leaves as it is, or has its default: switched on, always holding.
#[derive(Debug, Clone, Default)]
pub struct RuleDraft {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    pub level: Option<SlaLevelId>,
    pub groups: Option<Vec<Vec<Condition>>>,
}

/// All rules, in their order. One that another version of the program wrote, and that is not understood here, is left out: it rests.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Rule>, AppError> {
    let understood = |stored: SlaRule| match conditions::read(&stored.definition) {
        Ok(groups) => Some(Rule { id: stored.id, name: stored.name, enabled: stored.enabled, level: stored.level, groups }),
        Err(error) => {
            tracing::warn!(sla_rule.id = %stored.id, error = %error, "an SLA rule is not understood and rests");
            None
        }
    };
    Ok(tables::sla::rules(tx)?.into_iter().filter_map(understood).collect())
}

fn get(tx: &mut Tx<'_>, rule: SlaRuleId) -> Result<Rule, AppError> {
    list(tx)?.into_iter().find(|known| known.id == rule).ok_or_else(|| AppError::not_found("no such SLA rule"))
}

/// Adds a rule behind all others.
pub fn create(tx: &mut Tx<'_>, cx: &Context, draft: &RuleDraft) -> Result<Rule, AppError> {
    if draft.name.is_none() {
        return Err(AppError::missing("name is missing"));
    }
    let level = draft.level.ok_or_else(|| AppError::missing("level is missing"))?;
    if tables::sla::rules(tx)?.len() >= RULES_MAX {
        return Err(AppError::too_large(format!("at most {RULES_MAX} SLA rules")));
    }
    let id = SlaRuleId::from_i64(tx.next_id()?);
    let mut rule = Rule { id, name: String::new(), enabled: true, level, groups: Vec::new() };
    apply(tx, &mut rule, draft)?;
    tables::sla::insert_rule(tx, &stored(&rule)?, cx.now)?;
    Ok(rule)
}

pub fn change(tx: &mut Tx<'_>, rule: SlaRuleId, draft: &RuleDraft) -> Result<Rule, AppError> {
    let mut rule = get(tx, rule)?;
    apply(tx, &mut rule, draft)?;
    tables::sla::update_rule(tx, &stored(&rule)?)?;
    Ok(rule)
}

/// Takes a rule away; also one that is not understood.
pub fn remove(tx: &mut Tx<'_>, rule: SlaRuleId) -> Result<(), AppError> {
    if !tables::sla::rules(tx)?.iter().any(|known| known.id == rule) {
        return Err(AppError::not_found("no such SLA rule"));
    }
    Ok(tables::sla::remove_rule(tx, rule)?)
}

/// Puts the rules into this order: all of them are named, each once.
pub fn order(tx: &mut Tx<'_>, wanted: &[SlaRuleId]) -> Result<Vec<Rule>, AppError> {
    let sorted = |rules: &mut Vec<SlaRuleId>| rules.sort_unstable();
    let mut known: Vec<SlaRuleId> = tables::sla::rules(tx)?.into_iter().map(|rule| rule.id).collect();
    let mut named = wanted.to_vec();
    sorted(&mut known);
    sorted(&mut named);
    if known != named {
        return Err(AppError::invalid("rules must name every SLA rule once"));
    }
    for (ordinal, rule) in (1i64..).zip(wanted) {
        tables::sla::place_rule(tx, *rule, ordinal)?;
    }
    list(tx)
}

fn stored(rule: &Rule) -> Result<SlaRule, AppError> {
    Ok(SlaRule {
        id: rule.id,
        name: rule.name.clone(),
        enabled: rule.enabled,
        level: rule.level,
        definition: conditions::source(&rule.groups)?,
    })
}

fn apply(tx: &mut Tx<'_>, rule: &mut Rule, draft: &RuleDraft) -> Result<(), AppError> {
    if let Some(name) = &draft.name {
        rule.name = line("name", name, NAME_CHARS_MAX)?;
    }
    if let Some(level) = draft.level {
        levels::get(tx, level).map_err(|_| AppError::invalid("level: no such SLA level"))?;
        rule.level = level;
    }
    if let Some(groups) = &draft.groups {
        conditions::check(tx, groups)?;
        rule.groups.clone_from(groups);
    }
    rule.enabled = draft.enabled.unwrap_or(rule.enabled);
    Ok(())
}

/// The level of a conversation that begins.
pub(crate) fn choose(tx: &mut Tx<'_>, newcomer: &Newcomer<'_>) -> Result<Option<SlaLevelId>, AppError> {
    let rules: Vec<Rule> = list(tx)?.into_iter().filter(|rule| rule.enabled).collect();
    if rules.is_empty() {
        return Ok(None);
    }
    let facts = conditions::Facts::load(tx, newcomer)?;
    Ok(rules.iter().find(|rule| facts.meet(&rule.groups)).map(|rule| rule.level))
}
