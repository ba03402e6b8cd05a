//! The export of chats through its kit, in one process: a page beside a bare driver that reads the same documents and puts them in a row, and
//! a page of a desk with ten million documents beside one of a desk with ten thousand. Prints Markdown. Run it with `--release`
//! (`cargo xtask bench zendesk --only pages,depth`); the ratios matter, not the times.
//!
//! `--only pages,depth` runs these parts alone, `--cache DIR` says where there is room for a few gigabytes; they are gone when it ends.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use axum::body::Body;
use deskbell_app::chats::{self, Request};
use deskbell_app::clock::{Clock, SystemClock};
use deskbell_app::conversations::{self, Authority, Writing, Written};
use deskbell_app::customers::Introduction;
use deskbell_app::desk::DeskOptions;
use deskbell_app::visits::{self, Arrival};
use deskbell_app::{Desk, accounts};
use deskbell_domain::agent::AgentStatus;
use deskbell_domain::chat::Rating;
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_http::Kit;
use deskbell_store::throwaway_postgres::ThrowawayPostgres;
use deskbell_store::{Location, Options};
use deskbell_zendesk::{ChatDocuments, Rest, SurfaceOptions, rest_kit};
use http_body_util::BodyExt;
use postgres::NoTls;
use tokio::runtime::Runtime;

/// What the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const TURNS: usize = 301;
const PAGE_ROWS: i64 = 1_000;
/// What a chat of the first part holds: exchanges of a question and an answer.
const CHATS: usize = 1_000;
const EXCHANGES: usize = 4;
const NESTED: &str = "chats(id,comment,response_time.max,visitor.email,engagements.agent_id,history.msg)";
/// Documents of the two desks of the second part, and how many share a second.
const DOCUMENTS: [i64; 2] = [10_000, 10_000_000];
const DOCUMENTS_PER_SECOND: i64 = 100;
const FIRST_SECOND: i64 = 1_600_000_000;
/// Documents written in one statement.
const BITE: i64 = 500_000;
const USER_AGENT: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_3) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.88 Safari/537.36";
const BARE: &str = "SELECT updated_second, public_id, body FROM chat_documents WHERE (updated_second, public_id) > ($1, $2) \
                    AND updated_second <= $3 ORDER BY updated_second, public_id LIMIT $4";

/// The machine's clock, and an offset so that chats become old enough to be exported.
#[derive(Default)]
struct OffsetClock(AtomicI64);

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::Relaxed))
    }
}

/// A desk with its surface.
struct Place {
    location: Location,
    desk: Desk,
    clock: Arc<OffsetClock>,
    kit: Kit<Rest>,
    token: String,
    owner: deskbell_domain::ids::AgentId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.desk.close();
    }
}

impl Place {
    fn open(location: Location, directory: &Path) -> Outcome<Place> {
        let clock = Arc::new(OffsetClock::default());
        let options = DeskOptions {
            location: location.clone(),
            files: directory.join("files"),
            clock: Arc::clone(&clock) as Arc<_>,
            store: Options::default(),
        };
        let owner = Desk::init(&options, "owner@desk.test", "correct horse")?;
        let desk = Desk::open(&options)?;
        let kit = rest_kit(desk.clone(), &SurfaceOptions { rate_limit: None, ..SurfaceOptions::default() });
        Ok(Place { location, desk, clock, kit, token: owner.access_token.secret, owner: owner.agent.id })
    }

    /// The body of a page.
    fn page(&self, runtime: &Runtime, query: &str) -> Outcome<bytes::Bytes> {
        let request = http::Request::builder().uri(format!("/api/v2/chat/incremental/chats?limit={PAGE_ROWS}&{query}"));
        let request = request.header("host", "desk.test").header("authorization", format!("Bearer {}", self.token)).body(Body::empty())?;
        let reply = runtime.block_on(self.kit.handle(request));
        if !reply.status().is_success() {
            return Err(format!("{query}: {}", reply.status()).into());
        }
        Ok(runtime.block_on(reply.into_body().collect()).map_err(|error| error.to_string())?.to_bytes())
    }

