//! Fields that a desk adds to customers, companies and conversations. A custom field's code may stand more than once; a unique field's
//! value belongs to one owner of a kind, and a customer is found by a unique field `email` as by his own address.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use deskbell_domain::event::Event;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{CompanyId, CustomerId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::customers::check_email;
use crate::error::AppError;
use crate::{companies, customers};

/// Custom fields of one owner, and unique ones, at most.
pub const FIELDS_MAX: usize = 100;
/// Characters of a code.
pub const CODE_CHARS_MAX: usize = 64;
/// Characters of a custom field's value.
pub const VALUE_CHARS_MAX: usize = 10_000;
/// Characters of a unique field's value: it is looked up, so that it has to fit an index.
pub const UNIQUE_VALUE_CHARS_MAX: usize = 254;
/// The codes under which an owner's addresses and phone numbers stand among his unique fields.
pub const EMAIL_CODE: &str = "email";
pub const PHONE_CODE: &str = "phone";

/// What stays of an owner's fields when some are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    All,
    /// Those with codes that are not among the new ones.
    OtherCodes,
    Nothing,
}

/// An owner's custom fields, in the order they were added.
pub fn custom(tx: &mut Tx<'_>, owner: FieldOwner) -> Result<Vec<FieldValue>, AppError> {
    Ok(tables::fields::custom(tx, owner)?)
}

/// Custom fields of many owners; those without any are left out.
pub fn customs(tx: &mut Tx<'_>, owners: &[FieldOwner]) -> Result<HashMap<FieldOwner, Vec<FieldValue>>, AppError> {
    Ok(tables::fields::customs(tx, owners)?)
}

/// An owner's unique fields, in the order they were added. His own address and phone number are not among them.
pub fn unique(tx: &mut Tx<'_>, owner: FieldOwner) -> Result<Vec<FieldValue>, AppError> {
    Ok(tables::fields::unique(tx, owner)?)
}

/// Adds custom fields, and tells the journal. The owner must exist.
pub fn add(tx: &mut Tx<'_>, cx: &Context, by: Actor, owner: FieldOwner, fields: &[FieldValue]) -> Result<(), AppError> {
    if fields.is_empty() {
        return Ok(());
    }
    write(tx, owner, Kept::All, fields)?;
    announce(tx, cx, by, owner)
}

/// Takes away the custom fields with this code, or all, and tells the journal if there were any.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, by: Actor, owner: FieldOwner, code: Option<&str>) -> Result<(), AppError> {
    if code.is_some_and(|code| code.contains('\0')) || tables::fields::remove_custom(tx, owner, code)? == 0 {
        return Ok(());
    }
    note(tx, owner)?;
    announce(tx, cx, by, owner)
}

/// Writes custom fields. Telling the journal is up to the caller.
pub fn write(tx: &mut Tx<'_>, owner: FieldOwner, kept: Kept, fields: &[FieldValue]) -> Result<(), AppError> {
    let fields = fields.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
    match kept {
        Kept::All => {}
        Kept::OtherCodes => {
            for field in &fields {
                tables::fields::remove_custom(tx, owner, Some(&field.code))?;
            }
        }
        Kept::Nothing => {
            tables::fields::remove_custom(tx, owner, None)?;
        }
    }
    if tables::fields::custom(tx, owner)?.len() + fields.len() > FIELDS_MAX {
        return Err(AppError::too_large(format!("at most {FIELDS_MAX} custom fields")));
    }
    tables::fields::add_custom(tx, owner, &fields)?;
    note(tx, owner)
}

/// Writes unique fields; one without a value is taken away. Another owner's value is refused. Telling the journal is up to the caller.
pub fn write_unique(tx: &mut Tx<'_>, owner: FieldOwner, kept: Kept, fields: &[FieldValue]) -> Result<(), AppError> {
    let fields = fields.iter().map(checked_unique).collect::<Result<Vec<_>, _>>()?;
    match kept {
        Kept::All => {}
        Kept::OtherCodes => {
            for field in &fields {
                tables::fields::remove_unique(tx, owner, Some(&field.code))?;
            }
        }
        Kept::Nothing => {
            tables::fields::remove_unique(tx, owner, None)?;
        }
    }
    let (kind, id) = owner.parts();
    let mut count = tables::fields::unique(tx, owner)?.len();
    let own = own_values(tx, owner)?;
    for field in fields.iter().filter(|field| !field.value.is_empty() && !own.contains(field)) {
        match value_owner(tx, kind, field)? {
            Some(other) if other != id => {
                return Err(AppError::conflict(format!("the unique field {} has this value at another {kind}", field.code)));
            }
            Some(_) => {}
            None => {
                count += 1;
                tables::fields::add_unique(tx, owner, field)?;
            }
        }
    }
    if count > FIELDS_MAX {
        return Err(AppError::too_large(format!("at most {FIELDS_MAX} unique fields")));
    }
    note(tx, owner)
}

