//! Companies: what customers belong to.

use crate::ids::CompanyId;
use crate::time::Timestamp;

/// A company with its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    pub id: CompanyId,
    pub name: String,
    /// A language tag (`en`), or empty.
    pub language: String,
    /// An IP address, or empty.
    pub address: String,
    /// Lower case, in the order they were given.
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub created: Timestamp,
}
