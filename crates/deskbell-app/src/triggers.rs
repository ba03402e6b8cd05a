//! Triggers: managing them, and what they do. An event makes the enabled ones for it judge their conditions, in the same transaction; what
//! has to wait is a row that the timers come back to. Actions of triggers start no triggers.
//!
//! Definitions are read in [`definition`], what a condition asks about is looked up in [`facts`], actions are done in [`acting`].

mod acting;
pub(crate) mod definition;
mod facts;
#[cfg(test)]
mod tests;

use deskbell_domain::event::Event;
use deskbell_domain::ids::TriggerId;
use deskbell_domain::trigger::{Trigger, TriggerEvent, Verdict};
use deskbell_domain::visit::{VISIT_PRESENT_SECONDS, Visit};
use deskbell_store::tables::triggers::Step;
use deskbell_store::{Tx, tables};
use serde_json::Value as Json;

pub(crate) use acting::{give_tags, opening};
pub use acting::{greeting_numbers, greetings};

use crate::automation::{self, ActiveTrigger};
use crate::context::Context;
use crate::definitions;
use crate::desk::Desk;
use crate::error::AppError;
use crate::goals::{line, prose};
use facts::{Scene, Status};

/// Triggers of a desk, on and off.
pub const TRIGGERS_MAX: usize = 100;
pub const NAME_CHARS_MAX: usize = 254;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// What waits for one visitor, at most; past it triggers do not begin anew for him.
pub const STEPS_OF_VISITOR_MAX: usize = 50;
/// What is done in one write, so that no write takes long.
const STEPS_BITE: i64 = 50;
/// Writes of one look at the most.
const BITES_OF_LOOK_MAX: usize = 20;
/// Visits of a browser among which the one is looked for that it is on now: several windows may be open.
const WINDOWS_MAX: i64 = 10;
/// Seconds after which an absent visitor is looked for again.
const ABSENT_LOOK_SECONDS: i64 = 5;

/// What is changed of a trigger; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub name: Option<String>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    /// In JSON, as it is given out again.
    pub definition: Option<Json>,
}

/// All triggers, the oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Trigger>, AppError> {
    Ok(tables::triggers::all(tx)?)
}

/// A trigger by its number or its name.
pub fn find(tx: &mut Tx<'_>, identifier: &str) -> Result<Trigger, AppError> {
    let all = list(tx)?;
    let number = identifier.parse().ok().map(TriggerId::from_i64);
    let by_number = all.iter().find(|trigger| Some(trigger.id) == number);
    let found = by_number.or_else(|| all.iter().find(|trigger| trigger.name == identifier));
    found.cloned().ok_or_else(|| AppError::not_found("no such trigger"))
}

/// Makes a trigger: on, unless told otherwise.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, changes: &Changes) -> Result<Trigger, AppError> {
    if list(tx)?.len() >= TRIGGERS_MAX {
        return Err(AppError::conflict(format!("a desk has at most {TRIGGERS_MAX} triggers")));
    }
    if changes.name.is_none() {
        return Err(AppError::missing("name is missing"));
    }
    if changes.definition.is_none() {
        return Err(AppError::missing("definition is missing"));
    }
    let id = TriggerId::from_i64(tx.next_id()?);
    let mut trigger = Trigger { id, name: String::new(), description: String::new(), enabled: true, source: String::new() };
    apply(tx, &mut trigger, changes)?;
    tables::triggers::insert(tx, &trigger, cx.now)?;
    announce(tx, cx, &trigger, false)?;
    Ok(trigger)
}

/// Changes a trigger; what waited for its time is forgotten.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, identifier: &str, changes: &Changes) -> Result<Trigger, AppError> {
    let before = find(tx, identifier)?;
    let mut trigger = before.clone();
    apply(tx, &mut trigger, changes)?;
    if trigger != before {
        tables::triggers::update(tx, &trigger)?;
        tables::triggers::drop_steps_of(tx, trigger.id)?;
        announce(tx, cx, &trigger, false)?;
    }
    Ok(trigger)
}

