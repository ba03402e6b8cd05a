//! Any value that an endpoint may answer, grown from bytes.

use arbitrary::{Result, Unstructured};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::Cdata;

/// serde_json reads no deeper than 128.
pub const DEPTH_MAX: usize = 100;
/// Names are those of columns; YAML's readers take no key of more than 1,024 characters.
const NAME_CHARS_MAX: usize = 100;
/// A text is made of so many pieces.
const PIECES_MAX: usize = 8;
/// A piece is repeated so often, for texts that are long or do the same thing again.
const REPEATS_MAX: usize = 300;

/// A tree of values. `Html` is a [`Cdata`]; what is read back has it as `Text`.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Null,
    Flag(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Html(String),
    List(Vec<Tree>),
    Members(Vec<(String, Tree)>),
}

/// Texts that one format or another could take for something else.
pub(super) const TRICKY: &[&str] = &[
    "",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u{0}",
    "\u{1}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{feff}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{1f600}",
    "\u{10ffff}",
    "ü",
    "<",
    ">",
    "&",
    "\"",
    "'",
    "/",
    "\\",
    "<b>x</b>",
    "</response>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]",
    "]]>",
    "]",
    "<?xml version='1.0'?>",
    "<!DOCTYPE x>",
    "&amp;",
    "&lt",
    "&#0;",
    "&x;",
    "</script>",
    "yes",
    "no",
    "Y",
    "n",
    "on",
    "Off",
    "true",
    "False",
    "null",
    "Null",
    "~",
    "=",
    "<<",
    "0",
    "-1",
    "+5",
    "007",
    "0o17",
    "0x1F",
    "0b1",
    "1_000",
    "1e3",
    "1.5",
    ".5",
    "1.",
    ".inf",
    "-.INF",
    ".nan",
    "12:30:45",
    "190:20:30.15",
    "2015-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "2015-01-01 10:00:00",
    "- ",
    "-",
    "---",
    "...",
    "? ",
    "?",
    ": ",
    ":",
    "a: b",
    "# ",
    " #",
    "%YAML 1.1",
    "!",
    "!!str ",
    "&a",
    "*a",
    "|",
    ">",
    "|-\n  x",
    "@",
    "`",
    "{",
    "}",
    "[",
    ",",
    "{a: b}",
    "[1, 2]",
    "some words of a longer sentence that a writer may wish to fold somewhere in its middle, ",
];

/// Names as surfaces have them, lists among them.
const NAMES: &[&str] =
    &["id", "conversations", "companies", "status", "s", "items", "30", "a b", "ä", "<x>", "-", "", ":", "on", "y", "1e3"];

impl Tree {
    /// The tree that these bytes stand for: every tree that tests need has bytes, and all bytes have a tree.
    pub fn grown(bytes: &[u8]) -> Tree {
        let mut bytes = Unstructured::new(bytes);
        Tree::grow(&mut bytes, DEPTH_MAX).unwrap_or(Tree::Null)
    }

    fn grow(bytes: &mut Unstructured<'_>, depth_left: usize) -> Result<Tree> {
        if bytes.is_empty() {
            return Ok(Tree::Null);
        }
        // Leaves end a tree: none at its root, no others at its depth.
        let kinds = match depth_left {
            0 => 0..=5,
            DEPTH_MAX => 6..=11,
            _ => 0..=11,
        };
        Ok(match bytes.int_in_range(kinds)? {
            0 => Tree::Null,
            1 => Tree::Flag(bytes.arbitrary()?),
            2 => Tree::Int(bytes.arbitrary()?),
            // Fractions that are exact, so that reading them back needs no rounding.
            3 => Tree::Float(f64::from(bytes.arbitrary::<i32>()?) / 4.0),
            4 => Tree::Text(text(bytes)?),
            5 => Tree::Html(text(bytes)?),
            6 | 7 => {
                let mut items = Vec::new();
                for _ in 0..bytes.int_in_range(0..=8)? {
                    items.push(Tree::grow(bytes, depth_left - 1)?);
                }
                Tree::List(items)
            }
            // Deep rather than wide.
            8 => Tree::List(vec![Tree::grow(bytes, depth_left - 1)?]),
            9 => Tree::Members(vec![(name(bytes)?, Tree::grow(bytes, depth_left - 1)?)]),
            _ => {
                let mut members = Vec::new();
                for _ in 0..bytes.int_in_range(0..=8)? {
                    members.push((name(bytes)?, Tree::grow(bytes, depth_left - 1)?));
                }
                Tree::Members(members)
            }
        })
    }

