//! Time rules: what the desk does by itself with conversations for which something has not happened for a while. They are managed here, and
//! the timers let them look.
//!
//! Nobody searches all conversations for those whose time has come. Judging a conversation tells when the clock alone may next change the
//! outcome; that moment is kept in a row. What happens to a conversation (told by [`crate::rules::reader`]) makes it due at once; so does that its
//! customer's company or group goes (told here by those who take it away). A rule that is new or changed has every conversation looked at, in
//! bites.
//!
//! A rule acts once on a conversation for each time that its conditions come to hold: since when they hold is kept with what it did, in one
//! write.

#[cfg(test)]
mod tests;

use deskbell_domain::automation::{AnyRuleId, AutomationEvent};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{CompanyId, ConversationId, CustomerGroupId, TimeRuleId};
use deskbell_domain::rule::{Condition, Others, TimeRule, Verdict};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, cursors, tables};

use crate::automation::{self, ActiveTimeRule};
use crate::bites::Left;
use crate::context::Context;
use crate::definitions;
use crate::desk::Desk;
use crate::error::AppError;
use crate::goals::line;
use crate::rules::log::{self, Shot};
use crate::rules::scene::Scene;
use crate::rules::{Changes, NAME_CHARS_MAX, check_given, check_order, definition, reader};
use crate::timers;

/// Time rules of a desk, on and off.
pub const TIME_RULES_MAX: usize = 100;
/// Conversations looked at in one write.
const BITE: i64 = 50;
/// Writes of one look, at the most.
const BITES_OF_LOOK_MAX: usize = 20;
/// Conversations that are made due one by one when a company or a group goes. Are there more, all of the desk are looked at.
const PARTED_MAX: i64 = 1_000;
/// Conversations that one write of a look at all of them makes due.
const SWEEP_BITE: i64 = 500;

/// All time rules, in their order.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<TimeRule>, AppError> {
    Ok(tables::time_rules::all(tx)?)
}

pub fn get(tx: &mut Tx<'_>, rule: TimeRuleId) -> Result<TimeRule, AppError> {
    list(tx)?.into_iter().find(|known| known.id == rule).ok_or_else(|| AppError::not_found("no such time rule"))
}

/// Makes a time rule, the last in order: on, unless told otherwise.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, changes: &Changes) -> Result<TimeRule, AppError> {
    let others = list(tx)?;
    if others.len() >= TIME_RULES_MAX {
        return Err(AppError::conflict(format!("a desk has at most {TIME_RULES_MAX} time rules")));
    }
    check_given(changes)?;
    if cursors::get(tx, reader::CURSOR)?.is_none() {
        let head = tx.head()?;
        cursors::set(tx, reader::CURSOR, head)?;
    }
    let place = others.last().map_or(1, |last| last.place + 1);
    let id = TimeRuleId::from_i64(tx.next_id()?);
    let mut rule = TimeRule { id, name: String::new(), enabled: true, place, source: String::new() };
    apply(tx, &mut rule, changes)?;
    tables::time_rules::insert(tx, &rule, cx.now)?;
    if rule.enabled {
        tables::time_rules::begin_sweep(tx)?;
    }
    announce(tx, cx, &rule, false)?;
    Ok(rule)
}

/// Changes a time rule. It does not act again where it has acted, unless its conditions come to hold later than they did.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, rule: TimeRuleId, changes: &Changes) -> Result<TimeRule, AppError> {
    let before = get(tx, rule)?;
    let mut rule = before.clone();
    apply(tx, &mut rule, changes)?;
    if rule != before {
        tables::time_rules::update(tx, &rule)?;
        if (rule.enabled, &rule.source) != (before.enabled, &before.source) && (rule.enabled || held_others_back(&before)) {
            tables::time_rules::begin_sweep(tx)?;
        }
        announce(tx, cx, &rule, false)?;
    }
    Ok(rule)
}

/// Puts the time rules in an order: all of them, each once.
pub fn reorder(tx: &mut Tx<'_>, cx: &mut Context, order: &[TimeRuleId]) -> Result<Vec<TimeRule>, AppError> {
    let known = list(tx)?;
    check_order(&known.iter().map(|rule| rule.id).collect::<Vec<_>>(), order)?;
    for (place, id) in (1i64..).zip(order) {
        let rule = known.iter().find(|rule| rule.id == *id && rule.place != place);
        if let Some(rule) = rule {
            let rule = TimeRule { place, ..rule.clone() };
            tables::time_rules::update(tx, &rule)?;
            announce(tx, cx, &rule, false)?;
        }
    }
    if known.iter().any(held_others_back) {
        tables::time_rules::begin_sweep(tx)?;
    }
    list(tx)
}