/// Who has this value of a unique field; an address also as his own one.
fn value_owner(tx: &mut Tx<'_>, kind: &str, field: &FieldValue) -> Result<Option<i64>, AppError> {
    let owner = tables::fields::unique_owner(tx, kind, &field.code, &field.value)?;
    if owner.is_some() || field.code != EMAIL_CODE {
        return Ok(owner);
    }
    Ok(match kind {
        "customer" => tables::customers::by_email(tx, &field.value)?.map(|customer| customer.id.get()),
        "company" => tables::companies::by_email(tx, &field.value)?.map(CompanyId::get),
        _ => None,
    })
}

/// The addresses and phone numbers that stand among an owner's unique fields without being stored there.
fn own_values(tx: &mut Tx<'_>, owner: FieldOwner) -> Result<Vec<FieldValue>, AppError> {
    Ok(match owner {
        FieldOwner::Customer(id) => tables::customers::get(tx, id)?.map(|customer| customers::own_fields(&customer)).unwrap_or_default(),
        FieldOwner::Company(id) => tables::companies::get(tx, id)?.map(|company| companies::own_fields(&company)).unwrap_or_default(),
        FieldOwner::Conversation(_) => Vec::new(),
    })
}

fn checked(field: &FieldValue) -> Result<FieldValue, AppError> {
    let code = checked_code(&field.code)?;
    if field.value.chars().count() > VALUE_CHARS_MAX || field.value.contains('\0') {
        return Err(AppError::invalid(format!("the value of a field has at most {VALUE_CHARS_MAX} characters and no NUL")));
    }
    Ok(FieldValue { code, value: field.value.clone() })
}

fn checked_unique(field: &FieldValue) -> Result<FieldValue, AppError> {
    let code = checked_code(&field.code)?;
    let value = field.value.trim();
    if value.chars().count() > UNIQUE_VALUE_CHARS_MAX || value.chars().any(char::is_control) {
        return Err(AppError::invalid(format!(
            "the value of a unique field has at most {UNIQUE_VALUE_CHARS_MAX} characters and no control characters"
        )));
    }
    let value = if code == EMAIL_CODE && !value.is_empty() { check_email(value)? } else { value.to_owned() };
    Ok(FieldValue { code, value })
}

fn checked_code(code: &str) -> Result<String, AppError> {
    let code = code.trim();
    if code.is_empty() || code.chars().count() > CODE_CHARS_MAX || code.chars().any(char::is_control) {
        return Err(AppError::invalid(format!("the code of a field has 1 to {CODE_CHARS_MAX} characters and no control characters")));
    }
    Ok(code.to_owned())
}

/// A customer of whom only a field is known is listed.
fn note(tx: &mut Tx<'_>, owner: FieldOwner) -> Result<(), AppError> {
    match owner {
        FieldOwner::Customer(customer) => Ok(tables::customers::note_known(tx, customer)?),
        FieldOwner::Company(_) | FieldOwner::Conversation(_) => Ok(()),
    }
}

pub(crate) fn announce(tx: &mut Tx<'_>, cx: &Context, by: Actor, owner: FieldOwner) -> Result<(), AppError> {
    match owner {
        FieldOwner::Customer(id) => changed_customer(tx, cx, id),
        FieldOwner::Company(id) => {
            let company = companies::get(tx, id)?;
            companies::changed(tx, cx, &company)
        }
        FieldOwner::Conversation(conversation) => {
            tx.append(cx.now, Event::FieldsChanged { conversation, by })?;
            Ok(())
        }
    }
}

fn changed_customer(tx: &mut Tx<'_>, cx: &Context, id: CustomerId) -> Result<(), AppError> {
    let customer = customers::get(tx, id)?;
    customers::changed(tx, cx, &customer)
}
