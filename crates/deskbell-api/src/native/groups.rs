//! Groups of customers and companies: listed by all, written by administrators.

use deskbell_app::AppError;
use deskbell_app::groups::{self, GroupDraft};
use deskbell_app::rights::Right;
use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::CustomerGroupId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use deskbell_store::{Tx, tables};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, given_id, path_id};

/// A group with the number of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct GroupView {
    group: String,
    name: String,
    /// Of the name: hex digits.
    color: String,
    background: String,
    customers: i64,
    companies: i64,
}

impl GroupView {
    fn new(group: &CustomerGroup, (customers, companies): (i64, i64)) -> GroupView {
        GroupView {
            group: group.id.to_string(),
            name: group.name.clone(),
            color: group.color.clone(),
            background: group.background.clone(),
            customers,
            companies,
        }
    }
}

/// A group beside one of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MemberOf {
    group: String,
    name: String,
}

impl From<CustomerGroup> for MemberOf {
    fn from(group: CustomerGroup) -> Self {
        MemberOf { group: group.id.to_string(), name: group.name }
    }
}

/// Ids of groups in a body.
pub(crate) fn given(ids: Option<Vec<String>>) -> Result<Option<Vec<CustomerGroupId>>, AppError> {
    ids.map(|ids| ids.iter().map(|id| given_id(id, CustomerGroupId::parse, "group")).collect()).transpose()
}

fn view(tx: &mut Tx<'_>, group: &CustomerGroup) -> Result<GroupView, AppError> {
    Ok(GroupView::new(group, tables::groups::member_counts(tx)?.get(&group.id).copied().unwrap_or_default()))
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<GroupView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("groups", Right::Agent).summary("All groups, by name").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let read = |tx: &mut Tx<'_>| Ok((groups::all(tx)?, tables::groups::member_counts(tx)?));
        let (all, counts) = cx.state.desk.snapshot(read).await?;
        let view = |group: &CustomerGroup| GroupView::new(group, counts.get(&group.id).copied().unwrap_or_default());
        Ok(Answer::tree(Page::of_all(all, &input, |group| group.id.to_string(), view)?))
    }
}

/// What is written of a group; what is left out or null stays, or has its default.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct GroupBody {
    name: Option<String>,
    /// Of the name: three or six hex digits.
    color: Option<String>,
    background: Option<String>,
}

impl From<GroupBody> for GroupDraft {
    fn from(GroupBody { name, color, background }: GroupBody) -> Self {
        GroupDraft { name, color, background }
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<GroupView>().reads::<GroupBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("groups", Right::Administrator).summary("Make a group: `name` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let draft = GroupDraft::from(input.json::<GroupBody>()?);
        let create = cx.state.desk.write(move |tx, cx| {
            let group = groups::create(tx, cx, &draft)?;
            view(tx, &group)
        });
        Ok(Answer::tree(create.await?).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<GroupView>().reads::<GroupBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("groups/{id}", Right::Administrator).summary("Change a group").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let draft = GroupDraft::from(input.json::<GroupBody>()?);
        let id = path_id(&input, CustomerGroupId::parse, "group")?;
        let change = cx.state.desk.write(move |tx, cx| {
            let group = groups::change(tx, cx, id, &draft)?;
            view(tx, &group)
        });
        Ok(Answer::tree(change.await?))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta =
        Meta::delete("groups/{id}", Right::Administrator).summary("Take a group away; its members stay").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CustomerGroupId::parse, "group")?;
        cx.state.desk.write(move |tx, cx| groups::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
