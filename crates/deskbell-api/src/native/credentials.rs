//! API keys and access tokens, for administrators. A secret is shown once, in the answer to its making.

use deskbell_app::AppError;
use deskbell_app::credentials;
use deskbell_app::rights::{Right, Scopes};
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::CredentialId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use deskbell_store::tables;
use deskbell_store::tables::credentials::Credential;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, me, path_id};
use crate::wire::millis;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CredentialView {
    credential: String,
    /// `apikey` or `token`.
    kind: &'static str,
    name: String,
    /// The secret's last characters.
    hint: String,
    /// For whom a token acts.
    agent: Option<String>,
    /// Of a token: `read`, `write`, `chat`.
    scopes: Vec<String>,
    created: i64,
    /// When it was revoked.
    revoked: Option<i64>,
}

impl From<&Credential> for CredentialView {
    fn from(credential: &Credential) -> Self {
        CredentialView {
            credential: credential.id.to_string(),
            kind: credential.kind.text(),
            name: credential.name.clone(),
            hint: credential.hint.clone(),
            agent: credential.agent.map(|agent| agent.to_string()),
            scopes: credential.scopes.split_whitespace().map(str::to_owned).collect(),
            created: millis(credential.created),
            revoked: credential.revoked.map(millis),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<CredentialView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("credentials", Right::Administrator)
        .summary("API keys and access tokens, oldest first")
        .params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let credentials = cx.state.desk.read(|tx| Ok(tables::credentials::listed(tx)?)).await?;
        Ok(Answer::tree(Page::of_all(credentials, &input, |one| one.id.to_string(), |row| CredentialView::from(row))?))
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct CredentialBody {
    /// `apikey` (the whole desk, LiveAgent v1) or `token` (acts for the one who makes it).
    kind: String,
    name: String,
    /// Of a token, at least one: `read`, `write`, `chat`.
    scopes: Option<Vec<String>>,
}

impl CredentialBody {
    fn kind(&self) -> Result<CredentialKind, AppError> {
        match CredentialKind::parse(&self.kind) {
            Some(kind @ (CredentialKind::ApiKey | CredentialKind::Token)) => Ok(kind),
            Some(CredentialKind::Session) | None => Err(AppError::invalid("kind must be apikey or token")),
        }
    }

    /// A key has no scopes: it is good for all of its API.
    fn scopes(&self, kind: CredentialKind) -> Result<Scopes, AppError> {
        let words = self.scopes.as_deref().unwrap_or_default().join(" ");
        let scopes = Scopes::parse(&words).ok_or_else(|| AppError::invalid("scopes are read, write and chat"))?;
        match kind {
            CredentialKind::ApiKey | CredentialKind::Session => Ok(Scopes::default()),
            CredentialKind::Token if scopes == Scopes::default() => Err(AppError::missing("scopes are missing")),
            CredentialKind::Token => Ok(scopes),
        }
    }
}

/// A new credential with its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NewCredentialView {
    #[serde(flatten)]
    credential: CredentialView,
    /// Shown now and never again.
    secret: String,
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<NewCredentialView>().reads::<CredentialBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("credentials", Right::Administrator).summary("Make an API key or an access token");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: CredentialBody = input.json()?;
        let kind = body.kind()?;
        let scopes = body.scopes(kind)?;
        let agent = Some(me(&cx)?).filter(|_| kind == CredentialKind::Token);
        let issue = cx.state.desk.write(move |tx, cx| credentials::issue(tx, cx, kind, body.name.trim(), agent, scopes));
        let issued = issue.await?;
        let credential = CredentialView::from(&issued.credential);
        Ok(Answer::tree(NewCredentialView { credential, secret: issued.secret }).status(201))
    }
}

pub(crate) struct Revoke;

impl Call for Revoke {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Revoke {
    const META: Meta = Meta::delete("credentials/{id}", Right::Administrator).summary("Revoke a key or token").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CredentialId::parse, "credential")?;
        cx.state.desk.write(move |tx, cx| credentials::revoke(tx, cx, id)).await?;
        cx.state.desk.forget_credentials();
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::rights::Principal;
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn keys_and_tokens_are_made_and_revoked() {
        let desk = start().await;
        let first = desk.admin.get("credentials").await.expect(200);
        assert_eq!(first["items"].as_array().unwrap().len(), 2, "those made with the desk; sessions are not listed");

        let key = desk.admin.post("credentials", json!({"kind": "apikey", "name": "Shop", "scopes": []})).await.expect(201);
        let token = desk.admin.post("credentials", json!({"kind": "token", "name": "Bot", "scopes": ["chat", "read"]})).await.expect(201);
        assert_eq!((&token["scopes"], &token["agent"]), (&json!(["read", "chat"]), &json!(desk.admin.agent.to_string())));
        let secret = key["secret"].as_str().unwrap();
        assert!(secret.ends_with(key["hint"].as_str().unwrap()));
        assert!(matches!(desk.desk.credential(secret).await.unwrap().unwrap().principal, Principal::ApiKey { may_write: true, .. }));
        let listed = desk.admin.get("credentials").await;
        assert!(!listed.text.contains(secret));

        let path = format!("credentials/{}", key["credential"].as_str().unwrap());
        desk.admin.delete(&path).await.expect(204);
        assert!(desk.desk.credential(secret).await.unwrap().is_none(), "at once, though it was kept in memory");
        let listed = desk.admin.get("credentials").await.expect(200);
        assert!(listed["items"].as_array().unwrap().iter().any(|one| one["revoked"].is_i64()));

        for (body, code) in [
            (json!({"kind": "session", "name": "x"}), "invalid"),
            (json!({"kind": "token", "name": "x"}), "missing"),
            (json!({"kind": "token", "name": "x", "scopes": ["fly"]}), "invalid"),
            (json!({"kind": "token"}), "invalid"),
        ] {
            desk.admin.post("credentials", body).await.refused(400, code);
        }
        desk.admin.delete("credentials/zzzzzzzz").await.refused(404, "not_found");
        desk.agent.get("credentials").await.refused(403, "forbidden");
    }
}