pub fn remove(tx: &mut Tx<'_>, cx: &mut Context, identifier: &str) -> Result<(), AppError> {
    let trigger = find(tx, identifier)?;
    tables::triggers::remove(tx, trigger.id)?;
    announce(tx, cx, &trigger, true)
}

fn announce(tx: &mut Tx<'_>, cx: &mut Context, trigger: &Trigger, removed: bool) -> Result<(), AppError> {
    tx.append(cx.now, Event::TriggerChanged { trigger: trigger.id, name: trigger.name.clone(), removed })?;
    automation::changed(tx, cx)
}

fn apply(tx: &mut Tx<'_>, trigger: &mut Trigger, changes: &Changes) -> Result<(), AppError> {
    if let Some(name) = &changes.name {
        trigger.name = line("name", name, NAME_CHARS_MAX)?;
        if list(tx)?.iter().any(|other| other.id != trigger.id && other.name == trigger.name) {
            return Err(AppError::invalid("another trigger has that name"));
        }
    }
    if let Some(description) = &changes.description {
        trigger.description = prose("description", description, DESCRIPTION_CHARS_MAX)?;
    }
    if let Some(enabled) = changes.enabled {
        trigger.enabled = enabled;
    }
    if let Some(json) = &changes.definition {
        let source = definitions::source(json)?;
        definition::parse(json)?;
        trigger.source = source;
    }
    Ok(())
}

/// Something happened about a visitor: the triggers for it are judged. None of them acts while no agent can be seen to be there.
pub(crate) fn happened(tx: &mut Tx<'_>, cx: &mut Context, event: TriggerEvent, visit: &Visit, message: &str) -> Result<(), AppError> {
    let on = automation::active(tx, cx)?;
    if on.of(event).next().is_none() || facts::status_of_desk(tx)? == Status::Offline {
        return Ok(());
    }
    let page = tables::visits::last_page(tx, visit.id)?.map(|page| page.at);
    for active in on.of(event) {
        let step = Step {
            id: 0,
            trigger: active.trigger.id,
            visitor: visit.visitor,
            visit: visit.id,
            happened: cx.now,
            page,
            message: message.to_owned(),
            next_action: None,
            due: cx.now,
            absent: None,
        };
        judge(tx, cx, active, visit, step)?;
    }
    Ok(())
}

fn judge(tx: &mut Tx<'_>, cx: &mut Context, active: &ActiveTrigger, visit: &Visit, step: Step) -> Result<(), AppError> {
    let mut scene = Scene::new(tx, cx.now, visit, &step)?;
    match active.definition.condition.judge(&mut scene)? {
        Verdict::Fails => Ok(()),
        Verdict::Later(seconds) => {
            let due = step.happened.plus_seconds(i64::from(seconds));
            wait(tx, active, Step { due, ..step })
        }
        Verdict::Holds => {
            let waiting = tables::triggers::steps_of_visitor(tx, visit.visitor)?.len();
            if waiting >= STEPS_OF_VISITOR_MAX {
                return Ok(());
            }
            tables::triggers::note_fired(tx, visit.visitor, active.trigger.id, cx.now)?;
            acting::act(tx, cx, active, visit, &step, 0)
        }
    }
}

/// Comes back to a condition later. A trigger waits for a visitor once: for the newest page when it is about pages, else for the first event.
fn wait(tx: &mut Tx<'_>, active: &ActiveTrigger, step: Step) -> Result<(), AppError> {
    let waiting = tables::triggers::steps_of_visitor(tx, step.visitor)?;
    if waiting.len() >= STEPS_OF_VISITOR_MAX {
        return Ok(());
    }
    let same = waiting.iter().filter(|other| other.trigger == step.trigger && other.next_action.is_none());
    if active.definition.condition.is_about_page() {
        for other in same {
            tables::triggers::drop_step(tx, other.id)?;
        }
    } else if same.count() > 0 {
        return Ok(());
    }
    let id = if step.id == 0 { tx.next_id()? } else { step.id };
    Ok(tables::triggers::put_step(tx, &Step { id, ..step })?)
}

