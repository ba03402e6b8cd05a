//! A desk whose journal is written by hand, from eight in the morning on.

use std::sync::Arc;

use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::call::{CallEvent, CallOutcome, CallState, Direction};
use deskbell_domain::chat::{ChatState, EndReason, EngagementStart, OfferOutcome, StartedBy};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::department::Strategy;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{
    AgentId, CallId, CallLegId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId, OfferId, RingId,
};
use deskbell_domain::message::Actor;
use deskbell_store::{Location, Options, Tx};

use super::super::*;
use crate::clock::FakeClock;
use crate::desk::{Desk, DeskOptions};
use crate::error::AppError;

pub(super) const ANN: AgentId = AgentId::from_i64(80_000_000_001);
pub(super) const BEN: AgentId = AgentId::from_i64(80_000_000_002);
pub(super) const SUPPORT: DepartmentId = DepartmentId::from_i64(80_000_000_003);
pub(super) const SALES: DepartmentId = DepartmentId::from_i64(80_000_000_004);
pub(super) const EVERYONE: Scope = Scope { department: None, agent: None };
pub(super) const MINUTE: i64 = 60_000_000;
/// 2026-03-02 08:00 UTC.
const EIGHT: i64 = 1_772_438_400;

pub(super) struct Scene {
    _directory: tempfile::TempDir,
    pub(super) desk: Desk,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.desk.close();
    }
}

/// So many minutes after eight.
pub(super) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_seconds(EIGHT + minutes * 60)
}

pub(super) fn level(mean: f64, max: i64, min: i64) -> Level {
    Level { mean_hundredths: (mean * 100.0).round() as i64, max, min }
}

pub(super) fn of(department: DepartmentId) -> Scope {
    Scope { department: Some(department), agent: None }
}

pub(super) fn by(agent: AgentId) -> Scope {
    Scope { department: None, agent: Some(agent) }
}

pub(super) fn both(department: DepartmentId, agent: AgentId) -> Scope {
    Scope { department: Some(department), agent: Some(agent) }
}

impl Scene {
    /// A desk on which nothing has happened but its founding, long before.
    pub(super) fn begin() -> Scene {
        let directory = tempfile::tempdir().unwrap();
        let options = DeskOptions {
            location: Location::Sqlite(directory.path().join("desk.db")),
            files: directory.path().join("files"),
            clock: Arc::new(FakeClock::at(at(-1_000))),
            store: Options { readers: 2, ..Options::default() },
        };
        Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
        Scene { _directory: directory, desk: Desk::open(&options).unwrap() }
    }

    /// Writes events into the journal, and reads all of it.
    pub(super) fn tell(&self, events: impl IntoIterator<Item = (i64, Event)>) {
        self.write(events);
        self.desk.level_reader().catch_up().unwrap();
    }

    pub(super) fn write(&self, events: impl IntoIterator<Item = (i64, Event)>) {
        let events: Vec<(i64, Event)> = events.into_iter().collect();
        let append = move |tx: &mut Tx<'_>, (minute, event): (i64, Event)| Ok(tx.append(at(minute), event).map(drop)?);
        self.desk.write_blocking(move |tx, _| events.into_iter().try_for_each(|event| append(tx, event))).unwrap();
    }

    pub(super) fn try_see<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.desk.snapshot_blocking(look)
    }

    pub(super) fn see<T: Send + 'static>(&self, look: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static) -> T {
        self.try_see(look).unwrap()
    }

    /// Between minutes, a day after.
    pub(super) fn load(&self, medium: Medium, scope: Scope, minutes: &[i64]) -> Vec<Load> {
        let edges: Vec<Timestamp> = minutes.iter().copied().map(at).collect();
        self.see(move |tx| load(tx, medium, scope, &edges, at(1_440)))
    }

    pub(super) fn availability(&self, medium: Medium, scope: Scope, minutes: &[i64]) -> Vec<i64> {
        let edges: Vec<Timestamp> = minutes.iter().copied().map(at).collect();
        self.see(move |tx| availability(tx, medium, scope, &edges, at(1_440)))
    }

    pub(super) fn presences(&self, medium: Medium, scope: Scope, minutes: (i64, i64)) -> Vec<Presence> {
        self.see(move |tx| presences(tx, medium, scope, at(minutes.0), at(minutes.1), 0, 1_000))
    }

    pub(super) fn standing(&self, medium: Medium, scope: Scope) -> Standing {
        self.see(move |tx| Ok(standing(tx, medium, scope)?))
    }

    pub(super) fn is_verified(&self) {
        let compared = verify(&self.desk, &mut |_| {}).unwrap();
        assert_eq!((compared.differing, compared.differences), (0, vec![]));
    }
}

fn conversation(number: i64) -> ConversationId {
    ConversationId::from_i64(90_000_000_000 + number)
}

pub(super) fn started(number: i64, department: DepartmentId, status: Status) -> Event {
    Event::ConversationStarted {
        conversation: conversation(number),
        customer: CustomerId::from_i64(1),
        customer_name: String::new(),
        visitor: None,
        department,
        channel: Channel::Email,
        status,
        subject: String::new(),
        by: None,
    }
}

pub(super) fn status(number: i64, to: Status) -> Event {
    Event::StatusChanged { conversation: conversation(number), from: Status::Init, to, by: Actor::System }
}

pub(super) fn assigned(number: i64, department: DepartmentId, agent: Option<AgentId>) -> Event {
    Event::Assigned { conversation: conversation(number), department, agent, by: Actor::System }
}

