//! What was answered to requests with an idempotency key, remembered in the transaction that did what was asked.

use crate::engine::Tx;
use crate::error::StoreError;
use deskbell_domain::time::Timestamp;

/// Keys forgotten by one [`forget_before`], at most.
pub const FORGET_KEYS_MAX: i64 = 5_000;

/// The outcome that was remembered for a key. A scope keeps the keys of different senders and endpoints apart.
pub fn find(tx: &mut Tx<'_>, scope: &str, key: &str) -> Result<Option<String>, StoreError> {
    let found: Option<(String,)> = tx.opt("SELECT outcome FROM idempotency WHERE scope = $1 AND key = $2", &[&scope, &key])?;
    Ok(found.map(|(outcome,)| outcome))
}

/// Remembers an outcome; [`StoreError::Conflict`] if the key has one already.
pub fn remember(tx: &mut Tx<'_>, scope: &str, key: &str, at: Timestamp, outcome: &str) -> Result<(), StoreError> {
    tx.exec("INSERT INTO idempotency (scope, key, at, outcome) VALUES ($1, $2, $3, $4)", &[&scope, &key, &at, &outcome])?;
    Ok(())
}

/// Keys of one scope count in another one, too: what was sent there before is not done again. The other scope's own keys stay as they are.
pub fn carry_over(tx: &mut Tx<'_>, from: &str, into: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO idempotency (scope, key, at, outcome) SELECT $2, key, at, outcome FROM idempotency WHERE scope = $1 \
         ON CONFLICT (scope, key) DO NOTHING",
        &[&from, &into],
    )?;
    Ok(())
}

/// Forgets keys older than a moment, at most [`FORGET_KEYS_MAX`]; returns how many, so that the caller repeats it in another write while
/// it gets the most.
pub fn forget_before(tx: &mut Tx<'_>, moment: Timestamp) -> Result<u64, StoreError> {
    tx.exec(
        "DELETE FROM idempotency WHERE (scope, key) IN (SELECT scope, key FROM idempotency WHERE at < $1 ORDER BY at LIMIT $2)",
        &[&moment, &FORGET_KEYS_MAX],
    )
}
