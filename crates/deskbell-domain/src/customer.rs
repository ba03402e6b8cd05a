//! Customers: the persons who ask.

use crate::ids::{BanId, CustomerId};
use crate::time::Timestamp;

/// A person who asks; addressed by e-mail or id. Anonymous visitors are customers without an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    /// Lower case; `None` while unknown.
    pub email: Option<String>,
    pub name: String,
    pub phone: String,
    pub note: String,
    pub created: Timestamp,
}

impl Customer {
    /// The name, or the e-mail, or `Visitor` with the id's tail.
    pub fn display_name(&self) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        match &self.email {
            Some(email) => email.clone(),
            None => format!("Visitor {}", &self.id.to_string()[4..]),
        }
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
