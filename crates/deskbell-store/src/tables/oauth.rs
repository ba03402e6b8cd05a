//! OAuth clients, grants, codes and refresh tokens; and the access tokens among the credentials that belong to clients.

use deskbell_domain::ids::{AgentId, OauthClientId, OauthGrantId};
use deskbell_domain::oauth::{Challenge, ChallengeMethod, ClientType, GrantKind, OauthClient, OauthCode, OauthGrant, OauthRefreshToken};
use deskbell_domain::time::Timestamp;

use super::credentials::{self, Credential};
use super::{flag, time, word};
use crate::engine::{Row, Tx};
use crate::error::StoreError;

const CLIENT: &str =
    "id, name, company, identifier, secret_hash, secret_hint, client_type, redirect_uris, scopes, agent_id, created_at, updated_at";

fn client(row: &Row<'_>) -> Result<OauthClient, StoreError> {
    Ok(OauthClient {
        id: OauthClientId::from_i64(row.get(0)?),
        name: row.get(1)?,
        company: row.get(2)?,
        identifier: row.get(3)?,
        secret_hash: row.get(4)?,
        secret_hint: row.get(5)?,
        client_type: word(ClientType::parse, "client type", row.str(6)?)?,
        // A URI holds no blank.
        redirect_uris: row.str(7)?.split_whitespace().map(str::to_owned).collect(),
        scopes: row.get(8)?,
        agent: AgentId::from_i64(row.get(9)?),
        created: time(row.get(10)?),
        updated: time(row.get(11)?),
    })
}

pub fn insert_client(tx: &mut Tx<'_>, client: &OauthClient) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO oauth_clients (id, name, company, identifier, secret_hash, secret_hint, client_type, redirect_uris, scopes, \
         agent_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            &client.id.get(),
            &client.name,
            &client.company,
            &client.identifier,
            &client.secret_hash,
            &client.secret_hint,
            &client.client_type.text(),
            &client.redirect_uris.join(" "),
            &client.scopes,
            &client.agent.get(),
            &client.created.micros(),
            &client.updated.micros(),
        ],
    )?;
    Ok(())
}

/// Writes all but who made it, what it is called by and when it was made.
pub fn update_client(tx: &mut Tx<'_>, client: &OauthClient) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE oauth_clients SET name = $2, company = $3, secret_hash = $4, secret_hint = $5, client_type = $6, redirect_uris = $7, \
         scopes = $8, updated_at = $9 WHERE id = $1",
        &[
            &client.id.get(),
            &client.name,
            &client.company,
            &client.secret_hash,
            &client.secret_hint,
            &client.client_type.text(),
            &client.redirect_uris.join(" "),
            &client.scopes,
            &client.updated.micros(),
        ],
    )?;
    Ok(())
}

/// Takes a client away with all that was granted to it; its access tokens are revoked.
pub fn remove_client(tx: &mut Tx<'_>, client: OauthClientId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE credentials SET revoked_at = $2 WHERE oauth_client_id = $1 AND revoked_at IS NULL", &[&client.get(), &at.micros()])?;
    tx.exec("DELETE FROM oauth_codes WHERE client_id = $1", &[&client.get()])?;
    tx.exec("DELETE FROM oauth_refresh_tokens WHERE grant_id IN (SELECT id FROM oauth_grants WHERE client_id = $1)", &[&client.get()])?;
    tx.exec("DELETE FROM oauth_grants WHERE client_id = $1", &[&client.get()])?;
    tx.exec("DELETE FROM oauth_clients WHERE id = $1", &[&client.get()])?;
    Ok(())
}

pub fn client_by_id(tx: &mut Tx<'_>, id: OauthClientId) -> Result<Option<OauthClient>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {CLIENT} FROM oauth_clients WHERE id = $1"), &[&id.get()], client)
}

pub fn client_by_identifier(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<OauthClient>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {CLIENT} FROM oauth_clients WHERE identifier = $1"), &[&identifier], client)
}

/// All clients, oldest first.
pub fn clients(tx: &mut Tx<'_>) -> Result<Vec<OauthClient>, StoreError> {
    tx.all_dynamic_with(&format!("SELECT {CLIENT} FROM oauth_clients ORDER BY created_at, id"), &[], client)
}

pub fn count_clients(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx.one::<(i64,)>("SELECT COUNT(*) FROM oauth_clients", &[])?.0)
}

