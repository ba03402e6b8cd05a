//! The token endpoint.

use deskbell_app::oauth::granting::{self, ClientProof, Shown, Tokens};
use deskbell_app::oauth::{Granted, Refusal};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Kind};
use deskbell_domain::oauth::OauthError;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{BODY_BYTES_MAX, Oauth, count, once, refused};
use crate::basic;
use crate::sign_ins::ProgramPasswords;

#[derive(Serialize)]
struct TokenView {
    access_token: String,
    token_type: &'static str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_in: i64,
}

impl From<Tokens> for TokenView {
    fn from(tokens: Tokens) -> Self {
        TokenView {
            access_token: tokens.access,
            token_type: "Bearer",
            scope: tokens.scopes.text(),
            refresh_token: tokens.refresh,
            expires_in: tokens.seconds,
        }
    }
}

pub(super) struct Token;

impl Endpoint<Oauth> for Token {
    const META: Meta = Meta::post("token", Right::Anyone)
        .summary("Gives a client an access token")
        .params(&[
            Param::text("grant_type").required().about("`authorization_code`, `refresh_token`, `client_credentials` or `password`"),
            Param::text("client_id").about("or both as `Authorization: Basic`"),
            Param::text("client_secret").about("a confidential client has to show it"),
            Param::text("code"),
            Param::text("redirect_uri").about("with a code: as it was asked for"),
            Param::text("code_verifier").about("with a code that was asked for with a code_challenge"),
            Param::text("refresh_token"),
            Param::text("scope").about("narrows what the client has or was granted"),
            Param::text("username"),
            Param::text("password"),
        ])
        .source("RFC 6749, 4 to 6; RFC 7636; clients of the original")
        .quirks(&[
            "parameters as a form, as JSON or in the query string",
            "an access token is good for a year, a refresh token for two from its last use, a code for ten minutes",
            "codes and refresh tokens are good once; shown a second time they revoke all that came of them",
            "`client_credentials` acts for the agent who made the client, which has to be confidential, else `invalid_client`",
            "`password` only on a desk served with `--basic-auth`, else `unsupported_grant_type`",
            "a refresh token comes with `authorization_code`, `refresh_token` and `password`",
            "a client has at most 1,000 good access tokens: the oldest give way",
            "120 requests a minute from one address, those to `revoke` included; past it: 429",
        ])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Oauth>, input: Input) -> Result<Answer, AppError> {
        count(&cx)?;
        let asked = match client(&cx, &input) {
            Ok(proof) => shown(&cx, &input).await?.map(|shown| (proof, shown)),
            Err(refusal) => Err(refusal),
        };
        let (proof, shown) = match asked {
            Ok(asked) => asked,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let granted = cx.state.desk().write(move |tx, cx| granting::grant(tx, cx, &proof, &shown)).await?;
        Ok(match granted {
            Ok(tokens) => Answer::tree(TokenView::from(tokens)),
            Err(refusal) => refused(refusal),
        })
    }
}

/// What a client shows of itself: in the header or among the parameters, not in both.
pub(super) fn client(cx: &Cx<Oauth>, input: &Input) -> Granted<ClientProof> {
    let given = ClientProof { identifier: once(input, "client_id")?, secret: once(input, "client_secret")? };
    let Some((identifier, secret)) = basic::shown(&cx.head) else { return Ok(given) };
    if given.secret.is_some() || given.identifier.is_some_and(|other| other != identifier) {
        return Err(Refusal::new(OauthError::InvalidRequest, "the client shows itself in two ways"));
    }
    Ok(ClientProof { identifier: Some(identifier), secret: Some(secret) })
}

/// What it wants a token for.
async fn shown(cx: &Cx<Oauth>, input: &Input) -> Result<Granted<Shown>, AppError> {
    match once(input, "grant_type") {
        Ok(Some(grant)) if grant == "password" && cx.state.passwords() == ProgramPasswords::Taken => password(cx, input).await,
        Ok(grant) => Ok(simple(grant.as_deref(), input)),
        Err(refusal) => Ok(Err(refusal)),
    }
}

fn simple(grant: Option<&str>, input: &Input) -> Granted<Shown> {
    let scope = once(input, "scope")?;
    match grant {
        Some("authorization_code") => {
            let (redirect_uri, verifier) = (once(input, "redirect_uri")?, once(input, "code_verifier")?);
            Ok(Shown::Code { code: mandatory(input, "code", "code is missing")?, redirect_uri, verifier })
        }
        Some("refresh_token") => Ok(Shown::RefreshToken { token: mandatory(input, "refresh_token", "refresh_token is missing")?, scope }),
        Some("client_credentials") => Ok(Shown::Client { scope }),
        Some(_) => Err(Refusal::new(
            OauthError::UnsupportedGrantType,
            "grant_type is authorization_code, refresh_token or client_credentials (or password, where the desk is served with it)",
        )),
        None => Err(Refusal::new(OauthError::InvalidRequest, "grant_type is missing")),
    }
}

fn mandatory(input: &Input, name: &str, missing: &'static str) -> Granted<String> {
    once(input, name)?.ok_or(Refusal::new(OauthError::InvalidRequest, missing))
}

async fn password(cx: &Cx<Oauth>, input: &Input) -> Result<Granted<Shown>, AppError> {
    let read = || {
        let email = mandatory(input, "username", "username is missing")?;
        Ok((email, mandatory(input, "password", "password is missing")?, once(input, "scope")?))
    };
    let (email, password, scope) = match read() {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    match cx.state.sign_ins().prove(cx.state.desk(), &email, password, cx.peer).await {
        Ok(proven) => Ok(Ok(Shown::Password { agent: proven.agent.id, hash: proven.hash, scope })),
        Err(error) if error.kind == Kind::BadCredential => Ok(Err(Refusal::new(OauthError::InvalidGrant, "e-mail or password is wrong"))),
        Err(error) => Err(error),
    }
}
