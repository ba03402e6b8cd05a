//! Reads a trigger's definition: JSON of nested lists, in the words of Zendesk Chat. What is not understood is refused with its name, and
//! everything is bounded, since definitions come from outside.

#[cfg(test)]
mod tests;

use deskbell_domain::ids::{DepartmentId, SkillId};
use deskbell_domain::trigger::{
    Action, Case, Comparison, Condition, Definition, NoteChange, Pattern, Test, TriggerEvent, Value, ValueKind, Variable,
};
use serde_json::Value as Json;

use super::NAME_CHARS_MAX;
use crate::definitions::{self, VALUE_CHARS_MAX, shown};
use crate::error::AppError;
use crate::goals::{line, prose};
use crate::messages::check_text;
use crate::tags;

/// How deep conditions stand within each other.
pub(crate) const CONDITION_DEPTH_MAX: usize = 10;
/// Conditions of one trigger, lists of them included.
pub(crate) const CONDITIONS_MAX: usize = 100;
/// Conditions that one with a regular expression counts as.
const PATTERN_CONDITIONS: usize = 10;
/// Actions of one trigger.
pub(crate) const ACTIONS_MAX: usize = 50;
/// Seconds of one delay.
pub(crate) const DELAY_SECONDS_MAX: u32 = 86_400;
/// Characters of a note.
const NOTE_CHARS_MAX: usize = 2_000;

/// Reads a definition that is stored.
pub(crate) fn read(source: &str) -> Result<Definition, AppError> {
    parse(&definitions::stored(source)?)
}

/// Reads a definition. Keys that say nothing about what the trigger does (`version`, `editor`) are passed over.
pub(crate) fn parse(json: &Json) -> Result<Definition, AppError> {
    let Json::Object(members) = json else { return Err(AppError::invalid("definition must be an object")) };
    let event = members.get("event").and_then(Json::as_str).and_then(TriggerEvent::parse).ok_or_else(|| {
        let known: Vec<&str> = TriggerEvent::ALL.iter().map(|event| event.text()).collect();
        AppError::invalid(format!("definition.event must be one of {}", known.join(", ")))
    })?;
    let condition = members.get("condition").ok_or_else(|| AppError::missing("definition.condition is missing"))?;
    let actions = members.get("actions").ok_or_else(|| AppError::missing("definition.actions is missing"))?;
    let Json::Array(actions) = actions else { return Err(AppError::invalid("definition.actions must be a list")) };
    if actions.is_empty() || actions.len() > ACTIONS_MAX {
        return Err(AppError::invalid(format!("a trigger has 1 to {ACTIONS_MAX} actions")));
    }
    let mut left = CONDITIONS_MAX;
    Ok(Definition {
        event,
        condition: read_condition(condition, CONDITION_DEPTH_MAX, &mut left)?,
        actions: actions.iter().map(read_action).collect::<Result<_, _>>()?,
    })
}

/// A list that begins with a word: the word, and what follows.
fn spoken<'a>(what: &str, json: &'a Json) -> Result<(&'a str, &'a [Json]), AppError> {
    match json.as_array().and_then(|items| items.split_first()) {
        Some((Json::String(word), rest)) => Ok((word, rest)),
        Some(_) | None => Err(AppError::invalid(format!("{what} must be a list that begins with a word: {}", shown(json)))),
    }
}

