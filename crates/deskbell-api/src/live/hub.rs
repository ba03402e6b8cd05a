//! Who is connected and what each is told. The journal's thread hands events in; connections are handed frames that were written once.
//!
//! A connection that catches up holds back what comes live until it has been told what it missed: see [`Gate`].

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deskbell_app::Desk;
use deskbell_domain::chat::ChatState;
use deskbell_domain::customer::BanTarget;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, VisitorId};
use deskbell_http::socket::{Close, Frame, OUTBOX_FRAMES_MAX, Outbox};

use super::WATCHES_MAX;
use super::events::{Audience, frame, reach};
use super::poll::Basket;

/// Where frames for one connection go.
pub(crate) enum Sink {
    Socket(Arc<Outbox>),
    Poll(Arc<Basket>),
}

impl Sink {
    pub(crate) fn push(&self, frame: Frame) {
        match self {
            // Past its bounds the outbox closes itself as too slow.
            Sink::Socket(outbox) => {
                let _ = outbox.push(frame);
            }
            Sink::Poll(basket) => basket.push(frame),
        }
    }

    /// Sends what the client asked for: a state, a history.
    pub(crate) fn push_asked(&self, frame: Frame) {
        match self {
            Sink::Socket(outbox) => {
                let _ = outbox.push_asked(frame);
            }
            Sink::Poll(basket) => basket.push(frame),
        }
    }

    pub(crate) fn close(&self, reason: Close) {
        match self {
            Sink::Socket(outbox) => outbox.close(reason),
            Sink::Poll(basket) => basket.close(reason),
        }
    }
}

/// Lets live frames through, or holds them back while the connection is told what it missed.
enum Gate {
    Holding(Vec<(i64, Frame)>),
    /// Numbers up to this one were told already.
    Open(i64),
}

impl Gate {
    fn deliver(&mut self, sink: &Sink, number: i64, frame: &Frame) {
        match self {
            Gate::Holding(held) if held.len() < OUTBOX_FRAMES_MAX => held.push((number, frame.clone())),
            Gate::Holding(_) => sink.close(Close::Slow),
            Gate::Open(told) if number > *told => sink.push(frame.clone()),
            Gate::Open(_) => {}
        }
    }

    fn open(&mut self, sink: &Sink, told: i64) {
        if let Gate::Holding(held) = std::mem::replace(self, Gate::Open(told)) {
            for (_, frame) in held.into_iter().filter(|(number, _)| *number > told) {
                sink.push(frame);
            }
        }
    }
}

/// A console's connection.
pub(crate) struct AgentConnection {
    pub(crate) agent: AgentId,
    pub(crate) sink: Sink,
    /// Of its session; polls are over before it could end.
    pub(crate) secret: Option<Box<str>>,
    gates: Mutex<AgentGates>,
}

/// What of the live events a console was told already. While it is told something by reading, all that comes live is held, so that numbers
/// reach it in order whatever they belong to.
struct AgentGates {
    held: Option<Vec<ForAgents>>,
    /// The desk's events up to this number were told.
    desk: i64,
    /// The same for each watched conversation.
    watches: HashMap<ConversationId, i64>,
}

impl AgentGates {
    fn deliver(&mut self, sink: &Sink, event: &ForAgents) {
        match &mut self.held {
            Some(held) if held.len() < OUTBOX_FRAMES_MAX => held.push(event.clone()),
            Some(_) => sink.close(Close::Slow),
            None => self.pass(sink, event),
        }
    }

    fn pass(&self, sink: &Sink, event: &ForAgents) {
        let told = match event.conversation {
            None => Some(self.desk),
            Some(conversation) => self.watches.get(&conversation).copied(),
        };
        if told.is_some_and(|told| event.number > told) {
            sink.push(event.text.clone());
        }
    }

    fn release(&mut self, sink: &Sink) {
        for event in self.held.take().into_iter().flatten() {
            self.pass(sink, &event);
        }
    }
}

impl AgentConnection {
    fn gates(&self) -> MutexGuard<'_, AgentGates> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the desk's events with a number above `told` go through.
    pub(crate) fn open(&self, told: i64) {
        let mut gates = self.gates();
        gates.desk = told;
        gates.release(&self.sink);
    }

    fn deliver(&self, events: &[ForAgents]) {
        let mut gates = self.gates();
        for event in events {
            gates.deliver(&self.sink, event);
        }
    }