/// Takes a time rule away; what it did stays in the log.
pub fn remove(tx: &mut Tx<'_>, cx: &mut Context, rule: TimeRuleId) -> Result<(), AppError> {
    let rule = get(tx, rule)?;
    tables::time_rules::remove(tx, rule.id)?;
    if held_others_back(&rule) {
        tables::time_rules::begin_sweep(tx)?;
    }
    announce(tx, cx, &rule, true)
}

/// Whether rules behind this one rested while its conditions held: without it, or behind others, they may act.
fn held_others_back(rule: &TimeRule) -> bool {
    rule.enabled && definition::read_timed(&rule.source).is_ok_and(|definition| definition.others == Others::Stop)
}

fn announce(tx: &mut Tx<'_>, cx: &mut Context, rule: &TimeRule, removed: bool) -> Result<(), AppError> {
    tx.append(cx.now, Event::Automation(AutomationEvent::TimeRuleChanged { rule: rule.id, name: rule.name.clone(), removed }))?;
    automation::changed(tx, cx)
}

fn apply(tx: &mut Tx<'_>, rule: &mut TimeRule, changes: &Changes) -> Result<(), AppError> {
    if let Some(name) = &changes.name {
        rule.name = line("name", name, NAME_CHARS_MAX)?;
        if list(tx)?.iter().any(|other| other.id != rule.id && other.name == rule.name) {
            return Err(AppError::invalid("name: another time rule has it"));
        }
    }
    if let Some(enabled) = changes.enabled {
        rule.enabled = enabled;
    }
    if let Some(json) = &changes.definition {
        let source = definitions::source(json)?;
        let read = definition::parse_timed(json)?;
        definition::check_known(tx, &read.conditions, &read.actions)?;
        rule.source = source;
    }
    Ok(())
}

/// A company goes, and its rows are there still: the time rules look again at the conversations of its customers, if one asks about it.
pub(crate) fn company_goes(tx: &mut Tx<'_>, cx: &Context, company: CompanyId) -> Result<(), AppError> {
    let groups = tables::groups::of_company(tx, company)?;
    let is_asked = one_asks(tx, cx, |condition| match condition {
        Condition::Company(wanted) => wanted.iter().any(|wanted| wanted.is_none_or(|wanted| wanted == company)),
        Condition::CustomerGroup(wanted) => groups.iter().any(|group| wanted.contains(&group.id)),
        _ => false,
    })?;
    if !is_asked {
        return Ok(());
    }
    let concerned = tables::time_rules::of_company(tx, company, PARTED_MAX + 1)?;
    look_again(tx, cx, &concerned)
}

/// A group goes, and its rows are there still: the same for the customers in it, and for those of its companies.
pub(crate) fn group_goes(tx: &mut Tx<'_>, cx: &Context, group: CustomerGroupId) -> Result<(), AppError> {
    if !one_asks(tx, cx, |condition| matches!(condition, Condition::CustomerGroup(wanted) if wanted.contains(&group)))? {
        return Ok(());
    }
    let concerned = tables::time_rules::of_group(tx, group, PARTED_MAX + 1)?;
    look_again(tx, cx, &concerned)
}

/// Whether a time rule that is on has such a condition.
fn one_asks(tx: &mut Tx<'_>, cx: &Context, is_such: impl Fn(&Condition) -> bool) -> Result<bool, AppError> {
    let active = automation::active(tx, cx)?;
    Ok(active.time_rules.iter().flat_map(|rule| rule.definition.conditions.0.iter().flatten()).any(|clause| is_such(&clause.condition)))
}

fn look_again(tx: &mut Tx<'_>, cx: &Context, concerned: &[ConversationId]) -> Result<(), AppError> {
    if concerned.len() as i64 > PARTED_MAX {
        return Ok(tables::time_rules::begin_sweep(tx)?);
    }
    Ok(concerned.iter().try_for_each(|conversation| tables::time_rules::look_by(tx, *conversation, cx.now))?)
}

