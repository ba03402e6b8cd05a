//! HTTP as bytes on a socket, for what no client library would send.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// `HTTP/1.1`
    pub(crate) version: String,
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; panics if it is not UTF-8.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A connection that is kept.
pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Wire> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Wire(BufReader::new(stream)))
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.0.write_all(request).await
    }

    /// Reads one answer: its body is as long as it says, or goes on to the end of the connection.
    pub(crate) async fn receive(&mut self) -> io::Result<Reply> {
        let first = self.line().await?;
        let mut words = first.split(' ');
        let (version, status) = (words.next().unwrap_or_default(), words.next().and_then(|word| word.parse().ok()));
        let status = status.ok_or_else(|| io::Error::other(format!("no status line: {first:?}")))?;
        let mut reply = Reply { version: version.to_owned(), status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| io::Error::other(format!("no header: {line:?}")))?;
            reply.headers.push((name.to_owned(), value.trim().to_owned()));
        }
        match reply.header("content-length").map(str::parse) {
            Some(Ok(length)) => {
                reply.body = vec![0; length];
                self.0.read_exact(&mut reply.body).await?;
            }
            Some(Err(error)) => return Err(io::Error::other(error)),
            None => {
                self.0.read_to_end(&mut reply.body).await?;
            }
        }
        Ok(reply)
    }

    /// Whether the other end has closed, without a byte more.
    pub(crate) async fn is_closed(&mut self) -> io::Result<bool> {
        Ok(self.0.read(&mut [0]).await? == 0)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(line)
    }
}
