//! What the journal says of tickets, chats, calls and agents, folded into changes of levels and presences. Nothing is read or written here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use deskbell_domain::call::{CallEvent, CallState, Direction};
use deskbell_domain::chat::{ChatState, OfferOutcome};
use deskbell_domain::conversation::Status;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::level::{Attendance, Item, Key, Stage, Standing};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;

/// A ticket (by its conversation), a chat or a call.
pub(super) type ItemKey = (Medium, i64);

/// How things stand, up to an entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fold {
    /// The last entry that is in it.
    pub(super) number: i64,
    /// The latest moment so far. A clock of another node may be behind ours; what is told never goes back.
    pub(super) latest: Timestamp,
    pub(super) agents: HashMap<AgentId, Attendance>,
    pub(super) members: HashMap<AgentId, BTreeSet<DepartmentId>>,
    /// Departments that are switched off: nobody is there in them.
    pub(super) closed: HashSet<DepartmentId>,
    /// How many chats at once every agent may have; `None`: each his own number.
    pub(super) slots_for_all: Option<u16>,
    /// Those that entries speak of which are folded next, at least: see [`concerned`].
    pub(super) items: HashMap<ItemKey, Item>,
}

impl Default for Fold {
    /// Nothing is known yet: everybody is offline, nothing waits.
    fn default() -> Fold {
        Fold {
            number: 0,
            latest: Timestamp::EPOCH,
            agents: HashMap::new(),
            members: HashMap::new(),
            closed: HashSet::new(),
            slots_for_all: None,
            items: HashMap::new(),
        }
    }
}

/// A level changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: Timestamp,
    pub(super) key: Key,
    pub(super) by: Standing,
}

/// An agent comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) at: Timestamp,
    pub(super) medium: Medium,
    pub(super) agent: AgentId,
    pub(super) department: DepartmentId,
    pub(super) comes: bool,
}

/// What came out of some entries, in order, and which of the things that stand changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Told {
    pub(super) changes: Vec<Change>,
    pub(super) moves: Vec<Move>,
    pub(super) agents: BTreeSet<AgentId>,
    pub(super) members: BTreeSet<(DepartmentId, AgentId)>,
    pub(super) departments: BTreeSet<DepartmentId>,
    pub(super) items: BTreeSet<ItemKey>,
    /// What counts as everybody's slots.
    pub(super) slots_for_all: bool,
}

impl Told {
    pub(super) fn is_empty(&self) -> bool {
        *self == Told::default()
    }
}

/// The item that an entry changes, if there is one already.
pub(super) fn concerned(event: &Event) -> Option<ItemKey> {
    match event {
        Event::ConversationStarted { conversation, .. }
        | Event::StatusChanged { conversation, .. }
        | Event::Assigned { conversation, .. }
        | Event::ConversationMerged { conversation, .. } => Some((Medium::Tickets, conversation.get())),
        Event::ChatRequested { chat, .. }
        | Event::ChatOffered { chat, .. }
        | Event::OfferClosed { chat, .. }
        | Event::ChatJoined { chat, .. }
        | Event::ChatLeft { chat, .. }
        | Event::ChatTransferred { chat, .. }
        | Event::ChatEnded { chat, .. } => Some((Medium::Chats, chat.get())),
        Event::Call(event) => Some((Medium::Calls, event.call().get())),
        Event::AgentChanged { .. }
        | Event::AgentStatusChanged { .. }
        | Event::DepartmentChanged { .. }
        | Event::MembershipChanged { .. }
        | Event::CustomerChanged { .. }
        | Event::BanChanged { .. }
        | Event::VisitStarted { .. }
        | Event::PageViewed { .. }
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
        | Event::SkillChanged { .. }
        | Event::SkillsRequested { .. }
        | Event::ChatMarked { .. }
        | Event::GoalChanged { .. }
        | Event::ConversionRecorded { .. }
        | Event::TriggerChanged { .. }
        | Event::TriggerFired { .. }
        | Event::ShortcutChanged { .. }
        | Event::OauthClientChanged { .. }
        | Event::Sla(_)
        | Event::Automation(_) => None,
    }
}

/// Tickets wait while they are New or Open.
fn ticket_stage(status: Status) -> Stage {
    match status {
        Status::New | Status::Open => Stage::Waiting,
        Status::Init
        | Status::Answered
        | Status::Resolved
        | Status::Postponed
        | Status::Chatting
        | Status::Calling
        | Status::Deleted
        | Status::Spam => Stage::Aside,
    }
}

/// A chat that rings at somebody waits no longer in the queue, as the live figures have it.
fn chat_stage(state: ChatState) -> Stage {
    match state {
        ChatState::Queued => Stage::Waiting,
        ChatState::Offered | ChatState::Ended => Stage::Aside,
        ChatState::Served => Stage::Served,
    }
}

fn call_stage(state: CallState) -> Stage {
    match state {
        CallState::Queued => Stage::Waiting,
        CallState::Ringing | CallState::Ended => Stage::Aside,
        CallState::Talking => Stage::Served,
    }
}

