//! Desks that an older version of the program has written: what they hold comes over.

use super::{Place, TestDb, at};
use crate::engine::{EngineKind, Location};
use crate::migrations::script_up_to;
use crate::tables::conversations::{self, Filter, Listed, Order};
use crate::tables::rollups::Head;
use crate::tables::sla::log::{self, LogFilter, Times};
use crate::tables::{changes, customers, levels, rollups};
use crate::throwaway_postgres::client;
use deskbell_domain::ids::{AgentId, SlaLevelId, TagId};
use deskbell_domain::level::Grain;
use deskbell_domain::measure::{Medium, Span};

/// Runs what older versions ran, and then `rows`.
fn older(place: &Place, last_migration: &str, rows: &str) {
    match &place.location {
        Location::Sqlite(file) => {
            let connection = rusqlite::Connection::open(file).expect("the file opens");
            let script = script_up_to(last_migration, EngineKind::Sqlite) + rows;
            connection.execute_batch(&script).expect("the older desk is written");
        }
        Location::Postgres(url) => {
            let script = script_up_to(last_migration, EngineKind::Postgres) + rows;
            client(url, |client| client.batch_execute(&script)).expect("the older desk is written");
        }
    }
}

/// Ids are not in the order of creation; 30 is tagged, 20 was merged into 10.
const CONVERSATIONS: &str = "
    INSERT INTO departments VALUES (2, 'Sales', '', 'random', 30, 10, 1, 0);
    INSERT INTO customers (id, email, name, phone, note, created_at) VALUES (1, 'c@x.test', 'Ann', '', '', 0);
    INSERT INTO conversations (id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel, subject,
        preview, created_at, changed_at, groups_in, groups_out, widget_id, merged_into, cc) VALUES
      (10, 'C-10', 'P10', 1, 11, NULL, 2, 3, 'N', 'B', 's10', 'p10', 3000000, 3000007, 4, 5, 12, NULL, 'a@x.test'),
      (20, 'C-20', 'P20', 1, 21, NULL, 2, 3, 'N', 'B', 's20', 'p20', 1000000, 1000007, 4, 5, 22, 10, ''),
      (30, 'C-30', 'P30', 1, 31, NULL, 2, 3, 'N', 'B', 's30', 'p30', 2000000, 2000007, 4, 5, NULL, NULL, '');
    INSERT INTO tags (id, name, color, bg_color, created_at) VALUES (6, 'urgent', '', '', 0);
    INSERT INTO conversation_tags VALUES (30, 6, 0);
    INSERT INTO message_groups VALUES (40, 30, NULL, '3', 'R', 'customer', 1, 0, 0, 1);";

pub(super) fn conversations_come_over(place: &Place) {
    older(place, "0005-tickets", CONVERSATIONS);
    let test = place.open();
    let listed = list(&test);
    let shown: Vec<(i64, Vec<TagId>)> = listed.iter().map(|one| (one.conversation.id.get(), one.tags.clone())).collect();
    assert_eq!(shown, [(30, vec![TagId::from_i64(6)]), (10, vec![])], "without the merged one");
    let last = &listed[1].conversation;
    let texts = [&last.code, &last.public_code, &last.subject, &last.preview].map(String::as_str);
    assert_eq!((texts, last.status.text(), last.channel.text()), (["C-10", "P10", "s10", "p10"], "N", "B"));
    assert_eq!((last.created, last.changed), (at(3), at(3).plus_micros(7)));
    assert_eq!((last.visitor.map(|id| id.get()), last.visit, last.assigned.map(|id| id.get())), (Some(11), None, Some(3)));
    assert_eq!((last.customer.get(), last.department.get(), last.groups_in, last.groups_out), (1, 2, 4, 5));
    type Rest = (i64, Option<i64>, Option<i64>, Option<i64>, String);
    let rest: Vec<Rest> = test.see(|tx| tx.all("SELECT id, widget_id, merged_into, tagged_id, cc FROM conversations ORDER BY id", &[]));
    let wanted = [(10, Some(12), None, None, "a@x.test"), (20, Some(22), Some(10), None, ""), (30, None, None, Some(30), "")];
    assert_eq!(rest, wanted.map(|(id, widget, merged, tagged, cc)| (id, widget, merged, tagged, cc.to_owned())));
    let orphan = test.write(|tx| tx.exec("UPDATE message_groups SET conversation_id = 11", &[]));
    assert!(orphan.is_err_and(|error| error.is_conflict()), "what refers to conversations refers to those that came over");
    let twice = test.write(|tx| tx.exec("UPDATE conversations SET id = 20 WHERE id = 10", &[]));
    assert!(twice.is_err_and(|error| error.is_conflict()), "an id is one conversation's");
    assert_eq!(indexes(&test), OWN_INDEXES);
    if test.db.engine() == EngineKind::Sqlite {
        let ids: Vec<(i64,)> = test.see(|tx| tx.all("SELECT id FROM conversations NOT INDEXED ORDER BY rowid", &[]));
        assert_eq!(ids, [(20,), (30,), (10,)], "rows lie in the order they were created in");
    }
}

