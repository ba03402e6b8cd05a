//! Goals: what visitors are to reach. They are managed here, and reached by opening a page; each reaching is a conversion, put down to a
//! chat in which an agent took part.

#[cfg(test)]
mod tests;

use deskbell_domain::event::Event;
use deskbell_domain::goal::{
    ATTRIBUTION_DAYS_MAX, ATTRIBUTION_DAYS_MIN, AttributionModel, Conversion, GOALS_ENABLED_MAX, Goal, GoalCondition, GoalOperator,
};
use deskbell_domain::ids::{ConversionId, GoalId};
use deskbell_domain::visit::Visit;
use deskbell_store::tables::goals::Who;
use deskbell_store::{Tx, tables};

use crate::automation;
use crate::context::Context;
use crate::error::AppError;
use crate::visits;

/// Goals of a desk, on and off.
pub const GOALS_MAX: usize = 100;
pub const NAME_CHARS_MAX: usize = 254;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Conditions of one goal.
pub const CONDITIONS_MAX: usize = 50;
/// Characters that a page's address is held against.
pub const VALUE_CHARS_MAX: usize = 2_000;

/// What is changed of a goal; `None` leaves as it is, and for a new goal stands for what is usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub name: Option<String>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    pub attribution: Option<AttributionModel>,
    pub attribution_days: Option<i64>,
    /// The whole new list.
    pub conditions: Option<Vec<GoalCondition>>,
}

/// All goals, the oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Goal>, AppError> {
    Ok(tables::goals::all(tx)?)
}

pub fn get(tx: &mut Tx<'_>, goal: GoalId) -> Result<Goal, AppError> {
    list(tx)?.into_iter().find(|known| known.id == goal).ok_or_else(|| AppError::not_found("no such goal"))
}

/// Makes a goal: on, put down to the first chat within 30 days, unless told otherwise.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, changes: &Changes) -> Result<Goal, AppError> {
    if list(tx)?.len() >= GOALS_MAX {
        return Err(AppError::conflict(format!("a desk has at most {GOALS_MAX} goals")));
    }
    if changes.name.is_none() {
        return Err(AppError::missing("name is missing"));
    }
    if changes.conditions.as_ref().is_none_or(Vec::is_empty) {
        return Err(AppError::missing("settings.conditions is missing"));
    }
    let mut goal = Goal {
        id: GoalId::from_i64(tx.next_id()?),
        name: String::new(),
        description: String::new(),
        enabled: true,
        attribution: AttributionModel::FirstTouch,
        attribution_days: ATTRIBUTION_DAYS_MAX,
        conditions: Vec::new(),
    };
    apply(tx, &mut goal, changes)?;
    tables::goals::insert(tx, &goal, cx.now)?;
    announce(tx, cx, &goal, false)?;
    Ok(goal)
}

pub fn change(tx: &mut Tx<'_>, cx: &mut Context, goal: GoalId, changes: &Changes) -> Result<Goal, AppError> {
    let before = get(tx, goal)?;
    let mut goal = before.clone();
    apply(tx, &mut goal, changes)?;
    if goal != before {
        tables::goals::update(tx, &goal)?;
        announce(tx, cx, &goal, false)?;
    }
    Ok(goal)
}

/// Takes a goal away; its conversions stay.
pub fn remove(tx: &mut Tx<'_>, cx: &mut Context, goal: GoalId) -> Result<(), AppError> {
    let goal = get(tx, goal)?;
    tables::goals::remove(tx, goal.id)?;
    announce(tx, cx, &goal, true)
}

fn announce(tx: &mut Tx<'_>, cx: &mut Context, goal: &Goal, removed: bool) -> Result<(), AppError> {
    tx.append(cx.now, Event::GoalChanged { goal: goal.id, name: goal.name.clone(), removed })?;
    automation::changed(tx, cx)
}

