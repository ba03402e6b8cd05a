//! Live chats: requested, queued, offered, served, ended; and an agent's part in one (the engagement).

use crate::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId, OfferId, VisitId};
use crate::message::Actor;
use crate::spelled;
use crate::time::Timestamp;

spelled! {
    /// Where a live chat stands.
    pub enum ChatState {
        /// Nobody has it.
        Queued = "queued",
        /// Rings at one or more agents; nobody is in it.
        Offered = "offered",
        /// At least one agent is in it.
        Served = "served",
        Ended = "ended",
    }
}

spelled! {
    /// Who started a chat.
    pub enum StartedBy {
        Visitor = "visitor",
        Agent = "agent",
        Trigger = "trigger",
    }
}

spelled! {
    /// Why a chat ended.
    pub enum EndReason {
        /// The visitor ended it.
        Visitor = "visitor",
        /// An agent ended it.
        Agent = "agent",
        /// The visitor's browser was gone for longer than the grace time.
        VisitorGone = "visitor_gone",
        /// Neither side wrote for the inactivity time.
        Inactivity = "inactivity",
        /// Nobody could take it: no agent of the department was left.
        Overflow = "overflow",
    }
}

impl EndReason {
    /// Whether it was the visitor who left.
    pub fn visitor_left(self) -> bool {
        matches!(self, EndReason::Visitor | EndReason::VisitorGone)
    }
}

spelled! {
    /// How an agent came into a chat.
    pub enum EngagementStart {
        Visitor = "visitor",
        Agent = "agent",
        Transfer = "transfer",
    }
}

spelled! {
    /// How an offer ended.
    pub enum OfferOutcome {
        Accepted = "accepted",
        /// Rang out: one missed ring for that agent.
        Expired = "expired",
        Declined = "declined",
        /// Somebody else took the chat, it ended, it was transferred, or the agent went away.
        Withdrawn = "withdrawn",
    }
}

spelled! {
    /// A visitor's rating of a chat.
    pub enum Rating {
        Good = "good",
        Bad = "bad",
    }
}

/// One live session inside a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    pub id: ChatId,
    /// `YYMM.account.token`, the outside spelling of Zendesk Chat.
    pub public_id: String,
    pub conversation: ConversationId,
    /// The message group that holds the chat's messages.
    pub group: GroupId,
    pub customer: CustomerId,
    /// As the visitor called himself: what his side sees of the customer's name.
    pub customer_name: String,
    pub visit: Option<VisitId>,
    pub department: DepartmentId,
    pub state: ChatState,
    pub started_by: StartedBy,
    /// Higher goes first.
    pub priority: i16,
    pub requested: Timestamp,
    /// Since when it waits (or waited) for an agent: the request, or the last transfer.
    pub waiting_since: Timestamp,
    pub ended: Option<Timestamp>,
    pub end_reason: Option<EndReason>,
    /// The visitor's oldest message that nobody has answered.
    pub unanswered_since: Option<Timestamp>,
    pub first_message: Option<Timestamp>,
    pub last_message: Option<Timestamp>,
    pub visitor_messages: u32,
    pub agent_messages: u32,
    /// Whether an agent was ever in it, whether one was ever asked.
    pub joined_ever: bool,
    pub offered_ever: bool,
    /// Offered to this agent only, until he joins or the offer is over.
    pub pinned: Option<AgentId>,
    pub missed: bool,
    pub dropped: bool,
    /// Nobody of the desk has seen it: it was missed, unless somebody has marked it otherwise since.
    pub unread: bool,
    pub rating: Option<Rating>,
    pub rating_comment: Option<String>,
    pub rated: Option<Timestamp>,
    /// Response times so far: answered count, their sum, the first and the longest (microseconds).
    pub responses: Responses,
}

/// Response times of a chat or an engagement, in microseconds. A response time runs from a visitor's first unanswered message to
/// the next agent message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Responses {
    pub count: u32,
    pub sum_micros: i64,
    pub first_micros: Option<i64>,
    pub max_micros: Option<i64>,
}

