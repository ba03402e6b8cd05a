//! Small histories, and the figures that a person counts from them. Every measure is counted by at least one.

mod calls;
mod chats;
mod tickets;

use std::collections::BTreeSet;

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::conversation::Status;
use deskbell_domain::ids::{ConversationId, CustomerId, DepartmentId, GroupId, MessageId, TagId};
use deskbell_domain::measure::{REGISTRY, Unit};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};

use super::*;

const ANN: AgentId = AgentId::from_i64(80_000_000_001);
const BEN: AgentId = AgentId::from_i64(80_000_000_002);
const SALES: DepartmentId = DepartmentId::from_i64(80_000_000_004);
const SUPPORT: DepartmentId = DepartmentId::from_i64(80_000_000_005);
const TICKET: ConversationId = ConversationId::from_i64(80_000_000_006);
const CUSTOMER: CustomerId = CustomerId::from_i64(80_000_000_007);
const VIP: TagId = TagId::from_i64(50_000);
const MINUTE: i64 = 60_000_000;

/// Nine o'clock on Monday, 5 January 2026.
const MORNING: Timestamp = Timestamp::from_seconds(1_767_603_600);

/// Entries at minutes after nine.
#[derive(Default)]
struct History(Vec<(i64, Event)>);

impl History {
    fn at(mut self, minute: i64, event: Event) -> History {
        self.0.push((minute, event));
        self
    }

    fn fold(&self) -> Fold {
        let mut fold = Fold::default();
        for (number, (minute, event)) in (1..).zip(&self.0) {
            let recorded = Recorded { number, at: MORNING.plus_micros(minute * MINUTE), event: event.clone() };
            fold.fold(&recorded);
            // Twice does no harm.
            fold.fold(&recorded);
        }
        fold
    }

    /// Cells of one length.
    fn told(&self) -> Told {
        self.fold().take()
    }

    /// A figure of the day.
    fn figure(&self, dimension: Dimension, member: i64, measure: Measure) -> i64 {
        let told = self.told();
        let cells = told.cells.iter().filter(|(key, _)| (key.dimension, key.member, key.span) == (dimension, member, Span::Day));
        cells.map(|(_, cell)| cell.get(measure)).sum()
    }

    fn account(&self, measure: Measure) -> i64 {
        self.figure(Dimension::Account, 0, measure)
    }

    fn agent(&self, agent: AgentId, measure: Measure) -> i64 {
        self.figure(Dimension::Agent, agent.get(), measure)
    }

    fn department(&self, department: DepartmentId, measure: Measure) -> i64 {
        self.figure(Dimension::Department, department.get(), measure)
    }

    fn channel(&self, letter: u8, measure: Measure) -> i64 {
        self.figure(Dimension::Channel, i64::from(letter), measure)
    }

    fn tag(&self, tag: TagId, measure: Measure) -> i64 {
        self.figure(Dimension::Tag, tag.get(), measure)
    }

    /// A figure of the account in the quarter that begins so many minutes after nine.
    fn in_quarter(&self, minute: i64, measure: Measure) -> i64 {
        let slot = Span::Quarter.slot(MORNING.plus_micros(minute * MINUTE));
        let told = self.told();
        let key = Key { dimension: Dimension::Account, span: Span::Quarter, slot, member: 0 };
        told.cells.get(&key).map_or(0, |cell| cell.get(measure))
    }
}

fn begun(channel: Channel, status: Status) -> Event {
    Event::ConversationStarted {
        conversation: TICKET,
        customer: CUSTOMER,
        customer_name: String::new(),
        visitor: None,
        department: SALES,
        channel,
        status,
        subject: String::new(),
        by: None,
    }
}

fn status(from: Status, to: Status, by: Actor) -> Event {
    Event::StatusChanged { conversation: TICKET, from, to, by }
}

fn assigned(department: DepartmentId, agent: Option<AgentId>) -> Event {
    Event::Assigned { conversation: TICKET, department, agent, by: Actor::System }
}

fn message(chat: Option<deskbell_domain::ids::ChatId>, group_kind: GroupKind, kind: MessageKind, author: Actor) -> Event {
    Event::MessageAdded {
        conversation: TICKET,
        chat,
        group: GroupId::from_i64(1),
        group_kind,
        message: MessageId::from_i64(1),
        kind,
        author,
        author_name: String::new(),
        text: String::new(),
        attachment: None,
        key: None,
    }
}

fn written(group: GroupKind, author: Actor) -> Event {
    message(None, group, MessageKind::Message, author)
}

