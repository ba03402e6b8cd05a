//! Time rules: what the desk does by itself with conversations for which something has not happened for a while. `docs/automation.md`
//! describes their definitions.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::rules::Changes;
use deskbell_app::time_rules;
use deskbell_domain::ids::TimeRuleId;
use deskbell_domain::rule::TimeRule;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::rules::{OrderBody, RuleBody, definition};
use super::{Native, path_id};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TimeRuleView {
    rule: String,
    name: String,
    enabled: bool,
    /// Conditions and actions, as they were written.
    #[schema(value_type = Object)]
    definition: Value,
}

impl From<&TimeRule> for TimeRuleView {
    fn from(rule: &TimeRule) -> Self {
        TimeRuleView { rule: rule.id.to_string(), name: rule.name.clone(), enabled: rule.enabled, definition: definition(&rule.source) }
    }
}

fn listed(all: Vec<TimeRule>, input: &Input) -> Result<Answer, AppError> {
    Ok(Answer::tree(Page::of_all(all, input, |rule| rule.id.to_string(), |row| TimeRuleView::from(row))?))
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<TimeRuleView>>();
}

impl Endpoint<Native> for List {
    const META: Meta =
        Meta::get("time-rules", Right::Administrator).summary("All time rules, in their order").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        listed(cx.state.desk.snapshot(time_rules::list).await?, &input)
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<TimeRuleView>().reads::<RuleBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("time-rules", Right::Administrator)
        .summary("Make a time rule, the last in order: `name` and `definition` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let changes = Changes::from(input.json::<RuleBody>()?);
        let rule = cx.state.desk.write(move |tx, cx| time_rules::create(tx, cx, &changes)).await?;
        Ok(Answer::tree(TimeRuleView::from(&rule)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<TimeRuleView>().reads::<RuleBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("time-rules/{id}", Right::Administrator).summary("Change a time rule").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, TimeRuleId::parse, "time rule")?;
        let changes = Changes::from(input.json::<RuleBody>()?);
        let rule = cx.state.desk.write(move |tx, cx| time_rules::change(tx, cx, id, &changes)).await?;
        Ok(Answer::tree(TimeRuleView::from(&rule)))
    }
}

pub(crate) struct Reorder;

impl Call for Reorder {
    const BODIES: Bodies = Bodies::answers::<Page<TimeRuleView>>().reads::<OrderBody>();
}

impl Endpoint<Native> for Reorder {
    const META: Meta = Meta::post("time-rules/order", Right::Administrator).summary("Put the time rules in an order");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let order = input.json::<OrderBody>()?.ids(TimeRuleId::parse)?;
        listed(cx.state.desk.write(move |tx, cx| time_rules::reorder(tx, cx, &order)).await?, &input)
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("time-rules/{id}", Right::Administrator)
        .summary("Take a time rule away; what it did stays in the log")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, TimeRuleId::parse, "time rule")?;
        cx.state.desk.write(move |tx, cx| time_rules::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn time_rules_are_made_ordered_changed_and_removed() {
        let desk = start().await;
        let definition = json!({"conditions": [[{"created_more_than": "2h"}, {"status": "N"}]], "actions": [{"add_tag": "old"}]});
        let first = desk.admin.post("time-rules", json!({"name": "first", "definition": definition})).await.expect(201);
        assert_eq!(first, json!({"rule": first["rule"], "name": "first", "enabled": true, "definition": definition}));
        let second = desk.admin.post("time-rules", json!({"name": "second", "definition": definition})).await.expect(201);
        let order = json!({"order": [second["rule"], first["rule"]]});
        let ordered = desk.admin.post("time-rules/order", order).await.expect(200);
        assert_eq!(ordered["items"][0]["name"], json!("second"));
        assert_eq!(desk.admin.get("time-rules").await.expect(200), ordered);
        let path = format!("time-rules/{}", first["rule"].as_str().unwrap());
        assert_eq!(desk.admin.put(&path, json!({"name": "third"})).await.expect(200)["name"], json!("third"));
        desk.admin.put(&path, json!({"name": "second"})).await.refused(400, "invalid");
        let waits_for_nothing = json!({"definition": {"conditions": [[{"status": "N"}]], "actions": [{"note": "x"}]}});
        desk.admin.put(&path, waits_for_nothing).await.refused(400, "invalid");
        desk.agent.get("time-rules").await.refused(403, "forbidden");
        desk.agent.put(&path, json!({"enabled": false})).await.refused(403, "forbidden");
        desk.admin.delete(&path).await.expect(204);
        desk.admin.delete(&path).await.refused(404, "not_found");
    }
}
