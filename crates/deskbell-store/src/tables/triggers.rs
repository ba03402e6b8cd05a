//! Triggers: their definitions, whom they have acted for, what waits for its time, what they said to visitors in no chat, and what they
//! noted of them until a chat begins.

use deskbell_domain::ids::{DepartmentId, TriggerId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::trigger::{Greeting, Trigger};

use super::{flag, narrow, time};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// Separates tags within a stored list: a control character that no tag may contain.
const TAG_SEPARATOR: char = '\u{1f}';

fn row(row: &Row<'_>) -> Result<Trigger, StoreError> {
    Ok(Trigger {
        id: TriggerId::from_i64(row.get(0)?),
        name: row.get(1)?,
        description: row.get(2)?,
        enabled: row.get::<i64>(3)? != 0,
        source: row.get(4)?,
    })
}

/// All triggers, the oldest first.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Trigger>, StoreError> {
    tx.all_with("SELECT id, name, description, enabled, definition FROM triggers ORDER BY created_at, id", &[], row)
}

pub fn insert(tx: &mut Tx<'_>, trigger: &Trigger, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO triggers (id, name, description, enabled, definition, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[&trigger.id.get(), &trigger.name, &trigger.description, &flag(trigger.enabled), &trigger.source, &at.micros()],
    )?;
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, trigger: &Trigger) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE triggers SET name = $2, description = $3, enabled = $4, definition = $5 WHERE id = $1",
        &[&trigger.id.get(), &trigger.name, &trigger.description, &flag(trigger.enabled), &trigger.source],
    )?;
    Ok(())
}

/// Takes a trigger away, and whom it has acted for.
pub fn remove(tx: &mut Tx<'_>, trigger: TriggerId) -> Result<(), StoreError> {
    drop_steps_of(tx, trigger)?;
    tx.exec("DELETE FROM trigger_firings WHERE trigger_id = $1", &[&trigger.get()])?;
    tx.exec("DELETE FROM triggers WHERE id = $1", &[&trigger.get()])?;
    Ok(())
}

/// Notes that a trigger acted for a visitor.
pub fn note_fired(tx: &mut Tx<'_>, visitor: VisitorId, trigger: TriggerId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO trigger_firings (visitor_id, trigger_id, at) VALUES ($1, $2, $3) \
         ON CONFLICT (visitor_id, trigger_id) DO UPDATE SET at = excluded.at",
        &[&visitor.get(), &trigger.get(), &at.micros()],
    )?;
    Ok(())
}

pub fn has_fired(tx: &mut Tx<'_>, visitor: VisitorId, trigger: TriggerId) -> Result<bool, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT at FROM trigger_firings WHERE visitor_id = $1 AND trigger_id = $2", &[&visitor.get(), &trigger.get()])?;
    Ok(found.is_some())
}

/// What a trigger waits with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: i64,
    pub trigger: TriggerId,
    pub visitor: VisitorId,
    pub visit: VisitId,
    /// When the event was that the trigger is looked at for.
    pub happened: Timestamp,
    /// When the page was opened that the visitor saw then.
    pub page: Option<Timestamp>,
    /// What he had written.
    pub message: String,
    /// The action to go on with; none while the condition is still judged.
    pub next_action: Option<usize>,
    pub due: Timestamp,
    /// Since when the visitor is known to be away.
    pub absent: Option<Timestamp>,
}

const STEP_COLUMNS: &str = "id, trigger_id, visitor_id, visit_id, happened_at, page_at, message, next_action, due_at, absent_since";

fn step(row: &Row<'_>) -> Result<Step, StoreError> {
    Ok(Step {
        id: row.get(0)?,
        trigger: TriggerId::from_i64(row.get(1)?),
        visitor: VisitorId::from_i64(row.get(2)?),
        visit: VisitId::from_i64(row.get(3)?),
        happened: time(row.get(4)?),
        page: row.get::<Option<i64>>(5)?.map(time),
        message: row.get(6)?,
        next_action: row.get::<Option<i64>>(7)?.map(|next| narrow("next_action", next)).transpose()?,
        due: time(row.get(8)?),
        absent: row.get::<Option<i64>>(9)?.map(time),
    })
}

/// Stores what waits, under its id.
pub fn put_step(tx: &mut Tx<'_>, step: &Step) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO trigger_steps (id, trigger_id, visitor_id, visit_id, happened_at, page_at, message, next_action, due_at, absent_since) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, absent_since = excluded.absent_since",
        &[
            &step.id,
            &step.trigger.get(),
            &step.visitor.get(),
            &step.visit.get(),
            &step.happened.micros(),
            &step.page.map(Timestamp::micros),
            &step.message,
            &step.next_action.map(|next| next as i64),
            &step.due.micros(),
            &step.absent.map(Timestamp::micros),
        ],
    )?;
    Ok(())
}

