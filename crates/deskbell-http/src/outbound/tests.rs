//! Fetching from real sockets of this machine, which the policy of these tests lists one by one.

use std::sync::Mutex;

use deskbell_app::Kind;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;

const BYTES_MAX: usize = 1_000;
const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

/// A peer that answers every request with what a function makes of its head.
struct Peer {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

/// What a peer does with a connection whose request it has read.
#[derive(Clone)]
enum Act {
    /// Writes this and ends.
    Answer(String),
    /// Writes this, then the second text again and again.
    Endless(&'static str, &'static str),
    /// Writes this and keeps the connection open.
    Silent(&'static str),
}

impl Peer {
    async fn start(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Peer {
        Peer::start_with(None, act).await
    }

    async fn start_with(tls: Option<TlsAcceptor>, act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let seen = Arc::clone(&heads);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            let act = Arc::new(act);
            loop {
                let (stream, _) = listener.accept().await.expect("accepts");
                let (act, seen, tls) = (Arc::clone(&act), Arc::clone(&seen), tls.clone());
                connections.spawn(async move {
                    // Whether the other end stays is its own affair.
                    let _ = match tls {
                        None => serve(stream, &*act, &seen).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &*act, &seen).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        Peer { address, heads, _tasks: tasks }
    }

    async fn answering(text: &str) -> Peer {
        let text = text.to_owned();
        Peer::start(move |_| Act::Answer(text.clone())).await
    }

    fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("not poisoned").clone()
    }

    /// What may reach this peer, and nothing else of this machine.
    fn outbound(&self) -> Outbound {
        Outbound::new(OutboundPolicy { allowed: vec![self.address], ..OutboundPolicy::default() })
    }

    /// The same, and impatient.
    fn impatient(&self) -> Outbound {
        let time_max = Duration::from_millis(200);
        Outbound::new(OutboundPolicy { allowed: vec![self.address], time_max, ..OutboundPolicy::default() })
    }

    async fn fetch(&self, rest: &str) -> Result<Fetched, AppError> {
        self.outbound().fetch(&self.url(rest), BYTES_MAX).await
    }
}

async fn serve<T: AsyncRead + AsyncWrite + Unpin>(
    mut stream: T,
    act: &impl Fn(&str) -> Act,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = vec![stream.read_u8().await?];
    if head != b"G" {
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    }
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).expect("ASCII");
    seen.lock().expect("not poisoned").push(head.clone());
    match act(&head) {
        Act::Answer(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        }
        Act::Endless(head, piece) => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(piece.as_bytes()).await?;
            }
        }
        Act::Silent(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await?;
            // Until the other end gives up.
            stream.read_u8().await.map(|_| ())
        }
    }
}

fn refused(outcome: Result<Fetched, AppError>) -> (Kind, String) {
    let error = outcome.expect_err("is refused");
    (error.kind, error.public.into_owned())
}

/// Nothing of a URL but host, path and query is sent: no fragment, no cookie, no credential.
#[tokio::test]
async fn a_file() {
    let peer = Peer::answering(
        "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nSet-Cookie: a=b\r\nContent-Disposition: attachment; filename=\"a/b.png\"\r\n\
         Content-Length: 3\r\n\r\n\u{0}\u{1}\u{2}",
    )
    .await;
    let outbound = peer.outbound();
    let fetched = outbound.fetch(&peer.url("/dir/x.png?q=1&r=a%20b#part"), 3).await.expect("is fetched");
    let wanted = Fetched {
        bytes: Bytes::from_static(b"\x00\x01\x02"),
        content_type: Some("image/png".to_owned()),
        file_name: Some("b.png".to_owned()),
        final_url: peer.url("/dir/x.png?q=1&r=a%20b#part"),
    };
    assert_eq!(fetched, wanted);
    outbound.fetch(&peer.url(""), 3).await.expect("is fetched");
    let head = |target: &str| {
        format!(
            "GET {target} HTTP/1.1\r\nhost: {}\r\nuser-agent: Deskbell\r\naccept: */*\r\naccept-encoding: identity\r\nconnection: close\r\n\r\n",
            peer.address
        )
    };
    assert_eq!(peer.heads(), [head("/dir/x.png?q=1&r=a%20b"), head("/")]);
}

#[tokio::test]
async fn ways_to_send_a_body() {
    let longest_type = format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n\r\nx", "t".repeat(201));
    for (answer, body, content_type) in [
        (HELLO, "hello", Some("text/plain")),
        ("HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end", None),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", None),
        ("HTTP/1.1 204 No Content\r\n\r\n", "", None),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Type:\r\n\r\nx", "x", None),
        (longest_type.as_str(), "x", None),
    ] {
        let fetched = Peer::answering(answer).await.fetch("/").await.expect(answer);
        assert_eq!((&fetched.bytes[..], fetched.content_type.as_deref()), (body.as_bytes(), content_type), "{answer}");
    }
}

#[tokio::test]
async fn redirects_are_followed_some_way() {
    let peer = Peer::start(|head| {
        let path = head.split(' ').nth(1).expect("a target");
        match path.strip_prefix("/left/").and_then(|count| count.parse::<u32>().ok()) {
            Some(0) => Act::Answer(HELLO.to_owned()),
            Some(count) => {
                let status = [301, 302, 303, 307, 308][count as usize % 5];
                Act::Answer(format!("HTTP/1.1 {status} There\r\nLocation: ../left/{}\r\nContent-Length: 0\r\n\r\n", count - 1))
            }
            None => Act::Answer("HTTP/1.1 302 Found\r\n\r\n".to_owned()),
        }
    })
    .await;
    let fetched = peer.fetch("/left/5").await.expect("five are allowed");
    assert_eq!((fetched.final_url, fetched.file_name), (peer.url("/left/0"), Some("0".to_owned())));
    assert_eq!(refused(peer.fetch("/left/6").await), (Kind::Unavailable, "the download was redirected more than 5 times".to_owned()));
    assert_eq!(peer.heads().len(), 12);
    assert_eq!(refused(peer.fetch("/").await), (Kind::Unavailable, "the host of the URL redirects to nowhere".to_owned()));
}

#[tokio::test]
async fn redirects_are_checked_like_the_first_url() {
    let inner = Peer::answering(HELLO).await;
    let by_name = format!("http://localhost:{}/", inner.address.port());
    let long = format!("/{}", "x".repeat(URL_BYTES_MAX));
    for (location, sentence) in [
        (inner.url("/secret").as_str(), "the URL leads to an address that is not on the internet"),
        (by_name.as_str(), "the URL leads to an address that is not on the internet"),
        ("http://169.254.169.254/latest/meta-data/", "the URL leads to an address that is not on the internet"),
        ("//[::1]:8080/", "the URL leads to an address that is not on the internet"),
        ("http://1.1.1.1:22/", "the port of the URL must be 80, 443, or 1024 or more"),
        ("file:///etc/passwd", "only http and https URLs can be downloaded"),
        ("data:text/plain,x", "only http and https URLs can be downloaded"),
        ("http://user@1.1.1.1/", "a URL with a user name or a password cannot be downloaded"),
        ("http://", "the URL cannot be read"),
        (long.as_str(), "the URL is longer than 4096 bytes"),
    ] {
        let peer = Peer::answering(&format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!(refused(peer.fetch("/").await), (Kind::Invalid, sentence.to_owned()), "{location}");
    }
    assert_eq!(inner.heads().len(), 0);
}

#[tokio::test]
async fn urls_that_are_refused() {
    let peer = Peer::answering(HELLO).await;
    let port = peer.address.port();
    let outbound = Outbound::new(OutboundPolicy::default());
    let elsewhere = "the URL leads to an address that is not on the internet";
    let scheme = "only http and https URLs can be downloaded";
    let credentials = "a URL with a user name or a password cannot be downloaded";
    let unreadable = "the URL cannot be read";
    for (url, sentence) in [
        // Every spelling of this machine.
        ("http://127.0.0.1:PORT/", elsewhere),
        ("http://localhost:PORT/", elsewhere),
        ("http://LOCALHOST:PORT/", elsewhere),
        ("http://127.1:PORT/", elsewhere),
        ("http://2130706433:PORT/", elsewhere),
        ("http://0x7f000001:PORT/", elsewhere),
        ("http://0177.0.0.1:PORT/", elsewhere),
        ("http://①②⑦.0.0.1:PORT/", elsewhere),
        ("http://%31%32%37.0.0.1:PORT/", elsewhere),
        ("http:\\\\127.0.0.1:PORT\\", elsewhere),
        ("http://0:PORT/", elsewhere),
        ("http://[::1]:PORT/", elsewhere),
        ("http://[::]:PORT/", elsewhere),
        ("http://[::ffff:127.0.0.1]:PORT/", elsewhere),
        ("http://[64:ff9b::7f00:1]:PORT/", elsewhere),
        ("http://[2002:7f00:1::]:PORT/", elsewhere),
        ("https://10.0.0.1/", elsewhere),
        ("http://1.1.1.1:25/", "the port of the URL must be 80, 443, or 1024 or more"),
        ("ftp://1.1.1.1/", scheme),
        ("file:///etc/passwd", scheme),
        ("gopher://1.1.1.1/_x", scheme),
        ("javascript:alert(1)", scheme),
        ("http://u:p@1.1.1.1/", credentials),
        ("http://1.1.1.1@127.0.0.1:PORT/", credentials),
        ("http://:p@1.1.1.1/", credentials),
        ("", unreadable),
        ("1.1.1.1/x", unreadable),
        ("/x", unreadable),
        ("http://", unreadable),
        ("http://[::1", unreadable),
        ("http://a b/", unreadable),
        ("http://1.1.1.1:99999/", unreadable),
        ("http://1.1.1.999/", unreadable),
    ] {
        let url = url.replace("PORT", &port.to_string());
        assert_eq!(refused(outbound.fetch(&url, BYTES_MAX).await), (Kind::Invalid, sentence.to_owned()), "{url}");
    }
    let long = format!("http://1.1.1.1/{}", "x".repeat(URL_BYTES_MAX));
    assert_eq!(refused(outbound.fetch(&long, BYTES_MAX).await), (Kind::Invalid, "the URL is longer than 4096 bytes".to_owned()));
    assert_eq!(peer.heads().len(), 0);
}

/// A name with a good and a bad address is asked at the good one, which is that of the check: nothing is looked up again.
#[tokio::test]
async fn a_name_is_reached_at_its_checked_address() {
    let peer = Peer::answering(HELLO).await;
    let url = format!("http://localhost:{}/", peer.address.port());
    assert_eq!(peer.outbound().fetch(&url, BYTES_MAX).await.expect("is fetched").bytes, "hello");
    assert!(peer.heads()[0].contains(&format!("host: localhost:{}\r\n", peer.address.port())));
}

#[tokio::test]
async fn large_and_endless_bodies_are_cut() {
    let exact = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(BYTES_MAX));
    assert_eq!(Peer::answering(&exact).await.fetch("/").await.expect("just fits").bytes.len(), BYTES_MAX);
    let wanted = (Kind::TooLarge, "the download is larger than 1000 bytes".to_owned());
    for (head, piece) in [
        // Refused by its announcement alone.
        ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", "x"),
        ("HTTP/1.1 200 OK\r\n\r\n", "endless "),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
    ] {
        let peer = Peer::start(move |_| if piece.is_empty() { Act::Silent(head) } else { Act::Endless(head, piece) }).await;
        assert_eq!(refused(peer.fetch("/").await), wanted, "{head}");
    }
}

#[tokio::test]
async fn slow_peers_are_cut_off() {
    let wanted = (Kind::Unavailable, "the download did not end within 0.2 seconds".to_owned());
    for (head, piece) in [
        ("", ""),
        ("HTTP/1.1 200 OK\r\n", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", ""),
        ("HTTP/1.1 200 OK\r\n\r\n", ""),
        ("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n", ""),
        // Busy, and never done with the head of a chunk.
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"),
    ] {
        let peer = Peer::start(move |_| if piece.is_empty() { Act::Silent(head) } else { Act::Endless(head, piece) }).await;
        let (kind, sentence) = refused(peer.impatient().fetch(&peer.url("/"), BYTES_MAX).await);
        if piece.is_empty() {
            assert_eq!((kind, sentence), wanted, "{head:?}");
        } else {
            assert_eq!(kind, Kind::Unavailable, "{head:?}");
        }
    }
}

#[tokio::test]
async fn peers_that_fail() {
    let broke = "the host of the URL broke the connection";
    let long_head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    for (answer, sentence) in [
        ("", broke),
        ("220 mail.example.com ESMTP\r\n", broke),
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", broke),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello", broke),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", broke),
        (long_head.as_str(), broke),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the host of the URL answers with status 404"),
        ("HTTP/1.1 500 Oh\r\n\r\n", "the host of the URL answers with status 500"),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", "the host of the URL answers with status 304"),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx", "the host of the URL answers in an encoding that was not asked for"),
    ] {
        let outcome = Peer::answering(answer).await.fetch("/").await.map_err(|error| (error.kind, error.public.into_owned()));
        assert_eq!(outcome, Err((Kind::Unavailable, sentence.to_owned())), "{:?}", &answer[..answer.len().min(60)]);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let outbound = Outbound::new(OutboundPolicy { allowed: vec![address], ..OutboundPolicy::default() });
    let outcome = outbound.fetch(&format!("http://{address}/"), BYTES_MAX).await;
    assert_eq!(refused(outcome), (Kind::Unavailable, "the host of the URL cannot be reached".to_owned()));
}

/// A certificate must be signed by somebody known, for the very host of the URL.
#[tokio::test]
async fn certificates_are_checked() {
    let identity = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let certificate = identity.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a key and its certificate");
    let peer = Peer::start_with(Some(TlsAcceptor::from(Arc::new(config))), |_| Act::Answer(HELLO.to_owned())).await;
    let trusting =
        Outbound::new(OutboundPolicy { allowed: vec![peer.address], trusted: vec![certificate.to_vec()], ..OutboundPolicy::default() });
    let (by_name, by_address) = (format!("https://localhost:{}/a.txt", peer.address.port()), format!("https://{}/a.txt", peer.address));
    let fetched = trusting.fetch(&by_name, BYTES_MAX).await.expect("is fetched");
    assert_eq!((&fetched.bytes[..], fetched.file_name.as_deref()), (&b"hello"[..], Some("a.txt")));
    let wanted = (Kind::Unavailable, "no secure connection to the host of the URL can be made".to_owned());
    assert_eq!(refused(trusting.fetch(&by_address, BYTES_MAX).await), wanted, "another name");
    assert_eq!(refused(peer.outbound().fetch(&by_name, BYTES_MAX).await), wanted, "an unknown signer");
    assert_eq!(peer.heads().len(), 1);
    let plain = Peer::answering(HELLO).await;
    let outcome = plain.outbound().fetch(&format!("https://{}/", plain.address), BYTES_MAX).await;
    assert_eq!(refused(outcome), wanted, "no TLS at all");
}
