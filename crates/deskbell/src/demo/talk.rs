//! A visitor of the demo with his matter: why he comes, how it goes, and where it stands.

use std::sync::Arc;

use deskbell_domain::chat::{EndReason, Rating};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, MessageId, OfferId};
use deskbell_domain::visit::Visit;

use super::dialogues::Dialogue;
use super::people::Person;

/// Why somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Looks,
    Chats,
    LeavesMessage,
    Spams,
}

/// One thing that one conversation does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    View,
    AsksForChat,
    /// The visitor has waited long enough; the number tells which wait is meant.
    GivesUp(u32),
    Reacts {
        offer: OfferId,
        agent: AgentId,
        accepts: bool,
    },
    TakesOver,
    Line,
    SaysGoodbye,
    HandsOver,
    Ends(EndReason),
    Tags,
    Notes,
    Reads,
    Rates,
    /// He thinks better of it, or takes it back.
    RatesAnew(Option<Rating>),
    Resolves,
    LeavesMessage,
    Handled,
    Answered,
    /// The customer writes again, or rings: it is open again.
    Reopened,
    Parts,
}

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No chat, or none yet.
    Quiet,
    Waiting,
    Served,
    Over,
}

/// How a chat goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Plain,
    /// The visitor leaves soon if nobody comes.
    Impatient,
    /// The visitor is gone before this line.
    Vanishes(usize),
    /// Nobody writes any more from this line on.
    FallsSilent(usize),
    /// Handed over before this line.
    HandedOver(usize),
    /// Takes a whole morning: its agent takes nothing else beside it.
    AtLength,
    /// Wants the agent who has no time, and waits for him.
    ForTheExpert,
}

/// A visitor with his matter.
pub(super) struct Talk {
    pub(super) person: Person,
    pub(super) visit: Visit,
    pub(super) matter: Arc<Dialogue>,
    pub(super) course: Course,
    pub(super) phase: Phase,
    pub(super) order: String,
    pub(super) product: &'static str,
    pub(super) amount: String,
    pub(super) purpose: Purpose,
    /// Pages still to be looked at.
    pub(super) pages: u32,
    pub(super) conversation: Option<ConversationId>,
    pub(super) chat: Option<ChatId>,
    /// Who serves or served him, as a place among the staff.
    pub(super) agent: Option<usize>,
    pub(super) line: usize,
    /// The agent has said his last words.
    pub(super) farewell: bool,
    pub(super) waits: u32,
    pub(super) asked: Vec<OfferId>,
    pub(super) said_last: Option<MessageId>,
    pub(super) heard_last: Option<MessageId>,
    /// Acts that are still to come.
    pub(super) pending: u32,
}

impl Talk {
    /// A template with this customer's particulars.
    pub(super) fn fill(&self, template: &str) -> String {
        if !template.contains('{') {
            return template.to_owned();
        }
        template
            .replace("{name}", &self.person.called)
            .replace("{order}", &self.order)
            .replace("{product}", self.product)
            .replace("{amount}", &self.amount)
    }
}
