//! Live figures over `GET /stream/chats`, beside a bare axum handler that returns the same bytes, in turns.

use super::process::processor_seconds;
use super::{Outcome, load, median, row};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use deskbell_testkit::http::client;
use deskbell_testkit::{Agent, Answer, Options, Server, Visitor};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const ROUNDS: usize = 3;
/// Several, since the ratio depends on it and no one number is the right one.
const CONNECTIONS: [usize; 3] = [8, 64, 256];
const ROUND: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(1);

pub(super) async fn bench(binary: &Path) -> Outcome<()> {
    let server = Server::start(binary, Options::default()).await;
    // A figure that stands still: somebody waits nowhere, an agent is there.
    let mut owner = Agent::owner(&server).await;
    owner.be("online").await;
    let _visitor = Visitor::arrive(&server).await;
    let answer = server.bearer().get("/stream/chats").await;
    let bare = Bare::start(&answer.text)?;
    let request = |address: SocketAddr| {
        format!("GET /stream/chats HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nAccept: */*\r\n\r\n", server.access_token)
    };
    let both = [(server.address(), server.pid()), (bare.address, bare.child.id())];
    row(&format!("| `GET /stream/chats` ({} bytes) beside bare axum | |", answer.text.len()))?;
    for connections in CONNECTIONS {
        let measure = |side: usize, duration| {
            let (address, pid) = both[side];
            tokio::task::block_in_place(|| round(address, pid, &request(address), connections, duration))
        };
        measure(0, WARM_UP)?;
        measure(1, WARM_UP)?;
        let counted_before = counted(&server).await?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(measure(0, ROUND)?);
            theirs.push(measure(1, ROUND)?);
        }
        let counted = counted(&server).await? - counted_before;
        let answers: u64 = ours.iter().map(|round| round.answers).sum();
        if counted != answers {
            return Err(format!("the server counts {counted} answers, the client {answers}").into());
        }
        tell(connections, &ours, &theirs)?;
    }
    Ok(())
}

fn tell(connections: usize, ours: &[Round], theirs: &[Round]) -> Outcome<()> {
    let of = |rounds: &[Round], pick: fn(&Round) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
    let (rate, bare_rate) = (of(ours, Round::rate), of(theirs, Round::rate));
    let (cost, bare_cost) = (of(ours, Round::server_micros), of(theirs, Round::server_micros));
    row(&format!("| {connections} connections, answers/s: ours, bare, ratio | {rate:.0}, {bare_rate:.0}, {:.2} |", rate / bare_rate))?;
    row(&format!("| processor time of an answer: ours, bare, ratio | {cost:.1} µs, {bare_cost:.1} µs, {:.2} |", cost / bare_cost))?;
    // A ratio of rates compares the servers only where they are what limits the rate.
    let [busy, bare_busy] =
        [ours, theirs].map(|rounds| format!("{:.2} + {:.2}", of(rounds, Round::server_cores), of(rounds, Round::client_cores)));
    row(&format!("| cores kept busy, server + client's one thread: ours, bare | {busy}, {bare_busy} |"))?;
    Ok(())
}

/// What one side did in one turn.
struct Round {
    answers: u64,
    seconds: f64,
    server_seconds: f64,
    client_seconds: f64,
}

impl Round {
    fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    fn server_micros(&self) -> f64 {
        self.server_seconds * 1e6 / self.answers as f64
    }

    fn server_cores(&self) -> f64 {
        self.server_seconds / self.seconds
    }

    fn client_cores(&self) -> f64 {
        self.client_seconds / self.seconds
    }
}

fn round(address: SocketAddr, pid: u32, request: &str, connections: usize, duration: Duration) -> Outcome<Round> {
    let me = std::process::id();
    let (server_before, client_before, start) = (processor_seconds(pid)?, processor_seconds(me)?, Instant::now());
    let answers = load::run(address, request, connections, duration)?;
    // Not what was asked for, but what it took.
    let seconds = start.elapsed().as_secs_f64();
    let (server_seconds, client_seconds) = (processor_seconds(pid)? - server_before, processor_seconds(me)? - client_before);
    Ok(Round { answers, seconds, server_seconds, client_seconds })
}

/// How many answers the server itself has counted.
async fn counted(server: &Server) -> Outcome<u64> {
    let metrics = Answer::try_of(client().get(format!("{}/metrics", server.base()))).await?.text;
    let is_it =
        |line: &&str| line.starts_with("deskbell_http_requests_total{") && line.contains("zendesk-stream") && line.contains("\"chats\"");
    let line = metrics.lines().find(is_it).ok_or("no count of these requests at /metrics")?;
    Ok(line.rsplit(' ').next().unwrap_or_default().parse()?)
}

/// The bare server, in a process of its own.
struct Bare {
    child: Child,
    address: SocketAddr,
}

impl Bare {
    fn start(body: &str) -> Outcome<Bare> {
        let mut child = Command::new(std::env::current_exe()?).arg("bare").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut input = child.stdin.take().ok_or("its input is piped")?;
        input.write_all(body.as_bytes())?;
        drop(input);
        let mut address = String::new();
        BufReader::new(child.stdout.take().ok_or("its output is piped")?).read_line(&mut address)?;
        Ok(Bare { child, address: address.trim().parse()? })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) async fn serve_bare() -> Outcome<()> {
    let mut body = String::new();
    std::io::stdin().read_to_string(&mut body)?;
    let body = Bytes::from(body);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    row(&listener.local_addr()?.to_string())?;
    let handler = move || std::future::ready(([(CONTENT_TYPE, "application/json")], body.clone()));
    axum::serve(listener, Router::new().route("/stream/chats", get(handler))).await?;
    Ok(())
}
