//! Handing a chat over, and asking another agent to join.

use deskbell_domain::agent::Agent;
use deskbell_domain::chat::{Chat, ChatState, OfferOutcome, Transfer};
use deskbell_domain::department::Department;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_store::{Tx, tables};

use super::{close_engagement, conversation_of, live, own_engagement, reload};
use crate::accounts::enabled_agent;
use crate::commands::Done;
use crate::context::Context;
use crate::conversations;
use crate::error::AppError;
use crate::messages::{self, Into, NewMessage};
use crate::routing;

/// Where a chat is handed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To one agent; the chat waits for him.
    Agent(AgentId),
    /// To a department's queue.
    Department(DepartmentId),
    /// To one agent, in this department of his.
    Member(AgentId, DepartmentId),
}

/// Hands a chat over: the agent leaves, and it rings at the target. To a department all agents leave; to an agent the others stay.
/// An administrator may hand over a chat that he is not in.
pub fn transfer(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, chat: ChatId, target: Target) -> Result<Done, AppError> {
    let chat = live(tx, chat)?;
    let by = enabled_agent(tx, by)?;
    if !by.role.administers() {
        own_engagement(tx, &chat, by.id)?;
    }
    hand(tx, cx, Actor::Agent(by.id), chat, target, Leaving::Giver)
}

/// The same with the whole desk's authority, in an agent's name or in none. If the one who hands it over is not in the chat, all leave.
pub fn transfer_by_desk(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, chat: ChatId, target: Target) -> Result<Done, AppError> {
    let chat = live(tx, chat)?;
    let present = tables::engagements::open(tx, chat.id)?.iter().any(|engagement| Actor::Agent(engagement.agent) == by);
    hand(tx, cx, by, chat, target, if present { Leaving::Giver } else { Leaving::All })
}

/// Who leaves a chat that is handed to an agent. One that is handed to a department is left by all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Giver,
    All,
}

fn hand(tx: &mut Tx<'_>, cx: &mut Context, by: Actor, mut chat: Chat, target: Target, leaving: Leaving) -> Result<Done, AppError> {
    let engagements = tables::engagements::open(tx, chat.id)?;
    let from = chat.department;
    let (to, name) = match target {
        Target::Agent(agent) => (Some(reachable(tx, &chat, agent)?), None),
        Target::Department(department) => {
            let department = open_department(tx, department)?;
            if tables::agents::candidates(tx, department.id)?.is_empty() {
                return Err(AppError::conflict("nobody of that department takes chats now"));
            }
            chat.department = department.id;
            (None, Some(department.name))
        }
        Target::Member(agent, department) => {
            let (agent, department) = (reachable(tx, &chat, agent)?, open_department(tx, department)?);
            if !tables::departments::is_member(tx, department.id, agent.id)? {
                return Err(AppError::conflict("that agent is not in that department"));
            }
            chat.department = department.id;
            (Some(agent), None)
        }
    };
    if let Some(agent) = &to {
        let department = department_of(tx, chat.department, agent.id)?;
        chat.department = department.ok_or_else(|| AppError::conflict("that agent is in no department that takes chats"))?;
    }
    let mut conversation = conversation_of(tx, chat.conversation)?;
    let text = format!("Transferred to {}", to.as_ref().map(Agent::display_name).or(name).unwrap_or_default());
    let author = conversations::actor_name(tx, by)?;
    let message = NewMessage::text(MessageKind::Transfer, by, &author, &text);
    messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::NewGroup(GroupKind::Transfer), message)?;
    let mut freed = Vec::new();
    for offer in tables::offers::ringing(tx, chat.id)? {
        routing::close_offer(tx, cx, &mut chat, &offer, OfferOutcome::Withdrawn)?;
        freed.push(offer.agent);
    }
    let leaves = |agent: AgentId| to.is_none() || leaving == Leaving::All || Actor::Agent(agent) == by;
    for engagement in engagements.iter().filter(|engagement| leaves(engagement.agent)) {
        close_engagement(tx, cx, &mut chat, engagement)?;
        freed.push(engagement.agent);
    }
    chat.pinned = to.as_ref().map(|agent| agent.id).filter(|_| chat.state != ChatState::Served);
    chat.waiting_since = cx.now;
    tables::chats::update(tx, &chat)?;
    let number = tx.append(
        cx.now,
        Event::ChatTransferred {
            chat: chat.id,
            conversation: chat.conversation,
            from,
            department: chat.department,
            agent: to.as_ref().map(|agent| agent.id),
            by,
            state: chat.state,
        },
    )?;
    if from != chat.department {
        tables::transfers::insert(tx, &Transfer { number, chat: chat.id, from, to: chat.department, by, at: cx.now })?;
    }
    if conversation.department != chat.department {
        let mut conversation = conversation_of(tx, chat.conversation)?;
        let assigned = conversation.assigned;
        conversations::assign(tx, cx, &mut conversation, chat.department, assigned, by)?;
    }
    match &to {
        Some(agent) if chat.state == ChatState::Served => ring(tx, cx, &mut chat, agent)?,
        _ => routing::route(tx, cx, chat.department)?,
    }
    for agent in freed {
        routing::route_for(tx, cx, agent)?;
    }
    let chat = reload(tx, chat.id)?;
    Ok(Done::chat(&chat, tx.head()?))
}

