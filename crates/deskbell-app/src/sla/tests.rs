mod histories;
mod later;

use std::sync::Arc;

use deskbell_domain::calendar::Calendar;
use deskbell_domain::call::Direction;
use deskbell_domain::chat::EndReason;
use deskbell_domain::conversation::Status;
use deskbell_domain::event::Event;
use deskbell_domain::ids::AgentId;
use deskbell_domain::measure::Medium;
use deskbell_domain::message::Actor;
use deskbell_domain::sla::{Goal, Level, SlaEvent};
use deskbell_store::{Location, Options};

use super::levels::{self, LevelDraft};
use super::rules::{self, RuleDraft};
use super::*;
use crate::bites::Left;
use crate::calls::{self, HungUp, NewCall, Step, Teller, Telling};
use crate::chats;
use crate::clock::{Clock as _, FakeClock};
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{self, Change};
use crate::desk::{Desk, DeskOptions};
use crate::error::Kind;
use crate::paging::PageStart;
use crate::timers::Timers;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

/// A level of these times in seconds, that every new conversation gets.
fn level_for_all(stage: &Stage, times: &[(Goal, i64)], calendar: Calendar) -> Level {
    let level = level(stage, "Usual", times, calendar);
    let draft = RuleDraft { name: Some("All".to_owned()), level: Some(level.id), ..RuleDraft::default() };
    stage.write(move |tx, cx| rules::create(tx, cx, &draft));
    level
}

fn level(stage: &Stage, name: &str, times: &[(Goal, i64)], calendar: Calendar) -> Level {
    let times = times.iter().map(|(goal, seconds)| (*goal, Some(*seconds))).collect();
    let draft = LevelDraft { name: Some(name.to_owned()), times, calendar: Some(calendar) };
    stage.write(move |tx, cx| levels::create(tx, cx, &draft))
}

const ALL: [(Goal, i64); 6] = [
    (Goal::FirstAnswer, HOUR),
    (Goal::NextAnswer, 2 * HOUR),
    (Goal::FirstAssign, 10 * MINUTE),
    (Goal::FirstResolve, 8 * HOUR),
    (Goal::ChatAnswer, MINUTE),
    (Goal::CallAnswer, MINUTE),
];

impl Stage {
    /// What is open, with its due time in seconds from now.
    fn clocks(&self, conversation: ConversationId) -> Vec<(Goal, Option<i64>)> {
        let now = self.clock.now();
        let standing = self.see(move |tx| standing(tx, conversation));
        standing.clocks.iter().map(|clock| (clock.goal, clock.due().map(|due| due.micros_since(now) / 1_000_000))).collect()
    }

    fn logged(&self, medium: Medium) -> Vec<LogRow> {
        self.see(move |tx| {
            log(tx, medium, &LogFilter::default(), Timestamp::EPOCH, Timestamp::from_micros(i64::MAX), PageStart::default(), 1_000)
        })
        .rows
    }

    fn turns(&self, conversation: ConversationId, change: Change) {
        let ann = Actor::Agent(self.ann);
        self.write(move |tx, cx| conversations::change_status(tx, cx, ann, conversation, change));
    }

    fn told(&self) -> Vec<SlaEvent> {
        let events = self.events(0).into_iter();
        events.filter_map(|event| if let Event::Sla(event) = event { Some(event) } else { None }).collect()
    }

    fn breaches(&self) -> usize {
        self.told().iter().filter(|event| matches!(event, SlaEvent::Breached { .. })).count()
    }

    fn ring_the_bell(&self) {
        let desk = self.desk.clone();
        block_on(async move { breaches::tell(&desk).await }).unwrap();
    }

