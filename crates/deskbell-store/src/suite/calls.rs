//! Calls with their legs and rings, and customers by their phone numbers.

use super::{Place, TestDb, at, rows};
use crate::tables::calls::Counts;
use crate::tables::merging::Browsers;
use crate::tables::{call_legs, call_rings, calls, conversations, customers, departments, fields, merging};
use deskbell_domain::call::{Call, CallOutcome, CallState, Direction, Leg, Ring};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{AgentId, CallId, CallLegId, ConversationId, CustomerId, DepartmentId, GroupId, RingId};
use deskbell_domain::time::Timestamp;

const CUSTOMER: CustomerId = CustomerId::from_i64(1);
const OTHER: DepartmentId = DepartmentId::from_i64(7);

fn conversation(number: i64) -> Conversation {
    Conversation { status: Status::Calling, channel: Channel::Call, ..rows::conversation(number) }
}

/// The call of the conversation with the same number.
fn call(number: i64, department: DepartmentId, state: CallState) -> Call {
    Call {
        id: CallId::from_i64(100 + number),
        conversation: ConversationId::from_i64(number),
        group: GroupId::from_i64(200 + number),
        direction: Direction::Incoming,
        customer: CUSTOMER,
        caller: None,
        department,
        number: "+44 1632 960001".to_owned(),
        state,
        started: at(number),
        waiting_since: at(number),
        answered: None,
        ended: None,
        outcome: None,
        before: None,
        assigned_before: None,
    }
}

fn leg(number: i64, of: &Call, agent: i64) -> Leg {
    Leg {
        id: CallLegId::from_i64(number),
        call: of.id,
        agent: AgentId::from_i64(agent),
        department: of.department,
        began: at(50 + number),
        ended: None,
        held_since: None,
        held_micros: 0,
    }
}

fn ring(number: i64, of: &Call, agent: i64) -> Ring {
    let (rang, expires) = (at(20 + number), at(50 + number));
    Ring { id: RingId::from_i64(number), call: of.id, agent: AgentId::from_i64(agent), rang, expires, outcome: None }
}

/// Two departments, a customer and his conversations 1 to 5.
fn fill(test: &TestDb) {
    test.put(|tx| {
        for id in [DepartmentId::DEFAULT, OTHER] {
            departments::put(tx, &rows::department(id), at(0))?;
        }
        customers::insert(tx, &Customer::anonymous(CUSTOMER, at(0)))?;
        (1..=5).try_for_each(|number| conversations::insert(tx, &conversation(number)))
    });
}

fn put(test: &TestDb, call: &Call) {
    let call = call.clone();
    test.put(move |tx| calls::insert(tx, &call));
}

pub(super) fn calls_come_back_and_change(place: &Place) {
    let test = place.open();
    fill(&test);
    let mut first = call(1, DepartmentId::DEFAULT, CallState::Queued);
    let outgoing = Call {
        direction: Direction::Outgoing,
        caller: Some(AgentId::from_i64(5)),
        before: Some(Status::Open),
        assigned_before: Some(AgentId::from_i64(2)),
        ..call(2, OTHER, CallState::Ringing)
    };
    put(&test, &first);
    put(&test, &outgoing);
    assert_eq!(test.see(calls::live), [first.clone(), outgoing.clone()]);
    let page = |after, limit| test.see(move |tx| calls::live_after(tx, after, limit));
    assert_eq!(page(None, 1), [first.clone()]);
    assert_eq!(page(Some((first.started, first.id)), 9), std::slice::from_ref(&outgoing));
    assert_eq!(page(Some((outgoing.started, outgoing.id)), 9), []);
    let one = first.conversation;
    assert_eq!(test.see(move |tx| calls::live_of_conversation(tx, one)), Some(first.clone()));
    assert_eq!(test.see(|tx| calls::live_of_customer(tx, CUSTOMER)).len(), 2);
    let calling = |agent| test.see(move |tx| calls::calling_of(tx, AgentId::from_i64(agent))).map(|call| call.id);
    assert_eq!((calling(5), calling(6)), (Some(outgoing.id), None));
    let begun = |seconds| test.see(move |tx| calls::begun_before(tx, at(seconds), 10)).len();
    assert_eq!((begun(1), begun(2), begun(3)), (0, 1, 2));

    (first.department, first.waiting_since, first.before) = (OTHER, at(30), Some(Status::Answered));
    first.is_answered(at(31));
    (first.state, first.ended, first.outcome) = (CallState::Ended, Some(at(60)), Some(CallOutcome::Finished));
    let changed = first.clone();
    test.put(move |tx| calls::update(tx, &changed));
    let id = first.id;
    assert_eq!(test.see(move |tx| calls::get(tx, id)), Some(first.clone()));
    assert_eq!(test.see(calls::live), [outgoing]);
    assert_eq!(test.see(move |tx| calls::live_of_conversation(tx, one)), None);
    assert_eq!(test.see(|tx| calls::get(tx, CallId::from_i64(9))), None);

    let second = Call { id: CallId::from_i64(300), started: at(90), ..call(1, OTHER, CallState::Queued) };
    put(&test, &second);
    let of = |limit| test.see(move |tx| calls::of_conversation(tx, one, limit));
    assert_eq!(of(10), [first, second.clone()]);
    assert_eq!(of(1), [second], "the newest");
    let third = Call { id: CallId::from_i64(301), ..call(1, OTHER, CallState::Queued) };
    assert!(test.write(move |tx| calls::insert(tx, &third)).is_err_and(|error| error.is_conflict()), "one at a time");
}

