//! Goals: what visitors are to reach. For administrators.

#[cfg(test)]
mod tests;

use deskbell_app::goals::{self, Changes};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::goal::{AttributionModel, Goal, GoalCondition, GoalConditionKind, GoalOperator};
use deskbell_domain::ids::GoalId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; ListGoals, GetGoal, CreateGoal, UpdateGoal, DeleteGoal]
}

#[derive(Serialize)]
struct GoalObject {
    attribution_model: &'static str,
    attribution_period: u16,
    description: String,
    enabled: bool,
    id: i64,
    name: String,
    settings: Settings,
}

#[derive(Serialize)]
struct Settings {
    conditions: Vec<ConditionObject>,
}

#[derive(Serialize)]
struct ConditionObject {
    operator: &'static str,
    r#type: &'static str,
    value: String,
}

impl From<Goal> for GoalObject {
    fn from(goal: Goal) -> GoalObject {
        GoalObject {
            attribution_model: goal.attribution.text(),
            attribution_period: goal.attribution_days,
            description: goal.description,
            enabled: goal.enabled,
            id: goal.id.get(),
            name: goal.name,
            settings: Settings { conditions: goal.conditions.into_iter().map(ConditionObject::from).collect() },
        }
    }
}

impl From<GoalCondition> for ConditionObject {
    fn from(condition: GoalCondition) -> ConditionObject {
        ConditionObject { operator: condition.operator.text(), r#type: condition.kind.text(), value: condition.value }
    }
}

/// A flag: `true` and `false`, or 1 and 0 as the documentation has it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(super) enum OnOff {
    Word(bool),
    Number(i64),
}

impl OnOff {
    pub(super) fn is_on(self) -> bool {
        match self {
            OnOff::Word(on) => on,
            OnOff::Number(number) => number != 0,
        }
    }
}

/// What is written of a goal; what is left out or null stays, or is as usual.
#[derive(Deserialize)]
struct GoalBody {
    name: Option<String>,
    description: Option<String>,
    enabled: Option<OnOff>,
    attribution_model: Option<String>,
    attribution_period: Option<i64>,
    settings: Option<SettingsBody>,
}

#[derive(Deserialize)]
struct SettingsBody {
    conditions: Option<Vec<ConditionBody>>,
}

#[derive(Deserialize)]
struct ConditionBody {
    r#type: String,
    operator: String,
    value: String,
}

impl TryFrom<ConditionBody> for GoalCondition {
    type Error = AppError;

    fn try_from(body: ConditionBody) -> Result<GoalCondition, AppError> {
        let kind = GoalConditionKind::parse(&body.r#type).ok_or_else(|| AppError::invalid("the type of a condition must be url"))?;
        let operator = GoalOperator::parse(&body.operator)
            .ok_or_else(|| AppError::invalid("the operator of a condition must be equals or contains"))?;
        Ok(GoalCondition { kind, operator, value: body.value })
    }
}

impl TryFrom<GoalBody> for Changes {
    type Error = AppError;

    fn try_from(body: GoalBody) -> Result<Changes, AppError> {
        let attribution = body.attribution_model.map(|word| {
            AttributionModel::parse(&word).ok_or_else(|| AppError::invalid("attribution_model must be first_touch or last_touch"))
        });
        let conditions = body.settings.and_then(|settings| settings.conditions);
        Ok(Changes {
            name: body.name,
            description: body.description,
            enabled: body.enabled.map(OnOff::is_on),
            attribution: attribution.transpose()?,
            attribution_days: body.attribution_period,
            conditions: conditions.map(|list| list.into_iter().map(GoalCondition::try_from).collect()).transpose()?,
        })
    }
}

/// The goal in the path. What cannot be one does not exist.
fn path_id(input: &Input) -> Result<GoalId, AppError> {
    let number = input.path("id")?.parse().map_err(|_| AppError::not_found("no such goal"))?;
    Ok(GoalId::from_i64(number))
}

async fn read(desk: &Desk, goal: GoalId) -> Result<Goal, AppError> {
    desk.snapshot(move |tx| goals::get(tx, goal)).await
}

struct ListGoals;

impl Endpoint<Rest> for ListGoals {
    const META: Meta = Meta::get("goals", Right::TokenReadAdministrator)
        .summary("Goals, the oldest first")
        .source("Goals; records of a real account")
        .quirks(&["a bare array; `enabled` is true or false, as in records of real accounts"]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk().snapshot(goals::list).await?;
        Ok(Answer::bare_tree(all.into_iter().map(GoalObject::from).collect::<Vec<_>>()))
    }
}

struct GetGoal;

impl Endpoint<Rest> for GetGoal {
    const META: Meta =
        Meta::get("goals/{id}", Right::TokenReadAdministrator).summary("One goal").params(&[Param::path("id")]).source("Goals");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let goal = read(cx.state.desk(), path_id(&input)?).await?;
        Ok(Answer::bare_tree(GoalObject::from(goal)))
    }
}

const BODY: &[Param] = &[
    Param::json("name").about("at most 254 characters; needed to make one"),
    Param::json("description"),
    Param::json("enabled").about("true, false, 1 or 0; on unless told otherwise"),
    Param::json("attribution_model").about("`first_touch` (unless told otherwise) or `last_touch`"),
    Param::json("attribution_period").about("1 to 30 days; 30 unless told otherwise"),
    Param::json("settings").about("`{conditions:[{type:\"url\",operator:\"equals\"|\"contains\",value}]}`; needed to make one"),
];

/// The same with the goal that is changed.
const CHANGED: &[Param] = &[Param::path("id"), BODY[0], BODY[1], BODY[2], BODY[3], BODY[4], BODY[5]];

struct CreateGoal;

impl Endpoint<Rest> for CreateGoal {
    const META: Meta = Meta::post("goals", Right::TokenWriteAdministrator).summary("Makes a goal").params(BODY).source("Goals").quirks(&[
        "201 and the goal",
        "with five goals on, one more: 400, `Goals limit exceeded`",
        "addresses are compared letter by letter; with `equals` the value begins with `http://` or `https://`",
    ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let changes = Changes::try_from(input.json::<GoalBody>()?)?;
        let goal = cx.state.desk().write(move |tx, cx| goals::create(tx, cx, &changes)).await?;
        Ok(Answer::bare_tree(GoalObject::from(goal)).status(201))
    }
}

struct UpdateGoal;

impl Endpoint<Rest> for UpdateGoal {
    const META: Meta = Meta::put("goals/{id}", Right::TokenWriteAdministrator)
        .summary("Changes a goal")
        .params(CHANGED)
        .source("Goals")
        .quirks(&["what is left out stays; conditions are replaced as a whole"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (id, changes) = (path_id(&input)?, Changes::try_from(input.json::<GoalBody>()?)?);
        let goal = cx.state.desk().write(move |tx, cx| goals::change(tx, cx, id, &changes)).await?;
        Ok(Answer::bare_tree(GoalObject::from(goal)))
    }
}

struct DeleteGoal;

impl Endpoint<Rest> for DeleteGoal {
    const META: Meta = Meta::delete("goals/{id}", Right::TokenWriteAdministrator)
        .summary("Takes a goal away")
        .params(&[Param::path("id")])
        .source("Goals")
        .quirks(&["204; its conversions stay"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input)?;
        cx.state.desk().write(move |tx, cx| goals::remove(tx, cx, id)).await?;
        Ok(Answer::empty().status(204))
    }
}
