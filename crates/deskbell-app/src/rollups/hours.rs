//! Cells of hours that an older program did not keep: made of the quarters there are, from the last day back to the first, while reports go on.
//! What is not made yet is read by its quarters.

use std::collections::BTreeMap;

use deskbell_domain::measure::{Cell, Dimension, Span};
use deskbell_store::tables::rollups::{self, Head, Key, Slots};
use deskbell_store::{Db, StoreError, Tx};

use crate::bites::Left;
use crate::error::AppError;

/// Hours made in one write.
const BITE_HOURS: i64 = 24;

/// Makes all that are missing.
pub(super) fn make_all(db: &Db) -> Result<(), AppError> {
    while make_some(db)? == Left::Some {}
    Ok(())
}

/// Makes a bite of those that are missing.
pub(super) fn make_some(db: &Db) -> Result<Left, AppError> {
    if db.read_blocking(rollups::head)?.whole_hours_from == 0 {
        return Ok(Left::Nothing);
    }
    Ok(db.write_blocking(make_bite)?)
}

fn make_bite(tx: &mut Tx<'_>) -> Result<Left, StoreError> {
    let head = rollups::head(tx)?;
    let until = head.whole_hours_from;
    let times = Span::Hour.quarters();
    let first = rollups::slot_bounds(tx, head.served)?.map_or(until, |(first, _)| first.div_euclid(times));
    if until == 0 || first >= until {
        rollups::set_head(tx, Head { whole_hours_from: 0, ..head })?;
        return Ok(Left::Nothing);
    }
    let hours = first.max(until - BITE_HOURS)..until;
    let mut cells = BTreeMap::<Key, Cell>::new();
    for dimension in Dimension::ALL {
        // The reader has added to some already.
        rollups::clear(tx, head.served, (dimension, Span::Hour), &hours)?;
        let quarters = hours.start * times..hours.end * times;
        rollups::each(tx, head.served, (dimension, Span::Quarter), Slots::Range(quarters), |quarter, member, body| {
            let key = Key { dimension, span: Span::Hour, slot: quarter.div_euclid(times), member };
            rollups::add_body(cells.entry(key).or_default(), body)
        })?;
    }
    rollups::add(tx, head.served, &cells)?;
    rollups::set_head(tx, Head { whole_hours_from: hours.start, ..head })?;
    Ok(Left::Some)
}