    /// Chats as agents and visitors hold them, rendered and old enough.
    fn hold_chats(&self) -> Outcome<()> {
        let owner = self.owner;
        self.desk.write_blocking(move |tx, cx| accounts::choose_status(tx, cx, owner, AgentStatus::ONLINE, true))?;
        for number in 0..CHATS {
            self.desk.write_blocking(move |tx, cx| {
                let arrival = Arrival {
                    url: "https://shop.test/shoes/red".to_owned(),
                    title: "Red shoes".to_owned(),
                    referrer: "https://www.google.com/search?q=red+shoes".to_owned(),
                    language: "en".to_owned(),
                    user_agent: USER_AGENT.to_owned(),
                    address: "192.0.2.1".to_owned(),
                };
                let visit = visits::arrive(tx, cx, None, &arrival)?;
                let introduction = Introduction::new(Some("Vera Visitor"), Some(&format!("v{number}@shop.test")))?;
                let text = Some("Hello there, is anybody at home?".to_owned());
                let done = chats::request(tx, cx, &visit, &Request { introduction, text, ..Request::default() })?;
                let (Some(chat), Some(conversation)) = (done.chat, done.conversation) else { return Ok(()) };
                chats::accept(tx, cx, owner, chat)?;
                for _ in 0..EXCHANGES {
                    let text = "They are 3 cm wide, and come in red, blue and \"green\".";
                    let answer = Written { writing: Writing::Message, text, files: &[], key: None, authority: Authority::Participant };
                    conversations::write(tx, cx, Actor::Agent(owner), conversation, answer)?;
                    chats::visitor_says(tx, cx, &visit, "Thank you. And how long will that take?", None, None)?;
                }
                chats::visitor_ends(tx, cx, &visit)?;
                chats::rate(tx, cx, &visit, Some(Rating::Good), Some("very helpful"))?;
                Ok(())
            })?;
        }
        self.desk.document_reader(Arc::new(ChatDocuments)).catch_up()?;
        self.clock.0.store(1_000, Ordering::Relaxed);
        Ok(())
    }

    /// Small documents, written past the use cases.
    fn fill(&self, documents: i64) -> Outcome<()> {
        let body = r#"{"comment":null,"count":{"agent":3,"total":7,"visitor":4},"id":"'||id||'","missed":false,"rating":"good","tags":["vip","cart"],"type":"chat"}"#;
        let spread = "(i * 48271) % 2147483647";
        let rows = |numbers: &str, padded: &str| {
            format!(
                "{numbers} INSERT INTO chat_documents (chat_id, public_id, updated_second, body) \
                 SELECT i, id, {FIRST_SECOND} + i / {DOCUMENTS_PER_SECOND}, '{body}' \
                 FROM (SELECT i, '2611.4811177.' || {padded} AS id FROM numbers) AS named"
            )
        };
        match &self.location {
            Location::Sqlite(file) => {
                let connection = rusqlite::Connection::open(file)?;
                connection.execute_batch("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000")?;
                for from in (0..documents).step_by(BITE as usize) {
                    let until = (from + BITE).min(documents);
                    let numbers =
                        format!("WITH RECURSIVE numbers(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM numbers WHERE i < {until})", from + 1);
                    connection.execute(&rows(&numbers, &format!("printf('%013d', {spread})")), ())?;
                }
                connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")?;
            }
            Location::Postgres(url) => {
                let mut client = postgres::Client::connect(url, NoTls)?;
                for from in (0..documents).step_by(BITE as usize) {
                    let until = (from + BITE).min(documents);
                    let numbers =
                        format!("WITH numbers AS (SELECT CAST(i AS BIGINT) AS i FROM generate_series({}, {until}) AS i)", from + 1);
                    client.batch_execute(&rows(&numbers, &format!("lpad(CAST({spread} AS TEXT), 13, '0')")))?;
                }
                client.batch_execute("VACUUM ANALYZE chat_documents")?;
            }
        }
        Ok(())
    }
}

/// The same page read by hand: one connection, one prepared statement, the documents one after another in one buffer.
enum Bare {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client, postgres::Statement),
}

