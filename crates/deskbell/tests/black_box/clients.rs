//! Programs written for Zendesk Chat, unmodified, against a desk with a made-up history; and what they need around it: TLS with a
//! certificate of its own making, a host's name at the head of the path, links that come out right behind proxies.

use crate::binary;
use deskbell_testkit::clients::Client;
use deskbell_testkit::{Bearer, Options, Server};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

/// Conversations of the history, so many that 5,000 of them are chats.
const CONVERSATIONS: &str = "8300";
const CHATS_MIN: usize = 5_000;
/// The history ends before what is too young to be exported.
const AGE_SECONDS: u64 = 600;

/// A desk with a history, not started.
fn desk(arguments: &[&str]) -> Server {
    let options = Options { arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(), ..Options::default() };
    let server = Server::create(binary(), options);
    #[expect(clippy::disallowed_methods, reason = "the program's own clock is the machine's")]
    let until = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() - AGE_SECONDS;
    let output = server.run(&["demo", "--seed", "3", "--days", "40", "--conversations", CONVERSATIONS, "--until", &until.to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

fn python(client: Client, script: &str) -> Command {
    let mut command = Command::new(client.python());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script));
    command
}

/// A row of the export.
struct Exported {
    id: String,
    is_chat: bool,
    /// It is in no list and no search.
    is_deleted: bool,
}

/// The whole export, by following `next_page`.
async fn exported(bearer: &Bearer) -> Vec<Exported> {
    let (mut all, mut path) = (Vec::new(), "/api/v2/chat/incremental/chats?fields=chats(id,type,deleted)&limit=700".to_owned());
    loop {
        let page = bearer.get(&path).await.good();
        let chats = page["chats"].as_array().expect("a list");
        if chats.is_empty() {
            return all;
        }
        all.extend(chats.iter().map(|chat| Exported {
            id: chat["id"].as_str().expect("an id").to_owned(),
            is_chat: chat["type"] == "chat",
            is_deleted: chat["deleted"].as_bool().expect("a flag"),
        }));
        let next = page["next_page"].as_str().expect("a link");
        path = next.split_once("/api/").map(|(_, rest)| format!("/api/{rest}")).expect("a link to the API");
    }
}

fn ids_of(all: &[Exported], wanted: impl Fn(&Exported) -> bool) -> BTreeSet<String> {
    all.iter().filter(|one| wanted(one)).map(|one| one.id.clone()).collect()
}

fn ids(reported: &Value) -> BTreeSet<String> {
    let list = reported["ids"].as_array().expect("ids");
    let set: BTreeSet<String> = list.iter().map(|id| id.as_str().expect("an id").to_owned()).collect();
    assert_eq!(set.len(), list.len(), "something came twice");
    set
}

/// The same ids; says which are missing and which are too many.
fn same(read: &BTreeSet<String>, wanted: &BTreeSet<String>) {
    let some = |ids: Vec<&String>| (ids.len(), ids.into_iter().take(5).cloned().collect::<Vec<_>>());
    let (missing, extra) = (some(wanted.difference(read).collect()), some(read.difference(wanted).collect()));
    assert!(missing.0 + extra.0 == 0, "missing: {missing:?}, too many: {extra:?}");
}

#[tokio::test]
async fn zenpy_reads_every_chat_once() {
    let mut server = desk(&[]);
    server.launch().await;
    let all = exported(&server.bearer()).await;
    let everything = ids_of(&all, |_| true);
    assert_eq!(everything.len(), all.len(), "the export gives each once");
    let (chats, kept) = (ids_of(&all, |one| one.is_chat), ids_of(&all, |one| !one.is_deleted));
    assert!(chats.len() >= CHATS_MIN, "{} chats", chats.len());
    let zenpy = |way: &[&str]| {
        let mut command = python(Client::Zenpy, "zenpy_chats.py");
        command.env("ZENPY_FORCE_NETLOC", server.address().to_string()).env("ZENPY_FORCE_SCHEME", "http");
        json(&command.arg(&server.access_token).args(way).output().expect("Python runs"))
    };
    same(&ids(&zenpy(&["incremental", "0"])), &everything);
    same(&ids(&zenpy(&["list"])), &kept);
    let some: Vec<&str> = kept.iter().map(String::as_str).step_by(97).take(40).collect();
    assert_eq!(ids(&zenpy(&["ids", &some.join(",")])), some.iter().map(|&id| id.to_owned()).collect());
    let good = ids(&zenpy(&["search", "type:chat AND rating:good"]));
    assert!(!good.is_empty() && good.is_subset(&chats));
    let rest = zenpy(&["rest"]);
    for (what, least) in [("agents", 2), ("departments", 1), ("goals", 1), ("shortcuts", 1), ("triggers", 1), ("bans", 1)] {
        assert!(rest[what].as_u64().is_some_and(|count| count >= least), "{what}: {rest}");
    }
    assert_eq!((&rest["by_email"], &rest["by_name"]), (&Value::Bool(true), &Value::Bool(true)), "{rest}");
}

#[tokio::test]
async fn the_tap_reads_every_chat_once_and_then_what_is_new() {
    let mut server = desk(&[]);
    server.launch().await;
    let all = ids_of(&exported(&server.bearer()).await, |one| !one.is_deleted);
    server.stop().await;
    server.set_arguments(&["--tls-self-signed"]);
    server.spawn();
    server.wait_until_listening().await;
    let certificate = server.data().join("tls/certificate.pem");
    let tap = |state: Option<&Value>| {
        let mut command = python(Client::TapZendeskChat, "tap.py");
        command.env("REQUESTS_CA_BUNDLE", &certificate);
        // The tap makes https://{subdomain}.zendesk.com of it.
        command.arg(format!("localhost:{}/acme", server.address().port())).arg(&server.access_token).arg("2020-01-01T00:00:00Z");
        json(&command.args(state.map(Value::to_string)).output().expect("Python runs"))
    };
    let first = tap(None);
    assert_eq!(first["faults"], Value::Array(Vec::new()), "against the tap's own schemas");
    assert_eq!(first["streams"].as_array().map(Vec::len), Some(8), "{}", first["streams"]);
    for stream in ["account", "agents", "bans", "departments", "goals", "shortcuts", "triggers"] {
        assert!(first["counts"][stream].as_u64().is_some_and(|count| count > 0), "{stream}: {}", first["counts"]);
    }
    let read = first["chats"].as_object().expect("chats");
    same(&read.keys().cloned().collect(), &all);
    assert!(read.values().all(|times| *times == 1), "a chat came twice");
    // Nothing happened since: only what carries the very moment of the bookmark comes again.
    let second = tap(Some(&first["state"]));
    let again = second["chats"].as_object().expect("chats");
    assert!(again.len() <= 4 && again.keys().all(|id| all.contains(id)), "{again:?}");
}

/// What another program says that fetches a path by TLS and trusts nothing but the desk's certificate.
fn fetch(server: &Server, path: &str, headers: &[&str]) -> String {
    const SCRIPT: &str = "\
import http.client, ssl, sys
port, bundle, path, *headers = sys.argv[1:]
connection = http.client.HTTPSConnection('localhost', int(port), context=ssl.create_default_context(cafile=bundle), timeout=20)
connection.request('GET', path, headers=dict(header.split(': ', 1) for header in headers))
print(connection.getresponse().read().decode())";
    let mut command = Command::new("python3");
    command
        .args(["-c", SCRIPT, &server.address().port().to_string()])
        .arg(server.data().join("tls/certificate.pem"))
        .arg(path)
        .args(headers);
    let output = command.output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn links_name_scheme_host_and_prefix_as_the_caller_used_them() {
    let options = Options { arguments: vec!["--tls-self-signed".to_owned()], ..Options::default() };
    let mut server = Server::create(binary(), options);
    server.spawn();
    server.wait_until_listening().await;
    let bearer = format!("Authorization: Bearer {}", server.access_token);
    let next = |server: &Server, path: &str, headers: &[&str]| {
        let page: Value = serde_json::from_str(&fetch(server, path, &[&[bearer.as_str()], headers].concat())).expect("JSON");
        page["next_page"].as_str().unwrap_or_else(|| panic!("{page}")).to_owned()
    };
    let port = server.address().port();
    let path = "/api/v2/chat/incremental/chats";
    assert_eq!(next(&server, path, &[]), format!("https://localhost:{port}{path}?start_time=0&start_id="));
    let old = "/acme.zendesk.com/api/v2/incremental/chats";
    assert_eq!(next(&server, old, &[]), format!("https://localhost:{port}{old}?start_time=0&start_id="));
    let forwarded = ["X-Forwarded-Proto: http", "X-Forwarded-Host: help.test", "X-Forwarded-Prefix: /desk"];
    assert_eq!(
        next(&server, path, &forwarded),
        format!("http://help.test/desk{path}?start_time=0&start_id="),
        "a proxy on this machine is believed"
    );
    server.stop().await;
    server.set_arguments(&["--tls-self-signed", "--trusted-proxies", "192.0.2.0/24"]);
    server.spawn();
    server.wait_until_listening().await;
    assert_eq!(next(&server, path, &forwarded), format!("https://localhost:{port}{path}?start_time=0&start_id="), "a stranger is not");
}
