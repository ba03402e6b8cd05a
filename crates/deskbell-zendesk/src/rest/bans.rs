//! Bans of visitors and of addresses: for administrators.

use deskbell_app::bans::{self, Named};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::customer::BanTarget;
use deskbell_domain::ids::BanId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;
use super::id_range::{IdRange, LIMIT, MAX_ID, SINCE_ID};
use super::lenient::{me, path_id};
use crate::documents::stamp;
use crate::outside_ids::{parse_visitor_id, visitor_id};

/// Bans of a page unless `limit` says otherwise.
const PAGE_ROWS_DEFAULT: i64 = 10;

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; ListBans, ListAddresses, GetBan, CreateBan, DeleteBan]
}

#[derive(Serialize)]
#[serde(untagged)]
enum BanObject {
    Visitor { created_at: String, id: i64, reason: String, r#type: &'static str, visitor_id: String, visitor_name: String },
    Address { created_at: String, id: i64, ip_address: String, reason: String, r#type: &'static str },
}

impl BanObject {
    fn new((ban, name): Named, account_key: i64) -> BanObject {
        let (created_at, id, reason) = (stamp(ban.created), ban.id.get(), ban.reason);
        match ban.target {
            BanTarget::Customer(customer) => BanObject::Visitor {
                created_at,
                id,
                reason,
                r#type: "visitor",
                visitor_id: visitor_id(account_key, customer),
                visitor_name: name.unwrap_or_default(),
            },
            BanTarget::Address(ip_address) => BanObject::Address { created_at, id, ip_address, reason, r#type: "ip_address" },
        }
    }
}

/// Both lists are always there.
#[derive(Serialize, Default)]
struct Bans {
    ip_address: Vec<BanObject>,
    visitor: Vec<BanObject>,
}

struct ListBans;

impl Endpoint<Rest> for ListBans {
    const META: Meta = Meta::get("bans", Right::TokenReadAdministrator)
        .summary("Bans, by id, those of visitors and those of addresses apart")
        .params(&[SINCE_ID, MAX_ID, LIMIT])
        .source("Bans; records of a real account")
        .quirks(&[
            "`limit` is 10 unless given, and counts both lists together",
            "`since_id` and `max_id` are included; past the end both lists are empty",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (desk, range) = (cx.state.desk(), IdRange::read(&input, PAGE_ROWS_DEFAULT)?);
        let found = desk.read(move |tx| bans::range(tx, range.low, range.high, range.end, range.limit)).await?;
        let mut lists = Bans::default();
        for ban in found {
            let list = match ban.0.target {
                BanTarget::Customer(_) => &mut lists.visitor,
                BanTarget::Address(_) => &mut lists.ip_address,
            };
            list.push(BanObject::new(ban, desk.account_key()));
        }
        Ok(Answer::bare_tree(lists))
    }
}

struct ListAddresses;

impl Endpoint<Rest> for ListAddresses {
    const META: Meta = Meta::get("bans/ip", Right::TokenReadAdministrator)
        .summary("The banned addresses")
        .source("Bans")
        .quirks(&["a bare array of texts, in the order of the bans"]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        Ok(Answer::bare_tree(cx.state.desk().read(bans::addresses).await?))
    }
}

struct GetBan;

impl Endpoint<Rest> for GetBan {
    const META: Meta = Meta::get("bans/{id}", Right::TokenReadAdministrator).summary("One ban").params(&[Param::path("id")]).source("Bans");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (desk, id) = (cx.state.desk(), path_id(&input, BanId::from_i64, "ban")?);
        let ban = desk.read(move |tx| bans::get(tx, id)).await?;
        Ok(Answer::bare_tree(BanObject::new(ban, desk.account_key())))
    }
}

#[derive(Deserialize)]
struct BanBody {
    r#type: Option<String>,
    visitor_id: Option<String>,
    ip_address: Option<String>,
    reason: Option<String>,
}

impl BanBody {
    fn target(&self, desk: &Desk) -> Result<BanTarget, AppError> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        match (self.r#type.as_deref(), filled(&self.visitor_id), filled(&self.ip_address)) {
            (Some("visitor"), Some(visitor), _) | (None, Some(visitor), None) => {
                let customer = parse_visitor_id(desk.account_key(), visitor.trim());
                Ok(BanTarget::Customer(customer.ok_or_else(|| AppError::invalid("visitor_id is none of this account's"))?))
            }
            (Some("ip_address"), _, Some(address)) | (None, None, Some(address)) => Ok(BanTarget::Address(address)),
            (Some("visitor"), None, _) => Err(AppError::missing("visitor_id is missing")),
            (Some("ip_address"), _, None) => Err(AppError::missing("ip_address is missing")),
            (None, None, None) => Err(AppError::missing("visitor_id or ip_address is missing")),
            (None, Some(_), Some(_)) => Err(AppError::missing("type is missing: visitor or ip_address")),
            (Some(_), _, _) => Err(AppError::invalid("type must be visitor or ip_address")),
        }
    }
}

struct CreateBan;

impl Endpoint<Rest> for CreateBan {
    const META: Meta = Meta::post("bans", Right::TokenWriteAdministrator)
        .summary("Ban a visitor or an address")
        .params(&[
            Param::one_of("type", &[("visitor", "a visitor, whatever browser he uses"), ("ip_address", "whoever comes from it")])
                .placed(Place::Body)
                .about("may be left out where one of the two is given"),
            Param::text("visitor_id").placed(Place::Body).about("as in chats: `account.token`"),
            Param::text("ip_address").placed(Place::Body).about("IPv4 or IPv6"),
            Param::text("reason").placed(Place::Body).about("500 characters are kept"),
        ])
        .source("Bans")
        .quirks(&[
            "201 with the ban; what is banned already: 409",
            "live chats of those whom the ban keeps out end, and their browsers are cut off within a second or two",
        ]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (me, desk) = (me(&cx)?, cx.state.desk());
        let body: BanBody = input.json()?;
        let target = body.target(desk)?;
        let reason = body.reason.unwrap_or_default();
        let ban = desk.write(move |tx, cx| {
            let ban = bans::ban(tx, cx, me, target, &reason)?;
            bans::get(tx, ban.id)
        });
        Ok(Answer::bare_tree(BanObject::new(ban.await?, desk.account_key())).status(201))
    }
}

struct DeleteBan;

impl Endpoint<Rest> for DeleteBan {
    const META: Meta = Meta::delete("bans/{id}", Right::TokenWriteAdministrator)
        .summary("Lift a ban")
        .params(&[Param::path("id")])
        .source("Bans")
        .quirks(&["204"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, BanId::from_i64, "ban")?;
        cx.state.desk().write(move |tx, cx| bans::lift(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