fn tagged(before: &[&str], after: &[&str], by: Actor) -> Event {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Event::TagsChanged { conversation: TICKET, chat: None, before: names(before), after: names(after), by, tags: None }
}

fn tag(tag: TagId, name: &str, removed: bool) -> Event {
    Event::TagChanged { tag, name: name.to_owned(), removed }
}

fn signed(agent: AgentId, online: AgentStatus) -> Event {
    Event::AgentStatusChanged { agent, preset: AgentStatus::ONLINE, online }
}

#[test]
fn signed_in_time_is_cut_at_quarters() {
    let day = History::default()
        .at(5, signed(ANN, AgentStatus::ONLINE))
        .at(20, signed(ANN, AgentStatus::AWAY))
        .at(47, signed(ANN, AgentStatus::OFFLINE))
        .at(50, signed(ANN, AgentStatus::OFFLINE))
        .at(55, signed(BEN, AgentStatus::ONLINE));
    let quarters = [0, 15, 30, 45].map(|minute| day.in_quarter(minute, Measure::WorkTime) / MINUTE);
    assert_eq!(quarters, [10, 15, 15, 2], "away is signed in, too");
    assert_eq!((day.agent(ANN, Measure::WorkTime), day.account(Measure::WorkTime)), (42 * MINUTE, 42 * MINUTE));
    assert_eq!(day.agent(BEN, Measure::WorkTime), 0, "what goes on is added when it is read");
    let open: Vec<(i64, i64, bool)> = day.told().states.iter().map(|(kind, id, body)| (*kind, *id, body.is_some())).collect();
    assert!(open.contains(&(4, BEN.get(), true)) && open.contains(&(4, ANN.get(), false)), "{open:?}");
}

#[test]
fn a_cell_is_in_its_day_and_its_block() {
    let told = History::default().at(0, begun(Channel::Form, Status::New)).told();
    let keys: BTreeSet<(Dimension, Span)> = told.cells.keys().map(|key| (key.dimension, key.span)).collect();
    let wanted: BTreeSet<(Dimension, Span)> = [Dimension::Account, Dimension::Department, Dimension::Channel]
        .into_iter()
        .flat_map(|dimension| Span::ALL.map(|span| (dimension, span)))
        .collect();
    assert_eq!(keys, wanted);
    assert!(told.cells.values().all(|cell| cell.get(Measure::CreatedTickets) == 1));
    let mut fold = History::default().at(0, begun(Channel::Form, Status::New)).fold();
    assert!(!fold.take().is_empty() && fold.take().is_empty(), "told once");
}

#[test]
fn nothing_is_counted_before_the_time_asked_for() {
    let mut fold = Fold::default().counting_from(MORNING.plus_micros(MINUTE));
    let event = begun(Channel::Form, Status::New);
    fold.fold(&Recorded { number: 1, at: MORNING, event });
    assert!(fold.take().cells.is_empty());
    let event = written(GroupKind::OutgoingEmail, Actor::Agent(ANN));
    fold.fold(&Recorded { number: 2, at: MORNING.plus_micros(2 * MINUTE), event });
    let told = fold.take();
    let quarter = Span::Quarter.slot(MORNING);
    let key = Key { dimension: Dimension::Channel, span: Span::Quarter, slot: quarter, member: i64::from(b'M') };
    assert_eq!(told.cells[&key].entries().collect::<Vec<_>>(), [(Measure::Answers, 1)], "what was before is remembered all the same");
}

