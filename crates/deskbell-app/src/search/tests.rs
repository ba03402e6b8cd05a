use std::sync::{Arc, Mutex};

use deskbell_domain::knowledge::{Access, EntryKind};
use deskbell_domain::time::Timestamp;

use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::error::Kind;
use crate::knowledge::{ArticleDraft, CategoryDraft, Changes as EntryChanges};
use crate::settings::{self, Settings};

/// Finds what it is told, whatever it is asked.
#[derive(Default)]
struct Told(Mutex<Vec<KnowledgeEntryId>>);

impl KnowledgeSearch for Told {
    fn search(&self, _query: &KnowledgeQuery) -> Result<Vec<KnowledgeEntryId>, AppError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn progress(&self) -> Progress {
        Progress { complete: true, events_behind: 0 }
    }
}

fn article(stage: &Stage, title: &str, content: &str) -> KnowledgeEntryId {
    let draft = ArticleDraft::new(title, content);
    stage.write(move |tx, cx| knowledge::add_article(tx, cx, &draft)).id
}

fn query(reader: Reader) -> KnowledgeQuery {
    KnowledgeQuery { text: "x".to_owned(), base: None, top: None, reader, limit: 10 }
}

#[tokio::test]
async fn what_was_found_is_shown_as_it_is_now() {
    let stage = stage();
    assert_eq!(find(&stage.desk, query(Reader::Desk)).await.unwrap_err().public, "search is not ready");
    let told = Arc::new(Told::default());
    stage.desk.search_with(Arc::clone(&told) as Arc<dyn KnowledgeSearch>);
    let [first, internal, gone] =
        ["A <b>bold</b> title", "Inside", "Gone"].map(|title| article(&stage, title, "<p>One</p><p>two <img src=x></p>"));
    stage.write(move |tx, cx| {
        knowledge::change(tx, cx, internal, &EntryChanges { access: Some(Access::Internal), ..EntryChanges::default() })
    });
    stage.write(move |tx, cx| knowledge::remove(tx, cx, gone));
    *told.0.lock().unwrap() = vec![gone, internal, first];
    let found = find(&stage.desk, query(Reader::Desk)).await.unwrap();
    assert_eq!(found.iter().map(|found| found.entry.id).collect::<Vec<_>>(), [internal, first], "in the order of their rank");
    assert_eq!(found[1].title_text, "A bold title");
    assert_eq!(found[1].text, "One\ntwo");
    assert!(!found[1].simple_html.contains("img") && found[1].simple_html.starts_with("<p>One</p>"));
    let in_public = find(&stage.desk, query(Reader::Public)).await.unwrap();
    assert_eq!(in_public.iter().map(|found| found.entry.id).collect::<Vec<_>>(), [first]);
}

#[tokio::test]
async fn bounds_must_exist() {
    let stage = stage();
    stage.desk.search_with(Arc::new(Told::default()));
    let top = article(&stage, "Top", "");
    for (base, top, refused) in [
        (Some(KnowledgeBaseId::DEFAULT), Some(top), None),
        (Some(KnowledgeBaseId::from_i64(99)), None, Some("knowledge base with this id not found")),
        (None, Some(KnowledgeEntryId::from_i64(99)), Some("knowledge base entry with this id not found")),
    ] {
        let outcome = find(&stage.desk, KnowledgeQuery { base, top, ..query(Reader::Desk) }).await;
        match refused {
            None => assert!(outcome.unwrap().is_empty()),
            Some(sentence) => {
                let error = outcome.unwrap_err();
                assert_eq!((error.kind, error.public.as_ref()), (Kind::NotFound, sentence));
            }
        }
    }
}

#[test]
fn changes_in_bites() {
    let stage = stage();
    let start = stage.see(|tx| Ok(tx.head()?));
    let nothing = stage.see(move |tx| changes_after(tx, start, 10)).unwrap();
    assert_eq!(nothing, Changes { until: start, bases: BTreeSet::new(), entries: BTreeSet::new() });
    let folder = CategoryDraft::new(EntryKind::Category, "Folder");
    let folder = stage.write(move |tx, cx| knowledge::add_category(tx, cx, &folder)).id;
    stage.write(|tx, cx| settings::put(tx, cx, &Settings::default()));
    let inside = article(&stage, "Inside", "");
    stage.write(move |tx, cx| knowledge::change(tx, cx, inside, &EntryChanges { parent: Some(Some(folder)), ..EntryChanges::default() }));
    let base = knowledge::BaseChanges { name: Some("Another".to_owned()), language: None };
    let base = stage.write(move |tx, cx| knowledge::create_base(tx, cx, &base)).id;
    let all = stage.see(move |tx| changes_after(tx, start, 100)).unwrap();
    assert_eq!(all.entries, BTreeSet::from([folder, inside]));
    assert_eq!(all.bases, BTreeSet::from([base]));
    assert_eq!(all.until, stage.see(|tx| Ok(tx.head()?)));
    let (mut number, mut entries, mut bites) = (start, BTreeSet::new(), 0);
    loop {
        let bite = stage.see(move |tx| changes_after(tx, number, 2)).unwrap();
        if bite.until == number {
            break;
        }
        assert!(bite.until <= number + 2);
        (number, bites) = (bite.until, bites + 1);
        entries.extend(bite.entries);
    }
    assert_eq!((number, entries), (all.until, all.entries));
    assert!(bites > 1);
}

#[test]
fn how_far_the_journal_reaches() {
    let stage = stage();
    article(&stage, "One", "");
    let whole = stage.see(journal_extent);
    assert!(whole.reaches_back_to(0) && whole.reaches_back_to(whole.head) && !whole.reaches_back_to(whole.head + 1));
    let head = whole.head;
    stage.write(move |tx, _| Ok(journal::trim(tx, Timestamp::from_seconds(i64::from(u32::MAX)), head)?));
    let rest = stage.see(journal_extent);
    assert_eq!((rest.head, rest.first), (head, Some(head)));
    assert!(!rest.reaches_back_to(head - 2) && rest.reaches_back_to(head - 1));
    assert!(stage.see(move |tx| changes_after(tx, head - 2, 10)).is_none());
    assert_eq!(stage.see(move |tx| changes_after(tx, head - 1, 10)).map(|changes| changes.until), Some(head));
    let empty = JournalExtent { epoch: 1, head: 7, first: None };
    assert!(empty.reaches_back_to(7) && !empty.reaches_back_to(6) && !empty.reaches_back_to(8));
}
