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

/// The agent who had joined last when it was given: one who joins later has nothing to do with it.
const LAST_AGENT: &str =
    "(SELECT e.agent_id FROM engagements e WHERE e.chat_id = c.id AND e.joined_at <= c.rated_at ORDER BY e.ordinal DESC LIMIT 1)";

/// Ratings in the order they were given; the first `skip` are left out.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, limit: i64, skip: i64) -> Result<Vec<Rated>, StoreError> {
    let (from, beyond) = match filter.beyond {
        Some((at, chat)) => (filter.from.max(at).micros(), (at.micros(), chat.get())),
        None => (filter.from.micros(), (i64::MIN, i64::MIN)),
    };
    let (until, deleted) = (filter.until.micros(), Status::Deleted.text());
    let (agent, customer) = (filter.agent.map(AgentId::get), filter.customer.map(CustomerId::get));
    let rating = filter.rating.map(Rating::text);
    let mut sql = format!(
        "SELECT c.id, c.rating, c.rated_at, c.conversation_id, {LAST_AGENT}, c.customer_id, u.name, u.email, \
           CASE WHEN v.status = $5 THEN '' ELSE COALESCE(c.rating_comment, '') END \
         FROM chats c JOIN conversations v ON v.id = c.conversation_id JOIN customers u ON u.id = c.customer_id \
         WHERE c.rated_at >= $1 AND c.rated_at < $2 AND (c.rated_at > $3 OR c.id > $4) AND c.rating IS NOT NULL"
    );
    let mut params: Vec<&dyn Param> = vec![&from, &until, &beyond.0, &beyond.1, &deleted];
    let mut test = |column: &str, param| {
        params.push(param);
        sql.push_str(&format!(" AND {column} = ${}", params.len()));
    };
    if let Some(agent) = &agent {
        test(LAST_AGENT, agent);
    }
    if let Some(customer) = &customer {
        test("c.customer_id", customer);
    }
    if let Some(rating) = &rating {
        test("c.rating", rating);
    }
    params.extend([&limit as &dyn Param, &skip]);
    sql.push_str(&format!(" ORDER BY c.rated_at, c.id LIMIT ${} OFFSET ${}", params.len() - 1, params.len()));
    tx.all_dynamic_with(&sql, &params, row)
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
