//! What happens, as events in the journal of a desk. Every event is written in the same transaction as the rows it changes; readers
//! (live clients, live figures, export documents, later reports, search, mail) fold them in order and may see one twice.

use crate::agent::{AgentStatus, Role};
use crate::automation::AutomationEvent;
use crate::call::CallEvent;
use crate::chat::{ChatState, EndReason, EngagementStart, OfferOutcome, Rating, StartedBy};
use crate::conversation::{Channel, Status};
use crate::department::Strategy;
use crate::ids::{
    AgentId, ChatId, CompanyId, ConversationId, ConversionId, CustomerGroupId, CustomerId, DepartmentId, EngagementId, GoalId, GroupId,
    KnowledgeBaseId, KnowledgeEntryId, MessageId, OauthClientId, OfferId, ShortcutId, SkillId, TagId, TriggerId, VisitId, VisitorId,
    WidgetId,
};
use crate::message::{Actor, Attachment, GroupKind, MessageKind};
use crate::sla::SlaEvent;
use crate::time::Timestamp;

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Gapless within a desk, in commit order, from 1.
    pub number: i64,
    pub at: Timestamp,
    pub event: Event,
}

/// Everything that happens on a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An agent was created or changed; all that others see of him.
    AgentChanged {
        agent: AgentId,
        email: String,
        name: String,
        role: Role,
        slots: u16,
        enabled: bool,
    },
    /// An agent's choice or his being there changed.
    AgentStatusChanged {
        agent: AgentId,
        preset: AgentStatus,
        online: AgentStatus,
    },
    /// A department was created or changed.
    DepartmentChanged {
        department: DepartmentId,
        name: String,
        strategy: Strategy,
        enabled: bool,
    },
    /// An agent entered or left a department.
    MembershipChanged {
        department: DepartmentId,
        agent: AgentId,
        member: bool,
    },
    /// A customer was created or changed.
    CustomerChanged {
        customer: CustomerId,
        name: String,
        email: Option<String>,
        phone: String,
    },
    /// A customer or an address was banned, or a ban was lifted.
    BanChanged {
        customer: Option<CustomerId>,
        address: Option<String>,
        banned: bool,
    },
    /// A browser came to the site.
    VisitStarted {
        visit: VisitId,
        customer: CustomerId,
    },
    /// It opened a page.
    PageViewed {
        visit: VisitId,
        customer: CustomerId,
        url: String,
        title: String,
    },

    ConversationStarted {
        conversation: ConversationId,
        customer: CustomerId,
        customer_name: String,
        /// The browser it was started from; live events reach that browser only.
        visitor: Option<VisitorId>,
        department: DepartmentId,
        channel: Channel,
        status: Status,
        subject: String,
        /// Who began it; `None`: its customer. Entries of older programs do not say it.
        by: Option<Actor>,
    },
    StatusChanged {
        conversation: ConversationId,
        from: Status,
        to: Status,
        by: Actor,
    },
    /// The conversation has another department or another agent in charge.
    Assigned {
        conversation: ConversationId,
        department: DepartmentId,
        agent: Option<AgentId>,
        by: Actor,
    },
    MessageAdded {
        conversation: ConversationId,
        chat: Option<ChatId>,
        group: GroupId,
        group_kind: GroupKind,
        message: MessageId,
        kind: MessageKind,
        author: Actor,
        author_name: String,
        text: String,
        attachment: Option<Attachment>,
        /// The sender's idempotency key, so that he can tell his own message from the echo.
        key: Option<String>,
    },
    TagsChanged {
        conversation: ConversationId,
        chat: Option<ChatId>,
        before: Vec<String>,
        after: Vec<String>,
        by: Actor,
        /// What `after` names; entries of older programs do not say it.
        tags: Option<Vec<TagId>>,
    },
    /// One side has read up to a message.
    ReadMarked {
        conversation: ConversationId,
        by: Actor,
        message: MessageId,
    },

    ChatRequested {
        chat: ChatId,
        conversation: ConversationId,
        customer: CustomerId,
        customer_name: String,
        visit: Option<VisitId>,
        department: DepartmentId,
        started_by: StartedBy,
        priority: i16,
    },
    ChatOffered {
        chat: ChatId,
        conversation: ConversationId,
        offer: OfferId,
        agent: AgentId,
        expires: Timestamp,
        state: ChatState,
    },
    OfferClosed {
        chat: ChatId,
        conversation: ConversationId,
        offer: OfferId,
        agent: AgentId,
        outcome: OfferOutcome,
        state: ChatState,
    },
    ChatJoined {
        chat: ChatId,
        conversation: ConversationId,
        agent: AgentId,
        agent_name: String,
        engagement: EngagementId,
        start: EngagementStart,
    },
    /// An agent left; the chat goes on in `state`.
    ChatLeft {
        chat: ChatId,
        conversation: ConversationId,
        agent: AgentId,
        agent_name: String,
        engagement: EngagementId,
        state: ChatState,
    },
    /// The chat went to a department, or to one agent of it; it waits again in `state`.
    ChatTransferred {
        chat: ChatId,
        conversation: ConversationId,
        from: DepartmentId,
        department: DepartmentId,
        agent: Option<AgentId>,
        by: Actor,
        state: ChatState,
    },
    ChatEnded {
        chat: ChatId,
        conversation: ConversationId,
        department: DepartmentId,
        reason: EndReason,
        by: Actor,
        missed: bool,
        dropped: bool,
    },
    ChatRated {
        chat: ChatId,
        conversation: ConversationId,
        department: DepartmentId,
        rating: Option<Rating>,
        previous: Option<Rating>,
        comment: Option<String>,
    },
    /// The desk's own settings changed (routing times, grace times, names).
    SettingsChanged {
        /// How many chats at once every agent may have; `None`: each his own number.
        slots_for_all: Option<u16>,
    },

    /// A customer's data were taken away.
    CustomerRemoved {
        customer: CustomerId,
    },
    /// A tag was made, changed or taken away.
    TagChanged {
        tag: TagId,
        name: String,
        removed: bool,
    },
    CustomerGroupChanged {
        group: CustomerGroupId,
        name: String,
        removed: bool,
    },
    CompanyChanged {
        company: CompanyId,
        name: String,
        removed: bool,
    },
    KnowledgeBaseChanged {
        base: KnowledgeBaseId,
        name: String,
        removed: bool,
    },
    /// An entry was made, changed, moved, voted on or taken away.
    KnowledgeEntryChanged {
        base: KnowledgeBaseId,
        entry: KnowledgeEntryId,
        removed: bool,
    },
    WidgetChanged {
        widget: WidgetId,
        name: String,
        removed: bool,
    },
    /// The added fields of a conversation changed.
    FieldsChanged {
        conversation: ConversationId,
        by: Actor,
    },
    /// A conversation went into another one; its spellings lead there.
    ConversationMerged {
        conversation: ConversationId,
        into: ConversationId,
        by: Actor,
    },

    /// A skill was made, changed or taken away, or has other members.
    SkillChanged {
        skill: SkillId,
        name: String,
        removed: bool,
    },
    /// A chat asks for agents with these skills (all that it asks for now).
    SkillsRequested {
        chat: ChatId,
        conversation: ConversationId,
        skills: Vec<SkillId>,
        by: Actor,
    },
    /// An ended chat, or a message left while nobody was there (then `chat` is none), was marked as read, or as unread.
    ChatMarked {
        chat: Option<ChatId>,
        conversation: ConversationId,
        unread: bool,
        by: Actor,
    },
    GoalChanged {
        goal: GoalId,
        name: String,
        removed: bool,
    },
    /// A visitor reached a goal; `chat` is the one it is put down to.
    ConversionRecorded {
        conversion: ConversionId,
        goal: GoalId,
        goal_name: String,
        visit: VisitId,
        customer: CustomerId,
        chat: Option<ChatId>,
    },
    TriggerChanged {
        trigger: TriggerId,
        name: String,
        removed: bool,
    },
    /// A trigger did something about a visitor. `greeting` is what it said to one who is in no chat, under the name `speaker`.
    TriggerFired {
        trigger: TriggerId,
        trigger_name: String,
        visit: VisitId,
        visitor: VisitorId,
        customer: CustomerId,
        chat: Option<ChatId>,
        speaker: Option<String>,
        greeting: Option<String>,
    },
    ShortcutChanged {
        shortcut: ShortcutId,
        name: String,
        removed: bool,
    },
    OauthClientChanged {
        client: OauthClientId,
        name: String,
        removed: bool,
    },

    Call(CallEvent),
    Sla(SlaEvent),
    Automation(AutomationEvent),
}

