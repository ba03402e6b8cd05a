//! Calls: phone conversations between a customer and agents, or among agents, and what happens in them. A call rings at agents, is answered,
//! may be held, handed on, and ends; each agent's part of it is a leg.

#[cfg(test)]
mod tests;

use crate::chat::OfferOutcome;
use crate::conversation::{Reopening, Status, Step, Turn};
use crate::ids::{AgentId, CallId, CallLegId, ConversationId, CustomerId, DepartmentId, GroupId, RingId};
use crate::message::{Actor, GroupKind, GroupStatus};
use crate::spelled;
use crate::time::Timestamp;

/// Seconds a call rings at an agent when nothing else is said.
pub const RING_SECONDS_DEFAULT: u16 = 30;
/// Seconds a call may ring at an agent.
pub const RING_SECONDS: std::ops::RangeInclusive<u16> = 5..=3_600;
/// Seconds after which the end of a call is taken to have been lost: nobody talks for so long.
pub const CALL_SECONDS_MAX: i64 = 86_400;

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
        /// Somebody waits, and nobody's phone rings for him.
        Queued = "queued",
        /// It rings at agents; an outgoing call that nobody has answered yet rings outside.
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
    /// It stands as [`Direction::first_state`] says.
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
    /// An agent's leg ended. Every leg ends before its call does; in those that end with it the state is `ended`, as in its rings that do.
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

impl Direction {
    /// How a call stands that has just begun.
    pub const fn first_state(self) -> CallState {
        match self {
            Direction::Incoming | Direction::Internal => CallState::Queued,
            Direction::Outgoing => CallState::Ringing,
        }
    }

    /// The kind of message group that a call is.
    pub const fn group(self) -> GroupKind {
        match self {
            Direction::Incoming => GroupKind::Call,
            Direction::Outgoing => GroupKind::OutgoingCall,
            Direction::Internal => GroupKind::InternalCall,
        }
    }
}

impl CallState {
    /// The status of a call's message group.
    pub const fn group(self) -> GroupStatus {
        match self {
            CallState::Queued => GroupStatus::Initializing,
            CallState::Ringing => GroupStatus::Connecting,
            CallState::Talking => GroupStatus::Calling,
            CallState::Ended => GroupStatus::Visible,
        }
    }
}

/// A phone conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub id: CallId,
    pub conversation: ConversationId,
    /// The message group that it is.
    pub group: GroupId,
    pub direction: Direction,
    /// The one outside, or whom an internal conversation is kept under.
    pub customer: CustomerId,
    /// The agent who called: of outgoing and internal calls.
    pub caller: Option<AgentId>,
    pub department: DepartmentId,
    /// The number outside; empty when it is withheld, and in internal calls.
    pub number: String,
    pub state: CallState,
    pub started: Timestamp,
    /// Since when nobody talks: the beginning, the last transfer, or when the last agent left.
    pub waiting_since: Timestamp,
    /// When two sides talked first.
    pub answered: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub outcome: Option<CallOutcome>,
    /// The conversation's status before the call, moved on by what is written meanwhile; `None` if it began with the call, and nothing was.
    pub before: Option<Status>,
    /// Who was in charge of the conversation before the call.
    pub assigned_before: Option<AgentId>,
}

/// An agent's part of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    pub id: CallLegId,
    pub call: CallId,
    pub agent: AgentId,
    /// The call's department at that time.
    pub department: DepartmentId,
    pub began: Timestamp,
    pub ended: Option<Timestamp>,
    /// Since when the other side is held.
    pub held_since: Option<Timestamp>,
    /// How long it was held before.
    pub held_micros: i64,
}

/// A call rings at an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    pub id: RingId,
    pub call: CallId,
    pub agent: AgentId,
    pub rang: Timestamp,
    pub expires: Timestamp,
    /// `None` while it rings.
    pub outcome: Option<OfferOutcome>,
}

/// Something that somebody wants to do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallStep {
    /// Let it ring at an agent.
    Ring,
    Answer,
    Decline,
    Hold,
    Resume,
    Transfer,
    Leave,
    End,
    Voicemail,
}

impl CallStep {
    pub const ALL: [CallStep; 9] = [
        CallStep::Ring,
        CallStep::Answer,
        CallStep::Decline,
        CallStep::Hold,
        CallStep::Resume,
        CallStep::Transfer,
        CallStep::Leave,
        CallStep::End,
        CallStep::Voicemail,
    ];
}

