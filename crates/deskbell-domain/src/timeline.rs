//! What is told of agents and queues over time: spans in which an agent's status and load stayed the same, and every change of them and of
//! a department's queue.

use crate::agent::AgentStatus;
use crate::chat::ChatState;
use crate::ids::{AgentId, DepartmentId};
use crate::spelled;
use crate::time::Timestamp;

/// Events that may carry the same second: clients that page by second alone never end otherwise.
pub const EVENTS_PER_SECOND_MAX: i64 = 999;
/// Characters of a journal number in an id. Together they count to 62^7; being always as many, they sort as their numbers do.
const NUMBER_CHARS: usize = 7;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

spelled! {
    /// An agent's status in one word. One who is switched off is offline.
    pub enum StatusWord {
        Online = "online",
        Away = "away",
        Invisible = "invisible",
        Offline = "offline",
    }
}

impl From<AgentStatus> for StatusWord {
    fn from(status: AgentStatus) -> StatusWord {
        StatusWord::parse(status.word()).expect("these are all the words there are")
    }
}

/// A time in which an agent's status and the number of his engagements stayed the same. Never of one who is offline, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub agent: AgentId,
    pub status: StatusWord,
    pub engagements: u32,
    pub start: Timestamp,
    /// No two spans of a desk end in the same microsecond.
    pub end: Timestamp,
}

/// A change of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEvent {
    pub id: String,
    pub agent: AgentId,
    pub at: Timestamp,
    pub change: AgentChange,
}

/// What it was before, and what it is from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentChange {
    Status { previous: StatusWord, value: StatusWord },
    Engagements { previous: u32, value: u32 },
}

/// How many chats wait in a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queue {
    /// Queued, offered to nobody.
    pub incoming: u32,
    /// Offered and not yet joined.
    pub assigned: u32,
}

/// A change of a department's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentEvent {
    pub id: String,
    pub department: DepartmentId,
    pub at: Timestamp,
    pub previous: Queue,
    pub value: Queue,
}

/// How an agent stands, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentState {
    pub enabled: bool,
    pub online: AgentStatus,
    pub engagements: u32,
    /// The start of the span that has not ended yet.
    pub since: Timestamp,
}

impl Default for AgentState {
    /// Of whom nothing was heard yet.
    fn default() -> AgentState {
        AgentState { enabled: true, online: AgentStatus::OFFLINE, engagements: 0, since: Timestamp::EPOCH }
    }
}

impl AgentState {
    pub fn status(&self) -> StatusWord {
        if self.enabled { self.online.into() } else { StatusWord::Offline }
    }
}

/// What counts of a chat that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveChat {
    pub department: DepartmentId,
    pub state: ChatState,
    /// Who is in it.
    pub agents: Vec<AgentId>,
}

/// The outside spelling of a change of an agent: `<event>.agent:<agent>.<account>`. A journal event changes an agent once, so this is his
/// alone, and the same whenever it is worked out again.
pub fn agent_event_id(account_key: i64, number: i64, agent: AgentId) -> String {
    format!("{}.agent:{}.{}", number_token(number), agent.get(), token(account_key, 1))
}

/// The outside spelling of a change of a queue; the default department is 0.
pub fn department_event_id(account_key: i64, number: i64, department: DepartmentId) -> String {
    let department = if department == DepartmentId::DEFAULT { 0 } else { department.get() };
    format!("{}.department:{department}.{}", number_token(number), token(account_key, 1))
}

fn number_token(number: i64) -> String {
    token(number, NUMBER_CHARS)
}

/// A number in base 62, with digits that sort as bytes, in so many characters at least.
fn token(mut value: i64, chars_min: usize) -> String {
    let mut reversed = Vec::with_capacity(chars_min.max(11));
    while value > 0 || reversed.len() < chars_min {
        reversed.push(char::from(DIGITS[(value.max(0) % 62) as usize]));
        value /= 62;
    }
    reversed.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_the_journal_does() {
        let agent = AgentId::from_i64(980_824_000_000);
        assert_eq!(agent_event_id(9_339_545, 1, agent), "0000001.agent:980824000000.dBdp");
        assert_eq!(department_event_id(9_339_545, 62, DepartmentId::DEFAULT), "0000010.department:0.dBdp");
        let department = DepartmentId::from_i64(80_000_000_000);
        assert_eq!(department_event_id(1, 3_521_614_606_207, department), "zzzzzzz.department:80000000000.1");
        let ids: Vec<String> = [1, 9, 10, 61, 62, 3_843, 3_844, 1_000_000].map(|number| agent_event_id(7, number, agent)).to_vec();
        assert!(ids.is_sorted(), "{ids:?}");
    }

    #[test]
    fn one_who_is_switched_off_is_offline() {
        let state = AgentState { online: AgentStatus::AWAY, ..AgentState::default() };
        assert_eq!(state.status(), StatusWord::Away);
        assert_eq!(AgentState { enabled: false, ..state }.status(), StatusWord::Offline);
        for word in StatusWord::ALL {
            assert_eq!(AgentStatus::from_word(word.text()).map(StatusWord::from), Some(*word));
        }
    }
}
