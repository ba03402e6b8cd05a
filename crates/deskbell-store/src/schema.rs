//! The desk's own tables, as migrations. A migration once shipped is never edited.
//!
//! Times are microseconds since 1970 UTC; flags are 0 or 1; letters and words are those of the domain's enums.

mod automation;
mod calls;
mod chat_search;
mod contacts;
mod exports;
mod knowledge;
mod levels;
mod lists;
mod lookups;
mod oauth;
mod recount;
mod rollups;
mod shortcuts;
mod skills;
mod sla;
mod tickets;
mod timeline;
mod triggers;
mod widgets;

/// Name and statements of every migration, in order.
pub const MIGRATIONS: &[(&str, &str)] = &[
    ("0001-desk", DESK),
    ("0002-contacts", contacts::CONTACTS),
    ("0003-knowledge", knowledge::KNOWLEDGE),
    ("0004-widgets", widgets::WIDGETS),
    ("0005-tickets", tickets::TICKETS),
    ("0006-lists", lists::LISTS),
    ("0007-exports", exports::EXPORTS),
    ("0008-timeline", timeline::TIMELINE),
    ("0009-oauth", oauth::OAUTH),
    ("0010-shortcuts", shortcuts::SHORTCUTS),
    ("0011-triggers", triggers::TRIGGERS),
    ("0012-skills", skills::SKILLS),
    ("0013-chat-search", chat_search::CHAT_SEARCH),
    ("0014-oauth-grant-kinds", oauth::OAUTH_GRANT_KINDS),
    ("0015-calls", calls::CALLS),
    ("0016-sla", sla::SLA),
    ("0017-rollups", rollups::ROLLUPS),
    ("0018-levels", levels::LEVELS),
    ("0019-automation", automation::AUTOMATION),
    ("0020-recount", recount::RECOUNT),
    ("0021-lookups", lookups::LOOKUPS),
    ("0022-numbers", lookups::NUMBERS),
    ("0023-calls-in-charge", calls::IN_CHARGE),
    ("0024-firings", automation::FIRINGS),
    ("0025-rollup-leases", rollups::ROLLUP_LEASES),
    ("0026-running", RUNNING),
    ("0027-rollup-hours", rollups::ROLLUP_HOURS),
    ("0028-sla-hours", sla::HOURS),
    ("0029-level-hours", levels::LEVEL_HOURS),
];

/// When a desk last noted that it runs; NULL: it never did.
const RUNNING: &str = "ALTER TABLE desk ADD COLUMN running_at BIGINT";

