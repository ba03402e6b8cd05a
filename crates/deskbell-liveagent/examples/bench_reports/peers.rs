//! What each agent did on each day of a year, asked of the desk, and of DuckDB and PostgreSQL that compute it from raw rows. All must give the
//! same numbers.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use deskbell_app::rollups;
use deskbell_domain::measure::{Cell, Dimension, Measure};
use deskbell_store::throwaway_postgres::{self, ThrowawayPostgres};

use crate::facts::TABLES;
use crate::year::Year;
use crate::{Outcome, reports};

const ROUNDS: usize = 21;
/// The others take long.
const PEER_ROUNDS: usize = 5;
const DAY_SECONDS: i64 = 86_400;
const QUESTION: &str = include_str!("agents_by_day.sql");
const DUCKDB: &str = include_str!("duckdb_peer.py");
const BLOCK_BYTES: usize = 1 << 20;

/// What the question asks for, in its order.
const MEASURES: [Measure; 15] = [
    Measure::Answers,
    Measure::ChatAnswers,
    Measure::NewAnswers,
    Measure::NewAnswerTime,
    Measure::NextAnswers,
    Measure::NextAnswerTime,
    Measure::ResolvedTickets,
    Measure::MissedChats,
    Measure::Chats,
    Measure::ChatPickupTimes,
    Measure::ChatPickupTime,
    Measure::ChatTimes,
    Measure::ChatTime,
    Measure::Rewards,
    Measure::Punishments,
];

/// Numbers by agent and day.
type Answer = BTreeMap<(i64, i64), Vec<i64>>;

pub(crate) fn bench(year: &Year, python: &Path) -> Outcome<()> {
    let mut ours = (0.0, Answer::new());
    let millis = reports::timed(ROUNDS, || {
        ours.1 = ask(year)?;
        Ok(())
    })?;
    ours.0 = millis.median;
    let question = QUESTION.replace("$FROM", &year.from.micros().to_string()).replace("$UNTIL", &year.until.micros().to_string());
    let duckdb = duckdb(year, python, &question)?;
    let postgres = postgres(year, &question)?;
    println!("Agents by day, {} rows, each of {} numbers:\n", ours.1.len(), MEASURES.len());
    println!("| | median ms | of ours | loading, s |\n|---|---:|---:|---:|");
    println!("| desk | {:.1} | 1 | |", ours.0);
    for (name, peer) in [("DuckDB, in memory, from raw rows", &duckdb), ("PostgreSQL, from raw rows", &postgres)] {
        println!("| {name} | {:.0} | {:.0} | {:.0} |", peer.millis, peer.millis / ours.0, peer.load_seconds);
        same(name, &ours.1, &peer.answer)?;
    }
    println!();
    Ok(())
}

fn ask(year: &Year) -> Outcome<Answer> {
    let (days, now) = (year.until.seconds_since(year.from) / DAY_SECONDS, year.desk.now());
    let edges: Vec<_> = (0..=days).map(|day| year.from.plus_seconds(day * DAY_SECONDS)).collect();
    let asked = edges.clone();
    let table = year.desk.snapshot_blocking(move |tx| rollups::table(tx, Dimension::Agent, &asked, now))?;
    let numbers = |cell: &Cell| -> Vec<i64> { MEASURES.iter().map(|measure| cell.get(*measure)).collect() };
    let mut answer = Answer::new();
    for (day, agents) in edges.iter().zip(&table) {
        let rows = agents.iter().map(|(agent, cell)| ((*agent, day.micros()), numbers(cell)));
        // Who was only signed in has no row in the others' answers.
        answer.extend(rows.filter(|(_, numbers)| numbers.iter().any(|number| *number != 0)));
    }
    Ok(answer)
}

struct Peer {
    millis: f64,
    load_seconds: f64,
    answer: Answer,
}

fn same(name: &str, ours: &Answer, theirs: &Answer) -> Outcome<()> {
    let differs = |key: &&(i64, i64)| ours.get(key) != theirs.get(key);
    match ours.keys().chain(theirs.keys()).find(differs) {
        None => Ok(()),
        Some(key) => Err(format!("{name} counts otherwise at {key:?}: {:?}, ours {:?}", theirs.get(key), ours.get(key)).into()),
    }
}

fn duckdb(year: &Year, python: &Path, question: &str) -> Outcome<Peer> {
    let place = tempfile::tempdir()?;
    let file = |name: &str| place.path().join(name);
    fs::write(file("peer.py"), DUCKDB)?;
    fs::write(file("question.sql"), question)?;
    fs::write(file("tables"), TABLES.map(|(name, columns)| format!("{name}\t{columns}\n")).concat())?;
    let mut command = Command::new(python);
    command.arg(file("peer.py")).arg(&year.facts).arg(file("tables")).arg(file("question.sql"));
    let output = command.arg(PEER_ROUNDS.to_string()).arg(file("answer")).output()?;
    if !output.status.success() {
        return Err(format!("DuckDB: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let said = String::from_utf8(output.stdout)?;
    let numbers = |word: &str| -> Outcome<Vec<f64>> {
        said.lines().filter_map(|line| line.strip_prefix(word)).map(|number| Ok(number.trim().parse()?)).collect()
    };
    let mut answer = Answer::new();
    for line in fs::read_to_string(file("answer"))?.lines() {
        let row: Vec<i64> = line.split('\t').map(str::parse).collect::<Result<_, _>>()?;
        answer.insert((row[0], row[1]), row[2..].to_vec());
    }
    let loaded = numbers("loaded")?.first().copied().ok_or("DuckDB did not say how long loading took")?;
    Ok(Peer { millis: reports::Millis::of(numbers("asked")?).median, load_seconds: loaded, answer })
}

fn postgres(year: &Year, question: &str) -> Outcome<Peer> {
    let server = ThrowawayPostgres::start()?;
    let url = server.create_database()?;
    let (facts, question) = (year.facts.clone(), question.to_owned());
    let mut failed = Ok(());
    let asked = throwaway_postgres::client(&url, |client| {
        // As one would set it who asks such questions: memory for sorting, and both processors.
        client.batch_execute("SET work_mem = '1GB'; SET max_parallel_workers_per_gather = 2; SET jit = off")?;
        let began = Instant::now();
        for (name, columns) in TABLES {
            client.batch_execute(&format!("CREATE UNLOGGED TABLE {name} ({columns})"))?;
            let mut writer = client.copy_in(&format!("COPY {name} FROM STDIN"))?;
            if let Err(error) = copy(&facts.join(name), &mut writer) {
                failed = Err(error);
            }
            writer.finish()?;
        }
        client.batch_execute("VACUUM ANALYZE")?;
        let load_seconds = began.elapsed().as_secs_f64();
        let (mut millis, mut answer) = (Vec::new(), Answer::new());
        for _ in 0..PEER_ROUNDS {
            let began = Instant::now();
            let rows = client.query(&question, &[])?;
            millis.push(began.elapsed().as_secs_f64() * 1_000.0);
            let numbers = |row: &postgres::Row| (2..row.len()).map(|place| row.get(place)).collect();
            answer = rows.iter().map(|row| ((row.get(0), row.get(1)), numbers(row))).collect();
        }
        Ok(Peer { millis: reports::Millis::of(millis).median, load_seconds, answer })
    });
    failed?;
    Ok(asked?)
}

fn copy(file: &Path, writer: &mut dyn Write) -> Outcome<()> {
    let (mut file, mut block) = (fs::File::open(file)?, vec![0; BLOCK_BYTES]);
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(());
        }
        writer.write_all(&block[..read])?;
    }
}
