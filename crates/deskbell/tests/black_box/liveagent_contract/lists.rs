//! A demo desk has rows for every list, and every read of it keeps the promise in all three formats.

use super::client::{Caller, Run};
use super::shape;
use super::table::{Call, Named, calls};
use crate::binary;
use deskbell_testkit::{Options, Server};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which list gives ids for a path's parameter, and under which name.
const SOURCES: [(&str, &str, &str, &str); 9] = [
    ("agentidentifier", "onlinestatus/agents", "agentsOnlineStates", "username"),
    ("companyid", "companies", "companies", "id"),
    ("conversationid", "conversations", "conversations", "conversationid"),
    ("customeridentifier", "customers", "customers", "contactid"),
    ("groupid", "customersgroups", "groups", "id"),
    ("departmentid", "departments", "departments", "departmentid"),
    ("tagid", "tags", "tags", "id"),
    ("contactwidgetid", "widgets", "widgets", "contactwidgetid"),
    ("fileid", "", "", ""),
];
/// Things looked at one by one, of each kind.
const LOOKED_AT_MAX: usize = 200;

/// Rows asked for.
const ROWS: &str = "500";

/// Something to ask with.
fn sample(named: &Named) -> String {
    match (named.name.as_str(), named.kind.as_str()) {
        ("query", _) => "order".to_owned(),
        ("date_from", "datetime") => "2000-01-01".to_owned(),
        (_, "datetime") => "2050-01-01".to_owned(),
        _ => named.values.first().cloned().unwrap_or_else(|| panic!("{named:?}: with what?")),
    }
}

/// Lists that a demo desk has no rows for: nobody of it is ever there, and it has no service levels.
fn may_be_empty(call: &Call) -> bool {
    call.is_report() && ["/agentsavailability", "/slalog"].iter().any(|end| call.path.ends_with(end))
}

#[derive(Default)]
struct Seen {
    ids: BTreeMap<String, Vec<String>>,
    /// Rows of each list, those within things added up.
    rows: BTreeMap<String, usize>,
}

impl Seen {
    fn count(&mut self, place: &str, fields: &[Named], value: &Value) {
        for field in fields.iter().filter(|field| matches!(field.kind.as_str(), "list" | "array")) {
            let items = value[&field.name].as_array().map(Vec::as_slice).unwrap_or_default();
            let place = format!("{place} {}", field.name);
            *self.rows.entry(place.clone()).or_default() += items.len();
            for item in items {
                self.count(&place, &field.columns, item);
            }
        }
    }
}

async fn look(caller: &Caller, call: &Call, path: &str, parameters: &[(String, String)], seen: &mut Seen) -> Value {
    let reply = caller.agree(call, path, parameters).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    let faults = shape::faults(call, Run::Query, &reply.response);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    seen.count(&call.name(), &call.returns, &reply.response);
    reply.response
}

/// Ids of files stand in the messages that carry them.
async fn files(caller: &Caller, calls: &[Call], conversations: &[String]) -> Vec<String> {
    let call = calls.iter().find(|call| call.path == "conversations/{conversationid}/messages" && call.verb == "GET").expect("a call");
    let mut files = Vec::new();
    for conversation in conversations {
        let reply = caller.call(Run::Query, call, &format!("conversations/{conversation}/messages"), &[]).await;
        for group in reply.response["groups"].as_array().into_iter().flatten() {
            for message in group["messages"].as_array().into_iter().flatten() {
                if matches!(message["rtype"].as_str(), Some("F" | "L")) {
                    files.extend(hexes(message["message"].as_str().unwrap_or_default()));
                }
            }
        }
    }
    files
}

/// Words of 32 hex digits.
fn hexes(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_hexdigit());
    words.filter(|word| word.len() == 32).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_desk_has_rows_for_every_list() {
    let mut server = Server::create(binary(), Options::default());
    let made = server.run(&["demo", "--conversations", "150", "--days", "20", "--seed", "7"]);
    assert!(made.status.success(), "demo: {made:?}");
    server.launch().await;
    let (caller, calls) = (Caller::of(&server), calls());
    let mut seen = Seen::default();
    let reads: Vec<&Call> = calls.iter().filter(|call| call.verb == "GET").collect();
    for call in reads.iter().filter(|call| call.path_parameters().is_empty()) {
        let mut parameters: Vec<(String, String)> = call.mandatory.iter().map(|named| (named.name.clone(), sample(named))).collect();
        let limits = call.optional.iter().filter(|named| matches!(named.name.as_str(), "limit" | "limitcount"));
        parameters.extend(limits.map(|named| (named.name.clone(), ROWS.to_owned())));
        let response = look(&caller, call, &call.path, &parameters, &mut seen).await;
        for (parameter, path, list, id) in SOURCES.iter().filter(|(_, path, ..)| *path == call.path) {
            assert_eq!(call.path, *path);
            let ids = response[*list].as_array().into_iter().flatten().filter_map(|row| row[*id].as_str().map(str::to_owned));
            seen.ids.insert((*parameter).to_owned(), ids.collect());
        }
    }
    let conversations = seen.ids["conversationid"].clone();
    seen.ids.insert("fileid".to_owned(), files(&caller, &calls, &conversations).await);
    for call in reads.iter().filter(|call| !call.path_parameters().is_empty()) {
        let parameter = call.path_parameters()[0].to_owned();
        let ids = seen.ids.get(&parameter).cloned().unwrap_or_else(|| panic!("{}: nothing gives {parameter}", call.name()));
        assert!(!ids.is_empty(), "there is no {parameter} to look at");
        for id in ids.iter().rev().take(LOOKED_AT_MAX) {
            look(&caller, call, &call.filled(|_| id.clone()), &[], &mut seen).await;
        }
    }
    let reports: Vec<String> = calls.iter().filter(|call| may_be_empty(call)).map(Call::name).collect();
    let is_report = |place: &str| reports.iter().any(|report| place.starts_with(report.as_str()));
    let empty: Vec<&String> = seen.rows.iter().filter(|(place, rows)| **rows == 0 && !is_report(place)).map(|(place, _)| place).collect();
    assert!(empty.is_empty(), "no rows in {empty:#?}");
}
