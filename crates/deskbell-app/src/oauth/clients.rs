//! OAuth clients: made, changed and taken away by administrators.

use deskbell_domain::agent::Role;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, OauthClientId};
use deskbell_domain::oauth::{ClientType, OauthClient};
use deskbell_store::{Tx, tables};

use super::announce;
use super::redirects::redirect_origin;
use crate::accounts;
use crate::context::Context;
use crate::credentials;
use crate::error::AppError;
use crate::rights::Scopes;

/// Clients of a desk, at most.
pub const CLIENTS_MAX: i64 = 200;
/// Characters of a name and of a company, at most.
pub const NAME_CHARS_MAX: usize = 100;
/// Redirect URIs of one client, at most.
pub const REDIRECT_URIS_MAX: usize = 20;
/// Characters of what a client is called by, and of its secret.
const IDENTIFIER_CHARS: usize = 50;
const SECRET_CHARS: usize = 64;
const HINT_CHARS: usize = 4;

/// A client as administrators write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDraft {
    pub name: String,
    pub company: String,
    pub client_type: ClientType,
    pub redirect_uris: Vec<String>,
    pub scopes: Scopes,
}

impl From<&OauthClient> for ClientDraft {
    /// A client as it is, to be changed in parts.
    fn from(client: &OauthClient) -> Self {
        ClientDraft {
            name: client.name.clone(),
            company: client.company.clone(),
            client_type: client.client_type,
            redirect_uris: client.redirect_uris.clone(),
            scopes: Scopes::parse(&client.scopes).unwrap_or_default(),
        }
    }
}

impl ClientDraft {
    fn check(&self) -> Result<(), AppError> {
        let is_text = |text: &str| text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
        if self.name.trim().is_empty() || !is_text(&self.name) || !is_text(&self.company) {
            return Err(AppError::invalid("name has 1 to 100 characters, company at most 100, both without control characters"));
        }
        if self.scopes == Scopes::default() {
            return Err(AppError::invalid("scopes are read, write and chat; at least one of them"));
        }
        if self.redirect_uris.len() > REDIRECT_URIS_MAX {
            return Err(AppError::too_large(format!("at most {REDIRECT_URIS_MAX} redirect_uris")));
        }
        let is_good = |uri: &String| redirect_origin(uri).is_some();
        if !self.redirect_uris.iter().all(is_good) {
            return Err(AppError::invalid(
                "redirect_uris are https addresses, or http on localhost, 127.0.0.1 or [::1], without user and fragment",
            ));
        }
        Ok(())
    }

    fn write(&self, client: &mut OauthClient) {
        client.name = self.name.trim().to_owned();
        client.company = self.company.trim().to_owned();
        client.client_type = self.client_type;
        client.redirect_uris = Vec::new();
        for uri in &self.redirect_uris {
            if !client.redirect_uris.contains(uri) {
                client.redirect_uris.push(uri.clone());
            }
        }
        client.scopes = self.scopes.text();
    }
}

/// Who makes or changes a client. What he gives it never reaches further than he does himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maker {
    pub agent: AgentId,
    /// Of the token he acts with.
    pub scopes: Scopes,
}

impl Maker {
    /// Somebody who is signed in, or who sits at the machine: no token binds him.
    pub const fn unbound(agent: AgentId) -> Maker {
        Maker { agent, scopes: Scopes::ALL }
    }

    fn check_scopes(self, scopes: Scopes) -> Result<(), AppError> {
        if scopes.are_within(self.scopes) {
            return Ok(());
        }
        Err(AppError::forbidden("a token makes and changes no client that has more scopes than itself"))
    }
}

/// A client with its secret, which is not stored.
#[derive(Debug, Clone)]
pub struct NewSecret {
    pub client: OauthClient,
    pub secret: String,
}

/// Whether a text can be what a client is called by.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() == IDENTIFIER_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// All clients, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<OauthClient>, AppError> {
    Ok(tables::oauth::clients(tx)?)
}

pub fn get(tx: &mut Tx<'_>, id: OauthClientId) -> Result<OauthClient, AppError> {
    tables::oauth::client_by_id(tx, id)?.ok_or_else(|| AppError::not_found("no such OAuth client"))
}

/// Makes a client. When it acts for itself it acts for the agent who made it.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, by: Maker, draft: &ClientDraft) -> Result<NewSecret, AppError> {
    draft.check()?;
    by.check_scopes(draft.scopes)?;
    accounts::enabled_agent(tx, by.agent)?;
    if tables::oauth::count_clients(tx)? >= CLIENTS_MAX {
        return Err(AppError::too_large(format!("at most {CLIENTS_MAX} OAuth clients")));
    }
    let secret = cx.alphanumerics(SECRET_CHARS);
    let mut client = OauthClient {
        id: OauthClientId::from_i64(tx.next_id()?),
        name: String::new(),
        company: String::new(),
        identifier: cx.alphanumerics(IDENTIFIER_CHARS),
        secret_hash: credentials::hash_secret(&secret),
        secret_hint: hint(&secret),
        client_type: draft.client_type,
        redirect_uris: Vec::new(),
        scopes: String::new(),
        agent: by.agent,
        created: cx.now,
        updated: cx.now,
    };
    draft.write(&mut client);
    tables::oauth::insert_client(tx, &client)?;
    announce(tx, cx, &client)?;
    Ok(NewSecret { client, secret })
}

/// Whether somebody may change a client: one that can act for an owner is changed by owners only, and one that has more scopes than the token
/// he acts with is not changed with that token, since a new secret or another redirect URI gives as much as a new client.
fn check_change(tx: &mut Tx<'_>, by: Maker, client: &OauthClient) -> Result<(), AppError> {
    let is_owners = tables::agents::get(tx, client.agent)?.is_some_and(|agent| agent.role == Role::Owner);
    if is_owners && accounts::enabled_agent(tx, by.agent)?.role != Role::Owner {
        return Err(AppError::forbidden("only an owner may change a client that acts for an owner"));
    }
    by.check_scopes(Scopes::parse(&client.scopes).unwrap_or_default())
}

/// Changes a client. What it was granted before stays as it was.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, by: Maker, id: OauthClientId, draft: &ClientDraft) -> Result<OauthClient, AppError> {
    draft.check()?;
    let mut client = get(tx, id)?;
    check_change(tx, by, &client)?;
    by.check_scopes(draft.scopes)?;
    draft.write(&mut client);
    client.updated = cx.now;
    tables::oauth::update_client(tx, &client)?;
    announce(tx, cx, &client)?;
    Ok(client)
}

/// Gives a client another secret. Its tokens stay good.
pub fn generate_secret(tx: &mut Tx<'_>, cx: &mut Context, by: Maker, id: OauthClientId) -> Result<NewSecret, AppError> {
    let mut client = get(tx, id)?;
    check_change(tx, by, &client)?;
    let secret = cx.alphanumerics(SECRET_CHARS);
    client.secret_hash = credentials::hash_secret(&secret);
    client.secret_hint = hint(&secret);
    client.updated = cx.now;
    tables::oauth::update_client(tx, &client)?;
    announce(tx, cx, &client)?;
    Ok(NewSecret { client, secret })
}

/// Takes a client away; its tokens end.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, id: OauthClientId) -> Result<(), AppError> {
    let client = get(tx, id)?;
    tables::oauth::remove_client(tx, id, cx.now)?;
    tx.append(cx.now, Event::OauthClientChanged { client: id, name: client.name, removed: true })?;
    Ok(())
}

fn hint(secret: &str) -> String {
    secret[secret.len() - HINT_CHARS..].to_owned()
}
