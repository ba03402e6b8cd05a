//! The token endpoint's use cases: access tokens for codes, refresh tokens, clients and passwords; and giving them back.

use deskbell_domain::ids::{AgentId, OauthGrantId};
use deskbell_domain::oauth::{ClientType, GrantKind, OauthClient, OauthCode, OauthError, OauthGrant, OauthRefreshToken};
use deskbell_store::{Tx, tables};

use super::{
    ACCESS_TOKEN_SECONDS, Granted, REFRESH_TOKEN_SECONDS, REUSE_NOTICED_SECONDS, Refusal, announce, issue_access, narrowed, proof,
    revoke_grant,
};
use crate::context::Context;
use crate::credentials;
use crate::error::AppError;
use crate::rights::Scopes;

pub use super::proof::ClientProof;

/// Characters of a refresh token.
const REFRESH_TOKEN_CHARS: usize = 64;
/// Told alike whatever is wrong with a code or a token.
const BAD_CODE: Refusal = Refusal::new(OauthError::InvalidGrant, "the code is not good: unknown, used, expired, or another client's");
const BAD_REFRESH: Refusal =
    Refusal::new(OauthError::InvalidGrant, "the refresh token is not good: unknown, used, expired, revoked, or another client's");

/// What a client shows for an access token.
#[derive(Debug, Clone)]
pub enum Shown {
    Code {
        code: String,
        redirect_uri: Option<String>,
        verifier: Option<String>,
    },
    RefreshToken {
        token: String,
        scope: Option<String>,
    },
    /// Nothing but itself: it acts for the agent who made it.
    Client {
        scope: Option<String>,
    },
    /// An agent whose password was found good against `hash`.
    Password {
        agent: AgentId,
        hash: String,
        scope: Option<String>,
    },
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub scopes: Scopes,
    /// Seconds the access token is good for.
    pub seconds: i64,
}

/// Gives a client an access token for what it shows.
pub fn grant(tx: &mut Tx<'_>, cx: &mut Context, proof: &ClientProof, shown: &Shown) -> Result<Granted<Tokens>, AppError> {
    let client = match proof::client(tx, proof)? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(refusal)),
    };
    match shown {
        Shown::Code { code, redirect_uri, verifier } => {
            by_code(tx, cx, &client, &credentials::hash_secret(code), redirect_uri.as_deref(), verifier.as_deref())
        }
        Shown::RefreshToken { token, scope } => by_refresh(tx, cx, &client, &credentials::hash_secret(token), scope.as_deref()),
        Shown::Client { scope } => by_client(tx, cx, &client, scope.as_deref()),
        Shown::Password { agent, hash, scope } => by_password(tx, cx, &client, *agent, hash, scope.as_deref()),
    }
}

/// A code is good once. Shown again it is in two hands, and nobody knows which are the right ones: what it gave ends.
fn by_code(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    client: &OauthClient,
    hash: &str,
    redirect_uri: Option<&str>,
    verifier: Option<&str>,
) -> Result<Granted<Tokens>, AppError> {
    let Some(code) = tables::oauth::code(tx, hash)?.filter(|code| code.client == client.id) else { return Ok(Err(BAD_CODE)) };
    if let Some(grant) = code.grant {
        revoke_grant(tx, cx, client, grant)?;
        return Ok(Err(BAD_CODE));
    }
    if code.expires <= cx.now || !works_here(tx, code.agent)? {
        return Ok(Err(BAD_CODE));
    }
    if !fits(&code, redirect_uri) {
        return Ok(Err(Refusal::new(OauthError::InvalidGrant, "redirect_uri is not the one that the code was asked for with")));
    }
    if !proof::meets(code.challenge.as_ref(), verifier) {
        return Ok(Err(Refusal::new(OauthError::InvalidGrant, "code_verifier does not meet the code_challenge")));
    }
    let scopes = Scopes::parse(&code.scopes).unwrap_or_default();
    let grant = open_grant(tx, cx, client, GrantKind::Code, code.agent, scopes)?;
    tables::oauth::use_code(tx, &code.hash, grant.id)?;
    Ok(Ok(tokens(tx, cx, client, &grant, scopes)?))
}

/// What was named when the code was asked for has to be named again, and nothing else may be.
fn fits(code: &OauthCode, redirect_uri: Option<&str>) -> bool {
    match redirect_uri {
        Some(uri) => uri == code.redirect_uri,
        None => !code.redirect_named,
    }
}

