//! The tables of `contracts/liveagent_v1`, read.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A parameter, or a field of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) name: String,
    /// `text`, `int`, `datetime`, `opdatetime`, `constlist`, `html`, `json`, `array` or `list`.
    pub(super) kind: String,
    /// The letters of a constlist.
    pub(super) values: Vec<String>,
    pub(super) columns: Vec<Named>,
}

/// A call as it is promised.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) verb: String,
    pub(super) path: String,
    pub(super) mandatory: Vec<Named>,
    pub(super) optional: Vec<Named>,
    pub(super) returns: Vec<Named>,
    /// Parameters beyond the reference.
    pub(super) added_parameters: Vec<String>,
    /// Fields beyond the reference: those of the answer, or of a list's items.
    pub(super) added_fields: Vec<(String, Vec<String>)>,
}

impl Call {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.verb, self.path)
    }

    pub(super) fn is_report(&self) -> bool {
        self.path.starts_with("reports/")
    }

    /// Names of the parameters in the path.
    pub(super) fn path_parameters(&self) -> Vec<&str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }

    /// The path with something for each of its parameters.
    pub(super) fn filled(&self, value: impl Fn(&str) -> String) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => value(name),
            None => part.to_owned(),
        };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

pub(super) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/liveagent_v1")
}

fn read(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(directory().join(file)).expect("the table is there");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is missing: {value}")).to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|item| item.as_str().expect("a text").to_owned()).collect()
}

fn named(value: &Value) -> Vec<Named> {
    let one = |value: &Value| Named {
        name: text(value, "name"),
        kind: text(value, "type"),
        values: texts(&value["values"]),
        columns: named(&value["columns"]),
    };
    value.as_array().into_iter().flatten().map(one).collect()
}

/// All calls: the reference's, and those that clients make besides.
pub(super) fn calls() -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for value in read("calls.json").iter().chain(&read("extra_calls.json")) {
        calls.push(Call {
            verb: text(value, "verb"),
            path: text(value, "path"),
            mandatory: named(&value["mandatory"]),
            optional: named(&value["optional"]),
            returns: named(&value["returns"]),
            added_parameters: Vec::new(),
            added_fields: Vec::new(),
        });
    }
    for addition in read("additions.json") {
        let (verb, path) = (text(&addition, "verb"), text(&addition, "path"));
        let call = calls.iter_mut().find(|call| call.verb == verb && call.path == path);
        let call = call.unwrap_or_else(|| panic!("additions.json names no call: {verb} {path}"));
        call.added_parameters.extend(texts(&addition["parameters"]));
        for (list, names) in addition["fields"].as_object().into_iter().flatten() {
            call.added_fields.push((list.clone(), texts(names)));
        }
    }
    calls
}

#[test]
fn the_table_has_all_calls_of_the_reference() {
    let reference = read("calls.json");
    assert_eq!(reference.len(), 72);
    let calls = calls();
    let mut names: Vec<String> = calls.iter().map(Call::name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), calls.len(), "a call is listed twice");
    assert!(reference.iter().all(|call| text(call, "since").contains('.')));
}
