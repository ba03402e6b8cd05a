//! Hours add up to days, weeks and months, and these to departments and channels, as far as figures add up at all.

use super::{Row, YEAR, Year, sum};
use std::collections::BTreeSet;

/// How a column adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Adds {
    /// Exactly: each event counts once, in one quarter of an hour, one department and one channel. A chat of several departments counts in each
    /// for what was done there: who joined it where, how long he was there, where it ended.
    Up,
    /// A time, which each row rounds to whole seconds for itself.
    Nearly,
    /// A mean: it would need the counts that it was divided by, which no column shows.
    NotAMean,
    /// A share, the same way.
    NotAShare,
}

const COLUMNS: [(&str, Adds); 43] = [
    ("answers", Adds::Up),
    ("newAnswerAvgTime", Adds::NotAMean),
    ("newAnswerAvgTimeSla", Adds::NotAMean),
    ("nextAnswerAvgTime", Adds::NotAMean),
    ("nextAnswerAvgTimeSla", Adds::NotAMean),
    ("chat_answers", Adds::Up),
    ("chats", Adds::Up),
    ("missed_chats", Adds::Up),
    ("chat_pickup", Adds::Up),
    ("chatPickupAvgTime", Adds::NotAMean),
    ("chatAvgTime", Adds::NotAMean),
    ("calls", Adds::Up),
    ("missed_calls", Adds::Up),
    ("call_seconds", Adds::Nearly),
    ("not_ranked", Adds::Up),
    ("not_ranked_p", Adds::NotAShare),
    ("rewards", Adds::Up),
    ("rewards_p", Adds::NotAShare),
    ("punishments", Adds::Up),
    ("punishments_p", Adds::NotAShare),
    ("i_messages", Adds::Up),
    ("i_chats", Adds::Up),
    ("i_calls", Adds::Up),
    ("f_chats", Adds::Up),
    ("f_calls", Adds::Up),
    ("created_tickets", Adds::Up),
    ("resolved_tickets", Adds::Up),
    ("u_chats", Adds::Up),
    ("u_calls", Adds::Up),
    ("notes", Adds::Up),
    ("firstAssignAvgTime", Adds::NotAMean),
    ("firstAssignAvgTimeSla", Adds::NotAMean),
    ("firstResolveAvgTime", Adds::NotAMean),
    ("firstResolveAvgTimeSla", Adds::NotAMean),
    ("calls_outgoing", Adds::Up),
    ("call_outgoing_seconds", Adds::Nearly),
    ("call_outgoing_avg_time", Adds::NotAMean),
    ("call_pickup_avg_time", Adds::NotAMean),
    ("call_avg_time", Adds::NotAMean),
    ("calls_internal", Adds::Up),
    ("call_internal_avg_time", Adds::NotAMean),
    ("call_internal_seconds", Adds::Nearly),
    ("o_calls", Adds::Up),
];
/// What only agents do, each thing one of them: the sums of agents are the desk's. Customers' deeds are nobody's, a ticket is an agent's only
/// where he began it, and an internal call is talked by two.
const OF_AGENTS: [&str; 10] =
    ["answers", "chats", "chat_answers", "chat_pickup", "missed_chats", "calls", "missed_calls", "not_ranked", "notes", "calls_outgoing"];

pub(super) async fn parts_add_up_to_the_year(year: &Year) {
    let by = async |interval: &str| year.rows("performance", &format!("{YEAR}&group_by={interval}")).await;
    let months = by("month").await;
    let known: BTreeSet<&str> = COLUMNS.iter().map(|(column, _)| *column).chain(["datetime", "dateto"]).collect();
    assert_eq!(months[0].keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "every column adds up or not");
    assert_eq!(months.len(), 12);
    let whole =
        [by("hour").await, by("day").await, by("week").await, year.rows("departments", YEAR).await, year.rows("channels", YEAR).await];
    let names = ["hours", "days", "weeks", "departments", "channels"];
    assert_eq!(whole[..3].iter().map(Vec::len).collect::<Vec<_>>(), [365 * 24, 365, 53]);
    for (rows, name) in whole.iter().zip(names) {
        for (column, adds) in COLUMNS {
            match adds {
                Adds::Up => assert_eq!(sum(rows, column), sum(&months, column), "{column} of {name}"),
                Adds::Nearly => {
                    let (found, wanted) = (sum(rows, column), sum(&months, column));
                    let rounded = rows.iter().chain(&months).filter(|row| row[column] != "0").count() as i64;
                    assert!(wanted > 0 && 2 * (found - wanted).abs() <= rounded, "{column} of {name}: {found}, {wanted}");
                }
                Adds::NotAMean | Adds::NotAShare => {}
            }
        }
    }
    // What days show is what the hours of the day show, not only in the end.
    for day in &whole[1] {
        let date = &day["datetime"][..10];
        let hours: Vec<Row> = whole[0].iter().filter(|hour| hour["datetime"].starts_with(date)).cloned().collect();
        for (column, _) in COLUMNS.iter().filter(|(_, adds)| *adds == Adds::Up) {
            assert_eq!(day[*column], sum(&hours, column).to_string(), "{column} on {date}");
        }
    }
    let agents = year.rows("agents", YEAR).await;
    for column in OF_AGENTS {
        assert_eq!(sum(&agents, column), sum(&months, column), "{column} of agents");
    }
}
