//! Entries of knowledge bases as rows of lists and as steps of a path.

use deskbell_app::knowledge;
use deskbell_app::knowledge::rendering;
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus, KnowledgeBase};

use crate::texts::Texts;

/// Characters of an excerpt.
const EXCERPT_CHARS_MAX: usize = 220;
/// Characters of a content that an excerpt is looked for in.
pub(crate) const EXCERPT_FROM_CHARS_MAX: u32 = 16 * 1024;

/// A step of the way down to a page.
pub(crate) struct Crumb {
    pub(crate) path: String,
    pub(crate) title: String,
}

/// From the base's start page down to an entry, itself left out.
pub(crate) fn crumbs(base: &KnowledgeBase, ancestors: &[Entry]) -> Vec<Crumb> {
    let start = Crumb { path: base_path(base), title: base.name.clone() };
    let above = ancestors.iter().map(|entry| Crumb { path: knowledge::page_path(entry), title: entry.title.clone() });
    std::iter::once(start).chain(above).collect()
}

/// The start page of a base.
pub(crate) fn base_path(base: &KnowledgeBase) -> String {
    format!("/kb/{}", base.id)
}

/// An entry in a list.
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) excerpt: String,
    /// The whole text, where lists show it: made safe.
    pub(crate) html: Option<String>,
    pub(crate) votes: Option<i64>,
    pub(crate) status: Option<&'static str>,
    pub(crate) internal: bool,
}

impl Row {
    /// Without an excerpt of the content, which lists don't read.
    pub(crate) fn new(t: &'static Texts, entry: &Entry) -> Row {
        let described = [&entry.description, &entry.meta_description].into_iter().find(|text| !text.trim().is_empty());
        Row {
            path: knowledge::page_path(entry),
            title: entry.title.clone(),
            excerpt: described.map(|text| excerpt(&rendering::plain_text(text))).unwrap_or_default(),
            html: None,
            votes: matches!(entry.kind, EntryKind::Suggestion | EntryKind::Topic).then_some(entry.votes),
            status: status(t, entry),
            internal: is_internal(entry),
        }
    }
}

/// How the text of a content begins.
pub(crate) fn excerpt_of(content: &str) -> String {
    let end = content.char_indices().nth(EXCERPT_FROM_CHARS_MAX as usize).map_or(content.len(), |(end, _)| end);
    excerpt(&rendering::plain_text(&content[..end]))
}

/// The start of a text on one line, cut between words.
fn excerpt(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let chars = word.chars().count();
        if count + chars + 1 > EXCERPT_CHARS_MAX {
            if out.is_empty() {
                out.extend(word.chars().take(EXCERPT_CHARS_MAX));
            }
            out.push('…');
            return out;
        }
        if !out.is_empty() {
            out.push(' ');
            count += 1;
        }
        out.push_str(word);
        count += chars;
    }
    out
}

/// Whether agents alone see it.
pub(crate) fn is_internal(entry: &Entry) -> bool {
    entry.access_inherited == Access::Internal || !entry.is_public()
}

/// What readers are told of a suggestion's status, and agents of a draft's.
pub(crate) fn status(t: &'static Texts, entry: &Entry) -> Option<&'static str> {
    match (entry.kind, entry.status) {
        (_, EntryStatus::Draft | EntryStatus::Init) => Some(t.status_draft),
        (EntryKind::Suggestion, EntryStatus::New | EntryStatus::Published) => Some(t.status_new),
        (EntryKind::Suggestion, EntryStatus::Review) => Some(t.status_review),
        (EntryKind::Suggestion, EntryStatus::Planned) => Some(t.status_planned),
        (EntryKind::Suggestion, EntryStatus::Started) => Some(t.status_started),
        (EntryKind::Suggestion, EntryStatus::Completed) => Some(t.status_completed),
        (EntryKind::Suggestion, EntryStatus::Declined) => Some(t.status_declined),
        (
            EntryKind::Home
            | EntryKind::Category
            | EntryKind::Article
            | EntryKind::Forum
            | EntryKind::Topic
            | EntryKind::SuggestionCategory,
            EntryStatus::Published
            | EntryStatus::New
            | EntryStatus::Review
            | EntryStatus::Planned
            | EntryStatus::Started
            | EntryStatus::Completed
            | EntryStatus::Declined,
        ) => None,
    }
}

/// Rows of a place, by what they are.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) categories: Vec<Row>,
    pub(crate) articles: Vec<Row>,
    pub(crate) forums: Vec<Row>,
    pub(crate) suggestion_categories: Vec<Row>,
    /// Topics of a forum, or suggestions of a category.
    pub(crate) posts: Vec<Row>,
}

impl Rows {
    pub(crate) fn of(t: &'static Texts, entries: &[Entry]) -> Rows {
        let mut rows = Rows::default();
        for entry in entries {
            let place = match entry.kind {
                EntryKind::Category | EntryKind::Home => &mut rows.categories,
                EntryKind::Article => &mut rows.articles,
                EntryKind::Forum => &mut rows.forums,
                EntryKind::SuggestionCategory => &mut rows.suggestion_categories,
                EntryKind::Topic | EntryKind::Suggestion => &mut rows.posts,
            };
            place.push(Row::new(t, entry));
        }
        rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.categories.is_empty()
            && self.articles.is_empty()
            && self.forums.is_empty()
            && self.suggestion_categories.is_empty()
            && self.posts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts() {
        assert_eq!(excerpt("  a\n b  "), "a b");
        assert_eq!(excerpt(""), "");
        let long = excerpt(&"word ".repeat(100));
        assert!(long.ends_with(" word…") && long.chars().count() <= EXCERPT_CHARS_MAX + 1, "{long}");
        assert_eq!(excerpt(&"x".repeat(1_000)).chars().count(), EXCERPT_CHARS_MAX + 1);
    }
}
