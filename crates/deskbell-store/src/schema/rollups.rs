//! Sums of measures in cells of time, what their reader keeps open, and the changes of conversations and agents that no other row remembers:
//! with these, what the cells hold can be counted again from rows.

/// A cell's `span` is its length in quarters of an hour, its `slot` which one it is since 1970. A generation is one whole set of cells and
/// states: while a new one is built, `rollup_head` says which is served. `conversation_changes` holds what is so from a number of the journal on; a
/// column that a change says nothing of is NULL. `moved_rows` says which conversation a row belonged to up to that number.
/// `offers` remember where in the journal they began and ended.
pub(super) const ROLLUPS: &str = r"
CREATE TABLE rollup_cells (
  generation BIGINT NOT NULL,
  dimension BIGINT NOT NULL,
  span BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  body {BLOB} NOT NULL,
  PRIMARY KEY (generation, dimension, span, slot, member_id)
);
CREATE TABLE rollup_states (
  generation BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  id BIGINT NOT NULL,
  body {BLOB} NOT NULL,
  PRIMARY KEY (generation, kind, id)
);
CREATE TABLE rollup_head (
  id {PK},
  served BIGINT NOT NULL,
  building BIGINT
);
INSERT INTO rollup_head (id, served, building) VALUES (1, 1, NULL);
CREATE TABLE conversation_changes (
  conversation_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  what {TEXT} NOT NULL,
  by_kind {TEXT},
  by_id BIGINT,
  status_before {TEXT},
  status {TEXT},
  department_id BIGINT,
  assigned_id BIGINT,
  tags {TEXT},
  PRIMARY KEY (conversation_id, number)
);
ALTER TABLE offers ADD COLUMN offered_number BIGINT;
ALTER TABLE offers ADD COLUMN closed_number BIGINT;
CREATE TABLE agent_status_changes (
  agent_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  online BIGINT NOT NULL,
  PRIMARY KEY (agent_id, number)
);
CREATE TABLE moved_rows (
  kind {TEXT} NOT NULL,
  id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  conversation_id BIGINT NOT NULL,
  PRIMARY KEY (kind, id, number)
);
";

/// `newest` is the last generation that was begun: numbers are never used again. `building_at` is when the one that is built was written to last.
pub(super) const ROLLUP_LEASES: &str = r"
ALTER TABLE rollup_head ADD COLUMN newest BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rollup_head ADD COLUMN building_at BIGINT NOT NULL DEFAULT 0;
";

/// Cells of hours come to those of quarters, days and blocks. Those before `whole_hours_from` are still to be made of their quarters; 0: none.
pub(super) const ROLLUP_HOURS: &str = r"
ALTER TABLE rollup_head ADD COLUMN whole_hours_from BIGINT NOT NULL DEFAULT 0;
UPDATE rollup_head SET whole_hours_from = COALESCE(
  (SELECT MAX(slot) / 4 + 1 FROM rollup_cells WHERE generation = served AND span = 1), 0);
";
