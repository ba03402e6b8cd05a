//! A simulated visitor: comes, looks around, asks for a chat, talks, rates, goes, comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::sync::watch;

use super::frame::{Frame, VisitorState};
use super::ledger::{Manner, Side, id};
use super::link::{Broken, Heard, Link, NoLink};
use super::outbox::{Answered, Outbox, Words};
use super::pace::{BackOff, per_cent, text};
use super::{Phase, World};

/// What a visitor says in one chat, at least and at most.
const TURNS: std::ops::RangeInclusive<u32> = 4..=10;
/// How long a browser that was cut off on purpose takes to come back.
const BREAK_SECONDS: std::ops::Range<f64> = 0.1..3.0;
const WELCOME_SECONDS_MAX: u64 = 15;
/// When nothing has come for so long, the line is empty.
const QUIET: Duration = Duration::from_millis(400);
/// Who was connected for less when the run ended may have missed something.
const ATTENDED_SECONDS_MIN: u64 = 1;

/// What a visitor has asked of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Chat,
    Send,
    Offline,
    End,
    Rate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Browsing {
        pages: u32,
    },
    Asked,
    Waiting,
    Talking,
    /// His last word is said.
    Finishing,
    Ended,
    /// Stays until the desk has answered everything, then goes.
    Leaving,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Left for a while.
    Left,
    /// Broken off on purpose.
    BrokeOff,
    /// Cut off by the desk or the line.
    CutOff,
    /// The token is not good any more.
    Unknown,
    Over,
}

struct Visitor {
    world: Arc<World>,
    phase: watch::Receiver<Phase>,
    chance: StdRng,
    number: usize,
    idle: bool,
    token: Option<String>,
    epoch: Option<i64>,
    /// The newest event's number.
    last: i64,
    /// Since when he is connected.
    since: Instant,
    /// His conversations.
    own: Vec<u64>,
    outbox: Outbox<Command>,
    stage: Stage,
    turns: u32,
    typed: bool,
    /// An agent's message that he has not read yet.
    unread: Option<String>,
    due: Option<Instant>,
}

/// Lives a visitor's life until the run is over.
pub(super) async fn live(world: Arc<World>, number: usize, delay: Duration, idle: bool) {
    let phase = world.phase.clone();
    let chance = StdRng::seed_from_u64(world.seed.wrapping_mul(0x9e37_79b9).wrapping_add(number as u64 * 2));
    let mut visitor = Visitor {
        world,
        phase,
        chance,
        number,
        idle,
        token: None,
        epoch: None,
        last: 0,
        since: Instant::now(),
        own: Vec::new(),
        outbox: Outbox::new(),
        stage: Stage::Leaving,
        turns: 0,
        typed: false,
        unread: None,
        due: None,
    };
    let mut away = delay;
    while visitor.stays_away(away).await {
        if !visitor.visits().await || visitor.is_connected().await == Outcome::Over {
            break;
        }
        away = visitor.pause(5.0..30.0);
    }
    visitor.outbox.give_up(&visitor.world.ledger);
}

impl Visitor {
    fn pause(&mut self, seconds: std::ops::Range<f64>) -> Duration {
        self.world.pace.pause(&mut self.chance, seconds)
    }

    fn due_in(&mut self, seconds: std::ops::Range<f64>) {
        self.due = Some(Instant::now() + self.pause(seconds));
    }

    /// Waits; false if there is nothing to come back for.
    async fn stays_away(&mut self, away: Duration) -> bool {
        let until = tokio::time::Instant::now() + away;
        loop {
            if self.world.phase() >= Phase::Settling {
                return false;
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => return self.world.phase() < Phase::Settling,
                changed = self.phase.changed() => if changed.is_err() { return false },
            }
        }
    }

    /// Sleeps between two tries; false when the run is over.
    async fn waits(&mut self, wait: Duration) -> bool {
        let until = tokio::time::Instant::now() + wait;
        loop {
            if self.world.phase() == Phase::Over {
                return false;
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => return true,
                changed = self.phase.changed() => if changed.is_err() { return false },
            }
        }
    }

    /// Begins a visit; false when the run is over.
    async fn visits(&mut self) -> bool {
        let mut back_off = BackOff::default();
        loop {
            let body = json!({
                "token": self.token, "language": "en",
                "page": {"url": "https://simulate.invalid/", "title": "Start", "referrer": ""},
            });
            let path = "/live/visit";
            let token = match self.world.target.request("POST", path, None, Some(&body)).await {
                Ok(answer) if answer.status == 200 => answer.json().ok().and_then(|body| body["token"].as_str().map(str::to_owned)),
                Ok(answer) => {
                    self.world.ledger.count(|counts| counts.error(&answer.code()));
                    None
                }
                Err(_) => {
                    self.world.ledger.count(|counts| counts.connect_failures += 1);
                    None
                }
            };
            if token.is_some() {
                self.token = token;
                self.world.ledger.count(|counts| counts.visits += 1);
                self.stage = Stage::Browsing { pages: self.chance.random_range(0..3) };
                if !self.idle {
                    self.due_in(1.0..6.0);
                }
                return true;
            }
            let wait = back_off.next(&mut self.chance);
            if !self.waits(wait).await {
                return false;
            }
        }
    }

