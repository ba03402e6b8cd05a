//! Making the hours that an older program has not kept out of their quarter hours, while the desk serves. What is written meanwhile keeps its own
//! hours, so that nothing is missed between two bites; who begins anew makes the same again.

use deskbell_domain::level::{Grain, Slot};
use deskbell_store::tables::levels as table;
use deskbell_store::tables::levels::{SeriesId, hours};
use deskbell_store::{Db, StoreError, Tx};

use super::reader::Left;
use crate::desk::Desk;
use crate::error::AppError;

/// Quarter hours out of which hours are made in one bite: some milliseconds of a write.
pub(super) const BITE_QUARTERS: i64 = 1_000;

pub(super) struct Filling {
    db: Db,
    pub(super) bite_quarters: i64,
    /// Where the next bite begins, within a series that was begun.
    place: Option<(SeriesId, Slot)>,
    is_done: bool,
}

impl Filling {
    pub(super) fn new(db: Db) -> Filling {
        Filling { db, bite_quarters: BITE_QUARTERS, place: None, is_done: false }
    }

    /// One bite, in one write.
    pub(super) fn bite(&mut self) -> Result<Left, StoreError> {
        // Most desks have all hours: nothing is written then.
        self.is_done = self.is_done || self.db.snapshot_blocking(lacking)?.is_none();
        if self.is_done {
            return Ok(Left::Nothing);
        }
        let (place, bite_quarters) = (self.place, self.bite_quarters);
        self.place = self.db.write_blocking(move |tx| -> Result<_, StoreError> {
            let Some(series) = lacking(tx)? else { return Ok(None) };
            let begun = place.filter(|(begun, _)| *begun == series);
            let from = begun.map_or(table::first_slot(Grain::Hour), |(_, from)| from);
            let next = hours::fill(tx, series, from, bite_quarters)?;
            Ok(next.map(|next| (series, next)))
        })?;
        Ok(Left::Some)
    }
}

fn lacking(tx: &mut Tx<'_>) -> Result<Option<SeriesId>, StoreError> {
    let set = table::kept(tx)?;
    hours::lacking(tx, set)
}

/// Makes all that are lacking. Blocking.
pub fn fill_hours(desk: &Desk) -> Result<(), AppError> {
    let mut filling = Filling::new(desk.db().clone());
    while filling.bite()? == Left::Some {}
    Ok(())
}
