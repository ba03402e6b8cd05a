//! Spans, changes of agents and queues, and what their reader keeps open.

use super::{Place, at};
use crate::journal;
use crate::tables::timeline::{self, Latest};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::ChatState;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::timeline::{AgentChange, AgentEvent, AgentState, DepartmentEvent, LiveChat, Queue, Span, StatusWord};

const ANN: AgentId = AgentId::from_i64(80_000_000_001);
const BEN: AgentId = AgentId::from_i64(80_000_000_002);

fn micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn spans() -> Vec<Span> {
    let span = |agent, status, engagements, start, end| Span { agent, status, engagements, start: micros(start), end: micros(end) };
    vec![
        span(ANN, StatusWord::Online, 0, 1_000_000, 2_000_001),
        span(BEN, StatusWord::Away, 3, 1_500_000, 2_000_002),
        span(ANN, StatusWord::Invisible, 1, 2_000_001, 9_000_000),
    ]
}

fn agent_events() -> Vec<AgentEvent> {
    let event = |id: &str, agent, moment, change| AgentEvent { id: id.to_owned(), agent, at: micros(moment), change };
    vec![
        event("b", ANN, 1_000_007, AgentChange::Status { previous: StatusWord::Offline, value: StatusWord::Online }),
        event("B", BEN, 2_000_000, AgentChange::Engagements { previous: 0, value: 1 }),
        event("a", BEN, 2_999_999, AgentChange::Engagements { previous: 1, value: 0 }),
        event("a", ANN, 3_000_000, AgentChange::Status { previous: StatusWord::Online, value: StatusWord::Invisible }),
    ]
}

fn department_events() -> Vec<DepartmentEvent> {
    let queue = |incoming, assigned| Queue { incoming, assigned };
    let event = |id: &str, department, moment, previous, value| DepartmentEvent {
        id: id.to_owned(),
        department,
        at: micros(moment),
        previous,
        value,
    };
    let sales = DepartmentId::from_i64(80_000_000_009);
    vec![
        event("1", DepartmentId::DEFAULT, 1_000_000, queue(0, 0), queue(1, 0)),
        event("1.", sales, 1_000_000, queue(4, 5), queue(3, 6)),
        event("0", sales, 7_654_321, queue(3, 6), queue(3, 5)),
    ]
}

pub(super) fn spans_and_events_come_back_in_their_order(place: &Place) {
    let test = place.open();
    assert_eq!(test.see(timeline::latest_span_end), None);
    assert_eq!(test.see(timeline::latest_agent_event), None);
    assert_eq!(test.see(timeline::latest_department_event), None);
    test.put(|tx| {
        for span in spans().iter().rev() {
            timeline::insert_span(tx, span)?;
        }
        for event in agent_events().iter().rev() {
            timeline::insert_agent_event(tx, event)?;
        }
        department_events().iter().rev().try_for_each(|event| timeline::insert_department_event(tx, event))
    });
    let end = at(100);
    assert_eq!(test.see(move |tx| timeline::spans(tx, Timestamp::EPOCH, end, 10)), spans());
    assert_eq!(test.see(move |tx| timeline::spans(tx, micros(2_000_001), end, 10)), spans()[1..], "strictly after");
    assert_eq!(test.see(move |tx| timeline::spans(tx, Timestamp::EPOCH, micros(2_000_002), 10)), spans()[..2]);
    assert_eq!(test.see(move |tx| timeline::spans(tx, micros(1), end, 1)), spans()[..1]);
    assert_eq!(test.see(timeline::latest_span_end), Some(micros(9_000_000)));
    assert!(test.write(|tx| timeline::insert_span(tx, &spans()[0])).expect_err("it is there").is_conflict());

    for (after, until, limit, wanted) in [
        ((0, ""), 100, 10, 0..4),
        ((1, ""), 100, 10, 0..4),
        ((1, "b"), 100, 10, 1..4),
        ((2, "B"), 100, 10, 2..4),
        ((2, "a"), 100, 10, 3..4),
        ((2, "~"), 100, 10, 3..4),
        ((0, ""), 2, 10, 0..3),
        ((0, ""), 100, 2, 0..2),
        ((3, "a"), 100, 10, 4..4),
    ] {
        let found = test.see(move |tx| timeline::agent_events(tx, after, until, limit));
        assert_eq!(found, agent_events()[wanted], "{after:?} {until} {limit}");
    }
    assert_eq!(test.see(timeline::latest_agent_event), Some(Latest { at: at(3), in_second: 1 }));

    for (after, until, limit, wanted) in
        [((0, ""), 100, 10, 0..3), ((1, "1"), 100, 10, 1..3), ((1, "1"), 100, 1, 1..2), ((1, "1."), 6, 10, 3..3)]
    {
        let found = test.see(move |tx| timeline::department_events(tx, after, until, limit));
        assert_eq!(found, department_events()[wanted], "{after:?} {until} {limit}");
    }
    test.put(|tx| {
        let more = DepartmentEvent { id: "2".to_owned(), at: micros(7_000_000), ..department_events()[2].clone() };
        timeline::insert_department_event(tx, &more)
    });
    assert_eq!(test.see(timeline::latest_department_event), Some(Latest { at: micros(7_654_321), in_second: 2 }));
}

