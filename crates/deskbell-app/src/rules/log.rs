//! Firings: whether a rule whose conditions hold may act, what it does then, and the log of it.
//!
//! A firing is an entry of the journal; what the rule does follows it there, in the same write. So the firing that caused an entry is known
//! from its number, and with it the chain of firings that led there.

use deskbell_domain::automation::{AnyRuleId, AutomationEvent, FiringOutcome};
use deskbell_domain::event::Event;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::rule::{Action, CHAIN_FIRINGS_MAX, RuleEvent};
use deskbell_store::tables::rules::{Firing, LogFilter};
use deskbell_store::{Tx, tables};

use super::acting::{self, Acted};
use super::{RULE_FIRINGS_PER_HOUR_MAX, TIME_RULE_FIRINGS_PER_DAY_MAX};
use crate::context::Context;
use crate::error::AppError;

const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;
/// Seconds for which the log is kept.
const LOG_SECONDS_MAX: i64 = 90 * DAY_SECONDS;
/// Rows forgotten in one write.
const BITE: i64 = 1_000;

/// A rule whose conditions hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shot<'a> {
    pub(crate) rule: AnyRuleId,
    pub(crate) name: &'a str,
    pub(crate) conversation: ConversationId,
    /// What it listened to, with the number in the journal.
    pub(crate) event: Option<(RuleEvent, i64)>,
    pub(crate) actions: &'a [Action],
}

/// The firings that led to an entry of the journal, the latest first.
pub(crate) fn chain(tx: &mut Tx<'_>, number: i64) -> Result<Vec<Firing>, AppError> {
    let mut chain: Vec<Firing> = tables::rules::cause_of(tx, number)?.into_iter().collect();
    while let Some(cause) = chain.last().and_then(|firing| firing.cause) {
        if chain.len() >= CHAIN_FIRINGS_MAX {
            break;
        }
        match tables::rules::get_firing(tx, cause)? {
            Some(firing) => chain.push(firing),
            None => break,
        }
    }
    Ok(chain)
}

/// Lets a rule act, unless it is held back, and keeps the log. Nothing happens, and nothing is logged, where a rule sees only what it did
/// itself. Returns whether it acted.
pub(crate) fn fire(tx: &mut Tx<'_>, cx: &mut Context, shot: &Shot<'_>, chain: &[Firing]) -> Result<bool, AppError> {
    if chain.first().is_some_and(|cause| cause.rule == shot.rule) {
        return Ok(false);
    }
    let outcome = held_back(tx, cx, shot, chain)?;
    if is_said(tx, cx, shot, outcome)? {
        return Ok(false);
    }
    note(tx, cx, shot, chain, outcome)?;
    Ok(outcome == FiringOutcome::Done)
}

/// Notes that a defect kept a rule from acting.
pub(crate) fn fail(tx: &mut Tx<'_>, cx: &mut Context, shot: &Shot<'_>, chain: &[Firing]) -> Result<(), AppError> {
    note(tx, cx, shot, chain, FiringOutcome::Failed)
}

fn held_back(tx: &mut Tx<'_>, cx: &Context, shot: &Shot<'_>, chain: &[Firing]) -> Result<FiringOutcome, AppError> {
    if chain.iter().any(|firing| firing.rule == shot.rule) {
        return Ok(FiringOutcome::Loop);
    }
    if chain.len() >= CHAIN_FIRINGS_MAX {
        return Ok(FiringOutcome::Chain);
    }
    let times_max = match shot.rule {
        AnyRuleId::Rule(_) => RULE_FIRINGS_PER_HOUR_MAX,
        AnyRuleId::TimeRule(_) => TIME_RULE_FIRINGS_PER_DAY_MAX,
    };
    let times = lately(tx, cx, shot, FiringOutcome::Done)?;
    Ok(if times >= times_max { FiringOutcome::Often } else { FiringOutcome::Done })
}

