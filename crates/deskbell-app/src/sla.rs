//! What clocks of service levels say of a conversation.

use std::collections::HashMap;

use deskbell_domain::event::Event;
use deskbell_domain::ids::{ConversationId, SlaItemId};
use deskbell_domain::sla::SlaEvent;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Tx, journal};

use crate::error::AppError;

/// Entries of a conversation read in one bite.
const BITE_EVENTS: i64 = 500;

/// The earliest due time of a clock that runs for a conversation, as its journal tells.
pub fn due_of(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Timestamp>, AppError> {
    let mut running: HashMap<SlaItemId, Timestamp> = HashMap::new();
    let mut after = 0;
    loop {
        let events = journal::of_conversation(tx, conversation, after, BITE_EVENTS)?;
        let Some(last) = events.last() else { return Ok(running.into_values().min()) };
        after = last.number;
        for recorded in &events {
            match &recorded.event {
                Event::Sla(SlaEvent::Started { item, due, .. } | SlaEvent::DueMoved { item, due, .. }) => {
                    running.insert(*item, *due);
                }
                Event::Sla(SlaEvent::Closed { item, .. } | SlaEvent::Dropped { item, .. }) => {
                    running.remove(item);
                }
                _ => {}
            }
        }
    }
}
