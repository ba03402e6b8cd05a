use std::time::{Duration, Instant};

use super::ledger::{Ledger, Manner, Side, id};
use super::pace::BackOff;
use super::report::{Facts, SimulateReport, percentile};

#[test]
fn percentiles_are_nearest_ranks() {
    assert_eq!(percentile(&[], 50.0), None);
    assert_eq!(percentile(&[7], 0.0), Some(7));
    let hundred: Vec<u32> = (1..=100).collect();
    for (share, value) in [(1.0, 1), (50.0, 50), (90.0, 90), (99.0, 99), (99.1, 100), (100.0, 100)] {
        assert_eq!(percentile(&hundred, share), Some(value), "{share}");
    }
    assert_eq!(percentile(&[10, 20, 30], 50.0), Some(20));
    assert_eq!(percentile(&[10, 20], 50.0), Some(10));
}

#[test]
fn back_off_doubles_up_to_fifteen_seconds() {
    use rand::SeedableRng;
    let mut chance = rand::rngs::StdRng::seed_from_u64(1);
    let mut back_off = BackOff::default();
    for whole in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000] {
        let wait = back_off.next(&mut chance).as_millis() as u64;
        assert!((whole / 2..=whole).contains(&wait), "{wait} of {whole}");
    }
    back_off.reset();
    assert!(back_off.next(&mut chance) <= Duration::from_millis(500));
}

#[test]
fn the_book_tells_lost_from_doubled() {
    let ledger = Ledger::new(None).unwrap();
    let begin = Instant::now();
    let at = |millis| begin + Duration::from_millis(millis);
    for number in 1..=8 {
        ledger.writes(number, if number == 7 { Side::Agent } else { Side::Visitor }, Manner::Chat, begin);
    }
    // Kept and seen.
    ledger.acknowledged(1, "abc", "one", at(3));
    ledger.seen(1, Side::Visitor, "m1", at(4), begin);
    ledger.seen(1, Side::Agent, "m1", at(5), begin);
    ledger.seen(1, Side::Agent, "m1", at(500), begin);
    ledger.confirmed(1, "m1");
    // Found later by somebody who was not there: no latency.
    ledger.acknowledged(5, "abc", "five", at(3));
    ledger.seen(5, Side::Agent, "m5", at(700), at(600));
    ledger.confirmed(5, "m5");
    // Lost.
    ledger.acknowledged(2, "abc", "two", at(3));
    // Doubled.
    ledger.acknowledged(3, "abc", "three", at(3));
    ledger.seen(3, Side::Agent, "m3", at(9), begin);
    ledger.confirmed(3, "m4");
    // In a conversation that was not read.
    ledger.acknowledged(4, "abd", "four", at(3));
    // Never answered, and refused.
    ledger.refused(6);
    // Written again: no latency, and seen by the visitor.
    ledger.writes_again(7);
    ledger.acknowledged(7, "abc", "seven", at(9_000));
    ledger.seen(7, Side::Visitor, "m7", at(9_001), begin);
    ledger.confirmed(7, "m7");
    ledger.checked("abc");
    ledger.attended(&[id("abc")]);
    assert_eq!(ledger.conversations(), [id("abc"), id("abd")]);
    let closed = ledger.close();
    assert_eq!((closed.lost, closed.doubled, closed.unverified, closed.unacknowledged), (1, 1, 1, 1));
    assert_eq!((closed.acknowledged_visitors, closed.acknowledged_agents), (5, 1));
    assert_eq!((closed.seen, closed.unseen, closed.missed_by_visitor), (4, 2, 3));
    assert_eq!(closed.send_to_seen, [5_000, 9_000]);
    assert_eq!(closed.send_to_ok, [3_000; 5]);
    let facts = Facts { visitors: 1, agents: 1, lasted: Duration::from_secs(1), total: Duration::from_secs(2), seed: 1 };
    let report = SimulateReport::new(facts, closed, true);
    assert!(!report.is_clean());
    assert_eq!(report.json()["send_to_seen_ms"]["p50"], 5.0);
    assert_eq!(report.to_string().lines().count(), 1);
}

#[test]
fn keys_are_uuids_that_read_back() {
    let ledger = Ledger::new(None).unwrap();
    let key = ledger.key(77);
    assert_eq!(key.len(), 36);
    assert_eq!(key.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(ledger.number(&key), Some(77));
    assert_eq!(Ledger::new(None).unwrap().number(&key), None, "another run's");
}
