//! What the journal says of agents and queues, folded into spans and changes. Nothing is read or written here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deskbell_domain::chat::ChatState;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::timeline::{
    AgentChange, AgentEvent, AgentState, DepartmentEvent, EVENTS_PER_SECOND_MAX, LiveChat, Queue, Span, StatusWord, agent_event_id,
    department_event_id,
};
use deskbell_store::tables::timeline::Latest;

/// What is open, up to an entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fold {
    pub(super) account_key: i64,
    /// The last entry that is in it.
    pub(super) number: i64,
    /// The latest moment so far. A clock of another node may be behind ours; what is told never goes back.
    pub(super) latest: Timestamp,
    pub(super) agents: HashMap<AgentId, AgentState>,
    pub(super) chats: HashMap<ChatId, LiveChat>,
    pub(super) queues: HashMap<DepartmentId, Queue>,
    pub(super) places: Places,
}

/// Where the latest rows stand: those that follow stand behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Places {
    pub(super) span_end: Timestamp,
    pub(super) agent_event: Crowd,
    pub(super) department_event: Crowd,
}

/// The moment of the latest event, and how many share its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Crowd {
    at: Timestamp,
    in_second: i64,
}

impl From<Latest> for Crowd {
    fn from(latest: Latest) -> Crowd {
        Crowd { at: latest.at, in_second: latest.in_second }
    }
}

impl Crowd {
    /// A moment for the next event: the wanted one, or the start of the next second with room.
    fn place(&mut self, wanted: Timestamp) -> Timestamp {
        let at = wanted.max(self.at);
        *self = if at.seconds() != self.at.seconds() {
            Crowd { at, in_second: 1 }
        } else if self.in_second < EVENTS_PER_SECOND_MAX {
            Crowd { at, in_second: self.in_second + 1 }
        } else {
            Crowd { at: Timestamp::from_seconds(at.seconds() + 1), in_second: 1 }
        };
        self.at
    }
}

/// What came out of some entries, in order, and which of the open things changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Told {
    pub(super) spans: Vec<Span>,
    pub(super) agent_events: Vec<AgentEvent>,
    pub(super) department_events: Vec<DepartmentEvent>,
    pub(super) agents: BTreeSet<AgentId>,
    pub(super) chats: BTreeSet<ChatId>,
}

impl Told {
    pub(super) fn is_empty(&self) -> bool {
        *self == Told::default()
    }
}

impl Fold {
    /// Nothing is known yet: everybody is offline, no chat waits.
    pub(super) fn new(account_key: i64) -> Fold {
        Fold {
            account_key,
            number: 0,
            latest: Timestamp::EPOCH,
            agents: HashMap::new(),
            chats: HashMap::new(),
            queues: HashMap::new(),
            places: Places::default(),
        }
    }

    /// Puts a chat back that was open when the reader stopped; its agents know of it.
    pub(super) fn restore_chat(&mut self, id: ChatId, chat: LiveChat) {
        count(self.queues.entry(chat.department).or_default(), chat.state, |counted| *counted += 1);
        self.chats.insert(id, chat);
    }

    /// Takes an entry in; one that was taken in before changes nothing.
    pub(super) fn fold(&mut self, recorded: &Recorded, told: &mut Told) {
        if recorded.number <= self.number {
            return;
        }
        self.number = recorded.number;
        self.latest = self.latest.max(recorded.at);
        match &recorded.event {
            Event::AgentChanged { agent, enabled, .. } => self.change_agent(*agent, told, |state| state.enabled = *enabled),
            Event::AgentStatusChanged { agent, online, .. } => self.change_agent(*agent, told, |state| state.online = *online),
            Event::ChatRequested { chat, department, .. } => {
                let fresh = LiveChat { department: *department, state: ChatState::Queued, agents: Vec::new() };
                self.put_chat(*chat, Some(fresh), told);
            }
            Event::ChatOffered { chat, state, .. } | Event::OfferClosed { chat, state, .. } => {
                self.change_chat(*chat, told, |chat| chat.state = *state);
            }
            Event::ChatJoined { chat, agent, .. } => self.change_chat(*chat, told, |chat| {
                chat.state = ChatState::Served;
                if !chat.agents.contains(agent) {
                    chat.agents.push(*agent);
                }
            }),
            Event::ChatLeft { chat, agent, state, .. } => self.change_chat(*chat, told, |chat| {
                chat.state = *state;
                chat.agents.retain(|engaged| engaged != agent);
            }),
            Event::ChatTransferred { chat, department, state, .. } => self.change_chat(*chat, told, |chat| {
                chat.department = *department;
                chat.state = *state;
            }),
            Event::ChatEnded { chat, .. } => self.put_chat(*chat, None, told),
            Event::DepartmentChanged { .. }
            | Event::MembershipChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::ConversationStarted { .. }
            | Event::StatusChanged { .. }
            | Event::Assigned { .. }
            | Event::MessageAdded { .. }
            | Event::TagsChanged { .. }
            | Event::ReadMarked { .. }
            | Event::ChatRated { .. }
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
            | Event::Call(_)
            | Event::Sla(_)
            | Event::Automation(_) => {}
        }
    }

