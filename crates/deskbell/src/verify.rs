//! `deskbell verify`: whether what reports show is what happened: roll-ups, levels, and the sums of service levels; and making it anew. Both
//! beside a running server.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use deskbell_app::rollups::{self, NotAsked};
use deskbell_app::{AppError, Desk, levels, sla};
use deskbell_store::Options;

use crate::arguments::VerifyOptions;
use crate::place::{Presence, desk_options};

/// Characters of the bar.
const BAR_CHARS: u64 = 30;
/// How often it is drawn anew.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

pub(crate) fn run(options: &VerifyOptions) -> anyhow::Result<ExitCode> {
    // One reads ahead in the journal while the other looks for what entries are about.
    let store = Options { readers: 2, beside_server: true, ..Options::default() };
    let place = desk_options(&options.place, Presence::Required, store)?;
    let desk = Desk::open(&place).map_err(|error| anyhow::anyhow!("the desk cannot be opened: {error}"))?;
    let done = if options.rebuild { rebuild(&desk) } else { verify(&desk) };
    desk.close();
    done
}

/// Says which part could not be looked at.
fn of(part: &str) -> impl FnOnce(AppError) -> anyhow::Error {
    move |error| anyhow::anyhow!("{part}: {error}")
}

fn rebuild(desk: &Desk) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new("made anew");
    let progress = rollups::rebuild(desk, &mut |progress| bar.show(progress.done, progress.all)).map_err(of("roll-ups"))?;
    bar.end();
    println!("roll-ups: made anew from {} events ({} a second)", progress.done, bar.rate(progress.done));
    let mut bar = Bar::new("made anew");
    let progress = levels::rebuild(desk, &mut |progress| bar.show(progress.done, progress.all)).map_err(of("levels"))?;
    bar.end();
    println!("levels: made anew from {} events ({} a second)", progress.done, bar.rate(progress.done));
    let was_wrong = sla::mend(desk).map_err(of("service levels"))?;
    println!("service levels: sums {}", if was_wrong { "made anew from their log" } else { "are those of their log" });
    Ok(ExitCode::SUCCESS)
}

fn verify(desk: &Desk) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new("counted again");
    let found = rollups::verify(desk, &mut |progress| bar.show(progress.done, progress.all)).map_err(of("roll-ups"))?;
    bar.end();
    let journal = &found.journal;
    tell("roll-ups, by the journal", "numbers", (journal.numbers, journal.differing), &journal.differences);
    match &found.rows {
        Ok(rows) => tell("roll-ups, by the rows", "numbers", (rows.numbers, rows.differing), &rows.differences),
        Err(NotAsked::Untold(conversations)) => println!(
            "-     roll-ups, by the rows: not counted: {conversations} conversations were begun by an older version, which did not keep all that \
             became of them"
        ),
        Err(NotAsked::Busy) => {
            println!("-     roll-ups, by the rows: not counted: the desk is written to all the time; try again when it is quieter");
        }
    }
    let mut bar = Bar::new("counted again");
    let levels = levels::verify(desk, &mut |progress| bar.show(progress.done, progress.all)).map_err(of("levels"))?;
    bar.end();
    tell("levels, by the journal", "quarter hours, hours and presences", (levels.counted, levels.differing), &levels.differences);
    let log = desk.snapshot_blocking(sla::examine).map_err(of("service levels"))?;
    match log.wrong_cells {
        0 => println!("ok    service levels, by their log: {} entries add up to their sums", log.logged),
        wrong => {
            println!("WRONG service levels, by their log: {wrong} sums differ");
            for cell in &log.named_cells {
                println!("      {}", sla::report::named(cell));
            }
        }
    }
    let is_sound = found.is_sound() && levels.differing == 0 && log.wrong_cells == 0;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What came of comparing so many of something, of which so many differ.
fn tell(part: &str, what: &str, (compared, differing): (u64, u64), differences: &[impl std::fmt::Display]) {
    if differing == 0 {
        println!("ok    {part}: {compared} {what} are the same");
        return;
    }
    println!("WRONG {part}: {differing} of {compared} {what} differ");
    for difference in differences {
        println!("      {difference}");
    }
    let told = differences.len() as u64;
    if told < differing {
        println!("      and {} more", differing - told);
    }
}

/// How far something has come, on a terminal.
struct Bar {
    what: &'static str,
    began: Instant,
    drawn: Option<Instant>,
    is_seen: bool,
}

impl Bar {
    fn new(what: &'static str) -> Bar {
        Bar { what, began: Instant::now(), drawn: None, is_seen: std::io::stderr().is_terminal() }
    }

    fn rate(&self, events: i64) -> u64 {
        let millis = self.began.elapsed().as_millis().max(1);
        (u128::from(events.unsigned_abs()) * 1_000 / millis).try_into().unwrap_or(u64::MAX)
    }

    fn show(&mut self, done: i64, all: i64) {
        if !self.is_seen || self.drawn.is_some_and(|drawn| drawn.elapsed() < DRAWN_EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.draw(done, all);
    }

    /// On standard error; nobody is hurt if it cannot be written.
    fn draw(&self, done: i64, all: i64) {
        let line = bar(done.unsigned_abs(), all.unsigned_abs());
        let mut out = std::io::stderr();
        drop(write!(out, "\r{line} events {}, {} a second ", self.what, self.rate(done)));
        drop(out.flush());
    }

    fn end(&self) {
        if self.drawn.is_some() {
            eprintln!();
        }
    }
}

fn bar(done: u64, all: u64) -> String {
    let full = (done * BAR_CHARS).checked_div(all).unwrap_or(BAR_CHARS).min(BAR_CHARS);
    let chars = |count: u64, letter: &str| letter.repeat(count.try_into().unwrap_or_default());
    format!("[{}{}] {done} of {all}", chars(full, "#"), chars(BAR_CHARS - full, "."))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn bars_fill() {
        assert_eq!(bar(0, 10), format!("[{}] 0 of 10", ".".repeat(30)));
        assert_eq!(bar(5, 10), format!("[{}{}] 5 of 10", "#".repeat(15), ".".repeat(15)));
        assert_eq!(bar(0, 0), format!("[{}] 0 of 0", "#".repeat(30)));
        assert_eq!(bar(12, 10), format!("[{}] 12 of 10", "#".repeat(30)), "more came meanwhile");
    }
}
