//! The rules that choose the level of a new conversation: the first that holds, in their order. They are looked at once, when the
//! conversation begins; what changes in it later changes nothing of its level.

pub mod conditions;
#[cfg(test)]
mod tests;

use deskbell_domain::conversation::Conversation;
use deskbell_domain::ids::{SlaLevelId, SlaRuleId};
use deskbell_domain::message::Actor;
use deskbell_domain::rule::{Conditions, Happening, RuleEvent};
use deskbell_store::tables::sla::SlaRule;
use deskbell_store::{Tx, tables};
use serde_json::Value as Json;

pub use conditions::Condition;

use super::levels;
use crate::automation;
use crate::context::Context;
use crate::conversations::Beginning;
use crate::definitions;
use crate::error::AppError;
use crate::goals::line;
use crate::rules::definition::check_known;
use crate::rules::scene::{Scene, Unwritten};

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
    /// Groups of conditions in the words of rules: one group must hold, and in it every condition. Without groups it always holds.
    pub conditions: Json,
    /// One that another version of the program wrote may say more than this one understands: it rests, with its conditions as they stand.
    pub understood: bool,
}

impl Rule {
    /// Its conditions in the short spelling; `None` if that cannot say them.
    pub fn in_short(&self) -> Option<Vec<Vec<Condition>>> {
        if self.understood { conditions::in_short(&self.conditions) } else { None }
    }
}

/// A rule that is on, as every new conversation needs it.
#[derive(Debug, Clone)]
pub(crate) struct ActiveSlaRule {
    level: SlaLevelId,
    conditions: Conditions,
}

/// What is written of a rule; `None` leaves as it is, or has its default: switched on, always holding.
#[derive(Debug, Clone, Default)]
pub struct RuleDraft {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    pub level: Option<SlaLevelId>,
    /// In the words of rules.
    pub conditions: Option<Json>,
    /// The same in the short spelling; one of the two is given.
    pub groups: Option<Vec<Vec<Condition>>>,
}

/// All rules, in their order; also those that are not understood.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Rule>, AppError> {
    Ok(tables::sla::rules(tx)?.into_iter().map(shown).collect())
}

fn shown(stored: SlaRule) -> Rule {
    let (conditions, understood) = match conditions::read(&stored.definition) {
        Ok(read) => (read.source, true),
        Err(_) => (definitions::stored(&stored.definition).unwrap_or_else(|_| Json::String(stored.definition.clone())), false),
    };
    Rule { id: stored.id, name: stored.name, enabled: stored.enabled, level: stored.level, conditions, understood }
}

/// Those that are on and understood, in their order.
pub(crate) fn active(tx: &mut Tx<'_>) -> Result<Vec<ActiveSlaRule>, AppError> {
    let understood = |stored: SlaRule| match conditions::read(&stored.definition) {
        Ok(read) => Some(ActiveSlaRule { level: stored.level, conditions: read.conditions }),
        Err(error) => {
            tracing::warn!(sla_rule.id = %stored.id, error = %error, "an SLA rule is not understood and rests");
            None
        }
    };
    Ok(tables::sla::rules(tx)?.into_iter().filter(|stored| stored.enabled).filter_map(understood).collect())
}

fn get(tx: &mut Tx<'_>, rule: SlaRuleId) -> Result<SlaRule, AppError> {
    tables::sla::rules(tx)?.into_iter().find(|known| known.id == rule).ok_or_else(|| AppError::not_found("no such SLA rule"))
}

/// Adds a rule behind all others.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, draft: &RuleDraft) -> Result<Rule, AppError> {
    if draft.name.is_none() {
        return Err(AppError::missing("name is missing"));
    }
    let level = draft.level.ok_or_else(|| AppError::missing("level is missing"))?;
    if tables::sla::rules(tx)?.len() >= RULES_MAX {
        return Err(AppError::too_large(format!("at most {RULES_MAX} SLA rules")));
    }
    let id = SlaRuleId::from_i64(tx.next_id()?);
    let mut rule = SlaRule { id, name: String::new(), enabled: true, level, definition: "[]".to_owned() };
    apply(tx, &mut rule, draft)?;
    tables::sla::insert_rule(tx, &rule, cx.now)?;
    automation::changed(tx, cx)?;
    Ok(shown(rule))
}

/// Changes a rule; also one that is not understood, which new conditions can mend.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, rule: SlaRuleId, draft: &RuleDraft) -> Result<Rule, AppError> {
    let mut rule = get(tx, rule)?;
    apply(tx, &mut rule, draft)?;
    tables::sla::update_rule(tx, &rule)?;
    automation::changed(tx, cx)?;
    Ok(shown(rule))
}

/// Takes a rule away; also one that is not understood.
pub fn remove(tx: &mut Tx<'_>, cx: &mut Context, rule: SlaRuleId) -> Result<(), AppError> {
    let rule = get(tx, rule)?;
    tables::sla::remove_rule(tx, rule.id)?;
    automation::changed(tx, cx)
}

/// Puts the rules into this order: all of them are named, each once.
pub fn order(tx: &mut Tx<'_>, cx: &mut Context, wanted: &[SlaRuleId]) -> Result<Vec<Rule>, AppError> {
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
    automation::changed(tx, cx)?;
    list(tx)
}

fn apply(tx: &mut Tx<'_>, rule: &mut SlaRule, draft: &RuleDraft) -> Result<(), AppError> {
    if let Some(name) = &draft.name {
        rule.name = line("name", name, NAME_CHARS_MAX)?;
    }
    if let Some(level) = draft.level {
        levels::get(tx, level).map_err(|_| AppError::invalid("level: no such SLA level"))?;
        rule.level = level;
    }
    let conditions = match (&draft.conditions, &draft.groups) {
        (Some(_), Some(_)) => return Err(AppError::invalid("conditions and groups say the same: give one of the two")),
        (Some(conditions), None) => Some(conditions.clone()),
        (None, Some(groups)) => {
            conditions::check(tx, groups)?;
            Some(conditions::in_full(groups))
        }
        (None, None) => None,
    };
    if let Some(conditions) = conditions {
        let understood = conditions::parse(conditions)?;
        check_known(tx, &understood.conditions, &[])?;
        rule.definition = definitions::source(&understood.source)?;
    }
    rule.enabled = draft.enabled.unwrap_or(rule.enabled);
    Ok(())
}

/// The level of a conversation that begins. Its row is written, but not what else it begins with.
pub(crate) fn choose(
    tx: &mut Tx<'_>,
    cx: &Context,
    conversation: &Conversation,
    beginning: &Beginning<'_>,
) -> Result<Option<SlaLevelId>, AppError> {
    let active = automation::active(tx, cx)?;
    if active.sla_rules.is_empty() {
        return Ok(None);
    }
    let by = beginning.by.unwrap_or(Actor::Customer(conversation.customer));
    let happening =
        Happening { text: Some(beginning.text.to_owned()), ..Happening::plain(RuleEvent::ConversationCreated, conversation.id, by) };
    // What has no subject is called by the start of its text.
    let subject = if conversation.subject.is_empty() { beginning.text } else { &conversation.subject };
    let conversation = Conversation { subject: subject.to_owned(), assigned: beginning.assigned, ..conversation.clone() };
    let unwritten = Unwritten { tags: beginning.tags, fields: beginning.fields, customer_fields: beginning.customer_fields };
    let mut scene = Scene::new(tx, cx.now, &conversation, Some(&happening)).beginning(unwritten);
    for rule in &active.sla_rules {
        if rule.conditions.judge(&mut scene)?.holds() {
            return Ok(Some(rule.level));
        }
    }
    Ok(None)
}
