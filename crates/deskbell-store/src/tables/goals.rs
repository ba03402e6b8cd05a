//! Goals and conversions, and the version of all that the desk does by itself.

use std::collections::HashMap;

use deskbell_domain::goal::{Attribution, AttributionModel, Conversion, Goal, GoalCondition, GoalConditionKind, GoalOperator};
use deskbell_domain::ids::{AgentId, ChatId, ConversionId, CustomerId, DepartmentId, GoalId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;

use super::{flag, narrow, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// Conversions that may carry the same second: clients that page by second alone never end otherwise.
pub const CONVERSIONS_PER_SECOND_MAX: i64 = 999;

/// Changes with every change of a goal or a trigger, to a number that was never there before.
pub fn version(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT version FROM automation WHERE id = 1", &[])?.map_or(0, |(version,)| version))
}

pub fn set_version(tx: &mut Tx<'_>, version: i64) -> Result<(), StoreError> {
    tx.exec("INSERT INTO automation (id, version) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET version = excluded.version", &[&version])?;
    Ok(())
}

/// All goals, the oldest first.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Goal>, StoreError> {
    let mut conditions: HashMap<i64, Vec<GoalCondition>> = HashMap::new();
    tx.each_dynamic("SELECT goal_id, kind, operator, value FROM goal_conditions ORDER BY goal_id, ordinal", &[], |row| {
        let condition = GoalCondition {
            kind: word(GoalConditionKind::parse, "kind of a goal's condition", row.str(1)?)?,
            operator: word(GoalOperator::parse, "operator of a goal's condition", row.str(2)?)?,
            value: row.get(3)?,
        };
        conditions.entry(row.get(0)?).or_default().push(condition);
        Ok(())
    })?;
    tx.all_with("SELECT id, name, description, enabled, attribution, attribution_days FROM goals ORDER BY created_at, id", &[], |row| {
        let id: i64 = row.get(0)?;
        Ok(Goal {
            id: GoalId::from_i64(id),
            name: row.get(1)?,
            description: row.get(2)?,
            enabled: row.get::<i64>(3)? != 0,
            attribution: word(AttributionModel::parse, "attribution", row.str(4)?)?,
            attribution_days: narrow("attribution_days", row.get(5)?)?,
            conditions: conditions.remove(&id).unwrap_or_default(),
        })
    })
}

pub fn insert(tx: &mut Tx<'_>, goal: &Goal, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO goals (id, name, description, enabled, attribution, attribution_days, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &goal.id.get(),
            &goal.name,
            &goal.description,
            &flag(goal.enabled),
            &goal.attribution.text(),
            &i64::from(goal.attribution_days),
            &at.micros(),
        ],
    )?;
    insert_conditions(tx, goal)
}

pub fn update(tx: &mut Tx<'_>, goal: &Goal) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE goals SET name = $2, description = $3, enabled = $4, attribution = $5, attribution_days = $6 WHERE id = $1",
        &[&goal.id.get(), &goal.name, &goal.description, &flag(goal.enabled), &goal.attribution.text(), &i64::from(goal.attribution_days)],
    )?;
    tx.exec("DELETE FROM goal_conditions WHERE goal_id = $1", &[&goal.id.get()])?;
    insert_conditions(tx, goal)
}

fn insert_conditions(tx: &mut Tx<'_>, goal: &Goal) -> Result<(), StoreError> {
    for (ordinal, condition) in (0i64..).zip(&goal.conditions) {
        tx.exec(
            "INSERT INTO goal_conditions (goal_id, ordinal, kind, operator, value) VALUES ($1, $2, $3, $4, $5)",
            &[&goal.id.get(), &ordinal, &condition.kind.text(), &condition.operator.text(), &condition.value],
        )?;
    }
    Ok(())
}

/// Takes a goal away; its conversions stay.
pub fn remove(tx: &mut Tx<'_>, goal: GoalId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM goal_conditions WHERE goal_id = $1", &[&goal.get()])?;
    tx.exec("DELETE FROM goals WHERE id = $1", &[&goal.get()])?;
    Ok(())
}

/// Whether a browser has reached the goal since a moment, or ever on this visit: an old window may have slept through a stay.
pub fn is_converted(tx: &mut Tx<'_>, visitor: VisitorId, visit: VisitId, goal: GoalId, since: Timestamp) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = tx.opt(
        "SELECT c.id FROM visits v JOIN conversions c ON c.visit_id = v.id \
         WHERE v.visitor_id = $1 AND c.goal_id = $2 AND (c.at >= $3 OR c.visit_id = $4) LIMIT 1",
        &[&visitor.get(), &goal.get(), &since.micros(), &visit.get()],
    )?;
    Ok(found.is_some())
}

/// Whose chats count: the customer's, and those that were asked for from the same browser.
#[derive(Debug, Clone, Copy)]
pub struct Who {
    pub customer: CustomerId,
    pub visitor: VisitorId,
}

const TOUCHES: &str = "SELECT c.id, c.public_id, c.requested_at, e.agent_id, e.department_id, e.joined_at, e.id AS engagement_id \
                       FROM engagements e JOIN chats c ON c.id = e.chat_id";

