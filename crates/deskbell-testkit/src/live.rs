//! A client of the live protocol, over a WebSocket or by long polling: it resumes, folds what it hears into its view, and notices what was
//! doubled on the way. Source of all rules: docs/live-protocol.md.

use crate::fold;
use crate::http::{Answer, client};
use crate::socket::{End, Socket};
use crate::wait::WAIT;
use rand::Rng;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const RECONNECT_PAUSE: Duration = Duration::from_millis(20);
const RATE_PAUSE: Duration = Duration::from_millis(100);
/// Frames that wait to be asked for; older ones are forgotten.
const INBOX_FRAMES_MAX: usize = 5_000;
const POLL_WAIT_SECONDS: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Socket,
    Poll,
}

#[derive(Debug, Clone)]
pub enum Role {
    Visitor { token: String },
    Agent { cookie: String },
}

/// What may happen to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server's `error` frame.
    Refused { code: String, message: String },
    /// The connection ended before there was an answer.
    Ended(End),
}

impl Trouble {
    /// The code of a refusal; empty if the connection ended.
    pub fn code(&self) -> &str {
        match self {
            Trouble::Refused { code, .. } => code,
            Trouble::Ended(_) => "",
        }
    }
}

impl From<End> for Trouble {
    fn from(end: End) -> Trouble {
        Trouble::Ended(end)
    }
}

/// A conversation that an agent watches.
#[derive(Debug, Clone, Default)]
pub struct Thread {
    /// In order, each once.
    pub events: Vec<Value>,
    /// Up to this number nothing is missing.
    upto: i64,
    /// Its whole history has come: what comes live follows on.
    whole: bool,
}

pub struct Live {
    address: SocketAddr,
    role: Role,
    pub transport: Transport,
    http: Client,
    socket: Option<Socket>,
    pub epoch: Option<i64>,
    /// The highest number seen.
    pub number: i64,
    /// The state that a fresh start gave, and all events since folded into it.
    pub view: Value,
    /// What an agent watches.
    pub threads: BTreeMap<String, Thread>,
    /// How often the server said "start over", the first time included.
    pub fresh_starts: usize,
    inbox: VecDeque<Value>,
}

impl Live {
    pub fn new(address: SocketAddr, role: Role, transport: Transport) -> Live {
        Live {
            address,
            role,
            transport,
            http: client(),
            socket: None,
            epoch: None,
            number: 0,
            view: Value::Null,
            threads: BTreeMap::new(),
            fresh_starts: 0,
            inbox: VecDeque::new(),
        }
    }

    /// Connects, and resumes if it was connected before. Returns the `welcome`.
    pub async fn connect(&mut self) -> Result<Value, Trouble> {
        self.socket = None;
        let welcome = match self.transport {
            Transport::Socket => self.connect_socket().await?,
            Transport::Poll => self.connect_poll().await?,
        };
        Ok(welcome)
    }

    /// The same, again and again until it succeeds.
    pub async fn reconnect(&mut self) -> Value {
        let deadline = Instant::now() + WAIT;
        loop {
            match self.connect().await {
                Ok(welcome) => return welcome,
                Err(Trouble::Ended(End::Closed { code: code @ (1008 | 4001), reason })) => {
                    panic!("closed for good with {code} {reason}")
                }
                Err(trouble) => assert!(Instant::now() < deadline, "no connection within {WAIT:?}: {trouble:?}"),
            }
            sleep(RECONNECT_PAUSE).await;
        }
    }

    async fn connect_socket(&mut self) -> Result<Value, Trouble> {
        let origin = format!("http://{}", self.address);
        let mut hello = json!({"t": "hello"});
        let opened = match &self.role {
            Role::Visitor { token } => {
                hello["token"] = json!(token);
                Socket::open(self.address, "/live/visitor", &[("origin", &origin)]).await
            }
            Role::Agent { cookie } => Socket::open(self.address, "/live/agent", &[("origin", &origin), ("cookie", cookie)]).await,
        };
        if let Some(epoch) = self.epoch {
            hello["epoch"] = json!(epoch);
            hello["number"] = json!(self.number);
        }
        let mut socket = opened?;
        socket.send(&hello).await?;
        let welcome = socket.next(Instant::now() + WAIT).await?;
        if welcome["t"] == "error" {
            let text = |name: &str| welcome[name].as_str().unwrap_or_default().to_owned();
            return Err(Trouble::Refused { code: text("code"), message: text("message") });
        }
        assert_eq!(welcome["t"], "welcome", "the answer to hello: {welcome}");
        self.socket = Some(socket);
        self.take(welcome.clone());
        for thread in self.threads.values_mut() {
            thread.whole = false;
        }
        let watched: Vec<String> = self.threads.keys().cloned().collect();
        for conversation in watched {
            self.send_watch(&conversation).await?;
        }
        Ok(welcome)
    }

