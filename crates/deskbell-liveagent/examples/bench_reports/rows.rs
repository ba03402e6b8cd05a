//! What reports show of rows: ratings of chats, and goals of the level of service that were reached, each with whom it is of. Filled past the
//! use cases.

use std::path::Path;

use deskbell_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::Outcome;
use crate::cast::Cast;
use crate::history::MESSAGES_EACH;

/// The conversations that all of them belong to.
const CONVERSATIONS: i64 = 10_000;
const CUSTOMERS: i64 = 1_000;
/// Of so many conversations one has a rating.
const RATED_EACH: i64 = 4;
const HOUR_MICROS: i64 = 3_600_000_000;
const QUARTER_MICROS: i64 = 900_000_000;
const MINUTE_MICROS: i64 = 60_000_000;

const CONVERSATION: &str = "INSERT INTO conversations (id, code, public_code, customer_id, department_id, assigned_id, status, channel, subject, \
                            preview, created_at, changed_at, groups_in, groups_out) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'R', 'E', '', '', ?7, ?7, 1, 1)";
const CHAT: &str = "INSERT INTO chats (id, public_id, conversation_id, group_id, customer_id, customer_name, department_id, state, started_by, \
                    priority, requested_at, waiting_since, ended_at, end_reason, visitor_messages, agent_messages, joined_ever, offered_ever, missed, \
                    dropped, rating, rating_comment, rated_at, rated_agent_id, response_count, response_sum) \
                    VALUES (?1, ?2, ?3, ?1, ?4, 'Cora', ?5, 'ended', 'visitor', 0, ?6, ?6, ?7, 'visitor', 5, 5, 1, 1, 0, 0, ?8, 'Fine', ?7, ?9, 0, 0)";
const ENGAGEMENT: &str = "INSERT INTO engagements (id, chat_id, conversation_id, agent_id, department_id, ordinal, start_kind, assigned, joined_at, \
                          joined_number, left_at, left_number, visitor_messages, agent_messages, response_count, response_sum) \
                          VALUES (?1, ?1, ?2, ?3, ?4, 0, 'visitor', 0, ?5, 0, ?6, 0, 5, 5, 0, 0)";
const ITEM: &str = "INSERT INTO sla_items (id, conversation_id, level_id, medium, goal, started_at, allowed, used, due_at, outcome, ended_at, number, \
                    department_id, agent_id, customer_id, taken) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'closed', ?10, ?1, ?11, ?12, ?13, ?8)";

pub(crate) fn fill(file: &Path, cast: &Cast, messages: i64, (from, until): (Timestamp, Timestamp)) -> Outcome<()> {
    let mut db = Connection::open(file)?;
    db.execute_batch("PRAGMA synchronous=OFF; PRAGMA cache_size=-400000; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF")?;
    let rows = db.transaction()?;
    let conversation = |n: i64| 400_000_000_000 + n % CONVERSATIONS;
    let customer = |n: i64| 410_000_000_000 + n % CUSTOMERS;
    {
        let mut add = rows.prepare("INSERT INTO customers (id, email, name, phone, note, created_at) VALUES (?1, ?2, ?3, '', '', 0)")?;
        for n in 0..CUSTOMERS {
            add.execute(params![customer(n), format!("customer{n}@example.com"), format!("Cora Example {n}")])?;
        }
        let mut add = rows.prepare(CONVERSATION)?;
        for n in 0..CONVERSATIONS {
            let (code, public) = (format!("BEN-{n:08}-000"), format!("bench{n:011}"));
            add.execute(params![conversation(n), code, public, customer(n), cast.department(n).get(), cast.agent(n).get(), from.micros()])?;
        }
        let (mut chat, mut engagement, mut item) = (rows.prepare(CHAT)?, rows.prepare(ENGAGEMENT)?, rows.prepare(ITEM)?);
        let all = messages / MESSAGES_EACH;
        for n in 0..all {
            let at = from.micros() + (i128::from(until.micros_since(from)) * i128::from(n) / i128::from(all)) as i64;
            let (department, agent) = (cast.department(n / 7).get(), cast.agent(n / 3).get());
            if n % RATED_EACH == 0 {
                let rating = if n % 8 == 0 { "good" } else { "bad" };
                chat.execute(params![n, format!("BEN{n}"), conversation(n), customer(n), department, at - HOUR_MICROS, at, rating, agent])?;
                engagement.execute(params![n, conversation(n), agent, department, at - HOUR_MICROS, at])?;
            }
            let (medium, goal) = match n % 10 {
                3 => ("calls", "call_answer"),
                n if n % 2 == 0 => ("chats", "chat_answer"),
                _ => ("tickets", "first_answer"),
            };
            let taken = (n % 90) * MINUTE_MICROS;
            let (started, due) = (at - taken, at - taken + HOUR_MICROS);
            item.execute(params![
                n + 1,
                conversation(n),
                cast.level.get(),
                medium,
                goal,
                started,
                HOUR_MICROS,
                taken,
                due,
                at,
                department,
                agent,
                customer(n)
            ])?;
        }
    }
    let shapes = (0..8).map(|bits| (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0));
    for ((department, agent, level), span) in shapes.flat_map(|shape| [(shape, 1), (shape, 4)]) {
        let or_none = |is: bool, column: &'static str| if is { column } else { "0" };
        let (department, agent, level) = (or_none(department, "department_id"), or_none(agent, "agent_id"), or_none(level, "level_id"));
        let sums = |late: i64| {
            let taken = format!("CASE WHEN (ended_at > due_at) = {late} THEN taken END");
            format!("COUNT({taken}), COALESCE(SUM({taken}), 0), MAX({taken}), MIN({taken})")
        };
        rows.execute_batch(&format!(
            "INSERT INTO sla_cells (medium, department_id, agent_id, level_id, span, slot, kept_items, kept_total, kept_longest, kept_shortest, \
               late_items, late_total, late_longest, late_shortest) \
             SELECT medium, {department}, {agent}, {level}, {span}, ended_at / ({span} * {QUARTER_MICROS}), {}, {} \
             FROM sla_items GROUP BY 1, 2, 3, 4, 5, 6",
            sums(0),
            sums(1)
        ))?;
    }
    rows.commit()?;
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); ANALYZE")?;
    Ok(())
}
