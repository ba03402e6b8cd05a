//! Agents and departments: made, changed, and what an agent's status does to his chats.

use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Membership};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CustomerId, DepartmentId};
use deskbell_domain::routing_rules::IdleStatus;
use deskbell_store::tables::changes::Place;
use deskbell_store::{Tx, tables};

use crate::calls;
use crate::chats;
use crate::context::Context;
use crate::customers::check_email;
use crate::error::AppError;
use crate::routing;

/// Chats at once that an agent may be given.
const SLOTS_MAX: u16 = 100;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;
/// Characters of a department's description.
const DESCRIPTION_CHARS_MAX: usize = 2_000;

/// An agent as administrators write it.
#[derive(Debug, Clone)]
pub struct AgentDraft {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
    pub slots: u16,
    pub enabled: bool,
    /// Already hashed; `None` leaves the password as it is.
    pub password_hash: Option<String>,
}

impl AgentDraft {
    fn check(&self) -> Result<String, AppError> {
        if self.slots > SLOTS_MAX {
            return Err(AppError::invalid("slots are at most 100"));
        }
        for name in [&self.first_name, &self.last_name] {
            if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
                return Err(AppError::invalid("a name has at most 100 characters and no control characters"));
            }
        }
        check_email(&self.email)
    }
}

/// An agent who may work here, or a refusal.
pub fn enabled_agent(tx: &mut Tx<'_>, agent: AgentId) -> Result<Agent, AppError> {
    tables::agents::get(tx, agent)?.filter(|agent| agent.enabled).ok_or_else(|| AppError::not_found("no such agent"))
}

/// Whether this agent may make (`from` is `None`) or change another one: administrators may, but owners are made and changed by owners only.
pub fn may_write_agent(tx: &mut Tx<'_>, by: AgentId, from: Option<Role>, to: Role) -> Result<(), AppError> {
    let by = enabled_agent(tx, by)?;
    if !by.role.administers() {
        return Err(AppError::forbidden("only administrators may do this"));
    }
    let owners = from == Some(Role::Owner) || to == Role::Owner;
    if owners && by.role != Role::Owner {
        return Err(AppError::forbidden("only an owner may make or change owners"));
    }
    Ok(())
}

fn announce(tx: &mut Tx<'_>, cx: &Context, agent: &Agent) -> Result<(), AppError> {
    tx.append(
        cx.now,
        Event::AgentChanged {
            agent: agent.id,
            email: agent.email.clone(),
            name: agent.display_name(),
            role: agent.role,
            slots: agent.slots,
            enabled: agent.enabled,
        },
    )?;
    Ok(())
}

/// Makes an agent, a member of the default department.
pub fn create_agent(tx: &mut Tx<'_>, cx: &Context, draft: &AgentDraft) -> Result<Agent, AppError> {
    let email = draft.check()?;
    if tables::agents::by_email(tx, &email)?.is_some() {
        return Err(AppError::conflict("another agent has that address"));
    }
    let hash = draft.password_hash.as_deref().ok_or_else(|| AppError::missing("password is missing"))?;
    let contact = Customer {
        name: format!("{} {}", draft.first_name, draft.last_name).trim().to_owned(),
        ..Customer::anonymous(CustomerId::from_i64(tx.next_id()?), cx.now)
    };
    tables::customers::insert(tx, &contact)?;
    let agent = Agent {
        id: AgentId::from_i64(tx.next_id()?),
        contact: contact.id,
        email,
        first_name: draft.first_name.trim().to_owned(),
        last_name: draft.last_name.trim().to_owned(),
        role: draft.role,
        slots: draft.slots,
        enabled: draft.enabled,
        preset: AgentStatus::ONLINE,
        online: AgentStatus::OFFLINE,
    };
    tables::agents::insert(tx, &agent, hash, cx.now)?;
    announce(tx, cx, &agent)?;
    tx.append(cx.now, Event::AgentStatusChanged { agent: agent.id, preset: agent.preset, online: agent.online })?;
    join_department(tx, cx, Membership { department: DepartmentId::DEFAULT, agent: agent.id, priority: 50 })?;
    Ok(agent)
}

fn join_department(tx: &mut Tx<'_>, cx: &Context, membership: Membership) -> Result<(), AppError> {
    let news = !tables::departments::is_member(tx, membership.department, membership.agent)?;
    tables::departments::put_member(tx, membership)?;
    if news {
        tx.append(cx.now, Event::MembershipChanged { department: membership.department, agent: membership.agent, member: true })?;
    }
    Ok(())
}

