//! Skills: read by all agents, written by administrators.

use deskbell_app::AppError;
use deskbell_app::rights::Right;
use deskbell_app::skills::{self, SkillDraft};
use deskbell_domain::ids::{AgentId, SkillId};
use deskbell_domain::skill::Skill;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, given_id, path_id};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SkillView {
    skill: String,
    name: String,
    description: String,
    enabled: bool,
    /// Agents who have it.
    members: Vec<String>,
}

impl From<&Skill> for SkillView {
    fn from(skill: &Skill) -> Self {
        SkillView {
            skill: skill.id.to_string(),
            name: skill.name.clone(),
            description: skill.description.clone(),
            enabled: skill.enabled,
            members: skill.members.iter().map(ToString::to_string).collect(),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<SkillView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("skills", Right::Agent).summary("All skills, by name").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let all = cx.state.desk.snapshot(skills::list).await?;
        Ok(Answer::tree(Page::of_all(all, &input, |skill| skill.id.to_string(), |row| SkillView::from(row))?))
    }
}

/// What is left out stays, or has its default: switched on, nobody in it.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct SkillBody {
    name: Option<String>,
    description: Option<String>,
    enabled: Option<bool>,
    /// The whole new list.
    members: Option<Vec<String>>,
}

impl SkillBody {
    fn draft(self) -> Result<SkillDraft, AppError> {
        let ids = |members: Vec<String>| members.iter().map(|member| given_id(member, AgentId::parse, "members")).collect();
        let members = self.members.map(ids).transpose()?;
        Ok(SkillDraft { name: self.name, description: self.description, enabled: self.enabled, members })
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<SkillView>().reads::<SkillBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("skills", Right::Administrator).summary("Make a skill");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<SkillBody>()?.draft()?;
        let skill = cx.state.desk.write(move |tx, cx| skills::create(tx, cx, &draft)).await?;
        Ok(Answer::tree(SkillView::from(&skill)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<SkillView>().reads::<SkillBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("skills/{id}", Right::Administrator).summary("Change a skill, or who has it").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, SkillId::parse, "skill")?;
        let draft = input.json::<SkillBody>()?.draft()?;
        let skill = cx.state.desk.write(move |tx, cx| skills::change(tx, cx, id, &draft)).await?;
        Ok(Answer::tree(SkillView::from(&skill)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("skills/{id}", Right::Administrator).summary("Take a skill away").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, SkillId::parse, "skill")?;
        cx.state.desk.write(move |tx, cx| skills::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
