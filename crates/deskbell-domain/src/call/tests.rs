use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_000 + seconds)
}

const CALLER: AgentId = AgentId::from_i64(7);
const CUSTOMER: Actor = Actor::Customer(CustomerId::from_i64(3));

fn call(direction: Direction) -> Call {
    Call {
        id: CallId::from_i64(1),
        conversation: ConversationId::from_i64(2),
        group: GroupId::from_i64(4),
        direction,
        customer: CustomerId::from_i64(3),
        caller: (direction != Direction::Incoming).then_some(CALLER),
        department: DepartmentId::DEFAULT,
        number: String::new(),
        state: direction.first_state(),
        started: at(0),
        waiting_since: at(0),
        answered: None,
        ended: None,
        outcome: None,
        before: None,
        assigned_before: None,
    }
}

#[test]
fn how_a_call_stands() {
    use CallState::*;
    use Direction::*;
    // (direction, answered before, rings, legs) → state
    for (direction, answered, rings, legs, wanted) in [
        (Incoming, false, 0, 0, Queued),
        (Incoming, false, 2, 0, Ringing),
        (Incoming, true, 0, 1, Talking),
        (Incoming, true, 1, 1, Talking),
        (Incoming, true, 0, 0, Queued),
        (Incoming, true, 1, 0, Ringing),
        (Outgoing, false, 0, 0, Ringing),
        (Outgoing, true, 0, 1, Talking),
        (Outgoing, true, 0, 0, Queued),
        (Internal, false, 0, 0, Queued),
        (Internal, false, 1, 0, Ringing),
        (Internal, true, 0, 2, Talking),
    ] {
        let mut call = call(direction);
        call.answered = answered.then(|| at(5));
        assert_eq!(call.standing(rings, legs), wanted, "{direction:?} {answered} {rings} {legs}");
        call.ended = Some(at(9));
        assert_eq!(call.standing(rings, legs), Ended);
    }
    for direction in Direction::ALL {
        assert_eq!(call(*direction).standing(0, 0), direction.first_state());
    }
}

/// The steps that are refused, by letters: r ring, a answer, d decline, h hold, t transfer, l leave, e end, v voicemail; resume is as hold.
fn refusals(call: &Call) -> String {
    assert_eq!(call.allows(CallStep::Hold), call.allows(CallStep::Resume));
    let letter = |step: &CallStep| match step {
        CallStep::Ring => 'r',
        CallStep::Answer => 'a',
        CallStep::Decline => 'd',
        CallStep::Hold => 'h',
        CallStep::Resume => ' ',
        CallStep::Transfer => 't',
        CallStep::Leave => 'l',
        CallStep::End => 'e',
        CallStep::Voicemail => 'v',
    };
    let refused = CallStep::ALL.iter().filter(|step| call.allows(**step).is_err()).map(letter);
    refused.filter(|letter| *letter != ' ').collect()
}

#[test]
fn which_step_is_possible_in_which_state() {
    use CallState::*;
    use Direction::*;
    for (direction, state, answered, wanted) in [
        (Incoming, Queued, false, "hl"),
        (Incoming, Ringing, false, "hl"),
        (Incoming, Talking, true, "v"),
        (Incoming, Queued, true, "hl"),
        (Outgoing, Ringing, false, "rdhtlv"),
        (Outgoing, Talking, true, "v"),
        (Outgoing, Queued, true, "hlv"),
        (Outgoing, Ringing, true, "hlv"),
        (Internal, Queued, false, "htlv"),
        (Internal, Ringing, false, "rhtlv"),
        (Internal, Talking, true, "ratv"),
    ] {
        let mut call = Call { state, ..call(direction) };
        call.answered = answered.then(|| at(5));
        assert_eq!(refusals(&call), wanted, "{direction:?} {state:?} {answered}");
        call.state = Ended;
        assert_eq!(refusals(&call), "radhtlev");
        assert_eq!(call.allows(CallStep::End), Err(CallRefused::Ended));
    }
    assert_eq!(call(Outgoing).allows(CallStep::Ring), Err(CallRefused::NotAnswered));
    assert_eq!(call(Internal).allows(CallStep::Transfer), Err(CallRefused::Internal));
    assert_eq!(call(Incoming).allows(CallStep::Hold), Err(CallRefused::NotTalking));
    assert_eq!(call(Outgoing).allows(CallStep::Voicemail), Err(CallRefused::NotIncoming));
    let talking = Call { state: Talking, ..call(Incoming) };
    assert_eq!(talking.allows(CallStep::Voicemail), Err(CallRefused::Talking));
}

