//! The incremental exports of agents and queues over time: `GET incremental/agent_timeline`, `incremental/agent_events` and
//! `incremental/department_events`.

#[cfg(test)]
mod tests;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, timeline};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;
use deskbell_domain::timeline::{AgentChange, AgentEvent, DepartmentEvent, Queue, Span};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, ParamKind, Place, Route, routes as list};
use serde::Serialize;

use super::ask::Ask;
use super::page::Page;
use super::{Ids, Series, Unexpanded, Unit, answer, reach};
use crate::rest::Rest;

const AGENT_TIMELINE: Series = Series {
    path: "incremental/agent_timeline",
    name: "agent_timeline",
    unit: Unit::Microseconds,
    ids: Ids::Untold,
    unless_expanded: Unexpanded::Whole,
};

const AGENT_EVENTS: Series = Series {
    path: "incremental/agent_events",
    name: "agent_events",
    unit: Unit::Seconds,
    ids: Ids::Told,
    unless_expanded: Unexpanded::Whole,
};

const DEPARTMENT_EVENTS: Series = Series {
    path: "incremental/department_events",
    name: "department_events",
    unit: Unit::Seconds,
    ids: Ids::Told,
    unless_expanded: Unexpanded::Whole,
};

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; GetAgentTimeline, GetAgentEvents, GetDepartmentEvents]
}

/// A row with its place: its time in the unit of the series, and its id where ids are told.
type Placed<R> = (i64, String, R);

/// A page of these rows.
fn page<R: Serialize>(series: &'static Series, ask: &Ask, rows: &[Placed<R>]) -> Result<Page, AppError> {
    let mut page = Page::new(series, ask.start.clone(), ask.projection.clone());
    for (time, id, row) in rows {
        page.add(*time, id, &serde_json::to_string(row).expect("plain structs with text keys can always be written"));
    }
    page.whole()
}

#[derive(Serialize)]
struct TimelineRow {
    agent_id: i64,
    /// Seconds, to the microsecond.
    duration: f64,
    engagement_count: u32,
    start_time: String,
    status: &'static str,
}

impl From<&Span> for TimelineRow {
    #[expect(clippy::cast_precision_loss, reason = "spans are far shorter than the 285 years that a double counts to the microsecond")]
    fn from(span: &Span) -> TimelineRow {
        TimelineRow {
            agent_id: span.agent.get(),
            duration: span.end.micros_since(span.start) as f64 / 1e6,
            engagement_count: span.engagements,
            start_time: fine_stamp(span.start),
            status: span.status.text(),
        }
    }
}

struct GetAgentTimeline;
impl Endpoint<Rest> for GetAgentTimeline {
    const META: Meta = Meta::get(AGENT_TIMELINE.path, Right::TokenReadAdministrator)
        .summary("Times in which an agent's status and number of chats stayed the same, by their end")
        .params(&[
            Param::text("start_time").placed(Place::Query).about("microseconds since 1970; at least five minutes ago"),
            Param::text("start_id").placed(Place::Query).about("means nothing"),
            Param::int("limit").placed(Place::Query).about("1 to 1000, which is also the default; larger ones become 1000"),
            Param::new("fields", ParamKind::Text).placed(Place::Query).about("`agent_timeline(*)`, or `agent_timeline(agent_id,duration)`"),
        ])
        .source("Incremental Export API, agent timeline")
        .quirks(&[
            "spans that end after `start_time`, never in it: a span comes once it is over, and no two end in the same microsecond",
            "`end_time` is the end of the last one: its start plus its duration; no `end_id`, no `start_id` in `next_page`",
            "`duration` has six places at most; spans of no duration are left out",
            "all is shown unless `fields` says less",
            "a `start_time` from which on spans are still being prepared: 503 with `Retry-After`",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let ask = Ask::read(&AGENT_TIMELINE, &input)?;
        let until = Timestamp::from_seconds(reach(&cx.state, &ask).await?);
        let spans = timeline::spans(cx.state.desk(), Timestamp::from_micros(ask.start.time), until, ask.limit()).await?;
        let rows: Vec<Placed<TimelineRow>> = spans.iter().map(|span| (span.end.micros(), String::new(), span.into())).collect();
        answer(&cx, &ask, page(&AGENT_TIMELINE, &ask, &rows)?).await
    }
}

#[derive(Serialize)]
struct AgentEventRow<'a> {
    account_id: i64,
    agent_id: i64,
    field_name: &'static str,
    id: &'a str,
    previous_value: StatusOrCount,
    timestamp: String,
    value: StatusOrCount,
}

#[derive(Serialize)]
#[serde(untagged)]
enum StatusOrCount {
    Status(&'static str),
    Count(u32),
}

impl AgentEventRow<'_> {
    fn new(account_id: i64, event: &AgentEvent) -> AgentEventRow<'_> {
        let (field_name, previous_value, value) = match event.change {
            AgentChange::Status { previous, value } => {
                ("status", StatusOrCount::Status(previous.text()), StatusOrCount::Status(value.text()))
            }
            AgentChange::Engagements { previous, value } => ("engagements", StatusOrCount::Count(previous), StatusOrCount::Count(value)),
        };
        let (agent_id, timestamp) = (event.agent.get(), fine_stamp(event.at));
        AgentEventRow { account_id, agent_id, field_name, id: &event.id, previous_value, timestamp, value }
    }
}

