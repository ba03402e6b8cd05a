//! OAuth 2.0, below `/oauth2`: the page on which an agent lets a program act for him, and the endpoints at which the program gets its
//! tokens and gives them back. Which client may have what is decided by the use cases.

mod authorizing;
mod coming_back;
mod forms;
mod look;
mod pages;
mod revoking;
mod token;

use std::sync::Arc;

use deskbell_app::AppError;
use deskbell_app::Desk;
use deskbell_app::oauth::Refusal;
use deskbell_app::rights::Principal;
use deskbell_domain::oauth::OauthError;
use deskbell_http::tries::{Tries, TryKey, TryLimit};
use deskbell_http::{Answer, BodyReading, Cx, Fault, Input, Route, Surface, routes as list};
use http::header::{self, HeaderValue};
use serde::Serialize;

use crate::sign_ins::{ProgramPasswords, SignIns};
use crate::{SurfaceOptions, access};

const PREFIX: &str = "/oauth2";
/// What one caller may ask of the token and revocation endpoints.
const REQUESTS: TryLimit = TryLimit { tries_max: 120, window_seconds: 60 };
/// Bytes of a request's body.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What every endpoint is given.
#[derive(Clone)]
pub struct Oauth(Arc<Inner>);

struct Inner {
    desk: Desk,
    sign_ins: Arc<SignIns>,
    passwords: ProgramPasswords,
    requests: Tries,
}

impl Oauth {
    pub(crate) fn new(desk: Desk, options: &SurfaceOptions) -> Oauth {
        let (sign_ins, passwords) = (Arc::clone(&options.sign_ins), options.program_passwords);
        Oauth(Arc::new(Inner { desk, sign_ins, passwords, requests: Tries::new(REQUESTS) }))
    }

    fn desk(&self) -> &Desk {
        &self.0.desk
    }

    fn sign_ins(&self) -> &SignIns {
        &self.0.sign_ins
    }

    fn passwords(&self) -> ProgramPasswords {
        self.0.passwords
    }
}

/// Counts a request of a program.
fn count(cx: &Cx<Oauth>) -> Result<(), AppError> {
    let counted = cx.state.0.requests.take(&[TryKey::caller(cx.peer)], cx.state.desk().now());
    counted.map_err(|seconds| AppError::rate_limited("too many requests, try again later").retry_after(seconds))
}

/// The one value of a parameter, wherever it stands; an empty one counts as not given. RFC 6749, 3.1: given twice it is refused.
fn once(input: &Input, name: &str) -> Result<Option<String>, Refusal> {
    let mut values = input.pairs().iter().filter(|pair| pair.name == name && !pair.value.is_empty()).map(|pair| pair.value.as_str());
    let first = values.next();
    match values.find(|value| Some(*value) != first) {
        None => Ok(first.map(str::to_owned)),
        Some(_) => Err(Refusal::new(OauthError::InvalidRequest, "a parameter is given twice")),
    }
}

/// An error as programs read it: RFC 6749, 5.2.
#[derive(Serialize)]
struct ErrorView {
    error: &'static str,
    error_description: String,
}

/// A refusal as programs read it.
fn refused(refusal: Refusal) -> Answer {
    let view = ErrorView { error: refusal.error.text(), error_description: refusal.description.to_owned() };
    match refusal.error {
        OauthError::InvalidClient => {
            Answer::tree(view).status(401).header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"deskbell\""))
        }
        OauthError::InvalidRequest
        | OauthError::InvalidGrant
        | OauthError::UnauthorizedClient
        | OauthError::UnsupportedGrantType
        | OauthError::UnsupportedResponseType
        | OauthError::InvalidScope
        | OauthError::AccessDenied => Answer::tree(view).status(400),
    }
}

/// Agents see a page, programs read JSON.
fn render_error(fault: &Fault<'_>) -> Answer {
    let status = access::status(fault);
    if fault.meta.is_some_and(|meta| meta.path.starts_with("authorizations")) {
        return pages::failure(status, &fault.error.public);
    }
    let error = match status {
        429 | 503 | 507 => "temporarily_unavailable",
        500 => "server_error",
        _ => OauthError::InvalidRequest.text(),
    };
    Answer::tree(ErrorView { error, error_description: fault.error.public.to_string() }).status(status)
}

pub(crate) fn surface(options: &SurfaceOptions) -> Surface<Oauth> {
    let authenticate = |_: &_, _: &_, _: &_| -> deskbell_http::BoxFuture<'_, _> { Box::pin(std::future::ready(Ok(Principal::Nobody))) };
    let mut surface = Surface::new("oauth", &[PREFIX], authenticate, render_error);
    surface.host_prefix = Some(".zendesk.com");
    surface.body_reading = BodyReading::Strict;
    surface.public_url.clone_from(&options.public_url);
    surface.headers = vec![
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CONTENT_SECURITY_POLICY, pages::policy(None)),
    ];
    surface
}

pub(crate) fn routes() -> Vec<Route<Oauth>> {
    list![Oauth; authorizing::Ask, authorizing::Answered, token::Token, revoking::Revoke, look::Style]
}

#[cfg(test)]
mod tests;