#[test]
fn outcomes_and_what_becomes_of_the_conversation() {
    use CallOutcome::*;
    use Direction::*;
    let back = |back| Turn::CallChangedNothing { back };
    let (caller, other) = (Actor::Agent(CALLER), Actor::Agent(AgentId::from_i64(8)));
    let by = Ending::HungUp;
    for (direction, answered, before, ending, outcome, turn) in [
        (Incoming, false, None, by(CUSTOMER), Abandoned, Turn::CallEndsMissed),
        (Incoming, false, None, by(Actor::System), Missed, Turn::CallEndsMissed),
        (Incoming, false, Some(Status::Open), by(other), Missed, Turn::CallEndsMissed),
        (Incoming, false, None, Ending::Voicemail, Voicemail, Turn::CallEndsMissed),
        (Incoming, true, None, Ending::Voicemail, Finished, Turn::CallEndsMissed),
        (Incoming, true, None, by(CUSTOMER), Finished, Turn::CallEndsAnswered),
        (Incoming, true, Some(Status::Open), by(Actor::System), Finished, Turn::CallEndsAnswered),
        (Outgoing, false, None, by(caller), Abandoned, back(Status::Resolved)),
        (Outgoing, false, None, by(CUSTOMER), Missed, back(Status::Resolved)),
        (Outgoing, false, Some(Status::Open), by(other), Missed, back(Status::Open)),
        (Outgoing, true, Some(Status::Open), by(caller), Finished, Turn::CallEndsAnswered),
        (Internal, false, None, by(caller), Abandoned, back(Status::Resolved)),
        (Internal, false, None, by(other), Missed, back(Status::Resolved)),
        (Internal, true, Some(Status::New), by(other), Finished, back(Status::New)),
        (Internal, true, None, by(Actor::System), Finished, back(Status::Resolved)),
    ] {
        let mut call = Call { before, ..call(direction) };
        if answered {
            call.is_answered(at(5));
        }
        assert_eq!(call.end(ending, at(9)), turn, "{direction:?} {answered} {ending:?}");
        assert_eq!((call.outcome, call.state, call.ended), (Some(outcome), CallState::Ended, Some(at(9))));
    }
}

#[test]
fn the_first_answer_stays() {
    let mut call = call(Direction::Incoming);
    call.is_answered(at(5));
    call.is_answered(at(50));
    assert_eq!((call.answered, call.state), (Some(at(5)), CallState::Talking));
}

#[test]
fn calls_from_agent_to_agent_have_two_sides() {
    for direction in Direction::ALL {
        let internal = *direction == Direction::Internal;
        let waiting = Call { state: CallState::Queued, ..call(*direction) };
        assert_eq!((waiting.ends_with_its_ring(), waiting.ends_when_left()), (internal, internal));
        let ringing = Call { state: CallState::Ringing, ..call(*direction) };
        assert!(!ringing.ends_with_its_ring(), "another ring goes on");
    }
}

#[test]
fn talk_and_hold_by_leg() {
    let mut leg = Leg {
        id: CallLegId::from_i64(1),
        call: CallId::from_i64(1),
        agent: CALLER,
        department: DepartmentId::DEFAULT,
        began: at(0),
        ended: None,
        held_since: None,
        held_micros: 0,
    };
    let seconds = |leg: &Leg, now| (leg.talk_micros(at(now)) / 1_000_000, leg.hold_micros(at(now)) / 1_000_000);
    assert_eq!(seconds(&leg, 10), (10, 0));
    leg.resume(at(10));
    assert_eq!(seconds(&leg, 10), (10, 0), "resuming what is not held changes nothing");
    leg.hold(at(20));
    leg.hold(at(25));
    assert_eq!(seconds(&leg, 30), (30, 10), "held since the first time");
    leg.resume(at(40));
    assert_eq!(seconds(&leg, 60), (60, 20));
    leg.hold(at(70));
    leg.end(at(75));
    assert_eq!(seconds(&leg, 500), (75, 25), "the end ends the hold too");
    assert_eq!(leg.held_since, None);
}