    /// Is connected, again and again, until he leaves.
    async fn is_connected(&mut self) -> Outcome {
        let mut back_off = BackOff::default();
        loop {
            let wait = match Link::open(&self.world.target, "/live/visitor", None).await {
                Ok(link) => {
                    self.world.ledger.count(|counts| counts.connects += 1);
                    match self.converses(link, &mut back_off).await {
                        Outcome::CutOff => {
                            self.world.ledger.count(|counts| counts.cut_off += 1);
                            back_off.next(&mut self.chance)
                        }
                        Outcome::BrokeOff => Duration::from_secs_f64(self.chance.random_range(BREAK_SECONDS)),
                        Outcome::Unknown => {
                            (self.token, self.epoch) = (None, None);
                            if !self.visits().await {
                                return Outcome::Over;
                            }
                            Duration::ZERO
                        }
                        left @ (Outcome::Left | Outcome::Over) => return left,
                    }
                }
                Err(refused) => {
                    self.world.ledger.count(|counts| {
                        counts.connect_failures += 1;
                        if let NoLink::Refused(status) = refused {
                            counts.error(&format!("http {status}"));
                        }
                    });
                    back_off.next(&mut self.chance)
                }
            };
            if !self.waits(wait).await {
                return Outcome::Over;
            }
        }
    }

    /// One connection from its hello to its end.
    async fn converses(&mut self, mut link: Link, back_off: &mut BackOff) -> Outcome {
        let mut hello = json!({"t": "hello", "token": self.token});
        if let (Some(epoch), Some(fields)) = (self.epoch, hello.as_object_mut()) {
            fields.insert("epoch".to_owned(), epoch.into());
            fields.insert("number".to_owned(), self.last.into());
        }
        if link.send(hello.to_string()).await.is_err() {
            return Outcome::CutOff;
        }
        match self.is_welcomed(&mut link).await {
            Ok(()) => back_off.reset(),
            Err(outcome) => return outcome,
        }
        self.outbox.reconnected();
        let breaks = if self.idle { None } else { self.world.pace.until_break(&mut self.chance) };
        let breaks = breaks.map(|after| Instant::now() + after);
        loop {
            let phase = self.world.phase();
            if phase == Phase::Over {
                return self.is_over(&mut link).await;
            }
            if self.outbox.flush(&self.world.ledger, &mut link).await.is_err() {
                return Outcome::CutOff;
            }
            let now = Instant::now();
            if breaks.is_some_and(|at| at <= now) && phase == Phase::Running {
                self.world.ledger.count(|counts| counts.breaks += 1);
                return Outcome::BrokeOff;
            }
            if self.outbox.is_stuck(now) {
                return Outcome::CutOff;
            }
            if phase == Phase::Running && !self.idle {
                if self.stage == Stage::Leaving && self.outbox.is_empty() {
                    link.close().await;
                    return Outcome::Left;
                }
                if self.due.is_some_and(|due| due <= now) {
                    self.due = None;
                    if self.acts(&mut link).await.is_err() {
                        return Outcome::CutOff;
                    }
                    continue;
                }
            }
            let ours = if phase == Phase::Running { [self.due, breaks] } else { [None, None] };
            let until = ours.into_iter().flatten().chain(self.outbox.due()).min();
            let heard = tokio::select! {
                heard = link.next(until.unwrap_or(now + Duration::from_secs(600))) => heard,
                changed = self.phase.changed() => if changed.is_err() { return Outcome::Over } else { Heard::Nothing },
            };
            match heard {
                Heard::Text(text) => {
                    if let Some(outcome) = self.hears(&text) {
                        return outcome;
                    }
                }
                Heard::Nothing => {}
                Heard::Closed(code) => return closed(code, &self.world),
            }
        }
    }

    /// Takes what is still on the line. Who was there for a while must have seen everything by now.
    async fn is_over(&mut self, link: &mut Link) -> Outcome {
        let was_there = self.since.elapsed() >= Duration::from_secs(ATTENDED_SECONDS_MIN);
        while let Heard::Text(text) = link.next(Instant::now() + QUIET).await {
            self.hears(&text);
        }
        if was_there {
            self.world.ledger.attended(&self.own);
        }
        Outcome::Over
    }

