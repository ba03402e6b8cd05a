//! Tickets written by many at once: with the readers of roll-ups and of levels running, and without them.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use deskbell_app::clock::SystemClock;
use deskbell_app::conversations::{self, Authority, Writing, Written, by_key::opening};
use deskbell_app::desk::DeskOptions;
use deskbell_app::{AppError, Desk, levels, rollups};
use deskbell_domain::message::Actor;
use deskbell_store::{Location, Options};

use crate::Outcome;

/// Who write at once.
const WRITERS: i64 = 64;
/// Tickets of each of them in one round; each has a question and four answers.
const TICKETS: i64 = 40;
const ANSWERS: i64 = 4;
const ROUNDS: usize = 7;

pub(crate) fn bench(cache: &Path) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (is_kept, rates) in [(false, &mut without), (true, &mut with)] {
            let directory = tempfile::tempdir_in(cache)?;
            let desk = found(directory.path())?;
            if is_kept {
                desk.keep_rollups()?;
                desk.keep_levels()?;
            }
            let began = Instant::now();
            runtime.block_on(write_all(&desk, is_kept))?;
            let rate = (WRITERS * TICKETS * (ANSWERS + 1)) as f64 / began.elapsed().as_secs_f64();
            // The first round warms up.
            if round > 0 {
                rates.push(rate);
            }
            desk.close();
        }
    }
    let mut ratios: Vec<f64> = without.iter().zip(&with).map(|(without, with)| without / with).collect();
    println!(
        "- messages written by {WRITERS} at once: {:.0}/s without roll-ups and levels, {:.0}/s with them and all taken in; {:.2} times the time",
        median(&mut without),
        median(&mut with),
        median(&mut ratios)
    );
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn write_all(desk: &Desk, is_kept: bool) -> Result<(), AppError> {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write_some(desk.clone(), writer));
    }
    while let Some(done) = writers.join_next().await {
        done.map_err(|error| AppError::internal(error.to_string()))??;
    }
    if is_kept {
        rollups::caught_up(desk).await?;
        levels::caught_up(desk).await?;
    }
    Ok(())
}

fn found(directory: &Path) -> Outcome<Desk> {
    let options = DeskOptions {
        location: Location::Sqlite(directory.join("desk.db")),
        files: directory.join("files"),
        clock: Arc::new(SystemClock),
        store: Options::default(),
    };
    Desk::init(&options, "owner@example.com", "correct horse battery")?;
    Ok(Desk::open(&options)?)
}

async fn write_some(desk: Desk, writer: i64) -> Result<(), AppError> {
    for ticket in 0..TICKETS {
        let opened = opening::Opening {
            creator: format!("c{writer}x{ticket}@example.com"),
            department: "default".to_owned(),
            recipient: String::new(),
            text: "Hello, my parcel 4711 has not arrived yet.".to_owned(),
            ..opening::Opening::default()
        };
        let id = desk.write(move |tx, cx| opening::open(tx, cx, None, &opened).map(|conversation| conversation.id)).await?;
        for _ in 0..ANSWERS {
            desk.write(move |tx, cx| {
                let agent = deskbell_store::tables::agents::all(tx)?.first().map(|agent| agent.id);
                let by = agent.map_or(Actor::System, Actor::Agent);
                let text = "We are looking into it.";
                let written = Written { writing: Writing::Message, text, files: &[], key: None, authority: Authority::Desk };
                conversations::write(tx, cx, by, id, written).map(drop)
            })
            .await?;
        }
    }
    Ok(())
}
