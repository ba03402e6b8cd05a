//! `deskbell apikey` and `deskbell token`: also beside a running server, which sees the change within seconds.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use deskbell_app::rights::Scopes;
use deskbell_app::{AppError, Desk, credentials};
use deskbell_domain::agent::{Agent, Role};
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::CredentialId;
use deskbell_store::{Tx, tables};

use crate::arguments::{ApikeyCommand, PlaceOptions, TokenCommand};
use crate::place::errand_options;

pub(crate) fn apikey(command: &ApikeyCommand) -> anyhow::Result<ExitCode> {
    match command {
        ApikeyCommand::Create { place, name, read_only } => {
            // No scopes at all: the key may do everything.
            let scopes = Scopes { read: *read_only, ..Scopes::default() };
            create(place, CredentialKind::ApiKey, name, None, scopes)
        }
        ApikeyCommand::List { place } => list(place, CredentialKind::ApiKey),
        ApikeyCommand::Revoke { place, id } => revoke(place, CredentialKind::ApiKey, id),
    }
}

pub(crate) fn token(command: &TokenCommand) -> anyhow::Result<ExitCode> {
    match command {
        TokenCommand::Create { place, name, agent, scopes } => {
            let scopes = Scopes::parse(scopes).ok_or_else(|| anyhow!("scopes are read, write and chat, separated by spaces"))?;
            create(place, CredentialKind::Token, name, agent.clone(), scopes)
        }
        TokenCommand::List { place } => list(place, CredentialKind::Token),
        TokenCommand::Revoke { place, id } => revoke(place, CredentialKind::Token, id),
    }
}

/// Opens the desk, does the errand, closes it.
pub(crate) fn errand<T>(place: &PlaceOptions, work: impl FnOnce(&Desk) -> Result<T, AppError>) -> anyhow::Result<T> {
    let desk = Desk::open(&errand_options(place)?).map_err(|error| anyhow!("{}", error.public))?;
    let done = work(&desk);
    desk.close();
    done.map_err(|error| anyhow!("{}", error.public))
}

/// The agent with this address; the first owner unless one is given.
pub(crate) fn acting(tx: &mut Tx<'_>, email: Option<&str>) -> Result<Option<Agent>, AppError> {
    match email {
        Some(email) => tables::agents::by_email(tx, email)?.map(Some).ok_or_else(|| AppError::not_found("no agent has that address")),
        None => Ok(tables::agents::all(tx)?.into_iter().find(|agent| agent.role == Role::Owner)),
    }
}

fn create(place: &PlaceOptions, kind: CredentialKind, name: &str, agent: Option<String>, scopes: Scopes) -> anyhow::Result<ExitCode> {
    let name = name.to_owned();
    let issued = errand(place, |desk| {
        desk.write_blocking(move |tx, cx| {
            let agent = match kind {
                CredentialKind::ApiKey | CredentialKind::Session => None,
                CredentialKind::Token => acting(tx, agent.as_deref())?,
            };
            credentials::issue(tx, cx, kind, &name, agent.map(|agent| agent.id), scopes)
        })
    })?;
    let id = issued.credential.id.to_string();
    let printed = match kind {
        CredentialKind::ApiKey => serde_json::json!({"id": id, "api_key": issued.secret}),
        CredentialKind::Token | CredentialKind::Session => {
            serde_json::json!({"id": id, "access_token": issued.secret, "scopes": issued.credential.scopes})
        }
    };
    println!("{printed}");
    Ok(ExitCode::SUCCESS)
}

fn list(place: &PlaceOptions, kind: CredentialKind) -> anyhow::Result<ExitCode> {
    let all = errand(place, |desk| desk.write_blocking(|tx, _| Ok(tables::credentials::listed(tx)?)))?;
    for credential in all.iter().filter(|credential| credential.kind == kind) {
        let printed = serde_json::json!({
            "id": credential.id.to_string(),
            "name": credential.name,
            "ends_in": credential.hint,
            "scopes": credential.scopes,
            "created": credential.created.seconds(),
            "revoked": credential.revoked.is_some(),
        });
        println!("{printed}");
    }
    Ok(ExitCode::SUCCESS)
}

fn revoke(place: &PlaceOptions, kind: CredentialKind, id: &str) -> anyhow::Result<ExitCode> {
    let Some(id) = CredentialId::parse(id) else { bail!("that is not an id; see the list") };
    errand(place, |desk| {
        desk.write_blocking(move |tx, cx| {
            tables::credentials::get(tx, id)?
                .filter(|credential| credential.kind == kind)
                .ok_or_else(|| AppError::not_found("nothing of that kind has this id; see the list"))?;
            credentials::revoke(tx, cx, id)
        })
    })?;
    Ok(ExitCode::SUCCESS)
}
