//! What the demo's desk promises its customers: service levels with business hours and holidays, and who gets which.

use deskbell_app::context::Context;
use deskbell_app::error::AppError;
use deskbell_app::sla::levels::{self, LevelDraft};
use deskbell_app::sla::rules::conditions::About;
use deskbell_app::sla::rules::{self, Condition, RuleDraft};
use deskbell_domain::calendar::{Calendar, CalendarFault};
use deskbell_domain::ids::CustomerGroupId;
use deskbell_domain::sla::Goal;
use deskbell_store::Tx;

use super::calendar::{HOLIDAYS, ZONE};

/// As the agents work, but for the lunch that they take in turns.
const HOURS: &str = "mon 08:00-18:00; tue 08:00-18:00; wed 08:00-18:00; thu 08:00-18:00; fri 08:00-18:00; sat 10:00-16:00";
/// The years that a demo may lie in.
const HOLIDAY_YEARS: std::ops::RangeInclusive<u16> = 2020..=2040;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// Seconds of each goal, in the order of [`Goal::ALL`].
const PRIORITY: [i64; 6] = [HOUR, 2 * HOUR, HOUR, 16 * HOUR, 20, 20];
const STANDARD: [i64; 6] = [4 * HOUR, 8 * HOUR, 3 * HOUR, 40 * HOUR, 45, 30];
/// The groups of the premises that come first: VIP and wholesale.
const PRIVILEGED: usize = 2;

/// Makes the levels, and the rules that choose among them.
pub(super) fn make(tx: &mut Tx<'_>, cx: &mut Context, groups: &[CustomerGroupId]) -> Result<(), AppError> {
    let priority = level(tx, cx, "Priority", PRIORITY)?;
    let standard = level(tx, cx, "Standard", STANDARD)?;
    let privileged = groups.iter().take(PRIVILEGED).map(ToString::to_string).collect();
    let one = |about, any_of| vec![Condition { about, any_of }];
    let refund = ["refund", "invoice", "rechnung", "remboursement"].map(str::to_owned).to_vec();
    let urgent = vec![one(About::CustomerGroup, privileged), one(About::Text, refund)];
    for (name, level, groups) in [("VIP, wholesale, and money", priority, urgent), ("Everybody else", standard, Vec::new())] {
        let draft = RuleDraft { name: Some(name.to_owned()), level: Some(level), groups: Some(groups), ..RuleDraft::default() };
        rules::create(tx, cx, &draft)?;
    }
    Ok(())
}

fn level(tx: &mut Tx<'_>, cx: &Context, name: &str, seconds: [i64; 6]) -> Result<deskbell_domain::ids::SlaLevelId, AppError> {
    let calendar = hours().map_err(|fault| AppError::internal(format!("the demo's business hours: {fault:?}")))?;
    let times = Goal::ALL.iter().copied().zip(seconds.map(Some)).collect();
    let draft = LevelDraft { name: Some(name.to_owned()), times, calendar: Some(calendar) };
    Ok(levels::create(tx, cx, &draft)?.id)
}

fn hours() -> Result<Calendar, CalendarFault> {
    let days: Vec<String> = HOLIDAY_YEARS.flat_map(|year| HOLIDAYS.map(|(month, day)| format!("{year}-{month:02}-{day:02}"))).collect();
    Calendar::parse(&format!("{ZONE}; {HOURS}; off {}", days.join(" ")))
}
