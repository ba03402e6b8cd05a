//! Every report over a year, as a client asks for it, and those that no client gets in one answer as a whole.

use std::time::Instant;

use deskbell_app::levels::{self, Scope};
use deskbell_app::rollups;
use deskbell_domain::measure::Medium;

use crate::Outcome;
use crate::cast::Cast;
use crate::year::{self, Year};

const ROUNDS: usize = 21;
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

/// A report with what asking for it took.
type Measured = Vec<(String, Millis)>;

/// Of one desk.
pub(crate) struct Asked {
    /// What a client gets in one answer.
    answers: Measured,
    /// What it gets in several.
    wholes: Measured,
}

pub(crate) fn measure(year: &Year, named: &str) -> Outcome<Asked> {
    let mut answers = Vec::new();
    for (name, question) in questions(year)?.into_iter().filter(|(name, _)| name.contains(named)) {
        let question = match question.strip_suffix(LAST_PAGE) {
            Some(report) => format!("{report}&limitfrom={}", year.before_last_page(report, PAGE)?),
            None => question,
        };
        // Asked once before, as a cache's first miss is not what is measured; and whatever is asked for must be there.
        let body = year.get(&question)?;
        if !year::has_rows(&body) {
            return Err(format!("{question} has no rows").into());
        }
        answers.push((name, timed(ROUNDS, || year.get(&question).map(drop))?));
    }
    Ok(Asked { answers, wholes: wholes(year)? })
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
fn wholes(year: &Year) -> Outcome<Measured> {
    let (now, hours) = (year.desk.now(), DAYS * 24);
    // As a desk asks whose days begin an hour before those of UTC.
    let edges: Vec<_> = (-1..hours).map(|hour| year.from.plus_seconds(hour * HOUR_SECONDS)).collect();
    let mut found = Vec::new();
    let account = timed(ROUNDS, || {
        let edges = edges.clone();
        Ok(year.desk.snapshot_blocking(move |tx| rollups::series(tx, &edges, now)).map(drop)?)
    })?;
    found.push((format!("all {hours} hours: performance"), account));
    for medium in [Medium::Tickets, Medium::Chats, Medium::Calls] {
        let load = timed(ROUNDS, || {
            let edges = edges.clone();
            let ask = move |tx: &mut deskbell_store::Tx<'_>| levels::load(tx, medium, Scope::default(), &edges, now);
            Ok(year.desk.snapshot_blocking(ask).map(drop)?)
        })?;
        found.push((format!("all {hours} hours: load of {medium:?}").to_lowercase(), load));
    }
    Ok(found)
}

/// Tables of all sizes, with how much slower the largest desk is than the smallest.
pub(crate) fn print(sizes: &[(i64, Asked)]) {
    table("Reports over a year, ms", sizes, |asked| &asked.answers);
    table("All hours of a year, which no client gets in one answer, ms", sizes, |asked| &asked.wholes);
}

fn table(title: &str, sizes: &[(i64, Asked)], of: fn(&Asked) -> &Measured) {
    let (Some((_, first)), Some((_, last))) = (sizes.first(), sizes.last()) else { return };
    println!("\n### {title}\n");
    let heads: Vec<String> = sizes.iter().map(|(messages, _)| format!(" {messages} messages: median | worst |")).collect();
    println!("| report |{} growth |\n|---|{}---:|", heads.concat(), "---:|---:|".repeat(sizes.len()));
    for (place, (name, _)) in of(first).iter().enumerate() {
        let one = |(_, asked): &(i64, Asked)| format!(" {:.2} | {:.1} |", of(asked)[place].1.median, of(asked)[place].1.worst);
        let cells: String = sizes.iter().map(one).collect();
        println!("| {name} |{cells} {:.2} |", of(last)[place].1.median / of(first)[place].1.median);
    }
    let worst = |asked: &Asked| of(asked).iter().map(|(_, millis)| millis.median).fold(0.0, f64::max);
    let growth = of(first).iter().zip(of(last)).map(|((_, first), (_, last))| last.median / first.median).fold(0.0, f64::max);
    println!("\nlongest median: {:.1} and {:.1} ms; largest growth: {growth:.2}", worst(first), worst(last));
}
