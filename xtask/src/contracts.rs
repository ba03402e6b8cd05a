//! `cargo xtask contracts`: the pages that say what is covered of each foreign API, from the lists of endpoints themselves.

use crate::stage::Stage;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs;

/// A surface's crate, its example that prints the page, and the page.
const PAGES: [(&str, &str, &str); 2] = [
    ("deskbell-liveagent", "liveagent_compat", "docs/compat/liveagent-v1.md"),
    ("deskbell-zendesk", "zendesk_compat", "docs/compat/zendesk.md"),
];

#[derive(Args)]
pub(crate) struct Options {
    /// Writes nothing; fails if a page is not what it should be
    #[arg(long)]
    check: bool,
}

pub(crate) fn contracts(stage: &Stage, options: &Options) -> Result<()> {
    for (package, example, page) in PAGES {
        let text = stage.read(&mut stage.cargo(&["run", "--quiet", "--locked", "--package", package, "--example", example]))?;
        let file = stage.root.join(page);
        let current = fs::read_to_string(&file).unwrap_or_default();
        if current == text {
            continue;
        }
        if options.check {
            bail!("{page} is out of date; run `cargo xtask contracts`");
        }
        fs::create_dir_all(file.parent().context("a page is in a directory")?)?;
        fs::write(&file, text).with_context(|| format!("{page} cannot be written"))?;
        eprintln!("{page} is new");
    }
    Ok(())
}
