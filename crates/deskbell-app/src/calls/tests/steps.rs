//! Calls from beginning to end.

use std::collections::BTreeSet;

use deskbell_domain::ids::DepartmentId;
use deskbell_domain::message::{Actor, Attachment};
use deskbell_store::tables::files::File;

use super::*;
use crate::conversations;
use crate::customers::{self, Changes, NewCustomer};

#[test]
fn a_call_is_answered_held_and_ended() {
    let desk = phones();
    let before = desk.stage.head();
    let call = desk.incoming();
    assert_eq!((desk.letter(call), desk.status(call)), ("I", Status::Calling));
    desk.take(None, call, Step::Ring { agent: "ann@desk.test".to_owned(), seconds: Some(20) });
    desk.take(None, call, ring(desk.ben));
    assert_eq!((desk.letter(call), desk.open(call)), ("R", (vec![desk.ann, desk.ben], vec![])));
    desk.take(Some(desk.ann), call, Step::Answer);
    assert_eq!((desk.letter(call), desk.open(call)), ("C", (vec![], vec![desk.ann])));
    assert_eq!(desk.stage.conversation(desk.call(call).conversation).assigned, Some(desk.ann));
    desk.take(Some(desk.ann), call, Step::Hold);
    desk.take(Some(desk.ann), call, Step::Hold);
    desk.stage.clock.advance_seconds(30);
    desk.take(Some(desk.ann), call, Step::Resume);
    desk.stage.clock.advance_seconds(60);
    let ended = desk.take(None, call, Step::End(HungUp::Customer));
    assert_eq!((ended.outcome, desk.letter(call), desk.status(call)), (Some(CallOutcome::Finished), "V", Status::Answered));
    assert_eq!(
        desk.story(before),
        [
            "started in",
            "rang Ann ringing",
            "rang Ben ringing",
            "accepted Ann talking",
            "withdrawn Ben talking",
            "answered Ann talking",
            "held Ann true",
            "held Ann false",
            "left Ann ended",
            "ended finished",
            "status PA",
        ]
    );
    let leg = desk.stage.see(move |tx| Ok(tables::call_legs::of_call(tx, call)?.remove(0)));
    assert_eq!((leg.talk_micros(ended.started) / 1_000_000, leg.hold_micros(ended.started) / 1_000_000), (94, 32));
    assert_eq!(desk.stage.exchange(ended.conversation), ["P:E The call ended after 1:34."]);
    desk.is_sound();
}

#[test]
fn nobody_answers() {
    let desk = phones();
    for (step, outcome, text) in [
        (Step::End(HungUp::Customer), CallOutcome::Abandoned, "P:E The caller hung up before anybody answered."),
        (Step::End(HungUp::Desk), CallOutcome::Missed, "P:E Nobody answered the call."),
    ] {
        let before = desk.stage.head();
        let call = desk.incoming();
        desk.take(None, call, ring(desk.ann));
        let ended = desk.take(None, call, step);
        assert_eq!((ended.outcome, desk.status(call)), (Some(outcome), Status::New));
        assert_eq!(desk.stage.exchange(ended.conversation), [text]);
        let story = desk.story(before);
        assert_eq!(story[2], "withdrawn Ann ended");
        assert_eq!(story[3..], [format!("ended {}", outcome.text()), "status PN".to_owned()]);
    }
    desk.is_sound();
}

#[test]
fn a_ring_that_runs_out_is_missed_and_the_call_goes_on() {
    let desk = phones();
    let before = desk.stage.head();
    let call = desk.incoming();
    desk.take(None, call, ring(desk.ann));
    desk.stage.clock.advance_seconds(29);
    desk.stage.write(expire_rings);
    assert_eq!(desk.call(call).state, CallState::Ringing, "the time is not up");
    desk.stage.clock.advance_seconds(1);
    desk.stage.write(expire_rings);
    desk.take(None, call, ring(desk.ben));
    desk.take(Some(desk.ben), call, Step::Decline);
    desk.take(None, call, ring(desk.ann));
    assert_eq!(
        desk.story(before),
        ["started in", "rang Ann ringing", "expired Ann queued", "rang Ben ringing", "declined Ben queued", "rang Ann ringing",]
    );
    desk.refused(&desk.exchange(Some(desk.ben)), call, Step::Decline, Kind::Conflict);
    desk.is_sound();
}

