//! Tickets: status, assignment, messages and tags of conversations.

use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, DepartmentId};
use deskbell_domain::measure::Measure;
use deskbell_domain::message::{Actor, Audience, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;

use super::{Fold, Who, business_micros};
use crate::rollups::state::{Conversation, Opener};

/// Count of changes, their time, and that time in business hours.
type Times = [Measure; 3];

const NEW_ANSWER: Times = [Measure::NewAnswers, Measure::NewAnswerTime, Measure::NewAnswerTimeSla];
const NEXT_ANSWER: Times = [Measure::NextAnswers, Measure::NextAnswerTime, Measure::NextAnswerTimeSla];
const FIRST_ASSIGN: Times = [Measure::FirstAssigns, Measure::FirstAssignTime, Measure::FirstAssignTimeSla];
const FIRST_RESOLVE: Times = [Measure::FirstResolves, Measure::FirstResolveTime, Measure::FirstResolveTimeSla];

fn agent_of(by: Actor) -> Option<AgentId> {
    match by {
        Actor::Agent(agent) => Some(agent),
        Actor::Customer(_) | Actor::System => None,
    }
}

impl Fold {
    pub(super) fn started(&mut self, at: Timestamp, id: ConversationId, department: DepartmentId, channel: Channel, status: Status) {
        let fresh = Conversation {
            channel: Some(channel),
            department: Some(department),
            assigned: None,
            status: Some(status),
            since: Some(at),
            created: Some(at),
            level: None,
            opener: Opener::Awaited,
            was_assigned: false,
            was_resolved: false,
            tags: Vec::new(),
        };
        if status != Status::Init {
            self.cells.count(at, Who::of(Some(&fresh), None), Measure::CreatedTickets, 1);
        }
        self.conversations.put(id.get(), Some(fresh));
    }

    pub(super) fn assigned(&mut self, at: Timestamp, id: ConversationId, department: DepartmentId, agent: Option<AgentId>) {
        let Some(known) = self.conversations.get_mut(id.get()) else { return };
        known.department = Some(department);
        known.assigned = agent;
        if agent.is_some() && !known.was_assigned {
            known.was_assigned = true;
            let since = known.created;
            self.times(at, id, agent, since, FIRST_ASSIGN);
        }
    }

    pub(super) fn said(
        &mut self,
        at: Timestamp,
        (id, chat): (ConversationId, Option<ChatId>),
        author: Actor,
        (group, kind): (GroupKind, MessageKind),
    ) {
        let is_said = kind.speaks() && group.audience() == Audience::Public;
        if is_said && chat.is_none() {
            self.opened(id, agent_of(author).map_or(Opener::Other, Opener::Agent), author);
        }
        let measure = match (author, kind) {
            (Actor::Agent(_), MessageKind::Note | MessageKind::NoteFile) => Measure::Notes,
            (Actor::Agent(_), _) if is_said && chat.is_some() => Measure::ChatAnswers,
            (Actor::Agent(_), _) if is_said && !is_call(group) => Measure::Answers,
            (Actor::Customer(_), _) if is_said && chat.is_none() && !is_call(group) => Measure::IncomingMessages,
            (Actor::Agent(_) | Actor::Customer(_) | Actor::System, _) => return,
        };
        let who = Who::of(self.conversations.get(id.get()), agent_of(author));
        let running = chat.and_then(|chat| self.chats.get(chat.get()));
        let who = running.map_or(who, |chat| who.in_department(chat.department));
        self.cells.count(at, who, measure, 1);
    }

    /// As entries of older programs tell it, by names alone.
    pub(super) fn tagged(&mut self, id: ConversationId, before: &[String], after: &[String], by: Actor) {
        let Some(known) = self.conversations.get_mut(id.get()) else { return };
        let replaced = (by == Actor::System).then(|| only_change(before, after)).flatten();
        // A tag's new name is told to the conversations that carry it, the tag staying the same. Meanwhile it may have yet another one, and its
        // old one may be another tag's: what is replaced names no tag that is carried.
        if replaced.is_some_and(|old| self.tags.get(old).is_none_or(|tag| !known.tags.contains(tag))) {
            return;
        }
        known.tags = after.iter().filter_map(|name| self.tags.get(name).copied()).collect();
    }

    pub(super) fn status(&mut self, at: Timestamp, id: ConversationId, (from, to): (Status, Status), by: Actor) {
        let Some(known) = self.conversations.get_mut(id.get()) else { return };
        let since = known.since;
        known.status = Some(to);
        known.since = Some(at);
        let (assigned, opener) = (known.assigned, known.opener);
        let is_first_resolve = to == Status::Resolved && !known.was_resolved;
        known.was_resolved |= to == Status::Resolved;
        if from == Status::Init {
            known.created = Some(at);
        }
        let created = known.created;
        if from == Status::Init {
            let who = Who::of(self.conversations.get(id.get()), None);
            // Until somebody says something it may still be given those that it begins with.
            let who = if opener == Opener::Awaited { Who { tags: &[], ..who } } else { who };
            self.cells.count(at, who, Measure::CreatedTickets, 1);
            if let Opener::Agent(agent) = opener {
                self.cells.count_for_agent(at, agent, Measure::CreatedTickets, 1);
            }
        }
        let answerer = agent_of(by).or(assigned);
        match (from, to) {
            (Status::New, Status::Answered) => self.times(at, id, answerer, since, NEW_ANSWER),
            (Status::Open, Status::Answered) => self.times(at, id, answerer, since, NEXT_ANSWER),
            _ => {}
        }
        if to == Status::Resolved {
            let who = Who::of(self.conversations.get(id.get()), agent_of(by));
            self.cells.count(at, who, Measure::ResolvedTickets, 1);
        }
        if is_first_resolve {
            self.times(at, id, agent_of(by), created, FIRST_RESOLVE);
        }
    }

    /// Counts a change and how long it took. Where it is not known since when, nothing is counted: a mean of it would be wrong.
    fn times(&mut self, at: Timestamp, id: ConversationId, agent: Option<AgentId>, since: Option<Timestamp>, measures: Times) {
        let Some(since) = since else { return };
        let conversation = self.conversations.get(id.get());
        let level = conversation.and_then(|conversation| conversation.level);
        let who = Who::of(conversation, agent);
        let [count, time, time_sla] = measures;
        self.cells.count(at, who, count, 1);
        self.cells.count(at, who, time, at.micros_since(since).max(0));
        self.cells.count(at, who, time_sla, business_micros(&self.levels, level, since, at));
    }

    /// Somebody was the first to say something: a conversation that an agent begins is created by him, and with the tags that it carries then.
    pub(super) fn opened(&mut self, id: ConversationId, opener: Opener, by: Actor) {
        if by == Actor::System || self.conversations.get(id.get()).is_none_or(|known| known.opener != Opener::Awaited) {
            return;
        }
        let Some(known) = self.conversations.get_mut(id.get()) else { return };
        known.opener = opener;
        let Some(created) = known.created.filter(|_| known.status != Some(Status::Init)) else { return };
        let tags = known.tags.clone();
        self.cells.count_for_tags(created, &tags, Measure::CreatedTickets, 1);
        if let Opener::Agent(agent) = opener {
            self.cells.count_for_agent(created, agent, Measure::CreatedTickets, 1);
        }
    }
}

/// What is said on the phone is no letter.
fn is_call(kind: GroupKind) -> bool {
    matches!(kind, GroupKind::Call | GroupKind::OutgoingCall | GroupKind::InternalCall)
}

/// The name that another one stands for, if that is all that changed.
fn only_change<'a>(before: &'a [String], after: &[String]) -> Option<&'a str> {
    let mut changed = before.iter().zip(after).filter(|(old, new)| old != new).map(|(old, _)| old.as_str());
    let first = changed.next()?;
    (before.len() == after.len() && changed.next().is_none()).then_some(first)
}
