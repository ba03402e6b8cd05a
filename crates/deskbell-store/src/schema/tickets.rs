//! What conversations need to be lists of millions, to be merged, and to be found by mail ids; and which versions of the program ran the
//! desk.

/// A merged conversation's row stays and names the one it went into, which is never merged itself. `messages.origin_id` is the
/// conversation of another browser that a message came from. A removed tag's row stays until no conversation carries it any more:
/// `tag_sweeps` says how far that is. Lists are read by time of creation, which never changes, or by time of change:
/// `tables/conversations/list.rs` says how each index is used.
pub(super) const TICKETS: &str = r"
ALTER TABLE conversations ADD COLUMN widget_id BIGINT;
ALTER TABLE conversations ADD COLUMN merged_into BIGINT;
ALTER TABLE conversations ADD COLUMN cc {TEXT} NOT NULL DEFAULT '';
DROP INDEX conversations_changed;
DROP INDEX conversations_status;
DROP INDEX conversations_customer;
CREATE INDEX conversations_created ON conversations (created_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_changed ON conversations (changed_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_in_status ON conversations (status, created_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_status ON conversations (status, changed_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_of_department ON conversations (department_id, status, created_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_of_agent ON conversations (assigned_id, status, created_at, id)
  WHERE merged_into IS NULL AND assigned_id IS NOT NULL;
CREATE INDEX conversations_in_channel ON conversations (channel, created_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_on_subject ON conversations (substr(subject, 1, 80), created_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_of_customer ON conversations (customer_id, created_at, id);
CREATE TABLE mail_ids (
  mail_id {TEXT} NOT NULL PRIMARY KEY,
  conversation_id BIGINT NOT NULL
);
CREATE INDEX mail_ids_conversation ON mail_ids (conversation_id);
CREATE INDEX conversations_merged ON conversations (merged_into) WHERE merged_into IS NOT NULL;
ALTER TABLE messages ADD COLUMN origin_id BIGINT;
ALTER TABLE tags ADD COLUMN removed_at BIGINT;
DROP INDEX conversation_tags_tag;
CREATE INDEX conversation_tags_tag ON conversation_tags (tag_id, conversation_id);
CREATE TABLE tag_sweeps (
  id {PK},
  tag_id BIGINT NOT NULL,
  old_name {TEXT} NOT NULL,
  new_name {TEXT},
  told_id BIGINT NOT NULL
);
CREATE TABLE desk_updates (
  version {TEXT} NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL
);
";