#[test]
fn a_voice_message_leaves_a_question() {
    let desk = phones();
    let file = "0123456789abcdef0123456789abcdef".to_owned();
    let attachment = Attachment { file: file.clone(), name: "message.ogg".to_owned(), content_type: "audio/ogg".to_owned(), bytes: 9 };
    desk.stage.write(move |tx, cx| {
        let (blob, created) = ("blob".to_owned(), cx.now);
        let kept = File { attachment, blob, conversation: None, visitor: None, agent: None, by_key: true, downloads: 0, created };
        Ok(tables::files::insert(tx, &kept)?)
    });
    let call = desk.incoming();
    desk.take(None, call, ring(desk.ann));
    let left = Voicemail { text: "Please call back".to_owned(), file: Some(file.clone()) };
    let ended = desk.take(None, call, Step::Voicemail(left.clone()));
    assert_eq!((ended.outcome, desk.status(call)), (Some(CallOutcome::Voicemail), Status::New));
    assert_eq!(desk.stage.exchange(ended.conversation), ["P:V Please call back", "P:E The caller left a voice message."]);
    let conversation = desk.stage.conversation(ended.conversation);
    assert_eq!((conversation.preview.as_str(), conversation.groups_in), ("Please call back", 1));

    let again = desk.incoming();
    desk.refused(&desk.exchange(None), again, Step::Voicemail(left), Kind::Conflict);
    let unknown = Voicemail { file: Some("ffffffffffffffffffffffffffffffff".to_owned()), ..Voicemail::default() };
    desk.refused(&desk.exchange(None), again, Step::Voicemail(unknown), Kind::NotFound);
    // Whoever is put through and left alone may leave one too.
    desk.take(None, again, ring(desk.ann));
    desk.take(Some(desk.ann), again, Step::Answer);
    desk.refused(&desk.exchange(None), again, Step::Voicemail(Voicemail::default()), Kind::Conflict);
    desk.take(Some(desk.ann), again, Step::Transfer(Target::Department(desk.stage.sales)));
    let ended = desk.take(None, again, Step::Voicemail(Voicemail::default()));
    assert_eq!((ended.outcome, desk.status(again)), (Some(CallOutcome::Finished), Status::New));
    assert_eq!(desk.stage.exchange(ended.conversation)[..2], ["P:V Voice message", "P:E The call ended after 0:03."]);
    desk.is_sound();
}

#[test]
fn agents_call_out() {
    let desk = phones();
    let before = desk.stage.head();
    let call = desk.outgoing(desk.ann);
    assert_eq!((desk.letter(call), desk.call(call).state), ("R", CallState::Ringing));
    let conversation = desk.stage.conversation(desk.call(call).conversation);
    assert_eq!(
        (conversation.department, conversation.assigned, conversation.subject.as_str()),
        (desk.stage.sales, Some(desk.ann), "Outgoing call")
    );
    desk.refused(&desk.exchange(None), call, ring(desk.ben), Kind::Conflict);
    desk.refused(&desk.exchange(Some(desk.ben)), call, Step::Answer, Kind::Conflict);
    desk.take(None, call, Step::Answer);
    assert_eq!(desk.open(call).1, [desk.ann]);
    let ended = desk.take(Some(desk.ann), call, Step::End(HungUp::Desk));
    assert_eq!((ended.outcome, desk.status(call)), (Some(CallOutcome::Finished), Status::Answered));
    let wanted = ["started out", "answered Ann talking", "left Ann ended", "ended finished", "status PA"];
    assert_eq!(desk.story(before), wanted);

    let unanswered = desk.outgoing(desk.ann);
    let ended = desk.take(Some(desk.ann), unanswered, Step::End(HungUp::Desk));
    assert_eq!((ended.outcome, desk.status(unanswered)), (Some(CallOutcome::Abandoned), Status::Resolved));
    let nobody = desk.outgoing(desk.ann);
    assert_eq!(desk.take(None, nobody, Step::End(HungUp::Desk)).outcome, Some(CallOutcome::Missed));
    desk.is_sound();
}

