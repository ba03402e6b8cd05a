//! Calls: phone conversations between a customer and agents, or among agents, and what happens in them. A call rings at agents, is answered,
//! may be held, handed on, and ends; each agent's part of it is a leg.

use crate::chat::OfferOutcome;
use crate::ids::{AgentId, CallId, CallLegId, ConversationId, CustomerId, DepartmentId, GroupId, RingId};
use crate::message::Actor;
use crate::spelled;
use crate::time::Timestamp;

spelled! {
    /// Who called whom.
    pub enum Direction {
        /// A customer called the desk.
        Incoming = "in",
        /// An agent called a customer.
        Outgoing = "out",
        /// An agent called another agent.
        Internal = "internal",
    }
}

spelled! {
    /// How a call stands.
    pub enum CallState {
        /// Nobody's phone rings.
        Queued = "queued",
        Ringing = "ringing",
        /// Two sides talk, or one is held.
        Talking = "talking",
        Ended = "ended",
    }
}

spelled! {
    /// How a call ended.
    pub enum CallOutcome {
        /// Two sides had talked.
        Finished = "finished",
        /// The caller gave up before anybody answered.
        Abandoned = "abandoned",
        /// Nobody answered, and the desk ended it.
        Missed = "missed",
        /// Nobody answered, and the caller left a voice message.
        Voicemail = "voicemail",
    }
}

/// What happens in a call. Source of the figures of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEvent {
    Started {
        call: CallId,
        conversation: ConversationId,
        group: GroupId,
        direction: Direction,
        /// The one outside, or whom an internal conversation is kept under.
        customer: CustomerId,
        /// The agent who called: of outgoing and internal calls.
        caller: Option<AgentId>,
        department: DepartmentId,
    },
    /// An agent's phone rings.
    Rang {
        call: CallId,
        conversation: ConversationId,
        ring: RingId,
        agent: AgentId,
        expires: Timestamp,
        state: CallState,
    },
    /// It rings no longer.
    RingClosed {
        call: CallId,
        conversation: ConversationId,
        ring: RingId,
        agent: AgentId,
        outcome: OfferOutcome,
        state: CallState,
    },
    /// An agent talks from now on. In an outgoing call the caller's leg begins when the customer answers, in an internal one both legs begin
    /// together.
    Answered {
        call: CallId,
        conversation: ConversationId,
        leg: CallLegId,
        agent: AgentId,
        state: CallState,
    },
    Held {
        call: CallId,
        conversation: ConversationId,
        leg: CallLegId,
        agent: AgentId,
        held: bool,
    },
    /// An agent's leg ended. Every leg ends before its call does.
    Left {
        call: CallId,
        conversation: ConversationId,
        leg: CallLegId,
        agent: AgentId,
        state: CallState,
    },
    /// The call went to a department, or to one agent of it; it waits again in `state`.
    Transferred {
        call: CallId,
        conversation: ConversationId,
        from: DepartmentId,
        department: DepartmentId,
        agent: Option<AgentId>,
        by: Actor,
        state: CallState,
    },
    Ended {
        call: CallId,
        conversation: ConversationId,
        department: DepartmentId,
        direction: Direction,
        outcome: CallOutcome,
        by: Actor,
    },
}

impl CallEvent {
    pub fn call(&self) -> CallId {
        match self {
            CallEvent::Started { call, .. }
            | CallEvent::Rang { call, .. }
            | CallEvent::RingClosed { call, .. }
            | CallEvent::Answered { call, .. }
            | CallEvent::Held { call, .. }
            | CallEvent::Left { call, .. }
            | CallEvent::Transferred { call, .. }
            | CallEvent::Ended { call, .. } => *call,
        }
    }

    pub fn conversation(&self) -> ConversationId {
        match self {
            CallEvent::Started { conversation, .. }
            | CallEvent::Rang { conversation, .. }
            | CallEvent::RingClosed { conversation, .. }
            | CallEvent::Answered { conversation, .. }
            | CallEvent::Held { conversation, .. }
            | CallEvent::Left { conversation, .. }
            | CallEvent::Transferred { conversation, .. }
            | CallEvent::Ended { conversation, .. } => *conversation,
        }
    }
}
