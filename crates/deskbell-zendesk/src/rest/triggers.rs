//! Triggers: what the desk does by itself. For administrators; addressed by number or by name.

#[cfg(test)]
mod tests;

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::triggers::{self, Changes};
use deskbell_domain::trigger::Trigger;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Route, routes as list};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rest;
use super::goals::OnOff;

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; ListTriggers, GetTrigger, CreateTrigger, UpdateTrigger, DeleteTrigger]
}

#[derive(Serialize)]
struct TriggerObject {
    definition: Value,
    description: String,
    enabled: bool,
    id: i64,
    name: String,
}

impl TryFrom<Trigger> for TriggerObject {
    type Error = AppError;

    fn try_from(trigger: Trigger) -> Result<TriggerObject, AppError> {
        let definition = serde_json::from_str(&trigger.source)
            .map_err(|error| AppError::internal(format!("the definition of trigger {} cannot be read: {error}", trigger.id)))?;
        Ok(TriggerObject {
            definition,
            description: trigger.description,
            enabled: trigger.enabled,
            id: trigger.id.get(),
            name: trigger.name,
        })
    }
}

/// What is written of a trigger; what is left out or null stays, or is as usual.
#[derive(Deserialize)]
struct TriggerBody {
    name: Option<String>,
    description: Option<String>,
    enabled: Option<OnOff>,
    definition: Option<Value>,
}

impl From<TriggerBody> for Changes {
    fn from(body: TriggerBody) -> Changes {
        Changes { name: body.name, description: body.description, enabled: body.enabled.map(OnOff::is_on), definition: body.definition }
    }
}

struct ListTriggers;

impl Endpoint<Rest> for ListTriggers {
    const META: Meta = Meta::get("triggers", Right::TokenReadAdministrator)
        .summary("Triggers, the oldest first: the order in which they act")
        .source("Triggers; records of a real account")
        .quirks(&["a bare array; `enabled` is true or false, as in records of real accounts", "`definition` is given out as it came in"]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk().snapshot(triggers::list).await?;
        let all: Vec<TriggerObject> = all.into_iter().map(TriggerObject::try_from).collect::<Result<_, _>>()?;
        Ok(Answer::bare_tree(all))
    }
}

struct GetTrigger;

impl Endpoint<Rest> for GetTrigger {
    const META: Meta = Meta::get("triggers/{name}", Right::TokenReadAdministrator)
        .summary("One trigger")
        .params(&[Param::path("name").about("or the number")])
        .source("Triggers")
        .quirks(&["the number goes first, should a trigger be called like another one's number"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let name = input.path("name")?.to_owned();
        let trigger = cx.state.desk().snapshot(move |tx| triggers::find(tx, &name)).await?;
        Ok(Answer::bare_tree(TriggerObject::try_from(trigger)?))
    }
}

const BODY: &[Param] = &[
    Param::json("name").about("at most 254 characters, each name once; needed to make one"),
    Param::json("description"),
    Param::json("enabled").about("true, false, 1 or 0; on unless told otherwise"),
    Param::json("definition").about("`{event,condition,actions}`, at most 64 KiB; needed to make one"),
];

/// The same with the trigger that is changed.
const CHANGED: &[Param] = &[Param::path("name").about("or the number"), BODY[0], BODY[1], BODY[2], BODY[3]];

struct CreateTrigger;

impl Endpoint<Rest> for CreateTrigger {
    const META: Meta = Meta::post("triggers", Right::TokenWriteAdministrator)
        .summary("Makes a trigger")
        .params(BODY)
        .source("Triggers; Triggers reference for developers")
        .quirks(&["201 and the trigger; a desk has 100 at most", "what is not understood in a definition: 400, with its words"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let changes = Changes::from(input.json::<TriggerBody>()?);
        let trigger = cx.state.desk().write(move |tx, cx| triggers::create(tx, cx, &changes)).await?;
        Ok(Answer::bare_tree(TriggerObject::try_from(trigger)?).status(201))
    }
}

struct UpdateTrigger;

impl Endpoint<Rest> for UpdateTrigger {
    const META: Meta = Meta::put("triggers/{name}", Right::TokenWriteAdministrator)
        .summary("Changes a trigger")
        .params(CHANGED)
        .source("Triggers")
        .quirks(&[
            "what is left out stays; what the trigger still waited for is forgotten",
            "also the definition can be changed, other than in the original",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (name, changes) = (input.path("name")?.to_owned(), Changes::from(input.json::<TriggerBody>()?));
        let trigger = cx.state.desk().write(move |tx, cx| triggers::change(tx, cx, &name, &changes)).await?;
        Ok(Answer::bare_tree(TriggerObject::try_from(trigger)?))
    }
}

struct DeleteTrigger;

impl Endpoint<Rest> for DeleteTrigger {
    const META: Meta = Meta::delete("triggers/{name}", Right::TokenWriteAdministrator)
        .summary("Takes a trigger away")
        .params(&[Param::path("name").about("or the number")])
        .source("Triggers")
        .quirks(&["204"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let name = input.path("name")?.to_owned();
        cx.state.desk().write(move |tx, cx| triggers::remove(tx, cx, &name)).await?;
        Ok(Answer::empty().status(204))
    }
}
