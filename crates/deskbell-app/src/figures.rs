//! Live figures: folded from the journal into memory, loaded from rows at the start, so that they are right at once after a restart.

use std::collections::{HashMap, HashSet, VecDeque};

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::call::CallEvent;
use deskbell_domain::chat::{ChatState, Rating};
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId, OfferId, RingId};
use deskbell_domain::message::{Actor, Audience};
use deskbell_domain::routing_rules::ChatLimit;
use deskbell_domain::time::Timestamp;
use deskbell_store::{StoreError, Tx, tables};

use crate::settings::Settings;
use crate::timers::PassedOver;

/// The longest window that is asked for.
const WINDOW_SECONDS_MAX: i64 = 3_600;

/// The windows of missed chats and ratings, in minutes.
pub const WINDOWS_MINUTES: [i64; 2] = [30, 60];

#[derive(Debug, Clone, PartialEq, Eq)]
struct LiveChat {
    department: DepartmentId,
    state: ChatState,
    requested: Timestamp,
    waiting_since: Timestamp,
    unanswered_since: Option<Timestamp>,
    agents: Vec<AgentId>,
    offers: Vec<(OfferId, AgentId, Timestamp)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct AgentFacts {
    online: AgentStatus,
    slots: u16,
    enabled: bool,
}

/// The state behind the live figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// The journal number they are true at.
    number: i64,
    agents: HashMap<AgentId, AgentFacts>,
    members: HashMap<DepartmentId, HashSet<AgentId>>,
    chats: HashMap<ChatId, LiveChat>,
    /// Calls that ring, each until when.
    rings: HashMap<RingId, Timestamp>,
    missed: VecDeque<(Timestamp, DepartmentId)>,
    ratings: HashMap<ChatId, (Rating, Timestamp, DepartmentId)>,
    limit: ChatLimit,
}

/// Mean and maximum of waiting times in whole seconds; `None` when nothing waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    pub average: Option<i64>,
    pub maximum: Option<i64>,
}

impl Spread {
    fn of(spans: impl Iterator<Item = i64>) -> Spread {
        let (mut count, mut sum, mut maximum) = (0i64, 0i64, None);
        for span in spans {
            count += 1;
            sum += span;
            maximum = maximum.max(Some(span));
        }
        Spread { average: (count > 0).then(|| sum / count), maximum }
    }
}

/// What is told of chats: for the account, or for one department.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChatFigures {
    /// Queued now, offered to nobody.
    pub incoming: i64,
    /// Offered and not yet joined.
    pub assigned: i64,
    /// Served now.
    pub active: i64,
    pub waiting: Spread,
    pub duration: Spread,
    pub response: Spread,
    /// Per window of [`WINDOWS_MINUTES`].
    pub missed: [i64; 2],
    pub good: [i64; 2],
    pub bad: [i64; 2],
}

/// What is told of agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AgentFigures {
    pub online: i64,
    pub away: i64,
    pub invisible: i64,
    /// Take chats and have a free slot.
    pub available: i64,
}

/// What is older is in no window, also for those who ask as of the second's beginning.
fn horizon(now: Timestamp) -> Timestamp {
    Timestamp::from_seconds(now.seconds() - WINDOW_SECONDS_MAX)
}

