//! `deskbell demo`: fills a desk that has no history of its own.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use deskbell_app::{AppError, Desk};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Options, journal, tables};

use crate::arguments::DemoOptions;
use crate::demo;
use crate::place::{Presence, desk_options};

pub(crate) fn run(options: DemoOptions) -> anyhow::Result<ExitCode> {
    let desk = desk_options(&options.place, Presence::Required, Options::default())?;
    let until = options.scale.until.map_or_else(|| desk.clock.now(), Timestamp::from_seconds);
    let start = until.plus_seconds(-i64::from(options.scale.days) * 86_400);
    found_earlier(&Desk::open(&desk).map_err(|error| anyhow::anyhow!("{}", error.public))?, start)?;
    let report = demo::run(demo::DemoOptions {
        desk,
        scale: options.scale,
        owner_email: String::new(),
        owner_password: String::new(),
        agents_password: None,
        renderer: Arc::new(deskbell_zendesk::ChatDocuments),
    })?;
    // A reader that is gone has seen enough.
    drop(write!(std::io::stdout(), "{report}"));
    Ok(ExitCode::SUCCESS)
}

/// A desk on which nothing has happened yet was founded before its made-up history begins.
fn found_earlier(desk: &Desk, start: Timestamp) -> anyhow::Result<()> {
    let moved = desk.write_blocking(move |tx, _| {
        if tables::conversations::any(tx)? {
            return Err(AppError::conflict("this desk has a history of its own already: make the demo in an empty data directory"));
        }
        Ok(journal::found_at(tx, start)?)
    });
    desk.close();
    moved.map_err(|error| anyhow::anyhow!("{}", error.public))
}
