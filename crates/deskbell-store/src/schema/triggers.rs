//! Goals with their conversions; triggers with what they have done, wait for and said.

pub(super) const TRIGGERS: &str = r"
CREATE TABLE automation (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);
CREATE TABLE goals (
  id {PK},
  name {TEXT} NOT NULL,
  description {TEXT} NOT NULL,
  enabled BIGINT NOT NULL,
  attribution {TEXT} NOT NULL,
  attribution_days BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE goal_conditions (
  goal_id BIGINT NOT NULL REFERENCES goals(id),
  ordinal BIGINT NOT NULL,
  kind {TEXT} NOT NULL,
  operator {TEXT} NOT NULL,
  value {TEXT} NOT NULL,
  PRIMARY KEY (goal_id, ordinal)
);
CREATE TABLE conversions (
  id {PK},
  public_id {TEXT} NOT NULL,
  second BIGINT NOT NULL,
  goal_id BIGINT NOT NULL,
  goal_name {TEXT} NOT NULL,
  at BIGINT NOT NULL,
  visit_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  chat_id BIGINT,
  chat_public_id {TEXT},
  chat_at BIGINT,
  agent_id BIGINT,
  agent_name {TEXT},
  department_id BIGINT,
  department_name {TEXT}
);
CREATE UNIQUE INDEX conversions_once ON conversions (visit_id, goal_id);
CREATE UNIQUE INDEX conversions_cursor ON conversions (second, public_id);
CREATE INDEX conversions_chat ON conversions (chat_id, at, id) WHERE chat_id IS NOT NULL;
CREATE TABLE triggers (
  id {PK},
  name {TEXT} NOT NULL UNIQUE,
  description {TEXT} NOT NULL,
  enabled BIGINT NOT NULL,
  definition {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE trigger_firings (
  visitor_id BIGINT NOT NULL,
  trigger_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (visitor_id, trigger_id)
);
CREATE TABLE trigger_steps (
  id {PK},
  trigger_id BIGINT NOT NULL,
  visitor_id BIGINT NOT NULL,
  visit_id BIGINT NOT NULL,
  happened_at BIGINT NOT NULL,
  page_at BIGINT,
  message {TEXT} NOT NULL,
  next_action BIGINT,
  due_at BIGINT NOT NULL,
  absent_since BIGINT
);
CREATE INDEX trigger_steps_due ON trigger_steps (due_at, id);
CREATE INDEX trigger_steps_visitor ON trigger_steps (visitor_id);
CREATE INDEX trigger_steps_trigger ON trigger_steps (trigger_id);
CREATE TABLE greetings (
  id {PK},
  visitor_id BIGINT NOT NULL,
  visit_id BIGINT NOT NULL,
  trigger_id BIGINT NOT NULL,
  speaker {TEXT} NOT NULL,
  text {TEXT} NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX greetings_visitor ON greetings (visitor_id, at);
CREATE INDEX greetings_at ON greetings (at);
CREATE TABLE visitor_marks (
  visitor_id BIGINT NOT NULL PRIMARY KEY,
  triggered BIGINT NOT NULL,
  department_id BIGINT,
  tags {TEXT} NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX visitor_marks_at ON visitor_marks (at);
";
