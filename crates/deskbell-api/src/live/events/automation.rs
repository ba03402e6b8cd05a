//! What happens to rules and ready texts, as consoles see it.

use deskbell_domain::automation::AutomationEvent;
use serde::Serialize;

#[derive(Serialize)]
#[serde(tag = "e")]
pub(super) enum AutomationView<'a> {
    #[serde(rename = "rule.changed")]
    RuleChanged { rule: String, name: &'a str, removed: bool },
    #[serde(rename = "time_rule.changed")]
    TimeRuleChanged { rule: String, name: &'a str, removed: bool },
    #[serde(rename = "rule.fired")]
    RuleFired { conversation: String, rule: String, name: &'a str, outcome: &'static str },
    #[serde(rename = "time_rule.fired")]
    TimeRuleFired { conversation: String, rule: String, name: &'a str, outcome: &'static str },
    #[serde(rename = "canned_message.changed")]
    CannedMessageChanged { message: String, removed: bool },
    #[serde(rename = "predefined_answer.changed")]
    PredefinedAnswerChanged { answer: String, removed: bool },
}

impl<'a> From<&'a AutomationEvent> for AutomationView<'a> {
    fn from(event: &'a AutomationEvent) -> AutomationView<'a> {
        match event {
            AutomationEvent::RuleChanged { rule, name, removed } => {
                AutomationView::RuleChanged { rule: rule.to_string(), name, removed: *removed }
            }
            AutomationEvent::TimeRuleChanged { rule, name, removed } => {
                AutomationView::TimeRuleChanged { rule: rule.to_string(), name, removed: *removed }
            }
            AutomationEvent::RuleFired { rule, name, conversation, outcome } => {
                AutomationView::RuleFired { conversation: conversation.to_string(), rule: rule.to_string(), name, outcome: outcome.text() }
            }
            AutomationEvent::TimeRuleFired { rule, name, conversation, outcome } => AutomationView::TimeRuleFired {
                conversation: conversation.to_string(),
                rule: rule.to_string(),
                name,
                outcome: outcome.text(),
            },
            AutomationEvent::CannedMessageChanged { message, removed } => {
                AutomationView::CannedMessageChanged { message: message.to_string(), removed: *removed }
            }
            AutomationEvent::PredefinedAnswerChanged { answer, removed } => {
                AutomationView::PredefinedAnswerChanged { answer: answer.to_string(), removed: *removed }
            }
        }
    }
}
