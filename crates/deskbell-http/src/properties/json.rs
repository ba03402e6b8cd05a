//! JSON, in both spellings.

use super::{ENVELOPE, Tree, written};
use crate::format::Format;
use crate::json::JsonStyle;

/// Any tree is read back as it was. PHP's spelling is pure ASCII, with every slash escaped and nothing that ends a line or a string early.
pub fn holds(tree: &Tree) {
    let wanted = Tree::Members(vec![(ENVELOPE.to_owned(), tree.plain())]);
    for style in [JsonStyle::Php, JsonStyle::Plain] {
        let text = written(Format::Json, style, tree);
        let read: Tree = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{style:?} is no JSON: {error}\n{text}"));
        if let Some(difference) = read.difference(&wanted) {
            panic!("{style:?} reads back as something else: {difference}\n{text}");
        }
        assert!(!text.chars().any(|c| c < ' '), "{style:?} has a bare control character\n{text}");
        if style == JsonStyle::Php {
            assert!(text.is_ascii(), "beyond ASCII\n{text}");
            let bare = text.match_indices('/').any(|(at, _)| !text[..at].ends_with('\\'));
            assert!(!bare, "a bare slash\n{text}");
        }
    }
}
