//! Every column of every report.

use super::{Row, YEAR, Year};
use std::collections::BTreeMap;

/// Every report with the number of its columns.
const REPORTS: [(&str, &str, usize); 23] = [
    ("agents", "", 53),
    ("channels", "", 45),
    ("departments", "", 45),
    ("tags", "", 45),
    ("performance", "&group_by=hour", 45),
    ("performance", "&group_by=day", 45),
    ("performance", "&group_by=week", 45),
    ("performance", "&group_by=month", 45),
    ("tickets/agentsavailability", "", 10),
    ("tickets/load", "", 10),
    ("tickets/slacompliance", "", 9),
    ("tickets/slalog", "", 20),
    ("chats/agentsavailability", "", 10),
    ("chats/availability", "", 3),
    ("chats/load", "", 10),
    ("chats/slacompliance", "", 9),
    ("chats/slalog", "", 20),
    ("calls/agentsavailability", "", 10),
    ("calls/availability", "", 3),
    ("calls/load", "", 10),
    ("calls/slacompliance", "", 9),
    ("calls/slalog", "", 20),
    ("ranking", "", 11),
];
/// How nothing is written.
const NOTHING: [&str; 5] = ["", "0", "0.00", "0.0000", "00:00:00"];

pub(super) async fn each_has_something_to_show(year: &Year) {
    let mut empty = Vec::new();
    for (report, how, columns) in REPORTS {
        let rows: Vec<Row> = year.rows(report, &format!("{YEAR}{how}")).await;
        assert!(!rows.is_empty(), "{report}{how} has no rows");
        let mut shown: BTreeMap<&str, bool> = BTreeMap::new();
        for (column, value) in rows.iter().flatten() {
            *shown.entry(column).or_default() |= !NOTHING.contains(&value.as_str());
        }
        assert_eq!(shown.len(), columns, "columns of {report}{how}: {:?}", shown.keys());
        empty.extend(shown.into_iter().filter(|(_, shown)| !shown).map(|(column, _)| format!("{column} of {report}{how}")));
    }
    assert!(empty.is_empty(), "nowhere anything but nothing: {}", empty.join(", "));
}
