//! Single steps: what happens in one moment, in a crowded second, before the journal begins, and when a clock is behind.

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::{EndReason, EngagementStart, OfferOutcome, StartedBy};
use deskbell_domain::ids::{ConversationId, CustomerId, EngagementId, OfferId};
use deskbell_domain::message::Actor;

use super::*;

const ANN: AgentId = AgentId::from_i64(80_000_000_001);
const BEN: AgentId = AgentId::from_i64(80_000_000_002);
const CHAT: ChatId = ChatId::from_i64(80_000_000_003);
const SALES: DepartmentId = DepartmentId::from_i64(80_000_000_004);
const CONVERSATION: ConversationId = ConversationId::from_i64(80_000_000_005);

/// Folds events at moments (microseconds), numbered from 1.
fn tell(events: impl IntoIterator<Item = (i64, Event)>) -> (Fold, Told) {
    let (mut fold, mut told) = (Fold::new(7), Told::default());
    for (number, (at, event)) in (1..).zip(events) {
        fold.fold(&Recorded { number, at: Timestamp::from_micros(at), event }, &mut told);
    }
    (fold, told)
}

fn status(agent: AgentId, online: AgentStatus) -> Event {
    Event::AgentStatusChanged { agent, preset: online, online }
}

fn enabled(agent: AgentId, enabled: bool) -> Event {
    Event::AgentChanged { agent, email: String::new(), name: String::new(), role: Role::Agent, slots: 1, enabled }
}

fn requested(department: DepartmentId) -> Event {
    Event::ChatRequested {
        chat: CHAT,
        conversation: CONVERSATION,
        customer: CustomerId::from_i64(1),
        customer_name: String::new(),
        visit: None,
        department,
        started_by: StartedBy::Visitor,
        priority: 0,
    }
}

fn joined(agent: AgentId) -> Event {
    Event::ChatJoined {
        chat: CHAT,
        conversation: CONVERSATION,
        agent,
        agent_name: String::new(),
        engagement: EngagementId::from_i64(1),
        start: EngagementStart::Agent,
    }
}

fn left(agent: AgentId, state: ChatState) -> Event {
    let engagement = EngagementId::from_i64(1);
    Event::ChatLeft { chat: CHAT, conversation: CONVERSATION, agent, agent_name: String::new(), engagement, state }
}

fn offered(state: ChatState) -> Event {
    let (offer, expires) = (OfferId::from_i64(1), Timestamp::EPOCH);
    Event::ChatOffered { chat: CHAT, conversation: CONVERSATION, offer, agent: ANN, expires, state }
}

fn closed(state: ChatState) -> Event {
    let (offer, outcome) = (OfferId::from_i64(1), OfferOutcome::Expired);
    Event::OfferClosed { chat: CHAT, conversation: CONVERSATION, offer, agent: ANN, outcome, state }
}

fn ended() -> Event {
    Event::ChatEnded {
        chat: CHAT,
        conversation: CONVERSATION,
        department: DepartmentId::DEFAULT,
        reason: EndReason::Visitor,
        by: Actor::System,
        missed: false,
        dropped: false,
    }
}

/// Agent, status, load, start and end of each span.
fn spans(told: &Told) -> Vec<(AgentId, &'static str, u32, i64, i64)> {
    told.spans.iter().map(|span| (span.agent, span.status.text(), span.engagements, span.start.micros(), span.end.micros())).collect()
}

#[test]
fn ends_of_one_moment_are_moved_apart() {
    let (fold, told) = tell([
        (10, status(ANN, AgentStatus::ONLINE)),
        (10, status(BEN, AgentStatus::AWAY)),
        (20, requested(DepartmentId::DEFAULT)),
        (20, joined(ANN)),
        (30, joined(BEN)),
        (40, ended()),
        (40, status(BEN, AgentStatus::OFFLINE)),
        (41, status(ANN, AgentStatus::AWAY)),
        (43, status(ANN, AgentStatus::OFFLINE)),
        (50, status(BEN, AgentStatus::ONLINE)),
    ]);
    let wanted = [
        (ANN, "online", 0, 10, 20),
        (BEN, "away", 0, 10, 30),
        (ANN, "online", 1, 20, 40),
        (BEN, "away", 1, 30, 41),
        // Ben was away without a chat for no time. Ann's span that began at 40 would end where his does.
        (ANN, "online", 0, 40, 42),
        (ANN, "away", 0, 42, 43),
    ];
    assert_eq!(spans(&told), wanted);
    assert_eq!(fold.agents[&BEN].since, Timestamp::from_micros(50));
    let moments: Vec<i64> = told.agent_events.iter().map(|event| event.at.micros()).collect();
    assert_eq!(moments, [10, 10, 20, 30, 40, 40, 40, 41, 43, 50], "events show when it was");
    assert!(told.agent_events.is_sorted_by_key(|event| event.id.clone()));
}

