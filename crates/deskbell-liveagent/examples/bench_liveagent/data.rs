//! Desks with many conversations, filled by hand past the use cases: indexes away, rows in, indexes back. SQLite's are kept for the next
//! run under a name that changes with the schema.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use deskbell_app::Desk;
use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::clock::SystemClock;
use deskbell_app::desk::DeskOptions;
use deskbell_domain::agent::Role;
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::ids::{AgentId, DepartmentId, Scatter, TagId};
use deskbell_domain::tag::Tag;
use deskbell_domain::time::Timestamp;
use deskbell_http::Kit;
use deskbell_liveagent::{Options, kit};
use deskbell_store::{Location, Options as StoreOptions, schema, tables};
use http::Request;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;

use crate::{Outcome, Stage};

/// Changes when the rows do.
const ROWS_VERSION: u64 = 1;
const DEPARTMENTS: usize = 4;
const AGENTS: usize = 10;
const TAGS: i64 = 20;
/// Conversations of one customer, and on one subject.
const PER_CUSTOMER: u64 = 10;
const PER_SUBJECT: u64 = 200;
/// Seconds from one conversation to the next.
const PACE_SECONDS: i64 = 30;
const BEGINNING_SECONDS: i64 = 1_700_000_000;
const CUSTOMER_KEY: u64 = 0x5eed_0001;
const CONVERSATION_KEY: u64 = 0x5eed_0002;

/// A desk full of conversations, and the surface before it.
pub(crate) struct Full {
    pub(crate) location: Location,
    pub(crate) conversations: u64,
    pub(crate) departments: Vec<DepartmentId>,
    pub(crate) agents: Vec<AgentId>,
    desk: Desk,
    kit: Kit<Desk>,
    key: String,
}

impl Drop for Full {
    fn drop(&mut self) {
        self.desk.close();
    }
}

impl Full {
    fn open(location: Location, key: String, conversations: u64) -> Outcome<Full> {
        let desk = Desk::open(&options(location.clone()))?;
        let seen = desk.snapshot_blocking(|tx| {
            let departments = tables::departments::all(tx)?.into_iter().map(|department| department.id).collect();
            Ok((departments, tables::agents::all(tx)?.into_iter().map(|agent| agent.id).collect()))
        });
        let (departments, agents) = seen?;
        let kit = kit(desk.clone(), Options { requests_per_minute_max: None, ..Options::default() });
        Ok(Full { location, conversations, departments, agents, desk, kit, key })
    }

    /// Closes it, and opens it as a start of the server would: no connection has seen a page of it.
    pub(crate) fn reopen(&mut self) -> Outcome<()> {
        self.desk.close();
        *self = Full::open(self.location.clone(), self.key.clone(), self.conversations)?;
        Ok(())
    }

    /// Calls like a client; returns the body.
    pub(crate) fn get(&self, runtime: &Runtime, path_and_query: &str) -> Outcome<Vec<u8>> {
        let mark = if path_and_query.contains('?') { '&' } else { '?' };
        let request = Request::builder().uri(format!("/api/{path_and_query}{mark}apikey={}", self.key)).body(Body::empty())?;
        runtime.block_on(async {
            let response = self.kit.handle(request).await;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            if status.is_success() { Ok(body.to_vec()) } else { Err(String::from_utf8_lossy(&body).into_owned().into()) }
        })
    }

    /// When the conversation with this number was made, as the API writes it.
    pub(crate) fn created(&self, number: u64) -> String {
        let at = jiff::Timestamp::from_second(created_seconds(number)).expect("within the calendar");
        at.strftime("%Y-%m-%d%%20%H:%M:%S").to_string()
    }
}

fn created_seconds(number: u64) -> i64 {
    BEGINNING_SECONDS + number as i64 * PACE_SECONDS
}

fn options(location: Location) -> DeskOptions {
    let files = std::env::temp_dir();
    DeskOptions { location, files, clock: Arc::new(SystemClock), store: StoreOptions::default() }
}

/// Opens the desk with so many conversations, after building it if that was not done yet.
pub(crate) fn sqlite(stage: &Stage, conversations: u64) -> Outcome<Full> {
    let mut hasher = DefaultHasher::new();
    (ROWS_VERSION, schema::MIGRATIONS).hash(&mut hasher);
    let name = format!("conversations-{conversations}-{:016x}", hasher.finish());
    let (file, key_file) = (stage.cache.join(format!("{name}.sqlite")), stage.cache.join(format!("{name}.key")));
    if !key_file.exists() {
        for old in fs::read_dir(&stage.cache)?.flatten() {
            if old.file_name().to_string_lossy().starts_with(&format!("conversations-{conversations}-")) {
                fs::remove_file(old.path())?;
            }
        }
        let key = found(&Location::Sqlite(file.clone()))?;
        fill_sqlite(&file, conversations)?;
        fs::write(&key_file, key)?;
    }
    Full::open(Location::Sqlite(file), fs::read_to_string(&key_file)?, conversations)
}

