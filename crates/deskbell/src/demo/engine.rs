//! The demo's course of time: a queue of steps, each carried out at its own moment, so that many conversations go on beside each other
//! and the journal's times only rise.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;

use deskbell_app::context::Context;
use deskbell_app::error::AppError;
use deskbell_app::visits::{self, Arrival};
use deskbell_app::{accounts, chats, rules, sla, time_rules, timers};
use deskbell_domain::chat::{EndReason, OfferOutcome};
use deskbell_domain::ids::{CallId, ChatId, ConversationId, OfferId};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::Visit;
use deskbell_store::{Tx, tables};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::calendar::{DAY_SECONDS, Day, HOUR_SECONDS, Wall};
use super::calls::PhoneAct;
use super::dialogues::{self, Dialogue, Language, PAGES, PRODUCTS, Section};
use super::letters::LetterAct;
use super::occasions::{self, Occasion, Occasions};
use super::people::{Person, per_cent, person, pick, wait_seconds};
use super::premises::Premises;
use super::sidelines::Sideline;
use super::staff::{self, Duty, Shift, Staff};
use super::talk::{Act, Course, Phase, Purpose, Talk};
use super::{Counts, DemoScale};

/// Customers remembered so that they can come back.
const KNOWN_MAX: usize = 2_000;
/// Of a hundred visitors so many have been here before.
const RETURNING_PER_CENT: u32 = 22;
/// Of a hundred conversations so many begin with a message left, also while somebody is there.
const LEAVES_MESSAGE_PER_CENT: u32 = 16;
const SPAM_PER_CENT: u32 = 3;
/// For each conversation so many hundredths of a visit come to nothing.
const BROWSERS_PER_CENT: usize = 25;
/// A few at least of each thing that happens beside conversations.
const SIDELINES_MIN: usize = 6;
/// Seconds between two looks of the rules.
const RULES_SECONDS: i64 = 15 * 60;
const SHOP: &str = "https://fernhill.example.com";
/// The history stops this long before its end, so that what is closed last lies within it.
const CLOSE_SECONDS: i64 = 5;

#[derive(Debug, Clone, Copy)]
enum Step {
    Day,
    /// Rules and time rules look at what happened.
    Rules,
    Comes(Purpose),
    Staff(usize, Shift),
    OffersExpire,
    Aside(Sideline),
    Talk(usize, Act),
    Phone(CallId, PhoneAct),
    Letter(ConversationId, LetterAct),
    Occasion(Occasion),
    Close,
}

/// A step with its moment; the number keeps the order of steps at the same moment.
struct Due(Timestamp, u64, Step);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// The texts, read once.
struct Bank {
    chats: Vec<Arc<Dialogue>>,
    messages: Vec<Arc<Dialogue>>,
    spam: Vec<Arc<Dialogue>>,
}

/// All that is going on.
pub(super) struct Engine {
    pub(super) cx: Context,
    pub(super) chance: StdRng,
    pub(super) staff: Staff,
    pub(super) premises: Premises,
    pub(super) counts: Counts,
    /// When each chat's document changed last.
    pub(super) changed: HashMap<ChatId, Timestamp>,
    pub(super) occasions: Occasions,
    wall: Wall,
    queue: BinaryHeap<Reverse<Due>>,
    sequence: u64,
    until: Timestamp,
    bank: Bank,
    talks: HashMap<usize, Talk>,
    next_talk: usize,
    /// Those whose chats nobody has taken yet.
    waiting: BTreeSet<usize>,
    known: Vec<(Visit, Person)>,
}

