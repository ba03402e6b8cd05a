//! A load generator: one thread, connections that are kept alive, one request at a time on each.

use super::Outcome;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Sends the request over so many connections for so long; tells how many answers came.
pub(super) fn run(address: SocketAddr, request: &str, connections_open: usize, duration: Duration) -> Outcome<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let deadline = Instant::now() + duration;
        let mut connections = JoinSet::new();
        for _ in 0..connections_open {
            connections.spawn(connection(address, request.to_owned(), deadline));
        }
        let mut answers = 0;
        while let Some(count) = connections.join_next().await {
            answers += count??;
        }
        Ok(answers)
    })
}

async fn connection(address: SocketAddr, request: String, deadline: Instant) -> Outcome<u64> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; ANSWER_BYTES_MAX];
    let mut answers = 0;
    while Instant::now() < deadline {
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream, &mut buffer).await?;
        answers += 1;
    }
    Ok(answers)
}

/// Reads one whole answer.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Outcome<()> {
    let mut read = 0;
    loop {
        let count = stream.read(&mut buffer[read..]).await?;
        if count == 0 {
            return Err("the server closed the connection".into());
        }
        read += count;
        if let Some(length) = length(&buffer[..read])?
            && read >= length
        {
            return Ok(());
        }
    }
}

/// The bytes of the answer that begins here, once its head is there.
fn length(start: &[u8]) -> Outcome<Option<usize>> {
    let Some(head) = start.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&start[..head])?;
    if !text.starts_with("HTTP/1.1 200") {
        return Err(text.to_owned().into());
    }
    let name = |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let body = text.lines().filter_map(name).find(|(name, _)| name == "content-length").ok_or("no content-length")?;
    Ok(Some(head + 4 + body.1.parse::<usize>()?))
}
