//! Setting a conversation aside until a moment: then it gets the status back that it had. Whatever else changes its status meanwhile ends
//! the postponement.

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

/// Postponements that end in one write.
const BITE: i64 = 50;

/// Sets a conversation aside.
pub fn postpone(tx: &mut Tx<'_>, cx: &Context, by: Actor, conversation: ConversationId, until: Timestamp) -> Result<Done, AppError> {
    if until <= cx.now {
        return Err(AppError::invalid("a conversation is postponed to a moment to come"));
    }
    let mut conversation = get(tx, conversation)?;
    let back = conversation.status;
    turn(tx, cx, &mut conversation, Turn::Postpone, by)?;
    tables::postponements::put(tx, conversation.id, back, until)?;
    let name = actor_name(tx, by)?;
    let message = NewMessage::text(MessageKind::Status, by, &name, "Postponed");
    messages::add(tx, cx, &mut conversation, None, Into::NewGroup(GroupKind::Postpone), message)?;
    Ok(Done::conversation(conversation.id, tx.head()?))
}

/// Gives those back whose time is up.
pub(crate) fn end_postponements(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    for (id, back) in tables::postponements::over(tx, cx.now, BITE)? {
        tables::postponements::remove(tx, id)?;
        let Some(mut conversation) = tables::conversations::get(tx, id)?.filter(|one| one.status == Status::Postponed) else { continue };
        // One that was merged meanwhile is a trace; nobody waits for it.
        if tables::conversations::current(tx, id)? == Some(id) {
            turn(tx, cx, &mut conversation, Turn::PostponeOver { back }, Actor::System)?;
        }
    }
    Ok(())
}
