//! Customers: who a visitor says he is, and what agents change about him.

use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::ids::CustomerId;
use deskbell_domain::visit::Visit;
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::error::AppError;

/// Characters of a name, an address or a phone number.
const FIELD_CHARS_MAX: usize = 254;
/// Characters of a note.
const NOTE_CHARS_MAX: usize = 10_000;

/// What a visitor says of himself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Introduction {
    pub name: Option<String>,
    pub email: Option<String>,
}

impl Introduction {
    /// Tidies and checks what was typed.
    pub fn new(name: Option<&str>, email: Option<&str>) -> Result<Introduction, AppError> {
        let tidy = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let name = tidy(name);
        if let Some(name) = &name {
            check_field("name", name)?;
        }
        let email = match tidy(email) {
            Some(email) => Some(check_email(&email)?),
            None => None,
        };
        Ok(Introduction { name, email })
    }
}

fn check_field(what: &str, text: &str) -> Result<(), AppError> {
    if text.chars().count() > FIELD_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(AppError::invalid(format!("{what} has at most {FIELD_CHARS_MAX} characters and no control characters")));
    }
    Ok(())
}

/// An e-mail address in lower case, or a refusal. Only what no mail server would take is refused.
pub fn check_email(text: &str) -> Result<String, AppError> {
    let email = text.trim().to_lowercase();
    let good = email.len() <= FIELD_CHARS_MAX
        && email.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
        })
        && !email.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    if good { Ok(email) } else { Err(AppError::invalid("that is not an e-mail address")) }
}

pub fn get(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Customer, AppError> {
    tables::customers::get(tx, customer)?.ok_or_else(|| AppError::not_found("no such customer"))
}

fn changed(tx: &mut Tx<'_>, cx: &Context, customer: &Customer) -> Result<(), AppError> {
    tx.append(
        cx.now,
        Event::CustomerChanged {
            customer: customer.id,
            name: customer.name.clone(),
            email: customer.email.clone(),
            phone: customer.phone.clone(),
        },
    )?;
    Ok(())
}

/// Makes an anonymous customer for a browser that was never seen.
pub fn anonymous(tx: &mut Tx<'_>, cx: &Context) -> Result<Customer, AppError> {
    let customer = Customer::anonymous(CustomerId::from_i64(tx.next_id()?), cx.now);
    tables::customers::insert(tx, &customer)?;
    Ok(customer)
}

/// Who asks, once he has introduced himself.
pub struct Introduced {
    pub customer: Customer,
    /// What he is called on his own side. Never what the desk knows of the owner of an address that anybody can type.
    pub shown_name: String,
}

/// The customer behind a browser once it has introduced itself. A known address leads to the customer who has it, for the agents' eyes;
/// the browser itself stays the anonymous customer it was. An unknown one is added to the anonymous customer, or makes a new one
/// when this one has another address already.
pub fn introduce(tx: &mut Tx<'_>, cx: &Context, visit: &Visit, introduction: &Introduction) -> Result<Introduced, AppError> {
    let mut customer = get(tx, visit.customer)?;
    let mut touched = false;
    let mut foreign = false;
    if let Some(email) = &introduction.email
        && customer.email.as_ref() != Some(email)
    {
        if let Some(known) = tables::customers::by_email(tx, email)? {
            customer = known;
            foreign = true;
            if tables::bans::hits(tx, customer.id, visit.visitor, &visit.address)? {
                return Err(AppError::forbidden("you cannot chat here"));
            }
        } else {
            if customer.email.is_some() {
                customer = anonymous(tx, cx)?;
            }
            customer.email = Some(email.clone());
            touched = true;
        }
    }
    if let Some(name) = &introduction.name
        && !foreign
        && (customer.name.is_empty() || touched)
        && customer.name != *name
    {
        customer.name.clone_from(name);
        touched = true;
    }
    if touched {
        tables::customers::update(tx, &customer)?;
        changed(tx, cx, &customer)?;
    }
    let shown_name = match (&introduction.name, &introduction.email) {
        (Some(name), _) => name.clone(),
        (None, Some(email)) if foreign => email.clone(),
        (None, _) => customer.display_name(),
    };
    Ok(Introduced { customer, shown_name })
}

/// What an agent changes; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub note: Option<String>,
}

/// Changes a customer.
pub fn change(tx: &mut Tx<'_>, cx: &Context, customer: CustomerId, changes: &Changes) -> Result<Customer, AppError> {
    let mut customer = get(tx, customer)?;
    if let Some(name) = &changes.name {
        check_field("name", name)?;
        customer.name = name.trim().to_owned();
    }
    if let Some(phone) = &changes.phone {
        check_field("phone", phone)?;
        customer.phone = phone.trim().to_owned();
    }
    if let Some(note) = &changes.note {
        if note.chars().count() > NOTE_CHARS_MAX || note.contains('\0') {
            return Err(AppError::too_large("a note has at most 10,000 characters"));
        }
        customer.note.clone_from(note);
    }
    if let Some(email) = &changes.email {
        customer.email = if email.trim().is_empty() { None } else { Some(check_email(email)?) };
        if let Some(email) = &customer.email
            && tables::customers::by_email(tx, email)?.is_some_and(|other| other.id != customer.id)
        {
            return Err(AppError::conflict("another customer has that address"));
        }
    }
    tables::customers::update(tx, &customer)?;
    changed(tx, cx, &customer)?;
    Ok(customer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(check_email(" Ann@Example.com ").unwrap(), "ann@example.com");
        for wrong in ["", "ann", "@example.com", "ann@", "ann@host", "a b@c.d", "a@b@c.d", "a@.d", "a@d."] {
            assert!(check_email(wrong).is_err(), "{wrong}");
        }
    }
}
