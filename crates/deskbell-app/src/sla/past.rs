//! What has happened in a conversation so far, as far as clocks care: read from what became of it, for a level that comes later.

use deskbell_domain::call::Direction;
use deskbell_domain::chat::StartedBy;
use deskbell_domain::conversation::Conversation;
use deskbell_domain::ids::{ConversationId, SlaItemId};
use deskbell_domain::message::Actor;
use deskbell_domain::sla::clock::Clock;
use deskbell_domain::sla::past::{self as domain, Past, clocks};
use deskbell_domain::sla::turns::Turn;
use deskbell_domain::sla::{Goal, Level};
use deskbell_store::tables::changes::{self, Change};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;

/// The clocks that a conversation would have, had it had this level from its beginning. Their ids are none yet.
pub(super) fn of(tx: &mut Tx<'_>, cx: &Context, conversation: &Conversation, level: &Level) -> Result<Vec<Clock>, AppError> {
    let changes = changes::before(tx, conversation.id, i64::MAX)?;
    let mut past = as_ticket(conversation, &changes);
    if past.is_empty() {
        past.push(Past { at: cx.now, turn: Turn::Begins(conversation.status), assigned: conversation.assigned });
    }
    past.extend(live(tx, conversation)?);
    Ok(clocks(SlaItemId::from_i64(0), conversation.id, level, &past))
}

/// The goals of a ticket that were reached before what happens now, whether a clock watched them or not.
pub(super) fn reached(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Vec<Goal>, AppError> {
    let Some(conversation) = tables::conversations::get(tx, conversation)? else { return Ok(Vec::new()) };
    let changes = changes::before(tx, conversation.id, i64::MAX)?;
    Ok(domain::reached(&as_ticket(&conversation, &changes)))
}

fn as_ticket(conversation: &Conversation, changes: &[Change]) -> Vec<Past> {
    let mut past: Vec<Past> = Vec::new();
    for change in changes {
        // Tags say nothing of a status.
        let Some(status) = change.status else { continue };
        let (at, assigned) = (change.at, change.assigned);
        match (past.is_empty(), change.status_before) {
            // Its first change is its beginning, but of one that an older program began: then it began as it was before.
            (true, None) => past.push(Past { at, turn: Turn::Begins(status), assigned }),
            (true, Some(before)) => past.push(Past { at: conversation.created, turn: Turn::Begins(before), assigned: None }),
            (false, Some(_) | None) => {}
        }
        match (change.status_before, assigned) {
            // In the log stands who did it; of what has no clock yet, nothing is logged.
            (Some(from), _) => past.push(Past { at, turn: Turn::Changes { from, to: status, by: Actor::System }, assigned }),
            (None, Some(agent)) => past.push(Past { at, turn: Turn::Assigned(agent), assigned }),
            (None, None) => {}
        }
    }
    past
}

/// The chat or call that waits for its first agent.
fn live(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<Vec<Past>, AppError> {
    let assigned = conversation.assigned;
    let chat = tables::chats::live_of_conversation(tx, conversation.id)?
        .filter(|chat| !chat.joined_ever && chat.started_by != StartedBy::Agent)
        .map(|chat| Past { at: chat.requested, turn: Turn::ChatAsked(chat.id), assigned });
    let call = tables::calls::live_of_conversation(tx, conversation.id)?
        .filter(|call| call.answered.is_none() && call.direction == Direction::Incoming)
        .map(|call| Past { at: call.started, turn: Turn::CallCame(call.id), assigned });
    Ok(chat.into_iter().chain(call).collect())
}
