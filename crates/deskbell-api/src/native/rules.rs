//! Rules: what the desk does by itself with conversations when something happens. `docs/automation.md` describes their definitions. What
//! they share with time rules is here, too.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::rules::{self, Changes};
use deskbell_domain::ids::RuleId;
use deskbell_domain::rule::Rule;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, given_id, path_id};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RuleView {
    rule: String,
    name: String,
    enabled: bool,
    /// Events, conditions, actions, as they were written.
    #[schema(value_type = Object)]
    definition: Value,
}

/// A definition as it was written. What is stored was read before.
pub(super) fn definition(source: &str) -> Value {
    serde_json::from_str(source).unwrap_or_default()
}

impl From<&Rule> for RuleView {
    fn from(rule: &Rule) -> Self {
        RuleView { rule: rule.id.to_string(), name: rule.name.clone(), enabled: rule.enabled, definition: definition(&rule.source) }
    }
}

/// What is written of a rule or a time rule; what is left out or null stays, or has its default.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RuleBody {
    name: Option<String>,
    enabled: Option<bool>,
    #[schema(value_type = Option<Object>)]
    definition: Option<Value>,
}

impl From<RuleBody> for Changes {
    fn from(body: RuleBody) -> Changes {
        Changes { name: body.name, enabled: body.enabled, definition: body.definition }
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct OrderBody {
    /// All of them, each once, in their new order.
    order: Vec<String>,
}

impl OrderBody {
    pub(super) fn ids<T>(&self, parse: fn(&str) -> Option<T>) -> Result<Vec<T>, AppError> {
        self.order.iter().map(|id| given_id(id, parse, "order")).collect()
    }
}

fn listed(all: Vec<Rule>, input: &Input) -> Result<Answer, AppError> {
    Ok(Answer::tree(Page::of_all(all, input, |rule| rule.id.to_string(), |row| RuleView::from(row))?))
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<RuleView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("rules", Right::Administrator).summary("All rules, in their order").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        listed(cx.state.desk.snapshot(rules::list).await?, &input)
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<RuleView>().reads::<RuleBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("rules", Right::Administrator)
        .summary("Make a rule, the last in order: `name` and `definition` must be given; it fires on what happens from then on");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let changes = Changes::from(input.json::<RuleBody>()?);
        let rule = cx.state.desk.write(move |tx, cx| rules::create(tx, cx, &changes)).await?;
        Ok(Answer::tree(RuleView::from(&rule)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<RuleView>().reads::<RuleBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("rules/{id}", Right::Administrator)
        .summary("Change a rule; switched on or with another definition it fires on what happens from then on")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, RuleId::parse, "rule")?;
        let changes = Changes::from(input.json::<RuleBody>()?);
        let rule = cx.state.desk.write(move |tx, cx| rules::change(tx, cx, id, &changes)).await?;
        Ok(Answer::tree(RuleView::from(&rule)))
    }
}

pub(crate) struct Reorder;

impl Call for Reorder {
    const BODIES: Bodies = Bodies::answers::<Page<RuleView>>().reads::<OrderBody>();
}

impl Endpoint<Native> for Reorder {
    const META: Meta = Meta::post("rules/order", Right::Administrator).summary("Put the rules in an order");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let order = input.json::<OrderBody>()?.ids(RuleId::parse)?;
        listed(cx.state.desk.write(move |tx, cx| rules::reorder(tx, cx, &order)).await?, &input)
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("rules/{id}", Right::Administrator)
        .summary("Take a rule away; what it did stays in the log")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, RuleId::parse, "rule")?;
        cx.state.desk.write(move |tx, cx| rules::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::native::tests::harness::start;

    fn names(list: &Value) -> Vec<&str> {
        list["items"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn rules_are_made_ordered_changed_and_removed() {
        let desk = start().await;
        let definition = json!({"events": ["rated"], "conditions": [[{"rating": "bad"}]], "actions": [{"add_tag": "sad"}], "stop": true});
        let first = desk.admin.post("rules", json!({"name": "first", "definition": definition})).await.expect(201);
        assert_eq!(first, json!({"rule": first["rule"], "name": "first", "enabled": true, "definition": definition}));
        let body = json!({"name": "second", "enabled": false, "definition": {"events": "rated", "actions": [{"note": "x"}]}});
        let second = desk.admin.post("rules", body).await.expect(201);
        assert_eq!(second["enabled"], json!(false));
        let order = json!({"order": [second["rule"], first["rule"]]});
        assert_eq!(names(&desk.admin.post("rules/order", order).await.expect(200)), ["second", "first"]);
        assert_eq!(names(&desk.admin.get("rules").await.expect(200)), ["second", "first"]);
        let path = format!("rules/{}", first["rule"].as_str().unwrap());
        let changed = desk.admin.put(&path, json!({"enabled": false})).await.expect(200);
        assert_eq!((&changed["enabled"], &changed["definition"]), (&json!(false), &definition));
        desk.admin.delete(&path).await.expect(204);
        desk.admin.delete(&path).await.refused(404, "not_found");
        assert_eq!(names(&desk.admin.get("rules").await.expect(200)), ["second"]);
    }

    #[tokio::test]
    async fn refusals() {
        let desk = start().await;
        desk.agent.get("rules").await.refused(403, "forbidden");
        desk.agent.post("rules", json!({"name": "a", "definition": {}})).await.refused(403, "forbidden");
        for (body, code) in [
            (json!({"definition": {}}), "missing"),
            (json!({"name": "a"}), "missing"),
            (json!({"name": "a", "definition": {"events": "rated"}}), "missing"),
            (json!({"name": "a", "definition": {"events": "sneezed", "actions": [{"note": "x"}]}}), "invalid"),
            (json!({"name": "a", "definition": "events"}), "invalid"),
        ] {
            desk.admin.post("rules", body).await.refused(400, code);
        }
        let wrong = json!({"name": "a", "definition": {"events": "rated", "conditions": [[{"text": "/(/"}]], "actions": [{"note": "x"}]}});
        let refused = desk.admin.post("rules", wrong).await.expect(400);
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("definition.conditions[0][0].text: a regular expression is not understood"), "{message}");
        desk.admin.post("rules/order", json!({"order": ["!"]})).await.refused(400, "invalid");
        desk.admin.post("rules/order", json!({"order": ["zzzzzzzz"]})).await.refused(400, "invalid");
        desk.admin.put("rules/zzzzzzzz", json!({"name": "b"})).await.refused(404, "not_found");
    }
}