/// A refresh token is good once, too, for the same reason; another one takes its place.
fn by_refresh(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    client: &OauthClient,
    hash: &str,
    scope: Option<&str>,
) -> Result<Granted<Tokens>, AppError> {
    let Some(token) = tables::oauth::refresh(tx, hash)? else { return Ok(Err(BAD_REFRESH)) };
    let grant = tables::oauth::grant(tx, token.grant)?.filter(|grant| grant.client == client.id && grant.revoked.is_none());
    let Some(grant) = grant else { return Ok(Err(BAD_REFRESH)) };
    if token.used.is_some() {
        revoke_grant(tx, cx, client, grant.id)?;
        return Ok(Err(BAD_REFRESH));
    }
    if token.expires <= cx.now || !works_here(tx, grant.agent)? {
        return Ok(Err(BAD_REFRESH));
    }
    let scopes = match narrowed(client, scope) {
        Ok(scopes) => scopes.common(Scopes::parse(&grant.scopes).unwrap_or_default()),
        Err(refusal) => return Ok(Err(refusal)),
    };
    if scopes == Scopes::default() {
        return Ok(Err(Refusal::new(OauthError::InvalidScope, "none of these scopes was granted")));
    }
    tables::oauth::use_refresh(tx, hash, cx.now, cx.now.plus_seconds(REUSE_NOTICED_SECONDS))?;
    Ok(Ok(tokens(tx, cx, client, &grant, scopes)?))
}

fn by_client(tx: &mut Tx<'_>, cx: &mut Context, client: &OauthClient, scope: Option<&str>) -> Result<Granted<Tokens>, AppError> {
    if client.client_type != ClientType::Confidential {
        return Ok(Err(Refusal::new(OauthError::InvalidClient, "only a confidential client may act for itself")));
    }
    if !works_here(tx, client.agent)? {
        return Ok(Err(Refusal::new(OauthError::UnauthorizedClient, "the agent whom the client acts for does not work here any more")));
    }
    let scopes = match narrowed(client, scope) {
        Ok(scopes) => scopes,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let issued = issue_access(tx, cx, client, client.agent, scopes, None)?;
    Ok(Ok(Tokens { access: issued.secret, refresh: None, scopes, seconds: ACCESS_TOKEN_SECONDS }))
}

fn by_password(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    client: &OauthClient,
    agent: AgentId,
    hash: &str,
    scope: Option<&str>,
) -> Result<Granted<Tokens>, AppError> {
    if !works_here(tx, agent)? || tables::agents::password_hash(tx, agent)?.as_deref() != Some(hash) {
        return Ok(Err(Refusal::new(OauthError::InvalidGrant, "e-mail or password is wrong")));
    }
    let scopes = match narrowed(client, scope) {
        Ok(scopes) => scopes,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let grant = open_grant(tx, cx, client, GrantKind::Password, agent, scopes)?;
    Ok(Ok(tokens(tx, cx, client, &grant, scopes)?))
}

fn works_here(tx: &mut Tx<'_>, agent: AgentId) -> Result<bool, AppError> {
    Ok(tables::agents::get(tx, agent)?.is_some_and(|agent| agent.enabled))
}

fn open_grant(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    client: &OauthClient,
    kind: GrantKind,
    agent: AgentId,
    scopes: Scopes,
) -> Result<OauthGrant, AppError> {
    let id = OauthGrantId::from_i64(tx.next_id()?);
    let grant = OauthGrant { id, kind, client: client.id, agent, scopes: scopes.text(), created: cx.now, revoked: None };
    tables::oauth::insert_grant(tx, &grant)?;
    Ok(grant)
}

/// An access token and the refresh token for the next one.
fn tokens(tx: &mut Tx<'_>, cx: &mut Context, client: &OauthClient, grant: &OauthGrant, scopes: Scopes) -> Result<Tokens, AppError> {
    let refresh = cx.alphanumerics(REFRESH_TOKEN_CHARS);
    let row = OauthRefreshToken {
        hash: credentials::hash_secret(&refresh),
        grant: grant.id,
        created: cx.now,
        expires: cx.now.plus_seconds(REFRESH_TOKEN_SECONDS),
        used: None,
    };
    tables::oauth::insert_refresh(tx, &row)?;
    let issued = issue_access(tx, cx, client, grant.agent, scopes, Some(grant.id))?;
    Ok(Tokens { access: issued.secret, refresh: Some(refresh), scopes, seconds: ACCESS_TOKEN_SECONDS })
}

/// Takes a token back that its client has no more use for (RFC 7009): an access token alone, a refresh token with all of its grant. One
/// that is not good, or another client's, is none: the client is not told.
pub fn give_back(tx: &mut Tx<'_>, cx: &Context, proof: &ClientProof, token: &str) -> Result<Granted<()>, AppError> {
    let client = match proof::client(tx, proof)? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let hash = credentials::hash_secret(token);
    if let Some(access) = tables::credentials::by_hash(tx, &hash)?.filter(|access| access.oauth_client == Some(client.id)) {
        tables::credentials::revoke(tx, access.id, cx.now)?;
        announce(tx, cx, &client)?;
    } else if let Some(refresh) = tables::oauth::refresh(tx, &hash)?
        && tables::oauth::grant(tx, refresh.grant)?.is_some_and(|grant| grant.client == client.id)
    {
        revoke_grant(tx, cx, &client, refresh.grant)?;
    }
    Ok(Ok(()))
}
