//! An answer as a tree that does not know its format. XML has no types and no difference between nothing, an empty text and an empty list:
//! so answers are compared as XML would spell them.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

/// An element: its name, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    fn new(name: &str) -> Element {
        Element { name: name.to_owned(), text: String::new(), children: Vec::new() }
    }
}

/// The rule that names the items of a list.
fn item_name(list: &str) -> &str {
    list.strip_suffix('s').filter(|name| !name.is_empty()).unwrap_or("item")
}

/// What XML must hold for a JSON answer.
pub(super) fn of_json(name: &str, value: &Value) -> Element {
    let mut element = Element::new(name);
    match value {
        Value::Null => {}
        Value::String(text) => element.text = text.chars().filter(|letter| is_allowed(*letter)).collect(),
        Value::Bool(_) | Value::Number(_) => element.text = value.to_string(),
        Value::Array(items) => element.children = items.iter().map(|item| of_json(item_name(name), item)).collect(),
        Value::Object(members) => element.children = members.iter().map(|(key, value)| of_json(key, value)).collect(),
    }
    // Readers of XML may end lines in one way only.
    element.text = element.text.replace("\r\n", "\n").replace('\r', "\n");
    element
}

/// The characters of XML 1.0.
fn is_allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Reads a document; the error says what is wrong with it.
pub(crate) fn of_xml(text: &str) -> Result<Element, String> {
    let rest = text.strip_prefix("<?xml version='1.0' encoding='utf-8'?>").ok_or("it does not begin with the declaration")?;
    let mut reader = Reader::from_str(rest);
    let mut open: Vec<Element> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => open.push(Element::new(start.name().as_ref())),
            Event::Empty(start) => {
                let element = Element::new(start.name().as_ref());
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Ok(element),
                }
            }
            Event::Text(text) => push(&mut open, &text)?,
            Event::CData(text) => push(&mut open, &text)?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(letter) => letter.to_string(),
                    None => {
                        let name: &str = &reference;
                        let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
                        let found = known.iter().find(|(entity, _)| *entity == name).map(|(_, text)| (*text).to_owned());
                        found.ok_or_else(|| format!("unknown entity {name}"))?
                    }
                };
                push(&mut open, &resolved)?;
            }
            Event::End(_) => {
                let mut element = open.pop().ok_or("an end without a start")?;
                element.text = element.text.replace("\r\n", "\n").replace('\r', "\n");
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Ok(element),
                }
            }
            Event::Eof => return Err("it ends too early".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                return Err("nothing of the kind is written".to_owned());
            }
        }
    }
}

fn push(open: &mut [Element], text: &str) -> Result<(), String> {
    open.last_mut().ok_or("text outside the root")?.text.push_str(text);
    Ok(())
}
