//! `deskbell serve`: opens the desk, answers connections, stops in order.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::body::Body;
use deskbell_api::live::Live;
use deskbell_app::timers::{self, Timers};
use deskbell_app::{AppError, Desk, outage};
use deskbell_http::{Front, Outbound, OutboundPolicy, Proxies, SharedLimit};
use deskbell_liveagent::scripts::FileDownloads;
use deskbell_search::{ChatIndex, KnowledgeIndex};
use deskbell_store::Options;
use deskbell_zendesk::Stream;
use futures_util::future::poll_fn;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::arguments::{RateLimit, SearchResults, ServeOptions};
use crate::operations::{self, Operations};
use crate::pages::Pages;
use crate::place::{Presence, chat_search_directory, desk_options, search_directory};
use crate::tls::{self, Tls};

/// How often timers look.
const TICK_MILLIS: u64 = 250;
/// Seconds within which a request's head must have come.
const HEAD_SECONDS_MAX: u64 = 20;
/// Seconds within which a TLS handshake must be done.
const HANDSHAKE_SECONDS_MAX: u64 = 10;
/// Bytes of a request's head, at most.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Seconds that open connections have to finish when the server stops.
const STOP_SECONDS_MAX: u64 = 10;
/// File descriptors asked of the system: a connection each.
const FILES_WANTED: u64 = 65_536;

pub(crate) fn run(options: &ServeOptions) -> anyhow::Result<ExitCode> {
    raise_file_limit();
    let store = Options { storage_bytes_max: options.storage_bytes_max, ..Options::default() };
    let place = desk_options(&options.place, Presence::Required, store)?;
    let metrics = operations::start_metrics()?;
    let desk = Desk::open(&place).map_err(|error| anyhow!("{}", error.internal.as_deref().unwrap_or(&error.public).to_owned()))?;
    desk.render_documents(Arc::new(deskbell_zendesk::ChatDocuments)).map_err(|error| anyhow!("{error}"))?;
    desk.keep_timelines().map_err(|error| anyhow!("{error}"))?;
    desk.follow_rules().map_err(|error| anyhow!("{error}"))?;
    desk.keep_levels().map_err(|error| anyhow!("{error}"))?;
    desk.keep_rollups().map_err(|error| anyhow!("{error}"))?;
    desk.fetch_with(Arc::new(Outbound::new(OutboundPolicy::default())));
    if let Err(error) = KnowledgeIndex::open(&desk, &search_directory(&options.place)) {
        tracing::warn!(error = %error, "knowledge bases cannot be searched");
    }
    if let Err(error) = ChatIndex::open(&desk, &chat_search_directory(&options.place)) {
        tracing::warn!(error = %error, "chats cannot be searched");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("deskbell").build()?;
    let served = runtime.block_on(serve(options, &desk, metrics));
    runtime.shutdown_timeout(Duration::from_secs(1));
    desk.close();
    served.map(|()| ExitCode::SUCCESS)
}

/// The soft limit of open files is raised to the hard one; a refusal is no error, only fewer connections.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.unwrap_or(FILES_WANTED).min(FILES_WANTED);
    if now.current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum })
    {
        tracing::warn!(error = %error, "the limit of open files stays low");
    }
}

/// All that answers requests.
struct Doors {
    sockets: axum::Router,
    front: Front,
    proxies: Proxies,
}

fn doors(options: &ServeOptions, desk: &Desk, live: &Live, stream: &Stream, operations: Operations) -> Doors {
    let public_url: Option<Arc<str>> = options.public_url.as_deref().map(|url| Arc::from(url.trim_end_matches('/')));
    let liveagent = {
        let mut surface = deskbell_liveagent::Options { public_url: options.public_url.clone(), ..Default::default() };
        match options.rate_limit {
            None => {}
            Some(RateLimit::Off) => surface.requests_per_minute_max = None,
            Some(RateLimit::PerMinute(limit)) => surface.requests_per_minute_max = Some(limit.get()),
        }
        surface
    };
    let zendesk = {
        let mut surface = deskbell_zendesk::SurfaceOptions {
            public_url: public_url.clone(),
            cors_origins: options.realtime_origins.clone(),
            ..Default::default()
        };
        if options.basic_auth {
            surface.program_passwords = deskbell_zendesk::ProgramPasswords::Taken;
        }
        match options.rate_limit {
            None => {}
            Some(RateLimit::Off) => surface.rate_limit = None,
            Some(RateLimit::PerMinute(limit)) => surface.rate_limit = Some(SharedLimit::per_minute(limit)),
        }
        match options.search_results_max {
            None => {}
            Some(SearchResults::Off) => surface.search_results_max = None,
            Some(SearchResults::AtMost(results)) => surface.search_results_max = Some(results),
        }
        surface
    };
    let portal = deskbell_portal::Options { public_url: public_url.clone() };
    let native = deskbell_api::native::Options { public_url };
    let front = Front::new()
        .with(operations)
        .with(deskbell_zendesk::stream_kit(stream.clone(), &zendesk))
        .with(live.kit())
        .with(deskbell_api::native::kit(desk.clone(), native))
        .with(deskbell_api::openapi::openapi_kit())
        .with(deskbell_zendesk::rest_kit(desk.clone(), &zendesk))
        .with(deskbell_zendesk::oauth_kit(desk.clone(), &zendesk))
        .with(deskbell_liveagent::kit(desk.clone(), liveagent))
        .with(FileDownloads::new(desk.clone()))
        .with(deskbell_portal::Portal::new(desk.clone(), portal))
        .otherwise(Pages(desk.clone()));
    let proxies = if options.behind_proxy { Proxies::Whoever } else { options.trusted_proxies.clone() };
    Doors { sockets: live.sockets(), front, proxies }
}

