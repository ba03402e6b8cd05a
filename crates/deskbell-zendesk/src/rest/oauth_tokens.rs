//! Bearer tokens, for administrators: `/oauth/tokens`.

use deskbell_app::AppError;
use deskbell_app::oauth::{self, ListedToken};
use deskbell_app::rights::Right;
use deskbell_domain::ids::{AgentId, CredentialId, ENTITY_END, ENTITY_MIN};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Route, routes as list};
use serde::Serialize;

use super::Rest;
use super::oauth_clients::{date, shortened};

const SOURCE: &str = "Chat API, OAuth Tokens";

/// A token, keys in the order of the reference's example.
#[derive(Debug, Serialize)]
struct TokenView {
    access_token: String,
    agent_id: Option<i64>,
    client_identifier: Option<String>,
    create_date: String,
    expire_date: Option<String>,
    id: i64,
    refresh_token: Option<String>,
    scopes: String,
    token_type: &'static str,
}

impl From<ListedToken> for TokenView {
    fn from(listed: ListedToken) -> Self {
        let token = listed.token;
        TokenView {
            access_token: shortened(&token.hint),
            agent_id: token.agent.map(AgentId::get),
            client_identifier: listed.client_identifier,
            create_date: date(token.created),
            expire_date: token.expires.map(date),
            id: token.id.get(),
            refresh_token: None,
            scopes: token.scopes,
            token_type: "Bearer",
        }
    }
}

/// The id in the path; what cannot be one is not there.
fn id(input: &Input) -> Result<CredentialId, AppError> {
    let id = input.path("id")?.parse().ok().filter(|id| (ENTITY_MIN..ENTITY_END).contains(id));
    id.map(CredentialId::from_i64).ok_or_else(|| AppError::not_found("no such token"))
}

struct GetTokens;

impl Endpoint<Rest> for GetTokens {
    const META: Meta = Meta::get("oauth/tokens", Right::TokenReadAdministrator)
        .summary("The bearer tokens that are good now, newest first")
        .source(SOURCE)
        .quirks(&[
            "a bare array of at most 1,000",
            "`access_token` is shortened to `...` and its last four characters, `refresh_token` is null: neither is known any more",
            "tokens that people of the desk made are there, too, with `client_identifier` null, and `expire_date` null if they last",
        ]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let now = cx.state.desk().now();
        let tokens = cx.state.desk().read(move |tx| oauth::tokens(tx, now)).await?;
        Ok(Answer::tree(tokens.into_iter().map(TokenView::from).collect::<Vec<_>>()))
    }
}

struct GetToken;

impl Endpoint<Rest> for GetToken {
    const META: Meta = Meta::get("oauth/tokens/{id}", Right::TokenReadAdministrator)
        .summary("One of them")
        .params(&[Param::path("id")])
        .source(SOURCE)
        .quirks(&["one that was revoked or is over: 404"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (id, now) = (id(&input)?, cx.state.desk().now());
        let token = cx.state.desk().read(move |tx| oauth::token(tx, now, id)).await?;
        Ok(Answer::tree(TokenView::from(token)))
    }
}

struct DeleteToken;

impl Endpoint<Rest> for DeleteToken {
    const META: Meta = Meta::delete("oauth/tokens/{id}", Right::TokenWriteAdministrator)
        .summary("Revokes a token at once")
        .params(&[Param::path("id")])
        .source(SOURCE)
        .quirks(&["204; with it goes all that came of the same grant, the refresh token first of all"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = id(&input)?;
        cx.state.desk().write(move |tx, cx| oauth::revoke_token(tx, cx, id)).await?;
        cx.state.desk().forget_credentials();
        Ok(Answer::empty())
    }
}

pub(crate) fn routes() -> Vec<Route<Rest>> {
    list![Rest; GetTokens, GetToken, DeleteToken]
}
