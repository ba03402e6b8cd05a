//! Keys, tokens and sessions, hashed at rest.

use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::{AgentId, CredentialId, OauthClientId, OauthGrantId};
use deskbell_domain::time::Timestamp;

use super::{time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

/// A key, token or session. The secret itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub kind: CredentialKind,
    pub name: String,
    /// SHA-256 of the secret in lower-case hex.
    pub hash: String,
    /// The secret's last characters, to tell one from another.
    pub hint: String,
    /// For whom a token or session acts; API keys act for the desk.
    pub agent: Option<AgentId>,
    /// Space separated, as in `read write chat`.
    pub scopes: String,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    pub revoked: Option<Timestamp>,
    /// The OAuth client that a token was given to; `None` for what the desk's own people made.
    pub oauth_client: Option<OauthClientId>,
    /// What an agent granted that client, if more came of it than this token.
    pub oauth_grant: Option<OauthGrantId>,
}

pub(super) const COLUMNS: &str =
    "id, kind, name, hash, hint, agent_id, scopes, created_at, expires_at, revoked_at, oauth_client_id, oauth_grant_id";

pub(super) fn row(row: &Row<'_>) -> Result<Credential, StoreError> {
    Ok(Credential {
        id: CredentialId::from_i64(row.get(0)?),
        kind: word(CredentialKind::parse, "credential", row.str(1)?)?,
        name: row.get(2)?,
        hash: row.get(3)?,
        hint: row.get(4)?,
        agent: row.get::<Option<i64>>(5)?.map(AgentId::from_i64),
        scopes: row.get(6)?,
        created: time(row.get(7)?),
        expires: row.get::<Option<i64>>(8)?.map(time),
        revoked: row.get::<Option<i64>>(9)?.map(time),
        oauth_client: row.get::<Option<i64>>(10)?.map(OauthClientId::from_i64),
        oauth_grant: row.get::<Option<i64>>(11)?.map(OauthGrantId::from_i64),
    })
}

pub fn insert(tx: &mut Tx<'_>, credential: &Credential) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO credentials (id, kind, name, hash, hint, agent_id, scopes, created_at, expires_at, revoked_at, oauth_client_id, \
         oauth_grant_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            &credential.id.get(),
            &credential.kind.text(),
            &credential.name,
            &credential.hash,
            &credential.hint,
            &credential.agent.map(AgentId::get),
            &credential.scopes,
            &credential.created.micros(),
            &credential.expires.map(Timestamp::micros),
            &credential.revoked.map(Timestamp::micros),
            &credential.oauth_client.map(OauthClientId::get),
            &credential.oauth_grant.map(OauthGrantId::get),
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, credential: CredentialId) -> Result<Option<Credential>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM credentials WHERE id = $1"), &[&credential.get()], row)
}

pub fn by_hash(tx: &mut Tx<'_>, hash: &str) -> Result<Option<Credential>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM credentials WHERE hash = $1"), &[&hash], row)
}

/// Keys and tokens that people of the desk made, oldest first; sessions and OAuth clients' tokens are not listed.
pub fn listed(tx: &mut Tx<'_>) -> Result<Vec<Credential>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM credentials WHERE kind <> 'session' AND oauth_client_id IS NULL ORDER BY created_at, id");
    tx.all_dynamic_with(&sql, &[], row)
}

pub fn revoke(tx: &mut Tx<'_>, credential: CredentialId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE credentials SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", &[&credential.get(), &at.micros()])?;
    Ok(())
}

/// Ends all sessions of an agent.
pub fn revoke_sessions(tx: &mut Tx<'_>, agent: AgentId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE credentials SET revoked_at = $2 WHERE agent_id = $1 AND kind = 'session' AND revoked_at IS NULL",
        &[&agent.get(), &at.micros()],
    )?;
    Ok(())
}

/// Deletes sessions that ended before a moment.
pub fn forget_sessions_before(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, StoreError> {
    tx.exec("DELETE FROM credentials WHERE kind = 'session' AND (expires_at < $1 OR revoked_at < $1)", &[&before.micros()])
}
