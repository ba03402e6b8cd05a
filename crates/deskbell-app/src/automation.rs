//! What the desk does by itself, as every page view needs it: the goals and triggers that are on, read and understood once and kept in
//! memory until one of them changes. The version in the store says whether they have, exactly, on every node.

use std::sync::{Arc, Mutex, PoisonError};

use deskbell_domain::goal::Goal;
use deskbell_domain::ids::TriggerId;
use deskbell_domain::trigger::{Definition, Trigger, TriggerEvent};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::triggers::definition;

/// A trigger that is on.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) trigger: Trigger,
    pub(crate) definition: Definition,
}

/// What is on.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) goals: Vec<Goal>,
    triggers: Vec<Rule>,
}

impl Rules {
    /// The triggers that an event is for, the oldest first.
    pub(crate) fn of(&self, event: TriggerEvent) -> impl Iterator<Item = &Rule> {
        self.triggers.iter().filter(move |rule| rule.definition.event == event)
    }

    pub(crate) fn trigger(&self, id: TriggerId) -> Option<&Rule> {
        self.triggers.iter().find(|rule| rule.trigger.id == id)
    }
}

/// The rules of one version.
#[derive(Debug, Default)]
pub struct Automation(Mutex<Option<(i64, Arc<Rules>)>>);

/// The rules as they are within this transaction.
pub(crate) fn rules(tx: &mut Tx<'_>, cx: &Context) -> Result<Arc<Rules>, AppError> {
    let version = tables::goals::version(tx)?;
    if let Some((known, rules)) = &*cx.automation().0.lock().unwrap_or_else(PoisonError::into_inner)
        && *known == version
    {
        return Ok(Arc::clone(rules));
    }
    let goals = tables::goals::all(tx)?.into_iter().filter(|goal| goal.enabled).collect();
    let triggers = tables::triggers::all(tx)?.into_iter().filter(|trigger| trigger.enabled).filter_map(|trigger| {
        // What another version of the program wrote may say more than this one understands: it rests.
        match definition::read(&trigger.source) {
            Ok(definition) => Some(Rule { trigger, definition }),
            Err(error) => {
                tracing::warn!(trigger.id = %trigger.id, error = %error, "a trigger is not understood and rests");
                None
            }
        }
    });
    let rules = Arc::new(Rules { goals, triggers: triggers.collect() });
    *cx.automation().0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&rules)));
    Ok(rules)
}

/// A goal or a trigger changed: no node goes on with what it knew. The number is drawn by chance, so that one whose transaction is undone
/// never comes again for something else.
pub(crate) fn changed(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    let drawn = cx.bytes(8).into_iter().fold(0i64, |number, byte| (number << 8) | i64::from(byte));
    Ok(tables::goals::set_version(tx, drawn)?)
}