impl Figures {
    /// Loads the state from rows within a snapshot.
    pub fn load(tx: &mut Tx<'_>, now: Timestamp) -> Result<Figures, StoreError> {
        let mut figures = Figures { number: tx.head()?, limit: Settings::load(tx)?.routing.limit, ..Figures::default() };
        for agent in tables::agents::all(tx)? {
            figures.agents.insert(agent.id, AgentFacts { online: agent.online, slots: agent.slots, enabled: agent.enabled });
        }
        for member in tables::departments::memberships(tx)? {
            figures.members.entry(member.department).or_default().insert(member.agent);
        }
        for chat in tables::chats::live(tx)? {
            figures.chats.insert(
                chat.id,
                LiveChat {
                    department: chat.department,
                    state: chat.state,
                    requested: chat.requested,
                    waiting_since: chat.waiting_since,
                    unanswered_since: chat.unanswered_since,
                    agents: Vec::new(),
                    offers: Vec::new(),
                },
            );
        }
        for (chat, agent) in tables::engagements::all_open(tx)? {
            if let Some(chat) = figures.chats.get_mut(&chat) {
                chat.agents.push(agent);
            }
        }
        for offer in tables::offers::all_ringing(tx)? {
            if let Some(chat) = figures.chats.get_mut(&offer.chat) {
                chat.offers.push((offer.id, offer.agent, offer.expires));
            }
        }
        figures.rings = tables::call_rings::all_ringing(tx)?.into_iter().map(|ring| (ring.id, ring.expires)).collect();
        let since = horizon(now);
        figures.missed = tables::chats::missed_since(tx, since)?.into_iter().map(|(department, at)| (at, department)).collect();
        for (chat, department, rating, at) in tables::chats::rated_since(tx, since)? {
            figures.ratings.insert(chat, (rating, at, department));
        }
        Ok(figures)
    }

    /// How many chats an agent may have changed; no event says how.
    pub fn set_limit(&mut self, limit: ChatLimit) {
        self.limit = limit;
    }

    /// The journal number they are true at.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// Takes an event in; one that was taken in before changes nothing.
    pub fn fold(&mut self, recorded: &Recorded) {
        if recorded.number <= self.number {
            return;
        }
        self.number = recorded.number;
        let at = recorded.at;
        match &recorded.event {
            Event::AgentChanged { agent, slots, enabled, .. } => {
                let facts = self.agents.entry(*agent).or_default();
                facts.slots = *slots;
                facts.enabled = *enabled;
            }
            Event::AgentStatusChanged { agent, online, .. } => self.agents.entry(*agent).or_default().online = *online,
            Event::MembershipChanged { department, agent, member } => {
                let members = self.members.entry(*department).or_default();
                if *member {
                    members.insert(*agent);
                } else {
                    members.remove(agent);
                }
            }
            Event::ChatRequested { chat, department, .. } => {
                self.chats.insert(
                    *chat,
                    LiveChat {
                        department: *department,
                        state: ChatState::Queued,
                        requested: at,
                        waiting_since: at,
                        unanswered_since: None,
                        agents: Vec::new(),
                        offers: Vec::new(),
                    },
                );
            }
            Event::ChatOffered { chat, offer, agent, expires, state, .. } => {
                if let Some(chat) = self.chats.get_mut(chat) {
                    chat.offers.push((*offer, *agent, *expires));
                    chat.state = *state;
                }
            }
            Event::OfferClosed { chat, offer, state, .. } => {
                if let Some(chat) = self.chats.get_mut(chat) {
                    chat.offers.retain(|(ringing, _, _)| ringing != offer);
                    chat.state = *state;
                }
            }
            Event::ChatJoined { chat, agent, .. } => {
                if let Some(chat) = self.chats.get_mut(chat) {
                    chat.agents.push(*agent);
                    chat.state = ChatState::Served;
                }
            }
            Event::ChatLeft { chat, agent, state, .. } => {
                if let Some(chat) = self.chats.get_mut(chat) {
                    chat.agents.retain(|engaged| engaged != agent);
                    chat.state = *state;
                    if chat.agents.is_empty() {
                        chat.waiting_since = at;
                    }
                }
            }
            Event::ChatTransferred { chat, department, state, .. } => {
                if let Some(chat) = self.chats.get_mut(chat) {
                    chat.department = *department;
                    chat.state = *state;
                    chat.waiting_since = at;
                }
                // What was rated before goes along.
                if let Some((_, _, rated_in)) = self.ratings.get_mut(chat) {
                    *rated_in = *department;
                }
            }
            Event::ChatEnded { chat, department, missed, .. } => {
                self.chats.remove(chat);
                if *missed {
                    self.missed.push_back((at, *department));
                }
            }
            Event::ChatRated { chat, department, rating, .. } => {
                match rating {
                    Some(rating) => self.ratings.insert(*chat, (*rating, at, *department)),
                    None => self.ratings.remove(chat),
                };
            }
            Event::MessageAdded { chat: Some(chat), kind, author, .. } if kind.speaks() && kind.audience() == Audience::Public => {
                if let Some(chat) = self.chats.get_mut(chat) {
                    match author {
                        Actor::Customer(_) => {
                            chat.unanswered_since.get_or_insert(at);
                        }
                        Actor::Agent(_) => chat.unanswered_since = None,
                        Actor::System => {}
                    }
                }
            }
            Event::Call(CallEvent::Rang { ring, expires, .. }) => {
                self.rings.insert(*ring, *expires);
            }
            Event::Call(CallEvent::RingClosed { ring, .. }) => {
                self.rings.remove(ring);
            }
            Event::MessageAdded { .. }
            | Event::DepartmentChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::ConversationStarted { .. }
            | Event::StatusChanged { .. }
            | Event::Assigned { .. }
            | Event::TagsChanged { .. }
            | Event::ReadMarked { .. }
            | Event::SettingsChanged { .. }
            | Event::CustomerRemoved { .. }
            | Event::TagChanged { .. }
            | Event::CustomerGroupChanged { .. }
            | Event::CompanyChanged { .. }
            | Event::KnowledgeBaseChanged { .. }
            | Event::KnowledgeEntryChanged { .. }
            | Event::WidgetChanged { .. }
            | Event::FieldsChanged { .. }
            | Event::ConversationMerged { .. }
            | Event::SkillChanged { .. }
            | Event::SkillsRequested { .. }
            | Event::ChatMarked { .. }
            | Event::GoalChanged { .. }
            | Event::ConversionRecorded { .. }
            | Event::TriggerChanged { .. }
            | Event::TriggerFired { .. }
            | Event::ShortcutChanged { .. }
            | Event::OauthClientChanged { .. }
            | Event::Call(
                CallEvent::Started { .. }
                | CallEvent::Answered { .. }
                | CallEvent::Held { .. }
                | CallEvent::Left { .. }
                | CallEvent::Transferred { .. }
                | CallEvent::Ended { .. },
            )
            | Event::Sla(_)
            | Event::Automation(_) => {}
        }
    }

