//! Changes that many documents show, looked at in bites: an agent's or a department's name, a customer with many chats.

use deskbell_domain::ids::{AgentId, ChatId, CustomerId, DepartmentId, MessageId};
use deskbell_domain::time::Timestamp;

use super::documents::Subject;
use super::time;
use crate::engine::Tx;
use crate::error::StoreError;

/// Whose documents are to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    Agent(AgentId),
    Department(DepartmentId),
    Customer(CustomerId),
    /// All chats that have ended.
    Chats,
    /// The conversations in which visitors may have left messages.
    Offline,
}

impl Swept {
    fn columns(self) -> (&'static str, i64) {
        match self {
            Swept::Agent(agent) => ("agent", agent.get()),
            Swept::Department(department) => ("department", department.get()),
            Swept::Customer(customer) => ("customer", customer.get()),
            Swept::Chats => ("chats", 0),
            Swept::Offline => ("offline", 0),
        }
    }

    fn read(kind: &str, id: i64) -> Result<Swept, StoreError> {
        Ok(match kind {
            "agent" => Swept::Agent(AgentId::from_i64(id)),
            "department" => Swept::Department(DepartmentId::from_i64(id)),
            "customer" => Swept::Customer(CustomerId::from_i64(id)),
            "chats" => Swept::Chats,
            "offline" => Swept::Offline,
            _ => return Err(StoreError::Corrupt(format!("unknown sweep {kind:?}"))),
        })
    }
}

/// A sweep that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    pub swept: Swept,
    /// When that changed which the documents show.
    pub changed: Timestamp,
    /// The last id that was looked at.
    pub reached: i64,
}

/// Begins a sweep, or begins it anew. An agent or a department that is called as before needs none.
pub fn add(tx: &mut Tx<'_>, swept: Swept, name: &str, changed: Timestamp) -> Result<(), StoreError> {
    let (kind, id) = swept.columns();
    tx.exec(
        "INSERT INTO document_sweeps (kind, subject_id, name, changed_at, reached, pending) VALUES ($1, $2, $3, $4, 0, 1) \
         ON CONFLICT (kind, subject_id) DO UPDATE SET name = excluded.name, changed_at = excluded.changed_at, reached = 0, pending = 1 \
         WHERE document_sweeps.name <> excluded.name OR document_sweeps.kind NOT IN ('agent', 'department')",
        &[&kind, &id, &name, &changed.micros()],
    )?;
    Ok(())
}

/// A sweep that is not over, if there is one.
pub fn first(tx: &mut Tx<'_>) -> Result<Option<Sweep>, StoreError> {
    tx.opt_with(
        "SELECT kind, subject_id, changed_at, reached FROM document_sweeps WHERE pending = 1 ORDER BY kind, subject_id LIMIT 1",
        &[],
        |row| Ok(Sweep { swept: Swept::read(row.str(0)?, row.get(1)?)?, changed: time(row.get(2)?), reached: row.get(3)? }),
    )
}

/// Notes how far a sweep has come; with `None` it is over. One that has begun anew meanwhile stays as it is.
pub fn advance(tx: &mut Tx<'_>, sweep: &Sweep, reached: Option<i64>) -> Result<(), StoreError> {
    let (kind, id) = sweep.swept.columns();
    tx.exec(
        "UPDATE document_sweeps SET reached = $5, pending = $6 \
         WHERE kind = $1 AND subject_id = $2 AND changed_at = $3 AND reached = $4 AND pending = 1",
        &[&kind, &id, &sweep.changed.micros(), &sweep.reached, &reached.unwrap_or(0), &i64::from(reached.is_some())],
    )?;
    Ok(())
}

/// The next ones that may show it, by id. Chats that go on are among them. Those of conversations are found by
/// [`super::offline_messages::look`].
pub fn subjects(tx: &mut Tx<'_>, swept: Swept, after: i64, limit: i64) -> Result<Vec<Subject>, StoreError> {
    let sql = match swept {
        Swept::Agent(_) => {
            "SELECT DISTINCT CAST(0 AS BIGINT), chat_id FROM engagements WHERE agent_id = $1 AND chat_id > $2 ORDER BY chat_id LIMIT $3"
        }
        Swept::Department(_) => {
            "SELECT offline, id FROM (\
               SELECT CAST(0 AS BIGINT) AS offline, id FROM (SELECT id FROM chats WHERE department_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS a \
               UNION SELECT CAST(0 AS BIGINT), id FROM (SELECT DISTINCT chat_id AS id FROM chat_transfers WHERE from_id = $1 AND chat_id > $2 \
                 ORDER BY chat_id LIMIT $3) AS b \
               UNION SELECT CAST(0 AS BIGINT), id FROM (SELECT DISTINCT chat_id AS id FROM chat_transfers WHERE to_id = $1 AND chat_id > $2 \
                 ORDER BY chat_id LIMIT $3) AS c \
               UNION SELECT CAST(1 AS BIGINT), id FROM (SELECT id FROM offline_messages WHERE department_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS d\
             ) AS shown ORDER BY id LIMIT $3"
        }
        Swept::Customer(_) => {
            "SELECT offline, id FROM (\
               SELECT CAST(0 AS BIGINT) AS offline, id FROM (SELECT id FROM chats WHERE customer_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS a \
               UNION SELECT CAST(1 AS BIGINT), id FROM (SELECT id FROM offline_messages WHERE customer_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS b\
             ) AS shown ORDER BY id LIMIT $3"
        }
        // Every kind of sweep takes the same values.
        Swept::Chats => {
            "SELECT CAST(0 AS BIGINT), id FROM chats WHERE CAST($1 AS BIGINT) = 0 AND id > $2 AND ended_at IS NOT NULL ORDER BY id LIMIT $3"
        }
        Swept::Offline => return Ok(Vec::new()),
    };
    let (_, id) = swept.columns();
    tx.all_with(sql, &[&id, &after, &limit], |row| {
        let found = row.get::<i64>(1)?;
        Ok(if row.get::<i64>(0)? == 0 { Subject::Chat(ChatId::from_i64(found)) } else { Subject::Offline(MessageId::from_i64(found)) })
    })
}