    fn clocks_are_sound(&self) {
        let recount = self.see(examine);
        let wrong = (recount.wrong_cells, recount.stray, recount.untrue, recount.doubled);
        assert_eq!(wrong, (0, vec![], vec![], vec![]));
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_ticket_and_its_clocks() {
    let stage = stage();
    let level = level_for_all(&stage, &ALL, Calendar::always());
    let ticket = stage.ticket(&stage.visit(), "ann.customer@mail.test", "Where is it?").id;
    let all = [(Goal::FirstAnswer, Some(HOUR)), (Goal::FirstAssign, Some(10 * MINUTE)), (Goal::FirstResolve, Some(8 * HOUR))];
    let mut open = stage.clocks(ticket);
    open.sort_unstable();
    assert_eq!(open, all);
    assert_eq!(stage.see(move |tx| dues(tx, &[ticket]))[&ticket], stage.clock.now().plus_seconds(10 * MINUTE));
    // Twenty minutes later somebody answers: in time, but assigned too late.
    stage.clock.advance_seconds(20 * MINUTE - 1);
    stage.answer(stage.ann, ticket, "On its way.");
    assert_eq!(stage.clocks(ticket), [(Goal::FirstResolve, None)]);
    assert_eq!(stage.see(move |tx| dues(tx, &[ticket])).len(), 0, "what stands still is not due");
    let rows = stage.logged(Medium::Tickets);
    let goals: Vec<(Goal, i64, bool)> = rows.iter().map(|row| (row.goal, row.number, row.closed <= row.due)).collect();
    assert_eq!(goals, [(Goal::FirstAnswer, 1, true), (Goal::FirstAssign, 2, false)]);
    let LogRow { created, due, closed, .. } = rows[0];
    assert_eq!((closed.seconds_since(created), due.seconds_since(created)), (20 * MINUTE, HOUR));
    assert_eq!((rows[0].level, rows[0].level_name.as_str(), rows[0].department_name.as_str()), (level.id, "Usual", "Support"));
    assert_eq!(rows[0].agent, Some((stage.ann, "Ann".to_owned(), String::new())));
    assert_eq!(rows[0].code, stage.conversation(ticket).code);
    assert_eq!(stage.breaches(), 1, "the timers had not looked, and yet it is told");
    // Half an hour passes until the customer comes back: the first resolve has stood still.
    stage.clock.advance_seconds(30 * MINUTE);
    let customer = Actor::Customer(stage.conversation(ticket).customer);
    stage.write(move |tx, cx| {
        let mut conversation = conversations::get(tx, ticket)?;
        conversations::set_status(tx, cx, &mut conversation, Status::Open, customer)
    });
    let mut open = stage.clocks(ticket);
    open.sort_unstable();
    assert_eq!(open, [(Goal::NextAnswer, Some(2 * HOUR)), (Goal::FirstResolve, Some(8 * HOUR - 20 * MINUTE))]);
    // Resolved without an answer: nothing is logged of it.
    stage.clock.advance_seconds(10 * MINUTE);
    stage.turns(ticket, Change::Resolve);
    assert_eq!(stage.clocks(ticket), []);
    let last = stage.logged(Medium::Tickets).pop().unwrap();
    assert_eq!((last.goal, last.number, last.due.seconds_since(last.created)), (Goal::FirstResolve, 3, 8 * HOUR + 30 * MINUTE));
    let year = [Timestamp::EPOCH, stage.clock.now().plus_seconds(1)];
    let sums = stage.see(move |tx| compliance(tx, Medium::Tickets, &LogFilter::default(), &year));
    let taken =
        Times { count: 2, sum_micros: 50 * MINUTE * 1_000_000, max_micros: 30 * MINUTE * 1_000_000, min_micros: 20 * MINUTE * 1_000_000 };
    assert_eq!(sums, [Compliance { fulfilled: taken, unfulfilled: Times::one(20 * MINUTE * 1_000_000) }]);
    // Opened again: the first resolve was reached once and for all.
    stage.turns(ticket, Change::Open);
    assert_eq!(stage.clocks(ticket), [(Goal::NextAnswer, Some(2 * HOUR))]);
    stage.turns(ticket, Change::Delete);
    assert_eq!(stage.clocks(ticket), []);
    assert_eq!(stage.logged(Medium::Tickets).len(), 3);
    stage.clocks_are_sound();
}

#[test]
fn marked_as_answered_and_resolved_straight_away() {
    let stage = stage();
    level_for_all(&stage, &ALL, Calendar::always());
    let visit = stage.visit();
    let marked = stage.ticket(&visit, "one@mail.test", "One").id;
    stage.turns(marked, Change::Answered);
    let resolved = stage.ticket(&visit, "two@mail.test", "Two").id;
    stage.turns(resolved, Change::Resolve);
    let rows = stage.logged(Medium::Tickets);
    let seen: Vec<_> = rows.iter().map(|row| (row.conversation, row.goal)).collect();
    assert_eq!(seen, [(marked, Goal::FirstAnswer), (resolved, Goal::FirstResolve)]);
    let ann = rows[0].agent.as_ref().map(|(agent, _, _)| *agent);
    assert_eq!(ann, Some(stage.ann), "nobody was in charge: it is who did it");
    assert_eq!(stage.clocks(marked).len(), 2);
    stage.clocks_are_sound();
}

#[test]
fn without_a_level_there_are_no_clocks() {
    let stage = stage();
    let ticket = stage.ticket(&stage.visit(), "one@mail.test", "One").id;
    stage.answer(stage.ann, ticket, "Two");
    assert_eq!((stage.clocks(ticket), stage.told()), (vec![], vec![]));
    assert_eq!(stage.see(move |tx| standing(tx, ticket)), Standing::default());
}

#[test]
fn chats_wait_for_an_answer() {
    let stage = stage();
    level_for_all(&stage, &ALL, Calendar::always());
    stage.all_online();
    let (one, other) = (stage.visit(), stage.visit());
    let (joined, missed) = (stage.chat(&one, "Hello?"), stage.chat(&other, "Hello?"));
    assert_eq!(stage.clocks(joined.conversation), [(Goal::ChatAnswer, Some(MINUTE - 1))]);
    stage.clock.advance_seconds(30);
    stage.accept(stage.owner, joined.id);
    let rows = stage.logged(Medium::Chats);
    assert_eq!((rows.len(), rows[0].goal, rows[0].closed.seconds_since(rows[0].created)), (1, Goal::ChatAnswer, 31));
    assert_eq!(rows[0].agent.as_ref().map(|(agent, _, _)| *agent), Some(stage.owner));
    // A second agent who joins, and the end, change nothing.
    let (ann, id) = (stage.ann, joined.id);
    stage.write(move |tx, cx| chats::transfer::invite(tx, cx, stage.owner, id, ann).and_then(|_| chats::accept(tx, cx, ann, id)));
    stage.end(stage.owner, joined.id);
    // Who gives up is not in the log; the question that is left waits as a ticket.
    stage.write(move |tx, cx| {
        let chat = chats::live(tx, missed.id)?;
        let by = Actor::Customer(chat.customer);
        chats::end(tx, cx, chat, EndReason::Visitor, by)
    });
    let waiting: Vec<Goal> = stage.clocks(missed.conversation).into_iter().map(|(goal, _)| goal).collect();
    assert_eq!(waiting.len(), 3, "{waiting:?}");
    assert_eq!((stage.clocks(joined.conversation), stage.logged(Medium::Chats).len()), (vec![], 1));
    assert_eq!(stage.breaches(), 0);
    stage.clocks_are_sound();
}

/// What is told of calls, in an agent's name or in none.
fn telling(agent: Option<AgentId>) -> Telling {
    Telling { teller: Teller::Desk, agent: agent.map(|agent| agent.to_string()), key: None }
}

#[test]
fn calls_wait_for_an_answer() {
    let stage = stage();
    level_for_all(&stage, &ALL, Calendar::always());
    let (ann, owner) = (stage.ann, stage.owner);
    let start = |number: u8, direction, agent| {
        let new = NewCall { number: Some(format!("+44 1632 9600{number:02}")), ..NewCall::new(direction) };
        let done = stage.write(move |tx, cx| calls::start(tx, cx, &telling(agent), &new));
        (done.call.unwrap(), done.conversation.unwrap())
    };
    let take = |call, agent, step: Step| stage.write(move |tx, cx| calls::take(tx, cx, &telling(agent), call, &step));
    let (answered, one) = start(1, Direction::Incoming, None);
    let (given_up, other) = start(2, Direction::Incoming, None);
    let (_, outgoing) = start(3, Direction::Outgoing, Some(owner));
    for incoming in [one, other] {
        assert_eq!(stage.clocks(incoming), [(Goal::CallAnswer, Some(MINUTE))]);
    }
    assert_eq!(stage.clocks(outgoing), []);
    stage.clocks_are_sound();
    stage.clock.advance_seconds(2 * MINUTE);
    take(answered, Some(ann), Step::Answer);
    take(given_up, None, Step::End(HungUp::Customer));
    assert_eq!(stage.clocks(one), []);
    assert!(stage.clocks(other).iter().all(|(goal, _)| *goal != Goal::CallAnswer), "who gave up waits as a ticket");
    let rows = stage.logged(Medium::Calls);
    assert_eq!((rows.len(), rows[0].goal, rows[0].closed > rows[0].due), (1, Goal::CallAnswer, true));
    assert_eq!(rows[0].agent.as_ref().map(|(agent, _, _)| *agent), Some(ann));
    assert_eq!(stage.breaches(), 2, "each of the two rang for too long");
    stage.clocks_are_sound();
}

#[test]
fn another_level() {
    let stage = stage();
    let usual = level_for_all(&stage, &ALL, Calendar::always());
    let urgent = level(&stage, "Urgent", &[(Goal::FirstAnswer, 10 * MINUTE), (Goal::FirstAssign, HOUR)], Calendar::always());
    let ticket = stage.ticket(&stage.visit(), "one@mail.test", "One").id;
    let (ann, set) = (Actor::Agent(stage.ann), |level| {
        move |tx: &mut Tx<'_>, cx: &mut crate::context::Context| clocks::set_level(tx, cx, Actor::System, ticket, level)
    });
    stage.clock.advance_seconds(5 * MINUTE);
    stage.write(move |tx, cx| clocks::set_level(tx, cx, ann, ticket, Some(urgent.id)));
    let mut open = stage.clocks(ticket);
    open.sort_unstable();
    assert_eq!(open, [(Goal::FirstAnswer, Some(5 * MINUTE)), (Goal::FirstAssign, Some(55 * MINUTE))], "since it began");
    let told = stage.head();
    stage.write(set(Some(urgent.id)));
    assert_eq!(stage.head(), told, "as before");
    stage.write(set(None));
    assert_eq!(stage.clocks(ticket), []);
    // What had none has waited since it began, whatever level it had then.
    stage.write(set(Some(usual.id)));
    assert_eq!(stage.clocks(ticket).len(), 3);
    assert_eq!(stage.see(move |tx| dues(tx, &[ticket]))[&ticket], stage.clock.now().plus_seconds(5 * MINUTE));
    // One that stands still stands still under another level.
    stage.answer(stage.ann, ticket, "Yes");
    let slow = level(&stage, "Slow", &[(Goal::FirstResolve, 20 * HOUR)], Calendar::always());
    stage.write(set(Some(slow.id)));
    assert_eq!(stage.clocks(ticket), [(Goal::FirstResolve, None)]);
    stage.turns(ticket, Change::Open);
    assert_eq!(stage.clocks(ticket), [(Goal::FirstResolve, Some(20 * HOUR - 5 * MINUTE - 1))], "five minutes were used up");
    assert_eq!(stage.try_write(set(Some(SlaLevelId::from_i64(5)))).unwrap_err().kind, Kind::NotFound);
    // A level that is taken away is given no more; who has it keeps it.
    let id = slow.id;
    stage.write(move |tx, cx| levels::remove(tx, cx, id));
    stage.write(set(None));
    assert_eq!(stage.try_write(set(Some(slow.id))).unwrap_err().kind, Kind::NotFound);
    let refused = stage.try_write(move |tx, cx| levels::remove(tx, cx, usual.id)).unwrap_err();
    assert!(refused.kind == Kind::Conflict && refused.public.contains("All"), "{refused:?}");
    assert_eq!(stage.logged(Medium::Tickets).iter().map(|row| row.level).collect::<Vec<_>>(), [usual.id, usual.id]);
    stage.clocks_are_sound();
}

#[test]
fn what_is_merged_has_no_clocks() {
    let stage = stage();
    level_for_all(&stage, &ALL, Calendar::always());
    let visit = stage.visit();
    let (from, into) = (stage.ticket(&visit, "one@mail.test", "One").id, stage.ticket(&visit, "one@mail.test", "Two").id);
    stage.answer(stage.ann, into, "Answered");
    let by = Actor::Agent(stage.ann);
    stage.write(move |tx, cx| conversations::merge::merge(tx, cx, by, from, into));
    let clocks = |id| stage.see(move |tx| Ok(tables::sla::clocks::open(tx, id)?)).len();
    assert_eq!((clocks(from), clocks(into)), (0, 2), "the question that came along opens it again");
    let one = stage.see(move |tx| standing(tx, into)).clocks;
    assert!(one.iter().any(|clock| clock.goal == Goal::NextAnswer), "{one:?}");
    stage.clocks_are_sound();
}

#[test]
fn business_hours_and_levels_that_change() {
    let stage = stage();
    // It is Monday, 14:13:20 in GMT.
    let hours = Calendar::parse("GMT; mon 09:00-15:00; tue 09:00-15:00; off 2026-09-22").unwrap();
    let level = level_for_all(&stage, &[(Goal::FirstAnswer, HOUR)], hours);
    let ticket = stage.ticket(&stage.visit(), "one@mail.test", "One").id;
    let due = stage.see(move |tx| dues(tx, &[ticket]))[&ticket];
    // 46 minutes and 39 seconds are left of Monday; Tuesday is a holiday; the rest is up next Monday, 13:21 minutes after nine.
    assert_eq!(due.seconds_since(stage.clock.now()), 7 * 24 * HOUR - 5 * HOUR);
    let draft = LevelDraft { times: vec![(Goal::FirstAnswer, Some(60))], calendar: Some(Calendar::always()), ..LevelDraft::default() };
    stage.write(move |tx, cx| levels::change(tx, cx, level.id, &draft));
    assert_eq!(stage.see(move |tx| dues(tx, &[ticket]))[&ticket], due, "what runs keeps its due time");
    let next = stage.ticket(&stage.visit(), "two@mail.test", "Two").id;
    assert_eq!(stage.clocks(next), [(Goal::FirstAnswer, Some(MINUTE))]);
}

#[test]
fn what_is_no_level() {
    let stage = stage();
    let taken = level(&stage, "Usual", &ALL, Calendar::always());
    let draft =
        |name: &str, seconds| LevelDraft { name: Some(name.to_owned()), times: vec![(Goal::ChatAnswer, seconds)], ..LevelDraft::default() };
    let closed = LevelDraft { calendar: Some(Calendar::parse("GMT; off 2026-01-01").unwrap()), ..draft("Closed", Some(5)) };
    for (draft, kind, word) in [
        (LevelDraft::default(), Kind::Missing, "name"),
        (draft("", Some(5)), Kind::Invalid, "name"),
        (draft("USUAL", Some(5)), Kind::Conflict, "name"),
        (draft("New", Some(0)), Kind::Invalid, "times.chat_answer"),
        (draft("New", Some(-5)), Kind::Invalid, "times.chat_answer"),
        (draft("New", Some(i64::MAX)), Kind::Invalid, "times.chat_answer"),
        (draft("New", None), Kind::Invalid, "times must have"),
        (closed, Kind::Invalid, "calendar.days"),
    ] {
        let error = stage.try_write(move |tx, cx| levels::create(tx, cx, &draft)).unwrap_err();
        assert!(error.kind == kind && error.public.contains(word), "{error:?} names {word}");
    }
    let none = LevelDraft { times: Goal::ALL.iter().map(|goal| (*goal, None)).collect(), ..LevelDraft::default() };
    assert_eq!(stage.try_write(move |tx, cx| levels::change(tx, cx, taken.id, &none)).unwrap_err().kind, Kind::Invalid);
    let told = stage.told().len();
    stage.write(move |tx, cx| levels::change(tx, cx, taken.id, &LevelDraft::default()));
    assert_eq!(stage.told().len(), told, "nothing changed");
    stage.write(move |tx, cx| levels::remove(tx, cx, taken.id));
    assert_eq!(stage.see(levels::list), []);
    // Its name is free again.
    level(&stage, "Usual", &ALL, Calendar::always());
}

#[test]
fn what_passes_is_told_once() {
    let stage = stage();
    level_for_all(&stage, &[(Goal::FirstAnswer, HOUR), (Goal::FirstResolve, HOUR)], Calendar::always());
    let visit = stage.visit();
    for place in 0..3 {
        stage.ticket(&visit, &format!("{place}@mail.test"), "One");
    }
    stage.ring_the_bell();
    assert_eq!(stage.breaches(), 0);
    // The first one is due at this very moment: it could still be answered in time.
    stage.clock.advance_seconds(HOUR - 2);
    stage.ring_the_bell();
    assert_eq!(stage.breaches(), 0);
    stage.clock.advance_seconds(1);
    stage.ring_the_bell();
    assert_eq!(stage.breaches(), 2, "both clocks of the first");
    stage.clock.advance_seconds(HOUR);
    for _ in 0..3 {
        stage.ring_the_bell();
    }
    assert_eq!(stage.breaches(), 6);
}

#[test]
fn many_that_pass_at_once_are_told_in_bites() {
    let stage = stage();
    level_for_all(&stage, &[(Goal::FirstAnswer, MINUTE)], Calendar::always());
    let visit = stage.visit();
    stage.write(move |tx, cx| {
        for place in 0..1_203 {
            let who = crate::customers::Introduction::new(None, Some(&format!("{place}@mail.test"))).unwrap();
            conversations::leave_message(tx, cx, &visit, None, &who, "One", None)?;
        }
        Ok(())
    });
    stage.clock.advance_seconds(2 * MINUTE);
    let (first, last) = stage.write(|tx, cx| Ok((breaches::tell_bite(tx, cx)?, breaches::next(tx)?)));
    assert_eq!(first, Left::Some);
    assert!(last.is_some_and(|last| last < stage.clock.now()));
    stage.ring_the_bell();
    assert_eq!(stage.breaches(), 1_203);
}

#[test]
fn restarts_tell_what_passed_meanwhile_and_nothing_twice() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = || DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn crate::clock::Clock>,
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options(), "owner@desk.test", "correct horse").unwrap();
    let run = |work: Option<&dyn Fn(&Desk)>| {
        let desk = Desk::open(&options()).unwrap();
        let mut timers = Timers::new(desk.now());
        if let Some(work) = work {
            work(&desk);
        }
        block_on(timers.tick(&desk)).unwrap();
        block_on(timers.tick(&desk)).unwrap();
        let told = desk.snapshot_blocking(|tx| Ok(deskbell_store::journal::after(tx, 0, 10_000)?)).unwrap();
        desk.close();
        let passed = |event: &Event| matches!(event, Event::Sla(SlaEvent::Breached { .. }));
        told.iter().filter(|recorded| passed(&recorded.event)).map(|recorded| recorded.at).collect::<Vec<_>>()
    };
    let fill = |desk: &Desk| {
        let draft = LevelDraft { name: Some("Usual".to_owned()), times: vec![(Goal::FirstAnswer, Some(60))], ..LevelDraft::default() };
        desk.write_blocking(move |tx, cx| {
            let level = levels::create(tx, cx, &draft)?.id;
            rules::create(tx, cx, &RuleDraft { name: Some("All".to_owned()), level: Some(level), ..RuleDraft::default() })?;
            let visit = crate::visits::arrive(tx, cx, None, &crate::visits::Arrival::default())?;
            let who = crate::customers::Introduction::new(None, Some("one@mail.test"))?;
            conversations::leave_message(tx, cx, &visit, None, &who, "One", None)
        })
        .unwrap();
    };
    assert_eq!(run(Some(&fill)), []);
    // It comes due while nothing runs.
    clock.advance_seconds(600);
    let told = run(None);
    assert_eq!(told, [clock.now()]);
    clock.advance_seconds(600);
    assert_eq!(run(None), told, "nothing is told twice");
}
