//! Prints the page `docs/compat/zendesk.md`.

use std::io::{Result, Write, stdout};

fn main() -> Result<()> {
    stdout().write_all(deskbell_zendesk::compat().as_bytes())
}
