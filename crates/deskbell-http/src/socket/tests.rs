//! Connections over a real port of 127.0.0.1.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use futures_util::StreamExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;

/// What a test waits for comes within this, or the test fails.
const DEADLINE: Duration = Duration::from_secs(20);
const MESSAGE_BYTES_MAX: usize = 1024;
/// Nothing but the real clocks' order is kept.
const QUICK: Timing = Timing {
    ping: Duration::from_millis(20),
    silence_max: Duration::from_millis(400),
    write_max: Duration::from_millis(300),
    close_max: Duration::from_millis(300),
};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Echo {
    outbox: Arc<Outbox>,
    ends: mpsc::Sender<End>,
}

impl SocketHandler for Echo {
    async fn on_text(&mut self, text: &str) {
        match text {
            "policy" => {
                let _ = self.outbox.push("before the closing".into());
                self.outbox.close(Close::Policy);
            }
            "start over" => self.outbox.close(Close::StartOver),
            "credential" => self.outbox.close(Close::BadCredential),
            "panic" => panic!("asked for"),
            other => {
                tokio::task::yield_now().await;
                let _ = self.outbox.push(format!("echo {other}").into());
            }
        }
    }

    async fn on_end(&mut self, end: End) {
        self.ends.send(end).await.expect("the test listens");
    }
}

