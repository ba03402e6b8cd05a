//! Every report over a year, as a client asks for it, and those that no client gets in one answer as a whole.

use std::time::Instant;

use deskbell_app::levels::{self, Scope};
use deskbell_app::rollups;
use deskbell_domain::measure::Medium;

use crate::Outcome;
use crate::cast::Cast;
use crate::year::{self, Year};

const ROUNDS: usize = 101;
const HOUR_SECONDS: i64 = 3_600;
/// Rows of an answer, at most.
const PAGE: i64 = 1_000;
/// As many as a client gets that does not say how many.
const SHORT_PAGE: i64 = 100;
const DAYS: i64 = 365;
/// Ends a question for the last page, whose offset is found by paging there.
const LAST_PAGE: &str = "&limitfrom=last";

/// What asking took.
pub(crate) struct Millis {
    pub(crate) median: f64,
    pub(crate) worst: f64,
}

impl Millis {
    pub(crate) fn of(mut values: Vec<f64>) -> Millis {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        Millis { median: at(values.len() / 2), worst: at(values.len().wrapping_sub(1)) }
    }
}

/// Asks several times.
pub(crate) fn timed(rounds: usize, mut ask: impl FnMut() -> Outcome<()>) -> Outcome<Millis> {
    let mut millis = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let began = Instant::now();
        ask()?;
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(Millis::of(millis))
}

/// One way to ask a desk for something.
type Ask<'y> = Box<dyn Fn() -> Outcome<()> + 'y>;

/// What asking for something took, on one desk after the other.
struct Asked {
    name: String,
    millis: Vec<Millis>,
}