impl Engine {
    pub(super) fn new(
        cx: Context,
        (staff, premises): (Staff, Premises),
        scale: &DemoScale,
        (start, until): (Timestamp, Timestamp),
    ) -> anyhow::Result<Engine> {
        let read = |text| Ok::<_, anyhow::Error>(dialogues::parse(text)?.into_iter().map(Arc::new).collect());
        let bank = Bank { chats: read(dialogues::CHATS)?, messages: read(dialogues::MESSAGES)?, spam: read(dialogues::SPAM)? };
        let wall = Wall::new()?;
        let mut engine = Engine {
            cx,
            chance: StdRng::seed_from_u64(scale.seed),
            staff,
            premises,
            counts: Counts::default(),
            changed: HashMap::new(),
            occasions: Occasions::default(),
            wall: wall.clone(),
            queue: BinaryHeap::new(),
            sequence: 0,
            until: until.plus_seconds(-CLOSE_SECONDS),
            bank,
            talks: HashMap::new(),
            next_talk: 0,
            waiting: BTreeSet::new(),
            known: Vec::new(),
        };
        engine.at(start, Step::Day);
        engine.at(start, Step::Rules);
        let close = engine.until;
        engine.sequence += 1;
        engine.queue.push(Reverse(Due(close, engine.sequence, Step::Close)));
        let count = usize::try_from(scale.conversations).unwrap_or_default();
        for at in wall.arrivals(&mut engine.chance, start, close, count) {
            let purpose = match engine.chance.random_range(0..100) {
                0..SPAM_PER_CENT => Purpose::Spams,
                SPAM_PER_CENT..LEAVES_MESSAGE_PER_CENT => Purpose::LeavesMessage,
                _ => Purpose::Chats,
            };
            engine.at(at, Step::Comes(purpose));
        }
        for at in wall.arrivals(&mut engine.chance, start, close, count * BROWSERS_PER_CENT / 100) {
            engine.at(at, Step::Comes(Purpose::Looks));
        }
        if count > 0 {
            for (at, occasion) in occasions::plan(&wall, start, close) {
                engine.at(at, Step::Occasion(occasion));
            }
            for sideline in Sideline::ALL {
                for at in wall.arrivals(&mut engine.chance, start, close, SIDELINES_MIN + count * sideline.per_cent() / 100) {
                    engine.at(at, Step::Aside(sideline));
                }
            }
        }
        Ok(engine)
    }

    pub(super) fn is_over(&self) -> bool {
        self.queue.is_empty()
    }

    /// What happened, and the chats with the moment of their last change, in order.
    pub(super) fn finish(self) -> (Counts, Vec<(ChatId, Timestamp)>) {
        let mut changed: Vec<(ChatId, Timestamp)> = self.changed.into_iter().collect();
        changed.sort_by_key(|(chat, at)| (*at, *chat));
        (self.counts, changed)
    }

    /// Puts a step into the queue; what would come after the end never happens.
    fn at(&mut self, at: Timestamp, step: Step) -> bool {
        if at >= self.until {
            return false;
        }
        self.sequence += 1;
        self.queue.push(Reverse(Due(at, self.sequence, step)));
        true
    }

    fn moment(&mut self, seconds: f64) -> Timestamp {
        let micros = (seconds.max(0.0) * 1e6) as i64 + self.chance.random_range(1..900_000);
        self.cx.now.plus_micros(micros)
    }

    /// The conversation does something some seconds from now.
    pub(super) fn later(&mut self, talk: usize, seconds: f64, act: Act) {
        let at = self.moment(seconds);
        self.talk_at(talk, at, act);
    }

    /// The same on a phone.
    pub(super) fn on_phone(&mut self, call: CallId, seconds: f64, act: PhoneAct) {
        let at = self.moment(seconds);
        self.at(at, Step::Phone(call, act));
    }

    /// The same with a mail.
    pub(super) fn on_letter(&mut self, conversation: ConversationId, seconds: f64, act: LetterAct) {
        let at = self.moment(seconds);
        self.at(at, Step::Letter(conversation, act));
    }

    pub(super) fn talk_at(&mut self, talk: usize, at: Timestamp, act: Act) {
        if self.at(at, Step::Talk(talk, act))
            && let Some(talk) = self.talks.get_mut(&talk)
        {
            talk.pending += 1;
        }
    }

    /// The address of somebody who was here before.
    pub(super) fn known_address(&mut self) -> Option<String> {
        let reachable: Vec<&String> = self.known.iter().filter_map(|(_, person)| person.reachable.email.as_ref()).collect();
        if reachable.is_empty() { None } else { Some((*pick(&mut self.chance, &reachable)).clone()) }
    }

    pub(super) fn talk(&mut self, talk: usize) -> Option<&mut Talk> {
        self.talks.get_mut(&talk)
    }

    pub(super) fn waits(&mut self, talk: usize) {
        self.waiting.insert(talk);
    }

