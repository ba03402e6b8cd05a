//! Live chats.

use std::collections::HashMap;

use deskbell_domain::chat::{Chat, ChatState, EndReason, Rating, Responses, StartedBy};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, GroupId, VisitId, VisitorId};
use deskbell_domain::routing::QueuedChat;
use deskbell_domain::time::Timestamp;

use super::{flag, in_list, narrow, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, public_id, conversation_id, group_id, customer_id, visit_id, department_id, state, started_by, priority, \
                       requested_at, waiting_since, ended_at, end_reason, unanswered_since, first_message_at, last_message_at, \
                       visitor_messages, agent_messages, joined_ever, offered_ever, pinned_id, missed, dropped, rating, rating_comment, \
                       rated_at, response_count, response_sum, response_first, response_max, customer_name, unread";

fn row(row: &Row<'_>) -> Result<Chat, StoreError> {
    let moment = |place: usize| -> Result<Option<Timestamp>, StoreError> { Ok(row.get::<Option<i64>>(place)?.map(time)) };
    Ok(Chat {
        id: ChatId::from_i64(row.get(0)?),
        public_id: row.get(1)?,
        conversation: ConversationId::from_i64(row.get(2)?),
        group: GroupId::from_i64(row.get(3)?),
        customer: CustomerId::from_i64(row.get(4)?),
        customer_name: row.get(31)?,
        visit: row.get::<Option<i64>>(5)?.map(VisitId::from_i64),
        department: DepartmentId::from_i64(row.get(6)?),
        state: word(ChatState::parse, "chat state", row.str(7)?)?,
        started_by: word(StartedBy::parse, "started by", row.str(8)?)?,
        priority: narrow("priority", row.get(9)?)?,
        requested: time(row.get(10)?),
        waiting_since: time(row.get(11)?),
        ended: moment(12)?,
        end_reason: row.get::<Option<String>>(13)?.map(|text| word(EndReason::parse, "end reason", &text)).transpose()?,
        unanswered_since: moment(14)?,
        first_message: moment(15)?,
        last_message: moment(16)?,
        visitor_messages: narrow("visitor_messages", row.get(17)?)?,
        agent_messages: narrow("agent_messages", row.get(18)?)?,
        joined_ever: row.get::<i64>(19)? != 0,
        offered_ever: row.get::<i64>(20)? != 0,
        pinned: row.get::<Option<i64>>(21)?.map(AgentId::from_i64),
        missed: row.get::<i64>(22)? != 0,
        dropped: row.get::<i64>(23)? != 0,
        unread: row.get::<i64>(32)? != 0,
        rating: row.get::<Option<String>>(24)?.map(|text| word(Rating::parse, "rating", &text)).transpose()?,
        rating_comment: row.get(25)?,
        rated: moment(26)?,
        responses: Responses {
            count: narrow("response_count", row.get(27)?)?,
            sum_micros: row.get(28)?,
            first_micros: row.get(29)?,
            max_micros: row.get(30)?,
        },
    })
}

pub fn insert(tx: &mut Tx<'_>, chat: &Chat) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO chats (id, public_id, conversation_id, group_id, customer_id, visit_id, department_id, state, started_by, priority, \
           requested_at, waiting_since, visitor_messages, agent_messages, joined_ever, offered_ever, missed, dropped, response_count, \
           response_sum, customer_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, 0, 0, 0, 0, 0, $13)",
        &[
            &chat.id.get(),
            &chat.public_id,
            &chat.conversation.get(),
            &chat.group.get(),
            &chat.customer.get(),
            &chat.visit.map(VisitId::get),
            &chat.department.get(),
            &chat.state.text(),
            &chat.started_by.text(),
            &i64::from(chat.priority),
            &chat.requested.micros(),
            &chat.waiting_since.micros(),
            &chat.customer_name,
        ],
    )?;
    update(tx, chat)
}

