//! `deskbell verify`: whether what reports show is what happened; and making it anew. Both beside a running server.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use deskbell_app::rollups::{self, Compared, NotAsked, Progress};
use deskbell_app::{AppError, Desk};
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
    done.map_err(|error| anyhow::anyhow!("{error}"))
}

fn rebuild(desk: &Desk) -> Result<ExitCode, AppError> {
    let mut bar = Bar::new("made anew");
    let progress = rollups::rebuild(desk, &mut |progress| bar.show(progress))?;
    bar.end();
    println!("made anew from {} events ({} a second)", progress.done, bar.rate(progress.done));
    Ok(ExitCode::SUCCESS)
}

fn verify(desk: &Desk) -> Result<ExitCode, AppError> {
    let mut bar = Bar::new("counted again");
    let found = rollups::verify(desk, &mut |progress| bar.show(progress))?;
    bar.end();
    tell("journal", &found.journal);
    match &found.rows {
        Ok(rows) => tell("rows", rows),
        Err(NotAsked::Untold(conversations)) => println!(
            "-     rows: not counted: {conversations} conversations were begun by an older version, which did not keep their changes of status"
        ),
        Err(NotAsked::Busy) => println!("-     rows: not counted: the desk is written to all the time; try again when it is quieter"),
    }
    Ok(if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(name: &str, compared: &Compared) {
    if compared.differing == 0 {
        println!("ok    {name}: {} numbers are the same", compared.numbers);
        return;
    }
    println!("WRONG {name}: {} of {} numbers differ", compared.differing, compared.numbers);
    for difference in &compared.differences {
        println!("      {difference}");
    }
    let told = compared.differences.len() as u64;
    if told < compared.differing {
        println!("      and {} more", compared.differing - told);
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

    fn show(&mut self, progress: Progress) {
        if !self.is_seen || self.drawn.is_some_and(|drawn| drawn.elapsed() < DRAWN_EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.draw(progress);
    }

    /// On standard error; nobody is hurt if it cannot be written.
    fn draw(&self, progress: Progress) {
        let line = bar(progress.done.unsigned_abs(), progress.all.unsigned_abs());
        let mut out = std::io::stderr();
        drop(write!(out, "\r{line} events {}, {} a second ", self.what, self.rate(progress.done)));
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
