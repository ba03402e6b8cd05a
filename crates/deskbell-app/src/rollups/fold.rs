//! What the journal says happened, folded into sums of measures. Nothing is read or written here: what is needed of conversations, chats and
//! calls is on the shelves before an entry comes.
//!
//! Whom and what each measure counts for is written in docs/semantics.md.

mod calls;
mod chats;
mod conversations;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use deskbell_domain::calendar::Calendar;
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::conversation::Channel;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{AgentId, DepartmentId, SlaLevelId, TagId};
use deskbell_domain::measure::{Cell, Dimension, Measure, Span};
use deskbell_domain::sla::SlaEvent;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::rollups::Key;

use super::shelf::Shelf;
use super::state::{CalendarText, Call, Chat, Conversation, Counted, SignedIn, TagName};

/// Kinds of entries that are folded; all others are passed over unread.
pub(super) const KINDS: &[&str] = &[
    "AgentStatusChanged",
    "ConversationStarted",
    "StatusChanged",
    "Assigned",
    "MessageAdded",
    "TagsChanged",
    "TagChanged",
    "ChatRequested",
    "ChatOffered",
    "OfferClosed",
    "ChatJoined",
    "ChatLeft",
    "ChatTransferred",
    "ChatEnded",
    "ChatRated",
    "CallStarted",
    "CallRang",
    "CallRingClosed",
    "CallAnswered",
    "CallLeft",
    "CallTransferred",
    "CallEnded",
    "SlaLevelChanged",
    "SlaLevelSet",
];

/// What figures depend on, up to an entry of the journal, and what came out since they were last written.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// The last entry that is in it.
    pub(super) number: i64,
    pub(super) agents: Shelf<SignedIn>,
    pub(super) calendars: Shelf<CalendarText>,
    pub(super) tag_names: Shelf<TagName>,
    pub(super) conversations: Shelf<Conversation>,
    pub(super) chats: Shelf<Chat>,
    pub(super) calls: Shelf<Call>,
    /// The tags there are, by their names of now.
    tags: HashMap<String, TagId>,
    /// The calendars of levels, read.
    levels: HashMap<SlaLevelId, Calendar>,
    cells: Cells,
}

/// Cells of quarters, and what is added to them. Nothing is counted before `from`.
#[derive(Debug, Default)]
struct Cells {
    from: Timestamp,
    quarters: HashMap<(Dimension, i64, i64), Cell>,
}

/// Whom and what something counts for, beside the account.
#[derive(Debug, Clone, Copy, Default)]
struct Who<'a> {
    agent: Option<AgentId>,
    department: Option<DepartmentId>,
    channel: Option<Channel>,
    tags: &'a [TagId],
}

impl<'a> Who<'a> {
    fn of(conversation: Option<&'a Conversation>, agent: Option<AgentId>) -> Who<'a> {
        Who {
            agent,
            department: conversation.and_then(|conversation| conversation.department),
            channel: conversation.and_then(|conversation| conversation.channel),
            tags: conversation.map_or(&[], |conversation| &conversation.tags),
        }
    }

    /// The same, of a chat or a call that is in a department of its own.
    fn in_department(self, department: DepartmentId) -> Who<'a> {
        Who { department: Some(department), ..self }
    }

    fn again(counted: &'a Counted) -> Who<'a> {
        Who { agent: counted.agent, department: counted.department, channel: counted.channel, tags: &counted.tags }
    }

    fn note(self, at: Timestamp) -> Counted {
        Counted { at, agent: self.agent, department: self.department, channel: self.channel, tags: self.tags.to_vec() }
    }
}

impl Cells {
    fn add(&mut self, dimension: Dimension, member: i64, at: Timestamp, measure: Measure, by: i64) {
        if at >= self.from {
            self.quarters.entry((dimension, Span::Quarter.slot(at), member)).or_default().add(measure, by);
        }
    }

    /// Counts for the account and for all that it is about.
    fn count(&mut self, at: Timestamp, who: Who<'_>, measure: Measure, by: i64) {
        self.add(Dimension::Account, 0, at, measure, by);
        if let Some(agent) = who.agent {
            self.add(Dimension::Agent, agent.get(), at, measure, by);
        }
        if let Some(department) = who.department {
            self.add(Dimension::Department, department.get(), at, measure, by);
        }
        if let Some(channel) = who.channel {
            self.add(Dimension::Channel, super::channel_member(channel), at, measure, by);
        }
        for tag in who.tags {
            self.add(Dimension::Tag, tag.get(), at, measure, by);
        }
    }

