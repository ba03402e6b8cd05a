//! Files: rows, what they stand in, which are unused, and the marks on contents.

use super::{Place, TestDb, at};
use crate::tables::files::{self, BlobMark, File, FileOwner};
use deskbell_domain::ids::{AgentId, ConversationId, KnowledgeEntryId, VisitorId, WidgetId};
use deskbell_domain::message::Attachment;

const WIDGET: FileOwner = FileOwner::Widget(WidgetId::from_i64(7));
const ENTRY: FileOwner = FileOwner::KnowledgeEntry(KnowledgeEntryId::from_i64(7));

fn id(number: i64) -> String {
    format!("{number:032x}")
}

fn file(number: i64) -> File {
    File {
        attachment: Attachment {
            file: id(number),
            name: format!("größe {number}.png"),
            content_type: "image/png".to_owned(),
            bytes: 20 * 1024 * 1024,
        },
        blob: format!("{:064x}", number % 2),
        conversation: (number % 3 == 0).then(|| ConversationId::from_i64(number)),
        visitor: (number % 2 == 0).then(|| VisitorId::from_i64(5)),
        agent: (number % 2 == 1).then(|| AgentId::from_i64(6)),
        by_key: number % 4 == 0,
        downloads: number,
        created: at(number),
    }
}

fn fill(test: &TestDb) {
    test.put(|tx| (1..=9).try_for_each(|number| files::insert(tx, &file(number))));
}

pub(super) fn files_come_back_and_move(place: &Place) {
    let test = place.open();
    fill(&test);
    for number in 1..=9 {
        assert_eq!(test.see(move |tx| files::get(tx, &id(number))), Some(file(number)));
    }
    test.put(|tx| {
        files::attach(tx, &id(1), ConversationId::from_i64(3))?;
        files::move_between(tx, ConversationId::from_i64(3), ConversationId::from_i64(50))?;
        files::add_downloads(tx, &id(1), 4)?;
        files::remove(tx, &id(2))
    });
    let (one, two, three) = test.see(|tx| Ok((files::get(tx, &id(1))?, files::get(tx, &id(2))?, files::get(tx, &id(3))?)));
    let moved = Some(ConversationId::from_i64(50));
    assert_eq!((one.clone().and_then(|file| file.conversation), three.and_then(|file| file.conversation)), (moved, moved));
    assert_eq!((one.map(|file| file.downloads), two), (Some(5), None));
    assert_eq!(test.see(|tx| files::get(tx, "no id at all")), None);
}

pub(super) fn files_that_stand_nowhere(place: &Place) {
    let test = place.open();
    fill(&test);
    test.put(|tx| {
        files::add_use(tx, &id(1), WIDGET)?;
        files::add_use(tx, &id(1), WIDGET)?;
        files::add_use(tx, &id(1), ENTRY)?;
        files::add_use(tx, &id(2), ENTRY)?;
        files::add_use(tx, &id(99), ENTRY)
    });
    let unused = |before: i64, limit: i64| -> Vec<i64> {
        let found = test.see(move |tx| files::unused_before(tx, at(before), limit));
        found.into_iter().map(|file| file.downloads).collect()
    };
    assert_eq!(unused(8, 10), [4, 5, 7], "3 and 6 were sent, 1 and 2 stand somewhere, 8 is too young");
    assert_eq!(unused(8, 2), [4, 5]);
    assert_eq!(test.see(|tx| files::owners(tx, &id(1))), [ENTRY, WIDGET]);
    assert_eq!(test.see(|tx| files::used_by(tx, ENTRY)), [id(1), id(2)], "a file that does not exist stands nowhere");
    test.put(|tx| {
        files::remove_use(tx, &id(1), WIDGET)?;
        files::remove_use(tx, &id(2), ENTRY)
    });
    assert_eq!((test.see(|tx| files::owners(tx, &id(1))), unused(3, 10)), (vec![ENTRY], vec![2]));
}

pub(super) fn contents_are_shared_and_marked(place: &Place) {
    let test = place.open();
    fill(&test);
    let (even, odd) = (file(2).blob, file(1).blob);
    let used = |blob: &str| {
        let blob = blob.to_owned();
        test.see(move |tx| files::blob_is_used(tx, &blob))
    };
    assert_eq!((used(&even), used(&odd), used("x")), (true, true, false));
    test.put(|tx| [2, 4, 6, 8].into_iter().try_for_each(|number| files::remove(tx, &id(number))));
    assert_eq!((used(&even), used(&odd)), (false, true));

    let mark = |name: &str, second: i64, removing: bool| BlobMark { blob: name.to_owned(), holds: 2, marked: at(second), removing };
    let (first, second) = (mark("a", 1, false), mark("b", 2, true));
    let rows = [first.clone(), second.clone()];
    test.put(move |tx| rows.iter().try_for_each(|row| files::put_mark(tx, row)));
    let see = |name: &'static str| test.see(move |tx| files::mark(tx, name));
    assert_eq!((see("a"), see("b"), see("c")), (Some(first.clone()), Some(second.clone()), None));
    assert_eq!(test.see(|tx| files::marks_before(tx, at(2), 10)), [first]);
    assert_eq!(test.see(|tx| files::marks_before(tx, at(3), 1)).len(), 1);
    let changed = mark("a", 9, true);
    let row = changed.clone();
    test.put(move |tx| {
        files::put_mark(tx, &row)?;
        files::remove_mark(tx, "b")
    });
    assert_eq!((see("a"), see("b")), (Some(changed), None));
}
