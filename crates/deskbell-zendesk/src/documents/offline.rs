//! What an exported offline message looks like: the fields that the original's have, in the order of the alphabet. It has no end, no agents
//! and no history.

use deskbell_app::documents::OfflineRecord;
use deskbell_domain::conversation::Status;
use deskbell_domain::time::Timestamp;
use serde::Serialize;

use super::{Session, Step, Visitor, department_id, department_name, session, stamp, visitor, webpath};

#[derive(Serialize)]
pub(super) struct OfflineMessage<'a> {
    deleted: bool,
    department_id: Option<i64>,
    department_name: Option<&'a str>,
    id: &'a str,
    message: &'a str,
    session: Session<'a>,
    tags: &'a [String],
    timestamp: String,
    r#type: &'static str,
    unread: bool,
    update_timestamp: String,
    visitor: Visitor<'a>,
    webpath: Vec<Step<'a>>,
    zendesk_ticket_id: i64,
}

pub(super) fn message(record: &OfflineRecord, updated: Timestamp) -> OfflineMessage<'_> {
    let offline = &record.offline;
    OfflineMessage {
        deleted: record.conversation.status == Status::Deleted,
        department_id: department_id(offline.department),
        department_name: department_name(offline.department, &record.department_name),
        id: &offline.public_id,
        message: &record.text,
        session: session(record.account_key, record.visit.as_ref(), offline.id.get(), (offline.left, offline.left)),
        tags: &record.conversation.tags,
        timestamp: stamp(offline.left),
        r#type: "offline_msg",
        unread: offline.unread,
        update_timestamp: stamp(updated),
        visitor: visitor(record.account_key, &record.customer),
        webpath: webpath(&record.pages, offline.left),
        zendesk_ticket_id: record.conversation.id.get(),
    }
}
