//! A simulated agent: goes online, takes what rings, answers, hands over now and then, ends.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::accounts::Account;
use super::frame::{AgentState, Frame};
use super::ledger::{Manner, Side};
use super::link::{Broken, Heard, Link, NoLink};
use super::outbox::{Answered, Outbox, Words};
use super::pace::{BackOff, per_cent, text};
use super::{Phase, World};

const TURNS: std::ops::RangeInclusive<u32> = 4..=10;
const BREAK_SECONDS: Range<f64> = 0.1..3.0;
const WELCOME_SECONDS_MAX: u64 = 20;
/// A visitor who says nothing for so long is let go.
const SILENCE_SECONDS: Range<f64> = 90.0..140.0;
const ANSWER_SECONDS: Range<f64> = 2.0..8.0;
/// How long a phone rings.
const RING_SECONDS: Range<f64> = 0.4..1.6;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Command {
    Status,
    Accept {
        conversation: String,
        chat: String,
    },
    Send,
    /// Leaves it, hands it over, or ends it.
    Part(String),
    Aside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    BrokeOff,
    CutOff,
    SignedOut,
    Over,
}

/// What an agent does next in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Answers,
    Ends,
}

/// A chat that he is in.
struct Served {
    chat: String,
    turns: u32,
    /// The newest message's number.
    last_message: i64,
    /// Since when he watches on this connection.
    since: Option<Instant>,
    due: Instant,
    next: Next,
    parting: bool,
}

struct Ring {
    conversation: String,
    chat: String,
    due: Instant,
}

struct Agent {
    world: Arc<World>,
    phase: watch::Receiver<Phase>,
    chance: StdRng,
    account: Arc<Account>,
    at_work: Option<Arc<watch::Sender<usize>>>,
    epoch: Option<i64>,
    last: i64,
    outbox: Outbox<Command>,
    rings: Vec<Ring>,
    chats: HashMap<String, Served>,
    /// Frames without a key that wait to be written.
    asides: Vec<Value>,
}

/// Lives an agent's life until the run is over.
pub(super) async fn live(world: Arc<World>, number: usize, account: Arc<Account>, delay: Duration, at_work: Arc<watch::Sender<usize>>) {
    let phase = world.phase.clone();
    let chance = StdRng::seed_from_u64(world.seed.wrapping_mul(0x9e37_79b9).wrapping_add(number as u64 * 2 + 1));
    let mut agent = Agent {
        world,
        phase,
        chance,
        account,
        at_work: Some(at_work),
        epoch: None,
        last: 0,
        outbox: Outbox::new(),
        rings: Vec::new(),
        chats: HashMap::new(),
        asides: Vec::new(),
    };
    agent.puts(json!({"t": "status", "status": "online"}), Command::Status);
    let mut back_off = BackOff::default();
    let mut wait = delay;
    while agent.waits(wait).await {
        wait = match agent.connects(&mut back_off).await {
            Outcome::Over => break,
            Outcome::BrokeOff => Duration::from_secs_f64(agent.chance.random_range(BREAK_SECONDS)),
            Outcome::CutOff => back_off.next(&mut agent.chance),
            Outcome::SignedOut => {
                // It may be that the desk is away, too: then this fails, and the next try tells.
                if agent.account.sign_in_again(&agent.world.target).await.is_err() {
                    agent.world.ledger.count(|counts| counts.error("signing in again"));
                }
                back_off.next(&mut agent.chance)
            }
        };
    }
    agent.outbox.give_up(&agent.world.ledger);
}

impl Agent {
    fn pause(&mut self, seconds: Range<f64>) -> Duration {
        self.world.pace.pause(&mut self.chance, seconds)
    }

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

    async fn connects(&mut self, back_off: &mut BackOff) -> Outcome {
        let cookie = self.account.cookie();
        match Link::open(&self.world.target, "/live/agent", Some(&cookie)).await {
            Ok(link) => {
                self.world.ledger.count(|counts| counts.connects += 1);
                let outcome = self.converses(link, back_off).await;
                if outcome == Outcome::CutOff {
                    self.world.ledger.count(|counts| counts.cut_off += 1);
                }
                outcome
            }
            Err(refused) => {
                self.world.ledger.count(|counts| counts.connect_failures += 1);
                match refused {
                    NoLink::Refused(401) => Outcome::SignedOut,
                    NoLink::Refused(status) => {
                        self.world.ledger.count(|counts| counts.error(&format!("http {status}")));
                        Outcome::CutOff
                    }
                    NoLink::Away => Outcome::CutOff,
                }
            }
        }
    }

