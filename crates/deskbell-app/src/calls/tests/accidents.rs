//! What becomes of a call when something else happens: an agent goes, a conversation is merged or deleted, a customer is taken away, nobody
//! tells of its end.

use deskbell_domain::call::CALL_SECONDS_MAX;
use deskbell_domain::message::Actor;

use super::*;
use crate::conversations::{Change, by_key, change_status, hand_over, merge};
use crate::customers;

impl Phones {
    pub(super) fn switch_off(&self, agent: AgentId, name: &'static str) {
        self.stage.write(move |tx, cx| accounts::change_agent(tx, cx, agent, &draft(name, false)));
    }
}

#[test]
fn an_agent_who_is_switched_off_is_in_no_call() {
    let desk = phones();
    let (call, before) = (desk.talking(desk.ann), desk.stage.head());
    desk.switch_off(desk.ann, "Ann");
    assert_eq!((desk.call(call).state, desk.open(call)), (CallState::Queued, (vec![], vec![])));
    assert_eq!(desk.story(before), ["left Ann queued"]);
    assert_eq!(desk.stage.conversation(desk.call(call).conversation).assigned, None);
    desk.take(None, call, ring(desk.ben));
    let dialled = desk.outgoing(desk.cleo);
    desk.switch_off(desk.ben, "Ben");
    assert_eq!(desk.call(call).state, CallState::Queued, "it rings at him no longer");
    desk.switch_off(desk.cleo, "Cleo");
    assert_eq!((desk.call(dialled).outcome, desk.status(dialled)), (Some(CallOutcome::Missed), Status::Resolved));
    desk.refused(&desk.exchange(None), call, ring(desk.ann), Kind::NotFound);
    desk.refused(&desk.exchange(Some(desk.ann)), call, Step::Answer, Kind::NotFound);
    desk.is_sound();
}

#[test]
fn a_call_between_agents_ends_with_either() {
    let desk = phones();
    let call = desk.internal(desk.ann, desk.ben);
    desk.take(Some(desk.ben), call, Step::Answer);
    desk.switch_off(desk.ann, "Ann");
    assert_eq!((desk.call(call).outcome, desk.open(call).1.len()), (Some(CallOutcome::Finished), 0));
    let ringing = desk.internal(desk.ben, desk.cleo);
    desk.switch_off(desk.cleo, "Cleo");
    assert_eq!(desk.call(ringing).outcome, Some(CallOutcome::Missed));
    desk.is_sound();
}

#[test]
fn who_leaves_his_console_goes_on_talking_and_his_phone_stops_ringing() {
    let desk = phones();
    let (call, other) = (desk.talking(desk.ann), desk.incoming());
    desk.take(None, other, ring(desk.ben));
    let before = desk.stage.head();
    for agent in [desk.ann, desk.ben] {
        desk.stage.write(move |tx, cx| accounts::gone(tx, cx, agent));
    }
    assert_eq!(desk.open(call).1, [desk.ann]);
    assert_eq!(desk.story(before), ["withdrawn Ben queued"]);
    let cleo = desk.cleo;
    desk.take(None, other, ring(cleo));
    desk.stage.write(move |tx, cx| accounts::choose_phone(tx, cx, cleo, false, true));
    assert_eq!(desk.open(other).0, []);
    desk.is_sound();
}

#[test]
fn a_word_leaves_the_phone_as_it_is() {
    let desk = phones();
    let ann = desk.ann;
    let letters = move |desk: &Phones| desk.stage.see(move |tx| Ok(tables::agents::get(tx, ann)?.unwrap().online.letters()));
    let choose = |status| desk.stage.write(move |tx, cx| accounts::choose_word(tx, cx, ann, status, true));
    choose(AgentStatus::AWAY);
    assert_eq!(letters(&desk), "MPR");
    desk.stage.write(move |tx, cx| accounts::choose_phone(tx, cx, ann, false, true));
    choose(AgentStatus::ONLINE);
    assert_eq!(letters(&desk), "MRT");
    choose(AgentStatus::OFFLINE);
    let refused = desk.stage.try_write(move |tx, cx| accounts::choose_phone(tx, cx, ann, true, true)).unwrap_err();
    assert_eq!((refused.kind, letters(&desk).as_str()), (Kind::Conflict, "F"));
}

