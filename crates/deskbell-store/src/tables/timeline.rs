//! Spans and changes of agents, changes of queues, and what their reader keeps open.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::ChatState;
use deskbell_domain::ids::{AgentId, ChatId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::timeline::{AgentChange, AgentEvent, AgentState, DepartmentEvent, LiveChat, Queue, Span, StatusWord};

use super::{flag, narrow, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// Where the latest event stands: its moment, and how many carry its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latest {
    pub at: Timestamp,
    pub in_second: i64,
}

fn status(text: &str) -> Result<StatusWord, StoreError> {
    word(StatusWord::parse, "status word", text)
}

pub fn insert_span(tx: &mut Tx<'_>, span: &Span) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO agent_spans (end_at, agent_id, status, engagements, start_at) VALUES ($1, $2, $3, $4, $5)",
        &[&span.end.micros(), &span.agent.get(), &span.status.text(), &i64::from(span.engagements), &span.start.micros()],
    )?;
    Ok(())
}

/// The end of the latest span.
pub fn latest_span_end(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let (end,): (Option<i64>,) = tx.one("SELECT MAX(end_at) FROM agent_spans", &[])?;
    Ok(end.map(time))
}

/// Spans that end after `after` and not after `until`, by their end.
pub fn spans(tx: &mut Tx<'_>, after: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Span>, StoreError> {
    tx.all_with(
        "SELECT end_at, agent_id, status, engagements, start_at FROM agent_spans WHERE end_at > $1 AND end_at <= $2 ORDER BY end_at LIMIT $3",
        &[&after.micros(), &until.micros(), &limit],
        |row| {
            Ok(Span {
                agent: AgentId::from_i64(row.get(1)?),
                status: status(row.str(2)?)?,
                engagements: narrow("engagements", row.get(3)?)?,
                start: time(row.get(4)?),
                end: time(row.get(0)?),
            })
        },
    )
}

pub fn insert_agent_event(tx: &mut Tx<'_>, event: &AgentEvent) -> Result<(), StoreError> {
    let (mut words, mut counts) = ((None, None), (None, None));
    match event.change {
        AgentChange::Status { previous, value } => words = (Some(previous.text()), Some(value.text())),
        AgentChange::Engagements { previous, value } => counts = (Some(i64::from(previous)), Some(i64::from(value))),
    }
    tx.exec(
        "INSERT INTO agent_events (second, public_id, at, agent_id, status_before, status, engagements_before, engagements) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[&event.at.seconds(), &event.id, &event.at.micros(), &event.agent.get(), &words.0, &words.1, &counts.0, &counts.1],
    )?;
    Ok(())
}

pub fn latest_agent_event(tx: &mut Tx<'_>) -> Result<Option<Latest>, StoreError> {
    let (second,): (Option<i64>,) = tx.one("SELECT MAX(second) FROM agent_events", &[])?;
    let Some(second) = second else { return Ok(None) };
    let (at, in_second) = tx.one("SELECT MAX(at), COUNT(*) FROM agent_events WHERE second = $1", &[&second])?;
    Ok(Some(Latest { at: time(at), in_second }))
}

/// Changes of agents strictly after (second, id) and not after the second `until`, by second, then by id as bytes.
pub fn agent_events(tx: &mut Tx<'_>, after: (i64, &str), until: i64, limit: i64) -> Result<Vec<AgentEvent>, StoreError> {
    tx.all_with(
        "SELECT public_id, at, agent_id, status_before, status, engagements_before, engagements FROM agent_events \
         WHERE (second, public_id) > ($1, $2) AND second <= $3 ORDER BY second, public_id LIMIT $4",
        &[&after.0, &after.1, &until, &limit],
        |row| Ok(AgentEvent { id: row.get(0)?, at: time(row.get(1)?), agent: AgentId::from_i64(row.get(2)?), change: agent_change(row)? }),
    )
}

fn agent_change(row: &Row<'_>) -> Result<AgentChange, StoreError> {
    let words: (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
    let counts: (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
    match (words, counts) {
        ((Some(previous), Some(value)), (None, None)) => Ok(AgentChange::Status { previous: status(&previous)?, value: status(&value)? }),
        ((None, None), (Some(previous), Some(value))) => {
            Ok(AgentChange::Engagements { previous: narrow("engagements", previous)?, value: narrow("engagements", value)? })
        }
        other => Err(StoreError::Corrupt(format!("a change of an agent is one thing, not {other:?}"))),
    }
}

pub fn insert_department_event(tx: &mut Tx<'_>, event: &DepartmentEvent) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO department_events (second, public_id, at, department_id, incoming_before, assigned_before, incoming, assigned) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &event.at.seconds(),
            &event.id,
            &event.at.micros(),
            &event.department.get(),
            &i64::from(event.previous.incoming),
            &i64::from(event.previous.assigned),
            &i64::from(event.value.incoming),
            &i64::from(event.value.assigned),
        ],
    )?;
    Ok(())
}

