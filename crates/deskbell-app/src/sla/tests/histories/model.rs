//! The model: what clocks there must have been, from what happened to conversations.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::call::{CallEvent, Direction};
use deskbell_domain::conversation::Status;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{ConversationId, SlaItemId, SlaLevelId};
use deskbell_domain::sla::{Goal, SlaEvent, Times};
use deskbell_domain::time::Timestamp;

/// A clock as it was told of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    conversation: ConversationId,
    pub(super) goal: Goal,
    level: SlaLevelId,
    told_at: Timestamp,
    /// The last one told; `None` while it stands still.
    pub(super) due: Option<Timestamp>,
    breached: usize,
    /// When, and whether its goal was reached.
    pub(super) ended: Option<(Timestamp, bool)>,
}

impl Item {
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.ended, Some((_, true)))
    }

    pub(super) fn ended_at(&self) -> Option<Timestamp> {
        self.ended.map(|(at, _)| at)
    }
}

/// What was told, each item once; in order.
pub(super) fn told(journal: &[Recorded]) -> Vec<Item> {
    let mut items: BTreeMap<SlaItemId, Item> = BTreeMap::new();
    for Recorded { at, event, .. } in journal {
        let Event::Sla(event) = event else { continue };
        let mut change = |item: &SlaItemId, change: &mut dyn FnMut(&mut Item)| {
            let item = items.get_mut(item).expect("it began");
            assert_eq!(item.ended, None, "nothing is told of what has ended: {event:?}");
            change(item);
        };
        match event {
            SlaEvent::Started { conversation, item, goal, level, due } => {
                let (conversation, goal, level, due) = (*conversation, *goal, *level, *due);
                let new = Item { conversation, goal, level, told_at: *at, due, breached: 0, ended: None };
                assert_eq!(items.insert(*item, new), None, "an item begins once");
            }
            SlaEvent::DueMoved { item, due, .. } => change(item, &mut |item| item.due = *due),
            SlaEvent::Breached { item, due, .. } => change(item, &mut |item| {
                assert_eq!(item.due, Some(*due));
                assert!(due < at);
                item.breached += 1;
            }),
            SlaEvent::Closed { item, due, .. } => {
                change(item, &mut |item| (item.due, item.ended) = (Some(*due), Some((*at, true))));
            }
            SlaEvent::Dropped { item, .. } => change(item, &mut |item| item.ended = Some((*at, false))),
            SlaEvent::LevelChanged { .. } | SlaEvent::LevelSet { .. } => {}
        }
    }
    let mut items: Vec<Item> = items.into_values().collect();
    items.sort_unstable();
    items
}

const MINUTE_MICROS: i64 = 60_000_000;
/// Kathmandu is ahead of UTC by this.
const AHEAD_MINUTES: i64 = 5 * 60 + 45;
/// What a goal is given that its level does not watch, where it is played again.
const UNWATCHED_SECONDS: u32 = 90 * 60;
/// 2026-09-23 as days since 1970.
const HOLIDAY: i64 = 20_719;

/// Whether the desk is open in a minute, counted since 1970 in UTC.
fn is_open(minute: i64) -> bool {
    let local = minute + AHEAD_MINUTES;
    let (day, minute) = (local.div_euclid(1_440), local.rem_euclid(1_440));
    // 1 January 1970 was a Thursday.
    let weekday = (day + 3).rem_euclid(7);
    let hours = (540..720).contains(&minute) || (780..1_020).contains(&minute);
    hours && weekday < 5 && day != HOLIDAY
}

fn minute(at: Timestamp) -> i64 {
    assert_eq!(at.micros() % MINUTE_MICROS, 0, "histories go by whole minutes");
    at.micros() / MINUTE_MICROS
}

/// A clock of the model: in minutes.
#[derive(Debug, Clone)]
struct Clock {
    goal: Goal,
    of: i64,
    level: SlaLevelId,
    allowed: i64,
    told_at: Timestamp,
    started: i64,
    /// Open minutes of the stretches that are over.
    used: i64,
    /// The stretch that goes on.
    since: Option<i64>,
}

impl Clock {
    fn due(&self) -> Option<i64> {
        let mut at = self.since?;
        let mut left = self.allowed - self.used;
        if left <= 0 {
            while !is_open(at) {
                at += 1;
            }
            return Some(at);
        }
        loop {
            left -= i64::from(is_open(at));
            at += 1;
            if left == 0 {
                return Some(at);
            }
        }
    }

    fn item(&self, conversation: ConversationId, due: Option<i64>, ended: Option<(Timestamp, bool)>, now: i64) -> Item {
        let breached = usize::from(self.due().is_some_and(|due| due < now));
        let due = due.map(|due| Timestamp::from_micros(due * MINUTE_MICROS));
        Item { conversation, goal: self.goal, level: self.level, told_at: self.told_at, due, breached, ended }
    }
}

struct Conversation {
    status: Status,
    level: Option<SlaLevelId>,
    fresh: bool,
    assigned: bool,
    reached: BTreeSet<Goal>,
    clocks: Vec<Clock>,
    /// What happened, but to clocks.
    past: Vec<(Timestamp, Event)>,
    /// It is played again under a level that came later: then all goals have clocks, also those that the level does not watch.
    again: bool,
}

