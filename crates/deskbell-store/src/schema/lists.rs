//! What lists of millions of conversations need to cost no more than small ones, wherever one reads in them.

/// `tagged_id` is the own id of a conversation that may carry tags, never NULL for one that does: lists look for tags by it, and so for none
/// where there are none.
///
/// Ids are scattered. While the id was SQLite's key of the table, conversations created one after the other lay each on a page of its own,
/// and so a list read as many pages as it has rows. Now the id has an index, and rows lie as they are appended. What SQLite finds by id
/// costs a second step (a microsecond at a million); to add a conversation costs less than before. PostgreSQL appends anyhow.
pub(super) const LISTS: &str = r"
CREATE TABLE conversations_appended (
  id BIGINT NOT NULL PRIMARY KEY,
  code {TEXT} NOT NULL UNIQUE,
  public_code {TEXT} NOT NULL UNIQUE,
  customer_id BIGINT NOT NULL REFERENCES customers(id),
  visitor_id BIGINT,
  visit_id BIGINT,
  department_id BIGINT NOT NULL REFERENCES departments(id),
  assigned_id BIGINT,
  status {TEXT} NOT NULL,
  channel {TEXT} NOT NULL,
  subject {TEXT} NOT NULL,
  preview {TEXT} NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  groups_in BIGINT NOT NULL,
  groups_out BIGINT NOT NULL,
  widget_id BIGINT,
  merged_into BIGINT,
  tagged_id BIGINT,
  cc {TEXT} NOT NULL DEFAULT ''
);
INSERT INTO conversations_appended (id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel,
    subject, preview, created_at, changed_at, groups_in, groups_out, widget_id, merged_into, tagged_id, cc)
  SELECT id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel,
    subject, preview, created_at, changed_at, groups_in, groups_out, widget_id, merged_into,
    CASE WHEN EXISTS (SELECT 1 FROM conversation_tags ct WHERE ct.conversation_id = conversations.id) THEN id END, cc
  FROM conversations ORDER BY created_at, id;
DROP TABLE conversations;
ALTER TABLE conversations_appended RENAME TO conversations;
CREATE INDEX conversations_visitor ON conversations (visitor_id) WHERE visitor_id IS NOT NULL;
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
CREATE INDEX conversations_merged ON conversations (merged_into) WHERE merged_into IS NOT NULL;
{POSTGRES}
ALTER TABLE conversations ADD COLUMN tagged_id BIGINT;
UPDATE conversations SET tagged_id = id WHERE id IN (SELECT conversation_id FROM conversation_tags);
";
