//! Calls.

use deskbell_domain::call::{CallEvent, CallOutcome, CallState, Direction};
use deskbell_domain::ids::{CallId, CallLegId, RingId};

use super::*;

fn id(call: i64) -> CallId {
    CallId::from_i64(80_000_000_100 + call)
}

fn started(call: i64, direction: Direction, caller: Option<AgentId>) -> Event {
    Event::Call(CallEvent::Started {
        call: id(call),
        conversation: TICKET,
        group: GroupId::from_i64(1),
        direction,
        customer: CUSTOMER,
        caller,
        department: SALES,
    })
}

fn rang(call: i64, agent: AgentId) -> Event {
    let (ring, state) = (RingId::from_i64(1), CallState::Ringing);
    Event::Call(CallEvent::Rang { call: id(call), conversation: TICKET, ring, agent, expires: Timestamp::EPOCH, state })
}

fn closed(call: i64, agent: AgentId, outcome: OfferOutcome) -> Event {
    let (ring, state) = (RingId::from_i64(1), CallState::Queued);
    Event::Call(CallEvent::RingClosed { call: id(call), conversation: TICKET, ring, agent, outcome, state })
}

fn answered(call: i64, leg: i64, agent: AgentId) -> Event {
    let leg = CallLegId::from_i64(leg);
    Event::Call(CallEvent::Answered { call: id(call), conversation: TICKET, leg, agent, state: CallState::Talking })
}

fn left(call: i64, leg: i64, agent: AgentId) -> Event {
    let leg = CallLegId::from_i64(leg);
    Event::Call(CallEvent::Left { call: id(call), conversation: TICKET, leg, agent, state: CallState::Talking })
}

fn transferred(call: i64, department: DepartmentId) -> Event {
    Event::Call(CallEvent::Transferred {
        call: id(call),
        conversation: TICKET,
        from: SALES,
        department,
        agent: None,
        by: Actor::Agent(ANN),
        state: CallState::Queued,
    })
}

fn ended(call: i64, direction: Direction, outcome: CallOutcome) -> Event {
    let by = Actor::System;
    Event::Call(CallEvent::Ended { call: id(call), conversation: TICKET, department: SALES, direction, outcome, by })
}

/// An incoming call that Ben lets ring, Ann takes after two minutes, holds and hands to Ben in support; an outgoing one of Ann's that is
/// answered and one that is not; one from Ann to Ben.
pub(super) fn day() -> History {
    let hold = CallEvent::Held { call: id(1), conversation: TICKET, leg: CallLegId::from_i64(1), agent: ANN, held: true };
    History::default()
        .at(0, begun(Channel::Call, Status::Calling))
        .at(0, started(1, Direction::Incoming, None))
        .at(1, rang(1, BEN))
        .at(2, closed(1, BEN, OfferOutcome::Expired))
        .at(2, rang(1, ANN))
        .at(3, closed(1, ANN, OfferOutcome::Accepted))
        .at(3, answered(1, 1, ANN))
        .at(5, Event::Call(hold))
        .at(10, left(1, 1, ANN))
        .at(10, transferred(1, SUPPORT))
        .at(11, rang(1, BEN))
        .at(12, answered(1, 2, BEN))
        .at(20, left(1, 2, BEN))
        .at(20, ended(1, Direction::Incoming, CallOutcome::Finished))
        .at(30, started(2, Direction::Outgoing, Some(ANN)))
        .at(31, answered(2, 3, ANN))
        .at(35, left(2, 3, ANN))
        .at(35, ended(2, Direction::Outgoing, CallOutcome::Finished))
        .at(36, started(3, Direction::Outgoing, Some(ANN)))
        .at(37, ended(3, Direction::Outgoing, CallOutcome::Missed))
        .at(40, started(4, Direction::Internal, Some(ANN)))
        .at(40, rang(4, BEN))
        .at(41, answered(4, 4, ANN))
        .at(41, answered(4, 5, BEN))
        .at(47, left(4, 5, BEN))
        .at(48, left(4, 4, ANN))
        .at(48, ended(4, Direction::Internal, CallOutcome::Finished))
}