    /// Forgets what no window shows any more.
    pub fn prune(&mut self, now: Timestamp) {
        let since = horizon(now);
        while self.missed.front().is_some_and(|(at, _)| *at <= since) {
            self.missed.pop_front();
        }
        self.ratings.retain(|_, (_, at, _)| *at > since);
    }

    /// Figures of chats: the whole account, or one department.
    pub fn chats(&self, department: Option<DepartmentId>, now: Timestamp) -> ChatFigures {
        let here = |of: DepartmentId| department.is_none_or(|department| department == of);
        let live = || self.chats.values().filter(|chat| here(chat.department));
        let count = |state: ChatState| live().filter(|chat| chat.state == state).count() as i64;
        let waits = |chat: &&LiveChat| matches!(chat.state, ChatState::Queued | ChatState::Offered);
        let served = |chat: &&LiveChat| chat.state == ChatState::Served;
        let windows = |inside: &dyn Fn(Timestamp) -> i64| WINDOWS_MINUTES.map(|minutes| inside(now.plus_seconds(-minutes * 60)));
        let rated = |wanted: Rating| {
            windows(&|since| self.ratings.values().filter(|(rating, at, of)| *rating == wanted && *at > since && here(*of)).count() as i64)
        };
        ChatFigures {
            incoming: count(ChatState::Queued),
            assigned: count(ChatState::Offered),
            active: count(ChatState::Served),
            waiting: Spread::of(live().filter(waits).map(|chat| now.seconds_since(chat.waiting_since))),
            duration: Spread::of(live().filter(served).map(|chat| now.seconds_since(chat.requested))),
            response: Spread::of(live().filter(served).filter_map(|chat| chat.unanswered_since).map(|since| now.seconds_since(since))),
            missed: windows(&|since| self.missed.iter().filter(|(at, of)| *at > since && here(*of)).count() as i64),
            good: rated(Rating::Good),
            bad: rated(Rating::Bad),
        }
    }