/// Builds one on a database of the throw-away server.
pub(crate) fn postgres(stage: &Stage, conversations: u64) -> Outcome<Full> {
    let url = stage.postgres.create_database()?;
    let location = Location::Postgres(url.clone());
    let key = found(&location)?;
    deskbell_store::throwaway_postgres::client(&url, |client| fill_postgres(client, conversations))?;
    Full::open(location, key, conversations)
}

/// A desk with departments, agents and tags; returns its key.
fn found(location: &Location) -> Outcome<String> {
    let options = options(location.clone());
    let key = Desk::init(&options, "owner@bench.test", "correct horse")?.api_key.secret;
    let desk = Desk::open(&options)?;
    let filled = desk.write_blocking(|tx, cx| {
        for number in 1..DEPARTMENTS {
            let department = Department {
                id: DepartmentId::from_i64(tx.next_id()?),
                name: format!("Department {number}"),
                description: String::new(),
                strategy: Strategy::LeastBusy,
                offer_seconds: 30,
                queue_chats_max: 10,
                enabled: true,
            };
            accounts::put_department(tx, cx, &department, None)?;
        }
        for number in 1..AGENTS {
            let draft = AgentDraft {
                email: format!("agent{number}@bench.test"),
                first_name: "Agent".to_owned(),
                last_name: number.to_string(),
                role: Role::Agent,
                slots: 3,
                enabled: true,
                password_hash: Some("none".to_owned()),
            };
            accounts::create_agent(tx, cx, &draft)?;
        }
        for number in 0..TAGS {
            let tag =
                Tag { id: tag_id(number), name: format!("tag {number}"), color: "000000".to_owned(), background: "e5e7eb".to_owned() };
            tables::tags::insert(tx, &tag, Timestamp::from_seconds(BEGINNING_SECONDS))?;
        }
        Ok(())
    });
    desk.close();
    filled?;
    Ok(key)
}

fn tag_id(number: i64) -> TagId {
    TagId::from_i64(50_000 + number)
}

fn id(key: u64, number: u64) -> i64 {
    Scatter::entities(key).place(number).expect("within the range")
}

/// A customer's columns: `id`, `email`, `name`.
fn customer(number: u64) -> (i64, String, String) {
    (id(CUSTOMER_KEY, number), customer_email(number), format!("Customer {number}"))
}

pub(crate) fn customer_email(number: u64) -> String {
    format!("customer{number}@bench.test")
}

pub(crate) fn subject(number: u64) -> String {
    format!("Order {} has not arrived", number / PER_SUBJECT)
}

/// The columns of a conversation that tell rows apart.
struct Columns {
    id: i64,
    code: String,
    public_code: String,
    customer: i64,
    department: i64,
    assigned: Option<i64>,
    status: char,
    channel: char,
    subject: String,
    preview: String,
    created: i64,
    changed: i64,
    tag: Option<i64>,
}

const CONVERSATION_COLUMNS: &str = "id, code, public_code, customer_id, department_id, assigned_id, status, channel, subject, preview, \
                                    created_at, changed_at, groups_in, groups_out, tagged_id";

