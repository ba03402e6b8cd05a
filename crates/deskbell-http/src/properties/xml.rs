//! XML, read with a reader that does what the standard asks of it.

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::Event;

use super::{ENVELOPE, Tree, written};
use crate::format::Format;
use crate::json::JsonStyle;

/// An element: what it holds is either text or other elements.
#[derive(Debug, PartialEq, Default)]
struct Element {
    name: String,
    text: String,
    /// Whether the text stands in CDATA sections.
    cdata: bool,
    children: Vec<Element>,
}

/// Any tree is read back as it was, but for what XML does not have:
///
/// - characters that XML 1.0 forbids are dropped;
/// - `null`, an empty text, an empty list and an empty struct are the same empty element;
/// - numbers and flags are texts;
/// - names keep ASCII letters, digits, `_`, `-` and `.`, each other byte becomes `_`, and so does what no name may begin with;
/// - items are named by their list;
/// - in CDATA a carriage return is a line feed, as readers are told to understand it.
pub fn holds(tree: &Tree) {
    let text = written(Format::Xml, JsonStyle::Php, tree);
    let document = text.strip_prefix("<?xml version='1.0' encoding='utf-8'?>").unwrap_or_else(|| panic!("no declaration\n{text}"));
    if let Some(bad) = document.chars().find(|c| is_forbidden(*c)) {
        panic!("{bad:?} is no character of XML\n{text}");
    }
    assert_eq!(read(document), wanted(ENVELOPE, tree), "reads back as something else\n{text}");
}

fn is_forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn wanted(name: &str, tree: &Tree) -> Element {
    let mut element = Element { name: element_name(name), ..Element::default() };
    let kept = |text: &str| text.chars().filter(|c| !is_forbidden(*c)).collect::<String>();
    match tree {
        Tree::Null => {}
        Tree::Flag(value) => element.text = value.to_string(),
        Tree::Int(value) => element.text = value.to_string(),
        Tree::Float(value) => element.text = serde_json::to_string(value).expect("a number"),
        Tree::Text(text) => element.text = kept(text),
        Tree::Html(text) => {
            element.text = kept(text).replace("\r\n", "\n").replace('\r', "\n");
            element.cdata = !element.text.is_empty();
        }
        Tree::List(items) => {
            let item = match name.strip_suffix('s') {
                None | Some("") => "item",
                Some(singular) => singular,
            };
            element.children = items.iter().map(|value| wanted(item, value)).collect();
        }
        Tree::Members(members) => element.children = members.iter().map(|(name, value)| wanted(name, value)).collect(),
    }
    element
}

fn element_name(name: &str) -> String {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let kept = name.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => char::from(byte),
        _ => '_',
    });
    (if begins { None } else { Some('_') }).into_iter().chain(kept).collect()
}

/// Reads a document of one root element; anything else of XML than elements, texts and CDATA is none of ours.
fn read(document: &str) -> Element {
    // Line ends first, then the rest: XML 1.0, 2.11. quick-xml leaves the first to its user.
    let document = document.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader::from_str(&document);
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("not well-formed: {error}\n{document}"));
        let top = open.last_mut().expect("the document itself stays open");
        match event {
            Event::Start(start) => open.push(named(start.name().as_ref(), start.attributes().count())),
            Event::Empty(start) => top.children.push(named(start.name().as_ref(), start.attributes().count())),
            Event::End(_) => {
                let element = open.pop().expect("the reader checks that it was opened");
                assert!(element.text.is_empty() || element.children.is_empty(), "text beside elements\n{document}");
                assert!(!(element.text.is_empty() && element.children.is_empty()), "<x></x> for <x/>\n{document}");
                open.last_mut().expect("the reader checks that it was opened").children.push(element);
            }
            Event::Text(text) => {
                assert!(!text.contains("]]>"), "]]> in a text\n{document}");
                top.text.push_str(&text);
            }
            Event::CData(text) => {
                top.cdata = true;
                top.text.push_str(&text);
            }
            Event::GeneralRef(name) => {
                let known = resolve_xml_entity(&name).map(str::to_owned);
                let character = known.or_else(|| unescape(&format!("&{};", &*name)).ok().map(|text| text.into_owned()));
                top.text.push_str(&character.unwrap_or_else(|| panic!("an unknown reference: {name:?}\n{document}")));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => panic!("neither element nor text\n{document}"),
        }
    }
    let [whole] = <[Element; 1]>::try_from(open).unwrap_or_else(|open| panic!("{} elements are left open\n{document}", open.len()));
    assert!(whole.text.is_empty(), "text beside the root\n{document}");
    let [root] = <[Element; 1]>::try_from(whole.children).unwrap_or_else(|roots| panic!("{} roots\n{document}", roots.len()));
    root
}

fn named(name: &str, attributes: usize) -> Element {
    assert_eq!(attributes, 0, "an attribute of {name}");
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    assert!(begins && goes_on, "{name:?} is no name");
    Element { name: name.to_owned(), ..Element::default() }
}
