//! What is written of customers: registering them, and changing what is known of them.

use deskbell_domain::customer::{Customer, CustomerRole, Gender};
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::CustomerId;
use deskbell_domain::ids::{CompanyId, CustomerGroupId};
use deskbell_store::{Tx, tables};

use super::{anonymous, changed, check_email, check_field, present};
use crate::context::Context;
use crate::error::AppError;
use crate::fields::{self, EMAIL_CODE, Kept};
use crate::{companies, groups};

/// Characters of a note.
const NOTE_CHARS_MAX: usize = 10_000;

/// Added fields to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChanges {
    /// What stays of those that are there.
    pub kept: Kept,
    pub fields: Vec<FieldValue>,
}

/// What is changed of a customer; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub name: Option<String>,
    /// Empty: none any more.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub note: Option<String>,
    pub role: Option<CustomerRole>,
    pub gender: Option<Option<Gender>>,
    pub system_name: Option<String>,
    pub company: Option<Option<CompanyId>>,
    /// Already hashed. Who gets a password is registered, unless the role is given.
    pub password_hash: Option<String>,
    pub custom_fields: Option<FieldChanges>,
    pub unique_fields: Option<FieldChanges>,
    /// The whole new list.
    pub groups: Option<Vec<CustomerGroupId>>,
}

/// A customer to be registered.
#[derive(Debug, Clone, Default)]
pub struct NewCustomer {
    pub email: String,
    /// What else is known of him.
    pub changes: Changes,
}

/// Registers a customer. One who has that address already is changed where something is given, and answered: the same one registered
/// twice is one customer.
pub fn register(tx: &mut Tx<'_>, cx: &Context, new: &NewCustomer) -> Result<Customer, AppError> {
    let email = check_email(&new.email)?;
    let (mut customer, is_new) = match tables::customers::by_email(tx, &email)? {
        Some(known) => (known, false),
        None => {
            let made = Customer { email: Some(email), ..anonymous(tx, cx)? };
            tables::customers::update(tx, &made)?;
            (made, true)
        }
    };
    let applied = apply(tx, &mut customer, &Changes { email: None, ..new.changes.clone() })?;
    if is_new || applied == Applied::Something {
        changed(tx, cx, &customer)?;
    }
    Ok(customer)
}

/// Changes a customer.
pub fn change(tx: &mut Tx<'_>, cx: &Context, customer: CustomerId, changes: &Changes) -> Result<Customer, AppError> {
    let mut customer = present(tx, customer)?;
    if apply(tx, &mut customer, changes)? == Applied::Something {
        changed(tx, cx, &customer)?;
    }
    Ok(customer)
}

/// Whether there was anything to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Applied {
    Nothing,
    Something,
}

fn apply(tx: &mut Tx<'_>, customer: &mut Customer, changes: &Changes) -> Result<Applied, AppError> {
    let before = customer.clone();
    apply_texts(customer, changes)?;
    if let Some(email) = &changes.email {
        customer.email = own_email(tx, customer.id, email)?;
    }
    if let Some(company) = changes.company {
        if let Some(company) = company {
            companies::get(tx, company)?;
        }
        customer.company = company;
    }
    if let Some(gender) = changes.gender {
        customer.gender = gender;
    }
    match (changes.role, &changes.password_hash) {
        (Some(role), _) => customer.role = role,
        (None, Some(_)) => customer.role = CustomerRole::Registered,
        (None, None) => {}
    }
    if *customer != before {
        tables::customers::update(tx, customer)?;
    }
    if let Some(hash) = &changes.password_hash {
        tables::customers::set_password(tx, customer.id, hash)?;
    }
    let owner = FieldOwner::Customer(customer.id);
    if let Some(FieldChanges { kept, fields }) = &changes.custom_fields {
        fields::write(tx, owner, *kept, fields)?;
    }
    if let Some(FieldChanges { kept, fields }) = &changes.unique_fields {
        fields::write_unique(tx, owner, *kept, fields)?;
    }
    if let Some(all) = &changes.groups {
        groups::set_customer(tx, customer.id, all)?;
    }
    let besides =
        changes.password_hash.is_some() || changes.custom_fields.is_some() || changes.unique_fields.is_some() || changes.groups.is_some();
    Ok(if besides || *customer != before { Applied::Something } else { Applied::Nothing })
}

fn apply_texts(customer: &mut Customer, changes: &Changes) -> Result<(), AppError> {
    for (what, text, place) in [
        ("name", &changes.name, &mut customer.name),
        ("phone", &changes.phone, &mut customer.phone),
        ("system_name", &changes.system_name, &mut customer.system_name),
    ] {
        if let Some(text) = text {
            check_field(what, text.trim())?;
            text.trim().clone_into(place);
        }
    }
    if let Some(note) = &changes.note {
        if note.chars().count() > NOTE_CHARS_MAX {
            return Err(AppError::too_large("a note has at most 10,000 characters"));
        }
        if note.contains('\0') {
            return Err(AppError::invalid("a note holds no NUL"));
        }
        customer.note.clone_from(note);
    }
    Ok(())
}

/// The address as it is kept; `None` for an empty one. Nobody else may have it; as a second address of his own it is one no more.
fn own_email(tx: &mut Tx<'_>, customer: CustomerId, email: &str) -> Result<Option<String>, AppError> {
    if email.trim().is_empty() {
        return Ok(None);
    }
    let email = check_email(email)?;
    if tables::customers::by_email(tx, &email)?.is_some_and(|other| other.id != customer) {
        return Err(AppError::conflict("another customer has that address"));
    }
    tables::fields::remove_unique_value(tx, FieldOwner::Customer(customer), EMAIL_CODE, &email)?;
    Ok(Some(email))
}
