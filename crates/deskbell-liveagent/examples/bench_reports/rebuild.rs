//! Making all that reports show anew, while the desk answers reports and takes messages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deskbell_app::conversations::by_key::opening;
use deskbell_app::{levels, rollups};

use crate::Outcome;
use crate::reports::Millis;
use crate::year::Year;

/// Between two reports, and between two tickets, meanwhile.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn bench(year: &Year) -> Outcome<()> {
    let mut told = 0;
    let (seconds, events, served) = beside(year, || Ok(rollups::rebuild(&year.desk, &mut |_| told += 1).map(|progress| progress.done)?))?;
    print("roll-ups", seconds, events, told, &served);
    let (mut told, mut number) = (0, 0);
    let (seconds, events, served) = beside(year, || {
        levels::rebuild(&year.desk, &mut |progress| {
            told += 1;
            number = progress.done;
        })?;
        Ok(number)
    })?;
    print("levels", seconds, events, told, &served);
    Ok(())
}

fn print(what: &str, seconds: f64, events: i64, told: u64, served: &Served) {
    println!(
        "- {what} made anew from {events} events: {:.0} events/s ({seconds:.1} s), progress told {told} times; meanwhile {} reports, median \
         {:.1} ms, worst {:.1}, and {} tickets written, median {:.1} ms, worst {:.1}",
        events as f64 / seconds,
        served.reports.len(),
        Millis::of(served.reports.clone()).median,
        Millis::of(served.reports.clone()).worst,
        served.tickets.len(),
        Millis::of(served.tickets.clone()).median,
        Millis::of(served.tickets.clone()).worst
    );
}

/// What was asked of the desk meanwhile, each in milliseconds.
#[derive(Default)]
struct Served {
    reports: Vec<f64>,
    tickets: Vec<f64>,
}

/// Runs something while the desk serves; returns its seconds and what it returned.
fn beside(year: &Year, run: impl FnOnce() -> Outcome<i64>) -> Outcome<(f64, i64, Served)> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reports = scope.spawn(|| until(&is_over, || year.get("reports/agents?date_from=2000-01-01&date_to=2100-01-01").map(drop)));
        let tickets = scope.spawn(|| until(&is_over, || open_ticket(year)));
        let began = Instant::now();
        let events = run();
        let seconds = began.elapsed().as_secs_f64();
        is_over.store(true, Ordering::Relaxed);
        let joined = |served: std::thread::Result<Outcome<Vec<f64>>>| served.map_err(|_| "one who asked meanwhile fell")?;
        let served = Served { reports: joined(reports.join())?, tickets: joined(tickets.join())? };
        Ok((seconds, events?, served))
    })
}

fn until(is_over: &AtomicBool, ask: impl Fn() -> Outcome<()>) -> Outcome<Vec<f64>> {
    let mut millis = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let began = Instant::now();
        ask()?;
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
        std::thread::sleep(PAUSE);
    }
    Ok(millis)
}

fn open_ticket(year: &Year) -> Outcome<()> {
    let opened = opening::Opening {
        creator: "cora@example.com".to_owned(),
        department: "default".to_owned(),
        text: "Hello, my parcel 4711 has not arrived yet.".to_owned(),
        ..opening::Opening::default()
    };
    Ok(year.desk.write_blocking(move |tx, cx| opening::open(tx, cx, None, &opened).map(drop))?)
}
