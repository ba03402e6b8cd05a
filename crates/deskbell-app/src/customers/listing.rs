//! Lists of customers: those of whom something is known, in the order they came. Filters by parts of texts look through the desk's
//! customers in bites, so that no reader is kept for long.

use deskbell_domain::customer::Customer;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::CompanyId;
use deskbell_domain::time::Timestamp;
use deskbell_store::tables::customers::listing::{self as rows, Filter, Part, Place};
use deskbell_store::{Tx, tables};

use super::{FIELD_CHARS_MAX, check_email};
use crate::desk::Desk;
use crate::error::AppError;
use crate::fields::{EMAIL_CODE, PHONE_CODE};
use crate::paging::{Cursor, ListKey};
use crate::rights::Principal;

/// Customers of one page, at most.
pub const PAGE_ROWS_MAX: i64 = 1_000;
/// Customers looked through by one read.
const BITE_ROWS: i64 = 10_000;
const LIST: &str = "customers";

/// What must hold, all of it. Texts are parts, without regard to case; empty ones hold for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// A whole address is that address (or a second one), not a part.
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub phone: String,
    /// Unique fields by code.
    pub unique: Vec<(&'static str, String)>,
    pub company: Option<CompanyId>,
    pub created_from: Option<Timestamp>,
    /// This moment does not belong to it.
    pub created_before: Option<Timestamp>,
}

/// A page of customers.
pub async fn page(desk: &Desk, who: &Principal, query: Query, limit: i64, offset: i64) -> Result<Vec<Customer>, AppError> {
    let limit = limit.clamp(0, PAGE_ROWS_MAX);
    let key = ListKey::new(who, LIST, &query);
    let start = desk.paging().start(&key, offset)?;
    let Some(wanted) = desk.read(move |tx| Wanted::new(tx, &query)).await? else { return Ok(Vec::new()) };
    let (mut after, mut skip) = (start.after.map(|Cursor(created, id)| (created, id)), start.skip);
    let mut found: Vec<Customer> = Vec::new();
    while found.len() < limit as usize {
        let (wanted, want) = (wanted.clone(), skip + limit - found.len() as i64);
        let bite = desk.read(move |tx| wanted.bite(tx, after, want)).await?;
        let skipped = skip.min(bite.found.len() as i64);
        skip -= skipped;
        found.extend(bite.found.into_iter().skip(skipped as usize));
        match bite.end {
            Some(end) => after = Some(end),
            None => break,
        }
    }
    if let Some(last) = found.last() {
        desk.paging().ended(&key, start, offset.max(0) + found.len() as i64, Cursor(last.created.micros(), last.id.get()));
    }
    Ok(found)
}

/// A query as the store is asked, and as its rows are tested.
#[derive(Debug, Clone)]
struct Wanted {
    filter: Filter,
    parts: Vec<TestedPart>,
}

#[derive(Debug, Clone)]
struct TestedPart {
    tested: Tested,
    /// Lower case.
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tested {
    Email,
    FirstName,
    LastName,
    Phone,
    Unique(&'static str),
}

/// What one read found.
struct Bite {
    found: Vec<Customer>,
    /// Where the next one begins; `None`: there are no more.
    end: Option<rows::Key>,
}

impl Wanted {
    /// `None`: it holds for nobody.
    fn new(tx: &mut Tx<'_>, query: &Query) -> Result<Option<Wanted>, AppError> {
        let mut filter =
            Filter { company: query.company, created_from: query.created_from, created_before: query.created_before, ..Filter::default() };
        let mut parts = Vec::new();
        match check_email(&query.email) {
            Ok(email) => match tables::customers::by_email(tx, &email)? {
                Some(customer) => filter.customer = Some(customer.id),
                None => return Ok(None),
            },
            Err(_) => parts.push((Tested::Email, &query.email)),
        }
        parts.extend([(Tested::FirstName, &query.first_name), (Tested::LastName, &query.last_name), (Tested::Phone, &query.phone)]);
        parts.extend(query.unique.iter().map(|(code, text)| (Tested::Unique(code), text)));
        let parts: Vec<TestedPart> = parts
            .into_iter()
            .map(|(tested, text)| TestedPart { tested, text: text.trim().to_lowercase() })
            .filter(|part| !part.text.is_empty())
            .collect();
        // What is longer than any text, or holds what no text holds, is part of none.
        if parts.iter().any(|part| part.text.contains('\0') || part.text.chars().count() > FIELD_CHARS_MAX) {
            return Ok(None);
        }
        filter.parts = parts.iter().map(|part| Part { place: part.place(), text: part.text.clone() }).collect();
        Ok(Some(Wanted { filter, parts }))
    }

    /// Up to `want` customers after a key, out of a bounded number of rows.
    fn bite(&self, tx: &mut Tx<'_>, after: Option<rows::Key>, want: i64) -> Result<Bite, AppError> {
        let until = if self.parts.is_empty() { None } else { rows::end_of_bite(tx, &self.filter, after, BITE_ROWS)? };
        let (mut after, mut found) = (after, Vec::new());
        loop {
            let limit = (want - found.len() as i64).min(PAGE_ROWS_MAX);
            let read = rows::page(tx, &self.filter, after, until, limit)?;
            let is_last = (read.len() as i64) < limit;
            if let Some(last) = read.last() {
                after = Some((last.created.micros(), last.id.get()));
            }
            found.extend(self.holding(tx, read)?);
            if is_last {
                return Ok(Bite { found, end: until });
            }
            if found.len() as i64 >= want {
                return Ok(Bite { found, end: after });
            }
        }
    }

    /// Those of whom all parts hold, with regard to letters that the store cannot lower.
    fn holding(&self, tx: &mut Tx<'_>, customers: Vec<Customer>) -> Result<Vec<Customer>, AppError> {
        if self.parts.is_empty() {
            return Ok(customers);
        }
        let owners: Vec<FieldOwner> = customers.iter().map(|customer| FieldOwner::Customer(customer.id)).collect();
        let unique = tables::fields::uniques(tx, &owners)?;
        let none = Vec::new();
        let holds = |customer: &Customer| {
            let unique = unique.get(&FieldOwner::Customer(customer.id)).unwrap_or(&none);
            self.parts.iter().all(|part| part.holds(customer, unique))
        };
        Ok(customers.into_iter().filter(holds).collect())
    }
}

impl TestedPart {
    fn place(&self) -> Place {
        match self.tested {
            Tested::Email => Place::Email,
            Tested::FirstName | Tested::LastName => Place::Name,
            Tested::Phone => Place::Phone,
            Tested::Unique(code) => Place::Unique(code),
        }
    }

    fn holds(&self, customer: &Customer, unique: &[FieldValue]) -> bool {
        let is_in = |text: &str| text.to_lowercase().contains(&self.text);
        let in_field = |code: &str| unique.iter().any(|field| field.code == code && is_in(&field.value));
        match self.tested {
            Tested::Email => customer.email.as_deref().is_some_and(is_in) || in_field(EMAIL_CODE),
            Tested::FirstName => is_in(customer.names().0),
            Tested::LastName => is_in(customer.names().1),
            Tested::Phone => is_in(&customer.phone) || in_field(PHONE_CODE),
            Tested::Unique(code) => in_field(code),
        }
    }
}
