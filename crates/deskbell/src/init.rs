//! `deskbell init`: makes a desk.

use std::process::ExitCode;

use deskbell_app::Desk;
use deskbell_store::Options;

use crate::arguments::InitOptions;
use crate::place::{Presence, desk_options};

pub(crate) fn run(options: &InitOptions) -> anyhow::Result<ExitCode> {
    let place = desk_options(&options.place, Presence::Made, Options { readers: 1, ..Options::default() })?;
    let owner = Desk::init(&place, &options.owner_email, &options.owner_password).map_err(|error| anyhow::anyhow!("{}", error.public))?;
    let printed = serde_json::json!({
        "api_key": owner.api_key.secret,
        "access_token": owner.access_token.secret,
        "agent": owner.agent.id.to_string(),
        "email": owner.agent.email,
    });
    println!("{printed}");
    Ok(ExitCode::SUCCESS)
}
