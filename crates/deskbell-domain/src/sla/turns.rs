//! What happens to the clocks of a conversation when something happens in it.
//!
//! Answers: the clock of the first answer starts when the conversation is New for the first time, that of the next answer whenever it waits
//! again; either is reached when the conversation becomes Answered, in whatever way, and ends without a word when it is resolved unanswered.
//! First assign and first resolve start when the conversation first waits for the desk as a ticket, New or Open; first resolve stands still
//! while it is Answered. Chats and calls have a clock from the moment they are asked for until an agent joins.

use super::Goal;
use super::clock::Subject;
use crate::call::{CallEvent, Direction};
use crate::chat::StartedBy;
use crate::conversation::Status;
use crate::event::Event;
use crate::ids::{AgentId, CallId, ChatId, ConversationId};
use crate::message::Actor;
use crate::time::Timestamp;

/// What happened, as far as clocks care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Begins(Status),
    Changes {
        from: Status,
        to: Status,
        by: Actor,
    },
    Assigned(AgentId),
    ChatAsked(ChatId),
    ChatJoined(ChatId, AgentId),
    ChatOver(ChatId),
    CallCame(CallId),
    CallAnswered(CallId, AgentId),
    CallOver(CallId),
    /// It went into another conversation, whose clocks go on.
    Merged,
}

impl Turn {
    /// What an event is for the clocks of its conversation.
    pub fn of(event: &Event) -> Option<(ConversationId, Turn)> {
        Some(match event {
            Event::ConversationStarted { conversation, status, .. } => (*conversation, Turn::Begins(*status)),
            Event::StatusChanged { conversation, from, to, by } => (*conversation, Turn::Changes { from: *from, to: *to, by: *by }),
            Event::Assigned { conversation, agent: Some(agent), .. } => (*conversation, Turn::Assigned(*agent)),
            Event::ChatRequested { chat, conversation, started_by, .. } => match started_by {
                StartedBy::Visitor | StartedBy::Trigger => (*conversation, Turn::ChatAsked(*chat)),
                StartedBy::Agent => return None,
            },
            Event::ChatJoined { chat, conversation, agent, .. } => (*conversation, Turn::ChatJoined(*chat, *agent)),
            Event::ChatEnded { chat, conversation, .. } => (*conversation, Turn::ChatOver(*chat)),
            Event::ConversationMerged { conversation, .. } => (*conversation, Turn::Merged),
            Event::Call(call) => match call {
                CallEvent::Started { call, conversation, direction: Direction::Incoming, .. } => (*conversation, Turn::CallCame(*call)),
                CallEvent::Answered { call, conversation, agent, .. } => (*conversation, Turn::CallAnswered(*call, *agent)),
                CallEvent::Ended { call, conversation, .. } => (*conversation, Turn::CallOver(*call)),
                CallEvent::Started { direction: Direction::Outgoing | Direction::Internal, .. }
                | CallEvent::Rang { .. }
                | CallEvent::RingClosed { .. }
                | CallEvent::Held { .. }
                | CallEvent::Left { .. }
                | CallEvent::Transferred { .. } => return None,
            },
            Event::AgentChanged { .. }
            | Event::AgentStatusChanged { .. }
            | Event::DepartmentChanged { .. }
            | Event::MembershipChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::Assigned { agent: None, .. }
            | Event::MessageAdded { .. }
            | Event::TagsChanged { .. }
            | Event::ReadMarked { .. }
            | Event::ChatOffered { .. }
            | Event::OfferClosed { .. }
            | Event::ChatLeft { .. }
            | Event::ChatTransferred { .. }
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
            | Event::Automation(_) => return None,
        })
    }
}

/// What is done to a clock, named by what tells it from the others of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Start(Goal, Subject),
    /// Its goal was reached; the agent stands in the log.
    Close(Goal, Subject, Option<AgentId>),
    Drop(Goal, Subject),
    Stop(Goal),
    GoOn(Goal),
}

/// What is known of a conversation when something happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The clocks that have not ended, with their start.
    pub open: Vec<(Goal, Subject, Timestamp)>,
    /// Goals that were reached before.
    pub reached: Vec<Goal>,
    /// Who is in charge.
    pub assigned: Option<AgentId>,
}

impl Facts {
    fn is_open(&self, goal: Goal) -> bool {
        self.open.iter().any(|(open, _, _)| *open == goal)
    }

    /// The answer that is waited for.
    fn answer(&self) -> Option<Goal> {
        [Goal::FirstAnswer, Goal::NextAnswer].into_iter().find(|goal| self.is_open(*goal))
    }

    fn may_start(&self, goal: Goal) -> bool {
        !self.is_open(goal) && !self.reached.contains(&goal)
    }