/// How often something came of a rule with a conversation within the last hour, of a time rule within the last day.
fn lately(tx: &mut Tx<'_>, cx: &Context, shot: &Shot<'_>, outcome: FiringOutcome) -> Result<i64, AppError> {
    let seconds = match shot.rule {
        AnyRuleId::Rule(_) => HOUR_SECONDS,
        AnyRuleId::TimeRule(_) => DAY_SECONDS,
    };
    Ok(tables::rules::times(tx, shot.rule, shot.conversation, cx.now.plus_seconds(-seconds), outcome)?)
}

/// Whether the log says already that a rule is held back: said once, not each time.
fn is_said(tx: &mut Tx<'_>, cx: &Context, shot: &Shot<'_>, outcome: FiringOutcome) -> Result<bool, AppError> {
    Ok(match outcome {
        FiringOutcome::Often => latest(tx, shot)?.is_some_and(|firing| firing.outcome == FiringOutcome::Often),
        FiringOutcome::Loop | FiringOutcome::Chain => lately(tx, cx, shot, outcome)? > 0,
        FiringOutcome::Done | FiringOutcome::Failed => false,
    })
}

fn latest(tx: &mut Tx<'_>, shot: &Shot<'_>) -> Result<Option<Firing>, AppError> {
    let filter = LogFilter { rule: Some(shot.rule), conversation: Some(shot.conversation) };
    Ok(tables::rules::firings(tx, filter, i64::MAX, 1)?.pop())
}

fn note(tx: &mut Tx<'_>, cx: &mut Context, shot: &Shot<'_>, chain: &[Firing], outcome: FiringOutcome) -> Result<(), AppError> {
    let (name, conversation) = (shot.name.to_owned(), shot.conversation);
    let event = match shot.rule {
        AnyRuleId::Rule(rule) => AutomationEvent::RuleFired { rule, name, conversation, outcome },
        AnyRuleId::TimeRule(rule) => AutomationEvent::TimeRuleFired { rule, name, conversation, outcome },
    };
    let number = tx.append(cx.now, Event::Automation(event))?;
    let Acted { lines, answers } = match outcome {
        FiringOutcome::Done => acting::act(tx, cx, acting::Firing { number, conversation }, shot.actions)?,
        FiringOutcome::Loop | FiringOutcome::Chain | FiringOutcome::Often | FiringOutcome::Failed => Acted::default(),
    };
    let detail = match outcome {
        FiringOutcome::Done => lines.join("\n"),
        FiringOutcome::Loop => format!("held back: it has acted already in this chain of {} rules", chain.len()),
        FiringOutcome::Chain => format!("held back: {CHAIN_FIRINGS_MAX} rules in a chain are the most there may be"),
        FiringOutcome::Often => match shot.rule {
            AnyRuleId::Rule(_) => format!("held back: it acts at most {RULE_FIRINGS_PER_HOUR_MAX} times an hour on one conversation"),
            AnyRuleId::TimeRule(_) => {
                format!("held back: it acts at most {TIME_RULE_FIRINGS_PER_DAY_MAX} times a day on one conversation")
            }
        },
        FiringOutcome::Failed => "nothing was done because of a defect; the program's log has more".to_owned(),
    };
    let firing = Firing {
        number,
        rule: shot.rule,
        name: shot.name.to_owned(),
        conversation,
        at: cx.now,
        event: shot.event,
        cause: chain.first().map(|firing| firing.number),
        last: tx.head()?,
        outcome,
        detail,
        answers,
    };
    Ok(tables::rules::insert_firing(tx, &firing)?)
}

/// Answers that rules have sent to a conversation within the last hour, before the firing that is under way.
pub(crate) fn answers_in_hour(tx: &mut Tx<'_>, cx: &Context, conversation: ConversationId) -> Result<i64, AppError> {
    Ok(tables::rules::answers_sent(tx, conversation, cx.now.plus_seconds(-HOUR_SECONDS))?)
}

/// Forgets what is too old; returns whether there is more.
pub(crate) fn forget(tx: &mut Tx<'_>, cx: &mut Context) -> Result<bool, AppError> {
    let firings = tables::rules::forget_firings(tx, cx.now.plus_seconds(-LOG_SECONDS_MAX), BITE)?;
    let marks = tables::time_rules::forget_marks(tx, BITE)?;
    Ok(firings > 0 || marks > 0)
}
