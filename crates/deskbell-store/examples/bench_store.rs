//! The store beside its bare drivers, in one run: the same statements by hand in a loop, on one thread, without queue or answers. Prints a Markdown table. Run it with `--release`; the ratios matter, not the rates.

use deskbell_domain::event::Event;
use deskbell_domain::ids::{ConversationId, CustomerId, GroupId, MessageId};
use deskbell_domain::message::{Actor, GroupKind, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_store::throwaway_postgres::ThrowawayPostgres;
use deskbell_store::{Db, EngineKind, Location, Options, StoreError, codec};
use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// What the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: usize = 5;
/// Asynchronous writers, and the size of the bare driver's batches.
const WRITERS: i64 = 64;
const CONVERSATIONS: i64 = 200;
const DOCUMENTS: i64 = 20_000;
const DOCUMENT_BYTES: usize = 2_000;
const PAGE_DOCUMENTS: i64 = 1_000;
/// Reads inside one job.
const READS_PER_JOB: i64 = 100;

const INSERT: &str = "INSERT INTO bench_messages (id, conversation_id, at, body) VALUES ($1, $2, $3, $4)";
const COUNT: &str = "UPDATE bench_counters SET messages = messages + 1, changed = $2 WHERE id = $1";
const APPEND: &str = "INSERT INTO journal (number, at, conversation_id, kind, body) VALUES ($1, $2, $3, $4, $5)";
const HEAD: &str = "UPDATE journal_head SET number = $1, next_entity = $2 WHERE id = 1";
const READ: &str = "SELECT messages, changed FROM bench_counters WHERE id = $1";
const PAGE: &str = "SELECT changed, id, body FROM bench_documents WHERE (changed, id) > ($1, $2) ORDER BY changed, id LIMIT $3";

const TEXT: &str = "Hello, my parcel 4711 has not arrived yet, and the tracking page says \"delivered\". Can you have a look?";

fn message(conversation: i64, id: i64) -> Event {
    Event::MessageAdded {
        conversation: ConversationId::from_i64(conversation),
        chat: None,
        group: GroupId::from_i64(conversation),
        group_kind: GroupKind::Chat,
        message: MessageId::from_i64(id),
        kind: MessageKind::Message,
        author: Actor::Customer(CustomerId::from_i64(7)),
        author_name: "Ann Example".to_owned(),
        text: TEXT.to_owned(),
        attachment: None,
        key: Some("0123456789abcdef".to_owned()),
    }
}

/// How much of each measurement an engine gets.
struct Amounts {
    shared_writes: i64,
    lone_writes: i64,
    reads: i64,
    pages: i64,
}

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut table = String::from("| engine | measure | ours/s | bare/s | ratio |\n|---|---|---:|---:|---:|\n");
    let directory = tempfile::tempdir()?;
    let amounts = Amounts { shared_writes: 20_000, lone_writes: 2_000, reads: 100_000, pages: 200 };
    bench(&runtime, &mut table, &amounts, &mut |number| Ok(Location::Sqlite(directory.path().join(format!("bench-{number}.db")))))?;
    let server = ThrowawayPostgres::start()?;
    let amounts = Amounts { shared_writes: 6_000, lone_writes: 1_000, reads: 20_000, pages: 60 };
    bench(&runtime, &mut table, &amounts, &mut |_| Ok(Location::Postgres(server.create_database()?)))?;
    codec_costs(&mut table)?;
    std::io::stdout().write_all(table.as_bytes())?;
    Ok(())
}

type Fresh<'f> = &'f mut dyn FnMut(usize) -> Outcome<Location>;

