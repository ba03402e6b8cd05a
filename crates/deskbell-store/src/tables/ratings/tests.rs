//! Which index drives which filter on SQLite, whose planner knows nothing of the rows. That the rows are right is the suite's matter.

use super::*;
use crate::engine::{Db, Location, Options};

#[test]
fn every_page_is_read_from_one_index() {
    let directory = tempfile::tempdir().expect("a directory");
    let db = Db::open(&Location::Sqlite(directory.path().join("desk.sqlite")), Options::default(), Box::new(())).expect("opens");
    let all = Filter { until: Timestamp::from_seconds(9), ..Filter::default() };
    let (agent, customer) = (Some(AgentId::from_i64(1)), Some(CustomerId::from_i64(2)));
    let (rating, beyond) = (Some(Rating::Bad), Some((Timestamp::from_seconds(3), ChatId::from_i64(4))));
    for (filter, wanted) in [
        (all.clone(), "chats_ratings (rated_at>? AND rated_at<?)"),
        (Filter { rating, beyond, ..all.clone() }, "chats_ratings (rated_at>? AND rated_at<?)"),
        (Filter { agent, ..all.clone() }, "chats_ratings_agent (rated_agent_id=? AND rated_at>? AND rated_at<?)"),
        (Filter { agent, rating, beyond, ..all.clone() }, "chats_ratings_agent (rated_agent_id=? AND rated_at>? AND rated_at<?)"),
        (Filter { customer, beyond, ..all.clone() }, "chats_ratings_customer (customer_id=? AND rated_at>? AND rated_at<?)"),
        (Filter { customer, agent, rating, ..all }, "chats_ratings_customer (customer_id=? AND rated_at>? AND rated_at<?)"),
    ] {
        let asked = filter.clone();
        let plan = db.read_blocking(move |tx| {
            let (sql, params) = which(&asked, 100, 5);
            let params: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
            tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN {sql}"), &params, |row| row.get::<String>(3))
        });
        // One line: nothing is sorted, and no row of the table is fetched.
        assert_eq!(plan.expect("a plan"), [format!("SEARCH chats USING COVERING INDEX {wanted}")], "{filter:?}");
    }
}
