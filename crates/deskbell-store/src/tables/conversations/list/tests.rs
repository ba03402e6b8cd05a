//! Which index drives which filter on SQLite, whose planner knows nothing of the rows. That the rows are right is the suite's matter.

use super::*;
use crate::engine::{Db, Location, Options};

const AT: Timestamp = Timestamp::from_micros(7);

/// The plan's lines that read conversations, and how often it sorts.
fn plan(db: &Db, filter: &Filter, order: Order) -> (Vec<String>, usize) {
    let filter = filter.clone();
    db.read_blocking(move |tx| {
        let mut text = Text::default();
        let keys = text.keys(&filter, order, 100, 3);
        let params: Vec<&dyn Param> = text.params.iter().map(|param| &**param).collect();
        let lines = tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN {keys}"), &params, |row| row.get::<String>(3))?;
        let sorts = lines.iter().filter(|line| line.contains("TEMP B-TREE")).count();
        Ok::<_, StoreError>((lines.into_iter().filter(|line| line.contains(" c ") || line.ends_with(" c")).collect(), sorts))
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
        (Filter { beyond, ..all() }, created, "conversations_created (created_at>?)", 1),
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
        (Filter { statuses: statuses(), beyond, ..all() }, created, "conversations_in_status (status=? AND created_at>?)", 2),
        (Filter { channels: channels(), ..all() }, created, "conversations_in_channel (channel=?)", 2),
        (Filter { channels: channels(), statuses: vec![Status::New], ..all() }, created, "conversations_in_status (status=?)", 1),
        (Filter { department, ..all() }, created, "conversations_of_department (department_id=? AND status=?)", 10),
        (Filter { department, statuses: statuses(), ..all() }, created, "conversations_of_department (department_id=? AND status=?)", 2),
        (Filter { assigned, ..all() }, created, "conversations_of_agent (assigned_id=? AND status=?)", 10),
        (Filter { assigned, department, statuses: statuses(), ..all() }, created, "conversations_of_agent (assigned_id=? AND status=?)", 2),
        (Filter { customer, beyond, ..all() }, created, "conversations_of_customer (customer_id=? AND created_at>?)", 1),
        (Filter { subject: subject(), beyond, ..all() }, created, "conversations_on_subject (<expr>=? AND created_at>?)", 1),
        (everything.clone(), created, "conversations_of_customer (customer_id=? AND created_at>? AND created_at<?)", 1),
        (
            Filter { customer: None, ..everything.clone() },
            created,
            "conversations_on_subject (<expr>=? AND created_at>? AND created_at<?)",
            1,
        ),
        (Filter { changed: changed(), ..all() }, by_change, "conversations_changed (changed_at>?)", 1),
        (Filter { changed: changed(), department, ..all() }, by_change, "conversations_changed (changed_at>?)", 1),
        (Filter { changed: changed(), assigned, channels: channels(), ..all() }, by_change, "conversations_changed (changed_at>?)", 1),
        (Filter { changed: changed(), statuses: statuses(), ..all() }, by_change, "conversations_status (status=? AND changed_at>?)", 2),
        (
            Filter { customer: None, ..everything.clone() },
            by_change,
            "conversations_status (status=? AND changed_at>? AND changed_at<?)",
            2,
        ),
        (all(), Order::ChangedDescending, "conversations_changed", 1),
        (Filter { department, beyond, ..all() }, Order::ChangedDescending, "conversations_changed (changed_at<?)", 1),
        (Filter { statuses: statuses(), assigned, ..all() }, Order::ChangedDescending, "conversations_status (status=?)", 2),
    ] {
        let (lines, sorts) = plan(&db, &filter, order);
        assert_eq!(lines.len(), stretches, "{filter:?}: {lines:#?}");
        assert!(lines.iter().all(|line| line.ends_with(&format!("INDEX {index}"))), "{filter:?}: {index} in {lines:#?}");
        assert!(sorts == 0 || stretches > 1, "{filter:?} in {order:?} sorts");
    }
    let (lines, sorts) = plan(&db, &everything, by_change);
    assert_eq!((lines.len(), sorts), (1, 1), "what one customer has is sorted: {lines:#?}");
    assert!(lines[0].contains("conversations_of_customer (customer_id=?)"), "{lines:#?}");
    db.close();
}