pub(super) fn legs_and_rings_come_back(place: &Place) {
    let test = place.open();
    fill(&test);
    let (one, other) = (call(1, OTHER, CallState::Talking), call(2, OTHER, CallState::Ringing));
    put(&test, &one);
    put(&test, &other);
    let (mut first, second) = (leg(1, &one, 5), leg(2, &one, 6));
    let rings = [ring(1, &other, 7), ring(2, &other, 8), ring(3, &one, 9)];
    let (legs, all) = ([first.clone(), second.clone()], rings.clone());
    test.put(move |tx| {
        legs.iter().try_for_each(|leg| call_legs::insert(tx, leg))?;
        all.iter().try_for_each(|ring| call_rings::insert(tx, ring))
    });
    let (one, other) = (one.id, other.id);
    assert_eq!(test.see(move |tx| call_legs::open(tx, one)), [first.clone(), second.clone()]);
    assert_eq!(test.see(move |tx| call_legs::open(tx, other)), []);
    assert_eq!(test.see(call_legs::all_open), [first.clone(), second.clone()]);
    first.hold(at(60));
    let held = first.clone();
    test.put(move |tx| call_legs::update(tx, &held));
    assert_eq!(test.see(move |tx| call_legs::open_of(tx, AgentId::from_i64(5))), Some(first.clone()));
    first.end(at(70));
    let ended = first.clone();
    test.put(move |tx| call_legs::update(tx, &ended));
    assert_eq!(test.see(move |tx| call_legs::open_of(tx, AgentId::from_i64(5))), None);
    assert_eq!(test.see(move |tx| call_legs::of_call(tx, one)), [first, second]);

    assert_eq!(test.see(move |tx| call_rings::ringing(tx, other)), rings[..2]);
    assert_eq!(test.see(call_rings::all_ringing), rings);
    assert_eq!(test.see(|tx| call_rings::ringing_at(tx, AgentId::from_i64(9))), Some(rings[2].clone()));
    let expired = |seconds, limit| test.see(move |tx| call_rings::expired(tx, at(seconds), limit)).len();
    assert_eq!((expired(50, 9), expired(51, 9), expired(52, 9), expired(90, 1)), (0, 1, 2, 1));
    test.put(|tx| call_rings::close(tx, RingId::from_i64(1), OfferOutcome::Expired, at(51)));
    assert_eq!(test.see(move |tx| call_rings::ringing(tx, other)), rings[1..2]);
    assert_eq!(expired(51, 9), 0);
    let of = test.see(move |tx| call_rings::of_call(tx, other));
    assert_eq!(of.iter().map(|ring| ring.outcome).collect::<Vec<_>>(), [Some(OfferOutcome::Expired), None]);
}

