//! `/stream/chats` beside a bare axum handler that serves the same bytes, over the loopback, and pages of the export. The ratios matter, not
//! the rates.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use deskbell_app::accounts;
use deskbell_app::chats::{self, Request};
use deskbell_app::customers::Introduction;
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::agent::AgentStatus;
use deskbell_http::Front;
use deskbell_zendesk::{ChatDocuments, Stream, SurfaceOptions, rest_kit, stream_kit};
use http_body_util::BodyExt;
use tokio::sync::watch;

use super::{Outcome, Stage, line};

const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(500);
const CONNECTIONS: usize = 16;
const LIVE_CHATS: usize = 50;
const ENDED_CHATS: usize = 1_000;

pub(super) fn bench(stage: &Stage) -> Outcome<()> {
    let (desk, agent) = (&stage.desk, stage.owner.agent.id);
    desk.write_blocking(move |tx, cx| accounts::choose_status(tx, cx, agent, AgentStatus::ONLINE, true))?;
    desk.write_blocking(|tx, cx| {
        for place in 0..LIVE_CHATS + ENDED_CHATS {
            let visit = visits::arrive(tx, cx, None, &Arrival::default())?;
            let request = Request { introduction: Introduction::default(), text: Some("Hello there".to_owned()), ..Request::default() };
            chats::request(tx, cx, &visit, &request)?;
            if place < ENDED_CHATS {
                chats::visitor_ends(tx, cx, &visit)?;
            }
        }
        Ok(())
    })?;
    std::thread::sleep(Duration::from_millis(500));
    let token = &stage.owner.access_token.secret;
    let options = SurfaceOptions { rate_limit: None, ..SurfaceOptions::default() };
    let (_stop, stopped) = watch::channel(false);
    let stream = Stream::new(desk.clone(), stopped);
    let request = format!("GET /stream/chats HTTP/1.1\r\nhost: desk.test\r\nauthorization: Bearer {token}\r\n\r\n");
    let kit = serve(Front::new().with(stream_kit(stream.clone(), &options)).into_router())?;
    let bytes = Bytes::from(body(&kit, &request)?);
    let size = bytes.len();
    let bare = serve(Router::new().route(
        "/stream/chats",
        get(move || {
            let bytes = bytes.clone();
            async move { ([("content-type", "application/json")], bytes) }
        }),
    ))?;
    line(&format!("/stream/chats, {size} bytes, {LIVE_CHATS} live chats, one server thread, {CONNECTIONS} connections\n"))?;
    line("| round | bare axum/s | stream/s | ratio | bare µs of CPU | stream µs of CPU | ratio |\n|---|---|---|---|---|---|---|")?;
    let (mut rates, mut costs, mut least) = (Vec::new(), Vec::new(), [f64::MAX; 2]);
    for round in 1..=ROUNDS {
        // Turn by turn, so that neither always has the fresher machine.
        let (first, second) = if round % 2 == 0 {
            (measure(&bare, &request)?, measure(&kit, &request)?)
        } else {
            let second = measure(&kit, &request)?;
            (measure(&bare, &request)?, second)
        };
        rates.push(second.rate / first.rate);
        costs.push(first.cpu_micros / second.cpu_micros);
        least = [least[0].min(first.cpu_micros), least[1].min(second.cpu_micros)];
        let rate = format!("{:.0} | {:.0} | {:.3}", first.rate, second.rate, rates[round - 1]);
        line(&format!("| {round} | {rate} | {:.2} | {:.2} | {:.3} |", first.cpu_micros, second.cpu_micros, costs[round - 1]))?;
    }
    rates.sort_by(f64::total_cmp);
    costs.sort_by(f64::total_cmp);
    line(&format!("\nmedian ratios: {:.3} by the clock, {:.3} by the server's CPU\n", rates[ROUNDS / 2], costs[ROUNDS / 2]))?;
    // Other work on the machine only adds to a cost: the least one is the truest.
    line(&format!("least CPU: {:.2} and {:.2} µs, ratio {:.3}\n", least[0], least[1], least[0] / least[1]))?;
    // Documents carry the second of their chats' ends only if they are rendered soon after.
    desk.document_reader(Arc::new(ChatDocuments)).catch_up()?;
    stage.clock.0.store(1_000, Ordering::Relaxed);
    direct(stage, stream, &options)
}

