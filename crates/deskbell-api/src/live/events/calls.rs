//! What happens in calls, as consoles see it.

use deskbell_domain::call::CallEvent;
use serde::Serialize;

use crate::wire::{millis, side_word};

#[derive(Serialize)]
#[serde(tag = "e")]
pub(super) enum CallView {
    #[serde(rename = "call.started")]
    Started { conversation: String, call: String, direction: &'static str, customer: String, caller: Option<String>, department: String },
    #[serde(rename = "call.rang")]
    Rang { conversation: String, call: String, agent: String, expires: i64, state: &'static str },
    #[serde(rename = "ring.closed")]
    RingClosed { conversation: String, call: String, agent: String, outcome: &'static str, state: &'static str },
    #[serde(rename = "call.answered")]
    Answered { conversation: String, call: String, agent: String, state: &'static str },
    #[serde(rename = "call.held")]
    Held { conversation: String, call: String, agent: String, held: bool },
    #[serde(rename = "call.left")]
    Left { conversation: String, call: String, agent: String, state: &'static str },
    #[serde(rename = "call.transferred")]
    Transferred {
        conversation: String,
        call: String,
        from: String,
        department: String,
        agent: Option<String>,
        by: &'static str,
        state: &'static str,
    },
    #[serde(rename = "call.ended")]
    Ended { conversation: String, call: String, department: String, direction: &'static str, outcome: &'static str, by: &'static str },
}

impl From<&CallEvent> for CallView {
    fn from(event: &CallEvent) -> CallView {
        let (conversation, call) = (event.conversation().to_string(), event.call().to_string());
        match event {
            CallEvent::Started { direction, customer, caller, department, .. } => CallView::Started {
                conversation,
                call,
                direction: direction.text(),
                customer: customer.to_string(),
                caller: caller.map(|agent| agent.to_string()),
                department: department.to_string(),
            },
            CallEvent::Rang { agent, expires, state, .. } => {
                CallView::Rang { conversation, call, agent: agent.to_string(), expires: millis(*expires), state: state.text() }
            }
            CallEvent::RingClosed { agent, outcome, state, .. } => {
                CallView::RingClosed { conversation, call, agent: agent.to_string(), outcome: outcome.text(), state: state.text() }
            }
            CallEvent::Answered { agent, state, .. } => {
                CallView::Answered { conversation, call, agent: agent.to_string(), state: state.text() }
            }
            CallEvent::Held { agent, held, .. } => CallView::Held { conversation, call, agent: agent.to_string(), held: *held },
            CallEvent::Left { agent, state, .. } => CallView::Left { conversation, call, agent: agent.to_string(), state: state.text() },
            CallEvent::Transferred { from, department, agent, by, state, .. } => CallView::Transferred {
                conversation,
                call,
                from: from.to_string(),
                department: department.to_string(),
                agent: agent.map(|agent| agent.to_string()),
                by: side_word(*by),
                state: state.text(),
            },
            CallEvent::Ended { department, direction, outcome, by, .. } => CallView::Ended {
                conversation,
                call,
                department: department.to_string(),
                direction: direction.text(),
                outcome: outcome.text(),
                by: side_word(*by),
            },
        }
    }
}
