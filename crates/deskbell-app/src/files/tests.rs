use std::sync::Arc;

use deskbell_domain::agent::Role;
use deskbell_domain::ids::{AgentId, CredentialId, WidgetId};
use deskbell_domain::knowledge::{Access, EntryStatus};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Location, Options};

use super::*;
use crate::clock::{Clock, FakeClock};
use crate::desk::DeskOptions;
use crate::error::Kind;
use crate::knowledge::{ArticleDraft, Changes};
use crate::timers::Timers;
use crate::visits::Arrival;

pub(super) struct Stage {
    pub(super) desk: Desk,
    pub(super) clock: Arc<FakeClock>,
    agent: AgentId,
    directory: tempfile::TempDir,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.desk.close();
    }
}

pub(super) fn stage() -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        store: Options { readers: 2, ..Options::default() },
    };
    let owner = Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    Stage { desk: Desk::open(&options).unwrap(), clock, agent: owner.agent.id, directory }
}

impl Stage {
    fn agent(&self) -> Principal {
        Principal::Agent { agent: self.agent, role: Role::Owner }
    }

    pub(super) fn key(&self) -> Principal {
        Principal::ApiKey { key: CredentialId::from_i64(1), may_write: true }
    }

    pub(super) async fn keep(&self, who: Principal, contents: &'static str) -> File {
        let new = NewFile { name: "a.txt".to_owned(), declared_type: String::new(), bytes: contents.into() };
        keep(&self.desk, who, new).await.unwrap()
    }

    /// Names of all contents that are kept.
    pub(super) fn blobs(&self) -> Vec<String> {
        let Ok(directories) = std::fs::read_dir(self.directory.path().join("files")) else { return Vec::new() };
        let names = directories.flat_map(|entry| std::fs::read_dir(entry.unwrap().path()).unwrap());
        let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(super) async fn row(&self, file: &str) -> Option<File> {
        let file = file.to_owned();
        self.desk.read(move |tx| find(tx, &file)).await.unwrap()
    }

    async fn marks(&self) -> usize {
        self.desk.read(|tx| Ok(tables::files::marks_before(tx, Timestamp::from_micros(i64::MAX), 100)?.len())).await.unwrap()
    }

    /// An hour and more goes by, and the timers look.
    async fn hours_later(&self, hours: i64) {
        let mut timers = Timers::new(self.desk.now());
        self.clock.advance_seconds(hours * 3_600 + 1);
        timers.tick(&self.desk).await.unwrap();
    }

    async fn note(&self, widget: i64, texts: &'static [&'static str], file: &str) {
        let texts: Vec<String> = texts.iter().map(|text| text.replace("ID", file)).collect();
        let noted = self.desk.write(move |tx, _| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            note_uses(tx, FileOwner::Widget(WidgetId::from_i64(widget)), &texts)
        });
        noted.await.unwrap();
    }
}

