//! Conditions of rules and time rules: groups of objects with one member each, `{"status": ["N", "C"]}`, or `{"not": {…}}`.

use deskbell_domain::calendar::{Calendar, CalendarFault};
use deskbell_domain::chat::Rating;
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::ids::{AgentId, CompanyId, CustomerGroupId, DepartmentId};
use deskbell_domain::rule::{Clause, Condition, ConditionWord, Conditions, FieldTest, Online, RuleEvent, TextTest, TimeTest, Who};
use deskbell_domain::sla::Goal;
use deskbell_domain::trigger::{Case, Pattern};
use serde_json::Value as Json;

use super::{WAIT_SECONDS_MIN, id, id_or_none, listed, member, object, seconds, single, tag, text, word};
use crate::definitions::{VALUE_CHARS_MAX, shown};
use crate::error::AppError;
use crate::fields::CODE_CHARS_MAX;
use crate::goals::line;

/// Groups of one rule.
pub(crate) const GROUPS_MAX: usize = 20;
/// Conditions of one rule, over all groups.
pub(crate) const CONDITIONS_MAX: usize = 50;
/// The same of a rule that chooses a service level, which could always have as many.
const BEGINNING_CONDITIONS_MAX: usize = 400;
/// Conditions of [`CONDITIONS_MAX`] that one with a regular expression or business hours counts as: they take memory for as long as the rule is on.
const LARGE_CONDITIONS: usize = 5;

/// Whose conditions they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A rule's.
    Plain,
    /// A time rule's: each group needs a wait.
    Timed,
    /// Of a conversation that begins: nothing was before.
    Beginning,
}

impl Kind {
    /// Conditions over all groups.
    fn conditions_max(self) -> usize {
        match self {
            Kind::Plain | Kind::Timed => CONDITIONS_MAX,
            Kind::Beginning => BEGINNING_CONDITIONS_MAX,
        }
    }

    /// Conditions that an expression or business hours count as: a tenth of all.
    fn large_conditions(self) -> usize {
        LARGE_CONDITIONS * self.conditions_max() / CONDITIONS_MAX
    }
}

pub(crate) fn read(path: &str, json: &Json, kind: Kind) -> Result<Conditions, AppError> {
    let Json::Array(groups) = json else { return Err(AppError::invalid(format!("{path} must be a list of groups: {}", shown(json)))) };
    if groups.len() > GROUPS_MAX {
        return Err(AppError::invalid(format!("{path} has at most {GROUPS_MAX} groups")));
    }
    if kind == Kind::Timed && groups.is_empty() {
        return Err(AppError::invalid(format!("{path} must have a group")));
    }
    let mut left = kind.conditions_max();
    let mut read = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        let path = format!("{path}[{place}]");
        let clauses = match group {
            Json::Array(clauses) if !clauses.is_empty() => clauses,
            _ => return Err(AppError::invalid(format!("{path} must be a list of conditions: {}", shown(group)))),
        };
        let mut clauses_read = Vec::new();
        for (place, clause) in clauses.iter().enumerate() {
            let path = format!("{path}[{place}]");
            let clause = read_clause(&path, clause, kind)?;
            left = left.checked_sub(weight(&clause.condition, kind)).ok_or_else(|| {
                AppError::invalid(format!(
                    "{path}: a rule has at most {} conditions; each expression, and business hours, count as {}",
                    kind.conditions_max(),
                    kind.large_conditions()
                ))
            })?;
            clauses_read.push(clause);
        }
        if kind == Kind::Timed && !clauses_read.iter().any(|clause| !clause.negated && matches!(clause.condition, Condition::Time(..))) {
            return Err(AppError::invalid(format!(
                "{path} needs a condition about time that is not negated: created_more_than, status_changed_more_than, \
                 last_message_more_than, due_in_less_than or overdue_by_more_than"
            )));
        }
        read.push(clauses_read);
    }
    Ok(Conditions(read))
}

/// Refuses what is understood but must not be written: business hours that are open on no day. Older programs took them, and what they stored
/// goes on as it did.
pub(crate) fn check_written(path: &str, conditions: &Conditions) -> Result<(), AppError> {
    for (group, clauses) in conditions.0.iter().enumerate() {
        for (place, clause) in clauses.iter().enumerate() {
            if matches!(&clause.condition, Condition::Hours(calendar) if calendar.is_never_open()) {
                let turned = if clause.negated { ".not" } else { "" };
                return Err(AppError::invalid(format!("{path}[{group}][{place}]{turned}.hours is open on no day")));
            }
        }
    }
    Ok(())
}

/// Expressions of a test; each in a list counts.
fn expressions(test: &TextTest) -> usize {
    match test {
        TextTest::Contains(_) => 0,
        TextTest::Matches(_) => 1,
        TextTest::AnyOf(tests) => tests.iter().map(expressions).sum(),
    }
}

