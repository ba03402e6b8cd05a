//! Setting a conversation aside until a moment: then it gets the status back that it had. Whatever else changes its status meanwhile ends
//! the postponement; but not a call that nothing came of.

use deskbell_domain::conversation::{Status, Turn};
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, tables};

use super::{actor_name, get, turn};
use crate::commands::Done;
use crate::context::Context;
use crate::error::AppError;
use crate::messages::{self, Into, NewMessage};
use crate::timers::Chore;

/// For how long at most.
pub const POSTPONED_SECONDS_MAX: i64 = 3_650 * 86_400;

/// Sets a conversation aside. One that is set aside already gets another moment, and keeps the status that it gets back.
pub fn postpone(tx: &mut Tx<'_>, cx: &Context, by: Actor, conversation: ConversationId, until: Timestamp) -> Result<Done, AppError> {
    if until <= cx.now {
        return Err(AppError::invalid("until: a conversation is postponed to a moment to come"));
    }
    if until > cx.now.plus_seconds(POSTPONED_SECONDS_MAX) {
        return Err(AppError::invalid(format!("until: a conversation is postponed for {} days at most", POSTPONED_SECONDS_MAX / 86_400)));
    }
    let mut conversation = get(tx, conversation)?;
    let known = tables::postponements::get(tx, conversation.id)?.filter(|_| conversation.status == Status::Postponed);
    if known.is_some_and(|known| known.until == until) {
        return Ok(Done::conversation(conversation.id, tx.head()?));
    }
    let back = match known {
        Some(known) => known.back,
        // Older programs lost what it gets back.
        None if conversation.status == Status::Postponed => Status::Open,
        None => {
            let back = conversation.status;
            turn(tx, cx, &mut conversation, Turn::Postpone, by)?;
            back
        }
    };
    tables::postponements::put(tx, conversation.id, back, until)?;
    let name = actor_name(tx, by)?;
    let message = NewMessage::text(MessageKind::Status, by, &name, "Postponed");
    messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Postpone), message)?;
    Ok(Done::conversation(conversation.id, tx.head()?))
}

/// Whether the time of some is up.
pub(crate) fn has_ended(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, AppError> {
    Ok(!tables::postponements::over(tx, now, 1)?.is_empty())
}

pub(crate) static POSTPONEMENTS: Chore<(ConversationId, Status)> = Chore {
    name: "postponements",
    due: |tx, cx, limit| Ok(tables::postponements::over(tx, cx.now, limit)?),
    id: |(conversation, _)| conversation.get(),
    deal: end,
};

/// Gives those back whose time is up, a bite of them.
#[cfg(test)]
pub(crate) fn end_postponements(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    POSTPONEMENTS.bite(tx, cx)
}

fn end(tx: &mut Tx<'_>, cx: &mut Context, (id, back): &(ConversationId, Status)) -> Result<(), AppError> {
    let cause = tables::postponements::cause(tx, *id)?;
    tables::postponements::remove(tx, *id)?;
    let Some(mut conversation) = tables::conversations::get(tx, *id)?.filter(|one| one.status == Status::Postponed) else { return Ok(()) };
    // One that was merged meanwhile is a trace; nobody waits for it.
    if tables::conversations::current(tx, *id)? == Some(*id) {
        let before = tx.head()?;
        turn(tx, cx, &mut conversation, Turn::PostponeOver { back: *back }, Actor::System)?;
        // The rule that set it aside takes the end of it for its own doing.
        if let Some(firing) = cause {
            let entries = before + 1..=tx.head()?;
            tables::rules::caused_later(tx, firing, entries)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