#[test]
fn a_call_within_a_conversation() {
    let desk = phones();
    let visit = desk.stage.visit();
    let ticket = desk.stage.ticket(&visit, "zoe@shop.test", "Help");
    desk.stage.answer(desk.ann, ticket.id, "Of course");
    let within = |direction| NewCall { conversation: Some(ticket.id), ..NewCall::new(direction) };
    let call = desk.try_start(&desk.exchange(Some(desk.ann)), within(Direction::Outgoing)).unwrap().call.unwrap();
    assert_eq!((desk.call(call).conversation, desk.call(call).customer, desk.status(call)), (ticket.id, ticket.customer, Status::Calling));
    let second = desk.try_start(&desk.exchange(Some(desk.ben)), within(Direction::Outgoing)).unwrap_err();
    assert_eq!(second.kind, Kind::Conflict);
    desk.take(Some(desk.ann), call, Step::End(HungUp::Desk));
    assert_eq!(desk.status(call), Status::Answered, "nothing was asked");
    let call = desk.try_start(&desk.exchange(None), within(Direction::Incoming)).unwrap().call.unwrap();
    desk.take(None, call, Step::End(HungUp::Customer));
    assert_eq!(desk.status(call), Status::New);
    let new = NewCall { to: Some(desk.ben.to_string()), ..within(Direction::Internal) };
    let call = desk.try_start(&desk.exchange(Some(desk.ann)), new).unwrap().call.unwrap();
    desk.take(Some(desk.ben), call, Step::Answer);
    desk.take(Some(desk.ben), call, Step::Leave);
    assert_eq!((desk.status(call), desk.call(call).customer), (Status::New, ticket.customer), "colleagues talked about it");
    let conversation = ticket.id;
    desk.stage.write(move |tx, cx| conversations::change_status(tx, cx, Actor::System, conversation, conversations::Change::Delete));
    assert_eq!(desk.try_start(&desk.exchange(None), within(Direction::Incoming)).unwrap_err().kind, Kind::Conflict);
    desk.is_sound();
}

#[test]
fn agents_call_each_other() {
    let desk = phones();
    let before = desk.stage.head();
    let call = desk.internal(desk.ann, desk.ben);
    assert_eq!(desk.letter(call), "R");
    for step in [ring(desk.cleo), to_agent(desk.cleo), Step::Voicemail(Voicemail::default())] {
        desk.refused(&desk.exchange(Some(desk.ann)), call, step, Kind::Conflict);
    }
    desk.refused(&desk.exchange(Some(desk.cleo)), call, Step::Answer, Kind::Forbidden);
    desk.take(Some(desk.ben), call, Step::Answer);
    assert_eq!(BTreeSet::from_iter(desk.open(call).1), BTreeSet::from([desk.ann, desk.ben]));
    desk.refused(&desk.exchange(None), call, Step::End(HungUp::Customer), Kind::Invalid);
    let ended = desk.take(Some(desk.ben), call, Step::Leave);
    assert_eq!((ended.outcome, desk.status(call)), (Some(CallOutcome::Finished), Status::Resolved));
    let wanted = [
        "started internal",
        "rang Ben ringing",
        "accepted Ben talking",
        "answered Ann talking",
        "answered Ben talking",
        "left Ann ended",
        "left Ben ended",
        "ended finished",
        "status PR",
    ];
    let mut story = desk.story(before);
    // Both begin and end together.
    story[5..7].sort_unstable();
    assert_eq!(story, wanted);
    assert_eq!(desk.stage.exchange(ended.conversation), ["1:E The call ended after 0:02."]);

    let declined = desk.internal(desk.ann, desk.ben);
    let declined = desk.take(Some(desk.ben), declined, Step::Decline);
    assert_eq!(declined.outcome, Some(CallOutcome::Missed), "nobody else will answer");
    let expired = desk.internal(desk.ann, desk.ben);
    desk.stage.clock.advance_seconds(30);
    desk.stage.write(expire_rings);
    assert_eq!((desk.call(expired).outcome, desk.call(expired).state), (Some(CallOutcome::Missed), CallState::Ended));
    let given_up = desk.internal(desk.ann, desk.ben);
    assert_eq!(desk.take(Some(desk.ann), given_up, Step::End(HungUp::Desk)).outcome, Some(CallOutcome::Abandoned));
    let itself = NewCall { to: Some(desk.ann.to_string()), ..NewCall::new(Direction::Internal) };
    assert_eq!(desk.try_start(&desk.exchange(Some(desk.ann)), itself).unwrap_err().kind, Kind::Invalid);
    desk.is_sound();
}