    async fn connect_poll(&mut self) -> Result<Value, Trouble> {
        let frames = self.poll(0).await?;
        Ok(frames.into_iter().find(|frame| frame["t"] == "welcome").unwrap_or(Value::Null))
    }

    /// One long poll; what it answers is taken in.
    pub async fn poll(&mut self, wait_seconds: u64) -> Result<Vec<Value>, Trouble> {
        let mut body = json!({ "wait_seconds": wait_seconds });
        if let Some(epoch) = self.epoch {
            body["epoch"] = json!(epoch);
            body["number"] = json!(self.number);
        }
        if let Role::Agent { .. } = self.role {
            let watch = self.threads.iter().map(|(conversation, thread)| json!({"conversation": conversation, "after": thread.upto}));
            body["watch"] = watch.collect();
        }
        let answer = Answer::try_of(self.request("poll").json(&body)).await.map_err(broken)?;
        if answer.status != 200 {
            return Err(refused(&answer));
        }
        let mut answer = answer.json();
        let Value::Array(frames) = answer["frames"].take() else { panic!("a poll answers frames: {answer}") };
        for frame in &frames {
            self.take(frame.clone());
        }
        Ok(frames)
    }

    fn request(&self, what: &str) -> RequestBuilder {
        let post = |role: &str| self.http.post(format!("http://{}/live/{role}/{what}", self.address));
        match &self.role {
            Role::Visitor { token } => post("visitor").bearer_auth(token),
            Role::Agent { cookie } => post("agent").header("cookie", cookie).header("x-deskbell", "1"),
        }
    }

    /// Cuts the connection without a word.
    pub fn cut(&mut self) {
        self.socket = None;
    }

    pub fn is_connected(&self) -> bool {
        self.socket.is_some() || self.transport == Transport::Poll
    }

