//! Timers under load, and beside what cannot be done.

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::call::{CALL_SECONDS_MAX, CallState, Direction};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::ids::{CallId, ConversationId, DepartmentId};
use deskbell_store::tables::merging::Browsers;
use serde_json::json;

use super::*;
use crate::accounts::{self, AgentDraft};
use crate::calls::{NewCall, Teller, Telling};
use crate::conversations::stage::{Stage, stage};
use crate::conversations::{self, Start, postponing};
use crate::rules::Changes;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// So many tickets, all from one customer.
fn tickets(stage: &Stage, count: usize) -> Vec<ConversationId> {
    let customer = stage.ticket(&stage.visit(), "zoe@shop.test", "Help").customer;
    stage.write(move |tx, cx| {
        let customer = crate::customers::get(tx, customer)?;
        let mut tickets = Vec::new();
        for _ in 0..count {
            let start = Start {
                customer: &customer,
                shown_name: "Zoe",
                visit: None,
                widget: None,
                department: DepartmentId::DEFAULT,
                channel: Channel::Email,
                status: Status::New,
                subject: "Help",
            };
            tickets.push(conversations::start(tx, cx, start)?.id);
        }
        Ok(tickets)
    })
}

fn set_aside(stage: &Stage, tickets: &[ConversationId], seconds: i64) {
    let tickets = tickets.to_vec();
    stage.write(move |tx, cx| {
        let until = cx.now.plus_seconds(seconds);
        tickets.into_iter().try_for_each(|ticket| postponing::postpone(tx, cx, Actor::System, ticket, until).map(drop))
    });
}

fn aside(stage: &Stage, tickets: &[ConversationId]) -> usize {
    tickets.iter().filter(|ticket| stage.status(**ticket) == Status::Postponed).count()
}

/// It leads to itself, as no merge leaves it: nobody can read it any more.
fn breaks(stage: &Stage, ticket: ConversationId) {
    stage.write(move |tx, _| Ok(tables::merging::move_all(tx, ticket, ticket, Browsers::Same)?));
}

fn calls_in(stage: &Stage) -> Vec<CallId> {
    let crate::rights::Principal::ApiKey { key, .. } = stage.key else { panic!("the stage has a key") };
    let telling = Telling { teller: Teller::Key(key), agent: None, key: None };
    let call = || {
        let (telling, new) = (telling.clone(), NewCall::new(Direction::Incoming));
        stage.write(move |tx, cx| calls::start(tx, cx, &telling, &new)).call.unwrap()
    };
    (0..60).map(|_| call()).collect()
}

fn on_the_phone(stage: &Stage, calls: &[CallId]) -> usize {
    let calls = calls.to_vec();
    let states = stage.see(move |tx| {
        let state = |call| Ok::<_, AppError>(tables::calls::get(tx, call)?.expect("it is there").state);
        calls.into_iter().map(state).collect::<Result<Vec<_>, _>>()
    });
    states.into_iter().filter(|state| *state != CallState::Ended).count()
}

#[test]
fn many_that_come_back_at_once_come_in_bites() {
    let (stage, runtime) = (stage(), runtime());
    let tickets = tickets(&stage, 1_020);
    set_aside(&stage, &tickets, 3_600);
    stage.clock.advance_seconds(3_600);
    let mut timers = Timers::new(stage.desk.now().plus_seconds(-60));
    runtime.block_on(timers.tick(&stage.desk)).unwrap();
    assert_eq!(aside(&stage, &tickets), 20, "the others have their turn first");
    runtime.block_on(timers.tick(&stage.desk)).unwrap();
    assert_eq!(aside(&stage, &tickets), 0, "and nobody waits for seconds");
}

#[test]
fn what_cannot_be_done_keeps_nothing_else_waiting() {
    let (stage, runtime) = (stage(), runtime());
    let tickets = tickets(&stage, 3);
    set_aside(&stage, &tickets, 3_600);
    let calls = calls_in(&stage);
    let call = calls[0];
    let conversation = stage.see(move |tx| Ok(tables::calls::get(tx, call)?.expect("it is there").conversation));
    stage.clock.advance_seconds(CALL_SECONDS_MAX + 60);
    breaks(&stage, conversation);
    breaks(&stage, tickets[0]);
    let mut timers = Timers::new(stage.desk.now().plus_seconds(-60));
    for _ in 0..3 {
        runtime.block_on(timers.tick(&stage.desk)).unwrap();
    }
    assert_eq!(aside(&stage, &tickets[1..]), 0);
    assert_eq!(on_the_phone(&stage, &calls), 1, "the broken one goes on");
}

