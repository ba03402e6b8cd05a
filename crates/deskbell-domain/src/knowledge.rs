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
    /// How far an entry is: LiveAgent's letters. Suggestions take all of them, articles the first two, all others the first.
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

/// Entries on the way from the top of a base down to one, at most, itself included.
pub const DEPTH_MAX: usize = 20;
/// The tree path of what stands at the top of a base: the root's own number.
pub const ROOT_PATH: &str = "0";

impl EntryKind {
    /// Whether an entry of this kind may stand there; no parent is the top of a base.
    pub fn may_stand_in(self, parent: Option<EntryKind>) -> bool {
        match self {
            EntryKind::Category | EntryKind::Article | EntryKind::Forum | EntryKind::SuggestionCategory => {
                matches!(parent, None | Some(EntryKind::Category))
            }
            EntryKind::Topic => parent == Some(EntryKind::Forum),
            EntryKind::Suggestion => parent == Some(EntryKind::SuggestionCategory),
            // The top of a base has no row of its own.
            EntryKind::Home => false,
        }
    }

    /// Whether others may stand below it.
    pub fn holds_others(self) -> bool {
        match self {
            EntryKind::Home | EntryKind::Category | EntryKind::Forum | EntryKind::SuggestionCategory => true,
            EntryKind::Article | EntryKind::Topic | EntryKind::Suggestion => false,
        }
    }

    /// Whether a conversation stands behind it. Taken away, it is marked as such and stays in its place.
    pub fn has_conversation(self) -> bool {
        match self {
            EntryKind::Topic | EntryKind::Suggestion => true,
            EntryKind::Home | EntryKind::Category | EntryKind::Article | EntryKind::Forum | EntryKind::SuggestionCategory => false,
        }
    }

    /// Whether it names the department of the conversations below it.
    pub fn has_department(self) -> bool {
        match self {
            EntryKind::Forum | EntryKind::SuggestionCategory => true,
            EntryKind::Home | EntryKind::Category | EntryKind::Article | EntryKind::Topic | EntryKind::Suggestion => false,
        }
    }

    /// Whether readers may vote on it.
    pub fn takes_votes(self) -> bool {
        match self {
            EntryKind::Article | EntryKind::Topic | EntryKind::Suggestion => true,
            EntryKind::Home | EntryKind::Category | EntryKind::Forum | EntryKind::SuggestionCategory => false,
        }
    }

    /// Whether an entry of this kind can be that far.
    pub fn takes_status(self, status: EntryStatus) -> bool {
        match self {
            EntryKind::Suggestion => true,
            EntryKind::Article => matches!(status, EntryStatus::Published | EntryStatus::Draft),
            EntryKind::Home | EntryKind::Category | EntryKind::Forum | EntryKind::Topic | EntryKind::SuggestionCategory => {
                status == EntryStatus::Published
            }
        }
    }
}

impl EntryStatus {
    /// Whether the public may see an entry that is this far.
    pub fn is_shown(self) -> bool {
        match self {
            EntryStatus::Draft | EntryStatus::Init => false,
            EntryStatus::Published
            | EntryStatus::New
            | EntryStatus::Review
            | EntryStatus::Planned
            | EntryStatus::Started
            | EntryStatus::Completed
            | EntryStatus::Declined => true,
        }
    }
}

impl Access {
    /// What is true of an entry that chose this below one that is so.
    pub fn below(self, above: Access) -> Access {
        match (self, above) {
            (Access::Public, Access::Public) => Access::Public,
            (Access::Internal, _) | (_, Access::Internal) => Access::Internal,
        }
    }
}

impl Entry {
    /// Whether anybody may read it.
    pub fn is_public(&self) -> bool {
        self.access_inherited == Access::Public && self.status.is_shown() && !self.deleted
    }

    /// Its place counted from the top of the base, which is 1.
    pub fn depth(&self) -> usize {
        depth(&self.tree_path)
    }

