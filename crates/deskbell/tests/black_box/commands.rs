//! The program's commands.

use crate::{binary, server};
use deskbell_testkit::server::{OWNER_EMAIL, OWNER_PASSWORD};
use deskbell_testkit::{Options, Server, WAIT, eventually};
use serde_json::Value;
use std::process::{Output, Stdio};
use std::time::Instant;

const NAME: &str = "for the test";
const DEMO: &[&str] = &["demo", "--seed", "7", "--days", "3", "--conversations", "40", "--until", "1790000000"];

#[tokio::test]
async fn a_desk_is_created_once() {
    let server = server().await;
    let again = server.run(&["init", "--owner-email", OWNER_EMAIL, "--owner-password", OWNER_PASSWORD]);
    refused_in_one_sentence(&again);
    // It still takes its keys.
    assert_eq!(server.v1().get("chats/overview").await.status, 200);
}

#[tokio::test]
async fn a_desk_is_served_once() {
    let server = server().await;
    let mut second = server.command("serve");
    let child = second.args(["--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("it starts");
    let deadline = Instant::now() + WAIT;
    while child.try_wait().expect("it can be asked").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("it is killed");
            panic!("a second server of the same data was not refused within {WAIT:?}");
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    refused_in_one_sentence(&child.wait_with_output().expect("it ended"));
    assert_eq!(server.v1().get("chats/overview").await.status, 200);
}

/// It fails, and says why to a person: no panic, no back trace, no debug print.
fn refused_in_one_sentence(output: &Output) {
    assert!(!output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!text.trim().is_empty(), "{output:?}");
    for ugly in ["panicked", "Stack backtrace", "StoreError", "Some("] {
        assert!(!text.contains(ugly), "{text}");
    }
    eprintln!("{text}");
}

#[tokio::test]
async fn keys_come_and_go_while_it_runs() {
    let server = server().await;
    let (mut v1, mut bearer) = (server.v1(), server.bearer());
    v1.key = create(&server, "apikey", "api_key");
    bearer.token = create(&server, "token", "access_token");
    eventually("the new key is good", async || (v1.get("chats/overview").await.status == 200).then_some(())).await;
    eventually("the new token is good", async || (bearer.get("/stream/chats").await.status == 200).then_some(())).await;

    for kind in ["apikey", "token"] {
        let list = success(&server.run(&[kind, "list"]));
        assert!(!list.contains(&v1.key) && !list.contains(&bearer.token), "a list shows no secret: {list}");
        let mut entries = list.lines().map(|line| serde_json::from_str::<Value>(line).expect("a list is JSON lines"));
        let mine = entries.rfind(|entry| entry["name"] == NAME).unwrap_or_else(|| panic!("{NAME} is not in {list}"));
        success(&server.run(&[kind, "revoke", mine["id"].as_str().expect("an entry has an id")]));
    }
    eventually("a revoked key is refused", async || (v1.get("chats/overview").await.status == 401).then_some(())).await;
    eventually("a revoked token is refused", async || (bearer.get("/stream/chats").await.status == 401).then_some(())).await;
    // Those of before are as good as ever.
    assert_eq!(server.v1().get("chats/overview").await.status, 200);
}

fn create(server: &Server, kind: &str, secret: &str) -> String {
    let printed = success(&server.run(&[kind, "create", "--name", NAME]));
    let created: Value = serde_json::from_str(printed.trim()).expect("it prints JSON");
    created[secret].as_str().unwrap_or_else(|| panic!("no {secret}: {created}")).to_owned()
}

fn success(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The same seed makes the same history, whenever and wherever.
#[tokio::test]
async fn demonstrations_repeat() {
    let first = exported().await;
    let second = exported().await;
    let chats = first["chats"].as_array().expect("an export lists chats");
    assert!(chats.len() > 5, "{} chats", chats.len());
    assert_eq!(chats.len(), second["chats"].as_array().map_or(0, Vec::len));
    for (one, other) in chats.iter().zip(second["chats"].as_array().into_iter().flatten()) {
        for key in ["timestamp", "visitor", "history", "rating", "duration", "missed", "tags"] {
            assert_eq!(without_ids(&one[key]), without_ids(&other[key]), "{key} of {one}");
        }
    }
}

/// Ids that must not be guessed are drawn anew; who gave no name is called by his.
fn without_ids(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_ids).collect(),
        Value::Object(fields) => {
            let is_id = |name: &str| name == "id" || name == "channel" || name.ends_with("_id") || name.ends_with("_ids");
            fields.iter().filter(|(name, _)| !is_id(name)).map(|(name, value)| (name.clone(), without_ids(value))).collect()
        }
        Value::String(text) if text.starts_with("Visitor ") => "Visitor".into(),
        other => other.clone(),
    }
}

async fn exported() -> Value {
    let mut server = Server::create(binary(), Options::default());
    success(&server.run(DEMO));
    success(&server.run(&["doctor"]));
    let told = success(&server.run(&["verify"]));
    assert_eq!(told.matches("ok    ").count(), 4, "what the journal and the rows tell is what is served: {told}");
    server.launch().await;
    server.bearer().get("/api/v2/incremental/chats?start_time=0&fields=chats(*)").await.good()
}
