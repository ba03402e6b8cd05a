//! Triggers: what the desk does by itself. They are written through the API of Zendesk Chat; here they are looked over, switched and removed.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::triggers::{self, Changes};
use deskbell_domain::ids::TriggerId;
use deskbell_domain::trigger::Trigger;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::goals::SwitchBody;
use super::page::{self, Page};
use super::{Native, path_id};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TriggerView {
    trigger: String,
    name: String,
    description: String,
    enabled: bool,
    /// JSON in the words of Zendesk Chat, as a text.
    definition: String,
}

impl From<&Trigger> for TriggerView {
    fn from(trigger: &Trigger) -> Self {
        TriggerView {
            trigger: trigger.id.to_string(),
            name: trigger.name.clone(),
            description: trigger.description.clone(),
            enabled: trigger.enabled,
            definition: trigger.source.clone(),
        }
    }
}

/// The number in the path, as the use cases take it.
fn number(input: &Input) -> Result<String, AppError> {
    Ok(path_id(input, TriggerId::parse, "trigger")?.get().to_string())
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<TriggerView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("triggers", Right::Administrator).summary("All triggers").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let triggers = cx.state.desk.snapshot(triggers::list).await?;
        Ok(Answer::tree(Page::of_all(triggers, &input, |trigger| trigger.id.to_string(), |row| TriggerView::from(row))?))
    }
}

pub(crate) struct Switch;

impl Call for Switch {
    const BODIES: Bodies = Bodies::answers::<TriggerView>().reads::<SwitchBody>();
}

impl Endpoint<Native> for Switch {
    const META: Meta = Meta::put("triggers/{id}", Right::Administrator).summary("Switch a trigger on or off").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (number, body) = (number(&input)?, input.json::<SwitchBody>()?);
        let changes = Changes { enabled: Some(body.enabled), ..Changes::default() };
        let trigger = cx.state.desk.write(move |tx, cx| triggers::change(tx, cx, &number, &changes)).await?;
        Ok(Answer::tree(TriggerView::from(&trigger)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("triggers/{id}", Right::Administrator).summary("Remove a trigger").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let number = number(&input)?;
        cx.state.desk.write(move |tx, cx| triggers::remove(tx, cx, &number)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::triggers::{self, Changes};
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn triggers_are_switched_and_removed() {
        let desk = start().await;
        let definition = json!({"event": "page_enter", "condition": ["and"], "actions": [["wait", 1]]});
        let changes = Changes { name: Some("Hello".to_owned()), definition: Some(definition.clone()), ..Changes::default() };
        let trigger = desk.desk.write(move |tx, cx| triggers::create(tx, cx, &changes)).await.unwrap();
        let wanted = json!({"trigger": trigger.id.to_string(), "name": "Hello", "description": "", "enabled": true,
            "definition": definition.to_string()});
        assert_eq!(desk.admin.get("triggers").await.expect(200)["items"], json!([wanted]));
        let path = format!("triggers/{}", trigger.id);
        assert_eq!(desk.admin.put(&path, json!({"enabled": false})).await.expect(200)["enabled"], json!(false));
        desk.agent.put(&path, json!({"enabled": true})).await.refused(403, "forbidden");
        desk.agent.get("triggers").await.refused(403, "forbidden");
        desk.admin.delete(&path).await.expect(204);
        desk.admin.delete(&path).await.refused(404, "not_found");
        desk.admin.delete("triggers/Hello").await.refused(404, "not_found");
    }
}