#[test]
fn a_conversation_in_a_call_is_left_alone() {
    let desk = phones();
    let call = desk.talking(desk.ann);
    let conversation = desk.call(call).conversation;
    let ticket = desk.stage.ticket(&desk.stage.visit(), "zoe@shop.test", "Help").id;
    let by = Actor::System;
    for (from, into) in [(conversation, ticket), (ticket, conversation)] {
        let refused = desk.stage.try_write(move |tx, cx| merge::merge(tx, cx, by, from, into)).unwrap_err();
        assert_eq!((refused.kind, refused.public.contains("in a call")), (Kind::Conflict, true));
    }
    for change in [Change::Answered, Change::Open, Change::Resolve, Change::Delete, Change::Spam] {
        let refused = desk.stage.try_write(move |tx, cx| change_status(tx, cx, by, conversation, change)).unwrap_err();
        assert_eq!((refused.kind, refused.public.contains("in a call")), (Kind::Conflict, true));
    }
    let ben = desk.ben;
    let refused = desk.stage.try_write(move |tx, cx| hand_over(tx, cx, by, conversation, None, Some(ben))).unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict);
    desk.take(Some(desk.ann), call, Step::End(HungUp::Desk));
    desk.stage.write(move |tx, cx| merge::merge(tx, cx, by, conversation, ticket));
    assert_eq!(desk.call(call).conversation, ticket, "what is over moves along");
    desk.is_sound();
}

#[test]
fn whoever_may_do_all_ends_the_call_with_its_conversation() {
    let desk = phones();
    for (change, status) in [(Change::Resolve, Status::Resolved), (Change::Delete, Status::Deleted)] {
        let call = desk.talking(desk.ann);
        let conversation = desk.call(call).conversation;
        let signed = by_key::Signed::default();
        desk.stage.write(move |tx, cx| by_key::change(tx, cx, conversation, change, &signed));
        assert_eq!((desk.call(call).outcome, desk.status(call)), (Some(CallOutcome::Finished), status));
    }
    let call = desk.incoming();
    let conversation = desk.call(call).conversation;
    let signed = by_key::Signed::default();
    let refused = desk.stage.try_write(move |tx, cx| by_key::change(tx, cx, conversation, Change::Answered, &signed)).unwrap_err();
    assert_eq!((refused.kind, desk.status(call)), (Kind::Conflict, Status::Calling));
    desk.is_sound();
}

#[test]
fn a_customer_is_taken_away_after_his_call() {
    let desk = phones();
    let call = desk.incoming();
    let customer = desk.call(call).customer;
    let refused = desk.stage.try_write(move |tx, cx| customers::remove(tx, cx, customer)).unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict);
    desk.take(None, call, Step::End(HungUp::Customer));
    desk.stage.write(move |tx, cx| customers::remove(tx, cx, customer));
    assert_eq!(desk.call(call).number, "");
    let next = desk.incoming();
    assert_ne!(desk.call(next).customer, customer);
}

#[test]
fn a_call_whose_end_was_lost_ends() {
    let desk = phones();
    let (call, waiting) = (desk.talking(desk.ann), desk.incoming());
    let forgotten = |desk: &Phones| {
        let now = desk.stage.desk.now();
        desk.stage.see(move |tx| has_forgotten(tx, now))
    };
    desk.stage.clock.advance_seconds(CALL_SECONDS_MAX - 60);
    assert!(!forgotten(&desk));
    desk.stage.write(end_forgotten);
    assert_eq!(desk.call(call).state, CallState::Talking);
    desk.stage.clock.advance_seconds(120);
    assert!(forgotten(&desk));
    desk.stage.write(end_forgotten);
    assert_eq!(desk.call(call).outcome, Some(CallOutcome::Finished));
    assert_eq!(desk.call(waiting).outcome, Some(CallOutcome::Missed));
    assert!(!forgotten(&desk));
    desk.is_sound();
}

#[test]
fn timers_look_at_phones() {
    let desk = phones();
    let call = desk.incoming();
    desk.take(None, call, ring(desk.ann));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut timers = crate::timers::Timers::new(desk.stage.desk.now());
    let mut tick = || runtime.block_on(timers.tick(&desk.stage.desk)).unwrap();
    desk.stage.figures_follow();
    tick();
    assert_eq!(desk.call(call).state, CallState::Ringing);
    desk.stage.clock.advance_seconds(30);
    tick();
    assert_eq!(desk.call(call).state, CallState::Queued);
    desk.stage.clock.advance_seconds(CALL_SECONDS_MAX);
    tick();
    assert_eq!(desk.call(call).state, CallState::Ended);
}