/// The row with this number; `departments` and `agents` are those of the desk.
fn columns(number: u64, conversations: u64, departments: &[i64], agents: &[i64]) -> Columns {
    // Spread out, and the same in every run.
    let dice = |salt: u64, end: u64| (number.wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % end;
    let letter = |salt: u64, letters: &str| letters.as_bytes()[dice(salt, letters.len() as u64) as usize] as char;
    let created = created_seconds(number) * 1_000_000;
    Columns {
        id: id(CONVERSATION_KEY, number),
        code: format!("BEN-{number:08}-000"),
        public_code: format!("bench{number:011}"),
        customer: id(CUSTOMER_KEY, number % conversations.div_ceil(PER_CUSTOMER)),
        department: departments[dice(2, departments.len() as u64) as usize],
        assigned: if dice(3, 4) > 0 { Some(agents[dice(4, agents.len() as u64) as usize]) } else { None },
        status: letter(5, "RRRRRRRRRRRRAAAANCWX"),
        channel: letter(6, "EEEEEEEEEEMMMMBBBCFT"),
        subject: subject(number),
        preview: "Hello, my parcel has not arrived yet, and the tracking page says \"delivered\". Can you have a look, please? I need it by Friday.".to_owned(),
        created,
        changed: created + dice(7, 7 * 86_400) as i64 * 1_000_000,
        tag: if dice(8, 3) == 0 { Some(tag_id(dice(9, TAGS as u64) as i64).get()) } else { None },
    }
}

fn fill_sqlite(file: &Path, conversations: u64) -> Outcome<()> {
    let mut db = rusqlite::Connection::open(file)?;
    db.execute_batch("PRAGMA synchronous=OFF; PRAGMA cache_size=-400000; PRAGMA temp_store=MEMORY")?;
    let ids = |sql: &str| -> rusqlite::Result<Vec<i64>> { db.prepare(sql)?.query_map([], |row| row.get(0))?.collect() };
    let (departments, agents) = (ids("SELECT id FROM departments ORDER BY id")?, ids("SELECT id FROM agents ORDER BY id")?);
    let indexes: Vec<(String, String)> = db
        .prepare(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('conversations', 'customers')",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (name, _) in &indexes {
        db.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    let rows = db.transaction()?;
    {
        let mut add = rows.prepare("INSERT INTO customers (id, email, name, phone, note, created_at) VALUES (?1, ?2, ?3, '', '', 0)")?;
        for number in 0..conversations.div_ceil(PER_CUSTOMER) {
            add.execute(customer(number))?;
        }
        let marks = "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1, 1, ?13";
        let mut add = rows.prepare(&format!("INSERT INTO conversations ({CONVERSATION_COLUMNS}) VALUES ({marks})"))?;
        let mut add_tag = rows.prepare("INSERT INTO conversation_tags (conversation_id, tag_id, ordinal) VALUES (?1, ?2, 0)")?;
        for number in 0..conversations {
            let row = columns(number, conversations, &departments, &agents);
            let (status, channel) = (row.status.to_string(), row.channel.to_string());
            add.execute(rusqlite::params![
                row.id,
                row.code,
                row.public_code,
                row.customer,
                row.department,
                row.assigned,
                status,
                channel,
                row.subject,
                row.preview,
                row.created,
                row.changed,
                row.tag.map(|_| row.id)
            ])?;
            if let Some(tag) = row.tag {
                add_tag.execute((row.id, tag))?;
            }
        }
    }
    rows.commit()?;
    for (_, sql) in &indexes {
        db.execute_batch(sql)?;
    }
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Rows that one `COPY` takes at once.
const COPIED_ROWS: u64 = 10_000;

fn fill_postgres(client: &mut postgres::Client, conversations: u64) -> Result<(), postgres::Error> {
    let ids = |rows: Vec<postgres::Row>| -> Vec<i64> { rows.iter().map(|row| row.get(0)).collect() };
    let departments = ids(client.query("SELECT id FROM departments ORDER BY id", &[])?);
    let agents = ids(client.query("SELECT id FROM agents ORDER BY id", &[])?);
    let indexes = client.query(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('conversations', 'customers') AND schemaname = current_schema() \
         AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        &[],
    )?;
    for index in &indexes {
        client.batch_execute(&format!("DROP INDEX {}", index.get::<_, &str>(0)))?;
    }
    let mut text = String::new();
    copy(
        client,
        "customers (id, email, name, phone, note, created_at)",
        conversations.div_ceil(PER_CUSTOMER),
        &mut text,
        |number, text| {
            let (id, email, name) = customer(number);
            let _ = writeln!(text, "{id}\t{email}\t{name}\t\t\t0");
        },
    )?;
    copy(client, &format!("conversations ({CONVERSATION_COLUMNS})"), conversations, &mut text, |number, text| {
        let row = columns(number, conversations, &departments, &agents);
        let assigned = row.assigned.map_or("\\N".to_owned(), |agent| agent.to_string());
        let tagged = row.tag.map_or("\\N".to_owned(), |_| row.id.to_string());
        let Columns { id, code, public_code, customer, department, status, channel, subject, preview, created, changed, .. } = row;
        let _ = writeln!(
            text,
            "{id}\t{code}\t{public_code}\t{customer}\t{department}\t{assigned}\t{status}\t{channel}\t{subject}\t{preview}\t{created}\t{changed}\t1\t1\t{tagged}"
        );
    })?;
    copy(client, "conversation_tags (conversation_id, tag_id, ordinal)", conversations, &mut text, |number, text| {
        let row = columns(number, conversations, &departments, &agents);
        if let Some(tag) = row.tag {
            let _ = writeln!(text, "{}\t{tag}\t0", row.id);
        }
    })?;
    for index in &indexes {
        client.batch_execute(index.get(1))?;
    }
    client.batch_execute("VACUUM ANALYZE")
}

fn copy(
    client: &mut postgres::Client,
    table: &str,
    rows: u64,
    text: &mut String,
    row: impl Fn(u64, &mut String),
) -> Result<(), postgres::Error> {
    let mut writer = client.copy_in(&format!("COPY {table} FROM STDIN"))?;
    for number in 0..rows {
        row(number, text);
        if number % COPIED_ROWS == COPIED_ROWS - 1 || number == rows - 1 {
            // What goes wrong comes back from `finish`.
            let _ = writer.write_all(text.as_bytes());
            text.clear();
        }
    }
    writer.finish().map(|_| ())
}
