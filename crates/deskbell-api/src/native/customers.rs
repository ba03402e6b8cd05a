//! Customers: what agents see and change of them.

use deskbell_app::AppError;
use deskbell_app::customers::{self, Changes};
use deskbell_app::rights::Right;
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::CustomerId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::{Native, path_id};
use crate::wire::millis;

/// A customer as agents see and change him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CustomerDetail {
    customer: String,
    /// As it was given; empty while unknown.
    name: String,
    email: Option<String>,
    phone: String,
    note: String,
    created: i64,
}

impl From<Customer> for CustomerDetail {
    fn from(customer: Customer) -> Self {
        CustomerDetail {
            customer: customer.id.to_string(),
            name: customer.name,
            email: customer.email,
            phone: customer.phone,
            note: customer.note,
            created: millis(customer.created),
        }
    }
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<CustomerDetail>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("customers/{id}", Right::Agent).summary("One customer").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CustomerId::parse, "customer")?;
        let customer = cx.state.desk.read(move |tx| customers::get(tx, id)).await?;
        Ok(Answer::tree(CustomerDetail::from(customer)))
    }
}

/// What is changed of a customer; what is left out or null stays.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct CustomerBody {
    name: Option<String>,
    /// Empty: none any more.
    email: Option<String>,
    phone: Option<String>,
    note: Option<String>,
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<CustomerDetail>().reads::<CustomerBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("customers/{id}", Right::Agent).summary("Change a customer").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CustomerId::parse, "customer")?;
        let CustomerBody { name, email, phone, note } = input.json()?;
        let changes = Changes { name, email, phone, note };
        let customer = cx.state.desk.write(move |tx, cx| customers::change(tx, cx, id, &changes)).await?;
        Ok(Answer::tree(CustomerDetail::from(customer)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn a_customer_is_shown_and_changed() {
        let desk = start().await;
        let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
        visitor.leave_message("Hello?").await;
        let customer = desk.agent.get("conversations").await.expect(200)["items"][0]["customer"].clone();
        assert_eq!((&customer["name"], &customer["email"]), (&json!("Cleo"), &json!("cleo@shop.test")));
        let path = format!("customers/{}", customer["customer"].as_str().unwrap());

        let changes = json!({"name": "Cleo C.", "phone": "123", "note": "a\nb", "email": null, "created": 5});
        let changed = desk.agent.put(&path, changes).await.expect(200);
        let shown = desk.agent.get(&path).await.expect(200);
        assert_eq!(changed, shown);
        assert_eq!((&shown["name"], &shown["phone"], &shown["note"]), (&json!("Cleo C."), &json!("123"), &json!("a\nb")));
        assert_eq!(shown["email"], "cleo@shop.test");
        assert!(shown["created"].as_i64().unwrap() > 1_000_000_000_000);

        assert_eq!(desk.agent.put(&path, json!({"email": ""})).await.expect(200)["email"], json!(null));
        desk.agent.put(&path, json!({"email": "nonsense"})).await.refused(400, "invalid");
        desk.agent.put(&path, json!({"note": "x".repeat(10_001)})).await.refused(413, "too_large");
        desk.agent.put(&path, json!({"name": "a\u{0}b"})).await.refused(400, "invalid");
    }
}