#[test]
fn what_shows_no_change_is_none() {
    let phone_too = AgentStatus::ONLINE.with(AgentStatus::PHONE);
    let (_, told) = tell([
        (10, enabled(ANN, true)),
        (10, status(ANN, AgentStatus::OFFLINE)),
        (20, status(ANN, AgentStatus::ONLINE)),
        (30, status(ANN, phone_too)),
        (40, enabled(ANN, true)),
        (50, enabled(ANN, false)),
        (60, status(ANN, AgentStatus::OFFLINE)),
        (70, enabled(ANN, true)),
        (80, status(ANN, AgentStatus::INVISIBLE)),
        (80, status(ANN, AgentStatus::AWAY)),
        (90, status(ANN, AgentStatus::OFFLINE)),
    ]);
    assert_eq!(spans(&told), [(ANN, "online", 0, 20, 50), (ANN, "away", 0, 80, 90)]);
    let changes: Vec<(i64, &str, &str)> = told
        .agent_events
        .iter()
        .map(|event| match event.change {
            AgentChange::Status { previous, value } => (event.at.micros(), previous.text(), value.text()),
            AgentChange::Engagements { .. } => panic!("{event:?}"),
        })
        .collect();
    let wanted = [
        (20, "offline", "online"),
        (50, "online", "offline"),
        (80, "offline", "invisible"),
        (80, "invisible", "away"),
        (90, "away", "offline"),
    ];
    assert_eq!(changes, wanted);
}

#[test]
fn queues_of_both_departments_change_with_a_transfer() {
    let (from, state, by) = (DepartmentId::DEFAULT, ChatState::Queued, Actor::System);
    let transferred = Event::ChatTransferred { chat: CHAT, conversation: CONVERSATION, from, department: SALES, agent: None, by, state };
    let (_, told) = tell([
        (1, requested(DepartmentId::DEFAULT)),
        (2, offered(ChatState::Offered)),
        (3, transferred),
        (4, offered(ChatState::Offered)),
        (5, closed(ChatState::Queued)),
        (6, offered(ChatState::Offered)),
        (7, joined(ANN)),
        (7, closed(ChatState::Served)),
        (8, offered(ChatState::Served)),
        (9, left(ANN, ChatState::Queued)),
        (10, ended()),
    ]);
    let events: Vec<_> = told
        .department_events
        .iter()
        .map(|event| {
            let (previous, value) = (event.previous, event.value);
            (event.at.micros(), event.department, (previous.incoming, previous.assigned), (value.incoming, value.assigned))
        })
        .collect();
    let none = DepartmentId::DEFAULT;
    let wanted = [
        (1, none, (0, 0), (1, 0)),
        (2, none, (1, 0), (0, 1)),
        (3, none, (0, 1), (0, 0)),
        (3, SALES, (0, 0), (1, 0)),
        (4, SALES, (1, 0), (0, 1)),
        (5, SALES, (0, 1), (1, 0)),
        (6, SALES, (1, 0), (0, 1)),
        (7, SALES, (0, 1), (0, 0)),
        (9, SALES, (0, 0), (1, 0)),
        (10, SALES, (1, 0), (0, 0)),
    ];
    assert_eq!(events, wanted);
    let ids: BTreeSet<&str> = told.department_events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids.len(), wanted.len());
    assert_eq!(told.spans, [], "Ann was offline");
    assert_eq!(told.agent_events.len(), 2, "her part in a chat is told all the same");
}

#[test]
fn a_second_holds_so_many_and_no_more() {
    let second = 1_000_000;
    let flips = (0..2_500).map(|n| (5 * second + n, status(ANN, if n % 2 == 0 { AgentStatus::ONLINE } else { AgentStatus::AWAY })));
    let (_, told) = tell(flips.chain([(6 * second + 7, status(ANN, AgentStatus::OFFLINE)), (99 * second, status(ANN, AgentStatus::AWAY))]));
    let count = |second| told.agent_events.iter().filter(|event| event.at.seconds() == second).count();
    assert_eq!([5, 6, 7, 8, 99].map(count), [999, 999, 503, 0, 1]);
    assert!(told.agent_events.is_sorted_by_key(|event| (event.at, event.id.clone())));
    assert_eq!(told.agent_events[999].at, Timestamp::from_seconds(6));
    assert_eq!(told.agent_events[2_501].at, Timestamp::from_seconds(99), "later ones stand where they happened");
    assert_eq!(told.spans.len(), 2_500);
}

#[test]
fn a_journal_may_begin_in_the_midst() {
    let (fold, told) = tell([
        (1, offered(ChatState::Offered)),
        (2, joined(ANN)),
        (3, left(ANN, ChatState::Queued)),
        (4, ended()),
        (5, status(ANN, AgentStatus::ONLINE)),
        (9, status(ANN, AgentStatus::OFFLINE)),
    ]);
    assert_eq!(spans(&told), [(ANN, "online", 0, 5, 9)]);
    assert_eq!((told.department_events.len(), fold.chats.len()), (0, 0));
}

#[test]
fn a_clock_that_is_behind_turns_nothing_round() {
    let (_, told) = tell([
        (100, status(ANN, AgentStatus::ONLINE)),
        (200, status(BEN, AgentStatus::ONLINE)),
        (150, status(ANN, AgentStatus::AWAY)),
        (140, status(BEN, AgentStatus::AWAY)),
        (300, status(BEN, AgentStatus::OFFLINE)),
    ]);
    assert_eq!(spans(&told), [(ANN, "online", 0, 100, 200), (BEN, "away", 0, 200, 300)]);
    assert!(told.agent_events.is_sorted_by_key(|event| event.at));
}
