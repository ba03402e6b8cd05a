//! OAuth: clients, what agents granted them, codes and refresh tokens. Access tokens are credentials.

/// `oauth_codes.grant_id` is there once the code was used, `oauth_refresh_tokens.used_at` once another one took its place. Both are kept
/// for a while after that, so that a second use is noticed.
pub(super) const OAUTH: &str = r"
CREATE TABLE oauth_clients (
  id {PK},
  name {TEXT} NOT NULL,
  company {TEXT} NOT NULL,
  identifier {TEXT} NOT NULL UNIQUE,
  secret_hash {TEXT} NOT NULL,
  secret_hint {TEXT} NOT NULL,
  client_type {TEXT} NOT NULL,
  redirect_uris {TEXT} NOT NULL,
  scopes {TEXT} NOT NULL,
  agent_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE oauth_grants (
  id {PK},
  client_id BIGINT NOT NULL REFERENCES oauth_clients(id),
  agent_id BIGINT NOT NULL,
  scopes {TEXT} NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX oauth_grants_client ON oauth_grants (client_id);
CREATE TABLE oauth_codes (
  hash {TEXT} NOT NULL PRIMARY KEY,
  client_id BIGINT NOT NULL REFERENCES oauth_clients(id),
  agent_id BIGINT NOT NULL,
  redirect_uri {TEXT} NOT NULL,
  redirect_named BIGINT NOT NULL,
  scopes {TEXT} NOT NULL,
  challenge_method {TEXT},
  challenge {TEXT},
  expires_at BIGINT NOT NULL,
  grant_id BIGINT
);
CREATE INDEX oauth_codes_client ON oauth_codes (client_id);
CREATE INDEX oauth_codes_expiry ON oauth_codes (expires_at);
CREATE TABLE oauth_refresh_tokens (
  hash {TEXT} NOT NULL PRIMARY KEY,
  grant_id BIGINT NOT NULL REFERENCES oauth_grants(id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX oauth_refresh_tokens_grant ON oauth_refresh_tokens (grant_id);
CREATE INDEX oauth_refresh_tokens_expiry ON oauth_refresh_tokens (expires_at);
ALTER TABLE credentials ADD COLUMN oauth_client_id BIGINT;
ALTER TABLE credentials ADD COLUMN oauth_grant_id BIGINT;
CREATE INDEX credentials_oauth_client ON credentials (oauth_client_id, created_at, id) WHERE oauth_client_id IS NOT NULL;
CREATE INDEX credentials_oauth_grant ON credentials (oauth_grant_id) WHERE oauth_grant_id IS NOT NULL;
CREATE INDEX credentials_kind ON credentials (kind, created_at, id);
";

/// Nobody noted before what a grant came of: those of then count as granted by a code.
pub(super) const OAUTH_GRANT_KINDS: &str = r"
ALTER TABLE oauth_grants ADD COLUMN kind {TEXT} NOT NULL DEFAULT 'code';
CREATE INDEX oauth_grants_password ON oauth_grants (agent_id) WHERE kind = 'password';
";
