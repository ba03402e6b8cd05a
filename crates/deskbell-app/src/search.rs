//! The port for full-text search over knowledge bases.

use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};

use crate::error::AppError;

/// Characters of a query that are looked at.
pub const QUERY_CHARS_MAX: usize = 500;
/// Entries found by one query, at most.
pub const FOUND_MAX: usize = 500;

/// Whose eyes the found entries are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Sees internal and unpublished entries too.
    Desk,
    /// Sees what is public and published.
    Public,
}

/// A search over titles, keywords and contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeQuery {
    pub text: String,
    /// `None`: all bases.
    pub base: Option<KnowledgeBaseId>,
    /// This entry and all below it; `None`: everything.
    pub top: Option<KnowledgeEntryId>,
    pub reader: Reader,
    /// At most [`FOUND_MAX`].
    pub limit: usize,
}

/// Finds entries, best first. Blocking: call it on a thread that may wait.
pub trait KnowledgeSearch: Send + Sync + 'static {
    /// What was written before the call is found: the index catches up with the journal first, within a bounded time.
    fn search(&self, query: &KnowledgeQuery) -> Result<Vec<KnowledgeEntryId>, AppError>;
}
