//! The index beside a real desk: followed, closed, killed, damaged.

mod damage;
mod fed;
mod follow;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_app::clock::{Clock, FakeClock};
use deskbell_app::desk::DeskOptions;
use deskbell_app::knowledge::{self, ArticleDraft, CategoryDraft, Changes};
use deskbell_app::search::{KnowledgeQuery, Progress, Reader};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::KnowledgeEntryId;
use deskbell_domain::knowledge::EntryKind;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Location, Options};
use tempfile::TempDir;

use crate::KnowledgeIndex;
use crate::sample::query;

const PATIENCE: Duration = Duration::from_secs(30);

/// A desk that can be closed and opened again, with a directory for its index.
struct Home {
    directory: TempDir,
    desk: Desk,
}

impl Drop for Home {
    fn drop(&mut self) {
        self.desk.close();
    }
}

impl Home {
    /// A desk with an open index.
    fn new() -> Home {
        let home = Home::without_search();
        home.open_search();
        home
    }

    fn without_search() -> Home {
        let directory = TempDir::new().unwrap();
        let options = options(&directory);
        Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
        Home { desk: Desk::open(&options).unwrap(), directory }
    }

    fn search_directory(&self) -> PathBuf {
        self.directory.path().join("search")
    }

    fn open_search(&self) {
        KnowledgeIndex::open(&self.desk, &self.search_directory()).unwrap();
    }

    /// Closes the desk, lets somebody at the files of the index, and opens the desk again, without an index.
    fn restart(&mut self, between: impl FnOnce(&PathBuf)) {
        self.desk.close();
        between(&self.search_directory());
        self.desk = Desk::open(&options(&self.directory)).unwrap();
    }

    fn restart_with_search(&mut self) {
        self.restart(|_| {});
        self.open_search();
    }

    fn add(&self, draft: ArticleDraft) -> KnowledgeEntryId {
        self.desk.write_blocking(move |tx, cx| knowledge::add_article(tx, cx, &draft)).unwrap().id
    }

    fn article(&self, title: &str, content: &str) -> KnowledgeEntryId {
        self.add(ArticleDraft::new(title, content))
    }

    fn category(&self, title: &str, parent: Option<KnowledgeEntryId>) -> KnowledgeEntryId {
        let draft = CategoryDraft { parent, ..CategoryDraft::new(EntryKind::Category, title) };
        self.desk.write_blocking(move |tx, cx| knowledge::add_category(tx, cx, &draft)).unwrap().id
    }

    fn change(&self, entry: KnowledgeEntryId, changes: Changes) {
        self.desk.write_blocking(move |tx, cx| knowledge::change(tx, cx, entry, &changes)).unwrap();
    }

    fn remove(&self, entry: KnowledgeEntryId) {
        self.desk.write_blocking(move |tx, cx| knowledge::remove(tx, cx, entry)).unwrap();
    }

    fn try_find(&self, query: &KnowledgeQuery) -> Result<Vec<KnowledgeEntryId>, AppError> {
        self.desk.knowledge_search()?.search(query)
    }

    fn find(&self, query: &KnowledgeQuery) -> Vec<KnowledgeEntryId> {
        self.try_find(query).unwrap()
    }

    /// What agents find.
    fn ask(&self, text: &str) -> Vec<KnowledgeEntryId> {
        self.find(&query(text))
    }

    /// What the public finds.
    fn ask_in_public(&self, text: &str) -> Vec<KnowledgeEntryId> {
        self.find(&KnowledgeQuery { reader: Reader::Public, ..query(text) })
    }

    fn progress(&self) -> Progress {
        self.desk.knowledge_search().unwrap().progress()
    }
}

fn options(directory: &TempDir) -> DeskOptions {
    DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::new(FakeClock::at(Timestamp::from_seconds(1_600_000_000))) as Arc<dyn Clock>,
        store: Options::default(),
    }
}

/// Waits until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