async fn serve(options: &ServeOptions, desk: &Desk, metrics: metrics_exporter_prometheus::PrometheusHandle) -> anyhow::Result<()> {
    let tls = Tls::open(options)?;
    // Before anybody is answered: who is, may ask it to stop at once.
    let mut signals = Signals::listen()?;
    let (stop, stopped) = watch::channel(false);
    let live = Live::new(desk.clone(), stopped.clone(), options.public_url.clone());
    let stream = Stream::new(desk.clone(), stopped.clone());
    let operations = Operations::new(desk.clone(), live.clone(), stream.clone(), metrics.clone());
    let doors = Arc::new(doors(options, desk, &live, &stream, operations));
    let listener = TcpListener::bind(options.listen).await.with_context(|| format!("{} cannot be listened on", options.listen))?;
    let address = listener.local_addr()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_time(desk.clone(), live, metrics, stopped.clone()));
    tasks.spawn(stream.keep_up());
    let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
    tasks.spawn(accept(listener, doors, acceptor, stopped.clone()));
    println!("deskbell listening on {}://{address}", if tls.is_some() { "https" } else { "http" });
    if let Some(tls) = tls {
        println!("its certificate is {}", tls.certificate().display());
        tasks.spawn(keep_certificate(tls, stopped));
    }
    std::io::stdout().flush()?;
    signals.told_to_stop().await;
    tracing::info!("stopping");
    stop.send_replace(true);
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(STOP_SECONDS_MAX), finished).await.is_err() {
        tracing::warn!("some connections did not finish in time");
    }
    Ok(())
}

/// The signals that ask the server to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on they end nothing by themselves.
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn told_to_stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Timers of the desk, queue positions, and the upkeep of metrics.
async fn keep_time(desk: Desk, live: Live, metrics: metrics_exporter_prometheus::PrometheusHandle, mut stopped: watch::Receiver<bool>) {
    let mut timers = Timers::new(desk.now());
    let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MILLIS));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count = 0u64;
    let mut trouble = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => break,
        }
        count += 1;
        trouble = said(trouble, timers.tick(&desk).await.err());
        if count.is_multiple_of(1_000 / TICK_MILLIS) {
            live.tick();
            live.close_ended_sessions().await;
            live.cut_banned().await;
        }
        if count.is_multiple_of(20_000 / TICK_MILLIS) {
            metrics.run_upkeep();
        }
    }
    if let Err(error) = timers::write_counts(&desk).await {
        tracing::warn!(error = %error, "the latest views and downloads were not counted");
    }
    if let Err(error) = outage::note(&desk).await {
        tracing::warn!(error = %error, "it was not noted when the desk stopped");
    }
}

/// What keeps timers from all that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// The store is away or full: it passes.
    Store,
    Defect,
}

/// Says what keeps timers from all that is due when it begins, when it becomes another, and when it is over: not four times a second.
fn said(before: Option<Trouble>, error: Option<AppError>) -> Option<Trouble> {
    let now = error.as_ref().map(|error| if error.is_temporary() { Trouble::Store } else { Trouble::Defect });
    match (error, now) {
        _ if before == now => {}
        (Some(error), Some(Trouble::Store)) => tracing::warn!(error = %error, "timers wait for the store"),
        (Some(error), _) => tracing::error!(error = %error, "timers cannot do all that is due"),
        (None, _) => tracing::info!("timers go on"),
    }
    now
}

/// Takes a renewed certificate without a restart.
async fn keep_certificate(mut tls: Tls, mut stopped: watch::Receiver<bool>) {
    let mut looks = tokio::time::interval(Duration::from_secs(tls::LOOK_SECONDS));
    loop {
        tokio::select! {
            _ = looks.tick() => tls.look(),
            () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => return,
        }
    }
}

async fn accept(listener: TcpListener, doors: Arc<Doors>, tls: Option<TlsAcceptor>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer, Arc::clone(&doors), tls.clone(), stopped.clone()));
                }
                Err(error) => {
                    // Too many open files, most likely: those that end make room.
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, peer: SocketAddr, doors: Arc<Doors>, tls: Option<TlsAcceptor>, stopped: watch::Receiver<bool>) {
    drop(stream.set_nodelay(true));
    let Some(tls) = tls else { return converse(stream, peer, Scheme::Http, doors, stopped).await };
    // Who doesn't speak TLS, or doesn't come to an end with it, is the client's affair.
    if let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_secs(HANDSHAKE_SECONDS_MAX), tls.accept(stream)).await {
        converse(stream, peer, Scheme::Https, doors, stopped).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

async fn converse<S>(stream: S, peer: SocketAddr, scheme: Scheme, doors: Arc<Doors>, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| answer(Arc::clone(&doors), peer, scheme, request));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut served = std::pin::pin!(served);
    let stopping = async { drop(stopped.wait_for(|stopped| *stopped).await) };
    tokio::select! {
        // A connection that breaks off is the client's affair.
        _ = poll_fn(|cx| std::future::Future::poll(served.as_mut(), cx)) => return,
        () = stopping => {}
    }
    served.as_mut().graceful_shutdown();
    drop(served.await);
}

async fn answer(
    doors: Arc<Doors>,
    peer: SocketAddr,
    scheme: Scheme,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::convert::Infallible> {
    let mut request = request.map(Body::new);
    let connection = doors.proxies.see(peer.ip(), scheme == Scheme::Https, request.headers());
    request.extensions_mut().insert(connection);
    if matches!(request.uri().path(), "/live/visitor" | "/live/agent") {
        use tower::ServiceExt as _;
        return doors.sockets.clone().oneshot(request).await;
    }
    Ok(doors.front.handle(request).await)
}
