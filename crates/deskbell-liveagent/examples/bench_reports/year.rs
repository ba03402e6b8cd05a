//! A desk with a year behind it, and the surface before it. It is built once and kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use deskbell_app::clock::{Clock, FakeClock, SystemClock};
use deskbell_app::desk::{Desk, DeskOptions};
use deskbell_app::levels;
use deskbell_domain::time::Timestamp;
use deskbell_http::Kit;
use deskbell_liveagent::{Options, kit};
use deskbell_store::tables::rollups;
use deskbell_store::{Location, Options as StoreOptions};
use http::Request;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;

use crate::cast::{self, Cast};
use crate::{Outcome, facts, history, rows};

/// Changes when what is built does. New migrations run over what is kept.
const VERSION: u64 = 1;
const DAY_MICROS: i64 = 86_400_000_000;
const DAYS: i64 = 365;
/// Between two looks at what a reader does.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) struct Year {
    /// Everything happened from here on, …
    pub(crate) from: Timestamp,
    /// … and before this.
    pub(crate) until: Timestamp,
    pub(crate) events: i64,
    pub(crate) desk: Desk,
    /// What is in the journal, as tables for other databases.
    pub(crate) facts: PathBuf,
    pub(crate) runtime: Runtime,
    kit: Kit<Desk>,
    key: String,
}

impl Year {
    /// Opens the desk with so many messages, after building it if that was not done yet.
    pub(crate) fn open(cache: &Path, messages: i64) -> Outcome<Year> {
        let name = format!("reports-{messages}-{VERSION}");
        let (place, done) = (cache.join(&name), cache.join(&name).join("done"));
        if !done.exists() {
            for old in fs::read_dir(cache)?.flatten() {
                if old.file_name().to_string_lossy().starts_with(&format!("reports-{messages}-")) {
                    fs::remove_dir_all(old.path())?;
                }
            }
            build(&place, messages)?;
        }
        let noted = fs::read_to_string(&done)?;
        let mut noted = noted.split_whitespace();
        let mut next = || noted.next().ok_or("what is noted of a desk is not complete");
        let (key, from) = (next()?.to_owned(), Timestamp::from_micros(next()?.parse()?));
        let desk = Desk::open(&options(&place, Arc::new(SystemClock)))?;
        // What an older version has built lacks hours; making them is not what is measured.
        levels::fill_hours(&desk)?;
        desk.keep_rollups()?;
        desk.keep_levels()?;
        // What a desk of an older program lacks, its readers make first.
        while desk.snapshot_blocking(|tx| Ok(rollups::head(tx)?))?.whole_hours_from != 0 {
            std::thread::sleep(LOOK);
        }
        let kit = kit(desk.clone(), Options { requests_per_minute_max: None, ..Options::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let events = desk.snapshot_blocking(|tx| Ok::<_, deskbell_app::AppError>(tx.head()?))?;
        Ok(Year { from, until: end(from), events, desk, facts: place.join("facts"), runtime, kit, key })
    }

    pub(crate) fn close(self) {
        self.desk.close();
    }

    /// Calls like a client; returns the body.
    pub(crate) fn get(&self, path_and_query: &str) -> Outcome<Vec<u8>> {
        self.runtime.block_on(self.call(path_and_query))
    }

    /// How many rows lie before the last page of a report, found by reading it page by page, as a client must.
    pub(crate) fn before_last_page(&self, path_and_query: &str, rows: i64) -> Outcome<i64> {
        let mut skipped = 0;
        while has_rows(&self.get(&format!("{path_and_query}&limitfrom={skipped}"))?) {
            skipped += rows;
        }
        Ok((skipped - rows).max(0))
    }

    pub(crate) async fn call(&self, path_and_query: &str) -> Outcome<Vec<u8>> {
        let mark = if path_and_query.contains('?') { '&' } else { '?' };
        let request = Request::builder().uri(format!("/api/{path_and_query}{mark}apikey={}", self.key)).body(Body::empty())?;
        let response = self.kit.handle(request).await;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status.is_success() { Ok(body.to_vec()) } else { Err(String::from_utf8_lossy(&body).into_owned().into()) }
    }
}

/// Whether a report has any.
pub(crate) fn has_rows(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains(":\"")
}

fn end(from: Timestamp) -> Timestamp {
    from.plus_micros(DAYS * DAY_MICROS)
}

fn options(place: &Path, clock: Arc<dyn Clock>) -> DeskOptions {
    DeskOptions { location: Location::Sqlite(place.join("desk.db")), files: place.join("files"), clock, store: StoreOptions::default() }
}

fn build(place: &Path, messages: i64) -> Outcome<()> {
    fs::create_dir_all(place)?;
    let now = SystemClock.now();
    // Whole days, the last of which is over.
    let from = Timestamp::from_micros((now.micros().div_euclid(DAY_MICROS) - DAYS) * DAY_MICROS);
    let clock = Arc::new(FakeClock::at(from));
    let began = Instant::now();
    let key = cast::found(&options(place, Arc::clone(&clock) as Arc<dyn Clock>))?;
    let desk = Desk::open(&options(place, Arc::clone(&clock) as Arc<dyn Clock>))?;
    let cast = Cast::read(&desk)?;
    history::fill(&desk, &cast, messages, (from, end(from)))?;
    clock.set(now);
    tell("written", began);
    desk.rollup_reader().catch_up()?;
    tell("added up", began);
    desk.level_reader().catch_up()?;
    tell("levels kept", began);
    facts::write(&desk, &place.join("facts"))?;
    tell("written for others", began);
    desk.close();
    rows::fill(&place.join("desk.db"), &cast, messages, (from, end(from)))?;
    tell("rows of ratings and goals written", began);
    fs::write(place.join("done"), format!("{key} {}\n", from.micros()))?;
    Ok(())
}

#[expect(clippy::print_stderr, reason = "building takes minutes: it is told how far it is")]
fn tell(what: &str, began: Instant) {
    eprintln!("{what}: {:.0} s since the beginning", began.elapsed().as_secs_f64());
}
