//! What the export of chats needs beside their documents.

/// `chat_documents` holds the documents of offline messages too, by the id of their message: ids of chats and of messages never collide.
///
/// `chat_transfers.number` is that of the event. `document_sweeps` says whose documents are still to be looked at because something that
/// many of them show has changed: `name` is what it is called by now, `reached` the last id that was looked at. A desk that was there
/// before has all its documents looked at once, and its offline messages found. `export_promise` is the second up to which no document is
/// written any more: cursors up to there may have been handed out.
pub(super) const EXPORTS: &str = r"
ALTER TABLE chats ADD COLUMN unread BIGINT NOT NULL DEFAULT 0;
UPDATE chats SET unread = 1 WHERE missed = 1;
CREATE INDEX chats_department ON chats (department_id, id);
CREATE INDEX engagements_agent_chat ON engagements (agent_id, chat_id);
CREATE TABLE chat_transfers (
  number {PK},
  chat_id BIGINT NOT NULL REFERENCES chats(id),
  from_id BIGINT NOT NULL,
  to_id BIGINT NOT NULL,
  author_kind {TEXT} NOT NULL,
  author_id BIGINT,
  at BIGINT NOT NULL
);
CREATE INDEX chat_transfers_chat ON chat_transfers (chat_id, number);
CREATE INDEX chat_transfers_from ON chat_transfers (from_id, chat_id);
CREATE INDEX chat_transfers_to ON chat_transfers (to_id, chat_id);
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
CREATE TABLE document_sweeps (
  kind {TEXT} NOT NULL,
  subject_id BIGINT NOT NULL,
  name {TEXT} NOT NULL,
  changed_at BIGINT NOT NULL,
  reached BIGINT NOT NULL,
  pending BIGINT NOT NULL,
  PRIMARY KEY (kind, subject_id)
);
INSERT INTO document_sweeps (kind, subject_id, name, changed_at, reached, pending)
  SELECT 'chats', 0, '', 0, 0, 1 FROM chat_documents LIMIT 1;
INSERT INTO document_sweeps (kind, subject_id, name, changed_at, reached, pending)
  SELECT 'offline', 0, '', 0, 0, 1 FROM conversations WHERE channel = 'M' LIMIT 1;
CREATE TABLE export_promise (
  id {PK},
  second BIGINT NOT NULL
);
INSERT INTO export_promise (id, second) SELECT 1, COALESCE(MAX(updated_second), 0) FROM chat_documents;
";