impl Responses {
    pub fn add(&mut self, micros: i64) {
        let micros = micros.max(0);
        self.count += 1;
        self.sum_micros += micros;
        self.first_micros.get_or_insert(micros);
        self.max_micros = Some(self.max_micros.map_or(micros, |max| max.max(micros)));
    }

    /// Mean in seconds, `None` when nothing was answered.
    pub fn average_seconds(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_micros as f64 / f64::from(self.count) / 1e6)
    }
}

/// What a chat begins with.
#[derive(Debug, Clone)]
pub struct NewChat {
    pub id: ChatId,
    pub public_id: String,
    pub conversation: ConversationId,
    pub group: GroupId,
    pub customer: CustomerId,
    pub customer_name: String,
    pub visit: Option<VisitId>,
    pub department: DepartmentId,
    pub started_by: StartedBy,
    pub requested: Timestamp,
}

impl Chat {
    /// A chat that was just asked for and waits.
    pub fn requested(new: NewChat) -> Chat {
        Chat {
            id: new.id,
            public_id: new.public_id,
            conversation: new.conversation,
            group: new.group,
            customer: new.customer,
            customer_name: new.customer_name,
            visit: new.visit,
            department: new.department,
            state: ChatState::Queued,
            started_by: new.started_by,
            priority: 0,
            requested: new.requested,
            waiting_since: new.requested,
            ended: None,
            end_reason: None,
            unanswered_since: None,
            first_message: None,
            last_message: None,
            visitor_messages: 0,
            agent_messages: 0,
            joined_ever: false,
            offered_ever: false,
            pinned: None,
            missed: false,
            dropped: false,
            unread: false,
            rating: None,
            rating_comment: None,
            rated: None,
            responses: Responses::default(),
        }
    }

    /// A message of one side was added: keeps counts, the waiting for an answer and response times. Returns the response time that this
    /// message closed, if it did.
    pub fn spoke(&mut self, side: Side, at: Timestamp) -> Option<i64> {
        self.first_message.get_or_insert(at);
        self.last_message = Some(at);
        match side {
            Side::Visitor => {
                self.visitor_messages += 1;
                self.unanswered_since.get_or_insert(at);
                None
            }
            Side::Agent => {
                self.agent_messages += 1;
                let waited = at.micros_since(self.unanswered_since.take()?).max(0);
                self.responses.add(waited);
                Some(waited)
            }
        }
    }

    /// Ends the chat and settles `missed` and `dropped`.
    ///
    /// missed: the visitor started it and no agent ever joined. dropped: an agent was asked or joined, and the visitor left while
    /// waiting for an answer (a chat nobody has joined waits from its request).
    pub fn end(&mut self, reason: EndReason, at: Timestamp) {
        let waiting = !self.joined_ever || self.unanswered_since.is_some();
        self.missed = self.started_by == StartedBy::Visitor && !self.joined_ever;
        self.unread = self.missed;
        self.dropped = (self.offered_ever || self.joined_ever) && reason.visitor_left() && waiting;
        self.state = ChatState::Ended;
        self.pinned = None;
        self.ended = Some(at);
        self.end_reason = Some(reason);
    }

    /// Seconds from the visitor's first unanswered message (or the request) to the end; `None` unless missed or dropped.
    pub fn abandon_seconds(&self) -> Option<f64> {
        let ended = self.ended?;
        if !self.missed && !self.dropped {
            return None;
        }
        let since = self.unanswered_since.unwrap_or(self.requested);
        Some(ended.micros_since(since).max(0) as f64 / 1e6)
    }

    /// Whole seconds from the first to the last message.
    pub fn duration_seconds(&self) -> i64 {
        match (self.first_message, self.last_message) {
            (Some(first), Some(last)) => last.seconds_since(first),
            _ => 0,
        }
    }
}

/// The two sides of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Visitor,
    Agent,
}

