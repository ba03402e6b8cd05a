//! Rows of goals kept and missed.

use deskbell_app::settings::Settings;
use deskbell_domain::time::Timestamp;

use super::*;
use crate::fixture::Fixture;
use crate::moment::Zone;

/// The vendor's own report once had other times than its log.
#[test]
fn times_in_whole_seconds() {
    let hour = Hour {
        date: Zone::set(&Settings::default()).short(Timestamp::from_seconds(1_406_386_800)),
        micros: 3_600 * SECOND_MICROS,
        of: Compliance {
            fulfilled: Times {
                count: 2,
                sum_micros: 151 * SECOND_MICROS,
                max_micros: 100 * SECOND_MICROS + 499_999,
                min_micros: 50_500_000,
            },
            unfulfilled: Times { count: 0, sum_micros: 0, max_micros: 0, min_micros: 0 },
        },
    };
    let shown: Vec<String> = ROW.iter().map(|(_, shows)| shows(&hour)).collect();
    assert_eq!(shown, ["2014-07-26 15:00:00", "2", "76", "100", "51", "0", "0", "0", "0"]);
}

#[tokio::test]
async fn times_by_name() {
    let desk = Fixture::new();
    for (query, first, rows) in [
        ("datetime=TM", "2012-04-01 00:00:00", 61),
        ("datetime=LM&limitcount=1000", "2012-03-01 00:00:00", 744),
        ("datetime=2012-02&limitcount=1000", "2012-02-01 00:00:00", 696),
        ("datetime=L30D&limitcount=1000", "2012-03-04 00:00:00", 733),
        ("", "2012-03-04 00:00:00", 100),
        ("datetime=LM&date_from=2012-04-03&date_to=2012-04-03", "2012-04-03 00:00:00", 13),
    ] {
        for medium in ["tickets", "chats", "calls"] {
            let found = desk.get_ok(&format!("/api/reports/{medium}/slacompliance?{query}")).await;
            let found = found["slacompliances"].as_array().expect("rows").clone();
            assert_eq!((found.len(), found[0]["date"].as_str()), (rows, Some(first)), "{medium} {query}");
        }
    }
    let reply = desk.get("/api/reports/chats/slacompliance?datetime=soon").await;
    let wanted = "parameter datetime must be L30D, TM, LM or a month like 2014-06";
    assert_eq!((reply.status, reply.errormessage().as_str()), (500, wanted));
    let future = desk.get_ok("/api/reports/chats/slacompliance?datetime=2013-01").await;
    assert_eq!(future["slacompliances"], serde_json::json!([]));
}
