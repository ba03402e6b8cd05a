//! `GET sla/log`: goals that were reached, in time or late.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::sla::{self, Kept, LogFilter, LogRow};
use deskbell_domain::ids::{AgentId, DepartmentId, SlaLevelId};
use deskbell_domain::measure::Medium;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use deskbell_store::Tx;
use serde::Serialize;
use utoipa::ToSchema;

use crate::native::call::{Bodies, Call};
use crate::native::days::{self, Days};
use crate::native::page::{self, Page};
use crate::native::{Native, given_id_opt};
use crate::wire::millis;

/// Rows on a page, unless told otherwise and at most.
const PAGE_ROWS: i64 = 100;
const PAGE_ROWS_MAX: i64 = 500;

pub(super) const MEDIUM: Param = Param::text("medium")
    .placed(Place::Query)
    .about("`tickets` (unless given): first and next answer, first assign and resolve; `chats`, `calls`: their answer");
pub(super) const LEVEL: Param = Param::text("level").placed(Place::Query).about("of this service level");
pub(super) const DEPARTMENT: Param = Param::text("department").placed(Place::Query).about("closed in this department");
pub(super) const AGENT: Param = Param::text("agent").placed(Place::Query).about("closed while this agent was in charge");

const MEDIA: &[(&str, Medium)] = &[("tickets", Medium::Tickets), ("chats", Medium::Chats), ("calls", Medium::Calls)];
const KEPT: &[(&str, Kept)] = &[("in_time", Kept::InTime), ("late", Kept::Late)];

/// A goal that was reached, as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SlaLogView {
    /// Counts on over all rows, in the order they were closed.
    number: i64,
    conversation: String,
    code: String,
    level: String,
    level_name: String,
    /// `first_answer`, `next_answer`, `first_assign`, `first_resolve`, `chat_answer` or `call_answer`.
    goal: &'static str,
    department: String,
    department_name: String,
    /// Who was in charge.
    agent: Option<String>,
    agent_name: String,
    customer_name: String,
    /// When the clock started.
    started: i64,
    due: i64,
    closed: i64,
    in_time: bool,
    /// Milliseconds from the due time to the closing; 0 in time.
    late: i64,
}

impl From<&LogRow> for SlaLogView {
    fn from(row: &LogRow) -> Self {
        let full = |first: &str, last: &str| format!("{first} {last}").trim().to_owned();
        SlaLogView {
            number: row.number,
            conversation: row.conversation.to_string(),
            code: row.code.clone(),
            level: row.level.to_string(),
            level_name: row.level_name.clone(),
            goal: row.goal.text(),
            department: row.department.to_string(),
            department_name: row.department_name.clone(),
            agent: row.agent.as_ref().map(|(agent, _, _)| agent.to_string()),
            agent_name: row.agent.as_ref().map(|(_, first, last)| full(first, last)).unwrap_or_default(),
            customer_name: full(&row.requester_first, &row.requester_last),
            started: millis(row.created),
            due: millis(row.due),
            closed: millis(row.closed),
            in_time: row.closed <= row.due,
            late: (millis(row.closed) - millis(row.due)).max(0),
        }
    }
}

/// Which rows: the medium, and what narrows them.
pub(super) fn asked(input: &Input) -> Result<(Medium, LogFilter), AppError> {
    let filter = LogFilter {
        department: given_id_opt(input.filled_opt("department"), DepartmentId::parse, "department")?,
        agent: given_id_opt(input.filled_opt("agent"), AgentId::parse, "agent")?,
        requester: None,
        level: given_id_opt(input.filled_opt("level"), SlaLevelId::parse, "level")?,
    };
    Ok((input.one_of_opt("medium", MEDIA)?.unwrap_or(Medium::Tickets), filter))
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<SlaLogView>>();
}

impl Endpoint<Native> for List {
    const META: Meta =
        Meta::get("sla/log", Right::Administrator).summary("Goals of service levels that were reached, the newest first").params(&[
            days::FROM,
            days::TO,
            MEDIUM,
            Param::text("kept").placed(Place::Query).about("`in_time` or `late`; both unless given"),
            LEVEL,
            DEPARTMENT,
            AGENT,
            page::LIMIT,
            page::AFTER,
        ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let Days { from, until, .. } = Days::read(&cx.state.desk, &input)?;
        let (medium, filter) = asked(&input)?;
        let kept = input.one_of_opt("kept", KEPT)?;
        let behind = page::read_moment_cursor(&input, |number| number.parse::<i64>().ok())?;
        let limit = page::limit(&input, PAGE_ROWS, PAGE_ROWS_MAX)?;
        let read = move |tx: &mut Tx<'_>| sla::newest(tx, medium, &filter, kept, (from, until), behind, limit + 1);
        let rows = cx.state.desk.snapshot(read).await?;
        Ok(Answer::tree(Page::cut(rows, limit, |row| page::moment_cursor(row.closed, row.number), |row| SlaLogView::from(row))))
    }
}