pub(super) fn what_is_open_comes_back_and_goes(place: &Place) {
    let test = place.open();
    let ann = AgentState { enabled: true, online: AgentStatus::INVISIBLE, engagements: 2, since: micros(5) };
    let ben = AgentState::default();
    test.put(move |tx| {
        timeline::put_agent(tx, BEN, &ben)?;
        timeline::put_agent(tx, ANN, &AgentState { engagements: 9, ..ann })?;
        timeline::put_agent(tx, ANN, &ann)
    });
    assert_eq!(test.see(timeline::agents), [(ANN, ann), (BEN, ben)]);
    let changed = AgentState { enabled: false, ..ben };
    test.put(move |tx| timeline::put_agent(tx, BEN, &changed));
    assert_eq!(test.see(timeline::agents), [(ANN, ann), (BEN, changed)]);

    let chat = |number: i64| ChatId::from_i64(90_000_000_000 + number);
    let live = |state, agents: &[AgentId]| LiveChat { department: DepartmentId::DEFAULT, state, agents: agents.to_vec() };
    test.put(move |tx| {
        timeline::put_chat(tx, chat(2), &live(ChatState::Served, &[BEN, ANN]))?;
        timeline::put_chat(tx, chat(1), &live(ChatState::Queued, &[]))?;
        timeline::put_chat(tx, chat(3), &live(ChatState::Served, &[ANN]))
    });
    let wanted = [
        (chat(1), live(ChatState::Queued, &[])),
        (chat(2), live(ChatState::Served, &[ANN, BEN])),
        (chat(3), live(ChatState::Served, &[ANN])),
    ];
    assert_eq!(test.see(timeline::chats), wanted);
    test.put(move |tx| {
        timeline::put_chat(tx, chat(2), &live(ChatState::Offered, &[BEN]))?;
        timeline::remove_chat(tx, chat(3))?;
        timeline::remove_chat(tx, chat(3))
    });
    assert_eq!(test.see(timeline::chats), [wanted[0].clone(), (chat(2), live(ChatState::Offered, &[BEN]))]);
}

pub(super) fn moments_of_the_journal(place: &Place) {
    let test = place.open();
    assert_eq!(test.see(|tx| journal::moment_after(tx, 0)), None);
    test.put(|tx| {
        for moment in [10, 20, 30] {
            tx.append(at(moment), Event::SettingsChanged { slots_for_all: None })?;
        }
        assert_eq!(journal::moment_after(tx, 2)?, Some(at(30)), "own events are visible");
        Ok(())
    });
    for (number, of, after) in [(0, None, Some(10)), (1, Some(10), Some(20)), (3, Some(30), None), (4, None, None)] {
        assert_eq!(test.see(move |tx| journal::moment_of(tx, number)), of.map(at), "{number}");
        assert_eq!(test.see(move |tx| journal::moment_after(tx, number)), after.map(at), "{number}");
    }
}
