//! What happens within a use case, told to the journal and to those who go by it in the same transaction: the clocks of service levels.

use deskbell_domain::event::Event;
use deskbell_domain::sla::turns::Turn;
use deskbell_store::Tx;

use crate::context::Context;
use crate::error::AppError;
use crate::sla;

/// Appends an event to the journal and lets the clocks of its conversation follow. Rows that the event is about are written before.
pub(crate) fn append(tx: &mut Tx<'_>, cx: &Context, event: Event) -> Result<i64, AppError> {
    let turn = Turn::of(&event);
    let number = tx.append(cx.now, event)?;
    if let Some((conversation, turn)) = turn {
        sla::clocks::follow(tx, cx, conversation, turn)?;
    }
    Ok(number)
}
