//! Prints the page `docs/compat/liveagent-v1.md`.

use std::io::{Result, Write, stdout};

fn main() -> Result<()> {
    stdout().write_all(deskbell_liveagent::compat().as_bytes())
}