    pub(super) fn waits_no_more(&mut self, talk: usize) {
        self.waiting.remove(&talk);
    }

    /// The next time that somebody is there to read what was left: now, or some morning.
    pub(super) fn office_time(&mut self) -> Timestamp {
        if self.staff.members.iter().any(|member| member.duty == Duty::On) {
            return self.cx.now;
        }
        let mut day = self.wall.midnight(self.cx.now);
        loop {
            let opens = match self.wall.day(day) {
                Day::Working => 8 * HOUR_SECONDS,
                Day::Saturday => 10 * HOUR_SECONDS,
                Day::Closed => DAY_SECONDS,
            };
            let opening = day.plus_seconds(opens);
            if opens < DAY_SECONDS && opening > self.cx.now {
                return opening.plus_seconds(self.chance.random_range(600..7_200));
            }
            day = self.wall.next_midnight(day);
        }
    }

    /// Carries out the next steps, at most so many.
    pub(super) fn run(&mut self, tx: &mut Tx<'_>, steps_max: usize) -> Result<(), AppError> {
        for _ in 0..steps_max {
            let Some(Reverse(Due(at, _, step))) = self.queue.pop() else { return Ok(()) };
            self.tell_breaches(tx, at)?;
            // Every step has a moment of its own, so that what is ordered by time has one order.
            self.cx.now = at.max(self.cx.now.plus_micros(1));
            match step {
                Step::Day => self.day(),
                Step::Rules => self.rules(tx)?,
                Step::Comes(purpose) => self.comes(tx, purpose, None)?,
                Step::Staff(place, shift) => {
                    if !staff::shift(tx, &mut self.cx, &mut self.staff.members[place], shift)? {
                        let again = self.moment(45.0);
                        self.at(again, Step::Staff(place, shift));
                    }
                    self.look_around(tx)?;
                }
                Step::OffersExpire => {
                    timers::expire_offers(tx, &mut self.cx)?;
                    self.look_around(tx)?;
                }
                Step::Aside(sideline) => self.sideline(tx, sideline)?,
                Step::Talk(talk, act) => self.act(tx, talk, act)?,
                Step::Phone(call, act) => self.phone_act(tx, call, act)?,
                Step::Letter(conversation, act) => self.letter_act(tx, conversation, act)?,
                Step::Occasion(occasion) => self.occasion(tx, occasion)?,
                Step::Close => self.close(tx)?,
            }
        }
        Ok(())
    }

    /// Due times that pass before the next step, each told at its own moment.
    fn tell_breaches(&mut self, tx: &mut Tx<'_>, until: Timestamp) -> Result<(), AppError> {
        while let Some(passes) = sla::breaches::next(tx)?.filter(|passes| *passes < until) {
            self.cx.now = passes.max(self.cx.now.plus_micros(1));
            sla::breaches::tell_bite(tx, &self.cx)?;
        }
        Ok(())
    }

    fn day(&mut self) {
        let today = self.wall.midnight(self.cx.now);
        let kind = self.wall.day(today);
        for place in 0..self.staff.members.len() {
            for (at, shift) in staff::day(&mut self.chance, self.staff.members[place].colleague, place, (today, kind)) {
                self.at(at.max(self.cx.now), Step::Staff(place, shift));
            }
        }
        self.at(self.wall.next_midnight(today), Step::Day);
    }

    fn rules(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        rules::reader::follow_within(tx, &mut self.cx)?;
        time_rules::look_within(tx, &mut self.cx)?;
        self.at(self.cx.now.plus_seconds(RULES_SECONDS), Step::Rules);
        Ok(())
    }

    fn act(&mut self, tx: &mut Tx<'_>, place: usize, act: Act) -> Result<(), AppError> {
        let Some(talk) = self.talks.get_mut(&place) else { return Ok(()) };
        talk.pending -= 1;
        match act {
            Act::View => self.views(tx, place)?,
            Act::Parts => tables::visits::touch(tx, &[talk.visit.id], self.cx.now)?,
            Act::AsksForChat
            | Act::GivesUp(_)
            | Act::Reacts { .. }
            | Act::TakesOver
            | Act::Line
            | Act::SaysGoodbye
            | Act::HandsOver
            | Act::Ends(_)
            | Act::Rates
            | Act::RatesAnew(_)
            | Act::Reads => self.chat_act(tx, place, act)?,
            Act::Tags | Act::Notes | Act::Resolves | Act::LeavesMessage | Act::Handled | Act::Answered | Act::Reopened => {
                self.ticket_act(tx, place, act)?;
            }
        }
        let over = |talk: &&mut Talk| talk.pending == 0 && !matches!(talk.phase, Phase::Waiting | Phase::Served);
        if self.talks.get_mut(&place).as_ref().is_some_and(over)
            && let Some(talk) = self.talks.remove(&place)
        {
            self.remember(talk);
        }
        Ok(())
    }

