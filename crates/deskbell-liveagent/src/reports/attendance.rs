//! `GET reports/tickets/agentsavailability`, and the same of chats and calls: when agents were there, a row for each department and time.

use std::collections::HashMap;

use deskbell_app::levels::{self, Presence};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, views};
use deskbell_domain::agent::Agent;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::measure::Medium;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::ask::{self, AGENT, COLUMNS, DEPARTMENT, FROM, ROWS, SKIPPED, TO};
use super::columns::{self, ColumnOf};
use super::figures::clock;
use crate::moment::Zone;

const LIST: &str = "agentsavailability";
const PARAMS: &[Param] = &[FROM, TO, COLUMNS, ROWS, SKIPPED, DEPARTMENT, AGENT];
const QUIRKS: &[&str] = &[
    "times that touch the time asked for, whole",
    "`hours_online` is `HH:MM:SS`, up to now while it lasts; then `to_date` is `now`",
    "`id` is made of agent, department and beginning: it stays what it is",
];

/// A number below this is read right by every client that reads numbers.
const IDS_END: u64 = 1 << 53;

struct Row {
    presence: Presence,
    agent: Option<Agent>,
    department: String,
    zone: Zone,
    now: Timestamp,
}

const ROW: &[ColumnOf<Row>] = &[
    ("id", |row| number(&row.presence).to_string()),
    ("userid", |row| row.presence.agent.to_string()),
    ("firstname", |row| row.of_agent(|agent| agent.first_name.clone())),
    ("lastname", |row| row.of_agent(|agent| agent.last_name.clone())),
    ("contactid", |row| row.of_agent(|agent| agent.contact.to_string())),
    ("departmentid", |row| row.presence.department.to_string()),
    ("department_name", |row| row.department.clone()),
    ("hours_online", Row::hours_online),
    ("from_date", |row| row.zone.text(row.presence.from)),
    ("to_date", |row| row.presence.until.map_or_else(|| "now".to_owned(), |until| row.zone.text(until))),
];

impl Row {
    fn of_agent(&self, show: fn(&Agent) -> String) -> String {
        self.agent.as_ref().map(show).unwrap_or_default()
    }

    fn hours_online(&self) -> String {
        let until = self.presence.until.unwrap_or(self.now);
        // The difference of what is shown.
        clock((until.seconds() - self.presence.from.seconds()).max(0))
    }
}

/// A number for a time that is always the same.
fn number(presence: &Presence) -> u64 {
    // FNV-1a.
    let parts = [presence.agent.get(), presence.department.get(), presence.from.micros()];
    let bytes = parts.into_iter().flat_map(i64::to_be_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) % IDS_END
}

async fn run(cx: Cx<Desk>, input: Input, medium: Medium) -> Result<Answer, AppError> {
    let (zone, now) = (Zone::of(&cx.state), cx.state.now());
    let (range, page) = (ask::recent(&input, &zone, now)?, ask::page(&input)?);
    let columns = columns::wanted(&input, columns::plain(ROW))?;
    let Some(scope) = ask::scope(&cx, &input, "agentid").await? else { return Ok(columns::answer(LIST, columns, Vec::new())) };
    levels::caught_up(&cx.state).await?;
    let read = cx.state.snapshot(move |tx| -> Result<_, AppError> {
        let presences = levels::presences(tx, medium, scope, range.from, range.until, page.skip, page.rows)?;
        let agents: HashMap<AgentId, Agent> = views::agents(tx)?.into_iter().map(|agent| (agent.id, agent)).collect();
        let names: HashMap<DepartmentId, String> = views::departments(tx)?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok((presences, agents, names))
    });
    let (presences, agents, names) = read.await?;
    let row = |presence: Presence| Row {
        agent: agents.get(&presence.agent).cloned(),
        department: names.get(&presence.department).cloned().unwrap_or_default(),
        presence,
        zone: zone.clone(),
        now,
    };
    Ok(columns::answer(LIST, columns, presences.into_iter().map(row).collect()))
}

macro_rules! attendance {
    ($($name:ident: $path:literal, $medium:ident, $summary:literal, $source:literal;)+) => {$(
        pub(crate) struct $name;

        impl Endpoint<Desk> for $name {
            const META: Meta = Meta::get(concat!("reports/", $path, "/agentsavailability"), Right::ApiKey)
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

attendance! {
    TicketAgents: "tickets", Tickets, "When agents were there for tickets", "reference, Reports: Tickets Agent availability report";
    ChatAgents: "chats", Chats, "When agents were there for chats", "reference, Reports: Chats Agent availability report";
    CallAgents: "calls", Calls, "When agents were there for calls", "reference, Reports: Calls Agent availability report";
}

#[cfg(test)]
mod tests;
