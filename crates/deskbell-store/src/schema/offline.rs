//! Messages that were left while nobody was there, under an outside id of their own; and whether somebody has seen a chat.

pub(super) const OFFLINE: &str = r"
ALTER TABLE chats ADD COLUMN unread BIGINT NOT NULL DEFAULT 0;
UPDATE chats SET unread = 1 WHERE missed = 1;
CREATE TABLE offline_messages (
  id {PK},
  public_id {TEXT} NOT NULL UNIQUE,
  conversation_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  visit_id BIGINT,
  department_id BIGINT NOT NULL,
  left_at BIGINT NOT NULL,
  unread BIGINT NOT NULL
);
CREATE INDEX offline_messages_conversation ON offline_messages (conversation_id);
CREATE INDEX offline_messages_customer ON offline_messages (customer_id, id);
CREATE INDEX offline_messages_department ON offline_messages (department_id, id);
";