/// From the moment an agent joins a chat until he leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engagement {
    pub id: EngagementId,
    pub chat: ChatId,
    pub conversation: ConversationId,
    pub agent: AgentId,
    /// The chat's department at that time.
    pub department: DepartmentId,
    /// 1 for the first engagement of a chat, then 2, …
    pub ordinal: u16,
    pub start: EngagementStart,
    /// The chat was offered to him by routing or transfer (rather than taken from the queue by hand).
    pub assigned: bool,
    pub joined: Timestamp,
    pub left: Option<Timestamp>,
    pub visitor_messages: u32,
    pub agent_messages: u32,
    pub responses: Responses,
    /// The chat asked for skills, and he had all of them when he joined.
    pub skills_fulfilled: bool,
}

/// A chat went from one department to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The number of its event in the journal.
    pub number: i64,
    pub chat: ChatId,
    pub from: DepartmentId,
    pub to: DepartmentId,
    pub by: Actor,
    pub at: Timestamp,
}

/// A chat rings at an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub id: OfferId,
    pub chat: ChatId,
    pub conversation: ConversationId,
    pub agent: AgentId,
    pub offered: Timestamp,
    pub expires: Timestamp,
    /// `None` while it rings.
    pub outcome: Option<OfferOutcome>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat() -> Chat {
        Chat::requested(NewChat {
            id: ChatId::from_i64(1),
            public_id: String::new(),
            conversation: ConversationId::from_i64(1),
            group: GroupId::from_i64(1),
            customer: CustomerId::from_i64(1),
            customer_name: String::new(),
            visit: None,
            department: DepartmentId::DEFAULT,
            started_by: StartedBy::Visitor,
            requested: Timestamp::from_seconds(1_000),
        })
    }

    #[test]
    fn response_times() {
        let mut chat = chat();
        let at = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
        assert_eq!(chat.spoke(Side::Agent, at(1)), None, "a greeting answers nothing");
        assert_eq!(chat.spoke(Side::Visitor, at(10)), None);
        assert_eq!(chat.spoke(Side::Visitor, at(20)), None);
        assert_eq!(chat.spoke(Side::Agent, at(40)), Some(30_000_000));
        assert_eq!(chat.spoke(Side::Agent, at(50)), None);
        assert_eq!(chat.spoke(Side::Visitor, at(60)), None);
        assert_eq!(chat.spoke(Side::Agent, at(70)), Some(10_000_000));
        assert_eq!(chat.responses.average_seconds(), Some(20.0));
        assert_eq!(chat.responses.first_micros, Some(30_000_000));
        assert_eq!(chat.responses.max_micros, Some(30_000_000));
        assert_eq!(chat.duration_seconds(), 69);
    }

    #[test]
    fn missed_and_dropped() {
        let at = Timestamp::from_seconds(1_100);
        // (started by, offered, joined, unanswered, reason) → (missed, dropped, abandon time)
        for (by, offered, joined, unanswered, reason, missed, dropped, abandon) in [
            (StartedBy::Visitor, false, false, false, EndReason::Visitor, true, false, Some(100.0)),
            (StartedBy::Visitor, true, false, true, EndReason::VisitorGone, true, true, Some(40.0)),
            (StartedBy::Visitor, true, true, true, EndReason::Visitor, false, true, Some(40.0)),
            (StartedBy::Visitor, true, true, false, EndReason::Visitor, false, false, None),
            (StartedBy::Visitor, true, true, true, EndReason::Agent, false, false, None),
            (StartedBy::Agent, false, true, true, EndReason::Visitor, false, true, Some(40.0)),
            (StartedBy::Visitor, false, false, false, EndReason::Overflow, true, false, Some(100.0)),
        ] {
            let mut chat = chat();
            chat.started_by = by;
            chat.offered_ever = offered;
            chat.joined_ever = joined;
            chat.unanswered_since = unanswered.then(|| Timestamp::from_seconds(1_060));
            chat.end(reason, at);
            assert_eq!((chat.missed, chat.dropped, chat.abandon_seconds()), (missed, dropped, abandon), "{reason:?} {offered} {joined}");
            assert_eq!(chat.unread, missed);
        }
    }
}