/// An outgoing call rings outside first: nobody waits for the desk.
fn first_call_stage(direction: Direction) -> Stage {
    match direction {
        Direction::Incoming | Direction::Internal => Stage::Waiting,
        Direction::Outgoing => Stage::Aside,
    }
}

/// It was asked for from somebody who did not take it: it is his no longer.
fn refuse(item: &mut Item, agent: AgentId, outcome: OfferOutcome) {
    if outcome != OfferOutcome::Accepted && item.agent == Some(agent) {
        item.agent = None;
    }
}

fn join(item: &mut Item, agent: AgentId, stage: Stage) {
    item.stage = stage;
    item.agent = None;
    if !item.engaged.contains(&agent) {
        item.engaged.push(agent);
    }
}

fn leave(item: &mut Item, agent: AgentId, stage: Stage) {
    item.stage = stage;
    item.engaged.retain(|engaged| *engaged != agent);
}

fn hand_over(item: &mut Item, department: DepartmentId, agent: Option<AgentId>, stage: Stage) {
    item.department = department;
    item.stage = stage;
    item.agent = agent.filter(|_| stage != Stage::Served);
}

impl Fold {
    /// Takes an entry in; one that was taken in before changes nothing.
    pub(super) fn fold(&mut self, recorded: &Recorded, told: &mut Told) {
        if recorded.number <= self.number {
            return;
        }
        self.number = recorded.number;
        self.latest = self.latest.max(recorded.at);
        match &recorded.event {
            Event::AgentChanged { agent, slots, enabled, .. } => self.change_agent(*agent, told, |attendance| {
                attendance.slots = *slots;
                attendance.enabled = *enabled;
            }),
            Event::AgentStatusChanged { agent, online, .. } => self.change_agent(*agent, told, |attendance| attendance.online = *online),
            Event::MembershipChanged { department, agent, member } => self.change_member(*department, *agent, *member, told),
            Event::SettingsChanged { slots_for_all } => self.change_slots(*slots_for_all, told),
            Event::DepartmentChanged { department, enabled, .. } => self.change_department(*department, *enabled, told),
            Event::ConversationStarted { conversation, department, status, .. } => {
                let item = Item::new(*department, ticket_stage(*status));
                self.put((Medium::Tickets, conversation.get()), Some(item), told);
            }
            Event::StatusChanged { conversation, to, .. } => {
                self.change((Medium::Tickets, conversation.get()), told, |item| item.stage = ticket_stage(*to));
            }
            Event::Assigned { conversation, department, agent, .. } => {
                self.change((Medium::Tickets, conversation.get()), told, |item| {
                    item.department = *department;
                    item.agent = *agent;
                });
            }
            Event::ConversationMerged { conversation, .. } => self.put((Medium::Tickets, conversation.get()), None, told),
            Event::ChatRequested { chat, department, .. } => {
                self.put((Medium::Chats, chat.get()), Some(Item::new(*department, Stage::Waiting)), told);
            }
            Event::ChatOffered { chat, state, .. } => {
                self.change((Medium::Chats, chat.get()), told, |item| item.stage = chat_stage(*state));
            }
            Event::OfferClosed { chat, agent, outcome, state, .. } => self.change((Medium::Chats, chat.get()), told, |item| {
                item.stage = chat_stage(*state);
                refuse(item, *agent, *outcome);
            }),
            Event::ChatJoined { chat, agent, .. } => {
                self.change((Medium::Chats, chat.get()), told, |item| join(item, *agent, Stage::Served));
            }
            Event::ChatLeft { chat, agent, state, .. } => {
                self.change((Medium::Chats, chat.get()), told, |item| leave(item, *agent, chat_stage(*state)));
            }
            Event::ChatTransferred { chat, department, agent, state, .. } => {
                self.change((Medium::Chats, chat.get()), told, |item| hand_over(item, *department, *agent, chat_stage(*state)));
            }
            Event::ChatEnded { chat, .. } => self.put((Medium::Chats, chat.get()), None, told),
            Event::Call(event) => self.fold_call(event, told),
            Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::MessageAdded { .. }
            | Event::TagsChanged { .. }
            | Event::ReadMarked { .. }
            | Event::ChatRated { .. }
            | Event::CustomerRemoved { .. }
            | Event::TagChanged { .. }
            | Event::CustomerGroupChanged { .. }
            | Event::CompanyChanged { .. }
            | Event::KnowledgeBaseChanged { .. }
            | Event::KnowledgeEntryChanged { .. }
            | Event::WidgetChanged { .. }
            | Event::FieldsChanged { .. }
            | Event::SkillChanged { .. }
            | Event::SkillsRequested { .. }
            | Event::ChatMarked { .. }
            | Event::GoalChanged { .. }
            | Event::ConversionRecorded { .. }
            | Event::TriggerChanged { .. }
            | Event::TriggerFired { .. }
            | Event::ShortcutChanged { .. }
            | Event::OauthClientChanged { .. }
            | Event::Sla(_)
            | Event::Automation(_) => {}
        }
    }