/// Asks all desks in turn, so that a machine that is busy for a while is so for all of them.
fn in_turn(name: String, asks: &[Ask<'_>]) -> Outcome<Asked> {
    let mut millis: Vec<Vec<f64>> = vec![Vec::with_capacity(ROUNDS); asks.len()];
    for _ in 0..ROUNDS {
        for (ask, millis) in asks.iter().zip(&mut millis) {
            let began = Instant::now();
            ask()?;
            millis.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    Ok(Asked { name, millis: millis.into_iter().map(Millis::of).collect() })
}

/// Asks for the reports whose names have a text in them, and prints what it took.
pub(crate) fn bench(years: &[Year], named: &str) -> Outcome<()> {
    let questions = years.iter().map(questions).collect::<Outcome<Vec<_>>>()?;
    let mut answers = Vec::new();
    for (place, (name, _)) in questions.first().into_iter().flatten().enumerate().filter(|(_, (name, _))| name.contains(named)) {
        let asks = years.iter().zip(&questions).map(|(year, questions)| ready(year, &questions[place].1));
        answers.push(in_turn(name.clone(), &asks.collect::<Outcome<Vec<_>>>()?)?);
    }
    print("Reports over a year, ms", years, &answers);
    print("All hours of a year, which no client gets in one answer, ms", years, &wholes(years)?);
    Ok(())
}

/// A question to a desk. It is asked once before, as a cache's first miss is not what is measured; and what is asked for must be there.
fn ready<'y>(year: &'y Year, question: &str) -> Outcome<Ask<'y>> {
    let question = match question.strip_suffix(LAST_PAGE) {
        Some(report) => format!("{report}&limitfrom={}", year.before_last_page(report, PAGE)?),
        None => question.to_owned(),
    };
    if !year::has_rows(&year.get(&question)?) {
        return Err(format!("{question} has no rows").into());
    }
    Ok(Box::new(move || year.get(&question).map(drop)))
}

/// The twenty reports, those that are read in pages by their first and their last one.
fn questions(year: &Year) -> Outcome<Vec<(String, String)>> {
    let cast = Cast::read(&year.desk)?;
    let day = |days: i64| {
        let at = jiff::Timestamp::from_second(year.from.plus_seconds(days * 86_400 + 43_200).seconds())?;
        Ok::<_, jiff::Error>(at.strftime("%Y-%m-%d").to_string())
    };
    let range = format!("date_from={}&date_to={}", day(0)?, day(DAYS - 1)?);
    let mut found = Vec::new();
    let mut ask = |name: String, path: &str, more: &str| {
        // Both desks have as many rows: of one agent the smaller one has few.
        let rows = if more.contains("agentid=") { SHORT_PAGE } else { PAGE };
        found.push((name, format!("reports/{path}?{range}&limitcount={rows}{more}")));
    };
    for path in ["agents", "channels", "departments", "tags"] {
        ask(path.to_owned(), path, "");
    }
    for (name, by) in [
        ("performance", ""),
        ("performance by hour, first page", "&group_by=hour"),
        ("performance by day", "&group_by=day"),
        ("performance by week", "&group_by=week"),
        ("performance by month", "&group_by=month"),
    ] {
        ask(name.to_owned(), "performance", by);
    }
    ask("performance by hour, last page".to_owned(), "performance", &format!("&group_by=hour{LAST_PAGE}"));
    let (agent, department, level) = (cast.agent(7), cast.department(3), cast.level);
    for medium in ["tickets", "chats", "calls"] {
        let mut paged = |report: &str, filters: &[String]| {
            let path = format!("{medium}/{report}");
            ask(format!("{path}, first page"), &path, "");
            ask(format!("{path}, last page"), &path, LAST_PAGE);
            for filter in filters {
                let name = filter.split('=').next().unwrap_or(filter).trim_start_matches('&');
                ask(format!("{path} by {name}, first page"), &path, filter);
            }
        };
        let of = [format!("&departmentid={department}"), format!("&agentid={agent}")];
        paged("load", &of);
        if medium != "tickets" {
            paged("availability", &of);
        }
        paged("agentsavailability", &of);
        let by_level = [of[0].clone(), of[1].clone(), format!("&slalevelid={level}")];
        paged("slacompliance", &by_level);
        paged("slalog", &by_level);
    }
    let contact = cast.contact;
    ask("ranking, first page".to_owned(), "ranking", "");
    ask("ranking, last page".to_owned(), "ranking", LAST_PAGE);
    ask("ranking by agentid, first page".to_owned(), "ranking", &format!("&agentid={contact}"));
    Ok(found)
}

/// All hours of a year in one go: a client gets them in nine answers.
fn wholes(years: &[Year]) -> Outcome<Vec<Asked>> {
    // As a desk asks whose days begin an hour before those of UTC.
    let edges = |year: &Year| (-1..DAYS * 24).map(|hour| year.from.plus_seconds(hour * HOUR_SECONDS)).collect::<Vec<_>>();
    let account = |year| -> Ask<'_> {
        let (year, edges): (&Year, _) = (year, edges(year));
        Box::new(move || {
            let (edges, now) = (edges.clone(), year.desk.now());
            Ok(year.desk.snapshot_blocking(move |tx| rollups::series(tx, &edges, now)).map(drop)?)
        })
    };
    let mut found = vec![in_turn("performance".to_owned(), &years.iter().map(account).collect::<Vec<_>>())?];
    for medium in [Medium::Tickets, Medium::Chats, Medium::Calls] {
        let load = |year| -> Ask<'_> {
            let (year, edges): (&Year, _) = (year, edges(year));
            Box::new(move || {
                let (edges, now) = (edges.clone(), year.desk.now());
                let ask = move |tx: &mut deskbell_store::Tx<'_>| levels::load(tx, medium, Scope::default(), &edges, now);
                Ok(year.desk.snapshot_blocking(ask).map(drop)?)
            })
        };
        let name = format!("load of {medium:?}").to_lowercase();
        found.push(in_turn(name, &years.iter().map(load).collect::<Vec<_>>())?);
    }
    Ok(found)
}

/// A table of all desks, with how much slower the last one is than the first.
fn print(title: &str, years: &[Year], all: &[Asked]) {
    println!("\n### {title}\n");
    let heads: Vec<String> = years.iter().map(|year| format!(" {} messages: median | worst |", year.messages)).collect();
    println!("| report |{} growth |\n|---|{}---:|", heads.concat(), "---:|---:|".repeat(years.len()));
    let growth = |asked: &Asked| match (asked.millis.first(), asked.millis.last()) {
        (Some(first), Some(last)) => last.median / first.median,
        (None, _) | (_, None) => f64::NAN,
    };
    for asked in all {
        let cells: String = asked.millis.iter().map(|Millis { median, worst }| format!(" {median:.2} | {worst:.1} |")).collect();
        println!("| {} |{cells} {:.2} |", asked.name, growth(asked));
    }
    let longest = all.iter().flat_map(|asked| &asked.millis).map(|millis| millis.median).fold(0.0, f64::max);
    println!("\nlongest median: {longest:.1} ms; largest growth: {:.2}", all.iter().map(growth).fold(0.0, f64::max));
}
