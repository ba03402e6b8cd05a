//! Skills, their members, and what chats ask for.

use std::collections::HashMap;

use deskbell_domain::ids::{AgentId, ChatId, DepartmentId, SkillId};
use deskbell_domain::skill::Skill;
use deskbell_domain::time::Timestamp;

use super::{flag, in_list};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// A skill whose members are still to be read.
fn row(row: &Row<'_>) -> Result<Skill, StoreError> {
    Ok(Skill {
        id: SkillId::from_i64(row.get(0)?),
        name: row.get(1)?,
        description: row.get(2)?,
        enabled: row.get::<i64>(3)? != 0,
        members: Vec::new(),
    })
}

/// What names are compared by.
fn key(name: &str) -> String {
    name.to_lowercase()
}

/// All skills, by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Skill>, StoreError> {
    let mut skills = tx.all_with("SELECT id, name, description, enabled FROM skills ORDER BY name_key, id", &[], row)?;
    let mut members: HashMap<SkillId, Vec<AgentId>> = HashMap::new();
    let rows: Vec<(i64, i64)> = tx.all("SELECT skill_id, agent_id FROM skill_members ORDER BY skill_id, agent_id", &[])?;
    for (skill, agent) in rows {
        members.entry(SkillId::from_i64(skill)).or_default().push(AgentId::from_i64(agent));
    }
    for skill in &mut skills {
        skill.members = members.remove(&skill.id).unwrap_or_default();
    }
    Ok(skills)
}

pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx.one::<(i64,)>("SELECT COUNT(*) FROM skills", &[])?.0)
}

pub fn get(tx: &mut Tx<'_>, skill: SkillId) -> Result<Option<Skill>, StoreError> {
    let found = tx.opt_with("SELECT id, name, description, enabled FROM skills WHERE id = $1", &[&skill.get()], row)?;
    found.map(|skill| with_members(tx, skill)).transpose()
}

/// The skill with this name, in whatever case it is written.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Skill>, StoreError> {
    let found = tx.opt_with("SELECT id, name, description, enabled FROM skills WHERE name_key = $1", &[&key(name)], row)?;
    found.map(|skill| with_members(tx, skill)).transpose()
}

fn with_members(tx: &mut Tx<'_>, skill: Skill) -> Result<Skill, StoreError> {
    let rows: Vec<(i64,)> = tx.all("SELECT agent_id FROM skill_members WHERE skill_id = $1 ORDER BY agent_id", &[&skill.id.get()])?;
    Ok(Skill { members: rows.into_iter().map(|(agent,)| AgentId::from_i64(agent)).collect(), ..skill })
}

pub fn insert(tx: &mut Tx<'_>, skill: &Skill, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO skills (id, name, name_key, description, enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[&skill.id.get(), &skill.name, &key(&skill.name), &skill.description, &flag(skill.enabled), &at.micros()],
    )?;
    put_members(tx, skill)
}

/// Writes everything, the members too.
pub fn update(tx: &mut Tx<'_>, skill: &Skill) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE skills SET name = $2, name_key = $3, description = $4, enabled = $5 WHERE id = $1",
        &[&skill.id.get(), &skill.name, &key(&skill.name), &skill.description, &flag(skill.enabled)],
    )?;
    tx.exec("DELETE FROM skill_members WHERE skill_id = $1", &[&skill.id.get()])?;
    put_members(tx, skill)
}

fn put_members(tx: &mut Tx<'_>, skill: &Skill) -> Result<(), StoreError> {
    for agent in &skill.members {
        tx.exec(
            "INSERT INTO skill_members (skill_id, agent_id) VALUES ($1, $2) ON CONFLICT (skill_id, agent_id) DO NOTHING",
            &[&skill.id.get(), &agent.get()],
        )?;
    }
    Ok(())
}

/// Takes a skill away. What chats asked for stays written.
pub fn remove(tx: &mut Tx<'_>, skill: SkillId) -> Result<(), StoreError> {
    for statement in ["DELETE FROM skill_members WHERE skill_id = $1", "DELETE FROM skills WHERE id = $1"] {
        tx.exec(statement, &[&skill.get()])?;
    }
    Ok(())
}

fn of_rows(rows: Vec<(i64, i64)>) -> HashMap<AgentId, Vec<SkillId>> {
    let mut skills: HashMap<AgentId, Vec<SkillId>> = HashMap::new();
    for (agent, skill) in rows {
        skills.entry(AgentId::from_i64(agent)).or_default().push(SkillId::from_i64(skill));
    }
    skills
}

