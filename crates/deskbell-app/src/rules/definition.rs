//! Reads definitions of rules and time rules, as `docs/automation.md` describes them. What is not understood is refused with the place where
//! it stands, and everything is bounded.

pub(crate) mod conditions;
#[cfg(test)]
mod tests;

use deskbell_domain::conversation::Status;
use deskbell_domain::ids::{AgentId, DepartmentId, SlaLevelId};
use deskbell_domain::rule::{Action, ActionWord, Condition, Conditions, Others, RuleDefinition, RuleEvent, Template, TimeRuleDefinition};
use deskbell_store::{Tx, tables};
use serde_json::{Map, Value as Json};

use crate::definitions::{self, shown};
use crate::error::AppError;
use crate::fields::{CODE_CHARS_MAX, VALUE_CHARS_MAX as FIELD_VALUE_CHARS_MAX};
use crate::goals::line;
use crate::messages::check_text;
use crate::tags;

/// Actions of one rule.
pub(crate) const ACTIONS_MAX: usize = 20;
/// Values that one condition lists, and tags of one action.
pub(crate) const LISTED_MAX: usize = 100;
/// Seconds of a wait or a postponement.
pub(crate) const WAIT_SECONDS_MIN: i64 = 60;
pub(crate) const WAIT_SECONDS_MAX: i64 = 3_650 * 86_400;
/// Characters of the name that an answer is sent under.
const NAME_CHARS_MAX: usize = 100;
/// Where conditions stand, for refusals.
const CONDITIONS: &str = "definition.conditions";

/// Reads a rule's definition that is stored: also one that would not be written any more.
pub(crate) fn read(source: &str) -> Result<RuleDefinition, AppError> {
    understand(&definitions::stored(source)?)
}

/// The same of a time rule.
pub(crate) fn read_timed(source: &str) -> Result<TimeRuleDefinition, AppError> {
    understand_timed(&definitions::stored(source)?)
}

/// Reads a rule's definition that is written.
pub(crate) fn parse(json: &Json) -> Result<RuleDefinition, AppError> {
    let definition = understand(json)?;
    conditions::check_written(CONDITIONS, &definition.conditions)?;
    Ok(definition)
}

/// The same of a time rule.
pub(crate) fn parse_timed(json: &Json) -> Result<TimeRuleDefinition, AppError> {
    let definition = understand_timed(json)?;
    conditions::check_written(CONDITIONS, &definition.conditions)?;
    Ok(definition)
}

fn understand(json: &Json) -> Result<RuleDefinition, AppError> {
    let members = object("definition", json, &["events", "conditions", "actions", "stop"])?;
    let events = member(members, "definition", "events")?;
    let events = listed("definition.events", events, |path, json| word(path, json, RuleEvent::parse, RuleEvent::ALL, RuleEvent::text))?;
    let conditions = match members.get("conditions") {
        Some(json) => conditions::read(CONDITIONS, json, conditions::Kind::Plain)?,
        None => Conditions::default(),
    };
    Ok(RuleDefinition { events, conditions, actions: read_actions(members)?, others: read_others(members)? })
}

fn understand_timed(json: &Json) -> Result<TimeRuleDefinition, AppError> {
    let members = object("definition", json, &["conditions", "actions", "stop"])?;
    let conditions = conditions::read(CONDITIONS, member(members, "definition", "conditions")?, conditions::Kind::Timed)?;
    Ok(TimeRuleDefinition { conditions, actions: read_actions(members)?, others: read_others(members)? })
}

fn read_others(members: &Map<String, Json>) -> Result<Others, AppError> {
    match members.get("stop") {
        None | Some(Json::Bool(false)) => Ok(Others::GoOn),
        Some(Json::Bool(true)) => Ok(Others::Stop),
        Some(_) => Err(AppError::invalid("definition.stop must be true or false")),
    }
}

/// An object, none of whose members is unknown.
fn object<'a>(path: &str, json: &'a Json, known: &[&str]) -> Result<&'a Map<String, Json>, AppError> {
    let Json::Object(members) = json else { return Err(AppError::invalid(format!("{path} must be an object: {}", shown(json)))) };
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(AppError::invalid(format!(
            "{path}.{} is not known; there are {}",
            unknown.chars().take(NAME_CHARS_MAX).collect::<String>(),
            known.join(", ")
        ))),
        None => Ok(members),
    }
}

fn member<'a>(members: &'a Map<String, Json>, path: &str, name: &str) -> Result<&'a Json, AppError> {
    members.get(name).ok_or_else(|| AppError::missing(format!("{path}.{name} is missing")))
}

/// An object with exactly one member: the word, and what is said with it.
fn single<'a>(path: &str, json: &'a Json) -> Result<(&'a str, &'a Json), AppError> {
    let said = json.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
    let (word, value) = said.ok_or_else(|| AppError::invalid(format!("{path} must be an object with one member: {}", shown(json))))?;
    Ok((word, value))
}