/// Changes an agent. A new password ends what the old one opened: his sessions, and what programs were granted that showed it. Who is switched
/// off loses his sessions, his offers, his chats and his calls.
pub fn change_agent(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, draft: &AgentDraft) -> Result<Agent, AppError> {
    let email = draft.check()?;
    let mut agent = tables::agents::get(tx, agent)?.ok_or_else(|| AppError::not_found("no such agent"))?;
    if tables::agents::by_email(tx, &email)?.is_some_and(|other| other.id != agent.id) {
        return Err(AppError::conflict("another agent has that address"));
    }
    let stays_owner = draft.role == Role::Owner && draft.enabled;
    if agent.role == Role::Owner && !stays_owner {
        let owners = tables::agents::all(tx)?.iter().filter(|other| other.role == Role::Owner && other.enabled).count();
        if owners <= 1 {
            return Err(AppError::conflict("the last owner stays owner"));
        }
    }
    let was_enabled = agent.enabled;
    agent.email = email;
    agent.first_name = draft.first_name.trim().to_owned();
    agent.last_name = draft.last_name.trim().to_owned();
    agent.role = draft.role;
    agent.slots = draft.slots;
    agent.enabled = draft.enabled;
    tables::agents::update(tx, &agent)?;
    announce(tx, cx, &agent)?;
    if let Some(hash) = &draft.password_hash {
        tables::agents::set_password(tx, agent.id, hash)?;
        tables::credentials::revoke_sessions(tx, agent.id, cx.now)?;
        tables::oauth::revoke_password_grants(tx, agent.id, cx.now)?;
    }
    if was_enabled && !agent.enabled {
        tables::credentials::revoke_sessions(tx, agent.id, cx.now)?;
        gone(tx, cx, agent.id)?;
        calls::agent_gone(tx, cx, agent.id)?;
    }
    routing::route_for(tx, cx, agent.id)?;
    Ok(agent)
}

/// Changes an agent for another one, or for himself: administrators change all of him, he himself his name and password.
pub fn change_agent_for(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, agent: &Agent, draft: &AgentDraft) -> Result<Agent, AppError> {
    let is_own =
        by == agent.id && (draft.role, draft.slots, draft.enabled, &draft.email) == (agent.role, agent.slots, agent.enabled, &agent.email);
    if !is_own {
        may_write_agent(tx, by, Some(agent.role), draft.role)?;
    }
    change_agent(tx, cx, agent.id, draft)
}

/// Sets how many chats at once an agent may have: administrators do, and he himself where the desk lets agents choose.
pub fn set_slots(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, agent: AgentId, slots: u16) -> Result<Agent, AppError> {
    let agent = tables::agents::get(tx, agent)?.ok_or_else(|| AppError::not_found("no such agent"))?;
    if by != agent.id || !cx.settings.routing.limit.agents_choose {
        may_write_agent(tx, by, Some(agent.role), agent.role)?;
    }
    let draft = AgentDraft {
        email: agent.email,
        first_name: agent.first_name,
        last_name: agent.last_name,
        role: agent.role,
        slots,
        enabled: agent.enabled,
        password_hash: None,
    };
    change_agent(tx, cx, agent.id, &draft)
}

/// An agent chooses a status. It is true at once if one of his consoles is connected.
pub fn choose_status(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, preset: AgentStatus, connected: bool) -> Result<Agent, AppError> {
    let mut agent = enabled_agent(tx, agent)?;
    tables::agents::forget_missed_rings(tx, agent.id)?;
    agent.preset = preset;
    let online = if connected || !agent.online.is_offline() { preset } else { AgentStatus::OFFLINE };
    set_online(tx, cx, &mut agent, online)?;
    Ok(agent)
}

/// The same for a status that says nothing of the phone: it stays on if it was, unless the agent becomes offline.
pub fn choose_word(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, preset: AgentStatus, connected: bool) -> Result<Agent, AppError> {
    let had = enabled_agent(tx, agent)?.preset.has(AgentStatus::PHONE);
    choose_status(tx, cx, agent, preset.with_phone(had || preset.has(AgentStatus::PHONE)), connected)
}

/// An agent's phone is on or off; the rest of his status stays. One who chose to be offline has no phone.
pub fn choose_phone(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, on: bool, connected: bool) -> Result<Agent, AppError> {
    let preset = enabled_agent(tx, agent)?.preset;
    if on && preset.is_offline() {
        return Err(AppError::conflict("choose another status than offline first"));
    }
    choose_status(tx, cx, agent, preset.with_phone(on), connected)
}

/// An agent lets chats ring: he becomes what the desk says of idle agents, until he chooses another status.
pub(crate) fn go_idle(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, status: IdleStatus) -> Result<(), AppError> {
    let known = tables::agents::get(tx, agent)?;
    if known.is_some_and(|agent| agent.enabled && agent.online.takes_chats()) {
        choose_word(tx, cx, agent, status.status(), false)?;
    }
    Ok(())
}

