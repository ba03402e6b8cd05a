//! Live figures over `GET /stream/chats`, beside a bare axum handler that returns the same bytes, in turns.

use super::process::processor_seconds;
use super::{Outcome, load, median, row};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use deskbell_testkit::{Agent, Options, Server, Visitor};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;

const ROUNDS: usize = 5;
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
    let measure = |address: SocketAddr, pid: u32, duration: Duration| -> Outcome<(f64, f64)> {
        let before = processor_seconds(pid)?;
        let answers = load::run(address, &request(address), duration)? as f64;
        Ok((answers / duration.as_secs_f64(), (processor_seconds(pid)? - before) * 1e6 / answers))
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let both = [(server.address(), server.pid()), (bare.address, bare.child.id())];
    for (address, pid) in both {
        tokio::task::block_in_place(|| measure(address, pid, WARM_UP))?;
    }
    for _ in 0..ROUNDS {
        ours.push(tokio::task::block_in_place(|| measure(both[0].0, both[0].1, ROUND))?);
        theirs.push(tokio::task::block_in_place(|| measure(both[1].0, both[1].1, ROUND))?);
    }
    let of = |rounds: &[(f64, f64)], pick: fn(&(f64, f64)) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
    let (rate, bare_rate) = (of(&ours, |round| round.0), of(&theirs, |round| round.0));
    let (cost, bare_cost) = (of(&ours, |round| round.1), of(&theirs, |round| round.1));
    row(&format!("| `GET /stream/chats`, answers/s ({} bytes) | {rate:.0} |", answer.text.len()))?;
    row(&format!("| the same bytes from bare axum, answers/s | {bare_rate:.0} |"))?;
    row(&format!("| ratio of the rates | {:.2} |", rate / bare_rate))?;
    row(&format!("| processor time of an answer: ours, bare, ratio | {cost:.1} µs, {bare_cost:.1} µs, {:.2} |", cost / bare_cost))?;
    Ok(())
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
