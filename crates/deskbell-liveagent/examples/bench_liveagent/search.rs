//! `GET knowledgebase/search` in a base of made-up articles, and the index alone, beside SQLite's FTS5 with the same texts and questions.

mod peer;
mod texts;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use deskbell_app::Desk;
use deskbell_app::clock::SystemClock;
use deskbell_app::desk::DeskOptions;
use deskbell_app::search::{KnowledgeQuery, Reader};
use deskbell_domain::ids::KnowledgeEntryId;
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus, ROOT_PATH};
use deskbell_domain::time::Timestamp;
use deskbell_http::Kit;
use deskbell_liveagent::{Options, kit};
use deskbell_search::KnowledgeIndex;
use deskbell_store::{Location, Options as StoreOptions, tables};
use http::Request;
use http_body_util::BodyExt;

use crate::{Outcome, Stage};
use peer::Peer;
use texts::{Article, Question, Texts};

const ARTICLES: u64 = 50_000;
const CATEGORIES: u64 = 40;
/// Categories that stand in one of the first level.
const CATEGORIES_BELOW: u64 = 8;
const QUESTIONS: u64 = 1_000;
const FOUND: usize = 10;
const TURNS: usize = 3;
const ARTICLES_PER_WRITE: u64 = 500;
const PATIENCE: Duration = Duration::from_secs(1_200);

pub(crate) fn run(stage: &Stage, out: &mut dyn Write) -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let texts = Texts::new(CATEGORIES);
    let location = Location::Sqlite(directory.path().join("desk.db"));
    let setup =
        DeskOptions { location, files: directory.path().join("files"), clock: Arc::new(SystemClock), store: StoreOptions::default() };
    let key = Desk::init(&setup, "owner@bench.test", "correct horse")?.api_key.secret;
    let desk = Desk::open(&setup)?;
    let bytes = fill(&desk, &texts)?;
    let index = directory.path().join("search");
    let built = build(&desk, &index)?;
    let file = directory.path().join("peer.db");
    let (peer, peer_built) = Peer::build(&file, &texts, ARTICLES)?;
    writeln!(out, "### Search in {ARTICLES} articles, {} MB of text\n", bytes / 1_000_000)?;
    writeln!(out, "| | ours | FTS5 |\n|---|---:|---:|")?;
    writeln!(out, "| built in s | {:.0} | {:.0} |", built.as_secs_f64(), peer_built.as_secs_f64())?;
    writeln!(out, "| MB on disk | {} | {} |\n", size(&index)? / 1_000_000, std::fs::metadata(&file)?.len() / 1_000_000)?;
    let contest =
        Contest { stage, kit: kit(desk.clone(), Options { requests_per_minute_max: None, ..Options::default() }), desk, key, peer };
    contest.run(&texts, out)?;
    contest.desk.close();
    Ok(())
}

/// Categories first, whose ids are their numbers from 1; then the articles.
fn fill(desk: &Desk, texts: &Texts) -> Outcome<usize> {
    desk.write_blocking(|tx, _| {
        for number in 0..CATEGORIES {
            let id = tables::knowledge::next_entry_id(tx)?;
            let above = (number >= CATEGORIES_BELOW).then(|| KnowledgeEntryId::from_i64((number % CATEGORIES_BELOW) as i64 + 1));
            let path = above.map_or_else(|| ROOT_PATH.to_owned(), |above| format!("{ROOT_PATH}|{above}"));
            let title = format!("Category {number}");
            tables::knowledge::insert(tx, &Entry { kind: EntryKind::Category, title, parent: above, tree_path: path, ..blank(id) })?;
        }
        Ok(())
    })?;
    let mut bytes = 0;
    for from in (0..ARTICLES).step_by(ARTICLES_PER_WRITE as usize) {
        let articles: Vec<Article> = (from..ARTICLES.min(from + ARTICLES_PER_WRITE)).map(|number| texts.article(number)).collect();
        bytes += articles.iter().map(|article| article.text.len()).sum::<usize>();
        desk.write_blocking(move |tx, _| {
            for article in &articles {
                let id = tables::knowledge::next_entry_id(tx)?;
                let category = tables::knowledge::get(tx, KnowledgeEntryId::from_i64(article.category as i64 + 1))?;
                let entry = Entry {
                    parent: category.as_ref().map(|category| category.id),
                    tree_path: category.map_or_else(|| ROOT_PATH.to_owned(), |category| category.path_below()),
                    title: article.title.clone(),
                    keywords: article.keywords.clone(),
                    content: article.html(),
                    ..blank(id)
                };
                tables::knowledge::insert(tx, &entry)?;
            }
            Ok(())
        })?;
    }
    Ok(bytes)
}

