//! Random histories, against a model that shares nothing with what it checks: it reads what happened from the journal, and counts business
//! time minute by minute.

mod model;

use deskbell_domain::calendar::Calendar;
use deskbell_domain::chat::EndReason;
use deskbell_domain::conversation::Step as Leads;
use deskbell_domain::conversation::{Reopening, Status, Turn};
use deskbell_domain::ids::{CallId, ChatId, ConversationId};
use deskbell_domain::message::Actor;
use deskbell_domain::visit::Visit;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::chats::schedules::allowed;
use crate::context::Context;
use crate::conversations::{Authority, Writing, Written};
use crate::customers::Introduction;

/// Open from nine to twelve and from one to five on weekdays, in a zone without summer time, with a holiday.
const HOURS: &str = "Asia/Kathmandu; mon 09:00-12:00 13:00-17:00; tue 09:00-12:00 13:00-17:00; wed 09:00-12:00 13:00-17:00; \
                     thu 09:00-12:00 13:00-17:00; fri 09:00-12:00 13:00-17:00; off 2026-09-23";

/// A step of a history; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Ticket,
    Ask(usize),
    Answer(usize),
    Reply(usize),
    Turn(usize, Turn),
    Assign(usize),
    Merge(usize, usize),
    Accept(usize),
    EndChat(usize),
    Call(usize),
    CallAnswered(usize),
    CallEnded(usize),
    Level(usize, usize),
    Wait(i64),
    Look,
}

fn act() -> impl Strategy<Value = Act> {
    let n = || 0usize..6;
    let turn = prop::sample::select(vec![
        Turn::MarkAnswered,
        Turn::MarkOpen,
        Turn::Resolve,
        Turn::Postpone,
        Turn::PostponeOver { back: Status::New },
        Turn::PostponeOver { back: Status::Open },
        Turn::PostponeOver { back: Status::Answered },
        Turn::Delete,
        Turn::Spam,
    ]);
    prop_oneof![
        5 => Just(Act::Ticket),
        3 => n().prop_map(Act::Ask),
        5 => n().prop_map(Act::Answer),
        4 => n().prop_map(Act::Reply),
        8 => (n(), turn).prop_map(|(n, turn)| Act::Turn(n, turn)),
        3 => n().prop_map(Act::Assign),
        1 => (n(), n()).prop_map(|(one, other)| Act::Merge(one, other)),
        2 => n().prop_map(Act::Accept),
        2 => n().prop_map(Act::EndChat),
        2 => n().prop_map(Act::Call),
        2 => n().prop_map(Act::CallAnswered),
        2 => n().prop_map(Act::CallEnded),
        3 => (n(), 0usize..4).prop_map(|(n, level)| Act::Level(n, level)),
        9 => prop_oneof![Just(1i64), Just(9), Just(47), Just(200), Just(1_440)].prop_map(Act::Wait),
        2 => Just(Act::Look),
    ]
}

/// What a history is played with.
struct Cast {
    stage: Stage,
    visits: Vec<Visit>,
    levels: Vec<Level>,
    /// The newest last.
    conversations: Vec<ConversationId>,
    calls: Vec<CallId>,
    next_call: i64,
}

impl Cast {
    fn new() -> Cast {
        let stage = stage();
        // To the next whole minute.
        stage.clock.advance_seconds(40);
        stage.all_online();
        let minutes = |all: [i64; 6]| Goal::ALL.iter().copied().zip(all.map(|minutes| minutes * MINUTE)).collect::<Vec<_>>();
        let hours = || Calendar::parse(HOURS).unwrap();
        let usual = level_for_all(&stage, &minutes([60, 90, 10, 480, 1, 2]), hours());
        let urgent = level(&stage, "Urgent", &minutes([5, 7, 3, 60, 1, 1]), hours());
        let answers = level(&stage, "Answers", &[(Goal::NextAnswer, 30 * MINUTE), (Goal::FirstResolve, 200 * MINUTE)], hours());
        let visits = (0..4).map(|_| stage.visit()).collect();
        Cast { stage, visits, levels: vec![usual, urgent, answers], conversations: Vec::new(), calls: Vec::new(), next_call: 1 }
    }

    fn conversation(&self, n: usize) -> Option<ConversationId> {
        self.conversations.iter().rev().nth(n % self.conversations.len().max(1)).copied()
    }

    /// A write whose refusal is no defect.
    fn tries(&self, work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<(), crate::error::AppError> + Send + 'static) {
        allowed(self.stage.try_write(work)).unwrap();
    }

