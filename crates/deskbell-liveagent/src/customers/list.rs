//! `GET customers`.

use deskbell_app::customers::listing::{self, Query};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::customer::{self, Gender};
use deskbell_domain::ids::CompanyId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::system_name;
use crate::moment::Zone;

const LIMIT_DEFAULT: i64 = 100;
const OFFSET_MAX: i64 = 1_000_000_000;
/// Filters by a unique field of that code.
const UNIQUE_CODES: [&str; 4] = ["facebook", "twitter", "weibo", "tencent"];

pub(crate) struct ListCustomers;

impl Endpoint<Desk> for ListCustomers {
    const META: Meta = Meta::get("customers", Right::ApiKey)
        .summary("Customers by filter; everything given must hold")
        .params(&[
            Param::text("email").about("an address, or a part of one"),
            Param::text("firstname").about("a part of it"),
            Param::text("lastname").about("a part of it"),
            Param::text("phone").about("a part of it"),
            Param::text("facebook").about("a part of the unique field with this code"),
            Param::text("twitter").about("a part of the unique field with this code"),
            Param::text("weibo").about("a part of the unique field with this code"),
            Param::text("tencent").about("a part of the unique field with this code"),
            Param::text("companyid").about("id"),
            Param::datetime("datecreatedfrom").about("created then or later"),
            Param::datetime("datecreatedto").about("created then or earlier"),
            Param::int("limitcount").about("rows, 100 unless given, at most 1000"),
            Param::int("limitfrom").about("rows left out at the beginning"),
        ])
        .source("an older edition of the reference; two client libraries")
        .quirks(&[
            "in the order they were created: stable for clients that page by offset, which go on behind the last row they got",
            "texts are parts, without regard to case; a whole e-mail address is that one address only",
            "`email` and `phone` look into second addresses and numbers (unique fields of these codes), too",
            "left out are removed customers, the contacts of agents, and visitors of whom nothing is known",
            "a company that does not exist has no customers",
            "a date alone as upper bound means its end; bounds the wrong way round are swapped",
            "a `limitcount` above 1000 counts as 1000",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let limit = input.int_clamped("limitcount", LIMIT_DEFAULT, 0..=listing::PAGE_ROWS_MAX)?;
        let offset = input.int_clamped("limitfrom", 0, 0..=OFFSET_MAX)?;
        let Some(query) = query(&input, &zone)? else { return Ok(Answer::tree(Customers::default())) };
        let listed = listing::page(&cx.state, &cx.principal, query, limit, offset).await?;
        Ok(Answer::tree(Customers { customers: listed.iter().map(|one| Customer::new(one, &zone)).collect() }))
    }
}

/// Reads the filter; `None` if it can hold for nobody.
fn query(input: &Input, zone: &Zone) -> Result<Option<Query>, AppError> {
    let (created_from, created_before) = zone.between(input, "datecreatedfrom", "datecreatedto")?;
    let company = match input.filled_opt("companyid").map(|text| CompanyId::parse(text.trim())) {
        Some(None) => return Ok(None),
        Some(company) => company,
        None => None,
    };
    let part = |name: &str| input.filled_opt(name).unwrap_or_default().trim().to_owned();
    Ok(Some(Query {
        email: part("email"),
        first_name: part("firstname"),
        last_name: part("lastname"),
        phone: part("phone"),
        unique: UNIQUE_CODES.iter().map(|code| (*code, part(code))).collect(),
        company,
        created_from,
        created_before,
    }))
}

#[derive(Serialize, Default)]
struct Customers {
    customers: Vec<Customer>,
}

#[derive(Serialize)]
struct Customer {
    contactid: String,
    email: String,
    firstname: String,
    lastname: String,
    systemname: String,
    userid: String,
    role: &'static str,
    gender: &'static str,
    datecreated: String,
}

impl Customer {
    fn new(customer: &customer::Customer, zone: &Zone) -> Customer {
        let (firstname, lastname) = customer.names();
        Customer {
            contactid: customer.id.to_string(),
            email: customer.email.clone().unwrap_or_default(),
            firstname: firstname.to_owned(),
            lastname: lastname.to_owned(),
            systemname: system_name(customer),
            userid: customer.id.to_string(),
            role: customer.role.text(),
            gender: customer.gender.map_or("", Gender::text),
            datecreated: zone.text(customer.created),
        }
    }
}

#[cfg(test)]
mod tests;
