//! `GET`, `POST` and `DELETE customers/[customeridentifier]/fields`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, customers, fields};
use deskbell_domain::field::FieldOwner;
use deskbell_domain::message::Actor;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::{CUSTOMER, IDENTIFIER, UNKNOWN_IS_404, profile, unknown};
use crate::done::done;
use crate::field_values::{self, FieldValue};

const PATH: &str = "customers/{customeridentifier}/fields";
const CUSTOM_FIELDS: &str = "customfields";

#[derive(Serialize)]
struct Fields {
    customfields: Vec<FieldValue>,
}

pub(crate) struct ListCustomerFields;

impl Endpoint<Desk> for ListCustomerFields {
    const META: Meta = Meta::get(PATH, Right::ApiKey)
        .summary("The custom fields of a customer, in the order they were added")
        .params(&[CUSTOMER])
        .source("a client library; not in the reference")
        .quirks(&[UNKNOWN_IS_404, "the list is named as in the call that adds to it"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let profile = profile(&cx, &input).await?;
        Ok(Answer::tree(Fields { customfields: field_values::wire(profile.custom_fields) }))
    }
}

pub(crate) struct AddCustomerFields;

impl Endpoint<Desk> for AddCustomerFields {
    const META: Meta = Meta::post(PATH, Right::ApiKeyWrite)
        .summary("Add custom fields to a customer")
        .params(&[CUSTOMER, Param::json(CUSTOM_FIELDS).required().about(r#"`[{"code":"…","value":"…"}]`"#)])
        .source("reference, Customers: Add custom fields to customer")
        .quirks(&[
            UNKNOWN_IS_404,
            "a code that is there already is added once more; to change a value, delete it first",
            "an object with a member for each field is taken for the array, too",
            "at most 100 fields; codes have 1 to 64 characters, values at most 10000",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path(IDENTIFIER)?.to_owned();
        let new = field_values::read(&input, CUSTOM_FIELDS)?;
        let add = cx.state.write(move |tx, cx| {
            let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
            fields::add(tx, cx, Actor::System, FieldOwner::Customer(customer.id), &new)
        });
        add.await.map(|()| done())
    }
}

pub(crate) struct RemoveCustomerFields;

impl Endpoint<Desk> for RemoveCustomerFields {
    const META: Meta = Meta::delete(PATH, Right::ApiKeyWrite)
        .summary("Take custom fields from a customer")
        .params(&[CUSTOMER, Param::text("code").about("which; not given: all of them")])
        .source("reference, Customers: Remove custom field from customer")
        .quirks(&[UNKNOWN_IS_404, "a code that he does not have is no error", "an empty `code` counts as not given"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path(IDENTIFIER)?.to_owned();
        let code = input.filled_opt("code").map(|code| code.trim().to_owned());
        let remove = cx.state.write(move |tx, cx| {
            let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
            fields::remove(tx, cx, Actor::System, FieldOwner::Customer(customer.id), code.as_deref())
        });
        remove.await.map(|()| done())
    }
}

#[cfg(test)]
mod tests;