    fn play(&mut self, act: &Act) {
        let (ann, owner) = (self.stage.ann, self.stage.owner);
        match act {
            Act::Ticket => {
                let (visit, number) = (self.visits[0].clone(), self.conversations.len());
                let begun = self.stage.write(move |tx, cx| {
                    let who = Introduction::new(None, Some(&format!("{number}@mail.test")))?;
                    conversations::leave_message(tx, cx, &visit, None, &who, "A question", None)
                });
                self.conversations.extend(begun.conversation);
            }
            Act::Ask(n) => {
                let (visit, speaks) = (self.visits[n % self.visits.len()].clone(), n % 2 == 0);
                let asked = self.stage.try_write(move |tx, cx| {
                    let wanted = chats::Request { text: speaks.then(|| "Hello".to_owned()), ..chats::Request::default() };
                    chats::request(tx, cx, &visit, &wanted)
                });
                let known = self.conversations.clone();
                self.conversations.extend(asked.ok().and_then(|done| done.conversation).filter(|id| !known.contains(id)));
            }
            Act::Wait(minutes) => self.stage.clock.advance_seconds(minutes * MINUTE),
            Act::Look => self.stage.ring_the_bell(),
            Act::CallAnswered(n) => self.calls_go_on(*n, Step::Answer),
            Act::CallEnded(n) => self.calls_go_on(*n, Step::End(HungUp::Customer)),
            Act::Answer(n)
            | Act::Reply(n)
            | Act::Turn(n, _)
            | Act::Assign(n)
            | Act::Merge(n, _)
            | Act::Accept(n)
            | Act::EndChat(n)
            | Act::Call(n)
            | Act::Level(n, _) => {
                let Some(conversation) = self.conversation(*n) else { return };
                match act {
                    Act::Call(_) => self.calls_begin(conversation),
                    Act::Merge(_, other) => {
                        let Some(into) = self.conversation(*other) else { return };
                        let by = Actor::Agent(ann);
                        self.tries(move |tx, cx| conversations::merge::merge(tx, cx, by, conversation, into).map(drop));
                    }
                    Act::Level(_, which) => {
                        let level = self.levels.get(*which).map(|level| level.id);
                        self.tries(move |tx, cx| clocks::set_level(tx, cx, Actor::System, conversation, level).map(drop));
                    }
                    _ => {
                        let act = act.clone();
                        self.tries(move |tx, cx| one(tx, cx, conversation, &act, [ann, owner]));
                    }
                }
            }
        }
    }

    fn calls_begin(&mut self, conversation: ConversationId) {
        let agent = self.stage.owner;
        self.next_call += 1;
        let outgoing = self.next_call % 4 == 0;
        let direction = if outgoing { Direction::Outgoing } else { Direction::Incoming };
        let number = Some("+44 1632 960001".to_owned());
        let new = NewCall { conversation: Some(conversation), number, ..NewCall::new(direction) };
        let started = self.stage.try_write(move |tx, cx| calls::start(tx, cx, &telling(outgoing.then_some(agent)), &new));
        match started {
            Ok(done) => self.calls.extend(done.call),
            Err(error) => allowed(Err::<(), _>(error)).unwrap(),
        }
    }

    fn calls_go_on(&mut self, n: usize, step: Step) {
        if self.calls.is_empty() {
            return;
        }
        let call = self.calls[n % self.calls.len()];
        let agent = self.stage.ann;
        self.tries(move |tx, cx| calls::take(tx, cx, &telling(Some(agent)), call, &step).map(drop));
    }
}

fn one(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    conversation: ConversationId,
    act: &Act,
    [ann, owner]: [deskbell_domain::ids::AgentId; 2],
) -> Result<(), crate::error::AppError> {
    let by = Actor::Agent(ann);
    let chat = |tx: &mut Tx<'_>| -> Result<Option<ChatId>, crate::error::AppError> {
        Ok(tables::chats::live_of_conversation(tx, conversation)?.map(|chat| chat.id))
    };
    match act {
        Act::Answer(_) => {
            let written = Written { writing: Writing::Message, text: "So", files: &[], key: None, authority: Authority::Desk };
            conversations::write(tx, cx, by, conversation, written).map(drop)
        }
        Act::Reply(_) => {
            let reply = conversations::by_customer::Reply { text: "And?", key: None, address: "", signed_in: None };
            conversations::by_customer::reply_by_customer(tx, cx, conversation, reply).map(drop)
        }
        Act::Turn(_, turn) => {
            let mut conversation = conversations::get(tx, conversation)?;
            if tables::chats::live_of_conversation(tx, conversation.id)?.is_some() {
                return Ok(());
            }
            match conversation.status.step(*turn, Reopening::On) {
                Ok(Leads::To(status)) => conversations::set_status(tx, cx, &mut conversation, status, by),
                Ok(Leads::Stay | Leads::StartAnother) | Err(_) => Ok(()),
            }
        }
        Act::Assign(n) => {
            let agent = [Some(ann), Some(owner), None][n % 3];
            conversations::hand_over(tx, cx, by, conversation, None, agent).map(drop)
        }
        Act::Accept(_) => match chat(tx)? {
            Some(chat) => chats::accept(tx, cx, owner, chat).map(drop),
            None => Ok(()),
        },
        Act::EndChat(n) => match chat(tx)? {
            Some(chat) => {
                let chat = chats::live(tx, chat)?;
                let by = if n % 2 == 0 { Actor::Agent(owner) } else { Actor::Customer(chat.customer) };
                chats::end(tx, cx, chat, EndReason::Agent, by).map(drop)
            }
            None => Ok(()),
        },
        Act::Ticket
        | Act::Ask(_)
        | Act::Merge(..)
        | Act::Call(_)
        | Act::CallAnswered(_)
        | Act::CallEnded(_)
        | Act::Level(..)
        | Act::Wait(_)
        | Act::Look => Ok(()),
    }
}

