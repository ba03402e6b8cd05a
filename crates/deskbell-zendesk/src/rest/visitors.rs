//! Visitors: the customers of the desk, by the ids that chats show.

use deskbell_app::customers::outsiders::{self, Edit, Outsider};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::CustomerId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;
use super::lenient::{Switch, me};
use crate::documents::stamp;
use crate::outside_ids::{parse_visitor_id, visitor_id};

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; GetVisitor, CreateVisitor, UpdateVisitor]
}

#[derive(Serialize)]
struct VisitorObject {
    banned: bool,
    created: String,
    email: String,
    external_id: Option<String>,
    id: String,
    name: String,
    notes: String,
    phone: String,
}

impl VisitorObject {
    fn new(visitor: Outsider, account_key: i64) -> VisitorObject {
        let customer = visitor.customer;
        VisitorObject {
            banned: visitor.banned,
            created: stamp(customer.created),
            id: visitor_id(account_key, customer.id),
            name: customer.display_name(),
            email: customer.email.unwrap_or_default(),
            external_id: visitor.external_id,
            notes: customer.note,
            phone: customer.phone,
        }
    }
}

fn asked(desk: &Desk, input: &Input) -> Result<CustomerId, AppError> {
    parse_visitor_id(desk.account_key(), input.path("id")?).ok_or_else(|| AppError::not_found("no such visitor"))
}

struct GetVisitor;

impl Endpoint<Rest> for GetVisitor {
    const META: Meta = Meta::get("visitors/{id}", Right::TokenRead)
        .summary("One visitor")
        .params(&[Param::path("id").about("as in chats: `account.token`")])
        .source("Visitors")
        .quirks(&[
            "`id` is a text; it follows the customer, not the browser",
            "what is unknown is an empty text, `external_id` is null; `name` is what the desk calls him",
            "`banned` is about the visitor himself, not about his address",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let desk = cx.state.desk();
        let customer = asked(desk, &input)?;
        let visitor = desk.snapshot(move |tx| outsiders::get(tx, customer)).await?;
        Ok(Answer::bare_tree(VisitorObject::new(visitor, desk.account_key())))
    }
}

/// What is written of a visitor; what is left out or null stays.
#[derive(Deserialize)]
struct VisitorBody {
    banned: Option<Switch>,
    email: Option<String>,
    external_id: Option<String>,
    name: Option<String>,
    notes: Option<String>,
    phone: Option<String>,
}

impl From<VisitorBody> for Edit {
    fn from(body: VisitorBody) -> Edit {
        Edit {
            name: body.name,
            email: body.email,
            phone: body.phone,
            note: body.notes,
            external_id: body.external_id,
            banned: body.banned.map(|banned| banned.0),
        }
    }
}

struct CreateVisitor;

impl Endpoint<Rest> for CreateVisitor {
    const META: Meta = Meta::post("visitors", Right::TokenWriteAdministrator)
        .summary("Make a visitor")
        .params(&[
            Param::text("name").placed(Place::Body),
            Param::text("email").placed(Place::Body),
            Param::text("phone").placed(Place::Body),
            Param::text("notes").placed(Place::Body).about("10,000 characters"),
            Param::text("external_id").placed(Place::Body).about("his id in another system; no two visitors have the same"),
            Param::text("banned").placed(Place::Body).about("a flag"),
        ])
        .source("Visitors")
        .quirks(&[
            "201 with the visitor; name, address or phone number must be given",
            "an address or an `external_id` that another visitor has: 409",
            "`external_id` is a unique field of the customer, which LiveAgent's API shows too",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (me, desk) = (me(&cx)?, cx.state.desk());
        let edit = Edit::from(input.json::<VisitorBody>()?);
        let visitor = desk.write(move |tx, cx| outsiders::create(tx, cx, me, &edit)).await?;
        Ok(Answer::bare_tree(VisitorObject::new(visitor, desk.account_key())).status(201))
    }
}

struct UpdateVisitor;

impl Endpoint<Rest> for UpdateVisitor {
    const META: Meta =
        Meta::put("visitors/{id}", Right::TokenWrite).summary("Change a visitor").params(&[Param::path("id")]).source("Visitors").quirks(
            &[
                "the body is that of POST; what is left out or null stays, an empty `email` or `external_id` is none",
                "`banned` bans him, or lifts that ban; agents may do so too, as in the console",
            ],
        );

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (me, desk) = (me(&cx)?, cx.state.desk());
        let customer = asked(desk, &input)?;
        let edit = Edit::from(input.json::<VisitorBody>()?);
        let visitor = desk.write(move |tx, cx| outsiders::change(tx, cx, me, customer, &edit)).await?;
        Ok(Answer::bare_tree(VisitorObject::new(visitor, desk.account_key())))
    }
}

#[cfg(test)]
mod tests;
