//! Columns made of cells.

use std::collections::BTreeSet;

use super::*;
use crate::reports::tests::promised;

fn cell(entries: &[(Measure, i64)]) -> Cell {
    let mut cell = Cell::default();
    for (measure, number) in entries {
        cell.add(*measure, *number);
    }
    cell
}

fn shown(table: &[FigureColumn], cell: &Cell, key: &str) -> String {
    let (_, figure) = table.iter().find(|(name, _)| *name == key).expect("a column");
    figure.text(cell)
}

#[test]
fn columns_in_the_order_of_the_reference() {
    let names = |table: &[FigureColumn]| table.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(names(OF_AGENTS), promised("agents")[4..]);
    for path in ["channels", "departments", "performance", "tags"] {
        assert_eq!(names(OF_ALL_ELSE), promised(path)[2..], "{path}");
    }
}

#[test]
fn nothing_is_zero_everywhere() {
    for (name, figure) in OF_AGENTS.iter().chain(OF_ALL_ELSE) {
        let wanted = if name.ends_with("_ph") || name.ends_with("_p") { "0.00" } else { "0" };
        assert_eq!(figure.text(&Cell::default()), wanted, "{name}");
    }
}

#[test]
fn one_name_shows_one_thing() {
    for (name, figure) in OF_AGENTS {
        if let Some((_, other)) = OF_ALL_ELSE.iter().find(|(other, _)| other == name) {
            assert_eq!(figure, other, "{name}");
        }
    }
}

/// Every measure is told apart from every other one: no column shows another's number, and none of the counts is left out.
#[test]
fn every_measure_has_its_columns() {
    let mut told = BTreeSet::new();
    for entry in deskbell_domain::measure::REGISTRY {
        // Enough that means show it: one of them divides by one.
        let mut cell = cell(&[(entry.measure, 7_000_000_000)]);
        for count in [Rewards, WorkTime].into_iter().filter(|count| *count != entry.measure) {
            cell.add(count, 3_600_000_000);
        }
        let with: Vec<String> = OF_AGENTS.iter().chain(OF_ALL_ELSE).map(|(_, figure)| figure.text(&cell)).collect();
        cell.add(entry.measure, -7_000_000_000);
        let without: Vec<String> = OF_AGENTS.iter().chain(OF_ALL_ELSE).map(|(_, figure)| figure.text(&cell)).collect();
        if with != without {
            told.insert(entry.name);
        }
    }
    let silent: Vec<&str> = deskbell_domain::measure::REGISTRY.iter().map(|entry| entry.name).filter(|name| !told.contains(name)).collect();
    // What only means are made of: a time without its count, a count without its time.
    let only_means = [
        "new_answers",
        "new_answer_time",
        "new_answer_time_sla",
        "next_answers",
        "next_answer_time",
        "next_answer_time_sla",
        "first_assigns",
        "first_assign_time",
        "first_assign_time_sla",
        "first_resolves",
        "first_resolve_time",
        "first_resolve_time_sla",
        "chat_pickup_time",
        "chat_pickup_times",
        "chat_time",
        "chat_times",
        "call_times",
        "call_pickup_time",
        "call_pickup_times",
        "outgoing_call_times",
        "internal_call_times",
    ];
    assert_eq!(silent, only_means);
}

/// Told by the stored names, which are another table.
#[test]
fn counts_show_what_they_are_called_after() {
    let mut cell = Cell::default();
    for (place, entry) in deskbell_domain::measure::REGISTRY.iter().enumerate() {
        cell.add(entry.measure, 1_000 + place as i64);
    }
    for (key, name) in [
        ("answers", "answers"),
        ("calls", "calls"),
        ("missed_calls", "missed_calls"),
        ("chats", "chats"),
        ("chat_answers", "chat_answers"),
        ("missed_chats", "missed_chats"),
        ("chat_pickup", "chat_pickups"),
        ("not_ranked", "not_ranked"),
        ("rewards", "rewards"),
        ("punishments", "punishments"),
        ("i_messages", "incoming_messages"),
        ("i_chats", "incoming_chats"),
        ("i_calls", "incoming_calls"),
        ("f_chats", "finished_chats"),
        ("f_calls", "finished_calls"),
        ("created_tickets", "created_tickets"),
        ("resolved_tickets", "resolved_tickets"),
        ("u_chats", "unanswered_chats"),
        ("u_calls", "unanswered_calls"),
        ("notes", "notes"),
        ("calls_outgoing", "outgoing_calls"),
        ("calls_internal", "internal_calls"),
        ("o_calls", "voicemails"),
    ] {
        let entry = deskbell_domain::measure::REGISTRY.iter().find(|entry| entry.name == name).expect("a measure");
        assert_eq!(shown(OF_ALL_ELSE, &cell, key), cell.get(entry.measure).to_string(), "{key}");
    }
}

const SECOND: i64 = SECOND_MICROS;