    async fn is_welcomed(&mut self, link: &mut Link) -> Result<(), Outcome> {
        let until = Instant::now() + Duration::from_secs(WELCOME_SECONDS_MAX);
        loop {
            let text = match link.next(until).await {
                Heard::Text(text) => text,
                Heard::Nothing => return Err(Outcome::CutOff),
                Heard::Closed(code) => return Err(closed(code, &self.world)),
            };
            let Some(frame) = Frame::parse(&text) else { continue };
            match (frame.t, frame.code) {
                ("welcome", _) => {
                    self.takes_welcome(&frame);
                    return Ok(());
                }
                ("error", Some("bad_credential")) => return Err(Outcome::Unknown),
                _ => {}
            }
        }
    }

    fn takes_welcome(&mut self, frame: &Frame<'_>) {
        self.epoch = Some(frame.epoch);
        self.since = Instant::now();
        if frame.resumed {
            return self.world.ledger.count(|counts| counts.resumes += 1);
        }
        self.world.ledger.count(|counts| counts.fresh_starts += 1);
        self.last = frame.number;
        let state = frame.state.and_then(|state| serde_json::from_str::<VisitorState<'_>>(state.get()).ok()).unwrap_or_default();
        for message in &state.messages {
            self.sees_message(message, self.since);
        }
        match state.chat.as_ref().map(|chat| chat.state) {
            Some("served") => self.is_served(),
            Some("queued" | "offered") if matches!(self.stage, Stage::Browsing { .. }) => self.begins_to_wait(),
            Some("ended") | None if matches!(self.stage, Stage::Waiting | Stage::Talking | Stage::Finishing) => self.is_ended(),
            _ => {}
        }
    }

    fn begins_to_wait(&mut self) {
        self.stage = Stage::Waiting;
        self.due_in(60.0..150.0);
    }

    fn is_served(&mut self) {
        if matches!(self.stage, Stage::Browsing { .. } | Stage::Asked | Stage::Waiting) {
            self.stage = Stage::Talking;
            self.turns = self.chance.random_range(TURNS);
            self.typed = false;
            self.due_in(8.0..20.0);
        }
    }

    fn is_ended(&mut self) {
        if !matches!(self.stage, Stage::Browsing { .. } | Stage::Leaving | Stage::Ended) {
            self.stage = Stage::Ended;
            self.due_in(1.0..6.0);
        }
    }

    /// Does what is due.
    async fn acts(&mut self, link: &mut Link) -> Result<(), Broken> {
        match self.stage {
            Stage::Browsing { pages: 0 } => {
                self.stage = Stage::Asked;
                // What he missed of an earlier chat he does not read any more.
                self.unread = None;
                let person = self.number;
                let name = format!("Visitor {person}");
                let email = format!("visitor-{person}@simulate.invalid");
                self.says(json!({"t": "chat", "name": name, "email": email}), Command::Chat, Manner::Chat);
            }
            Stage::Browsing { pages } => {
                let page = json!({"t": "page", "url": format!("https://simulate.invalid/{pages}"), "title": format!("Page {pages}")});
                link.send(page.to_string()).await?;
                self.stage = Stage::Browsing { pages: pages - 1 };
                self.due_in(2.0..8.0);
            }
            Stage::Waiting => {
                self.puts(json!({"t": "end"}), Command::End);
                self.stage = Stage::Finishing;
            }
            Stage::Talking => self.talks(link).await?,
            Stage::Finishing => {
                if !self.outbox.any(|command| *command == Command::End) {
                    self.puts(json!({"t": "end"}), Command::End);
                }
            }
            Stage::Ended => {
                if per_cent(&mut self.chance, 40) {
                    let good = per_cent(&mut self.chance, 85);
                    let comment = per_cent(&mut self.chance, 30).then_some("simulated");
                    self.puts(json!({"t": "rate", "rating": if good { "good" } else { "bad" }, "comment": comment}), Command::Rate);
                }
                self.stage = Stage::Leaving;
            }
            Stage::Asked | Stage::Leaving => {}
        }
        Ok(())
    }

    /// Types, then says it.
    async fn talks(&mut self, link: &mut Link) -> Result<(), Broken> {
        if let Some(message) = self.unread.take() {
            link.send(json!({"t": "read", "message": message}).to_string()).await?;
        }
        if !self.typed {
            self.typed = true;
            self.due_in(0.5..2.0);
            return link.send(json!({"t": "typing", "text": "I am just writ"}).to_string()).await;
        }
        self.typed = false;
        self.says(json!({"t": "send"}), Command::Send, Manner::Chat);
        self.turns = self.turns.saturating_sub(1);
        if self.turns == 0 {
            // Mostly the agent ends it first.
            self.stage = Stage::Finishing;
            let patient = per_cent(&mut self.chance, 50);
            self.due_in(if patient { 45.0..90.0 } else { 6.0..15.0 });
        } else {
            self.due_in(7.0..18.0);
        }
        Ok(())
    }

    fn puts(&mut self, frame: serde_json::Value, command: Command) {
        let number = self.world.ledger.next_number();
        self.outbox.put(&self.world.ledger, number, frame, command, None);
    }

    fn says(&mut self, mut frame: serde_json::Value, command: Command, manner: Manner) {
        let number = self.world.ledger.next_number();
        let text = text(&mut self.chance, number);
        if let Some(fields) = frame.as_object_mut() {
            fields.insert("text".to_owned(), text.as_str().into());
        }
        let words = Words { text, by: Side::Visitor, manner };
        self.outbox.put(&self.world.ledger, number, frame, command, Some(words));
    }

    fn hears(&mut self, text: &str) -> Option<Outcome> {
        let world = Arc::clone(&self.world);
        let ledger = &world.ledger;
        let Some(frame) = Frame::parse(text) else {
            ledger.count(|counts| counts.error("unreadable frame"));
            return None;
        };
        let now = Instant::now();
        ledger.count(|counts| counts.frames += 1);
        match frame.t {
            "event" => self.sees(&frame, now),
            "ok" => {
                let answered = self.outbox.done(ledger, frame.key.unwrap_or_default(), frame.conversation, now);
                self.is_answered(answered, frame.conversation.map(id));
            }
            "error" => match (frame.key, frame.code.unwrap_or("no code")) {
                (Some(key), code) => {
                    let answered = self.outbox.failed(ledger, key, code);
                    self.is_answered(answered, None);
                }
                (None, code) => {
                    ledger.count(|counts| counts.error(code));
                    if code == "bad_credential" {
                        return Some(Outcome::Unknown);
                    }
                }
            },
            _ => {}
        }
        None
    }

    fn sees(&mut self, event: &Frame<'_>, now: Instant) {
        if event.n <= self.last {
            self.world.ledger.count(|counts| counts.out_of_order += 1);
        }
        self.last = self.last.max(event.n);
        match event.e {
            "message.added" => {
                self.sees_message(event, now);
                if event.by == Some("agent") {
                    self.unread = event.message_id().map(str::to_owned);
                }
            }
            "chat.requested" if matches!(self.stage, Stage::Asked) => self.begins_to_wait(),
            "chat.joined" => {
                self.world.ledger.count(|counts| counts.chats_served += 1);
                self.is_served();
            }
            "chat.ended" => {
                self.world.ledger.count(|counts| counts.chats_ended += 1);
                self.is_ended();
            }
            _ => {}
        }
    }

    /// A visitor is told his own keys only; an agent's message is known by the number it begins with.
    fn sees_message(&self, message: &Frame<'_>, now: Instant) {
        let ledger = &self.world.ledger;
        let number = match message.key {
            Some(key) => ledger.number(key),
            None if message.by == Some("agent") => message.text_number(),
            None => None,
        };
        if let (Some(number), Some(id)) = (number, message.message_id()) {
            ledger.seen(number, Side::Visitor, id, now, self.since);
        }
    }

    fn is_answered(&mut self, answered: Option<Answered<Command>>, conversation: Option<u64>) {
        let Some(Answered { purpose, refusal }) = answered else { return };
        match (purpose, refusal.as_deref()) {
            (Command::Chat, None) => {
                self.own.extend(conversation);
                self.world.ledger.count(|counts| counts.chats += 1);
                if self.stage == Stage::Asked {
                    self.begins_to_wait();
                }
            }
            (Command::Chat, Some("offline")) => {
                self.stage = Stage::Leaving;
                if per_cent(&mut self.chance, 50) {
                    let email = format!("visitor-{}@simulate.invalid", self.number);
                    self.says(json!({"t": "offline", "email": email}), Command::Offline, Manner::Offline);
                }
            }
            (Command::Chat, Some(_)) => self.stage = Stage::Leaving,
            (Command::Offline, None) => self.world.ledger.count(|counts| counts.messages_left += 1),
            (Command::Rate, None) => self.world.ledger.count(|counts| counts.ratings += 1),
            // The chat was over before the message or the end came.
            (Command::Send | Command::End, Some("conflict")) => self.is_ended(),
            (Command::Send | Command::End, _) | (Command::Offline | Command::Rate, Some(_)) => {}
        }
    }
}

/// What a closing means to a client.
fn closed(code: Option<u16>, world: &World) -> Outcome {
    if let Some(code) = code.filter(|code| !matches!(code, 1000 | 1001 | 1006)) {
        world.ledger.count(|counts| counts.error(&format!("close {code}")));
    }
    if code == Some(4001) { Outcome::Unknown } else { Outcome::CutOff }
}