pub(super) fn an_agent_has_one_phone(place: &Place) {
    let test = place.open();
    fill(&test);
    let (one, other) = (call(1, OTHER, CallState::Talking), call(2, OTHER, CallState::Talking));
    put(&test, &one);
    put(&test, &other);
    let (mut first, second) = (leg(1, &one, 5), leg(2, &other, 5));
    let added = first.clone();
    test.put(move |tx| call_legs::insert(tx, &added));
    let again = second.clone();
    assert!(test.write(move |tx| call_legs::insert(tx, &again)).is_err_and(|error| error.is_conflict()));
    first.end(at(70));
    test.put(move |tx| call_legs::update(tx, &first).and_then(|()| call_legs::insert(tx, &second)));
    let (first, second) = (ring(1, &one, 6), ring(2, &other, 6));
    test.put(move |tx| call_rings::insert(tx, &first));
    let again = second.clone();
    assert!(test.write(move |tx| call_rings::insert(tx, &again)).is_err_and(|error| error.is_conflict()));
    test.put(move |tx| {
        call_rings::close(tx, RingId::from_i64(1), OfferOutcome::Declined, at(30))?;
        call_rings::insert(tx, &second)
    });
}

pub(super) fn calls_are_counted_by_how_they_stand(place: &Place) {
    let test = place.open();
    fill(&test);
    assert_eq!(test.see(|tx| calls::counts(tx, None)), Counts::default());
    for (number, department, state) in [
        (1, OTHER, CallState::Talking),
        (2, DepartmentId::DEFAULT, CallState::Talking),
        (3, OTHER, CallState::Ringing),
        (4, OTHER, CallState::Queued),
    ] {
        put(&test, &call(number, department, state));
    }
    let mut ended = call(5, OTHER, CallState::Talking);
    put(&test, &ended);
    (ended.ended, ended.outcome, ended.state) = (Some(at(9)), Some(CallOutcome::Finished), CallState::Ended);
    test.put(move |tx| calls::update(tx, &ended));
    assert_eq!(test.see(|tx| calls::counts(tx, None)), Counts { talking: 2, ringing: 1, queued: 1 });
    assert_eq!(test.see(|tx| calls::counts(tx, Some(OTHER))), Counts { talking: 1, ringing: 1, queued: 1 });
    assert_eq!(test.see(|tx| calls::counts(tx, Some(DepartmentId::from_i64(8)))), Counts::default());
}

pub(super) fn unsound_calls_are_found(place: &Place) {
    let test = place.open();
    fill(&test);
    let sound = call(1, OTHER, CallState::Talking);
    put(&test, &sound);
    let part = leg(1, &sound, 5);
    test.put(move |tx| call_legs::insert(tx, &part));
    assert_eq!(test.see(calls::unsound), [""; 0]);
    let lonely = call(2, OTHER, CallState::Talking);
    put(&test, &lonely);
    let mut over = call(3, OTHER, CallState::Queued);
    put(&test, &over);
    let (open, rings) = (leg(2, &over, 6), ring(2, &over, 7));
    (over.ended, over.state) = (Some(at(9)), CallState::Ended);
    let forgotten = call(4, OTHER, CallState::Queued);
    put(&test, &forgotten);
    test.put(move |tx| {
        call_legs::insert(tx, &open)?;
        call_rings::insert(tx, &rings)?;
        calls::update(tx, &over)?;
        tx.exec("UPDATE conversations SET status = 'A' WHERE id = 4", &[]).map(drop)
    });
    let found = test.see(calls::unsound).join("\n");
    for rule in [
        "nobody is in a call that is talked in",
        "a leg goes on in an ended call",
        "an ended call rings",
        "an ended call has no outcome",
        "its conversation is not being called",
    ] {
        assert_eq!(found.matches(rule).count(), 1, "{rule}: {found}");
    }
    test.put(move |tx| tx.exec("UPDATE calls SET state = 'queued' WHERE id = 101", &[]).map(drop));
    assert!(test.see(calls::unsound).concat().contains("somebody is in a call that waits"));
}

