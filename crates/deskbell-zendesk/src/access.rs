//! What both surfaces share at the door: bearer tokens, the rate limit of the account, and the status of each kind of error.

use std::future::ready;

use deskbell_app::credentials::Known;
use deskbell_app::rights::{Principal, Right};
use deskbell_app::{AppError, Desk, Kind};
use deskbell_http::surface::{RateLimit, principal_key};
use deskbell_http::{BoxFuture, Fault, FaultCause, RequestHead, Surface};

use crate::SurfaceOptions;

/// What is counted together for the rate limit: every token of the account.
const ACCOUNT_RATE_KEY: u64 = 0;

/// Settles limit, links and proxy of a surface.
pub(crate) fn configure<S>(surface: &mut Surface<S>, options: &SurfaceOptions) {
    surface.rate_limit = options.rate_limit.clone().map(|limit| RateLimit { limit, headers: true });
    surface.rate_key = rate_key;
    surface.public_url.clone_from(&options.public_url);
}

/// Strangers are told apart by address, so that they cannot use up the account's share.
fn rate_key(head: &RequestHead, principal: &Principal) -> u64 {
    match principal {
        Principal::Nobody => principal_key(head, principal),
        Principal::ApiKey { .. } | Principal::Token { .. } | Principal::Agent { .. } | Principal::Visitor { .. } => ACCOUNT_RATE_KEY,
    }
}

/// Whose token a request carries. Keys and sessions are no tokens: they identify nobody here, as Support's tokens do with the original.
pub(crate) fn bearer<'a>(desk: &'a Desk, head: &'a RequestHead) -> BoxFuture<'a, Result<Principal, AppError>> {
    let Some(token) = head.bearer().filter(|token| !token.is_empty()) else {
        return Box::pin(ready(Err(AppError::no_credential("a bearer token is missing"))));
    };
    // The usual case, without the future that would look into the store.
    match desk.credential_in_memory(token) {
        Some(known) => Box::pin(ready(holder(Some(known)))),
        None => Box::pin(async move { holder(desk.credential(token).await?) }),
    }
}

/// Whether a token still opens the real-time figures. An error of another kind says nothing about the token.
pub(crate) async fn may_still_read(desk: &Desk, token: &str) -> Result<(), AppError> {
    let principal = holder(desk.credential(token).await?)?;
    if Right::TokenRead.allows(&principal) { Ok(()) } else { Err(AppError::forbidden("the credential lacks the right for this call")) }
}

fn holder(known: Option<Known>) -> Result<Principal, AppError> {
    match known {
        Some(Known { principal: principal @ Principal::Token { .. }, .. }) => Ok(principal),
        Some(_) | None => Err(AppError::bad_credential("the bearer token is not known here")),
    }
}

/// The HTTP status of an error.
pub(crate) fn status(fault: &Fault<'_>) -> u16 {
    if fault.cause == FaultCause::Verb {
        return 405;
    }
    status_of(fault.error.kind)
}

/// The status of a kind of error, whether it is told by HTTP or in a frame.
pub(crate) fn status_of(kind: Kind) -> u16 {
    match kind {
        Kind::Invalid | Kind::Missing => 400,
        Kind::NoCredential | Kind::BadCredential => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::Conflict | Kind::Offline => 409,
        Kind::TooLarge => 413,
        Kind::RateLimited => 429,
        Kind::Internal => 500,
        Kind::Unavailable => 503,
        Kind::StorageFull => 507,
    }
}
