//! Files that are of no use.

use std::path::Path;

use tantivy::{Index, IndexWriter, TantivyDocument};

use super::*;
use crate::fields::register;

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with(".lock"));
    files.sort();
    files
}

/// Whichever file is damaged, in whichever way, the index is whole again after it.
type Damage = fn(&Path);

#[test]
fn damaged_files() {
    let mut home = Home::new();
    let entries = ["Invoices", "Refunds"].map(|title| home.article(title, &format!("{title} and so on")));
    assert_eq!(home.ask("invoices"), [entries[0]]);
    home.restart(|_| {});
    let names: Vec<String> = files(&home.search_directory())
        .iter()
        .map(|file| file.extension().or(file.file_name()).unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() > 5, "{names:?}");
    let damages: [(&str, Damage); 4] = [
        ("garbage in the middle", |file| {
            let mut bytes = std::fs::read(file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle..].iter_mut().take(8).for_each(|byte| *byte ^= 0x5a);
            std::fs::write(file, bytes).unwrap();
        }),
        ("nothing but garbage", |file| std::fs::write(file, [0xff; 100]).unwrap()),
        ("emptied", |file| std::fs::write(file, "").unwrap()),
        ("removed", |file| std::fs::remove_file(file).unwrap()),
    ];
    for name in names {
        for (what, damage) in damages {
            home.open_search();
            assert_eq!(home.ask("invoices"), [entries[0]], "before {name} {what}");
            home.restart(|search| {
                let named = |file: &&PathBuf| file.to_string_lossy().ends_with(&name);
                damage(files(search).iter().find(named).unwrap());
            });
            home.open_search();
            until(&format!("{name} {what}"), || home.try_find(&query("invoices")).is_ok_and(|found| found == [entries[0]]));
            assert_eq!(home.ask("refunds"), [entries[1]], "{name} {what}");
            home.restart(|_| {});
        }
    }
}

/// A search that met with damage says so, and the index is made anew.
#[test]
fn damage_met_by_a_search() {
    let home = Home::without_search();
    let shared = KnowledgeIndex::start(&home.desk, &home.search_directory()).unwrap();
    home.desk.search_with(Arc::new(KnowledgeIndex(Arc::clone(&shared))));
    let entry = home.article("Invoices", "");
    assert_eq!(home.ask("invoices"), [entry]);
    let before = files(&home.search_directory());
    shared.report_damage();
    until("the files are others", || files(&home.search_directory()).iter().filter(|file| before.contains(file)).count() <= 2);
    until("found again", || home.try_find(&query("invoices")).is_ok_and(|found| found == [entry]));
}

#[test]
fn an_index_of_another_version() {
    let mut home = Home::new();
    let entry = home.article("Invoices", "");
    assert_eq!(home.ask("invoices"), [entry]);
    for notes in ["0 1 2 3 - 1:en", "", "not ours"] {
        home.restart(|search| {
            let index = Index::open_in_dir(search).unwrap();
            register(&index);
            let mut writer: IndexWriter<TantivyDocument> = index.writer_with_num_threads(1, 15_000_000).unwrap();
            writer.delete_all_documents().unwrap();
            let mut commit = writer.prepare_commit().unwrap();
            commit.set_payload(notes);
            commit.commit().unwrap();
        });
        home.open_search();
        assert_eq!(home.ask("invoices"), [entry], "{notes}");
    }
}

#[test]
fn an_index_with_other_fields() {
    let mut home = Home::new();
    let entry = home.article("Invoices", "");
    home.restart(|search| {
        std::fs::remove_dir_all(search).unwrap();
        std::fs::create_dir(search).unwrap();
        let mut schema = tantivy::schema::Schema::builder();
        schema.add_text_field("all", tantivy::schema::TEXT);
        Index::create_in_dir(search, schema.build()).unwrap();
    });
    home.open_search();
    assert_eq!(home.ask("invoices"), [entry]);
}

#[test]
fn two_desks_do_not_mix() {
    let (mut one, mut other) = (Home::new(), Home::new());
    let in_one = one.article("Invoices of one", "");
    let in_other = other.article("Invoices of the other", "");
    other.article("Refunds", "");
    assert_eq!(one.ask("invoices other"), [in_one]);
    assert_eq!(other.ask("invoices other"), [in_other]);
    assert!(one.ask("refunds").is_empty());
    // One desk is given the other's files.
    let theirs = other.search_directory();
    other.restart(|_| {});
    one.restart(|search| {
        std::fs::remove_dir_all(search).unwrap();
        std::fs::rename(theirs, search).unwrap();
    });
    one.open_search();
    assert_eq!(one.ask("invoices"), [in_one]);
    assert!(one.ask("refunds").is_empty());
}

#[test]
fn a_directory_is_held_by_one() {
    let (one, other) = (Home::new(), Home::without_search());
    let refused = KnowledgeIndex::open(&other.desk, &one.search_directory()).unwrap_err();
    assert_eq!(refused.public, "search is not ready");
    assert!(other.try_find(&query("invoices")).is_err());
    let file = other.directory.path().join("a file");
    std::fs::write(&file, "").unwrap();
    assert!(KnowledgeIndex::open(&other.desk, &file).is_err());
    other.open_search();
    assert!(other.ask("invoices").is_empty());
}
