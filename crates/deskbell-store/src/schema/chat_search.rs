//! What lists and searches of chats need beside the documents: an order of writing, look-ups by outside id, and an index by time.

/// `written` counts the writes of documents: a reader that knows all up to one of them asks for what came later. Documents from before
/// have 0; whoever reads them all reads them by id.
pub(super) const CHAT_SEARCH: &str = r"
ALTER TABLE chat_documents ADD COLUMN written BIGINT NOT NULL DEFAULT 0;
CREATE INDEX chat_documents_written ON chat_documents (written);
CREATE UNIQUE INDEX chat_documents_public ON chat_documents (public_id);
CREATE INDEX chats_ended_newest ON chats (requested_at, public_id) WHERE ended_at IS NOT NULL;
CREATE INDEX offline_messages_newest ON offline_messages (left_at, public_id);
";
