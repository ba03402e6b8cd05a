//! Single steps: an entry that comes twice, a clock that is behind, and what changes nothing.

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::chat::StartedBy;
use deskbell_domain::department::Strategy;
use deskbell_domain::ids::{ChatId, ConversationId, CustomerId};

use super::*;

const ANN: AgentId = AgentId::from_i64(80_000_000_001);
const SALES: DepartmentId = DepartmentId::from_i64(80_000_000_004);

/// Folds events at moments (microseconds), numbered from 1, each of them twice.
fn tell(events: impl IntoIterator<Item = (i64, Event)>) -> (Fold, Told) {
    let (mut fold, mut told) = (Fold::default(), Told::default());
    for (number, (at, event)) in (1..).zip(events) {
        let recorded = Recorded { number, at: Timestamp::from_micros(at), event };
        fold.fold(&recorded, &mut told);
        fold.fold(&recorded, &mut told);
    }
    (fold, told)
}

fn requested() -> Event {
    Event::ChatRequested {
        chat: ChatId::from_i64(1),
        conversation: ConversationId::from_i64(2),
        customer: CustomerId::from_i64(3),
        customer_name: String::new(),
        visit: None,
        department: SALES,
        started_by: StartedBy::Visitor,
        priority: 0,
    }
}

fn online(online: AgentStatus) -> Event {
    Event::AgentStatusChanged { agent: ANN, preset: online, online }
}

fn hired(enabled: bool) -> Event {
    Event::AgentChanged { agent: ANN, email: String::new(), name: String::new(), role: Role::Agent, slots: 2, enabled }
}

fn member(member: bool) -> Event {
    Event::MembershipChanged { department: SALES, agent: ANN, member }
}

fn open(enabled: bool) -> Event {
    Event::DepartmentChanged { department: SALES, name: String::new(), strategy: Strategy::LeastBusy, enabled }
}

#[test]
fn an_entry_counts_once_and_time_never_goes_back() {
    let (fold, told) = tell([
        (50, requested()),
        (
            40,
            Event::ConversationMerged {
                conversation: ConversationId::from_i64(9),
                into: ConversationId::from_i64(2),
                by: deskbell_domain::message::Actor::System,
            },
        ),
        (30, online(AgentStatus::ONLINE)),
    ]);
    assert_eq!((fold.number, fold.latest), (3, Timestamp::from_micros(50)));
    let queued: Vec<(Option<DepartmentId>, i64)> =
        told.changes.iter().filter(|change| change.by.queue != 0).map(|change| (change.key.department, change.by.queue)).collect();
    assert_eq!(queued, [(None, 1), (Some(SALES), 1)]);
    assert!(told.changes.iter().all(|change| change.at == Timestamp::from_micros(50)), "{:?}", told.changes);
}

#[test]
fn what_shows_no_change_is_none() {
    let (_, first) = tell([(1, hired(true)), (2, member(true)), (3, open(true)), (4, open(true)), (5, member(false)), (6, hired(false))]);
    assert_eq!((first.changes, first.moves), (vec![], vec![]), "he was offline all the time");
    assert_eq!(first.departments, BTreeSet::new());
    let (_, told) = tell([
        (1, hired(true)),
        (2, member(true)),
        (3, online(AgentStatus::AWAY)),
        (4, online(AgentStatus::INVISIBLE)),
        (5, member(true)),
        (6, open(false)),
        (7, member(false)),
        (8, open(true)),
    ]);
    let moves: Vec<(i64, Medium, bool)> = told.moves.iter().map(|step| (step.at.micros(), step.medium, step.comes)).collect();
    assert_eq!(moves, [(3, Medium::Tickets, true), (6, Medium::Tickets, false)]);
    let agents: Vec<(i64, Option<DepartmentId>, Option<AgentId>, i64)> =
        told.changes.iter().map(|change| (change.at.micros(), change.key.department, change.key.agent, change.by.agents)).collect();
    let both = |at, by| [(at, Some(SALES), None, by), (at, Some(SALES), Some(ANN), by)];
    assert_eq!(agents[..2], [(3, None, None, 1), (3, None, Some(ANN), 1)]);
    assert_eq!(agents[2..4], both(3, 1));
    assert_eq!(agents[4..], both(6, -1), "the desk still has him");
}