    /// Says goodbye.
    pub async fn close(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.close().await;
        }
    }

    /// Sends a frame and waits for nothing.
    pub async fn send(&mut self, frame: &Value) -> Result<(), Trouble> {
        let Some(socket) = &mut self.socket else { return Err(Trouble::Ended(End::Broken("not connected".to_owned()))) };
        if let Err(end) = socket.send(frame).await {
            self.socket = None;
            return Err(end.into());
        }
        Ok(())
    }

    /// Sends a command, with a new key unless it has one, and waits for its answer. Returns the `ok`.
    pub async fn command(&mut self, mut frame: Value) -> Result<Value, Trouble> {
        if frame.get("key").is_none() {
            frame["key"] = json!(new_key());
        }
        match self.transport {
            Transport::Socket => self.command_by_socket(&frame).await,
            Transport::Poll => {
                let answer = Answer::try_of(self.request("send").json(&frame)).await.map_err(broken)?;
                outcome(answer.json())
            }
        }
    }

    async fn command_by_socket(&mut self, frame: &Value) -> Result<Value, Trouble> {
        self.send(frame).await?;
        let deadline = Instant::now() + WAIT;
        loop {
            let answer = self.next(deadline).await?;
            if matches!(answer["t"].as_str(), Some("ok" | "error")) && answer["key"] == frame["key"] {
                return outcome(answer);
            }
            self.take_and_answer(answer).await?;
        }
    }

    /// A command that must succeed.
    pub async fn ok(&mut self, frame: Value) -> Value {
        let sent = frame.to_string();
        self.command(frame).await.unwrap_or_else(|trouble| panic!("{sent} is answered with {trouble:?}"))
    }

    /// A command that must be refused; returns the code.
    pub async fn refused(&mut self, frame: Value) -> String {
        let sent = frame.to_string();
        match self.command(frame).await {
            Err(Trouble::Refused { code, .. }) => code,
            other => panic!("{sent} is not refused: {other:?}"),
        }
    }

    /// Sends a command as the protocol asks: the same frame with the same key, over new connections, until there is an answer.
    pub async fn deliver(&mut self, mut frame: Value) -> Value {
        if frame.get("key").is_none() {
            frame["key"] = json!(new_key());
        }
        let deadline = Instant::now() + 2 * WAIT;
        loop {
            if !self.is_connected() {
                self.reconnect().await;
            }
            match self.command(frame.clone()).await {
                Ok(done) => return done,
                Err(Trouble::Ended(_)) => self.socket = None,
                Err(Trouble::Refused { code, .. }) if code == "rate_limited" => sleep(RATE_PAUSE).await,
                Err(Trouble::Refused { code, .. }) if ["unavailable", "storage_full"].contains(&code.as_str()) => {}
                Err(trouble) => panic!("{frame} is answered with {trouble:?}"),
            }
            assert!(Instant::now() < deadline, "{frame} could not be delivered");
            sleep(RECONNECT_PAUSE).await;
        }
    }

    /// The first frame not yet asked for that fits; waits for it if need be.
    pub async fn wait_for(&mut self, what: &str, mut fits: impl FnMut(&Value) -> bool) -> Value {
        let deadline = Instant::now() + WAIT;
        loop {
            if let Some(at) = self.inbox.iter().position(&mut fits) {
                return self.inbox.remove(at).expect("it is at its place");
            }
            let heard = self.inbox.len();
            if let Err(trouble) = self.receive(deadline).await {
                let last: Vec<String> = self.inbox.iter().rev().take(10).rev().map(Value::to_string).collect();
                panic!("never came: {what} ({trouble:?}); the last of {heard} frames:\n{}", last.join("\n"));
            }
        }
    }

    /// Waits for an event of that name.
    pub async fn event(&mut self, name: &str) -> Value {
        self.wait_for(name, |frame| frame["t"] == "event" && frame["e"] == name).await
    }

    /// Takes in until the view is as wanted.
    pub async fn wait_until(&mut self, what: &str, mut holds: impl FnMut(&Live) -> bool) {
        let deadline = Instant::now() + WAIT;
        while !holds(self) {
            if let Err(trouble) = self.receive(deadline).await {
                panic!("never: {what} ({trouble:?}); the view is {}", self.view);
            }
        }
    }

    /// Takes in one frame, or the frames of one poll.
    pub async fn receive(&mut self, deadline: Instant) -> Result<(), Trouble> {
        match self.transport {
            Transport::Socket => {
                let frame = self.next(deadline).await?;
                self.take_and_answer(frame).await?;
            }
            Transport::Poll => {
                if Instant::now() > deadline {
                    return Err(End::Late.into());
                }
                self.poll(POLL_WAIT_SECONDS).await?;
            }
        }
        Ok(())
    }

    /// The next frame as it comes, not taken in.
    pub async fn next(&mut self, deadline: Instant) -> Result<Value, Trouble> {
        let Some(socket) = &mut self.socket else { return Err(Trouble::Ended(End::Broken("not connected".to_owned()))) };
        let next = socket.next(deadline).await;
        if !matches!(next, Ok(_) | Err(End::Late)) {
            self.socket = None;
        }
        Ok(next?)
    }

    /// The raw connection, for bad manners.
    pub fn socket(&mut self) -> &mut Socket {
        self.socket.as_mut().expect("connected over a socket")
    }

    /// Watches a conversation from its beginning, or goes on where it was.
    pub async fn watch(&mut self, conversation: &str) {
        self.threads.entry(conversation.to_owned()).or_default();
        if self.transport == Transport::Socket {
            self.send_watch(conversation).await.expect("watch is sent");
            let whole = |frame: &Value| frame["t"] == "history" && frame["conversation"] == conversation && frame["more"] != true;
            self.wait_for("the history", whole).await;
        }
    }

    async fn send_watch(&mut self, conversation: &str) -> Result<(), Trouble> {
        let after = self.threads[conversation].upto;
        self.send(&json!({"t": "watch", "conversation": conversation, "after": after})).await
    }

    /// Takes a frame in, and asks for the rest of a history that came in part.
    async fn take_and_answer(&mut self, frame: Value) -> Result<(), Trouble> {
        let partial = frame["t"] == "history" && frame["more"] == true;
        let conversation = frame["conversation"].as_str().filter(|_| partial).map(str::to_owned);
        self.take(frame);
        match conversation {
            Some(conversation) if self.threads.contains_key(&conversation) => self.send_watch(&conversation).await,
            _ => Ok(()),
        }
    }

    fn take(&mut self, frame: Value) {
        match frame["t"].as_str() {
            Some("welcome") => self.take_welcome(&frame),
            Some("event") => self.take_event(&frame),
            Some("history") => self.take_history(&frame),
            _ => {}
        }
        if self.inbox.len() == INBOX_FRAMES_MAX {
            self.inbox.pop_front();
        }
        self.inbox.push_back(frame);
    }

    fn take_welcome(&mut self, frame: &Value) {
        let epoch = frame["epoch"].as_i64().unwrap_or_else(|| panic!("a welcome names the epoch: {frame}"));
        let number = frame["number"].as_i64().unwrap_or_else(|| panic!("a welcome names the number: {frame}"));
        if frame["resumed"] == true {
            assert_eq!(self.epoch, Some(epoch), "resumed within another epoch");
            assert!(number >= self.number, "resumed at {number}, but {} was seen", self.number);
            return;
        }
        self.epoch = Some(epoch);
        self.number = number;
        self.view = frame["state"].clone();
        assert!(self.view.is_object(), "a fresh start has a state: {frame}");
        for thread in self.threads.values_mut() {
            *thread = Thread::default();
        }
        self.fresh_starts += 1;
    }

    fn take_event(&mut self, event: &Value) {
        let number = event["n"].as_i64().unwrap_or_else(|| panic!("an event has a number: {event}"));
        assert!(number > self.number, "{number} came after {}: {event}", self.number);
        self.number = number;
        match self.role {
            Role::Visitor { .. } => fold::visitor(&mut self.view, event),
            Role::Agent { .. } => fold::agent(&mut self.view, event),
        }
        let thread = event["conversation"].as_str().and_then(|conversation| self.threads.get_mut(conversation));
        // What every agent hears may come after a history that holds it already.
        if let Some(thread) = thread.filter(|thread| number > thread.upto) {
            thread.events.push(event.clone());
            if thread.whole {
                thread.upto = number;
            }
        }
    }

    fn take_history(&mut self, frame: &Value) {
        let conversation = frame["conversation"].as_str().unwrap_or_default();
        let Some(thread) = self.threads.get_mut(conversation) else { return };
        let upto = frame["upto"].as_i64().unwrap_or_else(|| panic!("a history says how far it goes: {frame}"));
        let list = frame["events"].as_array().unwrap_or_else(|| panic!("a history has events: {frame}"));
        let numbers: Vec<i64> = list.iter().filter_map(|event| event["n"].as_i64()).collect();
        assert!(numbers.is_sorted_by(|left, right| left < right) && numbers.len() == list.len(), "a history is in order: {numbers:?}");
        assert!(numbers.last().is_none_or(|last| *last <= upto), "a history ends at {upto}: {numbers:?}");
        thread.events.extend(list.iter().cloned());
        // Those that every agent hears may have come before.
        thread.events.sort_by_key(|event| event["n"].as_i64());
        thread.events.dedup_by_key(|event| event["n"].as_i64());
        thread.upto = upto.max(thread.upto);
        thread.whole = frame["more"] != true;
    }
}

fn outcome(answer: Value) -> Result<Value, Trouble> {
    if answer["t"] == "ok" {
        return Ok(answer);
    }
    let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("an error has a {key}: {answer}")).to_owned();
    Err(Trouble::Refused { code: text("code"), message: text("message") })
}

fn refused(answer: &Answer) -> Trouble {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    // An error is a frame, or in the native API's envelope.
    let error = if body["error"].is_object() { &body["error"] } else { &body };
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    Trouble::Refused { code: text("code"), message: format!("{} {}", answer.status, text("message")) }
}

fn broken(error: reqwest::Error) -> Trouble {
    Trouble::Ended(End::Broken(error.to_string()))
}

/// A key as clients make it.
pub fn new_key() -> String {
    let random = u128::from(rand::rng().next_u64()) << 64 | u128::from(rand::rng().next_u64());
    let hex = format!("{random:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
