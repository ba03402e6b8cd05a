use deskbell_domain::event::Event;
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::time::Timestamp;

use super::*;
use crate::sample::view;

/// Events with these numbers; those in `concerning` change an entry.
fn events(numbers: std::ops::RangeInclusive<i64>, concerning: &[i64]) -> Vec<Arc<Recorded>> {
    let event = |number| {
        if concerning.contains(&number) {
            Event::KnowledgeEntryChanged { base: KnowledgeBaseId::DEFAULT, entry: KnowledgeEntryId::from_i64(1), removed: false }
        } else {
            Event::SettingsChanged { slots_for_all: None }
        }
    };
    numbers.map(|number| Arc::new(Recorded { number, at: Timestamp::EPOCH, event: event(number) })).collect()
}

fn behind(shared: &Shared) -> i64 {
    shared.progress().events_behind
}

#[test]
fn what_may_be_skipped() {
    let shared = Arc::new(Shared::default());
    let mut watch = Watch(Arc::clone(&shared));
    assert_eq!(shared.skip(7), 7, "nothing was seen");
    watch.follow(&events(11..=20, &[]));
    assert_eq!([9, 10, 15, 20, 25].map(|number| shared.skip(number)), [9, 20, 20, 20, 25], "only behind what was seen from the start");
    watch.follow(&events(21..=30, &[24, 27]));
    assert_eq!([15, 23, 24, 30].map(|number| shared.skip(number)), [23, 23, 24, 30]);
    assert_eq!(behind(&shared), 7);
    shared.show(None, 24, false);
    assert_eq!((shared.skip(24), behind(&shared)), (24, 6), "there may be more of them");
    shared.show(None, 27, false);
    assert_eq!((shared.skip(27), behind(&shared)), (30, 0));
    watch.follow(&events(31..=31, &[31]));
    assert_eq!((shared.skip(30), behind(&shared)), (30, 1));
    shared.leave();
}

/// The keeper may read the journal before the listener is told.
#[test]
fn what_is_shown_already_is_nothing_new() {
    let shared = Arc::new(Shared::default());
    let mut watch = Watch(Arc::clone(&shared));
    shared.show(None, 12, false);
    watch.follow(&events(10..=12, &[11]));
    assert_eq!(behind(&shared), 0);
    watch.follow(&events(13..=14, &[13]));
    assert_eq!(behind(&shared), 2);
    shared.leave();
}

#[test]
fn the_keeper_wakes() {
    let shared = Arc::new(Shared::default());
    let (short, long) = (Duration::from_millis(1), Duration::from_secs(60));
    let nothing = Call { ended: false, damaged: false, asked: None };
    assert_eq!(shared.wait(short), nothing);
    let mut watch = Watch(Arc::clone(&shared));
    watch.follow(&events(1..=3, &[]));
    assert_eq!(shared.wait(short), nothing, "nothing that concerns it");
    watch.follow(&events(4..=5, &[4]));
    assert_eq!(shared.wait(long), nothing, "nudged");
    shared.report_damage();
    assert_eq!(shared.wait(long), Call { damaged: true, ..nothing });
    assert_eq!(shared.wait(short), nothing, "told once");
    shared.leave();
    drop(watch);
    assert_eq!(shared.wait(long), Call { ended: true, ..nothing });
    assert!(shared.rest(long) && shared.is_ended());
}

#[test]
fn a_search_waits_until_it_is_served_or_for_a_while() {
    let shared = Arc::new(Shared::default());
    assert!(shared.fresh_view().is_none(), "after a while");
    shared.show(Some(view(&["en"], &[])), 1, false);
    let waiting = std::thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let begin = Instant::now();
            (shared.fresh_view().is_some(), begin.elapsed())
        }
    });
    loop {
        let call = shared.wait(Duration::from_secs(60));
        // The first search gave up and is still on the list.
        shared.serve(call.asked.unwrap());
        if call.asked == Some(2) {
            break;
        }
    }
    let (found, time) = waiting.join().unwrap();
    assert!(found && time < Duration::from_millis(FRESH_MILLIS_MAX), "{time:?}");
    shared.leave();
    assert!(shared.fresh_view().is_none(), "at once: there is none any more");
}

#[test]
fn nobody_waits_for_a_keeper_that_is_stuck() {
    let shared = Arc::new(Shared::default());
    shared.show(Some(view(&["en"], &[])), 1, false);
    shared.get_stuck();
    let begin = Instant::now();
    assert!(shared.fresh_view().is_some());
    assert!(begin.elapsed() < Duration::from_millis(FRESH_MILLIS_MAX));
}

/// Who copies chats by searching for them must not take a part for all.
#[test]
fn a_part_is_never_shown_as_the_whole() {
    let shared = Arc::new(Shared::default());
    shared.show(Some(view(&["en"], &[])), 1, true);
    shared.get_stuck();
    assert!(shared.whole_view().is_none(), "it cannot go on for now");
    let ask = |shared: &Arc<Shared>| {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || shared.whole_view().is_some())
    };
    shared.show(Some(view(&["en"], &[])), 1, true);
    let early = ask(&shared);
    let call = shared.wait(Duration::from_secs(60));
    assert!(!early.is_finished(), "it is being built");
    shared.show(Some(view(&["en"], &[])), 2, false);
    assert!(!early.is_finished(), "what was written before may be missing");
    // The keeper answers all that had asked when it began.
    let mut answered = call.asked;
    while answered < Some(2) {
        answered = shared.wait(Duration::from_secs(60)).asked;
    }
    shared.serve(answered.unwrap());
    assert!(early.join().unwrap());
    shared.leave();
    assert!(shared.whole_view().is_none());
}
