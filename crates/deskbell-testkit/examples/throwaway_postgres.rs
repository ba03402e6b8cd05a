//! A PostgreSQL server until the standard input is closed. Prints its URL.

use deskbell_store::throwaway_postgres::ThrowawayPostgres;
use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let server = ThrowawayPostgres::start()?;
    writeln!(io::stdout(), "{}", server.url())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    drop(server);
    Ok(())
}