#[test]
fn a_call_is_handed_on() {
    let desk = phones();
    let call = desk.talking(desk.ann);
    let before = desk.stage.head();
    desk.take(Some(desk.ann), call, to_agent(desk.ben));
    assert_eq!(desk.open(call), (vec![desk.ben], vec![]));
    desk.take(Some(desk.ben), call, Step::Answer);
    desk.take(Some(desk.ben), call, Step::Transfer(Target::Department(DepartmentId::DEFAULT)));
    let waiting = desk.call(call);
    assert_eq!((waiting.state, waiting.department), (CallState::Queued, DepartmentId::DEFAULT));
    let conversation = desk.stage.conversation(waiting.conversation);
    assert_eq!((conversation.department, conversation.assigned), (DepartmentId::DEFAULT, None));
    assert_eq!(
        desk.story(before),
        [
            "left Ann queued",
            "transferred Ben queued",
            "rang Ben ringing",
            "accepted Ben talking",
            "answered Ben talking",
            "left Ben queued",
            "transferred - queued",
        ]
    );
    desk.refused(&desk.exchange(None), call, Step::Transfer(Target::Department(DepartmentId::from_i64(1))), Kind::NotFound);
    // What waits is handed on too, by who may do all: Cleo answers in a department of hers.
    desk.take(None, call, Step::Transfer(Target::Department(desk.stage.sales)));
    desk.take(None, call, ring(desk.ann));
    desk.take(None, call, to_agent(desk.cleo));
    assert_eq!(desk.open(call), (vec![desk.cleo], vec![]));
    assert_eq!(desk.call(call).department, desk.stage.sales);
    desk.is_sound();
}

#[test]
fn colleagues_join_and_leave() {
    let desk = phones();
    let call = desk.talking(desk.ann);
    let before = desk.stage.head();
    desk.take(Some(desk.ann), call, ring(desk.ben));
    desk.take(Some(desk.ann), call, ring(desk.cleo));
    desk.take(Some(desk.ben), call, Step::Answer);
    assert_eq!(desk.open(call), (vec![desk.cleo], vec![desk.ann, desk.ben]));
    desk.refused(&desk.exchange(Some(desk.ben)), call, Step::Answer, Kind::Conflict);
    // Ann hands on: Ben stays.
    desk.take(Some(desk.cleo), call, Step::Decline);
    desk.take(Some(desk.ann), call, to_agent(desk.cleo));
    assert_eq!(desk.open(call), (vec![desk.cleo], vec![desk.ben]));
    assert_eq!(desk.stage.conversation(desk.call(call).conversation).assigned, Some(desk.ben));
    desk.take(Some(desk.ben), call, Step::Leave);
    assert_eq!(desk.call(call).state, CallState::Ringing, "the customer waits for Cleo");
    desk.take(Some(desk.cleo), call, Step::Decline);
    assert_eq!(desk.call(call).state, CallState::Queued);
    let ended = desk.take(None, call, Step::End(HungUp::Customer));
    assert_eq!((ended.outcome, desk.status(call)), (Some(CallOutcome::Finished), Status::Answered), "somebody had talked");
    assert!(desk.story(before).contains(&"left Ben ringing".to_owned()));
    desk.is_sound();
}

