//! Hostile input for every parameter of every call of LiveAgent's API, taken from the surface's own list: the answer is always in the
//! surface's shape and in the format asked for, the cause is never a defect, and the desk goes on.

mod attack;
mod judge;
mod target;

use crate::raw::{Reply, Wire};
use crate::{binary, server};
use attack::{Attack, Format};
use deskbell_testkit::postgres::Database;
use deskbell_testkit::{Options, Server, WAIT};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use target::Target;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::timeout;

/// As many connections as keep a small machine busy.
const CONNECTIONS: usize = 4;
/// No input may keep the desk busy for long, also in a debug build on a busy machine.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
const FAILURES_SHOWN: usize = 20;
const SHORT_BYTES_MAX: usize = 4_000;

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_of_every_call() {
    withstands(server().await, usize::MAX).await;
}

/// PostgreSQL refuses texts and numbers that SQLite takes; what is long is the same to both.
#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_of_every_call_on_postgres() {
    let database = block_in_place(Database::create);
    let options = Options { database_url: Some(database.url.clone()), ..Options::default() };
    withstands(Server::start(binary(), options).await, SHORT_BYTES_MAX).await;
}

/// Makes all attacks whose bodies are not longer than this.
async fn withstands(server: Server, bytes_max: usize) {
    let targets = Target::all(&server).await;
    let (ends, others): (Vec<&Target>, Vec<&Target>) = targets.iter().partition(|target| target.verb() == "DELETE");
    // What is removed cannot be attacked any more.
    let mut failures = Vec::new();
    for target in others.into_iter().chain(ends) {
        let attacks = attack::on(target).into_iter().filter(|attack| attack.body_bytes() <= bytes_max);
        failures.extend(all(&server, attacks.collect()).await);
    }
    // What was written comes back in every list.
    let reads = targets.iter().filter(|target| target.verb() == "GET");
    failures.extend(all(&server, reads.flat_map(|target| Format::ALL.map(|format| attack::plain(target, format))).collect()).await);
    let shown: Vec<&str> = failures.iter().take(FAILURES_SHOWN).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} failures, among them:\n{}", failures.len(), shown.join("\n"));
    assert_eq!(server.v1().get("application/status").await.status, 200);
    let log = server.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("panic") || line.contains("ERROR")).collect();
    assert!(lines.is_empty(), "the server logged {lines:?}");
}

/// Makes these attacks over some connections; what went wrong comes back.
async fn all(server: &Server, attacks: Vec<Attack>) -> Vec<String> {
    let mut shares: Vec<Vec<Attack>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for (index, attack) in attacks.into_iter().enumerate() {
        shares[index % CONNECTIONS].push(attack);
    }
    let mut tasks = JoinSet::new();
    for share in shares {
        tasks.spawn(in_turn(server.address(), server.api_key.clone(), share));
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

async fn in_turn(address: SocketAddr, key: String, attacks: Vec<Attack>) -> Vec<String> {
    let mut wire = None;
    let mut failures = Vec::new();
    for attack in attacks {
        let outcome = timeout(ANSWER_TIME_MAX, exchange(&mut wire, address, &attack.request(&key))).await;
        let complaint = match outcome {
            Ok(Ok(reply)) => judge::complaint(&reply, attack.format),
            Ok(Err(error)) => Some(format!("no answer: {error}")),
            Err(_) => Some(format!("no answer within {ANSWER_TIME_MAX:?}")),
        };
        if let Some(complaint) = complaint {
            failures.push(format!("{attack}: {complaint}"));
            wire = None;
        }
    }
    failures
}

/// Asks on the connection that is there, if it still is.
async fn exchange(kept: &mut Option<Wire>, address: SocketAddr, request: &[u8]) -> io::Result<Reply> {
    let mut wire = match kept.take() {
        Some(wire) => wire,
        None => Wire::open(address).await?,
    };
    wire.send(request).await?;
    let reply = wire.receive().await?;
    if !reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
        *kept = Some(wire);
    }
    Ok(reply)
}

/// A head that is no HTTP, or too long, is refused before it reaches any surface, and ends its connection only.
#[tokio::test]
async fn heads_that_are_refused() {
    let server = server().await;
    let long = format!("GET /api/tags?apikey={} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(100_000));
    for request in [
        &b"GET /api/tags\xff\xfe\x00 HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"GET /api/tags?a=\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/tags HTTP/1.1\r\nHost: x\r\nBad Header: \x00\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"{}\r\n\r\n",
        long.as_bytes(),
    ] {
        let exchange = async {
            let mut wire = Wire::open(server.address()).await?;
            wire.send(request).await?;
            wire.receive().await
        };
        let shown: String = request.iter().take(60).map(|byte| char::from(*byte)).collect();
        // A connection that is closed without a word is an answer, too.
        if let Ok(reply) = timeout(WAIT, exchange).await.expect("refused in time") {
            assert!((400..=431).contains(&reply.status), "{shown:?}: {reply:?}");
            assert!(!reply.body.starts_with(b"<"), "{shown:?}: {reply:?}");
        }
    }
    assert_eq!(server.v1().get("application/status").await.status, 200);
}
