//! What lists are found by, however long they are; and what levels count as slots.

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
