//! Making hours out of their quarters where these were written alone: by an older program, while the desk serves, and by a rebuild. Who writes
//! quarters of the set that is read from writes their hours in any case, so that nothing is missed between two bites; who begins anew makes the
//! same again.

use deskbell_domain::level::{Grain, Slot};
use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::{SeriesId, SetId, hours};
use deskbell_store::{Db, Tx};

use crate::bites::Left;
use crate::desk::Desk;
use crate::error::AppError;

/// Quarter hours out of which hours are made in one bite: some milliseconds of a write.
const BITE_QUARTERS: i64 = 1_000;

pub(super) struct Filling {
    db: Db,
    whose: Whose,
    pub(super) bite_quarters: i64,
    /// Where the next bite begins, within a series that was begun.
    place: Option<(SeriesId, Slot)>,
    is_done: bool,
}

/// Which set is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The one that is read from.
    Kept,
    /// The one that is being built, while it is.
    Built(SetId),
}

impl Whose {
    /// A series of it that lacks hours.
    fn lacking(self, tx: &mut Tx<'_>) -> Result<Option<SeriesId>, AppError> {
        let set = match self {
            Whose::Kept => table::kept(tx)?,
            Whose::Built(built) if table::building(tx)? == Some(built) => built,
            Whose::Built(_) => return Err(AppError::conflict("another rebuild took its place")),
        };
        Ok(hours::lacking(tx, set)?)
    }
}

impl Filling {
    pub(super) fn of_kept(db: Db) -> Filling {
        Filling::new(db, Whose::Kept)
    }

    /// Nobody else writes it meanwhile. Refused as a conflict once another one is built.
    pub(super) fn of_built(db: Db, built: SetId) -> Filling {
        Filling::new(db, Whose::Built(built))
    }

    fn new(db: Db, whose: Whose) -> Filling {
        Filling { db, whose, bite_quarters: BITE_QUARTERS, place: None, is_done: false }
    }

    /// One bite, in one write.
    pub(super) fn bite(&mut self) -> Result<Left, AppError> {
        let (whose, place, bite_quarters) = (self.whose, self.place, self.bite_quarters);
        // Most desks have all hours: nothing is written then.
        self.is_done = self.is_done || self.db.snapshot_blocking(move |tx| whose.lacking(tx))?.is_none();
        if self.is_done {
            return Ok(Left::Nothing);
        }
        self.place = self.db.write_blocking(move |tx| -> Result<_, AppError> {
            let Some(series) = whose.lacking(tx)? else { return Ok(None) };
            let begun = place.filter(|(begun, _)| *begun == series);
            let from = begun.map_or(table::first_slot(Grain::Hour), |(_, from)| from);
            let next = hours::fill(tx, series, from, bite_quarters)?;
            Ok(next.map(|next| (series, next)))
        })?;
        Ok(Left::Some)
    }

    pub(super) fn finish(mut self) -> Result<(), AppError> {
        while self.bite()? == Left::Some {}
        Ok(())
    }
}

/// Makes all hours that the desk lacks. Blocking.
pub fn fill_hours(desk: &Desk) -> Result<(), AppError> {
    Filling::of_kept(desk.db().clone()).finish()
}
