//! Skills, who has them, and what chats ask for.

/// `skills.name_key` is the name in lower case, so that no two differ by case only. A chat's skills stay when a skill goes: they are what it
/// asked for.
pub(super) const SKILLS: &str = r"
CREATE TABLE skills (
  id {PK},
  name {TEXT} NOT NULL,
  name_key {TEXT} NOT NULL UNIQUE,
  description {TEXT} NOT NULL,
  enabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE skill_members (
  skill_id BIGINT NOT NULL REFERENCES skills(id),
  agent_id BIGINT NOT NULL REFERENCES agents(id),
  PRIMARY KEY (skill_id, agent_id)
);
CREATE INDEX skill_members_agent ON skill_members (agent_id);
CREATE TABLE chat_skills (
  chat_id BIGINT NOT NULL REFERENCES chats(id),
  skill_id BIGINT NOT NULL,
  ordinal BIGINT NOT NULL,
  PRIMARY KEY (chat_id, skill_id)
);
ALTER TABLE engagements ADD COLUMN skills_fulfilled BIGINT NOT NULL DEFAULT 0;
";