fn bench(runtime: &tokio::runtime::Runtime, table: &mut String, amounts: &Amounts, fresh: Fresh<'_>) -> Outcome<()> {
    let mut rates: Vec<(&'static str, Vec<f64>, Vec<f64>)> = Vec::new();
    let mut engine = EngineKind::Sqlite;
    let mut note = |measure: &'static str, ours: f64, bare: f64| match rates.iter_mut().find(|(name, ..)| *name == measure) {
        Some((_, all_ours, all_bare)) => {
            all_ours.push(ours);
            all_bare.push(bare);
        }
        None => rates.push((measure, vec![ours], vec![bare])),
    };
    for round in 0..ROUNDS {
        let (ours, bare, bold) = (fresh(3 * round)?, fresh(3 * round + 1)?, fresh(3 * round + 2)?);
        engine = prepare(&ours)?;
        prepare(&bare)?;
        prepare(&bold)?;

        let db = Db::open(&ours, Options { readers: 1, ..Options::default() }, Box::new(()))?;
        let shared = rate(amounts.shared_writes, || runtime.block_on(write_all(&db, amounts.shared_writes, WRITERS)))?;
        let single = rate(amounts.reads, || runtime.block_on(read_all(&db, amounts.reads, 1)))?;
        let inner = rate(amounts.reads, || runtime.block_on(read_all(&db, amounts.reads, READS_PER_JOB)))?;
        let pages = rate(amounts.pages, || pages(&db, amounts.pages))?;
        db.close();
        let db = Db::open(&ours, Options { sync_each: true, ..Options::default() }, Box::new(()))?;
        let lone = rate(amounts.lone_writes, || runtime.block_on(write_all(&db, amounts.lone_writes, 8)))?;
        db.close();

        let mut by_hand = open_bare(&bare)?;
        let bare_shared = rate(amounts.shared_writes, || by_hand.writes(amounts.shared_writes, WRITERS, Savepoints::Each))?;
        let bare_reads = rate(amounts.reads, || by_hand.reads(amounts.reads))?;
        let bare_pages = rate(amounts.pages, || by_hand.pages(amounts.pages))?;
        let bare_lone = rate(amounts.lone_writes, || by_hand.writes(amounts.lone_writes, 1, Savepoints::None))?;
        let mut by_hand = open_bare(&bold)?;
        let bare_bold = rate(amounts.shared_writes, || by_hand.writes(amounts.shared_writes, WRITERS, Savepoints::None))?;
        note("message writes, 64 writers sharing commits (bare: savepoints)", shared, bare_shared);
        note("message writes, 64 writers sharing commits (bare: no savepoints)", shared, bare_bold);
        note("message writes, a commit each", lone, bare_lone);
        note("keyed reads, a job each", single, bare_reads);
        note("keyed reads, 100 in a job", inner, bare_reads);
        note("export pages of 1,000 documents of 2 KB", pages, bare_pages);
    }
    for (measure, mut ours, mut bare) in rates {
        // Other work on the machine comes and goes: what ran side by side is compared.
        let ratio = median(&mut ours.iter().zip(&bare).map(|(ours, bare)| ours / bare).collect::<Vec<_>>());
        let (ours, bare) = (median(&mut ours), median(&mut bare));
        writeln!(table, "| {engine:?} | {measure} | {ours:.0} | {bare:.0} | {ratio:.2} |")?;
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rate(count: i64, run: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let start = Instant::now();
    run()?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

/// Tables and rows of the bench.
fn prepare(location: &Location) -> Outcome<EngineKind> {
    let db = Db::open(location, Options::default(), Box::new(()))?;
    db.write_blocking(|tx| -> Result<(), StoreError> {
        tx.exec("CREATE TABLE bench_messages (id BIGINT NOT NULL PRIMARY KEY, conversation_id BIGINT, at BIGINT, body TEXT)", &[])?;
        tx.exec("CREATE INDEX bench_messages_by_conversation ON bench_messages (conversation_id, id)", &[])?;
        tx.exec("CREATE TABLE bench_counters (id BIGINT NOT NULL PRIMARY KEY, messages BIGINT, changed BIGINT)", &[])?;
        tx.exec("CREATE TABLE bench_documents (id BIGINT NOT NULL PRIMARY KEY, changed BIGINT, body TEXT)", &[])?;
        tx.exec("CREATE INDEX bench_documents_by_change ON bench_documents (changed, id)", &[])?;
        for id in 0..CONVERSATIONS {
            tx.exec("INSERT INTO bench_counters (id, messages, changed) VALUES ($1, 0, 0)", &[&id])?;
        }
        for id in 0..DOCUMENTS {
            let body = format!("{{\"id\":{id},\"text\":\"{}\"}}", "x".repeat(DOCUMENT_BYTES));
            tx.exec("INSERT INTO bench_documents (id, changed, body) VALUES ($1, $2, $3)", &[&id, &(id / 3), &body])?;
        }
        Ok(())
    })?;
    let engine = db.engine();
    db.close();
    Ok(engine)
}

async fn write_all(db: &Db, count: i64, writers: i64) -> Outcome<()> {
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let db = db.clone();
        tasks.spawn(async move {
            for number in 0..count / writers {
                let conversation = (writer * 31 + number) % CONVERSATIONS;
                db.write(move |tx| -> Result<i64, StoreError> {
                    let id = tx.next_id()?;
                    tx.exec(INSERT, &[&id, &conversation, &id, &TEXT])?;
                    tx.exec(COUNT, &[&conversation, &id])?;
                    tx.append(Timestamp::from_micros(id), message(conversation, id))
                })
                .await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn read_all(db: &Db, count: i64, per_job: i64) -> Outcome<()> {
    let mut tasks = tokio::task::JoinSet::new();
    for reader in 0..WRITERS {
        let db = db.clone();
        tasks.spawn(async move {
            for job in 0..count / WRITERS / per_job {
                db.read(move |tx| -> Result<(), StoreError> {
                    for read in 0..per_job {
                        let conversation = (reader + job + read) % CONVERSATIONS;
                        black_box(tx.opt::<(i64, i64)>(READ, &[&conversation])?);
                    }
                    Ok(())
                })
                .await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

fn pages(db: &Db, count: i64) -> Outcome<()> {
    let mut after = (-1i64, -1i64);
    for _ in 0..count {
        let from = after;
        let (last, page) = db.read_blocking(move |tx| -> Result<_, StoreError> {
            let (mut last, mut page) = (None, String::with_capacity(PAGE_DOCUMENTS as usize * (DOCUMENT_BYTES + 64)));
            tx.each(PAGE, &[&from.0, &from.1, &PAGE_DOCUMENTS], |row| {
                page.push_str(row.str(2)?);
                page.push(',');
                last = Some((row.get(0)?, row.get(1)?));
                Ok(())
            })?;
            Ok((last, page))
        })?;
        black_box(page.len());
        after = last.unwrap_or((-1, -1));
    }
    Ok(())
}

/// Whether each message can be undone alone, as the store must be able to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Savepoints {
    Each,
    None,
}

trait Bare {
    fn writes(&mut self, count: i64, batch: i64, savepoints: Savepoints) -> Outcome<()>;
    fn reads(&mut self, count: i64) -> Outcome<()>;
    fn pages(&mut self, count: i64) -> Outcome<()>;
}

fn open_bare(location: &Location) -> Outcome<Box<dyn Bare>> {
    match location {
        Location::Sqlite(file) => Ok(Box::new(BareSqlite::open(file)?)),
        Location::Postgres(url) => Ok(Box::new(BarePostgres::open(url)?)),
    }
}

struct BareSqlite {
    connection: rusqlite::Connection,
    next: i64,
}

impl BareSqlite {
    fn open(file: &Path) -> Outcome<Self> {
        let connection = rusqlite::Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-16384;
             PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON",
        )?;
        Ok(BareSqlite { connection, next: 0 })
    }
}

fn marks(sql: &str) -> String {
    sql.replace('$', "?")
}

impl Bare for BareSqlite {
    fn writes(&mut self, count: i64, batch: i64, savepoints: Savepoints) -> Outcome<()> {
        let scatter = deskbell_domain::ids::Scatter::entities(7);
        let mut begin = self.connection.prepare("BEGIN IMMEDIATE")?;
        let mut insert = self.connection.prepare(&marks(INSERT))?;
        let mut count_up = self.connection.prepare(&marks(COUNT))?;
        let mut append = self.connection.prepare(&marks(APPEND))?;
        let mut head = self.connection.prepare(&marks(HEAD))?;
        let mut commit = self.connection.prepare("COMMIT")?;
        let mut savepoint = self.connection.prepare("SAVEPOINT job")?;
        let mut release = self.connection.prepare("RELEASE job")?;
        for start in 0..count / batch {
            begin.execute([])?;
            for number in 0..batch {
                self.next += 1;
                let conversation = (number * 31 + start) % CONVERSATIONS;
                let id = scatter.place(self.next as u64).ok_or("ids are used up")?;
                if savepoints == Savepoints::Each {
                    savepoint.execute([])?;
                }
                insert.execute((id, conversation, id, TEXT))?;
                count_up.execute((conversation, id))?;
                let (kind, body) = codec::encode(&message(conversation, id));
                append.execute((self.next, id, conversation, kind, body))?;
                if savepoints == Savepoints::Each {
                    release.execute([])?;
                }
            }
            head.execute((self.next, self.next))?;
            commit.execute([])?;
        }
        Ok(())
    }

    fn reads(&mut self, count: i64) -> Outcome<()> {
        let mut read = self.connection.prepare(&marks(READ))?;
        for number in 0..count {
            let found: (i64, i64) = read.query_row([number % CONVERSATIONS], |row| Ok((row.get(0)?, row.get(1)?)))?;
            black_box(found);
        }
        Ok(())
    }

    fn pages(&mut self, count: i64) -> Outcome<()> {
        let mut statement = self.connection.prepare(&marks(PAGE))?;
        let mut after = (-1i64, -1i64);
        for _ in 0..count {
            let (mut last, mut page) = ((-1, -1), String::with_capacity(PAGE_DOCUMENTS as usize * (DOCUMENT_BYTES + 64)));
            let mut rows = statement.query((after.0, after.1, PAGE_DOCUMENTS))?;
            while let Some(row) = rows.next()? {
                page.push_str(row.get_ref(2)?.as_str()?);
                page.push(',');
                last = (row.get(0)?, row.get(1)?);
            }
            black_box(page.len());
            after = last;
        }
        Ok(())
    }
}

struct BarePostgres {
    client: postgres::Client,
    next: i64,
}

impl BarePostgres {
    fn open(url: &str) -> Outcome<Self> {
        Ok(BarePostgres { client: postgres::Client::connect(url, postgres::NoTls)?, next: 0 })
    }
}

impl Bare for BarePostgres {
    fn writes(&mut self, count: i64, batch: i64, savepoints: Savepoints) -> Outcome<()> {
        let scatter = deskbell_domain::ids::Scatter::entities(7);
        let insert = self.client.prepare(INSERT)?;
        let count_up = self.client.prepare(COUNT)?;
        let append = self.client.prepare(APPEND)?;
        let head = self.client.prepare(HEAD)?;
        for start in 0..count / batch {
            self.client.batch_execute("BEGIN")?;
            for number in 0..batch {
                self.next += 1;
                let conversation = (number * 31 + start) % CONVERSATIONS;
                let id = scatter.place(self.next as u64).ok_or("ids are used up")?;
                if savepoints == Savepoints::Each {
                    self.client.batch_execute("SAVEPOINT job")?;
                }
                self.client.execute(&insert, &[&id, &conversation, &id, &TEXT])?;
                self.client.execute(&count_up, &[&conversation, &id])?;
                let (kind, body) = codec::encode(&message(conversation, id));
                self.client.execute(&append, &[&self.next, &id, &conversation, &kind, &body])?;
                if savepoints == Savepoints::Each {
                    self.client.batch_execute("RELEASE job")?;
                }
            }
            self.client.execute(&head, &[&self.next, &self.next])?;
            self.client.batch_execute("COMMIT")?;
        }
        Ok(())
    }

    fn reads(&mut self, count: i64) -> Outcome<()> {
        let read = self.client.prepare(READ)?;
        for number in 0..count {
            let row = self.client.query_one(&read, &[&(number % CONVERSATIONS)])?;
            black_box((row.get::<_, i64>(0), row.get::<_, i64>(1)));
        }
        Ok(())
    }

    fn pages(&mut self, count: i64) -> Outcome<()> {
        let statement = self.client.prepare(PAGE)?;
        let mut after = (-1i64, -1i64);
        for _ in 0..count {
            let (mut last, mut page) = ((-1, -1), String::with_capacity(PAGE_DOCUMENTS as usize * (DOCUMENT_BYTES + 64)));
            for row in self.client.query(&statement, &[&after.0, &after.1, &PAGE_DOCUMENTS])? {
                page.push_str(row.get(2));
                page.push(',');
                last = (row.get(0), row.get(1));
            }
            black_box(page.len());
            after = last;
        }
        Ok(())
    }
}

/// Encoding and decoding a message's event, beside serde_json's own tree.
fn codec_costs(table: &mut String) -> Outcome<()> {
    const EVENTS: i64 = 200_000;
    let event = message(3, 4);
    let (kind, body) = codec::encode(&event);
    let encode = rate(EVENTS, || {
        for _ in 0..EVENTS {
            black_box(codec::encode(black_box(&event)));
        }
        Ok(())
    })?;
    let value: serde_json::Value = serde_json::from_str(&body)?;
    let tree_out = rate(EVENTS, || {
        for _ in 0..EVENTS {
            black_box(serde_json::to_string(black_box(&value))?);
        }
        Ok(())
    })?;
    let decode = rate(EVENTS, || {
        for _ in 0..EVENTS {
            black_box(codec::decode(kind, black_box(&body))?);
        }
        Ok(())
    })?;
    let tree_in = rate(EVENTS, || {
        for _ in 0..EVENTS {
            black_box(serde_json::from_str::<serde_json::Value>(black_box(&body))?);
        }
        Ok(())
    })?;
    writeln!(
        table,
        "| codec | events encoded (bare: a serde_json::Value, already built) | {encode:.0} | {tree_out:.0} | {:.2} |",
        encode / tree_out
    )?;
    writeln!(
        table,
        "| codec | events decoded (bare: only into a serde_json::Value) | {decode:.0} | {tree_in:.0} | {:.2} |",
        decode / tree_in
    )?;
    Ok(())
}
