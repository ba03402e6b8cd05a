//! `deskbell doctor`: looks a desk over, beside a running server too.

use std::process::ExitCode;

use deskbell_app::figures::Figures;
use deskbell_app::settings::Settings;
use deskbell_app::{AppError, Desk, routing, sla};
use deskbell_domain::ids::SlaItemId;
use deskbell_store::{cursors, journal, tables};

use crate::arguments::DoctorOptions;
use crate::place::errand_options;

pub(crate) fn run(options: &DoctorOptions) -> anyhow::Result<ExitCode> {
    let place = errand_options(&options.place)?;
    let desk = Desk::open(&place).map_err(|error| anyhow::anyhow!("the desk cannot be opened: {error}"))?;
    let found = examine(&desk);
    desk.close();
    let checks = found.map_err(|error| anyhow::anyhow!("the desk cannot be read: {error}"))?;
    let mut sound = true;
    for check in &checks {
        sound &= check.trouble.is_none();
        match &check.trouble {
            None => println!("ok    {}: {}", check.name, check.finding),
            Some(trouble) => println!("WRONG {}: {trouble}", check.name),
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Check {
    name: &'static str,
    finding: String,
    trouble: Option<String>,
}

impl Check {
    fn new(name: &'static str, finding: impl Into<String>, trouble: Option<String>) -> Self {
        Check { name, finding: finding.into(), trouble }
    }
}

fn examine(desk: &Desk) -> Result<Vec<Check>, AppError> {
    let now = desk.now();
    desk.snapshot_blocking(move |tx| {
        let mut checks = Vec::new();
        let gap = journal::check_gapless(tx)?;
        checks.push(Check::new("journal", format!("{} entries, no gap", tx.head()?), gap.map(|gap| format!("a gap: {gap:?}"))));
        let repeated = tables::messages::repeated_keys(tx)?;
        let trouble = (!repeated.is_empty()).then(|| format!("stored twice: {}", repeated.join(", ")));
        checks.push(Check::new("messages", "no key stored twice", trouble));
        let unknown = tables::messages::without_event(tx)?;
        let trouble = (unknown > 0).then(|| format!("{unknown} messages have no event in the journal"));
        checks.push(Check::new("events", "every message has its event", trouble));
        let rules = Settings::load(tx)?.routing;
        let over = routing::over_capacity(tx, &rules)?;
        let trouble = (!over.is_empty()).then(|| format!("over capacity: {}", over.join(", ")));
        checks.push(Check::new("capacity", "no agent has more chats than slots", trouble));
        let unsound = tables::calls::unsound(tx)?;
        let trouble = (!unsound.is_empty()).then(|| unsound.join(", "));
        let counts = tables::calls::counts(tx, None)?;
        let finding = format!("{} queued, {} ringing, {} talking", counts.queued, counts.ringing, counts.talking);
        checks.push(Check::new("calls", finding, trouble));
        let endless = tables::postponements::without_end(tx)?;
        let trouble = (!endless.is_empty()).then(|| format!("nothing says until when: {}", endless.join(", ")));
        checks.push(Check::new("postponed", "each conversation that is set aside comes back", trouble));
        let figures = Figures::load(tx, now)?.chats(None, now);
        let finding = format!("{} queued, {} offered, {} served", figures.incoming, figures.assigned, figures.active);
        checks.push(Check::new("live chats", finding, None));
        let levels = sla::examine(tx)?;
        let named = |what: &str, items: &[SlaItemId]| {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            if items.is_empty() { None } else { Some(format!("{what}: {}", items.join(", "))) }
        };
        let cells = (levels.wrong_cells > 0).then(|| format!("{} cells do not say what the log does", levels.wrong_cells));
        let wrong: Vec<String> = [
            cells,
            named("clocks of conversations that are closed for good", &levels.stray),
            named("clocks that contradict their conversation", &levels.untrue),
            named("clocks that run twice", &levels.doubled),
        ]
        .into_iter()
        .flatten()
        .collect();
        let finding = format!("{} clocks, {} entries of the log", levels.open, levels.logged);
        checks.push(Check::new("service levels", finding, (!wrong.is_empty()).then(|| wrong.join("; "))));
        let head = tx.head()?;
        let readers: Vec<String> = cursors::all(tx)?.iter().map(|(name, number)| format!("{name} {}", head - number)).collect();
        let finding =
            if readers.is_empty() { "none has begun".to_owned() } else { format!("entries still to read: {}", readers.join(", ")) };
        checks.push(Check::new("readers", finding, None));
        let owners =
            tables::agents::all(tx)?.iter().filter(|agent| agent.enabled && agent.role == deskbell_domain::agent::Role::Owner).count();
        let trouble = (owners == 0).then(|| "nobody is owner".to_owned());
        checks.push(Check::new("owners", owners.to_string(), trouble));
        Ok(checks)
    })
}
