//! Who may do what: an agent with his own calls, those of a department with its, administrators and exchanges with all.

use deskbell_domain::ids::DepartmentId;

use super::*;

#[test]
fn an_agent_acts_for_himself() {
    let desk = phones();
    let (ann, ben) = (Phones::told_by(desk.ann), Phones::told_by(desk.ben));
    let as_ben = Telling { agent: Some("ben@desk.test".to_owned()), ..ann.clone() };
    let new = NewCall { number: Some(NUMBER.to_owned()), ..NewCall::new(Direction::Outgoing) };
    assert_eq!(desk.try_start(&as_ben, new.clone()).unwrap_err().kind, Kind::Forbidden);
    let call = desk.try_start(&ann, new).unwrap().call.unwrap();
    assert_eq!(desk.call(call).caller, Some(desk.ann));
    desk.refused(&ben, call, Step::Answer, Kind::Forbidden);
    desk.refused(&ben, call, Step::End(HungUp::Desk), Kind::Forbidden);
    desk.try_take(&ann, call, Step::Answer).unwrap();
    for step in [Step::Hold, Step::Resume, Step::Leave, to_agent(desk.cleo)] {
        desk.refused(&ben, call, step, Kind::Conflict);
    }
    desk.try_take(&ann, call, Step::End(HungUp::Desk)).unwrap();
    // An administrator acts for others too.
    let owner = Telling { agent: Some(desk.ann.to_string()), ..Phones::told_by(desk.stage.owner) };
    let call =
        desk.try_start(&owner, NewCall { to: Some(desk.ben.to_string()), ..NewCall::new(Direction::Internal) }).unwrap().call.unwrap();
    assert_eq!(desk.call(call).caller, Some(desk.ann));
    desk.try_take(&Phones::told_by(desk.stage.owner), call, Step::End(HungUp::Desk)).unwrap();
    desk.is_sound();
}

#[test]
fn calls_belong_to_departments() {
    let desk = phones();
    let ann = Phones::told_by(desk.ann);
    let elsewhere = NewCall { department: Some(DepartmentId::DEFAULT), ..NewCall::new(Direction::Incoming) };
    assert_eq!(desk.try_start(&ann, elsewhere.clone()).unwrap_err().kind, Kind::Forbidden);
    let call = desk.try_start(&desk.exchange(None), elsewhere).unwrap().call.unwrap();
    for step in [ring(desk.ben), Step::Answer, Step::Voicemail(Voicemail::default()), Step::End(HungUp::Customer)] {
        desk.refused(&ann, call, step, Kind::Forbidden);
    }
    desk.refused(&ann, call, Step::Decline, Kind::Conflict);
    // It rings at her all the same, and then it is hers to answer.
    desk.take(None, call, ring(desk.ann));
    desk.try_take(&ann, call, Step::Answer).unwrap();
    desk.try_take(&ann, call, ring(desk.ben)).unwrap();
    desk.try_take(&Phones::told_by(desk.ben), call, Step::End(HungUp::Customer)).unwrap();
    let sales = NewCall { department: Some(desk.stage.sales), ..NewCall::new(Direction::Incoming) };
    let call = desk.try_start(&ann, sales).unwrap().call.unwrap();
    desk.try_take(&Phones::told_by(desk.ben), call, Step::Answer).unwrap();
    assert_eq!(desk.open(call).1, [desk.ben], "picked up without a ring");
    desk.is_sound();
}

#[test]
fn an_exchange_names_the_agent() {
    let desk = phones();
    let key = desk.exchange(None);
    for direction in [Direction::Outgoing, Direction::Internal] {
        assert_eq!(desk.try_start(&key, NewCall::new(direction)).unwrap_err().kind, Kind::Missing);
    }
    let no_number = desk.try_start(&desk.exchange(Some(desk.ann)), NewCall::new(Direction::Outgoing)).unwrap_err();
    assert_eq!(no_number.kind, Kind::Missing);
    let nobody = desk.try_start(&desk.exchange(Some(desk.ann)), NewCall::new(Direction::Internal)).unwrap_err();
    assert_eq!(nobody.kind, Kind::Missing);
    let call = desk.incoming();
    desk.refused(&key, call, Step::Answer, Kind::Missing);
    desk.refused(&key, call, Step::Decline, Kind::Missing);
    let unknown = Telling { agent: Some("nobody@desk.test".to_owned()), ..key.clone() };
    desk.refused(&unknown, call, Step::Answer, Kind::NotFound);
    desk.take(Some(desk.ann), call, Step::Answer);
    for step in [Step::Hold, Step::Resume, Step::Leave] {
        desk.refused(&key, call, step, Kind::Missing);
    }
    // All leave when nobody is named who hands it on.
    desk.take(Some(desk.ann), call, ring(desk.ben));
    desk.take(Some(desk.ben), call, Step::Answer);
    desk.take(None, call, to_agent(desk.cleo));
    assert_eq!(desk.open(call), (vec![desk.cleo], vec![]));
    desk.refused(&key, CallId::from_i64(1), Step::End(HungUp::Desk), Kind::NotFound);
    desk.is_sound();
}

