//! The shapes that the native API and the live protocol share. Ids are base-36 strings, times milliseconds since 1970 UTC.

use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::call::{Leg, Ring};
use deskbell_domain::chat::{Chat, Offer};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Membership};
use deskbell_domain::message::{Actor, Attachment, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::messages::StoredMessage;
use serde::Serialize;
use utoipa::ToSchema;

const MILLI_MICROS: i64 = 1_000;

/// Milliseconds since 1970 UTC.
pub fn millis(at: Timestamp) -> i64 {
    whole_millis(at.micros())
}

/// A length of time in whole milliseconds.
pub(crate) fn whole_millis(micros: i64) -> i64 {
    micros.div_euclid(MILLI_MICROS)
}

/// The reverse: what a client gave as milliseconds since 1970.
pub(crate) fn moment(millis: i64) -> Option<Timestamp> {
    millis.checked_mul(MILLI_MICROS).map(Timestamp::from_micros)
}

/// The word for a role.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Administrator => "administrator",
        Role::Agent => "agent",
    }
}

/// Reads the word for a role.
pub fn role_from_word(word: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role_word(*role) == word)
}

/// An agent as colleagues see him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentView {
    pub agent: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub name: String,
    pub role: &'static str,
    pub slots: u16,
    pub enabled: bool,
    pub preset: &'static str,
    pub online: &'static str,
    /// Whether his phone is on.
    pub phone: bool,
    pub departments: Vec<String>,
}

impl AgentView {
    pub fn new(agent: &Agent, memberships: &[Membership]) -> Self {
        AgentView {
            agent: agent.id.to_string(),
            email: agent.email.clone(),
            first_name: agent.first_name.clone(),
            last_name: agent.last_name.clone(),
            name: agent.display_name(),
            role: role_word(agent.role),
            slots: agent.slots,
            enabled: agent.enabled,
            preset: agent.preset.word(),
            online: agent.online.word(),
            phone: agent.online.has(AgentStatus::PHONE),
            departments: memberships.iter().filter(|member| member.agent == agent.id).map(|member| member.department.to_string()).collect(),
        }
    }
}

/// A department in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DepartmentView {
    pub department: String,
    pub name: String,
    pub strategy: &'static str,
    pub enabled: bool,
}

impl From<&Department> for DepartmentView {
    fn from(department: &Department) -> Self {
        DepartmentView {
            department: department.id.to_string(),
            name: department.name.clone(),
            strategy: department.strategy.text(),
            enabled: department.enabled,
        }
    }
}

/// A customer in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerView {
    pub customer: String,
    /// What to call him: never empty.
    pub name: String,
    pub email: Option<String>,
}

impl From<&Customer> for CustomerView {
    fn from(customer: &Customer) -> Self {
        CustomerView { customer: customer.id.to_string(), name: customer.display_name(), email: customer.email.clone() }
    }
}

/// A file sent in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileView {
    pub file: String,
    pub name: String,
    pub content_type: String,
    pub bytes: u64,
}

impl From<&Attachment> for FileView {
    fn from(attachment: &Attachment) -> Self {
        FileView {
            file: attachment.file.clone(),
            name: attachment.name.clone(),
            content_type: attachment.content_type.clone(),
            bytes: attachment.bytes,
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageView {
    pub message: String,
    /// `message`, `file`, `note`, `system`, `tag`, `transfer`, `rating`, `status` or `other`.
    pub kind: &'static str,
    /// `customer`, `agent` or `system`.
    pub by: &'static str,
    pub agent: Option<String>,
    pub name: String,
    pub text: String,
    pub file: Option<FileView>,
    pub at: i64,
    /// Its place in the journal.
    pub n: i64,
    /// The sender's idempotency key.
    pub key: Option<String>,
}

impl From<&StoredMessage> for MessageView {
    fn from(stored: &StoredMessage) -> Self {
        let message = &stored.message;
        MessageView {
            message: message.id.to_string(),
            kind: kind_word(message.kind),
            by: side_word(message.author),
            agent: agent_of(message.author),
            name: message.author_name.clone(),
            text: message.text.clone(),
            file: message.attachment.as_ref().map(FileView::from),
            at: millis(message.at),
            n: stored.number,
            key: stored.key.clone(),
        }
    }
}

/// The word for a message's kind.
pub fn kind_word(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Message | MessageKind::Mixed | MessageKind::MessageLegacy => "message",
        MessageKind::File => "file",
        MessageKind::Note | MessageKind::NoteFile => "note",
        MessageKind::System | MessageKind::SystemPublic | MessageKind::End | MessageKind::Disconnected => "system",
        MessageKind::Tag => "tag",
        MessageKind::Transfer => "transfer",
        MessageKind::PositiveRating | MessageKind::NegativeRating | MessageKind::RatingComment => "rating",
        MessageKind::Status => "status",
        MessageKind::FormField
        | MessageKind::Header
        | MessageKind::Internal
        | MessageKind::Split
        | MessageKind::QuotedText
        | MessageKind::Footer
        | MessageKind::MailHeader
        | MessageKind::Title
        | MessageKind::UserAgent
        | MessageKind::Voice
        | MessageKind::VoiceInternal
        | MessageKind::Merged
        | MessageKind::ErrorFooter
        | MessageKind::InvitationReroute => "other",
    }
}

/// Which side an actor is on.
pub fn side_word(actor: Actor) -> &'static str {
    match actor {
        Actor::Customer(_) => "customer",
        Actor::Agent(_) => "agent",
        Actor::System => "system",
    }
}

/// The agent behind an actor.
pub fn agent_of(actor: Actor) -> Option<String> {
    match actor {
        Actor::Agent(agent) => Some(agent.to_string()),
        Actor::Customer(_) | Actor::System => None,
    }
}

/// A ringing offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OfferView {
    pub agent: String,
    pub expires: i64,
}

