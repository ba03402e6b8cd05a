//! Rules: what the desk does by itself with conversations. A rule listens to events ("when something happens"), a time rule to the clock
//! ("when something has not happened for two days"). Both have groups of conditions, one of which must hold, and actions. Reading what
//! administrators write, looking things up and acting is the use cases' affair.
//!
//! Triggers, which act on visitors of the site, are another thing: [`crate::trigger`].

mod action;
mod condition;
mod happening;
#[cfg(test)]
mod tests;
mod words;

pub use action::{Action, Placeholder, Template, UnknownPlaceholder};
pub use condition::{Clause, Condition, Conditions, Due, Facts, FieldTest, Online, TextTest, TimeTest, Verdict, Who};
pub use happening::Happening;
pub use words::{ActionWord, ConditionWord};

use crate::ids::{RuleId, TimeRuleId};
use crate::spelled;

/// Firings in one chain, the first one included: a rule fires on what another one did, and so on.
pub const CHAIN_FIRINGS_MAX: usize = 10;

spelled! {
    /// What a rule can listen to.
    pub enum RuleEvent {
        ConversationCreated = "conversation_created",
        StatusChanged = "status_changed",
        /// The customer wrote, in a chat or outside.
        CustomerMessage = "customer_message",
        /// An agent wrote to the customer.
        AgentMessage = "agent_message",
        NoteAdded = "note_added",
        TagsChanged = "tags_changed",
        FieldsChanged = "fields_changed",
        /// Another department or agent is in charge.
        Assigned = "assigned",
        /// A live chat or a call was handed over.
        Transferred = "transferred",
        ChatStarted = "chat_started",
        /// A chat ended that an agent had joined.
        ChatEnded = "chat_ended",
        /// A chat ended that nobody had joined.
        ChatMissed = "chat_missed",
        Rated = "rated",
        CallStarted = "call_started",
        CallEnded = "call_ended",
        /// A call ended that nobody had answered.
        CallMissed = "call_missed",
        /// A due time passed.
        SlaBreached = "sla_breached",
    }
}

/// Whether rules behind this one are still looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Others {
    GoOn,
    Stop,
}

/// When a rule acts, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDefinition {
    pub events: Vec<RuleEvent>,
    pub conditions: Conditions,
    pub actions: Vec<Action>,
    pub others: Others,
}

/// The same for a time rule. Each group of its conditions has one about time that is not negated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRuleDefinition {
    pub conditions: Conditions,
    pub actions: Vec<Action>,
    pub others: Others,
}

/// A rule as it is kept. Rules are looked at by their places, the smallest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: RuleId,
    pub name: String,
    pub enabled: bool,
    pub place: i64,
    /// The definition as it was written, in JSON.
    pub source: String,
    /// The journal's number when it was made or switched on: it fires on later events only.
    pub since: i64,
}

/// A time rule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRule {
    pub id: TimeRuleId,
    pub name: String,
    pub enabled: bool,
    pub place: i64,
    pub source: String,
}
