//! Making the levels anew from the journal while the desk serves: into a set of their own, which takes the place of the other in one
//! transaction once it has come as far.

use deskbell_store::tables::levels as table;
use deskbell_store::{Db, Tx, cursors, journal};

use super::reader::{CURSOR, Left, Reader, Target};
use crate::desk::Desk;
use crate::error::AppError;

/// Entries folded in one bite.
const BITE_EVENTS: i64 = 2_000;
/// Times that the other reader may be found further on.
const SWITCHES_MAX: usize = 1_000;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The last journal number that is in.
    pub number: i64,
    /// The last one there is.
    pub head: i64,
}

/// Rebuilds. Blocking: call it on a thread that may wait. Refused as a conflict where the journal's beginning is gone, and when another one
/// begins meanwhile. One that broke off leaves nothing that counts; the next one clears it away.
pub fn rebuild(desk: &Desk, progress: &mut dyn FnMut(Progress)) -> Result<(), AppError> {
    let db = desk.db();
    check_whole(db)?;
    db.write_blocking(table::begin)?;
    clear(db)?;
    let mut reader = Reader::new(db.clone(), Target::Built);
    reader.bite_events = BITE_EVENTS;
    for _ in 0..SWITCHES_MAX {
        while reader.bite()? == Left::Some {
            let head = db.read_blocking(|tx| tx.head())?;
            progress(Progress { number: reader.number().unwrap_or(0), head });
        }
        if db.write_blocking(switch)? {
            return clear(db);
        }
    }
    Err(AppError::unavailable("the desk is too busy to take over what was rebuilt; try again"))
}

/// Whether the journal still goes back to its beginning; refused as a conflict otherwise.
pub(super) fn check_whole(db: &Db) -> Result<(), AppError> {
    let (first, head) = db.snapshot_blocking(|tx| Ok::<_, AppError>((journal::first_number(tx)?, tx.head()?)))?;
    let is_whole = if head == 0 { first.is_none() } else { first == Some(1) };
    is_whole.then_some(()).ok_or_else(|| AppError::conflict("the beginning of the journal is gone: what is kept cannot be counted again"))
}

/// From now on what was rebuilt is read from. `false`, and nothing, while the other reader is further on.
fn switch(tx: &mut Tx<'_>) -> Result<bool, AppError> {
    let set = table::building(tx)?.ok_or_else(|| AppError::conflict("another rebuild took its place"))?;
    let (built, kept) = (table::built_number(tx, set)?, cursors::get(tx, CURSOR)?.unwrap_or(0));
    if built < kept {
        return Ok(false);
    }
    table::keep(tx, set)?;
    cursors::set(tx, CURSOR, built)?;
    Ok(true)
}

/// Clears what was left away, in bites.
fn clear(db: &Db) -> Result<(), AppError> {
    while db.write_blocking(table::clear_left)? {}
    Ok(())
}