#[test]
fn numbers_are_compared_without_what_stands_between_the_digits() {
    for (one, other, same) in [
        ("+44 1632 960001", "+441632960001", true),
        ("0044 (1632) 960-001", "+44 1632/960.001", true),
        ("01632 960001", "+441632960001", false),
        ("+44 (0)1632 960001", "+441632960001", true),
        ("0044 (0) 1632 960001", "+44 1632 960001", true),
        ("(0)1632 960001", "1632 960001", false),
        ("+44\u{a0}1632\u{202f}960001\t", "+441632960001", true),
        ("anonymous", "anonymous", true),
        ("", "", true),
    ] {
        assert_eq!(comparable_number(one) == comparable_number(other), same, "{one} {other}");
    }
}

#[test]
fn numbers_at_home_and_abroad_are_the_same() {
    for (number, country, wanted) in [
        ("01632 960001", "+44", &["01632960001", "+4401632960001", "+441632960001"][..]),
        ("+44 1632 960001", "+44", &["+441632960001", "1632960001", "01632960001"]),
        // Where no 0 is dialled.
        ("212 555 0123", "+1", &["2125550123", "+12125550123"]),
        ("+49 30 1234", "+44", &["+49301234"]),
        ("+44", "+44", &["+44"]),
        ("0", "+44", &["0", "+440"]),
        ("01632 960001", "", &["01632960001"]),
        ("anonymous", "+44", &["anonymous"]),
        ("", "+44", &[]),
        (" - ", "+44", &[]),
    ] {
        assert_eq!(same_numbers(number, country), wanted, "{number} in {country}");
    }
    for (prefix, is_one) in [
        ("+44", true),
        ("+1", true),
        ("+423", true),
        ("", false),
        ("44", false),
        ("+", false),
        ("+0", false),
        ("+1234", false),
        ("+4a", false),
    ] {
        assert_eq!(is_phone_country(prefix), is_one, "{prefix}");
    }
}

#[test]
fn groups_tell_how_a_call_stands() {
    let letters: String = CallState::ALL.iter().map(|state| state.group().text()).collect();
    assert_eq!(letters, "IRCV");
    let kinds: String = Direction::ALL.iter().map(|direction| direction.group().text()).collect();
    assert_eq!(kinds, "PV1");
}

#[test]
fn what_is_written_beside_a_call_counts() {
    use Status::*;
    // (before, turn) → what it gets back if nothing comes of the call
    for (before, turn, wanted) in [
        (Some(New), Turn::AgentAnswers, Answered),
        (Some(Postponed), Turn::AgentAnswers, Answered),
        (Some(Answered), Turn::CustomerReplies, Open),
        (Some(Resolved), Turn::CustomerReplies, Open),
        (Some(Postponed), Turn::CustomerReplies, Open),
        (Some(New), Turn::CustomerReplies, New),
        (None, Turn::CustomerReplies, New),
        (None, Turn::AgentAnswers, Answered),
        (Some(New), Turn::CallStarts, New),
        (None, Turn::CallStarts, Resolved),
    ] {
        let mut call = Call { before, ..call(Direction::Internal) };
        call.is_written_beside(turn);
        assert_eq!(call.end(Ending::HungUp(CUSTOMER), at(9)), Turn::CallChangedNothing { back: wanted }, "{before:?} {turn:?}");
    }
    let mut call = Call { before: Some(New), ..call(Direction::Incoming) };
    call.is_written_beside(Turn::AgentAnswers);
    assert_eq!(call.end(Ending::HungUp(CUSTOMER), at(9)), Turn::CallEndsMissed, "who called in vain waits");
}