#[test]
fn an_agent_has_one_phone() {
    let desk = phones();
    let call = desk.talking(desk.ann);
    let other = desk.incoming();
    desk.refused(&desk.exchange(None), other, ring(desk.ann), Kind::Conflict);
    desk.refused(&desk.exchange(Some(desk.ann)), other, Step::Answer, Kind::Conflict);
    let calls = |to: AgentId| NewCall { to: Some(to.to_string()), ..NewCall::new(Direction::Internal) };
    assert_eq!(desk.try_start(&desk.exchange(Some(desk.ann)), calls(desk.ben)).unwrap_err().kind, Kind::Conflict);
    assert_eq!(desk.try_start(&desk.exchange(Some(desk.ben)), calls(desk.ann)).unwrap_err().kind, Kind::Conflict);
    // A phone that rings, and one that dials, are not free either.
    desk.take(None, other, ring(desk.ben));
    desk.refused(&desk.exchange(None), other, ring(desk.ben), Kind::Conflict);
    assert_eq!(desk.try_start(&desk.exchange(Some(desk.ben)), calls(desk.cleo)).unwrap_err().kind, Kind::Conflict);
    let third = desk.incoming();
    desk.refused(&desk.exchange(Some(desk.ben)), third, Step::Answer, Kind::Conflict);
    let dialled = desk.outgoing(desk.cleo);
    desk.refused(&desk.exchange(None), other, ring(desk.cleo), Kind::Conflict);
    desk.refused(&desk.exchange(Some(desk.cleo)), other, Step::Answer, Kind::Conflict);
    desk.take(Some(desk.cleo), dialled, Step::End(HungUp::Desk));
    desk.take(Some(desk.ann), call, Step::End(HungUp::Desk));
    desk.take(None, other, ring(desk.ann));
    desk.take(Some(desk.ann), other, Step::Answer);
    desk.is_sound();
}

#[test]
fn phones_that_are_off_do_not_ring() {
    let desk = phones();
    let call = desk.incoming();
    let ann = desk.ann;
    let phone = AgentStatus::PHONE;
    for (status, rings) in [
        (AgentStatus::ONLINE, false),
        (AgentStatus::AWAY.with(phone), true),
        (AgentStatus::INVISIBLE.with(phone), false),
        (AgentStatus::OFFLINE, false),
        (phone, true),
    ] {
        desk.stage.write(move |tx, cx| accounts::choose_status(tx, cx, ann, status, true));
        assert_eq!(desk.try_take(&desk.exchange(None), call, ring(ann)).is_ok(), rings, "{}", status.letters());
        if rings {
            desk.take(Some(ann), call, Step::Decline);
        }
    }
    let long = Step::Ring { agent: ann.to_string(), seconds: Some(3_601) };
    desk.refused(&desk.exchange(None), call, long, Kind::Invalid);
    desk.refused(&desk.exchange(None), call, Step::Ring { agent: ann.to_string(), seconds: Some(0) }, Kind::Invalid);
    desk.refused(&desk.exchange(None), call, Step::Ring { agent: "nobody".to_owned(), seconds: None }, Kind::NotFound);
}

#[test]
fn whom_the_desk_keeps_out_does_not_call() {
    let desk = phones();
    let call = desk.incoming();
    let customer = desk.call(call).customer;
    let owner = desk.stage.owner;
    desk.stage.write(move |tx, cx| crate::bans::ban(tx, cx, owner, deskbell_domain::customer::BanTarget::Customer(customer), ""));
    assert_eq!(desk.call(call).outcome, Some(CallOutcome::Missed), "what goes on ends");
    let new = NewCall { number: Some(NUMBER.to_owned()), ..NewCall::new(Direction::Incoming) };
    assert_eq!(desk.try_start(&desk.exchange(None), new).unwrap_err().kind, Kind::Forbidden);
    let called = desk.outgoing(desk.ann);
    assert_eq!(desk.call(called).customer, customer, "the desk may still call him");
    desk.is_sound();
}