    /// Changes a chat that goes on. The journal may begin in the midst of one; that one counts for nothing.
    fn change_chat(&mut self, id: ChatId, told: &mut Told, change: impl FnOnce(&mut LiveChat)) {
        if let Some(mut chat) = self.chats.get(&id).cloned() {
            change(&mut chat);
            self.put_chat(id, Some(chat), told);
        }
    }

    fn put_chat(&mut self, id: ChatId, after: Option<LiveChat>, told: &mut Told) {
        let before = match &after {
            Some(chat) => self.chats.insert(id, chat.clone()),
            None => self.chats.remove(&id),
        };
        if before == after {
            return;
        }
        told.chats.insert(id);
        let mut queues: BTreeMap<DepartmentId, Queue> = BTreeMap::new();
        for chat in before.iter().chain(&after) {
            queues.insert(chat.department, self.queues.get(&chat.department).copied().unwrap_or_default());
        }
        let mut change = |chat: &LiveChat, by: fn(&mut u32)| {
            count(queues.entry(chat.department).or_default(), chat.state, by);
        };
        if let Some(chat) = &before {
            change(chat, |counted| *counted -= 1);
        }
        if let Some(chat) = &after {
            change(chat, |counted| *counted += 1);
        }
        for (department, queue) in queues {
            self.put_queue(department, queue, told);
        }
        let engaged = |chat: &Option<LiveChat>| -> BTreeSet<AgentId> { chat.iter().flat_map(|chat| chat.agents.iter().copied()).collect() };
        let (before, after) = (engaged(&before), engaged(&after));
        for agent in &before - &after {
            self.change_agent(agent, told, |state| state.engagements -= 1);
        }
        for agent in &after - &before {
            self.change_agent(agent, told, |state| state.engagements += 1);
        }
    }

    fn put_queue(&mut self, department: DepartmentId, value: Queue, told: &mut Told) {
        let previous = self.queues.insert(department, value).unwrap_or_default();
        if previous == value {
            return;
        }
        let id = department_event_id(self.account_key, self.number, department);
        let at = self.places.department_event.place(self.latest);
        told.department_events.push(DepartmentEvent { id, department, at, previous, value });
    }

    fn change_agent(&mut self, agent: AgentId, told: &mut Told, change: impl FnOnce(&mut AgentState)) {
        let state = self.agents.entry(agent).or_default();
        let before = *state;
        change(state);
        if *state == before {
            return;
        }
        told.agents.insert(agent);
        // An entry changes one of the two, never both.
        let change = if state.status() != before.status() {
            AgentChange::Status { previous: before.status(), value: state.status() }
        } else if state.engagements != before.engagements {
            AgentChange::Engagements { previous: before.engagements, value: state.engagements }
        } else {
            return;
        };
        let mut end = self.latest;
        if before.status() != StatusWord::Offline && end > before.since {
            end = end.max(self.places.span_end.plus_micros(1));
            self.places.span_end = end;
            told.spans.push(Span { agent, status: before.status(), engagements: before.engagements, start: before.since, end });
        }
        // Spans of one agent follow each other without a gap, also when their ends were moved apart.
        state.since = end.max(before.since);
        let id = agent_event_id(self.account_key, self.number, agent);
        let at = self.places.agent_event.place(self.latest);
        told.agent_events.push(AgentEvent { id, agent, at, change });
    }
}

/// The part of a queue that a chat in this state belongs to.
fn count(queue: &mut Queue, state: ChatState, by: impl FnOnce(&mut u32)) {
    match state {
        ChatState::Queued => by(&mut queue.incoming),
        ChatState::Offered => by(&mut queue.assigned),
        ChatState::Served | ChatState::Ended => {}
    }
}

#[cfg(test)]
mod tests;
