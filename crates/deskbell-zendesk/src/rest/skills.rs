//! `skills`: what agents are good at, and who has it.

#[cfg(test)]
mod tests;

use deskbell_app::rights::Right;
use deskbell_app::skills::{self, SkillDraft};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::{AgentId, SkillId};
use deskbell_domain::skill::Skill;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, ParamKind, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;

pub(crate) fn routes() -> Vec<Route<Rest>> {
    list![Rest; List, Show, ShowByName, Create, Update, Remove]
}

#[derive(Serialize)]
struct SkillView {
    id: i64,
    name: String,
    description: String,
    enabled: bool,
    members: Vec<i64>,
}

impl From<Skill> for SkillView {
    fn from(skill: Skill) -> Self {
        SkillView {
            id: skill.id.get(),
            name: skill.name,
            description: skill.description,
            enabled: skill.enabled,
            members: skill.members.into_iter().map(AgentId::get).collect(),
        }
    }
}

/// A switch as clients write it: the documentation has integers, answers have truth values.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Switch {
    Truth(bool),
    Integer(i64),
}

/// What is written; what is left out stays, or has its default. `id` and whatever else is there is passed over.
#[derive(Deserialize)]
struct SkillBody {
    name: Option<String>,
    description: Option<String>,
    enabled: Option<Switch>,
    members: Option<Vec<i64>>,
}

impl SkillBody {
    fn draft(self) -> Result<SkillDraft, AppError> {
        let enabled = match self.enabled {
            None => None,
            Some(Switch::Truth(on)) => Some(on),
            Some(Switch::Integer(0)) => Some(false),
            Some(Switch::Integer(1)) => Some(true),
            Some(Switch::Integer(_)) => return Err(AppError::invalid("enabled is true, false, 1 or 0")),
        };
        let members = self.members.map(|members| members.into_iter().map(AgentId::from_i64).collect());
        Ok(SkillDraft { name: self.name, description: self.description, enabled, members })
    }
}

/// What cannot be an id is a skill that does not exist.
fn path_id(input: &Input) -> Result<SkillId, AppError> {
    let id = input.path("id")?.parse().map(SkillId::from_i64);
    id.map_err(|_| AppError::not_found("no such skill"))
}

async fn shown(desk: &Desk, id: SkillId) -> Result<Answer, AppError> {
    let skill = desk.snapshot(move |tx| skills::get(tx, id)).await?;
    Ok(Answer::bare_tree(SkillView::from(skill)))
}

const BODY: &[Param] = &[
    Param::path("id"),
    Param::new("name", ParamKind::Text).placed(Place::Body).about("1 to 100 characters; no two differ by case only"),
    Param::new("description", ParamKind::Text).placed(Place::Body).about("at most 1,000 characters"),
    Param::json("enabled").about("true or false, or 1 or 0"),
    Param::json("members").about("ids of agents: the whole new list"),
];

struct List;
impl Endpoint<Rest> for List {
    const META: Meta = Meta::get("skills", Right::TokenReadAdministrator)
        .summary("All skills, by name")
        .source("Chat API, Skills: List Skills; Airbyte's recorded answers")
        .quirks(&[
            "a bare list; never paged",
            "`enabled` is true or false: the documentation says integer, its clients' records have truth values",
        ]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk().snapshot(skills::list).await?;
        Ok(Answer::bare_tree(all.into_iter().map(SkillView::from).collect::<Vec<_>>()))
    }
}

struct Show;
impl Endpoint<Rest> for Show {
    const META: Meta = Meta::get("skills/{id}", Right::TokenReadAdministrator)
        .summary("One skill")
        .params(&[Param::path("id")])
        .source("Chat API, Skills: Show Skill");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input)?;
        shown(cx.state.desk(), id).await
    }
}

struct ShowByName;
impl Endpoint<Rest> for ShowByName {
    const META: Meta = Meta::get("skills/name/{name}", Right::TokenReadAdministrator)
        .summary("One skill by its name")
        .params(&[Param::path("name").about("in whatever case")])
        .source("Chat API, Skills: Show Skill by Name");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let name = input.path("name")?.to_owned();
        let skill = cx.state.desk().snapshot(move |tx| skills::by_name(tx, &name)).await?;
        Ok(Answer::bare_tree(SkillView::from(skill)))
    }
}

struct Create;
impl Endpoint<Rest> for Create {
    const META: Meta = Meta::post("skills", Right::TokenWriteAdministrator)
        .summary("Make a skill")
        .params(BODY.split_at(1).1)
        .source("Chat API, Skills: Create Skill")
        .quirks(&[
            "201 with the skill",
            "switched on and with nobody in it unless it is said otherwise",
            "a name that is taken: 409; an agent who does not exist: 400",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<SkillBody>()?.draft()?;
        let skill = cx.state.desk().write(move |tx, cx| skills::create(tx, cx, &draft)).await?;
        Ok(Answer::bare_tree(SkillView::from(skill)).status(201))
    }
}

struct Update;
impl Endpoint<Rest> for Update {
    const META: Meta = Meta::put("skills/{id}", Right::TokenWriteAdministrator)
        .summary("Change a skill, or who has it")
        .params(BODY)
        .source("Chat API, Skills: Update Skill")
        .quirks(&["what is left out stays; `members` is the whole new list"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input)?;
        let draft = input.json::<SkillBody>()?.draft()?;
        let skill = cx.state.desk().write(move |tx, cx| skills::change(tx, cx, id, &draft)).await?;
        Ok(Answer::bare_tree(SkillView::from(skill)))
    }
}

struct Remove;
impl Endpoint<Rest> for Remove {
    const META: Meta = Meta::delete("skills/{id}", Right::TokenWriteAdministrator)
        .summary("Take a skill away")
        .params(&[Param::path("id")])
        .source("Chat API, Skills: Delete Skill")
        .quirks(&["204; exported chats go on showing that they asked for it"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input)?;
        cx.state.desk().write(move |tx, cx| skills::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}
