//! Levels: made, changed, taken away.

use deskbell_domain::calendar::Calendar;
use deskbell_domain::event::Event;
use deskbell_domain::ids::SlaLevelId;
use deskbell_domain::sla::{GOAL_SECONDS_MAX, Goal, Level, SlaEvent, Times};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::goals::line;

/// Levels of a desk.
pub const LEVELS_MAX: usize = 100;
/// Characters of a level's name.
pub const NAME_CHARS_MAX: usize = 100;

/// What is written of a level; `None` leaves as it is, or has its default.
#[derive(Debug, Clone, Default)]
pub struct LevelDraft {
    pub name: Option<String>,
    /// Business seconds of the goals that are named; without a time a goal is not watched.
    pub times: Vec<(Goal, Option<i64>)>,
    /// Day and night for a new level.
    pub calendar: Option<Calendar>,
}

/// All levels, by name.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Level>, AppError> {
    Ok(tables::sla::levels(tx)?)
}

/// One level, or a refusal.
pub fn get(tx: &mut Tx<'_>, level: SlaLevelId) -> Result<Level, AppError> {
    tables::sla::level_now(tx, level)?.ok_or_else(|| AppError::not_found("no such SLA level"))
}

pub fn create(tx: &mut Tx<'_>, cx: &Context, draft: &LevelDraft) -> Result<Level, AppError> {
    if draft.name.is_none() {
        return Err(AppError::missing("name is missing"));
    }
    if list(tx)?.len() >= LEVELS_MAX {
        return Err(AppError::too_large(format!("at most {LEVELS_MAX} SLA levels")));
    }
    let id = SlaLevelId::from_i64(tx.next_id()?);
    let mut level = Level { id, name: String::new(), times: Times::default(), calendar: Calendar::always() };
    apply(tx, &mut level, draft)?;
    tables::sla::insert_level(tx, &level, cx.now)?;
    announce(tx, cx, &level, false)?;
    Ok(level)
}

/// Changes a level. Clocks that run keep the time they were given and their due times; the business hours count for them when they go on
/// after they stood still.
pub fn change(tx: &mut Tx<'_>, cx: &Context, level: SlaLevelId, draft: &LevelDraft) -> Result<Level, AppError> {
    let before = get(tx, level)?;
    let mut level = before.clone();
    apply(tx, &mut level, draft)?;
    if level != before {
        tables::sla::update_level(tx, &level)?;
        announce(tx, cx, &level, false)?;
    }
    Ok(level)
}

/// Takes a level away: it is chosen no more. Conversations that have it keep it, and their clocks run on.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, level: SlaLevelId) -> Result<(), AppError> {
    let level = get(tx, level)?;
    if let Some(rule) = tables::sla::rules(tx)?.into_iter().find(|rule| rule.level == level.id) {
        return Err(AppError::conflict(format!("the rule \"{}\" chooses this level: change or remove it first", rule.name)));
    }
    tables::sla::remove_level(tx, level.id, cx.now)?;
    announce(tx, cx, &level, true)
}

fn announce(tx: &mut Tx<'_>, cx: &Context, level: &Level, removed: bool) -> Result<(), AppError> {
    let (name, calendar) = (level.name.clone(), level.calendar.text());
    let number = tx.append(cx.now, Event::Sla(SlaEvent::LevelChanged { level: level.id, name, calendar: calendar.clone(), removed }))?;
    // Conversations keep a level that was taken away, and it its hours.
    if !removed {
        tables::changes::calendar(tx, number, level.id, &calendar)?;
    }
    Ok(())
}

fn apply(tx: &mut Tx<'_>, level: &mut Level, draft: &LevelDraft) -> Result<(), AppError> {
    if let Some(name) = &draft.name {
        level.name = line("name", name, NAME_CHARS_MAX)?;
        if tables::sla::level_by_name(tx, &level.name)?.is_some_and(|other| other.id != level.id) {
            return Err(AppError::conflict("another SLA level has that name"));
        }
    }
    for (goal, given) in &draft.times {
        let within = |seconds: &u32| (1..=GOAL_SECONDS_MAX).contains(seconds);
        let seconds = given.map(|given| {
            u32::try_from(given)
                .ok()
                .filter(within)
                .ok_or_else(|| AppError::invalid(format!("times.{} must be 1 to {GOAL_SECONDS_MAX} seconds, or null", goal.text())))
        });
        level.times.set(*goal, seconds.transpose()?);
    }
    if Goal::ALL.iter().all(|goal| level.times.get(*goal).is_none()) {
        return Err(AppError::invalid("times must have a time for one goal at least"));
    }
    if let Some(calendar) = &draft.calendar {
        if calendar.is_never_open() {
            return Err(AppError::invalid("calendar.days must be open on one day at least"));
        }
        level.calendar = calendar.clone();
    }
    Ok(())
}
