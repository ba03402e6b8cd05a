//! Taking a customer away: of his data nothing is left, his conversations stay.

use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::field::FieldOwner;
use deskbell_domain::ids::CustomerId;
use deskbell_store::{Tx, tables};

use super::present;
use crate::context::Context;
use crate::error::AppError;

/// Takes a customer away. What his conversations say stays; beside it stands a name without meaning. The journal keeps what happened.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, customer: CustomerId) -> Result<(), AppError> {
    let customer = present(tx, customer)?;
    if tables::customers::is_in_chat(tx, customer.id)? {
        return Err(AppError::conflict("the customer is in a live chat: end the chat first"));
    }
    if tables::customers::is_in_call(tx, customer.id)? {
        return Err(AppError::conflict("the customer is in a call: end the call first"));
    }
    let owner = FieldOwner::Customer(customer.id);
    tables::fields::remove_custom(tx, owner, None)?;
    tables::fields::remove_unique(tx, owner, None)?;
    tables::groups::clear_customer(tx, customer.id)?;
    tables::customers::set_password(tx, customer.id, "")?;
    let empty = Customer { removed: Some(cx.now), ..Customer::anonymous(customer.id, customer.created) };
    tables::customers::update(tx, &empty)?;
    tables::customers::forget_traces(tx, empty.id, &empty.display_name())?;
    tx.append(cx.now, Event::CustomerRemoved { customer: empty.id })?;
    Ok(())
}