    /// The same for a watched conversation.
    pub(crate) fn open_watch(&self, conversation: ConversationId, told: i64) {
        let mut gates = self.gates();
        if let Some(watch) = gates.watches.get_mut(&conversation) {
            *watch = told;
        }
        gates.release(&self.sink);
    }
}

/// An event written for agents: for all, or for those that watch a conversation.
#[derive(Clone)]
struct ForAgents {
    number: i64,
    conversation: Option<ConversationId>,
    text: Frame,
}

/// A visitor's connection.
pub(crate) struct VisitorConnection {
    pub(crate) visitor: VisitorId,
    pub(crate) sink: Sink,
    gate: Mutex<Gate>,
}

impl VisitorConnection {
    pub(crate) fn open(&self, told: i64) {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner).open(&self.sink, told);
    }
}

#[derive(Default)]
struct Visitor {
    connections: Vec<Arc<VisitorConnection>>,
    /// Oldest first.
    conversations: Vec<ConversationId>,
    /// How many of them were read from the store; the others came live.
    read: usize,
    /// His chat while it waits, and the place he was told last.
    waiting: Option<(ChatId, Option<(usize, usize)>)>,
}

#[derive(Default)]
struct State {
    agents: Vec<Arc<AgentConnection>>,
    watchers: HashMap<ConversationId, Vec<Arc<AgentConnection>>>,
    visitors: HashMap<VisitorId, Visitor>,
    owners: HashMap<ConversationId, VisitorId>,
    /// Agents who were changed lately.
    doubtful: HashSet<AgentId>,
    /// Who was banned lately.
    banned: Vec<BanTarget>,
    /// Something about waiting chats changed since positions were told.
    queue_changed: bool,
}