/// What a person counts in the days of tickets, chats and calls that are told in the parts of this page, for the whole desk. Times are minutes.
fn by_hand(measure: Measure) -> [i64; 3] {
    match measure {
        Measure::Answers => [1, 0, 0],
        Measure::NewAnswers => [1, 0, 0],
        Measure::NewAnswerTime | Measure::NewAnswerTimeSla => [10, 0, 0],
        Measure::NextAnswers => [1, 0, 0],
        Measure::NextAnswerTime | Measure::NextAnswerTimeSla => [25, 0, 0],
        Measure::FirstAssigns => [1, 0, 0],
        Measure::FirstAssignTime | Measure::FirstAssignTimeSla => [10, 0, 0],
        Measure::FirstResolves => [1, 0, 0],
        Measure::FirstResolveTime | Measure::FirstResolveTimeSla => [60, 0, 0],
        Measure::Chats => [0, 2, 0],
        Measure::ChatPickups | Measure::ChatPickupTimes => [0, 1, 0],
        Measure::ChatPickupTime => [0, 2, 0],
        Measure::ChatTime => [0, 18 + 35, 0],
        Measure::ChatTimes => [0, 2, 0],
        Measure::ChatAnswers => [0, 3, 0],
        Measure::MissedChats => [0, 1, 0],
        Measure::IncomingChats | Measure::FinishedChats => [0, 1, 0],
        // Other days below have those.
        Measure::UnansweredChats | Measure::Rewards | Measure::NotRanked => [0, 0, 0],
        Measure::UnansweredCalls | Measure::Voicemails | Measure::WorkTime => [0, 0, 0],
        Measure::Punishments => [0, 1, 0],
        Measure::Calls | Measure::IncomingCalls | Measure::FinishedCalls | Measure::MissedCalls => [0, 0, 1],
        Measure::CallTime => [0, 0, 7 + 8],
        Measure::CallTimes => [0, 0, 2],
        Measure::CallPickupTime => [0, 0, 2],
        Measure::CallPickupTimes => [0, 0, 1],
        Measure::OutgoingCalls => [0, 0, 2],
        Measure::OutgoingCallTime => [0, 0, 4],
        Measure::OutgoingCallTimes => [0, 0, 1],
        Measure::InternalCalls | Measure::InternalCallTimes => [0, 0, 1],
        Measure::InternalCallTime => [0, 0, 7],
        Measure::IncomingMessages => [2, 0, 0],
        Measure::CreatedTickets => [1, 1, 1],
        Measure::ResolvedTickets => [2, 0, 0],
        Measure::Notes => [1, 1, 0],
    }
}

/// The same of days on which nobody answers; what is not here is none of them.
const UNANSWERED: [(Measure, [i64; 2]); 14] = [
    (Measure::UnansweredChats, [1, 0]),
    (Measure::MissedChats, [1, 0]),
    (Measure::IncomingChats, [1, 0]),
    (Measure::FinishedChats, [1, 0]),
    (Measure::Rewards, [1, 0]),
    (Measure::Punishments, [1, 0]),
    (Measure::NotRanked, [1, 0]),
    (Measure::Chats, [1, 0]),
    (Measure::ChatTimes, [1, 0]),
    (Measure::ChatTime, [1, 0]),
    (Measure::UnansweredCalls, [0, 2]),
    (Measure::Voicemails, [0, 1]),
    (Measure::IncomingCalls, [0, 3]),
    (Measure::CreatedTickets, [1, 1]),
];

/// A new measure has no figure here until somebody has counted it.
#[test]
fn every_measure_of_every_day_by_hand() {
    let shown = |history: &History, entry: &deskbell_domain::measure::Entry| {
        let number = history.account(entry.measure);
        match entry.unit {
            Unit::Count => number,
            Unit::Micros => number / MINUTE,
        }
    };
    let days = [tickets::day(), chats::day(), calls::day()];
    let unanswered = [chats::missed(), calls::unanswered()];
    for entry in REGISTRY {
        assert_eq!(days.each_ref().map(|day| shown(day, entry)), by_hand(entry.measure), "{}", entry.name);
        let wanted = UNANSWERED.iter().find(|(measure, _)| *measure == entry.measure).map_or([0, 0], |(_, wanted)| *wanted);
        assert_eq!(unanswered.each_ref().map(|day| shown(day, entry)), wanted, "{} unanswered", entry.name);
    }
    // Work is what is left: signed in from five past nine to a quarter to ten.
    let work = History::default().at(5, signed(ANN, AgentStatus::ONLINE)).at(45, signed(ANN, AgentStatus::OFFLINE));
    assert_eq!(work.account(Measure::WorkTime), 40 * MINUTE);
}

/// All hand-made histories of this page and its parts.
#[test]
fn every_measure_is_counted_by_hand_somewhere() {
    let mut counted = BTreeSet::new();
    let histories = [tickets::day(), tickets::with_level(), chats::day(), chats::missed(), calls::day(), calls::unanswered()];
    for history in histories {
        for cell in history.told().cells.values() {
            counted.extend(cell.entries().map(|(measure, _)| measure));
        }
    }
    let day = History::default().at(0, signed(ANN, AgentStatus::ONLINE)).at(1, signed(ANN, AgentStatus::OFFLINE));
    counted.extend(day.told().cells.values().flat_map(|cell| cell.entries().map(|(measure, _)| measure).collect::<Vec<_>>()));
    let missing: Vec<&str> = REGISTRY.iter().filter(|entry| !counted.contains(&entry.measure)).map(|entry| entry.name).collect();
    assert_eq!(missing, [""; 0]);
}