/// Spelled as people spell them; one without a number.
const NUMBERS: &str = "
    INSERT INTO customers (id, email, name, phone, note, created_at) VALUES (1, NULL, 'Ann', '0044 (1632) 960-001', '', 0),
      (2, NULL, 'Ben', '+44 1632/960.002', '', 0), (3, NULL, 'Cleo', '', '', 0), (4, NULL, 'Dan', '0044 (0) 1632 960004', '', 0);
    INSERT INTO unique_fields (owner_kind, code, value, owner_id, ordinal) VALUES ('customer', 'phone', '+44 (0)1632-960 005', 3, 1),
      ('customer', 'phone', '0044 1632 960006', 3, 2), ('customer', 'other', '+44 1632 960007', 3, 3);";

pub(super) fn numbers_are_compared_at_once(place: &Place) {
    older(place, "0013-chat-search", NUMBERS);
    let test = place.open();
    for (number, name) in [
        ("+441632960001", Some("Ann")),
        ("00441632960002", Some("Ben")),
        ("+441632960003", None),
        ("+441632960004", Some("Dan")),
        ("+441632960005", Some("Cleo")),
        ("+441632960006", Some("Cleo")),
        ("+441632960007", None),
        ("", None),
    ] {
        let found = test.see(move |tx| customers::by_number(tx, number, ""));
        assert_eq!(found.map(|customer| customer.name).as_deref(), name, "{number}");
    }
}

pub(super) fn levels_begin_with_the_journal(place: &Place) {
    // Their reader has not begun: nothing is known of what is gone, and nothing is missed.
    let rows = "INSERT INTO journal (number, at, kind, body) VALUES (7, 0, 'SettingsChanged', '{}'), (8, 0, 'SettingsChanged', '{}');
        INSERT INTO sla_levels (id, name, name_key, calendar, created_at) VALUES (5, 'Usual', 'usual', 'UTC', 0);";
    older(place, "0019-automation", rows);
    let test = place.open();
    let number = test.see(|tx| {
        let floor = levels::floor::floor(tx)?;
        floor.map(|floor| levels::built_number(tx, floor)).transpose()
    });
    assert_eq!(number, Some(6));
    let calendars = test.see(|tx| changes::calendars_before(tx, 1));
    assert_eq!(calendars, [(SlaLevelId::from_i64(5), "UTC".to_owned())]);
}

/// It had read what is gone.
pub(super) fn levels_of_a_shortened_journal_have_no_floor(place: &Place) {
    let rows = "INSERT INTO journal (number, at, kind, body) VALUES (7, 0, 'SettingsChanged', '{}');
        INSERT INTO reader_cursors (name, number) VALUES ('levels', 7);";
    older(place, "0019-automation", rows);
    assert_eq!(place.open().see(levels::floor::floor), None);
}

