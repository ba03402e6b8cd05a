//! A desk as a child process: creating its data, serving it, waiting until it is ready.

use crate::processes::{Ending, Running};
use crate::stage::Stage;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

const READY_SECONDS_MAX: u64 = 60;
const POLL: Duration = Duration::from_millis(50);
const ANSWER_SECONDS_MAX: Duration = Duration::from_secs(5);
pub(crate) const OWNER: &str = "owner@example.com";

/// What `deskbell init` gives out once.
pub(crate) struct SignIn {
    pub(crate) password: String,
    pub(crate) api_key: String,
    pub(crate) access_token: String,
}

/// Creates a desk's data.
pub(crate) fn init(stage: &Stage, binary: &Path, data: &Path) -> Result<SignIn> {
    let password = readable_password()?;
    let mut command = stage.command(binary);
    command.arg("init").arg("--data").arg(data).args(["--owner-email", OWNER, "--owner-password", &password]);
    let printed = stage.read(&mut command)?;
    let line = printed.lines().rfind(|line| line.starts_with('{')).context("deskbell init printed no JSON line")?;
    let answer: Value = serde_json::from_str(line).context("deskbell init printed a JSON line")?;
    let text = |key: &str| answer[key].as_str().map(str::to_owned).with_context(|| format!("deskbell init names no {key}"));
    Ok(SignIn { password, api_key: text("api_key")?, access_token: text("access_token")? })
}

/// Starts a server on the port; what it logs goes to the file, or is shown.
pub(crate) fn serve(stage: &Stage, binary: &Path, data: &Path, port: u16, log: Option<&Path>) -> Result<Running> {
    let mut command = stage.command(binary);
    command.arg("serve").arg("--data").arg(data).args(["--listen", &format!("127.0.0.1:{port}")]);
    if let Some(log) = log {
        let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        command.stdout(Stdio::from(file.try_clone()?)).stderr(Stdio::from(file));
    }
    stage.serve(&mut command, Ending::Signal)
}

/// Waits until the server answers /readyz with 200.
pub(crate) fn wait_until_ready(stage: &Stage, server: &mut Running, port: u16) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(READY_SECONDS_MAX);
    while Instant::now() < deadline {
        if let Some(status) = server.poll()? {
            bail!("deskbell serve ended with {status}");
        }
        if stage.processes.interrupted() {
            bail!("interrupted");
        }
        if is_ready(port) {
            return Ok(());
        }
        thread::sleep(POLL);
    }
    bail!("deskbell serve was not ready within {READY_SECONDS_MAX} s");
}

fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ANSWER_SECONDS_MAX)?;
        stream.set_read_timeout(Some(ANSWER_SECONDS_MAX))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(&start == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// The first port from `first` on that nobody listens on; 0 takes any.
pub(crate) fn free_port(first: u16) -> Result<u16> {
    let bound = (first..=u16::MAX).find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    let listener = bound.with_context(|| format!("no port from {first} on is free"))?;
    Ok(listener.local_addr()?.port())
}

/// Easy to read out: `bafu-kemi-dolo-tiza-rupe`, 60 bits.
fn readable_password() -> Result<String> {
    const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aeiu";
    let mut random = [0; 10];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random)).context("/dev/urandom cannot be read")?;
    let syllable = |byte: &u8| [char::from(CONSONANTS[usize::from(byte & 15)]), char::from(VOWELS[usize::from(byte >> 4 & 3)])];
    let words: Vec<String> = random.chunks(2).map(|pair| pair.iter().flat_map(syllable).collect()).collect();
    Ok(words.join("-"))
}

/// The end of a server's log, for whoever must find out why it failed.
pub(crate) fn tail(log: &Path) -> String {
    const LINES_MAX: usize = 60;
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")
}
