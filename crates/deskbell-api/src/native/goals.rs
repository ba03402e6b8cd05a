//! Goals: what visitors are to reach. They are written through the API of Zendesk Chat; here they are looked over, switched and removed.

use deskbell_app::AppError;
use deskbell_app::goals::{self, Changes};
use deskbell_app::rights::Right;
use deskbell_domain::goal::Goal;
use deskbell_domain::ids::GoalId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, path_id};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct GoalView {
    goal: String,
    name: String,
    description: String,
    enabled: bool,
    /// `first_touch` or `last_touch`.
    attribution: &'static str,
    attribution_days: u16,
    conditions: Vec<GoalConditionView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct GoalConditionView {
    /// `equals` or `contains`: what the address of the page does.
    operator: &'static str,
    value: String,
}

impl From<&Goal> for GoalView {
    fn from(goal: &Goal) -> Self {
        let view = |condition: &deskbell_domain::goal::GoalCondition| GoalConditionView {
            operator: condition.operator.text(),
            value: condition.value.clone(),
        };
        GoalView {
            goal: goal.id.to_string(),
            name: goal.name.clone(),
            description: goal.description.clone(),
            enabled: goal.enabled,
            attribution: goal.attribution.text(),
            attribution_days: goal.attribution_days,
            conditions: goal.conditions.iter().map(view).collect(),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<GoalView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("goals", Right::Administrator).summary("All goals").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let goals = cx.state.desk.snapshot(goals::list).await?;
        Ok(Answer::tree(Page::of_all(goals, &input, |goal| goal.id.to_string(), |row| GoalView::from(row))?))
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct SwitchBody {
    pub(crate) enabled: bool,
}

pub(crate) struct Switch;

impl Call for Switch {
    const BODIES: Bodies = Bodies::answers::<GoalView>().reads::<SwitchBody>();
}

impl Endpoint<Native> for Switch {
    const META: Meta = Meta::put("goals/{id}", Right::Administrator).summary("Switch a goal on or off").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (id, body) = (path_id(&input, GoalId::parse, "goal")?, input.json::<SwitchBody>()?);
        let changes = Changes { enabled: Some(body.enabled), ..Changes::default() };
        let goal = cx.state.desk.write(move |tx, cx| goals::change(tx, cx, id, &changes)).await?;
        Ok(Answer::tree(GoalView::from(&goal)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("goals/{id}", Right::Administrator).summary("Remove a goal").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, GoalId::parse, "goal")?;
        cx.state.desk.write(move |tx, cx| goals::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::goals::{self, Changes};
    use deskbell_domain::goal::{GoalCondition, GoalConditionKind, GoalOperator};
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn goals_are_switched_and_removed() {
        let desk = start().await;
        let condition = GoalCondition { kind: GoalConditionKind::Url, operator: GoalOperator::Contains, value: "/done".to_owned() };
        let changes = Changes { name: Some("Order".to_owned()), conditions: Some(vec![condition]), ..Changes::default() };
        let goal = desk.desk.write(move |tx, cx| goals::create(tx, cx, &changes)).await.unwrap();
        let wanted = json!({"goal": goal.id.to_string(), "name": "Order", "description": "", "enabled": true,
            "attribution": "first_touch", "attribution_days": 30, "conditions": [{"operator": "contains", "value": "/done"}]});
        assert_eq!(desk.admin.get("goals").await.expect(200)["items"], json!([wanted]));
        let path = format!("goals/{}", goal.id);
        assert_eq!(desk.admin.put(&path, json!({"enabled": false})).await.expect(200)["enabled"], json!(false));
        desk.admin.put(&path, json!({})).await.refused(400, "invalid");
        desk.agent.put(&path, json!({"enabled": true})).await.refused(403, "forbidden");
        desk.admin.delete(&path).await.expect(204);
        desk.admin.delete(&path).await.refused(404, "not_found");
    }
}