/// The skills of all agents who have some, those that are switched off too, by id.
pub fn of_agents(tx: &mut Tx<'_>) -> Result<HashMap<AgentId, Vec<SkillId>>, StoreError> {
    Ok(of_rows(tx.all("SELECT agent_id, skill_id FROM skill_members ORDER BY agent_id, skill_id", &[])?))
}

/// The skills that are switched on of a department's agents, whatever their status; of one who is switched off none.
pub fn of_department(tx: &mut Tx<'_>, department: DepartmentId) -> Result<HashMap<AgentId, Vec<SkillId>>, StoreError> {
    Ok(of_rows(tx.all(
        "SELECT s.agent_id, s.skill_id FROM memberships m JOIN agents a ON a.id = m.agent_id \
         JOIN skill_members s ON s.agent_id = a.id JOIN skills k ON k.id = s.skill_id \
         WHERE m.department_id = $1 AND a.enabled = 1 AND k.enabled = 1 ORDER BY s.agent_id, s.skill_id",
        &[&department.get()],
    )?))
}

/// The skills of one agent that are switched on.
pub fn of_agent(tx: &mut Tx<'_>, agent: AgentId) -> Result<Vec<SkillId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all(
        "SELECT s.skill_id FROM skill_members s JOIN skills k ON k.id = s.skill_id \
         WHERE s.agent_id = $1 AND k.enabled = 1 ORDER BY s.skill_id",
        &[&agent.get()],
    )?;
    Ok(rows.into_iter().map(|(skill,)| SkillId::from_i64(skill)).collect())
}

/// All that a chat has asked for, in the order it did, also what is gone by now.
pub fn of_chat(tx: &mut Tx<'_>, chat: ChatId) -> Result<Vec<SkillId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all("SELECT skill_id FROM chat_skills WHERE chat_id = $1 ORDER BY ordinal", &[&chat.get()])?;
    Ok(rows.into_iter().map(|(skill,)| SkillId::from_i64(skill)).collect())
}

/// What these chats ask for among the skills that are there and switched on.
pub fn asked(tx: &mut Tx<'_>, chats: &[ChatId]) -> Result<HashMap<ChatId, Vec<SkillId>>, StoreError> {
    let mut asked: HashMap<ChatId, Vec<SkillId>> = HashMap::new();
    let list = in_list(chats.iter().map(|chat| chat.get()));
    tx.each_dynamic(
        &format!(
            "SELECT c.chat_id, c.skill_id FROM chat_skills c JOIN skills k ON k.id = c.skill_id \
             WHERE c.chat_id IN {list} AND k.enabled = 1 ORDER BY c.chat_id, c.ordinal"
        ),
        &[],
        |row| {
            asked.entry(ChatId::from_i64(row.get(0)?)).or_default().push(SkillId::from_i64(row.get(1)?));
            Ok(())
        },
    )?;
    Ok(asked)
}

/// What all chats that have not ended have asked for.
pub fn of_live_chats(tx: &mut Tx<'_>) -> Result<HashMap<ChatId, Vec<SkillId>>, StoreError> {
    let mut asked: HashMap<ChatId, Vec<SkillId>> = HashMap::new();
    let rows: Vec<(i64, i64)> = tx.all(
        "SELECT s.chat_id, s.skill_id FROM chats c JOIN chat_skills s ON s.chat_id = c.id WHERE c.ended_at IS NULL \
         ORDER BY s.chat_id, s.ordinal",
        &[],
    )?;
    for (chat, skill) in rows {
        asked.entry(ChatId::from_i64(chat)).or_default().push(SkillId::from_i64(skill));
    }
    Ok(asked)
}

/// Replaces what a chat asks for.
pub fn put_of_chat(tx: &mut Tx<'_>, chat: ChatId, skills: &[SkillId]) -> Result<(), StoreError> {
    tx.exec("DELETE FROM chat_skills WHERE chat_id = $1", &[&chat.get()])?;
    for (ordinal, skill) in (0i64..).zip(skills) {
        tx.exec("INSERT INTO chat_skills (chat_id, skill_id, ordinal) VALUES ($1, $2, $3)", &[&chat.get(), &skill.get(), &ordinal])?;
    }
    Ok(())
}
