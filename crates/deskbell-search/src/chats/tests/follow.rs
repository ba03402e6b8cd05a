//! The index beside a real desk: built, following, opened again, damaged.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_app::Desk;
use deskbell_app::chat_search::Hits;
use deskbell_app::clock::{Clock, FakeClock};
use deskbell_app::desk::DeskOptions;
use deskbell_domain::ids::ChatId;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Location, Options, tables};
use tempfile::TempDir;

use super::ask;
use crate::ChatIndex;

const PATIENCE: Duration = Duration::from_secs(30);

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
    fn new() -> Home {
        let directory = TempDir::new().unwrap();
        let options = options(&directory);
        Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
        Home { desk: Desk::open(&options).unwrap(), directory }
    }

    fn index(&self) -> PathBuf {
        self.directory.path().join("chat-search")
    }

    fn open_search(&self) {
        ChatIndex::open(&self.desk, &self.index()).unwrap();
    }

    /// Closes the desk, lets somebody at the files of the index, and opens both again.
    fn restart(&mut self, between: impl FnOnce(&PathBuf)) {
        self.desk.close();
        between(&self.index());
        self.desk = Desk::open(&options(&self.directory)).unwrap();
        self.open_search();
    }

    fn write(&self, chats: std::ops::Range<i64>, said: &str, deleted: bool) {
        let said = said.to_owned();
        self.desk
            .write_blocking(move |tx, _| {
                for number in chats {
                    let id = format!("2611.7.X{number}");
                    let body = format!(
                        r#"{{"id":"{id}","type":"chat","deleted":{deleted},"timestamp":"2026-11-22T00:{:02}:{:02}Z","message":"{said}"}}"#,
                        number / 60 % 60,
                        number % 60
                    );
                    tables::documents::put(tx, ChatId::from_i64(number), &id, 0, &body)?;
                }
                Ok(())
            })
            .unwrap();
    }

    fn try_find(&self, query: &str) -> Option<Hits> {
        self.desk.chat_search().unwrap().search(&ask(query, 0, 40)).ok()
    }

    fn count(&self, query: &str) -> usize {
        let begin = Instant::now();
        loop {
            if let Some(hits) = self.try_find(query) {
                return hits.count;
            }
            assert!(begin.elapsed() < PATIENCE, "no search");
            std::thread::sleep(Duration::from_millis(5));
        }
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

#[test]
fn what_was_written_before_is_found_at_once_and_changes_are_followed() {
    let home = Home::new();
    home.write(0..200, "order", false);
    home.open_search();
    assert_eq!(home.count("order"), 200);
    home.write(100..300, "refund", false);
    assert_eq!((home.count("order"), home.count("refund"), home.count("*")), (100, 200, 300));
    // The same second, the same chat, again and again.
    for turn in 0..5 {
        home.write(7..8, &format!("turn{turn}"), false);
        assert_eq!((home.count(&format!("turn{turn}")), home.count("*")), (1, 300));
    }
    home.write(0..10, "order", true);
    assert_eq!(home.count("*"), 290);
    let hits = home.try_find("*").unwrap();
    assert_eq!((hits.ids.len(), hits.ids[0].as_str()), (40, "2611.7.X299"), "newest first");
}

#[test]
fn it_goes_on_where_it_was_after_a_restart() {
    let mut home = Home::new();
    home.open_search();
    home.write(0..50, "order", false);
    assert_eq!(home.count("order"), 50);
    home.desk.close();
    home.desk = Desk::open(&options(&home.directory)).unwrap();
    home.write(50..60, "order", false);
    home.open_search();
    assert_eq!(home.count("order"), 60);
    home.restart(|_| {});
    assert_eq!(home.count("order"), 60);
}

#[test]
fn what_is_damaged_or_of_another_desk_is_made_anew() {
    let mut home = Home::new();
    home.open_search();
    home.write(0..50, "order", false);
    assert_eq!(home.count("order"), 50);
    home.restart(|index| {
        for file in std::fs::read_dir(index).unwrap().map(Result::unwrap) {
            if file.path().extension().is_some_and(|ending| ending == "idx" || ending == "term") {
                std::fs::write(file.path(), b"damaged").unwrap();
            }
        }
    });
    assert_eq!(home.count("order"), 50);
    home.restart(|index| std::fs::write(index.join("meta.json"), b"{").unwrap());
    assert_eq!(home.count("order"), 50);

    let other = Home::new();
    other.write(0..5, "order", false);
    home.desk.close();
    std::fs::remove_dir_all(other.index()).ok();
    std::fs::rename(home.index(), other.index()).unwrap();
    other.open_search();
    assert_eq!(other.count("order"), 5);
}

#[test]
fn one_process_keeps_it() {
    let home = Home::new();
    home.open_search();
    let refused = ChatIndex::open(&home.desk, &home.index()).unwrap_err();
    assert!(refused.internal.unwrap().contains("another process"));
}
