//! Knowledge bases: trees of categories with articles, forums with topics, suggestion categories with suggestions.

use crate::ids::{ConversationId, DepartmentId, KnowledgeBaseId, KnowledgeEntryId};
use crate::spelled;
use crate::time::Timestamp;

spelled! {
    /// What an entry is: LiveAgent's letters.
    pub enum EntryKind {
        Home = "H",
        Category = "C",
        Article = "A",
        Forum = "Q",
        Topic = "R",
        SuggestionCategory = "G",
        Suggestion = "S",
    }
}

spelled! {
    /// How far an entry is: LiveAgent's letters. The last six are steps of a suggestion.
    pub enum EntryStatus {
        Published = "P",
        Draft = "D",
        Init = "I",
        New = "N",
        Review = "U",
        Planned = "L",
        Started = "S",
        Completed = "C",
        Declined = "X",
    }
}

spelled! {
    /// Who may read.
    pub enum Access {
        /// Agents only.
        Internal = "I",
        Public = "P",
    }
}

/// A base of its own, with its own tree and language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeBase {
    pub id: KnowledgeBaseId,
    pub name: String,
    /// A language tag (`en`, `de`): searches stem words by it.
    pub language: String,
    pub created: Timestamp,
}

/// A node of a base's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: KnowledgeEntryId,
    pub base: KnowledgeBaseId,
    /// `None`: at the top of the base.
    pub parent: Option<KnowledgeEntryId>,
    pub kind: EntryKind,
    pub status: EntryStatus,
    /// Its own choice.
    pub access: Access,
    /// What is true: internal as soon as it or anything above it is.
    pub access_inherited: Access,
    /// Digits that lead to its page; distinct over all bases.
    pub url_code: String,
    /// The entries above it from the top, `0|7|16`; `0` at the top.
    pub tree_path: String,
    /// Place among its siblings, lowest first.
    pub position: i64,
    pub title: String,
    pub meta_description: String,
    pub keywords: String,
    /// HTML as it was given: sanitise it before it is shown.
    pub content: String,
    pub description: String,
    /// Lists show the whole article.
    pub full_preview: bool,
    /// The ticket behind a topic or a suggestion.
    pub conversation: Option<ConversationId>,
    /// Who handles the tickets of a forum or of a suggestion category.
    pub department: Option<DepartmentId>,
    pub views: i64,
    pub votes: i64,
    /// Topics and suggestions only: taken away, and still listed as such.
    pub deleted: bool,
    pub created: Timestamp,
    pub changed: Timestamp,
}
