//! Shortcuts, and what is kept of agents' coming and of the rings they missed.

/// `shortcut_owners` names the departments or agents of a shortcut that is not everybody's. `agents.missed_rings` counts those in a row.
pub(super) const SHORTCUTS: &str = r"
ALTER TABLE agents ADD COLUMN last_login_at BIGINT;
ALTER TABLE agents ADD COLUMN login_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN missed_rings BIGINT NOT NULL DEFAULT 0;
CREATE TABLE shortcuts (
  id {PK},
  name {TEXT} NOT NULL UNIQUE,
  message {TEXT} NOT NULL,
  options {TEXT} NOT NULL,
  tags {TEXT} NOT NULL,
  scope {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE shortcut_owners (
  shortcut_id BIGINT NOT NULL REFERENCES shortcuts(id),
  owner_id BIGINT NOT NULL,
  PRIMARY KEY (shortcut_id, owner_id)
);
";