#[test]
fn who_calls_is_known_by_his_number() {
    let desk = phones();
    let first = desk.call(desk.incoming());
    assert_eq!(first.number, NUMBER);
    let new = |number: &str| NewCall { number: Some(number.to_owned()), ..NewCall::new(Direction::Incoming) };
    let start = |new: NewCall| desk.try_start(&desk.exchange(None), new).map(|done| desk.call(done.call.unwrap()));
    let again = start(new(" 0044 (1632) 960-001 ")).unwrap();
    assert_eq!(again.customer, first.customer);
    assert_ne!(start(new("+44 1632 960002")).unwrap().customer, first.customer);
    let (withheld, other) = (start(NewCall::new(Direction::Incoming)).unwrap(), start(new("")).unwrap());
    assert_ne!(withheld.customer, other.customer, "nobody knows who they are");
    let id = first.customer;
    let (known, phone) = desk.stage.see(move |tx| Ok((customers::get(tx, id)?, NUMBER)));
    assert_eq!(known.phone, phone);
    let named =
        NewCall { customer: Some(first.customer.to_string()), number: Some("+49 30 1".to_owned()), ..NewCall::new(Direction::Incoming) };
    assert_eq!(start(named).unwrap().customer, first.customer);
    let unknown = NewCall { customer: Some("nobody@shop.test".to_owned()), ..NewCall::new(Direction::Incoming) };
    assert_eq!(start(unknown).unwrap_err().kind, Kind::NotFound);
    let both = NewCall { customer: Some(id.to_string()), conversation: Some(first.conversation), ..NewCall::new(Direction::Incoming) };
    desk.take(None, first.id, Step::End(HungUp::Customer));
    assert_eq!(start(both).unwrap_err().kind, Kind::Invalid);
    for wrong in ["a\u{0}b", "a\nb", &"1".repeat(300)] {
        assert_eq!(start(new(wrong)).unwrap_err().kind, Kind::Invalid, "{wrong:?}");
    }
}

#[test]
fn steps_are_taken_once_per_key() {
    let desk = phones();
    let keyed = |agent: Option<AgentId>, key: &str| Telling { key: Some(key.to_owned()), ..desk.exchange(agent) };
    let new = || NewCall { number: Some(NUMBER.to_owned()), ..NewCall::new(Direction::Incoming) };
    let first = desk.try_start(&keyed(None, "k1"), new()).unwrap();
    assert_eq!(desk.try_start(&keyed(None, "k1"), new()).unwrap(), first);
    assert_ne!(desk.try_start(&keyed(None, "k2"), new()).unwrap().call, first.call);
    let call = first.call.unwrap();
    let rang = desk.try_take(&keyed(None, "k3"), call, ring(desk.ann)).unwrap();
    assert_eq!(desk.try_take(&keyed(None, "k3"), call, ring(desk.ann)).unwrap(), rang, "not refused as ringing already");
    desk.refused(&keyed(None, "k4"), call, ring(desk.ann), Kind::Conflict);
    desk.refused(&keyed(None, ""), call, Step::Leave, Kind::Invalid);
    // A session's keys are its own.
    let session = Telling { key: Some("k1".to_owned()), ..Phones::told_by(desk.stage.owner) };
    assert_ne!(desk.try_start(&session, new()).unwrap().call, first.call);
}

#[test]
fn who_calls_from_home_is_known_abroad() {
    let desk = phones();
    let known = desk.stage.write(|tx, cx| {
        let changes = Changes { phone: Some("01632 / 960077".to_owned()), ..Changes::default() };
        Ok(customers::register(tx, cx, &NewCustomer { email: "cleo@shop.test".to_owned(), changes })?.id)
    });
    let calls = |number: &str| {
        let new = NewCall { number: Some(number.to_owned()), ..NewCall::new(Direction::Incoming) };
        let done = desk.try_start(&desk.exchange(None), new).unwrap();
        let call = desk.call(done.call.unwrap());
        desk.take(None, call.id, Step::End(HungUp::Customer));
        (call.customer, call.number)
    };
    let (stranger, _) = calls("+44 1632 960077");
    assert_ne!(stranger, known, "the desk is of no country");
    desk.stage.settings(|settings| settings.phone_country = "+44".to_owned());
    // The stranger has that very number now; in any other spelling of it the one who is known longer comes first.
    assert_eq!(calls("+44 1632 960077").0, stranger);
    assert_eq!(calls("(01632) 960077"), (known, "(01632) 960077".to_owned()), "shown as it was told");
    assert_eq!(desk.stage.see(move |tx| customers::get(tx, known)).phone, "01632 / 960077", "and kept as it was written");
    assert_ne!(calls("+49 1632 960077").0, known);
    desk.is_sound();
}