/// Why a step is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallRefused {
    /// It is over.
    Ended,
    /// Nobody talks.
    NotTalking,
    /// Somebody talks.
    Talking,
    /// The one who was called outside has not answered.
    NotAnswered,
    /// Calls from agent to agent have two sides for as long as they last.
    Internal,
    /// Only who called the desk can leave a voice message.
    NotIncoming,
}

impl CallRefused {
    /// The reason as a sentence for the one who asked.
    pub const fn text(self) -> &'static str {
        match self {
            CallRefused::Ended => "the call has ended",
            CallRefused::NotTalking => "nobody talks in this call now",
            CallRefused::Talking => "somebody talks in this call",
            CallRefused::NotAnswered => "nobody has answered this call yet",
            CallRefused::Internal => "a call from agent to agent is not handed on",
            CallRefused::NotIncoming => "only an incoming call takes a voice message",
        }
    }
}

/// How a call comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Somebody hung up, or the desk did.
    HungUp(Actor),
    /// The customer left a voice message.
    Voicemail,
}

impl Call {
    /// How it stands with so many rings and legs that are open.
    pub fn standing(&self, rings: usize, legs: usize) -> CallState {
        if self.ended.is_some() {
            CallState::Ended
        } else if legs > 0 {
            CallState::Talking
        } else if rings > 0 || (self.direction == Direction::Outgoing && self.answered.is_none()) {
            CallState::Ringing
        } else {
            CallState::Queued
        }
    }

    /// Whether a step is possible in the state it is in. Who may take it is another matter.
    pub fn allows(&self, step: CallStep) -> Result<(), CallRefused> {
        let talking = self.state == CallState::Talking;
        match (step, self.direction) {
            _ if self.state == CallState::Ended => Err(CallRefused::Ended),
            (CallStep::End, _) => Ok(()),
            (CallStep::Hold | CallStep::Resume | CallStep::Leave, _) if !talking => Err(CallRefused::NotTalking),
            (CallStep::Hold | CallStep::Resume | CallStep::Leave, _) => Ok(()),
            // Its one ring belongs to its beginning.
            (CallStep::Ring, Direction::Internal) if self.state == CallState::Queued => Ok(()),
            (CallStep::Ring | CallStep::Transfer, Direction::Internal) => Err(CallRefused::Internal),
            (CallStep::Answer, Direction::Internal) if talking => Err(CallRefused::Internal),
            (CallStep::Ring | CallStep::Transfer | CallStep::Decline, Direction::Outgoing) if self.answered.is_none() => {
                Err(CallRefused::NotAnswered)
            }
            (CallStep::Ring | CallStep::Transfer | CallStep::Answer | CallStep::Decline, _) => Ok(()),
            (CallStep::Voicemail, Direction::Outgoing | Direction::Internal) => Err(CallRefused::NotIncoming),
            (CallStep::Voicemail, Direction::Incoming) if talking => Err(CallRefused::Talking),
            (CallStep::Voicemail, Direction::Incoming) => Ok(()),
        }
    }

    /// Whether it is over once its last ring was in vain: who was called from agent to agent does not answer, and nobody else will.
    pub fn ends_with_its_ring(&self) -> bool {
        self.direction == Direction::Internal && self.state == CallState::Queued
    }

    /// Whether it is over once somebody left: two agents who called each other are not two any more.
    pub fn ends_when_left(&self) -> bool {
        self.direction == Direction::Internal
    }

    /// Two sides talk.
    pub fn is_answered(&mut self, at: Timestamp) {
        self.answered.get_or_insert(at);
        self.state = CallState::Talking;
    }

    /// Somebody writes in the conversation while the call goes on: if nothing comes of the call, the conversation is what it is by that. One that
    /// the customer writes to is open again, also where he would begin another one otherwise: what he wrote lies here.
    pub fn is_written_beside(&mut self, turn: Turn) {
        let before = self.before.unwrap_or(Status::Init);
        if let (Turn::AgentAnswers | Turn::CustomerReplies, Ok(Step::To(status))) = (turn, before.step(turn, Reopening::On)) {
            self.before = Some(status);
        }
    }

