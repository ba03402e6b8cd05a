//! Customers: what agents see and change of them.

use deskbell_app::AppError;
use deskbell_app::customers::{self, Changes, Profile};
use deskbell_app::rights::Right;
use deskbell_domain::customer::{CustomerRole, Gender};
use deskbell_domain::ids::{CompanyId, CustomerId};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::fields::{self, FieldView};
use super::groups::{self, MemberOf};
use super::{Native, given_id, path_id};
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
    /// `V`: a visitor; `R`: registered, can sign in to the portal.
    role: &'static str,
    /// `M`, `F`, `O`, or empty while unknown.
    gender: &'static str,
    /// A name given by another system.
    system_name: String,
    company: Option<String>,
    /// What his browser asked for last.
    language: String,
    /// The IP address he was seen at last.
    address: String,
    custom_fields: Vec<FieldView>,
    /// With his address and phone number first, as `email` and `phone`.
    unique_fields: Vec<FieldView>,
    groups: Vec<MemberOf>,
    /// When he was taken away: nothing is left but his conversations.
    removed: Option<i64>,
}

impl From<Profile> for CustomerDetail {
    fn from(profile: Profile) -> Self {
        let customer = profile.customer;
        CustomerDetail {
            customer: customer.id.to_string(),
            name: customer.name,
            email: customer.email,
            phone: customer.phone,
            note: customer.note,
            created: millis(customer.created),
            role: customer.role.text(),
            gender: customer.gender.map_or("", Gender::text),
            system_name: customer.system_name,
            company: customer.company.map(|company| company.to_string()),
            language: customer.language,
            address: customer.address,
            custom_fields: fields::views(profile.custom_fields),
            unique_fields: fields::views(profile.unique_fields),
            groups: profile.groups.into_iter().map(MemberOf::from).collect(),
            removed: customer.removed.map(millis),
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
        let read = cx.state.desk.snapshot(move |tx| {
            let customer = customers::get(tx, id)?;
            customers::profile(tx, customer)
        });
        Ok(Answer::tree(CustomerDetail::from(read.await?)))
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
    /// `V` or `R`.
    role: Option<String>,
    /// `M`, `F`, `O`, or empty.
    gender: Option<String>,
    system_name: Option<String>,
    /// Empty: none any more.
    company: Option<String>,
    /// The whole new list.
    custom_fields: Option<Vec<FieldView>>,
    /// The whole new list; his own address and phone number in it are passed over.
    unique_fields: Option<Vec<FieldView>>,
    /// Ids of groups: the whole new list.
    groups: Option<Vec<String>>,
}

impl CustomerBody {
    fn changes(self) -> Result<Changes, AppError> {
        let role = |text: &str| CustomerRole::parse(text).ok_or_else(|| AppError::invalid("role must be one of V, R"));
        let gender = |text: &str| Gender::parse(text).ok_or_else(|| AppError::invalid("gender must be one of M, F, O"));
        Ok(Changes {
            name: self.name,
            email: self.email,
            phone: self.phone,
            note: self.note,
            role: self.role.as_deref().map(role).transpose()?,
            gender: self.gender.as_deref().map(|text| none_if_empty(text, gender)).transpose()?,
            system_name: self.system_name,
            company: self
                .company
                .as_deref()
                .map(|text| none_if_empty(text, |text| given_id(text, CompanyId::parse, "company")))
                .transpose()?,
            password_hash: None,
            custom_fields: self.custom_fields.map(fields::whole),
            unique_fields: self.unique_fields.map(fields::whole),
            groups: groups::given(self.groups)?,
        })
    }
}

fn none_if_empty<T>(text: &str, read: impl Fn(&str) -> Result<T, AppError>) -> Result<Option<T>, AppError> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<CustomerDetail>().reads::<CustomerBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta = Meta::put("customers/{id}", Right::Agent).summary("Change a customer").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CustomerId::parse, "customer")?;
        let changes = input.json::<CustomerBody>()?.changes()?;
        let change = cx.state.desk.write(move |tx, cx| {
            let customer = customers::change(tx, cx, id, &changes)?;
            customers::profile(tx, customer)
        });
        Ok(Answer::tree(CustomerDetail::from(change.await?)))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta = Meta::delete("customers/{id}", Right::Administrator)
        .summary("Take away all that is known of a customer")
        .params(&[Param::path("id")])
        .quirks(&["His conversations stay, with a name without meaning. Refused while he is in a live chat."]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let id = path_id(&input, CustomerId::parse, "customer")?;
        cx.state.desk.write(move |tx, cx| customers::remove(tx, cx, id)).await?;
        Ok(Answer::empty())
    }
}

#[cfg(test)]
mod tests;
