//! `GET conversations` on a small desk and on a large one: the same page must cost the same.

use std::io::Write;

use crate::data::{self, Full};
use crate::timing::{Duel, Turns, duel};
use crate::{Outcome, Stage};

const SMALL: u64 = 10_000;
const LARGE: u64 = 1_000_000;
const ROWS: u64 = 100;
const PAGES: u64 = 100;
const TURNS: usize = 101;
const WALKS: usize = 11;
const WALKS_WARM_UP: usize = 4;
const FIRST_WALKS: usize = 7;
/// Calls before the clock runs: enough for each of the store's connections to have its statements prepared for good.
const WARM_UP: usize = 40;

pub(crate) fn run(stage: &Stage, out: &mut dyn Write) -> Outcome<()> {
    engine("SQLite", stage, &mut data::sqlite(stage, SMALL)?, &mut data::sqlite(stage, LARGE)?, out)?;
    engine("PostgreSQL", stage, &mut data::postgres(stage, SMALL)?, &mut data::postgres(stage, LARGE)?, out)
}

fn engine(name: &str, stage: &Stage, small: &mut Full, large: &mut Full, out: &mut dyn Write) -> Outcome<()> {
    writeln!(out, "### Pages of {ROWS} conversations, {name}: {SMALL} beside {LARGE} conversations\n")?;
    writeln!(out, "| `GET conversations?` | rows | µs, {SMALL} | µs, {LARGE} | ratio |\n|---|---:|---:|---:|---:|")?;
    let walk = |full: &Full| -> Outcome<()> {
        for page in 0..PAGES {
            full.get(&stage.runtime, &format!("conversations?limit={ROWS}&offset={}", page * ROWS))?;
        }
        Ok(())
    };
    // In the system's memory, but none of the store's connections has touched it yet.
    let mut walks = Turns::default();
    for _ in 0..FIRST_WALKS {
        small.reopen()?;
        large.reopen()?;
        walks.take(|| walk(small), || walk(large))?;
    }
    line(out, "page by page to the 100th, a page, right after opening", ROWS as usize, PAGES, &walks.duel())?;
    let (small, large) = (&*small, &*large);
    for (case, (first, second)) in queries(small).iter().zip(queries(large).iter()).map(|(a, b)| (a.0, (&a.1, &b.1))) {
        let rows = count(&small.get(&stage.runtime, first)?);
        if rows != count(&large.get(&stage.runtime, second)?) {
            return Err(format!("{case}: not as many rows on both").into());
        }
        let call = |full: &Full, query: &str| full.get(&stage.runtime, query).map(|_| ());
        for _ in 0..WARM_UP {
            call(small, first)?;
            call(large, second)?;
        }
        line(out, case, rows, 1, &duel(TURNS, || call(small, first), || call(large, second))?)?;
    }
    // Each of the store's connections should have seen all of it.
    for _ in 0..WALKS_WARM_UP {
        walk(small)?;
        walk(large)?;
    }
    line(out, "page by page to the 100th, a page", ROWS as usize, PAGES, &duel(WALKS, || walk(small), || walk(large))?)?;
    // Where the walk ended stays known.
    let last = format!("conversations?limit={ROWS}&offset={}", (PAGES - 1) * ROWS);
    let call = |full: &Full| full.get(&stage.runtime, &last).map(|_| ());
    line(out, "the 100th page", ROWS as usize, 1, &duel(TURNS, || call(small), || call(large))?)?;
    writeln!(out)?;
    Ok(())
}

fn line(out: &mut dyn Write, case: &str, rows: usize, pages: u64, duel: &Duel) -> Outcome<()> {
    let a_page = |micros: f64| micros / pages as f64;
    writeln!(out, "| {case} | {rows} | {:.0} | {:.0} | {:.2} |", a_page(duel.first), a_page(duel.second), duel.ratio)?;
    Ok(out.flush()?)
}

fn count(body: &[u8]) -> usize {
    body.windows(17).filter(|part| part == br#""conversationid":"#).count()
}

/// A name and the call for each case.
fn queries(full: &Full) -> Vec<(&'static str, String)> {
    let middle = full.conversations / 2;
    let (department, agent) = (full.departments[1], full.agents[3]);
    let owner = data::customer_email(7);
    let subject = data::subject(middle).replace(' ', "%20");
    let (from, to) = (full.created(middle), full.created(middle + 2_000));
    let newer = format!("datechanged=gt:{}", full.created(full.conversations - 1_000));
    let by_half = format!("datechanged=gt:{from}");
    let call = |query: &str| format!("conversations?limit={ROWS}&{query}");
    vec![
        ("(no filter)", call("")),
        ("`status`, one", call("status=N")),
        ("`status`, three", call("status=N,C,W")),
        ("`channel_type`, one", call("channel_type=B")),
        ("`channel_type`, three", call("channel_type=C,F,T")),
        ("`channel_type`, all", call("channel_type=E,B,M,I,C,W,F,A,T,Q,S")),
        ("`department`", call(&format!("department={department}"))),
        ("`agent`", call(&format!("agent={agent}"))),
        ("`owneridentifier`", call(&format!("owneridentifier={owner}"))),
        ("`datechanged`, the newest thousand", call(&newer)),
        ("`datechanged`, since the middle", call(&by_half)),
        ("`datefrom`, `dateto`", call(&format!("datefrom={from}&dateto={to}"))),
        ("`subject`", call(&format!("subject={subject}"))),
        ("`department`, `status`", call(&format!("department={department}&status=A"))),
        ("`agent`, `status`", call(&format!("agent={agent}&status=A,R"))),
        ("`status`, `datechanged`", call(&format!("status=A,N&{by_half}"))),
    ]
}
