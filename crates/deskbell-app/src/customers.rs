//! Customers: who a visitor says he is, how one is found, and all that is known of one. What is written of them is in [`writing`], what
//! pages claim of them in [`claims`], taking them away in [`removal`], lists in [`listing`].

pub mod claims;
pub mod listing;
pub mod outsiders;
pub mod removal;
#[cfg(test)]
pub(crate) mod tests;
pub mod writing;

use deskbell_domain::customer::{Customer, CustomerRole};
use deskbell_domain::event::Event;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::{CustomerId, WidgetId};
use deskbell_domain::visit::Visit;
use deskbell_store::{Tx, tables};

pub use claims::Claims;
pub use removal::remove;
pub use writing::{Changes, FieldChanges, NewCustomer, change, register};

use crate::context::Context;
use crate::error::AppError;
use crate::fields::{self, EMAIL_CODE, PHONE_CODE};

/// Characters of a name, an address or a phone number.
pub const FIELD_CHARS_MAX: usize = 254;
/// Characters of a language tag.
const LANGUAGE_CHARS_MAX: usize = 35;
/// Characters of an IP address.
const ADDRESS_CHARS_MAX: usize = 64;

/// What a visitor says of himself, and what he came through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Introduction {
    pub name: Option<String>,
    pub email: Option<String>,
    pub widget: Option<WidgetId>,
    /// What the page says of him.
    pub claims: Claims,
    /// Names or ids of skills that his chat asks for. What names none says nothing.
    pub skills: Vec<String>,
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
        Ok(Introduction { name, email, ..Introduction::default() })
    }
}

/// A text of one line, or a refusal that names it.
pub(crate) fn check_field(what: &str, text: &str) -> Result<(), AppError> {
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

/// The row of a customer, also of one who was taken away: his conversations show it.
pub fn get(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Customer, AppError> {
    tables::customers::get(tx, customer)?.ok_or_else(unknown)
}

fn unknown() -> AppError {
    AppError::not_found("no such customer")
}

/// A customer by e-mail address (a second one does, too) or id. Who was taken away is not found, nor are the rows that stand for agents.
pub fn by_identifier(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<Customer>, AppError> {
    let identifier = identifier.trim();
    // No database takes a NUL; nobody has one in his address.
    if identifier.contains('\0') {
        return Ok(None);
    }
    let found = if identifier.contains('@') {
        tables::customers::by_email(tx, identifier)?
    } else {
        match CustomerId::parse(identifier) {
            Some(id) => tables::customers::get(tx, id)?,
            None => None,
        }
    };
    only_present(tx, found)
}

fn only_present(tx: &mut Tx<'_>, found: Option<Customer>) -> Result<Option<Customer>, AppError> {
    match found {
        Some(customer) if customer.removed.is_none() && !tables::customers::is_of_agent(tx, customer.id)? => Ok(Some(customer)),
        Some(_) | None => Ok(None),
    }
}

/// The customer with this id who can be written of; who was taken away is gone, and agents' rows are no customers.
pub(crate) fn present(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Customer, AppError> {
    let found = tables::customers::get(tx, customer)?;
    only_present(tx, found)?.ok_or_else(unknown)
}

pub(crate) fn changed(tx: &mut Tx<'_>, cx: &Context, customer: &Customer) -> Result<(), AppError> {
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

/// What stands among his unique fields without being stored there: address and phone number.
pub fn own_fields(customer: &Customer) -> Vec<FieldValue> {
    let email = customer.email.iter().map(|email| (EMAIL_CODE, email));
    let phone = Some(&customer.phone).filter(|phone| !phone.is_empty()).map(|phone| (PHONE_CODE, phone));
    email.chain(phone).map(|(code, value)| FieldValue { code: code.to_owned(), value: value.clone() }).collect()
}

/// All that is known of one customer.
#[derive(Debug, Clone)]
pub struct Profile {
    pub customer: Customer,
    pub custom_fields: Vec<FieldValue>,
    /// With address and phone number first.
    pub unique_fields: Vec<FieldValue>,
    pub groups: Vec<CustomerGroup>,
}

/// Reads all that is known of a customer.
pub fn profile(tx: &mut Tx<'_>, customer: Customer) -> Result<Profile, AppError> {
    let owner = FieldOwner::Customer(customer.id);
    let mut unique_fields = own_fields(&customer);
    unique_fields.extend(fields::unique(tx, owner)?);
    Ok(Profile {
        custom_fields: fields::custom(tx, owner)?,
        unique_fields,
        groups: tables::groups::of_customer(tx, customer.id)?,
        customer,
    })
}

/// Makes an anonymous customer for a browser that was never seen.
pub fn anonymous(tx: &mut Tx<'_>, cx: &Context) -> Result<Customer, AppError> {
    let customer = Customer::anonymous(CustomerId::from_i64(tx.next_id()?), cx.now);
    tables::customers::insert(tx, &customer)?;
    Ok(customer)
}

/// A browser of his was seen at an IP address; `languages` is what it asks for, the first one counts.
pub fn seen(tx: &mut Tx<'_>, customer: CustomerId, address: &str, languages: &str) -> Result<(), AppError> {
    let address: String = address.trim().chars().take(ADDRESS_CHARS_MAX).collect();
    let language = languages.split([',', ';']).next().unwrap_or_default().trim();
    let language: String = language.chars().take(LANGUAGE_CHARS_MAX).collect();
    Ok(tables::customers::seen(tx, customer, &address, &language)?)
}

/// Whose a customer is that a browser introduced itself as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The browser's own: nobody else has ever spoken for him, or it is the browser he is known by.
    Browsers,
    /// The one who has the address that was typed.
    Others,
}

/// Who asks, once he has introduced himself.
pub struct Introduced {
    pub customer: Customer,
    pub whose: Whose,
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
        match tables::customers::by_email(tx, email)? {
            // A second address of his own.
            Some(known) if known.id == customer.id => {}
            Some(known) => {
                customer = known;
                foreign = true;
                if tables::bans::hits(tx, customer.id, visit.visitor, &visit.address)? {
                    return Err(AppError::forbidden("you cannot chat here"));
                }
            }
            None => {
                if customer.email.is_some() {
                    customer = anonymous(tx, cx)?;
                }
                customer.email = Some(email.clone());
                touched = true;
            }
        }
    }
    // Who was registered since is known by more than this browser: what it says of him proves nothing.
    foreign |= !touched && customer.role == CustomerRole::Registered;
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
        (None, None) if foreign => Customer::anonymous(customer.id, customer.created).display_name(),
        (None, _) => customer.display_name(),
    };
    let whose = if foreign { Whose::Others } else { Whose::Browsers };
    Ok(Introduced { customer, whose, shown_name })
}
