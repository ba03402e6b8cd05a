//! Prints the page `docs/compat/liveagent.md`.

use std::io::{Result, Write, stdout};

fn main() -> Result<()> {
    stdout().write_all(deskbell_liveagent::compat().as_bytes())
}