pub fn insert_grant(tx: &mut Tx<'_>, grant: &OauthGrant) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO oauth_grants (id, client_id, agent_id, scopes, created_at, revoked_at, kind) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &grant.id.get(),
            &grant.client.get(),
            &grant.agent.get(),
            &grant.scopes,
            &grant.created.micros(),
            &grant.revoked.map(Timestamp::micros),
            &grant.kind.text(),
        ],
    )?;
    Ok(())
}

pub fn grant(tx: &mut Tx<'_>, grant: OauthGrantId) -> Result<Option<OauthGrant>, StoreError> {
    let sql = "SELECT id, client_id, agent_id, scopes, created_at, revoked_at, kind FROM oauth_grants WHERE id = $1";
    tx.opt_with(sql, &[&grant.get()], |row| {
        Ok(OauthGrant {
            id: OauthGrantId::from_i64(row.get(0)?),
            client: OauthClientId::from_i64(row.get(1)?),
            agent: AgentId::from_i64(row.get(2)?),
            scopes: row.get(3)?,
            created: time(row.get(4)?),
            revoked: row.get::<Option<i64>>(5)?.map(time),
            kind: word(GrantKind::parse, "kind of a grant", row.str(6)?)?,
        })
    })
}

/// Revokes what an agent granted by giving his password, with all access tokens that came of it.
pub fn revoke_password_grants(tx: &mut Tx<'_>, agent: AgentId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE credentials SET revoked_at = $2 WHERE revoked_at IS NULL \
         AND oauth_grant_id IN (SELECT id FROM oauth_grants WHERE agent_id = $1 AND kind = 'password')",
        &[&agent.get(), &at.micros()],
    )?;
    tx.exec(
        "UPDATE oauth_grants SET revoked_at = $2 WHERE agent_id = $1 AND kind = 'password' AND revoked_at IS NULL",
        &[&agent.get(), &at.micros()],
    )?;
    Ok(())
}

/// Revokes a grant with all access tokens that came of it.
pub fn revoke_grant(tx: &mut Tx<'_>, grant: OauthGrantId, at: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE oauth_grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", &[&grant.get(), &at.micros()])?;
    tx.exec("UPDATE credentials SET revoked_at = $2 WHERE oauth_grant_id = $1 AND revoked_at IS NULL", &[&grant.get(), &at.micros()])?;
    Ok(())
}

pub fn insert_code(tx: &mut Tx<'_>, code: &OauthCode) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO oauth_codes (hash, client_id, agent_id, redirect_uri, redirect_named, scopes, challenge_method, challenge, \
         expires_at, grant_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            &code.hash,
            &code.client.get(),
            &code.agent.get(),
            &code.redirect_uri,
            &flag(code.redirect_named),
            &code.scopes,
            &code.challenge.as_ref().map(|challenge| challenge.method.text()),
            &code.challenge.as_ref().map(|challenge| challenge.text.as_str()),
            &code.expires.micros(),
            &code.grant.map(OauthGrantId::get),
        ],
    )?;
    Ok(())
}

pub fn code(tx: &mut Tx<'_>, hash: &str) -> Result<Option<OauthCode>, StoreError> {
    let sql = "SELECT hash, client_id, agent_id, redirect_uri, redirect_named, scopes, challenge_method, challenge, expires_at, grant_id \
               FROM oauth_codes WHERE hash = $1";
    tx.opt_with(sql, &[&hash], |row| {
        let method = row.get::<Option<String>>(6)?.map(|method| word(ChallengeMethod::parse, "challenge method", &method)).transpose()?;
        Ok(OauthCode {
            hash: row.get(0)?,
            client: OauthClientId::from_i64(row.get(1)?),
            agent: AgentId::from_i64(row.get(2)?),
            redirect_uri: row.get(3)?,
            redirect_named: row.get(4)?,
            scopes: row.get(5)?,
            challenge: method.zip(row.get::<Option<String>>(7)?).map(|(method, text)| Challenge { method, text }),
            expires: time(row.get(8)?),
            grant: row.get::<Option<i64>>(9)?.map(OauthGrantId::from_i64),
        })
    })
}

