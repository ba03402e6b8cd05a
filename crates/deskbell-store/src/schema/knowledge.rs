//! Knowledge bases and their trees. Entries are counted from 1 over all bases; the first base always exists.

/// `parent_id` is 0 at the top of a base. Contents stand last: SQLite reads what stands behind a long text through its whole chain of
/// pages. Lists look for ids in an index that holds all they need, and then read the rows.
pub(super) const KNOWLEDGE: &str = r"
CREATE TABLE knowledge_bases (
  id {PK},
  name {TEXT} NOT NULL,
  language {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
INSERT INTO knowledge_bases (id, name, language, created_at) VALUES (1, 'Knowledge base', 'en', 0);
CREATE TABLE knowledge_counter (
  id {PK},
  next_entry BIGINT NOT NULL
);
INSERT INTO knowledge_counter (id, next_entry) VALUES (1, 1);
CREATE TABLE knowledge_entries (
  id {PK},
  base_id BIGINT NOT NULL REFERENCES knowledge_bases(id),
  parent_id BIGINT NOT NULL,
  kind {TEXT} NOT NULL,
  status {TEXT} NOT NULL,
  access {TEXT} NOT NULL,
  access_inherited {TEXT} NOT NULL,
  url_code {TEXT} NOT NULL UNIQUE,
  tree_path {TEXT} NOT NULL,
  position BIGINT NOT NULL,
  full_preview BIGINT NOT NULL,
  conversation_id BIGINT,
  department_id BIGINT,
  views BIGINT NOT NULL,
  votes BIGINT NOT NULL,
  deleted BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  title {TEXT} NOT NULL,
  meta_description {TEXT} NOT NULL,
  keywords {TEXT} NOT NULL,
  description {TEXT} NOT NULL,
  content {TEXT} NOT NULL
);
CREATE INDEX knowledge_entries_place ON knowledge_entries (base_id, parent_id, position, id);
CREATE INDEX knowledge_entries_parent ON knowledge_entries (parent_id, id);
CREATE INDEX knowledge_entries_base ON knowledge_entries (base_id, id);
CREATE INDEX knowledge_entries_path ON knowledge_entries (tree_path, id);
CREATE INDEX knowledge_entries_changed ON knowledge_entries (changed_at, id);
CREATE INDEX knowledge_entries_suggestions ON knowledge_entries (id) WHERE kind = 'G';
CREATE INDEX knowledge_entries_conversation ON knowledge_entries (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE TABLE knowledge_votes (
  entry_id BIGINT NOT NULL REFERENCES knowledge_entries(id),
  voter {TEXT} NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (entry_id, voter)
);
";
