use super::*;
use crate::ids::CustomerId;
use Act::{Close, Drop, GoOn, Start, Stop};
use Goal::{CallAnswer, ChatAnswer, FirstAnswer, FirstAssign, FirstResolve, NextAnswer};
use Status::{Answered, Calling, Chatting, Deleted, Init, New, Open, Postponed, Resolved, Spam};
use Subject::Ticket;

const ANN: AgentId = AgentId::from_i64(1);
const BOB: AgentId = AgentId::from_i64(2);
const NOW: Timestamp = Timestamp::from_seconds(1_000);

fn facts(open: &[Goal], reached: &[Goal], assigned: Option<AgentId>) -> Facts {
    let open = open.iter().map(|goal| (*goal, Ticket, NOW.plus_seconds(-60))).collect();
    Facts { open, reached: reached.to_vec(), assigned }
}

fn by_ann(from: Status, to: Status) -> Turn {
    Turn::Changes { from, to, by: Actor::Agent(ANN) }
}

#[test]
fn how_it_begins() {
    let all = [Start(FirstAnswer, Ticket), Start(FirstAssign, Ticket), Start(FirstResolve, Ticket)];
    for status in Status::ALL {
        let wanted = if matches!(status, New | Open) { &all[..] } else { &[] };
        assert_eq!(acts(Turn::Begins(*status), &Facts::default(), NOW), wanted, "{status:?}");
    }
}

/// Turn, open clocks, reached goals, who is in charge, what is done.
type Case<'a> = (Turn, &'a [Goal], &'a [Goal], Option<AgentId>, &'a [Act]);