/// A list with something in it, or one thing of it alone.
fn listed<T>(path: &str, json: &Json, read: impl Fn(&str, &Json) -> Result<T, AppError>) -> Result<Vec<T>, AppError> {
    match json {
        Json::Array(items) if items.is_empty() || items.len() > LISTED_MAX => {
            Err(AppError::invalid(format!("{path} must have 1 to {LISTED_MAX} entries")))
        }
        Json::Array(items) => items.iter().enumerate().map(|(place, item)| read(&format!("{path}[{place}]"), item)).collect(),
        one => Ok(vec![read(path, one)?]),
    }
}

fn text<'a>(path: &str, json: &'a Json) -> Result<&'a str, AppError> {
    json.as_str().ok_or_else(|| AppError::invalid(format!("{path} must be a text: {}", shown(json))))
}

/// A word of an enum.
fn word<T: Copy>(path: &str, json: &Json, parse: fn(&str) -> Option<T>, all: &[T], spell: fn(T) -> &'static str) -> Result<T, AppError> {
    json.as_str().and_then(parse).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| spell(*one)).collect();
        AppError::invalid(format!("{path} must be one of {}: {}", known.join(", "), shown(json)))
    })
}

fn id<T>(path: &str, json: &Json, parse: fn(&str) -> Option<T>) -> Result<T, AppError> {
    json.as_str().and_then(parse).ok_or_else(|| AppError::invalid(format!("{path} is not an id: {}", shown(json))))
}

/// An id, or the word `none`.
fn id_or_none<T>(path: &str, json: &Json, parse: fn(&str) -> Option<T>) -> Result<Option<T>, AppError> {
    if json.as_str() == Some("none") { Ok(None) } else { id(path, json, parse).map(Some) }
}

fn tag(path: &str, json: &Json) -> Result<String, AppError> {
    let name = tags::tidy_name(text(path, json)?).map_err(|error| AppError::invalid(format!("{path}: {}", error.public)))?;
    name.map(str::to_owned).ok_or_else(|| AppError::invalid(format!("{path} must not be empty")))
}