/// A desk's chats, which changed in two quarters of an hour; the last one of another program has no changes.
const QUARTERS: &str = "
    INSERT INTO level_series (id, set_id, medium, department_id, agent_id) VALUES (4, 1, 2, 0, 0), (5, 1, 3, 0, 0);
    INSERT INTO level_cells VALUES (67108872, 7200000005, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      (67108873, 8100000003, 3, 0, 0, 0, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0);";

pub(super) fn older_levels_lack_hours(place: &Place) {
    older(place, "0026-running", QUARTERS);
    let test = place.open();
    let set = test.see(levels::kept);
    let series: Vec<_> = test.see(move |tx| levels::all_series(tx, set)).into_iter().map(|(_, series)| series).collect();
    for series in series {
        assert_eq!(test.see(move |tx| levels::hours::lacking(tx, set)), Some(series));
        assert_eq!(test.put(move |tx| levels::hours::fill(tx, series, levels::first_slot(Grain::Hour), 1_000)), None);
        assert!(test.see(move |tx| levels::hours::are_kept(tx, series)));
    }
    assert_eq!(test.see(move |tx| levels::hours::lacking(tx, set)), None);
    let hours: Vec<(i64, i64, i64, i64, i64, i64)> =
        test.see(|tx| tx.all("SELECT id, changed_at, queue, queue_sum, queue_max, queue_min FROM level_hours ORDER BY id", &[]));
    // Nothing for five microseconds, one until the next quarter began and three more: 900,000,000 - 5 + 3.
    assert_eq!(hours, [((4 << 24) + 2, 8_100_000_003, 3, 899_999_998, 1, 0)]);
}

/// Quarters up to the second of the tenth hour; of a generation that is made, others.
pub(super) fn hours_of_rollups_are_still_to_be_made(place: &Place) {
    let rows = "INSERT INTO rollup_cells (generation, dimension, span, slot, member_id, body) VALUES
        (1, 0, 1, 7, 0, ''), (1, 4, 1, 41, 5, ''), (1, 4, 96, 400, 5, ''), (2, 0, 1, 900, 0, '');";
    older(place, "0026-running", rows);
    assert_eq!(place.open().see(rollups::head), Head { served: 1, building: None, whole_hours_from: 11 });
}

/// A rated chat that one agent left before and one joined after, and one that nobody had joined.
const RATED: &str = "
    INSERT INTO departments (id, name, description, strategy, offer_seconds, queue_chats_max, enabled, created_at)
      VALUES (2, 'Sales', '', 'random', 30, 10, 1, 0);
    INSERT INTO customers (id, email, name, phone, note, created_at) VALUES (1, 'c@x.test', 'Ann', '', '', 0);
    INSERT INTO conversations (id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel, subject,
        preview, created_at, changed_at, groups_in, groups_out) VALUES
      (10, 'C-10', 'P10', 1, 11, NULL, 2, NULL, 'A', 'B', '', '', 1, 1, 0, 0);
    INSERT INTO chats (id, public_id, conversation_id, group_id, customer_id, customer_name, department_id, state, started_by, priority, requested_at,
        waiting_since, visitor_messages, agent_messages, joined_ever, offered_ever, missed, dropped, rating, rated_at, response_count, response_sum)
      VALUES (20, 'a', 10, 0, 1, '', 0, 'ended', 'visitor', 0, 1, 1, 0, 0, 1, 1, 0, 0, 'good', 50, 0, 0),
        (21, 'b', 10, 0, 1, '', 0, 'ended', 'visitor', 0, 1, 1, 0, 0, 0, 0, 0, 0, 'bad', 60, 0, 0),
        (22, 'c', 10, 0, 1, '', 0, 'ended', 'visitor', 0, 1, 1, 0, 0, 1, 1, 0, 0, NULL, NULL, 0, 0);
    INSERT INTO engagements (id, chat_id, conversation_id, agent_id, department_id, ordinal, start_kind, assigned, joined_at, joined_number,
        visitor_messages, agent_messages, response_count, response_sum) VALUES
      (30, 20, 10, 61, 0, 1, 'offer', 0, 10, 1, 0, 0, 0, 0), (31, 20, 10, 62, 0, 2, 'offer', 0, 40, 2, 0, 0, 0, 0),
      (32, 20, 10, 63, 0, 3, 'offer', 0, 55, 3, 0, 0, 0, 0), (33, 22, 10, 61, 0, 1, 'offer', 0, 10, 4, 0, 0, 0, 0);";

pub(super) fn ratings_are_somebodys(place: &Place) {
    older(place, "0019-automation", RATED);
    let test = place.open();
    let rated: Vec<(i64, Option<i64>)> = test.see(|tx| tx.all("SELECT id, rated_agent_id FROM chats ORDER BY id", &[]));
    assert_eq!(rated, [(20, Some(62)), (21, None), (22, None)], "who had joined last when it was rated");
}

/// Two goals kept and one late in the quarters of one hour, a late one in the next, and an answered call; one whose agent is nobody.
const LOGGED: &str = "
    INSERT INTO departments (id, name, description, strategy, offer_seconds, queue_chats_max, enabled, created_at)
      VALUES (2, 'Sales', '', 'random', 30, 10, 1, 0);
    INSERT INTO customers (id, email, name, phone, note, created_at) VALUES (1, 'c@x.test', 'Ann', '', '', 0);
    INSERT INTO conversations (id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel, subject,
        preview, created_at, changed_at, groups_in, groups_out) VALUES
      (10, 'C-10', 'P10', 1, 11, NULL, 2, NULL, 'A', 'B', '', '', 1, 1, 0, 0);
    INSERT INTO sla_levels (id, name, name_key, calendar, created_at) VALUES (5, 'Usual', 'usual', 'UTC', 0);
    INSERT INTO sla_items (id, conversation_id, level_id, medium, goal, started_at, allowed, used, due_at, outcome, ended_at, number,
        department_id, agent_id, customer_id, taken) VALUES
      (20, 10, 5, 'tickets', 'first_answer', 0, 1, 1, 9000000000, 'closed', 7200000000, 1, 2, 7, 1, 40),
      (21, 10, 5, 'tickets', 'next_answer', 0, 1, 1, 9000000000, 'closed', 8200000000, 2, 2, NULL, 1, 30),
      (22, 10, 5, 'tickets', 'first_resolve', 0, 1, 1, 5, 'closed', 10799999999, 3, 2, 7, 1, 90),
      (23, 10, 5, 'tickets', 'next_answer', 0, 1, 1, 5, 'closed', 10800000000, 4, 2, 7, 1, 10),
      (24, 10, 5, 'calls', 'call_answer', 0, 1, 1, 9000000000, 'closed', 7300000000, 5, 2, 7, 1, 50);";

pub(super) fn hours_of_goals_are_added_up(place: &Place) {
    let cells = |department: &str, agent: &str, level: &str| {
        format!(
            "INSERT INTO sla_cells (medium, department_id, agent_id, level_id, fulfilled, quarter, items, total, longest, shortest)
             SELECT medium, {department}, {agent}, {level}, CASE WHEN ended_at <= due_at THEN 1 ELSE 0 END, ended_at / 900000000, COUNT(*),
               CAST(SUM(taken) AS BIGINT), MAX(taken), MIN(taken) FROM sla_items
             GROUP BY medium, department_id, agent_id, level_id, CASE WHEN ended_at <= due_at THEN 1 ELSE 0 END, ended_at / 900000000;"
        )
    };
    let mut rows = LOGGED.to_owned();
    for agent in ["COALESCE(agent_id, 0)", "0"] {
        for (department, level) in [("2", "5"), ("2", "0"), ("0", "5"), ("0", "0")] {
            // What is nobody's was added once.
            let of = cells(department, agent, level);
            rows += &if agent == "0" { of.replace("FROM sla_items", "FROM sla_items WHERE agent_id IS NOT NULL") } else { of };
        }
    }
    older(place, "0026-running", &rows);
    let test = place.open();
    let found = test.see(log::recount);
    assert_eq!((found.logged, found.wrong_cells, found.named_cells), (5, 0, vec![]));
    let hours = |medium, filter: LogFilter| {
        test.see(move |tx| {
            let mut cells = Vec::new();
            log::each_cell(tx, medium, &filter, Span::Hour, (0, 9), |slot, cell| cells.push((slot, cell.fulfilled, cell.unfulfilled)))?;
            Ok(cells)
        })
    };
    let kept = Times { count: 2, sum_micros: 70, max_micros: 40, min_micros: 30 };
    assert_eq!(hours(Medium::Tickets, LogFilter::default()), [(2, kept, Times::one(90)), (3, Times::default(), Times::one(10))]);
    let of_one = LogFilter { agent: Some(AgentId::from_i64(7)), level: Some(SlaLevelId::from_i64(5)), ..LogFilter::default() };
    assert_eq!(hours(Medium::Tickets, of_one), [(2, Times::one(40), Times::one(90)), (3, Times::default(), Times::one(10))]);
    assert_eq!(hours(Medium::Calls, LogFilter::default()), [(2, Times::one(50), Times::default())]);
}

const OWN_INDEXES: [&str; 11] = [
    "conversations_changed",
    "conversations_created",
    "conversations_in_channel",
    "conversations_in_status",
    "conversations_merged",
    "conversations_of_agent",
    "conversations_of_customer",
    "conversations_of_department",
    "conversations_on_subject",
    "conversations_status",
    "conversations_visitor",
];

fn list(test: &TestDb) -> Vec<Listed> {
    test.see(|tx| conversations::list(tx, &Filter::default(), Order::CreatedAscending, 10, 0))
}

/// Names of the indexes of conversations that migrations make, beside those of their keys.
fn indexes(test: &TestDb) -> Vec<String> {
    let sql = match test.db.engine() {
        EngineKind::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'conversations' AND sql IS NOT NULL",
        EngineKind::Postgres => {
            "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE tablename = 'conversations' AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        }
    };
    let mut names: Vec<String> = test.see(|tx| tx.all::<(String,)>(sql, &[])).into_iter().map(|(name,)| name).collect();
    names.sort_unstable();
    names
}
