//! Customers as programs outside write them: with their id in another system and whether they are banned.

use deskbell_domain::customer::{BanTarget, Customer};
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{AgentId, CustomerId};
use deskbell_store::Tx;

use super::writing::{Changes, FieldChanges, change as change_customer};
use super::{anonymous, present};
use crate::bans;
use crate::context::Context;
use crate::error::AppError;
use crate::fields::{self, Kept};

/// The unique field that holds a customer's id in another system.
const EXTERNAL_ID_CODE: &str = "external_id";

/// What is shown of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outsider {
    pub customer: Customer,
    pub external_id: Option<String>,
    /// He himself is banned.
    pub banned: bool,
}

/// What is written; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    pub name: Option<String>,
    /// Empty: none any more.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub note: Option<String>,
    /// Empty: none any more. No two customers have the same.
    pub external_id: Option<String>,
    pub banned: Option<bool>,
}

/// One customer; agents' rows and who was taken away are none.
pub fn get(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Outsider, AppError> {
    let customer = present(tx, customer)?;
    let unique = fields::unique(tx, FieldOwner::Customer(customer.id))?;
    let external_id = unique.into_iter().find(|field| field.code == EXTERNAL_ID_CODE).map(|field| field.value);
    Ok(Outsider { banned: bans::is_banned(tx, customer.id)?, external_id, customer })
}

/// Makes a customer.
pub fn create(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, edit: &Edit) -> Result<Outsider, AppError> {
    let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    if ![&edit.name, &edit.email, &edit.phone].into_iter().any(filled) {
        return Err(AppError::missing("name, email or phone is missing"));
    }
    let customer = anonymous(tx, cx)?;
    change(tx, cx, by, customer.id, edit)
}

/// Changes a customer.
pub fn change(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, customer: CustomerId, edit: &Edit) -> Result<Outsider, AppError> {
    let unique_fields = edit.external_id.as_ref().map(|value| FieldChanges {
        kept: Kept::OtherCodes,
        fields: vec![FieldValue { code: EXTERNAL_ID_CODE.to_owned(), value: value.clone() }],
    });
    let changes = Changes {
        name: edit.name.clone(),
        email: edit.email.clone(),
        phone: edit.phone.clone(),
        note: edit.note.clone(),
        unique_fields,
        ..Changes::default()
    };
    change_customer(tx, cx, customer, &changes)?;
    match (edit.banned, bans::is_banned(tx, customer)?) {
        (Some(true), false) => drop(bans::ban(tx, cx, by, BanTarget::Customer(customer), "")?),
        (Some(false), true) => bans::lift_of_customer(tx, cx, customer)?,
        (Some(true), true) | (Some(false), false) | (None, _) => {}
    }
    get(tx, customer)
}
