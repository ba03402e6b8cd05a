//! The promises, over values from chance; the fuzz targets go further from the same code.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Enough bytes for some dozens of values.
const BYTES_MAX: usize = 3_000;
/// How long a huge text is.
const TEXT_BYTES: usize = 256 * 1024;

proptest! {
    #[test]
    fn json_reads_back(bytes in vec(any::<u8>(), 0..BYTES_MAX)) {
        json::holds(&Tree::grown(&bytes));
    }

    #[test]
    fn xml_reads_back(bytes in vec(any::<u8>(), 0..BYTES_MAX)) {
        xml::holds(&Tree::grown(&bytes));
    }

    #[test]
    fn yaml_reads_back(bytes in vec(any::<u8>(), 0..BYTES_MAX)) {
        yaml::holds(&Tree::grown(&bytes));
    }

    #[test]
    fn texts_read_back(text in any::<String>()) {
        all(&Tree::Members(vec![("text".to_owned(), Tree::Text(text.clone())), ("html".to_owned(), Tree::Html(text))]));
    }

    #[test]
    fn parameters_are_understood(bytes in vec(any::<u8>(), 0..BYTES_MAX)) {
        parameters::holds(&bytes);
    }

    #[test]
    fn fields_keep_what_was_asked_for(bytes in vec(any::<u8>(), 0..BYTES_MAX)) {
        fields::holds(&bytes);
    }
}

fn all(tree: &Tree) {
    json::holds(tree);
    xml::holds(tree);
    yaml::holds(tree);
}

/// Each tricky text in each place.
#[test]
fn tricky_texts() {
    for text in tree::TRICKY {
        for text in
            [(*text).to_owned(), format!("{text}x"), format!("x{text}"), format!("x{text}y{text}"), format!("{text}\tx"), text.repeat(2)]
        {
            let name: String = format!("n{text}");
            let value = || Tree::Text(text.clone());
            all(&value());
            all(&Tree::Html(text.clone()));
            all(&Tree::List(vec![value(), Tree::List(vec![value(), value()])]));
            all(&Tree::Members(vec![(text.clone(), value()), (name, Tree::List(vec![value()])), (text.clone(), Tree::Null)]));
        }
    }
}

#[test]
fn huge_texts() {
    for piece in ["x", "]]>", "\u{0}", "<", "é", "\u{1f600}", "a b ", "\n", "- ", "\""] {
        let text = piece.repeat(TEXT_BYTES / piece.len());
        all(&Tree::Members(vec![("text".to_owned(), Tree::Text(text.clone())), ("html".to_owned(), Tree::Html(text))]));
    }
}

#[test]
fn deep_trees() {
    let (mut list, mut members) = (Tree::Text("x".to_owned()), Tree::Text("x".to_owned()));
    for _ in 0..tree::DEPTH_MAX {
        list = Tree::List(vec![list]);
        members = Tree::Members(vec![("a".to_owned(), members)]);
        all(&list);
        all(&members);
    }
}