fn read_condition(json: &Json, depth: usize, left: &mut usize) -> Result<Condition, AppError> {
    if depth == 0 {
        return Err(AppError::invalid(format!("conditions stand at most {CONDITION_DEPTH_MAX} deep within each other")));
    }
    let too_many =
        || AppError::invalid(format!("a trigger has at most {CONDITIONS_MAX} conditions; an expression counts as {PATTERN_CONDITIONS}"));
    *left = left.checked_sub(1).ok_or_else(too_many)?;
    let (word, rest) = spoken("a condition", json)?;
    let wrong = || AppError::invalid(format!("a condition is not understood: {}", shown(json)));
    let mut parts =
        |parts: &[Json]| -> Result<Vec<Condition>, AppError> { parts.iter().map(|part| read_condition(part, depth - 1, left)).collect() };
    Ok(match (word, rest) {
        ("and", rest) => Condition::All(parts(rest)?),
        ("or", rest) => Condition::Any(parts(rest)?),
        ("not", [_]) => Condition::Not(Box::new(parts(rest)?.pop().ok_or_else(wrong)?)),
        ("firedBefore", []) => Condition::FiredBefore,
        ("hasTag", [Json::String(tag)]) => Condition::HasTag(read_tag(tag)?),
        ("stillOnSite", [seconds]) => Condition::StillOnSite(read_seconds(seconds)?),
        ("stillOnPage", [seconds]) => Condition::StillOnPage(read_seconds(seconds)?),
        (operator, [Json::String(variable), value]) => {
            if matches!(operator, "regex" | "iregex") {
                // They take memory for as long as the trigger is on.
                *left = left.checked_sub(PATTERN_CONDITIONS - 1).ok_or_else(too_many)?;
            }
            let variable = Variable::parse(variable).ok_or_else(wrong)?;
            Condition::Is(variable, read_test(operator, variable, value)?.ok_or_else(wrong)?)
        }
        _ => return Err(wrong()),
    })
}

/// What an operator asks of a variable; `None` if it does not apply.
fn read_test(operator: &str, variable: Variable, value: &Json) -> Result<Option<Test>, AppError> {
    let kind = variable.kind();
    let compares = |comparison| match read_value(ValueKind::Number, value) {
        Some(Value::Number(number)) if kind == ValueKind::Number => Some(Test::Compares(comparison, number)),
        Some(_) | None => None,
    };
    let text = || match value {
        Json::String(text) if kind == ValueKind::Text => Some(text.clone()),
        _ => None,
    };
    if let Json::String(text) = value
        && (text.chars().count() > VALUE_CHARS_MAX || text.contains('\0'))
    {
        return Err(AppError::invalid(format!("a value has at most {VALUE_CHARS_MAX} characters")));
    }
    let pattern = |case| -> Result<Option<Test>, AppError> {
        let Some(text) = text() else { return Ok(None) };
        let pattern = Pattern::new(&text, case)
            .ok_or_else(|| AppError::invalid(format!("a regular expression is not understood or too large: {}", shown(value))))?;
        Ok(Some(Test::Matches(pattern)))
    };
    Ok(match operator {
        "eq" => read_value(kind, value).map(Test::Equals),
        "neq" => read_value(kind, value).map(Test::Differs),
        "lt" => compares(Comparison::Less),
        "lte" => compares(Comparison::LessOrEqual),
        "gt" => compares(Comparison::Greater),
        "gte" => compares(Comparison::GreaterOrEqual),
        "contains" => text().map(|text| Test::Contains(text, Case::Counts)),
        "ncontains" => text().map(|text| Test::Lacks(text, Case::Counts)),
        "icontains" => text().map(|text| Test::Contains(text, Case::Ignored)),
        "nicontains" => text().map(|text| Test::Lacks(text, Case::Ignored)),
        "regex" => pattern(Case::Counts)?,
        "iregex" => pattern(Case::Ignored)?,
        _ => None,
    })
}

/// A value of a kind, also where an editor wrote it as a text or a number.
fn read_value(kind: ValueKind, json: &Json) -> Option<Value> {
    match (kind, json) {
        (ValueKind::Text, Json::String(text)) => Some(Value::Text(text.clone())),
        (ValueKind::Text, Json::Number(number)) => Some(Value::Text(number.to_string())),
        (ValueKind::Number, Json::Null) => Some(Value::Number(0)),
        (ValueKind::Number, Json::Number(number)) => number.as_i64().map(Value::Number),
        (ValueKind::Number, Json::String(text)) => text.trim().parse().ok().map(Value::Number),
        (ValueKind::Flag, Json::Bool(flag)) => Some(Value::Flag(*flag)),
        (ValueKind::Flag, Json::Number(number)) => match number.as_i64() {
            Some(0) => Some(Value::Flag(false)),
            Some(1) => Some(Value::Flag(true)),
            Some(_) | None => None,
        },
        (ValueKind::Flag, Json::String(text)) => text.parse().ok().map(Value::Flag),
        _ => None,
    }
}

