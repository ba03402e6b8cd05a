//! `GET`, `POST` and `DELETE customers/[customeridentifier]/groups`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, customers, groups};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{CUSTOMER, IDENTIFIER, UNKNOWN_IS_404, profile, unknown};
use crate::customers_groups::MemberOf;
use crate::done::done;

const PATH: &str = "customers/{customeridentifier}/groups";
const NAME: Param = Param::text("name").required().about("of the group");

#[derive(Serialize)]
struct Groups {
    groups: Vec<MemberOf>,
}

pub(crate) struct ListGroupsOfCustomer;

impl Endpoint<Desk> for ListGroupsOfCustomer {
    const META: Meta = Meta::get(PATH, Right::ApiKey)
        .summary("The groups a customer is in, in the order he entered them")
        .params(&[CUSTOMER])
        .source("reference, Customers: Retrieve customer groups")
        .quirks(&[UNKNOWN_IS_404]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let profile = profile(&cx, &input).await?;
        Ok(Answer::tree(Groups { groups: profile.groups.into_iter().map(MemberOf::from).collect() }))
    }
}

pub(crate) struct AddCustomerToGroup;

impl Endpoint<Desk> for AddCustomerToGroup {
    const META: Meta = Meta::post(PATH, Right::ApiKeyWrite)
        .summary("Put a customer into a group")
        .params(&[CUSTOMER, NAME])
        .source("reference, Customers: Add customer to group")
        .quirks(&[
            UNKNOWN_IS_404,
            "404 if there is no group with this name: a name that is mistyped makes none",
            "who is in the group already stays in it",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path(IDENTIFIER)?.to_owned();
        let name = input.text(NAME.name)?.to_owned();
        let enter = cx.state.write(move |tx, cx| {
            let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
            groups::enter(tx, cx, &customer, &name)
        });
        enter.await.map(|()| done())
    }
}

pub(crate) struct RemoveCustomerFromGroup;

impl Endpoint<Desk> for RemoveCustomerFromGroup {
    const META: Meta = Meta::delete(PATH, Right::ApiKeyWrite)
        .summary("Take a customer out of a group")
        .params(&[CUSTOMER, NAME])
        .source("reference, Customers: Remove customer from group")
        .quirks(&[UNKNOWN_IS_404, "404 if there is no group with this name; who is not in it is no error"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path(IDENTIFIER)?.to_owned();
        let name = input.text(NAME.name)?.to_owned();
        let leave = cx.state.write(move |tx, cx| {
            let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
            groups::leave(tx, cx, &customer, &name)
        });
        leave.await.map(|()| done())
    }
}

#[cfg(test)]
mod tests;
