//! `deskbell oauth-client`: made, listed and taken away, also beside a running server.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use deskbell_app::AppError;
use deskbell_app::oauth::clients::{self, ClientDraft, Maker};
use deskbell_app::rights::Scopes;
use deskbell_domain::ids::OauthClientId;
use deskbell_domain::oauth::ClientType;

use crate::arguments::{OauthClientCommand, OauthClientOptions, PlaceOptions};
use crate::credentials::{acting, errand};

pub(crate) fn run(command: OauthClientCommand) -> anyhow::Result<ExitCode> {
    match command {
        OauthClientCommand::Create(options) => create(options),
        OauthClientCommand::List { place } => list(&place),
        OauthClientCommand::Delete { place, id } => delete(&place, &id),
    }
}

fn create(options: OauthClientOptions) -> anyhow::Result<ExitCode> {
    let scopes = Scopes::parse(&options.scopes).ok_or_else(|| anyhow!("scopes are read, write and chat, separated by spaces"))?;
    let client_type = if options.public { ClientType::Public } else { ClientType::Confidential };
    let OauthClientOptions { place, name, company, redirect_uri: redirect_uris, agent, .. } = options;
    let draft = ClientDraft { name, company, client_type, redirect_uris, scopes };
    let new = errand(&place, |desk| {
        desk.write_blocking(move |tx, cx| {
            let agent = acting(tx, agent.as_deref())?.ok_or_else(|| AppError::not_found("the desk has no owner"))?;
            clients::create(tx, cx, Maker::unbound(agent.id), &draft)
        })
    })?;
    let printed = serde_json::json!({
        "id": new.client.id.to_string(),
        "client_id": new.client.identifier,
        "client_secret": new.secret,
        "client_type": new.client.client_type.text(),
        "redirect_uris": new.client.redirect_uris,
        "scopes": new.client.scopes,
    });
    println!("{printed}");
    Ok(ExitCode::SUCCESS)
}

fn list(place: &PlaceOptions) -> anyhow::Result<ExitCode> {
    let all = errand(place, |desk| desk.write_blocking(|tx, _| clients::list(tx)))?;
    for client in all {
        let printed = serde_json::json!({
            "id": client.id.to_string(),
            "name": client.name,
            "company": client.company,
            "client_id": client.identifier,
            "client_type": client.client_type.text(),
            "redirect_uris": client.redirect_uris,
            "scopes": client.scopes,
            "created": client.created.seconds(),
        });
        println!("{printed}");
    }
    Ok(ExitCode::SUCCESS)
}

fn delete(place: &PlaceOptions, id: &str) -> anyhow::Result<ExitCode> {
    let Some(id) = OauthClientId::parse(id) else { bail!("that is not an id; see the list") };
    errand(place, |desk| desk.write_blocking(move |tx, cx| clients::remove(tx, cx, id)))?;
    Ok(ExitCode::SUCCESS)
}
