//! What lists and people are found by, however many there are; and what levels count as slots.

/// `rated_agent_id` of a chat is who had joined it last when it was rated; nobody, if it was rated before anybody had.
///
/// `slots_for_all` of a set of levels is how many chats at once every agent may have; NULL: each his own number.
///
/// The indexes hold all that their lists are filtered by, so that rows are fetched for the page alone.
pub(super) const LOOKUPS: &str = r"
ALTER TABLE chats ADD COLUMN rated_agent_id BIGINT;
UPDATE chats SET rated_agent_id = (SELECT e.agent_id FROM engagements e WHERE e.chat_id = chats.id AND e.joined_at <= chats.rated_at
  ORDER BY e.ordinal DESC LIMIT 1) WHERE rated_at IS NOT NULL;
DROP INDEX chats_rated;
CREATE INDEX chats_ratings ON chats (rated_at, id, rating) WHERE rating IS NOT NULL;
CREATE INDEX chats_ratings_agent ON chats (rated_agent_id, rated_at, id, rating) WHERE rating IS NOT NULL;
CREATE INDEX chats_ratings_customer ON chats (customer_id, rated_at, id, rating, rated_agent_id) WHERE rating IS NOT NULL;
DROP INDEX sla_items_agent;
DROP INDEX sla_items_customer;
CREATE INDEX sla_items_customer ON sla_items (customer_id, medium, ended_at, number, agent_id, department_id, level_id) WHERE number IS NOT NULL;
CREATE INDEX sla_items_agent ON sla_items (agent_id, medium, ended_at, number, department_id, level_id) WHERE number IS NOT NULL;
CREATE INDEX sla_items_department ON sla_items (department_id, medium, ended_at, number, level_id) WHERE number IS NOT NULL;
CREATE INDEX sla_items_level ON sla_items (level_id, medium, ended_at, number) WHERE number IS NOT NULL;
ALTER TABLE level_sets ADD COLUMN slots_for_all BIGINT;
";

/// `phone_key` of a unique field `phone` is the number as numbers are compared, as that of customers is; in both, the `(0)` of an
/// international number is no part of it.
pub(super) const NUMBERS: &str = r"
UPDATE customers SET phone_key =
  REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(phone, '(0)', ''), ' ', ''), '-', ''), '(', ''), ')', ''), '/', ''), '.', '')
  WHERE phone LIKE '+%(0)%' OR phone LIKE '00%(0)%';
UPDATE customers SET phone_key = '+' || SUBSTR(phone_key, 3) WHERE phone_key LIKE '00%';
ALTER TABLE unique_fields ADD COLUMN phone_key {TEXT} NOT NULL DEFAULT '';
UPDATE unique_fields SET phone_key =
  REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(value, ' ', ''), '-', ''), '(', ''), ')', ''), '/', ''), '.', '') WHERE code = 'phone';
UPDATE unique_fields SET phone_key =
  REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(value, '(0)', ''), ' ', ''), '-', ''), '(', ''), ')', ''), '/', ''), '.', '')
  WHERE code = 'phone' AND (value LIKE '+%(0)%' OR value LIKE '00%(0)%');
UPDATE unique_fields SET phone_key = '+' || SUBSTR(phone_key, 3) WHERE phone_key LIKE '00%';
CREATE INDEX unique_fields_phone ON unique_fields (phone_key) WHERE phone_key <> '';
";