/// What is due, the longest due first.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<Step>, StoreError> {
    let sql = format!("SELECT {STEP_COLUMNS} FROM trigger_steps WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2");
    tx.all_dynamic_with(&sql, &[&now.micros(), &limit], step)
}

/// All that waits for a visitor.
pub fn steps_of_visitor(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<Vec<Step>, StoreError> {
    let sql = format!("SELECT {STEP_COLUMNS} FROM trigger_steps WHERE visitor_id = $1 ORDER BY id");
    tx.all_dynamic_with(&sql, &[&visitor.get()], step)
}

pub fn drop_step(tx: &mut Tx<'_>, step: i64) -> Result<(), StoreError> {
    tx.exec("DELETE FROM trigger_steps WHERE id = $1", &[&step])?;
    Ok(())
}

pub fn drop_steps_of(tx: &mut Tx<'_>, trigger: TriggerId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM trigger_steps WHERE trigger_id = $1", &[&trigger.get()])?;
    Ok(())
}

/// What triggers said to a visitor since a moment, in order.
pub fn greetings(tx: &mut Tx<'_>, visitor: VisitorId, since: Timestamp) -> Result<Vec<Greeting>, StoreError> {
    tx.all_with(
        "SELECT speaker, text, at FROM greetings WHERE visitor_id = $1 AND at >= $2 ORDER BY id",
        &[&visitor.get(), &since.micros()],
        |row| Ok(Greeting { speaker: row.get(0)?, text: row.get(1)?, at: time(row.get(2)?) }),
    )
}

/// The journal's numbers of these.
pub fn greeting_numbers(tx: &mut Tx<'_>, visitor: VisitorId, since: Timestamp) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> =
        tx.all("SELECT id FROM greetings WHERE visitor_id = $1 AND at >= $2 ORDER BY id", &[&visitor.get(), &since.micros()])?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// Keeps what was said to a visitor; `number` is that of the journal event that tells it.
pub fn add_greeting(
    tx: &mut Tx<'_>,
    number: i64,
    (visitor, visit): (VisitorId, VisitId),
    trigger: TriggerId,
    greeting: &Greeting,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO greetings (id, visitor_id, visit_id, trigger_id, speaker, text, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[&number, &visitor.get(), &visit.get(), &trigger.get(), &greeting.speaker, &greeting.text, &greeting.at.micros()],
    )?;
    Ok(())
}

pub fn forget_greetings(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM greetings WHERE visitor_id = $1", &[&visitor.get()])?;
    Ok(())
}

/// What triggers noted of a visitor until a chat begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    pub triggered: bool,
    pub department: Option<DepartmentId>,
    pub tags: Vec<String>,
}

pub fn marks(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<Marks, StoreError> {
    let found =
        tx.opt_with("SELECT triggered, department_id, tags FROM visitor_marks WHERE visitor_id = $1", &[&visitor.get()], |row| {
            Ok(Marks {
                triggered: row.get::<i64>(0)? != 0,
                department: row.get::<Option<i64>>(1)?.map(DepartmentId::from_i64),
                tags: row.str(2)?.split(TAG_SEPARATOR).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            })
        })?;
    Ok(found.unwrap_or_default())
}

pub fn set_marks(tx: &mut Tx<'_>, visitor: VisitorId, marks: &Marks, at: Timestamp) -> Result<(), StoreError> {
    if *marks == Marks::default() {
        tx.exec("DELETE FROM visitor_marks WHERE visitor_id = $1", &[&visitor.get()])?;
        return Ok(());
    }
    tx.exec(
        "INSERT INTO visitor_marks (visitor_id, triggered, department_id, tags, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (visitor_id) DO UPDATE SET triggered = excluded.triggered, department_id = excluded.department_id, \
           tags = excluded.tags, at = excluded.at",
        &[
            &visitor.get(),
            &flag(marks.triggered),
            &marks.department.map(DepartmentId::get),
            &marks.tags.join(&TAG_SEPARATOR.to_string()),
            &at.micros(),
        ],
    )?;
    Ok(())
}

/// Forgets what was said or noted before a moment and led to no chat.
pub fn forget_before(tx: &mut Tx<'_>, greetings: Timestamp, marks: Timestamp) -> Result<(), StoreError> {
    tx.exec("DELETE FROM greetings WHERE at < $1", &[&greetings.micros()])?;
    tx.exec("DELETE FROM visitor_marks WHERE at < $1", &[&marks.micros()])?;
    Ok(())
}

/// How many chats of a browser have ended.
pub fn count_ended_chats(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<i64, StoreError> {
    let (count,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM conversations v JOIN chats c ON c.conversation_id = v.id WHERE v.visitor_id = $1 AND c.ended_at IS NOT NULL",
        &[&visitor.get()],
    )?;
    Ok(count)
}
