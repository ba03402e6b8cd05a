//! Reports over a year.

use std::time::Instant;

use deskbell_app::{AppError, Desk, rollups};
use deskbell_domain::measure::Dimension;
use deskbell_domain::time::Timestamp;

use crate::Outcome;

const ROUNDS: usize = 21;
const HOUR_SECONDS: i64 = 3_600;

pub(crate) fn bench(desk: &Desk) -> Outcome<()> {
    let now = desk.now();
    // As a desk asks whose days begin an hour before those of UTC.
    let until = Timestamp::from_seconds(now.seconds().div_euclid(86_400) * 86_400 - HOUR_SECONDS);
    let from = until.plus_seconds(-365 * 86_400);
    println!("| report over a year | median ms | worst ms |\n|---|---:|---:|");
    for dimension in Dimension::ALL {
        let name = format!("sums of every {}", dimension.word());
        timed(&name, || desk.snapshot_blocking(move |tx| rollups::totals(tx, dimension, from, until, now)).map(drop))?;
    }
    for (name, step) in [("hour", 1), ("day", 24), ("week", 168), ("month of 30 days", 720)] {
        let edges: Vec<Timestamp> = (0..).map(|n| from.plus_seconds(n * step * HOUR_SECONDS)).take_while(|edge| *edge <= until).collect();
        timed(&format!("the account by {name}"), || {
            let edges = edges.clone();
            desk.snapshot_blocking(move |tx| rollups::series(tx, &edges, now)).map(drop)
        })?;
    }
    Ok(())
}

fn timed(name: &str, mut ask: impl FnMut() -> Result<(), AppError>) -> Outcome<()> {
    let mut millis = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        ask()?;
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    millis.sort_by(f64::total_cmp);
    println!("| {name} | {:.1} | {:.1} |", millis[ROUNDS / 2], millis[ROUNDS - 1]);
    Ok(())
}
