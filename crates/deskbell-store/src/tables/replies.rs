//! Texts that are kept ready: canned messages and predefined answers.

use std::collections::HashMap;

use deskbell_domain::ids::{AgentId, CannedMessageId, DepartmentId, PredefinedAnswerId};
use deskbell_domain::reply::{CannedMessage, PredefinedAnswer, ReplyFormat, Visibility};
use deskbell_domain::time::Timestamp;

use super::word;
use crate::engine::{Row, Tx};
use crate::error::StoreError;

fn visibility_columns(visibility: Visibility) -> (&'static str, Option<i64>) {
    match visibility {
        Visibility::Everybody => ("all", None),
        Visibility::Department(department) => ("department", Some(department.get())),
        Visibility::Agent(agent) => ("agent", Some(agent.get())),
    }
}

fn visibility(kind: &str, owner: Option<i64>) -> Result<Visibility, StoreError> {
    match (kind, owner) {
        ("all", None) => Ok(Visibility::Everybody),
        ("department", Some(id)) => Ok(Visibility::Department(DepartmentId::from_i64(id))),
        ("agent", Some(id)) => Ok(Visibility::Agent(AgentId::from_i64(id))),
        _ => Err(StoreError::Corrupt(format!("unknown visibility {kind:?} {owner:?}"))),
    }
}

fn canned_row(row: &Row<'_>) -> Result<CannedMessage, StoreError> {
    Ok(CannedMessage {
        id: CannedMessageId::from_i64(row.get(0)?),
        name: row.get(1)?,
        text: row.get(2)?,
        visibility: visibility(row.str(3)?, row.get(4)?)?,
    })
}

/// All canned messages, by name.
pub fn canned(tx: &mut Tx<'_>) -> Result<Vec<CannedMessage>, StoreError> {
    tx.all_with("SELECT id, name, text, visibility, owner_id FROM canned_messages ORDER BY lower(name), id", &[], canned_row)
}

pub fn get_canned(tx: &mut Tx<'_>, id: CannedMessageId) -> Result<Option<CannedMessage>, StoreError> {
    tx.opt_with("SELECT id, name, text, visibility, owner_id FROM canned_messages WHERE id = $1", &[&id.get()], canned_row)
}

pub fn count_canned(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,) = tx.one("SELECT COUNT(*) FROM canned_messages", &[])?;
    Ok(count)
}

/// Adds or replaces one.
pub fn put_canned(tx: &mut Tx<'_>, message: &CannedMessage, at: Timestamp) -> Result<(), StoreError> {
    let (kind, owner) = visibility_columns(message.visibility);
    tx.exec(
        "INSERT INTO canned_messages (id, name, text, visibility, owner_id, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, text = excluded.text, visibility = excluded.visibility, \
           owner_id = excluded.owner_id",
        &[&message.id.get(), &message.name, &message.text, &kind, &owner, &at],
    )?;
    Ok(())
}

pub fn remove_canned(tx: &mut Tx<'_>, id: CannedMessageId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM canned_messages WHERE id = $1", &[&id.get()])?;
    Ok(())
}

const ANSWER_COLUMNS: &str = "id, name, subject, message, format, visibility, owner_id";

fn answer_row(row: &Row<'_>) -> Result<PredefinedAnswer, StoreError> {
    Ok(PredefinedAnswer {
        id: PredefinedAnswerId::from_i64(row.get(0)?),
        name: row.get(1)?,
        subject: row.get(2)?,
        message: row.get(3)?,
        format: word(ReplyFormat::parse, "format of an answer", row.str(4)?)?,
        files: Vec::new(),
        visibility: visibility(row.str(5)?, row.get(6)?)?,
    })
}

/// All predefined answers, by name.
pub fn answers(tx: &mut Tx<'_>) -> Result<Vec<PredefinedAnswer>, StoreError> {
    let mut files: HashMap<i64, Vec<String>> = HashMap::new();
    tx.each("SELECT answer_id, file_id FROM predefined_answer_files ORDER BY answer_id, ordinal", &[], |row| {
        files.entry(row.get(0)?).or_default().push(row.get(1)?);
        Ok(())
    })?;
    let mut all =
        tx.all_dynamic_with(&format!("SELECT {ANSWER_COLUMNS} FROM predefined_answers ORDER BY lower(name), id"), &[], answer_row)?;
    for answer in &mut all {
        answer.files = files.remove(&answer.id.get()).unwrap_or_default();
    }
    Ok(all)
}

pub fn get_answer(tx: &mut Tx<'_>, id: PredefinedAnswerId) -> Result<Option<PredefinedAnswer>, StoreError> {
    let sql = format!("SELECT {ANSWER_COLUMNS} FROM predefined_answers WHERE id = $1");
    let Some(mut answer) = tx.opt_dynamic_with(&sql, &[&id.get()], answer_row)? else { return Ok(None) };
    let files: Vec<(String,)> =
        tx.all("SELECT file_id FROM predefined_answer_files WHERE answer_id = $1 ORDER BY ordinal", &[&id.get()])?;
    answer.files = files.into_iter().map(|(file,)| file).collect();
    Ok(Some(answer))
}

pub fn count_answers(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,) = tx.one("SELECT COUNT(*) FROM predefined_answers", &[])?;
    Ok(count)
}

/// Adds or replaces one.
pub fn put_answer(tx: &mut Tx<'_>, answer: &PredefinedAnswer, at: Timestamp) -> Result<(), StoreError> {
    let (kind, owner) = visibility_columns(answer.visibility);
    tx.exec(
        "INSERT INTO predefined_answers (id, name, subject, message, format, visibility, owner_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, subject = excluded.subject, message = excluded.message, \
           format = excluded.format, visibility = excluded.visibility, owner_id = excluded.owner_id",
        &[&answer.id.get(), &answer.name, &answer.subject, &answer.message, &answer.format.text(), &kind, &owner, &at],
    )?;
    tx.exec("DELETE FROM predefined_answer_files WHERE answer_id = $1", &[&answer.id.get()])?;
    for (ordinal, file) in (0i64..).zip(&answer.files) {
        tx.exec(
            "INSERT INTO predefined_answer_files (answer_id, ordinal, file_id) VALUES ($1, $2, $3)",
            &[&answer.id.get(), &ordinal, file],
        )?;
    }
    Ok(())
}

pub fn remove_answer(tx: &mut Tx<'_>, id: PredefinedAnswerId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM predefined_answer_files WHERE answer_id = $1", &[&id.get()])?;
    tx.exec("DELETE FROM predefined_answers WHERE id = $1", &[&id.get()])?;
    Ok(())
}
