//! What a console or a widget shows when it starts: whole states, read in one snapshot. Lists of conversations are in [`listing`], calls in
//! [`calls`], departments with their agents in [`teams`].

pub mod calls;
pub mod listing;
pub mod teams;

use std::collections::HashMap;

use deskbell_domain::agent::Agent;
use deskbell_domain::chat::{Chat, ChatState, Offer};
use deskbell_domain::conversation::{Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Membership};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, DepartmentId, MessageId, SkillId, VisitId, VisitorId};
use deskbell_domain::message::Audience;
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::{Page, VISIT_PRESENT_SECONDS, Visit};
use deskbell_store::tables::messages::StoredMessage;
use deskbell_store::{Tx, tables};

use crate::error::AppError;
use crate::sla::{self, Standing};

/// Messages that a visitor's state holds at most: the newest.
pub const VISITOR_MESSAGES_MAX: i64 = 200;

/// A live chat with who is in it and where it rings.
#[derive(Debug, Clone)]
pub struct LiveChat {
    pub chat: Chat,
    pub customer: Customer,
    pub agents: Vec<AgentId>,
    pub offers: Vec<Offer>,
    /// What it asks for.
    pub skills: Vec<SkillId>,
}

/// The whole desk as an agent sees it.
#[derive(Debug, Clone)]
pub struct DeskState {
    /// The journal number this is true at.
    pub number: i64,
    pub epoch: i64,
    pub agents: Vec<Agent>,
    pub departments: Vec<Department>,
    pub memberships: Vec<Membership>,
    pub chats: Vec<LiveChat>,
    pub calls: Vec<calls::CallSeen>,
}

/// Reads the desk within a snapshot.
pub fn desk(tx: &mut Tx<'_>) -> Result<DeskState, AppError> {
    Ok(DeskState {
        number: tx.head()?,
        epoch: tx.epoch(),
        agents: tables::agents::all(tx)?,
        departments: tables::departments::all(tx)?,
        memberships: tables::departments::memberships(tx)?,
        chats: live_chats(tx)?,
        calls: calls::running(tx)?,
    })
}

/// All chats that have not ended, in queue order.
pub fn live_chats(tx: &mut Tx<'_>) -> Result<Vec<LiveChat>, AppError> {
    let chats = tables::chats::live(tx)?;
    let mut agents: HashMap<ChatId, Vec<AgentId>> = HashMap::new();
    for (chat, agent) in tables::engagements::all_open(tx)? {
        agents.entry(chat).or_default().push(agent);
    }
    let mut offers: HashMap<ChatId, Vec<Offer>> = HashMap::new();
    for offer in tables::offers::all_ringing(tx)? {
        offers.entry(offer.chat).or_default().push(offer);
    }
    let mut skills = tables::skills::of_live_chats(tx)?;
    let mut live = Vec::with_capacity(chats.len());
    for chat in chats {
        let customer = crate::customers::get(tx, chat.customer)?;
        live.push(LiveChat {
            agents: agents.remove(&chat.id).unwrap_or_default(),
            offers: offers.remove(&chat.id).unwrap_or_default(),
            skills: skills.remove(&chat.id).unwrap_or_default(),
            chat,
            customer,
        });
    }
    Ok(live)
}

/// What a visitor sees: his latest conversation.
#[derive(Debug, Clone)]
pub struct VisitorState {
    pub number: i64,
    pub epoch: i64,
    pub conversation: Option<ConversationId>,
    /// The latest chat of the conversation, and the agents in it with their names.
    pub chat: Option<Chat>,
    pub agents: Vec<(AgentId, String)>,
    pub messages: Vec<StoredMessage>,
    pub read_by_customer: Option<MessageId>,
    pub read_by_agent: Option<MessageId>,
}