pub fn latest_department_event(tx: &mut Tx<'_>) -> Result<Option<Latest>, StoreError> {
    let (second,): (Option<i64>,) = tx.one("SELECT MAX(second) FROM department_events", &[])?;
    let Some(second) = second else { return Ok(None) };
    let (at, in_second) = tx.one("SELECT MAX(at), COUNT(*) FROM department_events WHERE second = $1", &[&second])?;
    Ok(Some(Latest { at: time(at), in_second }))
}

/// Changes of queues strictly after (second, id) and not after the second `until`, by second, then by id as bytes.
pub fn department_events(tx: &mut Tx<'_>, after: (i64, &str), until: i64, limit: i64) -> Result<Vec<DepartmentEvent>, StoreError> {
    let queue = |incoming: i64, assigned: i64| -> Result<Queue, StoreError> {
        Ok(Queue { incoming: narrow("incoming", incoming)?, assigned: narrow("assigned", assigned)? })
    };
    tx.all_with(
        "SELECT public_id, at, department_id, incoming_before, assigned_before, incoming, assigned FROM department_events \
         WHERE (second, public_id) > ($1, $2) AND second <= $3 ORDER BY second, public_id LIMIT $4",
        &[&after.0, &after.1, &until, &limit],
        |row| {
            Ok(DepartmentEvent {
                id: row.get(0)?,
                at: time(row.get(1)?),
                department: DepartmentId::from_i64(row.get(2)?),
                previous: queue(row.get(3)?, row.get(4)?)?,
                value: queue(row.get(5)?, row.get(6)?)?,
            })
        },
    )
}

/// How every agent stands of whom something was heard.
pub fn agents(tx: &mut Tx<'_>) -> Result<Vec<(AgentId, AgentState)>, StoreError> {
    tx.all_with("SELECT id, enabled, online, engagements, since FROM timeline_agents ORDER BY id", &[], |row| {
        let state = AgentState {
            enabled: row.get::<i64>(1)? != 0,
            online: AgentStatus::from_bits(narrow("status", row.get(2)?)?),
            engagements: narrow("engagements", row.get(3)?)?,
            since: time(row.get(4)?),
        };
        Ok((AgentId::from_i64(row.get(0)?), state))
    })
}

pub fn put_agent(tx: &mut Tx<'_>, agent: AgentId, state: &AgentState) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO timeline_agents (id, enabled, online, engagements, since) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET enabled = excluded.enabled, online = excluded.online, engagements = excluded.engagements, \
           since = excluded.since",
        &[&agent.get(), &flag(state.enabled), &i64::from(state.online.bits()), &i64::from(state.engagements), &state.since.micros()],
    )?;
    Ok(())
}

/// The chats that go on.
pub fn chats(tx: &mut Tx<'_>) -> Result<Vec<(ChatId, LiveChat)>, StoreError> {
    let mut chats: Vec<(ChatId, LiveChat)> =
        tx.all_with("SELECT id, department_id, state FROM timeline_chats ORDER BY id", &[], |row| {
            let state = word(ChatState::parse, "chat state", row.str(2)?)?;
            let chat = LiveChat { department: DepartmentId::from_i64(row.get(1)?), state, agents: Vec::new() };
            Ok((ChatId::from_i64(row.get(0)?), chat))
        })?;
    let engaged: Vec<(i64, i64)> = tx.all("SELECT chat_id, agent_id FROM timeline_engagements ORDER BY chat_id, agent_id", &[])?;
    for (chat, agent) in engaged {
        let place = chats
            .binary_search_by_key(&chat, |(id, _)| id.get())
            .map_err(|_| StoreError::Corrupt(format!("an engagement in chat {chat}, which is over")))?;
        chats[place].1.agents.push(AgentId::from_i64(agent));
    }
    Ok(chats)
}

pub fn put_chat(tx: &mut Tx<'_>, id: ChatId, chat: &LiveChat) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO timeline_chats (id, department_id, state) VALUES ($1, $2, $3) \
         ON CONFLICT (id) DO UPDATE SET department_id = excluded.department_id, state = excluded.state",
        &[&id.get(), &chat.department.get(), &chat.state.text()],
    )?;
    tx.exec("DELETE FROM timeline_engagements WHERE chat_id = $1", &[&id.get()])?;
    for agent in &chat.agents {
        tx.exec("INSERT INTO timeline_engagements (chat_id, agent_id) VALUES ($1, $2)", &[&id.get(), &agent.get()])?;
    }
    Ok(())
}

pub fn remove_chat(tx: &mut Tx<'_>, id: ChatId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM timeline_engagements WHERE chat_id = $1", &[&id.get()])?;
    tx.exec("DELETE FROM timeline_chats WHERE id = $1", &[&id.get()])?;
    Ok(())
}
