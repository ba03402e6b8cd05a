//! Groups of customers and companies (VIP, partners), with colours.

use crate::ids::CustomerGroupId;

/// A group as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerGroup {
    pub id: CustomerGroupId,
    pub name: String,
    /// Of the title.
    pub color: String,
    /// Of the background.
    pub background: String,
}