    /// Counts for an agent alone.
    fn count_for_agent(&mut self, at: Timestamp, agent: AgentId, measure: Measure, by: i64) {
        self.add(Dimension::Agent, agent.get(), at, measure, by);
    }

    /// Counts for tags alone.
    fn count_for_tags(&mut self, at: Timestamp, tags: &[TagId], measure: Measure, by: i64) {
        for tag in tags {
            self.add(Dimension::Tag, tag.get(), at, measure, by);
        }
    }
}

/// What came out: to be added to stored cells, and rows of states to be written.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) cells: BTreeMap<Key, Cell>,
    pub(super) states: Vec<(i64, i64, Option<Vec<u8>>)>,
}

impl Told {
    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.states.is_empty()
    }
}

impl Fold {
    /// Begins behind an entry with what is known of agents, levels and tags, to be kept in rows of its own.
    pub(super) fn begin(number: i64, agents: Vec<(i64, SignedIn)>, levels: Vec<(i64, CalendarText)>, tags: Vec<(i64, TagName)>) -> Fold {
        let mut fold = Fold::resume(number, agents.clone(), levels.clone(), tags.clone());
        agents.into_iter().for_each(|(id, since)| fold.agents.put(id, Some(since)));
        levels.into_iter().for_each(|(id, text)| fold.calendars.put(id, Some(text)));
        tags.into_iter().for_each(|(id, name)| fold.tag_names.put(id, Some(name)));
        fold
    }

    /// Counts nothing that lies before a moment.
    #[must_use]
    pub(super) fn counting_from(self, from: Timestamp) -> Fold {
        Fold { cells: Cells { from, ..self.cells }, ..self }
    }

    /// Goes on after an entry with what its rows hold of agents, levels and tags.
    pub(super) fn resume(number: i64, agents: Vec<(i64, SignedIn)>, levels: Vec<(i64, CalendarText)>, tags: Vec<(i64, TagName)>) -> Fold {
        let mut fold = Fold { number, ..Fold::default() };
        for (id, text) in &levels {
            fold.take_calendar(SlaLevelId::from_i64(*id), &text.0);
        }
        fold.tags = tags.iter().map(|(id, name)| (name.0.clone(), TagId::from_i64(*id))).collect();
        fold.agents.fill(&[], agents);
        fold.calendars.fill(&[], levels);
        fold.tag_names.fill(&[], tags);
        fold
    }

    /// Takes out what came out so far, with its sums over days and blocks of days.
    pub(super) fn take(&mut self) -> Told {
        let mut told = Told::default();
        for ((dimension, quarter, member), cell) in self.cells.quarters.drain() {
            if cell.is_zero() {
                continue;
            }
            for span in Span::ALL {
                let slot = span.slot(Span::Quarter.start(quarter));
                told.cells.entry(Key { dimension, span, slot, member }).or_default().merge(&cell);
            }
        }
        self.agents.take_changes(&mut told.states);
        self.calendars.take_changes(&mut told.states);
        self.tag_names.take_changes(&mut told.states);
        self.conversations.take_changes(&mut told.states);
        self.chats.take_changes(&mut told.states);
        self.calls.take_changes(&mut told.states);
        told
    }

