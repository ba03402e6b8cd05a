//! Agents' timelines and departments' queues over time, and where their reader stands.

/// A span's key is the microsecond it ends in. `timeline_agents`, `timeline_chats` and `timeline_engagements` hold what is open, as of the
/// reader's cursor.
pub(super) const TIMELINE: &str = r"
CREATE TABLE agent_spans (
  end_at {PK},
  agent_id BIGINT NOT NULL,
  status {TEXT} NOT NULL,
  engagements BIGINT NOT NULL,
  start_at BIGINT NOT NULL
);
CREATE TABLE agent_events (
  second BIGINT NOT NULL,
  public_id {TEXT} NOT NULL,
  at BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  status_before {TEXT},
  status {TEXT},
  engagements_before BIGINT,
  engagements BIGINT,
  PRIMARY KEY (second, public_id)
);
CREATE TABLE department_events (
  second BIGINT NOT NULL,
  public_id {TEXT} NOT NULL,
  at BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  incoming_before BIGINT NOT NULL,
  assigned_before BIGINT NOT NULL,
  incoming BIGINT NOT NULL,
  assigned BIGINT NOT NULL,
  PRIMARY KEY (second, public_id)
);
CREATE TABLE timeline_agents (
  id {PK},
  enabled BIGINT NOT NULL,
  online BIGINT NOT NULL,
  engagements BIGINT NOT NULL,
  since BIGINT NOT NULL
);
CREATE TABLE timeline_chats (
  id {PK},
  department_id BIGINT NOT NULL,
  state {TEXT} NOT NULL
);
CREATE TABLE timeline_engagements (
  chat_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  PRIMARY KEY (chat_id, agent_id)
);
";