/// The parameters of both lists of events.
const EVENT_PARAMS: [Param; 3] = [
    Param::text("start_time").placed(Place::Query).about("seconds since 1970, a fraction is rounded up; at least five minutes ago"),
    Param::text("start_id").placed(Place::Query).about("the last event seen of that second; without it the second is included"),
    Param::int("limit").placed(Place::Query).about("1 to 1000, which is also the default; larger ones become 1000"),
];

const PREPARING: &str = "a `start_time` from which on events are still being prepared: 503 with `Retry-After`";
const CROWDED: &str = "no more than 999 events carry the same second; later ones carry the next";

struct GetAgentEvents;
impl Endpoint<Rest> for GetAgentEvents {
    const META: Meta = Meta::get(AGENT_EVENTS.path, Right::TokenReadAdministrator)
        .summary("Changes of agents' status and number of chats")
        .params(&[
            EVENT_PARAMS[0],
            EVENT_PARAMS[1],
            EVENT_PARAMS[2],
            Param::new("fields", ParamKind::Text).placed(Place::Query).about("`agent_events(*)`, or `agent_events(agent_id,value)`"),
        ])
        .source("Incremental Agent Events API")
        .quirks(&[
            "`field_name` is `status` (`online`, `away`, `invisible`, `offline`) or `engagements` (a count); an agent who is switched off is offline",
            "all is shown unless `fields` says less",
            "an empty page echoes `start_time` and `start_id`",
            CROWDED,
            PREPARING,
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let ask = Ask::read(&AGENT_EVENTS, &input)?;
        let until = reach(&cx.state, &ask).await?;
        let desk = cx.state.desk();
        let events = timeline::agent_events(desk, (ask.start.time, ask.start.id.clone()), until, ask.limit()).await?;
        let row = |event| AgentEventRow::new(desk.account_key(), event);
        let rows: Vec<Placed<AgentEventRow<'_>>> = events.iter().map(|event| (event.at.seconds(), event.id.clone(), row(event))).collect();
        answer(&cx, &ask, page(&AGENT_EVENTS, &ask, &rows)?).await
    }
}

#[derive(Serialize)]
struct DepartmentEventRow<'a> {
    department_id: Option<i64>,
    field_name: &'static str,
    id: &'a str,
    previous_value: QueueSizes,
    timestamp: String,
    value: QueueSizes,
}

#[derive(Serialize)]
struct QueueSizes {
    assigned_chats: u32,
    incoming_chats: u32,
}

impl From<Queue> for QueueSizes {
    fn from(queue: Queue) -> QueueSizes {
        QueueSizes { assigned_chats: queue.assigned, incoming_chats: queue.incoming }
    }
}

impl<'a> From<&'a DepartmentEvent> for DepartmentEventRow<'a> {
    fn from(event: &'a DepartmentEvent) -> DepartmentEventRow<'a> {
        DepartmentEventRow {
            department_id: (event.department != DepartmentId::DEFAULT).then(|| event.department.get()),
            field_name: "queue_sizes",
            id: &event.id,
            previous_value: event.previous.into(),
            timestamp: moment(Timestamp::from_seconds(event.at.seconds())).to_string(),
            value: event.value.into(),
        }
    }
}

struct GetDepartmentEvents;
impl Endpoint<Rest> for GetDepartmentEvents {
    const META: Meta = Meta::get(DEPARTMENT_EVENTS.path, Right::TokenReadAdministrator)
        .summary("Changes of how many chats wait in a department")
        .params(&[
            EVENT_PARAMS[0],
            EVENT_PARAMS[1],
            EVENT_PARAMS[2],
            Param::new("fields", ParamKind::Text).placed(Place::Query).about("`department_events(*)`, or `department_events(id,value)`"),
        ])
        .source("Incremental Export API, department events")
        .quirks(&[
            "`value` and `previous_value` are `{assigned_chats, incoming_chats}`: chats that ring, chats that nobody was offered; both are always there",
            "one event for each change, also for those of one moment, so that each begins where the one before it ended",
            "`department_id` null is the default department; there are no events of the account as a whole",
            "all is shown unless `fields` says less",
            "an empty page echoes `start_time` and `start_id`",
            CROWDED,
            PREPARING,
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let ask = Ask::read(&DEPARTMENT_EVENTS, &input)?;
        let until = reach(&cx.state, &ask).await?;
        let start = (ask.start.time, ask.start.id.clone());
        let events = timeline::department_events(cx.state.desk(), start, until, ask.limit()).await?;
        let rows: Vec<Placed<DepartmentEventRow<'_>>> =
            events.iter().map(|event| (event.at.seconds(), event.id.clone(), event.into())).collect();
        answer(&cx, &ask, page(&DEPARTMENT_EVENTS, &ask, &rows)?).await
    }
}

/// `2018-04-29T10:26:40.957650Z`: always six places.
fn fine_stamp(at: Timestamp) -> String {
    format!("{:.6}", moment(at))
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default()
}
