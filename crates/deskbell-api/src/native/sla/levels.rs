//! Levels: read by all agents, written by administrators.

use std::collections::BTreeMap;

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::sla::levels::{self, LevelDraft};
use deskbell_domain::ids::SlaLevelId;
use deskbell_domain::sla::{Goal, Level};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::calendar::CalendarBody;
use crate::native::call::{Bodies, Call};
use crate::native::page::{self, Page};
use crate::native::{Native, path_id};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SlaLevelView {
    level: String,
    name: String,
    /// Business seconds of `first_answer`, `next_answer`, `first_assign`, `first_resolve`, `chat_answer`, `call_answer`; null: not watched.
    times: BTreeMap<&'static str, Option<u32>>,
    calendar: CalendarBody,
}

impl From<&Level> for SlaLevelView {
    fn from(level: &Level) -> Self {
        SlaLevelView {
            level: level.id.to_string(),
            name: level.name.clone(),
            times: Goal::ALL.iter().map(|goal| (goal.text(), level.times.get(*goal))).collect(),
            calendar: CalendarBody::from(&level.calendar),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<SlaLevelView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("sla/levels", Right::Agent).summary("All service levels, by name").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk.snapshot(levels::list).await?;
        Ok(Answer::tree(Page::of_all(all, &input, |level| level.id.to_string(), |row| SlaLevelView::from(row))?))
    }
}

/// What is left out stays, or has its default: day and night.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct SlaLevelBody {
    name: Option<String>,
    /// Business seconds of the goals that are named; null: not watched. What is left out stays.
    times: Option<BTreeMap<String, Option<i64>>>,
    /// The whole new one.
    calendar: Option<CalendarBody>,
}

impl SlaLevelBody {
    fn draft(self) -> Result<LevelDraft, AppError> {
        let time = |(goal, seconds): (String, Option<i64>)| {
            let unknown = || {
                let known: Vec<&str> = Goal::ALL.iter().map(|goal| goal.text()).collect();
                AppError::invalid(format!("times has only {}", known.join(", ")))
            };
            Ok((Goal::parse(&goal).ok_or_else(unknown)?, seconds))
        };
        Ok(LevelDraft {
            name: self.name,
            times: self.times.unwrap_or_default().into_iter().map(time).collect::<Result<_, AppError>>()?,
            calendar: self.calendar.map(|calendar| calendar.calendar()).transpose()?,
        })
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<SlaLevelView>().reads::<SlaLevelBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("sla/levels", Right::Administrator).summary("Make a service level");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<SlaLevelBody>()?.draft()?;
        let level = cx.state.desk.write(move |tx, cx| levels::create(tx, cx, &draft)).await?;
        Ok(Answer::tree(SlaLevelView::from(&level)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<SlaLevelView>().reads::<SlaLevelBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("sla/levels/{id}", Right::Administrator)
        .summary("Change a service level; what is due already stays due when it is")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, SlaLevelId::parse, "SLA level")?;
        let draft = input.json::<SlaLevelBody>()?.draft()?;
        let level = cx.state.desk.write(move |tx, cx| levels::change(tx, cx, id, &draft)).await?;
        Ok(Answer::tree(SlaLevelView::from(&level)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("sla/levels/{id}", Right::Administrator)
        .summary("Take a service level away; conversations that have it keep it")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, SlaLevelId::parse, "SLA level")?;
        cx.state.desk.write(move |tx, cx| levels::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}