impl Event {
    /// The conversation it belongs to; the journal is indexed by it.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Event::AgentChanged { .. }
            | Event::AgentStatusChanged { .. }
            | Event::DepartmentChanged { .. }
            | Event::MembershipChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::SettingsChanged { .. }
            | Event::CustomerRemoved { .. }
            | Event::TagChanged { .. }
            | Event::CustomerGroupChanged { .. }
            | Event::CompanyChanged { .. }
            | Event::KnowledgeBaseChanged { .. }
            | Event::KnowledgeEntryChanged { .. }
            | Event::WidgetChanged { .. }
            | Event::SkillChanged { .. }
            | Event::GoalChanged { .. }
            | Event::ConversionRecorded { .. }
            | Event::TriggerChanged { .. }
            | Event::TriggerFired { .. }
            | Event::ShortcutChanged { .. }
            | Event::OauthClientChanged { .. } => None,
            Event::ConversationStarted { conversation, .. }
            | Event::StatusChanged { conversation, .. }
            | Event::Assigned { conversation, .. }
            | Event::MessageAdded { conversation, .. }
            | Event::TagsChanged { conversation, .. }
            | Event::ReadMarked { conversation, .. }
            | Event::FieldsChanged { conversation, .. }
            | Event::ConversationMerged { conversation, .. }
            | Event::SkillsRequested { conversation, .. }
            | Event::ChatMarked { conversation, .. }
            | Event::ChatRequested { conversation, .. }
            | Event::ChatOffered { conversation, .. }
            | Event::OfferClosed { conversation, .. }
            | Event::ChatJoined { conversation, .. }
            | Event::ChatLeft { conversation, .. }
            | Event::ChatTransferred { conversation, .. }
            | Event::ChatEnded { conversation, .. }
            | Event::ChatRated { conversation, .. } => Some(*conversation),
            Event::Call(event) => Some(event.conversation()),
            Event::Sla(event) => event.conversation(),
            Event::Automation(event) => event.conversation(),
        }
    }

    /// The chat it belongs to.
    pub fn chat(&self) -> Option<ChatId> {
        match self {
            Event::MessageAdded { chat, .. }
            | Event::TagsChanged { chat, .. }
            | Event::ConversionRecorded { chat, .. }
            | Event::TriggerFired { chat, .. }
            | Event::ChatMarked { chat, .. } => *chat,
            Event::SkillsRequested { chat, .. }
            | Event::ChatRequested { chat, .. }
            | Event::ChatOffered { chat, .. }
            | Event::OfferClosed { chat, .. }
            | Event::ChatJoined { chat, .. }
            | Event::ChatLeft { chat, .. }
            | Event::ChatTransferred { chat, .. }
            | Event::ChatEnded { chat, .. }
            | Event::ChatRated { chat, .. } => Some(*chat),
            Event::AgentChanged { .. }
            | Event::AgentStatusChanged { .. }
            | Event::DepartmentChanged { .. }
            | Event::MembershipChanged { .. }
            | Event::CustomerChanged { .. }
            | Event::BanChanged { .. }
            | Event::VisitStarted { .. }
            | Event::PageViewed { .. }
            | Event::ConversationStarted { .. }
            | Event::StatusChanged { .. }
            | Event::Assigned { .. }
            | Event::ReadMarked { .. }
            | Event::FieldsChanged { .. }
            | Event::ConversationMerged { .. }
            | Event::SettingsChanged { .. }
            | Event::CustomerRemoved { .. }
            | Event::TagChanged { .. }
            | Event::CustomerGroupChanged { .. }
            | Event::CompanyChanged { .. }
            | Event::KnowledgeBaseChanged { .. }
            | Event::KnowledgeEntryChanged { .. }
            | Event::WidgetChanged { .. }
            | Event::SkillChanged { .. }
            | Event::GoalChanged { .. }
            | Event::TriggerChanged { .. }
            | Event::ShortcutChanged { .. }
            | Event::OauthClientChanged { .. }
            | Event::Call(_)
            | Event::Sla(_)
            | Event::Automation(_) => None,
        }
    }
}