#[test]
fn a_conversation_that_is_set_aside_stays_so_over_a_call_in_vain() {
    let desk = phones();
    let visit = desk.stage.visit();
    let tickets = [(); 2].map(|()| desk.stage.ticket(&visit, "zoe@shop.test", "Help").id);
    let until = desk.stage.desk.now().plus_seconds(3_600);
    let by = Actor::Agent(desk.ann);
    let aside = |ticket, until| desk.stage.write(move |tx, cx| conversations::postponing::postpone(tx, cx, by, ticket, until));
    for ticket in tickets {
        aside(ticket, until);
    }
    let within = |ticket| NewCall { conversation: Some(ticket), ..NewCall::new(Direction::Outgoing) };
    let dial = |agent, ticket| desk.try_start(&desk.exchange(Some(agent)), within(ticket)).unwrap().call.unwrap();
    let shown = |ticket: ConversationId| desk.stage.see(move |tx| crate::views::conversation(tx, &ticket.to_string())).postponed_until;
    let call = dial(desk.ann, tickets[0]);
    assert_eq!(shown(tickets[0]), None, "now it is in a call");
    desk.take(Some(desk.ann), call, Step::End(HungUp::Desk));
    assert_eq!((desk.status(call), shown(tickets[0])), (Status::Postponed, Some(until)));
    let later = until.plus_seconds(60);
    aside(tickets[0], later);
    // The moment comes while a call goes on in the other one.
    let call = dial(desk.ann, tickets[1]);
    desk.stage.clock.advance_seconds(3_600);
    desk.stage.write(conversations::postponing::end_postponements);
    assert_eq!([desk.stage.status(tickets[0]), desk.stage.status(tickets[1])], [Status::Postponed, Status::Calling]);
    desk.take(Some(desk.ann), call, Step::End(HungUp::Desk));
    desk.is_sound();
    desk.stage.clock.advance_seconds(60);
    desk.stage.write(conversations::postponing::end_postponements);
    assert_eq!(tickets.map(|ticket| desk.stage.status(ticket)), [Status::New; 2]);
    // A call in which somebody talks is another matter: then nothing is set aside any more.
    aside(tickets[0], later.plus_seconds(3_600));
    let call = dial(desk.ann, tickets[0]);
    desk.take(Some(desk.ann), call, Step::Answer);
    desk.take(Some(desk.ann), call, Step::End(HungUp::Customer));
    let ticket = tickets[0];
    assert_eq!(desk.stage.see(move |tx| Ok(tables::postponements::until(tx, ticket)?)), None);
    assert_eq!(desk.status(call), Status::Answered);
    desk.is_sound();
}

#[test]
fn who_was_in_charge_before_the_call_is_so_when_all_have_left() {
    let desk = phones();
    let visit = desk.stage.visit();
    let ticket = desk.stage.ticket(&visit, "zoe@shop.test", "Help").id;
    desk.stage.answer(desk.ann, ticket, "Of course");
    let in_charge = || desk.stage.conversation(ticket).assigned;
    let incoming = || {
        let new = NewCall { conversation: Some(ticket), department: Some(desk.stage.sales), ..NewCall::new(Direction::Incoming) };
        desk.try_start(&desk.exchange(None), new).unwrap().call.unwrap()
    };
    let call = incoming();
    desk.take(Some(desk.ann), call, Step::Answer);
    desk.take(Some(desk.ann), call, Step::Leave);
    assert_eq!(in_charge(), Some(desk.ann));
    desk.take(Some(desk.ben), call, Step::Answer);
    assert_eq!(in_charge(), Some(desk.ben));
    desk.take(Some(desk.ben), call, Step::Transfer(Target::Department(desk.stage.sales)));
    desk.take(None, call, Step::End(HungUp::Customer));
    assert_eq!((desk.status(call), in_charge()), (Status::Answered, Some(desk.ann)));
    // One who works here no longer is in charge of nothing that is given back.
    let call = incoming();
    desk.take(Some(desk.ann), call, Step::Answer);
    desk.switch_off(desk.ann, "Ann");
    assert_eq!((desk.call(call).state, in_charge()), (CallState::Queued, None));
    desk.is_sound();
}

