//! Calls, agents' parts in them, where they rang; and customers by their phone numbers.

/// A conversation has one call at a time, and an agent one phone: he is in one call and it rings for one. `status_before` is the
/// conversation's status before the call, none if it began with the call.
///
/// `customers.phone_key` is the number as numbers are compared (`comparable_number` of the domain).
pub(super) const CALLS: &str = r"
CREATE TABLE calls (
  id {PK},
  conversation_id BIGINT NOT NULL REFERENCES conversations(id),
  group_id BIGINT NOT NULL,
  direction {TEXT} NOT NULL,
  customer_id BIGINT NOT NULL,
  caller_id BIGINT,
  department_id BIGINT NOT NULL,
  phone {TEXT} NOT NULL,
  state {TEXT} NOT NULL,
  started_at BIGINT NOT NULL,
  waiting_since BIGINT NOT NULL,
  answered_at BIGINT,
  ended_at BIGINT,
  outcome {TEXT},
  status_before {TEXT}
);
CREATE UNIQUE INDEX calls_live_conversation ON calls (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX calls_live ON calls (department_id, state) WHERE ended_at IS NULL;
CREATE INDEX calls_live_start ON calls (started_at) WHERE ended_at IS NULL;
CREATE INDEX calls_live_caller ON calls (caller_id) WHERE ended_at IS NULL AND caller_id IS NOT NULL;
CREATE INDEX calls_conversation ON calls (conversation_id, started_at);
CREATE INDEX calls_customer ON calls (customer_id);
CREATE TABLE call_legs (
  id {PK},
  call_id BIGINT NOT NULL REFERENCES calls(id),
  agent_id BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  began_at BIGINT NOT NULL,
  ended_at BIGINT,
  held_since BIGINT,
  held_micros BIGINT NOT NULL
);
CREATE UNIQUE INDEX call_legs_open_agent ON call_legs (agent_id) WHERE ended_at IS NULL;
CREATE INDEX call_legs_call ON call_legs (call_id);
CREATE INDEX call_legs_agent ON call_legs (agent_id, began_at);
CREATE TABLE call_rings (
  id {PK},
  call_id BIGINT NOT NULL REFERENCES calls(id),
  agent_id BIGINT NOT NULL,
  rang_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  outcome {TEXT},
  closed_at BIGINT
);
CREATE UNIQUE INDEX call_rings_ringing_agent ON call_rings (agent_id) WHERE outcome IS NULL;
CREATE INDEX call_rings_ringing_expiry ON call_rings (expires_at) WHERE outcome IS NULL;
CREATE INDEX call_rings_call ON call_rings (call_id);
CREATE INDEX call_rings_agent ON call_rings (agent_id, rang_at);
ALTER TABLE customers ADD COLUMN phone_key {TEXT} NOT NULL DEFAULT '';
UPDATE customers SET phone_key =
  REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(phone, ' ', ''), '-', ''), '(', ''), ')', ''), '/', ''), '.', '') WHERE phone <> '';
UPDATE customers SET phone_key = '+' || SUBSTR(phone_key, 3) WHERE phone_key LIKE '00%';
CREATE INDEX customers_phone ON customers (phone_key, created_at, id) WHERE phone_key <> '';
";

/// Who was in charge of the conversation before the call; nobody, in calls that an older program began.
pub(super) const IN_CHARGE: &str = r"
ALTER TABLE calls ADD COLUMN assigned_before BIGINT;
";