pub(super) fn merged(number: i64, into: i64) -> Event {
    Event::ConversationMerged { conversation: conversation(number), into: conversation(into), by: Actor::System }
}

fn chat(number: i64) -> ChatId {
    ChatId::from_i64(95_000_000_000 + number)
}

pub(super) fn requested(number: i64, department: DepartmentId) -> Event {
    Event::ChatRequested {
        chat: chat(number),
        conversation: conversation(number),
        customer: CustomerId::from_i64(1),
        customer_name: String::new(),
        visit: None,
        department,
        started_by: StartedBy::Visitor,
        priority: 0,
    }
}

pub(super) fn offered(number: i64, agent: AgentId) -> Event {
    let (offer, expires, state) = (OfferId::from_i64(1), Timestamp::EPOCH, ChatState::Offered);
    Event::ChatOffered { chat: chat(number), conversation: conversation(number), offer, agent, expires, state }
}

pub(super) fn closed(number: i64, agent: AgentId, outcome: OfferOutcome, state: ChatState) -> Event {
    Event::OfferClosed { chat: chat(number), conversation: conversation(number), offer: OfferId::from_i64(1), agent, outcome, state }
}

pub(super) fn joined(number: i64, agent: AgentId) -> Event {
    let (engagement, start) = (EngagementId::from_i64(1), EngagementStart::Agent);
    Event::ChatJoined { chat: chat(number), conversation: conversation(number), agent, agent_name: String::new(), engagement, start }
}

pub(super) fn left(number: i64, agent: AgentId, state: ChatState) -> Event {
    let engagement = EngagementId::from_i64(1);
    Event::ChatLeft { chat: chat(number), conversation: conversation(number), agent, agent_name: String::new(), engagement, state }
}

pub(super) fn handed(number: i64, department: DepartmentId, agent: Option<AgentId>, state: ChatState) -> Event {
    let (from, by) = (SALES, Actor::System);
    Event::ChatTransferred { chat: chat(number), conversation: conversation(number), from, department, agent, by, state }
}

pub(super) fn ended(number: i64, department: DepartmentId) -> Event {
    let (reason, by) = (EndReason::Visitor, Actor::System);
    Event::ChatEnded { chat: chat(number), conversation: conversation(number), department, reason, by, missed: false, dropped: false }
}

pub(super) fn call(number: i64) -> (CallId, ConversationId) {
    (CallId::from_i64(97_000_000_000 + number), conversation(number))
}

pub(super) fn called(number: i64, department: DepartmentId, direction: Direction) -> Event {
    let (call, conversation) = call(number);
    let (group, customer) = (GroupId::from_i64(1), CustomerId::from_i64(1));
    Event::Call(CallEvent::Started { call, conversation, group, direction, customer, caller: None, department })
}

pub(super) fn rang(number: i64, agent: AgentId, state: CallState) -> Event {
    let (call, conversation) = call(number);
    Event::Call(CallEvent::Rang { call, conversation, ring: RingId::from_i64(1), agent, expires: Timestamp::EPOCH, state })
}

pub(super) fn ring_closed(number: i64, agent: AgentId, outcome: OfferOutcome, state: CallState) -> Event {
    let (call, conversation) = call(number);
    Event::Call(CallEvent::RingClosed { call, conversation, ring: RingId::from_i64(1), agent, outcome, state })
}

pub(super) fn answered(number: i64, agent: AgentId, state: CallState) -> Event {
    let (call, conversation) = call(number);
    Event::Call(CallEvent::Answered { call, conversation, leg: CallLegId::from_i64(1), agent, state })
}

pub(super) fn held(number: i64, agent: AgentId, held: bool) -> Event {
    let (call, conversation) = call(number);
    Event::Call(CallEvent::Held { call, conversation, leg: CallLegId::from_i64(1), agent, held })
}

pub(super) fn leg_left(number: i64, agent: AgentId, state: CallState) -> Event {
    let (call, conversation) = call(number);
    Event::Call(CallEvent::Left { call, conversation, leg: CallLegId::from_i64(1), agent, state })
}

pub(super) fn call_transferred(number: i64, department: DepartmentId, agent: Option<AgentId>, state: CallState) -> Event {
    let (call, conversation) = call(number);
    Event::Call(CallEvent::Transferred { call, conversation, from: SALES, department, agent, by: Actor::System, state })
}

pub(super) fn call_ended(number: i64, department: DepartmentId) -> Event {
    let (call, conversation) = call(number);
    let (direction, outcome) = (Direction::Incoming, CallOutcome::Finished);
    Event::Call(CallEvent::Ended { call, conversation, department, direction, outcome, by: Actor::System })
}

pub(super) fn agent(agent: AgentId, slots: u16, enabled: bool) -> Event {
    Event::AgentChanged { agent, email: String::new(), name: String::new(), role: Role::Agent, slots, enabled }
}

pub(super) fn online(agent: AgentId, online: AgentStatus) -> Event {
    Event::AgentStatusChanged { agent, preset: online, online }
}

pub(super) fn member(department: DepartmentId, agent: AgentId, member: bool) -> Event {
    Event::MembershipChanged { department, agent, member }
}

pub(super) fn department(department: DepartmentId, enabled: bool) -> Event {
    Event::DepartmentChanged { department, name: String::new(), strategy: Strategy::LeastBusy, enabled }
}
