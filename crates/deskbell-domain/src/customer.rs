//! Customers: the persons who ask.

use std::borrow::Cow;

use crate::ids::{BanId, CompanyId, CustomerId};
use crate::spelled;
use crate::time::Timestamp;

spelled! {
    /// LiveAgent's letters.
    pub enum CustomerRole {
        Visitor = "V",
        /// Can sign in to the portal.
        Registered = "R",
    }
}

spelled! {
    pub enum Gender {
        Male = "M",
        Female = "F",
        Other = "O",
    }
}

/// A person who asks; addressed by e-mail or id. Anonymous visitors are customers without an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    /// Lower case; `None` while unknown.
    pub email: Option<String>,
    pub name: String,
    pub phone: String,
    pub note: String,
    pub role: CustomerRole,
    pub gender: Option<Gender>,
    /// A name given by another system.
    pub system_name: String,
    pub company: Option<CompanyId>,
    /// A language tag, or empty.
    pub language: String,
    /// The IP address last seen, or empty.
    pub address: String,
    pub created: Timestamp,
    /// When he was taken away: of his data nothing is left, his conversations stay.
    pub removed: Option<Timestamp>,
}

impl Customer {
    /// Somebody of whom nothing is known yet.
    pub fn anonymous(id: CustomerId, created: Timestamp) -> Customer {
        Customer {
            id,
            email: None,
            name: String::new(),
            phone: String::new(),
            note: String::new(),
            role: CustomerRole::Visitor,
            gender: None,
            system_name: String::new(),
            company: None,
            language: String::new(),
            address: String::new(),
            created,
            removed: None,
        }
    }

    /// First and last name: the first word, and the rest.
    pub fn names(&self) -> (&str, &str) {
        let name = self.name.trim();
        name.split_once(char::is_whitespace).map_or((name, ""), |(first, last)| (first, last.trim_start()))
    }

    /// The name, or the e-mail, or `Visitor` with the id's tail.
    pub fn display_name(&self) -> String {
        display_name(self.id, &self.name, self.email.as_deref()).into_owned()
    }
}

/// What a customer is called, made of what lists know of him.
pub fn display_name<'a>(id: CustomerId, name: &'a str, email: Option<&'a str>) -> Cow<'a, str> {
    match email {
        _ if !name.is_empty() => Cow::Borrowed(name),
        Some(email) => Cow::Borrowed(email),
        None => Cow::Owned(format!("Visitor {}", &id.to_string()[4..])),
    }
}

/// Whom a ban keeps out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanTarget {
    Customer(CustomerId),
    /// An address in its textual form.
    Address(String),
}

/// A ban: its target can start no chat, leave no message and gets no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    pub id: BanId,
    pub target: BanTarget,
    pub reason: String,
    pub created: Timestamp,
}
