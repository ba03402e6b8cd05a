//! Steps that clients take, from `contracts/liveagent_v1/scenarios`: every file runs in every format, each time with another way of passing
//! parameters. Together they make every call at least once with success.

use super::client::{Caller, Parameters, Reply, Run};
use super::shape;
use super::table::{Call, calls, directory};
use crate::server;
use deskbell_testkit::server::OWNER_EMAIL;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What a scenario knows by name.
type Known = BTreeMap<String, String>;

/// Fills `{name}` in.
fn fill(text: &str, known: &Known) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let name = after
            .split_once('}')
            .filter(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        match name {
            Some((name, after)) => {
                out.push_str(known.get(name).unwrap_or_else(|| panic!("{name} is not known in {text:?}")));
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// A plain YAML value as the text of a parameter.
fn scalar(value: &Value, known: &Known) -> String {
    match value {
        Value::String(text) => fill(text, known),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => panic!("a parameter is a text: {value}"),
    }
}

/// The value at a path like `tags.0.id`.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match part.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(part),
    })
}

/// Whether an answer holds what is expected: objects member by member, lists item by item in any order.
fn holds(got: &Value, expected: &Value, known: &Known) -> bool {
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| got.get(name).is_some_and(|got| holds(got, value, known)))
        }
        (Value::Array(got), Value::Array(expected)) if expected.is_empty() => got.is_empty(),
        (Value::Array(got), Value::Array(expected)) => expected.iter().all(|value| got.iter().any(|got| holds(got, value, known))),
        (Value::Null, Value::Null) => true,
        // XML has no null.
        (Value::String(got), Value::Null) => got.is_empty(),
        (Value::String(got), Value::String(expected)) if expected == "*" => !got.is_empty(),
        (Value::String(got), expected) => *got == scalar(expected, known),
        (Value::Number(got), expected) => got.to_string() == scalar(expected, known),
        _ => false,
    }
}

/// The call that a path is of.
fn find<'a>(calls: &'a [Call], verb: &str, path: &str) -> &'a Call {
    let fits = |call: &&Call| {
        let (promised, given): (Vec<&str>, Vec<&str>) = (call.path.split('/').collect(), path.split('/').collect());
        let same = |(promised, given): (&&str, &&str)| promised == given || (promised.starts_with('{') && given.starts_with('{'));
        call.verb == verb && promised.len() == given.len() && promised.iter().zip(&given).all(same)
    };
    calls.iter().find(fits).unwrap_or_else(|| panic!("{verb} {path} is in no table; begin what stands for an id with {{"))
}

struct Scenario {
    name: String,
    steps: Vec<Value>,
}

fn scenarios() -> Vec<Scenario> {
    let mut files: Vec<_> =
        fs::read_dir(directory().join("scenarios")).expect("scenarios").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("it is read");
        let steps = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        Scenario { name, steps }
    };
    files.into_iter().map(read).collect()
}

impl Scenario {
    async fn play(&self, caller: &Caller, calls: &[Call], run: Run, made: &mut BTreeSet<String>) {
        let mut known: Known = [("run", run.word()), ("owner", OWNER_EMAIL)].map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        for (index, step) in self.steps.iter().enumerate() {
            let (verb, path) = step["call"].as_str().and_then(|call| call.split_once(' ')).expect("call: VERB path");
            let call = find(calls, verb, path);
            let parameters: Parameters =
                step["with"].as_object().into_iter().flatten().map(|(name, value)| (name.clone(), scalar(value, &known))).collect();
            let filled = fill(path, &known);
            let about = format!("{} step {} ({verb} {filled}) by {}", self.name, index + 1, run.word());
            let reply = caller.call(run, call, &filled, &parameters).await;
            self.check(step, call, run, &reply, &known, &about);
            if reply.status == 200 {
                made.insert(call.name());
            }
            if verb == "GET" {
                caller.agree(call, &filled, &parameters).await;
            }
            for (name, path) in step["keep"].as_object().into_iter().flatten() {
                let kept =
                    at(&reply.response, path.as_str().expect("a path")).unwrap_or_else(|| panic!("{about}: no {path} in {}", reply.text));
                known.insert(name.clone(), kept.as_str().expect("a text is kept").to_owned());
            }
        }
    }

    fn check(&self, step: &Value, call: &Call, run: Run, reply: &Reply, known: &Known, about: &str) {
        let wanted = step["status"].as_u64().unwrap_or(200);
        assert_eq!(u64::from(reply.status), wanted, "{about}: {}", reply.text);
        if wanted == 200 {
            let faults = shape::faults(call, run, &reply.response);
            assert!(faults.is_empty(), "{about}: {}\n{}", faults.join("\n"), reply.text);
        } else {
            assert!(holds(&reply.response["status"], &Value::from("ERROR"), known), "{about}: {}", reply.text);
        }
        if let Some(sentence) = step["error"].as_str() {
            let said = reply.response["errormessage"].as_str().unwrap_or_default();
            assert!(said.contains(&fill(sentence, known)), "{about}: {said}");
        }
        if !step["expect"].is_null() {
            assert!(holds(&reply.response, &step["expect"], known), "{about}: expected {}, got {}", step["expect"], reply.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_scenarios_in_all_formats() {
    let server = server().await;
    let (caller, calls) = (Caller::of(&server), calls());
    let mut made = BTreeSet::new();
    for scenario in scenarios() {
        for run in Run::ALL {
            scenario.play(&caller, &calls, run, &mut made).await;
        }
    }
    let reads = |call: &&Call| call.verb == "GET";
    let missed: Vec<String> = calls.iter().filter(|call| !reads(call)).map(Call::name).filter(|name| !made.contains(name)).collect();
    assert!(missed.is_empty(), "no scenario writes by {missed:?}");
}
