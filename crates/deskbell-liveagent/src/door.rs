//! The surface's door: where the key may stand, and what an error looks like.

use deskbell_app::credentials::Known;
use deskbell_app::rights::Principal;
use deskbell_app::{AppError, Desk, Kind};
use deskbell_http::{Answer, BoxFuture, Fault, FaultCause, Input, Place, RequestHead};
use serde::Serialize;

/// The key's name in query, body and header. The spelling `apiKey` is taken too; headers have no case.
const KEY: &str = "apikey";

/// Only a LiveAgent v1 key opens: tokens and sessions are other surfaces' matter.
pub(crate) fn authenticate<'a>(desk: &'a Desk, head: &'a RequestHead, input: &'a Input) -> BoxFuture<'a, Result<Principal, AppError>> {
    Box::pin(async move {
        let key = key_in(input, Place::Query).or_else(|| key_in(input, Place::Body)).or_else(|| key_in_header(head));
        let Some(key) = key else { return Err(AppError::no_credential("Api key is not found in request")) };
        match desk.credential(key).await? {
            Some(Known { principal: principal @ Principal::ApiKey { .. }, .. }) => Ok(principal),
            Some(_) | None => Err(AppError::bad_credential("ApiKey not found")),
        }
    })
}

/// Whether this one may be given tokens that sign others in: they open more than a key that only reads.
pub(crate) fn signs_in(principal: &Principal) -> bool {
    matches!(principal, Principal::ApiKey { may_write: true, .. })
}

/// One client sends a key of another version of the API as header beside the right one in the query, so the header comes last. An empty
/// key counts as none.
fn key_in(input: &Input, place: Place) -> Option<&str> {
    let given = input.pairs().iter().rev().find(|pair| pair.place == place && pair.name == KEY)?;
    Some(given.value.as_str()).filter(|key| !key.is_empty())
}

fn key_in_header(head: &RequestHead) -> Option<&str> {
    head.header(KEY).filter(|key| !key.is_empty())
}

#[derive(Serialize)]
struct Refusal {
    status: &'static str,
    statuscode: u16,
    errormessage: String,
    debugmessage: String,
}

/// The reference's table: 400 trouble with the key, 401 a wrong key, 404 not found, 503 not available, 500 all the rest. Beyond it: 405,
/// 413 and 429 where HTTP has a word of its own.
pub(crate) fn render_error(fault: &Fault<'_>) -> Answer {
    let status = match (fault.cause, fault.error.kind) {
        (FaultCause::Verb, _) => 405,
        (FaultCause::Path, _) => 404,
        (FaultCause::Endpoint, kind) => match kind {
            Kind::NoCredential => 400,
            Kind::BadCredential => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::TooLarge => 413,
            Kind::RateLimited => 429,
            Kind::Invalid | Kind::Missing | Kind::Conflict | Kind::Offline | Kind::Internal => 500,
            Kind::Unavailable | Kind::StorageFull => 503,
        },
    };
    let refusal = Refusal {
        status: "ERROR",
        statuscode: status,
        errormessage: fault.error.public.to_string(),
        debugmessage: format!("{}, request {}", fault.error.kind.code(), fault.request_id),
    };
    Answer::tree(refusal).status(status)
}
