//! Engagements: agents' parts in chats.

use deskbell_domain::chat::{Engagement, EngagementStart, Responses};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, DepartmentId, EngagementId};
use deskbell_domain::time::Timestamp;

use super::{flag, narrow, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, chat_id, conversation_id, agent_id, department_id, ordinal, start_kind, assigned, joined_at, left_at, \
                       visitor_messages, agent_messages, response_count, response_sum, response_first, response_max, skills_fulfilled";

fn row(row: &Row<'_>) -> Result<Engagement, StoreError> {
    Ok(Engagement {
        id: EngagementId::from_i64(row.get(0)?),
        chat: ChatId::from_i64(row.get(1)?),
        conversation: ConversationId::from_i64(row.get(2)?),
        agent: AgentId::from_i64(row.get(3)?),
        department: DepartmentId::from_i64(row.get(4)?),
        ordinal: narrow("ordinal", row.get(5)?)?,
        start: word(EngagementStart::parse, "engagement start", row.str(6)?)?,
        assigned: row.get::<i64>(7)? != 0,
        joined: time(row.get(8)?),
        left: row.get::<Option<i64>>(9)?.map(time),
        visitor_messages: narrow("visitor_messages", row.get(10)?)?,
        agent_messages: narrow("agent_messages", row.get(11)?)?,
        responses: Responses {
            count: narrow("response_count", row.get(12)?)?,
            sum_micros: row.get(13)?,
            first_micros: row.get(14)?,
            max_micros: row.get(15)?,
        },
        skills_fulfilled: row.get::<i64>(16)? != 0,
    })
}

/// Adds an engagement; `number` is that of the journal event of joining.
pub fn insert(tx: &mut Tx<'_>, engagement: &Engagement, number: i64) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO engagements (id, chat_id, conversation_id, agent_id, department_id, ordinal, start_kind, assigned, joined_at, \
           joined_number, visitor_messages, agent_messages, response_count, response_sum, skills_fulfilled) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, 0, $11)",
        &[
            &engagement.id.get(),
            &engagement.chat.get(),
            &engagement.conversation.get(),
            &engagement.agent.get(),
            &engagement.department.get(),
            &i64::from(engagement.ordinal),
            &engagement.start.text(),
            &flag(engagement.assigned),
            &engagement.joined.micros(),
            &number,
            &flag(engagement.skills_fulfilled),
        ],
    )?;
    Ok(())
}

/// Writes the counts and response times.
pub fn update_counts(tx: &mut Tx<'_>, engagement: &Engagement) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE engagements SET visitor_messages = $2, agent_messages = $3, response_count = $4, response_sum = $5, response_first = $6, \
           response_max = $7 WHERE id = $1",
        &[
            &engagement.id.get(),
            &i64::from(engagement.visitor_messages),
            &i64::from(engagement.agent_messages),
            &i64::from(engagement.responses.count),
            &engagement.responses.sum_micros,
            &engagement.responses.first_micros,
            &engagement.responses.max_micros,
        ],
    )?;
    Ok(())
}

/// Ends an engagement; `number` is that of the journal event of leaving.
pub fn leave(tx: &mut Tx<'_>, engagement: EngagementId, at: Timestamp, number: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE engagements SET left_at = $2, left_number = $3 WHERE id = $1", &[&engagement.get(), &at.micros(), &number])?;
    Ok(())
}

/// Engagements of a chat that go on.
pub fn open(tx: &mut Tx<'_>, chat: ChatId) -> Result<Vec<Engagement>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM engagements WHERE chat_id = $1 AND left_at IS NULL ORDER BY ordinal"),
        &[&chat.get()],
        row,
    )
}

/// All engagements that go on, as chat and agent.
pub fn all_open(tx: &mut Tx<'_>) -> Result<Vec<(ChatId, AgentId)>, StoreError> {
    let rows: Vec<(i64, i64)> = tx.all("SELECT chat_id, agent_id FROM engagements WHERE left_at IS NULL ORDER BY joined_at, id", &[])?;
    Ok(rows.into_iter().map(|(chat, agent)| (ChatId::from_i64(chat), AgentId::from_i64(agent))).collect())
}

/// Where in the journal an engagement began and ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub engagement: Engagement,
    pub joined_number: i64,
    pub left_number: Option<i64>,
}

/// All engagements of a chat in order, with their places in the journal.
pub fn of_chat(tx: &mut Tx<'_>, chat: ChatId) -> Result<Vec<Placed>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS}, joined_number, left_number FROM engagements WHERE chat_id = $1 ORDER BY ordinal"),
        &[&chat.get()],
        |found| Ok(Placed { engagement: row(found)?, joined_number: found.get(17)?, left_number: found.get(18)? }),
    )
}

/// How many engagements a chat has had.
pub fn count(tx: &mut Tx<'_>, chat: ChatId) -> Result<u16, StoreError> {
    let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM engagements WHERE chat_id = $1", &[&chat.get()])?;
    narrow("engagements", count)
}