    async fn converses(&mut self, mut link: Link, back_off: &mut BackOff) -> Outcome {
        let mut hello = json!({"t": "hello"});
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
        // What he watches he has to say again on each connection.
        self.chats.values_mut().for_each(|served| served.since = None);
        self.asides = self.chats.iter().map(|(conversation, served)| watching(conversation, served.last_message)).collect();
        self.outbox.reconnected();
        let breaks = self.world.pace.until_break(&mut self.chance).map(|after| Instant::now() + after);
        loop {
            let phase = self.world.phase();
            if phase == Phase::Over {
                return Outcome::Over;
            }
            if self.writes(&mut link).await.is_err() {
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
            let running = phase <= Phase::Running;
            if running && self.acts(now) {
                continue;
            }
            let ours = if running { self.due().into_iter().chain(breaks).min() } else { None };
            let until = ours.into_iter().chain(self.outbox.due()).min();
            let heard = tokio::select! {
                heard = link.next(until.unwrap_or(now + Duration::from_secs(600))) => heard,
                changed = self.phase.changed() => if changed.is_err() { return Outcome::Over } else { Heard::Nothing },
            };
            match heard {
                Heard::Text(text) => self.hears(&text),
                Heard::Nothing => {}
                Heard::Closed(code) => return closed(code, &self.world),
            }
        }
    }

    async fn writes(&mut self, link: &mut Link) -> Result<(), Broken> {
        for aside in std::mem::take(&mut self.asides) {
            link.send(aside.to_string()).await?;
        }
        self.outbox.flush(&self.world.ledger, link).await
    }

    async fn is_welcomed(&mut self, link: &mut Link) -> Result<(), Outcome> {
        let until = Instant::now() + Duration::from_secs(WELCOME_SECONDS_MAX);
        loop {
            let text = match link.next(until).await {
                Heard::Text(text) => text,
                Heard::Nothing => return Err(Outcome::CutOff),
                Heard::Closed(code) => return Err(closed(code, &self.world)),
            };
            let Some(frame) = Frame::parse(&text).filter(|frame| frame.t == "welcome") else { continue };
            self.epoch = Some(frame.epoch);
            if frame.resumed {
                self.world.ledger.count(|counts| counts.resumes += 1);
            } else {
                self.world.ledger.count(|counts| counts.fresh_starts += 1);
                self.last = frame.number;
                let state = frame.state.and_then(|state| serde_json::from_str::<AgentState<'_>>(state.get()).ok());
                self.takes_state(&state.unwrap_or_default());
            }
            return Ok(());
        }
    }

    fn takes_state(&mut self, state: &AgentState<'_>) {
        let me = self.account.agent.clone();
        let mine =
            |conversation: &str| state.chats.iter().any(|chat| chat.conversation == conversation && chat.agents.contains(&me.as_str()));
        self.chats.retain(|conversation, _| mine(conversation));
        self.rings.clear();
        for chat in &state.chats {
            if chat.agents.contains(&me.as_str()) {
                self.serves(chat.conversation, chat.chat);
            } else if chat.offers.iter().any(|offer| offer.agent == me) {
                self.rings_for(chat.conversation, chat.chat);
            }
        }
    }

    fn rings_for(&mut self, conversation: &str, chat: &str) {
        let due = Instant::now() + self.pause(RING_SECONDS);
        self.rings.retain(|ring| ring.chat != chat);
        self.rings.push(Ring { conversation: conversation.to_owned(), chat: chat.to_owned(), due });
    }

    /// He is in a chat; true if that is news.
    fn serves(&mut self, conversation: &str, chat: &str) -> bool {
        if self.chats.contains_key(conversation) {
            return false;
        }
        let due = Instant::now() + self.pause(ANSWER_SECONDS);
        let turns = self.chance.random_range(TURNS);
        let served = Served { chat: chat.to_owned(), turns, last_message: 0, since: None, due, next: Next::Answers, parting: false };
        self.chats.insert(conversation.to_owned(), served);
        true
    }

    fn due(&self) -> Option<Instant> {
        let rings = self.rings.iter().map(|ring| ring.due);
        rings.chain(self.chats.values().filter(|served| !served.parting).map(|served| served.due)).min()
    }

    /// Does all that is due; true if there was anything.
    fn acts(&mut self, now: Instant) -> bool {
        let mut acted = false;
        while let Some(place) = self.rings.iter().position(|ring| ring.due <= now) {
            let Ring { conversation, chat, .. } = self.rings.swap_remove(place);
            if per_cent(&mut self.chance, 97) {
                self.puts(json!({"t": "accept", "chat": chat}), Command::Accept { conversation, chat });
            } else {
                self.puts(json!({"t": "decline", "chat": chat}), Command::Aside);
            }
            acted = true;
        }
        let due: Vec<String> = self
            .chats
            .iter()
            .filter(|(_, served)| served.due <= now && !served.parting)
            .map(|(conversation, _)| conversation.clone())
            .collect();
        for conversation in due {
            acted = true;
            self.acts_in(&conversation);
        }
        acted
    }

    fn acts_in(&mut self, conversation: &str) {
        let lot = self.chance.random_range(0..1_000);
        let silence = self.pause(SILENCE_SECONDS);
        let soon = self.pause(5.0..15.0);
        let transfers = self.world.hands_over;
        let Some(served) = self.chats.get_mut(conversation) else { return };
        let chat = served.chat.clone();
        if served.next == Next::Ends {
            served.parting = true;
            self.puts(json!({"t": "end", "chat": chat}), Command::Part(conversation.to_owned()));
            if lot < 250 {
                self.puts(json!({"t": "tags", "conversation": conversation, "tags": ["simulated"]}), Command::Aside);
            }
            return;
        }
        match lot {
            0..20 if transfers => {
                served.parting = true;
                self.world.ledger.count(|counts| counts.transfers += 1);
                let frame = json!({"t": "transfer", "chat": chat, "department": "default"});
                return self.puts(frame, Command::Part(conversation.to_owned()));
            }
            20..25 if transfers => {
                served.parting = true;
                return self.puts(json!({"t": "leave", "chat": chat}), Command::Part(conversation.to_owned()));
            }
            25..60 => {
                let note = json!({"t": "send", "conversation": conversation, "kind": "note", "text": "A simulated note."});
                self.puts(note, Command::Aside);
            }
            _ => {}
        }
        if let Some(served) = self.chats.get_mut(conversation) {
            served.turns = served.turns.saturating_sub(1);
            served.next = Next::Ends;
            served.due = Instant::now() + if served.turns == 0 { soon } else { silence };
        }
        let number = self.world.ledger.next_number();
        let text = text(&mut self.chance, number);
        let frame = json!({"t": "send", "conversation": conversation, "kind": "message", "text": text});
        let words = Words { text, by: Side::Agent, manner: Manner::Chat };
        self.outbox.put(&self.world.ledger, number, frame, Command::Send, Some(words));
    }

    fn puts(&mut self, frame: Value, command: Command) {
        let number = self.world.ledger.next_number();
        self.outbox.put(&self.world.ledger, number, frame, command, None);
    }

    fn hears(&mut self, text: &str) {
        let world = Arc::clone(&self.world);
        let ledger = &world.ledger;
        let Some(frame) = Frame::parse(text) else { return ledger.count(|counts| counts.error("unreadable frame")) };
        let now = Instant::now();
        ledger.count(|counts| counts.frames += 1);
        match frame.t {
            "event" => {
                self.last = self.last.max(frame.n);
                self.sees(&frame, now);
            }
            "history" => {
                let Some(conversation) = frame.conversation else { return };
                // Of what rang and who left long ago only the end of a chat matters now.
                for event in &frame.events {
                    match event.e {
                        "message.added" => self.sees_message(event, conversation, now),
                        "chat.ended" => self.is_ended(conversation, event.chat.unwrap_or_default()),
                        _ => {}
                    }
                }
                if frame.more {
                    self.asides.push(watching(conversation, frame.upto));
                } else if let Some(served) = self.chats.get_mut(conversation) {
                    served.since = Some(now);
                }
            }
            "ok" => {
                let answered = self.outbox.done(ledger, frame.key.unwrap_or_default(), frame.conversation, now);
                self.is_answered(answered);
            }
            "error" => match frame.key {
                Some(key) => {
                    let answered = self.outbox.failed(ledger, key, frame.code.unwrap_or("no code"));
                    self.is_answered(answered);
                }
                None => ledger.count(|counts| counts.error(frame.code.unwrap_or("no code"))),
            },
            _ => {}
        }
    }

    fn sees(&mut self, event: &Frame<'_>, now: Instant) {
        let Some(conversation) = event.conversation else { return };
        let is_mine = event.agent == Some(self.account.agent.as_str());
        let chat = event.chat.unwrap_or_default();
        match event.e {
            "message.added" => self.sees_message(event, conversation, now),
            "chat.offered" if is_mine => self.rings_for(conversation, chat),
            "offer.closed" if is_mine => self.rings.retain(|ring| ring.chat != chat),
            "chat.ended" => self.is_ended(conversation, chat),
            // He has left it, or was away for too long.
            "chat.left" if is_mine && self.is_serving(conversation, chat) => self.lets_go(conversation),
            _ => {}
        }
    }

    fn is_serving(&self, conversation: &str, chat: &str) -> bool {
        self.chats.get(conversation).is_some_and(|served| served.chat == chat)
    }

    fn is_ended(&mut self, conversation: &str, chat: &str) {
        self.rings.retain(|ring| ring.chat != chat);
        if self.is_serving(conversation, chat) {
            self.lets_go(conversation);
            if per_cent(&mut self.chance, 30) {
                self.puts(json!({"t": "resolve", "conversation": conversation}), Command::Aside);
            }
        }
    }

    fn sees_message(&mut self, event: &Frame<'_>, conversation: &str, now: Instant) {
        let ledger = &self.world.ledger;
        let since = self.chats.get(conversation).and_then(|served| served.since).unwrap_or(now);
        if let (Some(number), Some(id)) = (event.key.and_then(|key| ledger.number(key)), event.message_id()) {
            ledger.seen(number, Side::Agent, id, now, since);
        }
        let answer = self.pause(ANSWER_SECONDS);
        let Some(served) = self.chats.get_mut(conversation) else { return };
        if event.n <= served.last_message {
            return self.world.ledger.count(|counts| counts.out_of_order += 1);
        }
        served.last_message = event.n;
        if event.by == Some("customer") && served.turns > 0 && !served.parting {
            if served.next == Next::Ends {
                served.next = Next::Answers;
                served.due = now + answer;
            }
            let lot = self.chance.random_range(0..10);
            if lot < 4 {
                self.asides.push(json!({"t": "typing", "conversation": conversation, "typing": true}));
            }
            if let (4..7, Some(message)) = (lot, event.message_id()) {
                self.asides.push(json!({"t": "read", "conversation": conversation, "message": message}));
            }
        }
    }

    /// He has nothing to do with a conversation any more.
    fn lets_go(&mut self, conversation: &str) {
        self.chats.remove(conversation);
        self.asides.push(json!({"t": "unwatch", "conversation": conversation}));
    }

    fn is_answered(&mut self, answered: Option<Answered<Command>>) {
        let Some(Answered { purpose, refusal }) = answered else { return };
        match (purpose, refusal) {
            (Command::Status, _) => {
                if let Some(at_work) = self.at_work.take() {
                    at_work.send_modify(|count| *count += 1);
                }
            }
            (Command::Accept { conversation, chat }, None) => {
                if self.serves(&conversation, &chat) {
                    self.asides.push(watching(&conversation, 0));
                }
            }
            (Command::Part(conversation), None) => {
                if self.chats.contains_key(&conversation) {
                    self.lets_go(&conversation);
                }
            }
            (Command::Part(conversation), Some(code)) => {
                // Nobody to hand it to: he goes on. Anything else means that it is not his any more.
                match self.chats.get_mut(&conversation) {
                    Some(served) if code == "conflict" => served.parting = false,
                    Some(_) => self.lets_go(&conversation),
                    None => {}
                }
            }
            (Command::Accept { .. }, Some(_)) | (Command::Send | Command::Aside, _) => {}
        }
    }
}

fn watching(conversation: &str, after: i64) -> Value {
    json!({"t": "watch", "conversation": conversation, "after": after})
}

fn closed(code: Option<u16>, world: &World) -> Outcome {
    if let Some(code) = code.filter(|code| !matches!(code, 1000 | 1001 | 1006)) {
        world.ledger.count(|counts| counts.error(&format!("close {code}")));
    }
    if code == Some(4001) { Outcome::SignedOut } else { Outcome::CutOff }
}