    /// Where this one first differs from another, and how.
    pub(super) fn difference(&self, other: &Tree) -> Option<String> {
        let within = |place: String, (mine, theirs): (&Tree, &Tree)| mine.difference(theirs).map(|rest| format!("{place} {rest}"));
        match (self, other) {
            (Tree::List(mine), Tree::List(theirs)) if mine.len() == theirs.len() => {
                mine.iter().zip(theirs).enumerate().find_map(|(index, pair)| within(format!("[{index}]"), pair))
            }
            (Tree::Members(mine), Tree::Members(theirs)) if mine.len() == theirs.len() => {
                mine.iter().zip(theirs).find_map(|((name, mine), (other_name, theirs))| match name == other_name {
                    true => within(format!("{name:?}"), (mine, theirs)),
                    false => Some(format!("the name {name:?} is not {other_name:?}")),
                })
            }
            _ if self == other => None,
            _ => Some(format!("{self:?} is not {other:?}")),
        }
    }

    /// What JSON and YAML have of it: HTML is a text there.
    pub(super) fn plain(&self) -> Tree {
        match self {
            Tree::Html(text) => Tree::Text(text.clone()),
            Tree::List(items) => Tree::List(items.iter().map(Tree::plain).collect()),
            Tree::Members(members) => Tree::Members(members.iter().map(|(name, value)| (name.clone(), value.plain())).collect()),
            Tree::Null | Tree::Flag(_) | Tree::Int(_) | Tree::Float(_) | Tree::Text(_) => self.clone(),
        }
    }
}

/// A text of tricky and of arbitrary pieces.
pub(super) fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for _ in 0..bytes.int_in_range(0..=PIECES_MAX)? {
        if bytes.is_empty() {
            break;
        }
        match bytes.int_in_range(0..=9_u8)? {
            0..=5 => text.push_str(bytes.choose(TRICKY)?),
            6 => text.push_str(&bytes.choose(TRICKY)?.repeat(bytes.int_in_range(2..=REPEATS_MAX)?)),
            7 => text.push(bytes.arbitrary()?),
            _ => {
                let length = bytes.int_in_range(0..=40_usize)?.min(bytes.len());
                text.push_str(&String::from_utf8_lossy(bytes.bytes(length)?));
            }
        }
    }
    Ok(text)
}

fn name(bytes: &mut Unstructured<'_>) -> Result<String> {
    if bytes.ratio(3_u8, 4_u8)? {
        return Ok((*bytes.choose(NAMES)?).to_owned());
    }
    Ok(text(bytes)?.chars().take(NAME_CHARS_MAX).collect())
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Tree::Null => serializer.serialize_none(),
            Tree::Flag(value) => serializer.serialize_bool(*value),
            Tree::Int(value) => serializer.serialize_i64(*value),
            Tree::Float(value) => serializer.serialize_f64(*value),
            Tree::Text(text) => serializer.serialize_str(text),
            Tree::Html(text) => Cdata(text.clone()).serialize(serializer),
            Tree::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Tree::Members(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Keeps every member in its place, also those of one name.
impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Tree, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Tree;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> std::result::Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E>(self, value: bool) -> std::result::Result<Tree, E> {
                Ok(Tree::Flag(value))
            }

            fn visit_i64<E>(self, value: i64) -> std::result::Result<Tree, E> {
                Ok(Tree::Int(value))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> std::result::Result<Tree, E> {
                i64::try_from(value).map(Tree::Int).map_err(E::custom)
            }

            fn visit_f64<E>(self, value: f64) -> std::result::Result<Tree, E> {
                Ok(Tree::Float(value))
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Tree, E> {
                Ok(Tree::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Tree, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Tree::Members(members))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}
