//! Fields that a desk adds to its things, as codes and values. A code may stand more than once.

use crate::ids::{CompanyId, ConversationId, CustomerId};

/// One value of an added field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue {
    pub code: String,
    pub value: String,
}

/// What a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldOwner {
    Customer(CustomerId),
    Company(CompanyId),
    Conversation(ConversationId),
}

impl FieldOwner {
    /// The word and the number that it is stored by.
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            FieldOwner::Customer(id) => ("customer", id.get()),
            FieldOwner::Company(id) => ("company", id.get()),
            FieldOwner::Conversation(id) => ("conversation", id.get()),
        }
    }
}
