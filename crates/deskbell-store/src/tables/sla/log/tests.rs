//! Which index drives which filter on SQLite, whose planner knows nothing of the rows. That the rows are right is the suite's matter.

use super::*;
use crate::engine::{Db, Location, Options};

#[test]
fn every_page_is_read_from_one_index() {
    let directory = tempfile::tempdir().expect("a directory");
    let db = Db::open(&Location::Sqlite(directory.path().join("desk.sqlite")), Options::default(), Box::new(())).expect("opens");
    let any = LogFilter::default;
    let (agent, requester) = (Some(AgentId::from_i64(1)), Some(CustomerId::from_i64(2)));
    let (department, level) = (Some(DepartmentId::from_i64(3)), Some(SlaLevelId::from_i64(4)));
    for (filter, index, first) in [
        (any(), "sla_items_log", ""),
        (LogFilter { agent, ..any() }, "sla_items_agent", "agent_id=? AND "),
        (LogFilter { requester, ..any() }, "sla_items_customer", "customer_id=? AND "),
        (LogFilter { department, ..any() }, "sla_items_department", "department_id=? AND "),
        (LogFilter { level, ..any() }, "sla_items_level", "level_id=? AND "),
        (LogFilter { agent, department, level, ..any() }, "sla_items_agent", "agent_id=? AND "),
        (LogFilter { department, level, ..any() }, "sla_items_department", "department_id=? AND "),
        (LogFilter { agent, requester, department, level }, "sla_items_customer", "customer_id=? AND "),
    ] {
        for beyond in [None, Some((Timestamp::from_seconds(5), 6))] {
            let span = (Timestamp::EPOCH, Timestamp::from_seconds(9));
            let asked = filter.clone();
            let plan = db.read_blocking(move |tx| {
                let (sql, params) = which(Medium::Tickets, &asked, span, LogPage { beyond, skip: 7, rows: 100 });
                let params: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
                tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN {sql}"), &params, |row| row.get::<String>(3))
            });
            // One line: nothing is sorted, and no row of the table is fetched.
            let wanted = format!("SEARCH sla_items USING COVERING INDEX {index} ({first}medium=? AND ended_at>? AND ended_at<?)");
            assert_eq!(plan.expect("a plan"), [wanted], "{filter:?}");
        }
    }
}
