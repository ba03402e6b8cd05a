//! What desks did not note before their documents showed it: messages that visitors left, and the ways of chats from department to
//! department. Found once, when such a desk is opened by a program that notes them.

use std::sync::Arc;

use deskbell_domain::chat::Transfer;
use deskbell_domain::event::Event;
use deskbell_domain::ids::ChatId;
use deskbell_store::tables::documents::Subject;
use deskbell_store::{Db, Tx, journal, tables};

use crate::context::Context;
use crate::error::AppError;
use crate::settings::Settings;

/// Conversations looked at in one snapshot for messages that visitors left.
const BITE_CONVERSATIONS: i64 = 2_000;
/// Events of one conversation looked at for transfers.
const CONVERSATION_EVENTS_MAX: i64 = 2_000;

/// The messages that visitors left in the next conversations after an id, and the last conversation; `None` if that was all. Those that are
/// not noted yet are.
pub(super) fn left_messages(db: &Db, account_key: i64, after: i64) -> Result<(Vec<Subject>, Option<i64>), AppError> {
    let look = move |tx: &mut Tx<'_>| tables::offline_messages::look(tx, after, BITE_CONVERSATIONS).map_err(AppError::from);
    let bite = db.snapshot_blocking(look)?;
    if bite.left.iter().any(|offline| offline.public_id.is_empty()) {
        db.write_blocking(move |tx| -> Result<(), AppError> {
            // Once more: one of them may have been merged or noted meanwhile.
            for mut offline in tables::offline_messages::look(tx, after, BITE_CONVERSATIONS)?.left {
                if offline.public_id.is_empty() {
                    offline.public_id = Context::new(offline.left, Arc::new(Settings::default()), account_key).chat_public_id();
                    tables::offline_messages::insert(tx, &offline)?;
                }
            }
            Ok(())
        })?;
    }
    Ok((bite.left.iter().map(|offline| Subject::Offline(offline.id)).collect(), bite.last))
}

/// Notes the ways of chats that were handed over before ways were noted, as far as the journal still tells.
pub(super) fn note_transfers(db: &Db, subjects: &[Subject]) -> Result<(), AppError> {
    let chats: Vec<ChatId> = subjects
        .iter()
        .filter_map(|subject| match subject {
            Subject::Chat(chat) => Some(*chat),
            Subject::Offline(_) => None,
        })
        .collect();
    let found = db.snapshot_blocking(move |tx| -> Result<_, AppError> {
        let mut found = Vec::new();
        for chat in chats {
            if let Some((conversation, after)) = tables::transfers::unnoted(tx, chat)? {
                let events = journal::of_conversation(tx, conversation, after, CONVERSATION_EVENTS_MAX)?;
                found.extend(events.into_iter().filter_map(|recorded| {
                    let Event::ChatTransferred { chat: other, from, department: to, by, .. } = recorded.event else { return None };
                    let way = Transfer { number: recorded.number, chat, from, to, by, at: recorded.at };
                    (other == chat && from != to).then_some(way)
                }));
            }
        }
        Ok(found)
    })?;
    if found.is_empty() {
        return Ok(());
    }
    db.write_blocking(move |tx| found.iter().try_for_each(|transfer| tables::transfers::insert(tx, transfer)).map_err(AppError::from))
}