/// Notes what a code was exchanged for; `false` if that has happened before.
pub fn use_code(tx: &mut Tx<'_>, hash: &str, grant: OauthGrantId) -> Result<bool, StoreError> {
    Ok(tx.exec("UPDATE oauth_codes SET grant_id = $2 WHERE hash = $1 AND grant_id IS NULL", &[&hash, &grant.get()])? == 1)
}

pub fn insert_refresh(tx: &mut Tx<'_>, token: &OauthRefreshToken) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO oauth_refresh_tokens (hash, grant_id, created_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5)",
        &[&token.hash, &token.grant.get(), &token.created.micros(), &token.expires.micros(), &token.used.map(Timestamp::micros)],
    )?;
    Ok(())
}

pub fn refresh(tx: &mut Tx<'_>, hash: &str) -> Result<Option<OauthRefreshToken>, StoreError> {
    tx.opt_with("SELECT hash, grant_id, created_at, expires_at, used_at FROM oauth_refresh_tokens WHERE hash = $1", &[&hash], |row| {
        Ok(OauthRefreshToken {
            hash: row.get(0)?,
            grant: OauthGrantId::from_i64(row.get(1)?),
            created: time(row.get(2)?),
            expires: time(row.get(3)?),
            used: row.get::<Option<i64>>(4)?.map(time),
        })
    })
}

/// Notes that a refresh token was used, and how long that is remembered; `false` if it had been before.
pub fn use_refresh(tx: &mut Tx<'_>, hash: &str, at: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE oauth_refresh_tokens SET used_at = $2, expires_at = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END \
         WHERE hash = $1 AND used_at IS NULL",
        &[&hash, &at.micros(), &until.micros()],
    )?;
    Ok(changed == 1)
}

/// The bearer tokens that are good now, newest first: those of clients and those that people of the desk made.
pub fn tokens(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<Credential>, StoreError> {
    let sql = format!(
        "SELECT {} FROM credentials WHERE kind = 'token' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1) \
         ORDER BY created_at DESC, id DESC LIMIT $2",
        credentials::COLUMNS
    );
    tx.all_dynamic_with(&sql, &[&now.micros(), &limit], credentials::row)
}

/// Revokes the oldest tokens that a client has for an agent, so that `kept` good ones stay.
pub fn revoke_oldest(tx: &mut Tx<'_>, client: OauthClientId, agent: AgentId, now: Timestamp, kept: i64) -> Result<u64, StoreError> {
    tx.exec(
        "UPDATE credentials SET revoked_at = $2 WHERE id IN (SELECT id FROM credentials WHERE oauth_client_id = $1 \
         AND agent_id = $4 AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET $3)",
        &[&client.get(), &now.micros(), &kept, &agent.get()],
    )
}

/// Deletes a bite of what ended before a moment: access tokens, codes, refresh tokens, and grants that nothing is left of.
pub fn forget_before(tx: &mut Tx<'_>, before: Timestamp, bite: i64) -> Result<u64, StoreError> {
    let (before, bite) = (before.micros(), bite);
    let tokens = tx.exec(
        "DELETE FROM credentials WHERE id IN (SELECT id FROM credentials WHERE oauth_client_id IS NOT NULL \
         AND (expires_at < $1 OR revoked_at < $1) LIMIT $2)",
        &[&before, &bite],
    )?;
    let codes =
        tx.exec("DELETE FROM oauth_codes WHERE hash IN (SELECT hash FROM oauth_codes WHERE expires_at < $1 LIMIT $2)", &[&before, &bite])?;
    let refreshes = tx.exec(
        "DELETE FROM oauth_refresh_tokens WHERE hash IN (SELECT hash FROM oauth_refresh_tokens WHERE expires_at < $1 \
         OR grant_id IN (SELECT id FROM oauth_grants WHERE revoked_at < $1) LIMIT $2)",
        &[&before, &bite],
    )?;
    let grants = tx.exec(
        "DELETE FROM oauth_grants WHERE id IN (SELECT id FROM oauth_grants AS g WHERE created_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM oauth_refresh_tokens AS r WHERE r.grant_id = g.id) \
         AND NOT EXISTS (SELECT 1 FROM credentials AS c WHERE c.oauth_grant_id = g.id) \
         AND NOT EXISTS (SELECT 1 FROM oauth_codes AS o WHERE o.grant_id = g.id) LIMIT $2)",
        &[&before, &bite],
    )?;
    Ok(tokens + codes + refreshes + grants)
}
