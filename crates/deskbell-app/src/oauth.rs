//! OAuth 2.0 (RFC 6749, 7636, 7009): clients that agents let act for them.
//!
//! An access token is a credential like any other bearer token. What an agent granted through a code is a grant: its access tokens and
//! refresh tokens end together. A refusal is an outcome, not an error: what a refused request has to undo is written all the same.

pub mod authorizing;
pub mod clients;
pub mod granting;
mod proof;
pub mod redirects;

use deskbell_domain::credential::CredentialKind;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CredentialId, OauthClientId, OauthGrantId};
use deskbell_domain::oauth::{OauthClient, OauthError};
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::credentials::Credential;
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::credentials::{self, Issued};
use crate::error::AppError;
use crate::rights::Scopes;

/// Seconds within which a code has to be exchanged.
pub const CODE_SECONDS: i64 = 600;
/// Seconds an access token is good for: programs that copy data keep one in their configuration and never ask for another.
pub const ACCESS_TOKEN_SECONDS: i64 = 365 * DAY_SECONDS;
/// Seconds a refresh token is good for, counted anew with each use.
pub const REFRESH_TOKEN_SECONDS: i64 = 2 * 365 * DAY_SECONDS;
/// Seconds for which a second use of a refresh token is noticed.
const REUSE_NOTICED_SECONDS: i64 = 30 * DAY_SECONDS;
/// Seconds for which a second use of a code is noticed after its time, and for which revoked tokens are kept.
const KEPT_SECONDS: i64 = DAY_SECONDS;
/// Good access tokens of one client; when there are more, the oldest are revoked.
pub const CLIENT_TOKENS_MAX: i64 = 1_000;
/// Tokens shown in one list.
pub const TOKENS_LISTED_MAX: i64 = 1_000;
/// Things forgotten in one write.
const FORGET_BITE: i64 = 500;
const DAY_SECONDS: i64 = 86_400;

/// Why a client gets nothing, in the words of RFC 6749.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub error: OauthError,
    pub description: &'static str,
}

impl Refusal {
    pub const fn new(error: OauthError, description: &'static str) -> Refusal {
        Refusal { error, description }
    }
}

/// An answer to a client.
pub type Granted<T> = Result<T, Refusal>;

/// A bearer token as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedToken {
    pub token: Credential,
    /// What its client calls itself; `None` for a token that people of the desk made.
    pub client_identifier: Option<String>,
}

/// The bearer tokens that are good now, newest first.
pub fn tokens(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<ListedToken>, AppError> {
    let clients = tables::oauth::clients(tx)?;
    let identifier = |id: OauthClientId| clients.iter().find(|client| client.id == id).map(|client| client.identifier.clone());
    let tokens = tables::oauth::tokens(tx, now, TOKENS_LISTED_MAX)?;
    Ok(tokens.into_iter().map(|token| ListedToken { client_identifier: token.oauth_client.and_then(identifier), token }).collect())
}

/// One of them.
pub fn token(tx: &mut Tx<'_>, now: Timestamp, id: CredentialId) -> Result<ListedToken, AppError> {
    let known = tables::credentials::get(tx, id)?.filter(|token| {
        token.kind == CredentialKind::Token && token.revoked.is_none() && token.expires.is_none_or(|expires| expires > now)
    });
    let token = known.ok_or_else(|| AppError::not_found("no such token"))?;
    let client = token.oauth_client.map(|client| tables::oauth::client_by_id(tx, client)).transpose()?.flatten();
    Ok(ListedToken { client_identifier: client.map(|client| client.identifier), token })
}

/// Revokes a bearer token; one that came of a grant with all that came of it, since its client would only get another.
pub fn revoke_token(tx: &mut Tx<'_>, cx: &Context, id: CredentialId) -> Result<(), AppError> {
    let known = token(tx, cx.now, id)?.token;
    match known.oauth_grant {
        Some(grant) => tables::oauth::revoke_grant(tx, grant, cx.now)?,
        None => tables::credentials::revoke(tx, id, cx.now)?,
    }
    match known.oauth_client.map(|client| tables::oauth::client_by_id(tx, client)).transpose()?.flatten() {
        Some(client) => announce(tx, cx, &client),
        None => Ok(()),
    }
}

/// Tells that a client, or what it may use, changed: every node forgets the credentials it keeps in memory.
fn announce(tx: &mut Tx<'_>, cx: &Context, client: &OauthClient) -> Result<(), AppError> {
    tx.append(cx.now, Event::OauthClientChanged { client: client.id, name: client.name.clone(), removed: false })?;
    Ok(())
}

/// Revokes a grant with all that came of it.
fn revoke_grant(tx: &mut Tx<'_>, cx: &Context, client: &OauthClient, grant: OauthGrantId) -> Result<(), AppError> {
    tables::oauth::revoke_grant(tx, grant, cx.now)?;
    announce(tx, cx, client)
}

/// Makes an access token. A client that has too many of one agent loses his oldest.
fn issue_access(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    client: &OauthClient,
    agent: AgentId,
    scopes: Scopes,
    grant: Option<OauthGrantId>,
) -> Result<Issued, AppError> {
    let issued = credentials::issue_to_client(tx, cx, client, agent, scopes, grant)?;
    if tables::oauth::revoke_oldest(tx, client.id, agent, cx.now, CLIENT_TOKENS_MAX)? > 0 {
        announce(tx, cx, client)?;
    }
    Ok(issued)
}

/// What a client gets of what it asks for: the scopes that are its own, all of them if it names none.
fn narrowed(client: &OauthClient, asked: Option<&str>) -> Granted<Scopes> {
    const UNKNOWN: Refusal = Refusal::new(OauthError::InvalidScope, "scopes are read, write and chat");
    const NOT_ITS_OWN: Refusal = Refusal::new(OauthError::InvalidScope, "the client has none of these scopes");
    let own = Scopes::parse(&client.scopes).unwrap_or_default();
    let asked = match asked.map(str::trim).filter(|asked| !asked.is_empty()) {
        Some(asked) => Scopes::parse(&asked.replace(',', " ")).ok_or(UNKNOWN)?,
        None => own,
    };
    let both = own.common(asked);
    if both == Scopes::default() { Err(NOT_ITS_OWN) } else { Ok(both) }
}

/// Deletes a bite of what is over.
pub fn forget(tx: &mut Tx<'_>, cx: &mut Context) -> Result<u64, AppError> {
    Ok(tables::oauth::forget_before(tx, cx.now.plus_seconds(-KEPT_SECONDS), FORGET_BITE)?)
}

#[cfg(test)]
mod tests;
