//! What is written is found.

use deskbell_app::knowledge::BaseChanges;
use deskbell_app::settings::{self, Settings};
use deskbell_domain::knowledge::{Access, EntryStatus};
use deskbell_store::{journal, tables};

use super::*;

#[test]
fn what_was_written_is_found_at_once() {
    let home = Home::new();
    assert!(home.ask("invoice").is_empty());
    let invoices = home.article("Invoices", "<p>Where to <b>find</b> them</p>");
    assert_eq!(home.ask("invoice"), [invoices]);
    let refunds = home.add(ArticleDraft { keywords: "invoice".to_owned(), ..ArticleDraft::new("Refunds", "") });
    assert_eq!(home.ask("invoice"), [invoices, refunds]);
    home.change(invoices, Changes { title: Some("Bills".to_owned()), ..Changes::default() });
    assert_eq!(home.ask("invoice"), [refunds]);
    assert_eq!(home.ask("bill"), [invoices]);
    home.remove(refunds);
    assert!(home.ask("invoice").is_empty());
    assert_eq!(home.ask("b"), [] as [KnowledgeEntryId; 0], "markup is no text");
}

#[test]
fn the_public_finds_what_it_may_read() {
    let home = Home::new();
    let shelf = home.category("Shelf", None);
    let invoices = home.add(ArticleDraft { parent: Some(shelf), ..ArticleDraft::new("Invoices", "") });
    assert_eq!(home.ask_in_public("invoices"), [invoices]);
    for (hide, show) in [
        (Changes { access: Some(Access::Internal), ..Changes::default() }, Changes { access: Some(Access::Public), ..Changes::default() }),
        (
            Changes { status: Some(EntryStatus::Draft), ..Changes::default() },
            Changes { status: Some(EntryStatus::Published), ..Changes::default() },
        ),
    ] {
        home.change(invoices, hide);
        assert!(home.ask_in_public("invoices").is_empty());
        assert_eq!(home.ask("invoices"), [invoices]);
        home.change(invoices, show);
        assert_eq!(home.ask_in_public("invoices"), [invoices]);
    }
    home.change(shelf, Changes { access: Some(Access::Internal), ..Changes::default() });
    assert!(home.ask_in_public("invoices").is_empty(), "internal by what stands above it");
    assert_eq!(home.ask("invoices"), [invoices]);
}

#[test]
fn what_moves_is_found_in_its_new_place() {
    let home = Home::new();
    let (left, right) = (home.category("Left", None), home.category("Right", None));
    let inner = home.category("Inner", Some(left));
    let invoices = home.add(ArticleDraft { parent: Some(inner), ..ArticleDraft::new("Invoices", "") });
    let below = |top| home.find(&KnowledgeQuery { top: Some(top), ..query("invoices") });
    assert_eq!([left, right, inner, invoices].map(below), [vec![invoices], vec![], vec![invoices], vec![invoices]]);
    home.change(inner, Changes { parent: Some(Some(right)), ..Changes::default() });
    assert_eq!([left, right, inner, invoices].map(below), [vec![], vec![invoices], vec![invoices], vec![invoices]]);
    home.remove(right);
    assert_eq!([left, right, inner, invoices].map(below), [vec![], vec![], vec![], vec![]]);
}

#[test]
fn bases_have_languages_and_go_away() {
    let home = Home::new();
    let german = BaseChanges { name: Some("Hilfe".to_owned()), language: Some("de".to_owned()) };
    let base = home.desk.write_blocking(move |tx, cx| knowledge::create_base(tx, cx, &german)).unwrap().id;
    let entry = home.add(ArticleDraft { base: Some(base), ..ArticleDraft::new("Das Haus", "") });
    let english = home.article("Connections", "");
    assert_eq!(home.ask("häusern"), [entry]);
    assert_eq!(home.ask("connecting"), [english]);
    let language = |tag: &str| {
        let changes = BaseChanges { name: None, language: Some(tag.to_owned()) };
        home.desk.write_blocking(move |tx, cx| knowledge::change_base(tx, cx, base, &changes)).unwrap();
    };
    language("en");
    assert!(home.ask("häusern").is_empty(), "English has other endings");
    assert_eq!(home.ask("haus"), [entry]);
    assert_eq!(home.ask("connecting"), [english]);
    language("de-AT");
    assert_eq!(home.ask("häusern"), [entry]);
    home.desk.write_blocking(move |tx, cx| knowledge::remove_base(tx, cx, base)).unwrap();
    assert!(home.ask("haus").is_empty());
    assert_eq!(home.ask("connecting"), [english]);
}

#[test]
fn found_again_after_a_restart() {
    let mut home = Home::new();
    let first = home.article("Invoices", "");
    assert_eq!(home.ask("invoices"), [first]);
    home.restart(|_| {});
    assert!(home.desk.knowledge_search().is_err_and(|error| error.public == "search is not ready"));
    let second = home.article("Invoices again", "");
    home.remove(first);
    home.open_search();
    assert_eq!(home.ask("invoices"), [second]);
    home.restart_with_search();
    assert_eq!(home.ask("invoices"), [second]);
}

