//! Making the levels anew from the journal while the desk serves: into a set of their own, which takes the place of the other in one
//! transaction once it has come as far. What is older than the journal is taken over.

use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::hours::Hours;
use deskbell_store::{Db, Tx, cursors};

use super::filling::Filling;
use super::floor::{self, Start};
use super::reader::{CURSOR, Reader, Target};
use crate::bites::Left;
use crate::desk::Desk;
use crate::error::AppError;

/// Entries folded in one bite.
const BITE_EVENTS: i64 = 2_000;
/// Times that the other reader may be found further on.
const SWITCHES_MAX: usize = 1_000;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Entries of the journal that are in it.
    pub done: i64,
    /// All there are, as far as is known.
    pub all: i64,
}

/// Rebuilds; what came in. Blocking: call it on a thread that may wait. Refused as a conflict where nothing is known of what is missing in the
/// journal, and when another one begins or the journal is shortened meanwhile. One that broke off leaves nothing that counts; the next one clears
/// it away.
pub fn rebuild(desk: &Desk, progress: &mut dyn FnMut(Progress)) -> Result<Progress, AppError> {
    let db = desk.db();
    let (start, built) = db.write_blocking(|tx| Ok::<_, AppError>((Start::find(tx)?, table::begin(tx)?)))?;
    clear(db)?;
    floor::copy(db, start, built)?;
    let mut reader = Reader::new(db.clone(), Target::Built);
    reader.bite_events = BITE_EVENTS;
    let mut follow = |reader: &mut Reader| -> Result<i64, AppError> {
        while reader.bite()? == Left::Some {
            let head = db.read_blocking(|tx| tx.head())?;
            progress(Progress { done: reader.number().unwrap_or(start.number) - start.number, all: head - start.number });
        }
        Ok(reader.number().unwrap_or(start.number) - start.number)
    };
    follow(&mut reader)?;
    Filling::of_built(db.clone(), built).finish()?;
    reader.hours = Hours::Kept;
    for _ in 0..SWITCHES_MAX {
        let done = follow(&mut reader)?;
        if db.write_blocking(switch)? {
            clear(db)?;
            return Ok(Progress { done, all: done });
        }
    }
    Err(AppError::unavailable("the desk is too busy to take over what was rebuilt; try again"))
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
