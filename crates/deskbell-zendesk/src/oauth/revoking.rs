//! The revocation endpoint.

use deskbell_app::AppError;
use deskbell_app::oauth::{Granted, Refusal, granting};
use deskbell_app::rights::Right;
use deskbell_domain::oauth::OauthError;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::token::client;
use super::{BODY_BYTES_MAX, Oauth, count, once, refused};

/// Programs read JSON, also where there is nothing to say.
#[derive(Serialize)]
struct Nothing {}

pub(super) struct Revoke;

impl Endpoint<Oauth> for Revoke {
    const META: Meta = Meta::post("revoke", Right::Anyone)
        .summary("Takes back a token that its client has no more use for")
        .params(&[
            Param::text("token").required().about("an access token or a refresh token"),
            Param::text("token_type_hint").about("is passed over"),
            Param::text("client_id").about("or both as `Authorization: Basic`"),
            Param::text("client_secret").about("a confidential client has to show it"),
        ])
        .source("RFC 7009")
        .quirks(&[
            "an access token ends alone, a refresh token with all that came of the same grant",
            "an unknown token, or another client's: 200 all the same",
        ])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Oauth>, input: Input) -> Result<Answer, AppError> {
        count(&cx)?;
        let asked = client(&cx, &input).and_then(|proof| Ok((proof, token(&input)?)));
        let (proof, token) = match asked {
            Ok(asked) => asked,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let given_back = cx.state.desk().write(move |tx, cx| granting::give_back(tx, cx, &proof, &token)).await?;
        cx.state.desk().forget_credentials();
        Ok(match given_back {
            Ok(()) => Answer::tree(Nothing {}),
            Err(refusal) => refused(refusal),
        })
    }
}

fn token(input: &Input) -> Granted<String> {
    once(input, "token")?.ok_or(Refusal::new(OauthError::InvalidRequest, "token is missing"))
}