    /// Figures of agents: the whole account, or the members of one department.
    pub fn agents(&self, department: Option<DepartmentId>) -> AgentFigures {
        let mut load: HashMap<AgentId, u32> = HashMap::new();
        for chat in self.chats.values() {
            for agent in chat.agents.iter().chain(chat.offers.iter().map(|(_, agent, _)| agent)) {
                *load.entry(*agent).or_default() += 1;
            }
        }
        let mut figures = AgentFigures::default();
        for (agent, facts) in &self.agents {
            let member = department.is_none_or(|department| self.members.get(&department).is_some_and(|members| members.contains(agent)));
            if !member || !facts.enabled {
                continue;
            }
            match facts.online.word() {
                "online" => figures.online += 1,
                "away" => figures.away += 1,
                "invisible" => figures.invisible += 1,
                _ => {}
            }
            if facts.online.takes_chats() && load.get(agent).copied().unwrap_or(0) < u32::from(self.limit.slots(facts.slots)) {
                figures.available += 1;
            }
        }
        figures
    }

    /// Whether an offer's time is up, beside those that are passed over.
    pub(crate) fn has_expired_offer(&self, now: Timestamp, passed: &PassedOver) -> bool {
        let mut offers = self.chats.values().flat_map(|chat| &chat.offers);
        offers.any(|(offer, _, expires)| *expires <= now && !passed.has(offer.get(), now))
    }

    /// Whether a phone has rung long enough, beside those that are passed over.
    pub(crate) fn has_expired_ring(&self, now: Timestamp, passed: &PassedOver) -> bool {
        self.rings.iter().any(|(ring, expires)| *expires <= now && !passed.has(ring.get(), now))
    }

    /// Departments in which chats wait with nobody asked.
    pub fn departments_with_queue(&self) -> Vec<DepartmentId> {
        let queued = self.chats.values().filter(|chat| chat.state == ChatState::Queued);
        let mut departments: Vec<DepartmentId> = queued.map(|chat| chat.department).collect();
        departments.sort_unstable();
        departments.dedup();
        departments
    }

    /// Departments in which a chat waits with nobody asked since a moment after the first and not after the second.
    pub fn departments_waiting_since(&self, after: Timestamp, until: Timestamp) -> Vec<DepartmentId> {
        let waits = |chat: &&LiveChat| chat.state == ChatState::Queued && chat.waiting_since > after && chat.waiting_since <= until;
        let mut departments: Vec<DepartmentId> = self.chats.values().filter(waits).map(|chat| chat.department).collect();
        departments.sort_unstable();
        departments.dedup();
        departments
    }

    /// Place in its department's queue (1 is next) and how many wait there; `None` when the chat does not wait.
    pub fn queue_position(&self, chat: ChatId) -> Option<(usize, usize)> {
        let own = self.chats.get(&chat).filter(|chat| matches!(chat.state, ChatState::Queued | ChatState::Offered))?;
        let waiting: Vec<_> = self
            .chats
            .iter()
            .filter(|(_, other)| other.department == own.department && matches!(other.state, ChatState::Queued | ChatState::Offered))
            .map(|(id, other)| (other.waiting_since, *id))
            .collect();
        let before = waiting.iter().filter(|place| **place < (own.waiting_since, chat)).count();
        Some((before + 1, waiting.len()))
    }

    /// Departments whose chats somebody could take now or soon.
    pub fn departments_online(&self) -> HashSet<DepartmentId> {
        let takes = |agent: &AgentId| self.agents.get(agent).is_some_and(|facts| facts.enabled && facts.online.takes_chats());
        self.members.iter().filter(|(_, members)| members.iter().any(takes)).map(|(department, _)| *department).collect()
    }
}