#[test]
fn means_are_rounded_half_up() {
    for (key, time, count) in [
        ("newAnswerAvgTime", NewAnswerTime, NewAnswers),
        ("newAnswerAvgTimeSla", NewAnswerTimeSla, NewAnswers),
        ("nextAnswerAvgTime", NextAnswerTime, NextAnswers),
        ("nextAnswerAvgTimeSla", NextAnswerTimeSla, NextAnswers),
        ("firstAssignAvgTime", FirstAssignTime, FirstAssigns),
        ("firstAssignAvgTimeSla", FirstAssignTimeSla, FirstAssigns),
        ("firstResolveAvgTime", FirstResolveTime, FirstResolves),
        ("firstResolveAvgTimeSla", FirstResolveTimeSla, FirstResolves),
        ("chatPickupAvgTime", ChatPickupTime, ChatPickupTimes),
        ("chatAvgTime", ChatTime, ChatTimes),
        ("call_pickup_avg_time", CallPickupTime, CallPickupTimes),
        ("call_avg_time", CallTime, CallTimes),
        ("call_avg_time", OutgoingCallTime, OutgoingCallTimes),
        ("call_outgoing_avg_time", OutgoingCallTime, OutgoingCallTimes),
        ("call_internal_avg_time", InternalCallTime, InternalCallTimes),
    ] {
        for (micros, of, wanted) in
            [(7 * SECOND, 2, "4"), (7 * SECOND - 1, 2, "3"), (10 * SECOND, 3, "3"), (11 * SECOND, 3, "4"), (499_999, 1, "0"), (5, 0, "0")]
        {
            for table in [OF_AGENTS, OF_ALL_ELSE] {
                assert_eq!(shown(table, &cell(&[(time, micros), (count, of)]), key), wanted, "{key}: {micros} by {of}");
            }
        }
    }
}

/// Averages of averages would be 6.
#[test]
fn cells_are_added_before_they_are_divided() {
    let mut one = cell(&[(ChatTime, 10 * SECOND), (ChatTimes, 1)]);
    one.merge(&cell(&[(ChatTime, 6 * SECOND), (ChatTimes, 3)]));
    assert_eq!(shown(OF_AGENTS, &one, "chatAvgTime"), "4");
}

#[test]
fn calls_in_and_out() {
    let cell = cell(&[
        (CallTime, 100 * SECOND),
        (CallTimes, 2),
        (OutgoingCallTime, 50 * SECOND),
        (OutgoingCallTimes, 1),
        (OutgoingCalls, 4),
        (InternalCallTime, 9 * SECOND),
        (InternalCalls, 3),
        (WorkTime, 2 * 3_600 * SECOND),
    ]);
    for (key, wanted) in [
        ("call_seconds", "150"),
        ("call_seconds_ph", "75.00"),
        ("call_avg_time", "50"),
        ("call_outgoing_seconds", "50"),
        ("calls_outgoing", "4"),
        ("calls_internal", "3"),
        ("call_internal_seconds", "9"),
    ] {
        assert_eq!(shown(OF_AGENTS, &cell, key), wanted, "{key}");
    }
}

#[test]
fn by_the_hour_of_work() {
    for (minutes, answers, worktime, per_hour) in [
        (90 * 60 * SECOND, 10, "90", "6.67"),
        (60 * 60 * SECOND, 5, "60", "5.00"),
        (0, 5, "0", "0.00"),
        // Less than half a minute is none.
        (29 * SECOND, 5, "0", "0.00"),
        (30 * SECOND, 5, "1", "300.00"),
    ] {
        let cell = cell(&[(WorkTime, minutes), (Answers, answers)]);
        assert_eq!(shown(OF_AGENTS, &cell, "worktime"), worktime);
        assert_eq!(shown(OF_AGENTS, &cell, "answers_ph"), per_hour);
    }
}

#[test]
fn per_cent_of_all_who_were_asked() {
    let cell = cell(&[(Rewards, 2), (Punishments, 1), (NotRanked, 3)]);
    for (key, wanted) in [("rewards_p", "33.33"), ("punishments_p", "16.67"), ("not_ranked_p", "50.00"), ("rewards", "2")] {
        assert_eq!(shown(OF_ALL_ELSE, &cell, key), wanted, "{key}");
        assert_eq!(shown(OF_AGENTS, &cell, key), wanted, "{key}");
    }
}

#[test]
fn large_and_negative_numbers() {
    assert_eq!(divided(i64::MAX, 1), i64::MAX);
    assert_eq!(divided(i64::MIN, i64::MAX), -1);
    assert_eq!((divided(-3, 2), divided(-5, 2)), (-1, -2));
    assert_eq!(mean_seconds(i64::MAX, i64::MAX), 1);
    assert_eq!((decimal(-1, 3), decimal(-1, 1_000)), ("-0.33".to_owned(), "0.00".to_owned()));
}
