//! `deskbell simulate`: visitors and agents made of code, who drive a running desk through its public live protocol, survive its deaths,
//! and tell afterwards what was lost, what was doubled, and how long everything took.
//!
//! Owns no rule of the desk: it knows nothing but what `docs/live-protocol.md` and `docs/native-api.md` say.

mod accounts;
mod agent;
mod frame;
mod http;
mod ledger;
mod link;
mod outbox;
mod pace;
mod report;
#[cfg(test)]
mod tests;
mod verify;
mod visitor;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::sync::watch;
use tokio::task::JoinSet;

use accounts::Account;
use http::Target;
use ledger::Ledger;
use pace::Pace;
pub(crate) use report::SimulateReport;

/// Idle visitors that come within one second, and those who want to chat: a desk lets a hundred wait at once, and phones ring a moment.
const IDLE_PER_SECOND: u64 = 250;
const ARRIVALS_PER_SECOND: f64 = 80.0;
/// Idle visitors are connected before the clock starts, unless that takes longer than this for each of them.
const IDLE_MS_MAX: u64 = 20;
/// Agents that connect within one second.
const AGENTS_PER_SECOND: u64 = 50;
/// How long agents may take to be at work before the clock starts.
const AGENTS_SECONDS_MAX: u64 = 60;
/// After the clock has stopped: how long is waited for answers still owed.
const SETTLE_SECONDS_MAX: u64 = 30;
const SETTLE_SECONDS_MIN: u64 = 2;
/// Seconds between two lines of progress.
const PROGRESS_SECONDS: u64 = 5;
/// Slots that a desk allows an agent, at most.
const SLOTS_MAX: usize = 100;
/// The mean pause between two messages of a visitor that all other pauses go with.
const SEND_EVERY_MS: u64 = 14_000;

/// What `deskbell simulate` is told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SimulateOptions {
    /// Where the desk is: http://host:port
    #[arg(long)]
    pub(crate) url: String,
    /// Browsers on the site
    #[arg(long, default_value_t = 100)]
    pub(crate) visitors: usize,
    /// Agents at work
    #[arg(long, default_value_t = 10)]
    pub(crate) agents: usize,
    /// For how long, from the moment that the agents are at work
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u64,
    /// An administrator, who makes the simulated agents
    #[arg(long)]
    pub(crate) email: Option<String>,
    #[arg(long, env = "DESKBELL_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// Appends a line for each acknowledged message: its key, a tab, its text
    #[arg(long, value_name = "FILE")]
    pub(crate) acknowledged: Option<PathBuf>,
    /// Makes people behave alike from run to run [default: drawn]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Mean pause between two messages of a visitor; all other pauses of people go with it
    #[arg(long, default_value_t = SEND_EVERY_MS, value_name = "MS")]
    pub(crate) send_every_ms: u64,
    /// Chats at once for an agent [default: enough for all visitors]
    #[arg(long)]
    pub(crate) chats_per_agent: Option<u16>,
    /// A connection breaks after so many seconds on average; 0: none ever does
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    pub(crate) break_every_seconds: u64,
    /// Visitors connect and do nothing
    #[arg(long)]
    pub(crate) idle: bool,
    /// Spreads connections over 127.0.0.2, 127.0.0.3, …, to have more ports
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) local_addresses: u8,
    /// Prints one JSON object instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Agents go to work.
    Ready,
    Running,
    /// Nothing new is begun; what is owed is still delivered.
    Settling,
    Over,
}

/// What all the people of a run share.
struct World {
    target: Target,
    ledger: Ledger,
    pace: Pace,
    seed: u64,
    /// Whether there is anybody to hand chats to.
    hands_over: bool,
    phase: watch::Receiver<Phase>,
}

impl World {
    fn phase(&self) -> Phase {
        *self.phase.borrow()
    }
}

