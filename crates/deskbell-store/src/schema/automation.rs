//! Rules and time rules with the log of what they did; conversations that are set aside; texts that are kept ready.

/// `conversations.status_at` is when the status changed last; NULL in rows that were not written since this migration: then
/// `changed_at` is the nearest that is known. `rule_firings.number` is that of the journal's entry that tells of the firing; what the rule
/// did follows in the journal up to `last_number`. `time_rule_looks` says when the time rules look at a conversation next,
/// `time_rule_marks` since when a rule's conditions held when it last acted, `time_rule_sweep` how far a look at all conversations has come.
pub(super) const AUTOMATION: &str = r"
ALTER TABLE conversations ADD COLUMN status_at BIGINT;
CREATE TABLE rules (
  id {PK},
  name {TEXT} NOT NULL UNIQUE,
  enabled BIGINT NOT NULL,
  place BIGINT NOT NULL,
  definition {TEXT} NOT NULL,
  since_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE time_rules (
  id {PK},
  name {TEXT} NOT NULL UNIQUE,
  enabled BIGINT NOT NULL,
  place BIGINT NOT NULL,
  definition {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE rule_firings (
  number {PK},
  kind {TEXT} NOT NULL,
  rule_id BIGINT NOT NULL,
  rule_name {TEXT} NOT NULL,
  conversation_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  event {TEXT},
  event_number BIGINT,
  cause BIGINT,
  last_number BIGINT NOT NULL,
  outcome {TEXT} NOT NULL,
  detail {TEXT} NOT NULL,
  answers BIGINT NOT NULL
);
CREATE INDEX rule_firings_conversation ON rule_firings (conversation_id, number);
CREATE INDEX rule_firings_rule ON rule_firings (rule_id, number);
CREATE TABLE time_rule_looks (
  conversation_id BIGINT NOT NULL PRIMARY KEY,
  due_at BIGINT NOT NULL
);
CREATE INDEX time_rule_looks_due ON time_rule_looks (due_at, conversation_id);
CREATE TABLE time_rule_marks (
  rule_id BIGINT NOT NULL,
  conversation_id BIGINT NOT NULL,
  held_since BIGINT NOT NULL,
  PRIMARY KEY (rule_id, conversation_id)
);
CREATE TABLE time_rule_sweep (
  id BIGINT NOT NULL PRIMARY KEY,
  after_id BIGINT NOT NULL
);
CREATE TABLE postponements (
  conversation_id BIGINT NOT NULL PRIMARY KEY,
  back {TEXT} NOT NULL,
  until_at BIGINT NOT NULL
);
CREATE INDEX postponements_until ON postponements (until_at, conversation_id);
CREATE TABLE canned_messages (
  id {PK},
  name {TEXT} NOT NULL,
  text {TEXT} NOT NULL,
  visibility {TEXT} NOT NULL,
  owner_id BIGINT,
  created_at BIGINT NOT NULL
);
CREATE TABLE predefined_answers (
  id {PK},
  name {TEXT} NOT NULL,
  subject {TEXT} NOT NULL,
  message {TEXT} NOT NULL,
  format {TEXT} NOT NULL,
  visibility {TEXT} NOT NULL,
  owner_id BIGINT,
  created_at BIGINT NOT NULL
);
CREATE TABLE predefined_answer_files (
  answer_id BIGINT NOT NULL REFERENCES predefined_answers(id),
  ordinal BIGINT NOT NULL,
  file_id {TEXT} NOT NULL,
  PRIMARY KEY (answer_id, ordinal)
);
";

/// `postponements.cause` is the firing that set the conversation aside, NULL: somebody did. What it causes later than in its own write, the end
/// of the postponement, is in `rule_effects`: entries of the journal from one number to another.
///
/// Firings of the last hour or day are counted within one conversation, whatever it has seen before.
pub(super) const FIRINGS: &str = r"
ALTER TABLE postponements ADD COLUMN cause BIGINT;
CREATE TABLE rule_effects (
  first_number {PK},
  last_number BIGINT NOT NULL,
  cause BIGINT NOT NULL
);
CREATE INDEX rule_firings_recent ON rule_firings (conversation_id, at, rule_id, outcome, answers);
";
