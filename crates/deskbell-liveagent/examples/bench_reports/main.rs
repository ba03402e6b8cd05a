//! Reports over a year, on desks of two sizes: every one of them through the endpoint kit, beside databases that compute one of them from raw
//! rows; what adding up costs those who write, and how fast it is all made anew while the desk serves. Prints Markdown.
//!
//! `--only reports,peers` runs these parts alone, `--named` the reports whose names have a text in them; `--messages` chooses the sizes; `--cache DIR` keeps what was built for the next run;
//! `--python FILE` is an interpreter that has DuckDB.
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod cast;
mod facts;
mod history;
mod ingest;
mod peers;
mod rebuild;
mod reports;
mod rows;
mod year;

use std::error::Error;
use std::path::PathBuf;

use year::Year;

/// What the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failed = Box<dyn Error + Send + Sync>;
type Outcome<T> = Result<T, Failed>;

const MESSAGES: [i64; 2] = [1_000_000, 10_000_000];
const PARTS: [&str; 4] = ["ingest", "rebuild", "reports", "peers"];

struct Arguments {
    cache: PathBuf,
    messages: Vec<i64>,
    only: Vec<String>,
    named: String,
    python: Option<PathBuf>,
}

impl Arguments {
    fn read() -> Outcome<Arguments> {
        let mut found = Arguments {
            cache: PathBuf::from("target/bench-data"),
            messages: MESSAGES.to_vec(),
            only: Vec::new(),
            named: String::new(),
            python: None,
        };
        let mut given = std::env::args().skip(1);
        while let Some(name) = given.next() {
            let value = given.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--cache" => found.cache = PathBuf::from(value),
                "--messages" => found.messages = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--only" => found.only = value.split(',').map(str::to_owned).collect(),
                "--named" => found.named = value,
                "--python" => found.python = Some(PathBuf::from(value)),
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        match found.only.iter().find(|part| !PARTS.contains(&part.as_str())) {
            Some(unknown) => Err(format!("there is no part {unknown}").into()),
            None => Ok(found),
        }
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> Outcome<()> {
    let arguments = Arguments::read()?;
    std::fs::create_dir_all(&arguments.cache)?;
    if arguments.wants("ingest") {
        ingest::bench(&arguments.cache)?;
    }
    let mut sizes = Vec::new();
    for messages in &arguments.messages {
        if !["rebuild", "reports", "peers"].into_iter().any(|part| arguments.wants(part)) {
            break;
        }
        let year = Year::open(&arguments.cache, *messages)?;
        println!("\n### {messages} messages, {} events, a year\n", year.events);
        if arguments.wants("peers") {
            let python = arguments.python.as_deref().ok_or("--python is needed: an interpreter that has DuckDB")?;
            peers::bench(&year, python)?;
        }
        if arguments.wants("reports") {
            sizes.push((*messages, reports::measure(&year, &arguments.named)?));
        }
        if arguments.wants("rebuild") {
            rebuild::bench(&year)?;
        }
        year.close();
    }
    reports::print(&sizes);
    Ok(())
}