/// Goes on with what is due.
pub(crate) async fn go_on(desk: &Desk) -> Result<(), AppError> {
    for _ in 0..BITES_OF_LOOK_MAX {
        let now = desk.now();
        let steps = desk.read(move |tx| Ok(tables::triggers::due(tx, now, STEPS_BITE)?)).await?;
        let is_last = (steps.len() as i64) < STEPS_BITE;
        if !steps.is_empty() {
            bite(desk, steps).await?;
        }
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Goes on with some steps in one write; if one fails for good, with each in its own, so that it keeps no other from going on.
async fn bite(desk: &Desk, steps: Vec<Step>) -> Result<(), AppError> {
    let all = steps.clone();
    match desk.write(move |tx, cx| all.iter().try_for_each(|step| resume(tx, cx, step))).await {
        Err(error) if !error.is_temporary() => {}
        done => return done,
    }
    for step in steps {
        let id = step.id;
        let Err(error) = desk.write(move |tx, cx| resume(tx, cx, &step)).await else { continue };
        if error.is_temporary() {
            return Err(error);
        }
        tracing::error!(error = %error, "what a trigger waited with could not be done");
        desk.write(move |tx, _| Ok(tables::triggers::drop_step(tx, id)?)).await?;
    }
    Ok(())
}

/// Goes on with a step that is due, unless it was done or dropped meanwhile.
pub(crate) fn resume(tx: &mut Tx<'_>, cx: &mut Context, step: &Step) -> Result<(), AppError> {
    let stands = tables::triggers::steps_of_visitor(tx, step.visitor)?.iter().any(|other| other.id == step.id && other.due <= cx.now);
    if !stands {
        return Ok(());
    }
    tables::triggers::drop_step(tx, step.id)?;
    let on = automation::active(tx, cx)?;
    let Some(active) = on.trigger(step.trigger) else { return Ok(()) };
    let windows = tables::visits::of_visitor(tx, step.visitor, WINDOWS_MAX)?;
    let Some(visit) = windows.into_iter().max_by_key(|visit| (visit.seen, visit.started)) else { return Ok(()) };
    if cx.now.seconds_since(visit.seen) > VISIT_PRESENT_SECONDS {
        return look_again(tx, cx, step);
    }
    if facts::status_of_desk(tx)? == Status::Offline {
        return Ok(());
    }
    match step.next_action {
        None => judge(tx, cx, active, &visit, step.clone()),
        Some(next) => acting::act(tx, cx, active, &visit, step, next),
    }
}

/// The visitor may be between two pages, or the desk was just started: what waits is dropped once he is away for the grace time.
fn look_again(tx: &mut Tx<'_>, cx: &Context, step: &Step) -> Result<(), AppError> {
    let since = step.absent.unwrap_or(cx.now);
    if cx.now.seconds_since(since) >= i64::from(cx.settings.visitor_grace_seconds) {
        return Ok(());
    }
    let step = Step { due: cx.now.plus_seconds(ABSENT_LOOK_SECONDS), absent: Some(since), ..step.clone() };
    Ok(tables::triggers::put_step(tx, &step)?)
}

/// Forgets what was said or noted and led to no chat.
pub(crate) fn forget(tx: &mut Tx<'_>, cx: &Context) -> Result<(), AppError> {
    let greetings = cx.now.plus_seconds(-acting::GREETING_SECONDS_MAX);
    let marks = cx.now.plus_seconds(-acting::MARK_SECONDS_MAX);
    Ok(tables::triggers::forget_before(tx, greetings, marks)?)
}