/// The connections of one desk on this node.
#[derive(Default)]
pub(crate) struct Hub(Mutex<State>);

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connections(&self) -> (usize, usize) {
        let state = self.state();
        (state.visitors.values().map(|visitor| visitor.connections.len()).sum(), state.agents.len())
    }

    /// Adds a console's connection, its gate holding.
    pub(crate) fn add_agent(&self, agent: AgentId, sink: Sink, secret: Option<&str>) -> Arc<AgentConnection> {
        let gates = AgentGates { held: Some(Vec::new()), desk: 0, watches: HashMap::new() };
        let connection = Arc::new(AgentConnection { agent, sink, secret: secret.map(Box::from), gates: Mutex::new(gates) });
        self.state().agents.push(Arc::clone(&connection));
        connection
    }

    pub(crate) fn remove_agent(&self, connection: &Arc<AgentConnection>) {
        let mut state = self.state();
        state.agents.retain(|other| !Arc::ptr_eq(other, connection));
        let watched: Vec<ConversationId> = connection.gates().watches.keys().copied().collect();
        for conversation in watched {
            unwatch(&mut state, connection, conversation);
        }
    }

    /// Begins to watch a conversation; the connection holds all that comes live until it was told what it missed. `false` when it watches
    /// too many.
    pub(crate) fn watch(&self, connection: &Arc<AgentConnection>, conversation: ConversationId) -> bool {
        let mut state = self.state();
        let mut gates = connection.gates();
        if !gates.watches.contains_key(&conversation) && gates.watches.len() >= WATCHES_MAX {
            return false;
        }
        gates.held.get_or_insert_default();
        if gates.watches.insert(conversation, 0).is_none() {
            drop(gates);
            state.watchers.entry(conversation).or_default().push(Arc::clone(connection));
        }
        true
    }

    /// Watches no longer, and lets go what is held.
    pub(crate) fn unwatch(&self, connection: &Arc<AgentConnection>, conversation: ConversationId) {
        let mut state = self.state();
        unwatch(&mut state, connection, conversation);
        let mut gates = connection.gates();
        gates.watches.remove(&conversation);
        gates.release(&connection.sink);
    }

    /// Adds a visitor's connection, its gate holding.
    pub(crate) fn add_visitor(&self, visitor: VisitorId, sink: Sink) -> Arc<VisitorConnection> {
        let connection = Arc::new(VisitorConnection { visitor, sink, gate: Mutex::new(Gate::Holding(Vec::new())) });
        self.state().visitors.entry(visitor).or_default().connections.push(Arc::clone(&connection));
        connection
    }

    /// Notes that a conversation is this visitor's. Returns whether it was known.
    pub(crate) fn own(&self, visitor: VisitorId, conversation: ConversationId) -> bool {
        let mut state = self.state();
        let Some(entry) = state.visitors.get_mut(&visitor) else { return true };
        if entry.conversations.contains(&conversation) {
            return true;
        }
        // Older than those that live events brought meanwhile.
        let read = entry.read;
        entry.conversations.insert(read, conversation);
        entry.read += 1;
        state.owners.insert(conversation, visitor);
        false
    }

    /// Notes that a visitor's chat waits.
    pub(crate) fn waits(&self, visitor: VisitorId, chat: ChatId) {
        let mut state = self.state();
        state.queue_changed = true;
        if let Some(entry) = state.visitors.get_mut(&visitor) {
            entry.waiting = Some((chat, None));
        }
    }

    pub(crate) fn remove_visitor(&self, connection: &Arc<VisitorConnection>) {
        let mut state = self.state();
        let Some(entry) = state.visitors.get_mut(&connection.visitor) else { return };
        entry.connections.retain(|other| !Arc::ptr_eq(other, connection));
        if entry.connections.is_empty()
            && let Some(gone) = state.visitors.remove(&connection.visitor)
        {
            for conversation in gone.conversations {
                state.owners.remove(&conversation);
            }
        }
    }

    /// Whether an agent is told about a conversation: then he may tell its visitor that he types.
    pub(crate) fn watches(&self, connection: &AgentConnection, conversation: ConversationId) -> bool {
        connection.gates().watches.contains_key(&conversation)
    }

    /// Sends a frame without a number to the agents that watch a conversation.
    pub(crate) fn tell_watchers(&self, conversation: ConversationId, frame: &Frame) {
        for connection in self.state().watchers.get(&conversation).into_iter().flatten() {
            connection.sink.push(frame.clone());
        }
    }

    /// Sends a frame without a number to the visitor of a conversation.
    pub(crate) fn tell_visitor(&self, conversation: ConversationId, frame: &Frame) {
        let state = self.state();
        let Some(visitor) = state.owners.get(&conversation).and_then(|visitor| state.visitors.get(visitor)) else { return };
        for connection in &visitor.connections {
            connection.sink.push(frame.clone());
        }
    }

    /// The conversation a visitor writes in now, as far as this node knows.
    pub(crate) fn latest_of(&self, visitor: VisitorId) -> Option<ConversationId> {
        self.state().visitors.get(&visitor)?.conversations.last().copied()
    }

    /// Hands events that were committed together to everybody they concern. A connection gets all of its own in one go, in order, so that
    /// its task is woken and writes once for all of them.
    pub(crate) fn dispatch(&self, events: &[Arc<Recorded>]) {
        let mut state = self.state();
        let mut for_agents: Vec<ForAgents> = Vec::with_capacity(events.len());
        for recorded in events {
            state.note(&recorded.event);
            let reach = reach(&recorded.event);
            let conversation = recorded.event.conversation();
            let watched = conversation.is_some_and(|conversation| state.watchers.contains_key(&conversation));
            if (reach.desk && !state.agents.is_empty()) || watched {
                let text = Frame::from(frame(recorded, Audience::Agent));
                for_agents.push(ForAgents { number: recorded.number, conversation: conversation.filter(|_| !reach.desk), text });
            }
            if let Event::ConversationMerged { conversation, .. } = &recorded.event {
                state.start_over(*conversation);
            }
            if reach.visitor {
                state.tell_visitor(recorded);
            }
        }
        if for_agents.iter().any(|event| event.conversation.is_none()) {
            for connection in &state.agents {
                connection.deliver(&for_agents);
            }
        } else {
            let conversations: HashSet<ConversationId> = for_agents.iter().filter_map(|event| event.conversation).collect();
            let mut told: Vec<&Arc<AgentConnection>> = Vec::new();
            for connection in conversations.iter().filter_map(|conversation| state.watchers.get(conversation)).flatten() {
                if !told.iter().any(|other| Arc::ptr_eq(other, connection)) {
                    connection.deliver(&for_agents);
                    told.push(connection);
                }
            }
        }
        let mut changed = Vec::new();
        for recorded in events {
            // He may not work here any more, or have a new password, which ends his sessions.
            if let Event::AgentChanged { agent, enabled, .. } = &recorded.event {
                for connection in state.agents.iter().filter(|connection| connection.agent == *agent) {
                    if !enabled {
                        connection.sink.close(Close::BadCredential);
                    }
                }
                changed.push(*agent);
            }
            if let Event::BanChanged { customer, address, banned: true } = &recorded.event {
                state.banned.extend(customer.map(BanTarget::Customer));
                state.banned.extend(address.clone().map(BanTarget::Address));
            }
        }
        state.doubtful.extend(changed);
    }

    /// Who was banned since it was last asked: whose browsers that concerns must be looked up.
    pub(crate) fn take_banned(&self) -> Vec<BanTarget> {
        std::mem::take(&mut self.state().banned)
    }

    /// Cuts the connections of a visitor.
    pub(crate) fn cut_visitor(&self, visitor: VisitorId) {
        for connection in self.state().visitors.get(&visitor).into_iter().flat_map(|visitor| &visitor.connections) {
            connection.sink.close(Close::BadCredential);
        }
    }

    /// Consoles of agents who were changed since it was last asked: whether their sessions are still good must be looked up.
    pub(crate) fn take_doubtful(&self) -> Vec<Arc<AgentConnection>> {
        let mut state = self.state();
        let doubtful = std::mem::take(&mut state.doubtful);
        state.agents.iter().filter(|connection| doubtful.contains(&connection.agent)).cloned().collect()
    }

    /// Tells waiting visitors their place, where it changed.
    pub(crate) fn tell_queue_positions(&self, desk: &Desk) {
        let mut state = self.state();
        if !std::mem::take(&mut state.queue_changed) {
            return;
        }
        desk.figures(|figures| {
            for visitor in state.visitors.values_mut() {
                let Some((chat, told)) = &mut visitor.waiting else { continue };
                let place = figures.queue_position(*chat);
                if place == *told {
                    continue;
                }
                *told = place;
                match place {
                    Some((position, waiting)) => {
                        let text = Frame::from(format!("{{\"t\":\"queue\",\"position\":{position},\"waiting\":{waiting}}}"));
                        for connection in &visitor.connections {
                            connection.sink.push(text.clone());
                        }
                    }
                    None => visitor.waiting = None,
                }
            }
        });
    }
}