pub(super) fn customers_by_number(place: &Place) {
    let test = place.open();
    fill(&test);
    let person = |number: i64, phone: &str, created: Timestamp| Customer {
        name: format!("n{number}"),
        phone: phone.to_owned(),
        ..Customer::anonymous(CustomerId::from_i64(number), created)
    };
    let mut gone = person(4, "+44 1632 960004", at(1));
    let all = [
        person(2, "+44 1632 960001", at(9)),
        person(3, "(0044) 1632-960001", at(5)),
        gone.clone(),
        person(5, "", at(1)),
        person(6, "+44 1632 960006", at(1)),
    ];
    test.put(move |tx| {
        all.iter().try_for_each(|one| customers::insert(tx, one))?;
        let second = FieldValue { code: "phone".to_owned(), value: "+44 (0)1632 / 960005".to_owned() };
        fields::add_unique(tx, FieldOwner::Customer(CustomerId::from_i64(5)), &second)?;
        tx.exec(
            "INSERT INTO agents (id, contact_id, email, first_name, last_name, role, slots, enabled, preset, online, password_hash, created_at) \
             VALUES (9, 6, 'a@x.test', '', '', 'A', 1, 1, 0, 0, '', 0)",
            &[],
        )
        .map(drop)
    });
    gone.removed = Some(at(10));
    test.put(move |tx| customers::update(tx, &gone));
    for (number, wanted) in [
        ("+441632960001", Some(3)),
        ("0044 1632 960001", Some(3)),
        ("+44 1632 960004", None),
        ("+44 1632 960005", Some(5)),
        ("+44 1632 960006", None),
        ("+44 1632 960009", None),
        ("", None),
        (" - ", None),
    ] {
        let found = test.see(move |tx| customers::by_number(tx, number, ""));
        assert_eq!(found.map(|customer| customer.id.get()), wanted, "{number}");
    }
    // At home numbers are written without the country: the one that is written as it came goes first.
    let at_home = person(7, "01632 960001", at(20));
    test.put(move |tx| customers::insert(tx, &at_home));
    for (number, country, wanted) in [
        ("01632 960001", "", Some(7)),
        ("01632 960001", "+44", Some(7)),
        ("+44 1632 960001", "+44", Some(3)),
        ("01632 960005", "+44", Some(5)),
        ("01632 960005", "+49", None),
        ("01632 960006", "+44", None),
    ] {
        let found = test.see(move |tx| customers::by_number(tx, number, country));
        assert_eq!(found.map(|customer| customer.id.get()), wanted, "{number} in {country}");
    }
    test.put(|tx| tx.exec("DELETE FROM customers WHERE id = 7", &[]).map(drop));
    let moved = person(3, "+49 30 1234", at(5));
    test.put(move |tx| customers::update(tx, &moved));
    let found = test.see(|tx| customers::by_number(tx, "+441632960001", ""));
    assert_eq!(found.map(|customer| customer.id.get()), Some(2), "a new number is compared at once");
}

pub(super) fn calls_move_and_numbers_are_forgotten(place: &Place) {
    let test = place.open();
    fill(&test);
    let mut done = call(1, OTHER, CallState::Queued);
    put(&test, &done);
    assert!(test.see(|tx| customers::is_in_call(tx, CUSTOMER)));
    (done.ended, done.outcome, done.state) = (Some(at(9)), Some(CallOutcome::Missed), CallState::Ended);
    let ended = done.clone();
    test.put(move |tx| {
        calls::update(tx, &ended)?;
        merging::move_all(tx, ConversationId::from_i64(1), ConversationId::from_i64(2), Browsers::Same)
    });
    assert!(!test.see(|tx| customers::is_in_call(tx, CUSTOMER)));
    let moved = test.see(|tx| calls::of_conversation(tx, ConversationId::from_i64(2), 10));
    assert_eq!(moved, [Call { conversation: ConversationId::from_i64(2), ..done }]);
    test.put(|tx| customers::forget_traces(tx, CUSTOMER, "nobody"));
    assert_eq!(test.see(|tx| calls::of_conversation(tx, ConversationId::from_i64(2), 10))[0].number, "");
}