fn check(cases: &[Case<'_>]) {
    for (turn, open, reached, assigned, wanted) in cases {
        assert_eq!(acts(*turn, &facts(open, reached, *assigned), NOW), *wanted, "{turn:?} with {open:?} after {reached:?}, {assigned:?}");
    }
}

#[test]
fn answers() {
    check(&[
        // In the log stands who is in charge; of what is nobody's, who answered.
        (by_ann(New, Answered), &[FirstAnswer], &[], None, &[Close(FirstAnswer, Ticket, Some(ANN))]),
        (by_ann(New, Answered), &[FirstAnswer], &[], Some(BOB), &[Close(FirstAnswer, Ticket, Some(BOB))]),
        (Turn::Changes { from: New, to: Answered, by: Actor::System }, &[FirstAnswer], &[], None, &[Close(FirstAnswer, Ticket, None)]),
        (by_ann(Open, Answered), &[NextAnswer], &[FirstAnswer], Some(ANN), &[Close(NextAnswer, Ticket, Some(ANN))]),
        // The first answer is waited for, however the waiting is called meanwhile.
        (by_ann(New, Open), &[FirstAnswer], &[], Some(ANN), &[Start(FirstResolve, Ticket)]),
        (by_ann(Open, Answered), &[FirstAnswer], &[], Some(ANN), &[Close(FirstAnswer, Ticket, Some(ANN))]),
        (by_ann(Postponed, Answered), &[FirstAnswer], &[], Some(ANN), &[Close(FirstAnswer, Ticket, Some(ANN))]),
        (by_ann(Calling, Answered), &[FirstAnswer], &[], Some(ANN), &[Close(FirstAnswer, Ticket, Some(ANN))]),
        // Resolved unanswered: nothing is logged of the answer.
        (by_ann(New, Resolved), &[FirstAnswer], &[], Some(ANN), &[Drop(FirstAnswer, Ticket)]),
        (by_ann(Open, Resolved), &[NextAnswer], &[FirstAnswer], Some(ANN), &[Drop(NextAnswer, Ticket)]),
        // Postponing ends nothing.
        (by_ann(New, Postponed), &[FirstAnswer], &[], Some(ANN), &[]),
        (by_ann(Open, Postponed), &[NextAnswer], &[FirstAnswer], Some(ANN), &[]),
        (by_ann(Postponed, New), &[FirstAnswer, FirstAssign, FirstResolve], &[], None, &[]),
        (by_ann(Postponed, Open), &[NextAnswer], &[FirstResolve], Some(ANN), &[]),
        // Nothing was waited for: after a chat, say.
        (by_ann(Chatting, Answered), &[], &[], Some(ANN), &[]),
    ]);
}

#[test]
fn each_time_it_opens_again() {
    let customer = |from| Turn::Changes { from, to: Open, by: Actor::Customer(CustomerId::from_i64(9)) };
    for from in [Answered, Resolved, Postponed] {
        check(&[(customer(from), &[], &[FirstAnswer, FirstResolve], Some(ANN), &[Start(NextAnswer, Ticket)])]);
    }
    // After a chat or a call it waits as a ticket for the first time.
    check(&[
        (customer(Answered), &[], &[], Some(ANN), &[Start(NextAnswer, Ticket), Start(FirstResolve, Ticket)]),
        (by_ann(Calling, New), &[], &[FirstAnswer, FirstAssign, FirstResolve], None, &[Start(NextAnswer, Ticket)]),
        (by_ann(Chatting, New), &[], &[], None, &[Start(FirstAnswer, Ticket), Start(FirstAssign, Ticket), Start(FirstResolve, Ticket)]),
        // Its level does not watch the first answer: what is New and called Open was not opened again.
        (by_ann(New, Open), &[FirstResolve], &[], Some(ANN), &[]),
        (by_ann(Init, New), &[FirstResolve], &[], Some(ANN), &[Start(FirstAnswer, Ticket)]),
    ]);
}

#[test]
fn the_first_resolve() {
    check(&[
        (by_ann(New, Answered), &[FirstResolve], &[], Some(ANN), &[Stop(FirstResolve)]),
        (by_ann(Answered, Open), &[FirstResolve], &[], Some(ANN), &[GoOn(FirstResolve), Start(NextAnswer, Ticket)]),
        (by_ann(Answered, Postponed), &[FirstResolve], &[], Some(ANN), &[GoOn(FirstResolve)]),
        (by_ann(Answered, Calling), &[FirstResolve], &[], Some(ANN), &[GoOn(FirstResolve)]),
        (by_ann(New, Postponed), &[FirstResolve], &[], Some(ANN), &[]),
        (by_ann(Answered, Resolved), &[FirstResolve], &[], Some(ANN), &[Close(FirstResolve, Ticket, Some(ANN))]),
        (by_ann(New, Resolved), &[FirstResolve], &[], None, &[Close(FirstResolve, Ticket, Some(ANN))]),
        (by_ann(Answered, Resolved), &[], &[FirstResolve], Some(ANN), &[]),
    ]);
}

#[test]
fn the_first_assignment() {
    let mut at_once = facts(&[], &[], None);
    at_once.open.push((FirstAssign, Ticket, NOW));
    assert_eq!(acts(Turn::Assigned(ANN), &at_once, NOW), [Drop(FirstAssign, Ticket)]);
    check(&[
        (Turn::Assigned(ANN), &[FirstAssign], &[], Some(ANN), &[Close(FirstAssign, Ticket, Some(ANN))]),
        (Turn::Assigned(ANN), &[FirstResolve], &[FirstAssign], Some(ANN), &[]),
        (by_ann(New, Resolved), &[FirstAssign], &[], None, &[Drop(FirstAssign, Ticket)]),
        (by_ann(Resolved, Open), &[], &[FirstResolve], None, &[Start(NextAnswer, Ticket), Start(FirstAssign, Ticket)]),
        (by_ann(Resolved, Open), &[], &[FirstResolve, FirstAssign], None, &[Start(NextAnswer, Ticket)]),
    ]);
}

#[test]
fn what_is_deleted_or_merged_has_no_clocks() {
    let all = [FirstAnswer, FirstAssign, FirstResolve];
    let dropped = all.map(|goal| Drop(goal, Ticket));
    check(&[
        (by_ann(New, Deleted), &all, &[], None, &dropped),
        (by_ann(Answered, Spam), &all, &[], None, &dropped),
        (Turn::Merged, &all, &[], None, &dropped),
    ]);
}

#[test]
fn chats_and_calls() {
    let (chat, call) = (ChatId::from_i64(5), CallId::from_i64(6));
    let (of_chat, of_call) = (Subject::Chat(chat), Subject::Call(call));
    let nothing = Facts::default();
    assert_eq!(acts(Turn::ChatAsked(chat), &nothing, NOW), [Start(ChatAnswer, of_chat)]);
    assert_eq!(acts(Turn::CallCame(call), &nothing, NOW), [Start(CallAnswer, of_call)]);
    let waiting = Facts { open: vec![(ChatAnswer, of_chat, NOW), (CallAnswer, of_call, NOW)], ..Facts::default() };
    for (turn, act) in [
        (Turn::ChatJoined(chat, ANN), Close(ChatAnswer, of_chat, Some(ANN))),
        (Turn::ChatOver(chat), Drop(ChatAnswer, of_chat)),
        (Turn::CallAnswered(call, BOB), Close(CallAnswer, of_call, Some(BOB))),
        (Turn::CallOver(call), Drop(CallAnswer, of_call)),
    ] {
        assert_eq!(acts(turn, &waiting, NOW), [act], "{turn:?}");
        assert_eq!(acts(turn, &nothing, NOW), [], "{turn:?}: a second agent, or the end after an answer");
    }
    assert_eq!(acts(Turn::ChatOver(ChatId::from_i64(7)), &waiting, NOW), [], "another chat");
    // A chat that goes on while the ticket's clocks run does not touch them, nor the other way round.
    assert_eq!(acts(by_ann(New, Answered), &waiting, NOW), []);
}

#[test]
fn what_events_are() {
    let conversation = ConversationId::from_i64(3);
    let chat = ChatId::from_i64(5);
    let requested = |started_by| Event::ChatRequested {
        chat,
        conversation,
        customer: CustomerId::from_i64(9),
        customer_name: String::new(),
        visit: None,
        department: crate::ids::DepartmentId::DEFAULT,
        started_by,
        priority: 0,
    };
    assert_eq!(Turn::of(&requested(StartedBy::Trigger)), Some((conversation, Turn::ChatAsked(chat))));
    assert_eq!(Turn::of(&requested(StartedBy::Agent)), None, "an agent who begins a chat is there");
    let call = CallId::from_i64(6);
    let started = |direction| {
        Event::Call(CallEvent::Started {
            call,
            conversation,
            group: crate::ids::GroupId::from_i64(1),
            direction,
            customer: CustomerId::from_i64(9),
            caller: None,
            department: crate::ids::DepartmentId::DEFAULT,
        })
    };
    assert_eq!(Turn::of(&started(Direction::Incoming)), Some((conversation, Turn::CallCame(call))));
    for direction in [Direction::Outgoing, Direction::Internal] {
        assert_eq!(Turn::of(&started(direction)), None, "{direction:?}");
    }
    let nobody = Event::Assigned { conversation, department: crate::ids::DepartmentId::DEFAULT, agent: None, by: Actor::System };
    assert_eq!(Turn::of(&nobody), None);
}
