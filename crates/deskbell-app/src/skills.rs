//! Skills: made, changed, taken away; and what chats ask for. How they steer routing is in [`crate::routing`].

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use deskbell_domain::chat::{Chat, ChatState, OfferOutcome};
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, ChatId, ENTITY_END, ENTITY_MIN, SkillId};
use deskbell_domain::message::Actor;
use deskbell_domain::skill::{Skill, has_all};
use deskbell_store::{Tx, tables};

use crate::commands::Done;
use crate::context::Context;
use crate::error::AppError;
use crate::{accounts, chats, routing};

/// Skills on a desk.
pub const SKILLS_MAX: i64 = 500;
/// Characters of a skill's name.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters of a skill's description.
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// Agents that may be named as members in one go.
pub const MEMBERS_MAX: usize = 10_000;
/// Skills that count of those a chat asks for: the ones named last.
pub const REQUESTED_SKILLS_MAX: usize = 5;
/// Names or ids of skills in one request.
pub const REQUESTED_WORDS_MAX: usize = 50;

/// What is written of a skill; `None` leaves as it is, or has its default.
#[derive(Debug, Clone, Default)]
pub struct SkillDraft {
    pub name: Option<String>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    pub members: Option<Vec<AgentId>>,
}

/// All skills, by name.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Skill>, AppError> {
    Ok(tables::skills::all(tx)?)
}

/// One skill, or a refusal.
pub fn get(tx: &mut Tx<'_>, skill: SkillId) -> Result<Skill, AppError> {
    tables::skills::get(tx, skill)?.ok_or_else(|| AppError::not_found("no such skill"))
}

/// The skill with this name, whatever its case, or a refusal.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Skill, AppError> {
    let name = name.trim();
    let found = if name.contains('\0') { None } else { tables::skills::by_name(tx, name)? };
    found.ok_or_else(|| AppError::not_found("no such skill"))
}

/// The skills of all agents who have some.
pub fn of_agents(tx: &mut Tx<'_>) -> Result<HashMap<AgentId, Vec<SkillId>>, AppError> {
    Ok(tables::skills::of_agents(tx)?)
}

/// What a chat has asked for, in the order it did, also what is gone by now.
pub fn of_chat(tx: &mut Tx<'_>, chat: ChatId) -> Result<Vec<SkillId>, AppError> {
    Ok(tables::skills::of_chat(tx, chat)?)
}

/// Makes a skill: switched on and with nobody in it, unless it is said otherwise.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, draft: &SkillDraft) -> Result<Skill, AppError> {
    let mut skill =
        Skill { id: SkillId::from_i64(tx.next_id()?), name: String::new(), description: String::new(), enabled: true, members: Vec::new() };
    let name = draft.name.clone().ok_or_else(|| AppError::missing("name is missing"))?;
    apply(tx, &mut skill, &SkillDraft { name: Some(name), ..draft.clone() })?;
    if tables::skills::count(tx)? >= SKILLS_MAX {
        return Err(AppError::too_large(format!("at most {SKILLS_MAX} skills")));
    }
    tables::skills::insert(tx, &skill, cx.now)?;
    changed(tx, cx, &skill, Fate::Stays)?;
    Ok(skill)
}

/// Changes a skill. Chats that wait may find somebody by it.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, skill: SkillId, draft: &SkillDraft) -> Result<Skill, AppError> {
    let before = get(tx, skill)?;
    let mut skill = before.clone();
    apply(tx, &mut skill, draft)?;
    if skill != before {
        tables::skills::update(tx, &skill)?;
        changed(tx, cx, &skill, Fate::Stays)?;
    }
    Ok(skill)
}

/// Takes a skill away: no agent has it and no chat waits for it any more.
pub fn remove(tx: &mut Tx<'_>, cx: &mut Context, skill: SkillId) -> Result<(), AppError> {
    let skill = get(tx, skill)?;
    tables::skills::remove(tx, skill.id)?;
    changed(tx, cx, &skill, Fate::Goes)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
}

fn changed(tx: &mut Tx<'_>, cx: &mut Context, skill: &Skill, fate: Fate) -> Result<(), AppError> {
    tx.append(cx.now, Event::SkillChanged { skill: skill.id, name: skill.name.clone(), removed: fate == Fate::Goes })?;
    if cx.settings.skill_routing_enabled { routing::route_all(tx, cx) } else { Ok(()) }
}

fn apply(tx: &mut Tx<'_>, skill: &mut Skill, draft: &SkillDraft) -> Result<(), AppError> {
    if let Some(name) = &draft.name {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(AppError::invalid(format!("a skill's name has 1 to {NAME_CHARS_MAX} characters and no control characters")));
        }
        if tables::skills::by_name(tx, name)?.is_some_and(|other| other.id != skill.id) {
            return Err(AppError::conflict("another skill has that name"));
        }
        name.clone_into(&mut skill.name);
    }
    if let Some(description) = &draft.description {
        let odd = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
        if description.chars().count() > DESCRIPTION_CHARS_MAX || description.chars().any(odd) {
            return Err(AppError::invalid(format!(
                "a skill's description has at most {DESCRIPTION_CHARS_MAX} characters and no control characters"
            )));
        }
        description.clone_into(&mut skill.description);
    }
    skill.enabled = draft.enabled.unwrap_or(skill.enabled);
    if let Some(members) = &draft.members {
        if members.len() > MEMBERS_MAX {
            return Err(AppError::too_large(format!("a skill has at most {MEMBERS_MAX} members")));
        }
        let mut members = members.clone();
        members.sort_unstable();
        members.dedup();
        for agent in &members {
            // One who is switched off may stay a member: he gets no chats.
            tables::agents::get(tx, *agent)?.ok_or_else(|| AppError::invalid("members: no such agent"))?;
        }
        skill.members = members;
    }
    Ok(())
}