impl Conversation {
    fn begun(status: Status, level: Option<SlaLevelId>, again: bool) -> Conversation {
        let (reached, clocks, past) = (BTreeSet::new(), Vec::new(), Vec::new());
        Conversation { status, level, fresh: true, assigned: false, reached, clocks, past, again }
    }
}

pub(super) struct Model<'a> {
    times: &'a [(SlaLevelId, Times)],
    /// The items that there must be, in order.
    pub(super) items: Vec<Item>,
    /// Of those whose goal was reached, the business time they took in microseconds.
    pub(super) taken: Vec<(Goal, i64)>,
}

/// What there must be.
pub(super) fn model<'a>(journal: &[Recorded], times: &'a [(SlaLevelId, Times)], now: Timestamp) -> Model<'a> {
    let mut model = Model { times, items: Vec::new(), taken: Vec::new() };
    let mut conversations: BTreeMap<ConversationId, Conversation> = BTreeMap::new();
    for Recorded { at, event, .. } in journal {
        if let Event::ConversationStarted { conversation, status, .. } = event {
            conversations.insert(*conversation, Conversation::begun(*status, None, false));
        }
        if let Some(id) = event.conversation()
            && let Some(conversation) = conversations.get_mut(&id)
        {
            model.take(id, conversation, event, *at);
            if !matches!(event, Event::Sla(_)) {
                conversation.past.push((*at, event.clone()));
            }
        }
    }
    for (id, conversation) in &conversations {
        for clock in &conversation.clocks {
            model.items.push(clock.item(*id, clock.due(), None, minute(now)));
        }
    }
    model.items.sort_unstable();
    model
}