/// Seconds, or a number with `m`, `h` or `d` behind it.
fn seconds(path: &str, json: &Json, least: i64) -> Result<i64, AppError> {
    let wrong = || {
        AppError::invalid(format!(
            "{path} must be {least} to {WAIT_SECONDS_MAX} seconds, or like 30m, 4h, 2d within these bounds: {}",
            shown(json)
        ))
    };
    let seconds = match json {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => {
            let text = text.trim();
            let units = [('m', 60), ('h', 3_600), ('d', 86_400)];
            let unit = units.into_iter().find_map(|(letter, seconds)| text.strip_suffix(letter).map(|number| (number, seconds)));
            let (number, unit) = unit.unwrap_or((text, 1));
            number.trim().parse::<i64>().ok().and_then(|number| number.checked_mul(unit))
        }
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    seconds.filter(|seconds| (least..=WAIT_SECONDS_MAX).contains(seconds)).ok_or_else(wrong)
}

fn read_actions(members: &Map<String, Json>) -> Result<Vec<Action>, AppError> {
    let Json::Array(actions) = member(members, "definition", "actions")? else {
        return Err(AppError::invalid("definition.actions must be a list"));
    };
    if actions.is_empty() || actions.len() > ACTIONS_MAX {
        return Err(AppError::invalid(format!("definition.actions must have 1 to {ACTIONS_MAX} entries")));
    }
    actions.iter().enumerate().map(|(place, json)| read_action(&format!("definition.actions[{place}]"), json)).collect()
}

fn read_action(path: &str, json: &Json) -> Result<Action, AppError> {
    let (name, value) = single(path, json)?;
    let path = format!("{path}.{name}");
    let known = ActionWord::parse(name).ok_or_else(|| {
        let known: Vec<&str> = ActionWord::ALL.iter().map(|word| word.text()).collect();
        AppError::invalid(format!("{path} is not known; there are {}", known.join(", ")))
    })?;
    Ok(match known {
        ActionWord::Note => Action::Note(template(&path, value)?),
        ActionWord::AddTag => Action::AddTags(listed(&path, value, tag)?),
        ActionWord::RemoveTag => Action::RemoveTags(listed(&path, value, tag)?),
        ActionWord::Assign => read_assign(&path, value)?,
        ActionWord::Status => Action::SetStatus(word(&path, value, settable, &SETTABLE, Status::text)?),
        ActionWord::Postpone => Action::Postpone(seconds(&path, value, WAIT_SECONDS_MIN)?),
        ActionWord::Answer => read_answer(&path, value)?,
        ActionWord::SlaLevel => Action::SetSlaLevel(id_or_none(&path, value, SlaLevelId::parse)?),
        ActionWord::Field => read_field(&path, value)?,
    })
}

/// What a rule can set a status to.
const SETTABLE: [Status; 5] = [Status::Answered, Status::Open, Status::Resolved, Status::Deleted, Status::Spam];

fn settable(text: &str) -> Option<Status> {
    Status::parse(text).filter(|status| SETTABLE.contains(status))
}

fn template(path: &str, json: &Json) -> Result<Template, AppError> {
    let text = text(path, json)?.trim();
    if text.is_empty() {
        return Err(AppError::invalid(format!("{path} must not be empty")));
    }
    check_text(text).map_err(|error| AppError { public: format!("{path}: {}", error.public).into(), ..error })?;
    Template::parse(text).map_err(|unknown| {
        let shown: String = unknown.0.chars().take(NAME_CHARS_MAX).collect();
        AppError::invalid(format!("{path} has a placeholder that is not known: {shown}"))
    })
}

fn read_assign(path: &str, json: &Json) -> Result<Action, AppError> {
    let members = object(path, json, &["department", "agent"])?;
    let department = members.get("department").map(|json| id(&format!("{path}.department"), json, DepartmentId::parse)).transpose()?;
    let agent = members.get("agent").map(|json| id_or_none(&format!("{path}.agent"), json, AgentId::parse)).transpose()?;
    if department.is_none() && agent.is_none() {
        return Err(AppError::missing(format!("{path}.department and {path}.agent are missing")));
    }
    Ok(Action::Assign { department, agent })
}

fn read_answer(path: &str, json: &Json) -> Result<Action, AppError> {
    if json.is_string() {
        return Ok(Action::Answer { name: None, text: template(path, json)? });
    }
    let members = object(path, json, &["text", "name"])?;
    let written = template(&format!("{path}.text"), member(members, path, "text")?)?;
    let named = format!("{path}.name");
    let name = members.get("name").map(|json| line(&named, text(&named, json)?, NAME_CHARS_MAX)).transpose()?;
    Ok(Action::Answer { name, text: written })
}

fn read_field(path: &str, json: &Json) -> Result<Action, AppError> {
    let members = object(path, json, &["code", "value"])?;
    let (code_path, value_path) = (format!("{path}.code"), format!("{path}.value"));
    let code = line(&code_path, text(&code_path, member(members, path, "code")?)?, CODE_CHARS_MAX)?;
    let value = text(&value_path, member(members, path, "value")?)?;
    if value.chars().count() > FIELD_VALUE_CHARS_MAX || value.contains('\0') {
        return Err(AppError::invalid(format!("{value_path} has at most {FIELD_VALUE_CHARS_MAX} characters and no NUL")));
    }
    Ok(Action::SetField { code, value: value.to_owned() })
}

/// Refuses departments, agents, groups and companies that do not exist.
pub(crate) fn check_known(tx: &mut Tx<'_>, conditions: &Conditions, actions: &[Action]) -> Result<(), AppError> {
    for clause in conditions.0.iter().flatten() {
        match &clause.condition {
            Condition::Department(departments) => departments.iter().try_for_each(|id| known_department(tx, *id))?,
            Condition::Agent(agents) => agents.iter().flatten().try_for_each(|id| known_agent(tx, *id))?,
            Condition::CustomerGroup(groups) => {
                for group in groups {
                    tables::groups::get(tx, *group)?.ok_or_else(|| AppError::invalid(format!("no such customer group: {group}")))?;
                }
            }
            Condition::Company(companies) => {
                for company in companies.iter().flatten() {
                    if !tables::companies::exists(tx, *company)? {
                        return Err(AppError::invalid(format!("no such company: {company}")));
                    }
                }
            }
            _ => {}
        }
    }
    for action in actions {
        match action {
            Action::Assign { department, agent } => {
                department.iter().try_for_each(|id| known_department(tx, *id))?;
                agent.iter().flatten().try_for_each(|id| known_agent(tx, *id))?;
            }
            Action::SetSlaLevel(Some(level)) => {
                tables::sla::level_now(tx, *level)?.ok_or_else(|| AppError::invalid(format!("no such service level: {level}")))?;
            }
            Action::SetSlaLevel(None)
            | Action::Note(_)
            | Action::AddTags(_)
            | Action::RemoveTags(_)
            | Action::SetStatus(_)
            | Action::Postpone(_)
            | Action::Answer { .. }
            | Action::SetField { .. } => {}
        }
    }
    Ok(())
}

fn known_department(tx: &mut Tx<'_>, id: DepartmentId) -> Result<(), AppError> {
    tables::departments::get(tx, id)?.map(drop).ok_or_else(|| AppError::invalid(format!("no such department: {id}")))
}

fn known_agent(tx: &mut Tx<'_>, id: AgentId) -> Result<(), AppError> {
    tables::agents::get(tx, id)?.map(drop).ok_or_else(|| AppError::invalid(format!("no such agent: {id}")))
}