#[test]
fn whoever_is_late_in_answering_is_not_put_into_the_call() {
    let desk = phones();
    let call = desk.incoming();
    desk.take(None, call, ring(desk.ann));
    desk.take(None, call, ring(desk.ben));
    desk.take(Some(desk.ann), call, Step::Answer);
    for telling in [desk.exchange(Some(desk.ben)), Phones::told_by(desk.ben), Phones::told_by(desk.cleo)] {
        desk.refused(&telling, call, Step::Answer, Kind::Conflict);
    }
    assert_eq!(desk.open(call).1, [desk.ann]);
    // Who is asked to join may.
    desk.take(Some(desk.ann), call, ring(desk.ben));
    desk.take(Some(desk.ben), call, Step::Answer);
    assert_eq!(desk.open(call).1, [desk.ann, desk.ben]);
    desk.is_sound();
}

#[test]
fn who_was_in_charge_keeps_nothing_that_went_to_a_department_of_others() {
    let desk = phones();
    let dora = desk.stage.write(|tx, cx| {
        let dora = accounts::create_agent(tx, cx, &draft("Dora", true))?.id;
        tables::departments::remove_member(tx, DepartmentId::DEFAULT, dora)?;
        Ok(dora)
    });
    let in_charge = |call| {
        let conversation = desk.stage.conversation(desk.call(call).conversation);
        (conversation.department, conversation.assigned)
    };
    let within = |agent, department| {
        let ticket = desk.stage.ticket(&desk.stage.visit(), "zoe@shop.test", "Help").id;
        desk.stage.answer(agent, ticket, "Of course");
        let new = NewCall { conversation: Some(ticket), department, ..NewCall::new(Direction::Incoming) };
        desk.try_start(&desk.exchange(None), new).unwrap().call.unwrap()
    };
    let (sales, support) = (desk.stage.sales, DepartmentId::DEFAULT);
    let to = |department| Step::Transfer(Target::Department(department));
    // Ann is in sales alone. She hands her call on, and the customer hangs up in the queue.
    let call = within(desk.ann, Some(sales));
    desk.take(Some(desk.ann), call, Step::Answer);
    desk.take(Some(desk.ann), call, to(support));
    assert_eq!(in_charge(call), (support, None));
    desk.take(Some(desk.ben), call, Step::Answer);
    desk.take(Some(desk.ben), call, Step::Leave);
    assert_eq!(in_charge(call), (support, None), "nor is it hers when the next one has left");
    desk.take(None, call, to(sales));
    desk.take(Some(desk.ben), call, Step::Answer);
    desk.take(Some(desk.ben), call, Step::Leave);
    desk.take(None, call, Step::End(HungUp::Customer));
    assert_eq!(in_charge(call), (sales, Some(desk.ann)), "back with her department it is");
    // The exchange puts it elsewhere before anybody has answered.
    let call = within(desk.ann, Some(sales));
    desk.take(None, call, to(support));
    desk.take(None, call, Step::End(HungUp::Customer));
    assert_eq!(in_charge(call), (support, None));
    // It stayed where somebody had given it to her.
    let call = within(desk.ann, None);
    desk.take(Some(desk.ben), call, Step::Answer);
    desk.take(Some(desk.ben), call, Step::Leave);
    assert_eq!(in_charge(call), (support, Some(desk.ann)));
    // Dora is in no department, and so in everyone's.
    let call = within(dora, Some(sales));
    desk.take(Some(desk.ann), call, Step::Answer);
    desk.take(Some(desk.ann), call, to(support));
    assert_eq!(in_charge(call), (support, Some(dora)));
    desk.is_sound();
}