#[test]
fn what_is_left_is_gone_on_with_at_once() {
    let (stage, runtime) = (stage(), runtime());
    let calls = calls_in(&stage);
    stage.clock.advance_seconds(CALL_SECONDS_MAX + 60);
    let mut timers = Timers::new(stage.desk.now().plus_seconds(-60));
    runtime.block_on(timers.tick(&stage.desk)).unwrap();
    assert_eq!(on_the_phone(&stage, &calls), 10);
    runtime.block_on(timers.tick(&stage.desk)).unwrap();
    assert_eq!(on_the_phone(&stage, &calls), 0);
}

#[test]
fn so_are_chats_in_which_nobody_writes() {
    let (stage, runtime) = (stage(), runtime());
    stage.all_online();
    let owner = stage.owner;
    let draft = AgentDraft {
        email: "owner@desk.test".to_owned(),
        first_name: "Owner".to_owned(),
        last_name: String::new(),
        role: Role::Owner,
        slots: 100,
        enabled: true,
        password_hash: None,
    };
    stage.write(move |tx, cx| accounts::change_agent(tx, cx, owner, &draft));
    for _ in 0..60 {
        let chat = stage.chat(&stage.visit(), "Hello?");
        stage.accept(owner, chat.id);
    }
    stage.clock.advance_seconds(i64::from(stage.desk.settings().inactivity_seconds) + 60);
    let live = || stage.see(|tx| Ok(tables::chats::live(tx)?)).len();
    let mut timers = Timers::new(stage.desk.now().plus_seconds(-60));
    runtime.block_on(timers.tick(&stage.desk)).unwrap();
    assert_eq!(live(), 10);
    runtime.block_on(timers.tick(&stage.desk)).unwrap();
    assert_eq!(live(), 0);
}

#[test]
fn time_rules_let_offers_go_first() {
    let (stage, runtime) = (stage(), runtime());
    let tickets = tickets(&stage, 120);
    let definition = json!({"conditions": [[{"created_more_than": "1m"}]], "actions": [{"add_tag": "old"}]});
    let changes = Changes { name: Some("old".to_owned()), definition: Some(definition), ..Changes::default() };
    stage.write(move |tx, cx| time_rules::create(tx, cx, &changes));
    let tagged = || tickets.iter().filter(|ticket| !stage.conversation(**ticket).tags.is_empty()).count();
    stage.all_online();
    let chat = stage.chat(&stage.visit(), "Hello?");
    stage.clock.advance_seconds(90);
    stage.figures_follow();
    assert!(somebody_waits(&stage.desk));
    assert_eq!(runtime.block_on(time_rules::look(&stage.desk)).unwrap(), Left::Some);
    assert!(tagged() <= 50, "{} were looked at while an agent's time was up", tagged());
    stage.write(move |tx, cx| {
        let chat = chats::live(tx, chat.id)?;
        chats::end(tx, cx, chat, EndReason::Inactivity, Actor::System)
    });
    stage.figures_follow();
    assert!(!somebody_waits(&stage.desk));
    let looks = (0..10).take_while(|_| runtime.block_on(time_rules::look(&stage.desk)).unwrap() == Left::Some).count();
    assert!(looks < 10, "the time rules never come to an end");
    assert_eq!(tagged(), tickets.len());
}

#[test]
fn nobody_waits_for_a_ring_that_is_passed_over() {
    let (stage, runtime) = (stage(), runtime());
    let tickets = tickets(&stage, 120);
    let definition = json!({"conditions": [[{"created_more_than": "1m"}]], "actions": [{"add_tag": "old"}]});
    let changes = Changes { name: Some("old".to_owned()), definition: Some(definition), ..Changes::default() };
    stage.write(move |tx, cx| time_rules::create(tx, cx, &changes));
    let (owner, ann, conversation) = (stage.owner, stage.ann, tickets[0]);
    // The owner calls Ann about a conversation that nobody can read any more when it has rung in vain.
    stage.write(move |tx, cx| {
        accounts::choose_status(tx, cx, ann, AgentStatus::ONLINE.with(AgentStatus::PHONE), true)?;
        let telling = Telling { teller: Teller::Agent(owner), agent: None, key: None };
        let new = NewCall { conversation: Some(conversation), to: Some(ann.to_string()), ..NewCall::new(Direction::Internal) };
        calls::start(tx, cx, &telling, &new)
    });
    breaks(&stage, conversation);
    stage.clock.advance_seconds(90);
    stage.figures_follow();
    assert!(somebody_waits(&stage.desk));
    let mut timers = Timers::new(stage.desk.now().plus_seconds(-60));
    runtime.block_on(timers.tick(&stage.desk)).unwrap();
    assert!(!somebody_waits(&stage.desk));
    let tagged = tickets[1..].iter().filter(|ticket| !stage.conversation(**ticket).tags.is_empty()).count();
    assert_eq!(tagged, tickets.len() - 1, "time rules go on at their pace");
    stage.clock.advance_seconds(chore::PASSED_SECONDS);
    assert!(somebody_waits(&stage.desk), "it is tried again");
}
