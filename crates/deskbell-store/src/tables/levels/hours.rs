//! Cells of hours, made from those of quarters: for series that were written without them.

use deskbell_domain::level::{self, Cell, Grain, Slot, Standing};

use super::{SeriesId, SetId, Wanted, bite_of_cells, cell_before, cells, end_slot, put_cell};
use crate::engine::Tx;
use crate::error::StoreError;

/// Quarters of a bite, at least: those of an hour, and the next one.
const BITE_QUARTERS_MIN: i64 = 5;

/// Whether a series has the hours of all its quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    Kept,
    Lacking,
}

/// Whether a series has the hours of all its quarters.
pub fn are_kept(tx: &mut Tx<'_>, series: SeriesId) -> Result<bool, StoreError> {
    let (has_hours,) = tx.one("SELECT has_hours FROM level_series WHERE id = $1", &[&series.0])?;
    Ok(has_hours)
}

/// The first series of a set that lacks hours.
pub fn lacking(tx: &mut Tx<'_>, set: SetId) -> Result<Option<SeriesId>, StoreError> {
    tx.opt_with("SELECT id FROM level_series WHERE set_id = $1 AND has_hours = 0 ORDER BY id LIMIT 1", &[&set.0], |row| {
        row.get(0).map(SeriesId)
    })
}

/// Makes a bite of the hours of a series, from an hour on, out of so many quarters. Where the next bite begins; none after the last, when it has
/// all of them.
pub fn fill(tx: &mut Tx<'_>, series: SeriesId, from: Slot, bite_quarters: i64) -> Result<Option<Slot>, StoreError> {
    let begin = from.to(Grain::Quarter);
    let standing = standing_before(tx, series, begin)?;
    let mut quarters: Vec<Cell> = Vec::new();
    let range = (begin, end_slot(Grain::Quarter));
    let cells_max = bite_quarters.max(BITE_QUARTERS_MIN);
    let more = bite_of_cells(tx, series, Wanted::Whole, range, cells_max, &mut |cell| quarters.push(cell.clone()))?;
    let mut made = level::hours(standing, &quarters);
    // The last hour may go on in the next bite.
    let next = more.and_then(|_| made.pop()).map(|cell| cell.slot);
    made.iter().try_for_each(|cell| put_cell(tx, series, cell))?;
    if next.is_none() {
        tx.exec("UPDATE level_series SET has_hours = 1 WHERE id = $1", &[&series.0])?;
    }
    Ok(next)
}

/// The hour up to a quarter's cell, with what a series has of it before that.
pub fn up_to(tx: &mut Tx<'_>, series: SeriesId, last: &Cell) -> Result<Cell, StoreError> {
    let hour = last.slot.to(Grain::Hour);
    let begin = hour.to(Grain::Quarter);
    let mut cell = Cell::begin(hour, standing_before(tx, series, begin)?);
    cells(tx, series, Wanted::Whole, (begin, last.slot), |quarter| cell.take(quarter))?;
    cell.take(last);
    Ok(cell)
}

fn standing_before(tx: &mut Tx<'_>, series: SeriesId, quarter: Slot) -> Result<Standing, StoreError> {
    Ok(cell_before(tx, series, quarter)?.map(|cell| cell.standing).unwrap_or_default())
}
