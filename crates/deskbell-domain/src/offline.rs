//! Offline messages: what visitors leave when nobody is there to chat.

use crate::ids::{ConversationId, CustomerId, DepartmentId, MessageId, VisitId};
use crate::time::Timestamp;

/// What a visitor left, beside the message itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineMessage {
    /// The message that was left.
    pub id: MessageId,
    /// `YYMM.account.token`, the outside spelling of Zendesk Chat.
    pub public_id: String,
    pub conversation: ConversationId,
    pub customer: CustomerId,
    pub visit: Option<VisitId>,
    /// Whom it was left for.
    pub department: DepartmentId,
    pub left: Timestamp,
    /// Nobody has marked it as read.
    pub unread: bool,
}