    fn remember(&mut self, talk: Talk) {
        if talk.purpose == Purpose::Spams {
            return;
        }
        let known = (talk.visit, talk.person);
        if self.known.len() < KNOWN_MAX {
            self.known.push(known);
        } else {
            let place = self.chance.random_range(0..KNOWN_MAX);
            self.known[place] = known;
        }
    }

    /// Somebody opens the shop's page; how his chat goes is drawn unless it is given.
    pub(super) fn comes(&mut self, tx: &mut Tx<'_>, purpose: Purpose, given: Option<Course>) -> Result<(), AppError> {
        let place = self.next_talk;
        self.next_talk += 1;
        let matters = match purpose {
            Purpose::Looks | Purpose::Chats => &self.bank.chats,
            Purpose::LeavesMessage => &self.bank.messages,
            Purpose::Spams => &self.bank.spam,
        };
        let mut matter = Arc::clone(pick(&mut self.chance, matters));
        if given.is_some() {
            // What everybody at work can help with.
            let is_common = |matter: &&Arc<Dialogue>| (matter.language, matter.section) == (Language::English, Section::Support);
            let common: Vec<_> = matters.iter().filter(is_common).cloned().collect();
            matter = Arc::clone(pick(&mut self.chance, &common));
        }
        let returns =
            given.is_none() && purpose != Purpose::Spams && !self.known.is_empty() && per_cent(&mut self.chance, RETURNING_PER_CENT);
        let (earlier, person) = if returns {
            let who = self.chance.random_range(0..self.known.len());
            let (visit, person) = self.known.swap_remove(who);
            // He goes on in his own language.
            let own: Vec<Arc<Dialogue>> = matters.iter().filter(|matter| matter.language == person.language).cloned().collect();
            if !own.is_empty() {
                matter = Arc::clone(pick(&mut self.chance, &own));
            }
            (Some(visit.id), person)
        } else {
            (None, person(&mut self.chance, matter.language, place))
        };
        let (path, title) = *pick(&mut self.chance, PAGES);
        let arrival = Arrival {
            url: format!("{SHOP}{path}"),
            title: title.to_owned(),
            referrer: person.referrer.to_owned(),
            language: person.language.tag().to_owned(),
            user_agent: person.browser.to_owned(),
            address: person.address.clone(),
        };
        let visit = visits::arrive(tx, &mut self.cx, earlier, &arrival)?;
        self.counts.visits += 1;
        let chance = &mut self.chance;
        let lines = matter.lines.len();
        let course = match chance.random_range(0..100) {
            0..4 => Course::Impatient,
            4..8 => Course::Vanishes(chance.random_range(1..lines.max(2))),
            8..11 => Course::FallsSilent(chance.random_range(1..lines.max(2))),
            11..18 if lines > 3 => Course::HandedOver(2),
            _ => Course::Plain,
        };
        let course = given.unwrap_or(course);
        let talk = Talk {
            order: format!("FH-{}", chance.random_range(10_000..99_999)),
            product: pick::<&str>(chance, PRODUCTS),
            amount: format!("{}.{:02} €", chance.random_range(4..120), chance.random_range(0..20) * 5),
            pages: chance.random_range(0..4),
            person,
            visit,
            matter,
            course,
            purpose,
            phase: Phase::Quiet,
            conversation: None,
            chat: None,
            agent: None,
            line: 1,
            farewell: false,
            waits: 0,
            asked: Vec::new(),
            said_last: None,
            heard_last: None,
            pending: 0,
        };
        self.talks.insert(place, talk);
        let seconds = wait_seconds(&mut self.chance, 30.0) + 3.0;
        self.later(place, seconds, Act::View);
        Ok(())
    }