/// The chat and the agent that a conversion is put down to: of the times an agent joined since a moment the earliest or the latest.
pub fn touch(tx: &mut Tx<'_>, who: Who, since: Timestamp, model: AttributionModel) -> Result<Option<Attribution>, StoreError> {
    let order = match model {
        AttributionModel::FirstTouch => "ASC",
        AttributionModel::LastTouch => "DESC",
    };
    // Two index look-ups: one statement with OR would read all engagements.
    let sql = format!(
        "SELECT t.agent_id, a.first_name, a.last_name, a.email, t.department_id, d.name, t.id, t.public_id, t.requested_at FROM \
           ({TOUCHES} WHERE c.customer_id = $1 AND e.joined_at >= $3 \
            UNION {TOUCHES} JOIN conversations v ON v.id = c.conversation_id WHERE v.visitor_id = $2 AND e.joined_at >= $3) t \
         LEFT JOIN agents a ON a.id = t.agent_id LEFT JOIN departments d ON d.id = t.department_id \
         ORDER BY t.joined_at {order}, t.engagement_id {order} LIMIT 1"
    );
    tx.opt_dynamic_with(&sql, &[&who.customer.get(), &who.visitor.get(), &since.micros()], |row| {
        let part = |place: usize| -> Result<String, StoreError> { Ok(row.get::<Option<String>>(place)?.unwrap_or_default()) };
        let full = format!("{} {}", part(1)?, part(2)?);
        let agent_name = match full.trim() {
            "" => part(3)?.split('@').next().unwrap_or_default().to_owned(),
            full => full.to_owned(),
        };
        Ok(Attribution {
            agent: AgentId::from_i64(row.get(0)?),
            agent_name,
            department: DepartmentId::from_i64(row.get(4)?),
            department_name: part(5)?,
            chat: ChatId::from_i64(row.get(6)?),
            chat_public_id: row.get(7)?,
            chat_at: time(row.get(8)?),
        })
    })
}

/// The second a conversion is exported with: its own, or the next that has room.
pub fn free_second(tx: &mut Tx<'_>, wanted: i64) -> Result<i64, StoreError> {
    let mut second = wanted;
    loop {
        let (taken,): (i64,) = tx.one("SELECT COUNT(*) FROM conversions WHERE second = $1", &[&second])?;
        if taken < CONVERSIONS_PER_SECOND_MAX {
            return Ok(second);
        }
        second += 1;
    }
}

/// Stores a conversion under its second.
pub fn insert_conversion(tx: &mut Tx<'_>, conversion: &Conversion, second: i64) -> Result<(), StoreError> {
    let attribution = conversion.attribution.as_ref();
    tx.exec(
        "INSERT INTO conversions (id, public_id, second, goal_id, goal_name, at, visit_id, customer_id, chat_id, chat_public_id, chat_at, \
           agent_id, agent_name, department_id, department_name) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            &conversion.id.get(),
            &conversion.public_id,
            &second,
            &conversion.goal.get(),
            &conversion.goal_name,
            &conversion.at.micros(),
            &conversion.visit.get(),
            &conversion.customer.get(),
            &attribution.map(|attribution| attribution.chat.get()),
            &attribution.map(|attribution| attribution.chat_public_id.clone()),
            &attribution.map(|attribution| attribution.chat_at.micros()),
            &attribution.map(|attribution| attribution.agent.get()),
            &attribution.map(|attribution| attribution.agent_name.clone()),
            &attribution.map(|attribution| attribution.department.get()),
            &attribution.map(|attribution| attribution.department_name.clone()),
        ],
    )?;
    Ok(())
}

const COLUMNS: &str = "id, public_id, goal_id, goal_name, at, visit_id, customer_id, chat_id, chat_public_id, chat_at, agent_id, \
                       agent_name, department_id, department_name, second";

fn row(row: &Row<'_>) -> Result<Conversion, StoreError> {
    let text = |place: usize| -> Result<String, StoreError> { Ok(row.get::<Option<String>>(place)?.unwrap_or_default()) };
    let attribution = match (row.get::<Option<i64>>(7)?, row.get::<Option<i64>>(10)?, row.get::<Option<i64>>(12)?) {
        (Some(chat), Some(agent), Some(department)) => Some(Attribution {
            agent: AgentId::from_i64(agent),
            agent_name: text(11)?,
            department: DepartmentId::from_i64(department),
            department_name: text(13)?,
            chat: ChatId::from_i64(chat),
            chat_public_id: text(8)?,
            chat_at: time(row.get::<Option<i64>>(9)?.unwrap_or_default()),
        }),
        _ => None,
    };
    Ok(Conversion {
        id: ConversionId::from_i64(row.get(0)?),
        public_id: row.get(1)?,
        goal: GoalId::from_i64(row.get(2)?),
        goal_name: row.get(3)?,
        at: time(row.get(4)?),
        visit: VisitId::from_i64(row.get(5)?),
        customer: CustomerId::from_i64(row.get(6)?),
        attribution,
    })
}

/// The latest conversions that are put down to a chat, oldest first.
pub fn conversions_of_chat(tx: &mut Tx<'_>, chat: ChatId, limit: i64) -> Result<Vec<Conversion>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM conversions WHERE chat_id = $1 ORDER BY at DESC, id DESC LIMIT $2");
    let mut latest = tx.all_dynamic_with(&sql, &[&chat.get(), &limit], row)?;
    latest.reverse();
    Ok(latest)
}

/// A page of conversions strictly after (second, id), and not newer than `until` (seconds), each with its second.
pub fn page(tx: &mut Tx<'_>, after: (i64, &str), until: i64, limit: i64) -> Result<Vec<(i64, Conversion)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM conversions WHERE (second, public_id) > ($1, $2) AND second <= $3 ORDER BY second, public_id LIMIT $4"
    );
    tx.all_dynamic_with(&sql, &[&after.0, &after.1, &until, &limit], |found| Ok((found.get(14)?, row(found)?)))
}
