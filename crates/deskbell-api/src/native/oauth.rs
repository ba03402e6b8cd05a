//! OAuth clients and the tokens that are good now, for administrators. A secret is shown once, in the answer to its making.

use deskbell_app::AppError;
use deskbell_app::oauth::clients::{self, ClientDraft, Maker, NewSecret};
use deskbell_app::oauth::{self, ListedToken};
use deskbell_app::rights::{Right, Scopes};
use deskbell_domain::ids::{CredentialId, OauthClientId};
use deskbell_domain::oauth::{ClientType, OauthClient};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, me, path_id};
use crate::wire::millis;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OauthClientView {
    client: String,
    name: String,
    company: String,
    /// What it calls itself: `client_id`.
    identifier: String,
    /// The secret's last characters.
    hint: String,
    /// `public` or `confidential`.
    client_type: &'static str,
    redirect_uris: Vec<String>,
    /// `read`, `write`, `chat`.
    scopes: Vec<String>,
    /// For whom it acts when it acts for itself.
    agent: String,
    created: i64,
    updated: i64,
}

impl From<&OauthClient> for OauthClientView {
    fn from(client: &OauthClient) -> Self {
        OauthClientView {
            client: client.id.to_string(),
            name: client.name.clone(),
            company: client.company.clone(),
            identifier: client.identifier.clone(),
            hint: client.secret_hint.clone(),
            client_type: client.client_type.text(),
            redirect_uris: client.redirect_uris.clone(),
            scopes: words(&client.scopes),
            agent: client.agent.to_string(),
            created: millis(client.created),
            updated: millis(client.updated),
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A new client with its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NewOauthClientView {
    #[serde(flatten)]
    client: OauthClientView,
    /// Shown now and never again.
    secret: String,
}

impl From<NewSecret> for NewOauthClientView {
    fn from(new: NewSecret) -> Self {
        NewOauthClientView { client: OauthClientView::from(&new.client), secret: new.secret }
    }
}

pub(crate) struct ListClients;

impl Call for ListClients {
    const BODIES: Bodies = Bodies::answers::<Page<OauthClientView>>();
}

impl Endpoint<Native> for ListClients {
    const META: Meta =
        Meta::get("oauth/clients", Right::Administrator).summary("OAuth clients, oldest first").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk.read(clients::list).await?;
        Ok(Answer::tree(Page::of_all(all, &input, |one| one.id.to_string(), |row| OauthClientView::from(row))?))
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct OauthClientBody {
    name: String,
    company: Option<String>,
    /// `public` or `confidential`.
    client_type: String,
    /// `https` addresses, or `http` on this very machine.
    redirect_uris: Vec<String>,
    /// At least one of `read`, `write`, `chat`.
    scopes: Vec<String>,
}

impl OauthClientBody {
    fn draft(self) -> Result<ClientDraft, AppError> {
        let client_type = ClientType::parse(&self.client_type);
        let scopes = Scopes::parse(&self.scopes.join(" "));
        Ok(ClientDraft {
            name: self.name,
            company: self.company.unwrap_or_default(),
            client_type: client_type.ok_or_else(|| AppError::invalid("client_type is public or confidential"))?,
            redirect_uris: self.redirect_uris,
            scopes: scopes.ok_or_else(|| AppError::invalid("scopes are read, write and chat"))?,
        })
    }
}

pub(crate) struct CreateClient;

impl Call for CreateClient {
    const BODIES: Bodies = Bodies::creates::<NewOauthClientView>().reads::<OauthClientBody>();
}

impl Endpoint<Native> for CreateClient {
    const META: Meta = Meta::post("oauth/clients", Right::Administrator).summary("Make an OAuth client");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (by, draft) = (Maker::unbound(me(&cx)?), input.json::<OauthClientBody>()?.draft()?);
        let new = cx.state.desk.write(move |tx, cx| clients::create(tx, cx, by, &draft)).await?;
        Ok(Answer::tree(NewOauthClientView::from(new)).status(201))
    }
}

pub(crate) struct NewClientSecret;

impl Call for NewClientSecret {
    const BODIES: Bodies = Bodies::answers::<NewOauthClientView>();
}

impl Endpoint<Native> for NewClientSecret {
    const META: Meta = Meta::post("oauth/clients/{id}/secret", Right::Administrator)
        .summary("Give an OAuth client another secret")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (id, by) = (path_id(&input, OauthClientId::parse, "OAuth client")?, Maker::unbound(me(&cx)?));
        let new = cx.state.desk.write(move |tx, cx| clients::generate_secret(tx, cx, by, id)).await?;
        Ok(Answer::tree(NewOauthClientView::from(new)))
    }
}

pub(crate) struct RemoveClient;

impl Call for RemoveClient {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for RemoveClient {
    const META: Meta = Meta::delete("oauth/clients/{id}", Right::Administrator)
        .summary("Take an OAuth client away; its tokens end")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, OauthClientId::parse, "OAuth client")?;
        cx.state.desk.write(move |tx, cx| clients::remove(tx, cx, id)).await?;
        cx.state.desk.forget_credentials();
        Ok(Answer::empty())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OauthTokenView {
    token: String,
    name: String,
    /// The secret's last characters.
    hint: String,
    /// What its client calls itself; none for a token that people of the desk made.
    identifier: Option<String>,
    agent: Option<String>,
    scopes: Vec<String>,
    created: i64,
    expires: Option<i64>,
}

impl From<&ListedToken> for OauthTokenView {
    fn from(listed: &ListedToken) -> Self {
        let token = &listed.token;
        OauthTokenView {
            token: token.id.to_string(),
            name: token.name.clone(),
            hint: token.hint.clone(),
            identifier: listed.client_identifier.clone(),
            agent: token.agent.map(|agent| agent.to_string()),
            scopes: words(&token.scopes),
            created: millis(token.created),
            expires: token.expires.map(millis),
        }
    }
}

pub(crate) struct ListTokens;

impl Call for ListTokens {
    const BODIES: Bodies = Bodies::answers::<Page<OauthTokenView>>();
}

impl Endpoint<Native> for ListTokens {
    const META: Meta = Meta::get("oauth/tokens", Right::Administrator)
        .summary("The bearer tokens that are good now, newest first, at most 1,000")
        .params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let now = cx.state.desk.now();
        let tokens = cx.state.desk.read(move |tx| oauth::tokens(tx, now)).await?;
        Ok(Answer::tree(Page::of_all(tokens, &input, |one| one.token.id.to_string(), |row| OauthTokenView::from(row))?))
    }
}

pub(crate) struct RevokeToken;

impl Call for RevokeToken {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for RevokeToken {
    const META: Meta = Meta::delete("oauth/tokens/{id}", Right::Administrator)
        .summary("Revoke a bearer token with all that came of the same grant")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CredentialId::parse, "token")?;
        cx.state.desk.write(move |tx, cx| oauth::revoke_token(tx, cx, id)).await?;
        cx.state.desk.forget_credentials();
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::oauth::granting::{self, ClientProof, Shown};
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn clients_and_their_tokens() {
        let desk = start().await;
        let body = json!({
            "name": "Reports", "client_type": "confidential", "redirect_uris": ["https://shop.test/"], "scopes": ["write", "read"]
        });
        let made = desk.admin.post("oauth/clients", body).await.expect(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        assert_eq!((&made["scopes"], &made["company"]), (&json!(["read", "write"]), &json!("")));
        let path = format!("oauth/clients/{}", made["client"].as_str().unwrap());
        let listed = desk.admin.get("oauth/clients").await;
        assert!(!listed.text.contains(&secret) && listed.text.contains(made["hint"].as_str().unwrap()), "{}", listed.text);
        let renewed = desk.admin.post(&format!("{path}/secret"), json!({})).await.expect(200);
        assert_ne!(renewed["secret"], json!(secret));

        let proof = ClientProof {
            identifier: made["identifier"].as_str().map(str::to_owned),
            secret: renewed["secret"].as_str().map(str::to_owned),
        };
        let grant = desk.desk.write(move |tx, cx| granting::grant(tx, cx, &proof, &Shown::Client { scope: None }));
        let token = grant.await.unwrap().unwrap().access;
        assert!(desk.desk.credential(&token).await.unwrap().is_some());
        let tokens = desk.admin.get("oauth/tokens").await.expect(200);
        let mine = tokens["items"].as_array().unwrap().iter().find(|one| one["name"] == "Reports").unwrap();
        assert_eq!(mine["identifier"], made["identifier"]);
        assert!(mine["expires"].as_i64() > mine["created"].as_i64());
        let keys = desk.admin.get("credentials").await;
        assert!(!keys.text.contains("Reports"), "the keys that people made are another list");
        desk.admin.delete(&format!("oauth/tokens/{}", mine["token"].as_str().unwrap())).await.expect(204);
        assert!(desk.desk.credential(&token).await.unwrap().is_none(), "at once, though it was kept in memory");
        desk.admin.delete(&format!("oauth/tokens/{}", mine["token"].as_str().unwrap())).await.refused(404, "not_found");

        desk.admin.delete(&path).await.expect(204);
        desk.admin.delete(&path).await.refused(404, "not_found");
        for body in [
            json!({"name": "x", "client_type": "secret", "redirect_uris": [], "scopes": ["read"]}),
            json!({"name": "x", "client_type": "public", "redirect_uris": [], "scopes": []}),
            json!({"name": "x", "client_type": "public", "redirect_uris": [], "scopes": ["fly"]}),
            json!({"name": "", "client_type": "public", "redirect_uris": [], "scopes": ["read"]}),
            json!({"name": "x", "client_type": "public", "redirect_uris": ["http://shop.test"], "scopes": ["read"]}),
        ] {
            desk.admin.post("oauth/clients", body).await.refused(400, "invalid");
        }
        for path in ["oauth/clients", "oauth/tokens"] {
            desk.agent.get(path).await.refused(403, "forbidden");
        }
    }
}