fn read_seconds(json: &Json) -> Result<u32, AppError> {
    match read_value(ValueKind::Number, json) {
        Some(Value::Number(seconds)) if (0..=i64::from(DELAY_SECONDS_MAX)).contains(&seconds) => {
            Ok(u32::try_from(seconds).expect("it is within a day"))
        }
        Some(_) | None => Err(AppError::invalid(format!("a delay must be 0 to {DELAY_SECONDS_MAX} seconds: {}", shown(json)))),
    }
}

fn read_tag(tag: &str) -> Result<String, AppError> {
    let tag = tags::tidy_name(tag)?.ok_or_else(|| AppError::invalid("a tag must not be empty"))?;
    Ok(tag.to_owned())
}

fn read_action(json: &Json) -> Result<Action, AppError> {
    let (word, rest) = spoken("an action", json)?;
    let wrong = || AppError::invalid(format!("an action is not understood: {}", shown(json)));
    let number = |json: &Json| match read_value(ValueKind::Number, json) {
        Some(Value::Number(number)) => Ok(number),
        Some(_) | None => Err(wrong()),
    };
    Ok(match (word, rest) {
        ("wait", [seconds]) => Action::Wait(read_seconds(seconds)?),
        ("sendMessageToVisitor", [Json::String(speaker), Json::String(text)]) => read_saying(speaker, text, "")?,
        ("sendMessageToVisitor", [Json::String(speaker), Json::String(text), Json::String(options)]) => {
            read_saying(speaker, text, options)?
        }
        ("addTag", [Json::String(tag)]) => Action::AddTag(read_tag(tag)?),
        ("removeTag", [Json::String(tag)]) => Action::RemoveTag(read_tag(tag)?),
        ("setDepartment", [department]) => Action::SetDepartment(match number(department)? {
            0 => DepartmentId::DEFAULT,
            number => DepartmentId::from_i64(number),
        }),
        ("addSkill" | "setSkill", [skill]) => Action::AskForSkill(SkillId::from_i64(number(skill)?)),
        ("setName" | "setVisitorName", [Json::String(name)]) => Action::SetName(line("a name", name, NAME_CHARS_MAX)?),
        ("appendNote", [Json::String(note)]) => Action::SetNote(NoteChange::Append, prose("a note", note, NOTE_CHARS_MAX)?),
        ("setNote" | "replaceNote", [Json::String(note)]) => Action::SetNote(NoteChange::Replace, prose("a note", note, NOTE_CHARS_MAX)?),
        ("setTriggered", [flag]) => match read_value(ValueKind::Flag, flag) {
            Some(Value::Flag(flag)) => Action::SetTriggered(flag),
            Some(_) | None => return Err(wrong()),
        },
        ("banVisitor", []) => Action::Ban { reason: String::new() },
        ("banVisitor", [Json::String(reason)]) => Action::Ban { reason: prose("a reason", reason, NAME_CHARS_MAX)? },
        _ => return Err(wrong()),
    })
}

/// What is said. Options to answer with (`Yes/No`) stand below the text, one a line.
fn read_saying(speaker: &str, text: &str, options: &str) -> Result<Action, AppError> {
    let speaker = line("the name of who speaks", speaker, NAME_CHARS_MAX)?;
    let mut said = text.trim().to_owned();
    for option in options.split('/').map(str::trim).filter(|option| !option.is_empty()) {
        said.push('\n');
        said.push_str(option);
    }
    if said.trim().is_empty() {
        return Err(AppError::invalid("what is said must not be empty"));
    }
    check_text(&said)?;
    Ok(Action::Say { speaker, text: said })
}
