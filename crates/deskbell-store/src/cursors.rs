//! How far each reader of the journal has come.

use crate::engine::Tx;
use crate::error::StoreError;

/// The last number that a reader has dealt with.
pub fn get(tx: &mut Tx<'_>, name: &str) -> Result<Option<i64>, StoreError> {
    let found: Option<(i64,)> = tx.opt("SELECT number FROM reader_cursors WHERE name = $1", &[&name])?;
    Ok(found.map(|(number,)| number))
}

/// Remembers it.
pub fn set(tx: &mut Tx<'_>, name: &str, number: i64) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO reader_cursors (name, number) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET number = excluded.number",
        &[&name, &number],
    )?;
    Ok(())
}

/// All readers by name, each with the last number that it has dealt with.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    tx.all("SELECT name, number FROM reader_cursors ORDER BY name", &[])
}

/// The least number that some reader has dealt with; `None` without readers. Later entries are still needed.
pub fn least(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreError> {
    let (number,) = tx.one("SELECT MIN(number) FROM reader_cursors", &[])?;
    Ok(number)
}