const DESK: &str = r"
CREATE TABLE desk (
  id BIGINT NOT NULL PRIMARY KEY,
  account_key BIGINT NOT NULL,
  secret {BLOB} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE settings (
  name {TEXT} NOT NULL PRIMARY KEY,
  value {TEXT} NOT NULL
);
CREATE TABLE agents (
  id {PK},
  contact_id BIGINT NOT NULL,
  email {TEXT} NOT NULL UNIQUE,
  first_name {TEXT} NOT NULL,
  last_name {TEXT} NOT NULL,
  role {TEXT} NOT NULL,
  slots BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  preset BIGINT NOT NULL,
  online BIGINT NOT NULL,
  password_hash {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE departments (
  id {PK},
  name {TEXT} NOT NULL,
  description {TEXT} NOT NULL,
  strategy {TEXT} NOT NULL,
  offer_seconds BIGINT NOT NULL,
  queue_chats_max BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE memberships (
  department_id BIGINT NOT NULL REFERENCES departments(id),
  agent_id BIGINT NOT NULL REFERENCES agents(id),
  priority BIGINT NOT NULL,
  PRIMARY KEY (department_id, agent_id)
);
CREATE INDEX memberships_agent ON memberships (agent_id);
CREATE TABLE customers (
  id {PK},
  email {TEXT},
  name {TEXT} NOT NULL,
  phone {TEXT} NOT NULL,
  note {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX customers_email ON customers (email) WHERE email IS NOT NULL;
CREATE TABLE visits (
  id {PK},
  visitor_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL REFERENCES customers(id),
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  user_agent {TEXT} NOT NULL,
  address {TEXT} NOT NULL,
  referrer {TEXT} NOT NULL,
  language {TEXT} NOT NULL
);
CREATE INDEX visits_seen ON visits (seen_at);
CREATE INDEX visits_visitor ON visits (visitor_id);
CREATE TABLE pages (
  visit_id BIGINT NOT NULL REFERENCES visits(id),
  ordinal BIGINT NOT NULL,
  at BIGINT NOT NULL,
  url {TEXT} NOT NULL,
  title {TEXT} NOT NULL,
  from_url {TEXT} NOT NULL,
  PRIMARY KEY (visit_id, ordinal)
);
CREATE TABLE conversations (
  id {PK},
  code {TEXT} NOT NULL UNIQUE,
  public_code {TEXT} NOT NULL UNIQUE,
  customer_id BIGINT NOT NULL REFERENCES customers(id),
  visitor_id BIGINT,
  visit_id BIGINT,
  department_id BIGINT NOT NULL REFERENCES departments(id),
  assigned_id BIGINT,
  status {TEXT} NOT NULL,
  channel {TEXT} NOT NULL,
  subject {TEXT} NOT NULL,
  preview {TEXT} NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  groups_in BIGINT NOT NULL,
  groups_out BIGINT NOT NULL
);
CREATE INDEX conversations_changed ON conversations (changed_at, id);
CREATE INDEX conversations_status ON conversations (status, changed_at, id);
CREATE INDEX conversations_customer ON conversations (customer_id);
CREATE INDEX conversations_visitor ON conversations (visitor_id) WHERE visitor_id IS NOT NULL;
CREATE TABLE tags (
  id {PK},
  name {TEXT} NOT NULL UNIQUE,
  color {TEXT} NOT NULL,
  bg_color {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE conversation_tags (
  conversation_id BIGINT NOT NULL REFERENCES conversations(id),
  tag_id BIGINT NOT NULL REFERENCES tags(id),
  ordinal BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, tag_id)
);
CREATE INDEX conversation_tags_tag ON conversation_tags (tag_id);
CREATE TABLE message_groups (
  id {PK},
  conversation_id BIGINT NOT NULL REFERENCES conversations(id),
  chat_id BIGINT,
  kind {TEXT} NOT NULL,
  status {TEXT} NOT NULL,
  author_kind {TEXT} NOT NULL,
  author_id BIGINT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT NOT NULL,
  number BIGINT NOT NULL
);
CREATE INDEX message_groups_conversation ON message_groups (conversation_id, number);
CREATE TABLE files (
  id {TEXT} NOT NULL PRIMARY KEY,
  conversation_id BIGINT,
  visitor_id BIGINT,
  agent_id BIGINT,
  name {TEXT} NOT NULL,
  content_type {TEXT} NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE messages (
  id {PK},
  conversation_id BIGINT NOT NULL,
  chat_id BIGINT,
  group_id BIGINT NOT NULL,
  kind {TEXT} NOT NULL,
  author_kind {TEXT} NOT NULL,
  author_id BIGINT,
  author_name {TEXT} NOT NULL,
  at BIGINT NOT NULL,
  text {TEXT} NOT NULL,
  file_id {TEXT},
  tags_before {TEXT},
  tags_after {TEXT},
  send_key {TEXT},
  number BIGINT NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation_id, number);
CREATE INDEX messages_chat ON messages (chat_id, number) WHERE chat_id IS NOT NULL;
CREATE TABLE read_marks (
  conversation_id BIGINT NOT NULL,
  side {TEXT} NOT NULL,
  message_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, side)
);
CREATE TABLE chats (
  id {PK},
  public_id {TEXT} NOT NULL UNIQUE,
  conversation_id BIGINT NOT NULL REFERENCES conversations(id),
  group_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  customer_name {TEXT} NOT NULL,
  visit_id BIGINT,
  department_id BIGINT NOT NULL,
  state {TEXT} NOT NULL,
  started_by {TEXT} NOT NULL,
  priority BIGINT NOT NULL,
  requested_at BIGINT NOT NULL,
  waiting_since BIGINT NOT NULL,
  ended_at BIGINT,
  end_reason {TEXT},
  unanswered_since BIGINT,
  first_message_at BIGINT,
  last_message_at BIGINT,
  visitor_messages BIGINT NOT NULL,
  agent_messages BIGINT NOT NULL,
  joined_ever BIGINT NOT NULL,
  offered_ever BIGINT NOT NULL,
  pinned_id BIGINT,
  missed BIGINT NOT NULL,
  dropped BIGINT NOT NULL,
  rating {TEXT},
  rating_comment {TEXT},
  rated_at BIGINT,
  response_count BIGINT NOT NULL,
  response_sum BIGINT NOT NULL,
  response_first BIGINT,
  response_max BIGINT
);
CREATE INDEX chats_live ON chats (department_id, priority, waiting_since) WHERE ended_at IS NULL;
CREATE INDEX chats_live_visit ON chats (visit_id) WHERE ended_at IS NULL;
CREATE INDEX chats_conversation ON chats (conversation_id);
CREATE INDEX chats_customer ON chats (customer_id);
CREATE INDEX chats_missed ON chats (ended_at) WHERE missed = 1;
CREATE INDEX chats_rated ON chats (rated_at) WHERE rated_at IS NOT NULL;
CREATE TABLE offers (
  id {PK},
  chat_id BIGINT NOT NULL REFERENCES chats(id),
  conversation_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  offered_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  outcome {TEXT},
  closed_at BIGINT
);
CREATE INDEX offers_ringing_agent ON offers (agent_id) WHERE outcome IS NULL;
CREATE INDEX offers_ringing_expiry ON offers (expires_at) WHERE outcome IS NULL;
CREATE INDEX offers_chat ON offers (chat_id);
CREATE TABLE engagements (
  id {PK},
  chat_id BIGINT NOT NULL REFERENCES chats(id),
  conversation_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  ordinal BIGINT NOT NULL,
  start_kind {TEXT} NOT NULL,
  assigned BIGINT NOT NULL,
  joined_at BIGINT NOT NULL,
  joined_number BIGINT NOT NULL,
  left_at BIGINT,
  left_number BIGINT,
  visitor_messages BIGINT NOT NULL,
  agent_messages BIGINT NOT NULL,
  response_count BIGINT NOT NULL,
  response_sum BIGINT NOT NULL,
  response_first BIGINT,
  response_max BIGINT
);
CREATE INDEX engagements_open_agent ON engagements (agent_id) WHERE left_at IS NULL;
CREATE INDEX engagements_chat ON engagements (chat_id);
CREATE INDEX engagements_agent ON engagements (agent_id, joined_at);
CREATE TABLE bans (
  id {PK},
  customer_id BIGINT,
  address {TEXT},
  reason {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX bans_customer ON bans (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX bans_address ON bans (address) WHERE address IS NOT NULL;
CREATE TABLE credentials (
  id {PK},
  kind {TEXT} NOT NULL,
  name {TEXT} NOT NULL,
  hash {TEXT} NOT NULL UNIQUE,
  hint {TEXT} NOT NULL,
  agent_id BIGINT,
  scopes {TEXT} NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT
);
CREATE TABLE chat_documents (
  chat_id {PK},
  public_id {TEXT} NOT NULL,
  updated_second BIGINT NOT NULL,
  body {TEXT} NOT NULL
);
CREATE UNIQUE INDEX chat_documents_cursor ON chat_documents (updated_second, public_id);
";
