use std::sync::Arc;

use deskbell_domain::sla::Goal;
use deskbell_store::{Location, Options};

use super::*;
use crate::clock::{Clock, FakeClock};
use crate::commands::{AgentCommand, agent};
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{self, Change};
use crate::desk::{Desk, DeskOptions};
use crate::error::Kind;
use crate::sla::levels::{self, LevelDraft};
use crate::sla::rules::{self, RuleDraft};
use crate::timers::Timers;

const HOUR: i64 = 3_600;

fn aside(stage: &Stage, conversation: ConversationId, seconds: i64) -> Result<Done, AppError> {
    let (ann, until) = (stage.ann, stage.clock.now().plus_seconds(seconds));
    let command = AgentCommand::Postpone { conversation, until };
    stage.try_write(move |tx, cx| agent(tx, cx, ann, None, &command))
}

fn tick(stage: &Stage) {
    let desk = stage.desk.clone();
    tick_desk(&desk);
}

fn tick_desk(desk: &Desk) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // It is long since anything was looked at.
    let mut timers = Timers::new(Timestamp::EPOCH);
    runtime.block_on(timers.tick(desk)).unwrap();
}

#[test]
fn by_hand_and_back_to_what_it_was() {
    let stage = stage();
    let visit = stage.visit();
    let tickets: Vec<ConversationId> = (0..3).map(|n| stage.ticket(&visit, &format!("{n}@mail.test"), "One").id).collect();
    stage.answer(stage.ann, tickets[1], "A moment");
    let ann = Actor::Agent(stage.ann);
    for change in [Change::Answered, Change::Open] {
        let open = tickets[2];
        stage.write(move |tx, cx| conversations::change_status(tx, cx, ann, open, change));
    }
    for ticket in &tickets {
        aside(&stage, *ticket, HOUR).unwrap();
        assert_eq!(stage.status(*ticket), Status::Postponed);
    }
    assert!(stage.exchange(tickets[0]).iter().any(|line| line.contains("Postponed")), "{:?}", stage.exchange(tickets[0]));
    stage.clock.advance_seconds(HOUR - 1);
    tick(&stage);
    assert_eq!(stage.status(tickets[0]), Status::Postponed);
    // Again, while it is: another moment, and what it gets back stays what it was.
    aside(&stage, tickets[1], 2 * HOUR).unwrap();
    let head = stage.head();
    aside(&stage, tickets[1], 2 * HOUR).unwrap();
    assert_eq!(stage.head(), head, "the same moment again is no change");
    stage.clock.advance_seconds(1);
    tick(&stage);
    assert_eq!([stage.status(tickets[0]), stage.status(tickets[2])], [Status::New, Status::Open]);
    assert_eq!(stage.status(tickets[1]), Status::Postponed);
    stage.clock.advance_seconds(2 * HOUR);
    tick(&stage);
    assert_eq!(stage.status(tickets[1]), Status::Answered);
    stage.is_sound();
}

#[test]
fn due_times_stay() {
    let stage = stage();
    stage.write(|tx, cx| {
        let times = vec![(Goal::FirstAnswer, Some(10 * HOUR)), (Goal::FirstResolve, Some(20 * HOUR))];
        let level = levels::create(tx, cx, &LevelDraft { name: Some("Usual".to_owned()), times, ..LevelDraft::default() })?.id;
        rules::create(tx, cx, &RuleDraft { name: Some("All".to_owned()), level: Some(level), ..RuleDraft::default() })
    });
    let ticket = stage.ticket(&stage.visit(), "one@mail.test", "One").id;
    let dues = |stage: &Stage| {
        let standing = stage.see(move |tx| crate::sla::standing(tx, ticket));
        standing.clocks.iter().map(|clock| (clock.goal, clock.due())).collect::<Vec<_>>()
    };
    let before = dues(&stage);
    aside(&stage, ticket, HOUR).unwrap();
    assert_eq!(dues(&stage), before);
    stage.clock.advance_seconds(HOUR);
    tick(&stage);
    assert_eq!((stage.status(ticket), dues(&stage)), (Status::New, before));
}

#[test]
fn what_is_not_set_aside() {
    let stage = stage();
    stage.all_online();
    let visit = stage.visit();
    let ticket = stage.ticket(&visit, "one@mail.test", "One").id;
    for seconds in [0, -5, POSTPONED_SECONDS_MAX + 1] {
        assert_eq!(aside(&stage, ticket, seconds).unwrap_err().kind, Kind::Invalid, "{seconds}");
    }
    let chat = stage.chat(&stage.visit(), "Hello?");
    assert_eq!(aside(&stage, chat.conversation, HOUR).unwrap_err().kind, Kind::Conflict, "a chat goes on");
    let ann = Actor::Agent(stage.ann);
    stage.write(move |tx, cx| conversations::change_status(tx, cx, ann, ticket, Change::Resolve));
    assert_eq!(aside(&stage, ticket, HOUR).unwrap_err().kind, Kind::Conflict, "it is done");
    assert_eq!(aside(&stage, ConversationId::from_i64(5), HOUR).unwrap_err().kind, Kind::NotFound);
    assert_eq!(stage.see(move |tx| Ok(tables::postponements::until(tx, ticket)?)), None);
}

#[test]
fn what_came_due_while_nothing_ran_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = || DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options(), "owner@desk.test", "correct horse").unwrap();
    let desk = Desk::open(&options()).unwrap();
    let done = desk.write_blocking(|tx, cx| {
        let visit = crate::visits::arrive(tx, cx, None, &crate::visits::Arrival::default())?;
        let who = crate::customers::Introduction::new(None, Some("one@mail.test"))?;
        let begun = conversations::leave_message(tx, cx, &visit, None, &who, "One", None)?;
        let until = cx.now.plus_seconds(HOUR);
        postpone(tx, cx, Actor::System, begun.conversation.expect("it begins"), until)
    });
    let ticket = done.unwrap().conversation.unwrap();
    desk.close();
    clock.advance_seconds(2 * HOUR);
    let desk = Desk::open(&options()).unwrap();
    let status = |desk: &Desk| desk.snapshot_blocking(move |tx| conversations::get(tx, ticket)).unwrap().status;
    assert_eq!(status(&desk), Status::Postponed);
    tick_desk(&desk);
    assert_eq!(status(&desk), Status::New);
    desk.close();
}
