//! Contact widgets, and what files need to be shared by contents, counted and cleaned up.

/// `files.blob` names the contents: their SHA-256 in hex, or the file's own id for those kept before contents were shared. A row of
/// `blob_marks` is there only while contents come (somebody holds the name) or go (somebody removes the bytes).
pub(super) const WIDGETS: &str = r"
ALTER TABLE files ADD COLUMN blob {TEXT} NOT NULL DEFAULT '';
UPDATE files SET blob = id;
ALTER TABLE files ADD COLUMN downloads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN by_key BIGINT NOT NULL DEFAULT 0;
CREATE INDEX files_blob ON files (blob);
CREATE INDEX files_unused ON files (created_at, id) WHERE conversation_id IS NULL;
CREATE INDEX files_conversation ON files (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE TABLE blob_marks (
  blob {TEXT} NOT NULL PRIMARY KEY,
  holds BIGINT NOT NULL,
  marked_at BIGINT NOT NULL,
  removing BIGINT NOT NULL
);
CREATE TABLE file_uses (
  file_id {TEXT} NOT NULL,
  owner_kind {TEXT} NOT NULL,
  owner_id BIGINT NOT NULL,
  PRIMARY KEY (file_id, owner_kind, owner_id)
);
CREATE INDEX file_uses_owner ON file_uses (owner_kind, owner_id);
CREATE TABLE widgets (
  id {PK},
  name {TEXT} NOT NULL,
  provide {TEXT} NOT NULL,
  department_id BIGINT NOT NULL REFERENCES departments(id),
  base_id BIGINT,
  kind {TEXT} NOT NULL,
  used {TEXT} NOT NULL,
  status {TEXT} NOT NULL,
  description {TEXT} NOT NULL,
  language {TEXT} NOT NULL,
  impressions BIGINT NOT NULL,
  tickets BIGINT NOT NULL,
  last_displayed_at BIGINT,
  last_display_url {TEXT} NOT NULL,
  online_code {TEXT} NOT NULL,
  online_code_old {TEXT} NOT NULL,
  offline_code {TEXT} NOT NULL,
  offline_code_old {TEXT} NOT NULL,
  online_css {TEXT},
  online_css_old {TEXT},
  offline_css {TEXT},
  offline_css_old {TEXT},
  created_at BIGINT NOT NULL
);
CREATE INDEX widgets_created ON widgets (created_at, id);
CREATE TABLE widget_attributes (
  widget_id BIGINT NOT NULL REFERENCES widgets(id),
  ordinal BIGINT NOT NULL,
  section {TEXT} NOT NULL,
  name {TEXT} NOT NULL,
  value {TEXT} NOT NULL,
  PRIMARY KEY (widget_id, ordinal)
);
CREATE TABLE widget_form_fields (
  widget_id BIGINT NOT NULL REFERENCES widgets(id),
  ordinal BIGINT NOT NULL,
  form {TEXT} NOT NULL,
  code {TEXT} NOT NULL,
  name {TEXT} NOT NULL,
  description {TEXT} NOT NULL,
  validator {TEXT} NOT NULL,
  visibility {TEXT} NOT NULL,
  kind {TEXT} NOT NULL,
  status {TEXT} NOT NULL,
  available_values {TEXT} NOT NULL,
  PRIMARY KEY (widget_id, ordinal)
);
";
