//! What waits, is served and could be served, over time; and when which agent was there.

/// A set is all that one reading of the journal made; one of them is `kept` and read from, another may be `building` beside it, others are
/// `left` until they are cleared away. How far the one that is kept has come stands with the other readers' cursors; `number` is that of
/// one that is built: should it break off, it holds nothing back. A cell's key is its series, shifted by 24 bits, and its quarter hour since 1970: so the cells of a
/// series lie side by side in time. A series is of a department and an agent; 0 is all of them. Media: 1 tickets, 2 chats, 3 calls.
/// `level_items`, `level_engaged`, `level_agents`, `level_members` and `level_departments` hold how things stand as of the reader's
/// cursor; a member stays, as one who is none any more.
pub(super) const LEVELS: &str = r"
CREATE TABLE level_sets (
  id {PK},
  state {TEXT} NOT NULL,
  number BIGINT NOT NULL,
  latest_at BIGINT NOT NULL
);
INSERT INTO level_sets (id, state, number, latest_at) VALUES (1, 'kept', 0, 0);
CREATE TABLE level_series (
  id {PK},
  set_id BIGINT NOT NULL,
  medium BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL
);
CREATE UNIQUE INDEX level_series_key ON level_series (set_id, medium, department_id, agent_id);
CREATE TABLE level_cells (
  id {PK},
  changed_at BIGINT NOT NULL,
  queue BIGINT NOT NULL,
  slots BIGINT NOT NULL,
  service BIGINT NOT NULL,
  agents BIGINT NOT NULL,
  queue_sum BIGINT NOT NULL,
  queue_max BIGINT NOT NULL,
  queue_min BIGINT NOT NULL,
  slots_sum BIGINT NOT NULL,
  slots_max BIGINT NOT NULL,
  slots_min BIGINT NOT NULL,
  service_sum BIGINT NOT NULL,
  service_max BIGINT NOT NULL,
  service_min BIGINT NOT NULL,
  available_micros BIGINT NOT NULL
);
CREATE TABLE level_agents (
  set_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  online BIGINT NOT NULL,
  slots BIGINT NOT NULL,
  PRIMARY KEY (set_id, id)
);
CREATE TABLE level_members (
  set_id BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  member BIGINT NOT NULL,
  PRIMARY KEY (set_id, department_id, agent_id)
);
CREATE TABLE level_departments (
  set_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  PRIMARY KEY (set_id, id)
);
CREATE TABLE level_items (
  set_id BIGINT NOT NULL,
  medium BIGINT NOT NULL,
  id BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  agent_id BIGINT,
  stage {TEXT} NOT NULL,
  PRIMARY KEY (set_id, medium, id)
);
CREATE TABLE level_engaged (
  set_id BIGINT NOT NULL,
  medium BIGINT NOT NULL,
  item_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  PRIMARY KEY (set_id, medium, item_id, agent_id)
);
CREATE TABLE level_presences (
  set_id BIGINT NOT NULL,
  medium BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT,
  PRIMARY KEY (set_id, medium, agent_id, department_id, from_at)
);
CREATE INDEX level_presences_time ON level_presences (set_id, medium, from_at, agent_id, department_id);
CREATE INDEX level_presences_department ON level_presences (set_id, medium, department_id, from_at, agent_id);
CREATE INDEX level_presences_agent ON level_presences (set_id, medium, agent_id, from_at, department_id);
";

/// Hours beside the quarter hours: their cells have the same columns, and the hour since 1970 in their key. A series that was written without them
/// has none (`has_hours` 0) until they are made out of its quarters, by which it is read meanwhile; one of the floor never has.
pub(super) const LEVEL_HOURS: &str = r"
ALTER TABLE level_series ADD COLUMN has_hours BIGINT NOT NULL DEFAULT 0;
CREATE TABLE level_hours (
  id {PK},
  changed_at BIGINT NOT NULL,
  queue BIGINT NOT NULL,
  slots BIGINT NOT NULL,
  service BIGINT NOT NULL,
  agents BIGINT NOT NULL,
  queue_sum BIGINT NOT NULL,
  queue_max BIGINT NOT NULL,
  queue_min BIGINT NOT NULL,
  slots_sum BIGINT NOT NULL,
  slots_max BIGINT NOT NULL,
  slots_min BIGINT NOT NULL,
  service_sum BIGINT NOT NULL,
  service_max BIGINT NOT NULL,
  service_min BIGINT NOT NULL,
  available_micros BIGINT NOT NULL
);
";
