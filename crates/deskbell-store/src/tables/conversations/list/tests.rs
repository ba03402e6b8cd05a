//! Which index drives which filter on SQLite, whose planner knows nothing of the rows. That the rows are right is the suite's matter.

use super::*;
use crate::engine::{Db, Location, Options};

const AT: Timestamp = Timestamp::from_micros(7);

const BY_ID: &str = "SEARCH c USING INDEX sqlite_autoindex_conversations_1 (id=?)";

/// How a page's rows are found.
struct Plan {
    /// Where conversations are read in order.
    stretches: Vec<String>,
    sorts: usize,
    /// Whether ids are gathered, and rows looked for by id then.
    is_by_id: bool,
}

fn plan(db: &Db, filter: &Filter, order: Order, skip: i64) -> Plan {
    let filter = filter.clone();
    db.read_blocking(move |tx| {
        let mut text = Text::default();
        let page = text.page(&OWN_COLUMNS, &filter, order, 100, skip);
        let params: Vec<&dyn Param> = text.params.iter().map(|param| &**param).collect();
        let lines =
            tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN SELECT c.id, c.preview FROM {page}"), &params, |row| row.get::<String>(3))?;
        let sorts = lines.iter().filter(|line| line.contains("TEMP B-TREE")).count();
        let (by_id, others): (Vec<String>, Vec<String>) = lines.into_iter().partition(|line| line == BY_ID);
        // A page of whole rows is itself called `c`: it has these two lines beside that of its stretch.
        let is_page = |line: &str| line == "SCAN c" || line == "CO-ROUTINE c";
        let stretches = others.into_iter().filter(|line| line.contains(" c ") && !is_page(line)).collect();
        Ok::<_, StoreError>(Plan { stretches, sorts, is_by_id: !by_id.is_empty() })
    })
    .expect("a plan")
}

#[test]
fn every_filter_is_driven_by_its_index() {
    let directory = tempfile::tempdir().expect("a directory");
    let db = Db::open(&Location::Sqlite(directory.path().join("desk.sqlite")), Options::default(), Box::new(())).expect("opens");
    let department = Some(DepartmentId::from_i64(1));
    let assigned = Some(Some(AgentId::from_i64(1)));
    let customer = Some(CustomerId::from_i64(1));
    let statuses = || vec![Status::New, Status::Open];
    let channels = || vec![Channel::Email, Channel::Form];
    let subject = || Some("subject".to_owned());
    let changed = || vec![Changed::From(AT)];
    let beyond = Some((AT, ConversationId::from_i64(9)));
    let (created, by_change) = (Order::CreatedAscending, Order::ChangedAscending);
    let all = Filter::default;
    let everything = Filter {
        customer,
        department,
        assigned,
        statuses: statuses(),
        channels: channels(),
        created_from: Some(AT),
        created_to: Some(AT),
        changed: vec![Changed::From(AT), Changed::Before(AT), Changed::NotEqual(AT, AT)],
        subject: subject(),
        search: None,
        beyond,
    };
    for (filter, order, index, stretches) in [
        (all(), created, "conversations_created", 1),
        (Filter { beyond, ..all() }, created, "conversations_created ((created_at,id)>(?,?))", 1),
        (
            Filter { created_from: Some(AT), created_to: Some(AT), ..all() },
            created,
            "conversations_created (created_at>? AND created_at<?)",
            1,
        ),
        (Filter { changed: vec![Changed::Before(AT)], ..all() }, created, "conversations_created (created_at<?)", 1),
        (Filter { changed: vec![Changed::NotEqual(AT, AT)], ..all() }, created, "conversations_created", 1),
        (Filter { assigned: Some(None), ..all() }, created, "conversations_created", 1),
        (Filter { statuses: Status::ALL.to_vec(), channels: Channel::ALL.to_vec(), ..all() }, created, "conversations_created", 1),
        (Filter { statuses: statuses(), beyond, ..all() }, created, "conversations_in_status (status=? AND (created_at,id)>(?,?))", 2),
        (Filter { channels: channels(), ..all() }, created, "conversations_in_channel (channel=?)", 2),
        (Filter { channels: channels(), statuses: vec![Status::New], ..all() }, created, "conversations_in_status (status=?)", 1),
        (Filter { department, ..all() }, created, "conversations_of_department (department_id=? AND status=?)", 10),
        (Filter { department, statuses: statuses(), ..all() }, created, "conversations_of_department (department_id=? AND status=?)", 2),
        (Filter { assigned, ..all() }, created, "conversations_of_agent (assigned_id=? AND status=?)", 10),
        (Filter { assigned, department, statuses: statuses(), ..all() }, created, "conversations_of_agent (assigned_id=? AND status=?)", 2),
        (Filter { customer, beyond, ..all() }, created, "conversations_of_customer (customer_id=? AND (created_at,id)>(?,?))", 1),
        (Filter { subject: subject(), beyond, ..all() }, created, "conversations_on_subject (<expr>=? AND (created_at,id)>(?,?))", 1),
        (everything.clone(), created, "conversations_of_customer (customer_id=? AND (created_at,id)>(?,?) AND created_at<?)", 1),
        (
            Filter { customer: None, ..everything.clone() },
            created,
            "conversations_on_subject (<expr>=? AND (created_at,id)>(?,?) AND created_at<?)",
            1,
        ),
        (Filter { changed: changed(), ..all() }, by_change, "conversations_changed (changed_at>?)", 1),
        (Filter { changed: changed(), department, ..all() }, by_change, "conversations_changed (changed_at>?)", 1),
        (Filter { changed: changed(), assigned, channels: channels(), ..all() }, by_change, "conversations_changed (changed_at>?)", 1),
        (Filter { changed: changed(), statuses: statuses(), ..all() }, by_change, "conversations_status (status=? AND changed_at>?)", 2),
        (
            Filter { customer: None, ..everything.clone() },
            by_change,
            "conversations_status (status=? AND (changed_at,id)>(?,?) AND changed_at<?)",
            2,
        ),
        (all(), Order::ChangedDescending, "conversations_changed", 1),
        (Filter { department, beyond, ..all() }, Order::ChangedDescending, "conversations_changed ((changed_at,id)<(?,?))", 1),
        (Filter { statuses: statuses(), assigned, ..all() }, Order::ChangedDescending, "conversations_status (status=?)", 2),
    ] {
        for skip in [0, 3] {
            let Plan { stretches: lines, sorts, is_by_id } = plan(&db, &filter, order, skip);
            assert_eq!(lines.len(), stretches, "{filter:?}: {lines:#?}");
            assert!(lines.iter().all(|line| line.ends_with(&format!("INDEX {index}"))), "{filter:?}: {index} in {lines:#?}");
            assert!(sorts == 0 || stretches > 1, "{filter:?} in {order:?} sorts");
            assert_eq!(is_by_id, skip > 0 || stretches > 1, "{filter:?} from {skip}");
        }
    }
    let Plan { stretches: lines, sorts, is_by_id } = plan(&db, &everything, by_change, 0);
    assert_eq!((lines.len(), sorts, is_by_id), (1, 1, true), "what one customer has is sorted: {lines:#?}");
    assert!(lines[0].contains("conversations_of_customer (customer_id=?)"), "{lines:#?}");
    db.close();
}
