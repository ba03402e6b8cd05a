//! The desk itself and its settings.

use deskbell_domain::time::Timestamp;

use super::time;
use crate::engine::Tx;
use crate::error::StoreError;

/// What identifies a desk. Made once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// Zendesk's account key, part of every chat id.
    pub account_key: i64,
    /// Signs visitors' tokens. 32 bytes.
    pub secret: Vec<u8>,
    pub created: Timestamp,
}

pub fn get(tx: &mut Tx<'_>) -> Result<Option<Desk>, StoreError> {
    tx.opt_with("SELECT account_key, secret, created_at FROM desk WHERE id = 1", &[], |row| {
        Ok(Desk { account_key: row.get(0)?, secret: row.get(1)?, created: time(row.get(2)?) })
    })
}

pub fn insert(tx: &mut Tx<'_>, desk: &Desk) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO desk (id, account_key, secret, created_at) VALUES (1, $1, $2, $3)",
        &[&desk.account_key, &desk.secret, &desk.created.micros()],
    )?;
    Ok(())
}

/// When the desk last noted that it runs.
pub fn noted_running(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let (at,): (Option<i64>,) = tx.one("SELECT running_at FROM desk WHERE id = 1", &[])?;
    Ok(at.map(time))
}

/// Notes that the desk runs.
pub fn note_running(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE desk SET running_at = $1 WHERE id = 1", &[&now.micros()])?;
    Ok(())
}

/// All settings that were ever written, as name and value.
pub fn settings(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, StoreError> {
    tx.all("SELECT name, value FROM settings ORDER BY name", &[])
}

pub fn set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[&name, &value],
    )?;
    Ok(())
}

/// The version of the program that was noted last, and when.
pub fn newest_update(tx: &mut Tx<'_>) -> Result<Option<(String, Timestamp)>, StoreError> {
    tx.opt("SELECT version, at FROM desk_updates ORDER BY at DESC, version DESC LIMIT 1", &[])
}

/// Notes a version of the program.
pub fn note_update(tx: &mut Tx<'_>, version: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO desk_updates (version, at) VALUES ($1, $2) ON CONFLICT (version) DO UPDATE SET at = excluded.at",
        &[&version, &at.micros()],
    )?;
    Ok(())
}