    fn fold_call(&mut self, event: &CallEvent, told: &mut Told) {
        let key = (Medium::Calls, event.call().get());
        match event {
            CallEvent::Started { direction, department, .. } => {
                self.put(key, Some(Item::new(*department, first_call_stage(*direction))), told);
            }
            CallEvent::Rang { state, .. } => self.change(key, told, |item| item.stage = call_stage(*state)),
            CallEvent::RingClosed { agent, outcome, state, .. } => self.change(key, told, |item| {
                item.stage = call_stage(*state);
                refuse(item, *agent, *outcome);
            }),
            CallEvent::Answered { agent, state, .. } => self.change(key, told, |item| join(item, *agent, call_stage(*state))),
            CallEvent::Left { agent, state, .. } => self.change(key, told, |item| leave(item, *agent, call_stage(*state))),
            CallEvent::Transferred { department, agent, state, .. } => {
                self.change(key, told, |item| hand_over(item, *department, *agent, call_stage(*state)));
            }
            CallEvent::Ended { .. } => self.put(key, None, told),
            // One who is held is still served.
            CallEvent::Held { .. } => {}
        }
    }

    /// Changes an item that goes on. The journal may begin in the midst of one; that one counts for nothing.
    fn change(&mut self, key: ItemKey, told: &mut Told, change: impl FnOnce(&mut Item)) {
        if let Some(mut item) = self.items.get(&key).cloned() {
            change(&mut item);
            self.put(key, Some(item), told);
        }
    }

    fn put(&mut self, key: ItemKey, after: Option<Item>, told: &mut Told) {
        let before = match &after {
            Some(item) => self.items.insert(key, item.clone()),
            None => self.items.remove(&key),
        };
        if before == after {
            return;
        }
        told.items.insert(key);
        let counts = |item: &Option<Item>| item.as_ref().map(|item| item.counts(key.0)).unwrap_or_default();
        self.tell(&counts(&before), &counts(&after), told);
    }

    fn change_agent(&mut self, agent: AgentId, told: &mut Told, change: impl FnOnce(&mut Attendance)) {
        let before = self.counts_of(agent);
        change(self.agents.entry(agent).or_default());
        told.agents.insert(agent);
        self.tell(&before, &self.counts_of(agent), told);
    }

    fn change_member(&mut self, department: DepartmentId, agent: AgentId, member: bool, told: &mut Told) {
        let before = self.counts_of(agent);
        let departments = self.members.entry(agent).or_default();
        if member {
            departments.insert(department);
        } else {
            departments.remove(&department);
        }
        told.members.insert((department, agent));
        self.tell(&before, &self.counts_of(agent), told);
    }

    fn change_department(&mut self, department: DepartmentId, enabled: bool, told: &mut Told) {
        if enabled != self.closed.contains(&department) {
            return;
        }
        told.departments.insert(department);
        let members: BTreeSet<AgentId> =
            self.members.iter().filter(|(_, departments)| departments.contains(&department)).map(|(agent, _)| *agent).collect();
        let counts = |fold: &Fold| -> Vec<(Key, Standing)> { members.iter().flat_map(|agent| fold.counts_of(*agent)).collect() };
        let before = counts(self);
        if enabled {
            self.closed.remove(&department);
        } else {
            self.closed.insert(department);
        }
        self.tell(&before, &counts(self), told);
    }

    fn change_slots(&mut self, slots_for_all: Option<u16>, told: &mut Told) {
        if self.slots_for_all == slots_for_all {
            return;
        }
        told.slots_for_all = true;
        let counts = |fold: &Fold| -> Vec<(Key, Standing)> { fold.agents.keys().flat_map(|agent| fold.counts_of(*agent)).collect() };
        let before = counts(self);
        self.slots_for_all = slots_for_all;
        self.tell(&before, &counts(self), told);
    }

    /// What an agent counts for, in those of his departments that are open.
    fn counts_of(&self, agent: AgentId) -> Vec<(Key, Standing)> {
        let Some(own) = self.agents.get(&agent) else { return Vec::new() };
        let attendance = Attendance { slots: self.slots_for_all.unwrap_or(own.slots), ..*own };
        let departments = self.members.get(&agent).into_iter().flatten().copied();
        attendance.counts(agent, departments.filter(|department| !self.closed.contains(department)))
    }

    /// Tells the difference.
    fn tell(&self, before: &[(Key, Standing)], after: &[(Key, Standing)], told: &mut Told) {
        let mut changes: BTreeMap<Key, Standing> = BTreeMap::new();
        for (key, counted) in after {
            changes.entry(*key).or_default().add(counted);
        }
        for (key, counted) in before {
            let change = changes.entry(*key).or_default();
            *change = change.minus(counted);
        }
        for (key, by) in changes.into_iter().filter(|(_, by)| !by.is_zero()) {
            told.changes.push(Change { at: self.latest, key, by });
            if let (Some(department), Some(agent)) = (key.department, key.agent)
                && by.agents != 0
            {
                told.moves.push(Move { at: self.latest, medium: key.medium, agent, department, comes: by.agents > 0 });
            }
        }
    }
}

#[cfg(test)]
mod tests;
