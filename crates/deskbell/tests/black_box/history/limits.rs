//! What is asked wrongly, or for too much, on a desk that has a lot to show: refused in words, or answered page by page.

use super::Year;
use deskbell_testkit::Answer;

/// Every report; the last ones have a row for each hour.
const REPORTS: [&str; 20] = [
    "agents",
    "channels",
    "departments",
    "tags",
    "tickets/agentsavailability",
    "tickets/slalog",
    "chats/agentsavailability",
    "chats/slalog",
    "calls/agentsavailability",
    "calls/slalog",
    "ranking",
    "performance",
    "tickets/load",
    "tickets/slacompliance",
    "chats/availability",
    "chats/load",
    "chats/slacompliance",
    "calls/availability",
    "calls/load",
    "calls/slacompliance",
];
const HOURLY_FROM: usize = 11;
const TEN_YEARS: &str = "date_from=2015-07-01&date_to=2025-06-30&group_by=hour";
/// Ten years with three leap days in them.
const HOURS: usize = (3_650 + 3) * 24;

fn words(answer: &Answer) -> String {
    answer.json()["response"]["errormessage"].as_str().unwrap_or_default().to_owned()
}

pub(super) async fn odd_questions_are_answered_or_refused(year: &Year) {
    for (place, report) in REPORTS.into_iter().enumerate() {
        let get = async |query: &str| year.v1.get(&format!("reports/{report}?{query}")).await;
        for (query, wanted) in [
            ("date_from=01.07.2024&date_to=2024-07-02", "parameter date_from must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
            ("date_from=2024-07-01&date_to=2024-06-31", "parameter date_to must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
            (
                "date_from=2024-07-01&date_to=2024-07-01T10:00:00%2B02:00",
                "parameter date_to must be a date like 2012-11-05 or 2012-11-05 17:02:01",
            ),
            ("date_from=2024-07-01&date_to=2024-07-02&limitcount=-1", "parameter limitcount must not be negative"),
            ("date_from=2024-07-01&date_to=2024-07-02&limitfrom=-20", "parameter limitfrom must not be negative"),
            ("date_from=0001-01-01&date_to=9999-12-31", "the time from date_from to date_to must not be longer than 100 years"),
        ] {
            let answer = get(query).await;
            assert_eq!((answer.status, words(&answer).as_str()), (500, wanted), "{report}?{query}");
        }
        // As many rows as are asked for, at most a thousand of them.
        for (rows, skipped) in [(1_000_000, 0), (1_000, HOURS - 1), (1_000, HOURS), (5, HOURS * 1_000)] {
            let answer = get(&format!("{TEN_YEARS}&limitcount={rows}&limitfrom={skipped}")).await;
            // Lists of single things are read by key: who jumps far beyond what he has read is told so.
            if answer.status == 500 && place < HOURLY_FROM {
                assert!(skipped > 0 && words(&answer).contains("rows beyond the pages asked for so far"), "{report}: {}", answer.text);
                continue;
            }
            assert_eq!(answer.status, 200, "{report} from {skipped}: {}", answer.text);
            let response = answer.json()["response"].take();
            let found =
                response.as_object().and_then(|lists| lists.values().next()).and_then(|list| list.as_array()).expect("a list").len();
            assert!(found <= 1_000, "{report}: {found}");
            if place >= HOURLY_FROM {
                assert_eq!(found, HOURS.saturating_sub(skipped).min(rows).min(1_000), "{report} from {skipped}");
            }
        }
    }
}
