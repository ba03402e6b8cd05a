//! A whole server as a child process, with its own data and a port of its own, which it keeps when it is started again.

use crate::http::{Bearer, V1, client};
use crate::wait::WAIT;
use rand::RngExt;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Instant;
use tempfile::TempDir;
use tokio::time::sleep;

/// Below those that the system gives to outgoing connections, which would be taken while a server is down.
const PORTS: std::ops::Range<u16> = 12_000..32_000;
const POLL: std::time::Duration = std::time::Duration::from_millis(10);
/// Tests ask more often than clients may; those of the limit set their own.
const RATE_LIMIT: &str = "--rate-limit";
const LOG_LINES_SHOWN: usize = 80;
pub const OWNER_EMAIL: &str = "owner@example.com";
pub const OWNER_PASSWORD: &str = "correct horse battery";

/// What a server is started with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// PostgreSQL instead of SQLite.
    pub database_url: Option<String>,
    /// More arguments of `deskbell serve`.
    pub arguments: Vec<String>,
}

/// A server; ended when dropped. Its log is shown when the test fails.
pub struct Server {
    binary: PathBuf,
    directory: TempDir,
    data: PathBuf,
    options: Options,
    port: u16,
    child: Option<Child>,
    /// How often it announced that it listens with TLS.
    lives: usize,
    pub api_key: String,
    pub access_token: String,
}

impl Server {
    /// Creates a desk, starts it and waits until it is ready.
    pub async fn start(binary: &Path, options: Options) -> Server {
        let mut server = Server::create(binary, options);
        server.launch().await;
        server
    }

    /// Creates a desk that is not started.
    pub fn create(binary: &Path, options: Options) -> Server {
        let directory = directory();
        let data = directory.path().join("data");
        let mut server = Server::of(binary, directory, data, options);
        let output = server.run(&["init", "--owner-email", OWNER_EMAIL, "--owner-password", OWNER_PASSWORD]);
        assert!(output.status.success(), "init: {output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().rfind(|line| line.starts_with('{')).unwrap_or_else(|| panic!("init prints no JSON line: {text}"));
        let answer: Value = serde_json::from_str(line).expect("init prints a JSON line");
        let named = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("init names no {key}: {answer}")).to_owned();
        server.api_key = named("api_key");
        server.access_token = named("access_token");
        server
    }

    /// A desk whose data is there already; it is not started, and its keys are not known.
    pub fn existing(binary: &Path, data: &Path, options: Options) -> Server {
        Server::of(binary, directory(), data.to_owned(), options)
    }

    fn of(binary: &Path, directory: TempDir, data: PathBuf, options: Options) -> Server {
        let (api_key, access_token) = Default::default();
        Server { binary: binary.to_owned(), directory, data, options, port: free_port(), child: None, lives: 0, api_key, access_token }
    }

    /// Starts it and waits until it is ready.
    pub async fn launch(&mut self) {
        self.spawn();
        self.wait_until_ready().await;
    }

    /// Starts it without waiting for anything.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = OpenOptions::new().create(true).append(true).open(self.log_path()).expect("the log can be written");
        let mut command = self.command("serve");
        command.args(["--listen", &self.address().to_string()]);
        if !self.options.arguments.iter().any(|argument| argument == RATE_LIMIT) {
            command.args([RATE_LIMIT, "off"]);
        }
        command.args(&self.options.arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log can be shared")).stderr(log);
        self.child = Some(command.spawn().expect("deskbell serve starts"));
    }

    pub async fn wait_until_ready(&mut self) {
        let http = client();
        let deadline = Instant::now() + WAIT;
        let url = format!("{}/readyz", self.base());
        while !http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().expect("it can be asked"));
            assert!(ended.is_none(), "deskbell serve ended with {ended:?}");
            assert!(Instant::now() < deadline, "deskbell serve was not ready within {WAIT:?}");
            sleep(POLL).await;
        }
    }

    /// For a server that speaks TLS, which [`Server::wait_until_ready`] doesn't.
    pub async fn wait_until_listening(&mut self) {
        let deadline = Instant::now() + WAIT;
        let announced = |log: &str| log.matches("deskbell listening on https://").count();
        let before = self.lives;
        while announced(&self.log()) <= before {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().expect("it can be asked"));
            assert!(ended.is_none(), "deskbell serve ended with {ended:?}");
            assert!(Instant::now() < deadline, "deskbell serve did not listen within {WAIT:?}");
            sleep(POLL).await;
        }
        self.lives = before + 1;
    }

    /// The hard way: what was not on disk is gone.
    pub fn kill9(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it is killed");
        let status = child.wait().expect("it ended");
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "it had ended before it was killed: {status}");
    }

    /// In good order.
    pub async fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        kill_process(Pid::from_child(&child), Signal::TERM).expect("it is asked to stop");
        let deadline = Instant::now() + WAIT;
        loop {
            if let Some(status) = child.try_wait().expect("it can be asked") {
                return status;
            }
            if Instant::now() > deadline {
                self.child = Some(child);
                panic!("deskbell serve did not stop within {WAIT:?}");
            }
            sleep(POLL).await;
        }
    }

    pub async fn restart(&mut self) {
        let status = self.stop().await;
        assert!(status.success(), "deskbell serve ended with {status}");
        self.launch().await;
    }

    /// Other arguments of `serve` from the next start on.
    pub fn set_arguments(&mut self, arguments: &[&str]) {
        self.options.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    }

    /// `deskbell {command}` on this desk's data, to be added to and run.
    pub fn command(&self, command: &str) -> Command {
        let mut line = Command::new(&self.binary);
        line.arg(command);
        self.complete(&mut line);
        line
    }

    /// Runs `deskbell {arguments}` on this desk's data to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut line = Command::new(&self.binary);
        line.args(arguments);
        self.complete(&mut line);
        line.stdin(Stdio::null()).output().expect("the program runs")
    }

    fn complete(&self, line: &mut Command) {
        line.arg("--data").arg(self.data());
        if let Some(url) = &self.options.database_url {
            line.args(["--database-url", url]);
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    pub fn binary(&self) -> &Path {
        &self.binary
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// `http://127.0.0.1:…`
    pub fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Everything it has logged so far, over all its lives.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    pub fn v1(&self) -> V1 {
        V1 { base: self.base(), key: self.api_key.clone(), http: client() }
    }

    pub fn bearer(&self) -> Bearer {
        Bearer { base: self.base(), token: self.access_token.clone(), http: client() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the end of the server's log:\n{}", lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n"));
        }
    }
}

fn directory() -> TempDir {
    tempfile::Builder::new().prefix("deskbell-test-").tempdir().expect("a directory is created")
}

fn free_port() -> u16 {
    let mut random = rand::rng();
    let found = (0..100).map(|_| random.random_range(PORTS)).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    found.expect("one of a hundred ports is free")
}
