//! What conversations need to be lists of millions, to be merged, and to be found by mail ids.

/// A merged conversation's row stays and names the one it went into. Lists are read by time of creation, which never changes, or by
/// time of change.
pub(super) const TICKETS: &str = r"
ALTER TABLE conversations ADD COLUMN widget_id BIGINT;
ALTER TABLE conversations ADD COLUMN merged_into BIGINT;
ALTER TABLE conversations ADD COLUMN cc {TEXT} NOT NULL DEFAULT '';
CREATE INDEX conversations_created ON conversations (created_at, id);
CREATE INDEX conversations_of_department ON conversations (department_id, created_at, id);
CREATE INDEX conversations_of_agent ON conversations (assigned_id, created_at, id) WHERE assigned_id IS NOT NULL;
CREATE INDEX conversations_in_status ON conversations (status, created_at, id);
CREATE INDEX conversations_in_channel ON conversations (channel, created_at, id);
CREATE INDEX conversations_of_customer ON conversations (customer_id, created_at, id);
CREATE TABLE mail_ids (
  mail_id {TEXT} NOT NULL PRIMARY KEY,
  conversation_id BIGINT NOT NULL
);
CREATE INDEX mail_ids_conversation ON mail_ids (conversation_id);
";
