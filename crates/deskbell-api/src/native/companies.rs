//! Companies: read by all, written by administrators.

use deskbell_app::AppError;
use deskbell_app::companies::{self, CompanyDraft, CompanyProfile};
use deskbell_app::rights::Right;
use deskbell_domain::company::Company;
use deskbell_domain::ids::CompanyId;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::fields::{self, FieldView};
use super::groups::{self, MemberOf};
use super::page::{self, Page};
use super::{Native, path_id};
use crate::wire::millis;

/// A company in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CompanyView {
    company: String,
    name: String,
    emails: Vec<String>,
    phones: Vec<String>,
    /// A language tag, or empty.
    language: String,
    /// An IP address, or empty.
    address: String,
    created: i64,
}

impl From<&Company> for CompanyView {
    fn from(company: &Company) -> Self {
        CompanyView {
            company: company.id.to_string(),
            name: company.name.clone(),
            emails: company.emails.clone(),
            phones: company.phones.clone(),
            language: company.language.clone(),
            address: company.address.clone(),
            created: millis(company.created),
        }
    }
}

/// A company with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CompanyDetail {
    company: String,
    name: String,
    emails: Vec<String>,
    phones: Vec<String>,
    /// A language tag, or empty.
    language: String,
    /// An IP address, or empty.
    address: String,
    created: i64,
    custom_fields: Vec<FieldView>,
    /// With its addresses and phone numbers first, as `email` and `phone`.
    unique_fields: Vec<FieldView>,
    groups: Vec<MemberOf>,
}

impl From<CompanyProfile> for CompanyDetail {
    fn from(profile: CompanyProfile) -> Self {
        let CompanyView { company, name, emails, phones, language, address, created } = CompanyView::from(&profile.company);
        CompanyDetail {
            company,
            name,
            emails,
            phones,
            language,
            address,
            created,
            custom_fields: fields::views(profile.custom_fields),
            unique_fields: fields::views(profile.unique_fields),
            groups: profile.groups.into_iter().map(MemberOf::from).collect(),
        }
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<CompanyView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("companies", Right::Agent).summary("Companies, by name; the first 10000 of them").params(&[
        Param::text("search").placed(Place::Query).about("a part of the name"),
        page::LIMIT,
        page::AFTER,
    ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let listed = companies::list(&cx.state.desk, input.filled_opt("search").unwrap_or_default()).await?;
        Ok(Answer::tree(Page::of_all(listed, &input, |company| company.id.to_string(), |company| CompanyView::from(company))?))
    }
}

pub(crate) struct Show;

impl Call for Show {
    const BODIES: Bodies = Bodies::answers::<CompanyDetail>();
}

impl Endpoint<Native> for Show {
    const META: Meta = Meta::get("companies/{id}", Right::Agent).summary("One company").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CompanyId::parse, "company")?;
        let profile = cx.state.desk.snapshot(move |tx| companies::profile(tx, id)).await?;
        Ok(Answer::tree(CompanyDetail::from(profile)))
    }
}

/// What is written of a company; what is left out or null stays, or is empty. Lists are the whole new lists.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct CompanyBody {
    name: Option<String>,
    emails: Option<Vec<String>>,
    phones: Option<Vec<String>>,
    /// A language tag, or empty.
    language: Option<String>,
    /// An IP address, or empty.
    address: Option<String>,
    custom_fields: Option<Vec<FieldView>>,
    /// Its own addresses and phone numbers in it are passed over.
    unique_fields: Option<Vec<FieldView>>,
    /// Ids of groups.
    groups: Option<Vec<String>>,
}

impl CompanyBody {
    fn draft(self) -> Result<CompanyDraft, AppError> {
        Ok(CompanyDraft {
            name: self.name,
            language: self.language,
            address: self.address,
            emails: self.emails,
            phones: self.phones,
            groups: groups::given(self.groups)?,
            custom_fields: self.custom_fields.map(fields::whole),
            unique_fields: self.unique_fields.map(fields::whole),
        })
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<CompanyDetail>().reads::<CompanyBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("companies", Right::Administrator).summary("Make a company: `name` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let draft = input.json::<CompanyBody>()?.draft()?;
        let made = cx.state.desk.write(move |tx, cx| companies::create(tx, cx, &draft)).await?;
        Ok(Answer::tree(CompanyDetail::from(made)).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<CompanyDetail>().reads::<CompanyBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("companies/{id}", Right::Administrator).summary("Change a company").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CompanyId::parse, "company")?;
        let draft = input.json::<CompanyBody>()?.draft()?;
        let changed = cx.state.desk.write(move |tx, cx| companies::change(tx, cx, id, &draft)).await?;
        Ok(Answer::tree(CompanyDetail::from(changed)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("companies/{id}", Right::Administrator)
        .summary("Take a company away; its customers stay")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CompanyId::parse, "company")?;
        cx.state.desk.write(move |tx, cx| companies::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
