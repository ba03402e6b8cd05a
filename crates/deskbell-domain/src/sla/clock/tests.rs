use super::*;
use crate::sla::Times;

const HOUR: u32 = 3_600;
const HOUR_MICROS: i64 = 3_600_000_000;

/// Weekdays from nine to five.
fn level(id: i64, hours: u32) -> Level {
    let week = "Europe/Berlin; mon 09:00-17:00; tue 09:00-17:00; wed 09:00-17:00; thu 09:00-17:00; fri 09:00-17:00";
    Level {
        id: SlaLevelId::from_i64(id),
        name: "Usual".to_owned(),
        times: Times::default().with(Goal::FirstResolve, hours * HOUR),
        calendar: Calendar::parse(week).unwrap(),
    }
}

/// In the week of Monday 5 January 2026, by the clock in Berlin.
fn at(day: i8, hour: i8) -> Timestamp {
    let moment = jiff::civil::date(2026, 1, 4 + day).at(hour, 0, 0, 0).in_tz("Europe/Berlin").unwrap();
    Timestamp::from_micros(moment.timestamp().as_microsecond())
}

fn clock(level: &Level, now: Timestamp) -> Clock {
    let (id, conversation) = (SlaItemId::from_i64(1), ConversationId::from_i64(1));
    Clock::start(id, conversation, level, (Goal::FirstResolve, Subject::Ticket), now).unwrap()
}

#[test]
fn what_is_not_watched_has_no_clock() {
    let (id, conversation) = (SlaItemId::from_i64(1), ConversationId::from_i64(1));
    let usual = level(1, 4);
    assert_eq!(Clock::start(id, conversation, &usual, (Goal::FirstAnswer, Subject::Ticket), at(1, 9)), None);
    let closed = Level { calendar: Calendar::parse("GMT").unwrap(), ..usual };
    assert_eq!(Clock::start(id, conversation, &closed, (Goal::FirstResolve, Subject::Ticket), at(1, 9)), None);
}

#[test]
fn it_runs_by_business_hours() {
    let clock = clock(&level(1, 4), at(1, 15));
    assert_eq!(clock.due(), Some(at(2, 11)));
    assert!(!clock.is_overdue(at(2, 11)), "the due moment is still in time");
    assert!(clock.is_overdue(at(2, 11).plus_micros(1)));
    let calendar = level(1, 4).calendar;
    assert_eq!(clock.settle(&calendar, at(2, 10)), Some(Settled { due: at(2, 11), taken_micros: 3 * HOUR_MICROS }));
    assert_eq!(clock.settle(&calendar, at(3, 10)), Some(Settled { due: at(2, 11), taken_micros: 11 * HOUR_MICROS }));
}

#[test]
fn while_it_stands_still_its_due_time_moves_on() {
    let Level { calendar, .. } = level(1, 4);
    let mut clock = clock(&level(1, 4), at(1, 9));
    assert!(clock.stop(&calendar, at(1, 12)));
    assert!(!clock.stop(&calendar, at(1, 13)), "it stands already");
    assert_eq!((clock.due(), clock.is_overdue(at(5, 9))), (None, false));
    assert_eq!(clock.settle(&calendar, at(3, 10)), Some(Settled { due: at(3, 11), taken_micros: 3 * HOUR_MICROS }));
    assert_eq!(clock.go_on(&calendar, at(2, 16)), Some(at(2, 17)));
    assert_eq!(clock.go_on(&calendar, at(3, 16)), Some(at(2, 17)), "it runs already");
    assert_eq!(clock.settle(&calendar, at(2, 17)).unwrap().taken_micros, 4 * HOUR_MICROS);
    // One that is overdue stays so.
    assert!(!clock.stop(&calendar, at(3, 9)));
    assert_eq!(clock.due(), Some(at(2, 17)));
    // Stopped at its last moment, it is due with the first one that counts.
    let mut last = clock.clone();
    last.run = Run::Since { since: at(1, 9), due: at(1, 17) };
    (last.allowed_micros, last.used_micros) = (8 * HOUR_MICROS, 0);
    assert!(last.stop(&calendar, at(1, 17)));
    assert_eq!(last.go_on(&calendar, at(6, 12)), Some(at(8, 9)));
}

#[test]
fn under_another_level_it_goes_on() {
    let (four, eight) = (level(1, 4), level(2, 8));
    let old = clock(&four, at(1, 9));
    let id = SlaItemId::from_i64(2);
    let new = old.under(id, &eight).unwrap();
    assert_eq!((new.id, new.level, new.started, new.due()), (id, eight.id, at(1, 9), Some(at(1, 17))));
    let mut stood = old.clone();
    stood.stop(&four.calendar, at(1, 12));
    let mut new = stood.under(id, &eight).unwrap();
    assert_eq!(new.due(), None);
    assert_eq!(new.go_on(&eight.calendar, at(2, 9)), Some(at(2, 14)), "three hours of the eight are used up");
    // Under a shorter one it may be overdue at once.
    let mut later = old;
    later.stop(&four.calendar, at(1, 12));
    later.go_on(&four.calendar, at(2, 10));
    assert_eq!(later.under(id, &level(3, 2)).unwrap().due(), Some(at(2, 10)));
    assert_eq!(later.under(id, &Level { times: Times::default(), ..four }), None);
}
