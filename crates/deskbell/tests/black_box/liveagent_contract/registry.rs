//! The surface's own list of endpoints against the tables: no call, no parameter and no letter missing, none beyond.

use super::table::{Call, Named, calls};
use deskbell_http::{Meta, ParamKind, Place};

/// A path with its parameters unnamed: the tables may call them otherwise.
fn shape(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

fn is_of(meta: &Meta, call: &Call) -> bool {
    meta.verb.text() == call.verb && shape(meta.path) == shape(&call.path)
}

/// What is wrong with how an endpoint lists a parameter.
fn fault(meta: &Meta, wanted: &Named, mandatory: bool) -> Option<String> {
    let Some(param) = meta.params.iter().find(|param| param.name == wanted.name) else { return Some("is missing".to_owned()) };
    if param.required != mandatory {
        return Some(format!("mandatory: {mandatory}, listed as {}", param.required));
    }
    let fits = match (wanted.kind.as_str(), param.kind) {
        ("text", ParamKind::Text | ParamKind::List | ParamKind::Json) => true,
        // Attributes and form fields are JSON texts, and a place within a category is a number.
        ("text", ParamKind::Int) => wanted.name == "rorder",
        ("text", ParamKind::DateTime) => wanted.name == "last_display_time",
        ("int", ParamKind::Int) | ("json", ParamKind::Json) | ("datetime" | "opdatetime", ParamKind::DateTime) => true,
        ("opdatetime", ParamKind::Text) => true,
        ("constlist", ParamKind::Flag) => wanted.values == ["Y", "N"],
        ("constlist", ParamKind::OneOf(choices)) => {
            let (mut listed, mut promised): (Vec<&str>, Vec<&str>) =
                (choices.iter().map(|(value, _)| *value).collect(), wanted.values.iter().map(String::as_str).collect());
            listed.sort_unstable();
            promised.sort_unstable();
            listed == promised
        }
        _ => false,
    };
    (!fits).then(|| format!("is {} {:?}, listed as {:?}", wanted.kind, wanted.values, param.kind))
}

#[test]
fn every_call_and_parameter_is_served() {
    let metas = deskbell_liveagent::metas();
    let mut faults = Vec::new();
    for call in calls() {
        let Some(meta) = metas.iter().find(|meta| is_of(meta, &call)) else {
            faults.push(format!("{} is not served", call.name()));
            continue;
        };
        for (named, mandatory) in call.mandatory.iter().map(|named| (named, true)).chain(call.optional.iter().map(|named| (named, false))) {
            if let Some(fault) = fault(meta, named, mandatory) {
                faults.push(format!("{}: {} {fault}", call.name(), named.name));
            }
        }
        for name in &call.added_parameters {
            if !meta.params.iter().any(|param| param.name == name) {
                faults.push(format!("{}: {name} is missing", call.name()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_served_beyond_the_tables() {
    let calls = calls();
    let mut faults = Vec::new();
    for meta in deskbell_liveagent::metas() {
        let name = format!("{} {}", meta.verb.text(), meta.path);
        let Some(call) = calls.iter().find(|call| is_of(meta, call)) else {
            faults.push(format!("{name} is in no table"));
            continue;
        };
        let known = |param: &str| call.mandatory.iter().chain(&call.optional).any(|named| named.name == param);
        for param in meta.params.iter().filter(|param| param.place != Place::Path) {
            if !known(param.name) && !call.added_parameters.iter().any(|added| added == param.name) {
                faults.push(format!("{name}: {} is in no table", param.name));
            }
        }
        if meta.source.is_empty() || meta.summary.is_empty() {
            faults.push(format!("{name} names no source or has no summary"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