    /// Ends it and settles its outcome; how the status of its conversation goes on.
    ///
    /// finished: two sides had talked. Else voicemail: a voice message was left; abandoned: who called gave up; missed: the others.
    pub fn end(&mut self, ending: Ending, at: Timestamp) -> Turn {
        let caller_gave_up = match (self.direction, ending) {
            (Direction::Incoming, Ending::HungUp(Actor::Customer(_))) => true,
            (Direction::Outgoing | Direction::Internal, Ending::HungUp(Actor::Agent(agent))) => self.caller == Some(agent),
            (_, Ending::HungUp(_) | Ending::Voicemail) => false,
        };
        self.outcome = Some(match ending {
            _ if self.answered.is_some() => CallOutcome::Finished,
            Ending::Voicemail => CallOutcome::Voicemail,
            Ending::HungUp(_) if caller_gave_up => CallOutcome::Abandoned,
            Ending::HungUp(_) => CallOutcome::Missed,
        });
        self.state = CallState::Ended;
        self.ended = Some(at);
        match (self.direction, ending) {
            // A voice message is a question, whoever had talked before.
            (_, Ending::Voicemail) => Turn::CallEndsMissed,
            (Direction::Incoming | Direction::Outgoing, Ending::HungUp(_)) if self.answered.is_some() => Turn::CallEndsAnswered,
            (Direction::Incoming, Ending::HungUp(_)) => Turn::CallEndsMissed,
            // Nothing was asked and nothing answered.
            (Direction::Outgoing | Direction::Internal, Ending::HungUp(_)) => {
                Turn::CallChangedNothing { back: self.before.unwrap_or(Status::Resolved) }
            }
        }
    }
}

impl Leg {
    /// The other side is held from now on.
    pub fn hold(&mut self, now: Timestamp) {
        self.held_since.get_or_insert(now);
    }

    /// The other side is held no longer.
    pub fn resume(&mut self, now: Timestamp) {
        if let Some(since) = self.held_since.take() {
            self.held_micros += now.micros_since(since).max(0);
        }
    }

    pub fn end(&mut self, now: Timestamp) {
        self.resume(now);
        self.ended = Some(now);
    }

    /// How long it lasted, being held included.
    pub fn talk_micros(&self, now: Timestamp) -> i64 {
        self.ended.unwrap_or(now).micros_since(self.began).max(0)
    }

    /// How long the other side was held of that.
    pub fn hold_micros(&self, now: Timestamp) -> i64 {
        self.held_micros + self.held_since.map_or(0, |since| now.micros_since(since).max(0))
    }
}

/// A phone number as numbers are compared: without what people write between the digits, `00` being `+`. The `(0)` of an international
/// number (`+44 (0)1632 960001`) is dialled at home only, and no part of it.
pub fn comparable_number(number: &str) -> String {
    let number = number.trim();
    let international = number.starts_with('+') || number.starts_with("00");
    let without = if international { number.replace("(0)", "") } else { number.to_owned() };
    let bare: String = without.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '(' | ')' | '/' | '.')).collect();
    match bare.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => bare,
    }
}

/// A desk's own country as numbers begin there: `+` and one to three digits.
pub fn is_phone_country(prefix: &str) -> bool {
    prefix.strip_prefix('+').is_some_and(|digits| {
        (1..=3).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0')
    })
}

/// The comparable forms of a number and of all that it is the same as, on a desk whose own country is this (`+49`; empty: of no country). First
/// as it is; then a national number with the country before it, with and without its leading 0, or an international one of that country
/// without the country, with and without a leading 0.
pub fn same_numbers(number: &str, country: &str) -> Vec<String> {
    let key = comparable_number(number);
    let digits = key.strip_prefix('+').unwrap_or(&key);
    if country.is_empty() || digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return if key.is_empty() { Vec::new() } else { vec![key] };
    }
    let mut same = vec![key.clone()];
    if !key.starts_with('+') {
        same.push(format!("{country}{key}"));
        same.extend(key.strip_prefix('0').filter(|rest| !rest.is_empty()).map(|rest| format!("{country}{rest}")));
    } else if let Some(rest) = key.strip_prefix(country).filter(|rest| !rest.is_empty()) {
        same.extend([rest.to_owned(), format!("0{rest}")]);
    }
    same
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