    /// What starts because the ticket waits for the desk, whichever answer it waits for.
    fn firsts(&self) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.assigned.is_none() && self.may_start(Goal::FirstAssign) {
            acts.push(Act::Start(Goal::FirstAssign, Subject::Ticket));
        }
        if self.may_start(Goal::FirstResolve) {
            acts.push(Act::Start(Goal::FirstResolve, Subject::Ticket));
        }
        acts
    }

    /// What starts when a ticket is New.
    fn new_again(&self) -> Option<Act> {
        let goal = if self.reached.contains(&Goal::FirstAnswer) { Goal::NextAnswer } else { Goal::FirstAnswer };
        self.answer().is_none().then_some(Act::Start(goal, Subject::Ticket))
    }
}

/// What is done about it.
pub fn acts(turn: Turn, facts: &Facts, now: Timestamp) -> Vec<Act> {
    let when_open = |goal: Goal, subject: Subject, act: Act| -> Vec<Act> {
        let is_open = facts.open.iter().any(|(open, of, _)| (*open, *of) == (goal, subject));
        if is_open { vec![act] } else { Vec::new() }
    };
    match turn {
        Turn::Begins(Status::New | Status::Open) => facts.new_again().into_iter().chain(facts.firsts()).collect(),
        Turn::Begins(
            Status::Init
            | Status::Answered
            | Status::Resolved
            | Status::Postponed
            | Status::Chatting
            | Status::Calling
            | Status::Deleted
            | Status::Spam,
        ) => Vec::new(),
        Turn::Changes { from, to, by } => changes(from, to, by, facts),
        Turn::Assigned(agent) => match facts.open.iter().find(|(goal, _, _)| *goal == Goal::FirstAssign) {
            // Somebody's from its first moment: nobody waited for that.
            Some((goal, subject, started)) if *started == now => vec![Act::Drop(*goal, *subject)],
            Some((goal, subject, _)) => vec![Act::Close(*goal, *subject, Some(agent))],
            None => Vec::new(),
        },
        Turn::ChatAsked(chat) => vec![Act::Start(Goal::ChatAnswer, Subject::Chat(chat))],
        Turn::ChatJoined(chat, agent) => {
            let (goal, subject) = (Goal::ChatAnswer, Subject::Chat(chat));
            when_open(goal, subject, Act::Close(goal, subject, Some(agent)))
        }
        Turn::ChatOver(chat) => {
            let (goal, subject) = (Goal::ChatAnswer, Subject::Chat(chat));
            when_open(goal, subject, Act::Drop(goal, subject))
        }
        Turn::CallCame(call) => vec![Act::Start(Goal::CallAnswer, Subject::Call(call))],
        Turn::CallAnswered(call, agent) => {
            let (goal, subject) = (Goal::CallAnswer, Subject::Call(call));
            when_open(goal, subject, Act::Close(goal, subject, Some(agent)))
        }
        Turn::CallOver(call) => {
            let (goal, subject) = (Goal::CallAnswer, Subject::Call(call));
            when_open(goal, subject, Act::Drop(goal, subject))
        }
        Turn::Merged => all_dropped(facts),
    }
}

fn all_dropped(facts: &Facts) -> Vec<Act> {
    facts.open.iter().map(|(goal, subject, _)| Act::Drop(*goal, *subject)).collect()
}

fn changes(from: Status, to: Status, by: Actor, facts: &Facts) -> Vec<Act> {
    let (answer, ticket) = (facts.answer(), Subject::Ticket);
    // In the log stands who is in charge; of what is nobody's, who did it.
    let agent = facts.assigned.or(match by {
        Actor::Agent(agent) => Some(agent),
        Actor::Customer(_) | Actor::System => None,
    });
    let open = |goal: Goal, act: Act| facts.is_open(goal).then_some(act);
    let goes_on = (from == Status::Answered).then(|| open(Goal::FirstResolve, Act::GoOn(Goal::FirstResolve))).flatten();
    match to {
        Status::Answered => {
            let answered = answer.map(|goal| Act::Close(goal, ticket, agent));
            answered.into_iter().chain(open(Goal::FirstResolve, Act::Stop(Goal::FirstResolve))).collect()
        }
        Status::Resolved => {
            let unanswered = answer.map(|goal| Act::Drop(goal, ticket));
            let unassigned = open(Goal::FirstAssign, Act::Drop(Goal::FirstAssign, ticket));
            let resolved = open(Goal::FirstResolve, Act::Close(Goal::FirstResolve, ticket, agent));
            [unanswered, unassigned, resolved].into_iter().flatten().collect()
        }
        Status::New => goes_on.into_iter().chain(facts.new_again()).chain(facts.firsts()).collect(),
        Status::Open => {
            // One that was New and is called Open by hand was not opened again.
            let again = (answer.is_none() && from != Status::New).then_some(Act::Start(Goal::NextAnswer, ticket));
            goes_on.into_iter().chain(again).chain(facts.firsts()).collect()
        }
        Status::Init | Status::Postponed | Status::Chatting | Status::Calling => goes_on.into_iter().collect(),
        Status::Deleted | Status::Spam => all_dropped(facts),
    }
}

#[cfg(test)]
mod tests;
