//! Times side by side: other work on the machine comes and goes, so two contestants take turns, and what ran in the same turn is compared.

use std::time::{Duration, Instant};

use crate::Outcome;

/// What two contestants took: medians in microseconds, and the median of the second's time over the first's, turn by turn.
pub(crate) struct Duel {
    pub(crate) first: f64,
    pub(crate) second: f64,
    pub(crate) ratio: f64,
}

/// Turns taken so far.
#[derive(Default)]
pub(crate) struct Turns {
    firsts: Vec<f64>,
    seconds: Vec<f64>,
}

impl Turns {
    pub(crate) fn take(&mut self, first: impl FnOnce() -> Outcome<()>, second: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
        self.firsts.push(micros(first)?);
        self.seconds.push(micros(second)?);
        Ok(())
    }

    pub(crate) fn duel(self) -> Duel {
        let ratios = self.firsts.iter().zip(&self.seconds).map(|(first, second)| second / first).collect();
        Duel { first: median(self.firsts), second: median(self.seconds), ratio: median(ratios) }
    }
}

/// Lets two take turns.
pub(crate) fn duel(turns: usize, mut first: impl FnMut() -> Outcome<()>, mut second: impl FnMut() -> Outcome<()>) -> Outcome<Duel> {
    let mut taken = Turns::default();
    for _ in 0..turns {
        taken.take(&mut first, &mut second)?;
    }
    Ok(taken.duel())
}

fn micros(run: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let start = Instant::now();
    run()?;
    Ok(as_micros(start.elapsed()))
}

fn as_micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