/// As how many conditions one counts.
fn weight(condition: &Condition, kind: Kind) -> usize {
    let large = match condition {
        Condition::Hours(_) => 1,
        Condition::Subject(test)
        | Condition::Text(test)
        | Condition::CustomerName(test)
        | Condition::CustomerEmail(test)
        | Condition::Referrer(test)
        | Condition::Page(test)
        | Condition::ConversationField(_, FieldTest::Has(test))
        | Condition::CustomerField(_, FieldTest::Has(test)) => expressions(test),
        _ => 0,
    };
    (large * kind.large_conditions()).max(1)
}

fn read_clause(path: &str, json: &Json, kind: Kind) -> Result<Clause, AppError> {
    let (name, value) = single(path, json)?;
    if name == "not" {
        let path = format!("{path}.not");
        let (name, value) = single(&path, value)?;
        return Ok(Clause { condition: read_condition(&path, name, value, kind)?, negated: true });
    }
    Ok(Clause { condition: read_condition(path, name, value, kind)?, negated: false })
}

fn read_condition(path: &str, name: &str, value: &Json, kind: Kind) -> Result<Condition, AppError> {
    let path = &format!("{path}.{}", name.chars().take(CODE_CHARS_MAX).collect::<String>());
    let statuses = || listed(path, value, |path, json| word(path, json, Status::parse, Status::ALL, Status::text));
    let time = |test, least| seconds(path, value, least).map(|seconds| Condition::Time(test, seconds));
    let known = ConditionWord::parse(name).ok_or_else(|| AppError::invalid(format!("{path} is not known")))?;
    let condition = match known {
        ConditionWord::Event => {
            Condition::Event(listed(path, value, |path, json| word(path, json, RuleEvent::parse, RuleEvent::ALL, RuleEvent::text))?)
        }
        ConditionWord::By => Condition::By(listed(path, value, read_who)?),
        ConditionWord::Status => Condition::Status(statuses()?),
        ConditionWord::StatusBefore => Condition::StatusBefore(statuses()?),
        ConditionWord::Channel => {
            Condition::Channel(listed(path, value, |path, json| word(path, json, Channel::parse, Channel::ALL, Channel::text))?)
        }
        ConditionWord::Department => Condition::Department(listed(path, value, |path, json| id(path, json, DepartmentId::parse))?),
        ConditionWord::Agent => Condition::Agent(listed(path, value, |path, json| id_or_none(path, json, AgentId::parse))?),
        ConditionWord::Tag => Condition::Tag(listed(path, value, tag)?),
        ConditionWord::TagAdded => Condition::TagAdded(listed(path, value, tag)?),
        ConditionWord::TagRemoved => Condition::TagRemoved(listed(path, value, tag)?),
        ConditionWord::Subject => Condition::Subject(text_test(path, value)?),
        ConditionWord::Text => Condition::Text(text_test(path, value)?),
        ConditionWord::CustomerName => Condition::CustomerName(text_test(path, value)?),
        ConditionWord::CustomerEmail => Condition::CustomerEmail(text_test(path, value)?),
        ConditionWord::CustomerDomain => Condition::CustomerDomain(listed(path, value, |path, json| {
            let domain = line(path, text(path, json)?, VALUE_CHARS_MAX)?;
            Ok(domain.strip_prefix('@').unwrap_or(&domain).to_lowercase())
        })?),
        ConditionWord::Language => {
            Condition::Language(listed(path, value, |path, json| Ok(line(path, text(path, json)?, VALUE_CHARS_MAX)?.to_lowercase()))?)
        }
        ConditionWord::Referrer => Condition::Referrer(text_test(path, value)?),
        ConditionWord::Page => Condition::Page(text_test(path, value)?),
        ConditionWord::AgentStatus => {
            Condition::AgentStatus(listed(path, value, |path, json| word(path, json, Online::parse, Online::ALL, Online::text))?)
        }
        ConditionWord::CustomerGroup => Condition::CustomerGroup(listed(path, value, |path, json| id(path, json, CustomerGroupId::parse))?),
        ConditionWord::Company => Condition::Company(listed(path, value, |path, json| id_or_none(path, json, CompanyId::parse))?),
        ConditionWord::Field => {
            let (code, test) = field_test(path, value)?;
            Condition::ConversationField(code, test)
        }
        ConditionWord::CustomerField => {
            let (code, test) = field_test(path, value)?;
            Condition::CustomerField(code, test)
        }
        ConditionWord::Hours => Condition::Hours(calendar(path, value)?),
        ConditionWord::Rating => {
            Condition::Rating(listed(path, value, |path, json| word(path, json, Rating::parse, Rating::ALL, Rating::text))?)
        }
        ConditionWord::SlaGoal => {
            Condition::SlaGoal(listed(path, value, |path, json| word(path, json, Goal::parse, Goal::ALL, Goal::text))?)
        }
        ConditionWord::CreatedMoreThan => time(TimeTest::CreatedMoreThan, WAIT_SECONDS_MIN)?,
        ConditionWord::StatusChangedMoreThan => time(TimeTest::StatusChangedMoreThan, WAIT_SECONDS_MIN)?,
        ConditionWord::LastMessageMoreThan => time(TimeTest::LastMessageMoreThan, WAIT_SECONDS_MIN)?,
        ConditionWord::DueInLessThan => time(TimeTest::DueInLessThan, WAIT_SECONDS_MIN)?,
        ConditionWord::OverdueByMoreThan => time(TimeTest::OverdueByMoreThan, 0)?,
    };
    match kind {
        Kind::Plain | Kind::Beginning if matches!(condition, Condition::Time(..)) => {
            Err(AppError::invalid(format!("{path} is for time rules: a rule is looked at when something happens")))
        }
        Kind::Timed if condition.needs_happening() => {
            Err(AppError::invalid(format!("{path} is for rules: when a time rule is looked at, nothing just happened")))
        }
        Kind::Timed if condition.needs_moment() => {
            Err(AppError::invalid(format!("{path} is for rules: a time rule is not told when it changes")))
        }
        Kind::Beginning if condition.needs_happening() && !matches!(condition, Condition::By(_)) => {
            Err(AppError::invalid(format!("{path} is for rules: before a conversation begins nothing happens in it")))
        }
        Kind::Plain | Kind::Timed | Kind::Beginning => Ok(condition),
    }
}

