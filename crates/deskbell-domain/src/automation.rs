//! What happens to what a team has set up to spare itself work: rules, time rules, canned messages, predefined answers. Triggers, which act
//! on visitors, have events of their own.

use crate::ids::{CannedMessageId, ConversationId, PredefinedAnswerId, RuleId, TimeRuleId};
use crate::spelled;

spelled! {
    /// What came of a rule whose conditions held.
    pub enum FiringOutcome {
        /// Its actions were done, or passed over one by one.
        Done = "done",
        /// It was held back: it had acted in this chain of rules before.
        Loop = "loop",
        /// It was held back: the chain of rules was too long.
        Chain = "chain",
        /// It was held back: it had acted on this conversation too often.
        Often = "often",
        /// Nothing was done because of a defect.
        Failed = "failed",
    }
}

/// Whose firing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnyRuleId {
    Rule(RuleId),
    TimeRule(TimeRuleId),
}

/// What happens to rules and ready texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AutomationEvent {
    /// A rule was made, changed or taken away.
    RuleChanged {
        rule: RuleId,
        name: String,
        removed: bool,
    },
    TimeRuleChanged {
        rule: TimeRuleId,
        name: String,
        removed: bool,
    },
    /// A rule's conditions held; what it did to the conversation follows in the journal.
    RuleFired {
        rule: RuleId,
        name: String,
        conversation: ConversationId,
        outcome: FiringOutcome,
    },
    TimeRuleFired {
        rule: TimeRuleId,
        name: String,
        conversation: ConversationId,
        outcome: FiringOutcome,
    },
    /// Without its name: not everybody may see it.
    CannedMessageChanged {
        message: CannedMessageId,
        removed: bool,
    },
    PredefinedAnswerChanged {
        answer: PredefinedAnswerId,
        removed: bool,
    },
}

impl AutomationEvent {
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            AutomationEvent::RuleFired { conversation, .. } | AutomationEvent::TimeRuleFired { conversation, .. } => Some(*conversation),
            AutomationEvent::RuleChanged { .. }
            | AutomationEvent::TimeRuleChanged { .. }
            | AutomationEvent::CannedMessageChanged { .. }
            | AutomationEvent::PredefinedAnswerChanged { .. } => None,
        }
    }
}
