//! `customersgroups`: the groups that customers and companies are in, with their colours.

use deskbell_app::groups::{self, GroupDraft};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::CustomerGroupId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use crate::done::done;

const PATH: &str = "customersgroups/{groupid}";
const GROUP: Param = Param::path("groupid").about("id");
const NAME: Param = Param::text("name").about("1 to 64 characters, at one group only");
const COLOR: Param = Param::text("color").about("of the name: three or six hex digits");
const BACKGROUND: Param = Param::text("bg_color").about("of the background: three or six hex digits");
const UNKNOWN_IS_404: &str = "404 if there is no such group";
const COLORS: &str = "a `#` before a colour is tolerated and not kept; an empty colour counts as not given";

/// A group as it stands beside one of its members.
#[derive(Serialize)]
pub(crate) struct MemberOf {
    groupid: String,
    groupname: String,
}

impl From<CustomerGroup> for MemberOf {
    fn from(group: CustomerGroup) -> MemberOf {
        MemberOf { groupid: group.id.to_string(), groupname: group.name }
    }
}

fn group_id(input: &Input) -> Result<CustomerGroupId, AppError> {
    CustomerGroupId::parse(input.path(GROUP.name)?).ok_or_else(|| AppError::not_found("group with this id not found"))
}

fn draft(input: &Input) -> GroupDraft {
    let filled = |param: Param| input.filled_opt(param.name).map(str::to_owned);
    GroupDraft { name: filled(NAME), color: filled(COLOR), background: filled(BACKGROUND) }
}

pub(crate) struct ListGroups;

impl Endpoint<Desk> for ListGroups {
    const META: Meta = Meta::get("customersgroups", Right::ApiKey)
        .summary("All groups, by name")
        .source("reference, Customers groups: Retrieves all customers groups");

    async fn run(cx: Cx<Desk>, _: Input) -> Result<Answer, AppError> {
        let all = cx.state.read(groups::all).await?;
        let row = |group: CustomerGroup| Row { id: group.id.to_string(), name: group.name };
        Ok(Answer::tree(Groups { groups: all.into_iter().map(row).collect() }))
    }
}

#[derive(Serialize)]
struct Groups {
    groups: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
}

pub(crate) struct GetGroup;

impl Endpoint<Desk> for GetGroup {
    const META: Meta = Meta::get(PATH, Right::ApiKey)
        .summary("One group")
        .params(&[GROUP])
        .source("reference, Customers groups: Retrieve customers group info")
        .quirks(&[UNKNOWN_IS_404]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = group_id(&input)?;
        let group = cx.state.read(move |tx| groups::get(tx, id)).await?;
        Ok(Answer::tree(Group::from(group)))
    }
}

#[derive(Serialize)]
struct Group {
    id: String,
    name: String,
    color: String,
    bg_color: String,
}

impl From<CustomerGroup> for Group {
    fn from(group: CustomerGroup) -> Group {
        Group { id: group.id.to_string(), name: group.name, color: group.color, bg_color: group.background }
    }
}

pub(crate) struct AddGroup;

impl Endpoint<Desk> for AddGroup {
    const META: Meta = Meta::post("customersgroups", Right::ApiKeyWrite)
        .summary("Make a group")
        .params(&[NAME.required(), COLOR, BACKGROUND])
        .source("reference, Customers groups: Add customers group")
        .quirks(&[
            "`statuscode` is a number, other than in the reference's sample",
            COLORS,
            "black on a light grey unless colours are given",
            "a name that another group has is refused (500)",
            "at most 1000 groups",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let draft = GroupDraft { name: Some(input.text(NAME.name)?.to_owned()), ..draft(&input) };
        let made = cx.state.write(move |tx, cx| groups::create(tx, cx, &draft)).await?;
        let Group { id, name, color, bg_color } = Group::from(made);
        Ok(Answer::tree(Made { status: "OK", statuscode: 0, id, name, color, bg_color }))
    }
}

#[derive(Serialize)]
struct Made {
    status: &'static str,
    statuscode: u16,
    id: String,
    name: String,
    color: String,
    bg_color: String,
}

pub(crate) struct ChangeGroup;

impl Endpoint<Desk> for ChangeGroup {
    const META: Meta = Meta::put(PATH, Right::ApiKeyWrite)
        .summary("Change a group")
        .params(&[GROUP, NAME, COLOR, BACKGROUND])
        .source("reference, Customers groups: Change customers group")
        .quirks(&[UNKNOWN_IS_404, COLORS, "what is not given, or empty, stays as it is"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let (id, draft) = (group_id(&input)?, draft(&input));
        cx.state.write(move |tx, cx| groups::change(tx, cx, id, &draft)).await?;
        Ok(done())
    }
}

pub(crate) struct RemoveGroup;

impl Endpoint<Desk> for RemoveGroup {
    const META: Meta = Meta::delete(PATH, Right::ApiKeyWrite)
        .summary("Take a group away; its members stay")
        .params(&[GROUP])
        .source("reference, Customers groups: Delete customers group")
        .quirks(&[UNKNOWN_IS_404]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = group_id(&input)?;
        cx.state.write(move |tx, cx| groups::remove(tx, cx, id)).await?;
        Ok(done())
    }
}

#[cfg(test)]
mod tests;