    /// The tree path of what stands directly below it. All that stands anywhere below it has it, or it and more behind a `|`.
    pub fn path_below(&self) -> String {
        format!("{}|{}", self.tree_path, self.id)
    }

    /// The entries above it, from the top.
    pub fn ancestors(&self) -> Vec<KnowledgeEntryId> {
        self.tree_path.split('|').filter_map(KnowledgeEntryId::parse).collect()
    }
}

/// The place of an entry with this tree path, counted from the top of the base, which is 1.
pub fn depth(tree_path: &str) -> usize {
    tree_path.split('|').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_where() {
        use EntryKind::*;
        let allowed = [
            (Category, None),
            (Article, None),
            (Forum, None),
            (SuggestionCategory, None),
            (Category, Some(Category)),
            (Article, Some(Category)),
            (Forum, Some(Category)),
            (SuggestionCategory, Some(Category)),
            (Topic, Some(Forum)),
            (Suggestion, Some(SuggestionCategory)),
        ];
        let places = || std::iter::once(None).chain(EntryKind::ALL.iter().copied().map(Some));
        for kind in EntryKind::ALL.iter().copied() {
            for parent in places() {
                assert_eq!(kind.may_stand_in(parent), allowed.contains(&(kind, parent)), "{kind:?} in {parent:?}");
            }
            let holds = allowed.iter().any(|(_, parent)| *parent == Some(kind));
            assert_eq!(kind.holds_others(), holds || kind == Home, "{kind:?}");
        }
    }

    #[test]
    fn statuses_of_kinds() {
        let letters = |kind: EntryKind| -> String {
            EntryStatus::ALL.iter().filter(|status| kind.takes_status(**status)).map(|status| status.text()).collect()
        };
        for (kind, wanted) in [
            (EntryKind::Article, "PD"),
            (EntryKind::Category, "P"),
            (EntryKind::Forum, "P"),
            (EntryKind::Topic, "P"),
            (EntryKind::SuggestionCategory, "P"),
            (EntryKind::Suggestion, "PDINULSCX"),
        ] {
            assert_eq!(letters(kind), wanted, "{kind:?}");
        }
        let shown: String = EntryStatus::ALL.iter().filter(|status| status.is_shown()).map(|status| status.text()).collect();
        assert_eq!(shown, "PNULSCX");
    }

    #[test]
    fn access_comes_from_above() {
        use Access::*;
        for (own, above, wanted) in
            [(Public, Public, Public), (Public, Internal, Internal), (Internal, Public, Internal), (Internal, Internal, Internal)]
        {
            assert_eq!(own.below(above), wanted, "{own:?} below {above:?}");
        }
    }

    #[test]
    fn paths() {
        let entry = Entry {
            id: KnowledgeEntryId::from_i64(38),
            base: KnowledgeBaseId::DEFAULT,
            parent: Some(KnowledgeEntryId::from_i64(16)),
            kind: EntryKind::Article,
            status: EntryStatus::Published,
            access: Access::Public,
            access_inherited: Access::Public,
            url_code: "376829".to_owned(),
            tree_path: "0|7|16".to_owned(),
            position: 0,
            title: String::new(),
            meta_description: String::new(),
            keywords: String::new(),
            content: String::new(),
            description: String::new(),
            full_preview: false,
            conversation: None,
            department: None,
            views: 0,
            votes: 0,
            deleted: false,
            created: Timestamp::EPOCH,
            changed: Timestamp::EPOCH,
        };
        assert_eq!((entry.depth(), entry.path_below().as_str()), (3, "0|7|16|38"));
        assert_eq!(entry.ancestors(), [7, 16].map(KnowledgeEntryId::from_i64));
        assert_eq!(depth(ROOT_PATH), 1);
        assert!(entry.is_public());
        let hidden = [
            Entry { deleted: true, ..entry.clone() },
            Entry { status: EntryStatus::Draft, ..entry.clone() },
            Entry { access_inherited: Access::Internal, ..entry },
        ];
        assert!(hidden.iter().all(|entry| !entry.is_public()));
    }
}
