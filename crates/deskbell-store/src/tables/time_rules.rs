//! Time rules, and when they look at which conversation.

use deskbell_domain::ids::{CompanyId, ConversationId, CustomerGroupId, CustomerId, TimeRuleId};
use deskbell_domain::rule::TimeRule;
use deskbell_domain::time::Timestamp;

use super::flag;
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// The key of the one row of `time_rule_sweep`.
const SWEEP: i64 = 1;

fn row(row: &Row<'_>) -> Result<TimeRule, StoreError> {
    Ok(TimeRule { id: TimeRuleId::from_i64(row.get(0)?), name: row.get(1)?, enabled: row.get(2)?, place: row.get(3)?, source: row.get(4)? })
}

/// All time rules, in their order.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<TimeRule>, StoreError> {
    tx.all_with("SELECT id, name, enabled, place, definition FROM time_rules ORDER BY place, id", &[], row)
}

pub fn insert(tx: &mut Tx<'_>, rule: &TimeRule, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO time_rules (id, name, enabled, place, definition, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[&rule.id.get(), &rule.name, &flag(rule.enabled), &rule.place, &rule.source, &at],
    )?;
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, rule: &TimeRule) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE time_rules SET name = $2, enabled = $3, place = $4, definition = $5 WHERE id = $1",
        &[&rule.id.get(), &rule.name, &flag(rule.enabled), &rule.place, &rule.source],
    )?;
    Ok(())
}

/// Takes a time rule away; its marks are forgotten in bites (see [`forget_marks`]).
pub fn remove(tx: &mut Tx<'_>, rule: TimeRuleId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM time_rules WHERE id = $1", &[&rule.get()])?;
    Ok(())
}

/// The time rules look at a conversation then, or when they were going to if that is sooner.
pub fn look_by(tx: &mut Tx<'_>, conversation: ConversationId, due: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO time_rule_looks (conversation_id, due_at) VALUES ($1, $2) \
         ON CONFLICT (conversation_id) DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < time_rule_looks.due_at",
        &[&conversation.get(), &due],
    )?;
    Ok(())
}

/// They have looked; next time then, or only when something happens.
pub fn looked(tx: &mut Tx<'_>, conversation: ConversationId, next: Option<Timestamp>) -> Result<(), StoreError> {
    match next {
        Some(next) => {
            tx.exec("UPDATE time_rule_looks SET due_at = $2 WHERE conversation_id = $1", &[&conversation.get(), &next])?;
        }
        None => {
            tx.exec("DELETE FROM time_rule_looks WHERE conversation_id = $1", &[&conversation.get()])?;
        }
    }
    Ok(())
}

/// The conversations to be looked at, the longest due first.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    let rows: Vec<(i64,)> = tx
        .all("SELECT conversation_id FROM time_rule_looks WHERE due_at <= $1 ORDER BY due_at, conversation_id LIMIT $2", &[&now, &limit])?;
    Ok(rows.into_iter().map(|(id,)| ConversationId::from_i64(id)).collect())
}

pub fn is_due(tx: &mut Tx<'_>, conversation: ConversationId, now: Timestamp) -> Result<bool, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT due_at FROM time_rule_looks WHERE conversation_id = $1 AND due_at <= $2", &[&conversation.get(), &now])?;
    Ok(found.is_some())
}

/// When they look at a conversation next.
pub fn next_look(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(Timestamp,)> = tx.opt("SELECT due_at FROM time_rule_looks WHERE conversation_id = $1", &[&conversation.get()])?;
    Ok(found.map(|(due,)| due))
}

/// The newest conversations of a customer.
pub fn of_customer(tx: &mut Tx<'_>, customer: CustomerId, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all(
        "SELECT id FROM conversations WHERE customer_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        &[&customer.get(), &limit],
    )?;
    Ok(rows.into_iter().map(|(id,)| ConversationId::from_i64(id)).collect())
}