struct Server {
    address: SocketAddr,
    outboxes: mpsc::Receiver<Arc<Outbox>>,
    ends: mpsc::Receiver<End>,
    stop: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(timing: &'static Timing) -> Server {
        let (tell_outbox, outboxes) = mpsc::channel(16);
        let (tell_end, ends) = mpsc::channel(16);
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().route(
            "/",
            get(async move |upgrade: WebSocketUpgrade| {
                sized(upgrade, MESSAGE_BYTES_MAX).on_upgrade(async move |socket| {
                    let outbox = Arc::new(Outbox::new());
                    tell_outbox.send(Arc::clone(&outbox)).await.expect("the test listens");
                    let handler = Echo { outbox: Arc::clone(&outbox), ends: tell_end };
                    serve_timed(socket, outbox, handler, stopped, timing).await;
                })
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("is bound");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Server { address, outboxes, ends, stop, _tasks: tasks }
    }

    async fn connect(&mut self) -> (Client, Arc<Outbox>) {
        let (client, _) = connect_async(format!("ws://{}/", self.address)).await.expect("connects");
        (client, within(self.outboxes.recv()).await.expect("the connection is served"))
    }

    async fn end(&mut self) -> End {
        within(self.ends.recv()).await.expect("the server tells")
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("comes in time")
}

/// The texts up to the closing, and its code. Reads on to the end, which is what answers the closing.
async fn rest(client: &mut Client) -> (Vec<String>, Option<u16>) {
    let (mut texts, mut code) = (Vec::new(), None);
    while let Some(Ok(message)) = within(client.next()).await {
        match message {
            tungstenite::Message::Text(text) => texts.push(text.as_str().to_owned()),
            tungstenite::Message::Close(frame) => code = frame.map(|frame| frame.code.into()),
            _ => {}
        }
    }
    (texts, code)
}

async fn say(client: &mut Client, text: &str) {
    client.send(tungstenite::Message::text(text)).await.expect("sends");
}

#[tokio::test]
async fn texts_are_handled_and_frames_sent_in_order() {
    let mut server = Server::start(&Timing::REAL).await;
    let (mut client, outbox) = server.connect().await;
    for number in 0..100 {
        say(&mut client, &number.to_string()).await;
    }
    for number in 0..100 {
        let message = within(client.next()).await.expect("a message").expect("a good one");
        assert_eq!(message.to_text().expect("text"), format!("echo {number}"));
    }
    // From another thread, more than one round of draining.
    let pushing = tokio::task::spawn_blocking(move || {
        for number in 0..3 * OUTBOX_FRAMES_MAX {
            while outbox.len() == OUTBOX_FRAMES_MAX {
                std::thread::yield_now();
            }
            outbox.push(number.to_string().into()).expect("fits");
        }
        outbox.close(Close::Normal);
        assert_eq!(outbox.push("too late".into()), Err(Overflow));
    });
    let (texts, code) = rest(&mut client).await;
    pushing.await.expect("pushes");
    assert_eq!(code, Some(1000));
    assert_eq!(texts, (0..3 * OUTBOX_FRAMES_MAX).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(server.end().await, End::Closed(Close::Normal));
}

#[tokio::test]
async fn closings() {
    let mut server = Server::start(&Timing::REAL).await;
    let too_big = "x".repeat(MESSAGE_BYTES_MAX + 1);
    for (text, before, code, end) in [
        ("policy", vec!["before the closing"], 1008, Close::Policy),
        ("start over", vec![], 4009, Close::StartOver),
        ("credential", vec![], 4001, Close::BadCredential),
        ("panic", vec![], 1011, Close::Internal),
        (too_big.as_str(), vec![], 1009, Close::TooBig),
    ] {
        let (mut client, outbox) = server.connect().await;
        say(&mut client, text).await;
        let (texts, seen) = rest(&mut client).await;
        assert_eq!((texts, seen), (before.into_iter().map(str::to_owned).collect(), Some(code)));
        assert_eq!(server.end().await, End::Closed(end));
        assert_eq!(outbox.closed(), Some(end));
    }
    let (mut client, _outbox) = server.connect().await;
    client.send(tungstenite::Message::binary(vec![1])).await.expect("sends");
    assert_eq!(rest(&mut client).await.1, Some(1008));
}

#[tokio::test]
async fn the_client_leaves() {
    let mut server = Server::start(&Timing::REAL).await;
    let (mut client, outbox) = server.connect().await;
    client.close(None).await.expect("closes");
    assert_eq!(server.end().await, End::Left);
    assert_eq!(outbox.push("x".into()), Err(Overflow));
    let (client, outbox) = server.connect().await;
    drop(client);
    assert_eq!(server.end().await, End::Lost);
    assert_eq!(outbox.push("x".into()), Err(Overflow));
}

#[tokio::test]
async fn the_server_stops() {
    let mut server = Server::start(&Timing::REAL).await;
    let (mut client, _outbox) = server.connect().await;
    server.stop.send(true).expect("a connection listens");
    assert_eq!(rest(&mut client).await.1, Some(1001));
    assert_eq!(server.end().await, End::Closed(Close::GoingAway));
}

#[tokio::test]
async fn a_client_that_lets_too_much_pile_up_is_told_to_try_again() {
    let mut server = Server::start(&Timing::REAL).await;
    let (mut client, outbox) = server.connect().await;
    let frame = Frame::from("x".repeat(OUTBOX_BYTES_MAX / 8));
    while outbox.push(frame.clone()).is_ok() {}
    assert_eq!(rest(&mut client).await.1, Some(1013));
    assert_eq!(server.end().await, End::Closed(Close::Slow));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let mut server = Server::start(&QUICK).await;
    let (client, outbox) = server.connect().await;
    let frame = Frame::from("x".repeat(OUTBOX_BYTES_MAX / 2));
    let stuck = async {
        while outbox.closed().is_none() {
            if outbox.is_empty() {
                let _ = outbox.push(frame.clone());
            }
            tokio::task::yield_now().await;
        }
    };
    within(stuck).await;
    assert_eq!(server.end().await, End::Closed(Close::Slow));
    drop(client);
}

#[tokio::test]
async fn who_answers_pings_stays_and_who_does_not_is_lost() {
    let mut server = Server::start(&QUICK).await;
    let (mut client, outbox) = server.connect().await;
    // Reading answers pings; this goes on for longer than the silence that is borne.
    for _ in 0..2 * QUICK.silence_max.as_millis() / QUICK.ping.as_millis() {
        let message = within(client.next()).await.expect("a message").expect("a good one");
        assert!(message.is_ping());
    }
    assert_eq!(outbox.closed(), None);
    // Not reading answers none.
    assert_eq!(server.end().await, End::Lost);
    assert_eq!(outbox.push("x".into()), Err(Overflow));
}

#[test]
fn an_idle_connection_is_small() {
    fn size_of_future<F>(_: fn(WebSocket, Arc<Outbox>, Echo, Stop) -> F) -> usize {
        size_of::<F>()
    }
    let bytes = size_of_future(serve::<Echo>);
    assert!(bytes <= 2_500, "{bytes}");
    assert!(size_of::<Outbox>() <= 128, "{}", size_of::<Outbox>());
}
