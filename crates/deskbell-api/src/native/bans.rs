//! Bans: whom the desk keeps out.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, bans};
use deskbell_domain::customer::{Ban, BanTarget};
use deskbell_domain::ids::{BanId, CustomerId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use deskbell_store::tables;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::page::{self, Page};
use super::{Native, given_id, me, path_id};
use crate::wire::millis;

/// A ban of a customer or of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BanView {
    ban: String,
    customer: Option<String>,
    address: Option<String>,
    reason: String,
    created: i64,
}

impl From<&Ban> for BanView {
    fn from(ban: &Ban) -> Self {
        let (customer, address) = match &ban.target {
            BanTarget::Customer(customer) => (Some(customer.to_string()), None),
            BanTarget::Address(address) => (None, Some(address.clone())),
        };
        BanView { ban: ban.id.to_string(), customer, address, reason: ban.reason.clone(), created: millis(ban.created) }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<BanView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("bans", Right::Agent).summary("All bans").params(&[page::LIMIT, page::AFTER]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let bans = cx.state.desk.read(|tx| Ok(tables::bans::all(tx)?)).await?;
        Ok(Answer::tree(Page::of_all(bans, &input, |ban| ban.id.to_string(), |row| BanView::from(row))?))
    }
}

/// One of `customer` and `address` must be given.
#[derive(Deserialize, ToSchema)]
pub(crate) struct BanBody {
    customer: Option<String>,
    /// An IP address.
    address: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

impl BanBody {
    fn target(&self) -> Result<BanTarget, AppError> {
        match (&self.customer, &self.address) {
            (Some(customer), None) => Ok(BanTarget::Customer(given_id(customer, CustomerId::parse, "customer")?)),
            (None, Some(address)) => Ok(BanTarget::Address(address.trim().to_owned())),
            (None, None) => Err(AppError::missing("customer or address is missing")),
            (Some(_), Some(_)) => Err(AppError::invalid("give customer or address, not both")),
        }
    }
}

/// Live chats of a banned customer end.
pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<BanView>().reads::<BanBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("bans", Right::Agent).summary("Ban a customer or an address");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let me = me(&cx)?;
        let body: BanBody = input.json()?;
        let target = body.target()?;
        let reason = body.reason.unwrap_or_default();
        let ban = cx.state.desk.write(move |tx, cx| bans::ban(tx, cx, me, target, &reason)).await?;
        Ok(Answer::tree(BanView::from(&ban)).status(201))
    }
}

pub(crate) struct Lift;

impl Call for Lift {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Lift {
    const META: Meta = Meta::delete("bans/{id}", Right::Agent).summary("Lift a ban").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, BanId::parse, "ban")?;
        cx.state.desk.write(move |tx, cx| bans::lift(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn bans_come_and_go() {
        let desk = start().await;
        let visitor = desk.visitor("Cleo", "cleo@shop.test").await;
        let customer = visitor.customer.to_string();
        let ban = desk.agent.post("bans", json!({"customer": customer, "reason": "rude"})).await.expect(201);
        assert_eq!((&ban["customer"], &ban["address"], &ban["reason"]), (&json!(customer), &json!(null), &json!("rude")));
        desk.agent.post("bans", json!({"address": " 10.0.0.9 "})).await.expect(201);
        let all = desk.agent.get("bans").await.expect(200);
        assert_eq!((all["items"].as_array().unwrap().len(), &all["next"]), (2, &json!(null)));
        let first = desk.agent.get("bans?limit=1").await.expect(200);
        let second = desk.agent.get(&format!("bans?limit=1&after={}", first["next"].as_str().unwrap())).await.expect(200);
        assert_eq!(json!([first["items"][0], second["items"][0]]), all["items"]);
        let path = format!("bans/{}", ban["ban"].as_str().unwrap());
        desk.agent.delete(&path).await.expect(204);
        desk.agent.delete(&path).await.refused(404, "not_found");

        for (body, code) in [
            (json!({}), "missing"),
            (json!({"customer": "x", "address": "10.0.0.9"}), "invalid"),
            (json!({"customer": "!"}), "invalid"),
            (json!({"address": "shop.test"}), "invalid"),
        ] {
            desk.agent.post("bans", body).await.refused(400, code);
        }
        desk.agent.post("bans", json!({"customer": "zzzzzzzz"})).await.refused(404, "not_found");
    }
}
