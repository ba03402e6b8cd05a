//! Departments with their members: listed by all, written by administrators.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, accounts};
use deskbell_domain::department::{Department, Membership, OFFER_SECONDS_DEFAULT, PRIORITY_DEFAULT, QUEUE_CHATS_MAX_DEFAULT, Strategy};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use deskbell_store::{Tx, tables};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, given_id, path_id};

/// A department as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DepartmentDetail {
    department: String,
    name: String,
    description: String,
    /// `random`, `least_busy`, `fill_up`, `ring_all` or `priority`.
    strategy: &'static str,
    /// How long an offer rings.
    offer_seconds: u16,
    /// Chats that may wait at once.
    queue_chats_max: u16,
    enabled: bool,
    members: Vec<MemberView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MemberView {
    agent: String,
    /// 1 first … 100 last.
    priority: u8,
}

impl DepartmentDetail {
    fn new(department: &Department, memberships: &[Membership]) -> Self {
        let members = memberships.iter().filter(|member| member.department == department.id);
        DepartmentDetail {
            department: department.id.to_string(),
            name: department.name.clone(),
            description: department.description.clone(),
            strategy: department.strategy.text(),
            offer_seconds: department.offer_seconds,
            queue_chats_max: department.queue_chats_max,
            enabled: department.enabled,
            members: members.map(|member| MemberView { agent: member.agent.to_string(), priority: member.priority }).collect(),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<DepartmentDetail>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("departments", Right::Agent)
        .summary("All departments, the default one first, then by name")
        .params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let read = |tx: &mut Tx<'_>| Ok((tables::departments::all(tx)?, tables::departments::memberships(tx)?));
        let (departments, memberships) = cx.state.desk.snapshot(read).await?;
        let view = |department: &Department| DepartmentDetail::new(department, &memberships);
        Ok(Answer::tree(Page::of_all(departments, &input, |department| department.id.to_string(), view)?))
    }
}

/// What is written of a department; what is left out stays, or has its default.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct DepartmentBody {
    name: Option<String>,
    description: Option<String>,
    /// `random`, `least_busy`, `fill_up`, `ring_all` or `priority`.
    strategy: Option<String>,
    offer_seconds: Option<u16>,
    queue_chats_max: Option<u16>,
    enabled: Option<bool>,
    /// The whole new list.
    members: Option<Vec<MemberBody>>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct MemberBody {
    agent: String,
    /// 1 first … 100 last; 50 unless given.
    priority: Option<u8>,
}

impl DepartmentBody {
    fn strategy(&self) -> Result<Option<Strategy>, AppError> {
        let read = |word: &str| {
            Strategy::parse(word)
                .ok_or_else(|| AppError::invalid("strategy must be one of random, least_busy, fill_up, ring_all, priority"))
        };
        self.strategy.as_deref().map(read).transpose()
    }

    fn members(&self, department: DepartmentId) -> Result<Option<Vec<Membership>>, AppError> {
        let Some(members) = &self.members else { return Ok(None) };
        let member = |member: &MemberBody| {
            let agent = given_id(&member.agent, AgentId::parse, "agent")?;
            Ok(Membership { department, agent, priority: member.priority.unwrap_or(PRIORITY_DEFAULT) })
        };
        members.iter().map(member).collect::<Result<_, AppError>>().map(Some)
    }

    /// The department as it shall be, over what it was.
    fn over(self, was: Department) -> Result<(Department, Option<Vec<Membership>>), AppError> {
        let department = Department {
            id: was.id,
            strategy: self.strategy()?.unwrap_or(was.strategy),
            name: self.name.clone().unwrap_or(was.name),
            description: self.description.clone().unwrap_or(was.description),
            offer_seconds: self.offer_seconds.unwrap_or(was.offer_seconds),
            queue_chats_max: self.queue_chats_max.unwrap_or(was.queue_chats_max),
            enabled: self.enabled.unwrap_or(was.enabled),
        };
        Ok((department, self.members(was.id)?))
    }
}

/// A department before anything is said of it.
fn blank(id: DepartmentId) -> Department {
    Department {
        id,
        name: String::new(),
        description: String::new(),
        strategy: Strategy::LeastBusy,
        offer_seconds: OFFER_SECONDS_DEFAULT,
        queue_chats_max: QUEUE_CHATS_MAX_DEFAULT,
        enabled: true,
    }
}

fn view(tx: &mut Tx<'_>, department: &Department) -> Result<DepartmentDetail, AppError> {
    Ok(DepartmentDetail::new(department, &tables::departments::memberships(tx)?))
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<DepartmentDetail>().reads::<DepartmentBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("departments", Right::Administrator).summary("Make a department: `name` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let body: DepartmentBody = input.json()?;
        let create = cx.state.desk.write(move |tx, cx| {
            let (department, members) = body.over(blank(DepartmentId::from_i64(tx.next_id()?)))?;
            accounts::put_department(tx, cx, &department, members.as_deref())?;
            view(tx, &department)
        });
        Ok(Answer::tree(create.await?).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<DepartmentDetail>().reads::<DepartmentBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("departments/{id}", Right::Administrator)
        .summary("Change a department")
        .params(&[Param::path("id").about("`default` is the department that always exists")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, DepartmentId::parse, "department")?;
        let body: DepartmentBody = input.json()?;
        let change = cx.state.desk.write(move |tx, cx| {
            let was = tables::departments::get(tx, id)?.ok_or_else(|| AppError::not_found("no such department"))?;
            let (department, members) = body.over(was)?;
            accounts::put_department(tx, cx, &department, members.as_deref())?;
            view(tx, &department)
        });
        Ok(Answer::tree(change.await?))
    }
}

#[cfg(test)]
mod tests;
