//! Ten thousand visitors who look at the site and say nothing: what a connection costs in memory.

use super::process::{MIB, resident_bytes};
use super::{Outcome, row};
use deskbell_testkit::http::Answer;
use deskbell_testkit::socket::Socket;
use deskbell_testkit::{Options, Server};
use reqwest::Client;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const VISITORS: usize = 10_000;
/// Addresses 127.0.0.2 and on that connections come from: each has its own ports, and the server may limit what one address opens.
const SOURCES: usize = 50;
const AT_ONCE: usize = 50;
const SETTLE: Duration = Duration::from_secs(3);
const WELCOME_SECONDS_MAX: Duration = Duration::from_secs(30);

pub(super) async fn bench(binary: &Path) -> Outcome<()> {
    let server = Server::start(binary, Options::default()).await;
    let mut holder = Command::new(std::env::current_exe()?)
        .args(["hold", &server.address().to_string(), &VISITORS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let outcome = measure(&server, &mut holder).await;
    drop(holder.stdin.take());
    let status = holder.wait()?;
    let (before, after) = outcome?;
    let each = after.saturating_sub(before) as f64 / VISITORS as f64 / 1024.0;
    row(&format!("| memory before and with {VISITORS} idle visitors | {:.1} MiB, {:.1} MiB |", before as f64 / MIB, after as f64 / MIB))?;
    row(&format!("| memory of an idle visitor's connection | {each:.1} KiB |"))?;
    if !status.success() {
        return Err(format!("the holder ended with {status}").into());
    }
    Ok(())
}

async fn measure(server: &Server, holder: &mut Child) -> Outcome<(u64, u64)> {
    let mut lines = BufReader::new(holder.stdout.take().ok_or("its output is piped")?).lines();
    let mut expect = |wanted: &str| match lines.next() {
        Some(Ok(line)) if line == wanted => Ok(()),
        other => Err(format!("the holder says {other:?}, not {wanted}")),
    };
    expect("visits")?;
    tokio::time::sleep(SETTLE).await;
    let before = resident_bytes(server.pid())?;
    holder.stdin.as_mut().ok_or("its input is piped")?.write_all(b"connect\n")?;
    expect("connected")?;
    tokio::time::sleep(SETTLE).await;
    Ok((before, resident_bytes(server.pid())?))
}

/// Asks for the visits, waits to be told, connects, and holds until its input ends.
pub(super) async fn hold(address: SocketAddr, visitors: usize) -> Outcome<()> {
    let client = |number| Client::builder().no_proxy().local_address(IpAddr::V4(source(number))).build();
    let clients = (0..SOURCES).map(client).collect::<Result<Vec<_>, _>>()?;
    let tokens = all(visitors, |number| visit(clients[number % SOURCES].clone(), address)).await?;
    drop(clients);
    row("visits")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let sockets = all(visitors, move |number| connect(address, number, tokens[number].clone())).await?;
    row("connected")?;
    std::io::stdin().lock().read_line(&mut line)?;
    drop(sockets);
    Ok(())
}

/// So many, some at once, in their order.
async fn all<T: Send + 'static, F>(count: usize, one: impl Fn(usize) -> F) -> Outcome<Vec<T>>
where
    F: Future<Output = Outcome<T>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut done = Vec::with_capacity(count);
    for number in 0..count {
        let future = one(number);
        running.spawn(async move { (number, future.await) });
        if running.len() == AT_ONCE
            && let Some(joined) = running.join_next().await
        {
            let (number, outcome) = joined?;
            done.push((number, outcome?));
        }
    }
    while let Some(joined) = running.join_next().await {
        let (number, outcome) = joined?;
        done.push((number, outcome?));
    }
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, value)| value).collect())
}

fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, 2 + (number % SOURCES) as u8)
}

async fn visit(http: Client, address: SocketAddr) -> Outcome<String> {
    let page = json!({"url": "https://shop.example/", "title": "Shop", "referrer": ""});
    let request = http.post(format!("http://{address}/live/visit")).json(&json!({"token": null, "page": page, "language": "en"}));
    let answer = Answer::try_of(request).await?;
    let token = answer.json()["token"].as_str().map(str::to_owned);
    token.ok_or_else(|| format!("no token: {answer:?}").into())
}

async fn connect(address: SocketAddr, number: usize, token: String) -> Outcome<Socket> {
    let origin = format!("http://{address}");
    let from = SocketAddr::from((source(number), 0));
    let mut socket =
        Socket::open_from(Some(from), address, "/live/visitor", &[("origin", &origin)]).await.map_err(|end| format!("{end:?}"))?;
    socket.send(&json!({"t": "hello", "token": token})).await.map_err(|end| format!("{end:?}"))?;
    let welcome = socket.next(Instant::now() + WELCOME_SECONDS_MAX).await.map_err(|end| format!("{end:?}"))?;
    if welcome["t"] != "welcome" {
        return Err(format!("not welcome: {welcome}").into());
    }
    Ok(socket)
}
