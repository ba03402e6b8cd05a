//! What is refused, for every call from the tables: a mandatory parameter that is missing, an id that nothing has.

use super::client::{Caller, Parameters, Run};
use super::table::{Call, Named, calls};
use crate::server;
use deskbell_testkit::server::OWNER_EMAIL;

/// Something that is good for a parameter.
fn sample(named: &Named) -> String {
    let text = match named.name.as_str() {
        "useridentifier" => OWNER_EMAIL,
        "recipient" | "email" => "ann@example.com",
        "department" | "departmentid" => "default",
        "customfields" | "attributes" | "form_fields" => "[]",
        "category" => "zzzzzzzz",
        _ => match named.kind.as_str() {
            "constlist" => named.values[0].as_str(),
            "int" => "1",
            _ => "something",
        },
    };
    text.to_owned()
}

/// What an unknown id of each path's parameter is answered with.
fn unknown_status(parameter: &str) -> u16 {
    if parameter == "conversationid" { 500 } else { 404 }
}

fn good(call: &Call) -> Parameters {
    call.mandatory.iter().map(|named| (named.name.clone(), sample(named))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_parameters_and_unknown_ids() {
    let server = server().await;
    let (caller, calls) = (Caller::of(&server), calls());
    let mut faults = Vec::new();
    for call in &calls {
        if let [parameter, ..] = call.path_parameters()[..] {
            for unknown in ["zzzzzzzz", "nobody@example.com", "1", "%00"] {
                let path = call.filled(|_| unknown.to_owned());
                for run in [Run::Query, Run::Form, Run::Controller] {
                    // The front controller takes the path as a parameter, where nothing is escaped twice.
                    if run == Run::Controller && unknown.contains('%') {
                        continue;
                    }
                    let reply = caller.call(run, call, &path, &good(call)).await;
                    let said = reply.response["errormessage"].as_str().unwrap_or_default();
                    if reply.response["status"] != "ERROR" || reply.status != unknown_status(parameter) || said.is_empty() {
                        faults.push(format!("{} {path} by {}: {} {}", call.verb, run.word(), reply.status, reply.text));
                    }
                }
            }
        }
        for missing in &call.mandatory {
            // The thing itself is looked for after its parameters are there; where it is not so, an unknown id was tried above.
            let with: Parameters = good(call).into_iter().filter(|(name, _)| *name != missing.name).collect();
            for run in Run::ALL {
                let path = call.filled(|parameter| existing(parameter).to_owned());
                let reply = caller.call(run, call, &path, &with).await;
                let wanted = format!("parameter {} is missing", missing.name);
                if reply.status != 500 || reply.response["errormessage"] != wanted {
                    faults.push(format!(
                        "{} {path} without {} by {}: {} {}",
                        call.verb,
                        missing.name,
                        run.word(),
                        reply.status,
                        reply.text
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// An id for calls that must fail for another reason.
fn existing(parameter: &str) -> &'static str {
    match parameter {
        "departmentid" => "default",
        "agentidentifier" => OWNER_EMAIL,
        _ => "zzzzzzzz",
    }
}
