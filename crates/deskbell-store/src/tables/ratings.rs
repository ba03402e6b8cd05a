//! Ratings of chats as lists show them: the rating as it is now, at the time it was given.

use deskbell_domain::chat::Rating;
use deskbell_domain::conversation::Status;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId};
use deskbell_domain::time::Timestamp;

use super::{time, word};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;

/// Which ratings. All that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub from: Timestamp,
    /// Does not belong to it.
    pub until: Timestamp,
    /// Who had joined the chat last when it was given.
    pub agent: Option<AgentId>,
    /// Who rated.
    pub customer: Option<CustomerId>,
    /// `None`: good and bad ones.
    pub rating: Option<Rating>,
    /// Strictly behind this one.
    pub beyond: Option<(Timestamp, ChatId)>,
}

/// A rating with who is shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated {
    pub chat: ChatId,
    pub rating: Rating,
    pub at: Timestamp,
    pub conversation: ConversationId,
    /// Who had joined the chat last when it was given; nobody, if it was rated before anybody had.
    pub agent: Option<AgentId>,
    pub customer: CustomerId,
    pub customer_name: String,
    pub customer_email: Option<String>,
    /// Empty, too, when the conversation is deleted.
    pub comment: String,
}

/// Notes whose the rating of a chat is: that of the agent who had joined last when it was given. One who joins later has nothing to do with it.
pub fn attribute(tx: &mut Tx<'_>, chat: ChatId) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE chats SET rated_agent_id = (SELECT e.agent_id FROM engagements e WHERE e.chat_id = chats.id AND e.joined_at <= chats.rated_at \
           ORDER BY e.ordinal DESC LIMIT 1) WHERE id = $1",
        &[&chat.get()],
    )?;
    Ok(())
}

/// Ratings in the order they were given; the first `skip` are left out. Which they are is read from an index alone.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, limit: i64, skip: i64) -> Result<Vec<Rated>, StoreError> {
    let (which, params) = which(filter, limit, skip);
    let deleted = Status::Deleted.text();
    let mut params: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
    params.push(&deleted);
    let sql = format!(
        "SELECT c.id, c.rating, c.rated_at, c.conversation_id, c.rated_agent_id, c.customer_id, u.name, u.email, \
           CASE WHEN v.status = ${} THEN '' ELSE COALESCE(c.rating_comment, '') END \
         FROM ({which}) AS page JOIN chats c ON c.id = page.id JOIN conversations v ON v.id = c.conversation_id \
         JOIN customers u ON u.id = c.customer_id ORDER BY c.rated_at, c.id",
        params.len()
    );
    tx.all_dynamic_with(&sql, &params, row)
}

/// The statement for the chats of a page.
pub(crate) fn which(filter: &Filter, limit: i64, skip: i64) -> (String, Vec<Box<dyn Param>>) {
    let (from, beyond) = match filter.beyond {
        Some((at, chat)) => (filter.from.max(at).micros(), (at.micros(), chat.get())),
        None => (filter.from.micros(), (i64::MIN, i64::MIN)),
    };
    let mut sql =
        "SELECT id FROM chats WHERE rating IS NOT NULL AND rated_at >= $1 AND rated_at < $2 AND (rated_at > $3 OR id > $4)".to_owned();
    let mut params: Vec<Box<dyn Param>> = vec![Box::new(from), Box::new(filter.until.micros()), Box::new(beyond.0), Box::new(beyond.1)];
    // A customer rates less often than an agent is rated: his index is taken.
    let agent = if filter.customer.is_some() { "+rated_agent_id" } else { "rated_agent_id" };
    let given = [("customer_id", filter.customer.map(CustomerId::get)), (agent, filter.agent.map(AgentId::get))];
    for (column, id) in given {
        if let Some(id) = id {
            params.push(Box::new(id));
            sql.push_str(&format!(" AND {column} = ${}", params.len()));
        }
    }
    if let Some(rating) = filter.rating {
        params.push(Box::new(rating.text()));
        sql.push_str(&format!(" AND rating = ${}", params.len()));
    }
    params.extend([Box::new(limit) as Box<dyn Param>, Box::new(skip)]);
    sql.push_str(&format!(" ORDER BY rated_at, id LIMIT ${} OFFSET ${}", params.len() - 1, params.len()));
    (sql, params)
}

fn row(row: &Row<'_>) -> Result<Rated, StoreError> {
    Ok(Rated {
        chat: ChatId::from_i64(row.get(0)?),
        rating: word(Rating::parse, "rating", row.str(1)?)?,
        at: time(row.get(2)?),
        conversation: ConversationId::from_i64(row.get(3)?),
        agent: row.get::<Option<i64>>(4)?.map(AgentId::from_i64),
        customer: CustomerId::from_i64(row.get(5)?),
        customer_name: row.get(6)?,
        customer_email: row.get(7)?,
        comment: row.get(8)?,
    })
}

#[cfg(test)]
mod tests;