fn read_who(path: &str, json: &Json) -> Result<Who, AppError> {
    Ok(match json.as_str() {
        Some("customer") => Who::Customer,
        Some("agent") => Who::AnyAgent,
        Some("system") => Who::System,
        _ => Who::Agent(
            id(path, json, AgentId::parse)
                .map_err(|_| AppError::invalid(format!("{path} must be customer, agent, system or the id of an agent: {}", shown(json))))?,
        ),
    })
}

/// A text that is contained, or an expression between slashes: `/refund|money back/i`; or several, of which one is enough. What has slashes and
/// is no expression stands in an object: `{"contains": "/shop/"}`.
fn text_test(path: &str, json: &Json) -> Result<TextTest, AppError> {
    match json {
        Json::Array(_) => Ok(TextTest::AnyOf(listed(path, json, one_text_test)?)),
        one => one_text_test(path, one),
    }
}

fn one_text_test(path: &str, json: &Json) -> Result<TextTest, AppError> {
    if json.is_object() {
        let path = format!("{path}.contains");
        let members = object(&path, json, &["contains"])?;
        let part = text(&path, member(members, &path, "contains")?)?;
        return Ok(TextTest::Contains(compared(&path, part)?.to_lowercase()));
    }
    let given = compared(path, text(path, json)?)?;
    let expression = given.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    let (source, case) = match expression {
        Some((source, "")) => (source, Case::Counts),
        Some((source, "i")) => (source, Case::Ignored),
        Some(_) | None => return Ok(TextTest::Contains(given.to_lowercase())),
    };
    Pattern::within(source, case)
        .map(TextTest::Matches)
        .ok_or_else(|| AppError::invalid(format!("{path}: a regular expression is not understood or too large: {}", shown(json))))
}

/// A text that something is compared with.
fn compared<'a>(path: &str, given: &'a str) -> Result<&'a str, AppError> {
    if given.trim().is_empty() || given.chars().count() > VALUE_CHARS_MAX || given.contains('\0') {
        return Err(AppError::invalid(format!("{path} must have 1 to {VALUE_CHARS_MAX} characters")));
    }
    Ok(given)
}

fn field_test(path: &str, json: &Json) -> Result<(String, FieldTest), AppError> {
    let members = object(path, json, &["code", "is", "has"])?;
    let code_path = format!("{path}.code");
    let code = line(&code_path, text(&code_path, member(members, path, "code")?)?, CODE_CHARS_MAX)?;
    let test = match (members.get("is"), members.get("has")) {
        (None, None) => FieldTest::Filled,
        (Some(value), None) => FieldTest::Is(text(&format!("{path}.is"), value)?.to_owned()),
        (None, Some(value)) => FieldTest::Has(text_test(&format!("{path}.has"), value)?),
        (Some(_), Some(_)) => return Err(AppError::invalid(format!("{path} has either is or has"))),
    };
    Ok((code, test))
}

fn calendar(path: &str, json: &Json) -> Result<Calendar, AppError> {
    let line = text(path, json)?;
    Calendar::parse(line).map_err(|fault| {
        let what = match fault {
            CalendarFault::Zone => "names a time zone that is not known",
            CalendarFault::Span => "has a span that ends before it begins, or after the day",
            CalendarFault::Overlap => "has spans that touch or overlap, or are not in order",
            CalendarFault::TooMany => "has too many spans or days off",
            CalendarFault::Text => "must be like Europe/Berlin; mon 09:00-12:00 13:00-17:00; tue 09:00-17:00; off 2026-12-25",
        };
        AppError::invalid(format!("{path} {what}"))
    })
}
