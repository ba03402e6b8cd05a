//! What a page claims of its visitor beside name and address: a phone number, added fields. Anybody can make a page claim anything, so it
//! never overwrites what the desk knows, and of the owner of an address that was typed it changes nothing: such claims stand beside the
//! conversation that they came with. Nor do claims ever take the room that the desk's own fields need.

use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{ConversationId, DepartmentId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};

use super::{Introduced, Introduction, Whose, changed, check_field};
use crate::context::Context;
use crate::error::AppError;
use crate::fields::{self, CODE_CHARS_MAX, FIELDS_MAX, PHONE_CODE};

/// Fields of one kind that a page may hand over.
pub const CLAIMED_FIELDS_MAX: usize = 50;
/// Custom fields that an owner has at most when claims have been added: the rest is for what the desk adds.
const FIELDS_WITH_CLAIMS_MAX: usize = FIELDS_MAX / 2;
/// Characters of a value that a page hands over.
pub const CLAIMED_VALUE_CHARS_MAX: usize = 1_000;

/// What the page says of its visitor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    pub phone: String,
    /// For the customer.
    pub fields: Vec<FieldValue>,
    /// For the conversation.
    pub ticket_fields: Vec<FieldValue>,
}

impl Claims {
    /// Tidies and checks what was handed over. A field without a code or a value says nothing.
    pub fn new(phone: Option<&str>, fields: Vec<FieldValue>, ticket_fields: Vec<FieldValue>) -> Result<Claims, AppError> {
        let phone = phone.unwrap_or_default().trim();
        check_field("phone", phone)?;
        Ok(Claims { phone: phone.to_owned(), fields: tidy(fields)?, ticket_fields: tidy(ticket_fields)? })
    }
}

fn tidy(fields: Vec<FieldValue>) -> Result<Vec<FieldValue>, AppError> {
    if fields.len() > CLAIMED_FIELDS_MAX {
        return Err(AppError::too_large(format!("a page hands over at most {CLAIMED_FIELDS_MAX} fields")));
    }
    let trimmed = |field: FieldValue| FieldValue { code: field.code.trim().to_owned(), value: field.value.trim().to_owned() };
    let fields: Vec<FieldValue> =
        fields.into_iter().map(trimmed).filter(|field| !field.code.is_empty() && !field.value.is_empty()).collect();
    for field in &fields {
        if field.code.chars().count() > CODE_CHARS_MAX || field.code.chars().any(char::is_control) {
            return Err(AppError::invalid(format!("a field's code has at most {CODE_CHARS_MAX} characters and no control characters")));
        }
        if field.value.chars().count() > CLAIMED_VALUE_CHARS_MAX || field.value.contains('\0') {
            return Err(AppError::invalid(format!("a field's value has at most {CLAIMED_VALUE_CHARS_MAX} characters and no NUL")));
        }
    }
    Ok(fields)
}

/// Where somebody is led: to the department he asks for, else to that of the widget he came through.
pub(crate) fn department(tx: &mut Tx<'_>, asked: Option<DepartmentId>, introduction: &Introduction) -> Result<DepartmentId, AppError> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let widget = match introduction.widget {
        Some(widget) => tables::widgets::get(tx, widget)?,
        None => None,
    };
    Ok(widget.map_or(DepartmentId::DEFAULT, |widget| widget.department))
}

/// What a conversation begins with that he begins: its fields, and his own. What is claimed of somebody else stands beside the conversation.
pub(crate) fn at_beginning(introduced: &Introduced, claims: &Claims) -> (Vec<FieldValue>, Vec<FieldValue>) {
    let mut beside = claims.ticket_fields.clone();
    if introduced.whose == Whose::Others {
        beside.extend_from_slice(&claims.fields);
        return (beside, Vec::new());
    }
    (beside, claims.fields.clone())
}

/// Keeps what the page claims of him who has introduced himself and begun this conversation.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    cx: &Context,
    introduced: &Introduced,
    claims: &Claims,
    conversation: ConversationId,
) -> Result<(), AppError> {
    if *claims == Claims::default() {
        return Ok(());
    }
    let (own, beside) = divided(tx, cx, introduced, claims)?;
    let by = Actor::Customer(introduced.customer.id);
    add(tx, cx, by, FieldOwner::Customer(introduced.customer.id), own)?;
    add(tx, cx, by, FieldOwner::Conversation(conversation), claims.ticket_fields.iter().cloned().chain(beside).collect())
}

/// What becomes the customer's own, and what stands beside the conversation.
fn divided(
    tx: &mut Tx<'_>,
    cx: &Context,
    introduced: &Introduced,
    claims: &Claims,
) -> Result<(Vec<FieldValue>, Vec<FieldValue>), AppError> {
    let phone = Some(FieldValue { code: PHONE_CODE.to_owned(), value: claims.phone.clone() }).filter(|_| !claims.phone.is_empty());
    if introduced.whose == Whose::Others {
        return Ok((Vec::new(), phone.into_iter().chain(claims.fields.iter().cloned()).collect()));
    }
    let mut customer = introduced.customer.clone();
    let known = fields::custom(tx, FieldOwner::Customer(customer.id))?;
    let (mut own, mut beside) = (Vec::new(), Vec::new());
    match phone {
        Some(phone) if customer.phone.is_empty() => {
            customer.phone = phone.value;
            tables::customers::update(tx, &customer)?;
            changed(tx, cx, &customer)?;
        }
        Some(phone) if customer.phone != phone.value => beside.push(phone),
        Some(_) | None => {}
    }
    for field in &claims.fields {
        // One value of a code is his own, the others stand beside.
        if !known.iter().chain(&own).any(|known| known.code == field.code) {
            own.push(field.clone());
        } else if !known.iter().chain(&own).any(|known| known == field) {
            beside.push(field.clone());
        }
    }
    Ok((own, beside))
}

/// What an owner has no room for is left out: a page does not keep its visitor from writing.
fn add(tx: &mut Tx<'_>, cx: &Context, by: Actor, owner: FieldOwner, mut new: Vec<FieldValue>) -> Result<(), AppError> {
    let room = FIELDS_WITH_CLAIMS_MAX.saturating_sub(fields::custom(tx, owner)?.len());
    new.truncate(room);
    fields::add(tx, cx, by, owner, &new)
}

#[cfg(test)]
mod tests;
