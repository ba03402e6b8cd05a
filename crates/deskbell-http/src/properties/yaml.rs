//! YAML, read with libyaml's parser, by both versions' rules of what a bare word means.

use std::ops::RangeInclusive;

use libyaml_safer::{Event, EventData, Parser, ScalarStyle};

use super::{ENVELOPE, Tree, written};
use crate::format::Format;
use crate::json::JsonStyle;

/// Any tree is read back as it was, by readers of YAML 1.1 (PHP, Python, Ruby) and of YAML 1.2.
pub fn holds(tree: &Tree) {
    let text = written(Format::Yaml, JsonStyle::Php, tree);
    let wanted = Tree::Members(vec![(ENVELOPE.to_owned(), tree.plain())]);
    for version in [Version::V1_1, Version::V1_2] {
        if let Some(difference) = read(&text, version).difference(&wanted) {
            panic!("{version:?} reads back as something else: {difference}\n{text}");
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Version {
    V1_1,
    V1_2,
}

/// Reads a stream of one document.
fn read(text: &str, version: Version) -> Tree {
    let mut events = Events { parser: Parser::new(), text };
    let mut bytes = text.as_bytes();
    events.parser.set_input_string(&mut bytes);
    assert!(matches!(events.next(), EventData::StreamStart { .. }));
    assert!(matches!(events.next(), EventData::DocumentStart { .. }), "no document\n{text}");
    let first = events.next();
    let tree = events.tree(first, version);
    assert!(matches!(events.next(), EventData::DocumentEnd { .. }), "more than one value\n{text}");
    assert!(matches!(events.next(), EventData::StreamEnd), "more than one document\n{text}");
    tree
}

struct Events<'r, 'b> {
    parser: Parser<&'r mut &'b [u8]>,
    text: &'b str,
}

impl Events<'_, '_> {
    fn next(&mut self) -> EventData {
        let Event { data, .. } = self.parser.parse().unwrap_or_else(|error| panic!("no YAML: {error}\n{}", self.text));
        data
    }

    fn tree(&mut self, event: EventData, version: Version) -> Tree {
        match event {
            EventData::Scalar { anchor: None, tag: None, value, style, .. } => match style {
                ScalarStyle::Plain => resolved(value, version),
                _ => Tree::Text(value),
            },
            EventData::SequenceStart { anchor: None, tag: None, .. } => {
                let mut items = Vec::new();
                loop {
                    match self.next() {
                        EventData::SequenceEnd => return Tree::List(items),
                        event => items.push(self.tree(event, version)),
                    }
                }
            }
            EventData::MappingStart { anchor: None, tag: None, .. } => {
                let mut members = Vec::new();
                loop {
                    match self.next() {
                        EventData::MappingEnd => return Tree::Members(members),
                        event => {
                            let Tree::Text(name) = self.tree(event, version) else { panic!("a key that is no text\n{}", self.text) };
                            let value = self.next();
                            members.push((name, self.tree(value, version)));
                        }
                    }
                }
            }
            other => panic!("anchors, aliases and tags are none of ours: {other:?}\n{}", self.text),
        }
    }
}

/// What a bare word means: the regular expressions of yaml.org/type for 1.1, the core schema for 1.2. What is neither of our kinds (a
/// date, a merge key) is made `Null`, which no text equals.
fn resolved(word: String, version: Version) -> Tree {
    if matches!(word.as_str(), "" | "~" | "null" | "Null" | "NULL") {
        return Tree::Null;
    }
    match word.as_str() {
        "true" | "True" | "TRUE" => return Tree::Flag(true),
        "false" | "False" | "FALSE" => return Tree::Flag(false),
        _ => {}
    }
    match version {
        Version::V1_1 if is_other_in_1_1(&word) => return Tree::Null,
        Version::V1_1 | Version::V1_2 => {}
    }
    let decimal = word.strip_prefix(['+', '-']).unwrap_or(&word);
    if !decimal.is_empty() && decimal.bytes().all(|byte| byte.is_ascii_digit()) {
        // Octal for the one, decimal for the other.
        return if decimal.len() > 1 && decimal.starts_with('0') { Tree::Null } else { word.parse().map_or(Tree::Null, Tree::Int) };
    }
    if is_float(decimal) {
        return word.parse().map_or(Tree::Null, Tree::Float);
    }
    if is_special_float(decimal) || is_based_in_1_2(&word) { Tree::Null } else { Tree::Text(word) }
}

/// `1.5`, `.5`, `1.`, `1e3`: a float for YAML 1.2, and for the readers of 1.1 that are generous.
fn is_float(word: &str) -> bool {
    let (mantissa, exponent) = word.split_once(['e', 'E']).map_or((word, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|text| !text.is_empty() && digits(text))
}

fn is_special_float(word: &str) -> bool {
    matches!(word, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
}

fn is_based_in_1_2(word: &str) -> bool {
    let based = |prefix: &str, radix: u32| {
        word.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    based("0o", 8) || based("0x", 16)
}

/// `y`, `=`, `<<`, `0b1`, `0x_f`, `1_000`, `12:30:45`, `2015-01-01`.
fn is_other_in_1_1(word: &str) -> bool {
    const WORDS: &str = " y Y yes Yes YES n N no No NO on On ON off Off OFF = << ";
    if !word.contains(' ') && WORDS.contains(&format!(" {word} ")) {
        return true;
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let all = |text: &str, digits: &str| !text.is_empty() && text.chars().all(|c| c == '_' || digits.contains(c));
    let decimal = "0123456789";
    let based = unsigned.strip_prefix("0b").is_some_and(|rest| all(rest, "01"))
        || unsigned.strip_prefix("0x").is_some_and(|rest| all(rest, "0123456789abcdefABCDEF"));
    let grouped = unsigned.starts_with(|c: char| c.is_ascii_digit()) && unsigned.contains('_') && all(&unsigned.replace('.', ""), decimal);
    based || grouped || is_sexagesimal(unsigned) || is_date(word)
}

/// `190:20:30`, `190:20:30.15`.
fn is_sexagesimal(word: &str) -> bool {
    let (whole, fraction) = word.split_once('.').map_or((word, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut minutes = 0;
    let all = parts.all(|part| {
        minutes += 1;
        matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    // An integer does not begin with 0.
    let begins = first.starts_with(|c: char| c.is_ascii_digit() && (c != '0' || fraction.is_some()));
    begins && digits(first) && fraction.is_none_or(digits) && all && minutes > 0
}

/// `2015-01-01`, `2001-12-14t21:59:43.10-05:00`, `2001-12-14 21:59:43 Z`.
fn is_date(word: &str) -> bool {
    let mut rest = word;
    let day =
        digits(&mut rest, 4..=4) && one(&mut rest, "-") && digits(&mut rest, 1..=2) && one(&mut rest, "-") && digits(&mut rest, 1..=2);
    if !day || rest.is_empty() {
        return day;
    }
    if !one(&mut rest, "Tt") && blanks(&mut rest) == 0 {
        return false;
    }
    let time =
        digits(&mut rest, 1..=2) && one(&mut rest, ":") && digits(&mut rest, 2..=2) && one(&mut rest, ":") && digits(&mut rest, 2..=2);
    if time && one(&mut rest, ".") {
        digits(&mut rest, 0..=usize::MAX);
    }
    blanks(&mut rest);
    let zone =
        one(&mut rest, "Z") || !one(&mut rest, "+-") || digits(&mut rest, 1..=2) && (!one(&mut rest, ":") || digits(&mut rest, 2..=2));
    time && zone && rest.is_empty()
}

/// Takes all digits; true if they are so many.
fn digits(rest: &mut &str, count: RangeInclusive<usize>) -> bool {
    let found = rest.bytes().take_while(u8::is_ascii_digit).count();
    *rest = &rest[found..];
    count.contains(&found)
}

/// Takes one of these characters.
fn one(rest: &mut &str, of: &str) -> bool {
    let after = rest.strip_prefix(|c| of.contains(c));
    *rest = after.unwrap_or(rest);
    after.is_some()
}

fn blanks(rest: &mut &str) -> usize {
    let found = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    *rest = &rest[found..];
    found
}