impl State {
    fn tell_visitor(&self, recorded: &Recorded) {
        let owner = match &recorded.event {
            // Whoever is greeted may have no conversation yet.
            Event::TriggerFired { visitor, .. } => Some(visitor),
            other => other.conversation().and_then(|conversation| self.owners.get(&conversation)),
        };
        let Some(visitor) = owner.and_then(|visitor| self.visitors.get(visitor)) else { return };
        let text = Frame::from(frame(recorded, Audience::Visitor));
        for connection in &visitor.connections {
            connection.gate.lock().unwrap_or_else(PoisonError::into_inner).deliver(&connection.sink, recorded.number, &text);
        }
    }

    /// What the browser of a merged conversation knows is not continued by events: it connects again and is told afresh.
    fn start_over(&self, conversation: ConversationId) {
        let visitor = self.owners.get(&conversation).and_then(|visitor| self.visitors.get(visitor));
        for connection in visitor.into_iter().flat_map(|visitor| &visitor.connections) {
            connection.sink.close(Close::StartOver);
        }
    }

    /// What the hub itself must know: whose a new conversation is, and whether the queue moved.
    fn note(&mut self, event: &Event) {
        match event {
            Event::ConversationStarted { conversation, visitor: Some(visitor), .. } => {
                if let Some(entry) = self.visitors.get_mut(visitor)
                    && !entry.conversations.contains(conversation)
                {
                    entry.conversations.push(*conversation);
                    self.owners.insert(*conversation, *visitor);
                }
            }
            Event::ChatRequested { conversation, chat, .. }
            | Event::ChatTransferred { conversation, chat, .. }
            | Event::ChatLeft { conversation, chat, state: ChatState::Queued | ChatState::Offered, .. } => {
                self.queue_changed = true;
                if let Some(entry) = self.owners.get(conversation).and_then(|visitor| self.visitors.get_mut(visitor)) {
                    entry.waiting = Some((*chat, None));
                }
            }
            Event::ChatOffered { .. }
            | Event::OfferClosed { .. }
            | Event::ChatJoined { .. }
            | Event::ChatLeft { .. }
            | Event::ChatEnded { .. } => self.queue_changed = true,
            Event::ConversationStarted { visitor: None, .. }
            | Event::AgentChanged { .. }
            | Event::AgentStatusChanged { .. }
            | Event::DepartmentChanged { .. }
            | Event::MembershipChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
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
}

fn unwatch(state: &mut State, connection: &Arc<AgentConnection>, conversation: ConversationId) {
    if let Some(watchers) = state.watchers.get_mut(&conversation) {
        watchers.retain(|other| !Arc::ptr_eq(other, connection));
        if watchers.is_empty() {
            state.watchers.remove(&conversation);
        }
    }
}

#[cfg(test)]
mod tests;
