//! Customers: the list, one, registering, changing and removing him, his fields and his groups. Here is what these share.

pub(crate) mod fields;
pub(crate) mod groups;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod write;

use deskbell_app::customers::{self, Profile};
use deskbell_app::{AppError, Desk};
use deskbell_domain::customer::{self, CustomerRole, Gender};
use deskbell_http::{Answer, Cx, Input, Param};
use serde::Serialize;

use crate::field_values::{self, FieldValue};
use crate::moment::Zone;

/// The path's parameter of every call on one customer.
const IDENTIFIER: &str = "customeridentifier";
const CUSTOMER: Param = Param::path(IDENTIFIER).about("e-mail address (a second one does, too) or contactid");
/// The cookies' names that the reference lists.
const REGISTERED_COOKIE: &str = "V_auth";
const VISITOR_COOKIE: &str = "LaVisitorId_c3RhbmRhbG9uZS5sYS5sb2NhbGhvc3QvTGl2ZUFnZW50L3NlcnZlci8";
const UNKNOWN_IS_404: &str = "404 if there is no such customer; one who was removed and the contacts of agents count as unknown";

fn unknown() -> AppError {
    AppError::not_found("customer with this e-mail or contactid not found")
}

/// All that is known of the customer of the path.
async fn profile(cx: &Cx<Desk>, input: &Input) -> Result<Profile, AppError> {
    let identifier = input.path(IDENTIFIER)?.to_owned();
    let found = cx.state.snapshot(move |tx| {
        let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
        customers::profile(tx, customer)
    });
    found.await
}

/// One customer in full.
#[derive(Serialize)]
struct Customer {
    contactid: String,
    email: String,
    firstname: String,
    lastname: String,
    systemname: String,
    authtoken: String,
    browsercookiename: &'static str,
    role: &'static str,
    gender: &'static str,
    companyid: String,
    userid: String,
    datecreated: String,
    note: Option<String>,
    ip: String,
    customfields: Vec<FieldValue>,
    uniquefields: Vec<FieldValue>,
}

/// One customer in full, with the token that signs him in, as an answer.
fn answer((profile, token): (Profile, String), zone: &Zone) -> Answer {
    let customer = profile.customer;
    let (firstname, lastname) = customer.names();
    Answer::tree(Customer {
        contactid: customer.id.to_string(),
        firstname: firstname.to_owned(),
        lastname: lastname.to_owned(),
        systemname: system_name(&customer),
        authtoken: token,
        browsercookiename: match customer.role {
            CustomerRole::Registered => REGISTERED_COOKIE,
            CustomerRole::Visitor => VISITOR_COOKIE,
        },
        role: customer.role.text(),
        gender: customer.gender.map_or("", Gender::text),
        companyid: customer.company.map(|company| company.to_string()).unwrap_or_default(),
        userid: customer.id.to_string(),
        datecreated: zone.text(customer.created),
        ip: customer.address.clone(),
        customfields: field_values::wire(profile.custom_fields),
        uniquefields: field_values::wire(profile.unique_fields),
        email: customer.email.clone().unwrap_or_default(),
        note: Some(customer.note).filter(|note| !note.is_empty()),
    })
}

/// The name that another system gave him, or what the desk calls him.
fn system_name(customer: &customer::Customer) -> String {
    if customer.system_name.is_empty() { customer.display_name() } else { customer.system_name.clone() }
}