/// Runs the simulation. Fails only when it cannot be begun; a desk that goes away meanwhile is what it is made for.
pub(crate) async fn run(options: SimulateOptions) -> anyhow::Result<SimulateReport> {
    let target = Target::parse(&options.url, options.local_addresses)?;
    let seed = options.seed.unwrap_or_else(rand::random);
    let ledger = Ledger::new(options.acknowledged.as_deref())?;
    let slots = options.chats_per_agent.map_or_else(|| slots(options.visitors, options.agents), usize::from);
    let agents = if options.idle { 0 } else { options.agents };
    let accounts = match (&options.email, &options.password) {
        _ if options.idle => Vec::new(),
        (Some(email), Some(password)) if agents == 0 => vec![accounts::reader(&target, email, password).await?],
        _ if agents == 0 => Vec::new(),
        (Some(email), Some(password)) => accounts::prepare(&target, email, password, agents, slots.clamp(1, SLOTS_MAX)).await?,
        _ => bail!("agents are made by an administrator: give --email and --password, or --agents 0"),
    };
    let (phases, phase) = watch::channel(Phase::Ready);
    let pace = Pace::new(options.send_every_ms as f64 / SEND_EVERY_MS as f64, options.break_every_seconds);
    let world = Arc::new(World { target, ledger, pace, seed, hands_over: agents > 1, phase });
    let began = Instant::now();
    let mut people = JoinSet::new();
    hire(&world, &accounts[..agents], &mut people).await?;
    phases.send_replace(Phase::Running);
    let running = Instant::now();
    for number in 0..options.visitors {
        let delay = if options.idle {
            Duration::from_micros(number as u64 * 1_000_000 / IDLE_PER_SECOND)
        } else {
            world.pace.stretch(Duration::from_secs_f64(number as f64 / ARRIVALS_PER_SECOND))
        };
        people.spawn(visitor::live(Arc::clone(&world), number, delay, options.idle));
    }
    if options.idle {
        all_idle(&world, options.visitors).await;
    }
    let running = if options.idle { Instant::now() } else { running };
    progress(&world, running, Duration::from_secs(options.seconds)).await;
    let lasted = running.elapsed();
    phases.send_replace(Phase::Settling);
    settle(&world).await;
    phases.send_replace(Phase::Over);
    while people.join_next().await.is_some() {}
    verify::all(&world, &accounts).await;
    let facts = report::Facts { visitors: options.visitors, agents, lasted, total: began.elapsed(), seed };
    let report = SimulateReport::new(facts, world.ledger.close(), options.json);
    if options.json {
        eprint!("{}", report.table());
    }
    Ok(report)
}

/// Room for all visitors with a fifth to spare.
fn slots(visitors: usize, agents: usize) -> usize {
    (visitors * 6).div_ceil((agents * 5).max(1)).max(2)
}

/// Brings the agents to work.
async fn hire(world: &Arc<World>, accounts: &[Arc<Account>], people: &mut JoinSet<()>) -> anyhow::Result<()> {
    let (sender, mut at_work) = watch::channel(0usize);
    let sender = Arc::new(sender);
    for (number, account) in accounts.iter().enumerate() {
        let delay = Duration::from_micros(number as u64 * 1_000_000 / AGENTS_PER_SECOND);
        people.spawn(agent::live(Arc::clone(world), number, Arc::clone(account), delay, Arc::clone(&sender)));
    }
    if accounts.is_empty() {
        return Ok(());
    }
    let all = at_work.wait_for(|count| *count >= accounts.len());
    match tokio::time::timeout(Duration::from_secs(AGENTS_SECONDS_MAX), all).await {
        Ok(done) => drop(done.context("an agent's task ended")?),
        Err(_) => eprintln!("not all of the {} agents are at work; going on with those who are", accounts.len()),
    }
    Ok(())
}

/// Waits until all visitors are connected.
async fn all_idle(world: &World, visitors: usize) {
    let until = Instant::now() + Duration::from_millis(10_000 + visitors as u64 * IDLE_MS_MAX);
    while world.ledger.welcomed() < visitors as u64 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    eprintln!("{} visitors are connected", world.ledger.welcomed());
}

/// Waits for the end of the run and tells how it goes.
async fn progress(world: &World, began: Instant, lasts: Duration) {
    loop {
        let passed = began.elapsed();
        if passed >= lasts {
            return;
        }
        tokio::time::sleep((lasts - passed).min(Duration::from_secs(PROGRESS_SECONDS))).await;
        eprintln!("{:>5} s  {}", began.elapsed().as_secs(), world.ledger.progress());
    }
}

/// Waits until nobody is owed an answer any more, as long as that goes on.
async fn settle(world: &World) {
    let began = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let passed = began.elapsed().as_secs();
        if passed >= SETTLE_SECONDS_MAX || (passed >= SETTLE_SECONDS_MIN && world.ledger.owed() == 0) {
            return;
        }
    }
}
