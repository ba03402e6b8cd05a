//! What the desk does by itself, as every page view and every event needs it: the goals, triggers, rules, time rules and SLA rules that are on, read
//! and understood once and kept in memory until one of them changes. The version in the store says whether they have, exactly, on every
//! node.
//!
//! Triggers act on visitors, while they are on the site ([`crate::triggers`]); rules and time rules act on conversations, of any channel
//! ([`crate::rules`]).

use std::sync::{Arc, Mutex, PoisonError};

use deskbell_domain::goal::Goal;
use deskbell_domain::ids::TriggerId;
use deskbell_domain::rule::{Rule, RuleDefinition, RuleEvent, TimeRule, TimeRuleDefinition};
use deskbell_domain::trigger::{Definition, Trigger, TriggerEvent};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::{AppError, Kind};
use crate::rules::definition as rule_definition;
use crate::sla;
use crate::sla::rules::ActiveSlaRule;
use crate::triggers::definition;

/// A trigger that is on.
#[derive(Debug, Clone)]
pub(crate) struct ActiveTrigger {
    pub(crate) trigger: Trigger,
    pub(crate) definition: Definition,
}

/// A rule that is on.
#[derive(Debug, Clone)]
pub(crate) struct ActiveRule {
    pub(crate) rule: Rule,
    pub(crate) definition: RuleDefinition,
}

/// A time rule that is on.
#[derive(Debug, Clone)]
pub(crate) struct ActiveTimeRule {
    pub(crate) rule: TimeRule,
    pub(crate) definition: TimeRuleDefinition,
}

/// What is on.
#[derive(Debug, Default)]
pub(crate) struct Active {
    pub(crate) goals: Vec<Goal>,
    triggers: Vec<ActiveTrigger>,
    rules: Vec<ActiveRule>,
    /// In their order.
    pub(crate) time_rules: Vec<ActiveTimeRule>,
    /// What chooses the level of a new conversation, in their order.
    pub(crate) sla_rules: Vec<ActiveSlaRule>,
}

impl Active {
    /// The triggers that an event is for, the oldest first.
    pub(crate) fn of(&self, event: TriggerEvent) -> impl Iterator<Item = &ActiveTrigger> {
        self.triggers.iter().filter(move |active| active.definition.event == event)
    }

    pub(crate) fn trigger(&self, id: TriggerId) -> Option<&ActiveTrigger> {
        self.triggers.iter().find(|active| active.trigger.id == id)
    }

    pub(crate) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The rules that listen to an event with this number in the journal, in their order.
    pub(crate) fn rules_for(&self, event: RuleEvent, number: i64) -> impl Iterator<Item = &ActiveRule> {
        self.rules.iter().filter(move |active| active.definition.events.contains(&event) && active.rule.since < number)
    }
}

/// What is on, of one version.
#[derive(Debug, Default)]
pub struct Automation(Mutex<Option<(i64, Arc<Active>)>>);

/// What is on within this transaction.
pub(crate) fn active(tx: &mut Tx<'_>, cx: &Context) -> Result<Arc<Active>, AppError> {
    cx.automation().active(tx)
}

impl Automation {
    /// What is on within this transaction.
    pub(crate) fn active(&self, tx: &mut Tx<'_>) -> Result<Arc<Active>, AppError> {
        let version = tables::goals::version(tx)?;
        if let Some((known, active)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && *known == version
        {
            return Ok(Arc::clone(active));
        }
        let active = Arc::new(load(tx)?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&active)));
        Ok(active)
    }
}

/// Reads all that is on. What another version of the program wrote may say more than this one understands: it rests.
fn load(tx: &mut Tx<'_>) -> Result<Active, AppError> {
    let goals = tables::goals::all(tx)?.into_iter().filter(|goal| goal.enabled).collect();
    let triggers = tables::triggers::all(tx)?.into_iter().filter(|trigger| trigger.enabled).filter_map(|trigger| {
        let read = definition::read(&trigger.source);
        let definition =
            understood(read, |error| tracing::warn!(trigger.id = %trigger.id, %error, "a trigger is not understood and rests"))?;
        Some(ActiveTrigger { trigger, definition })
    });
    let rules = tables::rules::all(tx)?.into_iter().filter(|rule| rule.enabled).filter_map(|rule| {
        let read = rule_definition::read(&rule.source);
        let definition = understood(read, |error| tracing::warn!(rule.id = %rule.id, %error, "a rule is not understood and rests"))?;
        Some(ActiveRule { rule, definition })
    });
    let time_rules = tables::time_rules::all(tx)?.into_iter().filter(|rule| rule.enabled).filter_map(|rule| {
        let read = rule_definition::read_timed(&rule.source);
        let definition = understood(read, |error| tracing::warn!(rule.id = %rule.id, %error, "a time rule is not understood and rests"))?;
        Some(ActiveTimeRule { rule, definition })
    });
    let sla_rules = sla::rules::active(tx)?;
    Ok(Active { sla_rules, goals, triggers: triggers.collect(), rules: rules.collect(), time_rules: time_rules.collect() })
}

fn understood<T>(read: Result<T, AppError>, tell: impl FnOnce(&AppError)) -> Option<T> {
    read.inspect_err(tell).ok()
}

/// A refusal by a rule of the desk, which automation passes over; no defect, and no store that is away.
pub(crate) fn refusal(error: AppError) -> Result<AppError, AppError> {
    match error.kind {
        Kind::Invalid | Kind::Missing | Kind::Forbidden | Kind::NotFound | Kind::Conflict | Kind::Offline | Kind::TooLarge => Ok(error),
        Kind::NoCredential | Kind::BadCredential | Kind::RateLimited | Kind::Unavailable | Kind::StorageFull | Kind::Internal => Err(error),
    }
}

/// A goal, a trigger or a rule changed: no node goes on with what it knew. The number is drawn by chance, so that one whose transaction is undone
/// never comes again for something else.
pub(crate) fn changed(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    let drawn = cx.bytes(8).into_iter().fold(0i64, |number, byte| (number << 8) | i64::from(byte));
    Ok(tables::goals::set_version(tx, drawn)?)
}