impl Bare {
    fn open(location: &Location) -> Outcome<Bare> {
        Ok(match location {
            Location::Sqlite(file) => {
                let connection = rusqlite::Connection::open(file)?;
                connection.execute_batch("PRAGMA mmap_size=2147418112; PRAGMA cache_size=-2048; PRAGMA query_only=ON")?;
                Bare::Sqlite(connection)
            }
            Location::Postgres(url) => {
                let mut client = postgres::Client::connect(url, NoTls)?;
                let statement = client.prepare(BARE)?;
                Bare::Postgres(client, statement)
            }
        })
    }

    fn page(&mut self) -> Outcome<Vec<u8>> {
        let mut out = br#"{"chats":["#.to_vec();
        let (mut last, mut count) = ((0, String::new()), 0);
        let mut add = |second: i64, id: &str, body: &str| {
            if count > 0 {
                out.push(b',');
            }
            out.extend_from_slice(body.as_bytes());
            count += 1;
            last.0 = second;
            id.clone_into(&mut last.1);
        };
        match self {
            Bare::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&BARE.replace('$', "?"))?;
                let mut rows = statement.query((0, "", i64::MAX, PAGE_ROWS))?;
                while let Some(row) = rows.next()? {
                    add(row.get(0)?, row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
                }
            }
            Bare::Postgres(client, statement) => {
                for row in client.query(&*statement, &[&0_i64, &"", &i64::MAX, &PAGE_ROWS])? {
                    add(row.get(0), row.get(1), row.get(2));
                }
            }
        }
        write!(out, r#"],"count":{count},"end_id":"{}","end_time":{}}}"#, last.1, last.0)?;
        Ok(out)
    }
}

/// What a contestant took: the median and the least of its microseconds, and how much faster the first one was, turn by turn and at its best.
/// Other work on the machine only adds: the least is the truest.
struct Took {
    micros: f64,
    least: f64,
    ratio: f64,
    least_ratio: f64,
}