impl From<&Offer> for OfferView {
    fn from(offer: &Offer) -> Self {
        OfferView { agent: offer.agent.to_string(), expires: millis(offer.expires) }
    }
}

/// A live chat as agents see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiveChatView {
    pub chat: String,
    pub conversation: String,
    /// `queued`, `offered` or `served`.
    pub state: &'static str,
    pub department: String,
    pub customer: CustomerView,
    pub started_by: &'static str,
    pub requested: i64,
    pub waiting_since: i64,
    pub unanswered_since: Option<i64>,
    pub agents: Vec<String>,
    pub offers: Vec<OfferView>,
    /// What it asks for.
    pub skills: Vec<String>,
}

impl From<&deskbell_app::views::LiveChat> for LiveChatView {
    fn from(live: &deskbell_app::views::LiveChat) -> Self {
        let chat: &Chat = &live.chat;
        LiveChatView {
            chat: chat.id.to_string(),
            conversation: chat.conversation.to_string(),
            state: chat.state.text(),
            department: chat.department.to_string(),
            customer: CustomerView::from(&live.customer),
            started_by: chat.started_by.text(),
            requested: millis(chat.requested),
            waiting_since: millis(chat.waiting_since),
            unanswered_since: chat.unanswered_since.map(millis),
            agents: live.agents.iter().map(ToString::to_string).collect(),
            offers: live.offers.iter().map(OfferView::from).collect(),
            skills: live.skills.iter().map(ToString::to_string).collect(),
        }
    }
}

/// An agent who is in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TalkerView {
    pub agent: String,
    /// Whether he holds the other side.
    pub held: bool,
}

impl From<&Leg> for TalkerView {
    fn from(leg: &Leg) -> Self {
        TalkerView { agent: leg.agent.to_string(), held: leg.held_since.is_some() }
    }
}

impl From<&Ring> for OfferView {
    fn from(ring: &Ring) -> Self {
        OfferView { agent: ring.agent.to_string(), expires: millis(ring.expires) }
    }
}

/// A call that goes on as agents see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveCallView {
    pub call: String,
    pub conversation: String,
    /// `in`, `out` or `internal`.
    pub direction: &'static str,
    /// `queued`, `ringing` or `talking`.
    pub state: &'static str,
    pub department: String,
    pub customer: CustomerView,
    /// The agent who called.
    pub caller: Option<String>,
    pub started: i64,
    pub agents: Vec<TalkerView>,
    pub rings: Vec<OfferView>,
}

impl From<&deskbell_app::views::calls::CallSeen> for LiveCallView {
    fn from(seen: &deskbell_app::views::calls::CallSeen) -> Self {
        let call = &seen.call;
        LiveCallView {
            call: call.id.to_string(),
            conversation: call.conversation.to_string(),
            direction: call.direction.text(),
            state: call.state.text(),
            department: call.department.to_string(),
            customer: CustomerView::from(&seen.customer),
            caller: call.caller.map(|agent| agent.to_string()),
            started: millis(call.started),
            agents: seen.legs.iter().map(TalkerView::from).collect(),
            rings: seen.rings.iter().map(OfferView::from).collect(),
        }
    }
}
