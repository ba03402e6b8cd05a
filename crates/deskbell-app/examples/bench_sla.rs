//! How late it is told that a due time passed, with 100,000 clocks open, while conversations go on beginning and being answered: the desk's own
//! timers, on both engines. Prints a Markdown table. Run it with `--release` (`cargo xtask bench sla`).

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deskbell_app::clock::{Clock, SystemClock};
use deskbell_app::context::Context;
use deskbell_app::conversations::{self, Change, Start};
use deskbell_app::desk::DeskOptions;
use deskbell_app::follow::Listener;
use deskbell_app::sla::clocks::set_level;
use deskbell_app::sla::levels::{self, LevelDraft};
use deskbell_app::timers::Timers;
use deskbell_app::{AppError, Desk, customers};
use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{CustomerId, DepartmentId, SlaLevelId};
use deskbell_domain::message::Actor;
use deskbell_domain::sla::{Goal, SlaEvent};
use deskbell_store::throwaway_postgres::ThrowawayPostgres;
use deskbell_store::{Location, Options, Tx, tables};

/// What the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Clocks that stay open all the while.
const OPEN: usize = 100_000;
const OPEN_PER_WRITE: usize = 2_000;
/// As often as the server's timers look.
const TICK: Duration = Duration::from_millis(250);
const RUNS_SECONDS: u64 = 30;
/// Conversations that begin in each tick, with a clock of one second; half of them are resolved before it is up.
const BEGIN_PER_TICK: usize = 10;
/// Clocks that begin as fast as they can be written, half-way, and come due three seconds later.
const BURST: usize = 2_000;
const BURST_PER_WRITE: usize = 50;

/// Microseconds between a due time and the event that tells of it, and between it and the listeners.
#[derive(Default)]
struct Delays {
    event: Vec<i64>,
    heard: Vec<i64>,
}

#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Delays>>);

impl Listener for Ear {
    fn follow(&mut self, events: &[Arc<Recorded>]) {
        let now = SystemClock.now();
        let mut delays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for recorded in events {
            if let Event::Sla(SlaEvent::Breached { due, .. }) = &recorded.event {
                delays.event.push(recorded.at.micros_since(*due));
                delays.heard.push(now.micros_since(*due));
            }
        }
    }
}

struct Cast {
    customer: CustomerId,
    slow: SlaLevelId,
    fast: SlaLevelId,
    burst: SlaLevelId,
}

fn main() -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let server = ThrowawayPostgres::start()?;
    let places =
        [("SQLite", Location::Sqlite(directory.path().join("desk.db"))), ("PostgreSQL", Location::Postgres(server.create_database()?))];
    let mut table = String::from(
        "| engine | clocks open | told | to the event: p50 ms | p99 | max | to the listeners: p50 ms | p99 | max |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (name, location) in places {
        table.push_str(&measure(name, location, directory.path().join(name))?);
    }
    std::io::stdout().write_all(table.as_bytes())?;
    Ok(())
}

fn measure(name: &str, location: Location, files: PathBuf) -> Outcome<String> {
    let options = DeskOptions { location, files, clock: Arc::new(SystemClock), store: Options::default() };
    Desk::init(&options, "owner@desk.test", "correct horse")?;
    let desk = Desk::open(&options)?;
    let cast = Arc::new(desk.write_blocking(cast)?);
    for _ in 0..OPEN / OPEN_PER_WRITE {
        let cast = Arc::clone(&cast);
        desk.write_blocking(move |tx, cx| (0..OPEN_PER_WRITE).try_for_each(|_| begin(tx, cx, &cast, cast.slow).map(drop)))?;
    }
    let ear = Ear::default();
    desk.listen(Box::new(ear.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(&desk, &cast))?;
    let open = desk.snapshot_blocking(deskbell_app::sla::examine)?.open;
    desk.close();
    let Delays { event, heard } = std::mem::take(&mut *ear.0.lock().unwrap_or_else(PoisonError::into_inner));
    let told = event.len();
    let [event, heard] = [event, heard].map(|mut micros| {
        micros.sort_unstable();
        let at = |hundredths: usize| micros.get((micros.len() * hundredths / 100).min(micros.len().saturating_sub(1))).copied();
        [at(50), at(99), micros.last().copied()].map(|micros| micros.unwrap_or(-1) / 1_000)
    });
    let [p50, p99, max] = event;
    let [heard_p50, heard_p99, heard_max] = heard;
    Ok(format!("| {name} | {open} | {told} | {p50} | {p99} | {max} | {heard_p50} | {heard_p99} | {heard_max} |\n"))
}

/// The timers as the server runs them, and beside them conversations that begin and are resolved.
async fn run(desk: &Desk, cast: &Arc<Cast>) -> Outcome<()> {
    let ends = Instant::now() + Duration::from_secs(RUNS_SECONDS);
    let timers = async {
        let mut timers = Timers::new(desk.now());
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while Instant::now() < ends {
            ticks.tick().await;
            timers.tick(desk).await?;
        }
        Ok::<(), AppError>(())
    };
    tokio::try_join!(timers, load(desk, cast, ends))?;
    Ok(())
}

async fn load(desk: &Desk, cast: &Arc<Cast>, ends: Instant) -> Result<(), AppError> {
    let half = ends - Duration::from_secs(RUNS_SECONDS / 2);
    let mut burst_left = BURST;
    let mut ticks = tokio::time::interval(TICK);
    while Instant::now() < ends {
        ticks.tick().await;
        let cast_now = Arc::clone(cast);
        desk.write(move |tx, cx| {
            for place in 0..BEGIN_PER_TICK {
                let conversation = begin(tx, cx, &cast_now, cast_now.fast)?;
                if place % 2 == 0 {
                    conversations::change_status(tx, cx, Actor::System, conversation, Change::Resolve)?;
                }
            }
            Ok(())
        })
        .await?;
        while Instant::now() > half && burst_left > 0 {
            burst_left -= BURST_PER_WRITE;
            let cast = Arc::clone(cast);
            desk.write(move |tx, cx| (0..BURST_PER_WRITE).try_for_each(|_| begin(tx, cx, &cast, cast.burst).map(drop))).await?;
        }
    }
    Ok(())
}

fn cast(tx: &mut Tx<'_>, cx: &mut Context) -> Result<Cast, AppError> {
    let mut level = |name: &str, seconds| {
        let times = vec![(Goal::FirstAnswer, Some(seconds))];
        levels::create(tx, cx, &LevelDraft { name: Some(name.to_owned()), times, ..LevelDraft::default() }).map(|level| level.id)
    };
    let (slow, fast, burst) = (level("Slow", 30 * 86_400)?, level("Fast", 1)?, level("Burst", 3)?);
    Ok(Cast { customer: customers::anonymous(tx, cx)?.id, slow, fast, burst })
}

fn begin(tx: &mut Tx<'_>, cx: &mut Context, cast: &Cast, level: SlaLevelId) -> Result<deskbell_domain::ids::ConversationId, AppError> {
    let customer = tables::customers::get(tx, cast.customer)?.ok_or_else(|| AppError::internal("the customer is gone"))?;
    let start = Start {
        customer: &customer,
        shown_name: "Somebody",
        visit: None,
        widget: None,
        department: DepartmentId::DEFAULT,
        channel: Channel::Form,
        status: Status::New,
        subject: "A question",
    };
    let conversation = conversations::start(tx, cx, start)?.id;
    set_level(tx, cx, Actor::System, conversation, Some(level))?;
    Ok(conversation)
}