/// The newest conversations of a company's customers.
pub fn of_company(tx: &mut Tx<'_>, company: CompanyId, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all(
        "SELECT id FROM conversations WHERE customer_id IN (SELECT id FROM customers WHERE company_id = $1) \
         ORDER BY created_at DESC, id DESC LIMIT $2",
        &[&company.get(), &limit],
    )?;
    Ok(rows.into_iter().map(|(id,)| ConversationId::from_i64(id)).collect())
}

/// Conversations of the customers in a group, and of those whose company is in it; in no order.
pub fn of_group(tx: &mut Tx<'_>, group: CustomerGroupId, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all(OF_GROUP, &[&group.get(), &limit])?;
    Ok(rows.into_iter().map(|(id,)| ConversationId::from_i64(id)).collect())
}

const OF_GROUP: &str = "SELECT id FROM conversations WHERE customer_id IN \
   (SELECT customer_id FROM customer_group_members WHERE group_id = $1 UNION \
    SELECT id FROM customers WHERE company_id IN (SELECT company_id FROM company_group_members WHERE group_id = $1)) LIMIT $2";

/// Since when a rule's conditions held for a conversation when it acted on it last.
pub fn held_since(tx: &mut Tx<'_>, rule: TimeRuleId, conversation: ConversationId) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(Timestamp,)> =
        tx.opt("SELECT held_since FROM time_rule_marks WHERE rule_id = $1 AND conversation_id = $2", &[&rule.get(), &conversation.get()])?;
    Ok(found.map(|(since,)| since))
}

pub fn mark(tx: &mut Tx<'_>, rule: TimeRuleId, conversation: ConversationId, since: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO time_rule_marks (rule_id, conversation_id, held_since) VALUES ($1, $2, $3) \
         ON CONFLICT (rule_id, conversation_id) DO UPDATE SET held_since = excluded.held_since",
        &[&rule.get(), &conversation.get(), &since],
    )?;
    Ok(())
}

/// Forgets marks of rules that are gone, at most `limit`; returns how many. Looks once at each rule that has marks, not at each mark.
pub fn forget_marks(tx: &mut Tx<'_>, limit: i64) -> Result<u64, StoreError> {
    let known: Vec<i64> = all(tx)?.into_iter().map(|rule| rule.id.get()).collect();
    let mut rule = i64::MIN;
    loop {
        let (next,): (Option<i64>,) = tx.one("SELECT MIN(rule_id) FROM time_rule_marks WHERE rule_id > $1", &[&rule])?;
        let Some(next) = next else { return Ok(0) };
        if known.contains(&next) {
            rule = next;
            continue;
        }
        return tx.exec(
            "DELETE FROM time_rule_marks WHERE rule_id = $1 AND conversation_id IN \
               (SELECT conversation_id FROM time_rule_marks WHERE rule_id = $1 ORDER BY conversation_id LIMIT $2)",
            &[&next, &limit],
        );
    }
}

/// Begins a look at all conversations, from the start.
pub fn begin_sweep(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO time_rule_sweep (id, after_id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET after_id = excluded.after_id",
        &[&SWEEP, &i64::MIN],
    )?;
    Ok(())
}

/// Whether such a look is under way.
pub fn is_sweeping(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT after_id FROM time_rule_sweep WHERE id = $1", &[&SWEEP])?.is_some())
}

/// Lets the time rules look at some more conversations; ends with the last one. Returns how many.
pub fn sweep(tx: &mut Tx<'_>, due: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let Some((after,)) = tx.opt::<(i64,)>("SELECT after_id FROM time_rule_sweep WHERE id = $1", &[&SWEEP])? else { return Ok(0) };
    let rows: Vec<(i64,)> = tx.all("SELECT id FROM conversations WHERE id > $1 ORDER BY id LIMIT $2", &[&after, &limit])?;
    for (id,) in &rows {
        look_by(tx, ConversationId::from_i64(*id), due)?;
    }
    match rows.last() {
        Some((last,)) => tx.exec("UPDATE time_rule_sweep SET after_id = $2 WHERE id = $1", &[&SWEEP, last])?,
        None => tx.exec("DELETE FROM time_rule_sweep WHERE id = $1", &[&SWEEP])?,
    };
    Ok(rows.len())
}