fn apply(tx: &mut Tx<'_>, goal: &mut Goal, changes: &Changes) -> Result<(), AppError> {
    if let Some(name) = &changes.name {
        goal.name = line("name", name, NAME_CHARS_MAX)?;
    }
    if let Some(description) = &changes.description {
        goal.description = prose("description", description, DESCRIPTION_CHARS_MAX)?;
    }
    if let Some(attribution) = changes.attribution {
        goal.attribution = attribution;
    }
    if let Some(days) = changes.attribution_days {
        let within = |days: &u16| (ATTRIBUTION_DAYS_MIN..=ATTRIBUTION_DAYS_MAX).contains(days);
        goal.attribution_days = u16::try_from(days).ok().filter(within).ok_or_else(|| {
            AppError::invalid(format!("attribution_period must be {ATTRIBUTION_DAYS_MIN} to {ATTRIBUTION_DAYS_MAX} days"))
        })?;
    }
    if let Some(conditions) = &changes.conditions {
        goal.conditions = checked(conditions)?;
    }
    if let Some(enabled) = changes.enabled {
        goal.enabled = enabled;
    }
    let others = list(tx)?.into_iter().filter(|other| other.enabled && other.id != goal.id).count();
    if goal.enabled && others >= GOALS_ENABLED_MAX {
        return Err(AppError::invalid("Goals limit exceeded"));
    }
    Ok(())
}

fn checked(conditions: &[GoalCondition]) -> Result<Vec<GoalCondition>, AppError> {
    if conditions.is_empty() || conditions.len() > CONDITIONS_MAX {
        return Err(AppError::invalid(format!("a goal has 1 to {CONDITIONS_MAX} conditions")));
    }
    for condition in conditions {
        line("the value of a condition", &condition.value, VALUE_CHARS_MAX)?;
        let begins = condition.value.starts_with("http://") || condition.value.starts_with("https://");
        if condition.operator == GoalOperator::Equals && !begins {
            return Err(AppError::invalid("the value of a condition with operator equals begins with http:// or https://"));
        }
    }
    Ok(conditions.to_vec())
}

/// A text of one line with something in it.
pub(crate) fn line(what: &str, text: &str, chars_max: usize) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AppError::invalid(format!("{what} must not be empty")));
    }
    if text.chars().count() > chars_max || text.chars().any(char::is_control) {
        return Err(AppError::invalid(format!("{what} has at most {chars_max} characters and no control characters")));
    }
    Ok(text.to_owned())
}

/// A text that may be empty, or have several lines.
pub(crate) fn prose(what: &str, text: &str, chars_max: usize) -> Result<String, AppError> {
    let text = text.trim();
    let stray = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    if text.chars().count() > chars_max || text.chars().any(stray) {
        return Err(AppError::invalid(format!("{what} has at most {chars_max} characters and no control characters")));
    }
    Ok(text.to_owned())
}

/// A page was opened: notes the goals that it reaches, each once per stay.
pub(crate) fn reached(tx: &mut Tx<'_>, cx: &mut Context, visit: &Visit, url: &str) -> Result<(), AppError> {
    let active = automation::active(tx, cx)?;
    for goal in active.goals.iter().filter(|goal| goal.is_reached(url)) {
        let stay = visits::stays(tx, visit)?;
        if !tables::goals::is_converted(tx, visit.visitor, visit.id, goal.id, stay.began)? {
            convert(tx, cx, visit, goal)?;
        }
    }
    Ok(())
}

fn convert(tx: &mut Tx<'_>, cx: &mut Context, visit: &Visit, goal: &Goal) -> Result<(), AppError> {
    let since = cx.now.plus_seconds(-i64::from(goal.attribution_days) * 86_400);
    let who = Who { customer: visit.customer, visitor: visit.visitor };
    let conversion = Conversion {
        id: ConversionId::from_i64(tx.next_id()?),
        public_id: cx.conversion_public_id(goal.id),
        goal: goal.id,
        goal_name: goal.name.clone(),
        at: cx.now,
        visit: visit.id,
        customer: visit.customer,
        attribution: tables::goals::touch(tx, who, since, goal.attribution)?,
    };
    // Nothing is written where somebody has read already, whatever the clock says.
    let unread = tables::documents::promised(tx)? + 1;
    let second = tables::goals::free_second(tx, cx.now.seconds().max(unread))?;
    tables::goals::insert_conversion(tx, &conversion, second)?;
    tx.append(
        cx.now,
        Event::ConversionRecorded {
            conversion: conversion.id,
            goal: goal.id,
            goal_name: goal.name.clone(),
            visit: visit.id,
            customer: visit.customer,
            chat: conversion.attribution.map(|attribution| attribution.chat),
        },
    )?;
    Ok(())
}

/// A page of conversions strictly after (second, id) and not newer than `until` (seconds), each with the second it is exported with.
pub fn page(tx: &mut Tx<'_>, after: (i64, &str), until: i64, limit: i64) -> Result<Vec<(i64, Conversion)>, AppError> {
    Ok(tables::goals::page(tx, after, until, limit)?)
}