/// The skills that these words name, by name or by id. What is unknown is passed over: a page may name a skill that is gone.
pub fn named(tx: &mut Tx<'_>, words: &[String]) -> Result<Vec<SkillId>, AppError> {
    if words.len() > REQUESTED_WORDS_MAX {
        return Err(AppError::too_large(format!("at most {REQUESTED_WORDS_MAX} skills")));
    }
    let mut skills = Vec::new();
    for word in words.iter().map(|word| word.trim()) {
        if word.is_empty() || word.chars().count() > NAME_CHARS_MAX || word.chars().any(char::is_control) {
            continue;
        }
        let found = match tables::skills::by_name(tx, word)? {
            Some(skill) => Some(skill.id),
            None => spelled(word),
        };
        skills.extend(found);
    }
    Ok(skills)
}

/// An id as the desk spells it, or as Zendesk Chat's API does.
fn spelled(word: &str) -> Option<SkillId> {
    let integer = word.parse().ok().filter(|value| (ENTITY_MIN..ENTITY_END).contains(value)).map(SkillId::from_i64);
    SkillId::parse(word).or(integer)
}

/// Sets what a live chat asks for, and looks anew for whom it is. Unknown skills and those switched off are passed over; of more than
/// [`REQUESTED_SKILLS_MAX`] the last ones count. `chat` may have changed after it.
pub fn request(tx: &mut Tx<'_>, cx: &mut Context, chat: &Chat, skills: &[SkillId], by: Actor) -> Result<(), AppError> {
    if chat.state == ChatState::Ended {
        return Err(AppError::conflict("the chat has ended"));
    }
    if record(tx, cx, chat, skills, by)? == Recorded::Changed {
        look_anew(tx, cx, chat.id)?;
    }
    Ok(())
}

/// Whether what a chat asks for is other than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    Changed,
    Same,
}

/// Writes what a chat asks for; does not route.
pub(crate) fn record(tx: &mut Tx<'_>, cx: &Context, chat: &Chat, skills: &[SkillId], by: Actor) -> Result<Recorded, AppError> {
    let wanted = existing(tx, skills)?;
    if wanted == tables::skills::of_chat(tx, chat.id)? {
        return Ok(Recorded::Same);
    }
    tables::skills::put_of_chat(tx, chat.id, &wanted)?;
    tx.append(cx.now, Event::SkillsRequested { chat: chat.id, conversation: chat.conversation, skills: wanted, by })?;
    Ok(Recorded::Changed)
}

/// The last of those that are there and switched on, each once, in their order.
fn existing(tx: &mut Tx<'_>, skills: &[SkillId]) -> Result<Vec<SkillId>, AppError> {
    let mut latest: Vec<SkillId> = Vec::new();
    for skill in skills.iter().rev() {
        if latest.len() == REQUESTED_SKILLS_MAX {
            break;
        }
        if !latest.contains(skill) && tables::skills::get(tx, *skill)?.is_some_and(|skill| skill.enabled) {
            latest.push(*skill);
        }
    }
    latest.reverse();
    Ok(latest)
}

/// Takes a chat back from those it rings at but is not for, and routes.
fn look_anew(tx: &mut Tx<'_>, cx: &mut Context, chat: ChatId) -> Result<(), AppError> {
    let mut chat = chats::live(tx, chat)?;
    let mut freed = Vec::new();
    let asked = routing::asks_for(tx, cx, &chat)?;
    if chat.state == ChatState::Offered && chat.pinned.is_none() && !asked.is_empty() {
        for offer in tables::offers::ringing(tx, chat.id)? {
            if !has_all(&tables::skills::of_agent(tx, offer.agent)?, &asked) {
                routing::close_offer(tx, cx, &mut chat, &offer, OfferOutcome::Withdrawn)?;
                freed.push(offer.agent);
            }
        }
    }
    routing::route(tx, cx, chat.department)?;
    freed.into_iter().try_for_each(|agent| routing::route_for(tx, cx, agent))
}

/// An agent of the chat's department, one who is in it, or an administrator sets what it asks for.
pub fn agent_requests(tx: &mut Tx<'_>, cx: &mut Context, agent: AgentId, chat: ChatId, words: &[String]) -> Result<Done, AppError> {
    let chat = chats::live(tx, chat)?;
    let agent = accounts::enabled_agent(tx, agent)?;
    let own = agent.role.administers()
        || tables::departments::is_member(tx, chat.department, agent.id)?
        || tables::engagements::open(tx, chat.id)?.iter().any(|engagement| engagement.agent == agent.id);
    if !own {
        return Err(AppError::forbidden("the chat belongs to a department of others"));
    }
    let skills = named(tx, words)?;
    request(tx, cx, &chat, &skills, Actor::Agent(agent.id))?;
    let chat = chats::live(tx, chat.id)?;
    Ok(Done::chat(&chat, tx.head()?))
}

/// Whether a chat asks for skills, and an agent has all of them.
pub(crate) fn fulfilled(tx: &mut Tx<'_>, chat: ChatId, agent: AgentId) -> Result<bool, AppError> {
    let asked = tables::skills::asked(tx, &[chat])?.remove(&chat).unwrap_or_default();
    Ok(!asked.is_empty() && has_all(&tables::skills::of_agent(tx, agent)?, &asked))
}
