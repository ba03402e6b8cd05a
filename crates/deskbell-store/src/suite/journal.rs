//! The journal, what is remembered beside it, and what survives closing.

use super::{Place, at, event};
use crate::error::StoreError;
use crate::{cursors, idempotency, journal};
use deskbell_domain::conversation::Status;
use deskbell_domain::event::Event;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::Actor;

fn changed(conversation: i64, to: Status) -> Event {
    Event::StatusChanged { conversation: ConversationId::from_i64(conversation), from: Status::New, to, by: Actor::System }
}

fn numbers(entries: &[deskbell_domain::event::Recorded]) -> Vec<i64> {
    entries.iter().map(|entry| entry.number).collect()
}

pub(super) fn the_journal_reads_back(place: &Place) {
    let test = place.open();
    assert_eq!(test.see(journal::first_number), None);
    test.put(|tx| {
        tx.append(at(10), changed(1, Status::Open))?;
        tx.append(at(11), changed(2, Status::Open))?;
        tx.append(at(12), Event::SettingsChanged { slots_for_all: None })?;
        tx.append(at(13), changed(1, Status::Resolved))
    });
    let all = test.see(|tx| journal::after(tx, 0, 100));
    assert_eq!(numbers(&all), [1, 2, 3, 4]);
    assert_eq!(all[3].event, changed(1, Status::Resolved));
    assert_eq!(all[3].at, at(13));
    assert_eq!(numbers(&test.see(|tx| journal::after(tx, 1, 2))), [2, 3]);
    let one = |number, limit| test.see(move |tx| journal::of_conversation(tx, ConversationId::from_i64(1), number, limit));
    assert_eq!(numbers(&one(0, 10)), [1, 4]);
    assert_eq!(numbers(&one(1, 10)), [4]);
    assert_eq!(numbers(&one(0, 1)), [1]);
    assert_eq!(test.see(journal::first_number), Some(1));
    assert_eq!(test.see(|tx| journal::first_since(tx, at(12))), Some(3));
    assert_eq!(test.see(journal::check_gapless), None);
}

pub(super) fn own_events_are_visible(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        tx.append(at(1), event(1))?;
        assert_eq!(numbers(&journal::after(tx, 0, 10)?), [1]);
        tx.append(at(1), event(2))?;
        assert_eq!(numbers(&journal::after(tx, 0, 10)?), [1, 2]);
        assert_eq!(tx.head()?, 2);
        Ok(())
    });
    let refused = test.write(|tx| -> Result<(), StoreError> {
        tx.append(at(1), event(3))?;
        assert_eq!(numbers(&journal::after(tx, 0, 10)?), [1, 2, 3]);
        Err(StoreError::Busy)
    });
    assert_eq!(refused, Err(StoreError::Busy));
    assert_eq!(test.put(|tx| tx.append(at(1), event(4))), 3);
    assert_eq!(test.see(journal::check_gapless), None);
}

pub(super) fn trimming_keeps_what_is_needed(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        for second in 1..=5_000 {
            tx.append(at(second), event(second))?;
        }
        Ok(())
    });
    let trim = |before, keep_from| test.put(move |tx| journal::trim(tx, at(before), keep_from));
    assert_eq!(trim(1, 5_000), 0);
    assert_eq!(trim(11, 5), 4, "what a reader needs stays");
    assert_eq!(trim(11, 5_000), 6);
    assert_eq!(trim(4_000, 5_000), 2_000, "in bites");
    assert_eq!(trim(4_000, 5_000), 1_989);
    assert_eq!(test.see(journal::first_number), Some(4_000));
    assert_eq!(test.see(journal::check_gapless), None);
    assert_eq!(trim(6_000, 6_000), 1_001);
    assert_eq!(test.see(journal::first_number), None);
    assert_eq!(test.put(|tx| tx.append(at(1), event(1))), 5_001, "numbers go on");
    assert_eq!(test.see(journal::check_gapless), None);
}

pub(super) fn starting_over_changes_the_epoch(place: &Place) {
    let test = place.open();
    let epoch = test.db.epoch();
    assert!(epoch > 0 && epoch < 1 << 53);
    assert_eq!(test.see(|tx| Ok(tx.epoch())), epoch);
    assert_eq!(test.put(|tx| Ok(tx.epoch())), epoch);
    let undone = test.write(|tx| -> Result<(), StoreError> { journal::start_over(tx).and(Err(StoreError::Busy)) });
    assert_eq!(undone, Err(StoreError::Busy));
    assert_eq!(test.put(|tx| Ok(tx.epoch())), epoch);
    let fresh = test.put(journal::start_over);
    assert_ne!(fresh, epoch);
    assert_eq!(test.db.epoch(), fresh);
    assert_eq!(test.see(|tx| Ok(tx.epoch())), fresh);
    test.db.close();
    assert_eq!(place.open().db.epoch(), fresh);
}