#[test]
fn incoming_calls() {
    let day = day();
    assert_eq!((day.account(Measure::IncomingCalls), day.agent(ANN, Measure::IncomingCalls)), (1, 0));
    assert_eq!((day.account(Measure::Calls), day.agent(ANN, Measure::Calls), day.agent(BEN, Measure::Calls)), (1, 1, 0), "answered once");
    assert_eq!((day.account(Measure::CallPickupTime), day.account(Measure::CallPickupTimes)), (2 * MINUTE, 1), "from the first ring");
    assert_eq!((day.account(Measure::CallTime), day.account(Measure::CallTimes)), (15 * MINUTE, 2), "held is on the phone, too");
    assert_eq!((day.agent(ANN, Measure::CallTime), day.agent(BEN, Measure::CallTime)), (7 * MINUTE, 8 * MINUTE));
    assert_eq!((day.department(SALES, Measure::CallTime), day.department(SUPPORT, Measure::CallTime)), (7 * MINUTE, 8 * MINUTE));
    assert_eq!((day.account(Measure::MissedCalls), day.agent(BEN, Measure::MissedCalls)), (1, 1));
    assert_eq!((day.account(Measure::FinishedCalls), day.department(SUPPORT, Measure::FinishedCalls)), (1, 1));
    assert_eq!((day.account(Measure::UnansweredCalls), day.account(Measure::Voicemails)), (0, 0));
    assert_eq!(day.channel(b'C', Measure::Calls), 1);
}

#[test]
fn outgoing_and_internal_calls() {
    let day = day();
    assert_eq!((day.account(Measure::OutgoingCalls), day.agent(ANN, Measure::OutgoingCalls)), (2, 2), "answered or not");
    assert_eq!((day.account(Measure::OutgoingCallTime), day.account(Measure::OutgoingCallTimes)), (4 * MINUTE, 1));
    assert_eq!(
        (day.account(Measure::InternalCalls), day.agent(ANN, Measure::InternalCalls), day.agent(BEN, Measure::InternalCalls)),
        (1, 1, 0)
    );
    assert_eq!((day.account(Measure::InternalCallTime), day.account(Measure::InternalCallTimes)), (7 * MINUTE, 1), "the desk talked once");
    assert_eq!((day.agent(ANN, Measure::InternalCallTime), day.agent(BEN, Measure::InternalCallTime)), (7 * MINUTE, 6 * MINUTE));
    assert_eq!(day.department(SALES, Measure::InternalCallTime), 7 * MINUTE);
    assert_eq!(day.account(Measure::CallTimes), 2, "of incoming ones alone");
}

/// One is given up, one nobody takes, one leaves a message.
pub(super) fn unanswered() -> History {
    History::default()
        .at(0, begun(Channel::Call, Status::Calling))
        .at(0, started(1, Direction::Incoming, None))
        .at(0, rang(1, BEN))
        .at(1, ended(1, Direction::Incoming, CallOutcome::Abandoned))
        .at(2, started(2, Direction::Incoming, None))
        .at(3, ended(2, Direction::Incoming, CallOutcome::Missed))
        .at(4, started(3, Direction::Incoming, None))
        .at(4, rang(3, ANN))
        .at(5, ended(3, Direction::Incoming, CallOutcome::Voicemail))
        .at(5, message(None, GroupKind::Call, MessageKind::Voice, Actor::Customer(CUSTOMER)))
}

#[test]
fn calls_nobody_answered() {
    let day = unanswered();
    assert_eq!((day.account(Measure::UnansweredCalls), day.agent(BEN, Measure::UnansweredCalls)), (2, 1), "of whom it rang at last");
    assert_eq!((day.account(Measure::Voicemails), day.agent(ANN, Measure::Voicemails)), (1, 1));
    assert_eq!((day.account(Measure::Calls), day.account(Measure::FinishedCalls), day.account(Measure::IncomingCalls)), (0, 0, 3));
    assert_eq!(day.account(Measure::IncomingMessages), 0, "a voice message is no letter");
}

#[test]
fn who_calls_creates_the_ticket() {
    for (direction, caller, wanted) in
        [(Direction::Incoming, None, 0), (Direction::Outgoing, Some(ANN), 1), (Direction::Internal, Some(ANN), 1)]
    {
        let call = History::default().at(0, begun(Channel::Call, Status::Calling)).at(0, started(1, direction, caller));
        let call = call.at(1, written(GroupKind::OutgoingEmail, Actor::Agent(BEN)));
        assert_eq!((call.account(Measure::CreatedTickets), call.agent(ANN, Measure::CreatedTickets)), (1, wanted), "{direction:?}");
        assert_eq!(call.agent(BEN, Measure::CreatedTickets), 0);
    }
}