/// Writes everything that may change.
pub fn update(tx: &mut Tx<'_>, chat: &Chat) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE chats SET department_id = $2, state = $3, waiting_since = $4, ended_at = $5, end_reason = $6, unanswered_since = $7, \
           first_message_at = $8, last_message_at = $9, visitor_messages = $10, agent_messages = $11, joined_ever = $12, \
           offered_ever = $13, pinned_id = $14, missed = $15, dropped = $16, rating = $17, rating_comment = $18, rated_at = $19, \
           response_count = $20, response_sum = $21, response_first = $22, response_max = $23, unread = $24 WHERE id = $1",
        &[
            &chat.id.get(),
            &chat.department.get(),
            &chat.state.text(),
            &chat.waiting_since.micros(),
            &chat.ended.map(Timestamp::micros),
            &chat.end_reason.map(EndReason::text),
            &chat.unanswered_since.map(Timestamp::micros),
            &chat.first_message.map(Timestamp::micros),
            &chat.last_message.map(Timestamp::micros),
            &i64::from(chat.visitor_messages),
            &i64::from(chat.agent_messages),
            &flag(chat.joined_ever),
            &flag(chat.offered_ever),
            &chat.pinned.map(AgentId::get),
            &flag(chat.missed),
            &flag(chat.dropped),
            &chat.rating.map(Rating::text),
            &chat.rating_comment,
            &chat.rated.map(Timestamp::micros),
            &i64::from(chat.responses.count),
            &chat.responses.sum_micros,
            &chat.responses.first_micros,
            &chat.responses.max_micros,
            &flag(chat.unread),
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, chat: ChatId) -> Result<Option<Chat>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM chats WHERE id = $1"), &[&chat.get()], row)
}

/// A chat by its outside id.
pub fn by_public_id(tx: &mut Tx<'_>, public_id: &str) -> Result<Option<Chat>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM chats WHERE public_id = $1"), &[&public_id], row)
}

/// All chats of a conversation, oldest first.
pub fn of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<Chat>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM chats WHERE conversation_id = $1 ORDER BY requested_at, id"),
        &[&conversation.get()],
        row,
    )
}

/// The latest chat of a conversation that this browser asked for.
pub fn latest_of_visitor(tx: &mut Tx<'_>, conversation: ConversationId, visitor: VisitorId) -> Result<Option<Chat>, StoreError> {
    let list = COLUMNS.split(", ").map(|column| format!("c.{}", column.trim())).collect::<Vec<_>>().join(", ");
    tx.opt_dynamic_with(
        &format!(
            "SELECT {list} FROM chats c JOIN visits v ON v.id = c.visit_id \
             WHERE c.conversation_id = $1 AND v.visitor_id = $2 ORDER BY c.requested_at DESC, c.id DESC LIMIT 1"
        ),
        &[&conversation.get(), &visitor.get()],
        row,
    )
}

/// Of these conversations, the ones with chats, each with its latest.
pub fn latest_of_conversations(tx: &mut Tx<'_>, conversations: &[ConversationId]) -> Result<HashMap<ConversationId, ChatId>, StoreError> {
    let mut latest = HashMap::new();
    let list = in_list(conversations.iter().map(|conversation| conversation.get()));
    // The live one, if there is one, was asked for last.
    tx.each_dynamic(
        &format!("SELECT conversation_id, id FROM chats WHERE conversation_id IN {list} ORDER BY requested_at, id"),
        &[],
        |row| {
            latest.insert(ConversationId::from_i64(row.get(0)?), ChatId::from_i64(row.get(1)?));
            Ok(())
        },
    )?;
    Ok(latest)
}