/// Lets the time rules look at what is due. Called by the timers each minute, and soon again while something is left. One who waits for an
/// agent to take his chat or call goes first.
pub async fn look(desk: &Desk) -> Result<Left, AppError> {
    let swept = match desk.read(|tx| Ok(tables::time_rules::is_sweeping(tx)?)).await? {
        true => desk.write(|tx, cx| Ok(tables::time_rules::sweep(tx, cx.now, SWEEP_BITE)?)).await?,
        false => 0,
    };
    for _ in 0..BITES_OF_LOOK_MAX {
        let now = desk.now();
        let due = desk.read(move |tx| Ok(tables::time_rules::due(tx, now, BITE)?)).await?;
        if due.is_empty() {
            return Ok(if swept > 0 { Left::Some } else { Left::Nothing });
        }
        bite(desk, due).await?;
        if timers::somebody_waits(desk) {
            break;
        }
    }
    Ok(Left::Some)
}

/// Does within one write what the timers do beside others: for histories that are made up.
pub fn look_within(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    while tables::time_rules::sweep(tx, cx.now, SWEEP_BITE)? > 0 {}
    for conversation in tables::time_rules::due(tx, cx.now, i64::MAX)? {
        look_at(tx, cx, conversation)?;
    }
    Ok(())
}

/// Looks at some conversations in one write; if that fails for good, at each in its own, so that it keeps no other from being looked at.
async fn bite(desk: &Desk, due: Vec<ConversationId>) -> Result<(), AppError> {
    let all = due.clone();
    match desk.write(move |tx, cx| all.into_iter().try_for_each(|conversation| look_at(tx, cx, conversation))).await {
        Err(error) if !error.is_temporary() => {}
        done => return done,
    }
    for conversation in due {
        let Err(error) = desk.write(move |tx, cx| look_at(tx, cx, conversation)).await else { continue };
        if error.is_temporary() {
            return Err(error);
        }
        tracing::error!(error = %error, "time rules could not look at a conversation");
        desk.write(move |tx, cx| give_up(tx, cx, conversation)).await?;
    }
    Ok(())
}

/// Lets the time rules look at a conversation, in their order, if it is still due.
fn look_at(tx: &mut Tx<'_>, cx: &mut Context, id: ConversationId) -> Result<(), AppError> {
    if !tables::time_rules::is_due(tx, id, cx.now)? {
        return Ok(());
    }
    let active = automation::active(tx, cx)?;
    let mut next: Option<Timestamp> = None;
    for rule in &active.time_rules {
        let Some(verdict) = judge(tx, cx, rule, id)? else {
            // Merged into another one, or gone.
            next = None;
            break;
        };
        let (Verdict::Holds { until, .. } | Verdict::Fails { until }) = verdict;
        next = next.into_iter().chain(until).min();
        let Verdict::Holds { since, .. } = verdict else { continue };
        let since = since.unwrap_or_default();
        if tables::time_rules::held_since(tx, rule.rule.id, id)?.is_none_or(|before| before < since) {
            tables::time_rules::mark(tx, rule.rule.id, id, since)?;
            log::fire(tx, cx, &shot(rule, id), &[])?;
        }
        // While its conditions hold those behind it rest, also when it has acted before.
        if rule.definition.others == Others::Stop {
            break;
        }
    }
    Ok(tables::time_rules::looked(tx, id, next)?)
}

fn shot(rule: &ActiveTimeRule, conversation: ConversationId) -> Shot<'_> {
    Shot { rule: AnyRuleId::TimeRule(rule.rule.id), name: &rule.rule.name, conversation, event: None, actions: &rule.definition.actions }
}

/// What a rule says of a conversation as it is now; nothing of one that was merged into another.
fn judge(tx: &mut Tx<'_>, cx: &Context, rule: &ActiveTimeRule, id: ConversationId) -> Result<Option<Verdict>, AppError> {
    if tables::conversations::current(tx, id)? != Some(id) {
        return Ok(None);
    }
    let Some(conversation) = tables::conversations::get(tx, id)? else { return Ok(None) };
    let mut scene = Scene::new(tx, cx.now, &conversation, None);
    Ok(Some(rule.definition.conditions.judge(&mut scene)?))
}

/// Looks no more at a conversation, until something happens to it; says in the log which rules a defect has kept from acting.
fn give_up(tx: &mut Tx<'_>, cx: &mut Context, id: ConversationId) -> Result<(), AppError> {
    tables::time_rules::looked(tx, id, None)?;
    let active = automation::active(tx, cx)?;
    for rule in &active.time_rules {
        let Ok(Some(Verdict::Holds { since, .. })) = judge(tx, cx, rule, id) else { continue };
        let since = since.unwrap_or_default();
        if tables::time_rules::held_since(tx, rule.rule.id, id)?.is_none_or(|before| before < since) {
            tables::time_rules::mark(tx, rule.rule.id, id, since)?;
            log::fail(tx, cx, &shot(rule, id), &[])?;
        }
    }
    Ok(())
}
