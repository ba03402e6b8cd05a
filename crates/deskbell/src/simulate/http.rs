//! The little of HTTP that is needed: one request on a connection of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const CONNECT_SECONDS_MAX: u64 = 10;
const REQUEST_SECONDS_MAX: u64 = 60;
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Where the desk is, and from which addresses it is called.
pub(super) struct Target {
    /// `host:port`, as in `Host`.
    authority: String,
    /// What stands in front of all paths; empty or `/…` without a slash at the end.
    prefix: String,
    address: SocketAddr,
    local_addresses: u8,
    next: AtomicUsize,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) cookie: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> anyhow::Result<serde_json::Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The code in an error's body, or the status.
    pub(super) fn code(&self) -> String {
        let code = self.json().ok().and_then(|body| Some(body.get("error")?.get("code")?.as_str()?.to_owned()));
        code.unwrap_or_else(|| format!("http {}", self.status))
    }
}

impl Target {
    /// Reads `http://host:port[/prefix]`. The name is looked up once.
    pub(super) fn parse(url: &str, local_addresses: u8) -> anyhow::Result<Target> {
        let rest = url.strip_prefix("http://").context("the URL must begin with http:// (put no TLS between)")?;
        let (authority, prefix) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let with_port = if authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        let mut found: Vec<SocketAddr> =
            std::net::ToSocketAddrs::to_socket_addrs(with_port.as_str()).with_context(|| format!("{authority} is not known"))?.collect();
        // Local addresses are spread over 127/8, so IPv4 goes first.
        found.sort_by_key(SocketAddr::is_ipv6);
        let address = *found.first().with_context(|| format!("{authority} has no address"))?;
        if local_addresses > 0 && !(address.is_ipv4() && address.ip().is_loopback()) {
            bail!("--local-addresses works with a desk on 127.0.0.1 only");
        }
        let prefix = prefix.trim_end_matches('/').to_owned();
        Ok(Target { authority: authority.to_owned(), prefix, address, local_addresses, next: AtomicUsize::new(0) })
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.authority)
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> std::io::Result<TcpStream> {
        let socket = if self.address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if self.local_addresses > 0 {
            let number = self.next.fetch_add(1, Ordering::Relaxed) % usize::from(self.local_addresses);
            let last = u8::try_from(number + 2).unwrap_or(u8::MAX);
            socket.set_reuseaddr(true)?;
            socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0))?;
        }
        let limit = Duration::from_secs(CONNECT_SECONDS_MAX);
        let stream = tokio::time::timeout(limit, socket.connect(self.address))
            .await
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn request(
        &self,
        method: &str,
        path: &str,
        cookie: Option<&str>,
        body: Option<&serde_json::Value>,
    ) -> anyhow::Result<Answer> {
        let exchange = async {
            let mut stream = self.connect().await?;
            let body = body.map(serde_json::Value::to_string).unwrap_or_default();
            let mut head = format!(
                "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nX-Deskbell: 1\r\nConnection: close\r\n",
                self.prefix,
                self.authority,
                self.origin()
            );
            if let Some(cookie) = cookie {
                head.push_str(&format!("Cookie: {cookie}\r\n"));
            }
            if !body.is_empty() {
                head.push_str("Content-Type: application/json\r\n");
            }
            head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
            stream.write_all(head.as_bytes()).await?;
            let mut bytes = Vec::with_capacity(1_024);
            (&mut stream).take(ANSWER_BYTES_MAX as u64).read_to_end(&mut bytes).await?;
            parse(&bytes)
        };
        tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS_MAX), exchange).await.context("the request took too long")?
    }
}

/// Reads an answer that ended with its connection.
fn parse(bytes: &[u8]) -> anyhow::Result<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("the answer broke off in its head")?;
    let head = std::str::from_utf8(&bytes[..end])?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let status: u16 = status.context("the answer has no status")?;
    let (mut chunked, mut length, mut cookie) = (false, None, None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "content-length" => length = value.parse::<usize>().ok(),
            "set-cookie" => cookie = value.split(';').next().map(str::to_owned),
            _ => {}
        }
    }
    let rest = &bytes[end + 4..];
    let body = match length {
        _ if chunked => unchunk(rest)?,
        Some(length) if rest.len() < length => bail!("the answer broke off"),
        Some(length) => rest[..length].to_vec(),
        None => rest.to_vec(),
    };
    Ok(Answer { status, cookie, body })
}

fn unchunk(mut rest: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").context("the answer broke off")?;
        let size = std::str::from_utf8(&rest[..line])?.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).context("a chunk without a size")?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Ok(body);
        }
        if rest.len() < size + 2 {
            bail!("the answer broke off");
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b; Path=/\r\n\r\n{}".as_slice();
        let answer = parse(plain).unwrap();
        assert_eq!((answer.status, answer.cookie.as_deref(), answer.body.as_slice()), (200, Some("a=b"), b"{}".as_slice()));
        let chunked = b"HTTP/1.1 401 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"err\r\n3;x\r\nor\"\r\n0\r\n\r\n";
        assert_eq!(parse(chunked).unwrap().body, b"{\"error\"");
        assert_eq!(parse(b"HTTP/1.1 204 Nothing\r\n\r\n").unwrap().code(), "http 204");
        let refused = b"HTTP/1.1 429 No\r\n\r\n{\"error\":{\"code\":\"rate_limited\",\"message\":\"x\"}}";
        assert_eq!(parse(refused).unwrap().code(), "rate_limited");
        for broken in [
            b"HTTP/1.1 200".as_slice(),
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab",
        ] {
            assert!(parse(broken).is_err());
        }
    }

    #[test]
    fn targets() {
        let target = Target::parse("http://127.0.0.1:8080/desk/", 3).unwrap();
        assert_eq!((target.origin().as_str(), target.path("/live").as_str()), ("http://127.0.0.1:8080", "/desk/live"));
        assert_eq!(Target::parse("http://127.0.0.1", 0).unwrap().address.port(), 80);
        for wrong in ["https://127.0.0.1", "127.0.0.1:80", "http://"] {
            assert!(Target::parse(wrong, 0).is_err(), "{wrong}");
        }
        assert!(Target::parse("http://192.0.2.1:80", 1).is_err());
    }
}
