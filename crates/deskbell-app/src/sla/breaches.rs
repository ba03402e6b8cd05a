//! Telling that due times passed. What is overdue is found by an index of due times, and marked in the transaction that tells of it: so a
//! restart or a second node tells nothing twice, and what passed while nothing ran is told when something does.

use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

use super::clocks::tell_all;
use crate::bites::Left;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::AppError;

/// Clocks told of in one write.
const BITE: i64 = 500;

/// Tells of all that is overdue, in bites.
pub async fn tell(desk: &Desk) -> Result<(), AppError> {
    let now = desk.now();
    if !desk.read(move |tx| Ok(tables::sla::clocks::any_overdue(tx, now)?)).await? {
        return Ok(());
    }
    while desk.write(|tx, cx| tell_bite(tx, cx)).await? == Left::Some {}
    Ok(())
}

/// Tells of the longest overdue ones.
pub fn tell_bite(tx: &mut Tx<'_>, cx: &Context) -> Result<Left, AppError> {
    let overdue = tables::sla::clocks::overdue(tx, cx.now, BITE)?;
    if !overdue.is_empty() {
        tell_all(tx, cx, &overdue)?;
    }
    Ok(if overdue.len() as i64 == BITE { Left::Some } else { Left::Nothing })
}

/// The next moment at which something will be overdue, for those who move time themselves.
pub fn next(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, AppError> {
    Ok(tables::sla::clocks::next_due(tx)?.map(|due| due.plus_micros(1)))
}