/// Lets contestants take turns, since other work on the machine comes and goes.
fn contest(turns: usize, contestants: &mut [&mut dyn FnMut() -> Outcome<usize>]) -> Outcome<Vec<Took>> {
    let mut times = vec![Vec::with_capacity(turns); contestants.len()];
    for _ in 0..turns {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            std::hint::black_box(contestant()?);
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    let first = times[0].clone();
    let least = |times: &[f64]| times.iter().copied().fold(f64::MAX, f64::min);
    let results = times.into_iter().map(|times| Took {
        least: least(&times),
        least_ratio: least(&first) / least(&times),
        ratio: median(first.iter().zip(&times).map(|(first, own)| first / own).collect()),
        micros: median(times),
    });
    Ok(results.collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn pages(stage: &Stage, out: &mut dyn Write) -> Outcome<()> {
    writeln!(out, "| page of {CHATS} chats | bytes | µs | of bare | least µs | of bare |\n|---|---:|---:|---:|---:|---:|")?;
    for (engine, location) in stage.locations("pages")? {
        let directory = tempfile::tempdir()?;
        let place = Place::open(location, directory.path())?;
        place.hold_chats()?;
        let mut bare = Bare::open(&place.location)?;
        let bytes =
            [bare.page()?.len(), place.page(&stage.runtime, "fields=chats(*)")?.len(), place.page(&stage.runtime, &fields(NESTED))?.len()];
        let results = contest(
            TURNS,
            &mut [&mut || Ok(bare.page()?.len()), &mut || Ok(place.page(&stage.runtime, "fields=chats(*)")?.len()), &mut || {
                Ok(place.page(&stage.runtime, &fields(NESTED))?.len())
            }],
        )?;
        let names = ["bare driver, put in a row", "`fields=chats(*)`", "six fields, four of them nested"];
        for ((name, bytes), Took { micros, least, ratio, least_ratio }) in names.iter().zip(bytes).zip(results) {
            writeln!(out, "| {engine}, {name} | {bytes} | {micros:.0} | {ratio:.2} | {least:.0} | {least_ratio:.2} |")?;
        }
    }
    writeln!(out)?;
    Ok(())
}

fn fields(list: &str) -> String {
    format!("fields={}", list.replace(',', "%2C"))
}

fn depth(stage: &Stage, out: &mut dyn Write) -> Outcome<()> {
    let [few, many] = DOCUMENTS;
    writeln!(out, "| page of {PAGE_ROWS}, small documents | {few} | {many} | times as much | least, {few} | {many} | times as much |")?;
    writeln!(out, "|---|---:|---:|---:|---:|---:|---:|")?;
    let places = |name: &str| stage.locations(name);
    for ((engine, small), (_, large)) in places("small")?.into_iter().zip(places("large")?) {
        let directory = tempfile::tempdir()?;
        let mut desks = Vec::new();
        for (location, documents) in [small, large].into_iter().zip(DOCUMENTS) {
            let place = Place::open(location, directory.path())?;
            let started = Instant::now();
            place.fill(documents)?;
            eprintln!("{engine}: {documents} documents in {:.0} s", started.elapsed().as_secs_f64());
            desks.push(place);
        }
        for (name, share) in [("the first page", 0.0), ("in the middle", 0.5), ("near the end", 0.85)] {
            let query = |documents: i64| {
                let second = FIRST_SECOND + (documents as f64 * share) as i64 / DOCUMENTS_PER_SECOND;
                format!("fields=chats(*)&start_time={second}&start_id=2611.4811177.1")
            };
            let (first, second) = (query(DOCUMENTS[0]), query(DOCUMENTS[1]));
            let results = contest(
                TURNS,
                &mut [&mut || Ok(desks[0].page(&stage.runtime, &first)?.len()), &mut || Ok(desks[1].page(&stage.runtime, &second)?.len())],
            )?;
            let [small, large] = [&results[0], &results[1]];
            write!(out, "| {engine}, {name} | {:.0} µs | {:.0} µs | {:.2} ", small.micros, large.micros, 1.0 / large.ratio)?;
            writeln!(out, "| {:.0} µs | {:.0} µs | {:.2} |", small.least, large.least, 1.0 / large.least_ratio)?;
        }
        drop(desks);
        stage.remove(engine)?;
    }
    writeln!(out)?;
    Ok(())
}

/// What the parts share.
struct Stage {
    runtime: Runtime,
    /// Gone when the bench ends.
    directory: tempfile::TempDir,
    postgres: ThrowawayPostgres,
}

impl Stage {
    /// A fresh database on each engine.
    fn locations(&self, name: &str) -> Outcome<[(&'static str, Location); 2]> {
        let file = self.directory.path().join(format!("{name}.db"));
        Ok([("SQLite", Location::Sqlite(file)), ("PostgreSQL", Location::Postgres(self.postgres.create_database()?))])
    }

    /// Makes room for the next engine.
    fn remove(&self, engine: &str) -> Outcome<()> {
        if engine == "SQLite" {
            for entry in std::fs::read_dir(self.directory.path())? {
                std::fs::remove_file(entry?.path())?;
            }
        }
        Ok(())
    }
}

type Part = fn(&Stage, &mut dyn Write) -> Outcome<()>;

const PARTS: &[(&str, Part)] = &[("pages", pages), ("depth", depth)];

fn main() -> Outcome<()> {
    let (only, cache) = arguments()?;
    std::fs::create_dir_all(&cache)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let stage = Stage { runtime, directory: tempfile::tempdir_in(cache)?, postgres: ThrowawayPostgres::start()? };
    let mut out = std::io::stdout();
    for (name, part) in PARTS {
        if only.is_empty() || only.iter().any(|one| one == name) {
            part(&stage, &mut out)?;
            out.flush()?;
        }
    }
    Ok(())
}

fn arguments() -> Outcome<(Vec<String>, PathBuf)> {
    let (mut only, mut cache) = (Vec::new(), PathBuf::from("target/bench-data"));
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let value = given.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--only" => only = value.split(',').map(str::to_owned).collect(),
            "--cache" => cache = PathBuf::from(value),
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    match only.iter().find(|name| !PARTS.iter().any(|(part, _)| part == name)) {
        Some(unknown) => Err(format!("there is no part {unknown}").into()),
        None => Ok((only, cache)),
    }
}