pub(super) fn holes_are_found(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        for second in 1..=10 {
            tx.append(at(second), event(second))?;
        }
        Ok(())
    });
    test.put(|tx| tx.exec("DELETE FROM journal WHERE number = 10", &[]));
    assert_eq!(test.see(journal::check_gapless), Some(journal::Gap { after: 9, next: 10 }));
    test.put(|tx| tx.exec("DELETE FROM journal WHERE number IN (5, 6)", &[]));
    assert_eq!(test.see(journal::check_gapless), Some(journal::Gap { after: 4, next: 7 }));
    test.put(|tx| tx.exec("UPDATE journal SET kind = 'Strange' WHERE number = 8", &[]));
    let unread = test.db.read_blocking(|tx| journal::after(tx, 7, 1));
    assert_eq!(unread, Err(StoreError::Corrupt("journal entry 8: unknown kind of event: Strange".to_owned())));
}

pub(super) fn idempotency_keys(place: &Place) {
    let test = place.open();
    let find = |scope: &'static str, key: &'static str| test.see(move |tx| idempotency::find(tx, scope, key));
    assert_eq!(find("a", "1"), None);
    test.put(|tx| {
        idempotency::remember(tx, "a", "1", at(1), "one")?;
        idempotency::remember(tx, "b", "1", at(2), "two")?;
        idempotency::remember(tx, "a", "2", at(3), "three")
    });
    assert_eq!(find("a", "1").as_deref(), Some("one"));
    assert_eq!(find("b", "1").as_deref(), Some("two"));
    assert!(test.write(|tx| idempotency::remember(tx, "a", "1", at(4), "again")).is_err_and(|error| error.is_conflict()));
    assert_eq!(test.put(|tx| idempotency::forget_before(tx, at(3))), 2);
    assert_eq!((find("a", "1"), find("a", "2").as_deref()), (None, Some("three")));
}

pub(super) fn reader_cursors(place: &Place) {
    let test = place.open();
    assert_eq!(test.see(|tx| cursors::get(tx, "figures")), None);
    assert_eq!(test.see(cursors::least), None);
    test.put(|tx| {
        cursors::set(tx, "figures", 5)?;
        cursors::set(tx, "documents", 9)?;
        cursors::set(tx, "figures", 7)
    });
    assert_eq!(test.see(|tx| cursors::get(tx, "figures")), Some(7));
    assert_eq!(test.see(cursors::least), Some(7));
    assert_eq!(test.see(cursors::all), [("documents".to_owned(), 9), ("figures".to_owned(), 7)]);
}

pub(super) fn reopening_keeps_everything(place: &Place) {
    let test = place.open();
    let id = test.put(|tx| {
        tx.append(at(1), event(1))?;
        cursors::set(tx, "reader", 1)?;
        tx.next_id()
    });
    let epoch = test.db.epoch();
    test.db.close();
    drop(test);
    let test = place.open();
    assert_eq!(test.db.epoch(), epoch);
    assert_eq!(test.see(|tx| tx.head()), 1);
    assert_eq!(test.see(|tx| cursors::get(tx, "reader")), Some(1));
    assert_ne!(test.put(|tx| tx.next_id()), id);
    assert_eq!(test.put(|tx| tx.append(at(1), event(2))), 2);
    assert_eq!(test.heard.calls().numbers(), [2]);
    assert!(test.heard.calls().reconnected.is_empty());
}

pub(super) fn newer_databases_are_refused(place: &Place) {
    let test = place.open();
    test.put(|tx| tx.exec("INSERT INTO schema_migrations (name, position, checksum) VALUES ('9999-future', 9999, '')", &[]));
    test.db.close();
    let refused = place.open_with(super::Options::default()).map(drop);
    assert_eq!(refused, Err(StoreError::Newer("9999-future".to_owned())));
}

pub(super) fn edited_migrations_are_refused(place: &Place) {
    let test = place.open();
    test.put(|tx| tx.exec("UPDATE schema_migrations SET checksum = 'other' WHERE name = 'engine-1'", &[]));
    test.db.close();
    let refused = place.open_with(super::Options::default()).map(drop);
    assert_eq!(refused, Err(StoreError::Edited("engine-1".to_owned())));
}
