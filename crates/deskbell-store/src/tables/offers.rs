//! Offers: chats that ring at agents.

use deskbell_domain::chat::{Offer, OfferOutcome};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, OfferId};
use deskbell_domain::time::Timestamp;

use super::{time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, chat_id, conversation_id, agent_id, offered_at, expires_at, outcome";

fn row(row: &Row<'_>) -> Result<Offer, StoreError> {
    Ok(Offer {
        id: OfferId::from_i64(row.get(0)?),
        chat: ChatId::from_i64(row.get(1)?),
        conversation: ConversationId::from_i64(row.get(2)?),
        agent: AgentId::from_i64(row.get(3)?),
        offered: time(row.get(4)?),
        expires: time(row.get(5)?),
        outcome: row.get::<Option<String>>(6)?.map(|text| word(OfferOutcome::parse, "offer outcome", &text)).transpose()?,
    })
}

/// Adds an offer. Its place is that of the event that follows.
pub fn insert(tx: &mut Tx<'_>, offer: &Offer) -> Result<(), StoreError> {
    let number = tx.head()? + 1;
    tx.exec(
        "INSERT INTO offers (id, chat_id, conversation_id, agent_id, offered_at, expires_at, offered_number) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &offer.id.get(),
            &offer.chat.get(),
            &offer.conversation.get(),
            &offer.agent.get(),
            &offer.offered.micros(),
            &offer.expires.micros(),
            &number,
        ],
    )?;
    Ok(())
}

/// Ends an offer. The place of its end is that of the event that follows.
pub fn close(tx: &mut Tx<'_>, offer: OfferId, outcome: OfferOutcome, at: Timestamp) -> Result<(), StoreError> {
    let number = tx.head()? + 1;
    tx.exec(
        "UPDATE offers SET outcome = $2, closed_at = $3, closed_number = $4 WHERE id = $1",
        &[&offer.get(), &outcome.text(), &at.micros(), &number],
    )?;
    Ok(())
}

/// Whom a chat was offered to, and when, before a number of the journal, in order.
pub fn before(tx: &mut Tx<'_>, chat: ChatId, number: i64) -> Result<Vec<(AgentId, Timestamp)>, StoreError> {
    let rows: Vec<(i64, i64)> = tx.all(
        "SELECT agent_id, offered_at FROM offers WHERE chat_id = $1 AND offered_number < $2 ORDER BY offered_number",
        &[&chat.get(), &number],
    )?;
    Ok(rows.into_iter().map(|(agent, at)| (AgentId::from_i64(agent), time(at))).collect())
}

/// Offers of a chat that still ring.
pub fn ringing(tx: &mut Tx<'_>, chat: ChatId) -> Result<Vec<Offer>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM offers WHERE chat_id = $1 AND outcome IS NULL ORDER BY offered_at, id"),
        &[&chat.get()],
        row,
    )
}

/// Offers that still ring at an agent.
pub fn ringing_at(tx: &mut Tx<'_>, agent: AgentId) -> Result<Vec<Offer>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM offers WHERE agent_id = $1 AND outcome IS NULL ORDER BY offered_at, id"),
        &[&agent.get()],
        row,
    )
}

/// All offers that still ring.
pub fn all_ringing(tx: &mut Tx<'_>) -> Result<Vec<Offer>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {COLUMNS} FROM offers WHERE outcome IS NULL ORDER BY expires_at, id"), &[], row)
}

/// Ringing offers whose time is up.
pub fn expired(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<Offer>, StoreError> {
    tx.all_dynamic_with(
        &format!("SELECT {COLUMNS} FROM offers WHERE outcome IS NULL AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2"),
        &[&now.micros(), &limit],
        row,
    )
}