fn open_department(tx: &mut Tx<'_>, department: DepartmentId) -> Result<Department, AppError> {
    let found = tables::departments::get(tx, department)?.filter(|department| department.enabled);
    found.ok_or_else(|| AppError::not_found("no such department"))
}

/// The department that an agent answers in what stands in this one: the same, else one of his own.
pub(crate) fn department_of(tx: &mut Tx<'_>, department: DepartmentId, agent: AgentId) -> Result<Option<DepartmentId>, AppError> {
    if tables::departments::is_member(tx, department, agent)? {
        return Ok(Some(department));
    }
    let open: Vec<DepartmentId> =
        tables::departments::all(tx)?.into_iter().filter(|department| department.enabled).map(|department| department.id).collect();
    let own = tables::departments::memberships(tx)?
        .into_iter()
        .find(|membership| membership.agent == agent && open.contains(&membership.department));
    Ok(own.map(|membership| membership.department))
}

/// Asks another agent to join; the one who asks stays.
pub fn invite(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, chat: ChatId, agent: AgentId) -> Result<Done, AppError> {
    let mut chat = live(tx, chat)?;
    let by = enabled_agent(tx, by)?;
    own_engagement(tx, &chat, by.id)?;
    let agent = reachable(tx, &chat, agent)?;
    if tables::offers::ringing(tx, chat.id)?.iter().any(|offer| offer.agent == agent.id) {
        return Ok(Done::chat(&chat, tx.head()?));
    }
    ring(tx, cx, &mut chat, &agent)?;
    Ok(Done::chat(&chat, tx.head()?))
}

fn ring(tx: &mut Tx<'_>, cx: &Context, chat: &mut Chat, agent: &Agent) -> Result<(), AppError> {
    let (engaged, ringing) = tables::agents::load(tx, agent.id)?;
    if engaged + ringing >= u32::from(cx.settings.routing.limit.slots(agent.slots)) {
        return Err(AppError::conflict("all chat slots of that agent are in use"));
    }
    let seconds = tables::departments::get(tx, chat.department)?.map_or(0, |department| department.offer_seconds);
    routing::offer(tx, cx, chat, agent.id, seconds)?;
    Ok(())
}

/// An agent who takes chats now and is not in this one.
fn reachable(tx: &mut Tx<'_>, chat: &Chat, agent: AgentId) -> Result<Agent, AppError> {
    let agent = tables::agents::get(tx, agent)?.filter(|agent| agent.enabled).ok_or_else(|| AppError::not_found("no such agent"))?;
    if !agent.online.takes_chats() {
        return Err(AppError::conflict("that agent takes no chats now"));
    }
    if tables::engagements::open(tx, chat.id)?.iter().any(|engagement| engagement.agent == agent.id) {
        return Err(AppError::conflict("that agent is in the chat already"));
    }
    Ok(agent)
}