/// Reads a visitor's state within a snapshot.
pub fn visitor(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<VisitorState, AppError> {
    let mut state = VisitorState {
        number: tx.head()?,
        epoch: tx.epoch(),
        conversation: None,
        chat: None,
        agents: Vec::new(),
        messages: Vec::new(),
        read_by_customer: None,
        read_by_agent: None,
    };
    let Some(conversation) = tables::conversations::latest_of_visitor(tx, visitor)? else { return Ok(state) };
    state.conversation = Some(conversation.id);
    state.chat = tables::chats::latest_of_visitor(tx, conversation.id, visitor)?;
    if let Some(chat) = state.chat.as_ref().filter(|chat| chat.state != ChatState::Ended) {
        for engagement in tables::engagements::open(tx, chat.id)? {
            let name = tables::agents::get(tx, engagement.agent)?.map(|agent| agent.display_name()).unwrap_or_default();
            state.agents.push((engagement.agent, name));
        }
    }
    let newest = tables::messages::newest(tx, conversation.id, VISITOR_MESSAGES_MAX)?;
    state.messages = newest.into_iter().filter(|stored| stored.message.kind.audience() == Audience::Public).collect();
    state.read_by_customer = tables::conversations::read_mark(tx, conversation.id, "customer")?;
    state.read_by_agent = tables::conversations::read_mark(tx, conversation.id, "agent")?;
    Ok(state)
}

/// A conversation with what stands beside it.
#[derive(Debug, Clone)]
pub struct ConversationView {
    pub conversation: Conversation,
    pub customer: Customer,
    pub department_name: String,
    pub chats: Vec<Chat>,
    pub visit: Option<Visit>,
    pub pages: Vec<Page>,
    /// Its service level, and what is watched.
    pub standing: Standing,
    /// Until when it is set aside.
    pub postponed_until: Option<Timestamp>,
}

/// Reads a conversation by any of its spellings.
pub fn conversation(tx: &mut Tx<'_>, spelling: &str) -> Result<ConversationView, AppError> {
    let unknown = || AppError::not_found("no such conversation");
    let id = tables::conversations::resolve(tx, spelling)?.ok_or_else(unknown)?;
    let conversation = tables::conversations::whole(tx, id)?.ok_or_else(unknown)?;
    let customer = crate::customers::get(tx, conversation.customer)?;
    let department_name = tables::departments::get(tx, conversation.department)?.map(|found| found.name).unwrap_or_default();
    let chats = tables::chats::of_conversation(tx, id)?;
    let (visit, pages) = match conversation.visit {
        Some(visit) => (tables::visits::get(tx, visit)?, tables::visits::pages(tx, visit)?),
        None => (None, Vec::new()),
    };
    let standing = sla::standing(tx, id)?;
    // That of one that a call goes on in rests.
    let postponed_until = tables::postponements::until(tx, id)?.filter(|_| conversation.status == Status::Postponed);
    Ok(ConversationView { postponed_until, conversation, customer, department_name, chats, visit, pages, standing })
}

/// A browser on the site now.
#[derive(Debug, Clone)]
pub struct PresentVisit {
    pub visit: Visit,
    pub customer: Customer,
    /// The page it shows.
    pub page: Option<Page>,
    /// The latest conversation from this browser.
    pub conversation: Option<ConversationId>,
}

/// Who is on the site, the latest to come first; `before` is the last one of the page before.
pub fn present_visits(
    tx: &mut Tx<'_>,
    now: Timestamp,
    before: Option<(Timestamp, VisitId)>,
    limit: i64,
) -> Result<Vec<PresentVisit>, AppError> {
    let mut present = Vec::new();
    for visit in tables::visits::present(tx, now.plus_seconds(-VISIT_PRESENT_SECONDS), before, limit)? {
        present.push(PresentVisit {
            customer: crate::customers::get(tx, visit.customer)?,
            page: tables::visits::last_page(tx, visit.id)?,
            conversation: tables::conversations::latest_of_visitor(tx, visit.visitor)?.map(|conversation| conversation.id),
            visit,
        });
    }
    Ok(present)
}

/// An agent by e-mail address or id.
pub fn agent(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<Agent>, AppError> {
    if identifier.contains('\0') {
        return Ok(None);
    }
    if identifier.contains('@') {
        return Ok(tables::agents::by_email(tx, identifier)?);
    }
    match AgentId::parse(identifier) {
        Some(id) => Ok(tables::agents::get(tx, id)?),
        None => Ok(None),
    }
}

/// All agents, by name, those who are switched off too.
pub fn agents(tx: &mut Tx<'_>) -> Result<Vec<Agent>, AppError> {
    Ok(tables::agents::all(tx)?)
}

/// All departments, the default one first, then by name, those that are switched off too.
pub fn departments(tx: &mut Tx<'_>) -> Result<Vec<Department>, AppError> {
    Ok(tables::departments::all(tx)?)
}

/// A department by id.
pub fn department(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<Department>, AppError> {
    match DepartmentId::parse(identifier) {
        Some(id) => Ok(tables::departments::get(tx, id)?),
        None => Ok(None),
    }
}
