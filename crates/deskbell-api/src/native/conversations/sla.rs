//! A conversation's service level: how it stands, and another one.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::sla::{Standing, clocks};
use deskbell_domain::ids::SlaLevelId;
use deskbell_domain::message::Actor;
use deskbell_domain::sla::clock::Clock;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ID, path_conversation};
use crate::native::call::{Bodies, Call};
use crate::native::done::DoneView;
use crate::native::{Native, given_id_opt, me};
use crate::wire::millis;

/// A clock that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SlaClockView {
    item: String,
    /// `first_answer`, `next_answer`, `first_assign`, `first_resolve`, `chat_answer` or `call_answer`.
    goal: &'static str,
    started: i64,
    /// Null while it stands still.
    due: Option<i64>,
    /// It was told that the due time passed.
    breached: bool,
}

impl From<&Clock> for SlaClockView {
    fn from(clock: &Clock) -> Self {
        SlaClockView {
            item: clock.id.to_string(),
            goal: clock.goal.text(),
            started: millis(clock.started),
            due: clock.due().map(millis),
            breached: clock.breached,
        }
    }
}

/// How a conversation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StandingView {
    level: Option<String>,
    /// The level's name.
    name: Option<String>,
    clocks: Vec<SlaClockView>,
}

impl From<&Standing> for StandingView {
    fn from(standing: &Standing) -> Self {
        let (level, name) = standing.level.clone().unzip();
        StandingView { level: level.map(|level| level.to_string()), name, clocks: standing.clocks.iter().map(SlaClockView::from).collect() }
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct LevelOfBody {
    /// Left out or null: none.
    level: Option<String>,
}

pub(crate) struct SetLevel;

impl Call for SetLevel {
    const BODIES: Bodies = Bodies::answers::<DoneView>().reads::<LevelOfBody>();
}

impl Endpoint<Native> for SetLevel {
    const META: Meta = Meta::put("conversations/{id}/sla", Right::Agent)
        .summary("Give a conversation another service level; clocks that run go on under it")
        .params(&[ID]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: LevelOfBody = input.json()?;
        let level = given_id_opt(body.level.as_deref(), SlaLevelId::parse, "level")?;
        let (conversation, by) = (path_conversation(&cx, &input).await?, Actor::Agent(me(&cx)?));
        let done = cx.state.desk.write(move |tx, cx| clocks::set_level(tx, cx, by, conversation, level)).await?;
        Ok(Answer::tree(DoneView::from(done)))
    }
}

#[cfg(test)]
mod tests;