proptest! {
    #![proptest_config(Config { cases: 40, max_shrink_iters: 300, ..Config::default() })]

    #[test]
    fn clocks_are_what_the_model_says(acts in prop::collection::vec(act(), 1..70), cuts in prop::collection::vec(0i64..30_000, 2..6)) {
        let mut cast = Cast::new();
        let began = cast.stage.clock.now();
        for act in &acts {
            cast.play(act);
        }
        cast.stage.ring_the_bell();
        let now = cast.stage.clock.now();
        let recorded = cast.stage.see(|tx| Ok(deskbell_store::journal::after(tx, 0, 100_000)?));
        let times: Vec<_> = cast.levels.iter().map(|level| (level.id, level.times)).collect();
        let model = model::model(&recorded, &times, now);
        let found = model::told(&recorded);
        prop_assert_eq!(&found, &model.items);
        // What is told stands in the rows.
        let open: usize = found.iter().filter(|item| item.ended.is_none()).count();
        let recount = cast.stage.see(examine);
        prop_assert_eq!((recount.open as usize, recount.wrong_cells), (open, 0));
        prop_assert_eq!((recount.stray, recount.untrue, recount.doubled), (vec![], vec![], vec![]));
        let mut closed: Vec<_> = found.iter().filter(|item| item.is_closed()).map(|item| (item.goal, item.due, item.ended_at())).collect();
        let mut logged = Vec::new();
        let mut numbers = Vec::new();
        for medium in [Medium::Tickets, Medium::Chats, Medium::Calls] {
            for row in cast.stage.logged(medium) {
                prop_assert_eq!(row.goal.medium(), medium);
                logged.push((row.goal, Some(row.due), Some(row.closed)));
                numbers.push(row.number);
            }
        }
        closed.sort_unstable();
        logged.sort_unstable();
        numbers.sort_unstable();
        prop_assert_eq!(closed, logged);
        prop_assert_eq!(&numbers, &(1..=numbers.len() as i64).collect::<Vec<_>>());
        let ever = [Timestamp::EPOCH, now.plus_seconds(1)];
        for medium in [Medium::Tickets, Medium::Chats, Medium::Calls] {
            let sums = cast.stage.see(move |tx| compliance(tx, medium, &LogFilter::default(), &ever))[0];
            let taken: i64 = model.taken.iter().filter(|(goal, _)| goal.medium() == medium).map(|(_, micros)| micros).sum();
            prop_assert_eq!(sums.fulfilled.sum_micros + sums.unfulfilled.sum_micros, taken);
        }
        // Sums by any filter, between any edges, are those of the rows.
        let mut edges: Vec<Timestamp> = cuts.iter().map(|cut| began.plus_seconds(*cut * 7)).collect();
        edges.sort_unstable();
        let levels = [None, Some(cast.levels[0].id), Some(cast.levels[2].id)];
        for (medium, agent, level) in [Medium::Tickets, Medium::Chats].into_iter().flat_map(|medium| {
            [None, Some(cast.stage.ann)].into_iter().flat_map(move |agent| levels.into_iter().map(move |level| (medium, agent, level)))
        }) {
            let filter = LogFilter { agent, level, department: agent.map(|_| deskbell_domain::ids::DepartmentId::DEFAULT), requester: None };
            let (one, other, asked) = (filter.clone(), filter.clone(), edges.clone());
            let sums = cast.stage.see(move |tx| compliance(tx, medium, &one, &asked));
            let (from, until) = (edges[0], edges[edges.len() - 1]);
            let rows = cast.stage.see(move |tx| log(tx, medium, &other, from, until, PageStart::default(), 10_000)).rows;
            for (pair, sum) in edges.windows(2).zip(&sums) {
                let inside: Vec<_> = rows.iter().filter(|row| pair[0] <= row.closed && row.closed < pair[1]).collect();
                let in_time = inside.iter().filter(|row| row.closed <= row.due).count() as i64;
                prop_assert_eq!((sum.fulfilled.count, sum.unfulfilled.count), (in_time, inside.len() as i64 - in_time));
            }
        }
    }
}
