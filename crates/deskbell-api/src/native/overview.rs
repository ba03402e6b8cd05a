//! The live figures.

use deskbell_app::AppError;
use deskbell_app::figures::{AgentFigures, ChatFigures};
use deskbell_app::rights::Right;
use deskbell_domain::ids::DepartmentId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use deskbell_store::tables;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::{Native, given_id_opt};

/// A figure in windows of minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Windows {
    #[serde(rename = "30")]
    last_30: i64,
    #[serde(rename = "60")]
    last_60: i64,
}

impl From<[i64; 2]> for Windows {
    fn from([last_30, last_60]: [i64; 2]) -> Self {
        Windows { last_30, last_60 }
    }
}

/// What goes on now. Times are whole seconds, null when nothing is there to be timed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OverviewView {
    /// Queued, offered to nobody.
    incoming_chats: i64,
    /// Offered and not yet joined.
    assigned_chats: i64,
    /// Served.
    active_chats: i64,
    missed_chats: Windows,
    waiting_time_avg: Option<i64>,
    waiting_time_max: Option<i64>,
    chat_duration_avg: Option<i64>,
    chat_duration_max: Option<i64>,
    response_time_avg: Option<i64>,
    response_time_max: Option<i64>,
    satisfaction_good: Windows,
    satisfaction_bad: Windows,
    agents_online: i64,
    agents_away: i64,
    agents_invisible: i64,
    /// Take chats and have a free slot.
    agents_available: i64,
    /// On the site, of the whole desk.
    visitors: usize,
}

impl OverviewView {
    fn new(chats: &ChatFigures, agents: AgentFigures, visitors: usize) -> Self {
        OverviewView {
            incoming_chats: chats.incoming,
            assigned_chats: chats.assigned,
            active_chats: chats.active,
            missed_chats: chats.missed.into(),
            waiting_time_avg: chats.waiting.average,
            waiting_time_max: chats.waiting.maximum,
            chat_duration_avg: chats.duration.average,
            chat_duration_max: chats.duration.maximum,
            response_time_avg: chats.response.average,
            response_time_max: chats.response.maximum,
            satisfaction_good: chats.good.into(),
            satisfaction_bad: chats.bad.into(),
            agents_online: agents.online,
            agents_away: agents.away,
            agents_invisible: agents.invisible,
            agents_available: agents.available,
            visitors,
        }
    }
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<OverviewView>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("overview", Right::Agent)
        .summary("The live figures")
        .params(&[Param::text("department").placed(Place::Query).about("this department's; the whole desk's unless given")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let desk = &cx.state.desk;
        let department = given_id_opt(input.filled_opt("department"), DepartmentId::parse, "department")?;
        if let Some(id) = department {
            desk.read(move |tx| tables::departments::get(tx, id)?.ok_or_else(|| AppError::not_found("no such department"))).await?;
        }
        let now = desk.now();
        let (chats, agents) = desk.figures(|figures| (figures.chats(department, now), figures.agents(department)));
        Ok(Answer::tree(OverviewView::new(&chats, agents, desk.presence().visitors_present(now))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::{start, until};

    #[tokio::test]
    async fn figures() {
        let desk = start().await;
        desk.agent_comes().await;
        let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
        visitor.asks_for_chat("Hello?").await;
        until(|| desk.desk.figures(|figures| figures.chats(None, desk.desk.now()).assigned == 1)).await;
        desk.clock.advance_seconds(7);
        for path in ["overview", "overview?department=default"] {
            let figures = desk.agent.get(path).await.expect(200);
            let wanted = json!({
                "incoming_chats": 0, "assigned_chats": 1, "active_chats": 0, "missed_chats": {"30": 0, "60": 0},
                "waiting_time_avg": 7, "waiting_time_max": 7, "chat_duration_avg": null, "chat_duration_max": null,
                "response_time_avg": null, "response_time_max": null, "satisfaction_good": {"30": 0, "60": 0},
                "satisfaction_bad": {"30": 0, "60": 0}, "agents_online": 1, "agents_away": 0, "agents_invisible": 0,
                "agents_available": 1, "visitors": 1
            });
            assert_eq!(figures, wanted, "{path}");
        }
        desk.agent.get("overview?department=zzzzzzzz").await.refused(404, "not_found");
        desk.agent.get("overview?department=!").await.refused(400, "invalid");
    }
}
