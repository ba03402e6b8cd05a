//! `GET conversations` page by page through the kit, as JSON, beside the bare driver that reads the same rows in the same turns.

use std::io::Write;

use crate::data::{self, Full};
use crate::timing::{Duel, duel};
use crate::{Outcome, Stage, bare};

const CONVERSATIONS: u64 = 100_000;
const TURNS: usize = 15;
/// Rows read in one turn.
const ROWS_PER_TURN: i64 = 10_000;

pub(crate) fn run(stage: &Stage, out: &mut dyn Write) -> Outcome<()> {
    writeln!(out, "### `GET conversations` beside bare drivers, {CONVERSATIONS} conversations\n")?;
    writeln!(out, "| engine | rows on a page | ours: µs a page | bare: µs a page | bare ÷ ours |\n|---|---:|---:|---:|---:|")?;
    for (engine, full) in [("SQLite", data::sqlite(stage, CONVERSATIONS)?), ("PostgreSQL", data::postgres(stage, CONVERSATIONS)?)] {
        for rows in [100, 1_000] {
            let duel = pages(stage, &full, rows)?;
            let pages = (ROWS_PER_TURN / rows) as f64;
            writeln!(out, "| {engine} | {rows} | {:.0} | {:.0} | {:.2} |", duel.first / pages, duel.second / pages, duel.ratio)?;
            out.flush()?;
        }
    }
    writeln!(out)?;
    Ok(())
}

/// Turns of several pages: ours, bare.
fn pages(stage: &Stage, full: &Full, rows: i64) -> Outcome<Duel> {
    let pages = ROWS_PER_TURN / rows;
    let mut by_hand = bare::open(&full.location, rows)?;
    let ours = || {
        for page in 0..pages {
            full.get(&stage.runtime, &format!("conversations?limit={rows}&offset={}", page * rows))?;
        }
        Ok(())
    };
    let bare = || {
        let mut after = (0, 0);
        for _ in 0..pages {
            after = by_hand.page(after)?.ok_or("too few rows")?;
        }
        Ok(())
    };
    duel(TURNS, ours, bare)
}