fn blank(id: KnowledgeEntryId) -> Entry {
    Entry {
        id,
        base: deskbell_domain::ids::KnowledgeBaseId::DEFAULT,
        parent: None,
        kind: EntryKind::Article,
        status: EntryStatus::Published,
        access: Access::Public,
        access_inherited: Access::Public,
        url_code: (100_000 + id.get()).to_string(),
        tree_path: ROOT_PATH.to_owned(),
        position: 0,
        title: String::new(),
        meta_description: String::new(),
        keywords: String::new(),
        content: String::new(),
        description: String::new(),
        full_preview: false,
        conversation: None,
        department: None,
        views: 0,
        votes: 0,
        deleted: false,
        created: Timestamp::EPOCH,
        changed: Timestamp::EPOCH,
    }
}

/// Opens the index and waits until it holds everything, in few files.
fn build(desk: &Desk, directory: &Path) -> Outcome<Duration> {
    let start = Instant::now();
    KnowledgeIndex::open(desk, directory)?;
    let search = desk.knowledge_search()?;
    while !search.progress().complete {
        if start.elapsed() > PATIENCE {
            return Err("the index is never built".into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let built = start.elapsed();
    // Merging goes on behind; what is measured is what stays.
    let mut before = 0;
    loop {
        std::thread::sleep(Duration::from_secs(12));
        let now = size(directory)?;
        if now == before {
            return Ok(built);
        }
        before = now;
    }
}

fn size(directory: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(directory)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes)
}

struct Contest<'a> {
    stage: &'a Stage,
    kit: Kit<Desk>,
    desk: Desk,
    key: String,
    peer: Peer,
}

impl Contest<'_> {
    fn run(&self, texts: &Texts, out: &mut dyn Write) -> Outcome<()> {
        let questions: Vec<Question> = (0..QUESTIONS).map(|number| texts.question(number, ARTICLES)).collect();
        let (mut whole, mut ours, mut peers) = (Times::default(), Times::default(), Times::default());
        // The first turn warms up. The peer, which needs long for some questions, has only one more.
        for turn in 0..=TURNS {
            for (number, question) in questions.iter().enumerate() {
                let times = [(self.call(question)?, &mut whole), (self.search(question)?, &mut ours)];
                for (time, all) in times.into_iter().filter(|_| turn > 0) {
                    all.0.push((time, number));
                }
                if turn <= 1 {
                    peers.0.push((self.peer.ask(question, FOUND)?, number));
                }
            }
            if turn == 0 {
                peers.0.clear();
            }
        }
        writeln!(out, "| {QUESTIONS} questions, ms | p50 | p95 | p99 | most |\n|---|---:|---:|---:|---:|")?;
        for (name, times) in [("`GET knowledgebase/search`", &mut whole), ("our index alone", &mut ours), ("FTS5 alone", &mut peers)] {
            times.0.sort_unstable();
            if times.0.is_empty() {
                continue;
            }
            let at = |share: f64| times.0[((times.0.len() - 1) as f64 * share) as usize].0.as_secs_f64() * 1e3;
            writeln!(out, "| {name} | {:.2} | {:.2} | {:.2} | {:.2} |", at(0.5), at(0.95), at(0.99), at(1.0))?;
        }
        let kinds = [("one word", 1), ("two", 2), ("three", 3), ("four", 4)];
        writeln!(out, "\n| our index alone, ms | p50 | p95 |\n|---|---:|---:|")?;
        let mut line = |name: &str, of: &dyn Fn(&Question) -> bool| -> Outcome<()> {
            let times: Vec<f64> =
                ours.0.iter().filter(|(_, number)| of(&questions[*number])).map(|(time, _)| time.as_secs_f64() * 1e3).collect();
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            Ok(writeln!(out, "| {name} | {:.2} | {:.2} |", at(0.5), at(0.95))?)
        };
        for (name, words) in kinds {
            line(name, &|question| question.words.len() == words)?;
        }
        line("with a typing error", &|question| question.misspelled)?;
        line("below a category", &|question| question.category.is_some())?;
        writeln!(out)?;
        Ok(())
    }

    /// The whole call, as JSON.
    fn call(&self, question: &Question) -> Outcome<Duration> {
        let below = question.category.map(|category| format!("&top_article_id={}", category + 1)).unwrap_or_default();
        let uri = format!("/api/knowledgebase/search?query={}{below}&apikey={}", question.words.join("%20"), self.key);
        let request = Request::builder().uri(uri).body(Body::empty())?;
        let start = Instant::now();
        let answer = self.stage.runtime.block_on(async {
            let response = self.kit.handle(request).await;
            (response.status(), response.into_body().collect().await.map(|body| body.to_bytes()))
        });
        let time = start.elapsed();
        if answer.0.is_success() { Ok(time) } else { Err(String::from_utf8_lossy(&answer.1?).into_owned().into()) }
    }

    fn search(&self, question: &Question) -> Outcome<Duration> {
        let top = question.category.map(|category| KnowledgeEntryId::from_i64(category as i64 + 1));
        let query = KnowledgeQuery { text: question.words.join(" "), base: None, top, reader: Reader::Desk, limit: FOUND };
        let search = self.desk.knowledge_search()?;
        let start = Instant::now();
        std::hint::black_box(search.search(&query)?);
        Ok(start.elapsed())
    }
}

#[derive(Default)]
struct Times(Vec<(Duration, usize)>);
