//! `GET companies` and `GET companies/[companyid]`. This API does not write companies; the native one does.

use deskbell_app::companies::{self, CompanyProfile};
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_domain::company;
use deskbell_domain::ids::CompanyId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use crate::customers_groups::MemberOf;
use crate::field_values::{self, FieldValue};
use crate::moment::Zone;

pub(crate) struct ListCompanies;

impl Endpoint<Desk> for ListCompanies {
    const META: Meta = Meta::get("companies", Right::ApiKey)
        .summary("Companies, by name")
        .params(&[Param::text("name").about("a part of it, without regard to case")])
        .source("reference, Companies: Retrieves all companies; `name` from a client library")
        .quirks(&["no pages: the first 10000 by name", "`emails` are joined by a comma and a blank"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let listed = companies::list(&cx.state, input.filled_opt("name").unwrap_or_default()).await?;
        Ok(Answer::tree(Companies { companies: listed.into_iter().map(|company| Row::new(company, &zone)).collect() }))
    }
}

#[derive(Serialize)]
struct Companies {
    companies: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    emails: String,
    datecreated: String,
    ip: String,
}

impl Row {
    fn new(company: company::Company, zone: &Zone) -> Row {
        Row {
            id: company.id.to_string(),
            name: company.name,
            emails: company.emails.join(", "),
            datecreated: zone.text(company.created),
            ip: company.address,
        }
    }
}

pub(crate) struct GetCompany;

impl Endpoint<Desk> for GetCompany {
    const META: Meta = Meta::get("companies/{companyid}", Right::ApiKey)
        .summary("One company")
        .params(&[Param::path("companyid").about("id")])
        .source("reference, Companies: Retrieves company info")
        .quirks(&[
            "404 if there is no such company",
            "`unique_fields` has the addresses and phone numbers first, as `email` and `phone`, then the others",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let id = CompanyId::parse(input.path("companyid")?).ok_or_else(|| AppError::not_found("company with this id not found"))?;
        let profile = cx.state.snapshot(move |tx| companies::profile(tx, id)).await?;
        Ok(Answer::tree(Company::new(profile, &zone)))
    }
}

#[derive(Serialize)]
struct Company {
    id: String,
    name: String,
    datecreated: String,
    language: String,
    ip: String,
    emails: Vec<String>,
    phones: Vec<String>,
    groups: Vec<MemberOf>,
    custom_fields: Vec<FieldValue>,
    unique_fields: Vec<FieldValue>,
}

impl Company {
    fn new(profile: CompanyProfile, zone: &Zone) -> Company {
        let company = profile.company;
        Company {
            id: company.id.to_string(),
            name: company.name,
            datecreated: zone.text(company.created),
            language: company.language,
            ip: company.address,
            emails: company.emails,
            phones: company.phones,
            groups: profile.groups.into_iter().map(MemberOf::from).collect(),
            custom_fields: field_values::wire(profile.custom_fields),
            unique_fields: field_values::wire(profile.unique_fields),
        }
    }
}

#[cfg(test)]
mod tests;