    fn views(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let (path, title) = *pick(&mut self.chance, PAGES);
        let mut seconds = wait_seconds(&mut self.chance, 35.0) + 3.0;
        let Some(talk) = self.talks.get_mut(&place) else { return Ok(()) };
        let act = if talk.pages > 0 {
            talk.pages -= 1;
            visits::view(tx, &mut self.cx, &talk.visit, &format!("{SHOP}{path}"), title)?;
            Act::View
        } else {
            match talk.purpose {
                Purpose::Looks => Act::Parts,
                Purpose::Chats => Act::AsksForChat,
                Purpose::LeavesMessage | Purpose::Spams => Act::LeavesMessage,
            }
        };
        if matches!(act, Act::LeavesMessage) {
            seconds += 40.0;
        }
        self.later(place, seconds, act);
        Ok(())
    }

    /// Looks at those who wait: whose phone rings for them, and who was sent away because nobody was left.
    pub(super) fn look_around(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let waiting: Vec<usize> = self.waiting.iter().copied().collect();
        for place in waiting {
            let Some(chat) = self.talks.get(&place).and_then(|talk| talk.chat) else { continue };
            let mut ringing = tables::offers::ringing(tx, chat)?;
            // Not in the order of their own ids, which differ from desk to desk.
            ringing.sort_unstable_by_key(|offer| offer.agent);
            if ringing.is_empty() {
                if let Some(chat) = tables::chats::get(tx, chat)?.filter(|chat| chat.ended.is_some()) {
                    self.is_over_now(place, &chat);
                }
                continue;
            }
            for offer in ringing {
                let Some(talk) = self.talks.get_mut(&place) else { continue };
                if talk.asked.contains(&offer.id) {
                    continue;
                }
                talk.asked.push(offer.id);
                let (accepts, seconds) = match self.chance.random_range(0..100) {
                    0..88 => (true, self.chance.random_range(2.0..18.0)),
                    88..92 => (false, self.chance.random_range(2.0..12.0)),
                    _ => {
                        self.at(offer.expires.plus_micros(150_000), Step::OffersExpire);
                        continue;
                    }
                };
                self.later(place, seconds, Act::Reacts { offer: offer.id, agent: offer.agent, accepts });
            }
        }
        Ok(())
    }

    /// The end of the history: nobody stays.
    fn close(&mut self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let mut live: Vec<(usize, ChatId, Phase)> =
            self.talks.iter().filter_map(|(place, talk)| Some((*place, talk.chat?, talk.phase))).collect();
        live.retain(|(_, _, phase)| matches!(phase, Phase::Waiting | Phase::Served));
        live.sort_unstable_by_key(|(place, _, phase)| (*phase == Phase::Served, *place));
        for (place, chat, phase) in live {
            let Some(chat) = tables::chats::get(tx, chat)?.filter(|chat| chat.ended.is_none()) else { continue };
            self.cx.now = self.cx.now.plus_micros(1_000);
            let agent = self.talks.get(&place).and_then(|talk| talk.agent).map(|place| self.staff.members[place].id);
            let (reason, by) = match agent {
                Some(agent) if phase == Phase::Served => (EndReason::Agent, Actor::Agent(agent)),
                _ => (EndReason::Visitor, Actor::Customer(chat.customer)),
            };
            let chat = chats::end(tx, &mut self.cx, chat, reason, by)?;
            self.is_over_now(place, &chat);
        }
        self.has_time_again(tx)?;
        self.end_calls(tx)?;
        for member in &mut self.staff.members {
            self.cx.now = self.cx.now.plus_micros(1_000);
            accounts::gone(tx, &mut self.cx, member.id)?;
            member.duty = Duty::Off;
        }
        self.queue.clear();
        self.talks.clear();
        Ok(())
    }

    /// The outcome an agent's reaction has on an offer that may be over already.
    pub(super) fn still_rings(&mut self, tx: &mut Tx<'_>, chat: ChatId, offer: OfferId) -> Result<bool, AppError> {
        let ringing = tables::offers::ringing(tx, chat)?;
        Ok(ringing.iter().any(|ringing| ringing.id == offer && ringing.outcome.is_none_or(|outcome| outcome == OfferOutcome::Accepted)))
    }
}
