//! What is written while a call goes on counts when nothing came of the call.

use deskbell_domain::conversation::Reopening;
use deskbell_domain::message::Actor;
use deskbell_domain::sla::Goal;

use super::*;
use crate::conversations::by_customer::{Reply, reply_by_customer};
use crate::conversations::{Authority, Change, Writing, Written, change_status, postponing, write};
use crate::sla::levels::LevelDraft;
use crate::sla::{clocks, levels};

impl Phones {
    fn ticket(&self) -> ConversationId {
        self.stage.ticket(&self.stage.visit(), "zoe@shop.test", "Help").id
    }

    /// Ann calls Ben about it, and they talk.
    fn asks_a_colleague(&self, ticket: ConversationId) -> CallId {
        let new = NewCall { conversation: Some(ticket), to: Some(self.ben.to_string()), ..NewCall::new(Direction::Internal) };
        let call = self.try_start(&self.exchange(Some(self.ann)), new).unwrap().call.unwrap();
        self.take(Some(self.ben), call, Step::Answer);
        call
    }

    /// Ann dials the customer.
    fn dials(&self, ticket: ConversationId) -> CallId {
        let new = NewCall { conversation: Some(ticket), ..NewCall::new(Direction::Outgoing) };
        self.try_start(&self.exchange(Some(self.ann)), new).unwrap().call.unwrap()
    }

    fn hangs_up(&self, call: CallId) {
        self.take(Some(self.ann), call, Step::End(HungUp::Desk));
        self.is_sound();
    }

    fn customer_writes(&self, ticket: ConversationId) {
        let reply = Reply { text: "And now?", key: None, address: "", signed_in: None };
        self.stage.write(move |tx, cx| reply_by_customer(tx, cx, ticket, reply));
    }

    fn set_aside(&self, ticket: ConversationId) {
        let by = Actor::Agent(self.ann);
        self.stage.write(move |tx, cx| postponing::postpone(tx, cx, by, ticket, cx.now.plus_seconds(3_600)));
    }
}

#[test]
fn an_answer_during_a_call_is_an_answer() {
    let desk = phones();
    for begins in [Phones::asks_a_colleague, Phones::dials] {
        let ticket = desk.ticket();
        let call = begins(&desk, ticket);
        desk.stage.answer(desk.ann, ticket, "Of course");
        assert_eq!(desk.status(call), Status::Calling);
        desk.hangs_up(call);
        assert_eq!(desk.stage.status(ticket), Status::Answered);
    }
    // A note is none.
    let ticket = desk.ticket();
    let call = desk.asks_a_colleague(ticket);
    let by = Actor::Agent(desk.ann);
    desk.stage.write(move |tx, cx| {
        let note = Written { writing: Writing::Note, text: "Ben knows", files: &[], key: None, authority: Authority::Desk };
        write(tx, cx, by, ticket, note)
    });
    desk.hangs_up(call);
    assert_eq!(desk.stage.status(ticket), Status::New);
}

#[test]
fn who_writes_during_a_call_in_vain_waits() {
    let desk = phones();
    let (answered, resolved, aside) = (desk.ticket(), desk.ticket(), desk.ticket());
    desk.stage.answer(desk.ann, answered, "Of course");
    desk.stage.write(move |tx, cx| change_status(tx, cx, Actor::System, resolved, Change::Resolve));
    desk.set_aside(aside);
    desk.stage.settings(|settings| settings.reopening = Reopening::Off);
    for ticket in [answered, resolved, aside] {
        let call = desk.dials(ticket);
        desk.customer_writes(ticket);
        desk.hangs_up(call);
        assert_eq!(desk.stage.status(ticket), Status::Open);
    }
    assert_eq!(desk.stage.see(move |tx| Ok(tables::postponements::until(tx, aside)?)), None, "a reply ends it");
    // One in which customer and agent write ends with who wrote last.
    let both = desk.ticket();
    let call = desk.asks_a_colleague(both);
    desk.stage.answer(desk.ann, both, "Of course");
    desk.customer_writes(both);
    desk.hangs_up(call);
    assert_eq!(desk.stage.status(both), Status::Open);
}

#[test]
fn an_answer_ends_a_postponement_after_the_call() {
    let desk = phones();
    let ticket = desk.ticket();
    desk.set_aside(ticket);
    let call = desk.dials(ticket);
    desk.stage.answer(desk.ann, ticket, "Nobody answers");
    desk.hangs_up(call);
    assert_eq!(desk.stage.status(ticket), Status::Answered);
    assert_eq!(desk.stage.see(move |tx| Ok(tables::postponements::until(tx, ticket)?)), None);
}

#[test]
fn what_began_with_a_call_waits_for_whom_somebody_wrote_to() {
    let desk = phones();
    let call = desk.outgoing(desk.ann);
    desk.customer_writes(desk.call(call).conversation);
    desk.hangs_up(call);
    assert_eq!(desk.status(call), Status::New);
    let call = desk.outgoing(desk.ann);
    desk.stage.answer(desk.ann, desk.call(call).conversation, "I called in vain");
    desk.hangs_up(call);
    assert_eq!(desk.status(call), Status::Answered);
}

#[test]
fn the_first_answer_is_given_when_the_call_is_over() {
    let desk = phones();
    let ticket = desk.ticket();
    desk.stage.write(move |tx, cx| {
        let draft = LevelDraft { name: Some("All".to_owned()), times: vec![(Goal::FirstAnswer, Some(3_600))], ..LevelDraft::default() };
        let level = levels::create(tx, cx, &draft)?.id;
        clocks::set_level(tx, cx, Actor::System, ticket, Some(level))
    });
    let call = desk.asks_a_colleague(ticket);
    desk.stage.answer(desk.ann, ticket, "Of course");
    desk.hangs_up(call);
    let open = desk.stage.see(move |tx| Ok(tables::sla::clocks::open(tx, ticket)?));
    assert!(!open.iter().any(|clock| clock.goal == Goal::FirstAnswer));
    let reached = desk.stage.see(move |tx| Ok(tables::sla::clocks::reached(tx, ticket)?));
    assert!(reached.contains(&Goal::FirstAnswer));
}
