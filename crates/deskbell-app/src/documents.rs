//! Export documents: what an ended chat or an offline message shows to the outside, rendered when it ended or was left, and again when
//! what it shows has changed. What a document looks like is the surface's affair: it is handed in as a [`Renderer`].
//!
//! [`reader`] follows the journal and writes; [`promise`] keeps what is written behind what was read.

mod earlier;
pub mod promise;
pub mod reader;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use deskbell_domain::agent::Agent;
use deskbell_domain::chat::{Chat, ChatState, Transfer};
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::goal::Conversion;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, MessageId, SkillId, VisitId};
use deskbell_domain::message::{Actor, GroupKind};
use deskbell_domain::offline::OfflineMessage;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::{Page, Visit};
use deskbell_store::tables::engagements::Placed;
use deskbell_store::tables::messages::StoredMessage;
use deskbell_store::{StoreError, Tx, tables};

pub use promise::{Promise, handed_out};
pub use reader::Reader;

use crate::error::AppError;

/// Conversions that a document shows.
const CONVERSIONS_MAX: i64 = 20;

/// All that a chat's document shows.
pub struct ChatRecord {
    pub account_key: i64,
    pub chat: Chat,
    pub conversation: Conversation,
    pub customer: Customer,
    pub visit: Option<Visit>,
    pub pages: Vec<Page>,
    pub messages: Vec<StoredMessage>,
    pub engagements: Vec<Placed>,
    pub agents: HashMap<AgentId, Agent>,
    pub department_name: String,
    /// The ways it took from department to department.
    pub transfers: Vec<Transfer>,
    /// The names of the departments of these.
    pub departments: HashMap<DepartmentId, String>,
    /// The latest that are put down to the chat, oldest first.
    pub conversions: Vec<Conversion>,
    /// In the order they were asked for.
    pub skills_requested: Vec<SkillId>,
}

impl ChatRecord {
    /// Whether somebody who had all the skills that the chat asked for was in it.
    pub fn skills_fulfilled(&self) -> bool {
        self.engagements.iter().any(|placed| placed.engagement.skills_fulfilled)
    }
}

/// All that an offline message's document shows.
pub struct OfflineRecord {
    pub account_key: i64,
    pub offline: OfflineMessage,
    pub conversation: Conversation,
    pub customer: Customer,
    pub visit: Option<Visit>,
    pub pages: Vec<Page>,
    pub text: String,
    pub department_name: String,
}

/// Renders a chat or an offline message as one JSON object; `updated` is the second of its last change.
pub trait Renderer: Send + Sync + 'static {
    fn render(&self, record: &ChatRecord, updated: Timestamp) -> String;
    fn render_offline(&self, record: &OfflineRecord, updated: Timestamp) -> String;
}

/// Loads what the document of an ended chat shows; `None` for a chat that goes on.
pub fn load(tx: &mut Tx<'_>, account_key: i64, chat: ChatId) -> Result<Option<ChatRecord>, StoreError> {
    let Some(chat) = tables::chats::get(tx, chat)?.filter(|chat| chat.state == ChatState::Ended) else { return Ok(None) };
    let Some(conversation) = tables::conversations::whole(tx, chat.conversation)? else { return Ok(None) };
    let Some(customer) = tables::customers::get(tx, chat.customer)? else { return Ok(None) };
    let (visit, pages) = browsing(tx, chat.visit)?;
    let messages = tables::messages::of_chat(tx, chat.id)?;
    let engagements = tables::engagements::of_chat(tx, chat.id)?;
    let mut agents = HashMap::new();
    let authors = messages.iter().filter_map(|stored| match stored.message.author {
        Actor::Agent(agent) => Some(agent),
        Actor::Customer(_) | Actor::System => None,
    });
    let transfers = tables::transfers::of_chat(tx, chat.id)?;
    for agent in engagements.iter().map(|placed| placed.engagement.agent).chain(authors) {
        if let Entry::Vacant(place) = agents.entry(agent)
            && let Some(found) = tables::agents::get(tx, agent)?
        {
            place.insert(found);
        }
    }
    let conversions = tables::goals::conversions_of_chat(tx, chat.id, CONVERSIONS_MAX)?;
    let department_name = department_name(tx, chat.department)?;
    let mut departments = HashMap::new();
    for department in transfers.iter().flat_map(|transfer| [transfer.from, transfer.to]) {
        if let Entry::Vacant(place) = departments.entry(department) {
            place.insert(self::department_name(tx, department)?);
        }
    }
    let skills_requested = tables::skills::of_chat(tx, chat.id)?;
    Ok(Some(ChatRecord {
        account_key,
        chat,
        conversation,
        customer,
        visit,
        pages,
        messages,
        engagements,
        agents,
        department_name,
        conversions,
        skills_requested,
        transfers,
        departments,
    }))
}