/// Without a socket: what a call costs inside the kit, and a page of the export.
fn direct(stage: &Stage, stream: Stream, options: &SurfaceOptions) -> Outcome<()> {
    let token = &stage.owner.access_token.secret;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stream, rest) = (stream_kit(stream, options), rest_kit(stage.desk.clone(), options));
    let request = |uri: &str| {
        let builder = http::Request::builder().uri(uri).header("host", "desk.test");
        builder.header("authorization", format!("Bearer {token}")).body(Body::empty())
    };
    runtime.block_on(async {
        const CALLS: u32 = 200_000;
        let started = Instant::now();
        for _ in 0..CALLS {
            std::hint::black_box(stream.handle(request("/stream/chats")?).await);
        }
        line(&format!("Kit::handle with the making of the request: {:?} a call", started.elapsed() / CALLS))?;
        for fields in ["", "?fields=chats(*)", "?fields=chats(id,comment,response_time.max)"] {
            let uri = format!("/api/v2/chat/incremental/chats{fields}");
            const PAGES: u32 = 50;
            let (started, mut bytes) = (Instant::now(), 0);
            for _ in 0..PAGES {
                bytes = rest.handle(request(&uri)?).await.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes().len();
            }
            line(&format!("{uri}: {bytes} bytes, {:?} a page", started.elapsed() / PAGES))?;
        }
        Ok(())
    })
}

/// A server on a thread of its own, which is all it has.
struct Server {
    address: SocketAddr,
    /// Where the kernel tells how long the thread ran.
    schedule: String,
}

fn serve(router: Router) -> Outcome<Server> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        sender.send(std::fs::read_link("/proc/thread-self")).map_err(std::io::Error::other)?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(listener, router).await
        })
    });
    Ok(Server { address, schedule: format!("/proc/{}/schedstat", receiver.recv()??.display()) })
}

impl Server {
    fn cpu_nanos(&self) -> Outcome<u64> {
        let text = std::fs::read_to_string(&self.schedule)?;
        Ok(text.split(' ').next().unwrap_or_default().parse()?)
    }
}

fn body(server: &Server, request: &str) -> Outcome<Vec<u8>> {
    let mut socket = TcpStream::connect(server.address)?;
    socket.write_all(request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    let start = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("no end of the head")? + 4;
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&answer).into_owned().into());
    }
    Ok(answer.split_off(start))
}

struct Measured {
    /// Requests a second.
    rate: f64,
    /// The server's, for each request.
    cpu_micros: f64,
}

/// Some connections, each waiting for its answer before it asks again.
fn measure(server: &Server, request: &str) -> Outcome<Measured> {
    let before = server.cpu_nanos()?;
    let (count, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| -> std::io::Result<()> {
                let mut socket = TcpStream::connect(server.address)?;
                socket.set_nodelay(true)?;
                let mut buffer = vec![0; 16 << 10];
                while !stop.load(Ordering::Relaxed) {
                    socket.write_all(request.as_bytes())?;
                    let mut filled = 0;
                    while !buffer[..filled].ends_with(b"\"status_code\":200}") {
                        match socket.read(&mut buffer[filled..])? {
                            0 => return Ok(()),
                            read => filled += read,
                        }
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        std::thread::sleep(ROUND);
        stop.store(true, Ordering::Relaxed);
    });
    let (requests, nanos) = (count.load(Ordering::Relaxed) as f64, (server.cpu_nanos()? - before) as f64);
    Ok(Measured { rate: requests / started.elapsed().as_secs_f64(), cpu_micros: nanos / 1e3 / requests })
}
