//! Whether an answer has the promised fields, in order, in the promised types.

use super::client::Run;
use super::table::{Call, Named};
use serde_json::Value;

/// Fields that are null where there is nothing; all others are empty texts.
const NULLABLE: [&str; 13] = [
    "datedue",
    "ownernote",
    "assignedto",
    "note",
    "code",
    "publicurlcode",
    "onlinecode_css",
    "offlinecode_css",
    "onlinecode_ieold_css",
    "offlinecode_ieold_css",
    "offlinecode_ieold_CSS",
    "companyid",
    "datecreated",
];
/// Calls whose integers are bare numbers.
const BARE: [&str; 2] = ["chats/overview", "calls/overview"];

/// What is wrong with an answer; nothing is listed for a good one.
pub(super) fn faults(call: &Call, run: Run, response: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    object(call, run, "", &call.returns, response, &mut faults);
    faults.iter().map(|fault| format!("{} by {}: {fault}", call.name(), run.word())).collect()
}

fn object(call: &Call, run: Run, place: &str, fields: &[Named], value: &Value, faults: &mut Vec<String>) {
    let Some(members) = value.as_object() else { return faults.push(format!("{place} is no object: {value}")) };
    let list = place.trim_end_matches("[]").rsplit('.').next().unwrap_or_default();
    let added = call.added_fields.iter().filter(|(name, _)| name == list).flat_map(|(_, names)| names);
    let added: Vec<&String> = added.collect();
    let names: Vec<&String> = members.keys().filter(|name| !added.contains(name)).collect();
    let promised: Vec<&String> = fields.iter().map(|field| &field.name).collect();
    if names != promised {
        faults.push(format!("{place} has {names:?} instead of {promised:?}"));
    }
    for name in added {
        if !members.contains_key(name) {
            faults.push(format!("{place}.{name} is missing"));
        }
    }
    for field in fields {
        if let Some(value) = members.get(&field.name) {
            member(call, run, &format!("{place}.{}", field.name), field, value, faults);
        }
    }
}

fn member(call: &Call, run: Run, place: &str, field: &Named, value: &Value, faults: &mut Vec<String>) {
    match (field.kind.as_str(), value) {
        ("list", Value::Array(items)) => {
            for item in items {
                object(call, run, &format!("{place}[]"), &field.columns, item, faults);
            }
        }
        ("array", Value::Array(items)) => {
            if !items.iter().all(Value::is_string) {
                faults.push(format!("{place} holds other things than texts: {value}"));
            }
        }
        ("int", Value::Number(_)) if field.name == "statuscode" || BARE.contains(&call.path.as_str()) => {}
        (_, Value::Null) if run != Run::Form && NULLABLE.contains(&field.name.as_str()) => {}
        (kind, Value::String(text)) => {
            let must_be_bare = run != Run::Form && kind == "int" && (field.name == "statuscode" || BARE.contains(&call.path.as_str()));
            if must_be_bare || !fits(kind, &field.values, text) {
                faults.push(format!("{place} is {kind}, and {text:?}"));
            }
        }
        (kind, _) => faults.push(format!("{place} is {kind}, and {value}")),
    }
}

fn fits(kind: &str, values: &[String], text: &str) -> bool {
    match kind {
        "text" | "html" => true,
        "int" => text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty(),
        "datetime" => text.is_empty() || is_moment(text),
        "constlist" => text.is_empty() || values.iter().any(|value| value == text),
        _ => false,
    }
}

/// `YYYY-MM-DD HH:MM:SS`.
fn is_moment(text: &str) -> bool {
    let shape: String = text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    shape == "0000-00-00 00:00:00"
}
