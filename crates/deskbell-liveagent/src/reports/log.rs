//! `GET reports/tickets/slalog`, and the same of chats and calls: goals of SLA levels that ended, a row for each.

use deskbell_app::paging::ListKey;
use deskbell_app::rights::Right;
use deskbell_app::sla::{self, LogFilter, LogRow};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::CustomerId;
use deskbell_domain::measure::Medium;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::ask::{self, AGENT, COLUMNS, DEPARTMENT, FROM_GIVEN, LEVEL, ROWS, SKIPPED, TO_GIVEN};
use super::columns::{self, ColumnOf};
use super::compliance;
use super::figures::clock;
use crate::moment::Zone;

const LIST: &str = "slalogs";
const PARAMS: &[Param] = &[
    FROM_GIVEN,
    TO_GIVEN,
    COLUMNS,
    ROWS,
    SKIPPED,
    DEPARTMENT,
    AGENT,
    Param::text("requesterid").about("contact id of the one who asked"),
    LEVEL,
];
const QUIRKS: &[&str] = &[
    "goals that ended in the time, kept or missed, oldest first",
    "`sla` is the end less the due time: with a minus it was kept. Both are of one zone, other than in the reference's example",
    "`date_…` are of the desk's zone, `server_date_…` of GMT",
    "a page begins strictly after the row that the same key's page up to this `limitfrom` ended with; one more than 10000 rows beyond every page asked for so far is refused",
    "`levelid` and `sla_level_id` are the same; names are those of the time",
];

struct Row {
    item: LogRow,
    zone: Zone,
}

const ROW: &[ColumnOf<Row>] = &[
    ("id", |row| row.item.number.to_string()),
    ("conversationid", |row| row.item.conversation.to_string()),
    ("code", |row| row.item.code.clone()),
    ("departmentid", |row| row.item.department.to_string()),
    ("department_name", |row| row.item.department_name.clone()),
    ("levelid", |row| row.item.level.to_string()),
    ("sla_level_name", |row| row.item.level_name.clone()),
    ("sla", |row| offset(row.item.closed.seconds() - row.item.due.seconds())),
    ("date_created", |row| row.zone.text(row.item.created)),
    ("date_closed", |row| row.zone.text(row.item.closed)),
    ("server_date_closed", |row| Zone::gmt().text(row.item.closed)),
    ("date_due", |row| row.zone.text(row.item.due)),
    ("server_date_due", |row| Zone::gmt().text(row.item.due)),
    ("sla_level_id", |row| row.item.level.to_string()),
    ("agentid", |row| row.item.agent.as_ref().map(|(id, ..)| id.to_string()).unwrap_or_default()),
    ("agent_firstname", |row| row.item.agent.as_ref().map(|(_, first, _)| first.clone()).unwrap_or_default()),
    ("agent_lastname", |row| row.item.agent.as_ref().map(|(.., last)| last.clone()).unwrap_or_default()),
    ("req_contactid", |row| row.item.requester.to_string()),
    ("req_firstname", |row| row.item.requester_first.clone()),
    ("req_lastname", |row| row.item.requester_last.clone()),
];

/// Seconds as `HH:MM:SS`, with a minus if they are negative.
fn offset(seconds: i64) -> String {
    format!("{}{}", if seconds < 0 { "-" } else { "" }, clock(seconds.abs()))
}

async fn run(cx: Cx<Desk>, input: Input, medium: Medium) -> Result<Answer, AppError> {
    let zone = Zone::of(&cx.state);
    let (range, page) = (ask::range(&input, &zone)?, ask::page(&input)?);
    let columns = columns::wanted(&input, columns::plain(ROW))?;
    let Some(filter) = filter(&cx, &input).await? else { return Ok(columns::answer(LIST, columns, Vec::new())) };
    let key = ListKey::new(&cx.principal, list_of(medium), &(range.from, range.until, &filter));
    let start = cx.state.paging().start(&key, page.skip)?;
    let read = cx.state.snapshot(move |tx| sla::log(tx, medium, &filter, range.from, range.until, start, page.rows)).await?;
    if let Some(last) = read.last {
        cx.state.paging().ended(&key, start, page.skip + read.rows.len() as i64, last);
    }
    let rows = read.rows.into_iter().map(|item| Row { item, zone: zone.clone() }).collect();
    Ok(columns::answer(LIST, columns, rows))
}

/// What a page's end is remembered under.
fn list_of(medium: Medium) -> &'static str {
    match medium {
        Medium::Tickets => "reports/tickets/slalog",
        Medium::Chats => "reports/chats/slalog",
        Medium::Calls => "reports/calls/slalog",
    }
}

async fn filter(cx: &Cx<Desk>, input: &Input) -> Result<Option<LogFilter>, AppError> {
    let requester = match input.filled_opt("requesterid").map(|text| CustomerId::parse(text.trim())) {
        Some(None) => return Ok(None),
        Some(requester) => requester,
        None => None,
    };
    let filter = compliance::filter(cx, input, "agentid").await?;
    Ok(filter.map(|filter| LogFilter { requester, ..filter }))
}

macro_rules! logs {
    ($($name:ident: $path:literal, $medium:ident, $summary:literal, $source:literal;)+) => {$(
        pub(crate) struct $name;

        impl Endpoint<Desk> for $name {
            const META: Meta = Meta::get(concat!("reports/", $path, "/slalog"), Right::ApiKey)
                .summary($summary)
                .params(PARAMS)
                .source($source)
                .quirks(QUIRKS);

            async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
                run(cx, input, Medium::$medium).await
            }
        }
    )+};
}

logs! {
    TicketLog: "tickets", Tickets, "Goals of SLA levels that ended for tickets", "reference, Reports: Tickets SLA Log report";
    ChatLog: "chats", Chats, "Goals of SLA levels that ended for chats", "reference, Reports: Chats SLA log report";
    CallLog: "calls", Calls, "Goals of SLA levels that ended for calls", "reference, Reports: Calls SLA log report";
}

#[cfg(test)]
mod tests;
