//! One request to one address: connecting, TLS, a GET, and its bounded answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use deskbell_app::AppError;
use http::header::{self, HeaderMap, HeaderName};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

/// How long one address may take to accept a connection; then the next one is tried.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long the head of an answer may be.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long a content type is believed to be one.
const CONTENT_TYPE_CHARS_MAX: usize = 200;

const USER_AGENT: &str = "Deskbell";

/// What a peer answered.
pub(super) enum Reply {
    Content {
        bytes: Bytes,
        content_type: Option<String>,
        disposition: Option<String>,
    },
    /// To this place, relative to the URL.
    Redirect(String),
}

/// Asks the first of these addresses that accepts a connection.
pub(super) async fn get(url: &Url, addresses: &[SocketAddr], tls: &Arc<ClientConfig>, bytes_max: usize) -> Result<Reply, AppError> {
    let stream = connect(addresses).await.map_err(|error| AppError::unavailable("the host of the URL cannot be reached").because(error))?;
    if url.scheme() != "https" {
        return exchange(url, stream, bytes_max).await;
    }
    let name = match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| AppError::invalid("the URL names no host"))?,
        Some(Host::Ipv4(ip)) => ServerName::from(std::net::IpAddr::from(ip)),
        Some(Host::Ipv6(ip)) => ServerName::from(std::net::IpAddr::from(ip)),
        None => return Err(AppError::invalid("the URL names no host")),
    };
    match TlsConnector::from(Arc::clone(tls)).connect(name, stream).await {
        Ok(stream) => exchange(url, stream, bytes_max).await,
        Err(error) => Err(AppError::unavailable("no secure connection to the host of the URL can be made").because(error)),
    }
}

async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in addresses {
        outcome = match tokio::time::timeout(CONNECT_TIME_MAX, TcpStream::connect(address)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// The request and its answer. The connection is driven beside them and ends with them.
async fn exchange<T: AsyncRead + AsyncWrite + Unpin>(url: &Url, stream: T, bytes_max: usize) -> Result<Reply, AppError> {
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD_BYTES_MAX).handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let request = request(url)?;
    let talk = async move {
        let response = sender.send_request(request).await.map_err(failed)?;
        let (head, body) = response.into_parts();
        reply(head.status, &head.headers, body, bytes_max).await
    };
    // What the connection has to say the answer says too; it may end before all that has arrived is read.
    let drive = async move {
        let _ = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        outcome = talk => outcome,
        outcome = drive => outcome,
    }
}

fn request(url: &Url) -> Result<Request<Empty<Bytes>>, AppError> {
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let request = Request::get(target)
        .header(header::HOST, host)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "*/*")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::new());
    request.map_err(|error| AppError::invalid("the URL cannot be asked for").because(error))
}

async fn reply(status: StatusCode, headers: &HeaderMap, body: Incoming, bytes_max: usize) -> Result<Reply, AppError> {
    match status {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => match text(headers, header::LOCATION) {
            Some(location) => Ok(Reply::Redirect(location)),
            None => Err(AppError::unavailable("the host of the URL redirects to nowhere")),
        },
        status if status.is_success() => {
            // Identity was asked for; who answers otherwise sends what nobody here reads.
            if text(headers, header::CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
                return Err(AppError::unavailable("the host of the URL answers in an encoding that was not asked for"));
            }
            let bytes = collect(body, bytes_max).await?;
            let content_type = text(headers, header::CONTENT_TYPE).filter(|text| text.len() <= CONTENT_TYPE_CHARS_MAX && !text.is_empty());
            Ok(Reply::Content { bytes, content_type, disposition: text(headers, header::CONTENT_DISPOSITION) })
        }
        status => Err(AppError::unavailable(format!("the host of the URL answers with status {}", status.as_u16()))),
    }
}

/// Header values are Latin-1 by the standard and UTF-8 in the world; what is neither has no text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok().map(|text| text.trim().to_owned())
}

async fn collect(mut body: Incoming, bytes_max: usize) -> Result<Bytes, AppError> {
    let too_large = || AppError::too_large(format!("the download is larger than {bytes_max} bytes"));
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(failed)?.into_data() else { continue };
        if data.len() > bytes_max - bytes.len() {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

fn failed(error: hyper::Error) -> AppError {
    AppError::unavailable("the host of the URL broke the connection").because(error)
}
