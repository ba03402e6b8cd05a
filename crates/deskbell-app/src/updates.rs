//! When a desk was made, and since when the present version of the program runs it.

use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

use crate::error::AppError;

/// The program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The two dates of a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    pub created: Timestamp,
    /// When this version opened the desk for the first time since another one did.
    pub updated: Timestamp,
}

pub fn installation(tx: &mut Tx<'_>) -> Result<Installation, AppError> {
    let desk = tables::desk::get(tx)?.ok_or_else(|| AppError::internal("an open desk has no row"))?;
    let updated = tables::desk::newest_update(tx)?.map_or(desk.created, |(_, at)| at);
    Ok(Installation { created: desk.created, updated })
}

/// Whether the present version was the last one to be noted.
pub(crate) fn is_noted(tx: &mut Tx<'_>) -> Result<bool, AppError> {
    Ok(tables::desk::newest_update(tx)?.is_some_and(|(version, _)| version == VERSION))
}

/// Notes the present version.
pub(crate) fn note(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), AppError> {
    Ok(tables::desk::note_update(tx, VERSION, now)?)
}