#[tokio::test]
async fn equal_contents_are_kept_once_and_go_with_the_last_file() {
    let stage = stage();
    let (one, two) = (stage.keep(stage.agent(), "same").await, stage.keep(stage.key(), "same").await);
    let other = stage.keep(stage.agent(), "other").await;
    assert_eq!(one.blob, two.blob);
    assert_ne!(one.attachment.file, two.attachment.file);
    assert_eq!(one.blob, crate::blobs::digest(b"same"));
    assert_eq!(stage.blobs().len(), 2);
    delete(&stage.desk, one.attachment.file.clone()).await.unwrap();
    assert_eq!((stage.row(&one.attachment.file).await, stage.blobs().len()), (None, 2));
    delete(&stage.desk, two.attachment.file).await.unwrap();
    assert_eq!(stage.blobs(), [other.blob]);
    assert_eq!(stage.marks().await, 0);
    assert_eq!(delete(&stage.desk, one.attachment.file).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(delete(&stage.desk, "../../etc/passwd".to_owned()).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let stage = stage();
    for (who, bytes, wanted) in [
        (Principal::Nobody, "x".into(), Kind::Forbidden),
        (stage.agent(), bytes::Bytes::new(), Kind::Missing),
        (stage.agent(), vec![0; FILE_BYTES_MAX + 1].into(), Kind::TooLarge),
    ] {
        let new = NewFile { name: String::new(), declared_type: String::new(), bytes };
        assert_eq!(keep(&stage.desk, who, new).await.unwrap_err().kind, wanted);
    }
    assert_eq!((stage.blobs(), stage.marks().await), (Vec::<String>::new(), 0));
    let kept = stage.keep(stage.agent(), "x").await;
    let new = NewFile { name: String::new(), declared_type: String::new(), bytes: "x".into() };
    assert!(keep(&stage.desk, Principal::Nobody, new).await.is_err());
    assert_eq!(stage.blobs(), [kept.blob], "somebody else's contents stay");
}

#[tokio::test]
async fn unused_files_go_after_two_weeks() {
    let stage = stage();
    let (unused, shared) = (stage.keep(stage.key(), "unused").await, stage.keep(stage.key(), "shared").await);
    let used = stage.keep(stage.agent(), "shared").await;
    stage.note(1, &["<img src=\"//desk.test/scripts/file.php?view=Y&amp;file=ID\">"], &used.attachment.file).await;
    stage.hours_later(14 * 24 - 1).await;
    assert!(stage.row(&unused.attachment.file).await.is_some(), "not yet");
    stage.hours_later(2).await;
    assert_eq!((stage.row(&unused.attachment.file).await, stage.row(&shared.attachment.file).await), (None, None));
    assert!(stage.row(&used.attachment.file).await.is_some());
    assert_eq!((stage.blobs(), stage.marks().await), (vec![used.blob.clone()], 0), "the contents of the used one stay");
    stage.note(1, &[], "").await;
    stage.hours_later(1).await;
    assert_eq!((stage.row(&used.attachment.file).await, stage.blobs()), (None, Vec::new()));
}

#[tokio::test]
async fn more_than_a_bite_goes() {
    let stage = stage();
    for number in 0..60 {
        let new = NewFile { name: String::new(), declared_type: String::new(), bytes: format!("contents {number}").into() };
        keep(&stage.desk, stage.key(), new).await.unwrap();
    }
    stage.hours_later(15 * 24).await;
    assert_eq!((stage.blobs().len(), stage.marks().await), (0, 0));
}

#[tokio::test]
async fn files_of_the_time_before_stay_readable_and_go() {
    let stage = stage();
    let id = "0123456789abcdef0123456789abcdef".to_owned();
    stage.desk.blobs().put(&id, b"old").unwrap();
    let row = File { blob: id.clone(), ..stage.keep(stage.key(), "new").await };
    let row = File { attachment: Attachment { file: id.clone(), ..row.attachment }, ..row };
    stage.desk.write(move |tx, _| Ok(tables::files::insert(tx, &row)?)).await.unwrap();
    let row = stage.row(&id).await.unwrap();
    assert_eq!(stage.desk.blobs().get(&open(&stage.desk, &row).await.unwrap().blob).unwrap().unwrap(), b"old");
    stage.hours_later(14 * 24 + 1).await;
    assert_eq!(stage.blobs(), Vec::<String>::new());
}

#[tokio::test]
async fn names_and_types_are_tidied() {
    let stage = stage();
    for (name, wanted) in [
        ("../../etc/passwd", "....etcpasswd"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("photo\u{202e}gnp.exe", "photognp.exe"),
        ("  ", "file"),
        ("..", "file"),
        ("größe.png", "größe.png"),
    ] {
        let new = NewFile { name: name.to_owned(), declared_type: "image/png".to_owned(), bytes: "<html>".into() };
        let file = keep(&stage.desk, stage.key(), new).await.unwrap().attachment;
        assert_eq!((file.name.as_str(), file.content_type.as_str(), file.bytes), (wanted, "text/html", 6), "{name:?}");
    }
    let new = NewFile { name: "x".repeat(1_000), declared_type: String::new(), bytes: "x".into() };
    assert_eq!(keep(&stage.desk, stage.key(), new).await.unwrap().attachment.name.len(), NAME_CHARS_MAX);
}

#[tokio::test]
async fn who_may_use_and_who_may_see() {
    let stage = stage();
    let arrival = Arrival::default();
    let visit = stage.desk.write(move |tx, cx| visits::arrive(tx, cx, None, &arrival)).await.unwrap();
    let visitor = Principal::Visitor { visitor: visit.visitor, visit: visit.id };
    let other = Principal::Visitor { visitor: VisitorId::from_i64(5), visit: visit.id };
    let (by_agent, by_key, by_visitor) =
        (stage.keep(stage.agent(), "a").await, stage.keep(stage.key(), "k").await, stage.keep(visitor.clone(), "v").await);
    for (file, agents, visitors) in [(&by_agent, true, false), (&by_key, true, false), (&by_visitor, false, true)] {
        let (id, who) = (file.attachment.file.clone(), visit.visitor);
        let usable =
            stage.desk.read(move |tx| Ok((usable_by_agent(tx, &id).is_ok(), usable_by_visitor(tx, &id, who).is_ok()))).await.unwrap();
        assert_eq!(usable, (agents, visitors));
        for (who, wanted) in
            [(stage.agent(), true), (stage.key(), true), (Principal::Nobody, false), (other.clone(), false), (visitor.clone(), visitors)]
        {
            let id = file.attachment.file.clone();
            let seen = stage.desk.read(move |tx| Ok(visible(tx, &id, &who).map(|(_, sight)| sight).ok())).await.unwrap();
            assert_eq!(seen, wanted.then_some(Sight::Private));
        }
    }
    stage.note(9, &["file=ID"], &by_key.attachment.file).await;
    let id = by_key.attachment.file.clone();
    let seen = stage.desk.read(move |tx| Ok(visible(tx, &id, &Principal::Nobody)?.1)).await.unwrap();
    assert_eq!(seen, Sight::Public, "it stands in a widget");
    assert_eq!(delete(&stage.desk, by_key.attachment.file.clone()).await.unwrap_err().kind, Kind::Conflict);
    stage.note(9, &["nothing"], "").await;
    delete(&stage.desk, by_key.attachment.file).await.unwrap();
}

#[tokio::test]
async fn files_of_articles_are_as_public_as_these() {
    let stage = stage();
    let file = stage.keep(stage.key(), "x").await.attachment.file;
    let public = async || {
        let file = file.clone();
        stage.desk.read(move |tx| Ok(visible(tx, &file, &Principal::Nobody).is_ok())).await.unwrap()
    };
    let draft = ArticleDraft::new("How to", format!("<img src=\"/scripts/file.php?view=Y&amp;file={file}\">"));
    let article = stage.desk.write(move |tx, cx| knowledge::add_article(tx, cx, &draft)).await.unwrap().id;
    let change = async |changes: Changes| stage.desk.write(move |tx, cx| knowledge::change(tx, cx, article, &changes)).await.unwrap();
    assert!(public().await);
    for (changes, wanted) in [
        (Changes { access: Some(Access::Internal), ..Changes::default() }, false),
        (Changes { access: Some(Access::Public), ..Changes::default() }, true),
        (Changes { status: Some(EntryStatus::Draft), ..Changes::default() }, false),
    ] {
        change(changes).await;
        assert_eq!(public().await, wanted);
    }
    assert_eq!(delete(&stage.desk, file.clone()).await.unwrap_err().kind, Kind::Conflict, "it stands there all the same");
    change(Changes { content: Some("<p>nothing</p>".to_owned()), ..Changes::default() }).await;
    delete(&stage.desk, file).await.unwrap();
}

#[tokio::test]
async fn downloads_are_counted_in_batches() {
    let stage = stage();
    let file = stage.keep(stage.key(), "x").await.attachment.file;
    for _ in 0..3 {
        stage.desk.downloads().count(&file);
    }
    stage.desk.downloads().count("ffffffffffffffffffffffffffffffff");
    assert_eq!((stage.row(&file).await.unwrap().downloads, stage.desk.downloads().waiting(&file)), (0, 3));
    crate::timers::write_counts(&stage.desk).await.unwrap();
    stage.desk.downloads().count(&file);
    assert_eq!((stage.row(&file).await.unwrap().downloads, stage.desk.downloads().waiting(&file)), (3, 1));
}

#[test]
fn references_in_texts() {
    let (a, b) = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210");
    let html = format!("<img src='?view=Y&amp;file={a}'><a href=\"/scripts/file.php?file={}&x=1\">", b.to_uppercase());
    assert_eq!(references(&[&html, &format!("file={a}")]), [a, b]);
    for none in ["", "file=", "file=0123", &format!("file={a}0"), "file=zz23456789abcdef0123456789abcdef", &format!("files/{a}")] {
        assert_eq!(references(&[none]), [""; 0], "{none}");
    }
    let many: String = (0..2 * USES_MAX).map(|number| format!("file={number:032x} ")).collect();
    assert_eq!(references(&[&many]).len(), USES_MAX);
}