/// What a process leaves that is killed before its last commit: the files of the one before.
#[test]
fn catches_up_after_a_kill() {
    let mut home = Home::new();
    let entries: Vec<KnowledgeEntryId> = (0..20).map(|number| home.article(&format!("Invoice {number}"), "")).collect();
    assert_eq!(home.ask("invoice").len(), 10);
    home.desk.close();
    let kept = home.directory.path().join("kept");
    copy(&home.search_directory(), &kept);
    home.restart_with_search();
    home.remove(entries[3]);
    home.change(entries[4], Changes { title: Some("Refund".to_owned()), ..Changes::default() });
    let new = home.article("Refund too", "");
    assert_eq!(home.ask("refund"), [entries[4], new]);
    home.restart(|search| {
        std::fs::remove_dir_all(search).unwrap();
        copy(&kept, search);
    });
    home.open_search();
    assert_eq!(home.ask("refund"), [entries[4], new]);
    let left = home.find(&KnowledgeQuery { limit: 500, ..query("invoice") });
    assert_eq!(left, entries.iter().copied().filter(|entry| ![entries[3], entries[4]].contains(entry)).collect::<Vec<_>>());
}

fn copy(from: &PathBuf, to: &PathBuf) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Wherever a build is broken off, it goes on.
#[test]
fn a_build_goes_on_after_a_restart() {
    let mut home = Home::without_search();
    for number in 0..150 {
        home.article(&format!("Invoice {number}"), &"word ".repeat(200));
    }
    for _ in 0..3 {
        home.open_search();
        home.restart(|_| {});
    }
    home.open_search();
    until("all are found", || home.find(&KnowledgeQuery { limit: 500, ..query("invoice") }).len() == 150);
    until("the build ends", || home.progress().complete);
}

#[test]
fn changes_are_shown_without_a_search() {
    let home = Home::new();
    until("an empty desk", || home.progress() == Progress { complete: true, events_behind: 0 });
    home.article("Invoices", "");
    home.desk.write_blocking(|tx, cx| settings::put(tx, cx, &Settings::default())).unwrap();
    // The index has heard of nothing yet when it says that nothing is left: only what it has written tells.
    let is_empty = || std::fs::read_to_string(home.search_directory().join("meta.json")).unwrap().contains("\"segments\": []");
    until("the change is shown", || !is_empty() && home.progress() == Progress { complete: true, events_behind: 0 });
}

/// Events that concern nothing here are passed over, those between them are not.
#[test]
fn other_events_are_passed_over() {
    let home = Home::new();
    for round in 0..20 {
        for _ in 0..10 {
            home.desk.write_blocking(|tx, cx| settings::put(tx, cx, &Settings::default())).unwrap();
        }
        let entry = home.article(&format!("Round {round}x"), "");
        assert_eq!(home.ask(&format!("{round}x")), [entry]);
    }
}

#[test]
fn what_is_taken_away_but_listed_is_not_found() {
    let home = Home::new();
    let entry = home.article("Invoices", "");
    assert_eq!(home.ask("invoices"), [entry]);
    home.desk
        .write_blocking(move |tx, cx| {
            let mut row = knowledge::entry(tx, entry)?.unwrap();
            row.deleted = true;
            tables::knowledge::update(tx, &row)?;
            let base = row.base;
            tx.append(cx.now, deskbell_domain::event::Event::KnowledgeEntryChanged { base, entry, removed: false })?;
            Ok(())
        })
        .unwrap();
    assert!(home.ask("invoices").is_empty());
}

/// A journal that was trimmed beyond what the index knows: all entries are read again.
#[test]
fn behind_the_trimmed_journal() {
    let mut home = Home::new();
    let entry = home.article("Invoices", "");
    assert_eq!(home.ask("invoices"), [entry]);
    home.restart(|_| {});
    home.change(entry, Changes { title: Some("Bills".to_owned()), ..Changes::default() });
    home.article("Another", "");
    home.desk
        .write_blocking(|tx, _| {
            let head = tx.head()?;
            Ok(journal::trim(tx, Timestamp::from_seconds(i64::from(u32::MAX)), head)?)
        })
        .unwrap();
    home.open_search();
    assert_eq!(home.ask("bills"), [entry]);
    assert!(home.ask("invoices").is_empty());
}

/// The keeper reads the journal by itself: what another process wrote is found, too.
#[test]
fn what_another_process_wrote_is_found_at_once() {
    let home = Home::new();
    let own = home.article("Invoices", "");
    assert_eq!(home.ask("invoices"), [own]);
    let beside = DeskOptions { store: Options { beside_server: true, ..Options::default() }, ..options(&home.directory) };
    let beside = Desk::open(&beside).unwrap();
    let draft = ArticleDraft::new("Invoices from beside", "");
    let theirs = beside.write_blocking(move |tx, cx| knowledge::add_article(tx, cx, &draft)).unwrap().id;
    assert_eq!(home.ask("invoices"), [own, theirs]);
    beside.close();
    let again = home.article("Invoices again", "");
    assert_eq!(home.ask("invoices"), [own, again, theirs]);
    until("nothing is behind", || home.progress() == Progress { complete: true, events_behind: 0 });
}