    /// Takes an entry in; one that was taken in before changes nothing.
    pub(super) fn fold(&mut self, recorded: &Recorded) {
        if recorded.number <= self.number {
            return;
        }
        self.number = recorded.number;
        let at = recorded.at;
        match &recorded.event {
            Event::AgentStatusChanged { agent, online, .. } => self.agent(at, *agent, !online.is_offline()),
            Event::TagChanged { tag, name, removed } => self.tag(*tag, name, *removed),
            Event::Sla(event) => self.sla(event),
            Event::Call(event) => self.call(at, event),
            Event::ConversationStarted { conversation, department, channel, status, .. } => {
                self.started(at, *conversation, *department, *channel, *status);
            }
            Event::StatusChanged { conversation, from, to, by } => self.status(at, *conversation, (*from, *to), *by),
            Event::Assigned { conversation, department, agent, .. } => self.assigned(at, *conversation, *department, *agent),
            Event::MessageAdded { conversation, chat, group_kind, kind, author, .. } => {
                self.said(at, (*conversation, *chat), *author, (*group_kind, *kind));
            }
            Event::TagsChanged { conversation, tags: Some(tags), .. } => {
                if let Some(known) = self.conversations.get_mut(conversation.get()) {
                    known.tags.clone_from(tags);
                }
            }
            Event::TagsChanged { conversation, before, after, by, tags: None, .. } => self.tagged(*conversation, before, after, *by),
            Event::ChatRequested { chat, conversation, customer, department, started_by, .. } => {
                self.requested(at, (*chat, *conversation), *customer, *department, *started_by);
            }
            Event::ChatOffered { chat, agent, .. } => self.offered(at, *chat, *agent),
            Event::OfferClosed { chat, conversation, agent, outcome, .. } => {
                if *outcome == OfferOutcome::Expired {
                    self.count_chat(at, (*chat, *conversation), Some(*agent), Measure::MissedChats, 1);
                }
            }
            Event::ChatJoined { chat, conversation, agent, .. } => self.joined(at, (*chat, *conversation), *agent),
            Event::ChatLeft { chat, conversation, agent, .. } => self.left(at, (*chat, *conversation), *agent),
            Event::ChatTransferred { chat, department, .. } => self.transferred(*chat, *department),
            Event::ChatEnded { chat, conversation, missed, .. } => self.ended(at, (*chat, *conversation), *missed),
            Event::ChatRated { chat, conversation, department, rating, .. } => {
                self.rated(at, (*chat, *conversation), *department, *rating);
            }
            Event::AgentChanged { .. }
            | Event::DepartmentChanged { .. }
            | Event::MembershipChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::ReadMarked { .. }
            | Event::SettingsChanged { .. }
            | Event::CustomerRemoved { .. }
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
            | Event::Automation(_) => {}
        }
    }

    fn agent(&mut self, at: Timestamp, agent: AgentId, is_signed_in: bool) {
        let since = self.agents.get(agent.get()).map(|since| since.0);
        match (since, is_signed_in) {
            (None, true) => self.agents.put(agent.get(), Some(SignedIn(at))),
            (Some(since), false) => {
                self.agents.put(agent.get(), None);
                for (quarter, micros) in quarters(since, at) {
                    let who = Who { agent: Some(agent), ..Who::default() };
                    self.cells.count(quarter, who, Measure::WorkTime, micros);
                }
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    fn tag(&mut self, tag: TagId, name: &str, removed: bool) {
        if let Some(old) = self.tag_names.get(tag.get()).map(|name| name.0.clone())
            && self.tags.get(&old) == Some(&tag)
        {
            self.tags.remove(&old);
        }
        if !removed {
            self.tags.insert(name.to_owned(), tag);
        }
        self.tag_names.put(tag.get(), (!removed).then(|| TagName::from(name)));
    }

    fn sla(&mut self, event: &SlaEvent) {
        match event {
            SlaEvent::LevelChanged { level, calendar, removed, .. } => {
                // Conversations keep the level that was taken away, and it its hours.
                if !removed {
                    self.take_calendar(*level, calendar);
                    self.calendars.put(level.get(), Some(CalendarText::from(calendar.as_str())));
                }
            }
            SlaEvent::LevelSet { conversation, level, .. } => {
                if let Some(conversation) = self.conversations.get_mut(conversation.get()) {
                    conversation.level = *level;
                }
            }
            SlaEvent::Started { .. }
            | SlaEvent::DueMoved { .. }
            | SlaEvent::Breached { .. }
            | SlaEvent::Closed { .. }
            | SlaEvent::Dropped { .. } => {}
        }
    }

    /// A text that no calendar writes counts as open day and night.
    fn take_calendar(&mut self, level: SlaLevelId, text: &str) {
        self.levels.insert(level, Calendar::parse(text).unwrap_or_else(|_| Calendar::always()));
    }
}

/// Time between two moments in the business hours of a level; all of it without one.
fn business_micros(levels: &HashMap<SlaLevelId, Calendar>, level: Option<SlaLevelId>, from: Timestamp, until: Timestamp) -> i64 {
    match level.and_then(|level| levels.get(&level)) {
        Some(calendar) => calendar.business_micros(from, until),
        None => until.micros_since(from).max(0),
    }
}

/// A time cut at the bounds of quarters: a moment of each part, and its microseconds.
pub(super) fn quarters(from: Timestamp, until: Timestamp) -> impl Iterator<Item = (Timestamp, i64)> {
    let mut next = from;
    std::iter::from_fn(move || {
        if next >= until {
            return None;
        }
        let start = next;
        next = Span::Quarter.start(Span::Quarter.slot(start) + 1).min(until);
        Some((start, next.micros_since(start)))
    })
}