/// The chat of a conversation that has not ended.
pub fn live_of_conversation(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Chat>, StoreError> {
    tx.opt_dynamic_with(
        &format!("SELECT {COLUMNS} FROM chats WHERE conversation_id = $1 AND ended_at IS NULL ORDER BY requested_at DESC LIMIT 1"),
        &[&conversation.get()],
        row,
    )
}

/// The chat of a browser that has not ended.
pub fn live_of_visitor(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<Option<Chat>, StoreError> {
    let list = COLUMNS.split(", ").map(|column| format!("c.{}", column.trim())).collect::<Vec<_>>().join(", ");
    tx.opt_dynamic_with(
        &format!(
            "SELECT {list} FROM chats c JOIN conversations v ON v.id = c.conversation_id \
             WHERE v.visitor_id = $1 AND c.ended_at IS NULL ORDER BY c.requested_at DESC LIMIT 1"
        ),
        &[&visitor.get()],
        row,
    )
}

/// All chats that have not ended, in queue order.
pub fn live(tx: &mut Tx<'_>) -> Result<Vec<Chat>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM chats WHERE ended_at IS NULL ORDER BY priority DESC, waiting_since, id"), &[], row)
}

/// A chat that waits with nobody asked, and its place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub chat: ChatId,
    pub customer: CustomerId,
    pub priority: i64,
    pub since: Timestamp,
    pub pinned: Option<AgentId>,
}

/// Chats of a department that wait with nobody asked, in queue order: from its head, or those behind one of them.
pub fn waiting(tx: &mut Tx<'_>, department: DepartmentId, behind: Option<&Waiting>, limit: i64) -> Result<Vec<Waiting>, StoreError> {
    // Every priority is below the largest number.
    let (priority, since, chat) = behind.map_or((i64::MAX, 0, 0), |last| (last.priority, last.since.micros(), last.chat.get()));
    tx.all_with(
        "SELECT id, customer_id, priority, waiting_since, pinned_id FROM chats \
         WHERE department_id = $1 AND ended_at IS NULL AND state = 'queued' \
           AND (priority < $2 OR (priority = $2 AND (waiting_since > $3 OR (waiting_since = $3 AND id > $4)))) \
         ORDER BY priority DESC, waiting_since, id LIMIT $5",
        &[&department.get(), &priority, &since, &chat, &limit],
        |row| {
            Ok(Waiting {
                chat: ChatId::from_i64(row.get(0)?),
                customer: CustomerId::from_i64(row.get(1)?),
                priority: row.get(2)?,
                since: time(row.get(3)?),
                pinned: row.get::<Option<i64>>(4)?.map(AgentId::from_i64),
            })
        },
    )
}

/// Chats of a department that wait with nobody asked, in queue order, as routing looks at them. What they ask for is not read here.
pub fn queued(tx: &mut Tx<'_>, department: DepartmentId, limit: i64) -> Result<Vec<QueuedChat>, StoreError> {
    let all = waiting(tx, department, None, limit)?;
    all.iter().map(|waiting| queued_chat(tx, waiting)).collect()
}

/// One that waits, with the agents that were asked in vain since, and the one who served the customer before. What it asks for is not
/// read here.
pub fn queued_chat(tx: &mut Tx<'_>, waiting: &Waiting) -> Result<QueuedChat, StoreError> {
    let asked: Vec<(i64,)> = tx.all(
        "SELECT agent_id FROM offers WHERE chat_id = $1 AND offered_at >= $2 AND outcome IN ('expired', 'declined') \
         ORDER BY offered_at DESC, id LIMIT 100",
        &[&waiting.chat.get(), &waiting.since.micros()],
    )?;
    Ok(QueuedChat {
        chat: waiting.chat,
        pinned: waiting.pinned,
        earlier: earlier_agent(tx, waiting.customer, waiting.chat)?,
        asked: asked.into_iter().map(|(agent,)| AgentId::from_i64(agent)).collect(),
        skills: Vec::new(),
    })
}

/// The agent who last served an earlier chat of this customer.
fn earlier_agent(tx: &mut Tx<'_>, customer: CustomerId, chat: ChatId) -> Result<Option<AgentId>, StoreError> {
    let found: Option<(i64,)> = tx.opt(
        "SELECT e.agent_id FROM chats c JOIN engagements e ON e.chat_id = c.id \
         WHERE c.customer_id = $1 AND c.id <> $2 ORDER BY e.joined_at DESC LIMIT 1",
        &[&customer.get(), &chat.get()],
    )?;
    Ok(found.map(|(agent,)| AgentId::from_i64(agent)))
}

/// How many chats of a department wait, offered ones included.
pub fn count_waiting(tx: &mut Tx<'_>, department: DepartmentId) -> Result<i64, StoreError> {
    Ok(tx
        .one::<(i64,)>(
            "SELECT COUNT(*) FROM chats WHERE department_id = $1 AND ended_at IS NULL AND state IN ('queued', 'offered')",
            &[&department.get()],
        )?
        .0)
}

/// Served chats in which nothing has happened since a moment: no message, no transfer, nobody joined.
pub fn idle_since(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<Vec<ChatId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all(
        "SELECT id FROM chats WHERE ended_at IS NULL AND state = 'served' AND waiting_since < $1 \
           AND COALESCE(last_message_at, requested_at) < $1 \
           AND NOT EXISTS (SELECT 1 FROM engagements e WHERE e.chat_id = chats.id AND e.joined_at >= $1) LIMIT $2",
        &[&before.micros(), &limit],
    )?;
    Ok(rows.into_iter().map(|(id,)| ChatId::from_i64(id)).collect())
}

/// Department and end of the chats missed at or after a moment.
pub fn missed_since(tx: &mut Tx<'_>, since: Timestamp) -> Result<Vec<(DepartmentId, Timestamp)>, StoreError> {
    tx.all_with(
        "SELECT department_id, ended_at FROM chats WHERE missed = 1 AND ended_at >= $1 ORDER BY ended_at",
        &[&since.micros()],
        |row| Ok((DepartmentId::from_i64(row.get(0)?), time(row.get(1)?))),
    )
}

/// Ratings given at or after a moment, as they are now.
pub fn rated_since(tx: &mut Tx<'_>, since: Timestamp) -> Result<Vec<(ChatId, DepartmentId, Rating, Timestamp)>, StoreError> {
    tx.all_with(
        "SELECT id, department_id, rating, rated_at FROM chats WHERE rated_at >= $1 AND rating IS NOT NULL ORDER BY rated_at",
        &[&since.micros()],
        |row| {
            Ok((
                ChatId::from_i64(row.get(0)?),
                DepartmentId::from_i64(row.get(1)?),
                word(Rating::parse, "rating", row.str(2)?)?,
                time(row.get(3)?),
            ))
        },
    )
}

/// Ended chats with the time of their last change (end or rating).
pub fn ended(tx: &mut Tx<'_>) -> Result<Vec<(ChatId, Timestamp)>, StoreError> {
    tx.all_with(
        "SELECT id, CASE WHEN rated_at > ended_at THEN rated_at ELSE ended_at END FROM chats WHERE ended_at IS NOT NULL ORDER BY id",
        &[],
        |row| Ok((ChatId::from_i64(row.get(0)?), time(row.get(1)?))),
    )
}

/// How a chat was rated before a number of the journal, and when; none if it was not, or the rating was taken back.
pub fn rating_before(tx: &mut Tx<'_>, chat: ChatId, number: i64) -> Result<Option<(Rating, Timestamp)>, StoreError> {
    let last: Option<(String, i64)> = tx.opt(
        "SELECT kind, at FROM messages WHERE chat_id = $1 AND number < $2 \
           AND (kind IN ('P', 'W') OR (kind = 'S' AND author_kind = 'customer')) ORDER BY number DESC LIMIT 1",
        &[&chat.get(), &number],
    )?;
    Ok(last.and_then(|(kind, at)| match kind.as_str() {
        "P" => Some((Rating::Good, time(at))),
        "W" => Some((Rating::Bad, time(at))),
        _ => None,
    }))
}