impl Model<'_> {
    fn take(&mut self, id: ConversationId, on: &mut Conversation, event: &Event, at: Timestamp) {
        match event {
            Event::Sla(SlaEvent::LevelSet { level, .. }) => self.level(id, on, *level, at),
            Event::StatusChanged { from, to, .. } => self.status(id, on, *from, *to, at),
            Event::Assigned { agent, .. } => {
                on.assigned = agent.is_some();
                if on.assigned {
                    let at_once = on.clocks.iter().any(|clock| clock.goal == Goal::FirstAssign && clock.started == minute(at));
                    self.end(id, on, at, |clock| (clock.goal == Goal::FirstAssign).then_some(!at_once));
                }
            }
            Event::ChatRequested { chat, .. } => {
                self.start(on, Goal::ChatAnswer, chat.get(), at);
            }
            Event::ChatJoined { chat, .. } => self.end(id, on, at, |clock| (clock.of == chat.get()).then_some(true)),
            Event::ChatEnded { chat, .. } => self.end(id, on, at, |clock| (clock.of == chat.get()).then_some(false)),
            Event::ConversationMerged { .. } => self.end(id, on, at, |_| Some(false)),
            Event::Call(CallEvent::Started { call, direction: Direction::Incoming, .. }) => {
                self.start(on, Goal::CallAnswer, call.get(), at);
            }
            Event::Call(CallEvent::Answered { call, .. }) => self.end(id, on, at, |clock| (clock.of == call.get()).then_some(true)),
            Event::Call(CallEvent::Ended { call, .. }) => self.end(id, on, at, |clock| (clock.of == call.get()).then_some(false)),
            _ => {}
        }
    }

    fn start(&self, on: &mut Conversation, goal: Goal, of: i64, at: Timestamp) {
        let times = on.level.and_then(|level| self.times.iter().find(|(id, _)| *id == level));
        if let Some((level, times)) = times
            && let Some(seconds) = times.get(goal).or(on.again.then_some(UNWATCHED_SECONDS))
        {
            let (started, allowed) = (minute(at), i64::from(seconds) / 60);
            on.clocks.push(Clock { goal, of, level: *level, allowed, told_at: at, started, used: 0, since: Some(started) });
        }
    }

    /// Ends the clocks for which `how` says so: reached or not.
    fn end(&mut self, id: ConversationId, on: &mut Conversation, at: Timestamp, how: impl Fn(&Clock) -> Option<bool>) {
        for clock in std::mem::take(&mut on.clocks) {
            let Some(reached) = how(&clock) else {
                on.clocks.push(clock);
                continue;
            };
            if reached {
                on.reached.insert(clock.goal);
                let running = clock.since.map_or(0, |since| (since..minute(at)).filter(|minute| is_open(*minute)).count() as i64);
                self.taken.push((clock.goal, (clock.used + running) * MINUTE_MICROS));
            }
            // In the log stands what it would be due if it ran again now; of what is dropped, what was told last.
            let due = if reached { Clock { since: clock.since.or(Some(minute(at))), ..clock.clone() }.due() } else { clock.due() };
            self.items.push(clock.item(id, due, Some((at, reached)), minute(at)));
        }
    }

    /// What starts because a ticket waits.
    fn waits(&self, on: &mut Conversation, answer: Option<Goal>, at: Timestamp) {
        let has = |on: &Conversation, goal| on.clocks.iter().any(|clock| clock.goal == goal);
        if let Some(answer) = answer.filter(|_| !has(on, Goal::FirstAnswer) && !has(on, Goal::NextAnswer)) {
            self.start(on, answer, 0, at);
        }
        if !on.assigned && !has(on, Goal::FirstAssign) && !on.reached.contains(&Goal::FirstAssign) {
            self.start(on, Goal::FirstAssign, 0, at);
        }
        if !has(on, Goal::FirstResolve) && !on.reached.contains(&Goal::FirstResolve) {
            self.start(on, Goal::FirstResolve, 0, at);
        }
    }

    fn new_answer(on: &Conversation) -> Goal {
        if on.reached.contains(&Goal::FirstAnswer) { Goal::NextAnswer } else { Goal::FirstAnswer }
    }

    fn status(&mut self, id: ConversationId, on: &mut Conversation, from: Status, to: Status, at: Timestamp) {
        on.status = to;
        let now = minute(at);
        if from == Status::Answered && !matches!(to, Status::Resolved | Status::Deleted | Status::Spam) {
            for clock in &mut on.clocks {
                clock.since = clock.since.or(Some(now));
            }
        }
        let is_answer = |clock: &Clock| matches!(clock.goal, Goal::FirstAnswer | Goal::NextAnswer);
        match to {
            Status::Answered => {
                self.end(id, on, at, |clock| is_answer(clock).then_some(true));
                for clock in on.clocks.iter_mut().filter(|clock| clock.goal == Goal::FirstResolve) {
                    if clock.due().is_some_and(|due| due >= now) {
                        let since = clock.since.take().expect("it is due");
                        clock.used += (since..now).filter(|minute| is_open(*minute)).count() as i64;
                    }
                }
            }
            Status::Resolved => self.end(id, on, at, |clock| match clock.goal {
                Goal::FirstResolve => Some(true),
                Goal::FirstAnswer | Goal::NextAnswer | Goal::FirstAssign => Some(false),
                Goal::ChatAnswer | Goal::CallAnswer => None,
            }),
            Status::Deleted | Status::Spam => self.end(id, on, at, |_| Some(false)),
            Status::New => {
                self.remember(on);
                self.waits(on, Some(Self::new_answer(on)), at);
            }
            Status::Open => {
                self.remember(on);
                self.waits(on, (from != Status::New).then_some(Goal::NextAnswer), at);
            }
            Status::Init | Status::Postponed | Status::Chatting | Status::Calling => {}
        }
    }

    fn level(&mut self, id: ConversationId, on: &mut Conversation, level: Option<SlaLevelId>, at: Timestamp) {
        on.level = level;
        if std::mem::take(&mut on.fresh) {
            if matches!(on.status, Status::New | Status::Open) {
                self.waits(on, Some(Goal::FirstAnswer), at);
            }
            return;
        }
        let before = on.clocks.clone();
        self.end(id, on, at, |_| Some(false));
        for clock in before {
            let goal = clock.goal;
            self.start(on, goal, clock.of, at);
            if let Some(next) = on.clocks.last_mut().filter(|next| (next.goal, next.of) == (goal, clock.of)) {
                (next.started, next.used, next.since) = (clock.started, clock.used, clock.since);
            }
        }
        self.later(id, on, at);
    }

    /// What was reached is known, though nothing may have watched it.
    fn remember(&self, on: &mut Conversation) {
        if let (false, Some((level, _))) = (on.again, self.times.first())
            && let Some(again) = self.played_again(ConversationId::from_i64(0), on, *level)
        {
            on.reached.extend(again.reached);
        }
    }

    /// All that happened so far, with a level from the beginning.
    fn played_again(&self, id: ConversationId, on: &Conversation, level: SlaLevelId) -> Option<Conversation> {
        let Some((began, Event::ConversationStarted { status, .. })) = on.past.first() else { return None };
        let mut again = Conversation::begun(*status, Some(level), true);
        let mut aside = Model { times: self.times, items: Vec::new(), taken: Vec::new() };
        aside.level(id, &mut again, Some(level), *began);
        for (at, event) in &on.past {
            aside.take(id, &mut again, event, *at);
        }
        Some(again)
    }

    /// What had no clock gets the one that it would have, had the level been there from the beginning: so all of it is played again.
    fn later(&self, id: ConversationId, on: &mut Conversation, at: Timestamp) {
        let times = on.level.and_then(|level| self.times.iter().find(|(id, _)| *id == level));
        let Some((level, times)) = times else { return };
        let Some(again) = self.played_again(id, on, *level) else { return };
        let is_answer = |goal: Goal| matches!(goal, Goal::FirstAnswer | Goal::NextAnswer);
        for clock in again.clocks {
            let runs = |other: &Clock| other.of == clock.of && (other.goal == clock.goal || is_answer(other.goal) && is_answer(clock.goal));
            let once = clock.goal != Goal::NextAnswer && clock.of == 0;
            if times.get(clock.goal).is_some() && !on.clocks.iter().any(runs) && !(once && on.reached.contains(&clock.goal)) {
                on.clocks.push(Clock { told_at: at, ..clock });
            }
        }
    }
}