/// A console of the agent is connected: he is online as he chose.
pub fn here(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId) -> Result<Agent, AppError> {
    let mut agent = enabled_agent(tx, agent)?;
    let preset = agent.preset;
    set_online(tx, cx, &mut agent, preset)?;
    Ok(agent)
}

/// The agent's last console has been gone for the grace time: he is offline, and others get his chats. What he talks on the phone goes on.
pub fn gone(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId) -> Result<(), AppError> {
    let Some(mut agent) = tables::agents::get(tx, agent)? else { return Ok(()) };
    set_online(tx, cx, &mut agent, AgentStatus::OFFLINE)?;
    for (chat, engaged) in tables::engagements::all_open(tx)? {
        if engaged != agent.id {
            continue;
        }
        let Some(mut chat) = tables::chats::get(tx, chat)? else { continue };
        let engagement = chats::own_engagement(tx, &chat, agent.id)?;
        chats::close_engagement(tx, cx, &mut chat, &engagement)?;
        routing::route(tx, cx, chat.department)?;
    }
    Ok(())
}

fn set_online(tx: &mut Tx<'_>, cx: &mut Context, agent: &mut Agent, online: AgentStatus) -> Result<(), AppError> {
    let before = tables::agents::get(tx, agent.id)?.map(|agent| (agent.preset, agent.online));
    agent.online = online;
    if before == Some((agent.preset, agent.online)) {
        return Ok(());
    }
    tables::agents::update(tx, agent)?;
    let number = tx.append(cx.now, Event::AgentStatusChanged { agent: agent.id, preset: agent.preset, online })?;
    tables::changes::agent_status(tx, Place { number, at: cx.now }, agent.id, online)?;
    if !online.takes_chats() {
        for offer in tables::offers::ringing_at(tx, agent.id)? {
            routing::pass_on(tx, cx, &offer, OfferOutcome::Withdrawn)?;
        }
    }
    if !online.takes_calls() {
        calls::withdraw_from(tx, cx, agent.id)?;
    }
    routing::route_for(tx, cx, agent.id)
}

/// Whether there is such a department, enabled or not. Departments are never deleted.
pub fn department_exists(tx: &mut Tx<'_>, department: DepartmentId) -> Result<bool, AppError> {
    Ok(tables::departments::get(tx, department)?.is_some())
}

/// Makes or changes a department, with its members when they are given.
pub fn put_department(tx: &mut Tx<'_>, cx: &mut Context, department: &Department, members: Option<&[Membership]>) -> Result<(), AppError> {
    if department.name.trim().is_empty() || department.name.chars().count() > NAME_CHARS_MAX {
        return Err(AppError::invalid("a department's name has 1 to 100 characters"));
    }
    if department.name.chars().any(char::is_control) {
        return Err(AppError::invalid("a department's name has no control characters"));
    }
    if department.description.chars().count() > DESCRIPTION_CHARS_MAX || department.description.contains('\0') {
        return Err(AppError::invalid("a department's description has at most 2,000 characters and no NUL"));
    }
    if !(5..=3_600).contains(&department.offer_seconds) {
        return Err(AppError::invalid("offer_seconds is between 5 and 3600"));
    }
    if department.id == DepartmentId::DEFAULT && !department.enabled {
        return Err(AppError::conflict("the default department stays"));
    }
    tables::departments::put(tx, department, cx.now)?;
    tx.append(
        cx.now,
        Event::DepartmentChanged {
            department: department.id,
            name: department.name.clone(),
            strategy: department.strategy,
            enabled: department.enabled,
        },
    )?;
    if let Some(members) = members {
        let before: Vec<Membership> =
            tables::departments::memberships(tx)?.into_iter().filter(|member| member.department == department.id).collect();
        for member in before.iter().filter(|before| !members.iter().any(|member| member.agent == before.agent)) {
            tables::departments::remove_member(tx, department.id, member.agent)?;
            tx.append(cx.now, Event::MembershipChanged { department: department.id, agent: member.agent, member: false })?;
        }
        for member in members {
            // One who is switched off may stay a member: he gets no chats.
            tables::agents::get(tx, member.agent)?.ok_or_else(|| AppError::not_found("no such agent"))?;
            if !(1..=100).contains(&member.priority) {
                return Err(AppError::invalid("a member's priority is between 1 and 100"));
            }
            join_department(tx, cx, Membership { department: department.id, ..*member })?;
        }
    }
    routing::route(tx, cx, department.id)
}