fn browsing(tx: &mut Tx<'_>, visit: Option<VisitId>) -> Result<(Option<Visit>, Vec<Page>), StoreError> {
    Ok(match visit {
        Some(visit) => (tables::visits::get(tx, visit)?, tables::visits::pages(tx, visit)?),
        None => (None, Vec::new()),
    })
}

fn department_name(tx: &mut Tx<'_>, department: DepartmentId) -> Result<String, StoreError> {
    Ok(tables::departments::get(tx, department)?.map(|department| department.name).unwrap_or_default())
}

/// Loads what the document of an offline message shows.
pub fn load_offline(tx: &mut Tx<'_>, account_key: i64, message: MessageId) -> Result<Option<OfflineRecord>, StoreError> {
    let Some(offline) = tables::offline_messages::get(tx, message)? else { return Ok(None) };
    let Some(stored) = tables::messages::get(tx, message)? else { return Ok(None) };
    let Some(conversation) = tables::conversations::whole(tx, offline.conversation)? else { return Ok(None) };
    let Some(customer) = tables::customers::get(tx, offline.customer)? else { return Ok(None) };
    let (visit, pages) = browsing(tx, offline.visit)?;
    let department_name = department_name(tx, offline.department)?;
    let text = stored.message.text;
    Ok(Some(OfflineRecord { account_key, offline, conversation, customer, visit, pages, text, department_name }))
}

/// A page of documents strictly after (second, id) and not newer than `until` (seconds), in the order of exports: by second, then by id
/// as bytes. `each` is called with second, id and JSON.
pub fn page(tx: &mut Tx<'_>, after: (i64, &str), until: i64, limit: i64, each: impl FnMut(i64, &str, &str)) -> Result<(), AppError> {
    Ok(tables::documents::page(tx, after, until, limit, each)?)
}

#[derive(Clone, Copy)]
enum Touched<'e> {
    Chat(ChatId),
    Customer(CustomerId),
    Conversation(ConversationId),
    Offline(MessageId),
    /// All documents that show this name.
    Agent(AgentId, &'e str),
    Department(DepartmentId, &'e str),
}

/// Whose documents an event may change.
fn touches(event: &Event) -> Option<Touched<'_>> {
    match event {
        Event::ChatEnded { chat, .. } | Event::ChatRated { chat, .. } | Event::SkillsRequested { chat, .. } => Some(Touched::Chat(*chat)),
        Event::ConversionRecorded { chat, .. } => chat.map(Touched::Chat),
        Event::ChatMarked { chat, conversation, .. } => Some(chat.map_or(Touched::Conversation(*conversation), Touched::Chat)),
        Event::MessageAdded { group_kind: GroupKind::Offline | GroupKind::OfflineLegacy, message, .. } => Some(Touched::Offline(*message)),
        Event::AgentChanged { agent, name, .. } => Some(Touched::Agent(*agent, name)),
        Event::DepartmentChanged { department, name, .. } => Some(Touched::Department(*department, name)),
        // A conversation has several chats when others went into it; the documents of all show its tags and its number.
        Event::TagsChanged { conversation, .. } => Some(Touched::Conversation(*conversation)),
        Event::ConversationMerged { into, .. } => Some(Touched::Conversation(*into)),
        Event::CustomerChanged { customer, .. } | Event::CustomerRemoved { customer } => Some(Touched::Customer(*customer)),
        // A document says whether its conversation is deleted.
        Event::StatusChanged { conversation, from, to, .. } if *from == Status::Deleted || *to == Status::Deleted => {
            Some(Touched::Conversation(*conversation))
        }
        // What is said in a live chat is in the document once the chat has ended; what is added later comes with a rating or tags.
        Event::MessageAdded { .. }
        | Event::AgentStatusChanged { .. }
        | Event::MembershipChanged { .. }
        | Event::BanChanged { .. }
        | Event::VisitStarted { .. }
        | Event::PageViewed { .. }
        | Event::ConversationStarted { .. }
        | Event::StatusChanged { .. }
        | Event::Assigned { .. }
        | Event::ReadMarked { .. }
        | Event::ChatRequested { .. }
        | Event::ChatOffered { .. }
        | Event::OfferClosed { .. }
        | Event::ChatJoined { .. }
        | Event::ChatLeft { .. }
        | Event::ChatTransferred { .. }
        | Event::SettingsChanged { .. }
        | Event::TagChanged { .. }
        | Event::CustomerGroupChanged { .. }
        | Event::CompanyChanged { .. }
        | Event::KnowledgeBaseChanged { .. }
        | Event::KnowledgeEntryChanged { .. }
        | Event::WidgetChanged { .. }
        | Event::FieldsChanged { .. }
        | Event::SkillChanged { .. }
        | Event::GoalChanged { .. }
        | Event::TriggerChanged { .. }
        | Event::TriggerFired { .. }
        | Event::ShortcutChanged { .. }
        | Event::OauthClientChanged { .. }
        | Event::Call(_)
        | Event::Sla(_)
        | Event::Automation(_) => None,
    }
}
