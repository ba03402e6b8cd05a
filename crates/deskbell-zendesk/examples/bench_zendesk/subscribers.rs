//! A change told to a thousand subscribers of every figure: from the moment the write was acknowledged to the moment the last one has its
//! frame. Server and clients share the machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::chats::{self, Request};
use deskbell_app::credentials;
use deskbell_app::rights::Scopes;
use deskbell_app::visits::{self, Arrival};
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::visit::Visit;
use deskbell_http::Front;
use deskbell_zendesk::topics::TOPICS;
use deskbell_zendesk::{Stream, SurfaceOptions, stream_kit};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Outcome, Stage, line};

const SUBSCRIBERS: usize = 1_000;
/// As many as one agent may have.
const CONNECTIONS_PER_AGENT: usize = 10;
const CHANGES: usize = 200;
/// Between two changes, so that each is a change of its own.
const REST: Duration = Duration::from_millis(60);
const WAIT: Duration = Duration::from_secs(30);

/// What the clients have seen of the change that is waited for.
struct Finish {
    started: Instant,
    /// What `incoming_chats` is then.
    wanted: AtomicI64,
    missing: AtomicUsize,
    /// Nanoseconds from the start to the last arrival.
    last_nanos: AtomicI64,
}

pub(super) fn bench(stage: &Stage) -> Outcome<()> {
    let secrets = staff(stage)?;
    let server = Runtime::new()?;
    let (stop, stopped) = watch::channel(false);
    let stream = Stream::new(stage.desk.clone(), stopped);
    let options = SurfaceOptions { rate_limit: None, ..SurfaceOptions::default() };
    let router = Front::new().with(stream_kit(stream.clone(), &options)).into_router();
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let (_keeping, _serving) = (server.spawn(stream.clone().keep_up()), server.spawn(async { axum::serve(listener, router).await }));
    // One thread of its own, so that the server's threads do not run clients.
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let waits = clients.block_on(measure(stage, address, &secrets))?;
    stop.send_replace(true);
    server.shutdown_timeout(Duration::from_secs(5));
    tell(waits)
}

/// An agent who has no room, so that chats wait, and those who listen.
fn staff(stage: &Stage) -> Outcome<Vec<String>> {
    let secrets = stage.desk.write_blocking(|tx, cx| {
        let mut secrets = Vec::new();
        for place in 0..SUBSCRIBERS.div_ceil(CONNECTIONS_PER_AGENT) {
            let draft = AgentDraft {
                email: format!("agent{place}@desk.test"),
                first_name: "Agent".to_owned(),
                last_name: place.to_string(),
                role: Role::Agent,
                slots: 0,
                enabled: true,
                password_hash: Some("no password".to_owned()),
            };
            let agent = accounts::create_agent(tx, cx, &draft)?.id;
            if place == 0 {
                accounts::choose_status(tx, cx, agent, AgentStatus::ONLINE, true)?;
            }
            let scopes = Scopes { read: true, ..Scopes::default() };
            secrets.push(credentials::issue(tx, cx, CredentialKind::Token, "listens", Some(agent), scopes)?.secret);
        }
        Ok(secrets)
    })?;
    Ok(secrets)
}

async fn measure(stage: &Stage, address: SocketAddr, secrets: &[String]) -> Outcome<Vec<Duration>> {
    let finish = Arc::new(Finish {
        started: Instant::now(),
        wanted: AtomicI64::new(0),
        missing: AtomicUsize::new(0),
        last_nanos: AtomicI64::new(0),
    });
    let mut tasks = JoinSet::new();
    for place in 0..SUBSCRIBERS {
        let socket = connect(address, &secrets[place / CONNECTIONS_PER_AGENT]).await?;
        tasks.spawn(listen(socket, Arc::clone(&finish)));
    }
    let (mut waits, mut visit) = (Vec::new(), None);
    for change in 0..CHANGES {
        sleep(REST).await;
        finish.missing.store(SUBSCRIBERS, Ordering::SeqCst);
        finish.wanted.store(i64::from(change % 2 == 0), Ordering::SeqCst);
        let acknowledged = write(stage, &mut visit).await?.duration_since(finish.started);
        all_there(&finish).await?;
        let last = Duration::from_nanos(u64::try_from(finish.last_nanos.load(Ordering::SeqCst))?);
        waits.push(last.saturating_sub(acknowledged));
    }
    Ok(waits)
}

/// Somebody asks for a chat and waits, or gives up. When it was acknowledged is noted on a thread that does nothing else.
async fn write(stage: &Stage, visit: &mut Option<Visit>) -> Outcome<Instant> {
    let (desk, before) = (stage.desk.clone(), visit.take());
    let wrote = tokio::task::spawn_blocking(move || {
        let after = desk.write_blocking(move |tx, cx| match before {
            Some(visit) => chats::visitor_ends(tx, cx, &visit).map(|_| None),
            None => {
                let visit = visits::arrive(tx, cx, None, &Arrival::default())?;
                chats::request(tx, cx, &visit, &Request { text: Some("Hello there".to_owned()), ..Request::default() })?;
                Ok(Some(visit))
            }
        });
        (Instant::now(), after)
    });
    let (acknowledged, after) = wrote.await?;
    *visit = after?;
    Ok(acknowledged)
}

async fn all_there(finish: &Finish) -> Outcome<()> {
    let all = async {
        while finish.missing.load(Ordering::SeqCst) > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    Ok(timeout(WAIT, all).await?)
}

async fn connect(address: SocketAddr, secret: &str) -> Outcome<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{address}/stream").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {secret}").parse()?);
    let (mut socket, _) = client_async(request, TcpStream::connect(address).await?).await?;
    for family in ["chats", "agents"] {
        socket.send(Message::text(format!(r#"{{"topic":"{family}","action":"subscribe"}}"#))).await?;
    }
    // The greeting, and each figure as it is.
    for _ in 0..=TOPICS.len() {
        socket.next().await.ok_or("the connection ended")??;
    }
    Ok(socket)
}

/// Notes when the text that is waited for comes.
async fn listen(mut socket: WebSocketStream<TcpStream>, finish: Arc<Finish>) {
    while let Some(Ok(message)) = socket.next().await {
        let arrived = finish.started.elapsed();
        let Message::Text(text) = message else { continue };
        let Some((_, rest)) = text.split_once("\"incoming_chats\":") else { continue };
        let value = rest.split('}').next().and_then(|value| value.parse::<i64>().ok());
        if value == Some(finish.wanted.load(Ordering::SeqCst)) {
            let nanos = i64::try_from(arrived.as_nanos()).unwrap_or(i64::MAX);
            finish.last_nanos.fetch_max(nanos, Ordering::SeqCst);
            finish.missing.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn tell(mut waits: Vec<Duration>) -> Outcome<()> {
    waits.sort_unstable();
    let millis = |share: usize| waits[(waits.len() - 1) * share / 100].as_secs_f64() * 1e3;
    line(&format!(
        "{CHANGES} changes, {SUBSCRIBERS} subscribers of {} figures: from acknowledged to the last one's frame, ms\n",
        TOPICS.len()
    ))?;
    line("| p50 | p95 | max |\n|---:|---:|---:|")?;
    line(&format!("| {:.1} | {:.1} | {:.1} |", millis(50), millis(95), millis(100)))?;
    Ok(())
}
